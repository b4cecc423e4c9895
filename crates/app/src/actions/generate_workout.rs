//! Today's weights: a session of the lifter's program, computed from their current maxes.

use std::sync::Arc;

use ferrum_domain::error::MissingMax;
use ferrum_domain::strength::MaxType;
use ferrum_domain::strength::set_scheme::Set;
use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;
use ferrum_domain::{Error, Result};
use ferrum_store::enrollments;
use ferrum_store::{Tx, lift_maxes};

use super::compile_program::{self, CompiledProgram, Exercise, Session, Week};
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

/// Computes a workout; changes nothing.
///
/// [`Error::NotFound`] when the lifter is not enrolled, or the week or day is not in their program or
/// has nothing to do; [`Error::MissingMax`] with every max that is needed and missing.
pub fn generate_workout(
    app: &App,
    tx: &mut Tx<'_>,
    user_id: &str,
    wanted: &Wanted,
    now: Millis,
) -> Result<Workout> {
    let enrollment = enrollments::find(tx, user_id)?.ok_or(Error::NotFound)?;
    let program = compile_program::for_reading(app, tx, &enrollment.program_id)?;
    let position = program.shape.clamp(enrollment.position);
    let number = wanted.week.unwrap_or(position.week);
    let week = program.week(number).ok_or(Error::NotFound)?;
    let session = match &wanted.day_slug {
        Some(slug) => week.session_of(slug),
        None => week.session_at(position.day_index),
    };
    let session = session.filter(|session| !session.exercises.is_empty()).ok_or(Error::NotFound)?;
    let maxes = CurrentMaxes { account: enrollment.account, now, found: Vec::new() };
    Ok(Workout {
        iteration: position.iteration,
        week: number,
        day_slug: session.slug.clone(),
        exercises: exercises(tx, &program, week, session, maxes)?,
        program,
    })
}

fn exercises(
    tx: &mut Tx<'_>,
    program: &CompiledProgram,
    week: &Week,
    session: &Session,
    mut maxes: CurrentMaxes,
) -> Result<Vec<WorkoutExercise>> {
    let context = program.context(week, session);
    let mut exercises = Vec::with_capacity(session.exercises.len());
    let mut missing: Vec<MissingMax> = Vec::new();
    for exercise in &session.exercises {
        let max_of = |lift_id: &str, max_type| maxes.get(tx, lift_id, max_type);
        match exercise.plan.resolve(exercise.max_source(), max_of, &context) {
            Ok(sets) => exercises.push(WorkoutExercise::new(exercise, sets)),
            Err(Error::MissingMax(more)) => {
                missing.extend(more.into_iter().filter(|max| !missing.contains(max)).collect::<Vec<_>>());
            }
            Err(error) => return Err(error),
        }
    }
    if missing.is_empty() { Ok(exercises) } else { Err(Error::MissingMax(missing)) }
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

/// The maxes that one workout has asked for so far: several exercises often share one.
struct CurrentMaxes {
    account: i64,
    now: Millis,
    found: Vec<(String, MaxType, Option<Thousandths>)>,
}

impl CurrentMaxes {
    fn get(&mut self, tx: &mut Tx<'_>, lift_id: &str, max_type: MaxType) -> Result<Option<Thousandths>> {
        if let Some((.., value)) = self.found.iter().find(|(id, kind, _)| id == lift_id && *kind == max_type)
        {
            return Ok(*value);
        }
        let value =
            lift_maxes::find_current(tx, self.account, lift_id, max_type, self.now)?.map(|max| max.value);
        self.found.push((lift_id.to_owned(), max_type, value));
        Ok(value)
    }
}
