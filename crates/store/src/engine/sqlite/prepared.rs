//! Statements that stay prepared.

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use foldhash::fast::RandomState;
use rusqlite::{Connection, PrepFlags, Statement};

use crate::engine::tx::Sql;

/// What is done with a statement.
pub(super) type Use<'u> = &'u mut dyn FnMut(&mut Statement<'_>) -> rusqlite::Result<()>;

/// Where prepared statements come from.
pub(super) trait Prepare {
    fn connection(&self) -> &Connection;
    /// Prepares a statement, or finds it prepared, and works with it; `large` if what is bound should not stay in memory with it.
    fn with(&self, sql: Sql<'_>, large: bool, work: Use<'_>) -> rusqlite::Result<()>;
}

/// By their whole text: a reader's connection goes from thread to thread, where statements that refer to it could not follow.
impl Prepare for Connection {
    fn connection(&self) -> &Connection {
        self
    }

    fn with(&self, sql: Sql<'_>, _: bool, work: Use<'_>) -> rusqlite::Result<()> {
        work(&mut *self.prepare_cached(sql.text)?)
    }
}

/// A connection that stays on its thread, with statements by the address of their text: finding them by the text was
/// 9 % of the instructions of a recorded max.
pub(super) struct Prepared<'c> {
    connection: &'c Connection,
    statements: RefCell<HashMap<*const str, Statement<'c>, RandomState>>,
}

impl<'c> Prepared<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, statements: RefCell::default() }
    }
}

impl Prepare for Prepared<'_> {
    fn connection(&self) -> &Connection {
        self.connection
    }

    fn with(&self, sql: Sql<'_>, large: bool, work: Use<'_>) -> rusqlite::Result<()> {
        if !sql.constant {
            return self.connection.with(sql, large, work);
        }
        let mut statements = self.statements.borrow_mut();
        let statement = match statements.entry(sql.text) {
            Entry::Occupied(kept) => kept.into_mut(),
            Entry::Vacant(place) => place
                .insert(self.connection.prepare_with_flags(sql.text, PrepFlags::SQLITE_PREPARE_PERSISTENT)?),
        };
        let done = work(statement);
        if large {
            statement.clear_bindings();
        }
        done
    }
}
