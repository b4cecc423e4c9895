//! `catalogue_version` and `catalogue_loads`: what the catalogue's caches and its loader go by.

use ferrum_domain::Result;
use ferrum_domain::time::Millis;

use crate::engine::{EngineKind, Tx};
use crate::statements::statements;
use crate::values::values;

statements! {
    STATE = "SELECT version, writer FROM catalogue_version WHERE one = 1";
    TAKE_TERM = "UPDATE catalogue_version SET writer = writer + 1 WHERE one = 1 RETURNING writer";
    VERSION = "SELECT version FROM catalogue_version WHERE one = 1";
    BUMP = "UPDATE catalogue_version SET version = version + 1 WHERE one = 1";
    IS_LOADED = "SELECT 1 FROM catalogue_loads WHERE kind = ?1 AND name = ?2";
    LOADED = "SELECT name FROM catalogue_loads WHERE kind = ?1";
    INSERT_LOAD = "INSERT INTO catalogue_loads (kind, name, loaded_at) VALUES (?1, ?2, ?3)";
}

/// What a snapshot says of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State {
    /// Of the catalogue.
    pub(crate) version: i64,
    /// Of the process that wrote last.
    pub(crate) term: i64,
}

/// The version of the catalogue, and what [`Tx::moment`] goes by. `None` on an engine that has no moments.
pub fn look(tx: &mut Tx<'_>) -> Result<Option<i64>> {
    match tx.kind() {
        EngineKind::Sqlite => state(tx).map(|state| Some(state.version)),
        EngineKind::Postgres => Ok(None),
    }
}

/// The state of this snapshot.
pub(crate) fn state(tx: &mut Tx<'_>) -> Result<State> {
    let state = tx.query_one(STATE, &[], |row| Ok(State { version: row.get(0)?, term: row.get(1)? }))?;
    tx.set_term(state.term);
    Ok(state)
}

/// Begins a new term, that of this process.
pub(crate) fn take_term(tx: &mut Tx<'_>) -> Result<i64> {
    tx.query_one(TAKE_TERM, &[], |row| row.get(0))
}

/// The version of the catalogue in this snapshot.
pub fn version(tx: &mut Tx<'_>) -> Result<i64> {
    tx.query_one(VERSION, &[], |row| row.get(0))
}

/// Raises the version; every write to the catalogue does, within `store`.
pub(crate) fn bump(tx: &mut Tx<'_>) -> Result<()> {
    tx.execute(BUMP, &[])?;
    Ok(())
}

/// Whether the built-in `name` of `kind` has ever been loaded, even if it was removed since.
pub fn is_loaded(tx: &mut Tx<'_>, kind: &str, name: &str) -> Result<bool> {
    Ok(tx.query_opt(IS_LOADED, values![kind, name], |row| row.get::<i64>(0))?.is_some())
}

/// Every built-in of `kind` that has ever been loaded.
pub fn loaded(tx: &mut Tx<'_>, kind: &str) -> Result<Vec<String>> {
    tx.query(LOADED, values![kind], |row| row.get(0))
}

/// Notes that the built-in `name` of `kind` has been loaded.
pub fn insert_load(tx: &mut Tx<'_>, kind: &str, name: &str, now: Millis) -> Result<()> {
    tx.execute(INSERT_LOAD, values![kind, name, now])?;
    Ok(())
}
