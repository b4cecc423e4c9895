//! A fresh database for each test, with the product's schema and a table for the test's own rows.

use std::future::{poll_fn, ready};
use std::net::TcpStream;
use std::pin::Pin;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use ferrum_domain::Result;
use ferrum_domain::time::Millis;
use postgres::{Client, NoTls};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::engine::Tuning;
use crate::row::Value;
use crate::{Db, Options, Tx};

/// Rows of no meaning; every test writes two for each id, so that a half transaction shows.
pub(super) const MARKS: &str =
    "CREATE TABLE marks (id INTEGER NOT NULL, half INTEGER NOT NULL, text TEXT NOT NULL);
     CREATE UNIQUE INDEX marks_id ON marks (id, half);";

/// A database that is gone with the test.
pub(super) struct Fixture {
    pub(super) db: Db,
    pub(super) options: Options,
    postgres: Option<String>,
    _directory: TempDir,
}

/// An empty database on each engine that there is.
pub(super) fn empty() -> Vec<Fixture> {
    [Some(sqlite_with(&Tuning::default())), empty_postgres()].into_iter().flatten().collect()
}

/// A migrated database on each engine that there is.
pub(super) fn both() -> Vec<Fixture> {
    [Some(sqlite()), postgres()].into_iter().flatten().collect()
}

pub(super) fn sqlite() -> Fixture {
    sqlite_with(&Tuning::default()).migrated()
}

pub(super) fn sqlite_tuned(tuning: &Tuning) -> Fixture {
    sqlite_with(tuning).migrated()
}

fn sqlite_with(tuning: &Tuning) -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let options = Options { url: None, file: directory.path().join("test.db"), pool: 0 };
    let db = Db::open_tuned(&options, tuning).unwrap();
    Fixture { db, options, postgres: None, _directory: directory }
}

pub(super) fn postgres() -> Option<Fixture> {
    empty_postgres().map(Fixture::migrated)
}

fn empty_postgres() -> Option<Fixture> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = SERVER.as_ref()?;
    let name = format!("ferrum_store_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    administer(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    administer(&format!("CREATE DATABASE {name}"));
    let directory = tempfile::tempdir().unwrap();
    let root = server.rsplit_once('/').unwrap().0;
    let options = Options { url: Some(format!("{root}/{name}")), file: directory.path().into(), pool: 8 };
    let db = Db::open(&options).unwrap();
    Some(Fixture { db, options, postgres: Some(name), _directory: directory })
}

impl Fixture {
    fn migrated(self) -> Self {
        self.db.migrate(Millis(0)).unwrap();
        self.db.batch(MARKS).unwrap();
        self
    }

    /// The ids of the rows, each of which must be there in both halves.
    pub(super) async fn ids(&self) -> Vec<i64> {
        let rows = self.db.report(|tx| {
            tx.query("SELECT id, COUNT(*) FROM marks GROUP BY id ORDER BY id", &[], |row| {
                Ok((row.get::<i64>(0)?, row.get::<i64>(1)?))
            })
        });
        let check = |(id, halves)| {
            assert_eq!(halves, 2, "half a transaction: id {id}");
            id
        };
        rows.await.unwrap().into_iter().map(check).collect()
    }

    /// A client of its own, on a thread where it may block.
    pub(super) fn with_client<T: Send>(&self, work: impl FnOnce(&mut Client) -> T + Send) -> T {
        let url = self.options.url.as_deref().unwrap();
        let run = || work(&mut Client::connect(url, NoTls).unwrap());
        thread::scope(|scope| scope.spawn(run).join()).unwrap()
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.db.close();
        if let Some(name) = &self.postgres {
            administer(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// Writes both halves of `id`.
pub(super) fn mark(tx: &mut Tx<'_>, id: i64, text: &str) -> Result<()> {
    for half in 0..2 {
        tx.execute(
            "INSERT INTO marks (id, half, text) VALUES (?1, ?2, ?3)",
            &[id.into(), Value::Int(half), text.into()],
        )?;
    }
    Ok(())
}

/// Callers that have been polled once, by which each has put its first closure into the queue.
pub(super) async fn queued<T: Send + 'static>(
    calls: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
) -> JoinSet<T> {
    let mut callers = JoinSet::new();
    for call in calls {
        let mut call = Box::pin(call);
        match poll_once(call.as_mut()).await {
            Poll::Ready(answer) => callers.spawn(ready(answer)),
            Poll::Pending => callers.spawn(call),
        };
    }
    callers
}

/// What a call answers at once.
pub(super) async fn poll_once<T>(mut call: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await
}

/// A door that a closure waits at until the test opens it.
pub(super) struct Door {
    arrived: (Mutex<Sender<()>>, Mutex<Receiver<()>>),
    opened: (Mutex<Sender<()>>, Mutex<Receiver<()>>),
}

impl Door {
    pub(super) fn new() -> Self {
        let pair = || {
            let (sender, receiver) = channel();
            (Mutex::new(sender), Mutex::new(receiver))
        };
        Self { arrived: pair(), opened: pair() }
    }

    /// In the closure.
    pub(super) fn wait(&self) {
        send(&self.arrived.0);
        receive(&self.opened.1);
    }

    /// In the test: until the closure has come.
    pub(super) fn wait_for_arrival(&self) {
        receive(&self.arrived.1);
    }

    pub(super) fn open(&self) {
        send(&self.opened.0);
    }
}

fn send(sender: &Mutex<Sender<()>>) {
    sender.lock().unwrap_or_else(PoisonError::into_inner).send(()).unwrap();
}

fn receive(receiver: &Mutex<Receiver<()>>) {
    let receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner);
    receiver.recv_timeout(Duration::from_secs(20)).unwrap();
}

static SERVER: LazyLock<Option<String>> = LazyLock::new(|| {
    if let Ok(url) = std::env::var("FERRUM_TEST_POSTGRES_URL") {
        return Some(url);
    }
    if TcpStream::connect_timeout(&([127, 0, 0, 1], 5432).into(), Duration::from_secs(1)).is_ok() {
        return Some("postgres://postgres@127.0.0.1:5432/postgres".to_owned());
    }
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "CI must test on PostgreSQL: set FERRUM_TEST_POSTGRES_URL"
    );
    eprintln!("\n***** SKIPPED: no PostgreSQL answers; set FERRUM_TEST_POSTGRES_URL *****\n");
    None
});

fn administer(sql: &str) {
    let server = SERVER.as_deref().unwrap();
    let run = || Client::connect(server, NoTls).unwrap().batch_execute(sql).unwrap();
    thread::scope(|scope| scope.spawn(run).join()).unwrap();
}
