//! `/days`.

use ferrum_store::days::{self, DayPrescription};
use ferrum_store::prescriptions::{self, Prescription};
use serde_json::{Value, json};

use crate::support::{Client, both};

async fn day(admin: &Client, name: &str) -> String {
    admin.post("/days", json!({ "name": name })).await.id(201)
}

async fn prescription(admin: &Client) -> String {
    let found = admin.get("/lifts/by-slug/zercher-squat").await;
    let lift = match found.status {
        200 => found.id(200),
        _ => admin.post("/lifts", json!({ "name": "Zercher Squat" })).await.id(201),
    };
    let body = json!({
        "liftId": lift,
        "loadStrategy": { "type": "PERCENT_OF", "maxType": "TRAINING_MAX", "percentage": 85 },
        "setScheme": { "type": "FIXED", "sets": 5, "reps": 5 }
    });
    admin.post("/prescriptions", body).await.id(201)
}

async fn program(admin: &Client, slug: &str) -> String {
    let cycle = admin.post("/cycles", json!({ "name": "Four", "lengthWeeks": 4 })).await.id(201);
    admin.post("/programs", json!({ "name": slug, "slug": slug, "cycleId": cycle })).await.id(201)
}

/// Prescription and order of each place.
fn places(day: &Value) -> Vec<(&str, i64)> {
    let places = day["prescriptions"].as_array().expect("prescriptions");
    places
        .iter()
        .map(|place| (place["prescriptionId"].as_str().expect("id"), place["order"].as_i64().expect("order")))
        .collect()
}

fn names(page: &Value) -> Vec<&str> {
    page["data"].as_array().expect("data").iter().map(|day| day["name"].as_str().expect("a name")).collect()
}

