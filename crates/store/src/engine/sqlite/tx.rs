//! A transaction on one connection.

use ferrum_domain::{Error, Result};
use rusqlite::{Connection, ErrorCode, params_from_iter};

use super::connection::Access;
use super::outcome;
use crate::engine::tx::{Fault, OnRow};
use crate::row::{Row, RowOf, Value};

pub(in crate::engine) struct SqliteTx<'c> {
    connection: &'c Connection,
    access: Access,
    pub(in crate::engine) fault: Option<Fault>,
}

impl<'c> SqliteTx<'c> {
    pub(super) fn new(connection: &'c Connection, access: Access) -> Self {
        Self { connection, access, fault: None }
    }

    pub(in crate::engine) fn each(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        on_row: OnRow<'_>,
    ) -> Result<()> {
        let connection = self.connection;
        let mut failed = |error| self.failed(sql, params, &error);
        let mut statement = connection.prepare_cached(sql).map_err(&mut failed)?;
        let mut rows = statement.query(params_from_iter(params)).map_err(&mut failed)?;
        while let Some(row) = rows.next().map_err(&mut failed)? {
            if on_row(&Row(RowOf::Sqlite(row)))?.is_break() {
                break;
            }
        }
        Ok(())
    }

    pub(in crate::engine) fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64> {
        let connection = self.connection;
        let changed = connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(params_from_iter(params)))
            .map_err(|error| self.failed(sql, params, &error))?;
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
            Access::Write => outcome::of_statement(self.connection, sql, params, error),
        }
    }
}
