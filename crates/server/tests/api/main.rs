//! Black-box tests: a real server, real sockets, both engines.

mod powerpro;
mod support;
