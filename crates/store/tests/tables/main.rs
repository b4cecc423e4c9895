//! The table groups on both engines: what they keep, what they refuse, and in which order they list.

mod catalogue;
mod interval_workouts;
mod intervals;
mod moments;
mod people;
mod program;
mod sign_ins;
mod support;
mod training;
