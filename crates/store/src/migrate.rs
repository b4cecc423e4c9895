//! Bringing a database's schema up to date.

use std::fmt::Write as _;

use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result};
use sha2::{Digest, Sha256};

use crate::migrations::Migration;

/// The table that remembers; in the words of both engines once translated.
pub(crate) const LEDGER: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    number INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at INTEGER NOT NULL
);";

/// A connection that migrations run on.
pub(crate) trait Target {
    /// Begins a transaction that no other migrating process can have at the same time.
    fn begin(&mut self) -> Result<()>;
    /// Runs statements, after translating the words of the dialect.
    fn batch(&mut self, sql: &str) -> Result<()>;
    /// Ends the transaction with `COMMIT` or `ROLLBACK`.
    fn end(&mut self, how: &'static str) -> Result<()> {
        self.batch(how)
    }
    /// The migrations that have run, in order; none when the ledger is missing.
    fn applied(&mut self) -> Result<Vec<Applied>>;
    /// Writes one into the ledger.
    fn record(&mut self, applied: &Applied, at: Millis) -> Result<()>;
}

/// A migration that a database has run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) number: i64,
    pub(crate) name: String,
    pub(crate) checksum: String,
}

impl Applied {
    fn of(migration: &Migration) -> Self {
        let number = migration.name.split('_').next().and_then(|digits| digits.parse().ok()).unwrap_or(0);
        let mut checksum = String::with_capacity(64);
        for byte in Sha256::digest(migration.sql) {
            let _ = write!(checksum, "{byte:02x}");
        }
        Self { number, name: migration.name.to_owned(), checksum }
    }
}

/// Runs what is missing, each migration in a transaction of its own; says how many.
pub(crate) fn run(target: &mut dyn Target, list: &[Migration], now: Millis) -> Result<usize> {
    let mut count = 0;
    loop {
        target.begin()?;
        let step = step(target, list, now);
        // The error that matters is the step's, not that of the clean-up after it.
        if !matches!(step, Ok(Some(()))) {
            let _ = target.end("ROLLBACK");
            return step.map(|_| count);
        }
        target.end("COMMIT")?;
        count += 1;
    }
}

fn step(target: &mut dyn Target, list: &[Migration], now: Millis) -> Result<Option<()>> {
    let applied = target.applied()?;
    let Some(next) = missing(&applied, list)?.first() else { return Ok(None) };
    if applied.is_empty() {
        target.batch(LEDGER)?;
    }
    target.batch(next.sql).map_err(|error| match error {
        Error::Internal { context, source } => {
            Error::Internal { context: format!("migration {}: {context}", next.name), source }
        }
        other => other,
    })?;
    target.record(&Applied::of(next), now)?;
    Ok(Some(()))
}

/// How many are missing.
pub(crate) fn pending(target: &mut dyn Target, list: &[Migration]) -> Result<usize> {
    let applied = target.applied()?;
    Ok(missing(&applied, list)?.len())
}

/// The end of `list` that has not run; an error when what has run is not its beginning.
fn missing<'l>(applied: &[Applied], list: &'l [Migration]) -> Result<&'l [Migration]> {
    for (position, had) in applied.iter().enumerate() {
        let Some(ours) = list.get(position).map(Applied::of) else {
            return Err(Error::internal(format!(
                "the database is newer than this program: it has run migration {}, which this program does \
                 not know; run the newer version",
                had.name
            )));
        };
        if ours.number != had.number || ours.name != had.name {
            return Err(Error::internal(format!(
                "the database has run migration {} where this program has {}: it belongs to another version",
                had.name, ours.name
            )));
        }
        if ours.checksum != had.checksum {
            return Err(Error::internal(format!(
                "migration {} was altered after the database had run it: restore its text and put the change \
                 into a new migration",
                had.name
            )));
        }
    }
    Ok(&list[applied.len()..])
}
