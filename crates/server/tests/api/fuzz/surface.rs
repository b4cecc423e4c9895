//! What there is to ask of each surface, who asks, and which answers are right.

use std::time::Duration;

use ferrum_app::actions::accounts;
use ferrum_domain::access::Role;
use serde_json::{Map, Value, json};

use super::dice::Dice;
use crate::idempotency::World;
use crate::intervalflow;
use crate::support::{Client, Server};

/// A surface at its own listener.
pub struct Surface {
    pub root: String,
    pub operations: Vec<Operation>,
    manner: Manner,
    /// Who lists what there is.
    reader: Client,
}

enum Manner {
    PowerPro,
    IntervalFlow {
        /// Of a customer, of another one, and of an admin.
        tokens: [String; 3],
    },
}

/// An operation of the OpenAPI document.
pub struct Operation {
    pub method: String,
    pub template: String,
    /// Names of the query parameters, with the values that the schema lists.
    pub query: Vec<(String, Vec<String>)>,
    pub example: Option<Value>,
    pub statuses: Vec<u16>,
}

fn operations(api: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    for (template, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let none = Vec::new();
            let parameters = operation["parameters"].as_array().unwrap_or(&none).iter();
            let query = parameters.filter(|p| p["in"] == "query").map(|parameter| {
                let values = parameter["schema"]["enum"].as_array().unwrap_or(&none);
                let values = values.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect();
                (parameter["name"].as_str().unwrap().to_owned(), values)
            });
            let example = &operation["requestBody"]["content"]["application/json"]["example"];
            found.push(Operation {
                method: method.to_uppercase(),
                template: template.clone(),
                query: query.collect(),
                example: (!example.is_null()).then(|| example.clone()),
                statuses: operation["responses"]
                    .as_object()
                    .unwrap()
                    .keys()
                    .filter_map(|s| s.parse().ok())
                    .collect(),
            });
        }
    }
    found
}

/// Something that exists: an id or a slug, and of what, e.g. `lift` or `by-slug`.
pub struct Row {
    pub kind: String,
    pub id: String,
}

/// The kind of row that a list or a parameter is about: `lift` for `lifts`, `parentLiftId` and `{liftId}` alike.
pub fn kind_of(name: &str) -> String {
    let name = name.trim_matches(['{', '}']).replace('-', "").to_lowercase();
    let name = name.trim_end_matches("ids").trim_end_matches("id").trim_end_matches('s');
    if name.ends_with("lift") { "lift".to_owned() } else { name.to_owned() }
}

impl Surface {
    /// Both surfaces, with some rows in each.
    pub async fn all(server: &Server) -> [Self; 2] {
        World::make(server).await;
        let powerpro = Self {
            root: server.powerpro.clone(),
            operations: operations(&serde_json::to_value(ferrum_powerpro::openapi()).unwrap()),
            manner: Manner::PowerPro,
            reader: server.user("ada"),
        };
        [powerpro, Self::intervalflow(server).await]
    }

    async fn intervalflow(server: &Server) -> Self {
        let mut tokens = [const { String::new() }; 3];
        let people = [("carla", Role::Customer), ("dora", Role::Customer), ("root", Role::Admin)];
        for (token, (id, role)) in tokens.iter_mut().zip(people) {
            let person = intervalflow::person(server, id, role).await;
            let exercise = intervalflow::exercise(&person, id).await;
            let body = json!({ "name": id, "exercises": [{ "exerciseId": exercise }] });
            let workout = person.post("/api/workouts", body).await.expect(201);
            let path = format!("/api/workouts/{}/sessions", workout["data"]["_id"].as_str().expect("an id"));
            person.post(&path, json!({ "phasesDone": 1, "durationSeconds": 30 })).await.expect(201);
            *token = accounts::token(&server.app, id, Duration::from_hours(24)).await.expect("a token");
        }
        let own = Client::new(&server.intervalflow);
        Self {
            root: server.intervalflow.clone(),
            operations: operations(&serde_json::to_value(ferrum_intervalflow::openapi()).unwrap()),
            reader: own.with("authorization", &format!("Bearer {}", tokens[0])),
            manner: Manner::IntervalFlow { tokens },
        }
    }

