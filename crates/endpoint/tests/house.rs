//! The house around a small router, through real sockets.

#![allow(clippy::unwrap_used, reason = "in a test it is the assertion")]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri};
use axum::routing::{get, post};
use axum::{Extension, Router};
use bytes::Bytes;
use ferrum_app::App;
use ferrum_domain::access::Claim;
use ferrum_domain::error::Unproven;
use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result};
use ferrum_endpoint::access_log::{AccessLog, Target};
use ferrum_endpoint::cors::Cors;
use ferrum_endpoint::house::{House, Settings, Told, with_fallbacks};
use ferrum_endpoint::listen::{Listener, serve};
use ferrum_endpoint::{Answer, Dialect};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

struct Plain;

impl Dialect for Plain {
    const SURFACE: &'static str = "plain";
    type Refusal = String;

    const REFUSALS: &'static [(u16, &'static str)] = &[];
    const REFUSALS_OF_BODIES: &'static [(u16, &'static str)] = &[];

    fn claim(_: &Parts, _: &App) -> Result<Claim, Unproven> {
        Err(Unproven::Missing)
    }

    fn render(error: &Error) -> (StatusCode, Bytes) {
        let (status, text) = match error {
            Error::NotFound => (StatusCode::NOT_FOUND, "\"no such thing\""),
            Error::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "\"not now\""),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "\"our fault\""),
        };
        (status, Bytes::from_static(text.as_bytes()))
    }

    fn no_method(_: &Method, _: &Uri) -> (StatusCode, Bytes) {
        (StatusCode::METHOD_NOT_ALLOWED, Bytes::from_static(b"\"not like this\""))
    }
}

const OWN: [(&str, &str); 2] = [("cache-control", "max-age=5"), ("x-content-type-options", "own")];

