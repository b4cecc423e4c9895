//! `/users/{userId}/workout` and `/users/{userId}/workout/preview`: what to lift today, and on any other day.

use axum::http::StatusCode;
use ferrum_app::App;
use ferrum_app::actions::generate_workout::{
    Basis, Lifter, Wanted, Workout, WorkoutExercise, generate_workout,
};
use ferrum_app::catalogue::KeptWorkout;
use ferrum_domain::{Error, Result, Violations, time};
use ferrum_endpoint::{Asked, Owner, Rendered};
use ferrum_store::accounts::{self, Reader};
use ferrum_store::{Tx, enrollments};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dialect::{Call, Reply};
use crate::page::{at_least, required};
use crate::prescriptions::resolve::{LiftRef, SetOut};

/// A workout.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Workout", extend("examples" = [{
    "userId": "lifter", "programId": "0190a0c8-0000-7000-8000-000000000002", "cycleIteration": 1,
    "weekNumber": 1, "daySlug": "squat-day", "date": "2024-01-15", "exercises": [{
        "prescriptionId": "0190a0c8-0000-7000-8000-000000000001",
        "lift": { "id": "00000000-0000-0000-0000-000000000001", "name": "Squat", "slug": "squat" },
        "sets": [{ "setNumber": 1, "weight": 265.0, "targetReps": 5, "isWorkSet": true }],
        "notes": "Focus on depth", "restSeconds": 180
    }]
}]))]
pub struct WorkoutOut {
    user_id: String,
    program_id: String,
    cycle_iteration: i64,
    week_number: i64,
    day_slug: String,
    #[schemars(extend("format" = "date"))]
    date: String,
    exercises: Vec<ExerciseOut>,
}

/// An exercise of a workout.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Exercise")]
pub struct ExerciseOut {
    prescription_id: String,
    lift: LiftRef,
    sets: Vec<SetOut>,
    notes: Option<String>,
    rest_seconds: Option<i64>,
}

impl WorkoutOut {
    fn new(user_id: &str, date: String, workout: Workout) -> Self {
        Self {
            user_id: user_id.to_owned(),
            program_id: workout.program.id.clone(),
            cycle_iteration: workout.iteration,
            week_number: workout.week,
            day_slug: workout.day_slug,
            date,
            exercises: workout.exercises.into_iter().map(ExerciseOut::from).collect(),
        }
    }
}

impl From<WorkoutExercise> for ExerciseOut {
    fn from(exercise: WorkoutExercise) -> Self {
        Self {
            prescription_id: exercise.prescription_id,
            lift: LiftRef { id: exercise.lift_id, name: exercise.lift_name, slug: exercise.lift_slug },
            sets: exercise.sets.into_iter().map(SetOut::from).collect(),
            notes: exercise.notes,
            rest_seconds: exercise.rest_seconds,
        }
    }
}

/// What to show instead of the current session.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkoutQuery {
    /// Date to print, as `YYYY-MM-DD`; today when absent. It changes nothing else.
    #[schemars(extend("format" = "date"))]
    date: Option<String>,
    /// Week of the cycle.
    #[schemars(with = "Option<u32>", range(min = 1))]
    week_number: Option<String>,
    /// Slug of a day of the week.
    day_slug: Option<String>,
}

/// Which session to preview.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct PreviewQuery {
    /// Week of the cycle.
    #[schemars(required, with = "Option<u32>", range(min = 1))]
    week: Option<String>,
    /// Slug of a day of that week.
    #[schemars(required)]
    day: Option<String>,
}

/// `GET /users/{userId}/workout`
pub async fn get(call: Call<Owner>, query: Asked<WorkoutQuery>) -> Reply<200, WorkoutOut> {
    let app = call.app();
    let user_id = call.permission().id.clone();
    let reply = call.read_rendered(move |tx, reader| {
        let query = query.get()?;
        let mut violations = Violations::new();
        let week = at_least(1, "weekNumber", query.week_number.as_deref(), &mut violations);
        if query.date.as_deref().is_some_and(|date| !time::is_civil_date(date)) {
            violations.add("date", "must be a date in the form YYYY-MM-DD");
        }
        violations.check()?;
        let wanted = Wanted { week, day_slug: query.day_slug.clone() };
        answer(&app, tx, reader, &user_id, query.date.clone(), &wanted)
    });
    reply.await.map_err(|problem| problem.missing_max_as(StatusCode::BAD_REQUEST))
}

/// `GET /users/{userId}/workout/preview`
pub async fn preview(call: Call<Owner>, query: Asked<PreviewQuery>) -> Reply<200, WorkoutOut> {
    let app = call.app();
    let user_id = call.permission().id.clone();
    let reply = call.read_rendered(move |tx, reader| {
        let query = query.get()?;
        let mut violations = Violations::new();
        let number = required("week", query.week.as_deref(), &mut violations);
        let week = at_least(1, "week", number, &mut violations);
        let day = required("day", query.day.as_deref(), &mut violations);
        let (week, day) = violations.finish(week.zip(day))?;
        let wanted = Wanted { week: Some(week), day_slug: Some(day.to_owned()) };
        answer(&app, tx, reader, &user_id, None, &wanted)
    });
    reply.await.map_err(|problem| problem.missing_max_as(StatusCode::BAD_REQUEST))
}

fn answer(
    app: &App,
    tx: &mut Tx<'_>,
    reader: &Reader,
    user_id: &str,
    date: Option<String>,
    wanted: &Wanted,
) -> Result<Rendered<WorkoutOut>> {
    let now = app.clock.now();
    let (lifter, time_zone) = lifter(tx, reader, user_id)?.ok_or(Error::NotFound)?;
    let version = reader.catalogue_version(tx)?;
    let last = app.catalogue.workouts.get(version, user_id);
    let basis = Basis::read(app, tx, version, &lifter, wanted, now, last.as_ref().map(|last| &last.basis))?;
    let date = date.unwrap_or_else(|| now.civil_date(time_zone.as_deref()));
    if let Some(last) = last
        && last.date == date
        && last.basis.equals(&basis)
    {
        let body = last.body.clone();
        if !basis.is_as_old_as(&last.basis) {
            app.catalogue.keep_workout(user_id, KeptWorkout { basis, date, body: body.clone() });
        }
        return Ok(Rendered::kept(body));
    }
    let workout = generate_workout(tx, &basis)?;
    let rendered = Rendered::new(&WorkoutOut::new(user_id, date.clone(), workout))?;
    app.catalogue.keep_workout(user_id, KeptWorkout { basis, date, body: rendered.body() });
    Ok(rendered)
}

/// The lifter and the time zone in which their today is, if they follow a program.
fn lifter(tx: &mut Tx<'_>, reader: &Reader, user_id: &str) -> Result<Option<(Lifter, Option<String>)>> {
    let me = &reader.me;
    if me.id == user_id {
        let found = me.account.zip(reader.standing.clone());
        return Ok(found.map(|(account, standing)| (Lifter { account, standing }, me.time_zone.clone())));
    }
    let Some(accounts::Account { key, time_zone, .. }) = accounts::find(tx, user_id)? else {
        return Ok(None);
    };
    let standing = enrollments::find_standing(tx, key)?;
    Ok(standing.map(|standing| (Lifter { account: key, standing }, time_zone)))
}
