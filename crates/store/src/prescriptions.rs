//! `prescriptions`: what to do for one exercise.

use ferrum_domain::strength::load::LoadStrategy;
use ferrum_domain::strength::set_scheme::SetScheme;
use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result, parse};

use crate::engine::Tx;
use crate::listing::{Listing, Order, Wanted, Window};
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;
use crate::{catalogue, json, references};

statements! {
    FIND = "SELECT id, lift_id, load_strategy, set_scheme, position, notes, rest_seconds, created_at, updated_at \
        FROM prescriptions WHERE id = ?1";
    INSERT = "INSERT INTO prescriptions (id, lift_id, of_lift_id, load_strategy, set_scheme, position, notes, \
        rest_seconds, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    UPDATE = "UPDATE prescriptions SET lift_id = ?2, of_lift_id = ?3, load_strategy = ?4, set_scheme = ?5, \
        position = ?6, notes = ?7, rest_seconds = ?8, updated_at = ?9 WHERE id = ?1";
    DELETE = "DELETE FROM prescriptions WHERE id = ?1";
    HAS_DAY = "SELECT 1 FROM day_prescriptions WHERE prescription_id = ?1 LIMIT 1";
}

pub(crate) const LISTING: Listing = Listing {
    columns: "id, lift_id, load_strategy, set_scheme, position, notes, rest_seconds, created_at, updated_at",
    from: "prescriptions",
    scope: &[],
    filters: &["lift_id = ?"],
    sorts: &["position {}, id {}", "created_at {}, id {}"],
};

/// A prescription.
#[derive(Debug, Clone)]
pub struct Prescription {
    /// UUIDv7.
    pub id: String,
    /// The lift to do.
    pub lift_id: String,
    /// How heavy.
    pub load_strategy: LoadStrategy,
    /// How often.
    pub set_scheme: SetScheme,
    /// Place among others where nothing else orders them.
    pub order: i64,
    /// For the lifter.
    pub notes: Option<String>,
    /// Rest between sets, in seconds.
    pub rest_seconds: Option<i64>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// What to list.
#[derive(Debug, Default)]
pub struct Filter {
    /// Only of this lift.
    pub lift_id: Option<String>,
}

/// How to sort.
#[derive(Debug, Clone, Copy)]
pub enum Sort {
    /// By its own order.
    Order,
    /// By age.
    CreatedAt,
}

/// The prescription with this id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Prescription>> {
    tx.query_opt(FIND, values![id], prescription)
}

/// The prescription with this id.
pub fn get(tx: &mut Tx<'_>, id: &str) -> Result<Prescription> {
    find(tx, id)?.ok_or(Error::NotFound)
}

/// One page of prescriptions, and how many there are.
pub fn list(
    tx: &mut Tx<'_>,
    filter: &Filter,
    sort: Sort,
    order: Order,
    window: Window,
) -> Result<(Vec<Prescription>, u64)> {
    let filters = [filter.lift_id.as_deref().map(Into::into)];
    LISTING.page(
        tx,
        &Wanted { scope: &[], filters: &filters, sort: sort as usize, order, window },
        prescription,
    )
}

/// Adds a prescription.
pub fn insert(tx: &mut Tx<'_>, row: &Prescription) -> Result<()> {
    let (load, scheme) = (json::text(&row.load_strategy)?, json::text(&row.set_scheme)?);
    let of_lift = row.load_strategy.of_lift_id.as_deref();
    let notes = row.notes.as_deref();
    tx.execute(
        INSERT,
        values![
            &row.id,
            &row.lift_id,
            of_lift,
            &load,
            &scheme,
            row.order,
            notes,
            row.rest_seconds,
            row.created_at,
            row.updated_at
        ],
    )?;
    catalogue::bump(tx)
}

/// Changes a prescription.
pub fn update(tx: &mut Tx<'_>, row: &Prescription) -> Result<()> {
    let (load, scheme) = (json::text(&row.load_strategy)?, json::text(&row.set_scheme)?);
    let of_lift = row.load_strategy.of_lift_id.as_deref();
    let notes = row.notes.as_deref();
    tx.execute(
        UPDATE,
        values![
            &row.id,
            &row.lift_id,
            of_lift,
            &load,
            &scheme,
            row.order,
            notes,
            row.rest_seconds,
            row.updated_at
        ],
    )?;
    catalogue::bump(tx)
}

/// Removes a prescription; `Conflict::Referenced` when it stands on a day.
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    get(tx, id)?;
    references::must_be_none(tx, id, &[(HAS_DAY, "days")])?;
    tx.execute(DELETE, values![id])?;
    catalogue::bump(tx)
}

fn prescription(row: &Row<'_>) -> Result<Prescription> {
    let load = row.get::<String>(2)?;
    let scheme = row.get::<String>(3)?;
    Ok(Prescription {
        id: row.get(0)?,
        lift_id: row.get(1)?,
        load_strategy: parse::stored("load strategy", &load, |json, v| {
            LoadStrategy::parse("loadStrategy", json, v)
        })?,
        set_scheme: parse::stored("set scheme", &scheme, |json, v| SetScheme::parse("setScheme", json, v))?,
        order: row.get(4)?,
        notes: row.get(5)?,
        rest_seconds: row.get(6)?,
        created_at: Millis(row.get(7)?),
        updated_at: Millis(row.get(8)?),
    })
}
