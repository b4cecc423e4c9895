//! `lift_maxes`: what a lifter can lift, or trains with, from when on.

use ferrum_domain::strength::MaxType;
use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;
use ferrum_domain::{Error, Result};

use crate::engine::Tx;
use crate::listing::{Listing, Order, Wanted, Window};
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;

statements! {
    FIND = "SELECT m.id, m.account_key, a.id, m.lift_id, m.max_type, m.value, m.effective_at, m.created_at, \
        m.updated_at FROM lift_maxes m JOIN accounts a ON a.key = m.account_key WHERE m.id = ?1";
    FIND_CURRENT = "SELECT id, value, updated_at FROM lift_maxes \
        WHERE account_key = ?1 AND lift_id = ?2 AND max_type = ?3 AND effective_at <= ?4 \
        ORDER BY effective_at DESC, updated_at DESC, id DESC LIMIT 1";
    INSERT = "INSERT INTO lift_maxes (id, account_key, lift_id, max_type, value, unit, effective_at, created_at, \
        updated_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, (SELECT weight_unit FROM accounts WHERE key = ?2), ?6, ?7, ?8)";
    UPDATE = "UPDATE lift_maxes SET value = ?2, effective_at = ?3, updated_at = ?4 WHERE id = ?1";
    DELETE = "DELETE FROM lift_maxes WHERE id = ?1";
}

pub(crate) const LISTING: Listing = Listing {
    columns: "m.id, m.account_key, a.id, m.lift_id, m.max_type, m.value, m.effective_at, m.created_at, m.updated_at",
    from: "lift_maxes m JOIN accounts a ON a.key = m.account_key",
    scope: &["a.id = ?"],
    filters: &["m.lift_id = ?", "m.max_type = ?"],
    sorts: &["m.effective_at {}, m.id {}"],
};

/// A max.
#[derive(Debug, Clone)]
pub struct LiftMax {
    /// UUIDv7.
    pub id: String,
    /// Internal key of its owner.
    pub account: i64,
    /// Public id of its owner.
    pub user_id: String,
    /// The lift.
    pub lift_id: String,
    /// What it measures.
    pub max_type: MaxType,
    /// In the unit that the account had when it was entered.
    pub value: Thousandths,
    /// From when on it counts.
    pub effective_at: Millis,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last written.
    pub updated_at: Millis,
}

/// The max that counts now.
#[derive(Debug, Clone)]
pub struct CurrentMax {
    /// Id of the max.
    pub id: String,
    /// Its value.
    pub value: Thousandths,
    /// When it was last written.
    pub updated_at: Millis,
}

/// What to list.
#[derive(Debug)]
pub struct Filter<'a> {
    /// Public id of the owner.
    pub user_id: &'a str,
    /// Only of this lift.
    pub lift_id: Option<&'a str>,
    /// Only of this type.
    pub max_type: Option<MaxType>,
}

/// The max with this id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<LiftMax>> {
    tx.query_opt(FIND, values![id], lift_max)
}

/// The max with this id.
pub fn get(tx: &mut Tx<'_>, id: &str) -> Result<LiftMax> {
    find(tx, id)?.ok_or(Error::NotFound)
}

/// The max that counts at `now`: the latest effective one that is not in the future, then the latest
/// written.
pub fn find_current(
    tx: &mut Tx<'_>,
    account: i64,
    lift_id: &str,
    max_type: MaxType,
    now: Millis,
) -> Result<Option<CurrentMax>> {
    tx.query_opt(FIND_CURRENT, values![account, lift_id, max_type.as_str(), now], |row| {
        Ok(CurrentMax { id: row.get(0)?, value: Thousandths(row.get(1)?), updated_at: Millis(row.get(2)?) })
    })
}

/// One page of maxes by effective date, and how many there are.
pub fn list(
    tx: &mut Tx<'_>,
    filter: &Filter<'_>,
    order: Order,
    window: Window,
) -> Result<(Vec<LiftMax>, u64)> {
    let filters = [filter.lift_id.map(Into::into), filter.max_type.map(|kind| kind.as_str().into())];
    let scope = [filter.user_id.into()];
    LISTING.page(tx, &Wanted { scope: &scope, filters: &filters, sort: 0, order, window }, lift_max)
}

/// Adds a max, in the account's unit of today.
pub fn insert(tx: &mut Tx<'_>, max: &LiftMax) -> Result<()> {
    tx.execute(
        INSERT,
        values![
            &max.id,
            max.account,
            &max.lift_id,
            max.max_type.as_str(),
            max.value,
            max.effective_at,
            max.created_at,
            max.updated_at
        ],
    )?;
    Ok(())
}

/// Changes value and effective date.
pub fn update(tx: &mut Tx<'_>, max: &LiftMax) -> Result<()> {
    tx.execute(UPDATE, values![&max.id, max.value, max.effective_at, max.updated_at])?;
    Ok(())
}

/// Removes a max.
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    if tx.execute(DELETE, values![id])? == 0 { Err(Error::NotFound) } else { Ok(()) }
}

fn lift_max(row: &Row<'_>) -> Result<LiftMax> {
    Ok(LiftMax {
        id: row.get(0)?,
        account: row.get(1)?,
        user_id: row.get(2)?,
        lift_id: row.get(3)?,
        max_type: max_type(&row.get::<String>(4)?)?,
        value: Thousandths(row.get(5)?),
        effective_at: Millis(row.get(6)?),
        created_at: Millis(row.get(7)?),
        updated_at: Millis(row.get(8)?),
    })
}

fn max_type(text: &str) -> Result<MaxType> {
    MaxType::parse(text).ok_or_else(|| Error::internal("a lift max has an unknown type"))
}
