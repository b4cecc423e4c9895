//! PowerPro, through the front door.

mod advance;
mod days;
mod document;
mod enrollment;
mod gym;
mod lift_maxes;
mod prescriptions;
mod progression_history;
mod trigger;
mod weeks;
mod workout;
