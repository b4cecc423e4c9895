//! Every document's limits, counted by the layer around small routers that stand for their surfaces.

#![allow(clippy::unwrap_used, reason = "in a test it is the assertion")]

use std::future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Method, Request, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use ferrum_app::App;
use ferrum_app::clock::Clock;
use ferrum_app::config::{Config, Quota};
use ferrum_domain::access::Claim;
use ferrum_domain::error::Unproven;
use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result};
use ferrum_endpoint::Dialect;
use ferrum_endpoint::cors::Cors;
use ferrum_endpoint::house::{House, Settings, with_fallbacks};
use ferrum_endpoint::limits::{Count, Key, Later, Limits, Policy, Slot, Windows};
use ferrum_endpoint::listen::Peer;
use http_body_util::BodyExt;

/// 2026-01-05T08:00:00Z.
const START: i64 = 1_767_600_000_000;
const MINUTE: i64 = 60_000;

/// Callers name themselves in a header.
struct Plain;

impl Dialect for Plain {
    const SURFACE: &'static str = "plain";
    type Refusal = String;

    const REFUSALS: &'static [(u16, &'static str)] = &[];
    const REFUSALS_OF_BODIES: &'static [(u16, &'static str)] = &[];

    fn claim(parts: &Parts, _: &App) -> Result<Claim, Unproven> {
        let id = parts.headers.get("x-person").ok_or(Unproven::Missing)?;
        Ok(Claim::Header { id: id.to_str().unwrap().to_owned(), admin: false })
    }

    fn render(error: &Error) -> (StatusCode, Bytes) {
        let status = match error {
            Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::NOT_FOUND,
        };
        (status, format!("{error}").into())
    }

    fn no_method(_: &Method, _: &Uri) -> (StatusCode, Bytes) {
        (StatusCode::METHOD_NOT_ALLOWED, Bytes::new())
    }
}

/// A server with one surface, asked without sockets.
struct Server {
    app: Arc<App>,
    listeners: Vec<House>,
    _directory: tempfile::TempDir,
}

fn app(settings: &[(&str, &str)]) -> (Arc<App>, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let data = ("data_dir".to_owned(), directory.path().display().to_string());
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let config = Config::from_settings(settings.chain([data])).unwrap();
    (App::open(config, Clock::manual(Millis(START))).unwrap(), directory)
}

impl Server {
    /// A surface that two listeners have.
    fn new(settings: &[(&str, &str)], surface: fn(&Limits) -> Router) -> Self {
        let (app, directory) = app(settings);
        let limits = Limits::open(&app);
        let listeners = (0..2).map(|_| house(surface(&limits))).collect();
        Self { app, listeners, _directory: directory }
    }

    fn wait(&self, milliseconds: i64) {
        self.app.clock.advance(milliseconds);
    }

    async fn get(&self, from: &str, path: &str) -> Response {
        self.ask(0, from, request("GET", path, &[])).await
    }

    async fn post(&self, from: &str, path: &str) -> Response {
        self.ask(0, from, request("POST", path, &[])).await
    }

    async fn ask(&self, listener: usize, from: &str, request: Request<Body>) -> Response {
        let peer = match from {
            "unix" => Peer::Unix,
            address => Peer::Tcp(SocketAddr::new(address.parse().unwrap(), 4711)),
        };
        self.listeners[listener].answer(request, peer, ()).await.unwrap()
    }
}

fn house(router: Router) -> House {
    House::new::<Plain>(
        router,
        Settings {
            surface: "plain",
            timeout: Duration::from_secs(5),
            cors: Cors::default(),
            access_log: None,
            traces: None,
            now: Box::new(|| Millis(START)),
            unique: Box::new(|| "0000-000000000000".to_owned()),
        },
    )
}

fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    headers
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value))
        .body(Body::empty())
        .unwrap()
}

/// Status, and the values of the headers `PREFIX-limit`, `-remaining`, `-reset` and `retry-after`.
fn shown(response: &Response, prefix: &str) -> (u16, [Option<i64>; 4]) {
    let header = |name: &str| Some(response.headers().get(name)?.to_str().unwrap().parse().unwrap());
    let [limit, remaining, reset] =
        ["limit", "remaining", "reset"].map(|name| header(&format!("{prefix}-{name}")));
    (response.status().as_u16(), [limit, remaining, reset, header("retry-after")])
}

/// As IntervalFlow has them: `/auth/login?...` answers with the status that its query asks for.
fn intervalflow(limits: &Limits) -> Router {
    let answer = async |request: Request<Body>| {
        let status = request.uri().query().map_or(401, |query| query.parse().unwrap());
        StatusCode::from_u16(status).unwrap()
    };
    let auth = Router::new()
        .route("/auth/login", post(answer).layer(limits.layer::<Plain>(Policy::IntervalFlowLogin)))
        .route("/auth/register", post(answer).layer(limits.layer::<Plain>(Policy::IntervalFlowRegister)))
        .route("/health", get(async || "well"));
    limits.around::<Plain>(Policy::IntervalFlowGeneral, with_fallbacks::<Plain, ()>(auth))
}

