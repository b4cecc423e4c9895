//! `Idempotency-Key`: a request whose answer was lost can be sent again, and is done once.

use ferrum_domain::access::Role;
use serde_json::{Value, json};

use crate::coverage::{INTERVALFLOW, POWERPRO};
use crate::intervalflow::{self, LOGIN};
use crate::powerpro::gym::{Gym, Lifter};
use crate::support::raw::Raw;
use crate::support::{Client, Response, Server, both};

const DAY: i64 = 24 * 60 * 60 * 1000;

fn keyed(client: &Client, key: &str) -> Client {
    client.with("idempotency-key", key)
}

fn is_replayed(answer: &Response) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

async fn lifts(server: &Server) -> Value {
    server.admin().get("/lifts?pageSize=1").await.expect(200)["totalItems"].clone()
}

both! {
    async fn a_repeat_answers_the_same_and_does_nothing(server) {
        let before = lifts(&server).await.as_i64().unwrap();
        let admin = keyed(&server.admin(), "k1");
        let first = admin.post("/lifts", json!({ "name": "Zercher" })).await;
        first.expect(201);
        assert!(!is_replayed(&first));
        server.advance_clock(60_000);
        for _ in 0..2 {
            let again = admin.post("/lifts", json!({ "name": "Zercher" })).await;
            assert_eq!((again.status, &again.text), (201, &first.text));
            assert!(is_replayed(&again));
            assert_eq!(again.header("content-type"), Some("application/json"));
        }
        assert_eq!(lifts(&server).await, before + 1);
        let renamed = admin.with("idempotency-key", "k2").post("/lifts", json!({ "name": "Zercher" })).await;
        renamed.refused(409, "slug already exists", &[]);
    }

    async fn another_body_is_refused(server) {
        let admin = keyed(&server.admin(), "k");
        admin.post("/lifts", json!({ "name": "A" })).await.expect(201);
        for body in [json!({ "name": "B" }), json!({}), json!({ "name": "A", "slug": null })] {
            admin.post("/lifts", body).await.refused(409, "already exists", &["Idempotency-Key"]);
        }
        // What cannot be read is told first, as in every answer.
        admin.send("POST", "/lifts", Some(b"{ not JSON".to_vec())).await.refused(400, "validation failed", &["body "]);
        admin.send("POST", "/lifts", Some(vec![b' '; 1_100_000])).await.expect(413);
        keyed(&server.admin(), "no key").send("POST", "/lifts", Some(vec![b' '; 1_100_000])).await.expect(413);
        let again = admin.post("/lifts", json!({ "name": "A" })).await;
        assert!(again.status == 201 && is_replayed(&again), "the refusals changed nothing");
    }

    async fn a_key_belongs_to_its_caller_and_its_path(server) {
        let lift = server.admin().post("/lifts", json!({ "name": "Squat" })).await.id(201);
        let max = json!({ "liftId": lift, "type": "ONE_RM", "value": 100 });
        let mut seen = Vec::new();
        for (client, path) in [
            (server.user("ada"), "/users/ada/lift-maxes"),
            (server.user("bob"), "/users/bob/lift-maxes"),
            (server.user("bob").with("x-admin", "true"), "/users/ada/lift-maxes"),
            (server.user("eve").with("x-admin", "true"), "/users/ada/lift-maxes"),
        ] {
            let answer = keyed(&client, "k").post(path, max.clone()).await;
            seen.push(answer.id(201));
            assert!(!is_replayed(&answer), "{path}");
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 4);
        // A stranger with the same key hears nothing of the kept answer.
        let stranger = keyed(&server.user("eve"), "k").post("/users/ada/lift-maxes", max.clone()).await;
        stranger.refused(403, "Access denied: you do not have permission", &[]);
        keyed(&server.anonymous(), "k").post("/users/ada/lift-maxes", max).await.expect(401);
    }

    async fn an_answer_for_an_admin_is_kept_for_an_admin(server) {
        let world = World::make(&server).await;
        let path = format!("/prescriptions/{}/resolve", world.prescription);
        let asked = json!({ "userId": "ada" });
        let eve = keyed(&server.user("eve"), "k");
        let admin = eve.with("x-admin", "true");
        admin.post(&path, asked.clone()).await.expect(200);
        eve.post(&path, asked.clone()).await.refused(409, "already exists", &["Idempotency-Key"]);
        assert!(is_replayed(&admin.post(&path, asked).await));
    }

    async fn a_path_is_the_same_however_it_is_encoded(server) {
        let lift = server.admin().post("/lifts", json!({ "name": "Squat" })).await.id(201);
        let max = json!({ "liftId": lift, "type": "ONE_RM", "value": 100 });
        let ada = keyed(&server.user("ada@example.org"), "k");
        let first = ada.post("/users/ada@example.org/lift-maxes", max.clone()).await.id(201);
        let again = ada.post("/users/ada%40example.org/lift-maxes", max).await;
        assert!(is_replayed(&again) && again.id(201) == first);
    }

    async fn a_key_lives_for_a_day(server) {
        let lift = server.admin().post("/lifts", json!({ "name": "Squat" })).await.id(201);
        let max = json!({ "liftId": lift, "type": "ONE_RM", "value": 100 });
        let ada = keyed(&server.user("ada"), "k");
        let first = ada.post("/users/ada/lift-maxes", max.clone()).await.id(201);
        server.advance_clock(DAY - 1);
        assert_eq!(ada.post("/users/ada/lift-maxes", max.clone()).await.id(201), first);
        server.advance_clock(1);
        let anew = ada.post("/users/ada/lift-maxes", max.clone()).await;
        assert!(anew.id(201) != first && !is_replayed(&anew));
        assert_eq!(ada.post("/users/ada/lift-maxes", max).await.id(201), anew.id(201), "the new answer is kept");
    }

    async fn bad_keys_are_named(server) {
        let long = "k".repeat(256);
        for key in ["", long.as_str(), "k\u{e9}y", "a\tb", "a b"] {
            let answer = keyed(&server.admin(), key).post("/lifts", json!({ "name": "Squat" })).await;
            answer.refused(400, "validation failed", &["Idempotency-Key must be 1 to 255"]);
        }
        keyed(&server.admin(), &"k".repeat(255)).post("/lifts", json!({ "name": "Squat" })).await.expect(201);
        keyed(&server.user("ada"), "").post("/lifts", json!({})).await.expect(403);
        let lines = ["POST /lifts HTTP/1.1", "Host: localhost", "X-User-ID: ada", "X-Admin: true", "Content-Length: 2"];
        let mut raw = Raw::tcp(&server.powerpro).await;
        raw.head(&[&lines[..], &["Idempotency-Key: a", "Idempotency-Key: b"]].concat()).await;
        raw.write("{}").await;
        let twice = raw.answer().await.expect("an answer");
        assert!(twice.status == 400 && twice.body.contains("Idempotency-Key must be 1 to 255"), "{twice:?}");
    }

    async fn refusals_are_not_kept(server) {
        let admin = keyed(&server.admin(), "k");
        let enrolled = keyed(&server.user("ada"), "k");
        enrolled.post("/users/ada/program-state/advance", json!({ "advanceType": "day" })).await.expect(404);
        admin.post("/lifts", json!({ "name": "" })).await.expect(400);
        admin.post("/lifts", json!({ "name": "Squat" })).await.expect(201);
        let (program, lift) = Gym::of(&server).one_lift_program("p", 1, 2).await;
        let ada = Lifter::of(&server, "ada");
        ada.training_max(&lift, 100.0).await;
        ada.enroll(&program).await;
        let advanced = enrolled.post("/users/ada/program-state/advance", json!({ "advanceType": "day" })).await;
        advanced.expect(200);
        assert!(!is_replayed(&advanced));
    }

    async fn an_advance_sent_twice_advances_once(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("p", 2, 3).await;
        let progression = gym.progression("AFTER_SESSION", 5.0).await;
        gym.configure(&program, &progression, None, 1).await;
        let ada = Lifter::of(&server, "ada");
        ada.training_max(&lift, 100.0).await;
        ada.enroll(&program).await;
        let client = keyed(&ada.client, "monday");
        let sends = (0..8).map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                client.post("/users/ada/program-state/advance", json!({ "advanceType": "day" })).await
            })
        });
        let mut answers = Vec::new();
        for send in sends.collect::<Vec<_>>() {
            answers.push(send.await.unwrap());
        }
        assert!(answers.iter().all(|answer| answer.status == 200 && answer.text == answers[0].text));
        assert_eq!(answers.iter().filter(|answer| !is_replayed(answer)).count(), 1);
        assert!((ada.current(&lift).await - 105.0).abs() < f64::EPSILON);
        assert_eq!(ada.history(&lift).await.len(), 1);
    }

    async fn only_posts_take_keys(server) {
        let admin = keyed(&server.admin(), "k");
        let id = admin.post("/lifts", json!({ "name": "Squat" })).await.id(201);
        for name in ["Back Squat", "Front Squat"] {
            let answer = admin.put(&format!("/lifts/{id}"), json!({ "name": name })).await;
            assert_eq!(answer.expect(200)["name"], name);
            assert!(!is_replayed(&answer));
        }
        assert_eq!(admin.delete(&format!("/lifts/{id}")).await.status, 204);
        assert_eq!(admin.delete(&format!("/lifts/{id}")).await.status, 404);
    }

    async fn every_post_honours_the_key(server) {
        let world = World::make(&server).await;
        let routed = [POWERPRO, INTERVALFLOW].into_iter().flat_map(|surface| surface.routed());
        let mut left: Vec<String> = routed.filter(|e| e.method == "POST").map(|e| e.template).collect();
        let admin = server.user("ada").with("x-admin", "true");
        for (template, path, body) in world.posts() {
            left.retain(|known| known != template);
            done_once(&admin, &path, body).await.refused(409, "already exists", &["Idempotency-Key"]);
        }
        let carla = intervalflow::person(&server, "carla", Role::Customer).await;
        for (method, template, path, body) in intervalflow::changes(&carla).await {
            if let (Some(body), "POST", false) = (body, method, template == LOGIN) {
                left.retain(|known| known != template);
                let refused = done_once(&carla, &path, body).await.expect(409);
                assert_eq!(refused, intervalflow::message("Idempotency-Key was used with another body"));
            }
        }
        assert_eq!(left, [LOGIN], "a login takes no key (decision 9)");
    }
}

