//! What the surface answers where: health, unknown routes, its documentation, its neighbours.

use std::collections::BTreeSet;

use ferrum_domain::intervals::exercise::{Difficulty, Equipment, MuscleGroup};
use ferrum_domain::intervals::form::Form;
use serde_json::{Value, json};

use super::everywhere;
use crate::support::{Client, both};

both! {
    async fn the_api_says_that_it_is_running(server) {
        for client in everywhere(&server) {
            let health = client.get("/api/health").await.expect(200);
            assert_eq!(
                health,
                json!({
                    "success": true,
                    "message": "IntervalFlow API is running! 🏃‍♂️",
                    "timestamp": "2026-01-05T08:00:00.000Z",
                })
            );
            server.advance_clock(7);
            let later = client.with("authorization", "Bearer nobody").get("/api/health").await.expect(200);
            assert_eq!(later["timestamp"], "2026-01-05T08:00:00.007Z");
            server.advance_clock(-7);
        }
    }

    async fn unknown_routes_are_named_with_their_query(server) {
        for client in everywhere(&server) {
            for path in ["/api/invalid", "/api", "/api/", "/api/health/", "/api/health/x", "/api/invalid?a=b&c=%20", "/api/HEALTH"] {
                let body = json!({ "success": false, "message": format!("Route {path} not found") });
                assert_eq!(client.get(path).await.expect(404), body);
                assert_eq!(client.post(path, json!({})).await.expect(404), body);
            }
        }
        let own = Client::new(&server.intervalflow);
        for path in ["/", "/healthz", "/metrics", "/api/v1", "/api/powerpro/health", "/lifts"] {
            let body = json!({ "success": false, "message": format!("Route {path} not found") });
            assert_eq!(own.get(path).await.expect(404), body);
        }
    }

    async fn a_wrong_method_is_an_unknown_route(server) {
        for client in everywhere(&server) {
            for (method, path) in [("POST", "/api/health"), ("DELETE", "/api/health?x=1"), ("PATCH", "/api-docs"), ("BREW", "/api/health")] {
                let body = json!({ "success": false, "message": format!("Route {path} not found") });
                assert_eq!(client.send(method, path, None).await.expect(404), body);
            }
        }
    }

    async fn its_neighbours_on_the_main_listener_answer_for_themselves(server) {
        let main = Client::new(&server.main);
        assert_eq!(main.get("/api/powerpro/health").await.expect(200), json!({ "status": "ok" }));
        for path in ["/api/powerpro/nowhere", "/api/powerpro", "/api/v1", "/api/v1/plans/today", "/apis", "/"] {
            assert_eq!(main.get(path).await.expect(404), json!({ "error": "not found", "details": [] }), "{path}");
        }
        main.post("/api/powerpro/health", json!({})).await.expect(405);
    }

    async fn its_documentation_needs_no_other_site(server) {
        for client in everywhere(&server) {
            let api = client.get("/api-docs/openapi.json").await.expect(200);
            assert!(api["paths"]["/api/health"]["get"].is_object());
            assert_eq!(api["servers"][0]["url"], "/");
            for page in ["/api-docs", "/api-docs/swagger", "/api-docs/redoc"] {
                let answer = client.get(page).await;
                assert_eq!(answer.status, 200, "{page}");
                assert!(answer.text.contains("/api-docs/openapi.json"), "{page}");
                assert!(answer.header("content-security-policy").unwrap().contains("default-src 'none'"));
            }
        }
    }
}

#[test]
fn the_openapi_document_names_every_word() {
    let api = serde_json::to_value(ferrum_intervalflow::openapi()).unwrap();
    let words: [(&str, BTreeSet<&str>); 4] = [
        ("form", Form::ALL.iter().map(|word| word.as_str()).collect()),
        ("difficulty", Difficulty::ALL.iter().map(|word| word.as_str()).collect()),
        ("muscleGroup", MuscleGroup::ALL.iter().map(|word| word.as_str()).collect()),
        ("equipment", Equipment::ALL.iter().map(|word| word.as_str()).collect()),
    ];
    for (schema, about) in api["components"]["schemas"].as_object().unwrap() {
        for (name, words) in &words {
            let Some(member) = about["properties"].get(name) else { continue };
            let named = member["enum"].as_array().map_or(&[][..], Vec::as_slice);
            let named: BTreeSet<&str> = named.iter().filter_map(Value::as_str).collect();
            assert_eq!(named, *words, "{schema}.{name}");
        }
    }
}
