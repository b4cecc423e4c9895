//! Makes requests: as the documents want them, and changed.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::surface::{Operation, Row, Surface, kind_of};

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

/// A request as it is sent, and printed when its answer is wrong.
#[derive(Debug)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Vec<u8>>,
}

/// Makes requests out of operations, random choices, and ids that exist.
pub struct Maker {
    pub dice: Dice,
    pub rows: Vec<Row>,
    pub made: usize,
}

impl Maker {
    pub fn request(&mut self, surface: &Surface, operation: &Operation) -> Request {
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
                let operator = if self.dice.one_in(30) { "[$ne]" } else { "" };
                let _ = write!(target, "{separator}{name}{operator}={}", encode(&value));
                separator = '&';
            }
        }
        let body = operation.example.as_ref().map(|example| self.body(example));
        let mut headers = surface.headers(&mut self.dice);
        if self.dice.one_in(4) {
            headers.push(("idempotency-key", format!("k{}", self.dice.below(50))));
        }
        let body = match body {
            Some(_) if surface.reads_forms() && self.dice.one_in(15) => {
                headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
                Some(self.form(operation.example.as_ref()))
            }
            body => {
                headers.push(("content-type", "application/json".to_owned()));
                body
            }
        };
        Request { method: operation.method.clone(), target, headers, body }
    }

    /// The members of the example as a form, some of them twice or with an operator.
    fn form(&mut self, example: Option<&Value>) -> Vec<u8> {
        let names: Vec<&String> =
            example.and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name).collect();
        let mut form = String::new();
        for _ in 0..self.dice.below(names.len() + 2) {
            let name = self.dice.pick(&names).as_str();
            let operator = if self.dice.one_in(10) { "[$ne]" } else { "" };
            let _ = write!(form, "{name}{operator}={}&", encode(&self.text()));
        }
        form.into_bytes()
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
                        Value::String(text) if name == "email" => {
                            *text = format!("n{}-{}@example.org", self.made, self.dice.below(1000));
                        }
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
