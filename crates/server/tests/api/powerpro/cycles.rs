//! `/cycles`.

use serde_json::{Value, json};

use crate::support::{Client, both};

async fn cycle(admin: &Client, name: &str, length: i64) -> String {
    admin.post("/cycles", json!({ "name": name, "lengthWeeks": length })).await.id(201)
}

fn names(page: &Value) -> Vec<&str> {
    page["data"]
        .as_array()
        .expect("data")
        .iter()
        .map(|cycle| cycle["name"].as_str().expect("a name"))
        .collect()
}

both! {
    async fn a_cycle_has_the_documented_members(server) {
        let admin = server.admin();
        let made = admin.post("/cycles", json!({ "name": " 4 Week Cycle ", "lengthWeeks": 4 })).await.expect(201);
        let id = made["id"].as_str().expect("an id");
        let expected = json!({
            "id": id,
            "name": "4 Week Cycle",
            "lengthWeeks": 4,
            "createdAt": "2026-01-05T08:00:00Z",
            "updatedAt": "2026-01-05T08:00:00Z"
        });
        assert_eq!(made, expected);
        admin.post("/weeks", json!({ "cycleId": id, "weekNumber": 1 })).await.expect(201);
        let user = server.user("reader");
        assert_eq!(user.get(&format!("/cycles/{id}")).await.expect(200), expected, "its weeks are at /weeks");
        assert_eq!(user.get("/cycles").await.expect(200)["data"], json!([expected]));
    }

    async fn everything_wrong_with_a_cycle_is_said_at_once(server) {
        let admin = server.admin();
        let missing = ["name is required", "lengthWeeks is required"];
        admin.post("/cycles", json!({})).await.refused(400, "validation failed", &missing);
        for length in [json!(0), json!(-4), json!(501), json!(1.5), json!("4"), json!(true), json!([4])] {
            admin.post("/cycles", json!({ "name": "", "lengthWeeks": length })).await.refused(
                400,
                "validation failed",
                &["name must be", "lengthWeeks must be a whole number"],
            );
        }
        admin.post("/cycles", json!([])).await.refused(400, "validation failed", &["body"]);
        assert_eq!(admin.get("/cycles").await.expect(200)["totalItems"], 0);

        let shortest = admin.post("/cycles", json!({ "name": "x", "lengthWeeks": 1.0 })).await.expect(201);
        assert_eq!(shortest["lengthWeeks"], 1);
        let id = cycle(&admin, "y", 500).await;
        admin.put(&format!("/cycles/{id}"), json!({ "name": null, "lengthWeeks": null })).await.refused(
            400,
            "validation failed",
            &["name cannot be null", "lengthWeeks cannot be null"],
        );
        admin.put(&format!("/cycles/{id}"), json!({ "name": " ", "lengthWeeks": 0 })).await.refused(
            400,
            "validation failed",
            &["name must be", "lengthWeeks must be"],
        );
    }

    async fn only_admins_change_cycles(server) {
        let path = format!("/cycles/{}", cycle(&server.admin(), "Kept", 4).await);
        for (client, status, error) in [
            (server.anonymous(), 401, "Authentication required"),
            (server.user("reader"), 403, "Admin privileges required"),
        ] {
            client.post("/cycles", json!({})).await.refused(status, error, &[]);
            client.put(&path, json!({})).await.refused(status, error, &[]);
            client.delete(&path).await.refused(status, error, &[]);
        }
        for path in ["/cycles", &path] {
            server.anonymous().get(path).await.refused(401, "Authentication required", &[]);
            server.user("reader").get(path).await.expect(200);
        }
    }

    async fn unknown_cycles_are_not_found(server) {
        let admin = server.admin();
        for id in ["none", "%00", "00000000-0000-0000-0000-000000000000"] {
            let path = format!("/cycles/{id}");
            admin.get(&path).await.refused(404, "not found", &[]);
            admin.put(&path, json!({ "name": "x" })).await.refused(404, "not found", &[]);
            admin.put(&path, json!({ "lengthWeeks": 0 })).await.refused(400, "validation failed", &["lengthWeeks"]);
            admin.delete(&path).await.refused(404, "not found", &[]);
        }
    }

    async fn cycles_are_listed_in_pages(server) {
        let admin = server.admin();
        let empty = json!({ "data": [], "page": 1, "pageSize": 20, "totalItems": 0, "totalPages": 0 });
        assert_eq!(admin.get("/cycles").await.expect(200), empty);
        for name in ["Peaking", "Base", "Volume"] {
            cycle(&admin, name, 4).await;
            server.advance_clock(1000);
        }
        for (query, expected) in [
            ("", vec!["Base", "Peaking", "Volume"]),
            ("sortOrder=desc", vec!["Volume", "Peaking", "Base"]),
            ("sortBy=created_at", vec!["Peaking", "Base", "Volume"]),
            ("sortBy=created_at&sortOrder=desc&pageSize=2", vec!["Volume", "Base"]),
            ("pageSize=2&page=2", vec!["Volume"]),
            ("pageSize=2&page=3", vec![]),
        ] {
            let page = admin.get(&format!("/cycles?{query}")).await.expect(200);
            assert_eq!((names(&page), &page["totalItems"]), (expected, &json!(3)), "{query}");
        }
        for (query, field) in [
            ("page=x", "page"),
            ("pageSize=0", "pageSize"),
            ("sortBy=length_weeks", "sortBy"),
            ("sortOrder=up", "sortOrder"),
        ] {
            admin.get(&format!("/cycles?{query}")).await.refused(400, "validation failed", &[field]);
        }
    }

    async fn a_put_changes_what_it_names(server) {
        let admin = server.admin();
        let id = cycle(&admin, "Four", 4).await;
        let path = format!("/cycles/{id}");
        server.advance_clock(60_000);
        let longer = admin.put(&path, json!({ "lengthWeeks": 5 })).await.expect(200);
        let expected = json!({
            "id": id,
            "name": "Four",
            "lengthWeeks": 5,
            "createdAt": "2026-01-05T08:00:00Z",
            "updatedAt": "2026-01-05T08:01:00Z"
        });
        assert_eq!(longer, expected);
        let renamed = admin.put(&path, json!({ "name": " Five " })).await.expect(200);
        assert_eq!((&renamed["name"], &renamed["lengthWeeks"]), (&json!("Five"), &json!(5)));
        assert_eq!(admin.get(&path).await.expect(200), renamed);
    }

    async fn a_cycle_takes_its_weeks_along(server) {
        let admin = server.admin();
        let path = format!("/cycles/{}", cycle(&admin, "Four", 4).await);
        let id = path.trim_start_matches("/cycles/");
        let week = admin.post("/weeks", json!({ "cycleId": id, "weekNumber": 1 })).await.id(201);
        let day = admin.post("/days", json!({ "name": "Heavy" })).await.id(201);
        admin.post(&format!("/weeks/{week}/days"), json!({ "dayId": day })).await.expect(201);
        admin.delete(&path).await.expect(204);
        admin.delete(&path).await.refused(404, "not found", &[]);
        admin.get(&path).await.refused(404, "not found", &[]);
        admin.get(&format!("/weeks/{week}")).await.refused(404, "not found", &[]);
        admin.delete(&format!("/days/{day}")).await.expect(204);
    }

    async fn a_cycle_of_a_program_stays(server) {
        let admin = server.admin();
        let id = cycle(&admin, "Four", 4).await;
        let week = admin.post("/weeks", json!({ "cycleId": id, "weekNumber": 1 })).await.id(201);
        let program = json!({ "name": "Four", "slug": "four", "cycleId": id });
        let program = admin.post("/programs", program).await.id(201);
        let path = format!("/cycles/{id}");
        admin.delete(&path).await.refused(409, "cannot delete: it is referenced", &["programs"]);
        admin.get(&format!("/weeks/{week}")).await.expect(200);
        admin.delete(&format!("/programs/{program}")).await.expect(204);
        admin.delete(&path).await.expect(204);
    }
}