both! {
    async fn a_day_has_the_documented_members(server) {
        let admin = server.admin();
        let program = program(&admin, "strong").await;
        let body = json!({
            "name": " Squat Day ", "slug": "legs", "metadata": { "focus": "legs", "n": [1, null] }, "programId": program
        });
        let made = admin.post("/days", body).await.expect(201);
        let expected = json!({
            "id": made["id"],
            "name": "Squat Day",
            "slug": "legs",
            "metadata": { "focus": "legs", "n": [1, null] },
            "programId": program,
            "createdAt": "2026-01-05T08:00:00Z",
            "updatedAt": "2026-01-05T08:00:00Z"
        });
        assert_eq!(made, expected);
        let id = made["id"].as_str().expect("an id");
        let mut with_prescriptions = expected;
        with_prescriptions["prescriptions"] = json!([]);
        let user = server.user("reader");
        assert_eq!(user.get(&format!("/days/{id}")).await.expect(200), with_prescriptions);
        let by_slug = format!("/days/by-slug/legs?program_id={program}");
        assert_eq!(user.get(&by_slug).await.expect(200), with_prescriptions);

        let least = admin.post("/days", json!({ "name": "Élévation", "slug": null, "metadata": null })).await.expect(201);
        assert_eq!(least["slug"], "elevation");
        assert_eq!((&least["metadata"], &least["programId"]), (&Value::Null, &Value::Null));
    }

    async fn everything_wrong_with_a_day_is_said_at_once(server) {
        let admin = server.admin();
        let body = json!({ "name": " ", "slug": "Not A Slug", "metadata": [1], "programId": "nowhere" });
        admin.post("/days", body).await.refused(
            400,
            "validation failed",
            &["name must be", "slug must be", "metadata must be an object", "programId names no program"],
        );
        admin.post("/days", json!({})).await.refused(400, "validation failed", &["name is required"]);
        admin.post("/days", json!({ "name": "!!!" })).await.refused(400, "validation failed", &["slug is required"]);
        admin.post("/days", json!([])).await.refused(400, "validation failed", &["body"]);

        let id = day(&admin, "Kept").await;
        let body = json!({
            "name": null, "slug": 5, "metadata": "x", "programId": "a\u{0}b", "clearMetadata": "yes", "clearProgramId": 1
        });
        admin.put(&format!("/days/{id}"), body).await.refused(
            400,
            "validation failed",
            &["name cannot be null", "slug must be a string", "metadata must be", "programId names", "clearMetadata must be", "clearProgramId must be"],
        );
        let long = json!({ "metadata": { "deep": [{ "list": vec![0; 501] }] } });
        let one = "metadata.deep[0].list must have at most 500 entries";
        admin.put(&format!("/days/{id}"), long.clone()).await.refused(400, "validation failed", &[one]);
        admin.post("/days", long).await.refused(400, "validation failed", &["name is required", one]);
        assert_eq!(admin.get(&format!("/days/{id}")).await.expect(200)["name"], "Kept");
    }

    async fn only_admins_change_days(server) {
        let id = day(&server.admin(), "Kept Day").await;
        let (day, places) = (format!("/days/{id}"), format!("/days/{id}/prescriptions"));
        for (client, status, error) in [
            (server.anonymous(), 401, "Authentication required"),
            (server.user("reader"), 403, "Admin privileges required"),
        ] {
            client.post("/days", json!({ "name": "x" })).await.refused(status, error, &[]);
            client.put(&day, json!({})).await.refused(status, error, &[]);
            client.delete(&day).await.refused(status, error, &[]);
            client.post(&places, json!({})).await.refused(status, error, &[]);
            client.delete(&format!("{places}/x")).await.refused(status, error, &[]);
            client.put(&format!("{places}/reorder"), json!({})).await.refused(status, error, &[]);
        }
        for path in ["/days", &day, "/days/by-slug/kept-day"] {
            server.anonymous().get(path).await.refused(401, "Authentication required", &[]);
            server.user("reader").get(path).await.expect(200);
        }
    }

    async fn unknown_days_are_not_found(server) {
        let admin = server.admin();
        let known = prescription(&admin).await;
        for path in ["/days/none", "/days/by-slug/none", "/days/%00"] {
            admin.get(path).await.refused(404, "not found", &[]);
        }
        admin.put("/days/none", json!({ "name": "x" })).await.refused(404, "not found", &[]);
        admin.put("/days/none", json!({ "name": "" })).await.refused(400, "validation failed", &["name"]);
        admin.delete("/days/none").await.refused(404, "not found", &[]);
        admin.post("/days/none/prescriptions", json!({ "prescriptionId": known })).await.refused(404, "not found", &[]);
        admin.delete(&format!("/days/none/prescriptions/{known}")).await.refused(404, "not found", &[]);
        admin.put("/days/none/prescriptions/reorder", json!({ "prescriptionIds": [] })).await.refused(404, "not found", &[]);
    }

    async fn a_put_changes_what_it_names(server) {
        let admin = server.admin();
        let (first, second) = (program(&admin, "first").await, program(&admin, "second").await);
        let body = json!({ "name": "Squat Day", "metadata": { "a": 1, "b": 2 }, "programId": first });
        let id = admin.post("/days", body).await.id(201);
        let path = format!("/days/{id}");
        server.advance_clock(60_000);

        let renamed = admin.put(&path, json!({ "name": "Heavy Day" })).await.expect(200);
        assert_eq!(renamed["name"], "Heavy Day");
        assert_eq!(renamed["slug"], "squat-day");
        assert_eq!(renamed["metadata"], json!({ "a": 1, "b": 2 }));
        assert_eq!(renamed["programId"], first);
        assert_eq!(renamed["createdAt"], "2026-01-05T08:00:00Z");
        assert_eq!(renamed["updatedAt"], "2026-01-05T08:01:00Z");
        assert!(renamed.get("prescriptions").is_none());

        let body = json!({ "slug": "heavy", "metadata": { "c": 3 }, "programId": second, "clearMetadata": false });
        let changed = admin.put(&path, body).await.expect(200);
        assert_eq!((&changed["slug"], &changed["metadata"]), (&json!("heavy"), &json!({ "c": 3 })));
        assert_eq!(changed["programId"], second);

        let body = json!({ "metadata": { "d": 4 }, "clearMetadata": true, "programId": first, "clearProgramId": true });
        let cleared = admin.put(&path, body).await.expect(200);
        assert_eq!((&cleared["metadata"], &cleared["programId"]), (&Value::Null, &Value::Null));

        admin.put(&path, json!({ "metadata": {}, "programId": first })).await.expect(200);
        let nulled = admin.put(&path, json!({ "metadata": null, "programId": null })).await.expect(200);
        assert_eq!((&nulled["metadata"], &nulled["programId"]), (&Value::Null, &Value::Null));
    }

    async fn slugs_are_unique_in_a_program(server) {
        let admin = server.admin();
        let (first, second) = (program(&admin, "first").await, program(&admin, "second").await);
        let heavy = |program: &Value| json!({ "name": "Zercher Day", "programId": program });
        let in_first = admin.post("/days", heavy(&json!(first))).await.id(201);
        server.advance_clock(1000);
        let in_second = admin.post("/days", heavy(&json!(second))).await.id(201);
        admin.post("/days", heavy(&json!(first))).await.refused(409, "slug already exists", &[]);

        let found = |path: &'static str| {
            let admin = admin.clone();
            async move { admin.get(path).await.id(200) }
        };
        assert_eq!(found("/days/by-slug/zercher-day").await, in_first, "the oldest, without one outside of programs");
        server.advance_clock(1000);
        let free = admin.post("/days", heavy(&Value::Null)).await.id(201);
        admin.post("/days", heavy(&Value::Null)).await.refused(409, "slug already exists", &[]);
        assert_eq!(found("/days/by-slug/zercher-day").await, free, "the one without a program");
        let scoped = format!("/days/by-slug/zercher-day?program_id={second}");
        assert_eq!(admin.get(&scoped).await.id(200), in_second);
        admin.get("/days/by-slug/zercher-day?program_id=none").await.refused(404, "not found", &[]);

        // Leaving a program can collide too.
        let path = format!("/days/{in_second}");
        admin.put(&path, json!({ "clearProgramId": true })).await.refused(409, "slug already exists", &[]);
        admin.put(&path, json!({ "programId": first })).await.refused(409, "slug already exists", &[]);
        admin.put(&path, json!({ "slug": "zercher-day" })).await.expect(200);
    }

    async fn days_are_listed_in_pages(server) {
        let admin = server.admin();
        let program = program(&admin, "listed").await;
        for name in ["b", "c", "a"] {
            admin.post("/days", json!({ "name": name, "programId": program })).await.expect(201);
            server.advance_clock(1000);
        }
        let list = |query: &str| {
            let (admin, path) = (admin.clone(), format!("/days?program_id={program}&{query}"));
            async move { admin.get(&path).await.expect(200) }
        };
        let page = list("pageSize=2").await;
        assert_eq!(names(&page), ["a", "b"]);
        assert_eq!((&page["page"], &page["pageSize"]), (&json!(1), &json!(2)));
        assert_eq!((&page["totalItems"], &page["totalPages"]), (&json!(3), &json!(2)));
        assert!(page["data"][0].get("prescriptions").is_none());
        assert_eq!(names(&list("pageSize=2&page=2").await), ["c"]);
        assert_eq!(names(&list("page=9").await), [""; 0]);
        assert_eq!(names(&list("sortOrder=desc").await), ["c", "b", "a"]);
        assert_eq!(names(&list("sortBy=created_at").await), ["b", "c", "a"]);
        assert_eq!(names(&list("sortBy=created_at&sortOrder=desc").await), ["a", "c", "b"]);
        assert_eq!(list("pageSize=1000").await["pageSize"], 100);
        assert_eq!(names(&admin.get("/days?program_id=none").await.expect(200)), [""; 0]);
        for (query, field) in [("page=0", "page"), ("pageSize=x", "pageSize"), ("sortBy=slug", "sortBy"), ("sortOrder=up", "sortOrder")] {
            admin.get(&format!("/days?{query}")).await.refused(400, "validation failed", &[field]);
        }
    }

    async fn prescriptions_stand_in_their_order(server) {
        let admin = server.admin();
        let id = day(&admin, "Heavy").await;
        let (path, day) = (format!("/days/{id}/prescriptions"), format!("/days/{id}"));
        let (a, b, c) = (prescription(&admin).await, prescription(&admin).await, prescription(&admin).await);

        let first = admin.post(&path, json!({ "prescriptionId": a })).await.expect(201);
        assert_eq!(places(&first), [(a.as_str(), 0)]);
        assert_eq!((&first["id"], &first["slug"]), (&json!(id), &json!("heavy")));
        let place = first["prescriptions"][0].as_object().expect("a place");
        assert_eq!(place.keys().collect::<Vec<_>>(), ["createdAt", "id", "order", "prescriptionId"]);
        assert_ne!(place["id"], json!(a), "a place has an id of its own");

        admin.post(&path, json!({ "prescriptionId": b, "order": 5 })).await.expect(201);
        let last = admin.post(&path, json!({ "prescriptionId": c })).await.expect(201);
        assert_eq!(places(&last), [(a.as_str(), 0), (b.as_str(), 5), (c.as_str(), 6)]);
        admin.post(&path, json!({ "prescriptionId": b })).await.refused(409, "already exists", &[]);

        let body = json!({ "prescriptionIds": [c, a, b] });
        let reordered = admin.put(&format!("{path}/reorder"), body).await.expect(200);
        let order = [(c.as_str(), 0), (a.as_str(), 1), (b.as_str(), 2)];
        assert_eq!(places(&reordered), order);
        assert_eq!(places(&admin.get(&day).await.expect(200)), order);

        admin.delete(&format!("{path}/{a}")).await.expect(204);
        admin.delete(&format!("{path}/{a}")).await.refused(404, "not found", &[]);
        assert_eq!(places(&admin.get(&day).await.expect(200)), [(c.as_str(), 0), (b.as_str(), 2)]);
        admin.get(&format!("/prescriptions/{a}")).await.expect(200);
    }

    async fn a_bad_place_is_refused(server) {
        let admin = server.admin();
        let id = day(&admin, "Heavy").await;
        let path = format!("/days/{id}/prescriptions");
        let known = prescription(&admin).await;
        admin.post(&path, json!({ "order": -1 })).await.refused(
            400,
            "validation failed",
            &["prescriptionId is required", "order must be a whole number from 0 to 10000"],
        );
        for order in [json!(0.5), json!("1"), json!(10_001), json!(true)] {
            let body = json!({ "prescriptionId": known, "order": order });
            admin.post(&path, body).await.refused(400, "validation failed", &["order must be"]);
        }
        let body = json!({ "prescriptionId": "none" });
        admin.post(&path, body).await.refused(400, "validation failed", &["prescriptionId names no prescription"]);
        let ahead = json!({ "prescriptionId": known, "order": 10_000.0 });
        assert_eq!(places(&admin.post(&path, ahead).await.expect(201)), [(known.as_str(), 10_000)]);
    }

    async fn a_reordering_names_each_prescription_once(server) {
        let admin = server.admin();
        let id = day(&admin, "Heavy").await;
        let path = format!("/days/{id}/prescriptions");
        let (a, b) = (prescription(&admin).await, prescription(&admin).await);
        for known in [&a, &b] {
            admin.post(&path, json!({ "prescriptionId": known })).await.expect(201);
        }
        let path = format!("{path}/reorder");
        for bad in [
            json!([]),
            json!([a]),
            json!([a, a]),
            json!([a, b, b]),
            json!([a, "none"]),
            json!([a, 7]),
            json!(a),
            json!(null),
            json!(vec![a.clone(); 501]),
        ] {
            let body = json!({ "prescriptionIds": bad });
            admin.put(&path, body).await.refused(400, "validation failed", &["prescriptionIds"]);
        }
        admin.put(&path, json!({ "prescriptionIds": [b, a] })).await.expect(200);
    }

    async fn a_day_has_room_for_500_prescriptions(server) {
        let admin = server.admin();
        let id = day(&admin, "Heavy").await;
        let (path, model) = (format!("/days/{id}/prescriptions"), prescription(&admin).await);
        let (day_id, copied) = (id.clone(), model.clone());
        let filling = server.app.db.write(move |tx| {
            let model = prescriptions::get(tx, &copied)?;
            for order in 0..499 {
                let copy = Prescription { id: format!("copy-{order}"), ..model.clone() };
                prescriptions::insert(tx, &copy)?;
                let (id, day_id) = (format!("place-{order}"), day_id.clone());
                let prescription_id = copy.id;
                let created_at = copy.created_at;
                days::insert_prescription(tx, &DayPrescription { id, day_id, prescription_id, order, created_at })?;
            }
            Ok(())
        });
        filling.await.expect("the day fills");
        let full = admin.post(&path, json!({ "prescriptionId": model })).await.expect(201);
        for order in [json!(null), json!(0)] {
            let more = json!({ "prescriptionId": prescription(&admin).await, "order": order });
            let fault = "prescriptions must have at most 500 entries";
            admin.post(&path, more).await.refused(400, "validation failed", &[fault]);
        }
        let backwards: Vec<&str> = places(&full).into_iter().map(|(id, _)| id).rev().collect();
        let body = json!({ "prescriptionIds": backwards });
        let reordered = admin.put(&format!("{path}/reorder"), body).await.expect(200);
        assert_eq!(places(&reordered)[0], (model.as_str(), 0));
    }

    async fn a_day_in_a_week_stays(server) {
        let admin = server.admin();
        let (id, kept) = (day(&admin, "Heavy").await, prescription(&admin).await);
        let path = format!("/days/{id}");
        admin.post(&format!("{path}/prescriptions"), json!({ "prescriptionId": kept })).await.expect(201);
        let cycle = admin.post("/cycles", json!({ "name": "Four", "lengthWeeks": 4 })).await.id(201);
        let week = admin.post("/weeks", json!({ "cycleId": cycle, "weekNumber": 1 })).await.id(201);
        admin.post(&format!("/weeks/{week}/days"), json!({ "dayId": id })).await.expect(201);
        admin.delete(&path).await.refused(409, "cannot delete: it is referenced", &[]);
        admin.delete(&format!("/weeks/{week}/days/{id}")).await.expect(204);

        admin.delete(&path).await.expect(204);
        admin.get(&path).await.refused(404, "not found", &[]);
        admin.delete(&format!("/prescriptions/{kept}")).await.expect(204);
    }
}
