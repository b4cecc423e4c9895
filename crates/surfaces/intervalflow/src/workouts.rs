//! `/api/workouts`: exercises put together by the clock. Everybody has the built-in ones, and may add
//! their own, which nobody else sees.

mod body;
mod draft;

use ferrum_domain::access::Identity;
use ferrum_domain::intervals::exercise::MOST_OWN;
use ferrum_domain::intervals::form::{Figure, Form};
use ferrum_domain::intervals::plan::{Plan, Station};
use ferrum_domain::intervals::size::Size;
use ferrum_domain::intervals::workout::ExerciseCopy;
use ferrum_domain::{Error, Result, Violations};
use ferrum_endpoint::{Anyone, Authenticated, Body as _, Done};
use ferrum_store::Tx;
use ferrum_store::interval_workouts::{self, Workout};
use schemars::JsonSchema;
use serde::Serialize;

use crate::dialect::{About, Call, Instant, Many, One, Reply, Said, Sent, account};
use crate::query::{self, Asked};
use body::{Given, WorkoutIn, WorkoutPatch};
use draft::Draft;

/// These endpoints are about workouts.
#[derive(Debug)]
pub enum Workouts {}

impl About for Workouts {
    const NOT_FOUND: &'static str = "Workout not found";
}

/// A workout as lists show it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "WorkoutSummary")]
pub struct SummaryOut {
    #[serde(rename = "_id")]
    id: String,
    name: String,
    description: Option<String>,
    #[schemars(extend("enum" = ["interval", "tabata", "circuit", "emom", "amrap", "ladder", "pyramid"]))]
    form: &'static str,
    /// How long it takes.
    total_seconds: u64,
    /// How many phases its timeline has.
    phase_count: u64,
    /// How many exercises it has.
    exercise_count: usize,
    /// Id of the account that made it; null for a built-in one.
    created_by: Option<String>,
    created_at: Instant,
    updated_at: Instant,
}

impl SummaryOut {
    fn of(workout: &Workout) -> Result<Self> {
        let plan = workout.content.plan();
        let Size { seconds, phases } = size(plan)?;
        Ok(Self {
            id: workout.id.clone(),
            name: workout.name.clone(),
            description: workout.description.clone(),
            form: plan.form().as_str(),
            total_seconds: seconds,
            phase_count: phases,
            exercise_count: plan.stations().len(),
            created_by: workout.created_by.clone(),
            created_at: Instant(workout.created_at),
            updated_at: Instant(workout.updated_at),
        })
    }
}

/// The size of a workout that is kept.
pub(crate) fn size(plan: &Plan) -> Result<Size> {
    Size::of(plan).ok_or_else(|| Error::internal("a workout that is kept is too long"))
}

/// A workout as clients see it. Figures that its form does not have are null.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Workout")]
pub struct WorkoutOut {
    #[serde(flatten)]
    summary: SummaryOut,
    rounds: Option<u32>,
    work_seconds: Option<u32>,
    rest_seconds: Option<u32>,
    round_rest_seconds: Option<u32>,
    minutes: Option<u32>,
    start: Option<u32>,
    step: Option<u32>,
    peak: Option<u32>,
    warm_up_seconds: Option<u32>,
    cool_down_seconds: Option<u32>,
    /// What is done, in order, as it was when it came into the workout.
    exercises: Vec<StationOut>,
}

impl WorkoutOut {
    fn of(workout: &Workout) -> Result<Self> {
        let plan = workout.content.plan();
        let exercises = workout.content.exercises().iter().zip(plan.stations());
        Ok(Self {
            summary: SummaryOut::of(workout)?,
            rounds: plan.figure(Figure::Rounds),
            work_seconds: plan.figure(Figure::WorkSeconds),
            rest_seconds: plan.figure(Figure::RestSeconds),
            round_rest_seconds: plan.figure(Figure::RoundRestSeconds),
            minutes: plan.figure(Figure::Minutes),
            start: plan.figure(Figure::Start),
            step: plan.figure(Figure::Step),
            peak: plan.figure(Figure::Peak),
            warm_up_seconds: plan.figure(Figure::WarmUpSeconds),
            cool_down_seconds: plan.figure(Figure::CoolDownSeconds),
            exercises: exercises.map(StationOut::of).collect(),
        })
    }
}

/// An exercise in its place in a workout.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "WorkoutExercise")]
pub struct StationOut {
    /// Its id, whether or not it still exists.
    exercise_id: String,
    name: String,
    description: String,
    #[schemars(extend("enum" = ["beginner", "intermediate", "advanced"]))]
    difficulty: &'static str,
    #[schemars(extend("enum" = ["cardio", "legs", "glutes", "core", "upper-body", "back", "full-body",
        "mobility", "balance"]))]
    muscle_group: &'static str,
    #[schemars(extend("enum" = ["none", "dumbbells", "mat", "kettlebell", "chair", "resistance-band"]))]
    equipment: &'static str,
    /// Instead of the workout's; null where it has none of its own.
    work_seconds: Option<u32>,
    /// Instead of the workout's; null where it has none of its own.
    rest_seconds: Option<u32>,
    /// How often to do it, if that is said.
    reps: Option<u32>,
}

