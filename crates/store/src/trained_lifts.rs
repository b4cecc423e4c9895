//! `trained_lifts`: which lifts were trained in a week, as it was trained.

use std::collections::BTreeSet;

use ferrum_domain::Result;

use crate::engine::Tx;
use crate::statements::statements;
use crate::values::values;

statements! {
    INSERT = "INSERT INTO trained_lifts (enrollment_id, iteration, week, lift_id) VALUES (?1, ?2, ?3, ?4) \
        ON CONFLICT (enrollment_id, iteration, week, lift_id) DO NOTHING";
    LIST = "SELECT lift_id FROM trained_lifts WHERE enrollment_id = ?1 AND iteration = ?2 AND week = ?3";
}

/// Notes that a lift was trained.
pub fn note(tx: &mut Tx<'_>, enrollment_id: &str, iteration: i64, week: i64, lift_id: &str) -> Result<()> {
    tx.execute(INSERT, values![enrollment_id, iteration, week, lift_id])?;
    Ok(())
}

/// The lifts trained in a week.
pub fn list(tx: &mut Tx<'_>, enrollment_id: &str, iteration: i64, week: i64) -> Result<BTreeSet<String>> {
    Ok(tx.query(LIST, values![enrollment_id, iteration, week], |row| row.get(0))?.into_iter().collect())
}
