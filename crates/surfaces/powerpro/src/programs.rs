//! `/programs`: a cycle with lookups, to which people enrol.

use ferrum_domain::strength::limits;
use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;
use ferrum_domain::{Result, Violations, parse, slug};
use ferrum_endpoint::{Admin, Asked, Authenticated, Body as _, Done};
use ferrum_store::programs::{self, Program};
use ferrum_store::{Tx, cycles, daily_lookups, weekly_lookups, weeks};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::dialect::{Call, Reply, Sent};
use crate::fields;
use crate::page::{NamedQuery, Page};

/// The longest description, in characters.
const LONGEST_DESCRIPTION: usize = 2_000;

/// A program as lists and changes show it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Program", extend("examples" = [{
    "id": "0190a0c8-0000-7000-8000-000000000001", "name": "Wendler 5/3/1 BBB", "slug": "wendler-531-bbb",
    "description": "Boring But Big variant", "cycleId": "0190a0c8-0000-7000-8000-000000000002",
    "weeklyLookupId": "0190a0c8-0000-7000-8000-000000000003", "dailyLookupId": null, "defaultRounding": 5.0,
    "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z"
}]))]
pub struct ProgramOut {
    id: String,
    name: String,
    slug: String,
    description: Option<String>,
    cycle_id: String,
    weekly_lookup_id: Option<String>,
    daily_lookup_id: Option<String>,
    #[schemars(with = "Option<f64>")]
    default_rounding: Option<Thousandths>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Millis,
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Millis,
}

impl From<Program> for ProgramOut {
    fn from(program: Program) -> Self {
        Self {
            id: program.id,
            name: program.name,
            slug: program.slug,
            description: program.description,
            cycle_id: program.cycle_id,
            weekly_lookup_id: program.weekly_lookup_id,
            daily_lookup_id: program.daily_lookup_id,
            default_rounding: program.default_rounding,
            created_at: program.created_at,
            updated_at: program.updated_at,
        }
    }
}

/// A program with its cycle and the names of its lookups.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ProgramWithCycle", extend("examples" = [{
    "id": "0190a0c8-0000-7000-8000-000000000001", "name": "Wendler 5/3/1 BBB", "slug": "wendler-531-bbb",
    "description": "Boring But Big variant", "cycle": {
        "id": "0190a0c8-0000-7000-8000-000000000002", "name": "4 Week Cycle", "lengthWeeks": 4,
        "weeks": [{ "id": "0190a0c8-0000-7000-8000-000000000004", "weekNumber": 1 }]
    },
    "weeklyLookup": { "id": "0190a0c8-0000-7000-8000-000000000003", "name": "5/3/1 Percentages" },
    "dailyLookup": null, "defaultRounding": 5.0,
    "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z"
}]))]
pub struct ProgramDetail {
    id: String,
    name: String,
    slug: String,
    description: Option<String>,
    cycle: ProgramCycle,
    weekly_lookup: Option<ProgramLookup>,
    daily_lookup: Option<ProgramLookup>,
    #[schemars(with = "Option<f64>")]
    default_rounding: Option<Thousandths>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Millis,
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Millis,
}

/// The cycle of a program, with its weeks by number.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProgramCycle {
    id: String,
    name: String,
    length_weeks: i64,
    weeks: Vec<ProgramWeek>,
}

/// A week of a program's cycle.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProgramWeek {
    id: String,
    week_number: i64,
}

/// A lookup table of a program.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProgramLookup {
    id: String,
    name: String,
}

