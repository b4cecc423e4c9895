//! `/api/workouts/{id}/sessions` and `/api/sessions`: what somebody did, for themselves alone.

use ferrum_domain::access::Role;
use ferrum_domain::units::WeightUnit;
use serde_json::{Value, json};

use super::{everywhere, exercise, invalid, message, people, person};
use crate::support::{Client, Server, both};

const SESSIONS: &str = "/api/sessions";
const MINUTE: i64 = 60 * 1000;
const DAY: i64 = 24 * 60 * MINUTE;

/// The path of a new Tabata of somebody's: 15 phases, 230 seconds.
async fn tabata(client: &Client, name: &str) -> String {
    let id = exercise(client, &format!("Burpees of {name}")).await;
    let body = json!({ "name": name, "form": "tabata", "exercises": [{ "exerciseId": id }] });
    let made = client.post("/api/workouts", body).await.expect(201);
    format!("/api/workouts/{}", made["data"]["_id"].as_str().expect("an id"))
}

/// Records a session; gives what was answered.
async fn record(client: &Client, workout: &str, body: Value) -> Value {
    client.post(&format!("{workout}/sessions"), body).await.expect(201)["data"].clone()
}

fn done() -> Value {
    json!({ "phasesDone": 15, "durationSeconds": 230 })
}

/// The durations of a part of a history, and where it goes on.
async fn part(client: &Client, path: &str) -> (Vec<i64>, Value) {
    let list = client.get(path).await.expect(200);
    let data = list["data"].as_array().expect("a list");
    assert_eq!((&list["success"], &list["count"]), (&json!(true), &json!(data.len())));
    let durations = data.iter().map(|session| session["durationSeconds"].as_i64().expect("a duration"));
    (durations.collect(), list["next"].clone())
}

async fn totals(client: &Client, query: &str) -> Value {
    client.get(&format!("{SESSIONS}/totals{query}")).await.expect(200)["data"].clone()
}

/// Sets where somebody's days begin.
async fn live_in(server: &Server, id: &str, zone: &'static str) {
    let key = ferrum_app::actions::accounts::get(&server.app, id).await.expect("an account").key;
    let now = server.app.clock.now();
    let write = server
        .app
        .db
        .write(move |tx| ferrum_store::accounts::set_preferences(tx, key, WeightUnit::Kg, Some(zone), now));
    write.await.expect("it is set");
}

