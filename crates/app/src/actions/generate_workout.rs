//! Today's weights: a session of the lifter's program, computed from their current maxes.

use std::sync::Arc;

use ferrum_domain::error::MissingMax;
use ferrum_domain::strength::MaxType;
use ferrum_domain::strength::set_scheme::Set;
use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;
use ferrum_domain::{Error, Result};
use ferrum_store::enrollments::Standing;
use ferrum_store::lift_maxes::Needed;
use ferrum_store::{Moment, Tx, lift_maxes};

use super::compile_program::{self, CompiledProgram, Exercise, Session};
use crate::App;

/// Which session is wanted; the current one where nothing is said.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Week of the cycle.
    pub week: Option<i64>,
    /// Slug of a day of that week.
    pub day_slug: Option<String>,
}

/// A session with weights.
#[derive(Debug)]
pub struct Workout {
    /// The program.
    pub program: Arc<CompiledProgram>,
    /// Which time through the cycle the lifter is.
    pub iteration: i64,
    /// The week it is of.
    pub week: i64,
    /// The day's slug.
    pub day_slug: String,
    /// The exercises, in order.
    pub exercises: Vec<WorkoutExercise>,
}

/// An exercise with weights.
#[derive(Debug)]
pub struct WorkoutExercise {
    /// Its prescription's id.
    pub prescription_id: String,
    /// Id of the lift to do.
    pub lift_id: String,
    /// Name of the lift to do.
    pub lift_name: String,
    /// Slug of the lift to do.
    pub lift_slug: String,
    /// The sets to do.
    pub sets: Vec<Set>,
    /// Notes for the lifter.
    pub notes: Option<String>,
    /// Rest between sets.
    pub rest_seconds: Option<i64>,
}

/// Whose workout it is.
#[derive(Debug)]
pub struct Lifter {
    /// Internal key of the account.
    pub account: i64,
    /// Where they stand.
    pub standing: Standing,
}

/// Everything that a workout is computed from, read in one snapshot.
#[derive(Debug)]
pub struct Basis {
    /// Version of the catalogue.
    pub version: i64,
    account: i64,
    now: Millis,
    program: Arc<CompiledProgram>,
    iteration: i64,
    week: i64,
    session: Arc<Session>,
    /// The lifter's current maxes that the session asks for first, in the order of [`Session::maxes`].
    maxes: Vec<Option<Thousandths>>,
    /// The moment since which they count, if they do until somebody writes one.
    since: Option<Moment>,
}

impl Basis {
    /// `version` is the catalogue's in the snapshot of `tx`; what is still so is taken from `last`.
    /// [`Error::NotFound`] when the week or day is not in the lifter's program or has nothing to do.
    pub fn read(
        app: &App,
        tx: &mut Tx<'_>,
        version: i64,
        lifter: &Lifter,
        wanted: &Wanted,
        now: Millis,
        last: Option<&Self>,
    ) -> Result<Self> {
        let Lifter { account, standing } = lifter;
        let program = compile_program::for_reading(app, tx, version, &standing.program_id)?;
        let position = program.shape.clamp(standing.position);
        let number = wanted.week.unwrap_or(position.week);
        let week = program.week(number).ok_or(Error::NotFound)?;
        let session = match &wanted.day_slug {
            Some(slug) => week.session_of(slug),
            None => week.session_at(position.day_index),
        };
        let session = session.filter(|session| !session.exercises.is_empty()).ok_or(Error::NotFound)?;
        let session = Arc::clone(session);
        let last = last.filter(|last| last.counts(tx, *account, &session, now));
        let (maxes, since) = match last {
            Some(last) => (last.maxes.clone(), last.since),
            None => current_maxes(tx, *account, &session.maxes, now)?,
        };
        Ok(Self {
            version,
            account: *account,
            now,
            program,
            iteration: position.iteration,
            week: number,
            session,
            maxes,
            since,
        })
    }

    /// Whether its maxes are still those that the session asks for.
    fn counts(&self, tx: &Tx<'_>, account: i64, session: &Arc<Session>, now: Millis) -> bool {
        self.account == account
            && Arc::ptr_eq(&self.session, session)
            && self.now <= now
            && self.since.is_some_and(|since| lift_maxes::are_unchanged(tx, account, since))
    }

    /// Whether both make the same workout. One in which a parent's max stands in for another equals none.
    pub fn equals(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.program, &other.program)
            && Arc::ptr_eq(&self.session, &other.session)
            && (self.account, self.iteration, self.week) == (other.account, other.iteration, other.week)
            && self.maxes == other.maxes
            && self.maxes.iter().all(Option::is_some)
    }

    /// Whether what it was computed from was read at the same moment.
    pub fn is_as_old_as(&self, other: &Self) -> bool {
        self.since == other.since
    }

    /// A parent's max is looked up when it is needed, which is rare.
    fn max(&self, tx: &mut Tx<'_>, lift_id: &str, max_type: MaxType) -> Result<Option<Thousandths>> {
        let read = |max: &Needed| max.lift_id == lift_id && max.max_type == max_type;
        match self.session.maxes.iter().position(read) {
            Some(place) => Ok(self.maxes[place]),
            None => lift_maxes::find_current_value(tx, self.account, lift_id, max_type, self.now),
        }
    }
}

/// The maxes that count at `now`, and since which moment they do until somebody writes one, if that can be told.
fn current_maxes(
    tx: &mut Tx<'_>,
    account: i64,
    needed: &[Needed],
    now: Millis,
) -> Result<(Vec<Option<Thousandths>>, Option<Moment>)> {
    let maxes = lift_maxes::list_current_values(tx, account, needed, now)?;
    let since = match tx.moment() {
        Some(moment) if !lift_maxes::is_one_to_come(tx, account, needed, now)? => Some(moment),
        _ => None,
    };
    Ok((maxes, since))
}

/// Computes a workout; changes nothing. [`Error::MissingMax`] with every max that is needed and missing.
pub fn generate_workout(tx: &mut Tx<'_>, basis: &Basis) -> Result<Workout> {
    let Basis { program, session, .. } = basis;
    let week = program.week(basis.week).ok_or(Error::NotFound)?;
    let context = program.context(week, session);
    let mut exercises = Vec::with_capacity(session.exercises.len());
    let mut missing: Vec<MissingMax> = Vec::new();
    for exercise in &session.exercises {
        let max_of = |lift_id: &str, max_type| basis.max(tx, lift_id, max_type);
        match exercise.plan.resolve(exercise.max_source(), max_of, &context) {
            Ok(sets) => exercises.push(WorkoutExercise::new(exercise, sets)),
            Err(Error::MissingMax(more)) => {
                missing.extend(more.into_iter().filter(|max| !missing.contains(max)).collect::<Vec<_>>());
            }
            Err(error) => return Err(error),
        }
    }
    if !missing.is_empty() {
        return Err(Error::MissingMax(missing));
    }
    Ok(Workout {
        program: Arc::clone(program),
        iteration: basis.iteration,
        week: basis.week,
        day_slug: session.slug.clone(),
        exercises,
    })
}

impl WorkoutExercise {
    fn new(exercise: &Exercise, sets: Vec<Set>) -> Self {
        Self {
            prescription_id: exercise.prescription_id.clone(),
            lift_id: exercise.lift_id.clone(),
            lift_name: exercise.lift_name.clone(),
            lift_slug: exercise.lift_slug.clone(),
            sets,
            notes: exercise.notes.clone(),
            rest_seconds: exercise.rest_seconds,
        }
    }
}
