//! `/api/workouts` and their timelines: each form to the second, one's own for oneself.

use ferrum_domain::access::Role;
use serde_json::{Value, json};

use super::{ON, everywhere, exercise, invalid, message, people, person};
use crate::support::{Client, Server, both};

const PATH: &str = "/api/workouts";

/// The data of an answer to a good POST.
async fn add(client: &Client, body: Value) -> Value {
    client.post(PATH, body).await.expect(201)["data"].clone()
}

fn path(workout: &Value) -> String {
    format!("{PATH}/{}", workout["_id"].as_str().expect("an id"))
}

async fn timeline(client: &Client, workout: &Value) -> Value {
    let answer = client.get(&format!("{}/timeline", path(workout))).await.expect(200);
    assert_eq!(answer["success"], true);
    answer["data"].clone()
}

/// `body` with `members` instead of its own.
fn with(body: &Value, members: Value) -> Value {
    let mut body = body.clone();
    for (name, value) in members.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

async fn names(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("{PATH}{query}")).await.expect(200);
    let data = list["data"].as_array().expect("a list");
    assert_eq!(list["count"], data.len());
    data.iter().map(|workout| workout["name"].as_str().expect("a name").to_owned()).collect()
}

/// Checks what holds of every timeline, and gives kind, length, exercise and round of each phase.
fn phases(timeline: &Value) -> Vec<(String, u64, Option<String>, Option<u64>)> {
    let mut now = 0;
    let mut found = Vec::new();
    for phase in timeline["phases"].as_array().expect("phases") {
        let length = phase["lengthSeconds"].as_u64().expect("a length");
        assert_eq!(phase["startSecond"], now, "no gap and no overlap");
        assert!(length > 0);
        for cue in phase["cues"].as_array().expect("cues") {
            let second = cue["second"].as_u64().unwrap();
            assert!((now + 1..now + length).contains(&second), "{cue}");
            assert_eq!(second + cue["secondsLeft"].as_u64().unwrap(), now + length, "{cue}");
        }
        now += length;
        let exercise = phase["exercise"]["name"].as_str().map(str::to_owned);
        found.push((phase["kind"].as_str().unwrap().to_owned(), length, exercise, phase["round"].as_u64()));
    }
    assert_eq!(timeline["totalSeconds"], now);
    assert_eq!(timeline["phaseCount"], found.len());
    found
}

