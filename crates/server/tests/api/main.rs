//! Black-box tests: a real server, real sockets, both engines.
#![allow(clippy::unwrap_used, reason = "in a test it is the assertion")]

mod access;
mod audit;
mod bodies;
mod commands;
mod connections;
mod coverage;
mod fuzz;
mod idempotency;
mod intervalflow;
mod main_listener;
mod observed;
mod openapi;
mod powerpro;
mod silent_database;
mod starting;
mod stopping;
mod support;
mod tidy;
mod tour;
mod traces;
