//! Bodies of requests: how large, how many, how slow, and what they may be.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::process::Process;
use crate::support::raw::{Raw, ask};
use crate::support::{Engine, Server};

const HOST: &str = "Host: localhost";
const ADMIN: &str = "X-User-ID: ada\r\nX-Admin: true";

#[tokio::test]
async fn bodies_over_a_mebibyte_are_refused() {
    let server = Server::start(Engine::Sqlite).await;
    let body = |size: usize| {
        let mut body = br#"{"name":"Squat"}"#.to_vec();
        body.resize(size, b' ');
        Some(body)
    };
    let over = server.admin().send("POST", "/lifts", body((1 << 20) + 1)).await;
    over.refused(413, "request body too large", &["1048576 bytes"]);
    server.user("ada").send("POST", "/lifts", body(2 << 20)).await.refused(
        403,
        "Admin privileges required",
        &[],
    );
    server.admin().send("POST", "/lifts", body(1 << 20)).await.expect(201);
    // A length that is only announced is believed at once.
    let lines = ["POST /lifts HTTP/1.1", HOST, ADMIN, "Content-Length: 99999999999"];
    assert_eq!(ask(&server.powerpro, &lines).await.status, 413);
    let mut raw = Raw::tcp(&server.powerpro).await;
    raw.head(&["POST /lifts HTTP/1.1", HOST, ADMIN, "Transfer-Encoding: chunked"]).await;
    let chunk = format!("{:x}\r\n{}\r\n", 60_000, " ".repeat(60_000));
    for _ in 0..18 {
        raw.write(&chunk).await;
    }
    assert_eq!(raw.answer().await.unwrap().status, 413);
}

#[tokio::test]
async fn a_client_that_sends_a_whole_large_body_hears_the_refusal() {
    let server = Server::start(Engine::Sqlite).await;
    let body = " ".repeat(8 << 20);
    let powerpro = &server.powerpro;
    for (root, target, line, status) in [
        (powerpro, "POST /lifts", ADMIN, 413),
        (powerpro, "POST /lifts", "X-Nobody: 1", 401),
        (powerpro, "POST /nowhere", ADMIN, 404),
        (powerpro, "PATCH /lifts", ADMIN, 405),
        (powerpro, "GET /lifts", ADMIN, 200),
        (powerpro, "DELETE /lifts/x", ADMIN, 404),
        (&server.intervalflow, "POST /api/nowhere", ADMIN, 404),
        (&server.main, "PUT /api/health", ADMIN, 404),
    ]
    .repeat(3)
    {
        let mut raw = Raw::tcp(root).await;
        raw.head(&[&format!("{target} HTTP/1.1"), HOST, line, "Content-Length: 8388608"]).await;
        // An answer that comes while the body is still under way must not be lost with the connection.
        raw.write(&body).await;
        assert_eq!(raw.answer().await.expect("an answer").status, status, "{target}");
        raw.head(&["GET /health HTTP/1.1", HOST]).await;
        assert!(raw.answer().await.is_some(), "the connection is good for more");
    }
}

#[tokio::test]
async fn bodies_that_are_no_objects_are_refused() {
    let server = Server::start(Engine::Sqlite).await;
    for body in
        ["", "{", "null", "[]", "1", "\"x\"", "{\"name\":}", "{\"name\":\"a\"} x", "\u{feff}{}", "{'a':1}"]
    {
        let answer = server.admin().send("POST", "/lifts", Some(body.as_bytes().to_vec())).await;
        answer.refused(400, "validation failed", &["body "]);
    }
    let not_utf8 = b"{\"name\":\"\xff\"}".to_vec();
    server.admin().send("POST", "/lifts", Some(not_utf8)).await.refused(400, "validation failed", &["body "]);
    let deep = "[".repeat(100_000);
    let deep = format!("{{\"name\":{deep}");
    server.admin().send("POST", "/lifts", Some(deep.into_bytes())).await.refused(
        400,
        "validation failed",
        &["body "],
    );
}

