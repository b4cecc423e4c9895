//! The program `ferrum`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ferrum_server::run()
}
