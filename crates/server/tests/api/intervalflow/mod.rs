//! IntervalFlow, through the front door.

mod auth;
mod builtin;
mod coverage;
mod document;
mod examples;
mod exercises;
mod guide;
mod limits;
mod sessions;
mod surface;
mod workouts;

use std::time::Duration;

pub use auth::LOGIN;
use ferrum_app::App;
use ferrum_app::actions::accounts;
use ferrum_domain::access::Role;
use ferrum_domain::units::WeightUnit;
use ferrum_store::accounts::{Birth, NewAccount};
use serde_json::{Value, json};

use crate::audit::Change;
use crate::support::{Client, Server};

/// What is built in is loaded.
pub const ON: [(&str, &str); 1] = [("builtin", "on")];

/// Callers without a token, one for each listener that has the surface.
pub fn everywhere(server: &Server) -> [Client; 2] {
    [Client::new(&server.intervalflow), Client::new(&server.main)]
}

/// A new person, at IntervalFlow's own listener. Nobody hashes a password for them.
pub async fn person(server: &Server, id: &'static str, role: Role) -> Client {
    account(&server.app, id, role).await;
    let [own, _] = people(server, id).await;
    own
}

/// A new account without a password.
async fn account(app: &App, id: &'static str, role: Role) {
    let birth = Birth { now: app.clock.now(), object_id: app.ids.object_id() };
    let write = app.db.write(move |tx| {
        let email = format!("{id}@example.org");
        let account = NewAccount {
            id,
            email: &email,
            password_hash: "none",
            name: None,
            role,
            weight_unit: WeightUnit::Lb,
            time_zone: None,
        };
        ferrum_store::accounts::insert(tx, &account, &birth)
    });
    write.await.expect("the person is added");
}

/// Somebody who is there already, at each listener that has the surface.
pub async fn people(server: &Server, id: &str) -> [Client; 2] {
    let token = accounts::token(&server.app, id, Duration::from_hours(1)).await.expect("a token");
    everywhere(server).map(|client| client.with("authorization", &format!("Bearer {token}")))
}

/// The id of a new exercise of somebody's: advanced, for the full body, with nothing.
pub async fn exercise(client: &Client, name: &str) -> String {
    let body = json!({
        "name": name, "description": "As it says.", "difficulty": "advanced", "muscleGroup": "full-body",
    });
    // Whoever gave their requests a key means those of the test.
    let key = format!("exercise-{name}").replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    let made = client.with("idempotency-key", &key).post("/api/exercises", body).await.expect(201);
    made["data"]["_id"].as_str().expect("an id").to_owned()
}

/// A good request of theirs to every endpoint that changes something, in an order in which all succeed.
pub async fn changes(client: &Client) -> Vec<Change> {
    let exercise = exercise(client, "Climb").await;
    let facts =
        json!({ "name": "Crawl", "description": "Low.", "difficulty": "advanced", "muscleGroup": "core" });
    let legs = json!({ "name": "Legs", "exercises": [{ "exerciseId": exercise }] });
    let workout = client.post("/api/workouts", legs.clone()).await.expect(201);
    let workout = workout["data"]["_id"].as_str().expect("an id");
    let person = json!({ "username": "newcomer", "email": "new@example.org", "password": "test123" });
    let at = |method: &'static str, template: &'static str, body: Option<Value>| {
        let row = if template.starts_with("/api/exercises") { &exercise } else { workout };
        (method, template, template.replace("{id}", row), body)
    };
    vec![
        at("POST", auth::REGISTER, Some(person.clone())),
        at("POST", LOGIN, Some(person)),
        at("POST", "/api/exercises", Some(facts.clone())),
        at("PUT", "/api/exercises/{id}", Some(facts)),
        at("POST", "/api/workouts", Some(legs.clone())),
        at("PUT", "/api/workouts/{id}", Some(legs)),
        at("POST", "/api/workouts/{id}/sessions", Some(json!({ "phasesDone": 1, "durationSeconds": 30 }))),
        at("DELETE", "/api/workouts/{id}", None),
        at("DELETE", "/api/exercises/{id}", None),
    ]
}

/// The refusal of an input, with all of its faults.
pub fn invalid(errors: &[&str]) -> Value {
    json!({ "success": false, "message": "Validation error", "errors": errors })
}

/// The body of a refusal without a list.
pub fn message(text: &str) -> Value {
    json!({ "success": false, "message": text })
}
