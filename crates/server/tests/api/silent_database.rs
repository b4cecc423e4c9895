//! A PostgreSQL that acknowledges what it gets and never answers holds up nobody without end.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::database::{Database, postgres_is_there};
use crate::support::process::{Process, run};
use crate::support::silent::Between;
use crate::support::{Client, Engine};

const OFF: [&str; 6] = ["--listen", "off", "--powerpro-listen", "off", "--intervalflow-listen", "off"];
/// Longer than a process may take to end that has nothing to wait for.
const SOON: Duration = Duration::from_secs(5);

/// A database, and what stands before it.
async fn database() -> Option<(Database, Between, String)> {
    if !postgres_is_there() {
        return None;
    }
    let database = Database::create(Engine::Postgres).await;
    let url = database.url().expect("PostgreSQL has one");
    let between = Between::start(&url);
    let url = between.url(&url);
    Some((database, between, url))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_ends_with_a_line_that_names_it() {
    let Some((_database, between, url)) = database().await else { return };
    let directory = tempfile::tempdir().unwrap();
    between.fall_silent();
    let start = Instant::now();
    let ended = run(directory.path(), &["migrate", "--database-url", &url]);
    let line = ended.refusal(2);
    assert!(line.contains("(database.url)") && line.contains("did not answer"), "{line}");
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_still_starting_ends_when_told() {
    let Some((_database, between, url)) = database().await else { return };
    let directory = tempfile::tempdir().unwrap();
    between.fall_silent();
    for (command, signal) in [("serve", "TERM"), ("serve", "INT"), ("worker", "TERM"), ("worker", "INT")] {
        let listeners = if command == "serve" { &OFF[..] } else { &[] };
        let process =
            Process::start(directory.path(), &[&[command, "--database-url", &url], listeners].concat());
        between.wait_for_another();
        process.signal(signal);
        let told = Instant::now();
        assert_eq!(process.end(), Some(0), "{command} {signal}");
        assert!(told.elapsed() < SOON, "{command} {signal}: {:?}", told.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_ends_when_told_although_its_connections_wait() {
    let Some((_database, between, url)) = database().await else { return };
    let directory = tempfile::tempdir().unwrap();
    let settings = ["--database-url", &url, "--set", "limits.drain=1s", "--set", "builtin=off"];
    let server = Process::serve(directory.path(), &settings);
    let root = server.root("powerpro.listen");
    between.fall_silent();
    let waiting = tokio::spawn(async move {
        let admin = Client::new(&root).with("x-user-id", "ada").with("x-admin", "true");
        admin.post("/lifts", json!({ "name": "Squat" })).await
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    server.signal("TERM");
    let told = Instant::now();
    assert_eq!(server.end(), Some(0));
    assert!(told.elapsed() < SOON, "{:?}", told.elapsed());
    waiting.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_ends_when_told_although_its_connection_waits() {
    let Some((_database, between, url)) = database().await else { return };
    let directory = tempfile::tempdir().unwrap();
    let settings = ["worker", "--database-url", &url, "--set", "limits.drain=1s", "--set", "builtin=off"];
    let worker = Process::start(directory.path(), &settings);
    worker.wait_for("working");
    between.fall_silent();
    // It looks for work each second.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    worker.signal("TERM");
    let told = Instant::now();
    assert_eq!(worker.end(), Some(0));
    assert!(told.elapsed() < SOON, "{:?}", told.elapsed());
}
