//! A transaction on one connection.

use std::ops::ControlFlow;

use ferrum_domain::{Error, Result};
use rusqlite::{ErrorCode, params_from_iter};

use super::changes::Changes;
use super::connection::Access;
use super::outcome;
use super::prepared::Prepare;
use crate::engine::moment::{Facet, Moment};
use crate::engine::tx::{Fault, OnRow, Sql};
use crate::row::{Row, RowOf, Value};

pub(in crate::engine) struct SqliteTx<'c> {
    statements: &'c dyn Prepare,
    access: Access,
    changes: &'c Changes,
    /// How many transactions of this process had ended when this one began.
    commits: u64,
    /// What stands in the database, once it was looked up.
    pub(in crate::engine) term: Option<i64>,
    pub(in crate::engine) fault: Option<Fault>,
}

impl<'c> SqliteTx<'c> {
    pub(super) fn new(
        statements: &'c dyn Prepare,
        access: Access,
        changes: &'c Changes,
        commits: u64,
    ) -> Self {
        Self { statements, access, changes, commits, term: None, fault: None }
    }

    pub(in crate::engine) fn moment(&self) -> Option<Moment> {
        self.changes.moment(self.term?, self.commits)
    }

    pub(in crate::engine) fn is_unchanged(&self, facet: Facet, since: Moment) -> bool {
        // What was read at a later moment than ours may not be so yet in our snapshot.
        self.moment().is_some_and(|now| now.term == since.term)
            && self.changes.is_unchanged(facet, since.commits.min(self.commits))
    }

    pub(in crate::engine) fn touch_max(&self, facet: Facet) {
        self.changes.touch_max(facet);
    }

    pub(in crate::engine) fn each(
        &mut self,
        sql: Sql<'_>,
        params: &[Value<'_>],
        on_row: OnRow<'_>,
    ) -> Result<()> {
        let mut taken = Ok(ControlFlow::Continue(()));
        let read = self.statements.with(sql, is_large(params), &mut |statement| {
            let mut rows = statement.query(params_from_iter(params))?;
            while let Some(row) = rows.next()? {
                taken = on_row(&Row(RowOf::Sqlite(row)));
                if !matches!(taken, Ok(ControlFlow::Continue(()))) {
                    break;
                }
            }
            Ok(())
        });
        read.map_err(|error| self.failed(sql.text, params, &error))?;
        taken.map(drop)
    }

    pub(in crate::engine) fn execute(&mut self, sql: &'static str, params: &[Value<'_>]) -> Result<u64> {
        let mut changed = 0;
        let ran = self.statements.with(sql.into(), is_large(params), &mut |statement| {
            changed = statement.execute(params_from_iter(params))?;
            Ok(())
        });
        ran.map_err(|error| self.failed(sql, params, &error))?;
        Ok(changed as u64)
    }

    fn failed(&mut self, sql: &str, params: &[Value<'_>], error: &rusqlite::Error) -> Error {
        let code = error.sqlite_error_code();
        let interrupted = code == Some(ErrorCode::OperationInterrupted);
        self.fault = Some(if interrupted { Fault::Interrupted } else { Fault::Statement });
        match self.access {
            Access::Read if code == Some(ErrorCode::ReadOnly) => {
                Error::internal(format!("a read that writes: {sql}"))
            }
            Access::Read => outcome::of(error, sql),
            Access::Write => outcome::of_statement(self.statements.connection(), sql, params, error),
        }
    }
}

/// Whether a statement that is kept should not keep these too.
fn is_large(params: &[Value<'_>]) -> bool {
    params.iter().any(|value| match value {
        Value::Text(text) => text.len() > 1024,
        Value::Blob(bytes) => bytes.len() > 1024,
        Value::Null | Value::Int(_) => false,
    })
}
