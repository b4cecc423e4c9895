//! One progression adds to one max of a lifter.

use ferrum_domain::Result;
use ferrum_domain::strength::position::Period;
use ferrum_domain::strength::progression::{Raise, SkipReason, TriggeredBy};
use ferrum_domain::strength::selection::Application;
use ferrum_domain::time::Millis;
use ferrum_store::enrollments::Enrollment;
use ferrum_store::lift_maxes::{self, LiftMax};
use ferrum_store::progression_history::{self, Entry};
use ferrum_store::{Tx, served_periods};

use crate::App;

/// Why a max rises.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Occasion<'e> {
    /// Whose program it is.
    pub enrollment: &'e Enrollment,
    /// What set it off.
    pub triggered_by: TriggeredBy,
    /// The iteration that ended, or is going on.
    pub iteration: i64,
    /// The week that ended, or is going on.
    pub week: i64,
    /// The period in which the progression applies once; `None` to apply in addition.
    pub period: Option<Period>,
    /// Now.
    pub now: Millis,
}

/// Writes the new max, current at once and in the unit of the old one, and what history tells of it; or says why there is none.
pub(crate) fn raise_max(
    app: &App,
    tx: &mut Tx<'_>,
    occasion: &Occasion<'_>,
    application: &Application<'_>,
) -> Result<Result<Raise, SkipReason>> {
    let Occasion { enrollment, now, .. } = *occasion;
    let (lift_id, configuration) = (application.lift_id, application.configuration);
    let rule = &configuration.rule;
    let current = lift_maxes::find_current(tx, enrollment.account, lift_id, rule.max_type, now)?;
    let Some(current) = current else { return Ok(Err(SkipReason::NoCurrentMax(rule.max_type))) };
    let raise = match rule.apply(current.value) {
        Ok(raise) => raise,
        Err(reason) => return Ok(Err(reason)),
    };
    if let Some(period) = &occasion.period
        && !served_periods::claim(tx, &enrollment.id, period, lift_id, &configuration.progression_id)?
    {
        return Ok(Err(SkipReason::AlreadyApplied));
    }
    // Another process's clock may be ahead of ours: the new max must still be the latest written.
    let written = (current.written + 1).max(app.ids.order());
    lift_maxes::insert(
        tx,
        &LiftMax {
            id: app.ids.uuid(),
            account: enrollment.account,
            user_id: enrollment.user_id.clone(),
            lift_id: lift_id.to_owned(),
            lift_key: current.lift_key,
            max_type: rule.max_type,
            value: raise.new,
            unit: Some(current.unit),
            effective_at: now,
            created_at: now,
            updated_at: now,
            written,
        },
    )?;
    progression_history::insert(
        tx,
        &Entry {
            id: app.ids.uuid(),
            account: enrollment.account,
            user_id: enrollment.user_id.clone(),
            lift_id: lift_id.to_owned(),
            progression_id: configuration.progression_id.clone(),
            max_type: rule.max_type.as_str().to_owned(),
            previous_value: raise.previous,
            new_value: raise.new,
            unit: current.unit,
            applied_at: now,
            triggered_by: occasion.triggered_by.as_str().to_owned(),
            iteration: occasion.iteration,
            week: occasion.week,
        },
    )?;
    Ok(Ok(raise))
}
