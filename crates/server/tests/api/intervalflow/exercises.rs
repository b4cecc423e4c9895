//! `/api/exercises`: the built-in ones for all, one's own for oneself.

use ferrum_domain::access::Role;
use serde_json::{Value, json};

use super::{ON, people, person};
use crate::support::{Client, Server, both};

const PATH: &str = "/api/exercises";

fn climbers() -> Value {
    json!({
        "name": "Mountain Climbers",
        "description": "Run on your hands.",
        "difficulty": "intermediate",
        "muscleGroup": "full-body",
    })
}

/// The id of a new exercise.
async fn add(client: &Client, body: Value) -> String {
    client.post(PATH, body).await.expect(201)["data"]["_id"].as_str().expect("an id").to_owned()
}

async fn names(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("{PATH}{query}")).await.expect(200);
    let data = list["data"].as_array().expect("a list");
    assert_eq!(list["count"], data.len(), "{query}");
    data.iter().map(|exercise| exercise["name"].as_str().expect("a name").to_owned()).collect()
}

fn invalid(errors: &[&str]) -> Value {
    json!({ "success": false, "message": "Validation error", "errors": errors })
}

fn failure(message: &str) -> Value {
    json!({ "success": false, "message": message })
}

both! {
    async fn one_is_made_read_changed_and_removed(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let made = ada.post(PATH, climbers()).await.expect(201);
        let exercise = made["data"].clone();
        let id = exercise["_id"].as_str().unwrap().to_owned();
        assert!(id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        let whole = json!({
            "_id": id,
            "name": "Mountain Climbers",
            "description": "Run on your hands.",
            "difficulty": "intermediate",
            "muscleGroup": "full-body",
            "duration": 30,
            "equipment": "none",
            "createdBy": exercise["createdBy"],
            "createdAt": "2026-01-05T08:00:00.000Z",
            "updatedAt": "2026-01-05T08:00:00.000Z",
        });
        assert_eq!(made, json!({ "success": true, "data": whole }));
        let owner = ferrum_app::actions::accounts::get(&server.app, "ada").await.unwrap().object_id;
        assert_eq!(exercise["createdBy"], owner);

        let path = format!("{PATH}/{id}");
        for client in people(&server, "ada").await {
            assert_eq!(client.get(&path).await.expect(200), made);
        }
        server.advance_clock(1_005);
        let change = json!({ "duration": 45, "difficulty": "advanced" });
        let changed = ada.put(&path, change).await.expect(200);
        let mut expected = made.clone();
        expected["data"]["duration"] = json!(45);
        expected["data"]["difficulty"] = json!("advanced");
        expected["data"]["updatedAt"] = json!("2026-01-05T08:00:01.005Z");
        assert_eq!(changed, expected);
        assert_eq!(ada.get(&path).await.expect(200), expected);

        let gone = ada.delete(&path).await.expect(200);
        assert_eq!(gone, json!({ "success": true, "message": "Exercise deleted successfully" }));
        for answer in [ada.get(&path).await, ada.put(&path, json!({})).await, ada.delete(&path).await] {
            assert_eq!(answer.expect(404), failure("Exercise not found"));
        }
    }

    async fn all_faults_are_named_in_the_order_of_the_fields(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let nothing = [
            "Exercise name is required",
            "Description is required",
            "Difficulty level is required",
            "Muscle group is required",
        ];
        assert_eq!(ada.post(PATH, json!({})).await.expect(400), invalid(&nothing));
        assert_eq!(ada.send("POST", PATH, None).await.expect(400), invalid(&nothing));
        let nulls = json!({
            "name": null, "description": null, "difficulty": null, "muscleGroup": null,
            "duration": null, "equipment": null,
        });
        assert_eq!(ada.post(PATH, nulls).await.expect(400), invalid(&nothing));
        let blank = json!({
            "name": "  ", "description": "\n", "difficulty": "easy", "muscleGroup": "",
            "duration": 9.999, "equipment": "rope",
        });
        let faults = [
            "Exercise name is required",
            "Description is required",
            "Difficulty must be beginner, intermediate, or advanced",
            "Invalid muscle group",
            "Duration must be at least 10 seconds",
            "Invalid equipment",
        ];
        assert_eq!(ada.post(PATH, blank).await.expect(400), invalid(&faults));
        let wrong = json!({
            "name": 7, "description": ["x"], "difficulty": { "$ne": "x" }, "muscleGroup": true,
            "duration": "45", "equipment": 1,
        });
        let faults = [
            "Name must be a string",
            "Description must be a string",
            "Difficulty must be a string",
            "Muscle group must be a string",
            "Duration must be a number",
            "Equipment must be a string",
        ];
        assert_eq!(ada.post(PATH, wrong.clone()).await.expect(400), invalid(&faults));
        let long = json!({
            "name": "n".repeat(101), "description": "d".repeat(501), "difficulty": "beginner",
            "muscleGroup": "core", "duration": 300.001,
        });
        let faults = [
            "Name cannot exceed 100 characters",
            "Description cannot exceed 500 characters",
            "Duration cannot exceed 300 seconds",
        ];
        assert_eq!(ada.post(PATH, long).await.expect(400), invalid(&faults));
        let odd = json!({
            "name": "a\u{0}b", "description": "a\u{0}b", "difficulty": "beginner",
            "muscleGroup": "core", "duration": 10.0005,
        });
        let faults = [
            "Name cannot contain control characters",
            "Description cannot contain control characters",
            "Duration cannot have more than 3 decimals",
        ];
        assert_eq!(ada.post(PATH, odd).await.expect(400), invalid(&faults));

        // A PUT judges what it is given by the same rules, and nothing can be cleared.
        let path = format!("{PATH}/{}", add(&ada, climbers()).await);
        let faults = [
            "Name must be a string",
            "Description must be a string",
            "Difficulty must be a string",
            "Muscle group must be a string",
            "Duration must be a number",
            "Equipment must be a string",
        ];
        assert_eq!(ada.put(&path, wrong).await.expect(400), invalid(&faults));
        let nulls = json!({
            "name": "", "description": null, "difficulty": null, "muscleGroup": null, "duration": null,
            "equipment": null,
        });
        let faults = [
            "Exercise name is required",
            "Description is required",
            "Difficulty level is required",
            "Muscle group is required",
            "Duration must be a number",
            "Equipment must be a string",
        ];
        assert_eq!(ada.put(&path, nulls).await.expect(400), invalid(&faults));
        assert_eq!(
            ada.put(&path, json!({ "duration": 301 })).await.expect(400),
            invalid(&["Duration cannot exceed 300 seconds"])
        );
        assert_eq!(ada.get(&path).await.expect(200)["data"]["duration"], 30);
    }

    async fn the_limits_themselves_are_good(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let mut body = climbers();
        body["name"] = json!(format!("  {} ", "é".repeat(100)));
        body["description"] = json!(format!(" {}\n", "é".repeat(498)));
        for (given, shown) in [
            ("10", json!(10)),
            ("10.000", json!(10)),
            ("300", json!(300)),
            ("12.345", json!(12.345)),
            ("1e2", json!(100)),
        ] {
            let duration: Value = serde_json::from_str(given).unwrap();
            body["duration"] = duration;
            body["difficulty"] = json!("ADVANCED");
            body["muscleGroup"] = json!("Upper-Body");
            body["equipment"] = json!("Resistance-BAND");
            let made = ada.post(PATH, body.clone()).await.expect(201)["data"].clone();
            assert_eq!(made["duration"], shown, "{given}");
            assert_eq!(made["name"], "é".repeat(100));
            assert_eq!(made["description"], body["description"], "kept as it is");
            assert_eq!(
                (&made["difficulty"], &made["muscleGroup"], &made["equipment"]),
                (&json!("advanced"), &json!("upper-body"), &json!("resistance-band"))
            );
        }
    }

    async fn what_a_client_may_not_set_is_ignored(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let bob = person(&server, "bob", Role::Customer).await;
        let mut body = climbers();
        for (name, value) in [
            ("_id", "0123456789abcdef01234567"),
            ("createdBy", "0123456789abcdef01234567"),
            ("createdAt", "2020-01-01T00:00:00.000Z"),
        ] {
            body[name] = json!(value);
        }
        let made = ada.post(PATH, body).await.expect(201)["data"].clone();
        assert_ne!(made["_id"], "0123456789abcdef01234567");
        assert_ne!(made["createdBy"], "0123456789abcdef01234567");
        assert_eq!(made["createdAt"], "2026-01-05T08:00:00.000Z");
        let path = format!("{PATH}/{}", made["_id"].as_str().unwrap());
        let bobs = bob.post(PATH, climbers()).await.expect(201)["data"]["createdBy"].clone();
        server.advance_clock(5_000);
        let kept = ada
            .put(&path, json!({ "createdBy": bobs, "$inc": { "duration": 1000 }, "_id": 5 }))
            .await
            .expect(200);
        assert_eq!(kept["data"], made, "nothing that can be changed was given");
        assert_eq!(ada.put(&path, json!({})).await.expect(200)["data"], made);
        assert_eq!(ada.send("PUT", &path, None).await.expect(200)["data"], made);
    }

    async fn only_its_maker_and_admins_may_change_one(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        let bob = person(&server, "bob", Role::Coach).await;
        let root = person(&server, "root", Role::Admin).await;
        let nobody = Client::new(&server.intervalflow);
        let path = format!("{PATH}/{}", add(&ada, climbers()).await);
        let before = ada.get(&path).await.expect(200);
        for reader in [&bob, &nobody] {
            assert_eq!(reader.get(&path).await.expect(200), before, "anyone may read it by its id");
        }
        assert_eq!(
            bob.put(&path, json!({ "duration": 45 })).await.expect(404),
            failure("Exercise not found")
        );
        assert_eq!(bob.delete(&path).await.expect(404), failure("Exercise not found"));
        for answer in [
            nobody.put(&path, json!({ "duration": 45 })).await,
            nobody.delete(&path).await,
            nobody.post(PATH, json!({})).await,
        ] {
            assert_eq!(answer.expect(401), failure("Not authorized, no token"));
        }
        let forged = nobody.with("authorization", "Bearer forged");
        for answer in [
            forged.put(&path, json!({})).await,
            forged.delete(&path).await,
            forged.post(PATH, climbers()).await,
        ] {
            assert_eq!(answer.expect(401), failure("Not authorized, token failed"));
        }
        assert_eq!(ada.get(&path).await.expect(200), before);

        let changed = root.put(&path, json!({ "name": "Climbers" })).await.expect(200);
        assert_eq!(changed["data"]["createdBy"], before["data"]["createdBy"], "whose it is stays");
        assert_eq!(ada.get(&path).await.expect(200)["data"]["name"], "Climbers");
        root.delete(&path).await.expect(200);
        ada.get(&path).await.expect(404);
    }

    async fn built_in_ones_are_changed_by_admins_alone(server) {
        let server = server.restart_with(&ON).await;
        let bob = person(&server, "bob", Role::Coach).await;
        let root = person(&server, "root", Role::Admin).await;
        let list = bob.get(PATH).await.expect(200);
        let path = format!("{PATH}/{}", list["data"][0]["_id"].as_str().unwrap());
        let before = bob.get(&path).await.expect(200);
        assert_eq!(before["data"], list["data"][0], "anyone may read it");
        for answer in [
            bob.put(&path, json!({ "duration": 45 })).await,
            bob.put(&path, json!({})).await,
            bob.delete(&path).await,
        ] {
            assert_eq!(answer.expect(404), failure("Exercise not found"));
        }
        assert_eq!(bob.get(PATH).await.expect(200), list);
        let changed = root.put(&path, json!({ "duration": 45 })).await.expect(200);
        assert_eq!((&changed["data"]["duration"], &changed["data"]["createdBy"]), (&json!(45), &Value::Null));
        root.delete(&path).await.expect(200);
        assert_eq!(bob.put(&path, json!({})).await.expect(404), failure("Exercise not found"));
    }

    async fn ids_that_are_none_are_unknown(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        for id in [
            "1",
            "679a1b2c3d4e5f6g7h8i9j0k",
            "123456789012345678901234",
            "%00",
            "%27%20OR%201=1",
            "null",
            &"a".repeat(2000),
        ] {
            let path = format!("{PATH}/{id}");
            for answer in [
                ada.get(&path).await,
                ada.put(&path, json!({ "duration": 45 })).await,
                ada.delete(&path).await,
            ] {
                assert_eq!(answer.expect(404), failure("Exercise not found"), "{id}");
            }
        }
        for method in ["PATCH", "POST"] {
            let answer = ada.send(method, &format!("{PATH}/1?x=y"), None).await;
            assert_eq!(answer.expect(404), failure("Route /api/exercises/1?x=y not found"));
        }
    }

    async fn a_person_has_at_most_five_hundred(server) {
        let ada = person(&server, "ada", Role::Customer).await;
        fill(&server, "ada", 498).await;
        // Whoever comes at once: two of eight fit.
        let all = futures(&ada, 8).await;
        let (made, refused): (Vec<_>, Vec<_>) = all.iter().partition(|answer| answer.status == 201);
        assert_eq!((made.len(), refused.len()), (2, 6));
        for answer in refused {
            assert_eq!(answer.expect(400), failure("You cannot have more than 500 exercises"));
        }
        assert_eq!(names(&ada, "").await.len(), 500);
        let last = made[0].json()["data"]["_id"].as_str().unwrap().to_owned();
        ada.delete(&format!("{PATH}/{last}")).await.expect(200);
        add(&ada, climbers()).await;
        add(&person(&server, "bob", Role::Customer).await, climbers()).await;
    }

    async fn a_lost_answer_is_given_again(server) {
        let ada = person(&server, "ada", Role::Customer).await.with("idempotency-key", "climb");
        let first = ada.post(PATH, climbers()).await.expect(201);
        assert_eq!(ada.post(PATH, climbers()).await.expect(201), first);
        assert_eq!(names(&ada, "").await.len(), 1);
    }

    async fn the_list_shows_the_built_in_ones_and_ones_own_newest_first(server) {
        let server = server.restart_with(&ON).await;
        let nobody = Client::new(&server.intervalflow);
        let built_in = names(&nobody, "").await;
        assert!(built_in.len() >= 60, "{}", built_in.len());
        assert_eq!(&built_in[..2], ["Jumping Jacks", "High Knees"], "in the order of the file");
        let list = nobody.get(PATH).await.expect(200);
        assert_eq!(list["success"], true);
        for exercise in list["data"].as_array().unwrap() {
            assert_eq!(
                (&exercise["createdBy"], &exercise["duration"]),
                (&Value::Null, &json!(30)),
                "{exercise}"
            );
        }

        let ada = person(&server, "ada", Role::Customer).await;
        let bob = person(&server, "bob", Role::Customer).await;
        server.advance_clock(1_000);
        for name in ["One", "Two"] {
            let mut body = climbers();
            body["name"] = json!(name);
            add(&ada, body).await;
        }
        assert_eq!(
            names(&ada, "").await[..3],
            ["Two", "One", "Jumping Jacks"],
            "of one instant the latest first"
        );
        assert_eq!(names(&ada, "?difficulty=intermediate&muscleGroup=full-body").await[..2], ["Two", "One"]);
        assert_eq!(names(&bob, "").await, built_in);
        assert_eq!(names(&nobody, "").await, built_in);
        // No token is needed here, so that one which no longer counts does not matter.
        let forged = nobody.with("authorization", "Bearer forged");
        assert_eq!(names(&forged, "").await, built_in);
    }

    async fn filters_narrow_together_and_words_are_read_in_any_case(server) {
        let server = server.restart_with(&ON).await;
        let nobody = Client::new(&server.intervalflow);
        let all = nobody.get(PATH).await.expect(200)["data"].as_array().unwrap().clone();
        let of = |wanted: &[(&str, &str)]| -> Vec<String> {
            let fits = |exercise: &&Value| wanted.iter().all(|(field, word)| exercise[*field] == *word);
            all.iter().filter(fits).map(|exercise| exercise["name"].as_str().unwrap().to_owned()).collect()
        };
        let words = [
            ("difficulty", vec!["beginner", "intermediate", "advanced"]),
            (
                "muscleGroup",
                vec![
                    "cardio",
                    "legs",
                    "glutes",
                    "core",
                    "upper-body",
                    "back",
                    "full-body",
                    "mobility",
                    "balance",
                ],
            ),
            ("equipment", vec!["none", "dumbbells", "mat", "kettlebell", "chair", "resistance-band"]),
        ];
        for (field, words) in words {
            let mut total = 0;
            for word in words {
                let found = names(&nobody, &format!("?{field}={word}")).await;
                assert_eq!(found, of(&[(field, word)]));
                assert!(found.len() >= 4, "{field} {word}: {found:?}");
                total += found.len();
            }
            assert_eq!(total, all.len());
        }
        let both = of(&[("difficulty", "intermediate"), ("equipment", "none")]);
        assert_eq!(names(&nobody, "?difficulty=intermediate&equipment=none").await, both);
        assert_eq!(
            names(&nobody, "?equipment=NONE&unknown=x&difficulty=Intermediate&muscleGroup=").await,
            both
        );
        assert_eq!(names(&nobody, "?muscleGroup=balance&equipment=mat").await, [""; 0]);
    }

    async fn filters_that_make_no_sense_are_refused(server) {
        let nobody = Client::new(&server.intervalflow);
        for (query, errors) in [
            ("difficulty=easy", vec!["Difficulty must be beginner, intermediate, or advanced"]),
            ("difficulty=%20beginner", vec!["Difficulty must be beginner, intermediate, or advanced"]),
            ("difficulty[$ne]=x", vec!["Difficulty must be a string"]),
            ("difficulty%5B%24ne%5D=x", vec!["Difficulty must be a string"]),
            ("difficulty=beginner&difficulty=beginner", vec!["Difficulty must be a string"]),
            (
                "equipment=rope&muscleGroup[]=core&difficulty=1",
                vec![
                    "Difficulty must be beginner, intermediate, or advanced",
                    "Muscle group must be a string",
                    "Invalid equipment",
                ],
            ),
            ("muscleGroup=arms", vec!["Invalid muscle group"]),
            ("muscleGroup=core%00", vec!["Invalid muscle group"]),
            ("muscleGroup=%ff", vec!["Query must be percent-encoded UTF-8"]),
        ] {
            assert_eq!(nobody.get(&format!("{PATH}?{query}")).await.expect(400), invalid(&errors), "{query}");
        }
    }

    async fn no_list_is_stale(server) {
        let server = server.restart_with(&ON).await;
        let root = person(&server, "root", Role::Admin).await;
        let nobody = Client::new(&server.intervalflow);
        let count = names(&nobody, "").await.len();
        let find = async |name: &str| {
            let list = nobody.get(PATH).await.expect(200);
            let found =
                list["data"].as_array().unwrap().iter().find(|exercise| exercise["name"] == name).cloned();
            format!("{PATH}/{}", found.expect("it is there")["_id"].as_str().unwrap())
        };
        let plank = find("Plank").await;
        root.put(&plank, json!({ "name": "Forearm Plank", "difficulty": "advanced" })).await.expect(200);
        assert!(names(&nobody, "").await.contains(&"Forearm Plank".to_owned()));
        assert!(names(&nobody, "?difficulty=advanced").await.contains(&"Forearm Plank".to_owned()));
        let burpees = find("Burpees").await;
        root.delete(&burpees).await.expect(200);
        assert_eq!(names(&nobody, "").await.len(), count - 1);
        nobody.get(&burpees).await.expect(404);

        // What an admin has done outlasts the next start, which loads nothing twice.
        let before = nobody.get(PATH).await.text;
        let server = server.restart_with(&ON).await;
        assert_eq!(Client::new(&server.intervalflow).get(PATH).await.text, before);
    }

    async fn the_list_has_a_head(server) {
        let answer = Client::new(&server.intervalflow).send("HEAD", PATH, None).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""));
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

/// Eight requests at once.
async fn futures(client: &Client, count: usize) -> Vec<crate::support::Response> {
    let tasks: Vec<_> = (0..count)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.post(PATH, climbers()).await })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("an answer"));
    }
    answers
}

/// Gives somebody `count` exercises in one transaction.
async fn fill(server: &Server, id: &str, count: usize) {
    use ferrum_domain::intervals::exercise::{Difficulty, Equipment, MuscleGroup, USUAL_DURATION};
    let account = ferrum_app::actions::accounts::get(&server.app, id).await.expect("an account").key;
    let app = server.app.clone();
    let write = server.app.db.write(move |tx| {
        (0..count).try_for_each(|number| {
            let exercise = ferrum_store::interval_exercises::Exercise {
                id: app.ids.object_id(),
                account: Some(account),
                created_by: None,
                slug: None,
                movement_id: None,
                name: format!("Number {number}"),
                description: "One of many.".to_owned(),
                difficulty: Difficulty::Beginner,
                muscle_group: MuscleGroup::Core,
                equipment: Equipment::None,
                duration: USUAL_DURATION,
                created_at: app.clock.now(),
                updated_at: app.clock.now(),
            };
            ferrum_store::interval_exercises::insert(tx, &exercise)
        })
    });
    write.await.expect("they are added");
}
