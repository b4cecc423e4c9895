//! The transaction that a closure works in.

use std::ops::ControlFlow;

use ferrum_domain::{Error, Result};

use super::EngineKind;
use super::moment::{Facet, Moment};
use super::postgres::PostgresTx;
use super::sqlite::SqliteTx;
use crate::row::{Row, Value};

/// A transaction. Store functions take one; only this crate can put SQL into it.
pub struct Tx<'c>(pub(super) TxOf<'c>);

pub(super) enum TxOf<'c> {
    Sqlite(SqliteTx<'c>),
    Postgres(PostgresTx<'c>),
}

/// Why a transaction can no longer be committed, whatever its closure says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A statement failed. PostgreSQL accepts nothing more then, so neither does SQLite here.
    Statement,
    /// It ran longer than it may.
    Interrupted,
    /// It lost against another transaction: the same closure may succeed the next time.
    Outrun,
    /// The connection is gone, and nothing of the transaction with it.
    Lost,
}

/// A statement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sql<'a> {
    pub(super) text: &'a str,
    /// Whether the text is one of the product's constants, so that its address tells it from all others.
    pub(super) constant: bool,
}

impl From<&'static str> for Sql<'_> {
    fn from(text: &'static str) -> Self {
        Self { text, constant: true }
    }
}

impl<'a> From<&'a String> for Sql<'a> {
    fn from(text: &'a String) -> Self {
        Self { text, constant: false }
    }
}

/// What happens to each row of an answer.
pub(super) type OnRow<'f> = &'f mut dyn FnMut(&Row<'_>) -> Result<ControlFlow<()>>;

impl Tx<'_> {
    /// Which engine answers, for the few statements that differ.
    pub(crate) fn kind(&self) -> EngineKind {
        match self.0 {
            TxOf::Sqlite(_) => EngineKind::Sqlite,
            TxOf::Postgres(_) => EngineKind::Postgres,
        }
    }

    /// The state of the database in this transaction. `None` where it may hold writes that this process does not know of:
    /// on PostgreSQL, when another process wrote last, and in a read that has not looked for the term.
    pub fn moment(&self) -> Option<Moment> {
        match &self.0 {
            TxOf::Sqlite(tx) => tx.moment(),
            TxOf::Postgres(_) => None,
        }
    }

    /// Whether what was read of it at the moment `since` is still so in this transaction.
    pub fn is_unchanged(&self, facet: Facet, since: Moment) -> bool {
        match &self.0 {
            TxOf::Sqlite(tx) => tx.is_unchanged(facet, since),
            TxOf::Postgres(_) => false,
        }
    }

    /// Takes the term that stands in the database.
    pub(crate) fn set_term(&mut self, term: i64) {
        if let TxOf::Sqlite(tx) = &mut self.0 {
            tx.term = Some(term);
        }
    }

    /// Tells whose max was written, and of which kind.
    pub(crate) fn touch_max(&mut self, facet: Facet) {
        if let TxOf::Sqlite(tx) = &self.0 {
            tx.touch_max(facet);
        }
    }

    /// Every row of the answer.
    pub(crate) fn query<'s, T>(
        &mut self,
        sql: impl Into<Sql<'s>>,
        params: &[Value<'_>],
        mut row: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        self.each(sql.into(), params, &mut |found| {
            rows.push(row(found)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(rows)
    }

    /// The first row of the answer.
    pub(crate) fn query_opt<'s, T>(
        &mut self,
        sql: impl Into<Sql<'s>>,
        params: &[Value<'_>],
        row: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let (mut row, mut first) = (Some(row), None);
        self.each(sql.into(), params, &mut |found| {
            if let Some(row) = row.take() {
                first = Some(row(found)?);
            }
            Ok(ControlFlow::Break(()))
        })?;
        Ok(first)
    }

    /// The first row of the answer, or [`Error::NotFound`].
    pub(crate) fn query_one<'s, T>(
        &mut self,
        sql: impl Into<Sql<'s>>,
        params: &[Value<'_>],
        row: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        self.query_opt(sql, params, row)?.ok_or(Error::NotFound)
    }

    /// Changes rows and says how many.
    pub(crate) fn execute(&mut self, sql: &'static str, params: &[Value<'_>]) -> Result<u64> {
        self.check(params)?;
        match &mut self.0 {
            TxOf::Sqlite(tx) => tx.execute(sql, params),
            TxOf::Postgres(tx) => tx.execute(sql, params),
        }
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        match &self.0 {
            TxOf::Sqlite(tx) => tx.fault,
            TxOf::Postgres(tx) => tx.fault,
        }
    }

    fn each(&mut self, sql: Sql<'_>, params: &[Value<'_>], on_row: OnRow<'_>) -> Result<()> {
        self.check(params)?;
        match &mut self.0 {
            TxOf::Sqlite(tx) => tx.each(sql, params, on_row),
            TxOf::Postgres(tx) => tx.each(sql.text, params, on_row),
        }
    }

    fn check(&self, params: &[Value<'_>]) -> Result<()> {
        if self.fault().is_some() {
            return Err(Error::internal("a statement after one that failed in the same transaction"));
        }
        // PostgreSQL cannot keep it, so SQLite does not either.
        if params.iter().any(|value| matches!(value, Value::Text(text) if text.as_bytes().contains(&0))) {
            return Err(Error::invalid("text", "must not contain the character U+0000"));
        }
        Ok(())
    }
}
