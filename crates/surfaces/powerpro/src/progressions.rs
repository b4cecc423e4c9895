//! `/progressions`: rules by which maxes rise.

use std::borrow::Cow;

use ferrum_domain::Violations;
use ferrum_domain::strength::limits;
use ferrum_domain::strength::progression::{Progression as Rule, ProgressionType};
use ferrum_domain::time::Millis;
use ferrum_endpoint::body::Member;
use ferrum_endpoint::{Admin, Asked, Authenticated, Body as _, Done};
use ferrum_store::progressions::{self, Filter, Progression};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::dialect::{Call, Reply, Sent};
use crate::fields;
use crate::page::{NamedQuery, Page, choice};

const TYPES: [(&str, ProgressionType); 2] =
    [("LINEAR", ProgressionType::Linear), ("CYCLE", ProgressionType::Cycle)];

/// The parameters of a progression as JSON, which the domain parses.
#[derive(Debug)]
pub struct ParametersJson(Value);

impl Member for ParametersJson {
    const MUST_BE: &'static str = "must be an object";

    fn from_json(value: Value) -> Option<Self> {
        value.is_object().then_some(Self(value))
    }
}

impl JsonSchema for ParametersJson {
    fn schema_name() -> Cow<'static, str> {
        "ProgressionParameters".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How a max rises.",
            "type": "object",
            "properties": {
                "increment": {
                    "description": "The weight to add, with at most 3 decimals.",
                    "type": "number", "exclusiveMinimum": 0, "maximum": limits::MAX_WEIGHT
                },
                "maxType": {
                    "description": "The max that rises.",
                    "enum": ["ONE_RM", "TRAINING_MAX"]
                },
                "triggerType": {
                    "description": "When: `AFTER_SESSION` or `AFTER_WEEK`. A LINEAR one needs it, to a CYCLE one it says nothing.",
                    "examples": ["AFTER_SESSION", "AFTER_WEEK"]
                }
            },
            "required": ["increment", "maxType"]
        })
    }
}

/// A progression as clients see it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Progression", extend("examples" = [{
    "id": "0190a0c8-0000-7000-8000-000000000001", "name": "Linear +5lb", "type": "LINEAR",
    "parameters": { "increment": 5.0, "maxType": "TRAINING_MAX", "triggerType": "AFTER_SESSION" },
    "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z"
}]))]
pub struct ProgressionOut {
    id: String,
    name: String,
    #[schemars(extend("enum" = ["LINEAR", "CYCLE"]))]
    r#type: &'static str,
    #[schemars(with = "ParametersJson")]
    parameters: Rule,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Millis,
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Millis,
}

impl From<Progression> for ProgressionOut {
    fn from(progression: Progression) -> Self {
        Self {
            id: progression.id,
            name: progression.name,
            r#type: progression.rule.kind().as_str(),
            parameters: progression.rule,
            created_at: progression.created_at,
            updated_at: progression.updated_at,
        }
    }
}

ferrum_endpoint::body! {
    /// A progression to create.
    pub struct ProgressionIn {
        /// Name, 1 to 100 characters.
        #[schemars(extend("minLength" = 1))]
        name: String,
        /// `LINEAR` (after a session or a week) or `CYCLE` (after a cycle).
        #[schemars(extend("enum" = ["LINEAR", "CYCLE"]))]
        r#type: String,
        /// What it does.
        parameters: ParametersJson,
    }
    required ["name", "type", "parameters"]
    example {
        "name": "Linear +5lb", "type": "LINEAR",
        "parameters": { "increment": 5.0, "maxType": "TRAINING_MAX", "triggerType": "AFTER_SESSION" }
    }
}

ferrum_endpoint::body! {
    /// What to change of a progression: absent keeps, parameters are replaced whole.
    pub struct ProgressionPatch {
        /// New name.
        #[schemars(extend("minLength" = 1))]
        name: String,
        /// New type, which the parameters must fit.
        #[schemars(extend("enum" = ["LINEAR", "CYCLE"]))]
        r#type: String,
        /// New parameters.
        parameters: ParametersJson,
    }
    kept ["name", "type", "parameters"]
    example { "name": "Linear +2.5lb", "parameters": {
        "increment": 2.5, "maxType": "TRAINING_MAX", "triggerType": "AFTER_SESSION"
    } }
}

