//! How it is kept: the only SQL and the only database drivers of Ferrum.
//!
//! [`Db`] has two verbs. [`Db::read`] gives a read-only snapshot, [`Db::write`] an atomic, durable
//! transaction. Their closures are plain synchronous code and may run again. Nothing above this
//! crate knows which engine answers.

mod engine;
pub mod listing;
mod migrate;
mod migrations;
mod row;
mod statements;

pub use engine::{Db, EngineKind, Options, Tx};
pub use row::{Row, Value};
