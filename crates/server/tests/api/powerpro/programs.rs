//! `/programs`.

use serde_json::{Value, json};

use crate::support::{Client, both};

async fn cycle(admin: &Client) -> String {
    admin.post("/cycles", json!({ "name": "Four Weeks", "lengthWeeks": 4 })).await.id(201)
}

async fn weekly(admin: &Client) -> String {
    admin.post("/weekly-lookups", json!({ "name": "Waves", "entries": { "1": 65 } })).await.id(201)
}

async fn daily(admin: &Client) -> String {
    admin.post("/daily-lookups", json!({ "name": "Heavy/Light", "entries": { "monday": 100 } })).await.id(201)
}

async fn program(admin: &Client, name: &str, slug: &str) -> String {
    let cycle = cycle(admin).await;
    admin.post("/programs", json!({ "name": name, "slug": slug, "cycleId": cycle })).await.id(201)
}

fn names(page: &Value) -> Vec<&str> {
    page["data"].as_array().expect("data").iter().map(|row| row["name"].as_str().expect("a name")).collect()
}

both! {
    async fn a_program_has_the_documented_members(server) {
        let admin = server.admin();
        let (cycle, weekly, daily) = (cycle(&admin).await, weekly(&admin).await, daily(&admin).await);
        let body = json!({
            "name": " Wendler 5/3/1 ", "slug": "wendler-531", "description": "Big\nlifts", "cycleId": cycle,
            "weeklyLookupId": weekly, "dailyLookupId": daily, "defaultRounding": 2.5
        });
        let made = admin.post("/programs", body).await.expect(201);
        let id = made["id"].as_str().expect("an id");
        let expected = json!({
            "id": id,
            "name": "Wendler 5/3/1",
            "slug": "wendler-531",
            "description": "Big\nlifts",
            "cycleId": cycle,
            "weeklyLookupId": weekly,
            "dailyLookupId": daily,
            "defaultRounding": 2.5,
            "createdAt": "2026-01-05T08:00:00Z",
            "updatedAt": "2026-01-05T08:00:00Z"
        });
        assert_eq!(made, expected);
        let user = server.user("reader");
        assert_eq!(user.get("/programs").await.expect(200)["data"], json!([expected]));

        let mut weeks = Vec::new();
        for number in [2, 1] {
            let week = json!({ "cycleId": cycle, "weekNumber": number, "name": "Heavy" });
            weeks.insert(0, json!({ "id": admin.post("/weeks", week).await.id(201), "weekNumber": number }));
        }
        let detail = json!({
            "id": id,
            "name": "Wendler 5/3/1",
            "slug": "wendler-531",
            "description": "Big\nlifts",
            "cycle": { "id": cycle, "name": "Four Weeks", "lengthWeeks": 4, "weeks": weeks },
            "weeklyLookup": { "id": weekly, "name": "Waves" },
            "dailyLookup": { "id": daily, "name": "Heavy/Light" },
            "defaultRounding": 2.5,
            "createdAt": "2026-01-05T08:00:00Z",
            "updatedAt": "2026-01-05T08:00:00Z"
        });
        assert_eq!(user.get(&format!("/programs/{id}")).await.expect(200), detail);
    }

    async fn what_a_program_lacks_is_null(server) {
        let admin = server.admin();
        let cycle = cycle(&admin).await;
        for (slug, body) in [
            ("absent", json!({})),
            ("null", json!({ "description": null, "weeklyLookupId": null, "dailyLookupId": null, "defaultRounding": null })),
        ] {
            let mut body = body;
            body["name"] = json!("Least");
            body["slug"] = json!(slug);
            body["cycleId"] = json!(cycle);
            let made = admin.post("/programs", body).await.expect(201);
            for member in ["description", "weeklyLookupId", "dailyLookupId", "defaultRounding"] {
                assert_eq!(made.get(member), Some(&Value::Null), "{member}");
            }
            let detail = admin.get(&format!("/programs/{}", made["id"].as_str().expect("an id"))).await.expect(200);
            assert_eq!(detail["cycle"]["weeks"], json!([]));
            for member in ["description", "weeklyLookup", "dailyLookup", "defaultRounding"] {
                assert_eq!(detail.get(member), Some(&Value::Null), "{member}");
            }
        }
    }

    async fn everything_wrong_with_a_program_is_said_at_once(server) {
        let admin = server.admin();
        admin.post("/programs", json!({})).await.refused(
            400,
            "validation failed",
            &["name is required", "slug is required", "cycleId is required"],
        );
        let unknown = [
            "name must be", "slug must be", "description must be", "cycleId names no cycle",
            "weeklyLookupId names no weekly lookup", "dailyLookupId names no daily lookup", "defaultRounding must be",
        ];
        let body = json!({
            "name": " ", "slug": "Not A Slug", "description": "x".repeat(2001), "cycleId": "none",
            "weeklyLookupId": "none", "dailyLookupId": "a\u{0}b", "defaultRounding": 0
        });
        admin.post("/programs", body.clone()).await.refused(400, "validation failed", &unknown);
        let id = program(&admin, "Kept", "kept").await;
        admin.put(&format!("/programs/{id}"), body).await.refused(400, "validation failed", &unknown);

        let mistyped = json!({
            "name": 5, "slug": true, "description": ["x"], "cycleId": 1,
            "weeklyLookupId": {}, "dailyLookupId": 7, "defaultRounding": "5"
        });
        let wrong = [
            "name must be a string", "slug must be a string", "description must be a string", "cycleId must be a string",
            "weeklyLookupId must be a string", "dailyLookupId must be a string", "defaultRounding must be a number",
        ];
        admin.post("/programs", mistyped.clone()).await.refused(400, "validation failed", &wrong);
        admin.put(&format!("/programs/{id}"), mistyped).await.refused(400, "validation failed", &wrong);
        admin.put(&format!("/programs/{id}"), json!({ "name": null, "slug": null, "cycleId": null })).await.refused(
            400,
            "validation failed",
            &["name cannot be null", "slug cannot be null", "cycleId cannot be null"],
        );
        assert_eq!(admin.get("/programs").await.expect(200)["totalItems"], 1);
    }

    async fn lookups_are_of_their_own_kind(server) {
        let admin = server.admin();
        let (cycle, weekly, daily) = (cycle(&admin).await, weekly(&admin).await, daily(&admin).await);
        let body = json!({ "name": "x", "slug": "x", "cycleId": cycle, "weeklyLookupId": daily, "dailyLookupId": weekly });
        admin.post("/programs", body).await.refused(400, "validation failed", &["weeklyLookupId", "dailyLookupId"]);
    }

    async fn numbers_and_texts_have_limits(server) {
        let admin = server.admin();
        let path = format!("/programs/{}", program(&admin, "Kept", "kept").await);
        for rounding in [json!(-5), json!(10_000.001), json!(2.5001), json!(true), json!([5])] {
            let body = json!({ "defaultRounding": rounding });
            admin.put(&path, body).await.refused(400, "validation failed", &["defaultRounding must be"]);
        }
        for rounding in [0.001, 1.25, 10_000.0] {
            let body = json!({ "defaultRounding": rounding });
            assert_eq!(admin.put(&path, body).await.expect(200)["defaultRounding"], json!(rounding));
        }
        for description in ["É".repeat(2000), "5/3/1 \u{1F4AA}\ttabs and\nlines".to_owned()] {
            let body = json!({ "description": description });
            assert_eq!(admin.put(&path, body.clone()).await.expect(200)["description"], body["description"]);
        }
        for control in ["a\u{0}b", "a\u{7}b", "\u{1b}[2J", "\u{85}"] {
            let fault = "description must not contain control characters other than line ends and tabs";
            let answer = admin.put(&path, json!({ "description": control })).await;
            answer.refused(400, "validation failed", &[fault]);
        }
    }

    async fn only_admins_change_programs(server) {
        let path = format!("/programs/{}", program(&server.admin(), "Kept", "kept").await);
        for (client, status, error) in [
            (server.anonymous(), 401, "Authentication required"),
            (server.user("reader"), 403, "Admin privileges required"),
        ] {
            client.post("/programs", json!({})).await.refused(status, error, &[]);
            client.put(&path, json!({})).await.refused(status, error, &[]);
            client.delete(&path).await.refused(status, error, &[]);
        }
        for path in ["/programs", &path] {
            server.anonymous().get(path).await.refused(401, "Authentication required", &[]);
            server.user("reader").get(path).await.expect(200);
        }
    }

    async fn unknown_programs_are_not_found(server) {
        let admin = server.admin();
        program(&admin, "Kept", "kept").await;
        for id in ["none", "%00", "kept"] {
            let path = format!("/programs/{id}");
            admin.get(&path).await.refused(404, "not found", &[]);
            admin.put(&path, json!({ "name": "x" })).await.refused(404, "not found", &[]);
            admin.put(&path, json!({ "cycleId": "none" })).await.refused(400, "validation failed", &["cycleId"]);
            admin.delete(&path).await.refused(404, "not found", &[]);
        }
    }

    async fn programs_are_listed_in_pages(server) {
        let admin = server.admin();
        let empty = json!({ "data": [], "page": 1, "pageSize": 20, "totalItems": 0, "totalPages": 0 });
        assert_eq!(admin.get("/programs").await.expect(200), empty);
        for name in ["Texas Method", "5/3/1", "Sheiko"] {
            let slug = name.to_lowercase().replace([' ', '/'], "-");
            program(&admin, name, &slug).await;
            server.advance_clock(1000);
        }
        for (query, expected) in [
            ("", vec!["5/3/1", "Sheiko", "Texas Method"]),
            ("sortBy=name&sortOrder=desc", vec!["Texas Method", "Sheiko", "5/3/1"]),
            ("sortBy=created_at", vec!["Texas Method", "5/3/1", "Sheiko"]),
            ("sortBy=created_at&sortOrder=desc&pageSize=2", vec!["Sheiko", "5/3/1"]),
            ("pageSize=2&page=2", vec!["Texas Method"]),
            ("page=9", vec![]),
        ] {
            let page = admin.get(&format!("/programs?{query}")).await.expect(200);
            assert_eq!((names(&page), &page["totalItems"]), (expected, &json!(3)), "{query}");
        }
        for (query, field) in
            [("page=x", "page"), ("pageSize=0", "pageSize"), ("sortBy=slug", "sortBy"), ("sortOrder=up", "sortOrder")]
        {
            admin.get(&format!("/programs?{query}")).await.refused(400, "validation failed", &[field]);
        }
    }

    async fn a_put_changes_what_it_names_and_null_clears(server) {
        let admin = server.admin();
        let path = format!("/programs/{}", program(&admin, "Old", "old").await);
        let before = admin.get("/programs").await.expect(200)["data"][0].clone();
        let (other, weekly, daily) = (cycle(&admin).await, weekly(&admin).await, daily(&admin).await);
        server.advance_clock(60_000);

        let mut expected = before.clone();
        expected["name"] = json!("New");
        expected["updatedAt"] = json!("2026-01-05T08:01:00Z");
        assert_eq!(admin.put(&path, json!({ "name": " New " })).await.expect(200), expected);

        let body = json!({
            "slug": "new", "description": "Better", "cycleId": other, "weeklyLookupId": weekly, "dailyLookupId": daily,
            "defaultRounding": 1.25
        });
        for (member, value) in body.as_object().expect("an object") {
            expected[member] = value.clone();
        }
        assert_eq!(admin.put(&path, body).await.expect(200), expected);
        assert_eq!(admin.put(&path, json!({})).await.expect(200), expected);

        for member in ["description", "weeklyLookupId", "dailyLookupId", "defaultRounding"] {
            expected[member] = Value::Null;
            assert_eq!(admin.put(&path, json!({ member: null })).await.expect(200), expected);
        }
        assert_eq!(admin.get("/programs").await.expect(200)["data"], json!([expected]));
        assert_eq!(admin.get(&path).await.expect(200)["cycle"]["id"], other);
    }

    async fn an_empty_description_is_none(server) {
        let admin = server.admin();
        let path = format!("/programs/{}", program(&admin, "Kept", "kept").await);
        admin.put(&path, json!({ "description": "x" })).await.expect(200);
        assert_eq!(admin.put(&path, json!({ "description": "" })).await.expect(200)["description"], Value::Null);
    }

    async fn slugs_are_unique(server) {
        let admin = server.admin();
        let (first, second) = (program(&admin, "First", "first").await, program(&admin, "Second", "second").await);
        let again = json!({ "name": "First", "slug": "first", "cycleId": cycle(&admin).await });
        admin.post("/programs", again.clone()).await.refused(409, "slug already exists", &["slug"]);
        let taken = json!({ "slug": "first" });
        admin.put(&format!("/programs/{second}"), taken.clone()).await.refused(409, "slug already exists", &["slug"]);
        admin.put(&format!("/programs/{first}"), taken).await.expect(200);
        admin.delete(&format!("/programs/{first}")).await.expect(204);
        admin.post("/programs", again).await.expect(201);
    }

    async fn a_program_shows_its_parts_as_they_are_now(server) {
        let admin = server.admin();
        let (cycle, weekly, daily) = (cycle(&admin).await, weekly(&admin).await, daily(&admin).await);
        let body = json!({
            "name": "x", "slug": "x", "cycleId": cycle, "weeklyLookupId": weekly, "dailyLookupId": daily
        });
        let path = format!("/programs/{}", admin.post("/programs", body).await.id(201));
        assert_eq!(admin.get(&path).await.expect(200)["cycle"]["weeks"], json!([]));

        let week = admin.post("/weeks", json!({ "cycleId": cycle, "weekNumber": 3 })).await.id(201);
        let weeks = json!([{ "id": week, "weekNumber": 3 }]);
        assert_eq!(admin.get(&path).await.expect(200)["cycle"]["weeks"], weeks);
        admin.delete(&format!("/weeks/{week}")).await.expect(204);
        assert_eq!(admin.get(&path).await.expect(200)["cycle"]["weeks"], json!([]));

        let renamed = json!({ "name": "Renamed" });
        for (part, member) in [
            (format!("/cycles/{cycle}"), "cycle"),
            (format!("/weekly-lookups/{weekly}"), "weeklyLookup"),
            (format!("/daily-lookups/{daily}"), "dailyLookup"),
        ] {
            admin.put(&part, renamed.clone()).await.expect(200);
            assert_eq!(admin.get(&path).await.expect(200)[member]["name"], "Renamed", "{member}");
        }
    }

    async fn a_program_takes_its_configurations_along(server) {
        let admin = server.admin();
        let id = program(&admin, "Gone", "gone").await;
        let path = format!("/programs/{id}");
        let progression = json!({
            "name": "Up", "type": "CYCLE", "parameters": { "increment": 5, "maxType": "TRAINING_MAX" }
        });
        let progression = admin.post("/progressions", progression).await.id(201);
        admin.post(&format!("{path}/progressions"), json!({ "progressionId": progression })).await.expect(201);
        admin.delete(&path).await.expect(204);
        admin.delete(&path).await.refused(404, "not found", &[]);
        admin.get(&path).await.refused(404, "not found", &[]);
        admin.get(&format!("{path}/progressions")).await.refused(404, "not found", &[]);
        admin.delete(&format!("/progressions/{progression}")).await.expect(204);
    }

    async fn a_program_in_use_stays(server) {
        let admin = server.admin();
        let id = program(&admin, "Used", "used").await;
        let path = format!("/programs/{id}");
        let lifter = server.user("lifter");
        lifter.post("/users/lifter/program", json!({ "programId": id })).await.expect(201);
        admin.delete(&path).await.refused(409, "cannot delete: it is referenced", &["enrollments"]);
        lifter.delete("/users/lifter/program").await.expect(204);

        let day = admin.post("/days", json!({ "name": "Heavy", "programId": id })).await.id(201);
        admin.delete(&path).await.refused(409, "cannot delete: it is referenced", &["days"]);
        admin.delete(&format!("/days/{day}")).await.expect(204);
        admin.delete(&path).await.expect(204);
    }
}