ferrum_endpoint::body! {
    /// A program to create.
    pub struct ProgramIn {
        /// Name, 1 to 100 characters.
        #[schemars(extend("minLength" = 1))]
        name: String,
        /// URL-friendly identifier, unique.
        #[schemars(extend("minLength" = 1, "maxLength" = slug::MAX_LENGTH))]
        slug: String,
        /// Description, up to 2,000 characters.
        #[schemars(extend("maxLength" = LONGEST_DESCRIPTION))]
        description: String,
        /// Its cycle.
        cycle_id: String,
        /// Its table of percentages by week.
        weekly_lookup_id: String,
        /// Its table of percentages by day.
        daily_lookup_id: String,
        /// What weights are rounded to, e.g. 5 for 5 lb plates.
        #[schemars(extend("exclusiveMinimum" = 0, "maximum" = limits::MAX_WEIGHT))]
        default_rounding: f64,
    }
    required ["name", "slug", "cycleId"]
    example {
        "name": "Wendler 5/3/1 BBB", "slug": "my-531", "description": "Boring But Big variant",
        "cycleId": "0190a0c8-0000-7000-8000-000000000001", "weeklyLookupId": null, "dailyLookupId": null,
        "defaultRounding": 5.0
    }
}

ferrum_endpoint::body! {
    /// What to change of a program: absent keeps, null clears.
    pub struct ProgramPatch {
        /// New name.
        #[schemars(extend("minLength" = 1))]
        name: String,
        /// New slug.
        #[schemars(extend("minLength" = 1, "maxLength" = slug::MAX_LENGTH))]
        slug: String,
        /// New description.
        #[schemars(extend("maxLength" = LONGEST_DESCRIPTION))]
        description: String,
        /// New cycle.
        cycle_id: String,
        /// New table of percentages by week.
        weekly_lookup_id: String,
        /// New table of percentages by day.
        daily_lookup_id: String,
        /// New rounding.
        #[schemars(extend("exclusiveMinimum" = 0, "maximum" = limits::MAX_WEIGHT))]
        default_rounding: f64,
    }
    kept ["name", "slug", "cycleId"]
    example { "name": "5/3/1 for Beginners", "defaultRounding": 2.5 }
}

/// `GET /programs`
pub async fn list(call: Call<Authenticated>, query: Asked<NamedQuery>) -> Reply<200, Page<ProgramOut>> {
    call.read_catalogue(move |tx| {
        let mut violations = Violations::new();
        let (window, sort, order) = query.get()?.read(&mut violations);
        violations.check()?;
        Ok(Page::new(window, programs::list(tx, sort, order, window)?, ProgramOut::from))
    })
    .await
}

/// `GET /programs/{id}`
pub async fn get(call: Call<Authenticated>) -> Reply<200, ProgramDetail> {
    let [id] = call.path_ids();
    call.read_catalogue(move |tx| {
        let program = programs::get(tx, &id)?;
        detail(tx, program)
    })
    .await
}

/// `POST /programs`
pub async fn create(sent: Sent<Admin, ProgramIn>) -> Reply<201, ProgramOut> {
    let app = sent.app();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let v = &mut violations;
        let name = fields::name("name", body.name.required("name", v), v);
        let slug = fields::slug("slug", body.slug.required("slug", v), v);
        let description = description(body.description.optional("description", v), v);
        let cycle_id = body.cycle_id.required("cycleId", v);
        let cycle = fields::reference(tx, "cycleId", "cycle", cycle_id, cycles::find, v)?;
        let weekly = body.weekly_lookup_id.optional("weeklyLookupId", v);
        let weekly =
            fields::reference(tx, "weeklyLookupId", "weekly lookup", weekly, weekly_lookups::find, v)?;
        let daily = body.daily_lookup_id.optional("dailyLookupId", v);
        let daily = fields::reference(tx, "dailyLookupId", "daily lookup", daily, daily_lookups::find, v)?;
        let default_rounding = rounding(body.default_rounding.optional("defaultRounding", v), v);
        let now = app.clock.now();
        let program = violations.finish(name.zip(slug).zip(cycle).map(|((name, slug), cycle)| Program {
            id: app.ids.uuid(),
            name,
            slug,
            description,
            cycle_id: cycle.id,
            weekly_lookup_id: weekly.map(|lookup| lookup.id),
            daily_lookup_id: daily.map(|lookup| lookup.id),
            default_rounding,
            created_at: now,
            updated_at: now,
        }))?;
        programs::insert(tx, &program)?;
        Ok(Done::new("programs", program.id.clone(), body.given(), program.into()))
    })
    .await
}

