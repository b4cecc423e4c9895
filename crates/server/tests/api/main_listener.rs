//! What every listener does for every surface, and what the main one has of its own.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::raw::Raw;
use crate::support::{Client, Engine, Server, both};

const HOST: &str = "Host: localhost";
const ADMIN: &str = "X-User-ID: ada\r\nX-Admin: true";

both! {
    async fn the_server_says_that_it_is_well(server) {
        let main = Client::new(&server.main);
        assert_eq!(main.get("/healthz").await.expect(200), json!({ "status": "ok" }));
        assert_eq!(server.anonymous().get("/health").await.expect(200), json!({ "status": "ok" }));
        assert_eq!(main.get("/api/powerpro/health").await.expect(200), json!({ "status": "ok" }));
        for (client, path) in [(&main, "/health"), (&main, "/lifts"), (&main, "/"), (&server.anonymous(), "/healthz"), (&server.anonymous(), "/metrics")] {
            client.get(path).await.expect(404);
        }
    }
}

/// The lines of the metrics that name requests.
async fn request_metrics(server: &Server) -> Vec<String> {
    let text = Client::new(&server.main).get("/metrics").await.text;
    text.lines().filter(|line| line.contains("route=")).map(str::to_owned).collect()
}

#[tokio::test]
async fn metrics_are_labelled_by_route_not_by_path() {
    let server = Server::start(Engine::Sqlite).await;
    for path in ["/lifts/some-id-zorro", "/nothing-zorro", "/users/ada-zorro/lift-maxes?x=zorro"] {
        server.user("ada-zorro").get(path).await;
    }
    server.user("ada").send("BREWzorro", "/lifts", None).await;
    let lines = request_metrics(&server).await;
    for route in ["route=\"/lifts/{id}\"", "route=\"none\"", "route=\"/users/{userId}/lift-maxes\""] {
        assert!(lines.iter().any(|line| line.contains(route)), "{route} in {lines:#?}");
    }
    assert!(!lines.iter().any(|line| line.contains("zorro")), "{lines:#?}");
    let answer = Client::new(&server.main).get("/metrics").await;
    assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
}

#[tokio::test]
async fn the_openapi_document_stands_at_both_places() {
    let server = Server::start(Engine::Sqlite).await;
    let own = server.anonymous().get("/openapi.json").await.expect(200);
    let main = Client::new(&server.main).get("/api/powerpro/openapi.json").await.expect(200);
    assert!(own["openapi"].as_str().unwrap().starts_with("3.1"), "{}", own["openapi"]);
    assert_eq!(own["paths"], main["paths"]);
    let mut printed = serde_json::to_value(ferrum_powerpro::openapi()).unwrap();
    printed["servers"] = own["servers"].clone();
    assert_eq!(own, printed);
    assert_eq!(
        (&own["servers"][0]["url"], &main["servers"][0]["url"]),
        (&json!("/"), &json!("/api/powerpro"))
    );
}

#[test]
fn the_openapi_documents_are_whole() {
    for api in [ferrum_powerpro::openapi(), ferrum_intervalflow::openapi()] {
        let api = serde_json::to_value(api).unwrap();
        let mut ids = std::collections::BTreeSet::new();
        for (path, item) in api["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let name = format!("{method} {path}");
                if let Some(id) = operation["operationId"].as_str() {
                    assert!(ids.insert(id.to_owned()), "{name}: {id} names two operations");
                }
                operation_is_whole(&api, &name, operation);
            }
        }
        let text = api.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(api.pointer(pointer).is_some(), "{pointer} is nowhere");
        }
    }
}

