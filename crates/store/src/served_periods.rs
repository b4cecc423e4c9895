//! `served_periods`: what a progression has been applied for, once each.

use ferrum_domain::Result;
use ferrum_domain::strength::position::Period;

use crate::engine::Tx;
use crate::statements::statements;
use crate::values::values;

statements! {
    INSERT = "INSERT INTO served_periods (enrollment_id, event, iteration, week, session, lift_id, progression_id) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
        ON CONFLICT (enrollment_id, event, iteration, week, session, lift_id, progression_id) DO NOTHING";
}

/// Takes a period for one lift and progression; false when it has been served already.
pub fn claim(
    tx: &mut Tx<'_>,
    enrollment_id: &str,
    period: &Period,
    lift_id: &str,
    progression_id: &str,
) -> Result<bool> {
    let Period { event, iteration, week, session } = *period;
    let event = event.as_str();
    let taken =
        tx.execute(INSERT, values![enrollment_id, event, iteration, week, session, lift_id, progression_id])?;
    Ok(taken == 1)
}