#[tokio::test]
async fn no_member_may_stand_twice() {
    let server = Server::start(Engine::Sqlite).await;
    for (path, body) in [
        ("/lifts", r#"{"name":"a","name":"b"}"#),
        ("/weekly-lookups", r#"{"name":"x","entries":{"1":65,"1":70}}"#),
        ("/daily-lookups", r#"{"name":"x","entries":{"a":65,"b":70,"\u0061":70}}"#),
        ("/days", r#"{"name":"x","metadata":{"a":[{"b":{},"b":{}}]}}"#),
        ("/days", r#"{"name":"x","unknown":1,"unknown":2}"#),
    ] {
        let answer = server.admin().send("POST", path, Some(body.as_bytes().to_vec())).await;
        answer.refused(400, "validation failed", &["body must be a JSON object without repeated members"]);
    }
    let good = r#"{"name":"x","metadata":{"a":[{"b":{"a":1}},{"b":[1.5,true,null,-1]}]}}"#;
    server.admin().send("POST", "/days", Some(good.as_bytes().to_vec())).await.expect(201);
}

#[tokio::test]
async fn a_body_of_many_small_objects_is_refused() {
    let server = Server::start(Engine::Sqlite).await;
    let day = |nested: usize| {
        let groups = nested / 100;
        let group = json!(vec![json!({ "a": 1 }); 99]);
        json!({ "name": format!("Day {nested}"), "metadata": { "a": vec![group; groups] } })
    };
    // Three more hold them all.
    server.admin().post("/days", day(19_900)).await.expect(201);
    let answer = server.admin().post("/days", day(20_000)).await;
    answer.refused(
        400,
        "validation failed",
        &["body must be a JSON object of at most 20000 objects and arrays"],
    );
}

#[tokio::test]
async fn a_refusal_is_not_much_larger_than_its_request() {
    let server = Server::start(Engine::Sqlite).await;
    let long = json!({ "k".repeat(500_000): vec![vec![0; 501]; 400] });
    let answer = server.admin().post("/days", json!({ "name": "x", "metadata": long })).await;
    answer.refused(400, "validation failed", &["metadata.kkk"]);
    assert!(answer.text.len() < 200_000, "{}", answer.text.len());
    let name = "k".repeat(400_000);
    let twice = format!(r#"{{"name":"x","{name}":1,"{name}":2}}"#);
    let answer = server.admin().send("POST", "/days", Some(twice.into_bytes())).await;
    answer.refused(400, "validation failed", &["body must be a JSON object without repeated members"]);
    assert!(answer.text.len() < 1_000, "{}", answer.text.len());
    let many = json!(vec![vec![0; 500]; 500]);
    let deep = json!({ "k".repeat(400_000): many });
    let body = json!({ "name": "x", "metadata": deep }).to_string();
    let start = Instant::now();
    server.admin().send("POST", "/days", Some(body.into_bytes())).await.expect(201);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test]
async fn bodies_come_in_pieces() {
    let server = Server::start(Engine::Sqlite).await;
    let mut raw = Raw::tcp(&server.powerpro).await;
    raw.head(&["POST /lifts HTTP/1.1", HOST, ADMIN, "Transfer-Encoding: chunked"]).await;
    for piece in [r#"{"na"#, r#"me":"Sq"#, r#"uat"}"#] {
        raw.write(&format!("{:x}\r\n{piece}\r\n", piece.len())).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    raw.write("0\r\n\r\n").await;
    assert_eq!(raw.answer().await.unwrap().status, 201);
    raw.head(&["POST /lifts HTTP/1.1", HOST, ADMIN, "Transfer-Encoding: chunked"]).await;
    raw.write("zz\r\nno chunk").await;
    if let Some(answer) = raw.answer().await {
        assert_eq!(answer.status, 400, "{answer:?}");
    }
}

#[tokio::test]
async fn slow_senders_are_not_waited_for_forever() {
    let server = Server::start_with(Engine::Sqlite, &[("limits.request", "300ms")]).await;
    let mut raw = Raw::tcp(&server.powerpro).await;
    raw.head(&["POST /lifts HTTP/1.1", HOST, ADMIN, "Content-Length: 20"]).await;
    raw.write("{\"name\":").await;
    let answer = raw.answer().await.unwrap();
    assert_eq!(answer.status, 503);
    assert_eq!(serde_json::from_str::<Value>(&answer.body).unwrap()["error"], "service unavailable");
    assert_eq!(server.admin().get("/lifts").await.expect(200)["totalItems"], 0);
}

#[tokio::test]
async fn who_shows_nothing_is_refused_before_the_body() {
    let server = Server::start(Engine::Sqlite).await;
    let main = format!("{}/api/powerpro", server.main);
    for (root, prefix, line) in [
        (&server.powerpro, "", "X-Nobody: 1"),
        (&main, "/api/powerpro", "Authorization: Bearer damaged"),
        (&server.intervalflow, "/api/exercises", "Authorization: none"),
    ] {
        let target =
            if prefix == "/api/exercises" { "/api/exercises".to_owned() } else { format!("{prefix}/lifts") };
        let mut raw = Raw::tcp(root.trim_end_matches(prefix)).await;
        raw.head(&[&format!("POST {target} HTTP/1.1"), HOST, line, "Content-Length: 1000000"]).await;
        assert_eq!(raw.answer().await.expect("an answer").status, 401, "{target}");
    }
}

/// In a process of its own, since the places are those of a process.
#[tokio::test]
async fn many_large_bodies_wait_and_small_ones_do_not() {
    let directory = tempfile::tempdir().unwrap();
    let process = Process::serve(directory.path(), &[]);
    let root = process.root("powerpro.listen");
    let lift = |name: &str, length: usize| format!("{:<length$}", json!({ "name": name }).to_string());
    let send = async |length: &str, body: String| {
        let mut raw = Raw::tcp(&root).await;
        raw.head(&["POST /lifts HTTP/1.1", HOST, ADMIN, length]).await;
        raw.write(&body).await;
        raw.answer().await.expect("an answer")
    };
    let large = async |name: &str| send("Content-Length: 20000", lift(name, 20_000)).await;
    let mut open = Vec::new();
    for _ in 0..64 {
        let mut raw = Raw::tcp(&root).await;
        raw.head(&["POST /lifts HTTP/1.1", HOST, ADMIN, "Content-Length: 20000"]).await;
        raw.write(&" ".repeat(19_999)).await;
        open.push(raw);
    }
    // One that comes before the last of those has its place is taken.
    let mut refused = large("Lift 0").await;
    for n in 1..5 {
        if refused.status == 201 {
            refused = large(&format!("Lift {n}")).await;
        }
    }
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_eq!(serde_json::from_str::<Value>(&refused.body).unwrap()["error"], "service unavailable");
    assert_eq!(send("Content-Length: 100", lift("Jefferson Deadlift", 100)).await.status, 201);
    let chunked = format!("64\r\n{}\r\n0\r\n\r\n", lift("Zercher Deadlift", 100));
    assert_eq!(send("Transfer-Encoding: chunked", chunked).await.status, 201);
    open.pop();
    assert_eq!(large("Bradford Press").await.status, 201);
    let late = open[0].answer().await.expect("an answer");
    assert_eq!((late.status, late.body.contains("body did not come to its end")), (400, true), "{late:?}");
    assert_eq!(large("Z Press").await.status, 201);
}
