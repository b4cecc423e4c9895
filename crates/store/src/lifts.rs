//! `lifts`: the exercises that programs prescribe.

use ferrum_domain::time::Millis;
use ferrum_domain::{Conflict, Error, Result};

use crate::catalogue;
use crate::engine::Tx;
use crate::listing::{Listing, NamedSort, Order, Wanted, Window};
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;

statements! {
    FIND = "SELECT id, name, slug, is_competition, parent_id, created_at, updated_at FROM lifts WHERE id = ?1";
    FIND_BY_SLUG = "SELECT id, name, slug, is_competition, parent_id, created_at, updated_at FROM lifts \
        WHERE slug = ?1";
    FIND_KEY = "SELECT key FROM lifts WHERE id = ?1";
    FIND_PARENT = "SELECT parent_id FROM lifts WHERE id = ?1";
    INSERT = "INSERT INTO lifts (id, key, name, slug, is_competition, parent_id, created_at, updated_at) \
        VALUES (?1, (SELECT COALESCE(MAX(key), 0) + 1 FROM lifts), ?2, ?3, ?4, ?5, ?6, ?7)";
    UPDATE = "UPDATE lifts SET name = ?2, slug = ?3, is_competition = ?4, parent_id = ?5, updated_at = ?6 \
        WHERE id = ?1";
    DELETE = "DELETE FROM lifts WHERE id = ?1";
    HAS_CHILD = "SELECT 1 FROM lifts WHERE parent_id = ?1 LIMIT 1";
    HAS_MAX = "SELECT 1 FROM lift_maxes WHERE lift_key = (SELECT key FROM lifts WHERE id = ?1) LIMIT 1";
    HAS_PRESCRIPTION = "SELECT 1 FROM prescriptions WHERE lift_id = ?1 LIMIT 1";
    HAS_LOAD = "SELECT 1 FROM prescriptions WHERE of_lift_id = ?1 LIMIT 1";
    HAS_CONFIGURATION = "SELECT 1 FROM program_progressions WHERE lift_id = ?1 LIMIT 1";
}

pub(crate) const LISTING: Listing = Listing {
    columns: "id, name, slug, is_competition, parent_id, created_at, updated_at",
    from: "lifts",
    scope: &[],
    filters: &["is_competition = ?"],
    sorts: &["name {}, id {}", "created_at {}, id {}"],
};

/// A lift.
#[derive(Debug, Clone)]
pub struct Lift {
    /// UUIDv7.
    pub id: String,
    /// Name.
    pub name: String,
    /// Unique.
    pub slug: String,
    /// Squat, bench press, deadlift.
    pub is_competition: bool,
    /// The lift that this is a variation of.
    pub parent_id: Option<String>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// What to list.
#[derive(Debug, Default)]
pub struct Filter {
    /// Only competition lifts, or only others.
    pub is_competition: Option<bool>,
}

/// The lift with this id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Lift>> {
    tx.query_opt(FIND, values![id], lift)
}

/// Internal key of the lift with this id, to which maxes refer.
pub fn find_key(tx: &mut Tx<'_>, id: &str) -> Result<Option<i64>> {
    tx.query_opt(FIND_KEY, values![id], |row| row.get(0))
}

/// The lift with this id.
pub fn get(tx: &mut Tx<'_>, id: &str) -> Result<Lift> {
    find(tx, id)?.ok_or(Error::NotFound)
}

/// The lift with this slug.
pub fn find_by_slug(tx: &mut Tx<'_>, slug: &str) -> Result<Option<Lift>> {
    tx.query_opt(FIND_BY_SLUG, values![slug], lift)
}

/// One page of lifts, and how many there are.
pub fn list(
    tx: &mut Tx<'_>,
    filter: &Filter,
    sort: NamedSort,
    order: Order,
    window: Window,
) -> Result<(Vec<Lift>, u64)> {
    let filters = [filter.is_competition.map(Into::into)];
    LISTING.page(tx, &Wanted { scope: &[], filters: &filters, sort: sort as usize, order, window }, lift)
}

/// Whether `ancestor` is the lift `id` or one of those it is a variation of.
pub fn has_ancestor(tx: &mut Tx<'_>, id: &str, ancestor: &str) -> Result<bool> {
    let mut current = Some(id.to_owned());
    while let Some(id) = current {
        if id == ancestor {
            return Ok(true);
        }
        current = tx.query_opt(FIND_PARENT, values![&id], |row| row.get::<Option<String>>(0))?.flatten();
    }
    Ok(false)
}

/// Adds a lift; `Conflict::SlugTaken` when another has its slug.
pub fn insert(tx: &mut Tx<'_>, lift: &Lift) -> Result<()> {
    let parent = lift.parent_id.as_deref();
    let values = values![
        &lift.id,
        &lift.name,
        &lift.slug,
        lift.is_competition,
        parent,
        lift.created_at,
        lift.updated_at
    ];
    tx.execute(INSERT, values).map_err(slug_taken)?;
    catalogue::bump(tx)
}

/// Changes a lift; `Conflict::SlugTaken` when another has its slug.
pub fn update(tx: &mut Tx<'_>, lift: &Lift) -> Result<()> {
    let parent = lift.parent_id.as_deref();
    let values = values![&lift.id, &lift.name, &lift.slug, lift.is_competition, parent, lift.updated_at];
    tx.execute(UPDATE, values).map_err(slug_taken)?;
    catalogue::bump(tx)
}

/// Removes a lift; `Conflict::Referenced` with the names of what refers to it.
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    get(tx, id)?;
    crate::references::must_be_none(
        tx,
        id,
        &[
            (HAS_CHILD, "variations"),
            (HAS_MAX, "lift maxes"),
            (HAS_PRESCRIPTION, "prescriptions"),
            (HAS_LOAD, "prescriptions (ofLiftId)"),
            (HAS_CONFIGURATION, "program progressions"),
        ],
    )?;
    tx.execute(DELETE, values![id])?;
    catalogue::bump(tx)
}

fn slug_taken(error: Error) -> Error {
    match error {
        Error::Conflict(Conflict::Exists(index)) if index == "lifts_slug" => {
            Error::Conflict(Conflict::SlugTaken)
        }
        other => other,
    }
}

fn lift(row: &Row<'_>) -> Result<Lift> {
    Ok(Lift {
        id: row.get(0)?,
        name: row.get(1)?,
        slug: row.get(2)?,
        is_competition: row.get(3)?,
        parent_id: row.get(4)?,
        created_at: Millis(row.get(5)?),
        updated_at: Millis(row.get(6)?),
    })
}
