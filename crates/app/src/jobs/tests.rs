//! The work is done when it is due, once, and again when it failed.

use ferrum_store::idempotency::{self, Kept};
use ferrum_store::{accounts, audit, sign_ins};

use super::*;
use crate::clock::Clock;
use crate::config::Config;

const START: Millis = Millis(1_767_600_000_000);

/// A product on a database of its own, and the directory that goes with it.
fn app() -> (Arc<App>, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let data = ("data_dir".to_owned(), directory.path().display().to_string());
    let config = Config::from_settings([data]).unwrap();
    let app = App::open(config, Clock::manual(START)).unwrap();
    app.db.migrate(START).unwrap();
    (app, directory)
}

async fn write_entries(app: &Arc<App>, count: usize) {
    let entry = |tx: &mut Tx<'_>| {
        audit::insert(
            tx,
            &audit::Entry {
                at: START,
                actor_key: None,
                actor_id: "anna",
                proof: "header",
                claimed_admin: true,
                surface: "powerpro",
                route: "POST /lifts",
                row_type: "lifts",
                row_id: "1",
                fields: &["name"],
                request_id: "r",
            },
        )
    };
    app.db.write(move |tx| (0..count).try_for_each(|_| entry(tx))).await.unwrap();
}

/// How many batches stand.
async fn verified(app: &Arc<App>) -> Result<i64, Damage> {
    verify_audit(app, None).await.unwrap().map(|last| last.map_or(0, |batch| batch.number))
}

async fn states(app: &Arc<App>) -> Vec<(String, i64)> {
    app.db.read(jobs::count).await.unwrap()
}

/// Works until nothing is due.
async fn work(app: &Arc<App>) -> usize {
    let (mut planned, mut done) = (false, 0);
    while turn(app, "worker", &mut planned).await.unwrap() {
        done += 1;
    }
    done
}

#[tokio::test]
async fn recurring_work_comes_back_and_stands_once() {
    let (app, _directory) = app();
    assert_eq!(work(&app).await, RECURRING.len());
    assert_eq!(work(&app).await, 0, "nothing is due twice");
    app.clock.advance(MINUTE);
    assert_eq!(work(&app).await, 1, "the audit is sealed each minute");
    app.clock.advance(HOUR);
    assert_eq!(work(&app).await, RECURRING.len());
    assert_eq!(states(&app).await, [("waiting".to_owned(), 4)]);
}

#[tokio::test]
async fn the_audit_is_sealed_into_a_chain_that_verifies() {
    let (app, _directory) = app();
    assert_eq!(verified(&app).await, Ok(0));
    write_entries(&app, 2_500).await;
    audit_seal::seal(&app).await.unwrap();
    write_entries(&app, 1).await;
    app.clock.advance(MINUTE);
    audit_seal::seal(&app).await.unwrap();
    audit_seal::seal(&app).await.unwrap();
    assert_eq!(verified(&app).await, Ok(6), "five of 500, then one of 1, then none");
    let sealed = app.db.read(audit::find_last_batch).await.unwrap().map(|batch| batch.last_seq);
    let all = app.db.read(|tx| audit::list_after(tx, None, i64::MAX, i64::MAX)).await.unwrap();
    assert_eq!(sealed, all.last().map(|entry| entry.seq), "nothing is left");
}

#[tokio::test]
async fn a_batch_with_a_wrong_digest_is_found() {
    let (app, _directory) = app();
    write_entries(&app, 1).await;
    audit_seal::seal(&app).await.unwrap();
    write_entries(&app, 1).await;
    let forge = |tx: &mut Tx<'_>| {
        let digest = "0".repeat(64);
        audit::insert_batch(
            tx,
            &audit::Batch { number: 2, sealed_at: START, last_seq: 2, entries: 1, digest },
        )
    };
    app.db.write(forge).await.unwrap();
    assert!(matches!(verified(&app).await, Err(Damage::Broken { batch: 2, .. })));
}

#[tokio::test]
async fn a_missing_batch_is_found() {
    let (app, _directory) = app();
    write_entries(&app, 1).await;
    let skip = |tx: &mut Tx<'_>| {
        let digest = "0".repeat(64);
        audit::insert_batch(
            tx,
            &audit::Batch { number: 2, sealed_at: START, last_seq: 2, entries: 1, digest },
        )
    };
    app.db.write(skip).await.unwrap();
    let damage = Damage::Broken { batch: 1, reason: "the batch is missing" };
    assert_eq!(verified(&app).await, Err(damage));
}

