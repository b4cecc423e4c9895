//! `lift_maxes`: what a lifter can lift, or trains with, from when on.

use ferrum_domain::strength::MaxType;
use ferrum_domain::time::Millis;
use ferrum_domain::units::{Thousandths, WeightUnit};
use ferrum_domain::{Error, Result};

use crate::engine::{Facet, Moment, Tx};
use crate::enrollments;
use crate::listing::{Listing, Order, Wanted, Window};
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;

statements! {
    FIND = "SELECT m.id, m.account_key, a.id, l.id, m.lift_key, m.max_type, m.value, m.effective_at, \
        m.created_at, m.updated_at, m.written, m.unit FROM lift_maxes m JOIN accounts a ON a.key = m.account_key \
        JOIN lifts l ON l.key = m.lift_key WHERE m.id = ?1";
    FIND_CURRENT = "SELECT id, lift_key, value, unit, written FROM lift_maxes \
        WHERE account_key = ?1 AND lift_key = (SELECT key FROM lifts WHERE id = ?2) AND max_type = ?3 \
        AND effective_at <= ?4 ORDER BY effective_at DESC, written DESC LIMIT 1";
    CURRENT_VALUE = "SELECT value FROM lift_maxes \
        WHERE account_key = ?1 AND lift_key = (SELECT key FROM lifts WHERE id = ?2) AND max_type = ?3 \
        AND effective_at <= ?4 ORDER BY effective_at DESC, written DESC LIMIT 1";
    // What nobody asks for is not read: in PostgreSQL whoever enters such a max at the same time would conflict.
    FIND_LIFT = "SELECT key, CASE WHEN CAST(?2 AS BIGINT) IS NOT NULL THEN (SELECT value FROM lift_maxes \
        WHERE account_key = ?2 AND lift_key = lifts.key AND max_type = ?3 AND effective_at <= ?4 \
        ORDER BY effective_at DESC, written DESC LIMIT 1) END FROM lifts WHERE id = ?1";
    // One statement for the maxes of a whole session, since each costs PostgreSQL a round trip.
    CURRENT_VALUES = "SELECT \
        (SELECT value FROM lift_maxes WHERE account_key = ?1 AND lift_key = ?3 AND max_type = ?4 \
        AND effective_at <= ?2 ORDER BY effective_at DESC, written DESC LIMIT 1), \
        (SELECT value FROM lift_maxes WHERE account_key = ?1 AND lift_key = ?5 AND max_type = ?6 \
        AND effective_at <= ?2 ORDER BY effective_at DESC, written DESC LIMIT 1), \
        (SELECT value FROM lift_maxes WHERE account_key = ?1 AND lift_key = ?7 AND max_type = ?8 \
        AND effective_at <= ?2 ORDER BY effective_at DESC, written DESC LIMIT 1), \
        (SELECT value FROM lift_maxes WHERE account_key = ?1 AND lift_key = ?9 AND max_type = ?10 \
        AND effective_at <= ?2 ORDER BY effective_at DESC, written DESC LIMIT 1)";
    INSERT = "INSERT INTO lift_maxes (id, account_key, lift_key, max_type, value, unit, effective_at, created_at, \
        updated_at, written) VALUES (?1, ?2, ?3, ?4, ?5, \
        COALESCE(?10, (SELECT weight_unit FROM accounts WHERE key = ?2)), ?6, ?7, ?8, ?9)";
    UPDATE = "UPDATE lift_maxes SET value = ?2, unit = COALESCE(?6, (SELECT weight_unit FROM accounts \
        WHERE key = account_key)), effective_at = ?3, updated_at = ?4, written = ?5 WHERE id = ?1 \
        RETURNING account_key, max_type";
    DELETE = "DELETE FROM lift_maxes WHERE id = ?1 RETURNING account_key, max_type";
    TO_COME = "SELECT 1 FROM lift_maxes WHERE account_key = ?1 AND lift_key = ?2 AND max_type = ?3 \
        AND effective_at > ?4 LIMIT 1";
}