/// Checks an operation: its name, the parameters of its path, and its body's example and required members.
fn operation_is_whole(api: &Value, name: &str, operation: &Value) {
    assert!(operation["summary"].is_string(), "{name} has no summary");
    for segment in name.split('/').filter_map(|s| s.strip_prefix('{')?.strip_suffix('}')) {
        let parameters = operation["parameters"].as_array().expect("parameters");
        assert!(parameters.iter().any(|p| p["name"] == segment && p["in"] == "path"), "{name}: {segment}");
    }
    if !name.starts_with("post") && !name.starts_with("put") {
        return;
    }
    let body = &operation["requestBody"]["content"]["application/json"];
    let example = &body["example"];
    assert!(!example.is_null(), "{name} has no example body");
    let pointer = body["schema"]["$ref"].as_str().expect("a schema by name").trim_start_matches('#');
    let schema = api.pointer(pointer).expect("the schema");
    for required in schema["required"].as_array().into_iter().flatten() {
        let required = required.as_str().expect("a name");
        let member = &schema["properties"][required];
        assert!(!member.is_null() && !example[required].is_null(), "{name}: {required}");
        assert!(!member.to_string().contains("null"), "{name}: {required} cannot be null");
    }
}

#[tokio::test]
async fn the_documentation_needs_no_other_site() {
    let server = Server::start(Engine::Sqlite).await;
    let pages = ["/docs", "/docs/swagger", "/docs/redoc"];
    for (root, prefix) in [(&server.powerpro, ""), (&server.main, "/api/powerpro")] {
        for page in pages {
            let answer = Client::new(root).get(&format!("{prefix}{page}")).await;
            assert_eq!(answer.status, 200, "{page}");
            assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
            let policy = answer.header("content-security-policy").unwrap();
            assert!(
                policy.contains("default-src 'none'") && policy.contains("connect-src 'self'"),
                "{policy}"
            );
            assert!(!policy.contains("http"), "{policy}");
            assert!(answer.text.contains(&format!("{prefix}/openapi.json")), "{page} shows the document");
            for tag in answer
                .text
                .split('<')
                .filter(|tag| ["script ", "link ", "img ", "iframe "].iter().any(|t| tag.starts_with(t)))
            {
                let tag = tag.split('>').next().unwrap();
                for mark in ["src=\"http", "src=\"//", "href=\"http", "href=\"//", "src='http", "href='http"]
                {
                    assert!(!tag.contains(mark), "{page}: <{tag}>");
                }
            }
        }
    }
}

#[tokio::test]
async fn every_answer_has_an_id_and_the_security_headers() {
    let server = Server::start(Engine::Sqlite).await;
    for path in ["/health", "/lifts", "/nowhere", "/docs"] {
        let first = server.anonymous().get(path).await;
        let second = server.anonymous().get(path).await;
        assert_ne!(first.header("x-request-id").unwrap(), second.header("x-request-id").unwrap());
        for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")] {
            assert_eq!(first.header(name), Some(value), "{path}");
        }
        assert!(
            first.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(first.header("cache-control").is_some(), "{path}");
    }
    let given = server.anonymous().with("x-request-id", "from-a.proxy_1").get("/health").await;
    assert_eq!(given.header("x-request-id"), Some("from-a.proxy_1"));
    for bad in ["", "a b", "a\"b", &"a".repeat(65), "ä"] {
        let answer = server.anonymous().with("x-request-id", bad).get("/health").await;
        assert_ne!(answer.header("x-request-id"), Some(bad));
    }
}

#[tokio::test]
async fn other_sites_pages_call_only_if_they_are_configured() {
    let settings = [("cors.origins", "https://app.example.org")];
    let server = Server::start_with(Engine::Sqlite, &settings).await;
    let asks = |origin: &'static str| {
        server.anonymous().with("origin", origin).with("access-control-request-method", "PUT")
    };
    let answer = asks("https://app.example.org").send("OPTIONS", "/lifts", None).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example.org"));
    assert!(answer.header("access-control-allow-headers").unwrap().contains("Idempotency-Key"));
    let answer = asks("https://evil.example").send("OPTIONS", "/lifts", None).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (405, None));
    let ada = server.user("ada").with("origin", "https://app.example.org").get("/lifts").await;
    assert_eq!(ada.header("access-control-allow-origin"), Some("https://app.example.org"));
    assert_eq!(ada.header("access-control-allow-credentials"), None);
    let refused = server.anonymous().with("origin", "https://app.example.org").get("/lifts").await;
    assert_eq!(
        (refused.status, refused.header("access-control-allow-origin")),
        (401, Some("https://app.example.org"))
    );
}

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
    let server = Server::start(Engine::Sqlite).await;
    for (path, status) in [("/health", 200), ("/lifts", 200), ("/nowhere", 404)] {
        let mut raw = Raw::tcp(&server.powerpro).await;
        raw.head(&[&format!("HEAD {path} HTTP/1.1"), HOST, ADMIN]).await;
        let head = raw.answer_to_head().await.unwrap();
        raw.head(&[&format!("GET {path} HTTP/1.1"), HOST, ADMIN]).await;
        let get = raw.answer().await.unwrap();
        assert_eq!((head.status, get.status), (status, status));
        for name in ["content-length", "content-type"] {
            assert_eq!(head.header(name), get.header(name), "{path}");
        }
    }
}

