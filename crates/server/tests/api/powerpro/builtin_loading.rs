//! The loading of the built-in lifts and programs: once, whatever admins and other processes do.

use serde_json::{Value, json};

use super::builtin_programs::find;
use crate::support::database::{self, Database};
use crate::support::{Client, Engine, Server, both};

const ON: [(&str, &str); 1] = [("builtin", "on")];
const PROGRAMS: usize = 7;

both! {
    async fn loading_again_changes_nothing(server) {
        let server = server.restart_with(&ON).await;
        let admin = server.admin();
        let program = find(&admin, "/programs", "starting-strength").await;
        admin.put(&format!("/programs/{program}"), json!({ "name": "Our Strength" })).await.expect(200);
        let squat = find(&admin, "/lifts", "squat").await;
        admin.put(&format!("/lifts/{squat}"), json!({ "name": "Back Squat" })).await.expect(200);
        remove(&admin, "sheiko-beginner").await;
        let (before, version) = (catalogue(&admin).await, version(&server).await);
        assert_eq!(before[0]["totalItems"], PROGRAMS - 1);

        let server = server.restart_with(&ON).await;
        let admin = server.admin();
        assert_eq!(catalogue(&admin).await, before);
        assert_eq!(self::version(&server).await, version);
        let kept = admin.get(&format!("/programs/{program}")).await.expect(200);
        assert_eq!(kept["name"], "Our Strength");
        let kept = admin.get(&format!("/lifts/{squat}")).await.expect(200);
        assert_eq!(kept["name"], "Back Squat");
    }

    async fn what_an_admin_has_is_left_alone(server) {
        let admin = server.admin();
        let squat = json!({ "name": "Low Bar Squat", "slug": "squat" });
        let squat = admin.post("/lifts", squat).await.expect(201);
        let cycle = admin.post("/cycles", json!({ "name": "Ours", "lengthWeeks": 1 })).await.expect(201);
        let ours = json!({ "name": "Our Texas", "slug": "texas-method", "cycleId": cycle["id"] });
        let ours = admin.post("/programs", ours).await.expect(201);

        let server = server.restart_with(&ON).await;
        let admin = server.admin();
        let programs = admin.get("/programs?pageSize=100").await.expect(200);
        assert_eq!(programs["totalItems"], PROGRAMS, "theirs and six of ours");
        let texas = find(&admin, "/programs", "texas-method").await;
        assert_eq!(ours["id"], texas);
        assert_eq!(admin.get("/lifts/by-slug/squat").await.expect(200), squat);

        // The programs train the lift that was there.
        let program = find(&admin, "/programs", "starting-strength").await;
        let day = admin.get(&format!("/days/by-slug/day-a?program_id={program}")).await.expect(200);
        let first = &day["prescriptions"][0]["prescriptionId"];
        let first = format!("/prescriptions/{}", first.as_str().expect("a prescription"));
        assert_eq!(admin.get(&first).await.expect(200)["liftId"], squat["id"]);
    }

    async fn lifts_have_their_ids_and_parents(server) {
        let server = server.restart_with(&ON).await;
        let lifter = server.user("reader");
        for (slug, last) in [("squat", 1), ("bench-press", 2), ("deadlift", 3)] {
            let lift = lifter.get(&format!("/lifts/by-slug/{slug}")).await.expect(200);
            assert_eq!(lift["id"], format!("00000000-0000-0000-0000-00000000000{last}"));
            assert_eq!((&lift["isCompetitionLift"], &lift["parentLiftId"]), (&json!(true), &Value::Null));
        }
        for (slug, parent) in [("pause-bench-press", 2), ("deficit-deadlift", 3), ("front-squat", 1)] {
            let lift = lifter.get(&format!("/lifts/by-slug/{slug}")).await.expect(200);
            assert_eq!(lift["isCompetitionLift"], false);
            assert_eq!(lift["parentLiftId"], format!("00000000-0000-0000-0000-00000000000{parent}"));
        }
    }
}

/// Two processes that find an empty database at the same time.
async fn two_start_at_once(engine: Engine) {
    let database = Database::create(engine).await;
    let start = || ferrum_server::start(database.config(&ON));
    let (one, other) = tokio::join!(start(), start());
    let (one, other) = (one.expect("one starts"), other.expect("the other starts"));
    let mut seen = Vec::new();
    for running in [&one, &other] {
        let root = format!("http://{}", running.address("powerpro").expect("a TCP listener"));
        seen.push(catalogue(&Client::new(&root).with("authorization", "Bearer reader")).await);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0][0]["totalItems"], PROGRAMS);
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn two_start_at_once_on_sqlite() {
    two_start_at_once(Engine::Sqlite).await;
}

#[tokio::test]
async fn two_start_at_once_on_postgres() {
    if database::postgres_is_there() {
        two_start_at_once(Engine::Postgres).await;
    }
}

/// Removes a program as an admin has to: what refers to a day goes first, then the days.
async fn remove(admin: &Client, slug: &str) {
    let program = find(admin, "/programs", slug).await;
    let days = admin.get(&format!("/days?program_id={program}&pageSize=100")).await.expect(200);
    let days: Vec<&Value> = days["data"].as_array().expect("days").iter().map(|day| &day["id"]).collect();
    let path = format!("/programs/{program}");
    let cycle = admin.get(&path).await.expect(200)["cycle"].clone();
    for week in cycle["weeks"].as_array().expect("weeks") {
        let week = format!("/weeks/{}", week["id"].as_str().expect("an id"));
        for day in admin.get(&week).await.expect(200)["days"].as_array().expect("days") {
            let day = day["dayId"].as_str().expect("an id");
            admin.delete(&format!("{week}/days/{day}")).await.expect(204);
        }
    }
    for day in days {
        admin.delete(&format!("/days/{}", day.as_str().expect("an id"))).await.expect(204);
    }
    admin.delete(&path).await.expect(204);
}

/// The first page of every list of the catalogue, programs first.
async fn catalogue(reader: &Client) -> Vec<Value> {
    let lists =
        ["programs", "lifts", "prescriptions", "days", "weeks", "cycles", "weekly-lookups", "progressions"];
    let mut pages = Vec::new();
    for list in lists {
        pages.push(reader.get(&format!("/{list}?pageSize=100")).await.expect(200));
    }
    pages
}

/// Rises with every write to the catalogue.
async fn version(server: &Server) -> i64 {
    server.app.db.read(ferrum_store::catalogue::version).await.expect("a version")
}
