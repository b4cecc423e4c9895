//! IntervalFlow's document as a test: every JSON block, parameter table, list of fields and status of it;
//! its testing guide is `guide.rs`.

use serde_json::{Value, json};

use super::{ON, everywhere, guide};
use crate::coverage::INTERVALFLOW;
use crate::support::document::Document;
use crate::support::{Client, Response, Server, both};

pub const TEXT: &str = include_str!("../../../../../docs/surfaces/contracts/intervalflow.md");
/// The id that stands in the document's examples; it is none of ours, nor hexadecimal.
const EXAMPLE_ID: &str = "679a1b2c3d4e5f6g7h8i9j0k";

struct Walk {
    document: Document,
    anonymous: Client,
    owner: Client,
    statuses: Vec<u16>,
}

both! {
    async fn the_document_holds_on_its_own_listener(server) {
        walk(server, 0).await;
    }

    async fn the_document_holds_on_the_main_listener(server) {
        walk(server, 1).await;
    }
}

async fn walk(server: Server, listener: usize) {
    let server = server.restart_with(&ON).await;
    let anonymous = everywhere(&server)[listener].clone();
    let document = Document::read_whole(TEXT);
    let mut walk = Walk { document, owner: anonymous.clone(), anonymous, statuses: Vec::new() };
    walk.accounts().await;
    walk.health().await;
    walk.lists().await;
    let id = walk.one_exercise().await;
    walk.rules().await;
    walk.errors(&id).await;
    walk.limits(server, listener).await;
    walk.statuses();
    walk.requests();
    guide::uses(&walk.document);
    walk.document.must_be_used_up();
}

impl Walk {
    /// Checks an answer against the example of `heading` under `label`, in shape.
    fn like(&mut self, answer: &Response, status: u16, heading: &str, label: &str) -> Value {
        self.statuses.push(status);
        let body = answer.expect(status);
        self.document.same_shape(&self.document.example(heading, label), &body, &[]);
        body
    }

    /// Checks an answer against an example, to the letter.
    fn is(&mut self, answer: &Response, status: u16, example: &Value) {
        self.statuses.push(status);
        assert_eq!(&answer.expect(status), example);
    }

    async fn accounts(&mut self) {
        let (heading, path) = ("Register New User", "/api/auth/register");
        let person = self.document.example(heading, "Request Body");
        let made = self.anonymous.post(path, person.clone()).await;
        let made = self.like(&made, 201, heading, "Success Response");
        assert_eq!(
            (&made["data"]["username"], &made["data"]["email"]),
            (&person["username"], &person["email"])
        );
        let errors = self.document.examples(heading, "Error Response");
        let again = self.anonymous.post(path, person.clone()).await;
        self.is(&again, 400, &errors[0]);
        let mut short = person.clone();
        short["password"] = json!("short");
        let short = self.anonymous.post(path, short).await;
        self.is(&short, 400, &errors[1]);

        let path = "/api/auth/login";
        let credentials = self.document.example("Login", "Request Body");
        let answer = self.anonymous.post(path, credentials.clone()).await;
        let known = self.like(&answer, 200, "Login", "Success Response");
        assert_eq!(known["data"]["id"], made["data"]["id"]);
        let error = self.document.example("Login", "Error Response");
        for (field, value) in [("password", "wrongpassword"), ("email", "jane@example.com")] {
            let mut wrong = credentials.clone();
            wrong[field] = json!(value);
            let answer = self.anonymous.post(path, wrong).await;
            self.is(&answer, 401, &error);
        }
        let token = known["data"]["token"].as_str().expect("a token");
        let form = "Authorization: Bearer <your-jwt-token>";
        assert!(TEXT.contains(form));
        let (name, value) = form.split_once(": ").expect("a header");
        self.owner = self.anonymous.with(name, &value.replace("<your-jwt-token>", token));
    }

    async fn health(&mut self) {
        let health = self.anonymous.get("/api/health").await;
        let health = self.like(&health, 200, "Check API Status", "Success Response");
        let example = self.document.example("Check API Status", "Success Response");
        assert_eq!(health["message"], example["message"]);
    }

