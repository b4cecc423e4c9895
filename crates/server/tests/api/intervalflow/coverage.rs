//! Every endpoint is where the document says, and refuses whom it must.

use ferrum_domain::access::Role;

use super::{everywhere, message, people, person};
use crate::coverage::INTERVALFLOW;
use crate::support::both;

/// The id of nothing.
const NOTHING: &str = "0123456789abcdef01234567";

both! {
    async fn callers_without_a_token_are_refused(server) {
        for client in everywhere(&server) {
            for endpoint in INTERVALFLOW.documented().iter().filter(|e| e.permission != "anyone") {
                let path = endpoint.path("", NOTHING);
                let answer = endpoint.call_badly(&client, &path).await;
                assert_eq!(answer.expect(401), message("Not authorized, no token"), "{}", endpoint.name());
                let forged = client.with("authorization", "Bearer eyJhbGciOiJub25lIn0.e30.");
                let answer = endpoint.call_badly(&forged, &path).await;
                assert_eq!(answer.expect(401), message("Not authorized, token failed"), "{}", endpoint.name());
            }
        }
    }

    async fn whoever_may_gets_past_the_gate(server) {
        person(&server, "ada", Role::Customer).await;
        for client in everywhere(&server).iter().chain(&people(&server, "ada").await) {
            let known = client.get("/api/sessions").await.status == 200;
            for endpoint in INTERVALFLOW.documented().iter().filter(|e| known || e.permission == "anyone") {
                let answer = endpoint.call_badly(client, &endpoint.path("", NOTHING)).await;
                assert!(matches!(answer.status, 200 | 400 | 404), "{}: {}", endpoint.name(), answer.text);
            }
        }
    }

    async fn other_methods_are_unknown_routes(server) {
        for client in everywhere(&server) {
            for endpoint in INTERVALFLOW.documented() {
                let path = endpoint.path("", NOTHING);
                let answer = client.send("PATCH", &path, None).await;
                assert_eq!(answer.expect(404), message(&format!("Route {path} not found")));
            }
        }
    }
}
