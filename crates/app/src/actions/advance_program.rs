//! A lifter moves on to the next session or week, and what that ends makes maxes rise.

use std::collections::BTreeSet;

use ferrum_domain::strength::position::{Advance, Ended};
use ferrum_domain::strength::progression::{Event, TriggeredBy};
use ferrum_domain::strength::selection;
use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result};
use ferrum_store::enrollments::{self, Enrollment};
use ferrum_store::{Tx, trained_lifts};

use super::compile_program::{self, CompiledProgram};
use super::raise_max::{Occasion, raise_max};
use crate::App;

/// How far a lifter moves on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stride {
    /// Ends the current session.
    Day,
    /// Leaves the current week and skips what is left of it.
    Week,
}

/// Moves the lifter on and applies the progressions that are due; the enrollment as it is then, and
/// its program.
///
/// [`Error::NotFound`] when they are not enrolled.
pub fn advance_program(
    app: &App,
    tx: &mut Tx<'_>,
    user_id: &str,
    stride: Stride,
    now: Millis,
) -> Result<(Enrollment, std::sync::Arc<CompiledProgram>)> {
    let mut enrollment = enrollments::find(tx, user_id)?.ok_or(Error::NotFound)?;
    let program = compile_program::for_writing(app, tx, &enrollment.program_id)?;
    let Advance { position, ended } = match stride {
        Stride::Day => program.shape.advance_day(enrollment.position),
        Stride::Week => program.shape.advance_week(enrollment.position),
    };
    for end in &ended {
        let lifts = touched(tx, &enrollment, &program, end)?;
        for application in selection::due(&program.configurations, end.event, &lifts) {
            let occasion = Occasion {
                enrollment: &enrollment,
                triggered_by: TriggeredBy::Event(end.event),
                iteration: end.iteration,
                week: end.week,
                period: Some(end.period()),
                now,
            };
            // What cannot rise (no max yet, or raised early by hand) does not stop the lifter.
            let _skipped = raise_max(app, tx, &occasion, &application)?;
        }
    }
    enrollment.position = position;
    enrollment.updated_at = now;
    enrollments::update(tx, &enrollment)?;
    Ok((enrollment, program))
}

/// The lifts that an end is about. Those of a session are noted, since the end of its week is about
/// the lifts that were trained, whatever the program says by then.
fn touched(
    tx: &mut Tx<'_>,
    enrollment: &Enrollment,
    program: &CompiledProgram,
    end: &Ended,
) -> Result<BTreeSet<String>> {
    match end.event {
        Event::Session => {
            let session = program.week(end.week).and_then(|week| week.session_at(end.session - 1));
            let lifts = session.map(|session| session.lifts.clone()).unwrap_or_default();
            for lift_id in &lifts {
                trained_lifts::note(tx, &enrollment.id, end.iteration, end.week, lift_id)?;
            }
            Ok(lifts)
        }
        Event::Week => trained_lifts::list(tx, &enrollment.id, end.iteration, end.week),
        Event::Cycle => Ok(program.lifts.clone()),
    }
}
