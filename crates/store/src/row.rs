//! What goes into a statement and what comes out of one.

use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result};

/// A parameter of a statement. Booleans are 0 and 1; instants are milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// SQL NULL.
    Null,
    /// A whole number.
    Int(i64),
    /// A text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

impl From<i64> for Value<'_> {
    fn from(v: i64) -> Self {
        Self::Int(v)
    }
}
impl From<Millis> for Value<'_> {
    fn from(v: Millis) -> Self {
        Self::Int(v.0)
    }
}
impl From<bool> for Value<'_> {
    fn from(v: bool) -> Self {
        Self::Int(i64::from(v))
    }
}
impl<'a> From<&'a str> for Value<'a> {
    fn from(v: &'a str) -> Self {
        Self::Text(v)
    }
}
impl<'a> From<&'a String> for Value<'a> {
    fn from(v: &'a String) -> Self {
        Self::Text(v)
    }
}
impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(v: &'a [u8]) -> Self {
        Self::Blob(v)
    }
}
impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(v: Option<T>) -> Self {
        v.map_or(Self::Null, Into::into)
    }
}

/// A row of an answer, read by position.
pub struct Row<'r>(pub(crate) RowOf<'r>);

pub(crate) enum RowOf<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r postgres::Row),
}

impl Row<'_> {
    /// The column at `index` as an i64, String, Vec<u8>, bool, or an Option of one of them.
    pub(crate) fn get<T: Column>(&self, index: usize) -> Result<T> {
        T::read(self, index)
    }
}

/// A type that a column can be read as.
pub(crate) trait Column: Sized {
    /// Reads column `index` of `row`; a column of another type is a defect of ours.
    fn read(row: &Row<'_>, index: usize) -> Result<Self>;
}

/// Both drivers convert to these by themselves.
macro_rules! columns {
    ($($type:ty),*) => {$(
        impl Column for $type {
            fn read(row: &Row<'_>, index: usize) -> Result<Self> {
                match row.0 {
                    RowOf::Sqlite(row) => row.get(index).map_err(|error| unreadable(index, error)),
                    RowOf::Postgres(row) => row.try_get(index).map_err(|error| unreadable(index, error)),
                }
            }
        }
    )*};
}
columns!(i64, Option<i64>, String, Option<String>, Vec<u8>, Option<Vec<u8>>);

impl Column for bool {
    fn read(row: &Row<'_>, index: usize) -> Result<Self> {
        Ok(row.get::<i64>(index)? != 0)
    }
}

impl Column for Option<bool> {
    fn read(row: &Row<'_>, index: usize) -> Result<Self> {
        Ok(row.get::<Option<i64>>(index)?.map(|number| number != 0))
    }
}

fn unreadable(index: usize, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Internal { context: format!("column {index} of a row"), source: Some(Box::new(error)) }
}
