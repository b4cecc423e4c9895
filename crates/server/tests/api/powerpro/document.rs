//! PowerPro's document as a test: every JSON block, parameter table and error row of it.

mod lists;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::openapi::example_of_powerpro;
use crate::support::document::Document;
use crate::support::{Client, Response, Server, both};

const TEXT: &str = include_str!("../../../../../docs/surfaces/contracts/powerpro.md");

/// Keys that we add to documented bodies, each declared in `docs/surfaces/powerpro.md`.
const EXTENSIONS: &[&str] = &["isAmrap"];

/// A server with one of everything, and the document.
struct Walk {
    document: Document,
    admin: Client,
    lifter: Client,
    /// Real ids, by the member or parameter of the document that names them.
    ids: BTreeMap<&'static str, String>,
    /// Statuses and texts of the refusals seen.
    seen: Vec<(u16, String)>,
}

both! {
    async fn the_document_holds(server) {
        let mut walk = Walk {
            document: Document::read(TEXT),
            admin: server.admin(),
            lifter: server.user("lifter"),
            ids: BTreeMap::from([("userId", "lifter".to_owned())]),
            seen: Vec::new(),
        };
        walk.lifts_and_maxes().await;
        walk.prescriptions().await;
        walk.calendar().await;
        walk.programs().await;
        walk.training(&server).await;
        walk.common_formats(&server).await;
        walk.query_tables().await;
        walk.lists(&server).await;
        walk.field_tables().await;
        walk.refusals(&server).await;
        walk.document.must_be_used_up();
    }
}

impl Walk {
    /// The example request of `heading` with real ids, and `changes` on top.
    fn request(&self, heading: &str, label: &str, changes: Value) -> Value {
        let mut body = self.with_ids(self.document.example(heading, label));
        if let (Some(body), Value::Object(changes)) = (body.as_object_mut(), changes) {
            body.extend(changes);
        }
        body
    }

    fn with_ids(&self, example: Value) -> Value {
        let Value::Object(members) = example else { return example };
        let members = members.into_iter().map(|(key, value)| match self.ids.get(key.as_str()) {
            Some(id) if value.is_string() => (key, json!(id)),
            Some(id) if value.is_array() => (key, json!([id])),
            _ => (key, value),
        });
        Value::Object(members.collect::<Map<_, _>>())
    }

    fn answers(&self, heading: &str, response: &Response, status: u16) -> Value {
        let (body, example) = (response.expect(status), self.document.example(heading, "Response"));
        self.document.same_shape(&example, &body, EXTENSIONS);
        self.document.same_shape(&example, &example_of_powerpro(heading, &body), &[]);
        body
    }

    fn keep(&mut self, name: &'static str, body: &Value) {
        self.ids.insert(name, body["id"].as_str().expect("an id").to_owned());
    }

    fn id(&self, name: &str) -> &str {
        &self.ids[name]
    }

    /// The path of a heading with the real ids: `{id}` is that of the section's noun.
    fn path(&self, template: &str) -> String {
        let noun = match template.split('/').nth(1).unwrap_or_default() {
            "lifts" => "liftId",
            "lift-maxes" => "liftMaxId",
            "prescriptions" => "prescriptionId",
            "days" => "dayId",
            "weeks" => "weekId",
            "cycles" => "cycleId",
            "weekly-lookups" => "weeklyLookupId",
            "daily-lookups" => "dailyLookupId",
            "programs" => "programId",
            _ => "progressionId",
        };
        let path = template.replace("{id}", self.id(noun));
        self.ids.iter().fold(path, |path, (name, id)| path.replace(&format!("{{{name}}}"), id))
    }

