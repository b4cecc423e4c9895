//! How often a client may ask, on both listeners together.

use serde_json::json;

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
}

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
}
