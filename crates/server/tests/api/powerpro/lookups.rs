//! `/weekly-lookups` and `/daily-lookups`.

use serde_json::{Value, json};

use crate::support::{Client, both};

/// One of the two kinds of tables.
struct Kind {
    path: &'static str,
    /// Entries as clients give and get them.
    entries: fn() -> Value,
    /// The member by which a program refers to one.
    member: &'static str,
}

const WEEKLY: Kind = Kind {
    path: "/weekly-lookups",
    entries: || json!({ "1": 65.0, "2": [70.0, 72.5], "10": 40.0 }),
    member: "weeklyLookupId",
};
const DAILY: Kind = Kind {
    path: "/daily-lookups",
    entries: || json!({ "Monday": 100.0, "light-day": 80.5, "über": 200.0 }),
    member: "dailyLookupId",
};

impl Kind {
    async fn make(&self, admin: &Client, name: &str) -> String {
        admin.post(self.path, json!({ "name": name, "entries": (self.entries)() })).await.id(201)
    }

    fn one(&self, id: &str) -> String {
        format!("{}/{id}", self.path)
    }
}

fn names(page: &Value) -> Vec<&str> {
    page["data"].as_array().expect("data").iter().map(|row| row["name"].as_str().expect("a name")).collect()
}

/// Checks that `value` is refused as an entry under `key`, by the entry's path.
async fn refuses_entry(admin: &Client, kind: &Kind, key: &str, value: Value) {
    let mut entries = serde_json::Map::new();
    entries.insert(key.to_owned(), value);
    let answer = admin.post(kind.path, json!({ "name": "x", "entries": entries })).await;
    answer.refused(400, "validation failed", &[&format!("entries.{key}")]);
}

