//! The program as an operator meets it.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::database::{Database, postgres_is_there};
use crate::support::process::{Process, ferrum, run, run_with_line};
use crate::support::raw::Raw;
use crate::support::{Client, Engine};

/// The last word that a command printed.
fn last_word(text: &str) -> String {
    text.split_whitespace().last().expect("a word").to_owned()
}

#[test]
fn what_is_not_understood_is_named_in_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let refusal = |arguments: &[&str]| run(directory.path(), arguments).refusal(2).to_owned();
    for (arguments, named) in [
        (["config", "--set", "colour=red"], "colour"),
        (["config", "--set", "colour"], "KEY=VALUE"),
        (["serve", "--listen", "here"], "listen (flag)"),
        (["migrate", "--set", "database.pool=0"], "database.pool"),
        (["serve", "--rate-limits", "maybe"], "rate_limits"),
        (["serve", "--config", "none.toml"], "none.toml"),
        (["serve", "--set", "log.filter=a=b=c"], "log.filter"),
        (["migrate", "--database-url", "mysql://secret@x"], "database.url"),
        (["config", "--set", "otlp.endpoint=http://u:secret@localhost:4318"], "otlp.endpoint"),
    ] {
        let line = refusal(&arguments);
        assert!(line.contains(named) && !line.contains("secret"), "{line}");
    }
    for filter in [
        "inf",
        "",
        " ",
        "info,",
        "ferrum_store",
        "info,ferrum_store",
        "ferrum_store=",
        "info,ferrum_store=inf",
    ] {
        let line = refusal(&["migrate", "--set", &format!("log.filter={filter}")]);
        assert!(line.contains("log.filter must"), "{line}");
    }
    for filter in ["off", "ERROR", "warn", "info,ferrum_store=debug", "trace,[span]=off"] {
        run(directory.path(), &["config", "--set", &format!("log.filter={filter}")]).good();
    }
    for host in [
        "https://power.example.org",
        "power.example.org:8090",
        "power.example.org/",
        "power example.org",
        "*.example.org",
        "a.example.org,,b.example.org",
        "[::1]:8090",
        "[power]",
        "::1",
    ] {
        let line = refusal(&["config", "--set", &format!("powerpro.hosts={host}")]);
        assert!(line.contains("powerpro.hosts (flag) must list names"), "{line}");
    }
    for hosts in ["", "power.example.org", "power, Power_2.example.org,10.0.0.1,[fd00::1]"] {
        run(directory.path(), &["config", "--set", &format!("powerpro.hosts={hosts}")]).good();
    }
    for (text, named) in [
        ("colour = 1", "\"colour\""),
        ("listen = [", "line 1"),
        ("[powerpro]\nauth = \"none\"", "powerpro.auth"),
    ] {
        std::fs::write(directory.path().join("ferrum.toml"), text).unwrap();
        let line = refusal(&["migrate"]);
        assert!(line.contains(named) && line.contains("ferrum.toml"), "{line}");
    }
    std::fs::remove_file(directory.path().join("ferrum.toml")).unwrap();
    for (name, value) in [("FERRUM_COLOUR", "red"), ("FERRUM_LOG_FORMAT", "xml")] {
        let output = ferrum(directory.path(), &["migrate"]).env(name, value).output().unwrap();
        let ended = crate::support::process::ended(output);
        assert!(ended.refusal(2).contains(name), "{ended:?}");
    }
    assert!(!directory.path().join("data").exists(), "nothing was begun");
}

#[test]
fn a_taken_port_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let listeners = [
        ("--listen", "(listen)"),
        ("--powerpro-listen", "(powerpro.listen)"),
        ("--intervalflow-listen", "(intervalflow.listen)"),
    ];
    for (taken, key) in listeners {
        let mut arguments = vec!["serve"];
        for (flag, _) in listeners {
            arguments.extend([flag, if flag == taken { &address } else { "127.0.0.1:0" }]);
        }
        let ended = run(directory.path(), &arguments);
        let line = ended.refusal(2);
        assert!(line.contains(&address) && line.contains(key), "{line}");
    }
}

