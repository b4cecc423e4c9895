//! How a start ends that cannot go on, and what it takes on its way.

use std::net::TcpListener;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;

use crate::support::Engine;
use crate::support::database::{Database, postgres_is_there};
use crate::support::process::{Process, ferrum, run};

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

/// How many migrations a file has run.
pub fn migrations(file: &Path) -> i64 {
    let file = rusqlite::Connection::open(file).unwrap();
    file.query_row("SELECT COUNT(*) FROM schema_migrations", [], |row| row.get(0)).unwrap()
}

/// Makes a file as the version before the tenth migration left it.
pub fn make_older(file: &Path) {
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
