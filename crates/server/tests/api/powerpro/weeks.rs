//! `/weeks`.

use ferrum_store::weeks::{self, WeekDay};
use serde_json::{Value, json};

use crate::support::{Client, both};

async fn cycle(admin: &Client) -> String {
    admin.post("/cycles", json!({ "name": "Four Weeks", "lengthWeeks": 4 })).await.id(201)
}

async fn week(admin: &Client, cycle: &str, number: i64) -> String {
    admin.post("/weeks", json!({ "cycleId": cycle, "weekNumber": number })).await.id(201)
}

async fn day(admin: &Client, name: &str) -> String {
    admin.post("/days", json!({ "name": name })).await.id(201)
}

/// Day and position of each place.
fn places(week: &Value) -> Vec<(&str, i64)> {
    let places = week["days"].as_array().expect("days");
    places
        .iter()
        .map(|place| (place["dayId"].as_str().expect("id"), place["position"].as_i64().expect("position")))
        .collect()
}

both! {
    async fn a_week_has_the_documented_members(server) {
        let admin = server.admin();
        let cycle = cycle(&admin).await;
        let body = json!({ "cycleId": cycle, "weekNumber": 1, "name": " Week 1 " });
        let made = admin.post("/weeks", body).await.expect(201);
        let id = made["id"].as_str().expect("an id");
        let expected = json!({
            "id": id,
            "cycleId": cycle,
            "weekNumber": 1,
            "name": "Week 1",
            "days": [],
            "createdAt": "2026-01-05T08:00:00Z",
            "updatedAt": "2026-01-05T08:00:00Z"
        });
        assert_eq!(made, expected);
        assert_eq!(server.user("reader").get(&format!("/weeks/{id}")).await.expect(200), expected);

        let nameless = admin.post("/weeks", json!({ "cycleId": cycle, "weekNumber": 5.0 })).await.expect(201);
        assert_eq!(nameless["name"], Value::Null);
        assert_eq!(nameless["weekNumber"], 5, "a week may lie beyond the cycle's length");
        let nulled = json!({ "cycleId": cycle, "weekNumber": 500, "name": null });
        assert_eq!(admin.post("/weeks", nulled).await.expect(201)["name"], Value::Null);
    }

    async fn everything_wrong_with_a_week_is_said_at_once(server) {
        let admin = server.admin();
        let cycle = cycle(&admin).await;
        admin.post("/weeks", json!({ "cycleId": "none", "weekNumber": 0, "name": "" })).await.refused(
            400,
            "validation failed",
            &["cycleId names no cycle", "weekNumber must be a whole number from 1 to 500", "name must be"],
        );
        admin.post("/weeks", json!({})).await.refused(400, "validation failed", &["cycleId is required", "weekNumber is required"]);
        for number in [json!(-1), json!(1.5), json!("1"), json!(501), json!(true)] {
            let body = json!({ "cycleId": cycle, "weekNumber": number });
            admin.post("/weeks", body).await.refused(400, "validation failed", &["weekNumber must be"]);
        }
        let id = week(&admin, &cycle, 1).await;
        let body = json!({ "cycleId": null, "weekNumber": null, "name": "x".repeat(101) });
        admin.put(&format!("/weeks/{id}"), body).await.refused(
            400,
            "validation failed",
            &["cycleId cannot be null", "weekNumber cannot be null", "name must be"],
        );
    }

    async fn only_admins_change_weeks(server) {
        let admin = server.admin();
        let id = week(&admin, &cycle(&admin).await, 1).await;
        let path = format!("/weeks/{id}");
        for (client, status, error) in [
            (server.anonymous(), 401, "Authentication required"),
            (server.user("reader"), 403, "Admin privileges required"),
        ] {
            client.post("/weeks", json!({})).await.refused(status, error, &[]);
            client.put(&path, json!({})).await.refused(status, error, &[]);
            client.delete(&path).await.refused(status, error, &[]);
            client.post(&format!("{path}/days"), json!({})).await.refused(status, error, &[]);
            client.delete(&format!("{path}/days/x?position=x")).await.refused(status, error, &[]);
        }
        for path in ["/weeks", &path] {
            server.anonymous().get(path).await.refused(401, "Authentication required", &[]);
            server.user("reader").get(path).await.expect(200);
        }
    }

    async fn unknown_weeks_are_not_found(server) {
        let admin = server.admin();
        let known = day(&admin, "Known").await;
        admin.get("/weeks/none").await.refused(404, "not found", &[]);
        admin.put("/weeks/none", json!({ "weekNumber": 1 })).await.refused(404, "not found", &[]);
        admin.put("/weeks/none", json!({ "weekNumber": 0 })).await.refused(400, "validation failed", &["weekNumber"]);
        admin.delete("/weeks/none").await.refused(404, "not found", &[]);
        admin.post("/weeks/none/days", json!({ "dayId": known })).await.refused(404, "not found", &[]);
        admin.delete(&format!("/weeks/none/days/{known}")).await.refused(404, "not found", &[]);
    }

    async fn a_number_is_one_weeks_of_a_cycle(server) {
        let admin = server.admin();
        let (first, second) = (cycle(&admin).await, cycle(&admin).await);
        week(&admin, &first, 1).await;
        let other = week(&admin, &first, 2).await;
        week(&admin, &second, 2).await;
        let body = json!({ "cycleId": first, "weekNumber": 1 });
        admin.post("/weeks", body).await.refused(409, "already exists", &[]);
        let path = format!("/weeks/{other}");
        admin.put(&path, json!({ "weekNumber": 1 })).await.refused(409, "already exists", &[]);
        admin.put(&path, json!({ "cycleId": second })).await.refused(409, "already exists", &[]);
        admin.put(&path, json!({ "weekNumber": 2 })).await.expect(200);
        admin.put(&path, json!({ "cycleId": second, "weekNumber": 3 })).await.expect(200);
    }

    async fn a_put_changes_what_it_names(server) {
        let admin = server.admin();
        let cycle = cycle(&admin).await;
        let body = json!({ "cycleId": cycle, "weekNumber": 1, "name": "Light" });
        let id = admin.post("/weeks", body).await.id(201);
        let path = format!("/weeks/{id}");
        let day = day(&admin, "Squats").await;
        admin.post(&format!("{path}/days"), json!({ "dayId": day })).await.expect(201);
        server.advance_clock(60_000);
        let changed = admin.put(&path, json!({ "weekNumber": 3 })).await.expect(200);
        assert_eq!((&changed["weekNumber"], &changed["name"]), (&json!(3), &json!("Light")));
        assert_eq!(changed["createdAt"], "2026-01-05T08:00:00Z");
        assert_eq!(changed["updatedAt"], "2026-01-05T08:01:00Z");
        assert_eq!(places(&changed), [(day.as_str(), 0)]);
        assert_eq!(admin.put(&path, json!({ "name": "Heavy" })).await.expect(200)["name"], "Heavy");
        let cleared = admin.put(&path, json!({ "name": null })).await.expect(200);
        assert_eq!((&cleared["weekNumber"], &cleared["name"]), (&json!(3), &Value::Null));
    }

    async fn weeks_are_listed_in_pages(server) {
        let admin = server.admin();
        let cycle = cycle(&admin).await;
        let before = admin.get("/weeks").await.expect(200)["totalItems"].as_u64().expect("a number");
        // Numbers that no built-in program reaches, so that these three end every list.
        for number in [401, 403, 402] {
            week(&admin, &cycle, number).await;
            server.advance_clock(1000);
        }
        let list = |query: &'static str| {
            let admin = admin.clone();
            async move {
                let page = admin.get(&format!("/weeks?pageSize=3&{query}")).await.expect(200);
                let data = page["data"].as_array().expect("data").clone();
                let numbers: Vec<i64> = data.iter().map(|week| week["weekNumber"].as_i64().expect("number")).collect();
                assert!(data.iter().all(|week| week["days"].is_array()));
                (numbers, page["totalItems"].as_u64().expect("a number"))
            }
        };
        assert_eq!(list("sortOrder=desc").await, (vec![403, 402, 401], before + 3));
        assert_eq!(list("sortBy=week_number&sortOrder=desc").await.0, [403, 402, 401]);
        assert_eq!(list("sortBy=created_at&sortOrder=desc").await.0, [402, 403, 401]);
        assert_eq!(list("page=100000").await, (vec![], before + 3));
        let ascending = admin.get("/weeks?pageSize=100").await.expect(200);
        let numbers: Vec<i64> =
            ascending["data"].as_array().expect("data").iter().filter_map(|week| week["weekNumber"].as_i64()).collect();
        assert!(numbers.is_sorted(), "{numbers:?}");
        for (query, field) in [("page=x", "page"), ("pageSize=0", "pageSize"), ("sortBy=name", "sortBy"), ("sortOrder=up", "sortOrder")] {
            admin.get(&format!("/weeks?{query}")).await.refused(400, "validation failed", &[field]);
        }
    }

    async fn days_stand_in_order_and_may_repeat(server) {
        let admin = server.admin();
        let id = week(&admin, &cycle(&admin).await, 1).await;
        let (week, path) = (format!("/weeks/{id}"), format!("/weeks/{id}/days"));
        let (a, b) = (day(&admin, "A").await, day(&admin, "B").await);
        let (a, b) = (a.as_str(), b.as_str());

        let first = admin.post(&path, json!({ "dayId": a })).await.expect(201);
        assert_eq!(places(&first), [(a, 0)]);
        assert_eq!(first["id"], json!(id));
        let place = first["days"][0].as_object().expect("a place");
        assert_eq!(place.keys().collect::<Vec<_>>(), ["dayId", "id", "position"]);
        admin.post(&path, json!({ "dayId": b, "position": 4 })).await.expect(201);
        let third = admin.post(&path, json!({ "dayId": a })).await.expect(201);
        assert_eq!(places(&third), [(a, 0), (b, 4), (a, 5)]);
        admin.post(&path, json!({ "dayId": b, "position": 0 })).await.expect(201);
        let tied = admin.post(&path, json!({ "dayId": a, "position": 0 })).await.expect(201);
        assert_eq!(places(&tied), [(a, 0), (b, 0), (a, 0), (b, 4), (a, 5)], "ties stand in the order of adding");
        assert_eq!(admin.get(&week).await.expect(200), tied);

        admin.delete(&format!("{path}/{a}?position=5")).await.expect(204);
        assert_eq!(places(&admin.get(&week).await.expect(200)), [(a, 0), (b, 0), (a, 0), (b, 4)]);
        admin.delete(&format!("{path}/{a}?position=5")).await.refused(404, "not found", &[]);
        admin.delete(&format!("{path}/{b}?position=1")).await.refused(404, "not found", &[]);
        admin.delete(&format!("{path}/{a}")).await.expect(204);
        assert_eq!(places(&admin.get(&week).await.expect(200)), [(b, 0), (b, 4)]);
        admin.delete(&format!("{path}/{a}")).await.refused(404, "not found", &[]);
        for bad in ["-1", "x", "1.5", ""] {
            let path = format!("{path}/{b}?position={bad}");
            admin.delete(&path).await.refused(400, "validation failed", &["position"]);
        }
        admin.get(&format!("/days/{a}")).await.expect(200);

        admin.post(&path, json!({ "dayId": b, "position": 4 })).await.expect(201);
        admin.delete(&format!("{path}/{b}?position=4")).await.expect(204);
        assert_eq!(places(&admin.get(&week).await.expect(200)), [(b, 0), (b, 4)], "one of two at the same place");
    }

    async fn a_bad_place_is_refused(server) {
        let admin = server.admin();
        let id = week(&admin, &cycle(&admin).await, 1).await;
        let path = format!("/weeks/{id}/days");
        admin.post(&path, json!({ "position": -1 })).await.refused(
            400,
            "validation failed",
            &["dayId is required", "position must be a whole number from 0 to 10000"],
        );
        admin.post(&path, json!({ "dayId": "none", "position": "first" })).await.refused(
            400,
            "validation failed",
            &["dayId names no day", "position must be"],
        );
        for bad in ["", "x", "-1", "%2B0", "1.0"] {
            let answer = admin.delete(&format!("{path}/none?position={bad}")).await;
            answer.refused(400, "validation failed", &["position must be a whole number of at least 0"]);
        }
        for missing in ["0", "99999999999999999999"] {
            admin.delete(&format!("{path}/none?position={missing}")).await.refused(404, "not found", &[]);
        }
    }

    async fn a_week_has_room_for_500_days(server) {
        let admin = server.admin();
        let id = week(&admin, &cycle(&admin).await, 1).await;
        let day_id = day(&admin, "Squats").await;
        let (path, body) = (format!("/weeks/{id}/days"), json!({ "dayId": day_id }));
        let filling = server.app.db.write(move |tx| {
            for position in 0..499 {
                let (id, week_id, day_id) = (format!("place-{position}"), id.clone(), day_id.clone());
                weeks::insert_day(tx, &WeekDay { id, week_id, day_id, position })?;
            }
            Ok(())
        });
        filling.await.expect("the week fills");
        admin.post(&path, body.clone()).await.expect(201);
        let refused = admin.post(&path, body).await;
        refused.refused(400, "validation failed", &["days must have at most 500 entries"]);
    }

    async fn a_week_takes_its_places_along(server) {
        let admin = server.admin();
        let id = week(&admin, &cycle(&admin).await, 1).await;
        let day = day(&admin, "Squats").await;
        admin.post(&format!("/weeks/{id}/days"), json!({ "dayId": day })).await.expect(201);
        admin.delete(&format!("/weeks/{id}")).await.expect(204);
        admin.get(&format!("/weeks/{id}")).await.refused(404, "not found", &[]);
        admin.delete(&format!("/days/{day}")).await.expect(204);
    }
}