pub(crate) const LISTING: Listing = Listing {
    columns: "m.id, m.account_key, a.id, l.id, m.lift_key, m.max_type, m.value, m.effective_at, m.created_at, \
        m.updated_at, m.written, m.unit",
    from: "lift_maxes m JOIN accounts a ON a.key = m.account_key JOIN lifts l ON l.key = m.lift_key",
    scope: &["a.id = ?"],
    filters: &["m.lift_key = (SELECT key FROM lifts WHERE id = ?)", "m.max_type = ?"],
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
    /// Public id of the lift.
    pub lift_id: String,
    /// Internal key of the lift, which is what is written.
    pub lift_key: i64,
    /// What it measures.
    pub max_type: MaxType,
    /// In `unit`.
    pub value: Thousandths,
    /// The unit that the account had when the value was entered; `None` has the account's of today written.
    pub unit: Option<WeightUnit>,
    /// From when on it counts.
    pub effective_at: Millis,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last written.
    pub updated_at: Millis,
    /// Greater than that of every max written before it, also within a millisecond.
    pub written: i64,
}

/// The max that counts now.
#[derive(Debug, Clone)]
pub struct CurrentMax {
    /// Id of the max.
    pub id: String,
    /// Internal key of its lift.
    pub lift_key: i64,
    /// Its value.
    pub value: Thousandths,
    /// The unit of its value, which may not be the account's any more.
    pub unit: WeightUnit,
    /// Greater than that of every max written before it.
    pub written: i64,
}

/// A max that something is computed from.
#[derive(Debug, Clone)]
pub struct Needed {
    /// Public id of the lift.
    pub lift_id: String,
    /// Internal key of the lift.
    pub lift_key: i64,
    /// What it measures.
    pub max_type: MaxType,
}

/// The lift of a max that is to be entered.
#[derive(Debug, Clone, Copy)]
pub struct MaxLift {
    /// Internal key of the lift.
    pub key: i64,
    /// What the lifter can lift once, as far as it is known and was asked for.
    pub one_rm: Option<Thousandths>,
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
    tx.query_opt(FIND_CURRENT, values![account, lift_id, kept_as(max_type), now], |row| {
        Ok(CurrentMax {
            id: row.get(0)?,
            lift_key: row.get(1)?,
            value: Thousandths(row.get(2)?),
            unit: weight_unit(row, 3)?,
            written: row.get(4)?,
        })
    })
}

/// The value of [`find_current`] alone, which the index tells.
pub fn find_current_value(
    tx: &mut Tx<'_>,
    account: i64,
    lift_id: &str,
    max_type: MaxType,
    now: Millis,
) -> Result<Option<Thousandths>> {
    tx.query_opt(CURRENT_VALUE, values![account, lift_id, kept_as(max_type), now], |row| {
        row.get(0).map(Thousandths)
    })
}

/// The lift that a max is to be entered for, with what [`find_current_value`] says about the one-repetition max of the
/// account `one_rm_of`.
pub fn find_lift(
    tx: &mut Tx<'_>,
    lift_id: &str,
    one_rm_of: Option<i64>,
    now: Millis,
) -> Result<Option<MaxLift>> {
    tx.query_opt(FIND_LIFT, values![lift_id, one_rm_of, kept_as(MaxType::OneRm), now], |row| {
        Ok(MaxLift { key: row.get(0)?, one_rm: row.get::<Option<i64>>(1)?.map(Thousandths) })
    })
}

/// The values that count at `now`, in the order of `needed`: [`find_current_value`] for many, by the lift's key.
pub fn list_current_values(
    tx: &mut Tx<'_>,
    account: i64,
    needed: &[Needed],
    now: Millis,
) -> Result<Vec<Option<Thousandths>>> {
    const AT_ONCE: usize = 4;
    let mut found = Vec::with_capacity(needed.len());
    for some in needed.chunks(AT_ONCE) {
        let lift = |i: usize| some.get(i).map(|max| max.lift_key);
        let kind = |i: usize| some.get(i).map(|max| kept_as(max.max_type));
        let values =
            values![account, now, lift(0), kind(0), lift(1), kind(1), lift(2), kind(2), lift(3), kind(3)];
        tx.query_one(CURRENT_VALUES, values, |row| {
            for i in 0..some.len() {
                found.push(row.get::<Option<i64>>(i)?.map(Thousandths));
            }
            Ok(())
        })?;
    }
    Ok(found)
}