    async fn lifts_and_maxes(&mut self) {
        let parent = self.admin.post("/lifts", json!({ "name": "Any Squat" })).await.id(201);
        self.ids.insert("parentLiftId", parent);
        let body = self.request("POST /lifts", "Request Body", json!({ "slug": "squat-of-the-document" }));
        let lift = self.admin.post("/lifts", body).await.expect(201);
        self.keep("liftId", &lift);
        self.document.same_shape(&self.document.example("GET /lifts/{id}", "Response"), &lift, EXTENSIONS);
        self.answers("GET /lifts", &self.lifter.get("/lifts").await, 200);
        self.answers("GET /lifts/{id}", &self.lifter.get(&self.path("/lifts/{id}")).await, 200);
        let body =
            self.request("PUT /lifts/{id}", "Request Body", json!({ "slug": "squat-of-the-document" }));
        self.admin.put(&self.path("/lifts/{id}"), body).await.expect(200);

        // The document's 315 as a training max of its 350, so that nothing is to be warned of.
        let one_rm = json!({ "liftId": self.id("liftId"), "type": "ONE_RM", "value": 350.0 });
        let one_rm = self.lifter.post("/users/lifter/lift-maxes", one_rm).await.expect(201);
        let body = self.request("POST /users/{userId}/lift-maxes", "Request Body", json!({}));
        let max = self.lifter.post("/users/lifter/lift-maxes", body).await.expect(201);
        self.keep("liftMaxId", &max);
        let maxes = self.lifter.get("/users/lifter/lift-maxes").await;
        let maxes = self.answers("GET /users/{userId}/lift-maxes", &maxes, 200);
        self.document.same_shape(&maxes["data"][0], &max, &[]);
        let path =
            format!("/lift-maxes/{}/convert?to_type=TRAINING_MAX", one_rm["id"].as_str().expect("an id"));
        let converted = self.answers("GET /lift-maxes/{id}/convert", &self.lifter.get(&path).await, 200);
        assert_eq!(converted, self.document.example("GET /lift-maxes/{id}/convert", "Response"));
        let body = self.request("PUT /lift-maxes/{id}", "Request Body", json!({}));
        self.lifter.put(&self.path("/lift-maxes/{id}"), body).await.expect(200);
    }

    async fn prescriptions(&mut self) {
        let body = self.request("POST /prescriptions", "Request Body", json!({}));
        let prescription = self.admin.post("/prescriptions", body.clone()).await.expect(201);
        self.keep("prescriptionId", &prescription);
        for strategy in self.document.json("POST /prescriptions", "LoadStrategy Types") {
            for scheme in self.document.json("POST /prescriptions", "SetScheme Types") {
                let mut body = body.clone();
                (body["loadStrategy"], body["setScheme"]) = (strategy.clone(), scheme.clone());
                let made = self.admin.post("/prescriptions", body).await.expect(201);
                assert_eq!(floats(&made["loadStrategy"]), floats(&strategy), "echoed as given");
                assert_eq!(floats(&made["setScheme"]), floats(&scheme), "echoed as given");
            }
        }
        let list = self.admin.get("/prescriptions?sortBy=created_at&pageSize=1").await;
        self.answers("GET /prescriptions", &list, 200);

        let body = self.request("POST /prescriptions/{id}/resolve", "Request Body", json!({}));
        let path = self.path("/prescriptions/{id}/resolve");
        self.answers("POST /prescriptions/{id}/resolve", &self.lifter.post(&path, body).await, 200);

        let other = self.admin.post("/lifts", json!({ "name": "Never Lifted" })).await.id(201);
        let mut body = self.document.example("POST /prescriptions", "Request Body");
        body["liftId"] = json!(other);
        let missing = self.admin.post("/prescriptions", body).await.id(201);
        let mut body = self.request("POST /prescriptions/resolve-batch", "Request Body", json!({}));
        body["prescriptionIds"] = json!([self.id("prescriptionId"), missing]);
        let batch = self.lifter.post("/prescriptions/resolve-batch", body).await.expect(200);
        let example = self.document.example("POST /prescriptions/resolve-batch", "Response");
        for (example, result) in example["results"]
            .as_array()
            .expect("results")
            .iter()
            .zip(batch["results"].as_array().expect("results"))
        {
            self.document.same_shape(example, result, &[]);
            assert_eq!(example["status"], result["status"]);
        }
        assert_eq!(batch["results"][1]["error"], "missing lift max for never-lifted (TRAINING_MAX)");
    }

