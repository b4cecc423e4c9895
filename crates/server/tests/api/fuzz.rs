//! Random requests, valid ones and their mutations, at every route: nothing breaks, nothing hangs, and
//! every answer is one that the OpenAPI document announces.

use std::collections::hash_map::RandomState;
use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::idempotency::World;
use crate::support::{Engine, Server, database};

/// An answer that takes longer counts as none.
const PATIENCE: Duration = Duration::from_secs(5);
/// Requests between two looks at what rows there are.
const FRESH: usize = 300;

const TEXTS: [&str; 24] = [
    "",
    " ",
    "a",
    "null",
    "0",
    "-1",
    "1e9",
    "ada",
    "eve",
    "squat",
    "ONE_RM",
    "TRAINING_MAX",
    "AFTER_SESSION",
    "day",
    "Élévation",
    "\u{202e}abc",
    "\u{1f3cb}\u{fe0f}",
    "\0",
    "a\0b",
    "'; DROP TABLE lifts; --",
    "2024-01-01T00:00:00Z",
    "2024-13-45",
    "9999-12-31T23:59:59Z",
    "%00",
];
const NUMBERS: [&str; 18] = [
    "0",
    "-0.0",
    "1",
    "-1",
    "2.5",
    "0.0001",
    "100",
    "101",
    "200.5",
    "10000",
    "10001",
    "2147483648",
    "9007199254740993",
    "9223372036854775807",
    "18446744073709551615",
    "1e15",
    "1e308",
    "-1e308",
];

/// A random source that can begin anew from its seed (xorshift64*).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.roll() >> 33).expect("31 bits") % bound
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'p, T>(&mut self, from: &'p [T]) -> &'p T {
        &from[self.below(from.len())]
    }
}

/// An operation of the OpenAPI document.
struct Operation {
    method: String,
    template: String,
    /// Names of the query parameters, with the values that the schema lists.
    query: Vec<(String, Vec<String>)>,
    example: Option<Value>,
    statuses: Vec<u16>,
}

