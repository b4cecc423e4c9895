//! How often a client may ask, on both listeners together.

use serde_json::{Value, json};

use super::auth::{LOGIN, REGISTER, ada, login};
use crate::audit::tamper;
use crate::support::{Client, Response, Server, both};

const MINUTE: i64 = 60_000;
/// When windows that began at the start of a test end, in seconds since 1970.
const RESET: i64 = 1_767_600_000 + 15 * 60;

/// The server with its limits on, believing what the tests forward.
async fn limited(server: Server) -> Server {
    server.restart_with(&[("rate_limits", "on"), ("trusted_proxies", "127.0.0.1")]).await
}

/// A caller at `address`, for whom both listeners are asked in turn.
struct Caller([Client; 2]);

impl Caller {
    fn at(server: &Server, address: &str) -> Self {
        let clients = [&server.intervalflow, &server.main].map(|root| Client::new(root));
        Self(clients.map(|client| client.with("x-forwarded-for", address)))
    }

    async fn get(&self, turn: usize, path: &str) -> Response {
        self.0[turn % 2].get(path).await
    }

    async fn post(&self, turn: usize, path: &str, body: Value) -> Response {
        self.0[turn % 2].post(path, body).await
    }

    /// Logs in as Ada at both listeners in turn; the status.
    async fn tries(&self, turn: usize, password: &str) -> u16 {
        self.post(turn, LOGIN, login("ada@example.org", password)).await.status
    }
}

/// The server with Ada as one of its people, which she became at 192.0.2.1, and no limit on the failed
/// logins of an address.
async fn guessed(server: Server) -> Server {
    let settings =
        [("rate_limits", "on"), ("trusted_proxies", "127.0.0.1"), ("limits.intervalflow_login", "off")];
    let server = server.restart_with(&settings).await;
    Caller::at(&server, "192.0.2.1").post(0, REGISTER, ada()).await.expect(201);
    server
}

