//! The documented endpoints, the routes, the `OpenAPI` documents and the suite say the same. That every
//! endpoint refuses whom it must is tested beside its surface.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::document::Document;
use crate::support::{Client, Response};

/// A surface: the table of its endpoints, the document that clients are written from, and its routes.
pub struct Surface {
    name: &'static str,
    table: &'static str,
    /// `METHOD path` of the endpoints of the document.
    contract: fn() -> Vec<String>,
    openapi: fn() -> Value,
    /// How many endpoints the document has, and how many rows the table.
    counts: (usize, usize),
}

pub const POWERPRO: Surface = Surface {
    name: "powerpro",
    table: include_str!("../../../../docs/surfaces/powerpro.md"),
    contract: || {
        Document::read(include_str!("../../../../docs/surfaces/contracts/powerpro.md")).endpoints().to_vec()
    },
    openapi: || serde_json::to_value(ferrum_powerpro::openapi()).unwrap(),
    counts: (75, 75),
};

pub const INTERVALFLOW: Surface = Surface {
    name: "intervalflow",
    table: include_str!("../../../../docs/surfaces/intervalflow.md"),
    contract: || {
        let text = include_str!("../../../../docs/surfaces/contracts/intervalflow.md");
        let requests = text.lines().filter_map(|line| line.split_once(" /api/"));
        let methods = ["GET", "POST", "PUT", "DELETE"];
        let requests = requests.filter(|(method, path)| methods.contains(method) && !path.contains('?'));
        let paths = requests.map(|(method, path)| format!("{method} /api/{}", path.replace(":id", "{id}")));
        let examples = |path: &String| !path.contains("679a1b2c3d4e5f6g7h8i9j0k");
        paths.filter(examples).collect::<BTreeSet<_>>().into_iter().collect()
    },
    openapi: || serde_json::to_value(ferrum_intervalflow::openapi()).unwrap(),
    counts: (8, 19),
};

const SURFACES: [Surface; 2] = [POWERPRO, INTERVALFLOW];

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

    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.template)
    }

    /// The path with `owner` as its `userId` and `row` as every other id.
    pub fn path(&self, owner: &str, row: &str) -> String {
        let fill = |segment: &str| match segment {
            "{userId}" => owner.to_owned(),
            segment if segment.starts_with('{') => row.to_owned(),
            segment => segment.to_owned(),
        };
        self.template.split('/').map(fill).collect::<Vec<_>>().join("/")
    }

    /// Sends a request whose body nobody can read.
    pub async fn call_badly(&self, client: &Client, path: &str) -> Response {
        let body = matches!(self.method.as_str(), "POST" | "PUT").then(|| b"{ not JSON".to_vec());
        client.send(&self.method, path, body).await
    }

    /// Whether a request was one to this endpoint.
    pub fn matches(&self, method: &str, path: &str) -> bool {
        let (ours, theirs) = (self.template.split('/'), path.split('/'));
        self.method == method
            && ours.clone().count() == theirs.clone().count()
            && ours.zip(theirs).all(|(ours, theirs)| ours.starts_with('{') || ours == theirs)
    }
}

impl Surface {
    /// The cells of the table's rows: method, path, permission, section.
    fn rows(&self) -> impl Iterator<Item = Vec<&'static str>> {
        let methods = ["| GET |", "| POST |", "| PUT |", "| DELETE |"];
        let rows =
            self.table.lines().filter(move |line| methods.iter().any(|method| line.starts_with(method)));
        rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`')).collect())
    }

    /// The endpoints of the table.
    pub fn documented(&self) -> Vec<Endpoint> {
        self.rows().map(|cells| Endpoint::new(cells[0], cells[1], cells[2])).collect()
    }

    /// The paths of the lists that come in pages.
    pub fn lists(&self) -> Vec<String> {
        let api = (self.openapi)();
        let is_list = |item: &Value| {
            let parameters = item["get"]["parameters"].as_array();
            parameters.is_some_and(|all| all.iter().any(|p| p["name"] == "pageSize"))
        };
        let lists = api["paths"].as_object().unwrap().iter().filter(|(_, item)| is_list(item));
        lists.map(|(path, _)| path.clone()).collect()
    }

    /// The operations of the `OpenAPI` document, which is made of the routes.
    pub fn routed(&self) -> Vec<Endpoint> {
        let api = (self.openapi)();
        let mut endpoints = Vec::new();
        for (template, item) in api["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let permission = operation["x-permission"].as_str().unwrap_or("none is declared");
                endpoints.push(Endpoint::new(&method.to_uppercase(), template, permission));
            }
        }
        endpoints
    }
}

#[test]
fn the_tables_and_the_openapi_documents_agree() {
    for surface in SURFACES {
        let (table, routes) = (surface.documented(), surface.routed());
        assert_eq!(table.len(), surface.counts.1, "{}: one row an endpoint", surface.name);
        let (table, routes): (BTreeSet<_>, BTreeSet<_>) = (table.iter().collect(), routes.iter().collect());
        let (missing, undocumented) = (table.difference(&routes), routes.difference(&table));
        assert_eq!(missing.collect::<Vec<_>>(), Vec::<&&Endpoint>::new(), "in the table, not routed so");
        assert_eq!(undocumented.collect::<Vec<_>>(), Vec::<&&Endpoint>::new(), "routed, not in the table so");
    }
}

#[test]
fn operations_stand_in_the_sections_of_the_tables() {
    for surface in SURFACES {
        let api = (surface.openapi)();
        let mut sections = Vec::new();
        for cells in surface.rows() {
            let operation = &api["paths"][cells[1]][cells[0].to_lowercase()];
            assert_eq!(operation["tags"], json!([cells[3]]), "{cells:?}");
            sections.push(json!({ "name": cells[3] }));
        }
        sections.dedup();
        assert_eq!(api["tags"], json!(sections), "the groups, in the order of the document");
    }
}

#[test]
fn the_tables_have_every_endpoint_of_the_contracts() {
    for surface in SURFACES {
        let table: BTreeSet<String> = surface.documented().iter().map(Endpoint::name).collect();
        let contract: BTreeSet<String> = (surface.contract)().into_iter().collect();
        assert_eq!(contract.len(), surface.counts.0, "{}: {contract:?}", surface.name);
        assert!(contract.is_subset(&table), "{:?}", contract.difference(&table).collect::<Vec<_>>());
    }
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
    let endpoints = SURFACES.iter().flat_map(Surface::documented);
    let forgotten: Vec<String> = endpoints.filter(|e| !was_called(e)).map(|e| e.name()).collect();
    assert!(forgotten.is_empty(), "no test has had a good answer from:\n{}", forgotten.join("\n"));
}