fn operations() -> Vec<Operation> {
    let api = serde_json::to_value(ferrum_powerpro::openapi()).unwrap();
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

/// A request as it is sent, and printed when its answer is wrong.
#[derive(Debug)]
struct Request {
    method: String,
    target: String,
    headers: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
}

/// Something that exists: an id or a slug, and of what, e.g. `lift` or `by-slug`.
struct Row {
    kind: String,
    id: String,
}

/// The kind of row that a list or a parameter is about: `lift` for `lifts`, `parentLiftId` and `{liftId}` alike.
fn kind_of(name: &str) -> String {
    let name = name.trim_matches(['{', '}']).replace('-', "").to_lowercase();
    let name = name.trim_end_matches("ids").trim_end_matches("id").trim_end_matches('s');
    if name.ends_with("lift") { "lift".to_owned() } else { name.to_owned() }
}

/// Makes requests out of operations, random choices, and ids that exist.
struct Maker {
    dice: Dice,
    rows: Vec<Row>,
    made: usize,
}

impl Maker {
    fn request(&mut self, operation: &Operation) -> Request {
        self.made += 1;
        let mut target = String::new();
        let mut before = "";
        for segment in operation.template.split('/').skip(1) {
            let filled = match segment {
                "{userId}" if !self.dice.one_in(5) => "ada".to_owned(),
                "{id}" | "{slug}" => encode(&self.path_segment(before)),
                segment if segment.starts_with('{') => encode(&self.path_segment(segment)),
                segment => segment.to_owned(),
            };
            before = segment;
            let _ = write!(target, "/{filled}");
        }
        let mut separator = '?';
        for (name, values) in &operation.query {
            if self.dice.one_in(2) {
                let is_valid = !values.is_empty() && !self.dice.one_in(3);
                let value = if is_valid { self.dice.pick(values).clone() } else { self.text() };
                let _ = write!(target, "{separator}{name}={}", encode(&value));
                separator = '&';
            }
        }
        let body = operation.example.as_ref().map(|example| self.body(example));
        Request { method: operation.method.clone(), target, headers: self.headers(), body }
    }

    fn headers(&mut self) -> Vec<(&'static str, String)> {
        let mut headers = vec![("content-type", "application/json".to_owned())];
        let id = if self.dice.one_in(8) { "eve" } else { "ada" };
        match self.dice.below(20) {
            0 => {}
            1 => headers.push(("authorization", "Bearer eyJh.eyJz.x".to_owned())),
            2 => headers.push(("x-user-id", "not an id".to_owned())),
            n if n % 2 == 0 => headers.push(("x-user-id", id.to_owned())),
            _ => headers.push(("authorization", format!("Bearer {id}"))),
        }
        if !self.dice.one_in(6) {
            headers.push(("x-admin", "true".to_owned()));
        }
        if self.dice.one_in(4) {
            headers.push(("idempotency-key", format!("k{}", self.dice.below(50))));
        }
        headers
    }

    fn path_segment(&mut self, of: &str) -> String {
        if self.dice.one_in(6) {
            // An empty segment or one of dots would be another path.
            return Some(self.text())
                .filter(|t| !t.is_empty() && !t.starts_with('.'))
                .unwrap_or("x".to_owned());
        }
        self.id_of(of)
    }

    /// Mostly the id of a row of the kind that `name` is about.
    fn id_of(&mut self, name: &str) -> String {
        let kind = kind_of(name);
        let fitting: Vec<&Row> = self.rows.iter().filter(|row| row.kind == kind).collect();
        if fitting.is_empty() || self.dice.one_in(8) {
            return self.id();
        }
        self.dice.pick(&fitting).id.clone()
    }

    fn id(&mut self) -> String {
        self.dice.pick(&self.rows).id.clone()
    }

    fn text(&mut self) -> String {
        match self.dice.below(8) {
            0 => self.id(),
            1 => (*self.dice.pick(&NUMBERS)).to_owned(),
            2 => "x".repeat(self.dice.below(300)),
            3 => (0..self.dice.below(12))
                .filter_map(|_| char::from_u32(u32::try_from(self.dice.below(0x11_0000)).unwrap()))
                .collect(),
            _ => (*self.dice.pick(&TEXTS)).to_owned(),
        }
    }

    /// The example with ids that exist, perhaps changed in a few places, perhaps no longer JSON.
    fn body(&mut self, example: &Value) -> Vec<u8> {
        let mut value = example.clone();
        self.make_real(&mut value);
        if !self.dice.one_in(3) {
            for _ in 0..=self.dice.below(3) {
                self.mutate(&mut value, 0);
            }
        }
        let mut text = value.to_string();
        // What no value of serde's can hold.
        for (mark, raw) in
            [("\"<huge>\"", "1e400"), ("\"<long>\"", &"9".repeat(400)), ("\"<lone>\"", r#""\ud800""#)]
        {
            text = text.replace(mark, raw);
        }
        if self.dice.one_in(30) {
            let depth = *self.dice.pick(&[50, 126, 127, 128, 5_000]);
            text = format!("{{\"name\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        }
        let mut bytes = text.into_bytes();
        if self.dice.one_in(15) && !bytes.is_empty() {
            let place = self.dice.below(bytes.len());
            match self.dice.below(3) {
                0 => bytes.truncate(place),
                1 => bytes[place] = self.dice.roll().to_le_bytes()[0],
                _ => bytes.splice(place..place, *b"\"name\":1,").for_each(drop),
            }
        }
        bytes
    }

    /// Replaces what the example uses as ids by ids that exist, and names by new ones.
    fn make_real(&mut self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match member {
                        Value::String(text) if name == "userId" => "ada".clone_into(text),
                        Value::String(text) if name.ends_with("Id") => *text = self.id_of(name),
                        Value::String(text) if name == "slug" || name == "name" => {
                            *text = format!("n{}-{}", self.made, self.dice.below(1000));
                        }
                        Value::Array(items) if name.ends_with("Ids") => {
                            for item in items {
                                *item = json!(self.id_of(name));
                            }
                        }
                        member => self.make_real(member),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.make_real(item)),
            _ => {}
        }
    }

    /// Changes the value, or something in it.
    fn mutate(&mut self, value: &mut Value, depth: usize) {
        match value {
            Value::Object(members) if depth == 0 || !self.dice.one_in(3) => {
                let names: Vec<String> = members.keys().cloned().collect();
                if names.is_empty() || self.dice.one_in(10) {
                    members.insert(self.text(), self.junk());
                    return;
                }
                let name = self.dice.pick(&names).clone();
                if self.dice.one_in(4) {
                    members.remove(&name);
                } else if let Some(member) = members.get_mut(&name) {
                    self.mutate(member, depth + 1);
                }
            }
            Value::Array(items) if !items.is_empty() && !self.dice.one_in(3) => {
                let place = self.dice.below(items.len());
                match self.dice.below(4) {
                    0 => drop(items.remove(place)),
                    1 => items.push(items[place].clone()),
                    _ => self.mutate(&mut items[place], depth + 1),
                }
            }
            value => *value = self.junk(),
        }
    }

    fn junk(&mut self) -> Value {
        match self.dice.below(14) {
            0 => Value::Null,
            1 => json!(self.dice.one_in(2)),
            2..=4 => serde_json::from_str::<Value>(self.dice.pick::<&str>(&NUMBERS)).unwrap(),
            5 => json!([]),
            6 => json!({}),
            7 => json!([self.text(), null, { "a": [self.text()] }]),
            8 => json!(self.dice.pick(&["<huge>", "<long>", "<lone>"])),
            9 => Value::Array(vec![json!(self.id()); self.dice.below(520)]),
            10 => Value::Object(
                (0..self.dice.below(60)).map(|n| (n.to_string(), json!(n))).collect::<Map<_, _>>(),
            ),
            _ => json!(self.text()),
        }
    }
}

fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// Why an answer is wrong.
fn fault(operation: &Operation, status: u16, body: &str) -> Option<String> {
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
    let is_refusal = value.as_object().is_some_and(|body| {
        let details = body.get("details").and_then(Value::as_array);
        body.len() == 2
            && body.get("error").is_some_and(|error| error.as_str().is_some_and(|e| !e.is_empty()))
            && details.is_some_and(|details| details.iter().all(Value::is_string))
            && (status != 400 || details.is_some_and(|details| !details.is_empty()))
    });
    (status >= 400 && !is_refusal).then(|| "not the form of a refusal".to_owned())
}

/// The rows that there are, by their ids and slugs.
async fn existing(server: &Server, operations: &[Operation]) -> Vec<Row> {
    let mut rows = vec![Row { kind: "user".to_owned(), id: "ada".to_owned() }];
    let lists = operations.iter().filter(|o| o.method == "GET" && !o.template.contains('{'));
    for path in lists.map(|o| o.template.as_str()).chain(["/users/ada/lift-maxes"]) {
        let page = server.user("ada").get(&format!("{path}?pageSize=30")).await.json();
        for row in page["data"].as_array().into_iter().flatten() {
            let kind = kind_of(path.rsplit('/').next().unwrap_or_default());
            rows.extend(row["id"].as_str().map(|id| Row { kind, id: id.to_owned() }));
            let slug = |id: &str| Row { kind: kind_of("by-slug"), id: id.to_owned() };
            rows.extend(row["slug"].as_str().map(slug));
        }
    }
    rows
}

async fn fuzz(engine: Engine, seed: u64, time: Duration) {
    let server = Server::start(engine).await;
    World::make(&server).await;
    let operations = operations();
    let http = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
    let mut maker = Maker { dice: Dice(seed), rows: Vec::new(), made: 0 };
    let mut counts = std::collections::BTreeMap::<u16, usize>::new();
    let start = Instant::now();
    while start.elapsed() < time {
        if maker.made.is_multiple_of(FRESH) {
            maker.rows = existing(&server, &operations).await;
        }
        let operation = &operations[maker.dice.below(operations.len())];
        let request = maker.request(operation);
        let url = format!("{}{}", server.powerpro, request.target);
        let mut sent = http.request(request.method.parse().unwrap(), url);
        for (name, value) in &request.headers {
            sent = sent.header(*name, value);
        }
        if let Some(body) = &request.body {
            sent = sent.body(body.clone());
        }
        let place = || {
            let body = request.body.as_deref().map(String::from_utf8_lossy);
            format!("{engine:?}, seed {seed}, request {}: {request:?}\n{body:?}", maker.made)
        };
        let sent = sent.send().await.unwrap_or_else(|e| panic!("{}: {e}", place()));
        let status = sent.status().as_u16();
        let body = sent.text().await.unwrap_or_else(|e| panic!("{}: {e}", place()));
        *counts.entry(status).or_default() += 1;
        if let Some(fault) = fault(operation, status, &body) {
            panic!("{} {}: {fault}\n{}\n{status} {body}", operation.method, operation.template, place());
        }
        if maker.made.is_multiple_of(20) {
            server.advance_clock(1_000);
        }
    }
    println!("{engine:?}: {} requests with the seed {seed}; by status: {counts:?}", maker.made);
    assert!(counts.len() > 5, "the requests are too much alike: {counts:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_requests_break_nothing() {
    let asked = std::env::var("FERRUM_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let soak = std::env::var("FERRUM_SOAK").is_ok();
    let time = Duration::from_secs(asked.unwrap_or(if soak { 600 } else { 5 }));
    let seed = std::env::var("FERRUM_FUZZ_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| RandomState::new().build_hasher().finish() | 1);
    println!("fuzzing for {time:?} with FERRUM_FUZZ_SEED={seed}");
    if database::postgres_is_there() {
        // One after the other: the machine is the tests' alone, and both begin with the same seed.
        fuzz(Engine::Sqlite, seed, time / 2).await;
        fuzz(Engine::Postgres, seed, time / 2).await;
    } else {
        fuzz(Engine::Sqlite, seed, time).await;
    }
}
