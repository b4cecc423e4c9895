//! `/prescriptions`.

use serde_json::{Value, json};

use crate::support::{Client, both};

async fn lift(admin: &Client, slug: &str) -> String {
    admin.post("/lifts", json!({ "name": slug, "slug": slug })).await.id(201)
}

fn percent_of(percentage: f64) -> Value {
    json!({ "type": "PERCENT_OF", "maxType": "TRAINING_MAX", "percentage": percentage })
}

fn fixed(sets: i64, reps: i64) -> Value {
    json!({ "type": "FIXED", "sets": sets, "reps": reps })
}

async fn prescription(admin: &Client, lift: &str, load: Value, sets: Value) -> String {
    let body = json!({ "liftId": lift, "loadStrategy": load, "setScheme": sets });
    admin.post("/prescriptions", body).await.id(201)
}

/// A body whose every member is right.
fn good(lift: &str) -> Value {
    json!({
        "liftId": lift,
        "loadStrategy": percent_of(85.0),
        "setScheme": fixed(5, 5),
        "order": 1,
        "notes": "Focus on depth",
        "restSeconds": 180
    })
}

async fn training_max(user: &Client, id: &str, lift: &str, value: f64) {
    let body = json!({ "liftId": lift, "type": "TRAINING_MAX", "value": value });
    user.post(&format!("/users/{id}/lift-maxes"), body).await.expect(201);
}

/// The weights of a resolved prescription.
async fn weights(user: &Client, id: &str, prescription: &str) -> Vec<f64> {
    let path = format!("/prescriptions/{prescription}/resolve");
    let resolved = user.post(&path, json!({ "userId": id })).await.expect(200);
    let sets = resolved["sets"].as_array().expect("sets");
    sets.iter().map(|set| set["weight"].as_f64().expect("a weight")).collect()
}

