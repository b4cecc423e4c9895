//! Units of work over several rows, each named for what it does.
//!
//! A function here runs inside the one transaction of its request. What reads or writes a single row
//! needs none: handlers call the store for it.

pub mod accounts;
pub mod advance_program;
pub mod compile_program;
pub mod enroll_in_program;
pub mod find_max_lift;
pub mod generate_workout;
pub mod note_command;
mod raise_max;
pub mod sign_in;
pub mod trigger_progression;
