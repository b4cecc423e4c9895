//! What is particular to the embedded engine.

use std::io::Read as _;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result};
use tokio::task::{JoinHandle, JoinSet, block_in_place};

use super::support::{Door, Fixture, both, mark, poll_once, queued, sqlite, sqlite_tuned};
use crate::engine::Tuning;
use crate::{Db, Facet, Moment, catalogue};

/// Keeps the writer busy until the door opens, so that what comes meanwhile is one batch.
pub(super) fn hold(fixture: &Fixture, door: &Arc<Door>) -> JoinHandle<Result<()>> {
    let (db, door) = (fixture.db.clone(), Arc::clone(door));
    tokio::spawn(async move {
        db.write(move |_| {
            door.wait();
            Ok(())
        })
        .await
    })
}

/// Writes of `ids`, all of which wait in the queue when this returns.
async fn queue(fixture: &Fixture, ids: std::ops::Range<i64>, text: &str) -> JoinSet<(i64, Result<()>)> {
    let write = |id| {
        let (db, text) = (fixture.db.clone(), text.to_owned());
        async move { (id, db.write(move |tx| mark(tx, id, &text)).await) }
    };
    queued(ids.map(write)).await
}

/// The ids whose write was acknowledged; every other one must have been told to come again.
fn acknowledged(answers: Vec<(i64, Result<()>)>) -> Vec<i64> {
    let mut ids = Vec::new();
    for (id, answer) in answers {
        match answer {
            Ok(()) => ids.push(id),
            Err(Error::Unavailable { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn the_writer_waits_for_the_disk() {
    let fixture = sqlite();
    let pragma =
        |name: &'static str| fixture.db.write(move |tx| tx.query_one(name, &[], |row| row.get::<i64>(0)));
    assert_eq!(pragma("PRAGMA synchronous").await.unwrap(), 2);
    assert_eq!(pragma("PRAGMA foreign_keys").await.unwrap(), 1);
    assert_eq!(pragma("PRAGMA defer_foreign_keys").await.unwrap(), 0);
    let mode = fixture.db.write(|tx| tx.query_one("PRAGMA journal_mode", &[], |row| row.get::<String>(0)));
    assert_eq!(mode.await.unwrap(), "wal");
}

/// Every statement of the product tells whose maxes it writes; one that does not costs memory, not truth.
#[tokio::test]
async fn a_max_written_by_who_knows_whom_is_read_again() {
    let fixture = sqlite();
    let unchanged = |since: Option<Moment>| {
        fixture.db.read(move |tx| {
            catalogue::look(tx)?;
            let since = since.or(tx.moment());
            Ok(since.map(|since| (since, tx.is_unchanged(Facet::TrainingMaxes(7), since))))
        })
    };
    let write = |sql: &'static str| fixture.db.write(move |tx| tx.execute(sql, &[]));
    write(
        "INSERT INTO accounts (key, id, number, object_id, role, status, credential_version, weight_unit, created_at, \
         updated_at) VALUES (7, 'a', 7, 'a', 'customer', 'active', 1, 'lb', 0, 0)",
    )
    .await
    .unwrap();
    write(
        "INSERT INTO lifts (id, key, name, slug, is_competition, created_at, updated_at) \
         VALUES ('l', 1, 'l', 'l', 0, 0, 0)",
    )
    .await
    .unwrap();
    let (since, _) = unchanged(None).await.unwrap().unwrap();
    assert_eq!(unchanged(Some(since)).await.unwrap(), Some((since, true)));
    write(
        "INSERT INTO lift_maxes (id, account_key, lift_key, max_type, value, unit, effective_at, created_at, updated_at, \
         written) VALUES ('m', 7, 1, 'TM', 1, 'lb', 0, 0, 0, 0)",
    )
    .await
    .unwrap();
    assert_eq!(unchanged(Some(since)).await.unwrap(), Some((since, false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_database_in_mid_batch_loses_nothing_acknowledged() {
    let pages = 260;
    let fixture = sqlite_tuned(&Tuning { max_page_count: Some(pages), ..Tuning::default() });
    let mut expected = Vec::new();
    for round in 0..6 {
        let door = Arc::new(Door::new());
        let held = hold(&fixture, &door);
        block_in_place(|| door.wait_for_arrival());
        let callers = queue(&fixture, round * 40..round * 40 + 40, &"x".repeat(3000)).await;
        door.open();
        held.await.unwrap().unwrap();
        expected.extend(acknowledged(callers.join_all().await));
        assert_eq!(fixture.ids().await, expected, "round {round}");
    }
    assert!(!expected.is_empty() && expected.len() < 240, "{} of 240 fitted", expected.len());
    // What fits still does.
    fixture.db.write(|tx| tx.execute("DELETE FROM marks WHERE id < 20", &[])).await.unwrap();
    fixture.db.write(|tx| mark(tx, 1000, "")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_commit_answers_every_member_with_an_error() {
    let refuse = Arc::new(AtomicBool::new(false));
    let fixture = sqlite_tuned(&Tuning { refuse_commits: Some(Arc::clone(&refuse)), ..Tuning::default() });
    let door = Arc::new(Door::new());
    let held = hold(&fixture, &door);
    block_in_place(|| door.wait_for_arrival());
    let callers = queue(&fixture, 0..20, "").await;
    refuse.store(true, Ordering::SeqCst);
    door.open();
    // The holder's own commit changed nothing, so nothing could be refused.
    let _ = held.await.unwrap();
    assert_eq!(acknowledged(callers.join_all().await), [0_i64; 0]);
    let alone = fixture.db.write(|tx| mark(tx, 50, "")).await;
    assert!(matches!(alone, Err(Error::Unavailable { .. })), "{alone:?}");
    assert_eq!(fixture.ids().await, [0_i64; 0]);
    refuse.store(false, Ordering::SeqCst);
    fixture.db.write(|tx| mark(tx, 51, "")).await.unwrap();
    assert_eq!(fixture.ids().await, [51]);
}

#[tokio::test]
async fn a_slow_read_runs_again_on_a_reader_thread() {
    let fixture = sqlite();
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let answer = fixture.db.read(move |tx| {
        counted.fetch_add(1, Ordering::SeqCst);
        let slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) SELECT COUNT(*) FROM n";
        let count: i64 = tx.query_one(slow, &[300_000.into()], |row| row.get(0))?;
        Ok((count, std::thread::current().name().map(str::to_owned)))
    });
    assert_eq!(answer.await.unwrap(), (300_000, Some("ferrum-reader".to_owned())));
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    // The connection that was stopped is good for the next.
    fixture.db.read(|tx| tx.query_one("SELECT 1", &[], |row| row.get::<i64>(0))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_at_once() {
    let fixture = sqlite();
    let door = Arc::new(Door::new());
    let held = hold(&fixture, &door);
    block_in_place(|| door.wait_for_arrival());
    let callers = queue(&fixture, 0..1024, "").await;
    let refused = poll_once(pin!(fixture.db.write(|tx| mark(tx, 5000, "")))).await;
    assert!(matches!(refused, Poll::Ready(Err(Error::Unavailable { .. }))), "{refused:?}");
    door.open();
    held.await.unwrap().unwrap();
    assert_eq!(acknowledged(callers.join_all().await).len(), 1024);
    assert_eq!(fixture.ids().await.len(), 1024);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_handles_on_one_file_neither_corrupt_nor_deadlock() {
    let fixture = sqlite();
    let other = Db::open(&fixture.options).unwrap();
    let mut callers = JoinSet::new();
    for id in 0..400 {
        let db = if id % 2 == 0 { fixture.db.clone() } else { other.clone() };
        callers.spawn(async move {
            db.write(move |tx| mark(tx, id, "")).await?;
            // What is acknowledged is seen by the next read, whichever handle reads.
            db.read(move |tx| tx.query_one("SELECT 1 FROM marks WHERE id = ?1", &[id.into()], |_| Ok(())))
                .await
        });
    }
    for done in callers.join_all().await {
        done.unwrap();
    }
    assert_eq!(fixture.ids().await, (0..400).collect::<Vec<_>>());
    let sound = other.report(|tx| tx.query_one("PRAGMA integrity_check", &[], |row| row.get::<String>(0)));
    assert_eq!(sound.await.unwrap(), "ok");
    other.close();
}

#[tokio::test]
async fn whoever_writes_without_pause_leaves_others_their_turn() {
    let fixture = sqlite();
    let busy = rusqlite::Connection::open(&fixture.options.file).unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let load = std::thread::spawn({
        let done = Arc::clone(&done);
        move || {
            while !done.load(Ordering::Relaxed) {
                if busy.execute_batch("BEGIN IMMEDIATE").is_ok() {
                    std::thread::sleep(Duration::from_millis(1));
                    busy.execute_batch("COMMIT").unwrap();
                }
                let free = Instant::now();
                while free.elapsed() < Duration::from_micros(50) {
                    std::hint::spin_loop();
                }
            }
        }
    });
    let start = Instant::now();
    for id in 0..50 {
        fixture.db.write(move |tx| mark(tx, id, "")).await.unwrap();
    }
    let took = start.elapsed();
    done.store(true, Ordering::Relaxed);
    load.join().unwrap();
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test]
async fn a_backup_is_whole_and_replaces_nothing() {
    for fixture in both() {
        let directory = tempfile::tempdir().unwrap();
        let copy = directory.path().join("copy.db");
        if fixture.options.url.is_some() {
            let error = fixture.db.backup(&copy).unwrap_err().to_string();
            assert!(error.contains("pg_dump"), "{error}");
            continue;
        }
        fixture.db.write(|tx| mark(tx, 7, "")).await.unwrap();
        fixture.db.backup(&copy).unwrap();
        assert!(matches!(fixture.db.backup(&copy), Err(Error::Invalid(_))));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "only the copy is left");
        let copied = Db::open(&crate::Options { url: None, file: copy, pool: 0 }).unwrap();
        assert_eq!(copied.pending().unwrap(), 0);
        let id = copied.read(|tx| tx.query_one("SELECT id FROM marks", &[], |row| row.get::<i64>(0)));
        assert_eq!(id.await.unwrap(), 7);
    }
}

#[test]
fn several_processes_may_start_on_a_new_file_at_once() {
    for _ in 0..10 {
        let directory = tempfile::tempdir().unwrap();
        let options = crate::Options { url: None, file: directory.path().join("new.db"), pool: 0 };
        let start = || {
            let db = Db::open(&options).unwrap();
            let ran = db.migrate(Millis(0)).unwrap();
            db.close();
            ran
        };
        let ran: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..6).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(ran, crate::migrations::MIGRATIONS.len());
    }
}

/// The thread that runs the closure then drops the database, which must not wait for itself.
#[tokio::test]
async fn the_last_handle_may_go_inside_of_a_closure() {
    let fixture = sqlite();
    let own = Db::open(&fixture.options).unwrap();
    let (said, heard) = std::sync::mpsc::channel();
    let inside = own.clone();
    let writing = tokio::spawn(async move {
        own.clone()
            .write(move |tx| {
                let _kept = &inside;
                mark(tx, 1, "")?;
                std::thread::sleep(Duration::from_millis(200));
                let _ = said.send(());
                Ok(())
            })
            .await
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    writing.abort();
    heard.recv_timeout(Duration::from_secs(5)).unwrap();
    // Only once its thread has let go can another process write.
    fixture.db.write(|tx| mark(tx, 2, "")).await.unwrap();
    assert_eq!(fixture.ids().await, [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_starts_over_while_others_read() {
    let fixture = sqlite();
    let stop = Arc::new(AtomicBool::new(false));
    let (db, stopped) = (fixture.db.clone(), Arc::clone(&stop));
    let reader = tokio::spawn(async move {
        while !stopped.load(Ordering::SeqCst) {
            db.read(|tx| tx.query_one("SELECT COUNT(*) FROM marks", &[], |row| row.get::<i64>(0))).await?;
            tokio::task::yield_now().await;
        }
        Result::<()>::Ok(())
    });
    let mut log = fixture.options.file.clone().into_os_string();
    log.push("-wal");
    let text = "x".repeat(100_000);
    // How many 100 kB were written into the log before it started over.
    let (mut rounds, mut round) = (Vec::new(), 0);
    let mut start = checkpoints(Path::new(&log));
    while rounds.len() < 5 {
        let text = text.clone();
        fixture.db.write(move |tx| mark(tx, 1, &text)).await.unwrap();
        fixture.db.write(|tx| tx.execute("DELETE FROM marks WHERE id = 1", &[])).await.unwrap();
        round += 1;
        assert!(round < 5_000, "the log goes on and on");
        let now = checkpoints(Path::new(&log));
        if now != start {
            rounds.push(round);
            (round, start) = (0, now);
        }
    }
    stop.store(true, Ordering::SeqCst);
    reader.await.unwrap().unwrap();
    rounds.sort_unstable();
    // Soon after 64 MiB, but for the rounds in which something held up the thread that folds.
    assert!(rounds[0] >= 268 && rounds[2] < 400, "{rounds:?}");
}

/// How often the log has started over, by its header.
fn checkpoints(log: &Path) -> u32 {
    let mut header = [0; 16];
    std::fs::File::open(log).unwrap().read_exact(&mut header).unwrap();
    u32::from_be_bytes(header[12..].try_into().unwrap())
}
