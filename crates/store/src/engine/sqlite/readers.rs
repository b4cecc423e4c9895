//! Read-only connections: a pool for short reads on the callers' threads, and a few threads with
//! their own for long ones.

use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use ferrum_domain::{Error, Result};
use rusqlite::Connection;

use super::changes::Changes;
use super::connection::{self, Access};
use super::outcome;
use super::tx::SqliteTx;
use crate::engine::job::Job;
use crate::engine::tx::{Fault, Tx, TxOf};
use crate::engine::workers::Workers;

/// How long a read may hold up a runtime's worker.
const INLINE_LIMIT: Duration = Duration::from_millis(5);
/// How long a read may take at all.
const THREAD_LIMIT: Duration = Duration::from_secs(30);
const THREADS: usize = 2;
/// Pages that each of them keeps in memory, in KiB.
const LITTLE: i32 = 1024;
/// Long reads that wait at most.
const QUEUE: usize = 256;
/// Instructions of SQLite's virtual machine between two looks at the clock: some tens of microseconds.
const CHECK_EVERY: i32 = 1000;

thread_local! {
    /// Where a thread looks first for a connection, so that it finds the one whose pages and statements
    /// its processor has at hand.
    static PLACE: usize = NEXT_PLACE.fetch_add(1, Ordering::Relaxed);
}

static NEXT_PLACE: AtomicUsize = AtomicUsize::new(0);

pub(super) struct Readers {
    inline: Inline,
    workers: Workers<Box<dyn Job>>,
}

/// The connections for short reads; `None` when closed.
#[derive(Clone)]
pub(super) struct Inline(Arc<[Mutex<Option<Reader>>]>);

impl Inline {
    /// Ends the snapshots that nobody reads from any more: they would keep the log from being folded.
    pub(super) fn end_snapshots(&self) {
        for reader in &*self.0 {
            if let Ok(reader) = reader.try_lock()
                && let Some(Err(error)) = reader.as_ref().map(Reader::end_snapshot)
            {
                tracing::warn!(%error, "a snapshot could not be ended");
            }
        }
    }
}

impl Readers {
    pub(super) fn start(path: &Path, changes: &Arc<Changes>) -> Result<Self> {
        // One for each worker of the runtime, and one for the thread that blocks on it.
        let count = thread::available_parallelism().map_or(2, usize::from) + 1;
        let inline = (0..count).map(|_| Ok(Mutex::new(Some(Reader::open(path, changes)?))));
        let inline = Inline(inline.collect::<Result<_>>()?);
        let (workers, jobs) = Workers::new(QUEUE);
        for _ in 0..THREADS {
            let (reader, jobs) = (Reader::open(path, changes)?, jobs.clone());
            reader.keep_little()?;
            workers.start("ferrum-reader", move || serve(&reader, &jobs))?;
        }
        Ok(Self { inline, workers })
    }

    /// The connections for short reads.
    pub(super) fn inline(&self) -> Inline {
        self.inline.clone()
    }

    /// Runs `work` on a snapshot, on this thread. `None` when it was stopped at the limit, or no
    /// connection is free.
    pub(super) fn run_inline<T>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Option<Result<T>>,
    ) -> Option<Result<T>> {
        let reader = self.lease()?;
        match reader.as_ref()?.run(INLINE_LIMIT, work) {
            Ok(result) => result,
            Err(error) => Some(Err(error)),
        }
    }

    fn lease(&self) -> Option<MutexGuard<'_, Option<Reader>>> {
        let readers = &*self.inline.0;
        let first = PLACE.with(|place| place % readers.len());
        let (before, after) = readers.split_at(first);
        after.iter().chain(before).find_map(|reader| match reader.try_lock() {
            Ok(reader) => Some(reader),
            Err(TryLockError::Poisoned(reader)) => Some(reader.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        })
    }

    /// Leaves a read to the threads.
    pub(super) fn send(&self, job: Box<dyn Job>) -> Result<()> {
        self.workers.send(job)
    }

    pub(super) fn close(&self) {
        for reader in &*self.inline.0 {
            *reader.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        self.workers.close();
    }
}

fn serve(reader: &Reader, jobs: &Receiver<Option<Box<dyn Job>>>) {
    while let Ok(Some(mut job)) = jobs.recv() {
        let ran = reader.run(THREAD_LIMIT, |tx| {
            job.run(tx);
            if tx.fault() == Some(Fault::Interrupted) {
                let limit = THREAD_LIMIT.as_secs();
                job.fail(Error::unavailable(format!("a read ran for more than {limit} s")));
            }
        });
        if let Err(error) = ran.and_then(|()| reader.end_snapshot()) {
            job.fail(error);
        }
        job.answer();
    }
}

pub(super) struct Reader {
    connection: Connection,
    changes: Arc<Changes>,
    deadline: Arc<Deadline>,
}

impl Reader {
    fn open(path: &Path, changes: &Arc<Changes>) -> Result<Self> {
        let mut connection = connection::open(path, Access::Read)?;
        let deadline = Arc::new(Deadline { start: Instant::now(), nanos: AtomicU64::new(u64::MAX) });
        let watched = Arc::clone(&deadline);
        connection
            .progress_handler(CHECK_EVERY, Some(move || watched.has_passed()))
            .map_err(|error| outcome::of(&error, "watching the time of reads"))?;
        Ok(Self { connection, changes: Arc::clone(changes), deadline })
    }

    /// For long reads, which seldom come back to a page.
    fn keep_little(&self) -> Result<()> {
        let kept = self.connection.pragma_update(None, "cache_size", -LITTLE);
        kept.map_err(|error| outcome::of(&error, "setting up a reader"))
    }

    /// Runs `work` on a new snapshot and leaves that open until the next: while two connections read by
    /// turns, SQLite then has no file lock to take or give back.
    fn run<T>(&self, limit: Duration, work: impl FnOnce(&mut Tx<'_>) -> T) -> Result<T> {
        self.end_snapshot()?;
        let commits = self.changes.commits();
        self.control("BEGIN")?;
        self.deadline.set(limit);
        let mut tx = Tx(TxOf::Sqlite(SqliteTx::new(&self.connection, Access::Read, &self.changes, commits)));
        let done = work(&mut tx);
        self.deadline.clear();
        Ok(done)
    }

    fn end_snapshot(&self) -> Result<()> {
        if self.connection.is_autocommit() {
            return Ok(());
        }
        self.control("COMMIT").or_else(|_| self.control("ROLLBACK"))
    }

    fn control(&self, sql: &str) -> Result<()> {
        let ran = self.connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
        ran.map(drop).map_err(|error| outcome::of(&error, sql))
    }
}

/// The instant at which a reader has to stop.
struct Deadline {
    start: Instant,
    /// After `start`; the largest number is never.
    nanos: AtomicU64,
}

impl Deadline {
    fn set(&self, limit: Duration) {
        let at = self.start.elapsed() + limit;
        self.nanos.store(u64::try_from(at.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn clear(&self) {
        self.nanos.store(u64::MAX, Ordering::Relaxed);
    }

    fn has_passed(&self) -> bool {
        let limit = self.nanos.load(Ordering::Relaxed);
        limit != u64::MAX && self.start.elapsed().as_nanos() > u128::from(limit)
    }
}
