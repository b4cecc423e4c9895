//! A surface's document, read as a test: its JSON blocks, tables and error rows, each of which some
//! test must use.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Deserializer, Value};

/// Stands in an example where the document writes `...`: anything of the kind may stand there.
pub const ANYTHING: &str = "<anything>";

/// A part of the document that a test must use.
#[derive(Debug)]
struct Part {
    /// The heading above it, e.g. `POST /lifts` or `Error Reference`.
    heading: String,
    /// The nearest line in bold above it, e.g. `Request Body`; empty if there is none.
    label: String,
    line: usize,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// The JSON values of one block.
    Json(Vec<Value>),
    /// The rows of one table, by column.
    Table { columns: Vec<String>, rows: Vec<Vec<String>> },
    /// A bullet under **Errors**: status and cause.
    ErrorRow { status: u16, cause: String },
    /// A block of another language: requests, commands or headers.
    Code(String),
    /// A bullet that begins with a field's name, under rules, fields or parameters.
    Field { name: String, rule: String },
    /// `Expected: 401 ...`, below a request.
    Expected(u16),
}

/// The document, and which of its parts have been used.
pub struct Document {
    parts: Vec<Part>,
    endpoints: Vec<String>,
    used: RefCell<BTreeSet<usize>>,
}

impl Document {
    /// Reads the Markdown text of a document.
    pub fn read(text: &str) -> Self {
        Self::of(text, Reader::default())
    }

    /// Reads a document whose blocks of requests and commands and whose bullets about fields count too.
    pub fn read_whole(text: &str) -> Self {
        Self::of(text, Reader { whole: true, ..Reader::default() })
    }

    fn of(text: &str, mut reader: Reader) -> Self {
        for (number, line) in text.lines().enumerate() {
            reader.line(number + 1, line);
        }
        reader.end_table();
        Self { parts: reader.parts, endpoints: reader.endpoints, used: RefCell::default() }
    }

    /// The headings that name an endpoint, `METHOD path`, in order.
    pub fn endpoints(&self) -> &[String] {
        &self.endpoints
    }

    /// The JSON values of the block under `heading` whose label starts with `label`.
    #[track_caller]
    pub fn json(&self, heading: &str, label: &str) -> Vec<Value> {
        let found = self
            .find(heading, |part| matches!(&part.content, Content::Json(_)) && part.label.starts_with(label));
        match &found.content {
            Content::Json(values) => values.clone(),
            _ => unreachable!(),
        }
    }

    /// The JSON values of all blocks under `heading` whose label starts with `label`, in order.
    #[track_caller]
    pub fn examples(&self, heading: &str, label: &str) -> Vec<Value> {
        self.all(heading, label, |content| match content {
            Content::Json(values) => Some(values.clone()),
            _ => None,
        })
        .concat()
    }

    /// The blocks of other languages under `heading` whose label starts with `label`, in order.
    #[track_caller]
    pub fn code(&self, heading: &str, label: &str) -> Vec<String> {
        self.all(heading, label, |content| match content {
            Content::Code(text) => Some(text.clone()),
            _ => None,
        })
    }

    /// The bullets about fields under `heading` whose label starts with `label`: name and rule.
    #[track_caller]
    pub fn fields(&self, heading: &str, label: &str) -> Vec<(String, String)> {
        self.all(heading, label, |content| match content {
            Content::Field { name, rule } => Some((name.clone(), rule.clone())),
            _ => None,
        })
    }

    /// The statuses that are expected under `heading` below the label that starts with `label`.
    #[track_caller]
    pub fn expected(&self, heading: &str, label: &str) -> u16 {
        let found = self.all(heading, label, |content| match content {
            Content::Expected(status) => Some(*status),
            _ => None,
        });
        found[0]
    }

    /// The labels under `heading` that stand above a block of code, in order.
    pub fn labels(&self, heading: &str) -> Vec<String> {
        let parts = self.parts.iter().filter(|part| part.heading == heading);
        let parts = parts.filter(|part| matches!(part.content, Content::Code(_)));
        parts.map(|part| part.label.clone()).collect()
    }

    /// The headings above parts with code, in order.
    pub fn code_headings(&self) -> Vec<String> {
        let mut headings: Vec<String> = Vec::new();
        for part in self.parts.iter().filter(|part| matches!(part.content, Content::Code(_))) {
            if !headings.contains(&part.heading) {
                headings.push(part.heading.clone());
            }
        }
        headings
    }

