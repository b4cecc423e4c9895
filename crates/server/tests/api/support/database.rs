//! A fresh database for each test.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use ferrum_app::config::Config;

/// Where the data of a test is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A directory and, on PostgreSQL, a database, both gone with the test.
pub struct Database {
    directory: tempfile::TempDir,
    postgres: Option<String>,
}

static POSTGRES: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("FERRUM_TEST_POSTGRES_URL").ok());

/// Whether there is a PostgreSQL to test on. Says so loudly, and fails in CI, when there is none.
pub fn postgres_is_there() -> bool {
    if POSTGRES.is_none() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI must test on PostgreSQL: run `make test`");
        eprintln!("SKIPPED: no FERRUM_TEST_POSTGRES_URL (`make test` finds or starts a server)");
    }
    POSTGRES.is_some()
}

impl Database {
    pub async fn create(engine: Engine) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let directory = tempfile::tempdir().expect("a temporary directory");
        let postgres = (engine == Engine::Postgres).then(|| {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            format!("ferrum_test_{}_{count}", std::process::id())
        });
        if let Some(name) = &postgres {
            administer(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE); CREATE DATABASE {name}")).await;
        }
        Self { directory, postgres }
    }

    /// A configuration for this database, on free ports of the loopback interface.
    pub fn config(&self, settings: &[(&str, &str)]) -> Config {
        let mut config = vec![
            ("data_dir".to_owned(), self.path().display().to_string()),
            ("listen".to_owned(), "127.0.0.1:0".to_owned()),
            ("powerpro.listen".to_owned(), "127.0.0.1:0".to_owned()),
            ("intervalflow.listen".to_owned(), "127.0.0.1:0".to_owned()),
            // The built-in programs have tests of their own; the others start with an empty catalogue.
            ("builtin".to_owned(), "off".to_owned()),
            ("log.access".to_owned(), "off".to_owned()),
            // A test that is about limits switches them on; the others ask as often as they like.
            ("rate_limits".to_owned(), "off".to_owned()),
        ];
        if let Some(url) = self.url() {
            config.push(("database.url".to_owned(), url));
            config.push(("database.pool".to_owned(), "4".to_owned()));
        }
        config.extend(settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        Config::from_settings(config).expect("a valid configuration")
    }

    /// The data directory.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// URL of the PostgreSQL database.
    pub fn url(&self) -> Option<String> {
        let name = self.postgres.as_ref()?;
        let server = POSTGRES.as_ref()?;
        let root = server.rsplit_once('/').map_or(server.as_str(), |(root, _)| root);
        Some(format!("{root}/{name}"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let (Some(name), Some(server)) = (self.postgres.take(), POSTGRES.clone()) {
            // The synchronous client must not run on the test's own runtime.
            let dropped = std::thread::spawn(move || {
                postgres::Client::connect(&server, postgres::NoTls)?
                    .batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            });
            let _ = dropped.join();
        }
    }
}

async fn administer(sql: String) {
    let server = POSTGRES.clone().expect("PostgreSQL is there");
    tokio::task::spawn_blocking(move || {
        let mut client = postgres::Client::connect(&server, postgres::NoTls).expect("the server answers");
        for statement in sql.split(';') {
            client.batch_execute(statement).unwrap_or_else(|e| panic!("{statement}: {e:?}"));
        }
    })
    .await
    .expect("no panic");
}