/// What to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct ProgressionQuery {
    #[serde(flatten)]
    named: NamedQuery,
    /// Only of this type: `LINEAR` or `CYCLE`.
    #[schemars(extend("enum" = ["LINEAR", "CYCLE"]))]
    r#type: Option<String>,
}

/// `GET /progressions`
pub async fn list(
    call: Call<Authenticated>,
    query: Asked<ProgressionQuery>,
) -> Reply<200, Page<ProgressionOut>> {
    call.read_catalogue(move |tx| {
        let query = query.get()?;
        let mut violations = Violations::new();
        let (window, sort, order) = query.named.read(&mut violations);
        let kind = choice("type", query.r#type.as_deref(), &TYPES, &mut violations);
        violations.check()?;
        let rows = progressions::list(tx, &Filter { kind }, sort, order, window)?;
        Ok(Page::new(window, rows, ProgressionOut::from))
    })
    .await
}

/// `GET /progressions/{id}`
pub async fn get(call: Call<Authenticated>) -> Reply<200, ProgressionOut> {
    let [id] = call.path_ids();
    call.read_catalogue(move |tx| Ok(progressions::get(tx, &id)?.into())).await
}

/// `POST /progressions`
pub async fn create(sent: Sent<Admin, ProgressionIn>) -> Reply<201, ProgressionOut> {
    let app = sent.app();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let name = fields::name("name", body.name.required("name", &mut violations), &mut violations);
        let kind = body.r#type.required("type", &mut violations);
        let kind = choice("type", kind.map(String::as_str), &TYPES, &mut violations);
        let parameters = body.parameters.required("parameters", &mut violations);
        // What both types have is checked even where the type itself is wrong.
        let kind = kind.unwrap_or(ProgressionType::Cycle);
        let rule =
            parameters.and_then(|parameters| Rule::parse(kind, "parameters", &parameters.0, &mut violations));
        let now = app.clock.now();
        let progression = violations.finish(name.zip(rule).map(|(name, rule)| Progression {
            id: app.ids.uuid(),
            name,
            rule,
            created_at: now,
            updated_at: now,
        }))?;
        progressions::insert(tx, &progression)?;
        Ok(Done::new("progressions", progression.id.clone(), body.given(), progression.into()))
    })
    .await
}

/// `PUT /progressions/{id}`
pub async fn update(sent: Sent<Admin, ProgressionPatch>) -> Reply<200, ProgressionOut> {
    let app = sent.app();
    let [id] = sent.path_ids();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let name = fields::name("name", body.name.kept("name", &mut violations), &mut violations);
        let kind = body.r#type.kept("type", &mut violations);
        let kind = choice("type", kind.map(String::as_str), &TYPES, &mut violations);
        let parameters = body.parameters.kept("parameters", &mut violations);
        // Type and parameters must fit each other, so the one that is not given comes from the stored row.
        let stored = progressions::find(tx, &id)?;
        let rule = stored.as_ref().map(|progression| progression.rule);
        let kind = kind.or(rule.map(|rule| rule.kind())).unwrap_or(ProgressionType::Cycle);
        let parameters = match parameters {
            Some(ParametersJson(parameters)) => Some(parameters.clone()),
            None => rule.and_then(|rule| serde_json::to_value(rule).ok()),
        };
        let rule = parameters.and_then(|given| Rule::parse(kind, "parameters", &given, &mut violations));
        violations.check()?;
        let mut progression = stored.ok_or(ferrum_domain::Error::NotFound)?;
        progression.name = name.unwrap_or(progression.name);
        progression.rule = rule.unwrap_or(progression.rule);
        progression.updated_at = app.clock.now();
        progressions::update(tx, &progression)?;
        Ok(Done::new("progressions", id.clone(), body.given(), progression.into()))
    })
    .await
}

/// `DELETE /progressions/{id}`
pub async fn delete(call: Call<Admin>) -> Reply<204, ()> {
    let [id] = call.path_ids();
    call.write(move |tx, _| {
        progressions::delete(tx, &id)?;
        Ok(Done::new("progressions", id.clone(), vec![], ()))
    })
    .await
}