both! {
    async fn one_is_recorded_and_read(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let workout = tabata(&ada, "Four minutes").await;
        let body = json!({
            "phasesDone": 12, "phasesSkipped": 3, "durationSeconds": 230, "perceivedEffort": 8,
            "bodyWeightKg": 72, "doneAt": "2026-01-04T18:30:00.5+01:00", "energyKcal": 5000, "_id": "x",
        });
        let made = ada.post(&format!("{workout}/sessions"), body).await.expect(201);
        let session = json!({
            "_id": made["data"]["_id"],
            "workoutId": workout.trim_start_matches("/api/workouts/"),
            "workoutName": "Four minutes",
            "form": "tabata",
            "phaseCount": 15,
            "phasesDone": 12,
            "phasesSkipped": 3,
            "durationSeconds": 230,
            "perceivedEffort": 8,
            "bodyWeightKg": 72,
            "energyKcal": 23.9,
            "doneAt": "2026-01-04T17:30:00.500Z",
        });
        assert_eq!(made, json!({ "success": true, "data": session }));
        let path = format!("{SESSIONS}/{}", session["_id"].as_str().unwrap());
        let history = json!({ "success": true, "count": 1, "data": [session], "next": null });
        for client in people(&server, "ada").await {
            assert_eq!(client.get(&path).await.expect(200), made);
            assert_eq!(client.get(SESSIONS).await.expect(200), history);
            assert_eq!(client.get(&format!("{workout}/sessions")).await.expect(200), history);
        }
    }

    async fn energy_is_estimated_where_the_weight_is_known(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let workout = tabata(&ada, "Four minutes").await;
        let least = record(&ada, &workout, done()).await;
        let nulls = json!({ "perceivedEffort": null, "bodyWeightKg": null, "doneAt": null, "phasesSkipped": null });
        let mut body = done();
        body.as_object_mut().unwrap().extend(nulls.as_object().unwrap().clone());
        for session in [least, record(&ada, &workout, body).await] {
            for name in ["energyKcal", "bodyWeightKg", "perceivedEffort"] {
                assert_eq!(session[name], Value::Null, "{name}");
            }
            assert_eq!((&session["phasesSkipped"], &session["doneAt"]), (&json!(0), &json!("2026-01-05T08:00:00.000Z")));
        }
        // MET x kilograms x hours: 8 x 20 s at 8.0 and 7 x 10 s at 2.0 are 1420 MET seconds of 230; what
        // the clock ran beyond the phases that were done is 1.3.
        for (done, skipped, seconds, weight, energy) in [
            (15, 0, 230, json!(72), json!(28.4)),
            (15, 0, 230, json!(72.5), json!(28.6)),
            (15, 0, 115, json!(72), json!(14.2)),
            (15, 0, 460, json!(72), json!(34.4)),
            (1, 0, 230, json!(72), json!(8.7)),
            (5, 10, 230, json!(72), json!(13.4)),
            (0, 15, 230, json!(72), json!(0)),
            (15, 0, 1, json!(20), json!(0)),
            (15, 0, 86_400, json!(500), json!(15_755.7)),
        ] {
            let body = json!({
                "phasesDone": done, "phasesSkipped": skipped, "durationSeconds": seconds, "bodyWeightKg": weight,
            });
            let session = record(&ada, &workout, body.clone()).await;
            let (found, wanted) = (session["energyKcal"].as_f64().unwrap(), energy.as_f64().unwrap());
            assert!((found - wanted).abs() < 0.051, "{body}: {found}");
            assert_eq!(session["bodyWeightKg"], weight);
        }
    }

    async fn all_faults_are_named_in_the_order_of_the_fields(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let workout = format!("{}/sessions", tabata(&ada, "Four minutes").await);
        let missing = ["Phases done is required", "Duration is required"];
        assert_eq!(ada.post(&workout, json!({})).await.expect(400), invalid(&missing));
        assert_eq!(ada.send("POST", &workout, None).await.expect(400), invalid(&missing));
        let wrong = json!({
            "phasesDone": "15", "phasesSkipped": 0.5, "durationSeconds": [], "perceivedEffort": true,
            "bodyWeightKg": "72", "doneAt": 5,
        });
        let faults = [
            "Phases done must be a whole number",
            "Phases skipped must be a whole number",
            "Duration must be a whole number",
            "Perceived effort must be a whole number",
            "Body weight must be a number",
            "Done at must be a string",
        ];
        assert_eq!(ada.post(&workout, wrong).await.expect(400), invalid(&faults));
        let out_of_range = json!({
            "phasesDone": 16, "phasesSkipped": -1, "durationSeconds": 0, "perceivedEffort": 11,
            "bodyWeightKg": 19.999, "doneAt": "yesterday",
        });
        let faults = [
            "Phases done must be a whole number from 0 to 15",
            "Phases skipped must be a whole number from 0 to 15",
            "Duration must be a whole number from 1 to 86400",
            "Perceived effort must be a whole number from 1 to 10",
            "Body weight must be 20 to 500 kilograms",
            "Done at must be an RFC 3339 timestamp with an offset, e.g. 2026-02-04T12:00:00Z",
        ];
        assert_eq!(ada.post(&workout, out_of_range).await.expect(400), invalid(&faults));
        let too_many = "Phases done and phases skipped must together be at most the workout's 15 phases";
        let future = "Done at must lie between 1970 and now";
        for (name, value, fault) in [
            ("phasesSkipped", json!(1), too_many),
            ("durationSeconds", json!(86_401), faults[2]),
            ("durationSeconds", json!(9_223_372_036_854_775_807_i64), faults[2]),
            ("perceivedEffort", json!(0), faults[3]),
            ("bodyWeightKg", json!(500.001), faults[4]),
            ("bodyWeightKg", json!(72.0005), "Body weight cannot have more than 3 decimals"),
            ("doneAt", json!("2026-01-05T08:05:00.001Z"), future),
            ("doneAt", json!("1969-12-31T23:59:59Z"), future),
            ("doneAt", json!("2026-01-05"), faults[5]),
            ("doneAt", json!(""), faults[5]),
        ] {
            let mut body = done();
            body[name] = value;
            assert_eq!(ada.post(&workout, body).await.expect(400), invalid(&[fault]), "{name}");
        }
        assert_eq!(part(&ada, SESSIONS).await.0, [0_i64; 0], "nothing was recorded");
        for at in ["2026-01-05T08:05:00Z", "1970-01-01T00:00:00Z"] {
            let mut body = done();
            body["doneAt"] = json!(at);
            ada.post(&workout, body).await.expect(201);
        }
    }

    async fn history_comes_in_parts_from_the_newest(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let (first, second) = (tabata(&ada, "First").await, tabata(&ada, "Second").await);
        for number in 1..=25 {
            // Five at each moment: the latest recorded comes first.
            server.advance_clock(if number % 5 == 1 { 60_000 } else { 0 });
            let workout = if number % 2 == 0 { &second } else { &first };
            record(&ada, workout, json!({ "phasesDone": 15, "durationSeconds": number })).await;
        }
        let all: Vec<i64> = (1..=25).rev().collect();
        let (newest, next) = part(&ada, SESSIONS).await;
        assert_eq!(newest, all[..20]);
        let (rest, end) = part(&ada, &format!("{SESSIONS}?after={}", next.as_str().unwrap())).await;
        assert_eq!((&rest[..], end), (&all[20..], Value::Null));
        assert_eq!(part(&ada, &format!("{SESSIONS}?limit=25&after=")).await, (all.clone(), Value::Null));

        let odd: Vec<i64> = all.iter().copied().filter(|number| number % 2 == 1).collect();
        let (mut found, mut query) = (Vec::new(), "?limit=3".to_owned());
        loop {
            let (mut some, next) = part(&ada, &format!("{first}/sessions{query}")).await;
            found.append(&mut some);
            let Some(next) = next.as_str() else { break };
            assert_eq!(found.len() % 3, 0);
            query = format!("?limit=3&after={next}");
        }
        assert_eq!(found, odd);

        // What was done long ago goes where it belongs.
        record(&ada, &first, json!({ "phasesDone": 1, "durationSeconds": 99, "doneAt": "2020-01-01T00:00:00Z" })).await;
        assert_eq!(part(&ada, &format!("{SESSIONS}?limit=100")).await.0.last(), Some(&99));

        let bob = person(&server, "bob", Role::Customer).await;
        let other = record(&bob, &tabata(&bob, "Bob's").await, done()).await["_id"].as_str().unwrap().to_owned();
        let limit = "Limit must be a whole number from 1 to 100";
        let after = "After must be the id of one of your sessions";
        for (query, faults) in [
            ("limit=0".to_owned(), vec![limit]),
            ("limit=101".to_owned(), vec![limit]),
            ("limit=2.5".to_owned(), vec![limit]),
            ("limit=x&after=y".to_owned(), vec![limit, after]),
            ("limit=1&limit=1".to_owned(), vec!["Limit must be a string"]),
            ("after[$gt]=1".to_owned(), vec!["After must be a string"]),
            ("after=%00".to_owned(), vec![after]),
            (format!("after={other}"), vec![after]),
            ("after=123456789012345678901234".to_owned(), vec![after]),
        ] {
            for path in [SESSIONS, &format!("{first}/sessions")] {
                let refused = ada.get(&format!("{path}?{query}")).await.expect(400);
                assert_eq!(refused, invalid(&faults), "{path}?{query}");
            }
        }
    }

    async fn history_outlives_its_workout(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let (kept, unused) = (tabata(&ada, "Kept").await, tabata(&ada, "Unused").await);
        let session = record(&ada, &kept, done()).await;
        for workout in [&kept, &unused] {
            ada.delete(workout).await.expect(200);
        }
        let history = json!({ "success": true, "count": 1, "data": [session], "next": null });
        assert_eq!(ada.get(&format!("{kept}/sessions")).await.expect(200), history);
        assert_eq!(ada.get(SESSIONS).await.expect(200), history);
        for answer in [
            ada.get(&format!("{unused}/sessions")).await,
            ada.post(&format!("{kept}/sessions"), done()).await,
            ada.post(&format!("{kept}/sessions"), json!({})).await,
        ] {
            assert_eq!(answer.expect(404), message("Workout not found"));
        }
    }

    async fn sessions_are_their_makers(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let bob = person(&server, "bob", Role::Coach).await;
        let root = person(&server, "root", Role::Admin).await;
        let workout = tabata(&ada, "Ada's").await;
        let history = format!("{workout}/sessions");
        assert_eq!(part(&ada, &history).await, (vec![], Value::Null));
        let session = record(&ada, &workout, done()).await;
        let path = format!("{SESSIONS}/{}", session["_id"].as_str().unwrap());
        for answer in [bob.get(&history).await, bob.post(&history, done()).await] {
            assert_eq!(answer.expect(404), message("Workout not found"));
        }
        for client in [&bob, &root] {
            assert_eq!(client.get(&path).await.expect(404), message("Session not found"));
            assert_eq!(part(client, SESSIONS).await.0, [0_i64; 0]);
            assert_eq!(totals(client, "").await["sessions"], 0);
        }
        // An admin sees the workout, and in it what they did themselves.
        assert_eq!(part(&root, &history).await.0, [0_i64; 0]);
        for id in ["1", "123456789012345678901234", "%00", &"a".repeat(2000)] {
            assert_eq!(ada.get(&format!("{SESSIONS}/{id}")).await.expect(404), message("Session not found"));
            for answer in [
                ada.get(&format!("/api/workouts/{id}/sessions")).await,
                ada.post(&format!("/api/workouts/{id}/sessions"), done()).await,
            ] {
                assert_eq!(answer.expect(404), message("Workout not found"));
            }
        }
        for nobody in everywhere(&server) {
            let forged = nobody.with("authorization", "Bearer forged");
            for path in [SESSIONS, &format!("{SESSIONS}/totals"), &path, &history] {
                assert_eq!(nobody.get(path).await.expect(401), message("Not authorized, no token"));
                assert_eq!(forged.get(path).await.expect(401), message("Not authorized, token failed"));
            }
            assert_eq!(nobody.post(&history, json!({})).await.expect(401), message("Not authorized, no token"));
            assert_eq!(forged.post(&history, done()).await.expect(401), message("Not authorized, token failed"));
        }
    }

    async fn totals_add_up(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let none = json!({
            "sessions": 0, "durationSeconds": 0, "sessionsWithEnergy": 0, "energyKcal": null, "weeks": [],
        });
        assert_eq!(totals(&ada, "").await, none);
        let workout = tabata(&ada, "Four minutes").await;
        // The clock stands on Monday, 2026-01-05, 08:00.
        for (at, seconds, weight) in [
            ("2026-01-05T07:00:00Z", 230, json!(72)),
            ("2026-01-04T19:00:00Z", 230, json!(72)),
            ("2026-01-04T09:00:00Z", 100, Value::Null),
            ("2025-12-02T09:00:00Z", 50, Value::Null),
            ("2025-01-06T09:00:00Z", 10, Value::Null),
        ] {
            let body = json!({ "phasesDone": 15, "durationSeconds": seconds, "bodyWeightKg": weight, "doneAt": at });
            record(&ada, &workout, body).await;
        }
        let week = |monday: &str, sessions: i64, seconds: i64, with_energy: i64, energy: Value| {
            json!({
                "monday": monday, "sessions": sessions, "durationSeconds": seconds,
                "sessionsWithEnergy": with_energy, "energyKcal": energy,
            })
        };
        let weeks = [
            week("2026-01-05", 1, 230, 1, json!(28.4)),
            week("2025-12-29", 2, 330, 1, json!(28.4)),
            week("2025-12-01", 1, 50, 0, Value::Null),
        ];
        let all = json!({
            "sessions": 5, "durationSeconds": 620, "sessionsWithEnergy": 2, "energyKcal": 56.8, "weeks": weeks,
        });
        for client in people(&server, "ada").await {
            assert_eq!(totals(&client, "").await, all);
        }
        assert_eq!(totals(&ada, "?weeks=1").await["weeks"], json!(weeks[..1]));
        assert_eq!(totals(&ada, "?weeks=2").await["weeks"], json!(weeks[..2]));
        assert_eq!(totals(&ada, "?weeks=53").await["weeks"].as_array().unwrap().len(), 4);
        let fault = "Weeks must be a whole number from 1 to 53";
        for (query, fault) in [("weeks=0", fault), ("weeks=54", fault), ("weeks=x", fault), ("weeks=%2B1", fault), ("weeks[]=1", "Weeks must be a string")] {
            let refused = ada.get(&format!("{SESSIONS}/totals?{query}")).await.expect(400);
            assert_eq!(refused, invalid(&[fault]), "{query}");
        }

        // In Auckland the Sunday evening is Monday already.
        live_in(&server, "ada", "Pacific/Auckland").await;
        let there = totals(&ada, "?weeks=1").await;
        assert_eq!(there["weeks"], json!([week("2026-01-05", 2, 460, 2, json!(56.8))]));
        server.advance_clock(7 * DAY);
        let [ada, _] = people(&server, "ada").await;
        assert_eq!(totals(&ada, "?weeks=1").await["weeks"], json!([]));
    }

    async fn weeks_begin_at_midnight_of_their_monday(server) {
        person(&server, "ada", Role::Customer).await;
        live_in(&server, "ada", "Europe/Berlin").await;
        // Sunday, 2026-04-05, 23:56 in Berlin, a week after summer time began.
        server.advance_clock(90 * DAY + (13 * 60 + 56) * MINUTE);
        let [ada, _] = people(&server, "ada").await;
        let workout = tabata(&ada, "Four minutes").await;
        for (at, seconds) in [
            ("2026-04-05T22:00:00Z", 1), // by a clock ahead of ours
            ("2026-04-05T21:55:00Z", 2),
            ("2026-03-29T22:00:00Z", 4),
            ("2026-03-29T21:59:59.999Z", 8),
            ("2026-03-22T23:00:00Z", 16),
            ("2026-03-22T22:59:59.999Z", 32),
        ] {
            record(&ada, &workout, json!({ "phasesDone": 15, "durationSeconds": seconds, "doneAt": at })).await;
        }
        let all = totals(&ada, "?weeks=3").await;
        let weeks = all["weeks"].as_array().unwrap().iter();
        let weeks: Vec<_> = weeks.map(|w| (w["monday"].as_str().unwrap(), w["durationSeconds"].as_i64().unwrap())).collect();
        assert_eq!(weeks, [("2026-04-06", 1), ("2026-03-30", 6), ("2026-03-23", 24), ("2026-03-16", 32)]);
        assert_eq!((&all["sessions"], &all["durationSeconds"]), (&json!(6), &json!(63)));
    }

    async fn a_lost_answer_is_given_again(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let workout = tabata(&ada, "Four minutes").await;
        let keyed = ada.with("idempotency-key", "monday");
        let first = record(&keyed, &workout, done()).await;
        server.advance_clock(60_000);
        let again = keyed.post(&format!("{workout}/sessions"), done()).await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.expect(201)["data"], first);
        assert_eq!(part(&ada, SESSIONS).await.0, [230]);
        let other = keyed.post(&format!("{workout}/sessions"), json!({ "phasesDone": 1, "durationSeconds": 5 })).await;
        assert_eq!(other.expect(409), message("Idempotency-Key was used with another body"));
        record(&ada, &workout, done()).await;
        assert_eq!(totals(&ada, "").await["sessions"], 2);
    }
}