    async fn lists(&mut self) {
        let heading = "Get All Exercises";
        let list = self.anonymous.get("/api/exercises").await;
        let list = self.like(&list, 200, heading, "Success Response");
        let exercises = list["data"].as_array().expect("a list");
        assert_eq!(list["count"], exercises.len());
        let example = self.document.example(heading, "Success Response");
        assert!(exercises.len() >= 60);
        for example in example["data"].as_array().expect("a list") {
            let ours =
                exercises.iter().find(|ours| ours["name"] == example["name"]).expect("the example's name");
            for fact in ["difficulty", "muscleGroup", "equipment", "duration", "createdBy"] {
                assert_eq!(ours[fact], example[fact], "{example}");
            }
        }
        for row in self.document.table(heading, "Parameter").expect("parameters") {
            let name = &row[0];
            for value in row[2].split(", ") {
                let found = self.anonymous.get(&format!("/api/exercises?{name}={value}")).await.expect(200);
                let found = found["data"].as_array().expect("a list");
                assert!(!found.is_empty() && found.iter().all(|one| one[name] == value), "{name}={value}");
            }
            let refused = self.anonymous.get(&format!("/api/exercises?{name}=x")).await.expect(400);
            assert_eq!(refused["message"], "Validation error");
            self.anonymous.get(&format!("/api/exercises{}", row[3])).await.expect(200);
        }
        for request in self.document.code(heading, "Examples")[0].lines() {
            self.anonymous.get(request.strip_prefix("GET ").expect("a GET")).await.expect(200);
        }
    }

    /// Creates, reads, changes and deletes the exercise of the document; its id.
    async fn one_exercise(&mut self) -> String {
        let (path, body) = ("/api/exercises", self.document.example("Create Exercise", "Request Body"));
        let made = self.owner.post(path, body.clone()).await;
        let made = self.like(&made, 201, "Create Exercise", "Success Response");
        for (field, value) in body.as_object().expect("an object") {
            assert_eq!(&made["data"][field], value);
        }
        let id = made["data"]["_id"].as_str().expect("an id").to_owned();
        let path = format!("{path}/{id}");
        let found = self.anonymous.get(&path).await;
        self.like(&found, 200, "Get Single Exercise", "Success Response");
        let changes = self.document.example("Update Exercise", "Request Body");
        let after = self.owner.put(&path, changes.clone()).await;
        let after = self.like(&after, 200, "Update Exercise", "Success Response");
        for (field, value) in changes.as_object().expect("an object") {
            assert_eq!(&after["data"][field], value);
        }
        assert_eq!(after["data"]["description"], body["description"]);

        let missing = "/api/exercises/123456789012345678901234";
        let error = self.document.example("Get Single Exercise", "Error Response (404");
        for path in [missing, &format!("/api/exercises/{EXAMPLE_ID}")] {
            let answer = self.anonymous.get(path).await;
            self.is(&answer, 404, &error);
        }
        let error = self.document.example("Update Exercise", "Error Response (404");
        self.is(&self.owner.put(missing, changes.clone()).await, 404, &error);
        let error = self.document.example("Update Exercise", "Error Response (401");
        let forged = self.anonymous.with("authorization", "Bearer x");
        self.is(&forged.put(&path, changes).await, 401, &error);
        let error = self.document.example("Create Exercise", "Error Response (401");
        self.is(&self.anonymous.post("/api/exercises", body).await, 401, &error);
        let error = self.document.example("Create Exercise", "Error Response (400");
        let bare = json!({ "difficulty": "beginner", "muscleGroup": "core" });
        self.is(&self.owner.post("/api/exercises", bare).await, 400, &error);

        let done = self.document.example("Delete Exercise", "Success Response");
        self.is(&self.owner.delete(&path).await, 200, &done);
        let error = self.document.example("Delete Exercise", "Error Response (404");
        self.is(&self.owner.delete(&path).await, 404, &error);
        id
    }

