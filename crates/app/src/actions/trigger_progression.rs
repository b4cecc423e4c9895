//! Somebody applies a progression by hand.

use std::collections::BTreeSet;

use ferrum_domain::strength::MaxType;
use ferrum_domain::strength::position::{Period, Position};
use ferrum_domain::strength::progression::{Event, Raise, SkipReason, TriggeredBy};
use ferrum_domain::strength::selection::{self, Application};
use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result};
use ferrum_store::{Tx, enrollments, lifts, progressions, trained_lifts};

use super::compile_program::{self, CompiledProgram};
use super::raise_max::{Occasion, raise_max};
use crate::App;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The progression.
    pub progression_id: String,
    /// The lift; all that the progression is configured for when not given.
    pub lift_id: Option<String>,
    /// Whether to apply in addition to what the period brings.
    pub force: bool,
}

/// What came of it for one lift.
#[derive(Debug)]
pub struct Outcome {
    /// The lift.
    pub lift_id: String,
    /// The kind of max that the progression is about.
    pub max_type: MaxType,
    /// The raise, or why there is none.
    pub result: Result<Raise, SkipReason>,
}

/// Applies a progression to a lifter's maxes, ordered by lift.
///
/// Without `force` it brings the current period's application forward: it serves the period, and it is skipped where
/// the period has been served, would not reach the lift, or brings another progression.
/// [`Error::NotFound`] for an unknown progression or lift; [`Error::Invalid`] when the lifter is not
/// enrolled or their program does not apply the progression.
pub fn trigger_progression(
    app: &App,
    tx: &mut Tx<'_>,
    user_id: &str,
    request: &Request,
    now: Millis,
) -> Result<Vec<Outcome>> {
    let event = progressions::get(tx, &request.progression_id)?.rule.event;
    if let Some(lift_id) = &request.lift_id {
        lifts::get(tx, lift_id)?;
    }
    let enrollment = enrollments::find(tx, user_id)?
        .ok_or_else(|| Error::invalid("userId", "is not enrolled in a program"))?;
    enrollments::hold(tx, &enrollment.id)?;
    let program = compile_program::for_writing(app, tx, &enrollment.program_id)?;
    let position = program.shape.clamp(enrollment.position);
    let mut current = current_lifts(&program, event, position);
    if event == Event::Week {
        // The end of the week reaches them even if the program has changed since.
        current.extend(trained_lifts::list(tx, &enrollment.id, position.iteration, position.week)?);
    }
    let due = selection::due(&program.configurations, event, &current);
    let mut outcomes = Vec::new();
    for application in applications(&program, request, event, &current)? {
        let occasion = Occasion {
            enrollment: &enrollment,
            triggered_by: TriggeredBy::Manual,
            iteration: position.iteration,
            week: position.week,
            period: (!request.force).then(|| Period::of(event, position)),
            now,
        };
        let result = match obstacle(&due, &application) {
            Some(reason) if !request.force => Err(reason),
            _ => raise_max(app, tx, &occasion, &application)?,
        };
        let max_type = application.configuration.rule.max_type;
        outcomes.push(Outcome { lift_id: application.lift_id.to_owned(), max_type, result });
    }
    Ok(outcomes)
}

fn applications<'a>(
    program: &'a CompiledProgram,
    request: &'a Request,
    event: Event,
    current: &'a BTreeSet<String>,
) -> Result<Vec<Application<'a>>> {
    let (progression_id, lift_id) = (request.progression_id.as_str(), request.lift_id.as_deref());
    let configurations = &program.configurations;
    if !configurations.iter().any(|c| c.progression_id == progression_id) {
        return Err(Error::invalid("progressionId", "is not configured in the user's program"));
    }
    let applications = selection::requested(configurations, progression_id, lift_id, current, &program.lifts);
    if applications.is_empty() {
        return Err(if lift_id.is_some() {
            Error::invalid("liftId", "is not a lift that the user's program configures the progression for")
        } else {
            Error::invalid("progressionId", format!("applies to no lift of the current {}", event.period()))
        });
    }
    Ok(applications)
}

fn current_lifts(program: &CompiledProgram, event: Event, position: Position) -> BTreeSet<String> {
    let week = program.week(position.week);
    match event {
        Event::Session => {
            week.and_then(|week| week.session_at(position.day_index)).map(|session| &session.lifts)
        }
        Event::Week => week.map(|week| &week.lifts),
        Event::Cycle => Some(&program.lifts),
    }
    .cloned()
    .unwrap_or_default()
}

/// Why the end of the current period would not bring the application.
fn obstacle(due: &[Application<'_>], application: &Application<'_>) -> Option<SkipReason> {
    let Application { lift_id, configuration } = *application;
    let max_type = configuration.rule.max_type;
    match due.iter().find(|due| due.lift_id == lift_id && due.configuration.rule.max_type == max_type) {
        None => Some(SkipReason::NotDue(configuration.rule.event)),
        Some(due) if due.configuration.progression_id != configuration.progression_id => {
            Some(SkipReason::Overruled)
        }
        Some(_) => None,
    }
}
