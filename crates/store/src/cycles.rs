//! `cycles`: how many weeks a program takes before it starts again.

use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result};

use crate::engine::Tx;
use crate::listing::{Listing, NamedSort, Order, Wanted, Window};
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;
use crate::{catalogue, references};

statements! {
    FIND = "SELECT id, name, length_weeks, created_at, updated_at FROM cycles WHERE id = ?1";
    INSERT = "INSERT INTO cycles (id, name, length_weeks, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)";
    UPDATE = "UPDATE cycles SET name = ?2, length_weeks = ?3, updated_at = ?4 WHERE id = ?1";
    DELETE = "DELETE FROM cycles WHERE id = ?1";
    HAS_PROGRAM = "SELECT 1 FROM programs WHERE cycle_id = ?1 LIMIT 1";
}

pub(crate) const LISTING: Listing = Listing {
    columns: "id, name, length_weeks, created_at, updated_at",
    from: "cycles",
    scope: &[],
    filters: &[],
    sorts: &["name {}, id {}", "created_at {}, id {}"],
};

/// A cycle.
#[derive(Debug, Clone)]
pub struct Cycle {
    /// UUIDv7.
    pub id: String,
    /// Name.
    pub name: String,
    /// How many weeks it has.
    pub length_weeks: i64,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// The cycle with this id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Cycle>> {
    tx.query_opt(FIND, values![id], cycle)
}

/// The cycle with this id.
pub fn get(tx: &mut Tx<'_>, id: &str) -> Result<Cycle> {
    find(tx, id)?.ok_or(Error::NotFound)
}

/// One page of cycles, and how many there are.
pub fn list(tx: &mut Tx<'_>, sort: NamedSort, order: Order, window: Window) -> Result<(Vec<Cycle>, u64)> {
    LISTING.page(tx, &Wanted { scope: &[], filters: &[], sort: sort as usize, order, window }, cycle)
}

/// Adds a cycle.
pub fn insert(tx: &mut Tx<'_>, cycle: &Cycle) -> Result<()> {
    tx.execute(
        INSERT,
        values![&cycle.id, &cycle.name, cycle.length_weeks, cycle.created_at, cycle.updated_at],
    )?;
    catalogue::bump(tx)
}

/// Changes a cycle.
pub fn update(tx: &mut Tx<'_>, cycle: &Cycle) -> Result<()> {
    tx.execute(UPDATE, values![&cycle.id, &cycle.name, cycle.length_weeks, cycle.updated_at])?;
    catalogue::bump(tx)
}

/// Removes a cycle, and its weeks with it; `Conflict::Referenced` when a program uses it.
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    get(tx, id)?;
    references::must_be_none(tx, id, &[(HAS_PROGRAM, "programs")])?;
    tx.execute(DELETE, values![id])?;
    catalogue::bump(tx)
}

fn cycle(row: &Row<'_>) -> Result<Cycle> {
    Ok(Cycle {
        id: row.get(0)?,
        name: row.get(1)?,
        length_weeks: row.get(2)?,
        created_at: Millis(row.get(3)?),
        updated_at: Millis(row.get(4)?),
    })
}
