//! The embedded engine: readers on the callers' threads, one writer, all on one file.

mod backup;
mod changes;
mod connection;
mod folder;
mod outcome;
mod prepared;
mod readers;
mod target;
mod tx;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ferrum_domain::{Error, Result};

use super::job::{closed, pack, run_caught};
use super::tx::{Fault, Tx};
use crate::migrate;
use changes::Changes;
use readers::Readers;
pub(super) use tx::SqliteTx;
use writer::Writer;

/// What tests change about a database.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tuning {
    /// The file grows no further than this many pages.
    pub(crate) max_page_count: Option<u32>,
    /// Every COMMIT of the writer fails while it is set.
    #[cfg(test)]
    pub(crate) refuse_commits: Option<std::sync::Arc<std::sync::atomic::AtomicBool>>,
}

pub(super) struct Sqlite {
    path: PathBuf,
    readers: Readers,
    writer: Writer,
}

impl Sqlite {
    pub(super) fn open(path: &Path, tuning: &Tuning) -> Result<Self> {
        // First the connection that writes, which makes the file when there is none.
        let connection = writer::open(path, tuning)?;
        let changes = Arc::new(Changes::new());
        let readers = Readers::start(path, &changes)?;
        let writer = Writer::start(path, connection, readers.inline(), changes)?;
        Ok(Self { path: path.to_owned(), readers, writer })
    }

    /// Runs a short read here and now. `None` when it took too long, or no connection is free: it
    /// must then run on a reader thread.
    pub(super) fn read_inline<T>(&self, work: impl Fn(&mut Tx<'_>) -> Result<T>) -> Option<Result<T>> {
        self.readers.run_inline(|tx| {
            let result = run_caught(&work, tx);
            if tx.fault() == Some(Fault::Interrupted) {
                metrics::counter!("ferrum_store_slow_reads_total").increment(1);
                return None;
            }
            Some(result)
        })
    }

    pub(super) async fn read_on_thread<T, F>(&self, work: F) -> Result<T>
    where
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + Sync + 'static,
        T: Send + 'static,
    {
        let (job, answer) = pack(work);
        self.readers.send(job)?;
        answer.await.map_or_else(|_| Err(closed()), |outcome| outcome.result)
    }

    pub(super) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + Sync + 'static,
        T: Send + 'static,
    {
        let (job, answer) = pack(work);
        self.writer.send(job)?;
        answer.await.map_or_else(|_| Err(closed()), |outcome| outcome.result)
    }

    pub(super) fn backup(&self, to: &Path) -> Result<()> {
        backup::copy(&self.path, to)
    }

    /// Runs `work` on a connection of its own; an error names the file.
    pub(super) fn on_target<T>(&self, work: impl Fn(&mut dyn migrate::Target) -> Result<T>) -> Result<T> {
        let mut target = target::SqliteTarget::open(&self.path)?;
        let named = |context: String| format!("{}: {context}", self.path.display());
        work(&mut target).map_err(|error| match error {
            Error::Unavailable { context } => Error::Unavailable { context: named(context) },
            Error::Internal { context, source } => Error::Internal { context: named(context), source },
            other => other,
        })
    }

    /// The writer goes last: a connection that may write is the one to fold the log into the file.
    pub(super) fn close(&self) {
        self.readers.close();
        self.writer.close();
    }

    /// The steps of the plan for a statement, on a connection of its own.
    #[cfg(test)]
    pub(super) fn inspect(&self, sql: &str) -> Result<Vec<String>> {
        let failed = |error| outcome::of(&error, sql);
        let connection = connection::open(&self.path, connection::Access::Write)?;
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).map_err(failed)?;
        let markers = statement.parameter_count();
        let rows = statement
            .query_map(rusqlite::params_from_iter(vec![rusqlite::types::Null; markers]), |row| row.get(3))
            .map_err(failed)?;
        rows.collect::<Result<_, _>>().map_err(failed)
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.close();
    }
}
