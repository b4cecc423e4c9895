//! The documented endpoints, the routes, the OpenAPI document and the suite say the same, and every
//! endpoint refuses whom it must.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::document::Document;
use crate::support::{Client, both};

/// The table of the documented endpoints.
const TABLE: &str = include_str!("../../../../docs/surfaces/powerpro.md");
/// The document that clients are written from.
const CONTRACT: &str = include_str!("../../../../docs/surfaces/contracts/powerpro.md");

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    pub method: String,
    pub template: String,
    pub permission: String,
}

impl Endpoint {
    fn new(method: &str, template: &str, permission: &str) -> Self {
        Self { method: method.to_owned(), template: template.to_owned(), permission: permission.to_owned() }
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.template)
    }

    /// The path with `owner` as its `userId` and `row` as every other id.
    fn path(&self, owner: &str, row: &str) -> String {
        let fill = |segment: &str| match segment {
            "{userId}" => owner.to_owned(),
            segment if segment.starts_with('{') => row.to_owned(),
            segment => segment.to_owned(),
        };
        self.template.split('/').map(fill).collect::<Vec<_>>().join("/")
    }

    /// Sends a request whose body nobody can read.
    async fn call_badly(&self, client: &Client, path: &str) -> crate::support::Response {
        let body = matches!(self.method.as_str(), "POST" | "PUT").then(|| b"{ not JSON".to_vec());
        client.send(&self.method, path, body).await
    }

    /// Whether a request was one to this endpoint.
    fn matches(&self, method: &str, path: &str) -> bool {
        let (ours, theirs) = (self.template.split('/'), path.split('/'));
        self.method == method
            && ours.clone().count() == theirs.clone().count()
            && ours.zip(theirs).all(|(ours, theirs)| ours.starts_with('{') || ours == theirs)
    }
}

