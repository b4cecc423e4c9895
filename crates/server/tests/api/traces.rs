//! Traces, as a collector gets them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message;
use tokio::net::TcpSocket;

use crate::support::process::{Process, run};
use crate::support::raw::Raw;
use crate::support::{Client, Engine, START, Server};

/// Longer than it takes the last traces to go when a server stops, also on a machine that stands still meanwhile.
const STOPPED: Duration = Duration::from_secs(15);

/// A collector of traces.
struct Collector {
    root: String,
    batches: Receiver<Vec<u8>>,
}

impl Collector {
    /// One that takes everything.
    fn start() -> Self {
        Self::answering(|stream, batches| {
            while let Some(batch) = read(stream) {
                // What is answered has arrived, so that whoever has seen the server stop finds it.
                let _ = batches.send(batch);
                let answer =
                    "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
                if stream.write_all(answer.as_bytes()).is_err() {
                    return;
                }
            }
        })
    }

    /// One that reads and never answers.
    fn silent() -> Self {
        Self::answering(|stream, _| drop(std::io::copy(stream, &mut std::io::sink())))
    }

    fn answering(converse: fn(&mut TcpStream, &Sender<Vec<u8>>)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let (sender, batches) = channel();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let sender = sender.clone();
                std::thread::spawn(move || converse(&mut stream, &sender));
            }
        });
        Self { root, batches }
    }

    /// What has arrived so far.
    fn requests(&self) -> Vec<ExportTraceServiceRequest> {
        self.batches.try_iter().map(|batch| ExportTraceServiceRequest::decode(&*batch).unwrap()).collect()
    }

    /// The spans that have arrived so far.
    fn spans(&self) -> Vec<Span> {
        let resources = self.requests().into_iter().flat_map(|request| request.resource_spans);
        resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
    }
}

/// The body of the next request.
fn read(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut reader = BufReader::new(stream);
    let (mut length, mut line) = (0, String::new());
    assert!(reader.read_line(&mut line).ok()? == 0 || line == "POST /v1/traces HTTP/1.1\r\n", "{line}");
    while line != "\r\n" {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let (name, value) = line.split_once(": ").unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}

/// The value of an attribute, as a text.
fn value(attributes: &[KeyValue], key: &str) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.key == key)?;
    Some(match attribute.value.clone()?.value? {
        any_value::Value::StringValue(text) => text,
        any_value::Value::IntValue(number) => number.to_string(),
        other => panic!("{key}: {other:?}"),
    })
}

