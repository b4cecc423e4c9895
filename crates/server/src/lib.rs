//! The server: which surface answers where, the commands, start and stop.

mod cli;
mod commands;
mod demo;
mod logging;
mod mount;
mod start;

use std::fmt;
use std::process::ExitCode;

use clap::Parser;

pub use start::{Running, start, start_with_clock};

/// Why a command ended: one line for the operator.
#[derive(Debug)]
pub struct Failure {
    line: String,
    /// 2 when the process could not start, 1 when it would not do what it was asked for.
    code: u8,
}

impl Failure {
    /// The process cannot start like this.
    pub(crate) fn start(line: impl fmt::Display) -> Self {
        Self { line: line.to_string(), code: 2 }
    }

    /// What was asked for cannot be done.
    pub(crate) fn refused(line: impl fmt::Display) -> Self {
        Self { line: line.to_string(), code: 1 }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whatever a library has to say, the operator reads one line.
        f.write_str(&self.line.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

impl std::error::Error for Failure {}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("ferrum: {failure}");
            ExitCode::from(failure.code)
        }
    }
}
