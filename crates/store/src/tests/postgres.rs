//! What is particular to the server engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ferrum_domain::{Error, Result};
use tokio::task::block_in_place;

use super::support::{Door, mark, postgres};
use crate::{Db, Options, Tx};

#[tokio::test(flavor = "multi_thread")]
async fn a_closure_that_lost_a_race_runs_again_with_one_effect() {
    let Some(fixture) = postgres() else { return };
    fixture.db.write(|tx| mark(tx, 1, "0").and_then(|()| mark(tx, 2, "0"))).await.unwrap();
    let (door, runs) = (Arc::new(Door::new()), Arc::new(AtomicUsize::new(0)));
    let (inside, counted, db) = (Arc::clone(&door), Arc::clone(&runs), fixture.db.clone());
    let first = tokio::spawn(async move {
        db.write(move |tx| {
            let seen = text_of(tx, 1)?;
            if counted.fetch_add(1, Ordering::SeqCst) == 0 {
                inside.wait();
            }
            set(tx, 2, &format!("{seen}+"))
        })
        .await
    });
    block_in_place(|| door.wait_for_arrival());
    // Each reads what the other writes: only one of them can have come first.
    fixture
        .db
        .write(|tx| {
            let seen = text_of(tx, 2)?;
            set(tx, 1, &format!("{seen}-"))
        })
        .await
        .unwrap();
    door.open();
    first.await.unwrap().unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    let texts = fixture.db.read(|tx| Ok((text_of(tx, 1)?, text_of(tx, 2)?)));
    assert_eq!(texts.await.unwrap(), ("0-".to_owned(), "0-+".to_owned()));
}

fn text_of(tx: &mut Tx<'_>, id: i64) -> Result<String> {
    tx.query_one("SELECT text FROM marks WHERE id = ?1 AND half = 0", &[id.into()], |row| row.get(0))
}

fn set(tx: &mut Tx<'_>, id: i64, text: &str) -> Result<()> {
    tx.execute("UPDATE marks SET text = ?2 WHERE id = ?1", &[id.into(), text.into()]).map(drop)
}

#[tokio::test]
async fn a_lost_connection_is_replaced() {
    let Some(fixture) = postgres() else { return };
    fixture.db.write(|tx| mark(tx, 1, "")).await.unwrap();
    let name = fixture.options.url.as_deref().unwrap().rsplit_once('/').unwrap().1;
    fixture.with_client(|client| {
        client
            .execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = $1 AND pid <> pg_backend_pid()",
                &[&name],
            )
            .unwrap();
    });
    fixture.db.write(|tx| mark(tx, 2, "")).await.unwrap();
    // Before COMMIT nothing was kept, so the closure may run again.
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let written = fixture.db.write(move |tx| {
        mark(tx, 3, "")?;
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            tx.execute("SELECT pg_terminate_backend(pg_backend_pid())", &[])?;
        }
        Ok(())
    });
    written.await.unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert_eq!(fixture.ids().await, [1, 2, 3]);
}

#[tokio::test]
async fn a_connection_lost_in_commit_is_not_tried_again() {
    let Some(fixture) = postgres() else { return };
    fixture.with_client(|client| {
        client
            .batch_execute(
                "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
                   'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
                 CREATE CONSTRAINT TRIGGER die AFTER INSERT ON marks DEFERRABLE INITIALLY DEFERRED
                   FOR EACH ROW EXECUTE FUNCTION die()",
            )
            .unwrap();
    });
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let written = fixture.db.write(move |tx| {
        counted.fetch_add(1, Ordering::SeqCst);
        mark(tx, 1, "")
    });
    let written = written.await;
    assert!(matches!(written, Err(Error::Unavailable { .. })), "{written:?}");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_eq!(fixture.ids().await, [0_i64; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_idempotency_key_at_once_is_a_race_to_run_again() {
    let Some(fixture) = postgres() else { return };
    let (door, runs) = (Arc::new(Door::new()), Arc::new(AtomicUsize::new(0)));
    let (inside, counted, db) = (Arc::clone(&door), Arc::clone(&runs), fixture.db.clone());
    let first = tokio::spawn(async move {
        db.write(move |tx| {
            let mine = !key_is_taken(tx)?;
            if counted.fetch_add(1, Ordering::SeqCst) == 0 {
                inside.wait();
            }
            if mine {
                take_key(tx)?;
            }
            Ok(mine)
        })
        .await
    });
    block_in_place(|| door.wait_for_arrival());
    fixture.db.write(take_key).await.unwrap();
    door.open();
    assert!(!first.await.unwrap().unwrap(), "the second run finds the key");
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

fn key_is_taken(tx: &mut Tx<'_>) -> Result<bool> {
    let found = tx.query_opt("SELECT 1 FROM idempotency_keys WHERE key = 'k'", &[], |_| Ok(()))?;
    Ok(found.is_some())
}

fn take_key(tx: &mut Tx<'_>) -> Result<()> {
    tx.execute(
        "INSERT INTO idempotency_keys (caller, surface, route, key, request_hash, answer, created_at) \
         VALUES ('c', 's', 'r', 'k', ?1, ?1, 0)",
        &[crate::Value::Blob(b"")],
    )
    .map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_too_long_for_a_connection_is_told() {
    let Some(fixture) = postgres() else { return };
    let narrow = Db::open(&Options { pool: 1, ..fixture.options.clone() }).unwrap();
    let door = Arc::new(Door::new());
    let (inside, db) = (Arc::clone(&door), narrow.clone());
    let held = tokio::spawn(async move {
        db.write(move |_| {
            inside.wait();
            Ok(())
        })
        .await
    });
    block_in_place(|| door.wait_for_arrival());
    let late = narrow.read(|_| Ok(())).await;
    assert!(matches!(late, Err(Error::Unavailable { .. })), "{late:?}");
    door.open();
    held.await.unwrap().unwrap();
    narrow.read(|_| Ok(())).await.unwrap();
    narrow.close();
}

#[test]
fn a_url_that_cannot_be_used_is_named_without_its_password() {
    let open = |url: &str| {
        let options = Options { url: Some(url.to_owned()), file: "unused".into(), pool: 1 };
        Db::open(&options).err().unwrap().to_string()
    };
    for url in [
        "postgres://u:secret@127.0.0.1/x?sslmode=require",
        "postgres://u:secret@127.0.0.1/x?sslmode=verify-full",
    ] {
        let error = open(url);
        assert!(error.contains("sslmode") && !error.contains("secret"), "{error}");
    }
    for url in [
        "postgres://u:p@ss?secret=x@127.0.0.1/x",
        "postgres://u@127.0.0.1/x?passwort=secret",
        "postgres://u:pass/secret",
    ] {
        let error = open(url);
        assert!(error.contains("cannot be used") && !error.contains("secret"), "{error}");
    }
    let error = open("postgres://u:secret@127.0.0.1:1/x");
    assert!(error.contains("connecting to PostgreSQL") && !error.contains("secret"), "{error}");
}
