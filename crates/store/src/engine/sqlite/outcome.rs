//! What an error of SQLite means to the product.

use std::collections::BTreeSet;

use ferrum_domain::{Conflict, Error};
use rusqlite::{Connection, ErrorCode, ffi, params_from_iter};

use crate::row::Value;

/// An error that no constraint explains.
pub(super) fn of(error: &rusqlite::Error, doing: &str) -> Error {
    let context = match error {
        // Its own text repeats the statement.
        rusqlite::Error::SqlInputError { msg, offset, .. } => format!("{doing}: {msg} at {offset}"),
        _ => format!("{doing}: {error}"),
    };
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DiskFull
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::OutOfMemory
            | ErrorCode::OperationInterrupted,
        ) => Error::unavailable(context),
        _ => Error::internal(context),
    }
}

/// The outcome of a statement that failed in a transaction that may write.
pub(super) fn of_statement(
    connection: &Connection,
    sql: &str,
    params: &[Value<'_>],
    error: &rusqlite::Error,
) -> Error {
    let rusqlite::Error::SqliteFailure(code, Some(text)) = error else { return of(error, sql) };
    let conflict = match code.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            unique_index(connection, text).map(Conflict::Exists)
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY | ffi::SQLITE_CONSTRAINT_TRIGGER => {
            Delete::parse(sql).map(|delete| Conflict::Referenced(delete.referring(connection, params)))
        }
        _ => None,
    };
    conflict.map_or_else(|| of(error, sql), Error::Conflict)
}

/// The name of the index behind `UNIQUE constraint failed: lifts.slug` or `... index 'lifts_slug'`.
/// A primary key has none; it is called as PostgreSQL would.
fn unique_index(connection: &Connection, text: &str) -> Option<String> {
    let failed = text.split_once("constraint failed: ")?.1;
    if let Some(named) = failed.strip_prefix("index '") {
        return Some(named.trim_end_matches('\'').to_owned());
    }
    let table = failed.split_once('.')?.0;
    let columns: BTreeSet<String> =
        failed.split(", ").filter_map(|column| Some(column.split_once('.')?.1.to_owned())).collect();
    let named = indexes(connection, table).ok()?.into_iter().find(|(_, indexed)| *indexed == columns);
    Some(named.map_or_else(|| format!("{table}_pkey"), |(name, _)| name))
}

/// The unique indexes of a table that were given a name, with their columns.
fn indexes(connection: &Connection, table: &str) -> rusqlite::Result<Vec<(String, BTreeSet<String>)>> {
    let mut statement = connection.prepare_cached(
        "SELECT l.name, i.name FROM pragma_index_list(?1) l, pragma_index_info(l.name) i \
         WHERE l.\"unique\" = 1 AND l.origin = 'c' ORDER BY l.name",
    )?;
    let mut found: Vec<(String, BTreeSet<String>)> = Vec::new();
    let mut rows = statement.query([table])?;
    while let Some(row) = rows.next()? {
        // An expression has no name, and SQLite reports such an index by its own.
        let (index, column) =
            (row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?.unwrap_or_default());
        match found.last_mut() {
            Some((last, columns)) if *last == index => {
                columns.insert(column);
            }
            _ => found.push((index, BTreeSet::from([column]))),
        }
    }
    Ok(found)
}

/// `DELETE FROM table WHERE condition`, taken apart.
struct Delete<'s> {
    table: &'s str,
    condition: &'s str,
}

impl<'s> Delete<'s> {
    fn parse(sql: &'s str) -> Option<Self> {
        let rest = sql.trim().strip_prefix("DELETE FROM ")?;
        let (table, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let condition = rest.trim().strip_prefix("WHERE ").unwrap_or("1");
        Some(Self { table, condition: condition.split(" RETURNING ").next().unwrap_or(condition) })
    }

    /// The table whose rows refer to what was to go. SQLite says only that there is one, so each is
    /// asked; the deleted table itself stands for what a cascade met further away.
    fn referring(&self, connection: &Connection, params: &[Value<'_>]) -> String {
        let keys = foreign_keys_to(connection, self.table).unwrap_or_default();
        let refers = |(child, from, to): &(String, String, String)| {
            let sql = format!(
                "SELECT 1 FROM {child} WHERE {from} IN (SELECT {to} FROM {} WHERE {})",
                self.table, self.condition
            );
            let mut statement = connection.prepare_cached(&sql)?;
            statement.exists(params_from_iter(params))
        };
        let child = keys.into_iter().find(|key| refers(key).unwrap_or(false));
        child.map_or_else(|| self.table.to_owned(), |(child, _, _)| child)
    }
}

/// (table, its column, the column referred to) of the foreign keys that keep rows of `table`.
fn foreign_keys_to(connection: &Connection, table: &str) -> rusqlite::Result<Vec<(String, String, String)>> {
    let mut statement = connection.prepare_cached(
        "SELECT m.name, f.\"from\", COALESCE(f.\"to\", 'rowid') \
         FROM sqlite_schema m, pragma_foreign_key_list(m.name) f \
         WHERE m.type = 'table' AND f.\"table\" = ?1 AND f.on_delete IN ('NO ACTION', 'RESTRICT') \
         ORDER BY m.name",
    )?;
    let rows = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    rows.collect()
}
