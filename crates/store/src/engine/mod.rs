//! The two engines behind one face.
use crate::row::{Row, Value};
use ferrum_domain::Result;
use std::path::PathBuf;

/// Where and how to open the database.
#[derive(Debug, Clone)]
pub struct Options {
    /// `postgres://...`, or `None` for the SQLite file.
    pub url: Option<String>,
    /// Path of the SQLite file, used when there is no URL.
    pub file: PathBuf,
    /// Connections to PostgreSQL at most.
    pub pool: usize,
}
/// Which engine answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    /// SQLite
    Sqlite,
    /// PostgreSQL
    Postgres,
}

/// An open database; cheap to clone.
#[derive(Clone)]
pub struct Db(());

impl Db {
    /// Opens the database without changing it.
    pub fn open(_options: &Options) -> Result<Self> {
        Err(ferrum_domain::Error::internal("engine"))
    }
    /// Brings the schema up to date.
    pub fn migrate(&self, _now: ferrum_domain::time::Millis) -> Result<usize> {
        Err(ferrum_domain::Error::internal("engine"))
    }
    /// Which engine answers.
    pub fn kind(&self) -> EngineKind {
        EngineKind::Sqlite
    }
    /// Runs `work` on a read-only snapshot; it may run again.
    pub async fn read<T, F>(&self, _work: F) -> Result<T>
    where
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + Sync + 'static,
        T: Send + 'static,
    {
        Err(ferrum_domain::Error::internal("engine"))
    }
    /// Runs `work` in one durable transaction; it may run again.
    pub async fn write<T, F>(&self, _work: F) -> Result<T>
    where
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + Sync + 'static,
        T: Send + 'static,
    {
        Err(ferrum_domain::Error::internal("engine"))
    }
}

/// A transaction.
pub struct Tx<'c>(std::marker::PhantomData<&'c ()>);
impl Tx<'_> {
    pub(crate) fn query<T>(
        &mut self,
        _sql: &str,
        _params: &[Value<'_>],
        _row: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        Ok(vec![])
    }
    pub(crate) fn query_opt<T>(
        &mut self,
        _sql: &str,
        _params: &[Value<'_>],
        _row: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        Ok(None)
    }
    pub(crate) fn query_one<T>(
        &mut self,
        _sql: &str,
        _params: &[Value<'_>],
        _row: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        Err(ferrum_domain::Error::NotFound)
    }
    pub(crate) fn execute(&mut self, _sql: &str, _params: &[Value<'_>]) -> Result<u64> {
        Ok(0)
    }
}