#[track_caller]
fn has(span: &Span, expected: &[(&str, &str)]) {
    for (key, text) in expected {
        assert_eq!(value(&span.attributes, key).as_deref(), Some(*text), "{key} of {span:#?}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

async fn traced(collector: &Collector, more: &[(&str, &str)]) -> Server {
    let settings = [&[("otlp.endpoint", &*collector.root)], more].concat();
    Server::start_with(Engine::Sqlite, &settings).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_a_span() {
    let collector = Collector::start();
    let server = traced(&collector, &[("otlp.service_name", "gym")]).await;
    let ada = server.user("ada-caller").with("x-request-id", "request-1");
    ada.get("/lifts/some-id?token=secret").await.expect(404);
    ada.with("x-request-id", "request-2").get("/nowhere").await.expect(404);
    ada.send("BREW", "/lifts", None).await;
    ada.get("/users/ada-caller/lift-maxes").await.expect(200);
    Client::new(&server.main).get("/api/powerpro/health").await.expect(200);
    server.stop().await;

    let requests = collector.requests();
    for hidden in ["secret", "token", "ada-caller", "some-id", "nowhere"] {
        assert!(!format!("{requests:?}").contains(hidden), "{hidden} in {requests:#?}");
    }
    let resource = requests[0].resource_spans[0].resource.as_ref().unwrap();
    assert_eq!(value(&resource.attributes, "service.name").as_deref(), Some("gym"));
    assert!(value(&resource.attributes, "service.version").is_some());
    let spans: Vec<Span> = requests
        .into_iter()
        .flat_map(|request| request.resource_spans)
        .flat_map(|resource| resource.scope_spans)
        .flat_map(|scope| scope.spans)
        .collect();
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(
        names,
        ["GET /lifts/{id}", "GET", "HTTP", "GET /users/{userId}/lift-maxes", "GET /api/powerpro/health"]
    );
    has(
        &spans[0],
        &[
            ("http.request.method", "GET"),
            ("http.route", "/lifts/{id}"),
            ("url.scheme", "http"),
            ("http.response.status_code", "404"),
            ("ferrum.surface", "powerpro"),
            ("ferrum.request_id", "request-1"),
        ],
    );
    has(&spans[1], &[("ferrum.request_id", "request-2")]);
    assert_eq!(value(&spans[1].attributes, "http.route"), None);
    has(&spans[2], &[("http.request.method", "_OTHER"), ("http.response.status_code", "405")]);
    has(&spans[3], &[("http.route", "/users/{userId}/lift-maxes"), ("http.response.status_code", "200")]);
    has(&spans[4], &[("ferrum.surface", "main"), ("http.response.status_code", "200")]);
    for span in &spans {
        assert_eq!(span.kind, SpanKind::Server as i32);
        assert!(span.parent_span_id.is_empty() && span.trace_id.len() == 16 && span.span_id.len() == 8);
        assert_eq!(span.end_time_unix_nano, u64::try_from(START.0).unwrap() * 1_000_000);
        assert!(span.start_time_unix_nano < span.end_time_unix_nano);
        assert!(span.status.as_ref().is_none_or(|status| status.code() == StatusCode::Unset));
        assert_eq!(value(&span.attributes, "error.type"), None);
        assert_eq!(value(&span.attributes, "url.path"), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_span_belongs_to_the_trace_of_its_caller() {
    let collector = Collector::start();
    let server = traced(&collector, &[]).await;
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    for sampled in ["01", "00"] {
        let header = format!("00-{trace}-{parent}-{sampled}");
        server.user("ada").with("traceparent", &header).get("/lifts").await.expect(200);
    }
    for bad in ["", "00", &format!("00-{trace}-{}-01", "0".repeat(16)), &format!("ff-{trace}-{parent}-01")] {
        server.user("ada").with("traceparent", bad).get("/lifts").await.expect(200);
    }
    server.stop().await;
    let spans = collector.spans();
    assert_eq!(spans.len(), 5, "the caller may say that its trace is not kept");
    assert_eq!((hex(&spans[0].trace_id).as_str(), hex(&spans[0].parent_span_id).as_str()), (trace, parent));
    assert_ne!(hex(&spans[0].span_id), parent);
    for span in &spans[1..] {
        assert!(span.parent_span_id.is_empty() && hex(&span.trace_id) != trace, "{span:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_ours_is_an_error() {
    let collector = Collector::start();
    let server = traced(&collector, &[("limits.request", "200ms")]).await;
    let mut raw = Raw::tcp(&server.powerpro).await;
    let lines =
        ["POST /lifts HTTP/1.1", "Host: localhost", "X-User-ID: ada", "X-Admin: true", "Content-Length: 9"];
    raw.head(&lines).await;
    assert_eq!(raw.answer().await.unwrap().status, 503);
    server.stop().await;
    let spans = collector.spans();
    has(&spans[0], &[("http.response.status_code", "503"), ("error.type", "503"), ("http.route", "/lifts")]);
    assert_eq!(spans[0].status.as_ref().unwrap().code(), StatusCode::Error);
    assert!(spans[0].end_time_unix_nano - spans[0].start_time_unix_nano >= 200_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_are_sent_while_the_server_runs() {
    let collector = Collector::start();
    let server = traced(&collector, &[]).await;
    server.user("ada").get("/lifts").await.expect(200);
    collector.batches.recv_timeout(Duration::from_secs(20)).expect("a batch within seconds");
    server.stop().await;
}

/// Asks a server of its own often, then stops it; what it has logged of traces.
fn harmed_by(collector: &str) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let setting = format!("otlp.endpoint={collector}");
    let server = Process::serve(directory.path(), &["--set", &setting, "--set", "builtin=off"]);
    let root = server.root("powerpro.listen");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // More than a batch and more than the queue holds.
    runtime.block_on(async {
        for _ in 0..50 {
            let mut raw = Raw::tcp(&root).await;
            raw.write(&"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(80)).await;
            for _ in 0..80 {
                assert_eq!(raw.answer().await.unwrap().status, 200);
            }
        }
    });
    let start = Instant::now();
    server.signal("TERM");
    let (code, lines) = server.end_with_lines();
    assert_eq!(code, Some(0), "{lines:#?}");
    assert!(start.elapsed() < STOPPED, "it stopped after {:?}", start.elapsed());
    assert!(lines.iter().any(|line| line.contains("stopped")), "{lines:#?}");
    lines.into_iter().filter(|line| line.contains("collector")).collect()
}

#[test]
fn a_collector_that_is_not_there_does_no_harm() {
    // Bound but deaf, the port is refused to callers and cannot go to another listener meanwhile.
    let deaf = TcpSocket::new_v4().unwrap();
    deaf.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let root = format!("http://{}", deaf.local_addr().unwrap());
    let lines = harmed_by(&root);
    let complaints: Vec<_> = lines.iter().filter(|line| line.contains("do not reach")).collect();
    assert_eq!(complaints.len(), 1, "{lines:#?}");
    assert!(lines.last().unwrap().contains("of 4000 spans have not reached"), "{lines:#?}");
}

#[test]
fn a_collector_that_never_answers_does_no_harm() {
    let collector = Collector::silent();
    let lines = harmed_by(&collector.root);
    assert!(
        lines.len() <= 2 && lines.last().unwrap().contains("4000 of 4000 spans have not reached"),
        "{lines:#?}"
    );
}

#[test]
fn what_is_no_collector_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    for bad in ["localhost:4318", "https://traces.example.org", "http://ada:secret@traces.example.org"] {
        let line =
            run(directory.path(), &["serve", "--set", &format!("otlp.endpoint={bad}")]).refusal(2).to_owned();
        assert!(line.contains("otlp.endpoint"), "{line}");
    }
    let config = run(directory.path(), &["config", "--set", "otlp.endpoint=http://localhost:4318/"]);
    assert!(config.good().contains("otlp.endpoint = \"http://localhost:4318/\""), "{config:?}");
}
