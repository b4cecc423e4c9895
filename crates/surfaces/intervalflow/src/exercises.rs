//! `/api/exercises`: what is done by the clock. Everybody has the built-in ones, and may add their own.

mod facts;

use ferrum_app::App;
use ferrum_domain::access::Identity;
use ferrum_domain::intervals::exercise::{Difficulty, Equipment, MOST_OWN, MuscleGroup, USUAL_DURATION};
use ferrum_domain::{Error, Result, Violations};
use ferrum_endpoint::{Anyone, Authenticated, Body as _, Done, Rendered};
use ferrum_store::Tx;
use ferrum_store::accounts::Reader;
use ferrum_store::interval_exercises::{self, Exercise, Filter};
use schemars::JsonSchema;
use serde::Serialize;

use crate::decimal::Decimal;
use crate::dialect::{About, Call, Instant, Many, One, Reply, Said, Sent, account};
use crate::query::{self, Asked};
use facts::{Facts, Given};

/// These endpoints are about exercises.
#[derive(Debug)]
pub enum Exercises {}

impl About for Exercises {
    const NOT_FOUND: &'static str = "Exercise not found";
}

/// An exercise as clients see it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Exercise")]
pub struct ExerciseOut {
    #[serde(rename = "_id")]
    id: String,
    name: String,
    description: String,
    #[schemars(extend("enum" = ["beginner", "intermediate", "advanced"]))]
    difficulty: &'static str,
    #[schemars(extend("enum" = ["cardio", "legs", "glutes", "core", "upper-body", "back", "full-body",
        "mobility", "balance"]))]
    muscle_group: &'static str,
    /// Seconds.
    duration: Decimal,
    #[schemars(extend("enum" = ["none", "dumbbells", "mat", "kettlebell", "chair", "resistance-band"]))]
    equipment: &'static str,
    /// Id of the account that made it; null for a built-in one.
    created_by: Option<String>,
    created_at: Instant,
    updated_at: Instant,
}

impl From<Exercise> for ExerciseOut {
    fn from(exercise: Exercise) -> Self {
        Self {
            id: exercise.id,
            name: exercise.name,
            description: exercise.description,
            difficulty: exercise.difficulty.as_str(),
            muscle_group: exercise.muscle_group.as_str(),
            duration: Decimal(exercise.duration),
            equipment: exercise.equipment.as_str(),
            created_by: exercise.created_by,
            created_at: Instant(exercise.created_at),
            updated_at: Instant(exercise.updated_at),
        }
    }
}

ferrum_endpoint::body! {
    /// An exercise to create. Words are read without regard to case.
    pub struct ExerciseIn {
        /// Name, at most 100 characters.
        name: String,
        /// How it is done, at most 500 characters.
        description: String,
        /// How hard it is.
        #[schemars(extend("enum" = ["beginner", "intermediate", "advanced"]))]
        difficulty: String,
        /// What it is for.
        #[schemars(extend("enum" = ["cardio", "legs", "glutes", "core", "upper-body", "back", "full-body",
            "mobility", "balance"]))]
        muscle_group: String,
        /// 10 to 300 seconds; 30 when absent.
        duration: f64,
        /// What it needs; none when absent.
        #[schemars(extend("enum" = ["none", "dumbbells", "mat", "kettlebell", "chair", "resistance-band", null]))]
        equipment: String,
    }
    required ["name", "description", "difficulty", "muscleGroup"]
    example {
        "name": "Mountain Climbers",
        "description": "From a high plank run the knees towards your chest, one after the other.",
        "difficulty": "intermediate",
        "muscleGroup": "full-body",
        "duration": 30,
        "equipment": "none"
    }
}

