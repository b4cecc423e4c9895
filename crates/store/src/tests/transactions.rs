//! Closures are atomic, durable and apart from each other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result};
use tokio::task::JoinSet;

use super::support::{Door, both, mark, queued};
use crate::accounts;

#[tokio::test]
async fn every_kind_of_value_comes_back() {
    for fixture in both() {
        let row = fixture.db.read(|tx| {
            tx.query_one(
                "SELECT CAST(?1 AS TEXT), COUNT(*), 1 = 1, MAX(at), MAX(fields) FROM audit_entries",
                &["Élan 💪".into()],
                |row| {
                    assert_eq!(row.get::<Option<i64>>(3)?, None);
                    assert_eq!(row.get::<Option<String>>(4)?, None);
                    Ok((row.get::<String>(0)?, row.get::<i64>(1)?, row.get::<bool>(2)?))
                },
            )
        });
        assert_eq!(row.await.unwrap(), ("Élan 💪".to_owned(), 0, true));
        let nul = fixture.db.write(|tx| mark(tx, 1, "a\0b")).await;
        assert!(matches!(nul, Err(Error::Invalid(_))), "{nul:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_and_panicking_closures_harm_nobody_else() {
    for fixture in both() {
        let mut callers = JoinSet::new();
        for id in 0..96 {
            let db = fixture.db.clone();
            callers.spawn(async move {
                let written = db.write(move |tx| {
                    mark(tx, id, "")?;
                    match id % 4 {
                        0 => Err(Error::NotFound),
                        1 => panic!("a closure panics, as this test wants"),
                        2 => tx.execute("INSERT INTO marks (id) VALUES (1, 2)", &[]).map(drop),
                        _ => Ok(()),
                    }
                });
                (id, written.await)
            });
        }
        for (id, written) in callers.join_all().await {
            match id % 4 {
                0 => assert!(matches!(written, Err(Error::NotFound)), "{written:?}"),
                1 | 2 => assert!(matches!(written, Err(Error::Internal { .. })), "{written:?}"),
                _ => written.unwrap(),
            }
        }
        let expected: Vec<i64> = (0..96).filter(|id| id % 4 == 3).collect();
        assert_eq!(fixture.ids().await, expected);
    }
}

#[tokio::test]
async fn a_failed_statement_cannot_be_ignored() {
    for fixture in both() {
        let written = fixture.db.write(|tx| {
            mark(tx, 1, "")?;
            let _ = mark(tx, 1, "");
            Ok(())
        });
        assert!(matches!(written.await, Err(Error::Internal { .. })));
        let written: Result<()> = fixture.db.write(|tx| mark(tx, 1, "").and_then(|()| mark(tx, 1, ""))).await;
        assert!(matches!(written, Err(Error::Conflict(_))));
        assert_eq!(fixture.ids().await, [0_i64; 0]);
    }
}

#[tokio::test]
async fn a_read_cannot_write() {
    for fixture in both() {
        let written = fixture.db.read(|tx| mark(tx, 1, "")).await;
        assert!(matches!(written, Err(Error::Internal { .. })), "{written:?}");
        let written = fixture.db.report(|tx| mark(tx, 1, "")).await;
        assert!(matches!(written, Err(Error::Internal { .. })), "{written:?}");
        assert_eq!(fixture.ids().await, [0_i64; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_is_a_snapshot() {
    const COUNT: &str = "SELECT COUNT(*) FROM marks";
    for fixture in both() {
        let (db, door) = (fixture.db.clone(), Arc::new(Door::new()));
        let inside = Arc::clone(&door);
        let reading = tokio::spawn(async move {
            db.read(move |tx| {
                let before: i64 = tx.query_one(COUNT, &[], |row| row.get(0))?;
                inside.wait();
                let after: i64 = tx.query_one(COUNT, &[], |row| row.get(0))?;
                Ok((before, after))
            })
            .await
        });
        tokio::task::block_in_place(|| door.wait_for_arrival());
        fixture.db.write(|tx| mark(tx, 1, "")).await.unwrap();
        door.open();
        assert_eq!(reading.await.unwrap().unwrap(), (0, 0));
        assert_eq!(fixture.ids().await, [1]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_increment_is_lost() {
    for fixture in both() {
        fixture.db.write(|tx| mark(tx, 1, "0")).await.unwrap();
        let mut callers = JoinSet::new();
        for _ in 0..40 {
            let db = fixture.db.clone();
            callers.spawn(async move {
                db.write(increment).await.unwrap();
            });
        }
        callers.join_all().await;
        let text = fixture.db.read(|tx| tx.query_one(TEXT, &[], |row| row.get::<String>(0)));
        assert_eq!(text.await.unwrap(), "40");
    }
}

const TEXT: &str = "SELECT text FROM marks WHERE id = 1 AND half = 0";

fn increment(tx: &mut crate::Tx<'_>) -> Result<()> {
    let text: String = tx.query_one(TEXT, &[], |row| row.get(0))?;
    let next = (text.parse::<i64>().unwrap() + 1).to_string();
    tx.execute("UPDATE marks SET text = ?1 WHERE id = 1", &[(&next).into()]).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_finishes_what_waits_and_refuses_the_rest() {
    for fixture in both() {
        let door = Arc::new(Door::new());
        let held = super::sqlite::hold(&fixture, &door);
        tokio::task::block_in_place(|| door.wait_for_arrival());
        let done = Arc::new(AtomicUsize::new(0));
        let write = |id| {
            let (db, done) = (fixture.db.clone(), Arc::clone(&done));
            async move {
                db.write(move |tx| mark(tx, id, "")).await?;
                done.fetch_add(1, Ordering::SeqCst);
                Ok::<_, Error>(())
            }
        };
        let callers = queued((1..=20).map(write)).await;
        let db = fixture.db.clone();
        let closing = tokio::task::spawn_blocking(move || db.close());
        // Nothing tells that the closing has begun; before that, less is shown but nothing fails.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        door.open();
        closing.await.unwrap();
        held.await.unwrap().unwrap();
        assert!(callers.join_all().await.into_iter().all(|written| written.is_ok()));
        assert_eq!(done.load(Ordering::SeqCst), 20);
        let late = fixture.db.write(|tx| mark(tx, 99, "")).await;
        assert!(matches!(late, Err(Error::Unavailable { .. })), "{late:?}");
        let late = fixture.db.read(|_| Ok(())).await;
        assert!(matches!(late, Err(Error::Unavailable { .. })), "{late:?}");
    }
}

/// Keys and numbers count up, so that those born at once meet: nobody may be told of a conflict.
#[tokio::test(flavor = "multi_thread")]
async fn people_born_at_once_become_people() {
    for fixture in both() {
        let mut callers = JoinSet::new();
        for caller in 0..60 {
            let db = fixture.db.clone();
            callers.spawn(async move {
                // Each person comes twice.
                let id = format!("person-{}", caller / 2);
                loop {
                    let (id, object_id) = (id.clone(), format!("{caller:024x}"));
                    let birth = accounts::Birth { now: Millis(0), object_id };
                    match db.write(move |tx| accounts::ensure(tx, &id, &birth)).await {
                        Ok(key) => break key,
                        Err(Error::Unavailable { .. }) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
            });
        }
        let keys: BTreeSet<i64> = callers.join_all().await.into_iter().collect();
        assert_eq!(keys, (1..=30).collect());
    }
}