    /// Every rule about a field: at its bounds it holds, past them it does not.
    async fn rules(&mut self) {
        let person = json!({ "username": "abc", "email": "rules@example.com", "password": "123456" });
        for (field, rule) in self.document.fields("Register New User", "Validation Rules") {
            assert!(rule.contains("required"), "{rule}");
            self.refuses("/api/auth/register", &person, &field, &outside(&field, &rule)).await;
        }
        self.anonymous.post("/api/auth/register", person.clone()).await.expect(201);
        let longest =
            json!({ "username": "a".repeat(30), "email": "rules2@example.com", "password": "123456" });
        self.anonymous.post("/api/auth/register", longest).await.expect(201);

        let exercise = json!({
            "name": "n".repeat(100), "description": "d".repeat(500), "difficulty": "beginner", "muscleGroup": "core",
        });
        for (label, is_required) in [("Required Fields", true), ("Optional Fields", false)] {
            for (field, rule) in self.document.fields("Create Exercise", label) {
                let mut wrong = outside(&field, &rule);
                wrong.extend(is_required.then_some(Value::Null));
                self.refuses("/api/exercises", &exercise, &field, &wrong).await;
                for value in allowed(&rule) {
                    let mut body = exercise.clone();
                    body[&field] = value.clone();
                    let made = self.owner.post("/api/exercises", body).await.expect(201);
                    assert_eq!(made["data"][&field], value);
                }
            }
        }
        let made = self.owner.post("/api/exercises", exercise).await.expect(201);
        assert_eq!((&made["data"]["duration"], &made["data"]["equipment"]), (&json!(30), &json!("none")));
        let malformed = format!("/api/exercises/{EXAMPLE_ID}");
        for (heading, method) in
            [("Get Single Exercise", "GET"), ("Update Exercise", "PUT"), ("Delete Exercise", "DELETE")]
        {
            let [(name, _)] = &self.document.fields(heading, "Path Parameters")[..] else { panic!("one") };
            assert_eq!(name, "id");
            let body = (method == "PUT").then(|| b"{}".to_vec());
            let error = self.document.example(heading, "Error Response (404");
            assert_eq!(self.owner.send(method, &malformed, body).await.expect(404), error);
        }
    }

    async fn refuses(&self, path: &str, good: &Value, field: &str, wrong: &[Value]) {
        assert!(!wrong.is_empty(), "{field}");
        for value in wrong {
            let mut body = good.clone();
            body[field] = value.clone();
            let refused = self.owner.post(path, body).await.expect(400);
            assert_eq!(
                (&refused["message"], refused["errors"].as_array().map(Vec::len)),
                (&json!("Validation error"), Some(1)),
                "{field}: {value}"
            );
        }
    }

    /// The general error bodies, and the table of statuses.
    async fn errors(&mut self, id: &str) {
        let [bad] = &self.document.examples("400 Bad Request", "")[..] else { panic!("one example") };
        let body = json!({ "username": "testuser", "email": "nowhere", "password": "short" });
        let answer = self.anonymous.post("/api/auth/register", body).await;
        self.is(&answer, 400, bad);
        let [none, failed] = &self.document.examples("401 Unauthorized", "")[..] else { panic!("two") };
        let path = format!("/api/exercises/{id}");
        self.is(&self.anonymous.delete(&path).await, 401, none);
        let forged = self.anonymous.with("authorization", "Bearer x");
        self.is(&forged.delete(&path).await, 401, failed);
        let [gone, invalid] = &self.document.examples("404 Not Found", "")[..] else { panic!("two") };
        self.is(&self.anonymous.get(&path).await, 404, gone);
        self.is(&self.anonymous.get("/api/invalid").await, 404, invalid);

        let formats = self.document.examples("📦 Response Format", "Success Response");
        let one = self.anonymous.get("/api/exercises").await.expect(200)["data"][0]["_id"].clone();
        let one =
            self.anonymous.get(&format!("/api/exercises/{}", one.as_str().expect("an id"))).await.expect(200);
        self.document.same_shape(&formats[0], &one, &[]);
        self.document.same_shape(&formats[1], &self.anonymous.get("/api/exercises").await.expect(200), &[]);
        let [plain, listed] = &self.document.examples("📦 Response Format", "Error Response")[..] else {
            panic!("two")
        };
        self.document.same_shape(plain, &self.anonymous.get("/api/invalid").await.expect(404), &[]);
        let body = json!({ "email": "nowhere", "password": "123456" });
        self.is(&self.anonymous.post("/api/auth/register", body).await, 400, listed);

        // Nothing may provoke a 500; the text that we would send is that of the dialect's own test.
        let error = self.document.example("500 Internal Server Error", "");
        assert_eq!((&error["success"], &error["message"]), (&json!(false), &json!("Server error")));
    }

