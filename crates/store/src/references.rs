//! What refers to a row that somebody wants to delete.

use ferrum_domain::{Conflict, Error, Result};

use crate::engine::Tx;
use crate::values::values;

/// Refuses with the names of all that refers to the row `id`: each check is a statement that finds a
/// referring row by that id, and what to call such rows.
pub(crate) fn must_be_none(tx: &mut Tx<'_>, id: &str, checks: &[(&'static str, &str)]) -> Result<()> {
    let mut found = Vec::new();
    for &(statement, name) in checks {
        if tx.query_opt(statement, values![id], |row| row.get::<i64>(0))?.is_some() {
            found.push(name);
        }
    }
    if found.is_empty() { Ok(()) } else { Err(Error::Conflict(Conflict::Referenced(found.join(", ")))) }
}
