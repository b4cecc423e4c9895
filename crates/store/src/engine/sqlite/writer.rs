//! The one writer: it runs waiting closures together in one transaction and answers after the COMMIT.
//! One fsync serves them all. When one of them fails after a change, they run again with a savepoint
//! each.

use std::path::Path;

use crossbeam_channel::Receiver;
use ferrum_domain::{Error, Result};
use rusqlite::Connection;

use super::Tuning;
use super::connection::{self, Access};
use super::folder::Folder;
use super::outcome;
use super::prepared::{Prepare as _, Prepared};
use super::readers::Inline;
use super::tx::SqliteTx;
use crate::engine::job::Job;
use crate::engine::tx::{Tx, TxOf};
use crate::engine::workers::Workers;

/// Writes that wait at most; more are refused at once.
pub(super) const QUEUE: usize = 1024;
/// Closures in one transaction at most.
const BATCH: usize = 256;

pub(super) struct Writer(Workers<Box<dyn Job>>);

impl Writer {
    pub(super) fn start(path: &Path, mut connection: Connection, readers: Inline) -> Result<Self> {
        let folder = Folder::start(path, &mut connection, readers)?;
        let (workers, jobs) = Workers::new(QUEUE);
        workers.start("ferrum-writer", move || serve(&connection, folder, &jobs))?;
        Ok(Self(workers))
    }

    pub(super) fn send(&self, job: Box<dyn Job>) -> Result<()> {
        self.0.send(job)
    }

    pub(super) fn close(&self) {
        self.0.close();
    }
}

/// The connection that writes.
#[cfg_attr(not(test), expect(unused_mut, reason = "only tests hook into commits"))]
pub(super) fn open(path: &Path, tuning: &Tuning) -> Result<Connection> {
    let mut connection = connection::open(path, Access::Write)?;
    let failed = |error| outcome::of(&error, "setting up the writer");
    if let Some(pages) = tuning.max_page_count {
        connection.pragma_update(None, "max_page_count", pages).map_err(failed)?;
    }
    #[cfg(test)]
    if let Some(refuse) = tuning.refuse_commits.clone() {
        let hook = move || refuse.load(std::sync::atomic::Ordering::SeqCst);
        connection.commit_hook(Some(hook)).map_err(failed)?;
    }
    Ok(connection)
}

fn serve(connection: &Connection, mut folder: Folder, jobs: &Receiver<Option<Box<dyn Job>>>) {
    let writer = Prepared::new(connection);
    let mut batch = Vec::with_capacity(BATCH);
    let mut open = true;
    while open {
        let Ok(Some(first)) = jobs.recv() else { break };
        batch.push(first);
        while open && batch.len() < BATCH {
            match jobs.try_recv() {
                Ok(Some(job)) => batch.push(job),
                Ok(None) => open = false,
                Err(_) => break,
            }
        }
        run(&writer, &mut batch);
        batch.drain(..).for_each(Job::answer);
        folder.tend(connection);
    }
}

fn run(writer: &Prepared<'_>, batch: &mut [Box<dyn Job>]) {
    if let [only] = batch {
        return alone(writer, only.as_mut());
    }
    let mut tried = together(writer, batch, unguarded);
    if matches!(tried, Err(Undone::Lost)) {
        tried = together(writer, batch, guarded);
    }
    match tried {
        Ok(()) => {}
        Err(Undone::Refused(reason)) => {
            for job in batch {
                job.fail(Error::unavailable(reason.clone()));
            }
        }
        Err(Undone::Lost) => {
            for job in batch {
                alone(writer, job.as_mut());
            }
        }
    }
}

/// Why nothing of a batch was kept.
enum Undone {
    /// The database would not begin or commit.
    Refused(String),
    /// One member would have left half of its work, or took the whole transaction with it, as a full
    /// disk does.
    Lost,
}

/// How a member of a batch is run; false when the transaction must not be committed after it.
type Member = fn(&Prepared<'_>, &mut dyn Job) -> bool;

fn together(writer: &Prepared<'_>, batch: &mut [Box<dyn Job>], member: Member) -> Result<(), Undone> {
    control(writer, "BEGIN IMMEDIATE").map_err(|error| Undone::Refused(error.to_string()))?;
    for job in batch {
        if !member(writer, job.as_mut()) || writer.connection().is_autocommit() {
            roll_back(writer);
            return Err(Undone::Lost);
        }
    }
    commit(writer).map_err(|error| Undone::Refused(error.to_string()))
}

/// Without a savepoint, for which SQLite would copy every page that the member touches: a refusal
/// mostly comes before the first change, and then there is nothing to undo.
fn unguarded(writer: &Prepared<'_>, job: &mut dyn Job) -> bool {
    let before = writer.connection().total_changes();
    work(writer, job) || writer.connection().total_changes() == before
}

/// With a savepoint, to which a member's error leads back.
fn guarded(writer: &Prepared<'_>, job: &mut dyn Job) -> bool {
    let mut run = || {
        control(writer, "SAVEPOINT member")?;
        if !work(writer, job) && !writer.connection().is_autocommit() {
            control(writer, "ROLLBACK TO member")?;
        }
        control(writer, "RELEASE member")
    };
    run().is_ok()
}

fn work(writer: &Prepared<'_>, job: &mut dyn Job) -> bool {
    job.run(&mut Tx(TxOf::Sqlite(SqliteTx::new(writer, Access::Write))))
}

fn alone(writer: &Prepared<'_>, job: &mut dyn Job) {
    if let Err(error) = control(writer, "BEGIN IMMEDIATE") {
        return job.fail(Error::unavailable(error.to_string()));
    }
    if !work(writer, job) {
        roll_back(writer);
    } else if let Err(error) = commit(writer) {
        job.fail(Error::unavailable(error.to_string()));
    }
}

fn commit(writer: &Prepared<'_>) -> Result<()> {
    control(writer, "COMMIT").inspect_err(|_| roll_back(writer))
}

/// Ends the transaction, if the engine has not already.
fn roll_back(writer: &Prepared<'_>) {
    if !writer.connection().is_autocommit()
        && let Err(error) = control(writer, "ROLLBACK")
    {
        tracing::error!(%error, "a transaction could not be rolled back");
    }
}

fn control(writer: &Prepared<'_>, sql: &'static str) -> Result<()> {
    let ran = writer.with(sql.into(), &mut |statement| statement.execute([]).map(drop));
    ran.map_err(|error| outcome::of(&error, sql))
}