    #[track_caller]
    fn all<T>(&self, heading: &str, label: &str, wanted: impl Fn(&Content) -> Option<T>) -> Vec<T> {
        let mut found = Vec::new();
        for (index, part) in self.parts.iter().enumerate() {
            if part.heading == heading
                && part.label.starts_with(label)
                && let Some(content) = wanted(&part.content)
            {
                self.used.borrow_mut().insert(index);
                found.push(content);
            }
        }
        assert!(!found.is_empty(), "the document has no such part under {heading:?}, {label:?}");
        found
    }

    /// The first JSON value of that block.
    #[track_caller]
    pub fn example(&self, heading: &str, label: &str) -> Value {
        self.json(heading, label).into_iter().next().expect("a value in the block")
    }

    /// Fails unless `actual` has exactly the keys and JSON types of `example`. Null may be what the document shows
    /// as null anywhere. `extensions` are keys of ours that may stand in `actual` as well.
    #[track_caller]
    pub fn same_shape(&self, example: &Value, actual: &Value, extensions: &[&str]) {
        let mut nullable = BTreeSet::new();
        for part in &self.parts {
            let Content::Json(values) = &part.content else { continue };
            for value in values {
                note_nulls(value, &mut nullable);
            }
        }
        if let Err(difference) = (Allowed { extensions, nullable }).compare(example, actual, "$") {
            panic!("{difference}\nexample: {example:#}\nactual: {actual:#}");
        }
    }

    /// The rows of the table under `heading` whose first column is called `column`, if there is one.
    pub fn table(&self, heading: &str, column: &str) -> Option<Vec<Vec<String>>> {
        let index = self.parts.iter().position(|part| {
            part.heading == heading
                && matches!(&part.content, Content::Table { columns, .. } if columns[0] == column)
        })?;
        self.used.borrow_mut().insert(index);
        match &self.parts[index].content {
            Content::Table { rows, .. } => Some(rows.clone()),
            _ => unreachable!(),
        }
    }

    /// The error rows under `heading`: status and cause.
    pub fn errors(&self, heading: &str) -> Vec<(u16, String)> {
        let mut rows = Vec::new();
        for (index, part) in self.parts.iter().enumerate() {
            if let Content::ErrorRow { status, cause } = &part.content
                && part.heading == heading
            {
                self.used.borrow_mut().insert(index);
                rows.push((*status, cause.clone()));
            }
        }
        rows
    }

    /// Fails if a part of the document was used by nobody.
    #[track_caller]
    pub fn must_be_used_up(&self) {
        let used = self.used.borrow();
        let unused: Vec<String> = self
            .parts
            .iter()
            .enumerate()
            .filter(|(index, _)| !used.contains(index))
            .map(|(_, part)| format!("line {}: {} / {}", part.line, part.heading, part.label))
            .collect();
        assert!(unused.is_empty(), "parts of the document that no test uses:\n{}", unused.join("\n"));
    }

    #[track_caller]
    fn find(&self, heading: &str, wanted: impl Fn(&Part) -> bool) -> &Part {
        let index = self
            .parts
            .iter()
            .position(|part| part.heading == heading && wanted(part))
            .unwrap_or_else(|| panic!("the document has no such part under {heading:?}"));
        self.used.borrow_mut().insert(index);
        &self.parts[index]
    }
}