fn router() -> Router {
    let router = Router::new()
        .route("/ok", get(async || "fine"))
        .route(
            "/who",
            get(async |Extension(told): Extension<Told>| format!("{:?} {}", told.peer(), told.id())),
        )
        .route("/stuck", get(std::future::pending::<()>))
        .route("/panic", get(async || -> &'static str { panic!("on purpose") }))
        .route("/own", get(async || (OWN, "kept")))
        .route("/json", get(async || Answer::<200, _>::of(&"fine", true).unwrap()))
        .route("/own/json", get(async || (OWN, Answer::<200, _>::of(&"kept", false).unwrap())))
        .route("/nothing", get(async || Answer::<204, _>::of(&(), false).unwrap()))
        .route("/post", post(async || "posted"))
        .route("/echo", post(async |body: String| body));
    with_fallbacks::<Plain, ()>(router)
}

fn house(access_log: Option<AccessLog>) -> House {
    house_with(access_log, Duration::from_millis(600))
}

fn house_with(access_log: Option<AccessLog>, timeout: Duration) -> House {
    let count = AtomicU64::new(0);
    House::new::<Plain>(
        router(),
        Settings {
            surface: "plain",
            timeout,
            cors: Cors::new(&["https://app.example.org".to_owned()]),
            access_log,
            traces: None,
            now: Box::new(|| Millis(1_700_000_000_000)),
            unique: Box::new(move || format!("0000-{:012}", count.fetch_add(1, Ordering::Relaxed))),
        },
    )
}

struct Served {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    done: JoinHandle<()>,
}

async fn served(house: House) -> Served {
    let listener = Listener::tcp(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = listener.tcp_address().unwrap();
    let stop = watch::Sender::new(false);
    let done = tokio::spawn(serve(listener, house, 100, stop.subscribe(), Duration::from_mins(1)));
    Served { address, stop, done }
}

/// An answer as it stood on the wire.
struct Got {
    status: u16,
    headers: HashMap<String, String>,
    body: String,
}

fn parse(text: &str) -> Got {
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap()[9..12].parse().unwrap();
    let mut headers = HashMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let before = headers.insert(name.to_owned(), value.to_owned());
        assert_eq!(before, None, "{name} comes twice");
    }
    Got { status, headers, body: body.to_owned() }
}

async fn send(mut stream: impl AsyncRead + AsyncWrite + Unpin, head: &str) -> Got {
    stream
        .write_all(format!("{head}\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    parse(&text)
}

async fn ask(server: &Served, head: &str) -> Got {
    send(TcpStream::connect(server.address).await.unwrap(), head).await
}

#[tokio::test]
async fn a_request_has_an_id() {
    let server = served(house(None)).await;
    let first = ask(&server, "GET /who HTTP/1.1").await;
    let second = ask(&server, "GET /ok HTTP/1.1").await;
    let made = &first.headers["x-request-id"];
    assert!(made.starts_with("00000000-"), "{made}");
    assert!(first.body.starts_with("Tcp(127.0.0.1:") && first.body.ends_with(made), "{}", first.body);
    assert_ne!(made, &second.headers["x-request-id"]);

    let given = |id: &str| format!("GET /who HTTP/1.1\r\nX-Request-Id: {id}");
    for id in ["a", "Trace-1.2_b", &"x".repeat(64)] {
        assert_eq!(ask(&server, &given(id)).await.headers["x-request-id"], id);
    }
    for id in ["", "a b", "a=b", "a\"", "é", &"x".repeat(65)] {
        let got = ask(&server, &given(id)).await;
        assert!(got.headers["x-request-id"].starts_with("00000000-"), "{id:?} was taken over");
    }
}

#[tokio::test]
async fn refusals_of_the_house_speak_the_dialect() {
    let server = served(house(None)).await;
    for (head, status, body) in [
        ("GET /nowhere HTTP/1.1", 404, "\"no such thing\""),
        ("DELETE /ok HTTP/1.1", 405, "\"not like this\""),
        ("GET /panic HTTP/1.1", 500, "\"our fault\""),
        ("GET /stuck HTTP/1.1", 503, "\"not now\""),
    ] {
        let got = ask(&server, head).await;
        assert_eq!((got.status, got.body.as_str()), (status, body), "{head}");
        assert_eq!(got.headers["content-type"], "application/json", "{head}");
        assert!(got.headers.contains_key("x-request-id"), "{head}");
        if status == 405 {
            assert_eq!(got.headers["allow"], "GET,HEAD");
        }
    }
}

#[tokio::test]
async fn a_panic_leaves_the_connection_to_others() {
    let server = served(house(None)).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /panic HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut seen = [0; 1024];
    let count = stream.read(&mut seen).await.unwrap();
    assert!(seen[..count].starts_with(b"HTTP/1.1 500 "));
    assert_eq!(send(stream, "GET /ok HTTP/1.1").await.body, "fine");
}

#[tokio::test]
async fn answers_of_every_kind_carry_the_headers_of_the_house() {
    let server = served(house(None)).await;
    let preflight =
        "OPTIONS /ok HTTP/1.1\r\nOrigin: https://app.example.org\r\nAccess-Control-Request-Method: GET";
    for (head, status, length) in [
        ("GET /ok HTTP/1.1", 200, Some("4")),
        ("HEAD /ok HTTP/1.1", 200, Some("4")),
        ("GET /json HTTP/1.1", 200, Some("6")),
        ("HEAD /json HTTP/1.1", 200, Some("6")),
        ("GET /nothing HTTP/1.1", 204, None),
        ("GET /nowhere HTTP/1.1", 404, Some("15")),
        ("DELETE /json HTTP/1.1", 405, Some("15")),
        ("GET /panic HTTP/1.1", 500, Some("11")),
        ("GET /stuck HTTP/1.1", 503, Some("9")),
        (preflight, 204, None),
    ] {
        let got = ask(&server, &format!("{head}\r\nX-Request-Id: mine")).await;
        let header = |name: &str| got.headers.get(name).map(String::as_str);
        assert_eq!((got.status, header("content-length")), (status, length), "{head}");
        assert_eq!(got.body.is_empty(), head.starts_with("HEAD") || status == 204, "{head}");
        for (name, value) in [
            ("x-request-id", "mine"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("content-security-policy", "frame-ancestors 'none'"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(header(name), Some(value), "{head}");
        }
    }
}

#[tokio::test]
async fn headers_that_a_handler_has_set_stay() {
    let server = served(house(None)).await;
    for target in ["/own", "/own/json"] {
        let got = ask(&server, &format!("GET {target} HTTP/1.1")).await;
        assert_eq!(got.headers["cache-control"], "max-age=5", "{target}");
        assert_eq!(got.headers["x-content-type-options"], "own", "{target}");
        assert_eq!(got.headers["referrer-policy"], "no-referrer", "{target}");
        assert_eq!(got.headers["content-security-policy"], "frame-ancestors 'none'", "{target}");
    }
    assert_eq!(ask(&server, "GET /json HTTP/1.1").await.headers["idempotency-replayed"], "true");
}

#[tokio::test]
async fn only_allowed_origins_may_read() {
    let server = served(house(None)).await;
    let from = |method: &str, origin: &str| {
        format!("{method} /post HTTP/1.1\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: POST")
    };
    let asked = ask(&server, &from("OPTIONS", "https://app.example.org")).await;
    assert_eq!(asked.status, 204);
    assert!(asked.headers["access-control-allow-methods"].contains("POST"));
    let read = ask(&server, &from("POST", "https://app.example.org")).await;
    assert_eq!(read.headers["access-control-allow-origin"], "https://app.example.org");
    let other = ask(&server, &from("OPTIONS", "https://other.example.org")).await;
    assert_eq!((other.status, other.headers.get("access-control-allow-origin")), (405, None));
    assert_eq!(other.headers["vary"], "Origin");
}

#[tokio::test]
async fn requests_are_written_down_without_their_query() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("access.log");
    let server = served(house(Some(AccessLog::open(&Target::File(path.clone())).unwrap()))).await;
    ask(&server, "GET /ok?token=secret HTTP/1.1\r\nX-Request-Id: one").await;
    ask(&server, "POST /nowhere HTTP/1.1\r\nX-Request-Id: two").await;
    server.stop.send(true).unwrap();
    server.done.await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().map(|line| line.split(" us=").next().unwrap()).collect();
    let common = "time=2023-11-14T22:13:20.000Z surface=plain";
    assert_eq!(
        lines,
        [
            format!(
                "{common} id=one peer=127.0.0.1 caller=- method=GET path=/ok route=none status=200 bytes=4"
            ),
            format!(
                "{common} id=two peer=127.0.0.1 caller=- method=POST path=/nowhere route=none status=404 bytes=15"
            ),
        ]
    );
}

#[tokio::test]
async fn stopping_lets_open_requests_end_and_closes_idle_connections() {
    let mut server = served(house_with(None, Duration::from_mins(1))).await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(b"GET /ok HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut seen = [0; 1024];
    assert!(idle.read(&mut seen).await.unwrap() > 0);
    let mut open = TcpStream::connect(server.address).await.unwrap();
    let head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
    open.write_all(head.as_bytes()).await.unwrap();
    let count = open.read(&mut seen).await.unwrap();
    assert!(seen[..count].starts_with(b"HTTP/1.1 100 "), "the request is begun");

    let ending = async {
        server.stop.send(true).unwrap();
        assert_eq!(idle.read(&mut seen).await.unwrap(), 0, "an idle connection is closed");
        let early = timeout(Duration::from_millis(50), &mut server.done).await;
        assert!(early.is_err(), "an open request is waited for");
        open.write_all(b"done").await.unwrap();
        let mut text = String::new();
        open.read_to_string(&mut text).await.unwrap();
        let got = parse(&text);
        assert_eq!((got.status, got.body.as_str()), (200, "done"), "an open request ends");
        server.done.await.unwrap();
    };
    timeout(Duration::from_secs(30), ending).await.expect("nothing else is waited for");
    // The connections that this test still holds keep the port from going to another process.
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody is taken any more");
}

#[tokio::test]
async fn a_unix_socket_is_replaced_when_dead_and_removed_at_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ferrum.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "a socket that nobody answers on");
    let listener = Listener::unix(&path).await.unwrap();
    assert!(Listener::unix(&path).await.is_err(), "somebody answers on it now");
    let stop = watch::Sender::new(false);
    let done = tokio::spawn(serve(listener, house(None), 100, stop.subscribe(), Duration::from_secs(2)));
    let got = send(UnixStream::connect(&path).await.unwrap(), "GET /who HTTP/1.1").await;
    assert!(got.body.starts_with("Unix "), "{}", got.body);
    stop.send(true).unwrap();
    done.await.unwrap();
    assert!(!path.exists());
}
