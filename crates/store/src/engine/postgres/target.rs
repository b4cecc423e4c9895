//! Migrations on the server engine.

use ferrum_domain::Result;
use ferrum_domain::time::Millis;
use postgres::{Client, Row};

use super::{dialect, outcome};
use crate::migrate::{Applied, Target};

/// Held by whoever migrates; any number would do, as long as it never changes.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(4634113047236801)";

pub(in crate::engine) struct PostgresTarget(Client);

impl PostgresTarget {
    pub(super) fn new(client: Client) -> Self {
        Self(client)
    }

    /// Whether the server understands a statement.
    #[cfg(test)]
    pub(in crate::engine) fn prepare(&mut self, sql: &str) -> Result<()> {
        let prepared = self.0.prepare(&dialect::statement(sql));
        prepared.map(drop).map_err(|error| outcome::of(&error, sql))
    }

    fn ledger(&mut self) -> Result<Vec<Row>, postgres::Error> {
        // Not there before the first migration.
        if self.0.query_one("SELECT to_regclass('schema_migrations') IS NULL", &[])?.try_get(0)? {
            return Ok(Vec::new());
        }
        self.0.query("SELECT number, name, checksum FROM schema_migrations ORDER BY number", &[])
    }
}

impl Target for PostgresTarget {
    fn begin(&mut self) -> Result<()> {
        self.0.batch_execute(BEGIN).map_err(|error| outcome::of(&error, "waiting to migrate"))
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.0.batch_execute(&dialect::schema(sql)).map_err(|error| outcome::of(&error, "the schema"))
    }

    fn applied(&mut self) -> Result<Vec<Applied>> {
        let rows = self.ledger().and_then(|rows| {
            let applied = |row: Row| {
                Ok(Applied { number: row.try_get(0)?, name: row.try_get(1)?, checksum: row.try_get(2)? })
            };
            rows.into_iter().map(applied).collect()
        });
        rows.map_err(|error| outcome::of(&error, "reading schema_migrations"))
    }

    fn record(&mut self, applied: &Applied, at: Millis) -> Result<()> {
        self.0
            .execute(
                "INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)",
                &[&applied.number, &applied.name, &applied.checksum, &at.0],
            )
            .map(drop)
            .map_err(|error| outcome::of(&error, "writing schema_migrations"))
    }
}
