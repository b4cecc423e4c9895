//! The parameters that the document gives all lists, on each of them.

use serde_json::{Value, json};

use super::{Walk, query, sample};
use crate::coverage::POWERPRO;
use crate::support::Server;

impl Walk {
    /// Of every common parameter: a good value answers 200, a bad one 400 naming it, and the default answers what no
    /// value does.
    pub(super) async fn lists(&mut self, server: &Server) {
        self.second_rows(server).await;
        let heading = "Common Query Parameters (List Endpoints)";
        let common = self.document.table(heading, "Parameter").expect("a table");
        let lists = POWERPRO.lists();
        assert_eq!(lists.len(), 11, "{lists:?}");
        for template in lists {
            let path = self.path(&template);
            let plain = self.lifter.get(&path).await.expect(200);
            assert_eq!((&plain["page"], &plain["pageSize"]), (&json!(1), &json!(20)), "{template}");
            for row in &common {
                let (name, kind, default) = (row[0].as_str(), row[1].as_str(), row[2].trim_matches('"'));
                let default = match name {
                    "sortBy" => usual_sort(&template),
                    "sortOrder" if is_newest_first(&template) => "desc",
                    _ => default,
                };
                let (good, bad) = match name {
                    "sortBy" => (usual_sort(&template).to_owned(), Some("weight".to_owned())),
                    _ => sample(self, &template, name, kind),
                };
                let bad = bad.expect("a bad value");
                self.lifter.get(&query(&path, &[], name, &good)).await.expect(200);
                let refused = self.lifter.get(&query(&path, &[], name, &bad)).await;
                refused.refused(400, "validation failed", &[name]);
                let same = self.lifter.get(&query(&path, &[], name, default)).await.expect(200);
                assert_eq!(same, plain, "{template}: {name} is {default} by default");
            }
            let upside_down = if is_newest_first(&template) { "asc" } else { "desc" };
            let turned = self.lifter.get(&query(&path, &[], "sortOrder", upside_down)).await.expect(200);
            assert_ne!(turned["data"], plain["data"], "{template} has an order");
            let largest = self.lifter.get(&query(&path, &[], "pageSize", "101")).await.expect(200);
            assert_eq!(largest["pageSize"], 100, "{template}");
        }
    }

    /// A row more in the lists that have one, so that they have an order.
    async fn second_rows(&mut self, server: &Server) {
        let cycle = json!({ "name": "Another", "lengthWeeks": 2 });
        let cycle = self.admin.post("/cycles", cycle).await.id(201);
        let rows = [
            ("/weeks", json!({ "cycleId": cycle, "weekNumber": 2 })),
            ("/weekly-lookups", json!({ "name": "Another", "entries": { "1": 70 } })),
            ("/daily-lookups", json!({ "name": "Another", "entries": { "light": 70 } })),
            ("/programs", json!({ "name": "Another", "slug": "another", "cycleId": cycle })),
            ("/days", json!({ "name": "Another" })),
        ];
        for (path, body) in rows {
            self.admin.post(path, body).await.expect(201);
        }
        server.advance_clock(1000);
        let again = json!({ "progressionId": self.id("progressionId"), "force": true });
        let again: Value = self.lifter.post("/users/lifter/progressions/trigger", again).await.expect(200);
        assert_eq!(again["totalApplied"], 1, "{again}");
    }
}

/// By what a list is sorted, which "varies".
fn usual_sort(template: &str) -> &'static str {
    match template {
        "/weeks" => "week_number",
        "/prescriptions" => "order",
        "/users/{userId}/lift-maxes" => "effective_date",
        "/users/{userId}/progression-history" => "applied_at",
        _ => "name",
    }
}

/// What happened to somebody is listed from its end, as the table of the lift maxes says.
fn is_newest_first(template: &str) -> bool {
    template.starts_with("/users/")
}
