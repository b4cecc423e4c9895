//! Every endpoint is where the document says, and refuses whom it must.

use serde_json::{Value, json};

use crate::coverage::POWERPRO;
use crate::support::both;

both! {
    async fn every_endpoint_is_routed_and_says_which_methods_it_has(server) {
        for endpoint in POWERPRO.documented() {
            let answer = server.admin().send("PATCH", &endpoint.path("ada", "x"), None).await;
            answer.refused(405, "method not allowed", &["PATCH"]);
            let allow = answer.header("allow").unwrap_or_else(|| panic!("{}: no Allow", endpoint.name()));
            let allowed = allow.split(',').any(|method| method.trim() == endpoint.method);
            assert!(allowed, "{}: Allow is {allow}", endpoint.name());
        }
    }

    async fn unknown_routes_are_not_found(server) {
        for path in ["/", "/lift", "/lifts/", "/lifts/a/b/c", "/users/ada", "/api/powerpro/lifts", "/LIFTS", "//lifts"] {
            for client in [server.anonymous(), server.admin()] {
                let answer = client.get(path).await;
                assert_eq!(answer.expect(404), json!({ "error": "not found", "details": [] }), "{path}");
            }
        }
    }

    async fn anonymous_callers_are_refused(server) {
        for endpoint in POWERPRO.documented().iter().filter(|e| e.permission != "anyone") {
            let answer = endpoint.call_badly(&server.anonymous(), &endpoint.path("ada", "x")).await;
            let body = json!({ "error": "Authentication required", "details": [] });
            assert_eq!((answer.status, answer.json()), (401, body), "{}", endpoint.name());
        }
    }

    async fn callers_without_admin_rights_are_refused(server) {
        for endpoint in POWERPRO.documented().iter().filter(|e| e.permission == "admin") {
            let answer = endpoint.call_badly(&server.user("ada"), &endpoint.path("ada", "x")).await;
            let body = json!({ "error": "Admin privileges required", "details": [] });
            assert_eq!((answer.status, answer.json()), (403, body), "{}", endpoint.name());
        }
    }

    async fn others_than_the_owner_are_refused(server) {
        for endpoint in POWERPRO.documented().iter().filter(|e| e.permission == "owner" && e.template.starts_with("/users/")) {
            let answer = endpoint.call_badly(&server.user("eve"), &endpoint.path("ada", "x")).await;
            assert_eq!((answer.status, answer.json()), (403, not_yours()), "{}", endpoint.name());
        }
    }

    async fn rows_of_others_are_refused(server) {
        let lift = server.admin().post("/lifts", json!({ "name": "Squat" })).await.id(201);
        let max = json!({ "liftId": lift, "type": "ONE_RM", "value": 100 });
        let max = server.user("ada").post("/users/ada/lift-maxes", max).await.id(201);
        let eve = server.user("eve");
        for endpoint in POWERPRO.documented().iter().filter(|e| e.permission == "owner" && e.template.starts_with("/lift-maxes/")) {
            // Whose row it is can only be known of a request that can be understood.
            let body = (endpoint.method == "PUT").then(|| br#"{"value":1}"#.to_vec());
            let path = format!("{}?to_type=TRAINING_MAX", endpoint.path("ada", &max));
            let answer = eve.send(&endpoint.method, &path, body).await;
            assert_eq!((answer.status, answer.json()), (403, not_yours()), "{}", endpoint.name());
        }
        assert_eq!(server.user("ada").get(&format!("/lift-maxes/{max}")).await.expect(200)["value"], 100.0);
    }

    async fn whoever_may_gets_past_the_gate(server) {
        for endpoint in POWERPRO.documented() {
            let client = match endpoint.permission.as_str() {
                "anyone" => server.anonymous(),
                "admin" => server.admin(),
                _ => server.user("ada"),
            };
            let answer = endpoint.call_badly(&client, &endpoint.path("ada", "x")).await;
            assert!(matches!(answer.status, 200 | 204 | 400 | 404), "{}: {}", endpoint.name(), answer.text);
        }
    }
}

fn not_yours() -> Value {
    json!({ "error": "Access denied: you do not have permission", "details": [] })
}
