//! The testing guide of IntervalFlow's document: its requests, its curl lines and its flows, as written.

use std::process::Command;

use super::document::TEXT;
use super::{ON, everywhere};
use crate::support::document::Document;
use crate::support::process::ended;
use crate::support::{Client, Response, Server, both};

/// The sections of the guide that have requests.
const FLOWS: [&str; 3] =
    ["2. Test Authentication Flow", "3. Test Exercise Endpoints", "4. Test Error Handling"];
/// The sections that have curl lines; the last stands before the guide, and wants the guide's token.
const CURLS: [&str; 6] = [
    "Health Check",
    "Register",
    "Login",
    "Get Exercises",
    "Create Exercise (replace TOKEN)",
    "Using the Token",
];
/// Where the document says that the API is.
const DOCUMENTED: &str = "http://localhost:3000/api";
const QUARTER: i64 = 15 * 60 * 1000;

/// Takes what is tested here off the list of what nobody uses.
pub fn uses(document: &Document) {
    for heading in FLOWS {
        for label in document.labels(heading) {
            document.code(heading, &label);
            if heading.starts_with('4') {
                document.expected(heading, &label);
            }
        }
    }
    for heading in CURLS {
        document.code(heading, "");
    }
}

both! {
    async fn the_flows_end_as_expected_on_its_own_listener(server) {
        flows(server, 0).await;
    }

    async fn the_flows_end_as_expected_on_the_main_listener(server) {
        flows(server, 1).await;
    }

    async fn the_curl_lines_work_as_pasted_on_its_own_listener(server) {
        curls(server, 0).await;
    }

    async fn the_curl_lines_work_as_pasted_on_the_main_listener(server) {
        curls(server, 1).await;
    }
}

/// The environment of flow 1.
struct Environment {
    base: Client,
    token: String,
    /// What stands for `:id` once an exercise has been made.
    id: String,
}

async fn flows(server: Server, listener: usize) {
    let server = server.restart_with(&[ON[0], ("rate_limits", "on")]).await;
    let document = Document::read_whole(TEXT);
    let mut environment =
        Environment { base: everywhere(&server)[listener].clone(), token: String::new(), id: String::new() };
    let expected = [
        [201, 200].as_slice(),
        &[200, 200, 201, 200, 200],
        &[
            document.expected(FLOWS[2], "A."),
            document.expected(FLOWS[2], "B."),
            document.expected(FLOWS[2], "C."),
            document.expected(FLOWS[2], "D."),
        ],
    ];
    for (heading, statuses) in FLOWS.iter().zip(expected) {
        let labels = document.labels(heading);
        assert_eq!(labels.len(), statuses.len(), "{heading}");
        for (label, status) in labels.iter().zip(statuses) {
            let answer = environment.send(&document.code(heading, label)[0]).await;
            assert_eq!(answer.status, *status, "{heading} {label}: {}", answer.text);
        }
    }
    let without_fields = environment.send(&document.code(FLOWS[2], "B.")[0]).await.expect(400);
    assert_eq!(
        without_fields["errors"].as_array().map(Vec::len),
        Some(2),
        "e-mail and password: {without_fields}"
    );
    server.advance_clock(QUARTER);
    flow_5(&document, &mut environment).await;
    server.advance_clock(QUARTER);
    flow_5(&document, &mut environment).await;
}

/// The login with a wrong password, six times in a row.
async fn flow_5(document: &Document, environment: &mut Environment) {
    for line in ["**Request 1-5:** 401 Unauthorized", "**Request 6:** 429 Too Many Requests"] {
        assert!(TEXT.contains(line), "{line}");
    }
    let wrong = &document.code(FLOWS[2], "A.")[0];
    for request in 1..=6 {
        let answer = environment.send(wrong).await;
        assert_eq!(answer.status, if request == 6 { 429 } else { 401 }, "request {request}");
    }
}

impl Environment {
    /// Sends a request as the guide has it, and keeps the token and the id that come back.
    async fn send(&mut self, request: &str) -> Response {
        let request = request.replace("{{BASE_URL}}", "/api").replace("{{TOKEN}}", &self.token);
        let (head, body) = request.split_once("\n\n").unwrap_or((&request, ""));
        let mut lines = head.lines();
        let (method, path) = lines.next().and_then(|line| line.split_once(' ')).expect("a request line");
        let client = lines.filter_map(|line| line.split_once(": ")).fold(
            self.base.clone(),
            |client, (name, value)| {
                if name == "Content-Type" { client } else { client.with(name, value) }
            },
        );
        let body = (!body.is_empty()).then(|| body.as_bytes().to_vec());
        let answer = client.send(method, &path.replace(":id", &self.id), body).await;
        let data = &answer.json()["data"];
        if let Some(token) = data["token"].as_str() {
            token.clone_into(&mut self.token);
        }
        if let (Some(id), "POST") = (data["_id"].as_str(), method) {
            id.clone_into(&mut self.id);
        }
        answer
    }
}

/// Pastes the guide's commands into a shell, in its order, and the token into those that want one.
async fn curls(server: Server, listener: usize) {
    let server = server.restart_with(&[ON[0], ("rate_limits", "on")]).await;
    let root = [&server.intervalflow, &server.main][listener].replace("127.0.0.1", "localhost");
    let document = Document::read_whole(TEXT);
    let mut token = String::new();
    for heading in CURLS {
        let commands = document.code(heading, "");
        let commands: Vec<&String> = commands.iter().filter(|text| text.starts_with("curl")).collect();
        assert_eq!(commands.len(), 1, "{heading}");
        let command = commands[0]
            .replace(DOCUMENTED, &format!("{root}/api"))
            .replace("YOUR_TOKEN_HERE", &token)
            .replace("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...", &token);
        let answer = pasted(command).await;
        assert_eq!(answer["success"], true, "{heading}: {answer}");
        if let Some(given) = answer["data"]["token"].as_str() {
            given.clone_into(&mut token);
        }
        if heading == "Get Exercises" {
            let exercises = answer["data"].as_array().expect("a list");
            assert!(exercises.iter().all(|one| one["difficulty"] == "beginner"), "{answer}");
        }
    }
}

/// What a command prints, as JSON.
async fn pasted(command: String) -> serde_json::Value {
    let run = move || Command::new("bash").args(["-c", &command]).output().expect("bash runs");
    let ended = ended(tokio::task::spawn_blocking(run).await.expect("it ends"));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    serde_json::from_str(&ended.out).unwrap_or_else(|e| panic!("{e}: {ended:?}"))
}
