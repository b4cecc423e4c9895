//! `/days`: training days, each an ordered list of prescriptions.

use std::collections::HashSet;

use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result, Violations, parse, slug};
use ferrum_endpoint::{Admin, Asked, Authenticated, Body as _, Done};
use ferrum_store::Tx;
use ferrum_store::days::{self, Day, DayPrescription, Filter};
use ferrum_store::{prescriptions, programs};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::dialect::{Call, Reply, Sent};
use crate::fields;
use crate::page::{NamedQuery, Page};

/// A day as clients see it in lists and after a change of its own fields.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Day", extend("examples" = [{
    "id": "0190a0c8-0000-7000-8000-000000000001", "name": "Squat Day", "slug": "squat-day",
    "metadata": { "focus": "legs" }, "programId": "0190a0c8-0000-7000-8000-000000000002",
    "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z"
}]))]
pub struct DayOut {
    id: String,
    name: String,
    slug: String,
    metadata: Option<Map<String, Value>>,
    program_id: Option<String>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Millis,
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Millis,
}

/// A day with its prescriptions, in their order.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DayWithPrescriptions", extend("examples" = [{
    "id": "0190a0c8-0000-7000-8000-000000000001", "name": "Squat Day", "slug": "squat-day",
    "metadata": { "focus": "legs" }, "programId": "0190a0c8-0000-7000-8000-000000000002",
    "prescriptions": [{
        "id": "0190a0c8-0000-7000-8000-000000000003",
        "prescriptionId": "0190a0c8-0000-7000-8000-000000000004",
        "order": 1, "createdAt": "2024-01-01T00:00:00Z"
    }],
    "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z"
}]))]
pub struct DayDetail {
    #[serde(flatten)]
    day: DayOut,
    prescriptions: Vec<DayPrescriptionOut>,
}

/// The place of a prescription in a day.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "DayPrescription")]
pub struct DayPrescriptionOut {
    id: String,
    prescription_id: String,
    order: i64,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Millis,
}

impl From<Day> for DayOut {
    fn from(day: Day) -> Self {
        Self {
            id: day.id,
            name: day.name,
            slug: day.slug,
            metadata: day.metadata,
            program_id: day.program_id,
            created_at: day.created_at,
            updated_at: day.updated_at,
        }
    }
}

impl From<DayPrescription> for DayPrescriptionOut {
    fn from(place: DayPrescription) -> Self {
        Self {
            id: place.id,
            prescription_id: place.prescription_id,
            order: place.order,
            created_at: place.created_at,
        }
    }
}

ferrum_endpoint::body! {
    /// A day to create.
    pub struct DayIn {
        /// Name, 1 to 100 characters.
        #[schemars(extend("minLength" = 1))]
        name: String,
        /// URL-friendly identifier, unique in its program; made from the name when absent.
        #[schemars(extend("minLength" = 1, "maxLength" = slug::MAX_LENGTH))]
        slug: String,
        /// Anything of your own. `weekday` names the entry of a daily lookup when the slug does not.
        metadata: Map<String, Value>,
        /// The program that the day belongs to; none when absent.
        program_id: String,
    }
    required ["name"]
    example { "name": "Squat Day", "slug": "squat-day", "metadata": { "focus": "legs" } }
}

ferrum_endpoint::body! {
    /// What to change of a day: absent keeps, null clears.
    pub struct DayPatch {
        /// New name.
        #[schemars(extend("minLength" = 1))]
        name: String,
        /// New slug.
        #[schemars(extend("minLength" = 1, "maxLength" = slug::MAX_LENGTH))]
        slug: String,
        /// New metadata, in place of the whole of the old.
        metadata: Map<String, Value>,
        /// True removes the metadata, whatever `metadata` says.
        clear_metadata: bool,
        /// New program.
        program_id: String,
        /// True takes the day out of its program, whatever `programId` says.
        clear_program_id: bool,
    }
    kept ["name", "slug"]
    example {
        "name": "Heavy Squat Day", "slug": "heavy-squat-day", "metadata": { "focus": "strength" },
        "clearMetadata": false, "clearProgramId": true
    }
}

