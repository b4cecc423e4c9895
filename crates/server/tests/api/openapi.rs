//! What the `OpenAPI` documents say of bodies and answers is what the server does.

use std::collections::BTreeSet;

use ferrum_domain::access::Role;
use serde_json::{Value, json};

use crate::audit;
use crate::idempotency::World;
use crate::intervalflow;
use crate::support::schema::fits;
use crate::support::{Client, Engine, Server};

/// Members of answers that do not always stand there, by schema.
const OPTIONAL: &[&str] = &[
    "powerpro LoadStrategy.lookupKey",
    "powerpro LoadStrategy.ofLiftId",
    "powerpro LoadStrategy.roundTo",
    "powerpro LoadStrategy.roundingDirection",
    "powerpro ProgressionParameters.triggerType",
    "powerpro Set.isAmrap",
    "powerpro SetScheme.isAmrap",
    "powerpro TriggerResult.skipReason",
    "intervalflow Error.errors",
];

fn documents() -> [(&'static str, Value); 2] {
    [
        ("powerpro", serde_json::to_value(ferrum_powerpro::openapi()).unwrap()),
        ("intervalflow", serde_json::to_value(ferrum_intervalflow::openapi()).unwrap()),
    ]
}

/// `METHOD path` and description of every operation.
fn operations(api: &Value) -> impl Iterator<Item = (String, &Value)> {
    api["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation))
    })
}

/// What the document says of the good answer of `METHOD path`, if it is JSON.
fn good_answer<'d>(api: &'d Value, name: &str) -> Option<&'d Value> {
    let (_, operation) = operations(api).find(|(known, _)| known == name)?;
    let mut answers =
        operation["responses"].as_object()?.iter().filter(|(status, _)| status.starts_with('2'));
    answers.find_map(|(_, answer)| answer["content"].get("application/json"))
}

/// Checks a good answer of PowerPro's `METHOD path` against its schema, and gives the example of such an answer.
pub fn example_of_powerpro(name: &str, answer: &Value) -> Value {
    let [(_, api), _] = documents();
    let about = good_answer(&api, name).unwrap_or_else(|| panic!("{name} has no such answer"));
    fits(&api, &about["schema"], answer).unwrap_or_else(|reason| panic!("{name}: {reason}"));
    about["example"].clone()
}

/// Notes every member of `schema`, called `name`, and of the schemas in it, that need not stand there.
fn optional_members(
    api: &Value,
    name: &str,
    schema: &Value,
    seen: &mut BTreeSet<String>,
    found: &mut BTreeSet<String>,
) {
    if let Some(pointer) = schema["$ref"].as_str() {
        if seen.insert(pointer.to_owned()) {
            let target = api.pointer(pointer.trim_start_matches('#')).unwrap();
            optional_members(api, pointer.rsplit('/').next().unwrap(), target, seen, found);
        }
        return;
    }
    for (member, about) in schema["properties"].as_object().into_iter().flatten() {
        let is_required =
            schema["required"].as_array().is_some_and(|names| names.contains(&member.as_str().into()));
        if !is_required {
            found.insert(format!("{name}.{member}"));
        }
        optional_members(api, name, about, seen, found);
    }
    let single = ["items", "additionalProperties"].iter().filter_map(|keyword| schema.get(keyword));
    let choices =
        ["allOf", "anyOf", "oneOf"].iter().filter_map(|keyword| schema[keyword].as_array()).flatten();
    for inner in single.chain(choices) {
        optional_members(api, name, inner, seen, found);
    }
}

#[test]
fn members_that_answers_always_have_are_required() {
    let mut optional = BTreeSet::new();
    for (surface, api) in documents() {
        let (mut seen, mut found) = (BTreeSet::new(), BTreeSet::new());
        for (name, operation) in operations(&api) {
            for answer in operation["responses"].as_object().unwrap().values() {
                let schema = &answer["content"]["application/json"]["schema"];
                optional_members(&api, &name, schema, &mut seen, &mut found);
            }
        }
        optional.extend(found.into_iter().map(|member| format!("{surface} {member}")));
    }
    assert_eq!(optional, OPTIONAL.iter().map(|&member| member.to_owned()).collect());
}

/// Values for any member, good and bad.
fn probes() -> Vec<Value> {
    let mut probes = vec![json!(null), json!(true), json!([]), json!(["x"]), json!({}), json!({ "a": 1 })];
    probes.extend(
        [-1.0, 0.0, 0.5, 1.0, 12.0, 200.5, 500.0, 501.0, 10_000.0, 10_001.0].map(|number| json!(number)),
    );
    let long = ["x".repeat(101), "x".repeat(2001)];
    let texts = ["", " ", "x", "A b", "null", "2024-01-01T00:00:00Z", &long[0], &long[1]];
    probes.extend(texts.map(|text| json!(text)));
    let entries = [json!(0), json!(50), json!([]), json!([50, 60]), json!([0]), json!("x"), json!(null)];
    probes.extend(entries.iter().map(|entry| json!({ "1": entry })));
    for (name, good) in
        [("increment", json!(5)), ("maxType", json!("ONE_RM")), ("triggerType", json!("AFTER_WEEK"))]
    {
        for value in [good, json!(7), json!(null)] {
            let mut parameters = json!({ "increment": 2.5, "maxType": "TRAINING_MAX" });
            parameters[name] = value;
            probes.push(parameters);
        }
    }
    for name in ["lookupKey", "roundTo", "roundingDirection", "ofLiftId"] {
        let strategy = json!({ "type": "PERCENT_OF", "maxType": "ONE_RM", "percentage": 200 });
        for value in [json!(null), json!(" "), json!(0.001)] {
            let mut strategy = strategy.clone();
            strategy[name] = value;
            probes.push(strategy);
        }
    }
    for is_amrap in [json!(null), json!(true), json!(1)] {
        probes.push(json!({ "type": "FIXED", "sets": 100, "reps": 1, "isAmrap": is_amrap }));
    }
    probes.extend(
        [0, 1, 100, 101].map(
            |steps| json!({ "type": "RAMP", "sets": vec![json!({ "percentage": 50, "reps": 5 }); steps] }),
        ),
    );
    probes
}

