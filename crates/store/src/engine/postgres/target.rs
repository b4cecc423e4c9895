//! Migrations on the server engine.

use std::thread;
use std::time::Duration;

use ferrum_domain::Result;
use ferrum_domain::time::Millis;
use tokio_postgres::{Client, Config, Row};

use super::dialect;
use super::wire::Wire;
use crate::migrate::{Applied, Target};

/// Held by whoever migrates; any number would do, as long as it never changes.
const HOLD: &str = "SELECT pg_try_advisory_xact_lock(4634113047236801)";
/// How long to wait before asking again whether another process still migrates.
const PAUSE: Duration = Duration::from_millis(50);
/// A step of the schema may have many rows to go through.
const STEP_LIMIT: Duration = Duration::from_hours(1);

pub(in crate::engine) struct PostgresTarget {
    client: Client,
    wire: Wire,
}

impl PostgresTarget {
    pub(super) fn connect(config: &Config) -> Result<Self> {
        let (client, wire) = Wire::connect(config)?;
        Ok(Self { client, wire })
    }

    /// Whether the server understands a statement.
    #[cfg(test)]
    pub(in crate::engine) fn prepare(&mut self, sql: &str) -> Result<()> {
        let prepared = self.wire.wait(self.client.prepare(&dialect::statement(sql)));
        prepared.map(drop).map_err(|error| self.wire.outcome(&error, sql))
    }

    fn try_hold(&self) -> Result<bool, tokio_postgres::Error> {
        self.wire.wait(self.client.query_one(HOLD, &[]))?.try_get(0)
    }

    fn ledger(&self) -> Result<Vec<Row>, tokio_postgres::Error> {
        // Not there before the first migration.
        let missing = self.client.query_one("SELECT to_regclass('schema_migrations') IS NULL", &[]);
        if self.wire.wait(missing)?.try_get(0)? {
            return Ok(Vec::new());
        }
        let ledger = "SELECT number, name, checksum FROM schema_migrations ORDER BY number";
        self.wire.wait(self.client.query(ledger, &[]))
    }
}

impl Target for PostgresTarget {
    /// Asks again and again for the lock: a server that has fallen silent would look like one that lets us wait for it.
    fn begin(&mut self) -> Result<()> {
        let waiting = |error| self.wire.outcome(&error, "waiting to migrate");
        let begin = self.client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED");
        self.wire.wait(begin).map_err(waiting)?;
        while !self.try_hold().map_err(waiting)? {
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        let ran = self.wire.wait_for(STEP_LIMIT, self.client.batch_execute(&dialect::schema(sql)));
        ran.map_err(|error| self.wire.outcome(&error, "the schema"))
    }

    fn end(&mut self, how: &'static str) -> Result<()> {
        self.wire.wait(self.client.batch_execute(how)).map_err(|error| self.wire.outcome(&error, how))
    }

    fn applied(&mut self) -> Result<Vec<Applied>> {
        let rows = self.ledger().and_then(|rows| {
            let applied = |row: Row| {
                Ok(Applied { number: row.try_get(0)?, name: row.try_get(1)?, checksum: row.try_get(2)? })
            };
            rows.into_iter().map(applied).collect()
        });
        rows.map_err(|error| self.wire.outcome(&error, "reading schema_migrations"))
    }

    fn record(&mut self, applied: &Applied, at: Millis) -> Result<()> {
        let insert =
            "INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)";
        let recorded = self
            .wire
            .wait(self.client.execute(insert, &[&applied.number, &applied.name, &applied.checksum, &at.0]));
        recorded.map(drop).map_err(|error| self.wire.outcome(&error, "writing schema_migrations"))
    }
}
