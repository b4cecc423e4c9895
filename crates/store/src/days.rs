//! `days` and `day_prescriptions`: training days, each an ordered list of prescriptions.

use ferrum_domain::time::Millis;
use ferrum_domain::{Conflict, Error, Result, parse};
use serde_json::{Map, Value as Json};

use crate::engine::Tx;
use crate::listing::{Listing, NamedSort, Order, Wanted, Window};
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;
use crate::{catalogue, json, references};

statements! {
    FIND = "SELECT id, name, slug, metadata, program_id, created_at, updated_at FROM days WHERE id = ?1";
    FIND_BY_SLUG_IN = "SELECT id, name, slug, metadata, program_id, created_at, updated_at FROM days \
        WHERE COALESCE(program_id, '') = ?2 AND slug = ?1";
    FIND_BY_SLUG = "SELECT id, name, slug, metadata, program_id, created_at, updated_at FROM days \
        WHERE slug = ?1 ORDER BY created_at, id LIMIT 1";
    INSERT = "INSERT INTO days (id, name, slug, metadata, program_id, created_at, updated_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    UPDATE = "UPDATE days SET name = ?2, slug = ?3, metadata = ?4, program_id = ?5, updated_at = ?6 WHERE id = ?1";
    DELETE = "DELETE FROM days WHERE id = ?1";
    HAS_WEEK = "SELECT 1 FROM week_days WHERE day_id = ?1 LIMIT 1";
    PRESCRIPTIONS = "SELECT id, day_id, prescription_id, position, created_at FROM day_prescriptions \
        WHERE day_id = ?1 ORDER BY position, id";
    INSERT_PRESCRIPTION = "INSERT INTO day_prescriptions (id, day_id, prescription_id, position, created_at) \
        VALUES (?1, ?2, ?3, ?4, ?5)";
    DELETE_PRESCRIPTION = "DELETE FROM day_prescriptions WHERE day_id = ?1 AND prescription_id = ?2";
    MOVE_PRESCRIPTION = "UPDATE day_prescriptions SET position = ?3 WHERE day_id = ?1 AND prescription_id = ?2";
}

pub(crate) const LISTING: Listing = Listing {
    columns: "id, name, slug, metadata, program_id, created_at, updated_at",
    from: "days",
    scope: &[],
    filters: &["program_id = ?"],
    sorts: &["name {}, id {}", "created_at {}, id {}"],
};

/// A day.
#[derive(Debug, Clone)]
pub struct Day {
    /// UUIDv7.
    pub id: String,
    /// Name.
    pub name: String,
    /// Unique within its program, or among days without one.
    pub slug: String,
    /// Whatever its author notes.
    pub metadata: Option<Map<String, Json>>,
    /// The program it was made for.
    pub program_id: Option<String>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// The place of a prescription on a day.
#[derive(Debug, Clone)]
pub struct DayPrescription {
    /// UUIDv7.
    pub id: String,
    /// The day.
    pub day_id: String,
    /// The prescription.
    pub prescription_id: String,
    /// Its place; ties are in order of adding.
    pub order: i64,
    /// When it was added.
    pub created_at: Millis,
}

/// What to list.
#[derive(Debug, Default)]
pub struct Filter {
    /// Only of this program.
    pub program_id: Option<String>,
}

/// The day with this id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Day>> {
    tx.query_opt(FIND, values![id], day)
}

/// The day with this id.
pub fn get(tx: &mut Tx<'_>, id: &str) -> Result<Day> {
    find(tx, id)?.ok_or(Error::NotFound)
}

/// The day of that program with this slug; without a program the day that belongs to none, else the
/// oldest one.
pub fn find_by_slug(tx: &mut Tx<'_>, slug: &str, program_id: Option<&str>) -> Result<Option<Day>> {
    let found = tx.query_opt(FIND_BY_SLUG_IN, values![slug, program_id.unwrap_or_default()], day)?;
    if found.is_some() || program_id.is_some() {
        return Ok(found);
    }
    tx.query_opt(FIND_BY_SLUG, values![slug], day)
}

