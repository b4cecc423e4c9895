//! `progressions`: rules by which maxes rise.

use ferrum_domain::strength::progression::{Progression as Rule, ProgressionType};
use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result, parse};

use crate::engine::Tx;
use crate::listing::{Listing, NamedSort, Order, Wanted, Window};
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;
use crate::{catalogue, json, references};

statements! {
    FIND = "SELECT id, name, type, parameters, created_at, updated_at FROM progressions WHERE id = ?1";
    INSERT = "INSERT INTO progressions (id, name, type, parameters, created_at, updated_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    UPDATE = "UPDATE progressions SET name = ?2, type = ?3, parameters = ?4, updated_at = ?5 WHERE id = ?1";
    DELETE = "DELETE FROM progressions WHERE id = ?1";
    HAS_PROGRAM = "SELECT 1 FROM program_progressions WHERE progression_id = ?1 LIMIT 1";
}

pub(crate) const LISTING: Listing = Listing {
    columns: "id, name, type, parameters, created_at, updated_at",
    from: "progressions",
    scope: &[],
    filters: &["type = ?"],
    sorts: &["name {}, id {}", "created_at {}, id {}"],
};

/// A progression.
#[derive(Debug, Clone)]
pub struct Progression {
    /// UUIDv7.
    pub id: String,
    /// Name.
    pub name: String,
    /// What rises by how much and when; its type follows from it.
    pub rule: Rule,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// What to list.
#[derive(Debug, Default)]
pub struct Filter {
    /// Only of this type.
    pub kind: Option<ProgressionType>,
}

/// The progression with this id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Progression>> {
    tx.query_opt(FIND, values![id], progression)
}

/// The progression with this id.
pub fn get(tx: &mut Tx<'_>, id: &str) -> Result<Progression> {
    find(tx, id)?.ok_or(Error::NotFound)
}

/// One page of progressions, and how many there are.
pub fn list(
    tx: &mut Tx<'_>,
    filter: &Filter,
    sort: NamedSort,
    order: Order,
    window: Window,
) -> Result<(Vec<Progression>, u64)> {
    let filters = [filter.kind.map(|kind| kind.as_str().into())];
    LISTING.page(
        tx,
        &Wanted { scope: &[], filters: &filters, sort: sort as usize, order, window },
        progression,
    )
}

/// Adds a progression.
pub fn insert(tx: &mut Tx<'_>, row: &Progression) -> Result<()> {
    let (kind, parameters) = (row.rule.kind().as_str(), json::text(&row.rule)?);
    tx.execute(INSERT, values![&row.id, &row.name, kind, &parameters, row.created_at, row.updated_at])?;
    catalogue::bump(tx)
}

/// Changes a progression.
pub fn update(tx: &mut Tx<'_>, row: &Progression) -> Result<()> {
    let (kind, parameters) = (row.rule.kind().as_str(), json::text(&row.rule)?);
    tx.execute(UPDATE, values![&row.id, &row.name, kind, &parameters, row.updated_at])?;
    catalogue::bump(tx)
}

/// Removes a progression; `Conflict::Referenced` when a program uses it.
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    get(tx, id)?;
    references::must_be_none(tx, id, &[(HAS_PROGRAM, "program progressions")])?;
    tx.execute(DELETE, values![id])?;
    catalogue::bump(tx)
}

/// The rule that the columns `type` and `parameters` hold.
pub(crate) fn rule(kind: &str, parameters: &str) -> Result<Rule> {
    let kind =
        ProgressionType::parse(kind).ok_or_else(|| Error::internal("a progression has an unknown type"))?;
    parse::stored("parameters", parameters, |json, v| Rule::parse(kind, "parameters", json, v))
}

fn progression(row: &Row<'_>) -> Result<Progression> {
    Ok(Progression {
        id: row.get(0)?,
        name: row.get(1)?,
        rule: rule(&row.get::<String>(2)?, &row.get::<String>(3)?)?,
        created_at: Millis(row.get(4)?),
        updated_at: Millis(row.get(5)?),
    })
}
