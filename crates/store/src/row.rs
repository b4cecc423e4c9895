//! What goes into a statement and what comes out of one.

use bytes::BytesMut;
use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result};
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{IsNull, Type, to_sql_checked};

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
    Postgres(&'r tokio_postgres::Row),
}

impl Row<'_> {
    /// The column at `index` as an i64, String, Vec<u8>, bool, or an Option of one of them.
    pub(crate) fn get<T: Column>(&self, index: usize) -> Result<T> {
        T::read(self, index)
    }

    /// The text in the column at `index`, without a copy.
    pub(crate) fn text(&self, index: usize) -> Result<&str> {
        match self.0 {
            RowOf::Sqlite(row) => {
                let text = row.get_ref(index).map_err(|error| unreadable(index, error))?.as_str();
                text.map_err(|error| unreadable(index, error))
            }
            RowOf::Postgres(row) => row.try_get(index).map_err(|error| unreadable(index, error)),
        }
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
columns!(String, Option<String>, Vec<u8>, Option<Vec<u8>>);

impl Column for i64 {
    fn read(row: &Row<'_>, index: usize) -> Result<Self> {
        match row.0 {
            RowOf::Sqlite(row) => row.get(index).map_err(|error| unreadable(index, error)),
            RowOf::Postgres(row) => {
                row.try_get(index).map(|Whole(number)| number).map_err(|error| unreadable(index, error))
            }
        }
    }
}

impl Column for Option<i64> {
    fn read(row: &Row<'_>, index: usize) -> Result<Self> {
        match row.0 {
            RowOf::Sqlite(row) => row.get(index).map_err(|error| unreadable(index, error)),
            RowOf::Postgres(row) => row
                .try_get(index)
                .map(|found: Option<Whole>| found.map(|Whole(number)| number))
                .map_err(|error| unreadable(index, error)),
        }
    }
}

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

/// Whatever PostgreSQL makes of an expression that SQLite answers with a whole number: `SELECT 1` is
/// 32 bits wide there, a comparison is a truth value.
struct Whole(i64);

impl<'a> tokio_postgres::types::FromSql<'a> for Whole {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(match *kind {
            Type::BOOL => bool::from_sql(kind, raw)?.into(),
            Type::INT2 => i16::from_sql(kind, raw)?.into(),
            Type::INT4 => i32::from_sql(kind, raw)?.into(),
            _ => i64::from_sql(kind, raw)?,
        }))
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::BOOL | Type::INT2 | Type::INT4 | Type::INT8)
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl tokio_postgres::types::ToSql for Value<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (*self, kind) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(number), &Type::INT8) => number.to_sql(kind, out),
            (Self::Int(number), &Type::INT4) => i32::try_from(number)?.to_sql(kind, out),
            (Self::Int(number), &Type::INT2) => i16::try_from(number)?.to_sql(kind, out),
            (Self::Int(number), &Type::BOOL) => (number != 0).to_sql(kind, out),
            (Self::Text(text), &(Type::TEXT | Type::VARCHAR)) => text.to_sql(kind, out),
            (Self::Blob(bytes), &Type::BYTEA) => bytes.to_sql(kind, out),
            (value, _) => Err(format!("{value:?} given where the statement takes {kind}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