ferrum_endpoint::body! {
    /// What to change of an exercise: what is absent stays as it is.
    pub struct ExercisePatch {
        /// New name.
        name: String,
        /// New description.
        description: String,
        /// New difficulty.
        #[schemars(extend("enum" = ["beginner", "intermediate", "advanced"]))]
        difficulty: String,
        /// New muscle group.
        #[schemars(extend("enum" = ["cardio", "legs", "glutes", "core", "upper-body", "back", "full-body",
            "mobility", "balance"]))]
        muscle_group: String,
        /// New duration in seconds.
        duration: f64,
        /// New equipment.
        #[schemars(extend("enum" = ["none", "dumbbells", "mat", "kettlebell", "chair", "resistance-band"]))]
        equipment: String,
    }
    kept ["name", "description", "difficulty", "muscleGroup", "duration", "equipment"]
    example { "duration": 45, "difficulty": "advanced" }
}

/// What to list.
#[derive(Debug, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "the schema of a query whose pairs are read one by one")]
pub struct ExerciseQuery {
    /// Only of this difficulty.
    #[schemars(extend("enum" = ["beginner", "intermediate", "advanced"]))]
    difficulty: Option<String>,
    /// Only for this muscle group.
    #[schemars(extend("enum" = ["cardio", "legs", "glutes", "core", "upper-body", "back", "full-body",
        "mobility", "balance"]))]
    muscle_group: Option<String>,
    /// Only with this equipment.
    #[schemars(extend("enum" = ["none", "dumbbells", "mat", "kettlebell", "chair", "resistance-band"]))]
    equipment: Option<String>,
}

impl Asked<ExerciseQuery> {
    fn filter(&self) -> Result<Filter> {
        let pairs = self.get()?;
        let mut violations = Violations::new();
        let difficulty = query::text(pairs, "difficulty", "Difficulty", &mut violations)
            .and_then(|text| facts::difficulty(text, &mut violations));
        let muscle_group = query::text(pairs, "muscleGroup", "Muscle group", &mut violations)
            .and_then(|text| facts::muscle_group(text, &mut violations));
        let equipment = query::text(pairs, "equipment", "Equipment", &mut violations)
            .and_then(|text| facts::equipment(text, &mut violations));
        violations.check()?;
        Ok(Filter { difficulty, muscle_group, equipment })
    }
}

/// `GET /api/exercises`
pub async fn list(
    call: Call<Exercises, Anyone>,
    query: Asked<ExerciseQuery>,
) -> Reply<Exercises, 200, Many<ExerciseOut>> {
    let app = call.app();
    call.read_rendered(move |tx, reader| {
        let filter = query.filter()?;
        match reader.me.account {
            Some(account) if interval_exercises::count_own(tx, account)? > 0 => {
                Rendered::new(&listed(tx, filter, Some(account))?)
            }
            _ => built_in(tx, reader, filter, &app),
        }
    })
    .await
}

/// The built-in ones alone, which are rendered once per version of the catalogue.
fn built_in(
    tx: &mut Tx<'_>,
    reader: &Reader,
    filter: Filter,
    app: &App,
) -> Result<Rendered<Many<ExerciseOut>>> {
    let (version, name) = (reader.catalogue_version(tx)?, name(filter));
    if let Some(body) = app.catalogue.exercises.get(version, &name) {
        return Ok(Rendered::kept(body));
    }
    let rendered = Rendered::new(&listed(tx, filter, None)?)?;
    app.catalogue.exercises.put(version, &name, &rendered.body());
    Ok(rendered)
}

/// The same for every spelling of a filter.
fn name(filter: Filter) -> String {
    let difficulty = filter.difficulty.map_or("", Difficulty::as_str);
    let muscle_group = filter.muscle_group.map_or("", MuscleGroup::as_str);
    let equipment = filter.equipment.map_or("", Equipment::as_str);
    [difficulty, muscle_group, equipment].join("/")
}

fn listed(tx: &mut Tx<'_>, filter: Filter, account: Option<i64>) -> Result<Many<ExerciseOut>> {
    let rows = interval_exercises::list(tx, filter, account)?;
    Ok(Many::new(rows.into_iter().map(ExerciseOut::from).collect()))
}

