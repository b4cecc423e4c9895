//! The two engines behind one face.

mod health;
mod job;
mod moment;
mod postgres;
mod sqlite;
mod tx;
mod workers;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result};

use crate::migrate;
use health::Health;
pub use moment::{Facet, Moment};
use postgres::{Mode, Postgres};
use sqlite::Sqlite;
#[cfg(test)]
pub(crate) use sqlite::Tuning;
pub use tx::Tx;

/// Where and how to open the database.
#[derive(Debug, Clone)]
pub struct Options {
    /// `postgres://...`, or `None` for the SQLite file.
    pub url: Option<String>,
    /// Path of the SQLite file, used when there is no URL.
    pub file: PathBuf,
    /// Connections to PostgreSQL at most.
    pub pool: usize,
}

/// Which engine answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    /// The embedded one.
    Sqlite,
    /// A server.
    Postgres,
}

/// An open database; cheap to clone. The last clone to go closes it.
#[derive(Clone)]
pub struct Db {
    engine: Arc<Engine>,
    health: Health,
}

enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Db {
    /// Opens the database without changing its tables; makes the SQLite file when there is none.
    ///
    /// Fails with [`Error::Unavailable`] when the file cannot be opened or no server answers.
    pub fn open(options: &Options) -> Result<Self> {
        let engine = match &options.url {
            None => Engine::Sqlite(Sqlite::open(&options.file, &sqlite::Tuning::default())?),
            Some(url) => Engine::Postgres(Postgres::open(url, options.pool)?),
        };
        Ok(Self { engine: Arc::new(engine), health: Health::default() })
    }

    /// Opens a database that some version of this program has made; changes nothing of what is in it.
    ///
    /// Fails with [`Error::Unavailable`] like [`Db::open`], and when there is no such database. Blocks.
    pub fn open_existing(options: &Options) -> Result<Self> {
        if options.url.is_none() && !options.file.exists() {
            let file = options.file.display();
            return Err(Error::unavailable(format!("there is no {file}; `ferrum migrate` makes one")));
        }
        let db = Self::open(options)?;
        if db.on_target(|target| Ok(target.applied()?.is_empty()))? {
            return Err(Error::unavailable("the database is empty; `ferrum migrate` makes its tables"));
        }
        Ok(db)
    }

    /// Which engine answers.
    pub fn kind(&self) -> EngineKind {
        match &*self.engine {
            Engine::Sqlite(_) => EngineKind::Sqlite,
            Engine::Postgres(_) => EngineKind::Postgres,
        }
    }

    /// Runs `work` on a read-only snapshot. It may run again from the beginning.
    ///
    /// On SQLite it runs on the calling thread for 5 ms at most, then again on a reader thread.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + Sync + 'static,
        T: Send + 'static,
    {
        match &*self.engine {
            Engine::Sqlite(sqlite) => match sqlite.read_inline(&work) {
                Some(result) => result,
                None => sqlite.read_on_thread(work).await,
            },
            Engine::Postgres(postgres) => postgres.run(Mode::Read, work).await,
        }
    }

    /// Runs `work` on a read-only snapshot, away from the calling thread: for reports and searches
    /// that are known to take long. 30 s at most.
    pub async fn report<T, F>(&self, work: F) -> Result<T>
    where
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + Sync + 'static,
        T: Send + 'static,
    {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.read_on_thread(work).await,
            Engine::Postgres(postgres) => postgres.run(Mode::Read, work).await,
        }
    }

    /// Runs `work` in one transaction: when this answers `Ok`, all of it is on disk; when it answers
    /// an error, nothing of it is. It may run again from the beginning.
    ///
    /// Fails with [`Error::Unavailable`] at once when too many writes wait.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + Sync + 'static,
        T: Send + 'static,
    {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.write(work).await,
            Engine::Postgres(postgres) => postgres.run(Mode::Write, work).await,
        }
    }

    /// Brings the schema up to date and says how many migrations that took. Several processes may do
    /// so at once. Blocks.
    ///
    /// Fails when the database is newer than this program, or when a migration that it has run was
    /// edited since.
    pub fn migrate(&self, now: Millis) -> Result<usize> {
        self.on_target(|target| migrate::run(target, crate::migrations::MIGRATIONS, now))
    }

    /// How many migrations are still to run; fails like [`Db::migrate`]. Blocks.
    pub fn pending(&self) -> Result<usize> {
        self.on_target(|target| migrate::pending(target, crate::migrations::MIGRATIONS))
    }

    /// Whether the database answers and can be written to: writes a little, at most once a second in a process, which leaves
    /// no row behind and nothing in memory outdated.
    pub async fn check(&self) -> Result<()> {
        let db = self.clone();
        let check = async move {
            db.read(|tx| tx.query_one("SELECT 1", &[], |row| row.get::<i64>(0)).map(drop)).await?;
            db.write(health::write_nothing).await
        };
        self.health.ask(check).await
    }

    /// Copies the database, as it is at one instant, into a new file. Blocks; others go on working.
    ///
    /// Fails when the file exists, and on PostgreSQL, whose own tool does this.
    pub fn backup(&self, to: &Path) -> Result<()> {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.backup(to),
            Engine::Postgres(_) => {
                Err(Error::invalid("database", "is PostgreSQL: back it up with its own pg_dump"))
            }
        }
    }

    /// Finishes what waits, refuses what comes later, and closes every connection. Blocks.
    pub fn close(&self) {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.close(),
            Engine::Postgres(postgres) => postgres.close(),
        }
    }

    /// Runs `work` on a connection outside of the pool.
    pub(crate) fn on_target<T: Send>(
        &self,
        work: impl Fn(&mut dyn migrate::Target) -> Result<T> + Sync,
    ) -> Result<T> {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.on_target(work),
            Engine::Postgres(postgres) => postgres.with_client(|client| work(client)),
        }
    }
}

/// What only tests may do.
#[cfg(test)]
impl Db {
    pub(crate) fn open_tuned(options: &Options, tuning: &Tuning) -> Result<Self> {
        let engine = Engine::Sqlite(Sqlite::open(&options.file, tuning)?);
        Ok(Self { engine: Arc::new(engine), health: Health::default() })
    }

    /// Runs statements of a schema, in the words of the migrations.
    pub(crate) fn batch(&self, sql: &str) -> Result<()> {
        self.on_target(|target| target.batch(sql))
    }

    /// Whether the engine understands a statement.
    pub(crate) fn prepare(&self, sql: &str) -> Result<(), String> {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.inspect(sql).map(drop).map_err(|error| error.to_string()),
            Engine::Postgres(postgres) => {
                postgres.with_client(|client| client.prepare(sql)).map_err(|error| error.to_string())
            }
        }
    }

    /// The steps of SQLite's plan for a statement.
    pub(crate) fn explain(&self, sql: &str) -> Result<Vec<String>> {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.inspect(sql),
            Engine::Postgres(_) => Ok(Vec::new()),
        }
    }
}
