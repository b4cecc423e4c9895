//! `weeks` and `week_days`: the weeks of a cycle, each an ordered list of days.

use ferrum_domain::time::Millis;
use ferrum_domain::{Conflict, Error, Result};

use crate::catalogue;
use crate::engine::Tx;
use crate::listing::{Listing, Order, Wanted, Window};
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;

statements! {
    FIND = "SELECT id, cycle_id, week_number, name, created_at, updated_at FROM weeks WHERE id = ?1";
    LIST_OF_CYCLE = "SELECT id, cycle_id, week_number, name, created_at, updated_at FROM weeks \
        WHERE cycle_id = ?1 ORDER BY week_number";
    INSERT = "INSERT INTO weeks (id, cycle_id, week_number, name, created_at, updated_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    UPDATE = "UPDATE weeks SET cycle_id = ?2, week_number = ?3, name = ?4, updated_at = ?5 WHERE id = ?1";
    DELETE = "DELETE FROM weeks WHERE id = ?1";
    DAYS = "SELECT id, week_id, day_id, position FROM week_days WHERE week_id = ?1 ORDER BY position, id";
    INSERT_DAY = "INSERT INTO week_days (id, week_id, day_id, position) VALUES (?1, ?2, ?3, ?4)";
    DELETE_DAY = "DELETE FROM week_days WHERE week_id = ?1 AND day_id = ?2";
    DELETE_DAY_AT = "DELETE FROM week_days WHERE id = (SELECT id FROM week_days \
        WHERE week_id = ?1 AND day_id = ?2 AND position = ?3 ORDER BY id LIMIT 1)";
}

pub(crate) const LISTING: Listing = Listing {
    columns: "id, cycle_id, week_number, name, created_at, updated_at",
    from: "weeks",
    scope: &[],
    filters: &[],
    sorts: &["week_number {}, id {}", "created_at {}, id {}"],
};

/// A week.
#[derive(Debug, Clone)]
pub struct Week {
    /// UUIDv7.
    pub id: String,
    /// The cycle it is of.
    pub cycle_id: String,
    /// Its number in the cycle, from 1; unique there.
    pub number: i64,
    /// Name.
    pub name: Option<String>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// The place of a day in a week; a day may have several.
#[derive(Debug, Clone)]
pub struct WeekDay {
    /// UUIDv7; decides between equal positions.
    pub id: String,
    /// The week.
    pub week_id: String,
    /// The day.
    pub day_id: String,
    /// Its place, as given.
    pub position: i64,
}

/// How to sort.
#[derive(Debug, Clone, Copy)]
pub enum Sort {
    /// By number.
    Number,
    /// By age.
    CreatedAt,
}

/// The week with this id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Week>> {
    tx.query_opt(FIND, values![id], week)
}

/// The week with this id.
pub fn get(tx: &mut Tx<'_>, id: &str) -> Result<Week> {
    find(tx, id)?.ok_or(Error::NotFound)
}

/// One page of weeks, and how many there are.
pub fn list(tx: &mut Tx<'_>, sort: Sort, order: Order, window: Window) -> Result<(Vec<Week>, u64)> {
    LISTING.page(tx, &Wanted { scope: &[], filters: &[], sort: sort as usize, order, window }, week)
}

/// The weeks of a cycle by number.
pub fn list_of_cycle(tx: &mut Tx<'_>, cycle_id: &str) -> Result<Vec<Week>> {
    tx.query(LIST_OF_CYCLE, values![cycle_id], week)
}

/// Adds a week; `Conflict::Exists` when the cycle has another week of its number.
pub fn insert(tx: &mut Tx<'_>, week: &Week) -> Result<()> {
    let name = week.name.as_deref();
    let values = values![&week.id, &week.cycle_id, week.number, name, week.created_at, week.updated_at];
    tx.execute(INSERT, values).map_err(|error| number_taken(error, week))?;
    catalogue::bump(tx)
}

/// Changes a week; `Conflict::Exists` when the cycle has another week of its number.
pub fn update(tx: &mut Tx<'_>, week: &Week) -> Result<()> {
    let name = week.name.as_deref();
    tx.execute(UPDATE, values![&week.id, &week.cycle_id, week.number, name, week.updated_at])
        .map_err(|error| number_taken(error, week))?;
    catalogue::bump(tx)
}

/// Removes a week; the places of its days go with it.
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    if tx.execute(DELETE, values![id])? == 0 {
        return Err(Error::NotFound);
    }
    catalogue::bump(tx)
}

/// The days of a week, in order.
pub fn days(tx: &mut Tx<'_>, week_id: &str) -> Result<Vec<WeekDay>> {
    tx.query(DAYS, values![week_id], |row| {
        Ok(WeekDay { id: row.get(0)?, week_id: row.get(1)?, day_id: row.get(2)?, position: row.get(3)? })
    })
}

/// Puts a day in a week.
pub fn insert_day(tx: &mut Tx<'_>, place: &WeekDay) -> Result<()> {
    tx.execute(INSERT_DAY, values![&place.id, &place.week_id, &place.day_id, place.position])?;
    catalogue::bump(tx)
}

/// Takes a day out of a week: once, from that position, or wherever it stands.
pub fn delete_day(tx: &mut Tx<'_>, week_id: &str, day_id: &str, position: Option<i64>) -> Result<()> {
    let deleted = match position {
        Some(position) => tx.execute(DELETE_DAY_AT, values![week_id, day_id, position])?,
        None => tx.execute(DELETE_DAY, values![week_id, day_id])?,
    };
    if deleted == 0 { Err(Error::NotFound) } else { catalogue::bump(tx) }
}

fn number_taken(error: Error, week: &Week) -> Error {
    match error {
        Error::Conflict(Conflict::Exists(index)) if index == "weeks_number" => {
            Error::Conflict(Conflict::Exists(format!("weekNumber {} of this cycle", week.number)))
        }
        other => other,
    }
}

fn week(row: &Row<'_>) -> Result<Week> {
    Ok(Week {
        id: row.get(0)?,
        cycle_id: row.get(1)?,
        number: row.get(2)?,
        name: row.get(3)?,
        created_at: Millis(row.get(4)?),
        updated_at: Millis(row.get(5)?),
    })
}
