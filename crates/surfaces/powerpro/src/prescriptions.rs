//! `/prescriptions`: what to do in one exercise slot, and the weights that follow from it for a lifter.

pub(crate) mod resolve;

use std::borrow::Cow;

use ferrum_domain::strength::load::LoadStrategy;
use ferrum_domain::strength::set_scheme::SetScheme;
use ferrum_domain::time::Millis;
use ferrum_domain::{Result, Violations, parse};
use ferrum_endpoint::body::Member;
use ferrum_endpoint::{Admin, Asked, Authenticated, Body as _, Done};
use ferrum_store::listing::Order;
use ferrum_store::prescriptions::{self, Filter, Prescription, Sort};
use ferrum_store::{Tx, lifts};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::dialect::{Call, Reply, Sent};
use crate::fields;
use crate::page::{Page, PageQuery, choice, order};

pub use resolve::{resolve, resolve_batch};

/// The longest notes, in characters.
const LONGEST_NOTES: usize = 500;
/// The longest rest: a day, in seconds.
const LONGEST_REST: i64 = 86_400;

/// A load strategy as JSON, which the domain parses.
#[derive(Debug)]
pub struct LoadStrategyJson(Value);

/// A set scheme as JSON, which the domain parses.
#[derive(Debug)]
pub struct SetSchemeJson(Value);

impl Member for LoadStrategyJson {
    const MUST_BE: &'static str = "must be an object";

    fn from_json(value: Value) -> Option<Self> {
        value.is_object().then_some(Self(value))
    }
}

impl Member for SetSchemeJson {
    const MUST_BE: &'static str = "must be an object";

    fn from_json(value: Value) -> Option<Self> {
        value.is_object().then_some(Self(value))
    }
}

impl JsonSchema for LoadStrategyJson {
    fn schema_name() -> Cow<'static, str> {
        "LoadStrategy".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How heavy: a percentage of a max of the lifter, rounded once at the end, halves up.",
            "type": "object",
            "properties": {
                "type": { "const": "PERCENT_OF" },
                "maxType": { "enum": ["ONE_RM", "TRAINING_MAX"] },
                "percentage": { "type": "number", "exclusiveMinimum": 0, "maximum": 200 },
                "lookupKey": {
                    "description": "The program's table that varies the percentage. Null, here and in what else may be left out, is as absent; an answer leaves it out.",
                    "enum": ["week", "day", null]
                },
                "roundTo": {
                    "description": "Rounding step; absent: the program's, else 5.",
                    "type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 10000
                },
                "roundingDirection": {
                    "description": "Where to round; absent: NEAREST.",
                    "enum": ["NEAREST", "DOWN", "UP", null]
                },
                "ofLiftId": {
                    "description": "Another lift, whose max counts in place of this one's.",
                    "type": ["string", "null"], "minLength": 1
                }
            },
            "required": ["type", "maxType", "percentage"]
        })
    }
}

impl JsonSchema for SetSchemeJson {
    fn schema_name() -> Cow<'static, str> {
        "SetScheme".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How many sets, of how many repetitions.",
            "oneOf": [
                {
                    "title": "FIXED",
                    "type": "object",
                    "properties": {
                        "type": { "const": "FIXED" },
                        "sets": { "type": "integer", "minimum": 1, "maximum": 100 },
                        "reps": { "type": "integer", "minimum": 1, "maximum": 100 },
                        "isAmrap": {
                            "description": "Whether the last set is for as many repetitions as possible.",
                            "type": ["boolean", "null"]
                        }
                    },
                    "required": ["type", "sets", "reps"]
                },
                {
                    "title": "RAMP",
                    "type": "object",
                    "properties": {
                        "type": { "const": "RAMP" },
                        "sets": {
                            "type": "array", "minItems": 1, "maxItems": 100,
                            "items": {
                                "type": "object",
                                "properties": {
                                    "percentage": { "type": "number", "exclusiveMinimum": 0, "maximum": 200 },
                                    "reps": { "type": "integer", "minimum": 1, "maximum": 100 }
                                },
                                "required": ["percentage", "reps"]
                            }
                        }
                    },
                    "required": ["type", "sets"]
                }
            ]
        })
    }
}

/// A prescription as clients see it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Prescription", extend("examples" = [{
    "id": "0190a0c8-0000-7000-8000-000000000001", "liftId": "00000000-0000-0000-0000-000000000001",
    "loadStrategy": { "type": "PERCENT_OF", "maxType": "TRAINING_MAX", "percentage": 85.0 },
    "setScheme": { "type": "FIXED", "sets": 5, "reps": 5 },
    "order": 1, "notes": "Focus on depth", "restSeconds": 180,
    "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z"
}]))]
pub struct PrescriptionOut {
    id: String,
    lift_id: String,
    #[schemars(with = "LoadStrategyJson")]
    load_strategy: LoadStrategy,
    #[schemars(with = "SetSchemeJson")]
    set_scheme: SetScheme,
    order: i64,
    notes: Option<String>,
    rest_seconds: Option<i64>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Millis,
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Millis,
}

