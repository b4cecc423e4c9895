//! Migrations on the embedded engine.

use std::path::Path;

use ferrum_domain::Result;
use ferrum_domain::time::Millis;
use rusqlite::{Connection, params};

use super::connection::{self, Access};
use super::outcome;
use crate::migrate::{Applied, Target};

pub(in crate::engine) struct SqliteTarget(Connection);

impl SqliteTarget {
    pub(super) fn open(path: &Path) -> Result<Self> {
        connection::open(path, Access::Write).map(Self)
    }
}

impl Target for SqliteTarget {
    fn begin(&mut self) -> Result<()> {
        self.batch("BEGIN IMMEDIATE")
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.0.execute_batch(sql).map_err(|error| outcome::of(&error, "the schema"))
    }

    fn applied(&mut self) -> Result<Vec<Applied>> {
        let read = || {
            // A query, because only a query notices a table that another process has just made.
            let ledger = "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'";
            if !self.0.prepare(ledger)?.exists([])? {
                return Ok(Vec::new());
            }
            self.0
                .prepare("SELECT number, name, checksum FROM schema_migrations ORDER BY number")?
                .query_map([], |row| {
                    Ok(Applied { number: row.get(0)?, name: row.get(1)?, checksum: row.get(2)? })
                })?
                .collect()
        };
        read().map_err(|error: rusqlite::Error| outcome::of(&error, "reading schema_migrations"))
    }

    fn record(&mut self, applied: &Applied, at: Millis) -> Result<()> {
        self.0
            .execute(
                "INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)",
                params![applied.number, applied.name, applied.checksum, at.0],
            )
            .map(drop)
            .map_err(|error| outcome::of(&error, "writing schema_migrations"))
    }
}
