//! The program as an operator meets it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::starting::{make_older, migrations};
use crate::support::database::{Database, postgres_is_there};
use crate::support::process::{Process, ferrum, run, run_with_line};
use crate::support::{Client, Engine};

/// The last word that a command printed.
fn last_word(text: &str) -> String {
    text.split_whitespace().last().expect("a word").to_owned()
}

#[test]
fn config_prints_every_key_and_who_set_it() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("ferrum.toml"), "rate_limits = false\n[log]\nformat = \"json\"\n")
        .unwrap();
    let ended = ferrum(directory.path(), &["config", "--listen", "off"])
        .env("FERRUM_LISTEN", "127.0.0.1:1")
        .env("FERRUM_LOG_FORMAT", "text")
        .env("FERRUM_DATABASE_URL", "postgres://ferrum:secret@db/ferrum")
        .output()
        .unwrap();
    let text = String::from_utf8(ended.stdout).unwrap();
    let line = |key: &str| {
        text.lines()
            .find(|line| line.starts_with(&format!("{key} = ")))
            .unwrap_or_else(|| panic!("{key}: {text}"))
    };
    assert!(line("listen").contains("\"off\"") && line("listen").contains("# flag"), "{text}");
    assert!(
        line("log.format").contains("\"text\"") && line("log.format").contains("FERRUM_LOG_FORMAT"),
        "{text}"
    );
    assert!(
        line("rate_limits").contains("\"false\"") && line("rate_limits").contains("ferrum.toml"),
        "{text}"
    );
    assert!(line("data_dir").contains("# default"), "{text}");
    assert!(!text.contains("secret@"), "{text}");
}

#[test]
fn the_openapi_document_is_printed() {
    let directory = tempfile::tempdir().unwrap();
    let ended = run(directory.path(), &["openapi", "powerpro"]);
    let api: Value = serde_json::from_str(ended.good()).unwrap();
    assert_eq!(api["paths"].as_object().unwrap().len(), 40);
}

#[test]
fn migrating_twice_is_once() {
    let directory = tempfile::tempdir().unwrap();
    let first = run(directory.path(), &["migrate"]).good().to_owned();
    assert!(!first.contains(" 0 migrations"), "{first}");
    assert!(directory.path().join("data/ferrum.db").exists());
    let second = run(directory.path(), &["migrate"]).good().to_owned();
    assert!(second.contains(" 0 migrations"), "{second}");
}

/// What works with a database that is there.
const ON_A_DATABASE: [&[&str]; 7] = [
    &["verify-audit"],
    &["token", "ada@example.org"],
    &["user", "list"],
    &["user", "set", "ada@example.org", "--unit", "kg"],
    &["user", "disable", "ada@example.org"],
    &["user", "reset-password", "ada@example.org"],
    &["user", "attach", "lifter-1", "ada@example.org"],
];

#[test]
fn what_needs_a_database_makes_none() {
    let directory = tempfile::tempdir().unwrap();
    for arguments in [&["backup", "copy.db"][..]].iter().chain(&ON_A_DATABASE) {
        let line = run(directory.path(), arguments).refusal(2).to_owned();
        assert!(line.contains("data_dir") && line.contains("data/ferrum.db"), "{line}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing was begun");
    std::fs::create_dir(directory.path().join("data")).unwrap();
    std::fs::write(directory.path().join("data/ferrum.db"), "").unwrap();
    let line = run(directory.path(), &["backup", "copy.db"]).refusal(2).to_owned();
    assert!(line.contains("ferrum migrate"), "{line}");
    assert!(!directory.path().join("copy.db").exists());
}

#[tokio::test]
async fn what_needs_a_database_leaves_an_empty_one_of_postgresql() {
    if !postgres_is_there() {
        return;
    }
    let database = Database::create(Engine::Postgres).await;
    let (directory, url) = (tempfile::tempdir().unwrap(), database.url().unwrap());
    for arguments in [&["backup", "copy.db"][..]].iter().chain(&ON_A_DATABASE) {
        let ended = run(directory.path(), &[*arguments, &["--database-url", &url]].concat());
        let line = ended.refusal(2);
        assert!(line.contains("database.url") && line.contains("ferrum migrate"), "{line}");
    }
    let migrated = run(directory.path(), &["migrate", "--database-url", &url]).good().to_owned();
    assert!(!migrated.contains(" 0 migrations"), "{migrated}");
    let backup = run(directory.path(), &["backup", "copy.db", "--database-url", &url]);
    assert!(backup.refusal(1).contains("pg_dump"), "{backup:?}");
}

#[test]
fn a_backup_before_an_upgrade_is_of_what_was_there() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    run(path, &["migrate"]).good();
    let (original, copy) = (path.join("data/ferrum.db"), path.join("copy.db"));
    let all = migrations(&original);
    make_older(&original);
    run(path, &["backup", "copy.db"]).good();
    for arguments in ON_A_DATABASE {
        let line = run(path, arguments).refusal(2).to_owned();
        assert!(line.contains("ferrum migrate"), "{line}");
    }
    assert_eq!((migrations(&original), migrations(&copy)), (9, 9));
    run(path, &["migrate"]).good();
    assert_eq!(migrations(&original), all);
    assert!(run(path, &["user", "list"]).good().lines().count() == 1, "nobody is there");
}