both! {
    async fn one_is_made_read_changed_and_removed(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let (squat, plank) = (exercise(&ada, "Squats").await, exercise(&ada, "Plank").await);
        let body = json!({
            "name": " Tuesday legs ",
            "description": "Before breakfast.",
            "rounds": 2,
            "workSeconds": 40,
            "restSeconds": 20.0,
            "warmUpSeconds": 60,
            "exercises": [
                { "exerciseId": squat, "reps": 12 },
                { "exerciseId": plank, "workSeconds": 30, "restSeconds": 5 },
            ],
        });
        let made = ada.post(PATH, body).await.expect(201);
        let workout = made["data"].clone();
        let owner = ferrum_app::actions::accounts::get(&server.app, "ada").await.unwrap().object_id;
        let line = |id: &str, name: &str, work: Value, rest: Value, reps: Value| {
            json!({
                "exerciseId": id, "name": name, "description": "As it says.", "difficulty": "advanced",
                "muscleGroup": "full-body", "equipment": "none", "workSeconds": work, "restSeconds": rest,
                "reps": reps,
            })
        };
        let whole = json!({
            "_id": workout["_id"],
            "name": "Tuesday legs",
            "description": "Before breakfast.",
            "form": "interval",
            "totalSeconds": 60 + 2 * (60 + 35) + 60 - 5,
            "phaseCount": 9,
            "exerciseCount": 2,
            "createdBy": owner,
            "createdAt": "2026-01-05T08:00:00.000Z",
            "updatedAt": "2026-01-05T08:00:00.000Z",
            "rounds": 2, "workSeconds": 40, "restSeconds": 20, "roundRestSeconds": 60, "minutes": null,
            "start": null, "step": null, "peak": null, "warmUpSeconds": 60, "coolDownSeconds": 0,
            "exercises": [
                line(&squat, "Squats", Value::Null, Value::Null, json!(12)),
                line(&plank, "Plank", json!(30), json!(5), Value::Null),
            ],
        });
        assert_eq!(made, json!({ "success": true, "data": whole }));
        for client in people(&server, "ada").await {
            assert_eq!(client.get(&path(&workout)).await.expect(200), made);
        }

        server.advance_clock(1_005);
        let changed = ada.put(&path(&workout), json!({ "rounds": 3, "description": null })).await.expect(200);
        let expected = with(&whole, json!({
            "rounds": 3, "description": null, "totalSeconds": 60 + 3 * (60 + 35) + 2 * 60 - 5,
            "phaseCount": 14, "updatedAt": "2026-01-05T08:00:01.005Z",
        }));
        assert_eq!(changed["data"], expected);
        server.advance_clock(1_000);
        for nothing in [json!({}), json!({ "_id": 1, "createdBy": "x", "$inc": { "rounds": 1 } })] {
            assert_eq!(ada.put(&path(&workout), nothing).await.expect(200)["data"], expected);
        }
        let again = ada.put(&path(&workout), expected.clone()).await.expect(200)["data"].clone();
        assert_eq!(again["exercises"], expected["exercises"], "what is shown can be sent");
        assert_eq!(again["totalSeconds"], expected["totalSeconds"]);

        let gone = ada.delete(&path(&workout)).await.expect(200);
        assert_eq!(gone, json!({ "success": true, "message": "Workout deleted successfully" }));
        for answer in [
            ada.get(&path(&workout)).await,
            ada.put(&path(&workout), json!({})).await,
            ada.delete(&path(&workout)).await,
            ada.get(&format!("{}/timeline", path(&workout))).await,
        ] {
            assert_eq!(answer.expect(404), message("Workout not found"));
        }
    }

    async fn each_form_lasts_as_its_formula_says(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let (a, b) = (json!({ "exerciseId": exercise(&ada, "A").await }), json!({ "exerciseId": exercise(&ada, "B").await }));
        let own = |work: u64, rest: u64| with(&b, json!({ "workSeconds": work, "restSeconds": rest }));
        for (body, total, count) in [
            // warm-up + rounds x sum(work + rest) + (rounds - 1) x round rest - the last rest + cool-down
            (json!({ "exercises": [a] }), 3 * (30 + 10) + 2 * 60 - 10, 7),
            (
                json!({ "form": "interval", "rounds": 4, "workSeconds": 45, "restSeconds": 15,
                    "roundRestSeconds": 90, "warmUpSeconds": 120, "coolDownSeconds": 100, "exercises": [a, b, a] }),
                120 + 4 * 3 * 60 + 3 * 90 - 15 + 100,
                2 + 4 * 6 + 3 - 1,
            ),
            (
                json!({ "rounds": 2, "workSeconds": 20, "restSeconds": 10, "roundRestSeconds": 30,
                    "exercises": [a, own(50, 25)] }),
                2 * (30 + 75) + 30 - 25,
                2 * 4,
            ),
            (json!({ "rounds": 2, "restSeconds": 0, "roundRestSeconds": 0, "exercises": [a, own(40, 7)] }), 2 * 77 - 7, 5),
            (json!({ "form": "Tabata", "exercises": [a] }), 8 * 30 - 10, 15),
            (
                json!({ "form": "tabata", "rounds": 4, "workSeconds": 20, "restSeconds": 10,
                    "roundRestSeconds": 60, "exercises": [a, b] }),
                4 * 2 * 30 + 3 * 60 - 10,
                4 * 4 + 3 - 1,
            ),
            (
                json!({ "form": "circuit", "workSeconds": 30, "restSeconds": 10, "exercises": [a, b, own(60, 30)] }),
                3 * (40 + 40 + 90) + 2 * 60 - 30,
                3 * 6 + 2 - 1,
            ),
            // One interval a minute; what is left of it is rest.
            (json!({ "form": "emom", "exercises": [a] }), 600, 20),
            (
                json!({ "form": "emom", "minutes": 5, "workSeconds": 45, "warmUpSeconds": 30,
                    "exercises": [a, with(&b, json!({ "workSeconds": 60 }))] }),
                30 + 300,
                1 + 3 * 2 + 2,
            ),
            (json!({ "form": "amrap", "exercises": [a, b] }), 720, 1),
            (json!({ "form": "amrap", "minutes": 20, "coolDownSeconds": 60, "exercises": [a] }), 1260, 2),
            // Work of 20, 30, 40, 50 and 60, and down again.
            (json!({ "form": "ladder", "exercises": [a] }), 200 + 4 * 20, 9),
            (json!({ "form": "pyramid", "exercises": [a] }), 200 + 140 + 8 * 20, 17),
            (
                json!({ "form": "ladder", "start": 10, "step": 5, "peak": 20, "restSeconds": 15,
                    "roundRestSeconds": 30, "exercises": [a, with(&b, json!({ "restSeconds": 5 }))] }),
                2 * (10 + 15 + 20) + 3 * 20 + 2 * 30 - 5,
                3 * 4 + 2 - 1,
            ),
            (
                json!({ "form": "pyramid", "start": 30, "step": 30, "peak": 90, "restSeconds": 0, "exercises": [a] }),
                30 + 60 + 90 + 60 + 30,
                5,
            ),
            (json!({ "form": "ladder", "start": 30, "step": 7, "peak": 30, "exercises": [a] }), 30, 1),
        ] {
            let body = with(&body, json!({ "name": "Formula" }));
            let made = add(&ada, body.clone()).await;
            assert_eq!((&made["totalSeconds"], &made["phaseCount"]), (&json!(total), &json!(count)), "{body}");
            let timeline = timeline(&ada, &made).await;
            assert_eq!(timeline["totalSeconds"], total, "{body}");
            assert_eq!(phases(&timeline).len(), count, "{body}");
        }
    }

    async fn a_timeline_says_all_that_a_clock_needs(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let (squat, plank) = (exercise(&ada, "Squats").await, exercise(&ada, "Plank").await);
        let workout = add(&ada, json!({
            "name": "Short", "rounds": 2, "workSeconds": 11, "restSeconds": 4, "roundRestSeconds": 2,
            "warmUpSeconds": 1,
            "exercises": [{ "exerciseId": squat, "reps": 8 }, { "exerciseId": plank, "workSeconds": 5 }],
        })).await;
        let squats = json!({ "exerciseId": squat, "name": "Squats", "reps": 8 });
        let planks = json!({ "exerciseId": plank, "name": "Plank", "reps": null });
        let whole = timeline(&ada, &workout).await;
        for client in people(&server, "ada").await {
            assert_eq!(timeline(&client, &workout).await, whole);
        }
        assert_eq!(whole["workoutId"], workout["_id"]);
        assert_eq!((&whole["name"], &whole["form"]), (&json!("Short"), &json!("interval")));
        assert_eq!(whole["exercises"], json!([squats, planks]));
        let expected: Vec<_> = [
            ("warm-up", 1, None, None),
            ("work", 11, Some("Squats"), Some(1)),
            ("rest", 4, None, Some(1)),
            ("work", 5, Some("Plank"), Some(1)),
            ("rest", 4, None, Some(1)),
            ("round-rest", 2, None, Some(1)),
            ("work", 11, Some("Squats"), Some(2)),
            ("rest", 4, None, Some(2)),
            ("work", 5, Some("Plank"), Some(2)),
        ]
        .map(|(kind, length, name, round)| (kind.to_owned(), length, name.map(str::to_owned), round))
        .into();
        assert_eq!(phases(&whole), expected);
        let cue = |kind: &str, second: u32, left: u32| json!({ "kind": kind, "second": second, "secondsLeft": left });
        assert_eq!(whole["phases"][1], json!({
            "startSecond": 1, "lengthSeconds": 11, "kind": "work", "exercise": squats, "round": 1,
            "nextExercise": planks,
            "cues": [
                cue("half-time", 6, 6), cue("countdown", 9, 3), cue("countdown", 10, 2), cue("countdown", 11, 1),
            ],
        }));
        assert_eq!(whole["phases"][0]["nextExercise"], squats);
        assert_eq!(whole["phases"][0]["cues"], json!([]));
        assert_eq!(whole["phases"][4]["nextExercise"], squats);
        assert_eq!(whole["phases"][5]["cues"], json!([cue("countdown", 26, 1)]));
        assert_eq!(whole["phases"][8]["nextExercise"], Value::Null);

        let turns = json!({ "name": "Turns", "form": "amrap", "exercises": [{ "exerciseId": squat }, { "exerciseId": plank }] });
        let turns = timeline(&ada, &add(&ada, turns).await).await;
        assert_eq!(turns["phases"][0]["exercise"], Value::Null, "they are done in turn");
        assert_eq!(turns["exercises"][1]["name"], "Plank");
    }

    async fn a_workout_keeps_its_exercises(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let bob = person(&server, "bob", Role::Customer).await;
        let (squat, plank) = (exercise(&ada, "Squats").await, exercise(&bob, "Bob's plank").await);
        let line = json!([{ "exerciseId": squat }, { "exerciseId": plank, "workSeconds": 20 }]);
        let workout = add(&ada, json!({ "name": "Both", "exercises": line })).await;
        let before = timeline(&ada, &workout).await;
        ada.put(&format!("/api/exercises/{squat}"), json!({ "name": "Deep squats" })).await.expect(200);
        bob.delete(&format!("/api/exercises/{plank}")).await.expect(200);
        assert_eq!(ada.get(&path(&workout)).await.expect(200)["data"], workout);
        assert_eq!(timeline(&ada, &workout).await, before);

        // A change of something else leaves them as they are; named anew, what still exists is as it is now.
        let changed = ada.put(&path(&workout), json!({ "rounds": 1 })).await.expect(200);
        assert_eq!(changed["data"]["exercises"], workout["exercises"]);
        let line = json!([{ "exerciseId": plank, "reps": 3 }, { "exerciseId": squat }, { "exerciseId": plank }]);
        let changed = ada.put(&path(&workout), json!({ "exercises": line })).await.expect(200);
        let names: Vec<_> = (0..3).map(|i| changed["data"]["exercises"][i]["name"].clone()).collect();
        assert_eq!(names, ["Bob's plank", "Deep squats", "Bob's plank"]);
        assert_eq!(changed["data"]["exercises"][0]["reps"], 3);

        // To a workout which has never had it, it is gone.
        let refused = ada.post(PATH, json!({ "name": "New", "exercises": [{ "exerciseId": plank }] })).await;
        assert_eq!(refused.expect(400), invalid(&["Exercise 1: exercise id is unknown"]));
        let line = json!([{ "exerciseId": squat }]);
        ada.put(&path(&workout), json!({ "exercises": line })).await.expect(200);
        let refused = ada.put(&path(&workout), json!({ "exercises": [{ "exerciseId": plank }] })).await;
        assert_eq!(refused.expect(400), invalid(&["Exercise 1: exercise id is unknown"]));
    }

    async fn all_faults_are_named_in_the_order_of_the_fields(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let id = exercise(&ada, "Squats").await;
        let nothing = ["Workout name is required", "Exercises are required"];
        assert_eq!(ada.post(PATH, json!({})).await.expect(400), invalid(&nothing));
        assert_eq!(ada.send("POST", PATH, None).await.expect(400), invalid(&nothing));
        let nulls = json!({
            "name": null, "description": null, "form": null, "rounds": null, "workSeconds": null,
            "exercises": null,
        });
        assert_eq!(ada.post(PATH, nulls).await.expect(400), invalid(&nothing));
        let wrong = json!({
            "name": 7, "description": ["x"], "form": { "$ne": "x" }, "rounds": "3", "workSeconds": true,
            "restSeconds": {}, "roundRestSeconds": 1.5, "minutes": [], "start": "", "step": 0.5, "peak": "x",
            "warmUpSeconds": -1, "coolDownSeconds": 1e300, "exercises": { "exerciseId": id },
        });
        let of_wrong = [
            "Name must be a string",
            "Description must be a string",
            "Form must be a string",
            "Rounds must be a whole number from 1 to 100",
            "Work seconds must be a whole number from 5 to 3600",
            "Rest seconds must be a whole number from 0 to 3600",
            "Round rest seconds must be a whole number from 0 to 3600",
            "Minutes must be a whole number from 1 to 1440",
            "Start must be a whole number from 5 to 3600",
            "Step must be a whole number from 1 to 3600",
            "Peak must be a whole number from 5 to 3600",
            "Warm up seconds must be a whole number from 0 to 3600",
            "Cool down seconds must be a whole number from 0 to 3600",
            "Exercises must be an array",
        ];
        assert_eq!(ada.post(PATH, wrong.clone()).await.expect(400), invalid(&of_wrong));
        let good = json!({ "name": "Good", "exercises": [{ "exerciseId": id }] });
        let workout = add(&ada, good.clone()).await;
        assert_eq!(ada.put(&path(&workout), wrong).await.expect(400), invalid(&of_wrong));

        for (members, faults) in [
            (json!({ "name": " " }), vec!["Workout name is required"]),
            (json!({ "name": "n".repeat(101) }), vec!["Name cannot exceed 100 characters"]),
            (json!({ "name": "a\u{0}b" }), vec!["Name cannot contain control characters"]),
            (json!({ "description": "d".repeat(501) }), vec!["Description cannot exceed 500 characters"]),
            (
                json!({ "form": "fartlek", "rounds": 0, "exercises": [{ "exerciseId": id, "workSeconds": 4, "reps": 1001 }] }),
                vec![
                    "Form must be interval, tabata, circuit, emom, amrap, ladder, or pyramid",
                    "Rounds must be a whole number from 1 to 100",
                    "Exercise 1: work seconds must be a whole number from 5 to 3600",
                    "Exercise 1: reps must be a whole number from 1 to 1000",
                ],
            ),
            (json!({ "exercises": [] }), vec!["Exercises must have 1 to 50 entries"]),
            (json!({ "exercises": vec![json!("x"); 51] }), vec!["Exercises must have 1 to 50 entries"]),
            (json!({ "exercises": vec![json!("x"); 51], "form": 1 }), vec!["Form must be a string", "Exercises must have 1 to 50 entries"]),
            (json!({ "form": "circuit" }), vec!["Exercises must have 2 to 50 entries"]),
            (
                json!({ "rounds": 101, "exercises": [
                    id, {}, { "exerciseId": 5, "restSeconds": 3601 }, { "exerciseId": "\0", "reps": 0 },
                    { "exerciseId": "123456789012345678901234", "workSeconds": "40" }, { "exerciseId": id, "workSeconds": 4 },
                    [id],
                ] }),
                vec![
                    "Rounds must be a whole number from 1 to 100",
                    "Exercise 1 must be an object",
                    "Exercise 2: exercise id is required",
                    "Exercise 3: exercise id must be a string",
                    "Exercise 3: rest seconds must be a whole number from 0 to 3600",
                    "Exercise 4: exercise id is unknown",
                    "Exercise 4: reps must be a whole number from 1 to 1000",
                    "Exercise 5: exercise id is unknown",
                    "Exercise 5: work seconds must be a whole number from 5 to 3600",
                    "Exercise 6: work seconds must be a whole number from 5 to 3600",
                    "Exercise 7 must be an object",
                ],
            ),
            (
                json!({ "minutes": 10, "start": 20 }),
                vec!["Minutes does not belong to the form interval", "Start does not belong to the form interval"],
            ),
            (
                json!({ "form": "tabata", "workSeconds": 30, "exercises": [{ "exerciseId": id, "restSeconds": 10 }] }),
                vec![
                    "Work seconds must be 20 in the form tabata",
                    "Exercise 1: rest seconds does not belong to the form tabata",
                ],
            ),
            (json!({ "form": "emom", "workSeconds": 61 }), vec!["Work seconds must be at most 60 in an emom"]),
            (
                json!({ "form": "emom", "workSeconds": 61, "minutes": 0, "warmUpSeconds": -1 }),
                vec![
                    "Work seconds must be at most 60 in an emom",
                    "Minutes must be a whole number from 1 to 1440",
                    "Warm up seconds must be a whole number from 0 to 3600",
                ],
            ),
            (json!({ "form": "amrap", "rounds": 3 }), vec!["Rounds does not belong to the form amrap"]),
            (json!({ "form": "ladder", "start": 30, "peak": 20 }), vec!["Peak must not be less than start"]),
            (
                json!({ "form": "pyramid", "peak": 65, "coolDownSeconds": 3601 }),
                vec![
                    "Peak must be start and a whole number of steps",
                    "Cool down seconds must be a whole number from 0 to 3600",
                ],
            ),
        ] {
            let body = with(&good, members);
            assert_eq!(ada.post(PATH, body.clone()).await.expect(400), invalid(&faults), "{body}");
            assert_eq!(ada.put(&path(&workout), body.clone()).await.expect(400), invalid(&faults), "{body}");
        }
        let cleared = json!({ "name": null, "form": null, "exercises": null });
        let faults = ["Workout name is required", "Form must be a string", "Exercises are required"];
        assert_eq!(ada.put(&path(&workout), cleared).await.expect(400), invalid(&faults));
        assert_eq!(ada.get(&path(&workout)).await.expect(200)["data"], workout);
    }

    async fn a_day_and_ten_thousand_phases_are_the_limits(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let id = exercise(&ada, "Squats").await;
        let line = vec![json!({ "exerciseId": id }); 50];
        let most = json!({
            "name": "Most", "rounds": 100, "workSeconds": 5, "restSeconds": 1, "roundRestSeconds": 0,
            "warmUpSeconds": 5, "exercises": line,
        });
        let workout = add(&ada, most.clone()).await;
        let whole = timeline(&ada, &workout).await;
        assert_eq!(phases(&whole).len(), 10_000);
        assert_eq!(whole["totalSeconds"], 5 + 100 * 50 * 6 - 1);
        let fault = ["Workout must have at most 10000 phases, not 10001"];
        let more = json!({ "coolDownSeconds": 1 });
        assert_eq!(ada.post(PATH, with(&most, more.clone())).await.expect(400), invalid(&fault));
        assert_eq!(ada.put(&path(&workout), more).await.expect(400), invalid(&fault));

        let longest = json!({
            "name": "Longest", "rounds": 24, "workSeconds": 3540, "restSeconds": 60, "roundRestSeconds": 0,
            "coolDownSeconds": 60, "exercises": [{ "exerciseId": id }],
        });
        let workout = add(&ada, longest.clone()).await;
        assert_eq!(workout["totalSeconds"], 86_400);
        let fault = ["Workout must last at most 86400 seconds, not 86401"];
        let longer = json!({ "coolDownSeconds": 61 });
        assert_eq!(ada.post(PATH, with(&longest, longer.clone())).await.expect(400), invalid(&fault));
        assert_eq!(ada.put(&path(&workout), longer).await.expect(400), invalid(&fault));
        let all = json!({
            "name": "All", "rounds": 100, "workSeconds": 3600, "restSeconds": 3600, "roundRestSeconds": 3600,
            "exercises": line,
        });
        let faults = [
            "Workout must last at most 86400 seconds, not 36352800",
            "Workout must have at most 10000 phases, not 10098",
        ];
        assert_eq!(ada.post(PATH, all).await.expect(400), invalid(&faults));
        assert_eq!(ada.get(&path(&workout)).await.expect(200)["data"], workout);
    }

    async fn another_form_keeps_what_both_leave_open(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let id = exercise(&ada, "Squats").await;
        let workout = add(&ada, json!({
            "name": "Changing", "rounds": 5, "workSeconds": 50, "restSeconds": 25, "warmUpSeconds": 90,
            "exercises": [{ "exerciseId": id, "workSeconds": 40, "restSeconds": 15, "reps": 9 }],
        })).await;
        let changed = async |body: Value| {
            let data = ada.put(&path(&workout), body).await.expect(200)["data"].clone();
            let figures = ["rounds", "workSeconds", "restSeconds", "minutes", "peak", "warmUpSeconds"];
            let own = ["workSeconds", "restSeconds", "reps"].map(|name| data["exercises"][0][name].clone());
            (figures.map(|figure| data[figure].clone()).to_vec(), own.to_vec())
        };
        let null = Value::Null;
        assert_eq!(
            changed(json!({ "form": "tabata" })).await,
            (vec![json!(5), json!(20), json!(10), null.clone(), null.clone(), json!(90)], vec![null.clone(), null.clone(), json!(9)])
        );
        assert_eq!(
            changed(json!({ "form": "pyramid", "restSeconds": 30 })).await.0,
            [null.clone(), null.clone(), json!(30), null.clone(), json!(60), json!(90)]
        );
        assert_eq!(
            changed(json!({ "restSeconds": null, "warmUpSeconds": null })).await.0,
            [null.clone(), null.clone(), json!(20), null.clone(), json!(60), json!(0)],
            "null is what the form sets"
        );
        assert_eq!(
            changed(json!({ "form": "interval" })).await.0,
            [json!(3), json!(30), json!(20), null.clone(), null, json!(0)]
        );
    }

    async fn ones_own_are_for_oneself(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let bob = person(&server, "bob", Role::Coach).await;
        let root = person(&server, "root", Role::Admin).await;
        let id = exercise(&ada, "Squats").await;
        let body = json!({ "name": "Ada's", "exercises": [{ "exerciseId": id }] });
        let workout = add(&ada, body.clone()).await;
        let (path, sheet) = (path(&workout), format!("{}/timeline", path(&workout)));
        for nobody in everywhere(&server) {
            for (client, missing) in [(&bob, "Workout not found"), (&nobody, "Not authorized, no token")] {
                let status = if missing.starts_with("Not") { 401 } else { 404 };
                assert_eq!(client.get(&path).await.expect(404), message("Workout not found"));
                assert_eq!(client.get(&sheet).await.expect(404), message("Workout not found"));
                for answer in [
                    client.put(&path, json!({ "rounds": 1 })).await,
                    client.put(&path, json!({ "rounds": "x" })).await,
                    client.delete(&path).await,
                ] {
                    assert_eq!(answer.expect(status), message(missing));
                }
                assert_eq!(names(client, "").await, [""; 0]);
            }
            assert_eq!(nobody.post(PATH, body.clone()).await.expect(401), message("Not authorized, no token"));
            let forged = nobody.with("authorization", "Bearer forged");
            assert_eq!(forged.post(PATH, json!({})).await.expect(401), message("Not authorized, token failed"));
            assert_eq!(forged.delete(&path).await.expect(401), message("Not authorized, token failed"));
        }
        assert_eq!(ada.get(&path).await.expect(200)["data"], workout);
        assert_eq!(names(&root, "").await, [""; 0]);
        root.get(&sheet).await.expect(200);
        let changed = root.put(&path, json!({ "name": "Hers" })).await.expect(200);
        assert_eq!(changed["data"]["createdBy"], workout["createdBy"], "whose it is stays");
        root.delete(&path).await.expect(200);
        ada.get(&path).await.expect(404);
    }

    async fn the_list_shows_ones_own_and_the_built_in_ones(server) {
        let server = server.restart_with(&ON).await;
        let nobody = Client::new(&server.intervalflow);
        let built_in = names(&nobody, "").await;
        assert!(built_in.len() >= 10, "{built_in:?}");
        assert_eq!(built_in[0], "Classic Tabata", "in the order of the file");
        let ada = person(&server, "ada", Role::Customer).await;
        let id = exercise(&ada, "Squats").await;
        for (name, form) in [("One", "emom"), ("Two", "tabata")] {
            add(&ada, json!({ "name": name, "form": form, "exercises": [{ "exerciseId": id }] })).await;
        }
        assert_eq!(names(&ada, "").await[..3], ["Two", "One", "Classic Tabata"]);
        assert_eq!(names(&ada, "").await.len(), built_in.len() + 2);
        assert_eq!(names(&nobody, "").await, built_in);
        assert_eq!(names(&ada, "?form=TABATA").await[..2], ["Two", "Classic Tabata"]);
        let mut total = 0;
        for form in ["interval", "tabata", "circuit", "emom", "amrap", "ladder", "pyramid"] {
            let list = nobody.get(&format!("{PATH}?form={form}")).await.expect(200);
            for workout in list["data"].as_array().unwrap() {
                total += 1;
                assert_eq!((&workout["form"], &workout["createdBy"]), (&json!(form), &Value::Null));
                let whole = nobody.get(&path(workout)).await.expect(200)["data"].clone();
                assert_eq!(with(&whole, workout.clone()), whole, "the list says nothing else");
                let sheet = timeline(&nobody, workout).await;
                assert_eq!(phases(&sheet).len(), usize::try_from(workout["phaseCount"].as_u64().unwrap()).unwrap());
                assert_eq!(sheet["totalSeconds"], workout["totalSeconds"]);
            }
        }
        assert_eq!(total, built_in.len());
        assert_eq!(names(&nobody, "?form=").await.len(), total);
        for (query, fault) in [
            ("form=fartlek", "Form must be interval, tabata, circuit, emom, amrap, ladder, or pyramid"),
            ("form[$ne]=x", "Form must be a string"),
            ("form=emom&form=emom", "Form must be a string"),
            ("form=%ff", "Query must be percent-encoded UTF-8"),
        ] {
            assert_eq!(nobody.get(&format!("{PATH}?{query}")).await.expect(400), invalid(&[fault]));
        }
    }

    async fn built_in_ones_are_changed_by_admins_alone(server) {
        let server = server.restart_with(&ON).await;
        let ada = person(&server, "ada", Role::Customer).await;
        let root = person(&server, "root", Role::Admin).await;
        let list = ada.get(PATH).await.expect(200);
        let workout = list["data"][0].clone();
        for answer in [ada.put(&path(&workout), json!({ "rounds": 1 })).await, ada.delete(&path(&workout)).await] {
            assert_eq!(answer.expect(404), message("Workout not found"));
        }
        let changed = root.put(&path(&workout), json!({ "rounds": 1 })).await.expect(200);
        assert_eq!((&changed["data"]["rounds"], &changed["data"]["createdBy"]), (&json!(1), &Value::Null));
        root.delete(&path(&workout)).await.expect(200);
        let left = list["count"].as_u64().unwrap() - 1;
        let server = server.restart_with(&ON).await;
        assert_eq!(Client::new(&server.intervalflow).get(PATH).await.expect(200)["count"], left, "it stays removed");
    }

    async fn ids_that_are_none_are_unknown(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        for id in ["1", "123456789012345678901234", "%00", "%27%20OR%201=1", "null", &"a".repeat(2000)] {
            let path = format!("{PATH}/{id}");
            for answer in [
                ada.get(&path).await,
                ada.get(&format!("{path}/timeline")).await,
                ada.put(&path, json!({ "rounds": 2 })).await,
                ada.delete(&path).await,
            ] {
                assert_eq!(answer.expect(404), message("Workout not found"), "{id}");
            }
        }
        let answer = ada.send("PATCH", &format!("{PATH}/1?x=y"), None).await;
        assert_eq!(answer.expect(404), message("Route /api/workouts/1?x=y not found"));
    }

    async fn a_person_has_at_most_five_hundred(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let id = exercise(&ada, "Squats").await;
        let body = json!({ "name": "Another", "exercises": [{ "exerciseId": id }] });
        let first = add(&ada, body.clone()).await;
        multiply(&server, first["_id"].as_str().unwrap(), 499).await;
        assert_eq!(names(&ada, "").await.len(), 500);
        let refused = ada.post(PATH, body.clone()).await.expect(400);
        assert_eq!(refused, message("You cannot have more than 500 workouts"));
        ada.delete(&path(&first)).await.expect(200);
        add(&ada, body).await;
    }

    async fn a_lost_answer_is_given_again(server) {
        let ada = person(&server, "ada", Role::Customer).await.with("idempotency-key", "legs");
        let id = exercise(&ada, "Squats").await;
        let body = json!({ "name": "Once", "exercises": [{ "exerciseId": id }] });
        let first = ada.post(PATH, body.clone()).await.expect(201);
        assert_eq!(ada.post(PATH, body.clone()).await.expect(201), first);
        assert_eq!(names(&ada, "").await, ["Once"]);
        let other = with(&body, json!({ "name": "Other" }));
        assert_eq!(ada.post(PATH, other).await.expect(409), message("Idempotency-Key was used with another body"));
    }
}

/// Copies a workout `count` times in one transaction.
async fn multiply(server: &Server, id: &str, count: usize) {
    let (app, id) = (server.app.clone(), id.to_owned());
    let write = server.app.db.write(move |tx| {
        let mut workout = ferrum_store::interval_workouts::find(tx, &id)?.expect("it is there");
        (0..count).try_for_each(|_| {
            workout.id = app.ids.object_id();
            ferrum_store::interval_workouts::insert(tx, &workout)
        })
    });
    write.await.expect("they are added");
}
