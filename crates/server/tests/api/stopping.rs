//! How a process ends that is told to.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::process::Process;
use crate::support::raw::Raw;

/// Sends the head of a request for a lift; the server has begun with it when this returns.
async fn begin_lift(open: &mut Raw, length: &str) {
    let lines = ["POST /lifts HTTP/1.1", "Host: localhost", "X-User-ID: ada", "X-Admin: true", length];
    open.head(&[&lines[..], &["Expect: 100-continue"]].concat()).await;
    assert_eq!(open.answer().await.expect("leave to send").status, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminated_server_ends_what_it_has_begun() {
    let directory = tempfile::tempdir().unwrap();
    let server = Process::serve(directory.path(), &[]);
    let body = r#"{"name":"Zercher squat"}"#;
    let mut open = Raw::tcp(&server.root("powerpro.listen")).await;
    let length = format!("Content-Length: {}", body.len());
    begin_lift(&mut open, &length).await;
    open.write(&body[..9]).await;
    server.signal("TERM");
    server.wait_for("stopping");
    open.write(&body[9..]).await;
    assert_eq!(open.answer().await.expect("an answer").status, 201);
    assert_eq!(server.end(), Some(0));
}

/// A server that has been told to stop while a request is half sent.
async fn stopping(directory: &Path, arguments: &[&str]) -> (Process, Raw) {
    let server = Process::serve(directory, arguments);
    let mut open = Raw::tcp(&server.root("powerpro.listen")).await;
    begin_lift(&mut open, "Content-Length: 9").await;
    server.signal("TERM");
    server.wait_for("stopping");
    (server, open)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_stops_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let (server, _open) = stopping(directory.path(), &["--set", "limits.drain=1m"]).await;
    let told = Instant::now();
    // Within half a second of the server's own time a second signal counts as the first one again.
    while !server.says("stopped at once", Duration::from_millis(700)) {
        server.signal("TERM");
    }
    assert_eq!(server.end(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_ends_does_not_keep_the_server() {
    let directory = tempfile::tempdir().unwrap();
    let (server, _open) = stopping(directory.path(), &["--set", "limits.drain=1s"]).await;
    let told = Instant::now();
    assert_eq!(server.end(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
}

#[test]
fn a_worker_works_and_stops() {
    let directory = tempfile::tempdir().unwrap();
    for signal in ["TERM", "INT"] {
        let worker = Process::start(directory.path(), &["worker"]);
        worker.wait_for("working");
        worker.signal(signal);
        assert_eq!(worker.end(), Some(0), "{signal}");
    }
}