    /// The limits' headers and bodies; the last of the document, since nobody is answered afterwards.
    async fn limits(&mut self, server: Server, listener: usize) {
        let server = server.restart_with(&[("rate_limits", "on")]).await;
        let client = &everywhere(&server)[listener];
        let wrong = json!({ "email": "john@example.com", "password": "wrongpassword" });
        for left in (0..5).rev() {
            let answer = client.post("/api/auth/login", wrong.clone()).await;
            assert_eq!(answer.status, 401);
            let headers = &self.document.code("Authentication Endpoints", "Rate Limit Headers")[0];
            for (name, value) in headers.lines().filter_map(|line| line.split_once(": ")) {
                let shown = answer.header(name).expect(name);
                assert_eq!((shown.len(), shown.parse::<u64>().is_ok()), (value.len(), true), "{name}");
            }
            assert_eq!(answer.header("ratelimit-limit"), Some("5"));
            assert_eq!(answer.header("ratelimit-remaining"), Some(left.to_string().as_str()));
        }
        let error = self.document.example("429 Too Many Requests", "");
        self.is(&client.post("/api/auth/login", wrong).await, 429, &error);
        for _ in 6..100 {
            client.get("/api/health").await.expect(200);
        }
        let error = self.document.example("Handling Rate Limit Errors", "Response (429");
        self.is(&client.get("/api/health").await, 429, &error);
    }

    fn statuses(&self) {
        for row in self.document.table("📊 Status Codes", "Code").expect("the statuses") {
            let status = row[0].trim_matches('*').parse().expect("a status");
            // 500 is the one that nothing may provoke.
            assert!(status == 500 || self.statuses.contains(&status), "never saw {status}");
        }
    }

    /// The requests above the examples name endpoints that there are, with a token where one is needed.
    fn requests(&self) {
        for heading in self.document.code_headings() {
            for request in self.document.code(&heading, "").iter().filter(|text| text.contains(" /api/")) {
                let line = request.lines().next().expect("a line");
                let (method, path) = line.split_once(' ').expect("a method and a path");
                let endpoints = INTERVALFLOW.documented();
                let path = path.split('?').next().expect("a path");
                let endpoint = endpoints.iter().find(|e| e.matches(method, path)).expect(line);
                let is_open = endpoint.permission == "anyone";
                assert_ne!(is_open, request.contains("Authorization: Bearer"), "{request}");
            }
        }
    }
}

/// Values that break a rule, by the words in which the document has it.
fn outside(field: &str, rule: &str) -> Vec<Value> {
    let numbers: Vec<usize> =
        rule.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect();
    let text = |length: usize| json!("x".repeat(length));
    if rule.contains("enum") {
        vec![json!("x"), json!(7), json!({ "$ne": "x" })]
    } else if rule.contains("number") {
        vec![json!(numbers[0] - 1), json!(numbers[1] + 1), json!("x")]
    } else if rule.contains("Minimum") {
        vec![text(numbers[0] - 1), json!(123_456), Value::Null]
    } else if rule.contains("max") {
        vec![text(numbers[0] + 1), json!(7)]
    } else if rule.contains("characters") {
        vec![text(numbers[0] - 1), text(numbers[1] + 1), json!(7), Value::Null]
    } else if rule.contains("email") {
        vec![json!("nowhere"), json!({ "$ne": "x" }), Value::Null]
    } else {
        panic!("no values outside of {field}: {rule}")
    }
}

/// The values that a rule names.
fn allowed(rule: &str) -> Vec<Value> {
    let rule = rule.split(", default").next().unwrap_or_default();
    if rule.contains("enum") {
        rule.split('`').skip(1).step_by(2).map(|value| json!(value)).collect()
    } else if rule.contains("number") {
        let numbers =
            rule.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<u32>().ok());
        numbers.map(|number| json!(number)).collect()
    } else {
        vec![]
    }
}