/// As Alloy will have them: an endpoint is read, written or about signing in.
fn alloy(limits: &Limits) -> Router {
    let programs = Router::new()
        .route("/programs", get(async || "many").post(async || StatusCode::CREATED))
        .layer(limits.by_method::<Plain>(Policy::AlloyRead, Policy::AlloyWrite));
    let auth = Router::new()
        .route("/auth/login", post(async || "welcome"))
        .layer(limits.layer::<Plain>(Policy::AlloyAuth));
    programs.merge(auth).route("/health", get(async || "well"))
}

/// As Shuren will have them.
fn shuren(limits: &Limits) -> Router {
    Router::new().route("/users/me", get(async || "you")).layer(limits.layer::<Plain>(Policy::Shuren))
}

const RESET: Option<i64> = Some((START + 15 * MINUTE) / 1000);

#[tokio::test]
async fn intervalflow_answers_a_hundred_requests_in_a_quarter_of_an_hour() {
    let server = Server::new(&[], intervalflow);
    for used in 1..=100 {
        let path = if used % 2 == 0 { "/health" } else { "/nowhere" };
        let (_, headers) = shown(&server.get("192.0.2.1", path).await, "ratelimit");
        assert_eq!(headers, [Some(100), Some(100 - used), RESET, None]);
        server.wait(1000);
    }
    let refused = server.get("192.0.2.1", "/health").await;
    assert_eq!(shown(&refused, "ratelimit"), (429, [Some(100), Some(0), RESET, Some(800)]));
    let body = refused.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "too many Requests, retry after 800 s");
    assert_eq!(server.get("192.0.2.2", "/health").await.status(), 200);
    server.wait(800_000 - 1);
    assert_eq!(shown(&server.get("192.0.2.1", "/health").await, "ratelimit").1[3], Some(1));
    server.wait(1);
    assert_eq!(shown(&server.get("192.0.2.1", "/health").await, "ratelimit").1[1], Some(99));
}

#[tokio::test]
async fn listeners_of_a_surface_share_their_counters() {
    let server = Server::new(&[], intervalflow);
    for attempt in 0..5 {
        let login = request("POST", "/auth/login", &[]);
        assert_eq!(server.ask(attempt % 2, "192.0.2.1", login).await.status(), 401);
    }
    for listener in 0..2 {
        let login = request("POST", "/auth/login", &[]);
        assert_eq!(server.ask(listener, "192.0.2.1", login).await.status(), 429);
    }
}

#[tokio::test]
async fn of_logins_only_the_failed_ones_stay_counted() {
    let server = Server::new(&[], intervalflow);
    for _ in 0..20 {
        let good = server.post("192.0.2.1", "/auth/login?200").await;
        assert_eq!(shown(&good, "ratelimit"), (200, [Some(5), Some(5), RESET, None]));
    }
    for (failed, status) in [400, 401, 401, 404, 503].into_iter().enumerate() {
        let bad = server.post("192.0.2.1", &format!("/auth/login?{status}")).await;
        let left = 4 - i64::try_from(failed).unwrap();
        assert_eq!(shown(&bad, "ratelimit"), (status, [Some(5), Some(left), RESET, None]));
        assert_eq!(
            server.post("192.0.2.1", "/auth/login?200").await.status(),
            if left > 0 { 200 } else { 429 }
        );
    }
    server.wait(15 * MINUTE);
    assert_eq!(server.post("192.0.2.1", "/auth/login").await.status(), 401);
}

#[tokio::test]
async fn of_registrations_every_one_counts_and_apart_from_logins() {
    let server = Server::new(&[], intervalflow);
    for status in [201, 400, 201, 400, 201] {
        assert_eq!(server.post("192.0.2.1", &format!("/auth/register?{status}")).await.status(), status);
    }
    let refused = server.post("192.0.2.1", "/auth/register?201").await;
    assert_eq!(shown(&refused, "ratelimit"), (429, [Some(5), Some(0), RESET, Some(900)]));
    let login = server.post("192.0.2.1", "/auth/login").await;
    assert_eq!(shown(&login, "ratelimit"), (401, [Some(5), Some(4), RESET, None]));
    let other = server.get("192.0.2.1", "/health").await;
    assert_eq!(shown(&other, "ratelimit"), (200, [Some(100), Some(92), RESET, None]), "all of them counted");
}

#[tokio::test]
async fn an_attempt_that_nobody_waits_for_stays_counted() {
    let slow = |limits: &Limits| {
        let answer = async || tokio::time::sleep(Duration::from_mins(1)).await;
        Router::new()
            .route("/auth/login", post(answer).layer(limits.layer::<Plain>(Policy::IntervalFlowLogin)))
    };
    let server = Server::new(&[], slow);
    for _ in 0..5 {
        let gone = tokio::time::timeout(Duration::from_millis(20), server.post("192.0.2.1", "/auth/login"));
        assert!(gone.await.is_err());
    }
    assert_eq!(server.post("192.0.2.1", "/auth/login").await.status(), 429);
}