/// A token of a new key would be refused by the server that has the old one.
#[test]
fn a_database_without_its_key_gives_no_tokens() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    run(path, &["user", "add", "ada@example.org", "--role", "admin"]).good();
    let key = path.join("data/token.key");
    std::fs::remove_file(&key).unwrap();
    let line = run(path, &["token", "ada@example.org"]).refusal(2).to_owned();
    assert!(line.contains("token.key"), "{line}");
    assert!(!key.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_added_changed_and_ended() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let added = run(path, &["user", "add", "ada@example.org", "--role", "admin"]);
    assert!(added.good().contains("password (shown only now): "), "{added:?}");
    let given = ["user", "add", "bob@example.org", "--role", "customer", "--password-stdin", "--unit", "kg"];
    let bob = run_with_line(path, &given, "a long password");
    assert!(!bob.good().contains("password"), "{bob:?}");
    assert!(run_with_line(path, &given, "a long password").refusal(1).contains("belongs to another account"));
    let short = ["user", "add", "eve@example.org", "--role", "coach", "--password-stdin"];
    assert!(run_with_line(path, &short, "short").refusal(1).contains("at least 12"));
    assert!(run_with_line(path, &short, "").refusal(1).contains("no password"));
    assert_eq!(run(path, &["user", "add", "eve@example.org", "--role", "king"]).code, Some(2));
    let people = run(path, &["user", "list"]).good().to_owned();
    let row =
        |email: &str| people.lines().find(|line| line.contains(email)).unwrap_or_else(|| panic!("{people}"));
    assert!(row("ada@example.org").contains("admin") && row("ada@example.org").contains("active"));
    assert!(row("bob@example.org").contains("customer") && row("bob@example.org").ends_with("kg    -"));
    run(path, &["user", "set", "bob@example.org", "--time-zone", "europe/berlin"]).good();
    run(path, &["user", "set", "BOB@example.org", "--unit", "lb"]).good();
    let people = run(path, &["user", "list"]).good().to_owned();
    assert!(
        people.lines().any(|line| line.contains("bob@") && line.ends_with("lb    Europe/Berlin")),
        "{people}"
    );
    let nowhere = ["user", "set", "bob@example.org", "--time-zone", "Europe/Nowhere"];
    assert!(run(path, &nowhere).refusal(1).contains("time zone must be"));
    assert!(run(path, &["user", "set", "eve", "--unit", "kg"]).refusal(1).contains("no such account"));
    assert_eq!(run(path, &["user", "set", "bob@example.org"]).code, Some(2));

    let server = Process::serve(path, &[]);
    let status = async |token: &str| {
        let client =
            Client::new(&server.root("powerpro.listen")).with("authorization", &format!("Bearer {token}"));
        client.get("/lifts").await.status
    };
    let token = |arguments: &[&str]| last_word(run(path, &[&["token"], arguments].concat()).good());
    let first = token(&["bob@example.org"]);
    assert_eq!(status(&first).await, 200);
    assert!(
        run(path, &["user", "reset-password", "bob@example.org"])
            .good()
            .contains("password (shown only now): ")
    );
    assert_eq!(status(&first).await, 401);
    let second = token(&["bob@example.org", "--ttl", "30m"]);
    assert_eq!(status(&second).await, 200);
    run(path, &["user", "disable", "BOB@example.org"]).good();
    assert_eq!(status(&second).await, 401);
    assert!(run(path, &["token", "bob@example.org"]).refusal(1).contains("disabled"));
    assert!(run(path, &["token", "nobody@example.org"]).refusal(1).contains("no such account"));
    assert!(run(path, &["token", "ada@example.org", "--ttl", "1y"]).refusal(1).contains("--ttl"));

    let admin = Client::new(&server.root("powerpro.listen"))
        .with("authorization", &format!("Bearer {}", token(&["ada@example.org"])));
    admin.post("/lifts", json!({ "name": "Zercher squat" })).await.expect(201);
    let person = Client::new(&server.root("powerpro.listen")).with("x-user-id", "lifter-1");
    person.post("/prescriptions", json!({})).await.expect(403);
    let lift = person.get("/lifts/by-slug/zercher-squat").await.id(200);
    let max = json!({ "liftId": lift, "type": "ONE_RM", "value": 100 });
    let max = person.post("/users/lifter-1/lift-maxes", max).await.id(201);
    assert!(
        run(path, &["user", "attach", "lifter-2", "l@example.org"]).refusal(1).contains("no such account")
    );
    run(path, &["user", "attach", "lifter-1", "l@example.org"]).good();
    let person = Client::new(&server.root("powerpro.listen"))
        .with("authorization", &format!("Bearer {}", token(&["l@example.org"])));
    person.get(&format!("/lift-maxes/{max}")).await.expect(200);
    assert!(run(path, &["verify-audit"]).good().contains("sealed batches"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_in_use_can_be_served() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let server = Process::serve(path, &[]);
    let admin = Client::new(&server.root("powerpro.listen")).with("x-user-id", "ada").with("x-admin", "true");
    let id = admin.post("/lifts", json!({ "name": "Zercher squat" })).await.id(201);
    run(path, &["backup", "copy.db"]).good();
    assert!(run(path, &["backup", "copy.db"]).refusal(1).contains("copy.db"), "nothing is overwritten");
    drop(server);
    std::fs::create_dir(path.join("restored")).unwrap();
    std::fs::rename(path.join("copy.db"), path.join("restored/ferrum.db")).unwrap();
    let restored = Process::serve(path, &["--data-dir", "restored"]);
    let ada = Client::new(&restored.root("powerpro.listen")).with("x-user-id", "ada");
    assert_eq!(ada.get(&format!("/lifts/{id}")).await.expect(200)["name"], "Zercher squat");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_for_its_owner_alone() {
    let directory = tempfile::tempdir().unwrap();
    let server = Process::serve(directory.path(), &["--set", "log.access=access.log"]);
    Client::new(&server.root("powerpro.listen")).with("x-user-id", "ada").get("/lifts").await.expect(200);
    run(directory.path(), &["backup", "copy.db"]).good();
    let kept = std::fs::read_dir(directory.path().join("data")).unwrap().map(|entry| entry.unwrap().path());
    let kept: Vec<_> =
        kept.chain(["access.log", "copy.db"].map(|name| directory.path().join(name))).collect();
    for name in ["ferrum.db", "ferrum.db-wal", "ferrum.db-shm"] {
        assert!(kept.iter().any(|path| path.ends_with(name)), "{name} in {kept:?}");
    }
    for path in kept {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{} has {mode:o}", path.display());
    }
}

#[test]
fn the_demo_is_for_this_machine() {
    let directory = tempfile::tempdir().unwrap();
    for (flag, key) in [
        ("--listen", "listen is 0.0.0.0:0"),
        ("--powerpro-listen", "powerpro.listen is 0.0.0.0:0"),
        ("--intervalflow-listen", "intervalflow.listen is 0.0.0.0:0"),
    ] {
        let line = run(directory.path(), &["serve", "--demo", flag, "0.0.0.0:0"]).refusal(2).to_owned();
        assert!(line.contains(key), "{line}");
    }
    assert!(!directory.path().join("data").exists());
    let demo = Process::serve(directory.path(), &["--demo"]);
    assert!(directory.path().join("data/demo/ferrum.db").exists());
    demo.signal("TERM");
    assert_eq!(demo.end(), Some(0));
    let list = run(directory.path(), &["user", "list", "--data-dir", "data/demo"]).good().to_owned();
    assert_eq!(list.matches("@demo.example").count(), 4, "{list}");
}

#[test]
fn what_the_demo_adds_is_audited() {
    let directory = tempfile::tempdir().unwrap();
    let mut first = Vec::new();
    for _ in 0..2 {
        drop(Process::serve(directory.path(), &["--demo"]));
        let file = rusqlite::Connection::open(directory.path().join("data/demo/ferrum.db")).unwrap();
        let lines = |sql: &str| -> Vec<String> {
            let mut statement = file.prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let rows = lines(
            "SELECT 'accounts ' || id AS line FROM accounts UNION ALL SELECT 'lift_maxes ' || id FROM lift_maxes
             UNION ALL SELECT 'enrollments ' || id FROM enrollments ORDER BY line",
        );
        let audited = lines(
            "SELECT row_type || ' ' || row_id AS line FROM audit_entries
             WHERE proof = 'cli' AND surface = 'cli' AND route <> '' AND fields <> '' ORDER BY line",
        );
        assert_eq!(rows.len(), 4 + 4 + 1, "{rows:#?}");
        assert_eq!(rows, audited);
        assert!(first.is_empty() || first == audited, "the second start adds nothing");
        first = audited;
    }
    run(directory.path(), &["verify-audit", "--data-dir", "data/demo"]).good();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_not_well() {
    let directory = tempfile::tempdir().unwrap();
    run(directory.path(), &["migrate"]).good();
    let file = std::fs::metadata(directory.path().join("data/ferrum.db")).unwrap().len();
    let server = Process::serve_within(directory.path(), usize::try_from(file / 1024).unwrap() + 64);
    let main = Client::new(&server.root("listen"));
    assert_eq!(main.get("/healthz").await.expect(200), json!({ "status": "ok" }));
    let ada = Client::new(&server.root("powerpro.listen")).with("x-user-id", "ada").with("x-admin", "true");
    let mut lift = 0;
    while ada.post("/lifts", json!({ "name": format!("Lift {lift}") })).await.status == 201 {
        lift += 1;
        assert!(lift < 10_000, "the disk has an end");
    }
    // A smaller write than that of a lift may fit a few times more.
    let start = Instant::now();
    while main.get("/healthz").await.status == 200 {
        assert!(start.elapsed() < Duration::from_secs(20), "a full disk is well");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert_eq!(main.get("/healthz").await.expect(503), json!({ "status": "unavailable" }));
    ada.get("/lifts").await.expect(200);
    server.signal("TERM");
    assert_eq!(server.end(), Some(0));
}

/// Writes maxes until the server is gone; the ids of those that were acknowledged.
async fn write_until_killed(root: String, lift: String, writer: usize) -> Vec<String> {
    let (http, mut acknowledged) = (reqwest::Client::new(), Vec::new());
    for value in 1.. {
        let body = json!({ "liftId": lift, "type": "ONE_RM", "value": value % 10_000 + 1 });
        let path = format!("{root}/users/lifter-{writer}/lift-maxes");
        let sent = http
            .post(path)
            .header("x-user-id", format!("lifter-{writer}"))
            .header("content-type", "application/json")
            .body(body.to_string());
        let Ok(answer) = sent.send().await else { break };
        assert_eq!(answer.status(), 201);
        let Ok(text) = answer.text().await else { break };
        let max: Value = serde_json::from_str(&text).unwrap();
        acknowledged.push(max["id"].as_str().unwrap().to_owned());
    }
    acknowledged
}

/// What a killed server has left in its file: the ids of the maxes, each with its audit entry.
fn left_behind(directory: &Path) -> std::collections::HashSet<String> {
    let file = rusqlite::Connection::open(directory.join("data/ferrum.db")).unwrap();
    let intact: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(intact, "ok");
    let ids = |sql: &str| -> std::collections::HashSet<String> {
        let mut statement = file.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let maxes = ids("SELECT id FROM lift_maxes");
    let audited = ids("SELECT row_id FROM audit_entries WHERE row_type = 'lift_maxes'");
    assert_eq!(maxes, audited, "no half transaction");
    maxes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_nothing_that_it_acknowledged() {
    let rounds = if std::env::var("FERRUM_SOAK").is_ok() { 20 } else { 3 };
    let directory = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..rounds {
        let server = Process::serve(directory.path(), &["--set", "log.access=off"]);
        let root = server.root("powerpro.listen");
        let admin = Client::new(&root).with("x-user-id", "root").with("x-admin", "true");
        let lift = admin.post("/lifts", json!({ "name": format!("Lift {round}") })).await.id(201);
        let writers: Vec<_> = (0..8)
            .map(|writer| tokio::spawn(write_until_killed(root.clone(), lift.clone(), writer)))
            .collect();
        tokio::time::sleep(Duration::from_millis(400 + 137 * (round % 5))).await;
        server.signal("KILL");
        for writer in writers {
            acknowledged.extend(writer.await.unwrap());
        }
        assert_eq!(server.end(), None, "it was killed");
        let kept = left_behind(directory.path());
        let lost: Vec<_> = acknowledged.iter().filter(|id| !kept.contains(*id)).collect();
        assert!(lost.is_empty(), "round {round}: lost {lost:?}");
        println!("round {round}: {} acknowledged in all, {} kept", acknowledged.len(), kept.len());
    }
    assert!(acknowledged.len() > 10, "a write load");
}
