//! The numbered list of migrations, one for both engines.
//!
//! A migration that has been released is never edited: a database that has run it would refuse to
//! open (its checksum differs). A change is a new file at the end of the list.

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    /// `NNNN_table_group`, the file's name in `migrations/`.
    pub(crate) name: &'static str,
    /// Its statements, each ended by `;`.
    pub(crate) sql: &'static str,
}

macro_rules! migrations {
    ($($name:literal),* $(,)?) => {
        &[$(Migration { name: $name, sql: include_str!(concat!("../migrations/", $name, ".sql")) }),*]
    };
}

/// In the order in which they run; the numbers count up from 0001 without a gap.
pub(crate) const MIGRATIONS: &[Migration] = migrations![
    "0001_accounts",
    "0002_audit",
    "0003_idempotency",
    "0004_jobs",
    "0005_lifts",
    "0006_programs",
    "0007_training",
    "0008_interval_exercises",
    "0009_interval_workouts",
    "0010_sign_in",
];