/// Sends a good body, and then with every probe in every member. What is taken must fit the schema, and null must
/// do so only where it is taken.
async fn probe(api: &Value, client: &Client, (method, template, path): (&str, &str, &str), body: Value) {
    let operation = &api["paths"][template][method.to_lowercase()];
    let reference =
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str().unwrap();
    let schema = api.pointer(reference.trim_start_matches('#')).unwrap();
    let good = client.send(method, path, Some(body.to_string().into_bytes())).await;
    assert!(matches!(good.status, 200 | 201), "{method} {template}: {}", good.text);
    for name in schema["properties"].as_object().unwrap().keys() {
        for value in probes() {
            let mut body = body.clone();
            body[name] = value.clone();
            let answer = client.send(method, path, Some(body.to_string().into_bytes())).await;
            assert!(answer.status < 500 && answer.status != 403, "{}", answer.text);
            let (taken, fit) = (answer.status != 400, fits(api, schema, &body));
            let about = format!("{method} {template} {name} {value}: {} {fit:?}", answer.text);
            assert!(!taken || fit.is_ok(), "the schema refuses what the server takes: {about}");
            assert!(
                taken || fit.is_err() || !value.is_null(),
                "the schema takes what the server refuses: {about}"
            );
        }
    }
}

#[tokio::test]
async fn bodies_that_the_server_takes_fit_their_schemas() {
    let server = Server::start(Engine::Sqlite).await;
    let [(_, powerpro), (_, intervalflow)] = documents();
    let admin = server.admin();
    for (template, path, body) in World::make(&server).await.posts() {
        probe(&powerpro, &admin, ("POST", template, &path), body).await;
    }
    for (method, template, path, body) in audit::changes(&server, &admin).await {
        if let Some(body) = body {
            probe(&powerpro, &admin, (method, template, &path), body).await;
        }
    }
    let person = intervalflow::person(&server, "carla", Role::Customer).await;
    for (method, template, path, body) in intervalflow::changes(&person).await {
        if let Some(body) = body {
            probe(&intervalflow, &person, (method, template, &path), body).await;
        }
    }
}

#[test]
fn posts_alone_take_a_key() {
    for (surface, api) in documents() {
        for (name, operation) in operations(&api) {
            let parameters = operation["parameters"].as_array();
            let has_key = parameters.is_some_and(|all| all.iter().any(|p| p["name"] == "Idempotency-Key"));
            let takes_key = name.starts_with("POST ") && name != format!("POST {}", intervalflow::LOGIN);
            assert_eq!(has_key, takes_key, "{surface}: {name}");
        }
    }
}

#[tokio::test]
async fn only_headers_that_count_are_offered() {
    let schemes = |api: &Value| {
        let names = api["components"]["securitySchemes"].as_object().unwrap().keys();
        let asked =
            api["security"].as_array().unwrap().iter().flat_map(|all| all.as_object().unwrap().keys());
        let (names, asked): (BTreeSet<_>, BTreeSet<_>) = (names.cloned().collect(), asked.cloned().collect());
        assert_eq!(names, asked);
        names.into_iter().collect::<Vec<_>>()
    };
    for (auth, own) in [("headers", &["admin", "bearer", "userId"][..]), ("token", &["bearer"])] {
        let server = Server::start_with(Engine::Sqlite, &[("powerpro.auth", auth)]).await;
        let api = server.anonymous().get("/openapi.json").await.expect(200);
        assert_eq!(schemes(&api), own, "{auth}");
        let main = Client::new(&server.main).get("/api/powerpro/openapi.json").await.expect(200);
        assert_eq!(schemes(&main), ["bearer"], "{auth}");
        assert!(!main.to_string().contains("X-"), "{auth}");
    }
}

#[test]
fn examples_fit_their_schemas() {
    for (surface, api) in documents() {
        for (name, operation) in operations(&api) {
            let answer = good_answer(&api, &name);
            assert!(
                surface != "powerpro" || answer.is_none_or(|a| !a["example"].is_null()),
                "{name} has no example"
            );
            let sent = operation["requestBody"]["content"].get("application/json");
            for about in sent.into_iter().chain(answer).filter(|about| !about["example"].is_null()) {
                let fit = fits(&api, &about["schema"], &about["example"]);
                fit.unwrap_or_else(|reason| panic!("{surface} {name}: {reason}"));
            }
        }
    }
}
