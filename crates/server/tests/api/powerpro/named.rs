//! What lifts, cycles, lookups, programs and progressions have in common: they have names, are listed in
//! pages, and their answers are kept until the catalogue changes.

use serde_json::{Value, json};

use crate::support::{Client, both};

const PATHS: [&str; 6] =
    ["/lifts", "/cycles", "/weekly-lookups", "/daily-lookups", "/programs", "/progressions"];

/// A body that makes a row at `path`; `number` keeps slugs apart.
async fn body(admin: &Client, path: &str, name: &str, number: usize) -> Value {
    let slug = format!("slug-{number}");
    match path {
        "/lifts" => json!({ "name": name, "slug": slug }),
        "/cycles" => json!({ "name": name, "lengthWeeks": 4 }),
        "/weekly-lookups" => json!({ "name": name, "entries": { "1": 65 } }),
        "/daily-lookups" => json!({ "name": name, "entries": { "monday": 100 } }),
        "/programs" => {
            let cycle = json!({ "name": "Of a program", "lengthWeeks": 4 });
            json!({ "name": name, "slug": slug, "cycleId": admin.post("/cycles", cycle).await.id(201) })
        }
        _ => json!({ "name": name, "type": "CYCLE", "parameters": { "increment": 5, "maxType": "ONE_RM" } }),
    }
}

async fn make(admin: &Client, path: &str, name: &str, number: usize) -> String {
    admin.post(path, body(admin, path, name, number).await).await.id(201)
}

fn ids(page: &Value) -> Vec<&str> {
    page["data"].as_array().expect("data").iter().map(|row| row["id"].as_str().expect("an id")).collect()
}

both! {
    async fn names_are_trimmed_and_counted_in_characters(server) {
        let admin = server.admin();
        for path in PATHS {
            let longest = "É".repeat(100);
            let id = make(&admin, path, &format!(" \t{longest}\n"), 1).await;
            let one = format!("{path}/{id}");
            assert_eq!(admin.get(&one).await.expect(200)["name"], longest, "{path}");
            let before = admin.get(path).await.expect(200);
            for name in ["É".repeat(101), " \t ".to_owned(), "a\u{0}b".to_owned(), "a\u{7f}b".to_owned()] {
                let body = body(&admin, path, &name, 2).await;
                admin.post(path, body).await.refused(400, "validation failed", &["name must be"]);
                admin.put(&one, json!({ "name": name })).await.refused(400, "validation failed", &["name must be"]);
            }
            if path != "/cycles" {
                assert_eq!(admin.get(path).await.expect(200), before, "{path}");
            }
            assert_eq!(admin.put(&one, json!({ "name": " Z " })).await.expect(200)["name"], "Z", "{path}");
        }
    }

    async fn rows_of_one_name_and_age_are_in_order_of_making(server) {
        let admin = server.admin();
        for path in PATHS {
            let before = admin.get(path).await.expect(200)["totalItems"].as_u64().expect("a number");
            let mut made = Vec::new();
            for number in 0..5 {
                made.push(make(&admin, path, "0 alike", number).await);
            }
            // Rows that programs need behind the scenes come in between, so only rows of ours are compared.
            for sort in ["name", "created_at"] {
                for order in ["asc", "desc"] {
                    let mut seen = Vec::new();
                    for page in 1..=(before + 10) {
                        let query = format!("{path}?sortBy={sort}&sortOrder={order}&pageSize=2&page={page}");
                        let page = admin.get(&query).await.expect(200);
                        seen.extend(ids(&page).into_iter().map(str::to_owned));
                    }
                    seen.retain(|id| made.contains(id));
                    if order == "desc" {
                        seen.reverse();
                    }
                    assert_eq!(seen, made, "{path} {sort} {order}");
                }
            }
        }
    }

    async fn pages_have_a_size_of_1_to_100(server) {
        let admin = server.admin();
        for path in PATHS {
            for (given, size) in [("1", 1), ("100", 100), ("101", 100), ("1000000", 100), ("99999999999999999999", 100)] {
                let page = admin.get(&format!("{path}?pageSize={given}")).await.expect(200);
                assert_eq!(page["pageSize"], size, "{path}");
            }
            for past in ["1000", "99999999999999999999"] {
                let page = admin.get(&format!("{path}?page={past}")).await.expect(200);
                assert_eq!(page["data"], json!([]), "{path}");
            }
            for given in ["0", "-1", "1.5", "ten", "", "%2B1"] {
                for parameter in ["page", "pageSize"] {
                    let answer = admin.get(&format!("{path}?{parameter}={given}")).await;
                    answer.refused(400, "validation failed", &[&format!("{parameter} must be")]);
                }
            }
            let wrong = format!("{path}?page=0&pageSize=x&sortBy=y&sortOrder=z");
            let fields = ["page must", "pageSize must", "sortBy must", "sortOrder must"];
            admin.get(&wrong).await.refused(400, "validation failed", &fields);
        }
    }

    async fn no_answer_is_older_than_the_last_change(server) {
        let admin = server.admin();
        let reader = server.user("reader");
        for path in PATHS {
            let list = format!("{path}?pageSize=100");
            let listed = async |id: &str| {
                let page = reader.get(&list).await.expect(200);
                page["data"].as_array().expect("data").iter().find(|row| row["id"] == id).cloned()
            };
            assert_eq!(listed("none").await, None);
            let id = make(&admin, path, "New", 1).await;
            let one = format!("{path}/{id}");
            assert_eq!(listed(&id).await.expect("the new row")["name"], "New", "{path}");
            assert_eq!(reader.get(&one).await.expect(200)["name"], "New", "{path}");
            admin.put(&one, json!({ "name": "Newer" })).await.expect(200);
            assert_eq!(listed(&id).await.expect("the changed row")["name"], "Newer", "{path}");
            assert_eq!(reader.get(&one).await.expect(200)["name"], "Newer", "{path}");
            admin.delete(&one).await.expect(204);
            assert_eq!(listed(&id).await, None, "{path}");
            reader.get(&one).await.refused(404, "not found", &[]);
        }
    }
}
