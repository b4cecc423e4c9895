//! PowerPro, through the front door.

mod advance;
mod builtin_programs;
mod days;
mod document;
mod enrollment;
pub mod gym;
mod lift_maxes;
mod prescriptions;
mod progression_history;
mod trigger;
mod weeks;
mod workout;