#[derive(Default)]
struct Reader {
    whole: bool,
    parts: Vec<Part>,
    endpoints: Vec<String>,
    heading: String,
    label: String,
    /// Line and language of the block that is being read, and its text.
    block: Option<(usize, String, String)>,
    table: Option<(usize, Vec<Vec<String>>)>,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) {
        if let Some((start, language, text)) = &mut self.block {
            if line.starts_with("```") {
                let (start, language, text) = (*start, std::mem::take(language), std::mem::take(text));
                self.block = None;
                if language == "json" {
                    self.push(start, Content::Json(values(start, &text)));
                } else if !language.is_empty() {
                    self.push(start, Content::Code(text));
                }
            } else {
                text.push_str(line);
                text.push('\n');
            }
            return;
        }
        if line.starts_with('|') {
            let cells = line.trim_matches('|').split('|').map(|c| c.trim().replace('`', "")).collect();
            self.table.get_or_insert_with(|| (number, Vec::new())).1.push(cells);
            return;
        }
        self.end_table();
        if line == "```json" || self.whole && line.starts_with("```") {
            self.block = Some((number, line.trim_start_matches('`').to_owned(), String::new()));
        } else if line.starts_with('#') {
            line.trim_start_matches('#').trim().clone_into(&mut self.heading);
            self.label.clear();
            let method = self.heading.split_once(" /").map(|(method, _)| method);
            if matches!(method, Some("GET" | "POST" | "PUT" | "PATCH" | "DELETE")) {
                self.endpoints.push(self.heading.clone());
            }
        } else if let Some(rest) = line.strip_prefix("**") {
            self.label = rest.replace("**", "");
        } else if let Some(row) = line.strip_prefix("- `")
            && self.label.starts_with("Errors")
            && let Some((status, cause)) = row.split_once("`:")
        {
            let status = status.split(' ').next().and_then(|s| s.parse().ok()).expect("a status");
            self.push(number, Content::ErrorRow { status, cause: cause.trim().to_owned() });
        } else if self.whole {
            self.bullet(number, line);
        }
    }

    fn bullet(&mut self, number: usize, line: &str) {
        let is_list = ["Rules:", "Fields:", "Parameters:"].iter().any(|end| self.label.ends_with(end));
        if let Some(row) = line.strip_prefix("- `")
            && is_list
            && let Some((name, rule)) = row.split_once('`')
        {
            self.push(number, Content::Field { name: name.to_owned(), rule: rule.to_owned() });
        } else if let Some(rest) = line.strip_prefix("Expected: ") {
            let status = rest.split(' ').next().and_then(|s| s.parse().ok()).expect("a status");
            self.push(number, Content::Expected(status));
        }
    }

    fn end_table(&mut self) {
        if let Some((number, mut rows)) = self.table.take() {
            let columns = rows.remove(0);
            rows.retain(|row| !row.iter().all(|cell| cell.chars().all(|c| c == '-')));
            self.push(number, Content::Table { columns, rows });
        }
    }

    fn push(&mut self, line: usize, content: Content) {
        self.parts.push(Part { heading: self.heading.clone(), label: self.label.clone(), line, content });
    }
}

/// Name of a member that stands where the document leaves out the rest of an object.
const REST: &str = "...";

/// The values of a JSON block; comments are skipped, `...` becomes [`ANYTHING`], or [`REST`] on a line of its own.
fn values(line: usize, text: &str) -> Vec<Value> {
    let rest = format!("\"{REST}\": null");
    let lines = text.lines().filter(|l| !l.trim_start().starts_with("//"));
    let text: String = lines.map(|line| if line.trim() == REST { &rest } else { line }).collect();
    let anything = format!("\"{ANYTHING}\"");
    let text = ["[...]", "[ ... ]", "{...}", "{ ... }"]
        .iter()
        .fold(text, |text, dots| text.replace(dots, &anything));
    Deserializer::from_str(&text)
        .into_iter()
        .collect::<Result<_, _>>()
        .unwrap_or_else(|e| panic!("the JSON block at line {line}: {e}"))
}

/// Notes the names of the members that are null in `value`.
fn note_nulls(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| note_nulls(item, names)),
        Value::Object(members) => {
            names.extend(members.iter().filter(|(_, member)| member.is_null()).map(|(name, _)| name.clone()));
            members.values().for_each(|member| note_nulls(member, names));
        }
        _ => {}
    }
}

/// What an answer may have that an example does not show.
struct Allowed<'a> {
    /// Keys of ours.
    extensions: &'a [&'a str],
    /// Names of members that may be null.
    nullable: BTreeSet<String>,
}

impl Allowed<'_> {
    fn compare(&self, example: &Value, actual: &Value, path: &str) -> Result<(), String> {
        match (example, actual) {
            (Value::String(any), _) if any == ANYTHING => Ok(()),
            (Value::Object(example), Value::Object(actual)) => {
                for (key, value) in example.iter().filter(|(key, _)| *key != REST) {
                    let found = actual.get(key).ok_or_else(|| format!("{path}.{key} is missing"))?;
                    if !(self.nullable.contains(key) && (value.is_null() || found.is_null())) {
                        self.compare(value, found, &format!("{path}.{key}"))?;
                    }
                }
                let known = |key: &str| {
                    example.contains_key(key) || example.contains_key(REST) || self.extensions.contains(&key)
                };
                match actual.keys().find(|key| !known(key)) {
                    Some(key) => Err(format!("{path}.{key} is not in the document")),
                    None => Ok(()),
                }
            }
            (Value::Array(example), Value::Array(actual)) => {
                let Some(model) = example.first() else { return Ok(()) };
                if actual.is_empty() {
                    return Err(format!("{path} is empty"));
                }
                actual
                    .iter()
                    .enumerate()
                    .try_for_each(|(i, item)| self.compare(model, item, &format!("{path}[{i}]")))
            }
            (Value::String(_), Value::String(_))
            | (Value::Number(_), Value::Number(_))
            | (Value::Bool(_), Value::Bool(_)) => Ok(()),
            _ => Err(format!("{path} has another type")),
        }
    }
}