/// `GET /api/exercises/{id}`
pub async fn get(call: Call<Exercises, Anyone>) -> Reply<Exercises, 200, One<ExerciseOut>> {
    let [id] = call.path_ids();
    call.read(move |tx, _| Ok(One::new(interval_exercises::get(tx, &id)?.into()))).await
}

/// `POST /api/exercises`
pub async fn create(
    sent: Sent<Exercises, Authenticated, ExerciseIn>,
) -> Reply<Exercises, 201, One<ExerciseOut>> {
    let app = sent.app();
    sent.write(move |tx, me, body| {
        let mut violations = Violations::new();
        let facts = Given::from(body).judge(&mut violations);
        violations.check()?;
        let exercise = new(facts, me, &app)?;
        // One of two writes at once counts after the other, or is run again.
        if interval_exercises::count_own(tx, account(me)?)? >= MOST_OWN {
            return Err(Error::invalid("", format!("You cannot have more than {MOST_OWN} exercises")));
        }
        interval_exercises::insert(tx, &exercise)?;
        let exercise = interval_exercises::get(tx, &exercise.id)?;
        Ok(Done::new("interval_exercises", exercise.id.clone(), body.given(), One::new(exercise.into())))
    })
    .await
}

/// `PUT /api/exercises/{id}`
pub async fn update(
    sent: Sent<Exercises, Authenticated, ExercisePatch>,
) -> Reply<Exercises, 200, One<ExerciseOut>> {
    let app = sent.app();
    let [id] = sent.path_ids();
    sent.write(move |tx, me, body| {
        let mut violations = Violations::new();
        let facts = Given::from(body).judge(&mut violations);
        violations.check()?;
        let mut exercise = own(tx, me, &id)?;
        let given = body.given();
        if !given.is_empty() {
            exercise.name = facts.name.unwrap_or(exercise.name);
            exercise.description = facts.description.unwrap_or(exercise.description);
            exercise.difficulty = facts.difficulty.unwrap_or(exercise.difficulty);
            exercise.muscle_group = facts.muscle_group.unwrap_or(exercise.muscle_group);
            exercise.duration = facts.duration.unwrap_or(exercise.duration);
            exercise.equipment = facts.equipment.unwrap_or(exercise.equipment);
            exercise.updated_at = app.clock.now();
            interval_exercises::update(tx, &exercise)?;
        }
        Ok(Done::new("interval_exercises", id.clone(), given, One::new(exercise.into())))
    })
    .await
}

/// `DELETE /api/exercises/{id}`
pub async fn delete(call: Call<Exercises, Authenticated>) -> Reply<Exercises, 200, Said> {
    let [id] = call.path_ids();
    call.write(move |tx, me| {
        let exercise = own(tx, me, &id)?;
        interval_exercises::delete(tx, &exercise)?;
        let said = Said::new("Exercise deleted successfully");
        Ok(Done::new("interval_exercises", id.clone(), vec![], said))
    })
    .await
}

fn new(facts: Facts, me: &Identity, app: &App) -> Result<Exercise> {
    let missing = || Error::internal("an exercise lacks what it must have");
    let now = app.clock.now();
    Ok(Exercise {
        id: app.ids.object_id(),
        account: Some(account(me)?),
        created_by: None,
        slug: None,
        movement_id: None,
        name: facts.name.ok_or_else(missing)?,
        description: facts.description.ok_or_else(missing)?,
        difficulty: facts.difficulty.ok_or_else(missing)?,
        muscle_group: facts.muscle_group.ok_or_else(missing)?,
        duration: facts.duration.unwrap_or(USUAL_DURATION),
        equipment: facts.equipment.unwrap_or(Equipment::None),
        created_at: now,
        updated_at: now,
    })
}

/// An exercise that the caller may change: to others than its maker and admins it does not exist.
fn own(tx: &mut Tx<'_>, me: &Identity, id: &str) -> Result<Exercise> {
    let exercise = interval_exercises::get(tx, id)?;
    let is_mine = exercise.account.is_some() && exercise.account == me.account;
    if is_mine || me.admin { Ok(exercise) } else { Err(Error::NotFound) }
}