#[tokio::test]
async fn requests_may_come_before_the_answers() {
    let server = Server::start(Engine::Sqlite).await;
    let mut raw = Raw::tcp(&server.powerpro).await;
    let posts: Vec<String> = ["A", "B", "C"]
        .iter()
        .map(|name| {
            let body = json!({ "name": name }).to_string();
            format!(
                "POST /lifts HTTP/1.1\r\n{HOST}\r\n{ADMIN}\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        })
        .collect();
    raw.write(&format!("{}GET /health HTTP/1.1\r\n{HOST}\r\n\r\n", posts.concat())).await;
    for name in ["A", "B", "C"] {
        let answer = raw.answer().await.unwrap();
        assert_eq!(answer.status, 201);
        assert!(answer.body.contains(&format!("\"name\":\"{name}\"")), "{}", answer.body);
    }
    assert_eq!(raw.answer().await.unwrap().body, r#"{"status":"ok"}"#);
}

#[tokio::test]
async fn what_is_no_http_is_turned_away() {
    let server = Server::start(Engine::Sqlite).await;
    for text in [
        "GET\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET /lifts HTTP/1.1\r\nbad header\r\n\r\n",
    ] {
        let mut raw = Raw::tcp(&server.powerpro).await;
        raw.write(text).await;
        if let Some(answer) = raw.answer().await {
            assert_eq!(answer.status, 400, "{text:?}");
        }
    }
    let both = ["POST /lifts HTTP/1.1", HOST, ADMIN, "Content-Length: 2", "Transfer-Encoding: chunked"];
    let mut raw = Raw::tcp(&server.powerpro).await;
    raw.head(&both).await;
    raw.write("0\r\n\r\n").await;
    assert!(raw.answer().await.is_none_or(|answer| answer.status == 400), "no smuggling");
    server.admin().get("/health").await.expect(200);
}

#[tokio::test]
async fn a_stopping_server_ends_what_it_has_begun() {
    let server = Server::start_with(Engine::Sqlite, &[("limits.drain", "1m")]).await;
    let root = server.powerpro.clone();
    let mut open = Raw::tcp(&root).await;
    let body = r#"{"name":"Squat"}"#;
    let length = format!("Content-Length: {}", body.len());
    open.head(&["POST /lifts HTTP/1.1", HOST, ADMIN, &length, "Expect: 100-continue"]).await;
    assert_eq!(open.answer().await.expect("leave to send").status, 100);
    open.write(&body[..5]).await;
    let mut idle = Raw::tcp(&root).await;
    idle.head(&["GET /health HTTP/1.1", HOST]).await;
    assert_eq!(idle.answer().await.unwrap().status, 200);
    let stopping = tokio::spawn(server.stop());
    assert!(idle.answer().await.is_none(), "idle connections are closed");
    // The open connection keeps the port from going to another process.
    let address = root.strip_prefix("http://").unwrap().to_owned();
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody new is taken");
    open.write(&body[5..]).await;
    assert_eq!(open.answer().await.unwrap().status, 201);
    tokio::time::timeout(Duration::from_secs(30), stopping).await.expect("it stops").unwrap();
}