    async fn calendar(&mut self) {
        let body = self.request("POST /cycles", "Request Body", json!({}));
        let cycle = self.admin.post("/cycles", body).await.expect(201);
        self.keep("cycleId", &cycle);
        self.answers("GET /cycles/{id}", &self.lifter.get(&self.path("/cycles/{id}")).await, 200);
        for (noun, name) in [("weekly", "weeklyLookupId"), ("daily", "dailyLookupId")] {
            let body = self.request(&format!("POST /{noun}-lookups"), "Request Body", json!({}));
            let lookup = self.admin.post(&format!("/{noun}-lookups"), body).await.expect(201);
            self.keep(name, &lookup);
            let heading = format!("GET /{noun}-lookups/{{id}}");
            self.answers(
                &heading,
                &self.lifter.get(&self.path(&format!("/{noun}-lookups/{{id}}"))).await,
                200,
            );
        }
        let body = self.request(
            "POST /programs",
            "Request Body",
            json!({ "slug": "the-document", "name": "The Document" }),
        );
        let program = self.admin.post("/programs", body).await.expect(201);
        self.keep("programId", &program);

        let body = self.request("POST /days", "Request Body", json!({}));
        let day = self.admin.post("/days", body).await.expect(201);
        self.keep("dayId", &day);
        let body = self.request("POST /days/{id}/prescriptions", "Request Body", json!({}));
        let with = self.admin.post(&self.path("/days/{id}/prescriptions"), body).await.expect(201);
        self.document.same_shape(&self.document.example("GET /days/{id}", "Response"), &with, &[]);
        self.answers("GET /days/{id}", &self.lifter.get(&self.path("/days/{id}")).await, 200);
        self.answers(
            "GET /days",
            &self.lifter.get("/days?sortBy=created_at&sortOrder=desc&pageSize=1").await,
            200,
        );
        let body = json!({ "prescriptionIds": [self.id("prescriptionId")] });
        self.document.same_shape(
            &self.document.example("PUT /days/{id}/prescriptions/reorder", "Request Body"),
            &body,
            &[],
        );
        self.admin.put(&self.path("/days/{id}/prescriptions/reorder"), body).await.expect(200);
        let body = self.request(
            "PUT /days/{id}",
            "Request Body",
            json!({ "slug": "squat-day", "name": "Squat Day" }),
        );
        self.admin.put(&self.path("/days/{id}"), body).await.expect(200);

        let body = self.request("POST /weeks", "Request Body", json!({}));
        let week = self.admin.post("/weeks", body).await.expect(201);
        self.keep("weekId", &week);
        let body = self.request("POST /weeks/{id}/days", "Request Body", json!({}));
        let week = self.admin.post(&self.path("/weeks/{id}/days"), body).await;
        self.document.same_shape(
            &self.document.example("GET /weeks/{id}", "Response"),
            &week.expect(201),
            &[],
        );
        self.answers("GET /weeks/{id}", &self.lifter.get(&self.path("/weeks/{id}")).await, 200);
    }

