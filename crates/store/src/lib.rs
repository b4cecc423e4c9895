//! How it is kept: the only SQL and the only database drivers of Ferrum.
//!
//! [`Db`] has two verbs. [`Db::read`] gives a read-only snapshot, [`Db::write`] an atomic, durable
//! transaction. Their closures are plain synchronous code and may run again. Nothing above this
//! crate knows which engine answers.

pub mod accounts;
pub mod audit;
pub mod catalogue;
pub mod cycles;
pub mod days;
mod engine;
pub mod enrollments;
pub mod idempotency;
pub mod interval_exercises;
pub mod interval_sessions;
pub mod interval_workouts;
pub mod jobs;
mod json;
pub mod lift_maxes;
pub mod lifts;
pub mod listing;
mod lookups;
mod migrate;
mod migrations;
pub mod movements;
pub mod prescriptions;
pub mod program_progressions;
pub mod programs;
pub mod progression_history;
pub mod progressions;
mod references;
mod row;
pub mod served_periods;
pub mod sign_ins;
mod statements;
#[cfg(test)]
mod tests;
pub mod trained_lifts;
mod values;
pub mod weeks;

pub use engine::{Db, EngineKind, Facet, Moment, Options, Tx};
pub use lookups::{daily_lookups, weekly_lookups};
pub use row::{Row, Value};