/// A POST that is sent twice under one key is done once. Answers the refusal of another body.
async fn done_once(client: &Client, path: &str, body: Value) -> Response {
    let client = keyed(client, "same-key");
    let first = client.post(path, body.clone()).await;
    assert!(matches!(first.status, 200 | 201), "{path}: {}", first.text);
    assert!(!is_replayed(&first), "{path}");
    let again = client.post(path, body.clone()).await;
    assert_eq!((again.status, &again.text), (first.status, &first.text), "{path}");
    assert!(is_replayed(&again), "{path}");
    let mut other = body;
    other["name"] = json!("another");
    client.post(path, other).await
}

/// One row of each kind, for a good request to every POST.
pub struct World {
    lift: String,
    prescription: String,
    empty_day: String,
    day: String,
    week: String,
    cycle: String,
    program: String,
    progression: String,
    other_program: String,
}

impl World {
    pub async fn make(server: &Server) -> Self {
        let gym = Gym::of(server);
        let lift = gym.lift("squat").await;
        let program = gym.program("p", 1, json!({})).await;
        let other = gym.program("q", 2, json!({})).await;
        let prescription =
            gym.prescription(&lift, json!({}), json!({ "type": "FIXED", "sets": 1, "reps": 5 })).await;
        let day = gym.day(&program, "d", &[&prescription]).await;
        let empty_day = gym.day(&program, "e", &[]).await;
        let week = gym.week(&program, 1, &[&day]).await;
        let progression = gym.progression("AFTER_SESSION", 5.0).await;
        gym.configure(&program, &progression, None, 1).await;
        Lifter::of(server, "ada").training_max(&lift, 100.0).await;
        let (cycle, program, other_program) = (other.cycle, program.id, other.id);
        Self { lift, prescription, empty_day, day, week, cycle, program, progression, other_program }
    }

