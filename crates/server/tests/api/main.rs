//! Black-box tests: a real server, real sockets, both engines.

mod coverage;
mod powerpro;
mod support;
