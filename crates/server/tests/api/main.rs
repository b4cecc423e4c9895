//! Black-box tests: a real server, real sockets, both engines.

mod access;
mod audit;
mod commands;
mod coverage;
mod fuzz;
mod idempotency;
mod main_listener;
mod powerpro;
mod support;
mod tidy;
mod tour;