/// Whether one of the maxes that count at `now` will be followed by another without anybody writing it.
pub fn is_one_to_come(tx: &mut Tx<'_>, account: i64, needed: &[Needed], now: Millis) -> Result<bool> {
    for max in needed {
        let values = values![account, max.lift_key, kept_as(max.max_type), now];
        if tx.query_opt(TO_COME, values, |_| Ok(()))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// One page of maxes by effective date, and how many there are.
pub fn list(
    tx: &mut Tx<'_>,
    filter: &Filter<'_>,
    order: Order,
    window: Window,
) -> Result<(Vec<LiftMax>, u64)> {
    let filters = [filter.lift_id.map(Into::into), filter.max_type.map(|kind| kept_as(kind).into())];
    let scope = [filter.user_id.into()];
    LISTING.page(tx, &Wanted { scope: &scope, filters: &filters, sort: 0, order, window }, lift_max)
}

/// Adds a max.
pub fn insert(tx: &mut Tx<'_>, max: &LiftMax) -> Result<()> {
    enrollments::watch(tx, max.account)?;
    tx.execute(
        INSERT,
        values![
            &max.id,
            max.account,
            max.lift_key,
            kept_as(max.max_type),
            max.value,
            max.effective_at,
            max.created_at,
            max.updated_at,
            max.written,
            max.unit.map(WeightUnit::as_str)
        ],
    )?;
    tx.touch_max(facet(max.max_type, max.account));
    Ok(())
}

/// Changes value, unit and effective date.
pub fn update(tx: &mut Tx<'_>, max: &LiftMax) -> Result<()> {
    let unit = max.unit.map(WeightUnit::as_str);
    let values = values![&max.id, max.value, max.effective_at, max.updated_at, max.written, unit];
    if let Some(facet) = tx.query_opt(UPDATE, values, whose)? {
        tx.touch_max(facet);
    }
    Ok(())
}

/// Removes a max.
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    let facet = tx.query_one(DELETE, values![id], whose)?;
    tx.touch_max(facet);
    Ok(())
}

/// Whose max it is, and of which kind.
fn whose(row: &Row<'_>) -> Result<Facet> {
    Ok(facet(max_type(row.text(1)?)?, row.get(0)?))
}

fn facet(max_type: MaxType, account: i64) -> Facet {
    match max_type {
        MaxType::OneRm => Facet::OneRepMaxes(account),
        MaxType::TrainingMax => Facet::TrainingMaxes(account),
    }
}

/// Whether all maxes of an account are in this transaction what they were at the moment `since`.
pub fn are_unchanged(tx: &Tx<'_>, account: i64, since: Moment) -> bool {
    [Facet::TrainingMaxes(account), Facet::OneRepMaxes(account)]
        .iter()
        .all(|facet| tx.is_unchanged(*facet, since))
}

fn lift_max(row: &Row<'_>) -> Result<LiftMax> {
    Ok(LiftMax {
        id: row.get(0)?,
        account: row.get(1)?,
        user_id: row.get(2)?,
        lift_id: row.get(3)?,
        lift_key: row.get(4)?,
        max_type: max_type(&row.get::<String>(5)?)?,
        value: Thousandths(row.get(6)?),
        effective_at: Millis(row.get(7)?),
        created_at: Millis(row.get(8)?),
        updated_at: Millis(row.get(9)?),
        written: row.get(10)?,
        unit: Some(weight_unit(row, 11)?),
    })
}

/// The unit in a column.
pub(crate) fn weight_unit(row: &Row<'_>, column: usize) -> Result<WeightUnit> {
    let unit = WeightUnit::parse(row.text(column)?);
    unit.ok_or_else(|| Error::internal("a weight has an unknown unit"))
}

/// Short, since it stands in the index of every max.
fn kept_as(max_type: MaxType) -> &'static str {
    match max_type {
        MaxType::OneRm => "1RM",
        MaxType::TrainingMax => "TM",
    }
}

fn max_type(text: &str) -> Result<MaxType> {
    let known = [MaxType::OneRm, MaxType::TrainingMax].into_iter().find(|known| kept_as(*known) == text);
    known.ok_or_else(|| Error::internal("a lift max has an unknown type"))
}
