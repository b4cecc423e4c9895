//! `progression_history`: every max that a progression raised. It outlives lifts and progressions.

use ferrum_domain::Result;
use ferrum_domain::time::Millis;
use ferrum_domain::units::{Thousandths, WeightUnit};

use crate::engine::Tx;
use crate::lift_maxes::weight_unit;
use crate::listing::{Listing, Order, Wanted, Window};
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;

statements! {
    INSERT = "INSERT INTO progression_history (id, account_key, lift_id, progression_id, max_type, previous_value, \
        new_value, unit, triggered_by, iteration, week, applied_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
}

pub(crate) const LISTING: Listing = Listing {
    columns: "h.id, h.account_key, a.id, h.lift_id, h.progression_id, h.max_type, h.previous_value, h.new_value, \
        h.applied_at, h.triggered_by, h.iteration, h.week, h.unit",
    from: "progression_history h JOIN accounts a ON a.key = h.account_key",
    scope: &["a.id = ?"],
    filters: &["h.lift_id = ?", "h.progression_id = ?"],
    sorts: &["h.applied_at {}, h.id {}"],
};

/// One raise.
#[derive(Debug, Clone)]
pub struct Entry {
    /// UUIDv7.
    pub id: String,
    /// Internal key of the lifter.
    pub account: i64,
    /// Public id of the lifter.
    pub user_id: String,
    /// The lift.
    pub lift_id: String,
    /// What raised it.
    pub progression_id: String,
    /// `ONE_RM` or `TRAINING_MAX`.
    pub max_type: String,
    /// The max before.
    pub previous_value: Thousandths,
    /// The max after.
    pub new_value: Thousandths,
    /// The unit of both.
    pub unit: WeightUnit,
    /// When.
    pub applied_at: Millis,
    /// `AFTER_SESSION`, `AFTER_WEEK`, `AFTER_CYCLE` or `MANUAL`.
    pub triggered_by: String,
    /// The iteration that ended, or was going on.
    pub iteration: i64,
    /// The week that ended, or was going on.
    pub week: i64,
}

/// What to list.
#[derive(Debug)]
pub struct Filter {
    /// Public id of the lifter.
    pub user_id: String,
    /// Only of this lift.
    pub lift_id: Option<String>,
    /// Only of this progression.
    pub progression_id: Option<String>,
}

/// One page of raises by age, and how many there are.
pub fn list(tx: &mut Tx<'_>, filter: &Filter, order: Order, window: Window) -> Result<(Vec<Entry>, u64)> {
    let filters =
        [filter.lift_id.as_deref().map(Into::into), filter.progression_id.as_deref().map(Into::into)];
    let scope = [filter.user_id.as_str().into()];
    let wanted = Wanted { scope: &scope, filters: &filters, sort: 0, order, window };
    LISTING.page(tx, &wanted, entry)
}

/// Adds a raise.
pub fn insert(tx: &mut Tx<'_>, entry: &Entry) -> Result<()> {
    tx.execute(
        INSERT,
        values![
            &entry.id,
            entry.account,
            &entry.lift_id,
            &entry.progression_id,
            &entry.max_type,
            entry.previous_value,
            entry.new_value,
            entry.unit.as_str(),
            &entry.triggered_by,
            entry.iteration,
            entry.week,
            entry.applied_at
        ],
    )?;
    Ok(())
}

fn entry(row: &Row<'_>) -> Result<Entry> {
    Ok(Entry {
        id: row.get(0)?,
        account: row.get(1)?,
        user_id: row.get(2)?,
        lift_id: row.get(3)?,
        progression_id: row.get(4)?,
        max_type: row.get(5)?,
        previous_value: Thousandths(row.get(6)?),
        new_value: Thousandths(row.get(7)?),
        applied_at: Millis(row.get(8)?),
        triggered_by: row.get(9)?,
        iteration: row.get(10)?,
        week: row.get(11)?,
        unit: weight_unit(row, 12)?,
    })
}