#[test]
fn only_a_dead_socket_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("kept");
    let refused = || {
        let listen = format!("unix:{}", path.display());
        let ports = ["--listen", "127.0.0.1:0", "--intervalflow-listen", "127.0.0.1:0"];
        let ended = run(directory.path(), &[&["serve", "--powerpro-listen", &listen], &ports[..]].concat());
        let line = ended.refusal(2).to_owned();
        assert!(line.contains("(powerpro.listen)") && line.contains(&listen), "{line}");
        line
    };
    std::fs::write(&path, "of somebody else").unwrap();
    assert!(refused().contains("not a socket"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "of somebody else");
    std::fs::remove_file(&path).unwrap();
    let _live = UnixListener::bind(&path).unwrap();
    refused();
    UnixStream::connect(&path).expect("it is still there");
    std::fs::remove_file(&path).unwrap();
    let _other_kind = UnixDatagram::bind(&path).unwrap();
    refused();
    UnixDatagram::unbound().unwrap().connect(&path).expect("it is still there");
}

#[test]
fn a_data_directory_that_cannot_be_used_is_named() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("file"), "").unwrap();
    let line = run(directory.path(), &["migrate", "--data-dir", "file/data"]).refusal(2).to_owned();
    assert!(line.contains("data_dir") || line.contains("file/data"), "{line}");
}

/// Commands that begin with the database.
const BEGINNINGS: [&[&str]; 3] = [
    &["migrate"],
    &["user", "list"],
    &["serve", "--listen", "off", "--powerpro-listen", "off", "--intervalflow-listen", "off"],
];