/// The cells of the table's rows: method, path, permission, section.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let methods = ["| GET |", "| POST |", "| PUT |", "| DELETE |"];
    let rows = TABLE.lines().filter(move |line| methods.iter().any(|method| line.starts_with(method)));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`')).collect())
}

/// The endpoints of the table.
fn documented() -> Vec<Endpoint> {
    rows().map(|cells| Endpoint::new(cells[0], cells[1], cells[2])).collect()
}

/// The operations of the OpenAPI document, which is made of the routes.
pub fn routed() -> Vec<Endpoint> {
    let api = serde_json::to_value(ferrum_powerpro::openapi()).unwrap();
    let mut endpoints = Vec::new();
    for (template, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let permission = operation["x-permission"].as_str().unwrap_or("none is declared");
            endpoints.push(Endpoint::new(&method.to_uppercase(), template, permission));
        }
    }
    endpoints
}

#[test]
fn the_table_and_the_openapi_document_agree() {
    let (table, routes) = (documented(), routed());
    assert_eq!(table.len(), 75, "one row an endpoint");
    let (table, routes): (BTreeSet<_>, BTreeSet<_>) = (table.iter().collect(), routes.iter().collect());
    let (missing, undocumented) = (table.difference(&routes), routes.difference(&table));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&&Endpoint>::new(), "in the table, not routed so");
    assert_eq!(undocumented.collect::<Vec<_>>(), Vec::<&&Endpoint>::new(), "routed, not in the table so");
}

#[test]
fn operations_stand_in_the_sections_of_the_table() {
    let api = serde_json::to_value(ferrum_powerpro::openapi()).unwrap();
    let mut sections = Vec::new();
    for cells in rows() {
        let operation = &api["paths"][cells[1]][cells[0].to_lowercase()];
        assert_eq!(operation["tags"], json!([cells[3]]), "{cells:?}");
        sections.push(json!({ "name": cells[3] }));
    }
    sections.dedup();
    assert_eq!(api["tags"], json!(sections), "the groups, in the order of the document");
}

#[test]
fn the_table_has_every_endpoint_of_the_contract() {
    let table: BTreeSet<String> = documented().iter().map(Endpoint::name).collect();
    let contract: BTreeSet<String> = Document::read(CONTRACT).endpoints().into_iter().collect();
    assert!(contract.is_subset(&table), "{:?}", contract.difference(&table).collect::<Vec<_>>());
}

both! {
    async fn every_endpoint_is_routed_and_says_which_methods_it_has(server) {
        for endpoint in documented() {
            let answer = server.admin().send("PATCH", &endpoint.path("ada", "x"), None).await;
            answer.refused(405, "method not allowed", &["PATCH"]);
            let allow = answer.header("allow").unwrap_or_else(|| panic!("{}: no Allow", endpoint.name()));
            let allowed = allow.split(',').any(|method| method.trim() == endpoint.method);
            assert!(allowed, "{}: Allow is {allow}", endpoint.name());
        }
    }

    async fn unknown_routes_are_not_found(server) {
        for path in ["/", "/lift", "/lifts/", "/lifts/a/b/c", "/users/ada", "/api/powerpro/lifts", "/LIFTS", "//lifts"] {
            for client in [server.anonymous(), server.admin()] {
                let answer = client.get(path).await;
                assert_eq!(answer.expect(404), json!({ "error": "not found", "details": [] }), "{path}");
            }
        }
    }

    async fn anonymous_callers_are_refused(server) {
        for endpoint in documented().iter().filter(|e| e.permission != "anyone") {
            let answer = endpoint.call_badly(&server.anonymous(), &endpoint.path("ada", "x")).await;
            let body = json!({ "error": "Authentication required", "details": [] });
            assert_eq!((answer.status, answer.json()), (401, body), "{}", endpoint.name());
        }
    }

    async fn callers_without_admin_rights_are_refused(server) {
        for endpoint in documented().iter().filter(|e| e.permission == "admin") {
            let answer = endpoint.call_badly(&server.user("ada"), &endpoint.path("ada", "x")).await;
            let body = json!({ "error": "Admin privileges required", "details": [] });
            assert_eq!((answer.status, answer.json()), (403, body), "{}", endpoint.name());
        }
    }

    async fn others_than_the_owner_are_refused(server) {
        for endpoint in documented().iter().filter(|e| e.permission == "owner" && e.template.starts_with("/users/")) {
            let answer = endpoint.call_badly(&server.user("eve"), &endpoint.path("ada", "x")).await;
            assert_eq!((answer.status, answer.json()), (403, not_yours()), "{}", endpoint.name());
        }
    }

    async fn rows_of_others_are_refused(server) {
        let lift = server.admin().post("/lifts", json!({ "name": "Squat" })).await.id(201);
        let max = json!({ "liftId": lift, "type": "ONE_RM", "value": 100 });
        let max = server.user("ada").post("/users/ada/lift-maxes", max).await.id(201);
        let eve = server.user("eve");
        for endpoint in documented().iter().filter(|e| e.permission == "owner" && e.template.starts_with("/lift-maxes/")) {
            // Whose row it is can only be known of a request that can be understood.
            let body = (endpoint.method == "PUT").then(|| br#"{"value":1}"#.to_vec());
            let path = format!("{}?to_type=TRAINING_MAX", endpoint.path("ada", &max));
            let answer = eve.send(&endpoint.method, &path, body).await;
            assert_eq!((answer.status, answer.json()), (403, not_yours()), "{}", endpoint.name());
        }
        assert_eq!(server.user("ada").get(&format!("/lift-maxes/{max}")).await.expect(200)["value"], 100.0);
    }

    async fn whoever_may_gets_past_the_gate(server) {
        for endpoint in documented() {
            let client = match endpoint.permission.as_str() {
                "anyone" => server.anonymous(),
                "admin" => server.admin(),
                _ => server.user("ada"),
            };
            let answer = endpoint.call_badly(&client, &endpoint.path("ada", "x")).await;
            assert!(matches!(answer.status, 200 | 204 | 400 | 404), "{}: {}", endpoint.name(), answer.text);
        }
    }
}

fn not_yours() -> Value {
    json!({ "error": "Access denied: you do not have permission", "details": [] })
}

/// Runs after the whole suite, which has left notes of the good answers it has had.
#[test]
fn every_endpoint_was_called() {
    if std::env::var("FERRUM_COVERAGE").as_deref() != Ok("check") {
        return;
    }
    let directory = std::env::var("FERRUM_COVERAGE_DIR").expect("FERRUM_COVERAGE_DIR names the notes");
    let mut called = BTreeSet::new();
    for note in std::fs::read_dir(&directory).unwrap_or_else(|e| panic!("{directory}: {e}")) {
        let text = std::fs::read_to_string(note.unwrap().path()).unwrap();
        called.extend(text.lines().map(str::to_owned));
    }
    let was_called = |endpoint: &Endpoint| {
        called
            .iter()
            .filter_map(|note| note.split_once(' '))
            .any(|(method, path)| endpoint.matches(method, path))
    };
    let forgotten: Vec<String> = documented().iter().filter(|e| !was_called(e)).map(Endpoint::name).collect();
    assert!(forgotten.is_empty(), "no test has had a good answer from:\n{}", forgotten.join("\n"));
}