/// One page of days, and how many there are.
pub fn list(
    tx: &mut Tx<'_>,
    filter: &Filter,
    sort: NamedSort,
    order: Order,
    window: Window,
) -> Result<(Vec<Day>, u64)> {
    let filters = [filter.program_id.as_deref().map(Into::into)];
    LISTING.page(tx, &Wanted { scope: &[], filters: &filters, sort: sort as usize, order, window }, day)
}

/// Adds a day; `Conflict::SlugTaken` when another of its program has its slug.
pub fn insert(tx: &mut Tx<'_>, day: &Day) -> Result<()> {
    let metadata = day.metadata.as_ref().map(json::text).transpose()?;
    let (metadata, program) = (metadata.as_deref(), day.program_id.as_deref());
    let values = values![&day.id, &day.name, &day.slug, metadata, program, day.created_at, day.updated_at];
    tx.execute(INSERT, values).map_err(slug_taken)?;
    catalogue::bump(tx)
}

/// Changes a day; `Conflict::SlugTaken` when another of its program has its slug.
pub fn update(tx: &mut Tx<'_>, day: &Day) -> Result<()> {
    let metadata = day.metadata.as_ref().map(json::text).transpose()?;
    let (metadata, program) = (metadata.as_deref(), day.program_id.as_deref());
    let values = values![&day.id, &day.name, &day.slug, metadata, program, day.updated_at];
    tx.execute(UPDATE, values).map_err(slug_taken)?;
    catalogue::bump(tx)
}

/// Removes a day, and the places of its prescriptions with it; `Conflict::Referenced` when it stands in a week.
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    get(tx, id)?;
    references::must_be_none(tx, id, &[(HAS_WEEK, "weeks")])?;
    tx.execute(DELETE, values![id])?;
    catalogue::bump(tx)
}

/// The prescriptions of a day, in order.
pub fn prescriptions(tx: &mut Tx<'_>, day_id: &str) -> Result<Vec<DayPrescription>> {
    tx.query(PRESCRIPTIONS, values![day_id], |row| {
        Ok(DayPrescription {
            id: row.get(0)?,
            day_id: row.get(1)?,
            prescription_id: row.get(2)?,
            order: row.get(3)?,
            created_at: Millis(row.get(4)?),
        })
    })
}

/// Puts a prescription on a day; `Conflict::Exists` when it stands there.
pub fn insert_prescription(tx: &mut Tx<'_>, place: &DayPrescription) -> Result<()> {
    let values = values![&place.id, &place.day_id, &place.prescription_id, place.order, place.created_at];
    tx.execute(INSERT_PRESCRIPTION, values).map_err(|error| match error {
        Error::Conflict(Conflict::Exists(index)) if index == "day_prescriptions_pair" => {
            Error::Conflict(Conflict::Exists("prescriptionId on this day".to_owned()))
        }
        other => other,
    })?;
    catalogue::bump(tx)
}

/// Takes a prescription off a day.
pub fn delete_prescription(tx: &mut Tx<'_>, day_id: &str, prescription_id: &str) -> Result<()> {
    if tx.execute(DELETE_PRESCRIPTION, values![day_id, prescription_id])? == 0 {
        return Err(Error::NotFound);
    }
    catalogue::bump(tx)
}

/// Puts the prescriptions of a day in this order, from 0.
pub fn reorder(tx: &mut Tx<'_>, day_id: &str, prescription_ids: &[String]) -> Result<()> {
    for (position, prescription_id) in (0_i64..).zip(prescription_ids) {
        tx.execute(MOVE_PRESCRIPTION, values![day_id, prescription_id, position])?;
    }
    catalogue::bump(tx)
}

fn slug_taken(error: Error) -> Error {
    match error {
        Error::Conflict(Conflict::Exists(index)) if index == "days_slug" => {
            Error::Conflict(Conflict::SlugTaken)
        }
        other => other,
    }
}

fn day(row: &Row<'_>) -> Result<Day> {
    let metadata = row.get::<Option<String>>(3)?;
    let metadata = metadata.map(|text| parse::stored("metadata", &text, |json, _| json.as_object().cloned()));
    Ok(Day {
        id: row.get(0)?,
        name: row.get(1)?,
        slug: row.get(2)?,
        metadata: metadata.transpose()?,
        program_id: row.get(4)?,
        created_at: Millis(row.get(5)?),
        updated_at: Millis(row.get(6)?),
    })
}
