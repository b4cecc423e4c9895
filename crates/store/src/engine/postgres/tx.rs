//! A transaction on one connection.

use std::collections::HashMap;

use ferrum_domain::{Error, Result};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Statement, Transaction};

use super::wire::Wire;
use super::{Fault, dialect, outcome};
use crate::engine::tx::OnRow;
use crate::row::{Row, RowOf, Value};

pub(in crate::engine) struct PostgresTx<'c> {
    pub(super) transaction: Transaction<'c>,
    wire: &'c Wire,
    statements: &'c mut HashMap<String, Statement>,
    pub(in crate::engine) fault: Option<Fault>,
}

impl<'c> PostgresTx<'c> {
    pub(super) fn new(
        transaction: Transaction<'c>,
        wire: &'c Wire,
        statements: &'c mut HashMap<String, Statement>,
    ) -> Self {
        Self { transaction, wire, statements, fault: None }
    }

    pub(in crate::engine) fn each(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        on_row: OnRow<'_>,
    ) -> Result<()> {
        let statement = self.prepare(sql)?;
        let rows = self.wire.wait(self.transaction.query(&statement, &dynamic(params)));
        for row in rows.map_err(|error| self.failed(sql, &error))? {
            if on_row(&Row(RowOf::Postgres(&row)))?.is_break() {
                break;
            }
        }
        Ok(())
    }

    pub(in crate::engine) fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64> {
        let statement = self.prepare(sql)?;
        let executed = self.wire.wait(self.transaction.execute(&statement, &dynamic(params)));
        executed.map_err(|error| self.failed(sql, &error))
    }

    fn prepare(&mut self, sql: &str) -> Result<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let prepared = self.wire.wait(self.transaction.prepare(&dialect::statement(sql)));
        let statement = prepared.map_err(|error| self.failed(sql, &error))?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn failed(&mut self, sql: &str, error: &tokio_postgres::Error) -> Error {
        self.fault = Some(outcome::fault(error));
        outcome::of(error, sql)
    }
}

fn dynamic<'v>(params: &'v [Value<'v>]) -> Vec<&'v (dyn ToSql + Sync)> {
    params.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}