ferrum_endpoint::body! {
    /// A prescription to put on a day.
    pub struct DayPrescriptionIn {
        /// The prescription.
        prescription_id: String,
        /// Its place, from 0; behind the last when absent.
        #[schemars(extend("minimum" = 0, "maximum" = fields::LAST_PLACE))]
        order: i64,
    }
    required ["prescriptionId"]
    example { "prescriptionId": "0190a0c8-0000-7000-8000-000000000001", "order": 1 }
}

ferrum_endpoint::body! {
    /// All prescriptions of a day in their new order.
    pub struct Reordering {
        /// Each prescription of the day once.
        #[schemars(extend("maxItems" = parse::LIST_LIMIT))]
        prescription_ids: Vec<String>,
    }
    required ["prescriptionIds"]
    example { "prescriptionIds": ["0190a0c8-0000-7000-8000-000000000001"] }
}

/// What to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct DayQuery {
    #[serde(flatten)]
    named: NamedQuery,
    /// Only the days of this program.
    program_id: Option<String>,
}

/// Where to look for a slug.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct DayScope {
    /// The program whose day is meant; else a day without program, else the oldest of any.
    program_id: Option<String>,
}

/// `GET /days`
pub async fn list(call: Call<Authenticated>, query: Asked<DayQuery>) -> Reply<200, Page<DayOut>> {
    call.read_catalogue(move |tx| {
        let query = query.get()?;
        let mut violations = Violations::new();
        let (window, sort, order) = query.named.read(&mut violations);
        violations.check()?;
        let filter = Filter { program_id: query.program_id.clone() };
        let rows = days::list(tx, &filter, sort, order, window)?;
        Ok(Page::new(window, rows, DayOut::from))
    })
    .await
}

/// `GET /days/{id}`
pub async fn get(call: Call<Authenticated>) -> Reply<200, DayDetail> {
    let [id] = call.path_ids();
    call.read_catalogue(move |tx| {
        let day = days::get(tx, &id)?;
        detail(tx, day)
    })
    .await
}

/// `GET /days/by-slug/{slug}`
pub async fn get_by_slug(call: Call<Authenticated>, query: Asked<DayScope>) -> Reply<200, DayDetail> {
    let [slug] = call.path_ids();
    call.read_catalogue(move |tx| {
        let scope = query.get()?;
        let day = days::find_by_slug(tx, &slug, scope.program_id.as_deref())?.ok_or(Error::NotFound)?;
        detail(tx, day)
    })
    .await
}

/// `POST /days`
pub async fn create(sent: Sent<Admin, DayIn>) -> Reply<201, DayOut> {
    let app = sent.app();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let name = fields::name("name", body.name.required("name", &mut violations), &mut violations);
        let slug = fields::slug_or_from_name(&body.slug, name.as_deref(), &mut violations);
        let metadata = metadata(body.metadata.optional("metadata", &mut violations), &mut violations);
        let program = body.program_id.optional("programId", &mut violations);
        let program_id =
            fields::reference(tx, "programId", "program", program, programs::find, &mut violations)?
                .map(|program| program.id);
        let now = app.clock.now();
        let day = violations.finish(name.zip(slug).map(|(name, slug)| Day {
            id: app.ids.uuid(),
            name,
            slug,
            metadata,
            program_id,
            created_at: now,
            updated_at: now,
        }))?;
        days::insert(tx, &day)?;
        Ok(Done::new("days", day.id.clone(), body.given(), day.into()))
    })
    .await
}

/// `PUT /days/{id}`
pub async fn update(sent: Sent<Admin, DayPatch>) -> Reply<200, DayOut> {
    let app = sent.app();
    let [id] = sent.path_ids();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let name = fields::name("name", body.name.kept("name", &mut violations), &mut violations);
        let slug = fields::slug("slug", body.slug.kept("slug", &mut violations), &mut violations);
        let new_metadata = body.metadata.patch("metadata", &mut violations);
        let clear_metadata = body.clear_metadata.optional("clearMetadata", &mut violations) == Some(&true);
        let program = body.program_id.patch("programId", &mut violations);
        let clear_program = body.clear_program_id.optional("clearProgramId", &mut violations) == Some(&true);
        let new_metadata = if clear_metadata { Some(None) } else { new_metadata };
        let metadata = new_metadata.map(|map| metadata(map, &mut violations));
        let program = if clear_program { Some(None) } else { program };
        let program_id = fields::reference(
            tx,
            "programId",
            "program",
            program.flatten(),
            programs::find,
            &mut violations,
        )?
        .map(|program| program.id);
        violations.check()?;
        let mut day = days::get(tx, &id)?;
        day.name = name.unwrap_or(day.name);
        day.slug = slug.unwrap_or(day.slug);
        day.metadata = metadata.unwrap_or(day.metadata);
        day.program_id = if program.is_some() { program_id } else { day.program_id };
        day.updated_at = app.clock.now();
        days::update(tx, &day)?;
        Ok(Done::new("days", id.clone(), body.given(), day.into()))
    })
    .await
}

