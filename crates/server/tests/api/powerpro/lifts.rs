//! `/lifts`.

use serde_json::{Value, json};

use crate::support::{Client, both};

async fn lift(admin: &Client, name: &str) -> String {
    admin.post("/lifts", json!({ "name": name })).await.id(201)
}

async fn variation(admin: &Client, name: &str, parent: &str) -> String {
    admin.post("/lifts", json!({ "name": name, "parentLiftId": parent })).await.id(201)
}

fn names(page: &Value) -> Vec<&str> {
    page["data"].as_array().expect("data").iter().map(|lift| lift["name"].as_str().expect("a name")).collect()
}

both! {
    async fn a_lift_has_the_documented_members(server) {
        let admin = server.admin();
        let parent = lift(&admin, "Squat").await;
        let body = json!({
            "name": "  Front Squat ", "slug": "fsq", "isCompetitionLift": true, "parentLiftId": parent, "id": "ours"
        });
        let made = admin.post("/lifts", body).await.expect(201);
        let id = made["id"].as_str().expect("an id");
        let expected = json!({
            "id": id,
            "name": "Front Squat",
            "slug": "fsq",
            "isCompetitionLift": true,
            "parentLiftId": parent,
            "createdAt": "2026-01-05T08:00:00Z",
            "updatedAt": "2026-01-05T08:00:00Z"
        });
        assert_eq!(made, expected);
        assert_ne!(id, "ours", "unknown members are ignored");
        let user = server.user("reader");
        assert_eq!(user.get(&format!("/lifts/{id}")).await.expect(200), expected);
        assert_eq!(user.get("/lifts/by-slug/fsq").await.expect(200), expected);

        let least = json!({ "name": "Élévation", "slug": null, "isCompetitionLift": null, "parentLiftId": null });
        let least = admin.post("/lifts", least).await.expect(201);
        assert_eq!(least["slug"], "elevation");
        assert_eq!((&least["isCompetitionLift"], &least["parentLiftId"]), (&json!(false), &Value::Null));
    }

    async fn everything_wrong_with_a_lift_is_said_at_once(server) {
        let admin = server.admin();
        let body = json!({ "name": " ", "slug": "Not A Slug", "isCompetitionLift": "yes", "parentLiftId": "none" });
        admin.post("/lifts", body).await.refused(
            400,
            "validation failed",
            &["name must be", "slug must be", "isCompetitionLift must be true or false", "parentLiftId names no lift"],
        );
        admin.post("/lifts", json!({})).await.refused(400, "validation failed", &["name is required"]);
        admin.post("/lifts", json!({ "name": "!!!" })).await.refused(400, "validation failed", &["slug is required"]);
        for name in [json!(5), json!(""), json!("x".repeat(101)), json!("a\u{0}b"), json!("a\nb"), json!(["Squat"])] {
            admin.post("/lifts", json!({ "name": name })).await.refused(400, "validation failed", &["name must be"]);
        }
        for slug in [json!(""), json!("-a"), json!("a--b"), json!("é"), json!("x".repeat(101)), json!(1)] {
            let body = json!({ "name": "Squat", "slug": slug });
            admin.post("/lifts", body).await.refused(400, "validation failed", &["slug must be"]);
        }
        for body in ["", "{", "[]", "\"Squat\"", "null", "{\"name\": \"Squat\"} {}"] {
            let answer = admin.send("POST", "/lifts", Some(body.into())).await;
            answer.refused(400, "validation failed", &["body"]);
        }
        assert_eq!(admin.get("/lifts").await.expect(200)["totalItems"], 0);

        let longest = json!({ "name": "É".repeat(100), "slug": "x".repeat(100) });
        let id = admin.post("/lifts", longest).await.id(201);
        let body = json!({
            "name": null, "slug": null, "isCompetitionLift": null, "parentLiftId": 7, "clearParentLift": "no"
        });
        admin.put(&format!("/lifts/{id}"), body).await.refused(
            400,
            "validation failed",
            &[
                "name cannot be null",
                "slug cannot be null",
                "isCompetitionLift cannot be null",
                "parentLiftId must be a string",
                "clearParentLift must be true or false",
            ],
        );
        let body = json!({ "name": "", "slug": "", "parentLiftId": "none" });
        admin.put(&format!("/lifts/{id}"), body).await.refused(
            400,
            "validation failed",
            &["name must be", "slug must be", "parentLiftId names no lift"],
        );
    }

    async fn only_admins_change_lifts(server) {
        let id = lift(&server.admin(), "Squat").await;
        let path = format!("/lifts/{id}");
        for (client, status, error) in [
            (server.anonymous(), 401, "Authentication required"),
            (server.user("reader"), 403, "Admin privileges required"),
        ] {
            client.post("/lifts", json!({ "name": "x" })).await.refused(status, error, &[]);
            client.put(&path, json!({ "name": "x" })).await.refused(status, error, &[]);
            client.delete(&path).await.refused(status, error, &[]);
        }
        for path in ["/lifts", &path, "/lifts/by-slug/squat"] {
            server.anonymous().get(path).await.refused(401, "Authentication required", &[]);
            server.user("reader").get(path).await.expect(200);
        }
        assert_eq!(server.admin().get(&path).await.expect(200)["name"], "Squat");
    }

    async fn unknown_lifts_are_not_found(server) {
        let admin = server.admin();
        for path in ["/lifts/none", "/lifts/by-slug/none", "/lifts/%00", "/lifts/by-slug/%00"] {
            admin.get(path).await.refused(404, "not found", &[]);
        }
        admin.put("/lifts/none", json!({ "name": "x" })).await.refused(404, "not found", &[]);
        admin.put("/lifts/none", json!({ "name": "" })).await.refused(400, "validation failed", &["name"]);
        admin.delete("/lifts/none").await.refused(404, "not found", &[]);
    }

    async fn lifts_are_listed_in_pages(server) {
        let admin = server.admin();
        let empty = json!({ "data": [], "page": 1, "pageSize": 20, "totalItems": 0, "totalPages": 0 });
        assert_eq!(admin.get("/lifts").await.expect(200), empty);
        for (name, competition) in [("Squat", true), ("row", false), ("Bench Press", true), ("Deadlift", true)] {
            admin.post("/lifts", json!({ "name": name, "isCompetitionLift": competition })).await.expect(201);
            server.advance_clock(1000);
        }
        let first = admin.get("/lifts?pageSize=3").await.expect(200);
        assert_eq!(names(&first), ["Bench Press", "Deadlift", "Squat"], "upper case before lower case");
        let rest = |page: &Value| {
            ["page", "pageSize", "totalItems", "totalPages"].map(|name| page[name].as_u64().expect("a number"))
        };
        assert_eq!(rest(&first), [1, 3, 4, 2]);
        let second = admin.get("/lifts?pageSize=3&page=2").await.expect(200);
        assert_eq!((names(&second), rest(&second)), (vec!["row"], [2, 3, 4, 2]));
        let beyond = admin.get("/lifts?pageSize=3&page=3").await.expect(200);
        assert_eq!((names(&beyond), rest(&beyond)), (vec![], [3, 3, 4, 2]));
        assert_eq!(admin.get("/lifts?pageSize=1000").await.expect(200)["pageSize"], 100);

        for (query, expected) in [
            ("sortBy=name&sortOrder=desc", ["row", "Squat", "Deadlift", "Bench Press"]),
            ("sortBy=created_at", ["Squat", "row", "Bench Press", "Deadlift"]),
            ("sortBy=created_at&sortOrder=desc", ["Deadlift", "Bench Press", "row", "Squat"]),
        ] {
            assert_eq!(names(&admin.get(&format!("/lifts?{query}")).await.expect(200)), expected, "{query}");
        }
        let competition = admin.get("/lifts?is_competition_lift=true&sortOrder=desc").await.expect(200);
        assert_eq!((names(&competition), rest(&competition)), (vec!["Squat", "Deadlift", "Bench Press"], [1, 20, 3, 1]));
        assert_eq!(names(&admin.get("/lifts?is_competition_lift=false").await.expect(200)), ["row"]);

        for (query, field) in [
            ("page=0", "page"),
            ("page=-1", "page"),
            ("page=1.5", "page"),
            ("page=", "page"),
            ("pageSize=0", "pageSize"),
            ("pageSize=ten", "pageSize"),
            ("sortBy=slug", "sortBy"),
            ("sortOrder=up", "sortOrder"),
            ("is_competition_lift=1", "is_competition_lift"),
        ] {
            admin.get(&format!("/lifts?{query}")).await.refused(400, "validation failed", &[field]);
        }
        admin.get("/lifts?page=0&pageSize=x&sortBy=y&sortOrder=z&is_competition_lift=").await.refused(
            400,
            "validation failed",
            &["page must", "pageSize must", "sortBy must", "sortOrder must", "is_competition_lift must"],
        );
    }

    async fn lifts_of_one_name_keep_their_order(server) {
        let admin = server.admin();
        for number in 0..5 {
            admin.post("/lifts", json!({ "name": "Curl", "slug": format!("curl-{number}") })).await.expect(201);
        }
        for sort in ["name", "created_at"] {
            for (order, expected) in [("asc", [0, 1, 2, 3, 4]), ("desc", [4, 3, 2, 1, 0])] {
                let mut seen = Vec::new();
                for page in 1..=3 {
                    let query = format!("/lifts?sortBy={sort}&sortOrder={order}&pageSize=2&page={page}");
                    let page = admin.get(&query).await.expect(200);
                    seen.extend(page["data"].as_array().expect("data").iter().map(|lift| lift["slug"].clone()));
                }
                assert_eq!(seen, expected.map(|number| json!(format!("curl-{number}"))), "{sort} {order}");
            }
        }
    }

    async fn a_put_changes_what_it_names(server) {
        let admin = server.admin();
        let (squat, bench) = (lift(&admin, "Squat").await, lift(&admin, "Bench Press").await);
        let id = variation(&admin, "Front Squat", &squat).await;
        let path = format!("/lifts/{id}");
        server.advance_clock(60_000);

        let renamed = admin.put(&path, json!({ "name": " Box Squat " })).await.expect(200);
        let expected = json!({
            "id": id,
            "name": "Box Squat",
            "slug": "front-squat",
            "isCompetitionLift": false,
            "parentLiftId": squat,
            "createdAt": "2026-01-05T08:00:00Z",
            "updatedAt": "2026-01-05T08:01:00Z"
        });
        assert_eq!(renamed, expected);
        assert_eq!(admin.get(&path).await.expect(200), expected);
        assert_eq!(admin.put(&path, json!({})).await.expect(200), expected);

        let body = json!({
            "slug": "box-squat", "isCompetitionLift": true, "parentLiftId": bench, "clearParentLift": false
        });
        let changed = admin.put(&path, body).await.expect(200);
        assert_eq!((&changed["slug"], &changed["isCompetitionLift"]), (&json!("box-squat"), &json!(true)));
        assert_eq!(changed["parentLiftId"], bench);
        admin.get("/lifts/by-slug/front-squat").await.refused(404, "not found", &[]);
        assert_eq!(admin.get("/lifts/by-slug/box-squat").await.id(200), id);
    }

    async fn a_parent_is_cleared_by_null_or_by_the_flag(server) {
        let admin = server.admin();
        let squat = lift(&admin, "Squat").await;
        let path = format!("/lifts/{}", variation(&admin, "Front Squat", &squat).await);
        for clearing in [
            json!({ "parentLiftId": null }),
            json!({ "clearParentLift": true }),
            json!({ "clearParentLift": true, "parentLiftId": squat }),
        ] {
            let adopted = admin.put(&path, json!({ "parentLiftId": squat })).await.expect(200);
            assert_eq!(adopted["parentLiftId"], squat);
            assert_eq!(admin.put(&path, clearing).await.expect(200)["parentLiftId"], Value::Null);
        }
    }

    async fn no_lift_is_its_own_ancestor(server) {
        let admin = server.admin();
        let squat = lift(&admin, "Squat").await;
        let front = variation(&admin, "Front Squat", &squat).await;
        let paused = variation(&admin, "Paused Front Squat", &front).await;
        for parent in [&squat, &front, &paused] {
            let body = json!({ "parentLiftId": parent });
            let answer = admin.put(&format!("/lifts/{squat}"), body).await;
            answer.refused(400, "validation failed", &["parentLiftId must not be"]);
        }
        let moved = admin.put(&format!("/lifts/{paused}"), json!({ "parentLiftId": squat })).await.expect(200);
        assert_eq!(moved["parentLiftId"], squat);
    }

    async fn slugs_are_unique(server) {
        let admin = server.admin();
        let squat = lift(&admin, "Squat").await;
        let front = lift(&admin, "Front Squat").await;
        admin.post("/lifts", json!({ "name": "SQUAT!" })).await.refused(409, "slug already exists", &["slug"]);
        admin.post("/lifts", json!({ "name": "x", "slug": "squat" })).await.refused(409, "slug already exists", &["slug"]);
        let taken = json!({ "slug": "squat" });
        admin.put(&format!("/lifts/{front}"), taken.clone()).await.refused(409, "slug already exists", &["slug"]);
        assert_eq!(admin.put(&format!("/lifts/{squat}"), taken).await.expect(200)["slug"], "squat");
        assert_eq!(admin.get(&format!("/lifts/{front}")).await.expect(200)["slug"], "front-squat");
        admin.delete(&format!("/lifts/{squat}")).await.expect(204);
        admin.post("/lifts", json!({ "name": "Squat" })).await.expect(201);
    }

    async fn a_lift_that_something_refers_to_stays(server) {
        let admin = server.admin();
        let id = lift(&admin, "Squat").await;
        let path = format!("/lifts/{id}");
        let stays = async |by: &str| {
            admin.delete(&path).await.refused(409, "cannot delete: it is referenced", &[by]);
        };
        let prescription = |lift: &str, of: Option<&str>| {
            json!({
                "liftId": lift,
                "loadStrategy": { "type": "PERCENT_OF", "maxType": "TRAINING_MAX", "percentage": 85, "ofLiftId": of },
                "setScheme": { "type": "FIXED", "sets": 5, "reps": 5 }
            })
        };
        let front = variation(&admin, "Front Squat", &id).await;
        stays("variations").await;
        let own = admin.post("/prescriptions", prescription(&id, None)).await.id(201);
        stays("variations, prescriptions").await;
        admin.put(&format!("/lifts/{front}"), json!({ "parentLiftId": null })).await.expect(200);
        admin.delete(&format!("/prescriptions/{own}")).await.expect(204);

        let others = admin.post("/prescriptions", prescription(&front, Some(&id))).await.id(201);
        stays("prescriptions (ofLiftId)").await;
        admin.delete(&format!("/prescriptions/{others}")).await.expect(204);

        let max = json!({ "liftId": id, "type": "ONE_RM", "value": 315 });
        let max = admin.post("/users/test-admin/lift-maxes", max).await.id(201);
        stays("lift maxes").await;
        admin.delete(&format!("/lift-maxes/{max}")).await.expect(204);

        let cycle = admin.post("/cycles", json!({ "name": "One", "lengthWeeks": 1 })).await.id(201);
        let program = json!({ "name": "One", "slug": "one", "cycleId": cycle });
        let program = admin.post("/programs", program).await.id(201);
        let progression = json!({
            "name": "Up", "type": "CYCLE", "parameters": { "increment": 5, "maxType": "TRAINING_MAX" }
        });
        let progression = admin.post("/progressions", progression).await.id(201);
        let configuration = json!({ "progressionId": progression, "liftId": id });
        admin.post(&format!("/programs/{program}/progressions"), configuration).await.expect(201);
        stays("program progressions").await;
        admin.delete(&format!("/programs/{program}")).await.expect(204);

        admin.delete(&path).await.expect(204);
        admin.delete(&path).await.refused(404, "not found", &[]);
        admin.get(&path).await.refused(404, "not found", &[]);
        admin.get("/lifts/by-slug/squat").await.refused(404, "not found", &[]);
    }
}