/// Statuses of logins with `password` that are tried at the same time, each at an address of its own.
async fn at_once(server: &Server, password: &'static str, count: usize) -> Vec<u16> {
    let tries: Vec<_> = (0..count)
        .map(|number| {
            let caller = Caller::at(server, &format!("198.51.100.{number}"));
            tokio::spawn(async move { caller.tries(number, password).await })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in tries {
        statuses.push(attempt.await.unwrap());
    }
    statuses.sort_unstable();
    statuses
}

const TOO_MANY: &str = "Too many login attempts, please try again after 15 minutes";
const TOO_MANY_OF_ACCOUNT: &str = "Too many login attempts, please try again after 60 minutes";
const DAY: i64 = 24 * 60 * MINUTE;

/// Limit, remaining, reset and retry-after of an answer.
#[track_caller]
fn shown(answer: &Response) -> [Option<i64>; 4] {
    ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "retry-after"]
        .map(|name| answer.header(name).map(|value| value.parse().unwrap()))
}

both! {
    async fn a_client_asks_a_hundred_times_in_a_quarter_of_an_hour(server) {
        let server = limited(server).await;
        let (ada, bea) = (Caller::at(&server, "192.0.2.1"), Caller::at(&server, "192.0.2.2"));
        let paths = [("/api/health", 200), ("/api/nowhere", 404), ("/api-docs", 200), ("/api", 404)];
        for used in 1..=100 {
            let turn = usize::try_from(used).unwrap();
            let (path, status) = paths[turn % paths.len()];
            let answer = ada.get(turn / 2, path).await;
            assert_eq!(answer.status, status, "{path}");
            assert_eq!(shown(&answer), [Some(100), Some(100 - used), Some(RESET), None], "{path}");
        }
        server.advance_clock(MINUTE / 2);
        for turn in 0..2 {
            let refused = ada.get(turn, "/api/health").await;
            assert_eq!(shown(&refused), [Some(100), Some(0), Some(RESET), Some(15 * 60 - 30)]);
            let message = "Too many requests from this IP, please try again after 15 minutes";
            assert_eq!(refused.expect(429), json!({ "success": false, "message": message }));
            assert_eq!(refused.header("content-type"), Some("application/json"));
            assert!(refused.header("x-request-id").is_some());
        }
        bea.get(0, "/api/health").await.expect(200);
        server.advance_clock(15 * MINUTE - MINUTE / 2 - 1);
        ada.get(1, "/api/health").await.expect(429);
        server.advance_clock(1);
        assert_eq!(shown(&ada.get(1, "/api/health").await)[1], Some(99));
    }

    async fn the_rest_of_the_house_is_not_counted(server) {
        let server = server.restart_with(&[("rate_limits", "on"), ("limits.intervalflow_general", "1/15m")]).await;
        let main = Client::new(&server.main);
        main.get("/api/health").await.expect(200);
        for (path, status) in [("/api/health", 429), ("/healthz", 200), ("/metrics", 200), ("/api/powerpro/health", 200), ("/api/powerpro/lifts", 401), ("/api/v1", 404), ("/nowhere", 404)] {
            for _ in 0..3 {
                let answer = main.get(path).await;
                assert_eq!(answer.status, status, "{path}");
                assert_eq!(answer.header("ratelimit-limit").is_some(), status == 429, "{path}");
            }
        }
        server.user("ada").get("/lifts").await.expect(200);
        let metrics = main.get("/metrics").await.text;
        assert!(metrics.contains("rate_limit_refusals_total{limit=\"intervalflow_general\"}"), "{metrics}");
    }

    async fn a_restart_clears_the_counters(server) {
        let one = [("rate_limits", "on"), ("limits.intervalflow_general", "1/15m")];
        let mut server = server.restart_with(&one).await;
        for _ in 0..2 {
            let client = Client::new(&server.intervalflow);
            client.get("/api/health").await.expect(200);
            client.get("/api/health").await.expect(429);
            server = server.restart_with(&one).await;
        }
    }

    async fn five_logins_may_fail_in_a_quarter_of_an_hour(server) {
        let server = limited(server).await;
        let (there, elsewhere) = (Caller::at(&server, "192.0.2.1"), Caller::at(&server, "192.0.2.2"));
        there.post(0, REGISTER, ada()).await.expect(201);
        for turn in 0..8 {
            let good = there.post(turn, LOGIN, login("ada@example.org", "test123")).await;
            assert_eq!((good.status, shown(&good)), (200, [Some(5), Some(5), Some(RESET), None]));
        }
        let bodies = [login("ada@example.org", "wrong password"), login("nobody@example.org", "test123"), json!({}), login("ada@example.org", "test124"), json!({ "email": { "$ne": "" }, "password": "test123" })];
        for (turn, body) in bodies.into_iter().enumerate() {
            let bad = there.post(turn, LOGIN, body).await;
            assert!(matches!(bad.status, 400 | 401), "{}", bad.text);
            assert_eq!(shown(&bad), [Some(5), Some(4 - i64::try_from(turn).unwrap()), Some(RESET), None]);
        }
        server.advance_clock(MINUTE);
        for turn in 0..2 {
            let refused = there.post(turn, LOGIN, login("ada@example.org", "test123")).await;
            assert_eq!(shown(&refused), [Some(5), Some(0), Some(RESET), Some(14 * 60)]);
            assert_eq!(refused.expect(429), json!({ "success": false, "message": TOO_MANY }));
        }
        assert_eq!(shown(&there.get(0, "/api/health").await)[1], Some(100 - 17), "all of them are requests too");
        assert_eq!(elsewhere.tries(0, "test123").await, 200);
        assert_eq!(there.post(0, LOGIN, json!({})).await.status, 429);
        assert_eq!(there.get(0, LOGIN).await.status, 404, "no login");
        server.advance_clock(14 * MINUTE);
        assert_eq!(there.tries(0, "test123").await, 200);
    }

    async fn five_may_register_in_a_quarter_of_an_hour(server) {
        let server = limited(server).await;
        let there = Caller::at(&server, "192.0.2.1");
        for turn in 0..5 {
            let body = json!({ "username": "abc", "email": format!("{turn}@example.org"), "password": "test123" });
            let answer = there.post(turn, REGISTER, if turn % 2 == 0 { body } else { json!({}) }).await;
            assert_eq!(answer.status, if turn % 2 == 0 { 201 } else { 400 });
            assert_eq!(shown(&answer), [Some(5), Some(4 - i64::try_from(turn).unwrap()), Some(RESET), None]);
        }
        for turn in 0..2 {
            let refused = there.post(turn, REGISTER, ada()).await;
            assert_eq!(shown(&refused), [Some(5), Some(0), Some(RESET), Some(15 * 60)]);
            assert_eq!(refused.expect(429), json!({ "success": false, "message": TOO_MANY }));
        }
        there.post(0, LOGIN, login("0@example.org", "test123")).await.expect(200);
        Caller::at(&server, "192.0.2.2").post(0, REGISTER, ada()).await.expect(201);
        server.advance_clock(15 * MINUTE);
        there.post(1, REGISTER, json!({})).await.expect(400);
    }

    async fn of_guesses_at_the_same_time_five_are_looked_at(server) {
        let server = limited(server).await;
        let guesses: Vec<_> = (0..12)
            .map(|turn| {
                let there = Caller::at(&server, "192.0.2.1");
                tokio::spawn(async move { there.tries(turn, "wrong password").await })
            })
            .collect();
        let mut statuses = Vec::new();
        for guess in guesses {
            statuses.push(guess.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [[401; 5].as_slice(), &[429; 7]].concat());
    }

    async fn of_guesses_from_everywhere_an_account_stands_twenty_an_hour(server) {
        let server = guessed(server).await;
        assert_eq!(at_once(&server, "test123", 6).await, [200; 6], "none of them counts");
        tamper(&server, "DELETE FROM login_addresses").await;
        Caller::at(&server, "192.0.2.1").post(0, LOGIN, login("ada@example.org", "test123")).await.expect(200);
        assert_eq!(at_once(&server, "wrong password", 26).await, [[401; 20].as_slice(), &[429; 6]].concat());
        server.advance_clock(10 * MINUTE);
        let [stranger, herself] = ["203.0.113.1", "192.0.2.1"].map(|address| Caller::at(&server, address));
        let refused = stranger.post(1, LOGIN, login(" ADA@example.org", "test123")).await;
        assert_eq!(refused.header("retry-after"), Some("3000"));
        assert_eq!(refused.expect(429), json!({ "success": false, "message": TOO_MANY_OF_ACCOUNT }));
        let metrics = Client::new(&server.main).get("/metrics").await.text;
        assert!(metrics.contains("rate_limit_refusals_total{limit=\"account_logins\"}"), "{metrics}");
        assert_eq!((herself.tries(0, "wrong password").await, herself.tries(1, "test123").await), (401, 200));
        assert_eq!(stranger.post(0, LOGIN, login("bea@example.org", "test123")).await.status, 401, "another");
        server.advance_clock(50 * MINUTE - 1);
        assert_eq!(stranger.tries(0, "test123").await, 429);
        server.advance_clock(1);
        assert_eq!(stranger.tries(0, "wrong password").await, 401);
        assert_eq!(stranger.tries(0, "test123").await, 200);
    }

    async fn an_email_without_an_account_is_counted_alike(server) {
        let settings = [("rate_limits", "on"), ("limits.intervalflow_login", "off"), ("limits.account_logins", "2/1h")];
        let server = server.restart_with(&settings).await;
        let client = Client::new(&server.intervalflow);
        for status in [401, 401, 429, 429] {
            assert_eq!(client.post(LOGIN, login("nobody@example.org", "test123")).await.status, status);
        }
        let server = server.restart_with(&settings).await;
        let client = Client::new(&server.intervalflow);
        assert_eq!(client.post(LOGIN, login("Nobody@example.org", "test123")).await.status, 429, "kept");
        server.advance_clock(-3 * 60 * MINUTE);
        assert_eq!(client.post(LOGIN, login("nobody@example.org", "test123")).await.status, 401, "a clock set back");
        let off = server.restart_with(&[("limits.account_logins", "2/1h")]).await;
        let client = Client::new(&off.intervalflow);
        for _ in 0..4 {
            assert_eq!(client.post(LOGIN, login("nobody@example.org", "test123")).await.status, 401);
        }
    }

    async fn an_address_is_known_for_thirty_days(server) {
        let server = guessed(server).await;
        let full = async || assert!(at_once(&server, "wrong password", 21).await.contains(&429));
        full().await;
        let [known, stranger, unclear] = ["192.0.2.1", "203.0.113.1", "nonsense"].map(|address| Caller::at(&server, address));
        assert_eq!((known.tries(0, "test123").await, stranger.tries(0, "test123").await), (200, 429));
        server.advance_clock(60 * MINUTE);
        assert_eq!((stranger.tries(0, "test123").await, unclear.tries(0, "test123").await), (200, 200));
        server.advance_clock(30 * DAY - 60 * MINUTE);
        full().await;
        assert_eq!(known.tries(0, "test123").await, 429, "30 days ago");
        assert_eq!(stranger.tries(0, "test123").await, 200, "an hour later");
        assert_eq!(unclear.tries(0, "test123").await, 429, "who is not told from others is not known");
    }
}