impl StationOut {
    fn of((exercise, station): (&ExerciseCopy, &Station)) -> Self {
        Self {
            exercise_id: exercise.id.clone(),
            name: exercise.name.clone(),
            description: exercise.description.clone(),
            difficulty: exercise.traits.difficulty.as_str(),
            muscle_group: exercise.traits.muscle_group.as_str(),
            equipment: exercise.traits.equipment.as_str(),
            work_seconds: station.work_seconds,
            rest_seconds: station.rest_seconds,
            reps: station.reps,
        }
    }
}

/// What to list.
#[derive(Debug, JsonSchema)]
#[allow(dead_code, reason = "the schema of a query whose pairs are read one by one")]
pub struct WorkoutQuery {
    /// Only of this form.
    #[schemars(extend("enum" = ["interval", "tabata", "circuit", "emom", "amrap", "ladder", "pyramid"]))]
    form: Option<String>,
}

impl Asked<WorkoutQuery> {
    fn form(&self) -> Result<Option<Form>> {
        let mut violations = Violations::new();
        let form = query::text(self.get()?, "form", "Form", &mut violations)
            .and_then(|text| draft::form(text, &mut violations));
        violations.check().map(|()| form)
    }
}

/// `GET /api/workouts`
pub async fn list(
    call: Call<Workouts, Anyone>,
    query: Asked<WorkoutQuery>,
) -> Reply<Workouts, 200, Many<SummaryOut>> {
    call.read(move |tx, me| {
        let form = query.form()?;
        let all = interval_workouts::list(tx, me.account)?;
        let wanted =
            all.iter().filter(|workout| form.is_none_or(|form| workout.content.plan().form() == form));
        wanted.map(SummaryOut::of).collect::<Result<_>>().map(Many::new)
    })
    .await
}

/// `GET /api/workouts/{id}`
pub async fn get(call: Call<Workouts, Anyone>) -> Reply<Workouts, 200, One<WorkoutOut>> {
    let [id] = call.path_ids();
    call.read(move |tx, me| WorkoutOut::of(&visible(tx, me, &id)?).map(One::new)).await
}

/// `POST /api/workouts`
pub async fn create(sent: Sent<Workouts, Authenticated, WorkoutIn>) -> Reply<Workouts, 201, One<WorkoutOut>> {
    let app = sent.app();
    sent.write(move |tx, me, body| {
        let Draft { name, description, content } = Given::from(body).judge(tx, None)?;
        let account = account(me)?;
        if interval_workouts::count_own(tx, account)? >= MOST_OWN {
            return Err(Error::invalid("", format!("You cannot have more than {MOST_OWN} workouts")));
        }
        let (id, now) = (app.ids.object_id(), app.clock.now());
        let workout = Workout {
            id: id.clone(),
            account: Some(account),
            created_by: None,
            slug: None,
            name,
            description,
            content,
            created_at: now,
            updated_at: now,
        };
        interval_workouts::insert(tx, &workout)?;
        let workout = visible(tx, me, &id)?;
        Ok(Done::new("interval_workouts", id, body.given(), One::new(WorkoutOut::of(&workout)?)))
    })
    .await
}

/// `PUT /api/workouts/{id}`
pub async fn update(
    sent: Sent<Workouts, Authenticated, WorkoutPatch>,
) -> Reply<Workouts, 200, One<WorkoutOut>> {
    let app = sent.app();
    let [id] = sent.path_ids();
    sent.write(move |tx, me, body| {
        let mut workout = own(tx, me, &id)?;
        let given = body.given();
        if !given.is_empty() {
            let Draft { name, description, content } = Given::from(body).judge(tx, Some(&workout))?;
            workout = Workout { name, description, content, updated_at: app.clock.now(), ..workout };
            interval_workouts::update(tx, &workout)?;
        }
        Ok(Done::new("interval_workouts", id.clone(), given, One::new(WorkoutOut::of(&workout)?)))
    })
    .await
}

/// `DELETE /api/workouts/{id}`
pub async fn delete(call: Call<Workouts, Authenticated>) -> Reply<Workouts, 200, Said> {
    let [id] = call.path_ids();
    call.write(move |tx, me| {
        own(tx, me, &id)?;
        interval_workouts::delete(tx, &id)?;
        Ok(Done::new("interval_workouts", id.clone(), vec![], Said::new("Workout deleted successfully")))
    })
    .await
}

/// A workout that the caller may see: a built-in one, one's own, and any to an admin.
pub(crate) fn visible(tx: &mut Tx<'_>, me: &Identity, id: &str) -> Result<Workout> {
    let workout = interval_workouts::find(tx, id)?.ok_or(Error::NotFound)?;
    let is_seen = workout.account.is_none() || workout.account == me.account || me.admin;
    if is_seen { Ok(workout) } else { Err(Error::NotFound) }
}

/// A workout that the caller may change: one's own, and any to an admin.
fn own(tx: &mut Tx<'_>, me: &Identity, id: &str) -> Result<Workout> {
    let workout = visible(tx, me, id)?;
    if workout.account.is_some() || me.admin { Ok(workout) } else { Err(Error::NotFound) }
}
