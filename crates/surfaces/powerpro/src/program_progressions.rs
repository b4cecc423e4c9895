//! `/programs/{programId}/progressions`: which progressions a program applies to which lifts.

use ferrum_domain::Violations;
use ferrum_domain::time::Millis;
use ferrum_endpoint::{Admin, Authenticated, Body as _, Done};
use ferrum_store::program_progressions::{self, ProgramProgression};
use ferrum_store::{lifts, programs, progressions};
use schemars::JsonSchema;
use serde::Serialize;

use crate::dialect::{Call, Reply, Sent};
use crate::fields;

/// Highest priority number, which is the weakest.
const LAST_PRIORITY: i64 = 10_000;

/// A configuration as clients see it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ProgramProgression", extend("examples" = [{
    "id": "0190a0c8-0000-7000-8000-000000000001", "programId": "0190a0c8-0000-7000-8000-000000000002",
    "progressionId": "0190a0c8-0000-7000-8000-000000000003",
    "liftId": "00000000-0000-0000-0000-000000000001", "priority": 1,
    "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z"
}]))]
pub struct ConfigurationOut {
    id: String,
    program_id: String,
    progression_id: String,
    lift_id: Option<String>,
    priority: i64,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Millis,
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Millis,
}

impl From<ProgramProgression> for ConfigurationOut {
    fn from(row: ProgramProgression) -> Self {
        Self {
            id: row.id,
            program_id: row.program_id,
            progression_id: row.progression_id,
            lift_id: row.lift_id,
            priority: row.priority,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

ferrum_endpoint::body! {
    /// A configuration to create.
    pub struct ConfigurationIn {
        /// The progression to apply.
        progression_id: String,
        /// To which lift; to all that are prescribed when null.
        lift_id: String,
        /// The lowest one applies; 0 when absent.
        #[schemars(extend("minimum" = 0, "maximum" = LAST_PRIORITY))]
        priority: i64,
    }
    required ["progressionId"]
    example { "progressionId": "0190a0c8-0000-7000-8000-000000000001", "liftId": null, "priority": 1 }
}

ferrum_endpoint::body! {
    /// What to change of a configuration: absent keeps, a null lift means all.
    pub struct ConfigurationPatch {
        /// Another progression.
        progression_id: String,
        /// Another lift.
        lift_id: String,
        /// Another priority.
        #[schemars(extend("minimum" = 0, "maximum" = LAST_PRIORITY))]
        priority: i64,
    }
    kept ["progressionId", "priority"]
    example { "priority": 2 }
}

/// `GET /programs/{programId}/progressions`
pub async fn list(call: Call<Authenticated>) -> Reply<200, Vec<ConfigurationOut>> {
    let [program_id] = call.path_ids();
    call.read_catalogue(move |tx| {
        let program = programs::get(tx, &program_id)?;
        Ok(program_progressions::list(tx, &program.id)?.into_iter().map(Into::into).collect())
    })
    .await
}

/// `GET /programs/{programId}/progressions/{configId}`
pub async fn get(call: Call<Authenticated>) -> Reply<200, ConfigurationOut> {
    let [program_id, id] = call.path_ids();
    call.read_catalogue(move |tx| Ok(program_progressions::get(tx, &program_id, &id)?.into())).await
}

/// `POST /programs/{programId}/progressions`
pub async fn create(sent: Sent<Admin, ConfigurationIn>) -> Reply<201, ConfigurationOut> {
    let app = sent.app();
    let [program_id] = sent.path_ids();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let progression_id = body.progression_id.required("progressionId", &mut violations);
        let progression = fields::reference(
            tx,
            "progressionId",
            "progression",
            progression_id,
            progressions::find,
            &mut violations,
        )?;
        let lift_id = body.lift_id.optional("liftId", &mut violations);
        let lift = fields::reference(tx, "liftId", "lift", lift_id, lifts::find, &mut violations)?;
        let priority = body.priority.optional("priority", &mut violations);
        let priority = fields::whole("priority", priority, 0..=LAST_PRIORITY, &mut violations);
        let progression = violations.finish(progression)?;
        let program = programs::get(tx, &program_id)?;
        let now = app.clock.now();
        let row = ProgramProgression {
            id: app.ids.uuid(),
            program_id: program.id,
            progression_id: progression.id,
            lift_id: lift.map(|lift| lift.id),
            priority: priority.unwrap_or(0),
            created_at: now,
            updated_at: now,
        };
        program_progressions::insert(tx, &row)?;
        Ok(Done::new("program_progressions", row.id.clone(), body.given(), row.into()))
    })
    .await
}

/// `PUT /programs/{programId}/progressions/{configId}`
pub async fn update(sent: Sent<Admin, ConfigurationPatch>) -> Reply<200, ConfigurationOut> {
    let app = sent.app();
    let [program_id, id] = sent.path_ids();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let progression_id = body.progression_id.kept("progressionId", &mut violations);
        let progression = fields::reference(
            tx,
            "progressionId",
            "progression",
            progression_id,
            progressions::find,
            &mut violations,
        )?;
        let lift_id = body.lift_id.patch("liftId", &mut violations);
        let lift = fields::reference(tx, "liftId", "lift", lift_id.flatten(), lifts::find, &mut violations)?;
        let priority = body.priority.kept("priority", &mut violations);
        let priority = fields::whole("priority", priority, 0..=LAST_PRIORITY, &mut violations);
        violations.check()?;
        let mut row = program_progressions::get(tx, &program_id, &id)?;
        row.progression_id = progression.map_or(row.progression_id, |progression| progression.id);
        if lift_id.is_some() {
            row.lift_id = lift.map(|lift| lift.id);
        }
        row.priority = priority.unwrap_or(row.priority);
        row.updated_at = app.clock.now();
        program_progressions::update(tx, &row)?;
        Ok(Done::new("program_progressions", id.clone(), body.given(), row.into()))
    })
    .await
}

/// `DELETE /programs/{programId}/progressions/{configId}`
pub async fn delete(call: Call<Admin>) -> Reply<204, ()> {
    let [program_id, id] = call.path_ids();
    call.write(move |tx, _| {
        program_progressions::delete(tx, &program_id, &id)?;
        Ok(Done::new("program_progressions", id.clone(), vec![], ()))
    })
    .await
}