    /// Template, path and body of a good request to every POST, in an order in which all succeed.
    pub fn posts(&self) -> Vec<(&'static str, String, Value)> {
        let Self { lift, prescription, empty_day, day, week, cycle, program, progression, other_program } =
            self;
        let at = |template: &'static str, body: Value| (template, template.replace("{userId}", "ada"), body);
        let strategy = json!({ "type": "PERCENT_OF", "maxType": "TRAINING_MAX", "percentage": 80 });
        vec![
            at("/lifts", json!({ "name": "Bench" })),
            at("/users/{userId}/lift-maxes", json!({ "liftId": lift, "type": "TRAINING_MAX", "value": 110 })),
            at(
                "/prescriptions",
                json!({ "liftId": lift, "loadStrategy": strategy, "setScheme": { "type": "FIXED", "sets": 1, "reps": 5 } }),
            ),
            (
                "/prescriptions/{id}/resolve",
                format!("/prescriptions/{prescription}/resolve"),
                json!({ "userId": "ada" }),
            ),
            at("/prescriptions/resolve-batch", json!({ "userId": "ada", "prescriptionIds": [prescription] })),
            at("/days", json!({ "name": "Another day" })),
            (
                "/days/{id}/prescriptions",
                format!("/days/{empty_day}/prescriptions"),
                json!({ "prescriptionId": prescription }),
            ),
            at("/weeks", json!({ "cycleId": cycle, "weekNumber": 1 })),
            ("/weeks/{id}/days", format!("/weeks/{week}/days"), json!({ "dayId": day })),
            at("/cycles", json!({ "name": "C", "lengthWeeks": 2 })),
            at("/weekly-lookups", json!({ "name": "W", "entries": { "1": 70 } })),
            at("/daily-lookups", json!({ "name": "D", "entries": { "heavy": 100 } })),
            at("/programs", json!({ "name": "Third", "slug": "third", "cycleId": cycle })),
            at(
                "/progressions",
                json!({ "name": "N", "type": "CYCLE", "parameters": { "increment": 5, "maxType": "TRAINING_MAX" } }),
            ),
            (
                "/programs/{programId}/progressions",
                format!("/programs/{other_program}/progressions"),
                json!({ "progressionId": progression, "priority": 1 }),
            ),
            at("/users/{userId}/program", json!({ "programId": program })),
            at("/users/{userId}/program-state/advance", json!({ "advanceType": "day" })),
            at(
                "/users/{userId}/progressions/trigger",
                json!({ "progressionId": progression, "liftId": lift }),
            ),
        ]
    }
}
