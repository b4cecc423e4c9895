//! PowerPro, through the front door.

mod advance;
mod builtin_loading;
mod builtin_programs;
mod coverage;
mod cycles;
mod days;
mod document;
mod enrollment;
pub mod gym;
mod lift_maxes;
mod lifts;
mod lookups;
mod named;
mod prescriptions;
mod program_progressions;
mod programs;
mod progression_history;
mod progressions;
mod trigger;
mod weeks;
mod workout;