/// `DELETE /days/{id}`
pub async fn delete(call: Call<Admin>) -> Reply<204, ()> {
    let [id] = call.path_ids();
    call.write(move |tx, _| {
        days::delete(tx, &id)?;
        Ok(Done::new("days", id.clone(), vec![], ()))
    })
    .await
}

/// `POST /days/{id}/prescriptions`
pub async fn add_prescription(sent: Sent<Admin, DayPrescriptionIn>) -> Reply<201, DayDetail> {
    let app = sent.app();
    let [id] = sent.path_ids();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let named = body.prescription_id.required("prescriptionId", &mut violations);
        let given = body.order.optional("order", &mut violations);
        let order = fields::whole("order", given, 0..=fields::LAST_PLACE, &mut violations);
        let prescription = fields::reference(
            tx,
            "prescriptionId",
            "prescription",
            named,
            prescriptions::find,
            &mut violations,
        )?;
        let prescription = violations.finish(prescription)?;
        let day = days::get(tx, &id)?;
        let places = days::prescriptions(tx, &id)?;
        fields::room("prescriptions", places.len())?;
        let order = order.unwrap_or_else(|| places.last().map_or(0, |last| last.order + 1));
        let place = DayPrescription {
            id: app.ids.uuid(),
            day_id: id.clone(),
            prescription_id: prescription.id,
            order,
            created_at: app.clock.now(),
        };
        days::insert_prescription(tx, &place)?;
        Ok(Done::new("day_prescriptions", place.id, body.given(), detail(tx, day)?))
    })
    .await
}

/// `DELETE /days/{id}/prescriptions/{prescriptionId}`
pub async fn remove_prescription(call: Call<Admin>) -> Reply<204, ()> {
    let [id, prescription_id] = call.path_ids();
    call.write(move |tx, _| {
        days::delete_prescription(tx, &id, &prescription_id)?;
        Ok(Done::new("days", id.clone(), vec!["prescriptions"], ()))
    })
    .await
}

/// `PUT /days/{id}/prescriptions/reorder`
pub async fn reorder(sent: Sent<Admin, Reordering>) -> Reply<200, DayDetail> {
    let [id] = sent.path_ids();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let given = body.prescription_ids.required("prescriptionIds", &mut violations);
        if given.is_some_and(|ids| ids.len() > parse::LIST_LIMIT) {
            violations.add("prescriptionIds", format!("must have at most {} entries", parse::LIST_LIMIT));
        }
        let ids = violations.finish(given)?;
        let day = days::get(tx, &id)?;
        let places = days::prescriptions(tx, &id)?;
        if !is_permutation(ids, &places) {
            return Err(Error::invalid("prescriptionIds", "must name each prescription of the day once"));
        }
        days::reorder(tx, &id, ids)?;
        Ok(Done::new("days", id.clone(), vec!["prescriptions"], detail(tx, day)?))
    })
    .await
}

/// Metadata is its author's, but for lists that nobody needs.
fn metadata(map: Option<&Map<String, Value>>, violations: &mut Violations) -> Option<Map<String, Value>> {
    for (name, member) in map? {
        parse::short_lists(&format!("metadata.{name}"), member, violations);
    }
    map.cloned()
}

fn is_permutation(ids: &[String], places: &[DayPrescription]) -> bool {
    let given: HashSet<&str> = ids.iter().map(String::as_str).collect();
    given.len() == ids.len()
        && ids.len() == places.len()
        && places.iter().all(|place| given.contains(place.prescription_id.as_str()))
}

fn detail(tx: &mut Tx<'_>, day: Day) -> Result<DayDetail> {
    let prescriptions = days::prescriptions(tx, &day.id)?.into_iter().map(Into::into).collect();
    Ok(DayDetail { day: day.into(), prescriptions })
}