both! {
    async fn a_table_has_the_documented_members(server) {
        let admin = server.admin();
        for kind in [WEEKLY, DAILY] {
            let body = json!({ "name": " Waves ", "entries": (kind.entries)() });
            let made = admin.post(kind.path, body).await.expect(201);
            let expected = json!({
                "id": made["id"],
                "name": "Waves",
                "entries": (kind.entries)(),
                "createdAt": "2026-01-05T08:00:00Z",
                "updatedAt": "2026-01-05T08:00:00Z"
            });
            assert_eq!(made, expected);
            let user = server.user("reader");
            let id = made["id"].as_str().expect("an id");
            assert_eq!(user.get(&kind.one(id)).await.expect(200), expected);
            assert_eq!(user.get(kind.path).await.expect(200)["data"], json!([expected]));
        }
    }

    async fn everything_wrong_with_a_table_is_said_at_once(server) {
        let admin = server.admin();
        for kind in [WEEKLY, DAILY] {
            let missing = ["name is required", "entries is required"];
            admin.post(kind.path, json!({})).await.refused(400, "validation failed", &missing);
            for entries in [json!([]), json!("1"), json!(65)] {
                admin.post(kind.path, json!({ "name": "", "entries": entries })).await.refused(
                    400,
                    "validation failed",
                    &["name must be", "entries must be an object"],
                );
            }
            let crowd: serde_json::Map<_, _> = (1..=501).map(|number| (number.to_string(), json!(65))).collect();
            for entries in [json!({}), json!(crowd)] {
                let answer = admin.post(kind.path, json!({ "name": "x", "entries": entries })).await;
                answer.refused(400, "validation failed", &["entries must have 1 to 500 entries"]);
            }
            assert_eq!(admin.get(kind.path).await.expect(200)["totalItems"], 0);

            let path = kind.one(&kind.make(&admin, "Kept").await);
            admin.put(&path, json!({ "name": null, "entries": null })).await.refused(
                400,
                "validation failed",
                &["name cannot be null", "entries cannot be null"],
            );
            admin.put(&path, json!({ "name": " ", "entries": {} })).await.refused(
                400,
                "validation failed",
                &["name must be", "entries must"],
            );
            assert_eq!(admin.get(&path).await.expect(200)["entries"], (kind.entries)());
        }
    }

    async fn percentages_are_over_0_and_up_to_200(server) {
        let admin = server.admin();
        for (kind, key) in [(WEEKLY, "1"), (DAILY, "monday")] {
            for value in [json!(0), json!(-5), json!(200.001), json!(50.0001), json!("65"), json!(null), json!(true)] {
                refuses_entry(&admin, &kind, key, value).await;
            }
            let body = json!({ "name": "x", "entries": { key: 200, "7": 0.001 } });
            let entries = &admin.post(kind.path, body).await.expect(201)["entries"];
            assert_eq!((entries[key].as_f64(), entries["7"].as_f64()), (Some(200.0), Some(0.001)));
        }
    }

    async fn weeks_have_numbers_and_may_have_a_percentage_per_set(server) {
        let admin = server.admin();
        for key in ["0", "-1", "501", "01", "1.0", "one", "", "monday"] {
            refuses_entry(&admin, &WEEKLY, key, json!(65)).await;
        }
        for list in [json!([]), json!(vec![65; 101]), json!([65, 0]), json!([[65]]), json!({ "1": 65 })] {
            refuses_entry(&admin, &WEEKLY, "1", list).await;
        }
        let body = json!({ "name": "x", "entries": { "500": vec![65.0; 100] } });
        let made = admin.post(WEEKLY.path, body.clone()).await.expect(201);
        assert_eq!(made["entries"], body["entries"]);
    }

    async fn days_have_names_once_in_any_case(server) {
        let admin = server.admin();
        for key in ["", "  ", "a\nb", &"x".repeat(101)] {
            refuses_entry(&admin, &DAILY, key, json!(65)).await;
        }
        refuses_entry(&admin, &DAILY, "monday", json!([65, 70])).await;
        let body = json!({ "name": "x", "entries": { "Monday": 100, "monday": 90 } });
        admin.post(DAILY.path, body).await.refused(400, "validation failed", &["entries.monday must not stand twice"]);
    }

    async fn only_admins_change_tables(server) {
        for kind in [WEEKLY, DAILY] {
            let path = kind.one(&kind.make(&server.admin(), "Kept").await);
            for (client, status, error) in [
                (server.anonymous(), 401, "Authentication required"),
                (server.user("reader"), 403, "Admin privileges required"),
            ] {
                client.post(kind.path, json!({})).await.refused(status, error, &[]);
                client.put(&path, json!({})).await.refused(status, error, &[]);
                client.delete(&path).await.refused(status, error, &[]);
            }
            for path in [kind.path, &path] {
                server.anonymous().get(path).await.refused(401, "Authentication required", &[]);
                server.user("reader").get(path).await.expect(200);
            }
        }
    }

    async fn unknown_tables_are_not_found(server) {
        let admin = server.admin();
        let others = [(WEEKLY, DAILY.make(&admin, "Days").await), (DAILY, WEEKLY.make(&admin, "Weeks").await)];
        for (kind, other) in others {
            for id in ["none", "%00", &other] {
                let path = kind.one(id);
                admin.get(&path).await.refused(404, "not found", &[]);
                admin.put(&path, json!({ "name": "x" })).await.refused(404, "not found", &[]);
                admin.put(&path, json!({ "entries": [] })).await.refused(400, "validation failed", &["entries"]);
                admin.delete(&path).await.refused(404, "not found", &[]);
            }
        }
    }

    async fn tables_are_listed_in_pages(server) {
        let admin = server.admin();
        for kind in [WEEKLY, DAILY] {
            let empty = json!({ "data": [], "page": 1, "pageSize": 20, "totalItems": 0, "totalPages": 0 });
            assert_eq!(admin.get(kind.path).await.expect(200), empty);
            for name in ["Peaking", "Base", "Volume"] {
                kind.make(&admin, name).await;
                server.advance_clock(1000);
            }
            for (query, expected) in [
                ("", vec!["Base", "Peaking", "Volume"]),
                ("sortBy=name&sortOrder=desc", vec!["Volume", "Peaking", "Base"]),
                ("sortBy=created_at", vec!["Peaking", "Base", "Volume"]),
                ("sortBy=created_at&sortOrder=desc&pageSize=2", vec!["Volume", "Base"]),
                ("pageSize=2&page=2", vec!["Volume"]),
                ("page=9", vec![]),
            ] {
                let page = admin.get(&format!("{}?{query}", kind.path)).await.expect(200);
                assert_eq!((names(&page), &page["totalItems"]), (expected, &json!(3)), "{query}");
            }
            for (query, field) in
                [("page=x", "page"), ("pageSize=0", "pageSize"), ("sortBy=entries", "sortBy"), ("sortOrder=up", "sortOrder")]
            {
                admin.get(&format!("{}?{query}", kind.path)).await.refused(400, "validation failed", &[field]);
            }
        }
    }

    async fn a_put_replaces_the_entries_whole(server) {
        let admin = server.admin();
        let made = [(WEEKLY, WEEKLY.make(&admin, "Waves").await), (DAILY, DAILY.make(&admin, "Waves").await)];
        server.advance_clock(60_000);
        for (kind, id) in made {
            let path = kind.one(&id);
            let renamed = admin.put(&path, json!({ "name": " Ripples " })).await.expect(200);
            let expected = json!({
                "id": id,
                "name": "Ripples",
                "entries": (kind.entries)(),
                "createdAt": "2026-01-05T08:00:00Z",
                "updatedAt": "2026-01-05T08:01:00Z"
            });
            assert_eq!(renamed, expected);
            let replaced = admin.put(&path, json!({ "entries": { "3": 75.5 } })).await.expect(200);
            assert_eq!((&replaced["name"], &replaced["entries"]), (&json!("Ripples"), &json!({ "3": 75.5 })));
            assert_eq!(admin.get(&path).await.expect(200), replaced);
        }
    }

    async fn a_table_of_a_program_stays(server) {
        let admin = server.admin();
        let cycle = admin.post("/cycles", json!({ "name": "Four", "lengthWeeks": 4 })).await.id(201);
        for kind in [WEEKLY, DAILY] {
            let id = kind.make(&admin, "Waves").await;
            let program = json!({ "name": "x", "slug": kind.member.to_lowercase(), "cycleId": cycle, kind.member: id });
            let program = admin.post("/programs", program).await.id(201);
            let path = kind.one(&id);
            admin.delete(&path).await.refused(409, "cannot delete: it is referenced", &["programs"]);
            admin.put(&format!("/programs/{program}"), json!({ kind.member: null })).await.expect(200);
            admin.delete(&path).await.expect(204);
            admin.delete(&path).await.refused(404, "not found", &[]);
            admin.get(&path).await.refused(404, "not found", &[]);
        }
    }
}
