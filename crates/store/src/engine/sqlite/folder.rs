//! Folding the write-ahead log into the file on a thread of its own, since a writer that did it would
//! let every write wait meanwhile.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use ferrum_domain::{Error, Result};
use rusqlite::Connection;
use rusqlite::hooks::Wal;

use super::connection::{self, Access};
use super::outcome;
use super::readers::Inline;

/// Pages in the log after which some are folded: few, since the disk has nothing else to do meanwhile and every
/// write that is to be durable waits for it.
const STEP: i32 = 512;
/// Pages in the log after which it should start over, 32 MiB.
const LONG: i32 = 8 * 1024;

/// Watches the log on behalf of the writer.
pub(super) struct Folder {
    readers: Inline,
    /// Pages in the log after the writer's last COMMIT.
    pages: Arc<AtomicI32>,
    /// Pages in the log when it was last left to the thread.
    left: i32,
    /// Whether the thread is at work.
    busy: bool,
    /// `None` only while this is dropped.
    wake: Option<Sender<()>>,
    done: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Folder {
    /// Starts the thread; from now on the commits of `writer` fold nothing.
    pub(super) fn start(path: &Path, writer: &mut Connection, readers: Inline) -> Result<Self> {
        let connection = connection::open(path, Access::Write)?;
        let pages = Arc::new(AtomicI32::new(0));
        let counted = Arc::clone(&pages);
        let count = move |_: &mut Wal, pages| {
            counted.store(pages, Ordering::Relaxed);
            Ok(())
        };
        writer.wal_hook(Some(count)).map_err(|error| outcome::of(&error, "watching the log"))?;
        let (wake, woken) = bounded(1);
        let (finish, done) = bounded(1);
        let snapshots = readers.clone();
        let thread = thread::Builder::new()
            .name("ferrum-folder".to_owned())
            .spawn(move || serve(&connection, &snapshots, &woken, &finish))
            .map_err(|error| Error::unavailable(format!("starting a thread: {error}")))?;
        Ok(Self { readers, pages, left: 0, busy: false, wake: Some(wake), done, thread: Some(thread) })
    }

    /// Called by the writer between two transactions. Only a log of which nothing is left to fold can
    /// start over; the last of a long one the writer folds itself, which is no more than a few steps.
    pub(super) fn tend(&mut self, writer: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        if self.busy {
            if self.done.try_recv().is_err() {
                return;
            }
            self.busy = false;
            if pages >= LONG {
                return fold(writer, &self.readers);
            }
        }
        if pages < self.left {
            self.left = 0;
        }
        if pages >= self.left + STEP {
            self.left = pages;
            self.busy = self.wake.as_ref().is_some_and(|wake| wake.try_send(()).is_ok());
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

fn serve(connection: &Connection, readers: &Inline, woken: &Receiver<()>, finish: &Sender<()>) {
    while woken.recv().is_ok() {
        fold(connection, readers);
        if finish.send(()).is_err() {
            return;
        }
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
