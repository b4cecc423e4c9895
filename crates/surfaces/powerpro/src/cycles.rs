//! `/cycles`: how many weeks a program takes before it starts again.

use ferrum_domain::Violations;
use ferrum_domain::strength::limits::MAX_WEEKS;
use ferrum_domain::time::Millis;
use ferrum_endpoint::{Admin, Asked, Authenticated, Body as _, Done};
use ferrum_store::cycles::{self, Cycle};
use schemars::JsonSchema;
use serde::Serialize;

use crate::dialect::{Call, Reply, Sent};
use crate::fields;
use crate::page::{NamedQuery, Page};

/// A cycle as clients see it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Cycle", extend("examples" = [{
    "id": "0190a0c8-0000-7000-8000-000000000001", "name": "4 Week Cycle", "lengthWeeks": 4,
    "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z"
}]))]
pub struct CycleOut {
    id: String,
    name: String,
    length_weeks: i64,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Millis,
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Millis,
}

impl From<Cycle> for CycleOut {
    fn from(cycle: Cycle) -> Self {
        Self {
            id: cycle.id,
            name: cycle.name,
            length_weeks: cycle.length_weeks,
            created_at: cycle.created_at,
            updated_at: cycle.updated_at,
        }
    }
}

ferrum_endpoint::body! {
    /// A cycle to create.
    pub struct CycleIn {
        /// Name, 1 to 100 characters.
        #[schemars(extend("minLength" = 1))]
        name: String,
        /// How many weeks it has, 1 to 500.
        #[schemars(extend("minimum" = 1, "maximum" = MAX_WEEKS))]
        length_weeks: i64,
    }
    required ["name", "lengthWeeks"]
    example { "name": "4 Week Cycle", "lengthWeeks": 4 }
}

ferrum_endpoint::body! {
    /// What to change of a cycle; absent keeps.
    pub struct CyclePatch {
        /// New name.
        #[schemars(extend("minLength" = 1))]
        name: String,
        /// New length; lifters beyond it go on from its last week.
        #[schemars(extend("minimum" = 1, "maximum" = MAX_WEEKS))]
        length_weeks: i64,
    }
    kept ["name", "lengthWeeks"]
    example { "name": "5 Week Cycle", "lengthWeeks": 5 }
}

/// `GET /cycles`
pub async fn list(call: Call<Authenticated>, query: Asked<NamedQuery>) -> Reply<200, Page<CycleOut>> {
    call.read_catalogue(move |tx| {
        let mut violations = Violations::new();
        let (window, sort, order) = query.get()?.read(&mut violations);
        violations.check()?;
        Ok(Page::new(window, cycles::list(tx, sort, order, window)?, CycleOut::from))
    })
    .await
}

/// `GET /cycles/{id}`
pub async fn get(call: Call<Authenticated>) -> Reply<200, CycleOut> {
    let [id] = call.path_ids();
    call.read_catalogue(move |tx| Ok(cycles::get(tx, &id)?.into())).await
}

/// `POST /cycles`
pub async fn create(sent: Sent<Admin, CycleIn>) -> Reply<201, CycleOut> {
    let app = sent.app();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let name = fields::name("name", body.name.required("name", &mut violations), &mut violations);
        let length = body.length_weeks.required("lengthWeeks", &mut violations);
        let length = fields::whole("lengthWeeks", length, 1..=MAX_WEEKS, &mut violations);
        let now = app.clock.now();
        let cycle = violations.finish(name.zip(length).map(|(name, length_weeks)| Cycle {
            id: app.ids.uuid(),
            name,
            length_weeks,
            created_at: now,
            updated_at: now,
        }))?;
        cycles::insert(tx, &cycle)?;
        Ok(Done::new("cycles", cycle.id.clone(), body.given(), cycle.into()))
    })
    .await
}

/// `PUT /cycles/{id}`
pub async fn update(sent: Sent<Admin, CyclePatch>) -> Reply<200, CycleOut> {
    let app = sent.app();
    let [id] = sent.path_ids();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let name = fields::name("name", body.name.kept("name", &mut violations), &mut violations);
        let length = body.length_weeks.kept("lengthWeeks", &mut violations);
        let length = fields::whole("lengthWeeks", length, 1..=MAX_WEEKS, &mut violations);
        violations.check()?;
        let mut cycle = cycles::get(tx, &id)?;
        cycle.name = name.unwrap_or(cycle.name);
        cycle.length_weeks = length.unwrap_or(cycle.length_weeks);
        cycle.updated_at = app.clock.now();
        cycles::update(tx, &cycle)?;
        Ok(Done::new("cycles", id.clone(), body.given(), cycle.into()))
    })
    .await
}

/// `DELETE /cycles/{id}`
pub async fn delete(call: Call<Admin>) -> Reply<204, ()> {
    let [id] = call.path_ids();
    call.write(move |tx, _| {
        cycles::delete(tx, &id)?;
        Ok(Done::new("cycles", id.clone(), vec![], ()))
    })
    .await
}
