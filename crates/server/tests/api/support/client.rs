//! A small HTTP client that notes what it has called, for the coverage check.

use std::collections::HashSet;
use std::io::Write;
use std::sync::{LazyLock, Mutex};

use serde_json::Value;

static HTTP: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

/// A caller with a base address and headers of its own.
#[derive(Clone)]
pub struct Client {
    base: String,
    headers: Vec<(String, String)>,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Client {
    pub fn new(base: &str) -> Self {
        Self { base: base.to_owned(), headers: Vec::new() }
    }

    /// The same caller with one more header.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    pub async fn get(&self, path: &str) -> Response {
        self.send("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Response {
        self.send("POST", path, Some(body.to_string().into_bytes())).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Response {
        self.send("PUT", path, Some(body.to_string().into_bytes())).await
    }

    pub async fn delete(&self, path: &str) -> Response {
        self.send("DELETE", path, None).await
    }

    /// Any request; the body as it stands.
    pub async fn send(&self, method: &str, path: &str, body: Option<Vec<u8>>) -> Response {
        // A client per runtime: a pooled connection must not outlive the test that opened it.
        let mut request =
            reqwest::Client::new().request(method.parse().expect("a method"), format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let response = request.send().await.unwrap_or_else(|e| panic!("{method} {path}: {e}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        if response.status().is_success() {
            note(method, path);
        }
        let text = response.text().await.unwrap_or_else(|e| panic!("{method} {path}: {e}"));
        Response { status, headers, text }
    }
}

impl Response {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("not JSON ({e}): {}", self.text))
    }

    /// The body as JSON, after a check of the status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// The member `id` of the body, after a check of the status.
    #[track_caller]
    pub fn id(&self, status: u16) -> String {
        self.expect(status)["id"].as_str().expect("an id").to_owned()
    }

    /// Checks a refusal: status, the document's text, and that every one of `details` is named.
    #[track_caller]
    pub fn refused(&self, status: u16, error: &str, details: &[&str]) {
        let body = self.expect(status);
        assert_eq!(body["error"], error, "{body}");
        let found: Vec<&str> =
            body["details"].as_array().expect("details").iter().map(|d| d.as_str().expect("text")).collect();
        for detail in details {
            assert!(found.iter().any(|text| text.contains(detail)), "no {detail:?} in {found:?}");
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }
}

/// Writes down that a path was called and gave a good answer, once, where `coverage.rs` looks for it.
fn note(method: &str, path: &str) {
    let Ok(directory) = std::env::var("FERRUM_COVERAGE_DIR") else { return };
    let line = format!("{method} {}\n", path.split('?').next().unwrap_or(path));
    if HTTP.lock().expect("not poisoned").insert(line.clone()) {
        let _ = std::fs::create_dir_all(&directory);
        let file = std::path::Path::new(&directory).join(format!("{}.txt", std::process::id()));
        let mut file =
            std::fs::OpenOptions::new().create(true).append(true).open(file).expect("the note's file");
        // In one piece, since other tests append theirs at the same time.
        file.write_all(line.as_bytes()).expect("the note is written");
    }
}