    /// The headers that say who asks: mostly somebody who may.
    pub fn headers(&self, dice: &mut Dice) -> Vec<(&'static str, String)> {
        match &self.manner {
            Manner::PowerPro => powerpros(dice),
            Manner::IntervalFlow { tokens } => match dice.below(20) {
                0 => vec![],
                1 => vec![("authorization", "Bearer eyJh.eyJz.x".to_owned())],
                2 => vec![("authorization", "Basic YTpi".to_owned())],
                n => vec![(
                    "authorization",
                    format!("Bearer {}", tokens[usize::from(n > 14) + usize::from(n > 16)]),
                )],
            },
        }
    }

    /// Whether bodies may be URL-encoded forms.
    pub fn reads_forms(&self) -> bool {
        matches!(self.manner, Manner::IntervalFlow { .. })
    }

    /// The rows that there are, by their ids and slugs.
    pub async fn existing(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let lists = self.operations.iter().filter(|o| o.method == "GET" && !o.template.contains('{'));
        let maxes = matches!(self.manner, Manner::PowerPro).then_some("/users/ada/lift-maxes");
        for path in lists.map(|o| o.template.as_str()).chain(maxes) {
            let page = self.reader.get(&format!("{path}?pageSize=30")).await.json();
            for row in page["data"].as_array().into_iter().flatten() {
                let kind = kind_of(path.rsplit('/').next().unwrap_or_default());
                let id = row["id"].as_str().or(row["_id"].as_str());
                rows.extend(id.map(|id| Row { kind, id: id.to_owned() }));
                let slug = |id: &str| Row { kind: kind_of("by-slug"), id: id.to_owned() };
                rows.extend(row["slug"].as_str().map(slug));
            }
        }
        rows
    }
}

fn powerpros(dice: &mut Dice) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    let id = if dice.one_in(8) { "eve" } else { "ada" };
    match dice.below(20) {
        0 => {}
        1 => headers.push(("authorization", "Bearer eyJh.eyJz.x".to_owned())),
        2 => headers.push(("x-user-id", "not an id".to_owned())),
        n if n % 2 == 0 => headers.push(("x-user-id", id.to_owned())),
        _ => headers.push(("authorization", format!("Bearer {id}"))),
    }
    if !dice.one_in(6) {
        headers.push(("x-admin", "true".to_owned()));
    }
    headers
}

/// Why an answer is wrong.
pub fn fault(surface: &Surface, operation: &Operation, status: u16, body: &str) -> Option<String> {
    if status >= 500 {
        return Some("a failure of the server".to_owned());
    }
    if !operation.statuses.contains(&status) {
        return Some(format!("the document has only {:?}", operation.statuses));
    }
    if status == 204 {
        return (!body.is_empty()).then(|| "a body where there is none".to_owned());
    }
    let Ok(value) = serde_json::from_str::<Value>(body) else { return Some("no JSON".to_owned()) };
    let is_refusal = value.as_object().is_some_and(|body| match surface.manner {
        Manner::PowerPro => is_powerpros(status, body),
        Manner::IntervalFlow { .. } => is_intervalflows(status, body),
    });
    (status >= 400 && !is_refusal).then(|| "not the form of a refusal".to_owned())
}

fn is_powerpros(status: u16, refusal: &Map<String, Value>) -> bool {
    let details = refusal.get("details").and_then(Value::as_array);
    refusal.len() == 2
        && refusal.get("error").is_some_and(|error| error.as_str().is_some_and(|e| !e.is_empty()))
        && details.is_some_and(|details| details.iter().all(Value::is_string))
        && (status != 400 || details.is_some_and(|details| !details.is_empty()))
}

/// Errors are listed where there are several, and nowhere else.
fn is_intervalflows(status: u16, refusal: &Map<String, Value>) -> bool {
    let errors = refusal.get("errors");
    let listed = errors.and_then(Value::as_array);
    let message = refusal.get("message").and_then(Value::as_str).unwrap_or_default();
    refusal.get("success") == Some(&Value::Bool(false))
        && !message.is_empty()
        && refusal.len() == 2 + usize::from(errors.is_some())
        && errors.is_some() == (message == "Validation error")
        && listed
            .is_none_or(|errors| status == 400 && !errors.is_empty() && errors.iter().all(Value::is_string))
}