    async fn programs(&mut self) {
        self.answers(
            "GET /programs",
            &self.lifter.get("/programs?sortBy=created_at&sortOrder=desc&pageSize=1").await,
            200,
        );
        self.answers("GET /programs/{id}", &self.lifter.get(&self.path("/programs/{id}")).await, 200);
        for (label, expected) in [("Request Body (CYCLE", "CYCLE"), ("Request Body (LINEAR", "LINEAR")] {
            let body = self.request("POST /progressions", label, json!({}));
            let progression = self.admin.post("/progressions", body.clone()).await.expect(201);
            assert_eq!(
                (&progression["type"], &progression["parameters"]),
                (&json!(expected), &body["parameters"])
            );
            self.keep("progressionId", &progression);
        }
        let list = self.lifter.get("/progressions?type=LINEAR").await;
        self.answers("GET /progressions", &list, 200);
        let types = self.document.table("POST /progressions", "Type").expect("the table of types");
        assert_eq!(types.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["LINEAR", "CYCLE"]);
        let body = self.request("POST /programs/{programId}/progressions", "Request Body", json!({}));
        let config =
            self.admin.post(&self.path("/programs/{programId}/progressions"), body).await.expect(201);
        self.keep("configId", &config);
        let path = self.path("/programs/{programId}/progressions/{configId}");
        self.answers("GET /programs/{programId}/progressions/{configId}", &self.lifter.get(&path).await, 200);
    }

    async fn training(&mut self, server: &Server) {
        let body = self.request("POST /users/{userId}/program", "Request Body", json!({}));
        let enrollment = self.lifter.post("/users/lifter/program", body).await.expect(201);
        self.document.same_shape(
            &self.document.example("GET /users/{userId}/program", "Response"),
            &enrollment,
            &[],
        );
        self.answers("GET /users/{userId}/program", &self.lifter.get("/users/lifter/program").await, 200);
        let heading = "GET /users/{userId}/workout";
        self.answers(heading, &self.lifter.get("/users/lifter/workout").await, 200);
        let preview = self.lifter.get("/users/lifter/workout/preview?week=1&day=squat-day").await;
        self.answers(heading, &preview, 200);

        let heading = "POST /users/{userId}/progressions/trigger";
        let body = self.request(heading, "Request Body", json!({}));
        server.advance_clock(1000);
        self.answers(heading, &self.lifter.post("/users/lifter/progressions/trigger", body).await, 200);
        let history = self.lifter.get("/users/lifter/progression-history").await;
        self.answers("GET /users/{userId}/progression-history", &history, 200);
        let heading = "POST /users/{userId}/program-state/advance";
        let body = self.request(heading, "Request Body", json!({}));
        let state = self.lifter.post("/users/lifter/program-state/advance", body).await.expect(200);
        self.document.same_shape(&enrollment, &state, &[]);
        // The document's cycle has one week with a day in it: back to that week.
        let again = json!({ "programId": self.id("programId") });
        self.lifter.post("/users/lifter/program", again).await.expect(201);
    }

    async fn common_formats(&mut self, server: &Server) {
        let health = server.anonymous().get("/health").await;
        assert_eq!(self.answers("GET /health", &health, 200), json!({ "status": "ok" }));
        let page = self.lifter.get("/lifts").await.expect(200);
        self.document.same_shape(&self.document.example("Paginated Response", ""), &page, &[]);
        let refusal = server.admin().post("/lifts", json!({})).await.expect(400);
        self.document.same_shape(&self.document.example("Error Response", ""), &refusal, &[]);
        let low = json!({ "liftId": self.id("liftId"), "type": "TRAINING_MAX", "value": 100.0 });
        let warned = self.lifter.post("/users/lifter/lift-maxes", low).await.expect(201);
        self.document.same_shape(&self.document.example("Response with Warnings", ""), &warned, &[]);
        let max = format!("/lift-maxes/{}", warned["data"]["id"].as_str().expect("an id"));
        self.lifter.delete(&max).await.expect(204);
    }

    /// Every parameter of every table: a good value answers 200, a bad one 400 naming it.
    async fn query_tables(&mut self) {
        let mut tables: Vec<(String, Vec<Vec<String>>)> = Vec::new();
        for heading in self.document.endpoints() {
            if let Some(rows) = self.document.table(heading, "Parameter") {
                tables.push((heading.clone(), rows));
            }
        }
        for (heading, rows) in tables {
            let (method, template) = heading.split_once(' ').expect("method and path");
            assert_eq!(method, "GET", "only GETs have parameter tables");
            let path = self.path(template).replace("{slug}", "squat-day");
            let required = required_query(self, template);
            for row in rows {
                let (name, kind) = (row[0].as_str(), row[1].as_str());
                let (good, bad) = sample(self, template, name, kind);
                let good = self.lifter.get(&query(&path, &required, name, &good)).await;
                assert_eq!(good.status, 200, "{heading} {name}: {}", good.text);
                if let Some(bad) = bad {
                    let refused = self.lifter.get(&query(&path, &required, name, &bad)).await;
                    refused.refused(400, "validation failed", &[name]);
                }
            }
        }
    }

