//! `/progressions`.

use serde_json::{Value, json};

use super::gym::{Gym, Lifter};
use crate::support::{Client, both};

fn linear() -> Value {
    json!({ "increment": 5.0, "maxType": "TRAINING_MAX", "triggerType": "AFTER_SESSION" })
}

fn per_cycle() -> Value {
    json!({ "increment": 10.0, "maxType": "ONE_RM" })
}

async fn progression(admin: &Client, name: &str, kind: &str, parameters: Value) -> String {
    admin.post("/progressions", json!({ "name": name, "type": kind, "parameters": parameters })).await.id(201)
}

fn names(page: &Value) -> Vec<&str> {
    page["data"].as_array().expect("data").iter().map(|row| row["name"].as_str().expect("a name")).collect()
}

both! {
    async fn a_progression_has_the_documented_members(server) {
        let admin = server.admin();
        let user = server.user("reader");
        for (kind, parameters) in [
            ("LINEAR", linear()),
            ("LINEAR", json!({ "increment": 0.001, "maxType": "ONE_RM", "triggerType": "AFTER_WEEK" })),
            ("CYCLE", per_cycle()),
        ] {
            let body = json!({ "name": " Up ", "type": kind, "parameters": parameters });
            let made = admin.post("/progressions", body).await.expect(201);
            let expected = json!({
                "id": made["id"],
                "name": "Up",
                "type": kind,
                "parameters": parameters,
                "createdAt": "2026-01-05T08:00:00Z",
                "updatedAt": "2026-01-05T08:00:00Z"
            });
            assert_eq!(made, expected);
            let path = format!("/progressions/{}", made["id"].as_str().expect("an id"));
            assert_eq!(user.get(&path).await.expect(200), expected);
            assert!(user.get("/progressions").await.expect(200)["data"].as_array().expect("data").contains(&expected));
        }
        let extra = json!({ "increment": 10.0, "maxType": "ONE_RM", "triggerType": "AFTER_WEEK", "note": "x" });
        let body = json!({ "name": "Up", "type": "CYCLE", "parameters": extra });
        assert_eq!(admin.post("/progressions", body).await.expect(201)["parameters"], per_cycle());
    }

    async fn everything_wrong_with_a_progression_is_said_at_once(server) {
        let admin = server.admin();
        admin.post("/progressions", json!({})).await.refused(
            400,
            "validation failed",
            &["name is required", "type is required", "parameters is required"],
        );
        let body = json!({ "name": " ", "type": "LINEAR_PROGRESSION", "parameters": [] });
        admin.post("/progressions", body).await.refused(
            400,
            "validation failed",
            &["name must be", "type must be LINEAR or CYCLE", "parameters must be an object"],
        );
        let parameters = json!({ "increment": 0, "maxType": "TM", "triggerType": "NEVER" });
        for body in [
            json!({ "name": " ", "type": "DOUBLE", "parameters": parameters }),
            json!({ "name": " ", "parameters": parameters }),
        ] {
            admin.post("/progressions", body).await.refused(
                400,
                "validation failed",
                &["name must be", "type ", "parameters.increment must be", "parameters.maxType must be"],
            );
        }
        let body = json!({ "name": "", "type": "LINEAR", "parameters": {} });
        admin.post("/progressions", body).await.refused(
            400,
            "validation failed",
            &[
                "name must be",
                "parameters.increment is required",
                "parameters.maxType is required",
                "parameters.triggerType is required",
            ],
        );
        let body = json!({
            "name": "x", "type": "LINEAR", "parameters": { "increment": "5", "maxType": "1RM", "triggerType": "AFTER_CYCLE" }
        });
        admin.post("/progressions", body).await.refused(
            400,
            "validation failed",
            &[
                "parameters.increment must be a number",
                "parameters.maxType must be ONE_RM or TRAINING_MAX",
                "parameters.triggerType must be AFTER_SESSION or AFTER_WEEK",
            ],
        );
        for increment in [json!(0), json!(-5), json!(10_000.001), json!(2.5001), json!(null)] {
            let parameters = json!({ "increment": increment, "maxType": "ONE_RM" });
            let body = json!({ "name": "x", "type": "CYCLE", "parameters": parameters });
            admin.post("/progressions", body).await.refused(400, "validation failed", &["parameters.increment"]);
        }
        for kind in [json!("linear"), json!(1), json!("")] {
            let body = json!({ "name": "x", "type": kind, "parameters": linear() });
            admin.post("/progressions", body).await.refused(400, "validation failed", &["type must be"]);
        }
        assert_eq!(admin.get("/progressions").await.expect(200)["totalItems"], 0);
    }

    async fn only_admins_change_progressions(server) {
        let path = format!("/progressions/{}", progression(&server.admin(), "Kept", "LINEAR", linear()).await);
        for (client, status, error) in [
            (server.anonymous(), 401, "Authentication required"),
            (server.user("reader"), 403, "Admin privileges required"),
        ] {
            client.post("/progressions", json!({})).await.refused(status, error, &[]);
            client.put(&path, json!({})).await.refused(status, error, &[]);
            client.delete(&path).await.refused(status, error, &[]);
        }
        for path in ["/progressions", &path] {
            server.anonymous().get(path).await.refused(401, "Authentication required", &[]);
            server.user("reader").get(path).await.expect(200);
        }
    }

    async fn unknown_progressions_are_not_found(server) {
        let admin = server.admin();
        for id in ["none", "%00"] {
            let path = format!("/progressions/{id}");
            admin.get(&path).await.refused(404, "not found", &[]);
            for body in [json!({ "name": "x" }), json!({ "type": "LINEAR" }), json!({ "parameters": per_cycle() })] {
                admin.put(&path, body).await.refused(404, "not found", &[]);
            }
            let wrong = json!({ "parameters": { "increment": 0, "maxType": "ONE_RM" } });
            admin.put(&path, wrong).await.refused(400, "validation failed", &["parameters.increment"]);
            admin.put(&path, json!({ "type": "x" })).await.refused(400, "validation failed", &["type"]);
            admin.delete(&path).await.refused(404, "not found", &[]);
        }
    }

    async fn progressions_are_listed_in_pages(server) {
        let admin = server.admin();
        let empty = json!({ "data": [], "page": 1, "pageSize": 20, "totalItems": 0, "totalPages": 0 });
        assert_eq!(admin.get("/progressions").await.expect(200), empty);
        for (name, kind, parameters) in [
            ("Upper +5", "LINEAR", linear()),
            ("Cycle +10", "CYCLE", per_cycle()),
            ("Lower +10", "LINEAR", linear()),
        ] {
            progression(&admin, name, kind, parameters).await;
            server.advance_clock(1000);
        }
        for (query, expected, total) in [
            ("", vec!["Cycle +10", "Lower +10", "Upper +5"], 3),
            ("sortBy=name&sortOrder=desc", vec!["Upper +5", "Lower +10", "Cycle +10"], 3),
            ("sortBy=created_at", vec!["Upper +5", "Cycle +10", "Lower +10"], 3),
            ("sortBy=created_at&sortOrder=desc&pageSize=2", vec!["Lower +10", "Cycle +10"], 3),
            ("pageSize=2&page=2", vec!["Upper +5"], 3),
            ("type=LINEAR", vec!["Lower +10", "Upper +5"], 2),
            ("type=LINEAR&sortBy=created_at&pageSize=1", vec!["Upper +5"], 2),
            ("type=CYCLE", vec!["Cycle +10"], 1),
            ("type=CYCLE&page=2", vec![], 1),
        ] {
            let page = admin.get(&format!("/progressions?{query}")).await.expect(200);
            assert_eq!((names(&page), &page["totalItems"]), (expected, &json!(total)), "{query}");
        }
        for (query, field) in [
            ("page=x", "page"),
            ("pageSize=0", "pageSize"),
            ("sortBy=type", "sortBy"),
            ("sortOrder=up", "sortOrder"),
            ("type=linear", "type"),
            ("type=", "type"),
            ("type=AMRAP", "type"),
        ] {
            admin.get(&format!("/progressions?{query}")).await.refused(400, "validation failed", &[field]);
        }
    }

    async fn a_put_changes_what_it_names(server) {
        let admin = server.admin();
        let id = progression(&admin, "Old", "LINEAR", linear()).await;
        let path = format!("/progressions/{id}");
        server.advance_clock(60_000);
        let renamed = admin.put(&path, json!({ "name": " New " })).await.expect(200);
        let expected = json!({
            "id": id,
            "name": "New",
            "type": "LINEAR",
            "parameters": linear(),
            "createdAt": "2026-01-05T08:00:00Z",
            "updatedAt": "2026-01-05T08:01:00Z"
        });
        assert_eq!(renamed, expected);
        assert_eq!(admin.put(&path, json!({})).await.expect(200), expected);
        let weekly = json!({ "increment": 2.5, "maxType": "ONE_RM", "triggerType": "AFTER_WEEK" });
        let changed = admin.put(&path, json!({ "parameters": weekly })).await.expect(200);
        assert_eq!((&changed["name"], &changed["type"], &changed["parameters"]), (&json!("New"), &json!("LINEAR"), &weekly));
        assert_eq!(admin.get(&path).await.expect(200), changed);
    }

    async fn type_and_parameters_must_fit_each_other(server) {
        let admin = server.admin();
        let path = format!("/progressions/{}", progression(&admin, "Up", "LINEAR", linear()).await);
        let partial = json!({ "parameters": { "increment": 2.5 } });
        admin.put(&path, partial).await.refused(
            400,
            "validation failed",
            &["parameters.maxType is required", "parameters.triggerType is required"],
        );
        assert_eq!(admin.get(&path).await.expect(200)["parameters"], linear());

        let cycle = admin.put(&path, json!({ "type": "CYCLE" })).await.expect(200);
        assert_eq!(cycle["type"], "CYCLE");
        assert_eq!(cycle["parameters"], json!({ "increment": 5.0, "maxType": "TRAINING_MAX" }));
        let back = json!({ "type": "LINEAR" });
        admin.put(&path, back).await.refused(400, "validation failed", &["parameters.triggerType is required"]);
        let both = admin.put(&path, json!({ "type": "LINEAR", "parameters": linear() })).await.expect(200);
        assert_eq!((&both["type"], &both["parameters"]), (&json!("LINEAR"), &linear()));

        let body = json!({ "name": null, "type": null, "parameters": null });
        admin.put(&path, body).await.refused(
            400,
            "validation failed",
            &["name cannot be null", "type cannot be null", "parameters cannot be null"],
        );
        let body = json!({ "name": "", "type": 5, "parameters": "x" });
        admin.put(&path, body).await.refused(
            400,
            "validation failed",
            &["name must be", "type must be a string", "parameters must be an object"],
        );
    }

    async fn history_outlives_progression_and_lift(server) {
        let (gym, admin) = (Gym::of(&server), server.admin());
        let program = gym.program("short", 1, json!({})).await;
        let (lift, rule) = (gym.lift("passing").await, gym.progression("CYCLE", 5.0).await);
        let configuration = gym.configure(&program, &rule, Some(&lift), 0).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&lift, 100.0).await;
        lifter.enroll(&program).await;
        lifter.trigger(&rule, Some(&lift), false).await;
        let before = lifter.history(&lift).await;
        assert_eq!(before, [("MANUAL".to_owned(), 1, 1, 100.0, 105.0)]);

        admin.delete(&format!("/programs/{}/progressions/{configuration}", program.id)).await.expect(204);
        admin.delete(&format!("/progressions/{rule}")).await.expect(204);
        let maxes = lifter.client.get(&lifter.path("lift-maxes")).await.expect(200);
        for max in maxes["data"].as_array().expect("data") {
            let id = max["id"].as_str().expect("an id");
            lifter.client.delete(&format!("/lift-maxes/{id}")).await.expect(204);
        }
        admin.delete(&format!("/lifts/{lift}")).await.expect(204);
        assert_eq!(lifter.history(&lift).await, before);
    }

    async fn a_progression_of_a_program_stays(server) {
        let admin = server.admin();
        let id = progression(&admin, "Up", "LINEAR", linear()).await;
        let path = format!("/progressions/{id}");
        let cycle = admin.post("/cycles", json!({ "name": "One", "lengthWeeks": 1 })).await.id(201);
        let program = json!({ "name": "One", "slug": "one", "cycleId": cycle });
        let program = admin.post("/programs", program).await.id(201);
        let configurations = format!("/programs/{program}/progressions");
        let configuration = admin.post(&configurations, json!({ "progressionId": id })).await.id(201);
        admin.delete(&path).await.refused(409, "cannot delete: it is referenced", &["program progressions"]);
        admin.delete(&format!("{configurations}/{configuration}")).await.expect(204);
        admin.delete(&path).await.expect(204);
        admin.delete(&path).await.refused(404, "not found", &[]);
        admin.get(&path).await.refused(404, "not found", &[]);
    }
}
