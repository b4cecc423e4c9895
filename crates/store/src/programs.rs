//! `programs`: a cycle with lookups, to which people enrol.

use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;
use ferrum_domain::{Conflict, Error, Result};

use crate::engine::Tx;
use crate::listing::{Listing, NamedSort, Order, Wanted, Window};
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;
use crate::{catalogue, references};

statements! {
    FIND = "SELECT p.id, p.name, p.slug, p.description, p.cycle_id, p.weekly_lookup_id, p.daily_lookup_id, \
        p.default_rounding, p.created_at, p.updated_at FROM programs p WHERE p.id = ?1";
    FIND_BY_SLUG = "SELECT p.id, p.name, p.slug, p.description, p.cycle_id, p.weekly_lookup_id, p.daily_lookup_id, \
        p.default_rounding, p.created_at, p.updated_at FROM programs p WHERE p.slug = ?1";
    INSERT = "INSERT INTO programs (id, name, slug, description, cycle_id, weekly_lookup_id, daily_lookup_id, \
        default_rounding, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    UPDATE = "UPDATE programs SET name = ?2, slug = ?3, description = ?4, cycle_id = ?5, weekly_lookup_id = ?6, \
        daily_lookup_id = ?7, default_rounding = ?8, updated_at = ?9 WHERE id = ?1";
    DELETE = "DELETE FROM programs WHERE id = ?1";
    HAS_ENROLLMENT = "SELECT 1 FROM enrollments WHERE program_id = ?1 LIMIT 1";
    HAS_DAY = "SELECT 1 FROM days WHERE program_id = ?1 LIMIT 1";
}

pub(crate) const LISTING: Listing = Listing {
    columns: "p.id, p.name, p.slug, p.description, p.cycle_id, p.weekly_lookup_id, p.daily_lookup_id, \
        p.default_rounding, p.created_at, p.updated_at",
    from: "programs p",
    scope: &[],
    filters: &[],
    sorts: &["p.name {}, p.id {}", "p.created_at {}, p.id {}"],
};

/// A program.
#[derive(Debug, Clone)]
pub struct Program {
    /// UUIDv7.
    pub id: String,
    /// Name.
    pub name: String,
    /// Unique.
    pub slug: String,
    /// For somebody who chooses a program.
    pub description: Option<String>,
    /// Its cycle.
    pub cycle_id: String,
    /// Its table of percentages by week.
    pub weekly_lookup_id: Option<String>,
    /// Its table of percentages by day.
    pub daily_lookup_id: Option<String>,
    /// What weights are rounded to, in the lifter's unit.
    pub default_rounding: Option<Thousandths>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// The program with this id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Program>> {
    tx.query_opt(FIND, values![id], program)
}

/// The program with this id.
pub fn get(tx: &mut Tx<'_>, id: &str) -> Result<Program> {
    find(tx, id)?.ok_or(Error::NotFound)
}

/// The program with this slug.
pub fn find_by_slug(tx: &mut Tx<'_>, slug: &str) -> Result<Option<Program>> {
    tx.query_opt(FIND_BY_SLUG, values![slug], program)
}

/// One page of programs, and how many there are.
pub fn list(tx: &mut Tx<'_>, sort: NamedSort, order: Order, window: Window) -> Result<(Vec<Program>, u64)> {
    LISTING.page(tx, &Wanted { scope: &[], filters: &[], sort: sort as usize, order, window }, program)
}

/// Adds a program; `Conflict::SlugTaken` when another has its slug.
pub fn insert(tx: &mut Tx<'_>, program: &Program) -> Result<()> {
    tx.execute(
        INSERT,
        values![
            &program.id,
            &program.name,
            &program.slug,
            program.description.as_deref(),
            &program.cycle_id,
            program.weekly_lookup_id.as_deref(),
            program.daily_lookup_id.as_deref(),
            program.default_rounding,
            program.created_at,
            program.updated_at
        ],
    )
    .map_err(slug_taken)?;
    catalogue::bump(tx)
}

/// Changes a program; `Conflict::SlugTaken` when another has its slug.
pub fn update(tx: &mut Tx<'_>, program: &Program) -> Result<()> {
    tx.execute(
        UPDATE,
        values![
            &program.id,
            &program.name,
            &program.slug,
            program.description.as_deref(),
            &program.cycle_id,
            program.weekly_lookup_id.as_deref(),
            program.daily_lookup_id.as_deref(),
            program.default_rounding,
            program.updated_at
        ],
    )
    .map_err(slug_taken)?;
    catalogue::bump(tx)
}

/// Removes a program, and its progressions' configurations with it; `Conflict::Referenced` when somebody is
/// enrolled in it or it has days.
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    get(tx, id)?;
    references::must_be_none(tx, id, &[(HAS_ENROLLMENT, "enrollments"), (HAS_DAY, "days")])?;
    tx.execute(DELETE, values![id])?;
    catalogue::bump(tx)
}

fn slug_taken(error: Error) -> Error {
    match error {
        Error::Conflict(Conflict::Exists(index)) if index == "programs_slug" => {
            Error::Conflict(Conflict::SlugTaken)
        }
        other => other,
    }
}

fn program(row: &Row<'_>) -> Result<Program> {
    Ok(Program {
        id: row.get(0)?,
        name: row.get(1)?,
        slug: row.get(2)?,
        description: row.get(3)?,
        cycle_id: row.get(4)?,
        weekly_lookup_id: row.get(5)?,
        daily_lookup_id: row.get(6)?,
        default_rounding: row.get::<Option<i64>>(7)?.map(Thousandths),
        created_at: Millis(row.get(8)?),
        updated_at: Millis(row.get(9)?),
    })
}
