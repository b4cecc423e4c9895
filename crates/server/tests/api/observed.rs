//! What the operator's logs tell of single requests.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::json;

use crate::support::Client;
use crate::support::process::Process;
use crate::support::raw::Raw;

const SOON: Duration = Duration::from_secs(10);

fn file(directory: &Path) -> Connection {
    Connection::open(directory.join("data/ferrum.db")).unwrap()
}

/// The line of the access log that holds `text`, once it is there.
fn line_with(directory: &Path, text: &str) -> String {
    let start = Instant::now();
    loop {
        let log = std::fs::read_to_string(directory.join("access.log")).unwrap();
        if let Some(line) = log.lines().find(|line| line.contains(text)) {
            return line.to_owned();
        }
        assert!(start.elapsed() < SOON, "no {text} in {log}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_told_with_the_request_that_met_it() {
    let directory = tempfile::tempdir().unwrap();
    let server = Process::serve(directory.path(), &["--set", "log.format=json"]);
    file(directory.path()).execute_batch("DROP TABLE idempotency_keys").unwrap();
    let admin = Client::new(&server.root("powerpro.listen"))
        .with("x-user-id", "ada")
        .with("x-admin", "true")
        .with("x-request-id", "my-request")
        .with("idempotency-key", "k");
    let answer = admin.post("/lifts", json!({ "name": "Squat" })).await;
    answer.refused(500, "internal server error", &[]);
    let line = server.line_with("my-request", SOON).expect("a line about it");
    assert!(line.contains("no such table: idempotency_keys"), "{line}");
    let told: serde_json::Value = serde_json::from_str(&line).unwrap();
    for (name, value) in [
        ("level", "ERROR"),
        ("surface", "powerpro"),
        ("request_id", "my-request"),
        ("route", "/lifts"),
        ("caller", "ada"),
    ] {
        assert_eq!(told[name], value, "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_client_leaves_is_written_down() {
    let directory = tempfile::tempdir().unwrap();
    let server = Process::serve(directory.path(), &["--set", "log.access=access.log"]);
    let root = server.root("powerpro.listen");
    let other = file(directory.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let body = r#"{"name":"Zercher"}"#;
    let mut raw = Raw::tcp(&root).await;
    let length = format!("Content-Length: {}", body.len());
    raw.head(&[
        "POST /lifts HTTP/1.1",
        "Host: localhost",
        "X-User-ID: ada",
        "X-Admin: true",
        "X-Request-Id: gone",
        &length,
    ])
    .await;
    raw.write(body).await;
    // Long enough for the server to have read it, and less than its writer waits for the file.
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(raw);
    let line = line_with(directory.path(), " id=gone ");
    assert!(line.contains(" caller=ada method=POST path=/lifts route=/lifts status=499 bytes=- "), "{line}");
    other.execute_batch("ROLLBACK").unwrap();
    let reader = Client::new(&root).with("x-user-id", "ada");
    let start = Instant::now();
    while reader.get("/lifts/by-slug/zercher").await.status != 200 {
        assert!(start.elapsed() < SOON, "what was begun is done all the same");
    }
    let metrics = Client::new(&server.root("listen")).get("/metrics").await.text;
    let counted =
        r#"ferrum_http_requests_total{surface="powerpro",method="POST",route="/lifts",status="4xx"} 1"#;
    assert!(metrics.contains(counted), "{metrics}");
    assert!(metrics.contains("ferrum_http_requests_in_flight{surface=\"powerpro\"} 0"), "{metrics}");
}