#[test]
fn a_file_that_cannot_be_used_is_named_with_its_key() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let refused = |words: &[&str]| {
        for arguments in BEGINNINGS {
            let line = run(path, arguments).refusal(2).to_owned();
            assert!(line.starts_with("ferrum: cannot use the database (data_dir): "), "{line}");
            assert!(line.contains("data/ferrum.db") && !line.contains("internal"), "{line}");
            assert!(words.iter().all(|word| line.contains(word)), "{line}");
        }
    };
    run(path, &["migrate"]).good();
    let file = path.join("data/ferrum.db");
    let change = |sql: &str| rusqlite::Connection::open(&file).unwrap().execute_batch(sql).unwrap();
    change("INSERT INTO schema_migrations VALUES (99, '0099_later', '', 0)");
    refused(&["newer", "0099_later"]);
    change("DELETE FROM schema_migrations WHERE number = 99");
    change("UPDATE schema_migrations SET checksum = 'other' WHERE number = 2");
    refused(&["altered", "0002_audit"]);
    std::fs::write(
        &file,
        "this is no database, only a text that is longer than the head of one. ".repeat(20),
    )
    .unwrap();
    refused(&["not a database"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_database_of_postgresql_is_named_with_its_key() {
    if !postgres_is_there() {
        return;
    }
    let database = Database::create(Engine::Postgres).await;
    let (directory, url) = (tempfile::tempdir().unwrap(), database.url().unwrap());
    run(directory.path(), &["migrate", "--database-url", &url]).good();
    let server = url.clone();
    tokio::task::spawn_blocking(move || {
        let mut client = postgres::Client::connect(&server, postgres::NoTls).unwrap();
        client.batch_execute("INSERT INTO schema_migrations VALUES (99, '0099_later', '', 0)").unwrap();
    })
    .await
    .unwrap();
    for arguments in BEGINNINGS {
        let line =
            run(directory.path(), &[arguments, &["--database-url", &url]].concat()).refusal(2).to_owned();
        assert!(
            line.starts_with("ferrum: cannot use the database (database.url): the database is newer"),
            "{line}"
        );
    }
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

/// How many migrations a file has run.
fn migrations(file: &Path) -> i64 {
    let file = rusqlite::Connection::open(file).unwrap();
    file.query_row("SELECT COUNT(*) FROM schema_migrations", [], |row| row.get(0)).unwrap()
}

/// Makes a file as the version before the tenth migration left it.
fn make_older(file: &Path) {
    let older = "DELETE FROM schema_migrations WHERE number >= 10;
        DROP TABLE failed_logins; DROP TABLE told_failed_logins; DROP TABLE login_addresses;";
    rusqlite::Connection::open(file).unwrap().execute_batch(older).unwrap();
}

/// It would change the tables beneath the server that has the port.
#[test]
fn a_server_that_cannot_listen_upgrades_nothing() {
    let directory = tempfile::tempdir().unwrap();
    run(directory.path(), &["migrate"]).good();
    let file = directory.path().join("data/ferrum.db");
    make_older(&file);
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = socket.local_addr().unwrap().to_string();
    let off = ["--listen", "off", "--powerpro-listen", "off"];
    let line = run(directory.path(), &[&["serve", "--intervalflow-listen", &taken], &off[..]].concat())
        .refusal(2)
        .to_owned();
    assert!(line.contains(&taken), "{line}");
    assert_eq!(migrations(&file), 9);
}

#[test]
fn a_socket_may_stand_in_a_new_data_directory() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data/powerpro");
    let listen = format!("unix:{}", path.display());
    let others = ["--listen", "off", "--intervalflow-listen", "off"];
    let server =
        Process::start(directory.path(), &[&["serve", "--powerpro-listen", &listen], &others[..]].concat());
    server.wait_for("(powerpro.listen)");
    UnixStream::connect(&path).expect("it is there");
    server.signal("TERM");
    assert_eq!(server.end(), Some(0));
    assert!(!path.exists(), "it went with the server");
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
fn a_setting_for_a_surface_to_come_is_told_to_do_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let settings = ["alloy.listen=127.0.0.1:0", "limits.alloy_write=off", "limits.shuren=7/1m"];
    let listeners = ["--listen", "--powerpro-listen", "--intervalflow-listen"];
    let mut arguments = vec!["serve"];
    arguments.extend(listeners.iter().flat_map(|flag| [flag, "off"]));
    arguments.extend(settings.iter().flat_map(|setting| ["--set", setting]));
    let server = Process::start(directory.path(), &arguments);
    for setting in settings {
        let key = setting.split('=').next().unwrap();
        server.wait_for(&format!("{key} does nothing"));
    }
    server.signal("TERM");
    assert_eq!(server.end(), Some(0));
}

#[test]
fn a_worker_works_and_stops() {
    let directory = tempfile::tempdir().unwrap();
    for signal in ["TERM", "INT"] {
        let worker = Process::start(directory.path(), &["worker"]);
        worker.wait_for("working");
        worker.signal(signal);
        assert_eq!(worker.end(), Some(0), "{signal}");
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

/// Sends the head of a request for a lift; the server has begun with it when this returns.
async fn begin_lift(open: &mut Raw, length: &str) {
    let lines = ["POST /lifts HTTP/1.1", "Host: localhost", "X-User-ID: ada", "X-Admin: true", length];
    open.head(&[&lines[..], &["Expect: 100-continue"]].concat()).await;
    assert_eq!(open.answer().await.expect("leave to send").status, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminated_server_ends_what_it_has_begun() {
    let directory = tempfile::tempdir().unwrap();
    let server = Process::serve(directory.path(), &[]);
    let body = r#"{"name":"Zercher squat"}"#;
    let mut open = Raw::tcp(&server.root("powerpro.listen")).await;
    let length = format!("Content-Length: {}", body.len());
    begin_lift(&mut open, &length).await;
    open.write(&body[..9]).await;
    server.signal("TERM");
    server.wait_for("stopping");
    open.write(&body[9..]).await;
    assert_eq!(open.answer().await.expect("an answer").status, 201);
    assert_eq!(server.end(), Some(0));
}

/// A server that has been told to stop while a request is half sent.
async fn stopping(directory: &Path, arguments: &[&str]) -> (Process, Raw) {
    let server = Process::serve(directory, arguments);
    let mut open = Raw::tcp(&server.root("powerpro.listen")).await;
    begin_lift(&mut open, "Content-Length: 9").await;
    server.signal("TERM");
    server.wait_for("stopping");
    (server, open)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_stops_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let (server, _open) = stopping(directory.path(), &["--set", "limits.drain=1m"]).await;
    let told = Instant::now();
    // Within half a second of the server's own time a second signal counts as the first one again.
    while !server.says("stopped at once", Duration::from_millis(700)) {
        server.signal("TERM");
    }
    assert_eq!(server.end(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_ends_does_not_keep_the_server() {
    let directory = tempfile::tempdir().unwrap();
    let (server, _open) = stopping(directory.path(), &["--set", "limits.drain=1s"]).await;
    let told = Instant::now();
    assert_eq!(server.end(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
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