both! {
    async fn a_prescription_has_the_documented_members(server) {
        let admin = server.admin();
        let squat = lift(&admin, "zercher-squat").await;
        let made = admin.post("/prescriptions", good(&squat)).await.expect(201);
        let id = made["id"].as_str().expect("an id");
        let expected = json!({
            "id": id,
            "liftId": squat,
            "loadStrategy": { "type": "PERCENT_OF", "maxType": "TRAINING_MAX", "percentage": 85.0 },
            "setScheme": { "type": "FIXED", "sets": 5, "reps": 5 },
            "order": 1,
            "notes": "Focus on depth",
            "restSeconds": 180,
            "createdAt": "2026-01-05T08:00:00Z",
            "updatedAt": "2026-01-05T08:00:00Z"
        });
        assert_eq!(made, expected);
        assert_eq!(server.user("reader").get(&format!("/prescriptions/{id}")).await.expect(200), expected);

        let body = json!({
            "liftId": squat, "loadStrategy": percent_of(85.0), "setScheme": fixed(5, 5), "notes": "", "restSeconds": null
        });
        let least = admin.post("/prescriptions", body).await.expect(201);
        assert_eq!(least["order"], 0);
        assert_eq!((&least["notes"], &least["restSeconds"]), (&Value::Null, &Value::Null));
    }

    async fn strategies_and_schemes_echo_what_was_given(server) {
        let admin = server.admin();
        let squat = lift(&admin, "zercher-squat").await;
        let loads = [
            json!({ "type": "PERCENT_OF", "maxType": "ONE_RM", "percentage": 72.5 }),
            json!({ "type": "PERCENT_OF", "maxType": "TRAINING_MAX", "percentage": 85.0, "lookupKey": "week", "roundTo": 5.0 }),
            json!({
                "type": "PERCENT_OF", "maxType": "TRAINING_MAX", "percentage": 0.001, "lookupKey": "day",
                "roundTo": 2.5, "roundingDirection": "DOWN", "ofLiftId": squat
            }),
        ];
        let schemes = [
            json!({ "type": "FIXED", "sets": 5, "reps": 5, "isAmrap": false }),
            json!({ "type": "FIXED", "sets": 100, "reps": 100, "isAmrap": true }),
            json!({ "type": "RAMP", "sets": [{ "percentage": 50.0, "reps": 5 }, { "percentage": 200.0, "reps": 1 }] }),
        ];
        for (load, scheme) in loads.into_iter().zip(schemes) {
            let body = json!({ "liftId": squat, "loadStrategy": load, "setScheme": scheme });
            let made = admin.post("/prescriptions", body).await.expect(201);
            assert_eq!((&made["loadStrategy"], &made["setScheme"]), (&load, &scheme));
            let path = format!("/prescriptions/{}", made["id"].as_str().expect("an id"));
            assert_eq!(admin.get(&path).await.expect(200), made);
        }
    }

    async fn everything_wrong_is_said_at_once(server) {
        let admin = server.admin();
        let body = json!({
            "liftId": "none",
            "loadStrategy": {
                "type": "PERCENT_OF", "maxType": "TWO_RM", "percentage": 201, "lookupKey": "month", "roundTo": 0,
                "roundingDirection": "SIDEWAYS", "ofLiftId": "none"
            },
            "setScheme": { "type": "RAMP", "sets": [{ "percentage": 0, "reps": 0 }] },
            "order": -1,
            "notes": "n".repeat(501),
            "restSeconds": 86_401
        });
        admin.post("/prescriptions", body).await.refused(
            400,
            "validation failed",
            &[
                "liftId names no lift",
                "loadStrategy.maxType",
                "loadStrategy.percentage",
                "loadStrategy.lookupKey",
                "loadStrategy.roundTo",
                "loadStrategy.roundingDirection",
                "loadStrategy.ofLiftId names no lift",
                "setScheme.sets[0].percentage",
                "setScheme.sets[0].reps",
                "order must be a whole number from 0 to 10000",
                "notes must be",
                "restSeconds must be a whole number from 0 to 86400",
            ],
        );
        admin.post("/prescriptions", json!({})).await.refused(
            400,
            "validation failed",
            &["liftId is required", "loadStrategy is required", "setScheme is required"],
        );
    }

    async fn each_member_is_checked(server) {
        let admin = server.admin();
        let squat = lift(&admin, "zercher-squat").await;
        let id = admin.post("/prescriptions", good(&squat)).await.id(201);
        let path = format!("/prescriptions/{id}");
        for (member, bad, violation) in [
            ("liftId", json!(7), "liftId must be a string"),
            ("liftId", json!("a\u{0}b"), "liftId names no lift"),
            ("loadStrategy", json!("heavy"), "loadStrategy must be an object"),
            ("loadStrategy", json!({ "type": "RPE_TARGET" }), "loadStrategy.type"),
            ("loadStrategy", json!({ "type": "PERCENT_OF", "maxType": "ONE_RM", "percentage": 85.0001 }), "loadStrategy.percentage"),
            (
                "loadStrategy",
                json!({ "type": "PERCENT_OF", "maxType": "ONE_RM", "percentage": 85, "ofLiftId": "none" }),
                "loadStrategy.ofLiftId names no lift",
            ),
            ("setScheme", json!([]), "setScheme must be an object"),
            ("setScheme", json!({ "sets": 5, "reps": 5 }), "setScheme.type is required"),
            ("setScheme", json!({ "type": "FIXED", "sets": 101, "reps": 5 }), "setScheme.sets"),
            ("setScheme", json!({ "type": "FIXED", "sets": 5, "reps": 5, "isAmrap": 1 }), "setScheme.isAmrap"),
            ("setScheme", json!({ "type": "RAMP", "sets": [] }), "setScheme.sets"),
            ("order", json!(1.5), "order must be a whole number"),
            ("notes", json!(["x"]), "notes must be a string"),
            ("notes", json!("bell \u{7}"), "notes must not contain control characters"),
            ("restSeconds", json!(-1), "restSeconds must be"),
            ("restSeconds", json!("180"), "restSeconds must be"),
        ] {
            let mut body = good(&squat);
            body[member] = bad.clone();
            admin.post("/prescriptions", body).await.refused(400, "validation failed", &[violation]);
            admin.put(&path, json!({ member: bad })).await.refused(400, "validation failed", &[violation]);
        }
        for member in ["liftId", "loadStrategy", "setScheme", "order"] {
            let violation = format!("{member} cannot be null");
            admin.put(&path, json!({ member: null })).await.refused(400, "validation failed", &[&violation]);
        }
    }

    async fn a_put_changes_what_it_names(server) {
        let admin = server.admin();
        let (squat, bench) = (lift(&admin, "zercher-squat").await, lift(&admin, "floor-press").await);
        let made = admin.post("/prescriptions", good(&squat)).await.expect(201);
        let path = format!("/prescriptions/{}", made["id"].as_str().expect("an id"));
        server.advance_clock(60_000);
        let touched = admin.put(&path, json!({})).await.expect(200);
        let mut expected = made;
        expected["updatedAt"] = json!("2026-01-05T08:01:00Z");
        assert_eq!(touched, expected);

        let body = json!({
            "liftId": bench, "loadStrategy": percent_of(60.0), "setScheme": fixed(3, 8), "order": 4, "notes": "Slow\nand low",
            "restSeconds": 0
        });
        let changed = admin.put(&path, body.clone()).await.expect(200);
        for (member, value) in body.as_object().expect("an object") {
            assert_eq!(&changed[member], value);
        }
        let cleared = admin.put(&path, json!({ "notes": null, "restSeconds": null })).await.expect(200);
        assert_eq!((&cleared["notes"], &cleared["restSeconds"]), (&Value::Null, &Value::Null));
        assert_eq!(cleared["order"], 4);
        assert_eq!(admin.get(&path).await.expect(200), cleared);
    }

    async fn only_admins_change_prescriptions(server) {
        let admin = server.admin();
        let squat = lift(&admin, "zercher-squat").await;
        let path = format!("/prescriptions/{}", admin.post("/prescriptions", good(&squat)).await.id(201));
        for (client, status, error) in [
            (server.anonymous(), 401, "Authentication required"),
            (server.user("reader"), 403, "Admin privileges required"),
        ] {
            client.post("/prescriptions", json!({})).await.refused(status, error, &[]);
            client.put(&path, json!({})).await.refused(status, error, &[]);
            client.delete(&path).await.refused(status, error, &[]);
        }
        for path in ["/prescriptions", &path] {
            server.anonymous().get(path).await.refused(401, "Authentication required", &[]);
            server.user("reader").get(path).await.expect(200);
        }
        for path in [format!("{path}/resolve"), "/prescriptions/resolve-batch".to_owned()] {
            server.anonymous().post(&path, json!({})).await.refused(401, "Authentication required", &[]);
        }
    }

    async fn unknown_prescriptions_are_not_found(server) {
        let admin = server.admin();
        admin.get("/prescriptions/none").await.refused(404, "not found", &[]);
        admin.put("/prescriptions/none", json!({ "order": 1 })).await.refused(404, "not found", &[]);
        admin.put("/prescriptions/none", json!({ "order": -1 })).await.refused(400, "validation failed", &["order"]);
        admin.delete("/prescriptions/none").await.refused(404, "not found", &[]);
        let body = json!({ "userId": "test-admin" });
        admin.post("/prescriptions/none/resolve", body).await.refused(404, "not found", &[]);
        admin.post("/prescriptions/none/resolve", json!({})).await.refused(400, "validation failed", &["userId is required"]);
    }

    async fn a_prescription_of_a_day_stays(server) {
        let admin = server.admin();
        let squat = lift(&admin, "zercher-squat").await;
        let id = admin.post("/prescriptions", good(&squat)).await.id(201);
        let day = admin.post("/days", json!({ "name": "Squats" })).await.id(201);
        admin.post(&format!("/days/{day}/prescriptions"), json!({ "prescriptionId": id })).await.expect(201);
        let path = format!("/prescriptions/{id}");
        admin.delete(&path).await.refused(409, "cannot delete: it is referenced", &[]);
        admin.delete(&format!("/lifts/{squat}")).await.refused(409, "cannot delete: it is referenced", &[]);
        admin.delete(&format!("/days/{day}")).await.expect(204);
        admin.delete(&path).await.expect(204);
        admin.get(&path).await.refused(404, "not found", &[]);
        admin.delete(&format!("/lifts/{squat}")).await.expect(204);
    }

    async fn a_lift_whose_max_counts_elsewhere_stays(server) {
        let admin = server.admin();
        let (squat, bench) = (lift(&admin, "zercher-squat").await, lift(&admin, "floor-press").await);
        let mut load = percent_of(50.0);
        load["ofLiftId"] = json!(bench);
        let id = prescription(&admin, &squat, load, fixed(1, 1)).await;
        admin.delete(&format!("/lifts/{bench}")).await.refused(409, "cannot delete: it is referenced", &[]);
        let path = format!("/prescriptions/{id}");
        admin.put(&path, json!({ "loadStrategy": percent_of(50.0) })).await.expect(200);
        admin.delete(&format!("/lifts/{bench}")).await.expect(204);
    }

    async fn prescriptions_are_listed_in_pages(server) {
        let admin = server.admin();
        let (squat, bench) = (lift(&admin, "zercher-squat").await, lift(&admin, "floor-press").await);
        for order in [2, 0, 2, 1] {
            let mut body = good(&squat);
            body["order"] = json!(order);
            admin.post("/prescriptions", body).await.expect(201);
            server.advance_clock(1000);
        }
        admin.post("/prescriptions", good(&bench)).await.expect(201);
        let list = |query: &str| {
            let (admin, path) = (admin.clone(), format!("/prescriptions?lift_id={squat}&{query}"));
            async move {
                let page = admin.get(&path).await.expect(200);
                let data = page["data"].as_array().expect("data").clone();
                let orders: Vec<i64> = data.iter().map(|row| row["order"].as_i64().expect("order")).collect();
                (orders, page)
            }
        };
        let (orders, page) = list("pageSize=3").await;
        assert_eq!(orders, [0, 1, 2]);
        assert_eq!((&page["page"], &page["pageSize"]), (&json!(1), &json!(3)));
        assert_eq!((&page["totalItems"], &page["totalPages"]), (&json!(4), &json!(2)));
        assert_eq!(list("pageSize=3&page=2").await.0, [2]);
        assert_eq!(list("page=7").await.0, [0_i64; 0]);
        assert_eq!(list("sortOrder=desc").await.0, [2, 2, 1, 0]);
        assert_eq!(list("sortBy=created_at").await.0, [2, 0, 2, 1]);
        assert_eq!(list("sortBy=created_at&sortOrder=desc").await.0, [1, 2, 0, 2]);
        assert_eq!(admin.get("/prescriptions?lift_id=none").await.expect(200)["totalItems"], 0);
        for (query, field) in [("page=-1", "page"), ("pageSize=1.5", "pageSize"), ("sortBy=name", "sortBy"), ("sortOrder=ASC", "sortOrder")] {
            admin.get(&format!("/prescriptions?{query}")).await.refused(400, "validation failed", &[field]);
        }
    }

    async fn a_prescription_resolves_to_weights(server) {
        let (admin, user) = (server.admin(), server.user("lifter"));
        let squat = admin.post("/lifts", json!({ "name": "Zercher Squat" })).await.id(201);
        training_max(&user, "lifter", &squat, 315.0).await;
        let mut body = good(&squat);
        body["setScheme"] = json!({ "type": "FIXED", "sets": 2, "reps": 5, "isAmrap": true });
        let id = admin.post("/prescriptions", body).await.id(201);
        let path = format!("/prescriptions/{id}/resolve");
        let expected = json!({
            "prescriptionId": id,
            "lift": { "id": squat, "name": "Zercher Squat", "slug": "zercher-squat" },
            "sets": [
                { "setNumber": 1, "weight": 270.0, "targetReps": 5, "isWorkSet": true },
                { "setNumber": 2, "weight": 270.0, "targetReps": 5, "isWorkSet": true, "isAmrap": true }
            ],
            "notes": "Focus on depth",
            "restSeconds": 180
        });
        assert_eq!(user.post(&path, json!({ "userId": "lifter" })).await.expect(200), expected);
        assert_eq!(admin.post(&path, json!({ "userId": "lifter" })).await.expect(200), expected);

        let bare = prescription(&admin, &squat, percent_of(85.0), fixed(1, 1)).await;
        let path = format!("/prescriptions/{bare}/resolve");
        let resolved = user.post(&path, json!({ "userId": "lifter" })).await.expect(200);
        assert_eq!((&resolved["notes"], &resolved["restSeconds"]), (&Value::Null, &Value::Null));
    }

    async fn loads_are_exact_and_rounded_once(server) {
        let (admin, user) = (server.admin(), server.user("lifter"));
        let squat = lift(&admin, "zercher-squat").await;
        training_max(&user, "lifter", &squat, 185.0).await;
        // 67.5 % of 185 is 124.875.
        for (extra, weight) in [
            (json!({}), 125.0),
            (json!({ "roundTo": 10 }), 120.0),
            (json!({ "roundTo": 10, "roundingDirection": "UP" }), 130.0),
            (json!({ "roundTo": 2.5, "roundingDirection": "DOWN" }), 122.5),
            (json!({ "roundTo": 0.25 }), 125.0),
            (json!({ "roundTo": 0.001 }), 124.875),
            (json!({ "lookupKey": "week" }), 125.0),
            (json!({ "lookupKey": "day" }), 125.0),
        ] {
            let mut load = percent_of(67.5);
            load.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
            let id = prescription(&admin, &squat, load, fixed(1, 5)).await;
            assert_eq!(weights(&user, "lifter", &id).await, [weight], "{extra}");
        }
        // Each step is taken of the unrounded 124.875: 99.9, 37.4625 and 124.875.
        let ramp = json!({ "type": "RAMP", "sets": [
            { "percentage": 80, "reps": 3 }, { "percentage": 30, "reps": 5 }, { "percentage": 100, "reps": 1 }
        ] });
        let mut load = percent_of(67.5);
        load["roundTo"] = json!(2.5);
        let id = prescription(&admin, &squat, load, ramp).await;
        let path = format!("/prescriptions/{id}/resolve");
        let sets = user.post(&path, json!({ "userId": "lifter" })).await.expect(200)["sets"].clone();
        assert_eq!(sets, json!([
            { "setNumber": 1, "weight": 100.0, "targetReps": 3, "isWorkSet": true },
            { "setNumber": 2, "weight": 37.5, "targetReps": 5, "isWorkSet": false },
            { "setNumber": 3, "weight": 125.0, "targetReps": 1, "isWorkSet": true }
        ]));
    }

    async fn another_lifts_max_can_count(server) {
        let (admin, user) = (server.admin(), server.user("lifter"));
        let squat = lift(&admin, "zercher-squat").await;
        let body = json!({ "name": "Pause Zercher", "slug": "pause-zercher", "parentLiftId": squat });
        let pause = admin.post("/lifts", body).await.id(201);
        let press = lift(&admin, "floor-press").await;
        let own = prescription(&admin, &pause, percent_of(50.0), fixed(1, 5)).await;
        let mut load = percent_of(50.0);
        load["ofLiftId"] = json!(pause);
        let other = prescription(&admin, &press, load, fixed(1, 5)).await;

        let path = format!("/prescriptions/{other}/resolve");
        user.post(&path, json!({ "userId": "lifter" })).await.refused(
            422,
            "missing lift max",
            &["missing lift max for pause-zercher (TRAINING_MAX)"],
        );
        training_max(&user, "lifter", &squat, 300.0).await;
        assert_eq!(weights(&user, "lifter", &own).await, [150.0], "the parent's, without one of its own");
        assert_eq!(weights(&user, "lifter", &other).await, [150.0]);
        training_max(&user, "lifter", &pause, 200.0).await;
        assert_eq!(weights(&user, "lifter", &own).await, [100.0]);
        assert_eq!(weights(&user, "lifter", &other).await, [100.0]);
        let resolved = user.post(&path, json!({ "userId": "lifter" })).await.expect(200);
        assert_eq!(resolved["lift"]["slug"], "floor-press", "the lift to do is the prescription's");
    }

    async fn a_missing_max_is_unprocessable(server) {
        let (admin, user) = (server.admin(), server.user("lifter"));
        let squat = lift(&admin, "zercher-squat").await;
        let id = prescription(&admin, &squat, percent_of(85.0), fixed(5, 5)).await;
        let path = format!("/prescriptions/{id}/resolve");
        let missing = "missing lift max for zercher-squat (TRAINING_MAX)";
        user.post(&path, json!({ "userId": "lifter" })).await.refused(422, "missing lift max", &[missing]);
        for nobody in ["nobody", "no account's id", "nul \u{0}"] {
            admin.post(&path, json!({ "userId": nobody })).await.refused(422, "missing lift max", &[missing]);
        }
        // A max of the other type, or of tomorrow, is none.
        let maxes = "/users/lifter/lift-maxes";
        user.post(maxes, json!({ "liftId": squat, "type": "ONE_RM", "value": 300 })).await.expect(201);
        let later = json!({ "liftId": squat, "type": "TRAINING_MAX", "value": 200, "effectiveDate": "2026-01-06T00:00:00Z" });
        user.post(maxes, later).await.expect(201);
        user.post(&path, json!({ "userId": "lifter" })).await.refused(422, "missing lift max", &[missing]);
        server.advance_clock(24 * 3_600_000);
        assert_eq!(weights(&user, "lifter", &id).await, [170.0; 5]);
    }

    async fn others_weights_are_theirs(server) {
        let (admin, user) = (server.admin(), server.user("lifter"));
        let squat = lift(&admin, "zercher-squat").await;
        let id = prescription(&admin, &squat, percent_of(85.0), fixed(5, 5)).await;
        training_max(&user, "lifter", &squat, 200.0).await;
        let stranger = server.user("stranger");
        let denied = "Access denied: you do not have permission";
        let path = format!("/prescriptions/{id}/resolve");
        stranger.post(&path, json!({ "userId": "lifter" })).await.refused(403, denied, &[]);
        stranger.post(&path, json!({ "userId": "nobody" })).await.refused(403, denied, &[]);
        let batch = json!({ "prescriptionIds": [id], "userId": "lifter" });
        stranger.post("/prescriptions/resolve-batch", batch.clone()).await.refused(403, denied, &[]);
        admin.post("/prescriptions/resolve-batch", batch).await.expect(200);
    }

    async fn a_batch_answers_in_its_order(server) {
        let (admin, user) = (server.admin(), server.user("lifter"));
        let (squat, press) = (lift(&admin, "zercher-squat").await, lift(&admin, "floor-press").await);
        training_max(&user, "lifter", &squat, 200.0).await;
        let known = prescription(&admin, &squat, percent_of(50.0), fixed(1, 5)).await;
        let missing = prescription(&admin, &press, percent_of(50.0), fixed(1, 5)).await;
        let body = json!({ "prescriptionIds": [missing, known, "none", known, "nul \u{0}"], "userId": "lifter" });
        let answer = user.post("/prescriptions/resolve-batch", body).await.expect(200);
        let path = format!("/prescriptions/{known}/resolve");
        let resolved = user.post(&path, json!({ "userId": "lifter" })).await.expect(200);
        let success = json!({ "prescriptionId": known, "status": "success", "resolved": resolved });
        let error = |id: &str, error: &str| json!({ "prescriptionId": id, "status": "error", "error": error });
        assert_eq!(answer, json!({ "results": [
            error(&missing, "missing lift max for floor-press (TRAINING_MAX)"),
            success,
            error("none", "not found"),
            success,
            error("nul \u{0}", "not found")
        ] }));
    }

    async fn a_bad_batch_is_refused(server) {
        let user = server.user("lifter");
        let path = "/prescriptions/resolve-batch";
        user.post(path, json!({})).await.refused(
            400,
            "validation failed",
            &["prescriptionIds is required", "userId is required"],
        );
        for ids in [json!([]), json!("x"), json!([1]), json!(vec!["x"; 501])] {
            let body = json!({ "prescriptionIds": ids, "userId": "lifter" });
            user.post(path, body).await.refused(400, "validation failed", &["prescriptionIds must"]);
        }
        let body = json!({ "prescriptionIds": ["x"], "userId": " " });
        user.post(path, body).await.refused(400, "validation failed", &["userId is required"]);
        let full = json!({ "prescriptionIds": vec!["x"; 500], "userId": "lifter" });
        assert_eq!(user.post(path, full).await.expect(200)["results"].as_array().expect("results").len(), 500);
    }
}

#[tokio::test]
async fn the_documents_letter_can_be_had() {
    use crate::support::{Engine, Server};
    let server = Server::start_with(Engine::Sqlite, &[("powerpro.resolve_for_others", "true")]).await;
    let (admin, user) = (server.admin(), server.user("lifter"));
    let squat = lift(&admin, "zercher-squat").await;
    let id = prescription(&admin, &squat, percent_of(50.0), fixed(1, 5)).await;
    training_max(&user, "lifter", &squat, 200.0).await;
    let path = format!("/prescriptions/{id}/resolve");
    let stranger = server.user("stranger");
    assert_eq!(
        stranger.post(&path, json!({ "userId": "lifter" })).await.expect(200)["sets"][0]["weight"],
        100.0
    );
}
