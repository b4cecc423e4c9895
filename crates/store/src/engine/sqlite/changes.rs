//! Which accounts have changed since a snapshot, so that what was read of the others can be kept.
//!
//! A process can only tell of its own writes. So one that writes after another first raises a number in the
//! database, its term: a snapshot with another term than ours includes writes that we know nothing of.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ferrum_domain::Result;
use rusqlite::Connection;

use super::outcome;
use crate::engine::moment::{Facet, Moment};

/// Accounts with the same remainder share a place; a power of two.
const PLACES: u16 = 4096;
/// Stands for a transaction that has not ended yet.
const OPEN: u64 = u64::MAX;

/// What this process has written, shared by its writer and its readers.
pub(super) struct Changes {
    /// The term of our own last transaction; below all terms before the first.
    term: AtomicI64,
    /// How many transactions of ours have changed something and ended.
    commits: AtomicU64,
    persons: Box<[AtomicU64]>,
    training_maxes: Box<[AtomicU64]>,
    one_rep_maxes: Box<[AtomicU64]>,
    catalogue: AtomicU64,
    open: Mutex<Transaction>,
}

/// What the writer's transaction has changed so far.
#[derive(Default)]
struct Transaction {
    touched: Vec<Facet>,
    /// Rows of maxes that were written, less those whose account was told.
    untold: i64,
}

impl Changes {
    pub(super) fn new() -> Self {
        let places = || (0..PLACES).map(|_| AtomicU64::new(0)).collect();
        Self {
            term: AtomicI64::new(-1),
            commits: AtomicU64::new(0),
            persons: places(),
            training_maxes: places(),
            one_rep_maxes: places(),
            catalogue: AtomicU64::new(0),
            open: Mutex::default(),
        }
    }

    /// Notes every row that `writer` writes, as SQLite reports them: all but those that a REPLACE or a DELETE without WHERE
    /// removes. Both tables of a person have the account's key for a row id.
    pub(super) fn watch(self: &Arc<Self>, writer: &mut Connection) -> Result<()> {
        let changes = Arc::clone(self);
        let note = move |_, _: &str, table: &str, row: i64| match table {
            "accounts" | "enrollments" => changes.touch(Facet::Person(row)),
            "lift_maxes" => changes.open().untold += 1,
            "catalogue_version" => changes.touch(Facet::Catalogue),
            _ => {}
        };
        writer.update_hook(Some(note)).map_err(|error| outcome::of(&error, "watching the writer"))
    }

    /// Where a transaction begins that includes everything acknowledged so far.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Acquire)
    }

    /// The moment of a snapshot with this term that was begun after `commits`, if nobody else wrote since.
    pub(super) fn moment(&self, term: i64, commits: u64) -> Option<Moment> {
        (term == self.term()).then_some(Moment { term, commits })
    }

    pub(super) fn term(&self) -> i64 {
        self.term.load(Ordering::Acquire)
    }

    /// Begins a term; what was read in an earlier one is of no use any more.
    pub(super) fn begin_term(&self, term: i64) {
        self.term.store(term, Ordering::Release);
    }

    /// Whether no transaction since the one numbered `commits`, not even one that has yet to end, changed this.
    pub(super) fn is_unchanged(&self, facet: Facet, commits: u64) -> bool {
        self.place(facet).load(Ordering::Acquire) <= commits
    }

    /// Tells whose max was written.
    pub(super) fn touch_max(&self, facet: Facet) {
        self.touch(facet);
        self.open().untold -= 1;
    }

    /// To be called before the writer's COMMIT.
    pub(super) fn before_commit(&self) {
        if self.open().untold != 0 {
            self.mark_maxes(OPEN);
        }
    }

    /// To be called when the writer's transaction has ended, whichever way, and before anybody hears of it.
    pub(super) fn end(&self) {
        let mut open = self.open();
        if open.touched.is_empty() && open.untold == 0 {
            return;
        }
        let number = self.commits() + 1;
        if open.untold != 0 {
            self.mark_maxes(number);
        }
        open.untold = 0;
        for facet in open.touched.drain(..) {
            self.place(facet).store(number, Ordering::Release);
        }
        self.commits.store(number, Ordering::Release);
    }

    /// From now on until the transaction ends nobody takes this for unchanged: a snapshot may include its
    /// COMMIT before we know of it.
    fn touch(&self, facet: Facet) {
        self.place(facet).store(OPEN, Ordering::Release);
        self.open().touched.push(facet);
    }

    fn mark_maxes(&self, number: u64) {
        let maxes = self.training_maxes.iter().chain(&*self.one_rep_maxes);
        maxes.for_each(|place| place.store(number, Ordering::Release));
    }

    fn place(&self, facet: Facet) -> &AtomicU64 {
        match facet {
            Facet::Person(account) => &self.persons[place(account)],
            Facet::TrainingMaxes(account) => &self.training_maxes[place(account)],
            Facet::OneRepMaxes(account) => &self.one_rep_maxes[place(account)],
            Facet::Catalogue => &self.catalogue,
        }
    }

    fn open(&self) -> MutexGuard<'_, Transaction> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(account: i64) -> usize {
    usize::try_from(account.rem_euclid(PLACES.into())).unwrap_or_default()
}
