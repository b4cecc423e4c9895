//! The one writer: it runs waiting closures together in one transaction and answers after the COMMIT.
//! One fsync serves them all. When one of them fails after a change, they run again with a savepoint
//! each.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use crossbeam_channel::Receiver;
use ferrum_domain::{Error, Result};
use rusqlite::Connection;

use super::Tuning;
use super::changes::Changes;
use super::connection::{self, Access};
use super::folder::Folder;
use super::outcome;
use super::prepared::{Prepare as _, Prepared};
use super::readers::Inline;
use super::tx::SqliteTx;
use crate::catalogue;
use crate::engine::job::Job;
use crate::engine::tx::{Tx, TxOf};
use crate::engine::workers::Workers;

/// Writes that wait at most; more are refused at once.
pub(super) const QUEUE: usize = 1024;
/// Closures in one transaction at most.
const BATCH: usize = 256;

pub(super) struct Writer(Workers<Box<dyn Job>>);

impl Writer {
    pub(super) fn start(
        path: &Path,
        mut connection: Connection,
        readers: Inline,
        changes: Arc<Changes>,
    ) -> Result<Self> {
        let folder = Folder::start(path, &mut connection, readers)?;
        changes.watch(&mut connection)?;
        let (workers, jobs) = Workers::new(QUEUE);
        workers.start("ferrum-writer", move || serve(&connection, &changes, folder, &jobs))?;
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

/// The connection as the writer's thread uses it.
struct Session<'c> {
    statements: Prepared<'c>,
    changes: &'c Changes,
    term: Cell<Term>,
    /// How many rows the connection had changed when the open transaction began.
    before: Cell<u64>,
}

/// In whose term the open transaction is.
#[derive(Debug, Clone, Copy, Default)]
enum Term {
    /// Nobody's: the tables are not made yet.
    #[default]
    None,
    /// Ours: we wrote last.
    Ours,
    /// That of another process, which wrote last.
    Theirs,
}

impl Session<'_> {
    fn transaction(&self) -> Tx<'_> {
        let commits = self.changes.commits();
        Tx(TxOf::Sqlite(SqliteTx::new(&self.statements, Access::Write, self.changes, commits)))
    }
}

fn serve(
    connection: &Connection,
    changes: &Changes,
    mut folder: Folder,
    jobs: &Receiver<Option<Box<dyn Job>>>,
) {
    let writer = Session {
        statements: Prepared::new(connection),
        changes,
        term: Cell::default(),
        before: Cell::default(),
    };
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

fn run(writer: &Session<'_>, batch: &mut [Box<dyn Job>]) {
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
type Member = fn(&Session<'_>, &mut dyn Job) -> bool;

fn together(writer: &Session<'_>, batch: &mut [Box<dyn Job>], member: Member) -> Result<(), Undone> {
    begin(writer).map_err(|error| Undone::Refused(error.to_string()))?;
    for job in batch {
        if !member(writer, job.as_mut()) || writer.statements.connection().is_autocommit() {
            roll_back(writer);
            return Err(Undone::Lost);
        }
    }
    commit(writer).map_err(|error| Undone::Refused(error.to_string()))
}

/// Without a savepoint, for which SQLite would copy every page that the member touches: a refusal
/// mostly comes before the first change, and then there is nothing to undo.
fn unguarded(writer: &Session<'_>, job: &mut dyn Job) -> bool {
    let before = writer.statements.connection().total_changes();
    work(writer, job) || writer.statements.connection().total_changes() == before
}

/// With a savepoint, to which a member's error leads back.
fn guarded(writer: &Session<'_>, job: &mut dyn Job) -> bool {
    let mut run = || {
        control(writer, "SAVEPOINT member")?;
        if !work(writer, job) && !writer.statements.connection().is_autocommit() {
            control(writer, "ROLLBACK TO member")?;
        }
        control(writer, "RELEASE member")
    };
    run().is_ok()
}

fn work(writer: &Session<'_>, job: &mut dyn Job) -> bool {
    let mut tx = writer.transaction();
    if matches!(writer.term.get(), Term::Ours) {
        tx.set_term(writer.changes.term());
    }
    job.run(&mut tx)
}

fn alone(writer: &Session<'_>, job: &mut dyn Job) {
    if let Err(error) = begin(writer) {
        return job.fail(Error::unavailable(error.to_string()));
    }
    if !work(writer, job) {
        roll_back(writer);
    } else if let Err(error) = commit(writer) {
        job.fail(Error::unavailable(error.to_string()));
    }
}

/// Begins a transaction, and looks who wrote last.
fn begin(writer: &Session<'_>) -> Result<()> {
    control(writer, "BEGIN IMMEDIATE")?;
    writer.before.set(writer.statements.connection().total_changes());
    writer.term.set(match catalogue::state(&mut writer.transaction()) {
        Ok(state) if state.term == writer.changes.term() => Term::Ours,
        Ok(_) => Term::Theirs,
        Err(_) if !has_terms(writer) => Term::None,
        Err(error) => {
            roll_back(writer);
            return Err(error);
        }
    });
    Ok(())
}

fn has_terms(writer: &Session<'_>) -> bool {
    let table = "SELECT 1 FROM sqlite_schema WHERE name = 'catalogue_version'";
    // Where even that cannot be asked, nothing may be written.
    writer.statements.connection().prepare(table).and_then(|mut asked| asked.exists([])).unwrap_or(true)
}

/// Commits, in a term of ours if anything was changed.
fn commit(writer: &Session<'_>) -> Result<()> {
    let is_changed = writer.statements.connection().total_changes() != writer.before.get();
    let mut taken = None;
    if is_changed && matches!(writer.term.get(), Term::Theirs) {
        taken = Some(catalogue::take_term(&mut writer.transaction()).inspect_err(|_| roll_back(writer))?);
    }
    writer.changes.before_commit();
    control(writer, "COMMIT").inspect_err(|_| roll_back(writer))?;
    if let Some(term) = taken {
        writer.changes.begin_term(term);
    }
    writer.changes.end();
    Ok(())
}

/// Ends the transaction, if the engine has not already.
fn roll_back(writer: &Session<'_>) {
    if !writer.statements.connection().is_autocommit()
        && let Err(error) = control(writer, "ROLLBACK")
    {
        tracing::error!(%error, "a transaction could not be rolled back");
    }
    writer.changes.end();
}

fn control(writer: &Session<'_>, sql: &'static str) -> Result<()> {
    let ran = writer.statements.with(sql.into(), false, &mut |statement| statement.execute([]).map(drop));
    ran.map_err(|error| outcome::of(&error, sql))
}