/// `PUT /programs/{id}`
pub async fn update(sent: Sent<Admin, ProgramPatch>) -> Reply<200, ProgramOut> {
    let app = sent.app();
    let [id] = sent.path_ids();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let v = &mut violations;
        let name = fields::name("name", body.name.kept("name", v), v);
        let slug = fields::slug("slug", body.slug.kept("slug", v), v);
        let described = body.description.patch("description", v);
        let description = described.map(|text| description(text, v));
        let cycle_id = body.cycle_id.kept("cycleId", v);
        let cycle = fields::reference(tx, "cycleId", "cycle", cycle_id, cycles::find, v)?;
        let weekly = body.weekly_lookup_id.patch("weeklyLookupId", v);
        let weekly_row = fields::reference(
            tx,
            "weeklyLookupId",
            "weekly lookup",
            weekly.flatten(),
            weekly_lookups::find,
            v,
        )?;
        let daily = body.daily_lookup_id.patch("dailyLookupId", v);
        let daily_row =
            fields::reference(tx, "dailyLookupId", "daily lookup", daily.flatten(), daily_lookups::find, v)?;
        let rounded = body.default_rounding.patch("defaultRounding", v);
        let rounded = rounded.map(|step| rounding(step, v));
        violations.check()?;
        let mut program = programs::get(tx, &id)?;
        program.name = name.unwrap_or(program.name);
        program.slug = slug.unwrap_or(program.slug);
        program.description = description.unwrap_or(program.description);
        program.cycle_id = cycle.map_or(program.cycle_id, |cycle| cycle.id);
        if weekly.is_some() {
            program.weekly_lookup_id = weekly_row.map(|lookup| lookup.id);
        }
        if daily.is_some() {
            program.daily_lookup_id = daily_row.map(|lookup| lookup.id);
        }
        program.default_rounding = rounded.unwrap_or(program.default_rounding);
        program.updated_at = app.clock.now();
        programs::update(tx, &program)?;
        Ok(Done::new("programs", id.clone(), body.given(), program.into()))
    })
    .await
}

/// `DELETE /programs/{id}`
pub async fn delete(call: Call<Admin>) -> Reply<204, ()> {
    let [id] = call.path_ids();
    call.write(move |tx, _| {
        programs::delete(tx, &id)?;
        Ok(Done::new("programs", id.clone(), vec![], ()))
    })
    .await
}

fn detail(tx: &mut Tx<'_>, program: Program) -> Result<ProgramDetail> {
    let cycle = cycles::get(tx, &program.cycle_id)?;
    let weeks = weeks::list_of_cycle(tx, &cycle.id)?;
    let weekly = program.weekly_lookup_id.as_deref().map(|id| weekly_lookups::get(tx, id)).transpose()?;
    let daily = program.daily_lookup_id.as_deref().map(|id| daily_lookups::get(tx, id)).transpose()?;
    Ok(ProgramDetail {
        id: program.id,
        name: program.name,
        slug: program.slug,
        description: program.description,
        cycle: ProgramCycle {
            id: cycle.id,
            name: cycle.name,
            length_weeks: cycle.length_weeks,
            weeks: weeks.into_iter().map(|w| ProgramWeek { id: w.id, week_number: w.number }).collect(),
        },
        weekly_lookup: weekly.map(|lookup| ProgramLookup { id: lookup.id, name: lookup.name }),
        daily_lookup: daily.map(|lookup| ProgramLookup { id: lookup.id, name: lookup.name }),
        default_rounding: program.default_rounding,
        created_at: program.created_at,
        updated_at: program.updated_at,
    })
}

/// A description; an empty one is none.
fn description(text: Option<&String>, violations: &mut Violations) -> Option<String> {
    parse::prose("description", text?, LONGEST_DESCRIPTION, violations).filter(|text| !text.is_empty())
}

fn rounding(step: Option<&f64>, violations: &mut Violations) -> Option<Thousandths> {
    limits::weight("defaultRounding", &Value::from(*step?), violations)
}
