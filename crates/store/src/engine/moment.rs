//! What a process knows of its own writes, so that what was read can be kept in memory.

/// A state of the database, from which on this process can tell what has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Rises whenever another process writes than the one before.
    pub(super) term: i64,
    /// How many transactions of this process it includes.
    pub(super) commits: u64,
}

/// What can change: the catalogue as a whole, the rest by the account's internal key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facet {
    /// The account's row, and where it stands in a program.
    Person(i64),
    /// Its training maxes.
    TrainingMaxes(i64),
    /// Its one-repetition maxes.
    OneRepMaxes(i64),
    /// Lifts, programs and their parts.
    Catalogue,
}