#[tokio::test]
async fn however_much_is_old_all_of_it_goes() {
    let (app, _directory) = app();
    let write = |tx: &mut Tx<'_>| {
        (0..1_200).try_for_each(|number| {
            let (key, kept) = (number.to_string(), Kept { request_hash: vec![], answer: vec![] });
            let at = if number < 3 { Millis(START.0 + 1) } else { START };
            idempotency::insert(tx, "anna", "powerpro", "POST /lifts", &key, &kept, at)?;
            jobs::insert(tx, &key, "unknown", "{}", START, 3, START)?;
            jobs::claim(tx, "worker", START, START)?;
            jobs::finish(tx, &key, "worker", START).map(drop)
        })
    };
    app.db.write(write).await.unwrap();
    assert_eq!(states(&app).await, [("done".to_owned(), 1_200)]);
    app.clock.advance(idempotency::KEPT_FOR);
    purge::idempotency(&app).await.unwrap();
    let left = app.db.write(|tx| idempotency::delete_old(tx, Millis(i64::MAX), 2_000)).await.unwrap();
    assert_eq!(left, 3, "what is not old stays");
    app.clock.advance(7 * 24 * HOUR);
    purge::finished_jobs(&app).await.unwrap();
    assert_eq!(states(&app).await, []);
}

#[tokio::test]
async fn of_signing_in_what_counts_stays() {
    let (app, _directory) = app();
    let birth = accounts::Birth { now: START, object_id: "0".repeat(24) };
    let write = move |tx: &mut Tx<'_>| {
        let account = accounts::ensure(tx, "anna", &birth)?;
        (0..600_i64).try_for_each(|number| {
            let (who, later) = (number.to_be_bytes(), Millis(START.0 + i64::from(number < 2)));
            sign_ins::take(tx, &who, 20, HOUR, later)?;
            sign_ins::tell(tx, &who, &who, later)?;
            sign_ins::remember_address(tx, account, &who, later)
        })
    };
    app.db.write(write).await.unwrap();
    let all = Millis(i64::MAX);
    app.clock.advance(MINUTE);
    purge::sign_ins(&app).await.unwrap();
    assert_eq!(app.db.write(move |tx| sign_ins::delete_told(tx, all, 1000)).await.unwrap(), 2);
    app.clock.advance(HOUR - MINUTE);
    purge::sign_ins(&app).await.unwrap();
    assert_eq!(app.db.write(move |tx| sign_ins::delete_failed(tx, all, 1000)).await.unwrap(), 2);
    app.clock.advance(sign_ins::ADDRESS_KEPT_FOR - HOUR);
    purge::sign_ins(&app).await.unwrap();
    assert_eq!(app.db.write(move |tx| sign_ins::delete_addresses(tx, all, 1000)).await.unwrap(), 2);
}

#[tokio::test]
async fn what_fails_is_tried_again_later_and_set_aside_in_the_end() {
    let (app, _directory) = app();
    work(&app).await;
    app.db.write(|tx| jobs::insert(tx, "j", "unknown", "{}", START, 3, START)).await.unwrap();
    let mut planned = true;
    for pause in [5_000, 10_000] {
        assert!(turn(&app, "worker", &mut planned).await.unwrap());
        app.clock.advance(pause - 1);
        assert!(!turn(&app, "worker", &mut planned).await.unwrap(), "not before {pause} ms");
        app.clock.advance(1);
    }
    assert!(turn(&app, "worker", &mut planned).await.unwrap());
    assert_eq!(states(&app).await, [("dead".to_owned(), 1), ("waiting".to_owned(), 4)]);
}

#[tokio::test]
async fn the_work_of_a_dead_worker_passes_to_another() {
    let (app, _directory) = app();
    work(&app).await;
    app.db.write(|tx| jobs::insert(tx, "j", "unknown", "{}", START, 3, START)).await.unwrap();
    let lost = claim(&app, "dead worker").await.unwrap().unwrap();
    assert!(claim(&app, "worker").await.unwrap().is_none(), "under the lease nobody else has it");
    app.clock.advance(LEASE + 1);
    let mut found = Vec::new();
    while let Some(job) = claim(&app, "worker").await.unwrap() {
        found.push(job.id);
    }
    assert!(found.contains(&"j".to_owned()), "{found:?}");
    settle(&app, "dead worker", lost, None).await.unwrap();
    assert!(!states(&app).await.iter().any(|(state, _)| state == "done"), "the dead do not finish anything");
}

#[tokio::test]
async fn the_runner_stops_when_told_and_when_forgotten() {
    let (app, _directory) = app();
    let (stop, stopped) = watch::channel(false);
    let told = tokio::spawn(run(Arc::clone(&app), stopped));
    stop.send(true).unwrap();
    told.await.unwrap();
    let (stop, stopped) = watch::channel(false);
    let forgotten = tokio::spawn(run(app, stopped));
    drop(stop);
    forgotten.await.unwrap();
}

#[test]
fn pauses_grow_up_to_an_hour() {
    assert_eq!([1, 2, 3].map(backoff), [5_000, 10_000, 20_000]);
    assert_eq!(backoff(10), 2_560_000);
    assert_eq!([11, 100].map(backoff), [HOUR, HOUR]);
}