impl From<Prescription> for PrescriptionOut {
    fn from(prescription: Prescription) -> Self {
        Self {
            id: prescription.id,
            lift_id: prescription.lift_id,
            load_strategy: prescription.load_strategy,
            set_scheme: prescription.set_scheme,
            order: prescription.order,
            notes: prescription.notes,
            rest_seconds: prescription.rest_seconds,
            created_at: prescription.created_at,
            updated_at: prescription.updated_at,
        }
    }
}

ferrum_endpoint::body! {
    /// A prescription to create.
    pub struct PrescriptionIn {
        /// The lift to do.
        lift_id: String,
        /// How to calculate the weight.
        load_strategy: LoadStrategyJson,
        /// Sets and repetitions.
        set_scheme: SetSchemeJson,
        /// Display order, from 0; 0 when absent.
        #[schemars(extend("minimum" = 0, "maximum" = fields::LAST_PLACE))]
        order: i64,
        /// Notes for the exercise, up to 500 characters.
        #[schemars(extend("maxLength" = LONGEST_NOTES))]
        notes: String,
        /// Rest between sets, in seconds.
        #[schemars(extend("minimum" = 0, "maximum" = LONGEST_REST))]
        rest_seconds: i64,
    }
    required ["liftId", "loadStrategy", "setScheme"]
    example {
        "liftId": "00000000-0000-0000-0000-000000000001",
        "loadStrategy": { "type": "PERCENT_OF", "maxType": "TRAINING_MAX", "percentage": 85.0 },
        "setScheme": { "type": "FIXED", "sets": 5, "reps": 5 },
        "order": 1, "notes": "Focus on depth", "restSeconds": 180
    }
}

ferrum_endpoint::body! {
    /// What to change of a prescription: absent keeps, null clears notes and rest.
    pub struct PrescriptionPatch {
        /// New lift.
        lift_id: String,
        /// New load strategy, in place of the whole of the old.
        load_strategy: LoadStrategyJson,
        /// New set scheme, in place of the whole of the old.
        set_scheme: SetSchemeJson,
        /// New display order.
        #[schemars(extend("minimum" = 0, "maximum" = fields::LAST_PLACE))]
        order: i64,
        /// New notes.
        #[schemars(extend("maxLength" = LONGEST_NOTES))]
        notes: String,
        /// New rest between sets, in seconds.
        #[schemars(extend("minimum" = 0, "maximum" = LONGEST_REST))]
        rest_seconds: i64,
    }
    kept ["liftId", "loadStrategy", "setScheme", "order"]
    example { "setScheme": { "type": "FIXED", "sets": 3, "reps": 8, "isAmrap": true }, "restSeconds": 120 }
}

/// What to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct PrescriptionQuery {
    #[serde(flatten)]
    page: PageQuery,
    /// Field to sort by: `order` (default) or `created_at`.
    #[serde(rename = "sortBy")]
    #[schemars(extend("enum" = ["order", "created_at"]))]
    sort_by: Option<String>,
    /// `asc` (default) or `desc`.
    #[serde(rename = "sortOrder")]
    #[schemars(extend("enum" = ["asc", "desc"]))]
    sort_order: Option<String>,
    /// Only the prescriptions of this lift.
    lift_id: Option<String>,
}

/// `GET /prescriptions`
pub async fn list(
    call: Call<Authenticated>,
    query: Asked<PrescriptionQuery>,
) -> Reply<200, Page<PrescriptionOut>> {
    call.read_catalogue(move |tx| {
        let query = query.get()?;
        let mut violations = Violations::new();
        let window = query.page.window(&mut violations);
        let sort = choice(
            "sortBy",
            query.sort_by.as_deref(),
            &[("order", Sort::Order), ("created_at", Sort::CreatedAt)],
            &mut violations,
        );
        let order = order(query.sort_order.as_deref(), Order::Ascending, &mut violations);
        violations.check()?;
        let filter = Filter { lift_id: query.lift_id.clone() };
        let rows = prescriptions::list(tx, &filter, sort.unwrap_or(Sort::Order), order, window)?;
        Ok(Page::new(window, rows, PrescriptionOut::from))
    })
    .await
}

/// `GET /prescriptions/{id}`
pub async fn get(call: Call<Authenticated>) -> Reply<200, PrescriptionOut> {
    let [id] = call.path_ids();
    call.read_catalogue(move |tx| Ok(prescriptions::get(tx, &id)?.into())).await
}