    /// Every field of every body: without a required one 400 names it, and so does a wrong type.
    async fn field_tables(&mut self) {
        for heading in self.document.endpoints() {
            let Some(rows) = self.document.table(heading, "Field") else { continue };
            let (method, template) = heading.split_once(' ').expect("method and path");
            let (path, client) = (self.path(template), self.admin.clone());
            let label = "Request Body";
            for row in rows {
                let field = row[0].as_str();
                let required = row.get(2).is_some_and(|cell| cell == "Yes");
                for wrong in [None, Some(json!(["wrong"]))] {
                    let mut body = self.request(heading, label, json!({}));
                    match &wrong {
                        None if !required => continue,
                        None => drop(body.as_object_mut().expect("an object").remove(field)),
                        Some(value) => body[field] = value.clone(),
                    }
                    let answer = client.send(method, &path, Some(body.to_string().into_bytes())).await;
                    answer.refused(400, "validation failed", &[field]);
                }
            }
        }
    }

    /// Provokes every row of the error reference and of the endpoints' own lists of errors.
    async fn refusals(&mut self, server: &Server) {
        let headers = self.document.table("Headers", "Header").expect("the headers");
        assert_eq!(headers.len(), 3);
        server.anonymous().with("x-user-id", "lifter").get("/users/lifter/program").await.expect(200);
        self.note(server.anonymous().get("/lifts").await);
        self.note(self.lifter.post("/lifts", json!({ "name": "X" })).await);
        self.note(self.lifter.get("/users/somebody/lift-maxes").await);
        self.note(self.lifter.get("/lifts/nothing").await);
        self.note(self.admin.post("/lifts", json!({})).await);
        self.note(self.admin.post("/lifts", json!({ "name": "X", "slug": "squat-of-the-document" })).await);

        self.endpoint_errors("DELETE /lifts/{id}", &[self.admin.delete(&self.path("/lifts/{id}")).await]);
        self.endpoint_errors("DELETE /days/{id}", &[self.admin.delete(&self.path("/days/{id}")).await]);
        self.endpoint_errors(
            "DELETE /programs/{id}",
            &[self.admin.delete(&self.path("/programs/{id}")).await],
        );
        let path = self.path("/progressions/{progressionId}");
        self.endpoint_errors("DELETE /progressions/{id}", &[self.admin.delete(&path).await]);

        let nobody = server.user("nobody");
        let resolve = self.path("/prescriptions/{id}/resolve");
        let unresolved = nobody.post(&resolve, json!({ "userId": "nobody" })).await;
        self.endpoint_errors("POST /prescriptions/{id}/resolve", &[unresolved]);
        self.endpoint_errors("GET /users/{userId}/program", &[nobody.get("/users/nobody/program").await]);
        let not_enrolled = nobody.get("/users/nobody/workout").await;
        nobody.post("/users/nobody/program", json!({ "programId": self.id("programId") })).await.expect(201);
        let without_max = nobody.get("/users/nobody/workout").await;
        self.endpoint_errors("GET /users/{userId}/workout", &[not_enrolled, without_max]);

        let (trigger, path) =
            ("POST /users/{userId}/progressions/trigger", "/users/nobody/progressions/trigger");
        let unknown = nobody.post(path, json!({ "progressionId": "nothing" })).await;
        nobody.delete("/users/nobody/program").await.expect(204);
        let unenrolled = nobody.post(path, json!({ "progressionId": self.id("progressionId") })).await;
        self.endpoint_errors(trigger, &[unknown, unenrolled]);

        let reference = self.document.table("Error Reference", "Error Message").expect("the error reference");
        for row in reference {
            let status = row[1].parse().expect("a status");
            assert!(self.seen.contains(&(status, row[0].clone())), "never saw {row:?}, only {:?}", self.seen);
        }
        let statuses = self.document.table("HTTP Status Codes", "Code").expect("the status codes");
        // 500 is the one that nothing may provoke.
        let refusals = statuses
            .iter()
            .map(|row| row[0].parse::<u16>().expect("a status"))
            .filter(|s| (400..500).contains(s));
        for status in refusals {
            assert!(self.seen.iter().any(|(seen, _)| *seen == status), "never saw {status}");
        }
    }

