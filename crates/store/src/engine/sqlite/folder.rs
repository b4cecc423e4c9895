//! Folding the write-ahead log into the file on a thread of its own, since a writer that did it would
//! let every write wait meanwhile.
//!
//! Only a log of which nothing is left to fold can start over, and only with what is left does SQLite see to
//! it that the file is on disk. So the thread folds all but the last pages and has the disk write them, and
//! the writer folds the rest between two transactions.

use std::fs::File;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use ferrum_domain::{Error, Result};
use rusqlite::Connection;
use rusqlite::hooks::Wal;

use super::connection::{self, Access};
use super::outcome;
use super::readers::Inline;

/// Pages in the log after which it is folded, 64 MiB: most of them stand there many times, of which the last
/// alone is written to the file.
const LONG: i32 = 16 * 1024;
/// Pages after which a log that could not start over, since somebody read from its end, is tended again.
const STEP: i32 = 512;
/// Pages that are left to the writer as a rule, which take it a millisecond or two.
const FEW: i32 = 128;
/// How long SQLite folds before the disk writes what it has folded so far.
const PIECE: Duration = Duration::from_millis(1);
/// How often the thread goes after what has been written meanwhile.
const ROUNDS: usize = 4;
/// Transactions after which the writer folds the rest anew, if a reader kept the log from starting over: each time
/// that is as likely as not where somebody always reads.
const TRIES: u8 = 8;

/// Watches the log on behalf of the writer.
pub(super) struct Folder {
    readers: Inline,
    /// Pages in the log after the writer's last COMMIT.
    pages: Arc<AtomicI32>,
    /// Pages in the log when it was last tended.
    tended: i32,
    /// Whether the thread is at work.
    busy: bool,
    /// How often the writer may still fold the rest before the thread is woken again.
    tries: u8,
    /// `None` only while this is dropped.
    wake: Option<Sender<()>>,
    done: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Folder {
    /// Starts the thread; from now on the commits of `writer` fold nothing.
    pub(super) fn start(path: &Path, writer: &mut Connection, readers: Inline) -> Result<Self> {
        let pages = Arc::new(AtomicI32::new(0));
        let counted = Arc::clone(&pages);
        let count = move |_: &mut Wal, pages| {
            counted.store(pages, Ordering::Relaxed);
            Ok(())
        };
        writer.wal_hook(Some(count)).map_err(|error| outcome::of(&error, "watching the log"))?;
        let failed = |error| Error::unavailable(format!("opening {}: {error}", path.display()));
        let most = Most {
            connection: connection::open(path, Access::Write)?,
            file: ManuallyDrop::new(File::open(path).map_err(failed)?),
            pages: Arc::clone(&pages),
            readers: readers.clone(),
        };
        let (wake, woken) = bounded(1);
        let (finish, done) = bounded(1);
        let thread = thread::Builder::new()
            .name("ferrum-folder".to_owned())
            .spawn(move || {
                while woken.recv().is_ok() {
                    most.fold();
                    if finish.send(()).is_err() {
                        return;
                    }
                }
            })
            .map_err(|error| Error::unavailable(format!("starting a thread: {error}")))?;
        let (wake, thread) = (Some(wake), Some(thread));
        Ok(Self { readers, pages, tended: 0, busy: false, tries: 0, wake, done, thread })
    }

    /// Called by the writer between two transactions.
    pub(super) fn tend(&mut self, writer: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        if self.busy {
            if matches!(self.done.try_recv(), Err(TryRecvError::Empty)) {
                return;
            }
            self.busy = false;
            self.tries = TRIES;
        }
        if pages < self.tended {
            self.tended = 0;
            self.tries = 0;
        }
        if self.tries > 0 {
            self.tries -= 1;
            self.tended = pages;
            return fold(writer, &self.readers);
        }
        if pages >= LONG.max(self.tended + STEP) {
            self.tended = pages;
            self.busy = self.wake.as_ref().is_some_and(|wake| wake.try_send(()).is_ok());
            if !self.busy {
                fold(writer, &self.readers);
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The thread's part.
struct Most {
    connection: Connection,
    /// The database. Never closed: that would give up all locks that this process has on it.
    file: ManuallyDrop<File>,
    pages: Arc<AtomicI32>,
    readers: Inline,
}

impl Most {
    fn fold(&self) {
        for _ in 0..ROUNDS {
            let before = self.pages.load(Ordering::Relaxed);
            // The disk begins at once: what it has to write in one piece is what a commit may have to wait for.
            let (file, folded) = (&*self.file, AtomicBool::new(false));
            thread::scope(|scope| {
                let begin = || {
                    while !folded.load(Ordering::Relaxed) {
                        thread::sleep(PIECE);
                        write_out(file);
                    }
                };
                // Without a thread for it the disk writes everything at the end.
                let _ = thread::Builder::new().spawn_scoped(scope, begin);
                fold(&self.connection, &self.readers);
                folded.store(true, Ordering::Relaxed);
            });
            write_out(file);
            if self.pages.load(Ordering::Relaxed) - before <= FEW {
                return;
            }
        }
    }
}

fn write_out(file: &File) {
    if let Err(error) = file.sync_data() {
        // The system takes the pages for written now, and SQLite would let the log start over. After a
        // new start all of it is folded again.
        tracing::error!("the file could not be written to disk, so this process stops: {error}");
        process::abort();
    }
}

/// Folds what no reader needs any more; waits for nobody.
fn fold(connection: &Connection, readers: &Inline) {
    readers.end_snapshots();
    let folded = connection
        .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")
        .and_then(|mut statement| statement.query_row([], |_| Ok(())));
    if let Err(error) = folded {
        tracing::warn!("the log could not be folded into the file: {error}");
    }
}