/// `POST /prescriptions`
pub async fn create(sent: Sent<Admin, PrescriptionIn>) -> Reply<201, PrescriptionOut> {
    let app = sent.app();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let v = &mut violations;
        let lift = body.lift_id.required("liftId", v);
        let lift_id = fields::reference(tx, "liftId", "lift", lift, lifts::find, v)?.map(|lift| lift.id);
        let load_strategy = load_strategy(tx, body.load_strategy.required("loadStrategy", v), v)?;
        let set_scheme = set_scheme(body.set_scheme.required("setScheme", v), v);
        let order = fields::whole("order", body.order.optional("order", v), 0..=fields::LAST_PLACE, v);
        let notes = notes(body.notes.optional("notes", v), v);
        let rest_seconds = rest_seconds(body.rest_seconds.optional("restSeconds", v), v);
        let now = app.clock.now();
        let parts = lift_id.zip(load_strategy).zip(set_scheme);
        let prescription =
            violations.finish(parts.map(|((lift_id, load_strategy), set_scheme)| Prescription {
                id: app.ids.uuid(),
                lift_id,
                load_strategy,
                set_scheme,
                order: order.unwrap_or(0),
                notes,
                rest_seconds,
                created_at: now,
                updated_at: now,
            }))?;
        prescriptions::insert(tx, &prescription)?;
        Ok(Done::new("prescriptions", prescription.id.clone(), body.given(), prescription.into()))
    })
    .await
}

/// `PUT /prescriptions/{id}`
pub async fn update(sent: Sent<Admin, PrescriptionPatch>) -> Reply<200, PrescriptionOut> {
    let app = sent.app();
    let [id] = sent.path_ids();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let v = &mut violations;
        let lift = body.lift_id.kept("liftId", v);
        let lift_id = fields::reference(tx, "liftId", "lift", lift, lifts::find, v)?.map(|lift| lift.id);
        let load_strategy = load_strategy(tx, body.load_strategy.kept("loadStrategy", v), v)?;
        let set_scheme = set_scheme(body.set_scheme.kept("setScheme", v), v);
        let order = fields::whole("order", body.order.kept("order", v), 0..=fields::LAST_PLACE, v);
        let new_notes = body.notes.patch("notes", v);
        let new_rest = body.rest_seconds.patch("restSeconds", v);
        let notes = notes(new_notes.flatten(), v);
        let rest_seconds = rest_seconds(new_rest.flatten(), v);
        violations.check()?;
        let mut row = prescriptions::get(tx, &id)?;
        row.lift_id = lift_id.unwrap_or(row.lift_id);
        row.load_strategy = load_strategy.unwrap_or(row.load_strategy);
        row.set_scheme = set_scheme.unwrap_or(row.set_scheme);
        row.order = order.unwrap_or(row.order);
        row.notes = if new_notes.is_some() { notes } else { row.notes };
        row.rest_seconds = if new_rest.is_some() { rest_seconds } else { row.rest_seconds };
        row.updated_at = app.clock.now();
        prescriptions::update(tx, &row)?;
        Ok(Done::new("prescriptions", id.clone(), body.given(), row.into()))
    })
    .await
}

/// `DELETE /prescriptions/{id}`
pub async fn delete(call: Call<Admin>) -> Reply<204, ()> {
    let [id] = call.path_ids();
    call.write(move |tx, _| {
        prescriptions::delete(tx, &id)?;
        Ok(Done::new("prescriptions", id.clone(), vec![], ()))
    })
    .await
}

fn load_strategy(
    tx: &mut Tx<'_>,
    json: Option<&LoadStrategyJson>,
    violations: &mut Violations,
) -> Result<Option<LoadStrategy>> {
    let Some(LoadStrategyJson(json)) = json else { return Ok(None) };
    let strategy = LoadStrategy::parse("loadStrategy", json, violations);
    let other_lift = LoadStrategy::other_lift(json);
    fields::reference(tx, "loadStrategy.ofLiftId", "lift", other_lift.as_ref(), lifts::find, violations)?;
    Ok(strategy)
}

fn set_scheme(json: Option<&SetSchemeJson>, violations: &mut Violations) -> Option<SetScheme> {
    SetScheme::parse("setScheme", &json?.0, violations)
}

fn notes(text: Option<&String>, violations: &mut Violations) -> Option<String> {
    parse::prose("notes", text?, LONGEST_NOTES, violations).filter(|text| !text.is_empty())
}

fn rest_seconds(number: Option<&i64>, violations: &mut Violations) -> Option<i64> {
    fields::whole("restSeconds", number, 0..=LONGEST_REST, violations)
}