    fn note(&mut self, response: Response) {
        let error = response.json()["error"].as_str().expect("an error").to_owned();
        self.seen.push((response.status, error));
    }

    /// Each error row of the endpoint must have been answered by one of `responses`, in order.
    fn endpoint_errors(&mut self, heading: &str, responses: &[Response]) {
        let rows = self.document.errors(heading);
        assert_eq!(rows.len(), responses.len(), "{heading}: {rows:?}");
        for ((status, cause), response) in rows.iter().zip(responses) {
            assert_eq!(response.status, *status, "{heading}: {cause}: {}", response.text);
            self.note(response.clone());
        }
    }
}

/// The same JSON with every number as a float: 50 and 50.0 are one number to a client.
fn floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.iter().map(floats).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), floats(value))).collect(),
        other => other.clone(),
    }
}

fn query(path: &str, required: &[(&str, String)], name: &str, value: &str) -> String {
    let others =
        required.iter().filter(|(other, _)| *other != name).map(|(other, value)| format!("{other}={value}&"));
    format!("{path}?{}{name}={value}", others.collect::<String>())
}

/// Parameters without which the endpoint refuses.
fn required_query(walk: &Walk, template: &str) -> Vec<(&'static str, String)> {
    let path = template.rsplit('/').next().unwrap_or_default();
    match path {
        "current" => vec![("lift", walk.id("liftId").to_owned()), ("type", "TRAINING_MAX".to_owned())],
        "convert" => vec![("to_type", "ONE_RM".to_owned())],
        "preview" => vec![("week", "1".to_owned()), ("day", "squat-day".to_owned())],
        _ if template == "/days/by-slug/{slug}" => vec![("program_id", walk.id("programId").to_owned())],
        _ => vec![],
    }
}

/// A good value of a parameter and, where values can be wrong, a bad one.
fn sample(walk: &Walk, template: &str, name: &str, kind: &str) -> (String, Option<String>) {
    let id = |name: &str| (walk.id(name).to_owned(), None);
    match (name, kind) {
        ("lift_id" | "lift", _) => id("liftId"),
        ("program_id", _) => id("programId"),
        ("progression_id", _) => id("progressionId"),
        ("day" | "daySlug", _) => ("squat-day".to_owned(), None),
        ("to_type", _) => ("ONE_RM".to_owned(), Some("TEN_RM".to_owned())),
        ("type", _) if template == "/progressions" => ("CYCLE".to_owned(), Some("SPIRAL".to_owned())),
        ("type", _) => ("TRAINING_MAX".to_owned(), Some("training_max".to_owned())),
        ("sortBy", _) => ("created_at".to_owned(), Some("weight".to_owned())),
        ("sortOrder", _) => ("desc".to_owned(), Some("down".to_owned())),
        ("date", _) => ("2024-01-15".to_owned(), Some("2024-02-30".to_owned())),
        ("percentage", _) => ("80".to_owned(), Some("101".to_owned())),
        (_, "bool") => ("true".to_owned(), Some("maybe".to_owned())),
        (_, "int") => ("1".to_owned(), Some("0".to_owned())),
        _ => panic!("no sample of {name} ({kind})"),
    }
}