#[tokio::test]
async fn alloy_counts_reads_writes_and_sign_ins_by_the_minute() {
    let server = Server::new(&[], alloy);
    let reset = Some((START + MINUTE) / 1000);
    let ask =
        |method: &'static str, path: &'static str| server.ask(0, "192.0.2.1", request(method, path, &[]));
    for (method, path, limit) in
        [("GET", "/programs", 100), ("POST", "/programs", 10), ("POST", "/auth/login", 5)]
    {
        for used in 1..=limit {
            let (status, headers) = shown(&ask(method, path).await, "x-ratelimit");
            assert!(status < 300);
            assert_eq!(headers, [Some(limit), Some(limit - used), reset, None], "{method} {path}");
        }
        let refused = shown(&ask(method, path).await, "x-ratelimit");
        assert_eq!(refused, (429, [Some(limit), Some(0), reset, Some(60)]), "{method} {path}");
    }
    for _ in 0..200 {
        assert_eq!(shown(&ask("GET", "/health").await, "x-ratelimit"), (200, [None; 4]), "a probe");
    }
    server.wait(MINUTE);
    assert_eq!(ask("POST", "/auth/login").await.status(), 200);
}

#[tokio::test]
async fn shuren_counts_people_wherever_they_are() {
    let server = Server::new(&[], shuren);
    let ask = |from, person: &'static str| {
        let headers: &[_] = if person.is_empty() { &[] } else { &[("x-person", person)] };
        server.ask(0, from, request("GET", "/users/me", headers))
    };
    for used in 0..100 {
        let from = if used % 2 == 0 { "192.0.2.1" } else { "2001:db8::1" };
        assert_eq!(ask(from, "ada").await.status(), 200);
    }
    assert_eq!(shown(&ask("198.51.100.1", "ada").await, "x-ratelimit").0, 429);
    assert_eq!(ask("192.0.2.1", "bea").await.status(), 200, "somebody else there");
    for _ in 0..100 {
        assert_eq!(ask("192.0.2.1", "").await.status(), 200);
    }
    assert_eq!(ask("192.0.2.1", "").await.status(), 429, "nobody in particular, by address");
    server.wait(MINUTE);
    assert_eq!(ask("192.0.2.1", "ada").await.status(), 200);
}

#[tokio::test]
async fn clients_are_told_apart_behind_trusted_proxies_alone() {
    let settings = [("limits.intervalflow_general", "1/15m"), ("trusted_proxies", "10.0.0.0/8,unix")];
    let server = Server::new(&settings, intervalflow);
    let ask = |from, client: &'static str| {
        server.ask(0, from, request("GET", "/health", &[("x-forwarded-for", client)]))
    };
    for (from, client, status) in [
        ("10.0.0.1", "198.51.100.1", 200),
        ("10.0.0.2", "6.6.6.6, 198.51.100.1", 429),
        ("10.0.0.1", "198.51.100.2", 200),
        ("unix", "198.51.100.2", 429),
        ("unix", "2001:db8::1", 200),
        ("unix", "2001:db8::2", 429),
        ("192.0.2.1", "198.51.100.3", 200),
        ("::ffff:192.0.2.1", "198.51.100.4", 429),
        ("10.0.0.1", "198.51.100.3", 200),
        ("10.0.0.1", "nonsense", 200),
        ("unix", "other nonsense", 429),
    ] {
        assert_eq!(ask(from, client).await.status(), status, "{client} from {from}");
    }
}

#[tokio::test]
async fn limits_are_off_together_or_one_by_one() {
    let all = Server::new(&[("rate_limits", "off")], intervalflow);
    let one = Server::new(
        &[("limits.intervalflow_login", "off"), ("limits.intervalflow_general", "30/1h")],
        intervalflow,
    );
    for used in 1..=30 {
        assert_eq!(shown(&all.post("192.0.2.1", "/auth/login").await, "ratelimit"), (401, [None; 4]));
        let (status, headers) = shown(&one.post("192.0.2.1", "/auth/login").await, "ratelimit");
        assert_eq!((status, headers[..2].to_vec()), (401, vec![Some(30), Some(30 - used)]));
    }
    assert_eq!(one.post("192.0.2.1", "/auth/login").await.status(), 429);
}

/// A store that cannot be reached.
struct Down;

impl Windows for Down {
    fn take(&self, _: Key, _: Quota, _: Millis) -> Later<'_, Count> {
        Box::pin(future::ready(Err(Error::unavailable("the store is down"))))
    }

    fn give_back(&self, _: Slot) -> Later<'_, ()> {
        Box::pin(future::ready(Err(Error::unavailable("the store is down"))))
    }
}

#[tokio::test]
async fn without_their_store_requests_pass_and_sign_ins_do_not() {
    let (app, directory) = app(&[]);
    let limits = Limits::over(&app, || Box::new(Down));
    let server = Server { app, listeners: vec![house(intervalflow(&limits))], _directory: directory };
    assert_eq!(shown(&server.get("192.0.2.1", "/health").await, "ratelimit"), (200, [None; 4]));
    assert_eq!(server.post("192.0.2.1", "/auth/login?200").await.status(), 503);
}
