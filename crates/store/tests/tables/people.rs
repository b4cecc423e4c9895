//! Accounts, audit, kept answers and jobs.

use std::future::{poll_fn, ready};
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::task::Poll;
use std::time::Duration;

use ferrum_domain::access::{Claim, Role};
use ferrum_domain::time::Millis;
use ferrum_domain::units::WeightUnit;
use ferrum_domain::{Conflict, Error};
use ferrum_store::accounts::{self, Birth, NewAccount};
use ferrum_store::audit::{self, Batch, Entry, Written};
use ferrum_store::idempotency::{self, KEPT_FOR, Kept};
use ferrum_store::{Db, EngineKind, Tx, jobs};
use tokio::task::{JoinHandle, block_in_place};

use crate::support::{NOW, account, conflict, on_both, waits_for_lock};

#[tokio::test]
async fn a_name_without_proof_becomes_an_account_when_it_writes() {
    on_both(async |db| {
        let claim = Claim::Header { id: "anna".to_owned(), admin: true };
        let asked = claim.clone();
        let before = db.read(move |tx| accounts::identify(tx, &asked)).await.unwrap();
        assert_eq!((before.account, before.admin, before.proof), (None, true, "header"));

        let keys = db.write(|tx| Ok([account(tx, "anna")?, account(tx, "bert")?, account(tx, "anna")?]));
        let [anna, bert, again] = keys.await.unwrap();
        assert_eq!(anna, again);
        assert_ne!(anna, bert);

        let after = db.read(move |tx| accounts::identify(tx, &claim)).await.unwrap();
        assert_eq!(after.account, Some(anna));
        let rows = db.read(|tx| accounts::list(tx, 0, 10)).await.unwrap();
        let numbers: Vec<_> = rows.iter().map(|row| (row.id.as_str(), row.number)).collect();
        assert_eq!(numbers, [("anna", 1), ("bert", 2)]);
        assert_eq!(rows[0].weight_unit, WeightUnit::Lb);
        let rest = db.read(move |tx| accounts::list(tx, anna, 10)).await.unwrap();
        assert_eq!(rest.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_born_at_once_have_addresses_of_their_own() {
    on_both(async |db| {
        // Everybody writes for the first time at once, and some twice.
        let births: Vec<_> = (0..24)
            .map(|i| {
                let db = db.clone();
                tokio::spawn(async move { db.write(move |tx| account(tx, &format!("u{}", i % 16))).await })
            })
            .collect();
        for birth in births {
            birth.await.unwrap().unwrap();
        }
        let rows = db.read(|tx| accounts::list(tx, 0, 100)).await.unwrap();
        let mut numbers: Vec<_> = rows.iter().map(|row| row.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=16).collect::<Vec<_>>());
    })
    .await;
}

async fn add(db: &Db, id: &'static str, email: &'static str, role: Role) -> ferrum_domain::Result<i64> {
    db.write(move |tx| {
        let row = NewAccount {
            id,
            email,
            password_hash: "$argon2id$",
            name: None,
            role,
            weight_unit: WeightUnit::Kg,
            time_zone: Some("Europe/Berlin"),
        };
        accounts::insert(tx, &row, &Birth { now: NOW, object_id: format!("{id:0>24}") })
    })
    .await
}

async fn is_known(db: &Db, claim: Claim) -> bool {
    let found = db.read(move |tx| {
        let plain = accounts::identify(tx, &claim);
        let reader = accounts::identify_reader(tx, &claim).map(|reader| reader.me);
        assert_eq!(format!("{plain:?}"), format!("{reader:?}"), "a reader is admitted like anybody");
        plain
    });
    match found.await {
        Ok(identity) => identity.account.is_some(),
        Err(Error::Unauthenticated(_)) => false,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn emails_are_unique_whatever_their_case() {
    on_both(async |db| {
        let key = add(&db, "carl", "Carl@Example.org", Role::Customer).await.unwrap();
        let taken = conflict(add(&db, "carla", "CARL@example.ORG", Role::Customer).await);
        assert_eq!(taken, Conflict::Exists("accounts_email".to_owned()));
        let found = db.read(|tx| accounts::find_by_email(tx, "carl@EXAMPLE.org")).await.unwrap().unwrap();
        assert_eq!((found.key, found.email.as_deref()), (key, Some("Carl@Example.org")));
        assert_eq!(found.time_zone.as_deref(), Some("Europe/Berlin"));
    })
    .await;
}

#[tokio::test]
async fn tokens_end_with_the_credentials_they_were_made_for() {
    on_both(async |db| {
        let key = add(&db, "dora", "dora@example.org", Role::Admin).await.unwrap();
        let token = |version| Claim::Token { id: "dora".to_owned(), version };
        assert!(is_known(&db, token(1)).await);
        assert!(!is_known(&db, token(2)).await);
        let header = Claim::Header { id: "dora".to_owned(), admin: false };
        assert!(!is_known(&db, header).await, "a name without proof is never an admin");

        db.write(move |tx| accounts::set_password(tx, key, "$new$", NOW)).await.unwrap();
        assert!(!is_known(&db, token(1)).await);
        assert!(is_known(&db, token(2)).await);
        db.write(move |tx| accounts::set_active(tx, key, false, NOW)).await.unwrap();
        assert!(!is_known(&db, token(2)).await);
        assert!(!is_known(&db, token(3)).await);
        let nobody = Claim::Token { id: "nobody".to_owned(), version: 1 };
        assert!(!is_known(&db, nobody).await);
    })
    .await;
}

#[tokio::test]
async fn attached_credentials_keep_the_addresses() {
    on_both(async |db| {
        let key = db.write(|tx| account(tx, "emil")).await.unwrap();
        let before = db.read(|tx| accounts::find(tx, "emil")).await.unwrap().unwrap();
        assert_eq!((before.email, before.password_hash), (None, None));
        db.write(move |tx| accounts::attach(tx, key, "Emil@x.org", "$hash$", Role::Coach, NOW))
            .await
            .unwrap();
        let after = db.read(|tx| accounts::find_by_email(tx, "emil@x.org")).await.unwrap().unwrap();
        assert_eq!((after.key, after.number, after.object_id), (key, before.number, before.object_id));
        assert_eq!(after.role, Role::Coach);
        assert!(after.credential_version > before.credential_version);
    })
    .await;
}

fn entry(row_id: &str) -> Entry<'_> {
    Entry {
        at: NOW,
        actor_key: None,
        actor_id: "anna",
        proof: "header",
        claimed_admin: true,
        surface: "powerpro",
        route: "POST /lifts",
        row_type: "lifts",
        row_id,
        fields: &["name", "slug"],
        request_id: "r",
    }
}

fn rows(entries: &[Written]) -> Vec<&str> {
    entries.iter().map(|entry| entry.row_id.as_str()).collect()
}

#[tokio::test]
async fn audit_entries_are_sealed_in_order_of_writing() {
    on_both(async |db| {
        for row in ["3", "1", "2"] {
            db.write(move |tx| audit::insert(tx, &entry(row))).await.unwrap();
        }
        let open = db.read(|tx| audit::list_after(tx, None, i64::MAX, 2)).await.unwrap();
        assert_eq!(rows(&open), ["3", "1"]);
        assert_eq!((open[0].fields.as_str(), open[0].claimed_admin), ("name,slug", true));

        let last_seq = open[1].seq;
        let batch = Batch { number: 1, sealed_at: NOW, last_seq, entries: 2, digest: "d".to_owned() };
        let first = batch.clone();
        db.write(move |tx| audit::insert_batch(tx, &first)).await.unwrap();
        assert_eq!(db.read(audit::find_last_batch).await.unwrap(), Some(batch.clone()));
        assert_eq!(db.read(|tx| audit::list_batches(tx, 0, 9)).await.unwrap(), std::slice::from_ref(&batch));
        let before = batch.clone();
        let rest = db.read(move |tx| audit::list_after(tx, Some(&before), i64::MAX, 9)).await.unwrap();
        assert_eq!(rows(&rest), ["2"]);

        let last_seq = rest[0].seq;
        let second = Batch { number: 2, last_seq, entries: 1, ..batch.clone() };
        let kept = second.clone();
        db.write(move |tx| audit::insert_batch(tx, &kept)).await.unwrap();
        let end = batch.last_seq;
        assert_eq!(db.read(move |tx| audit::list_after(tx, None, end, 9)).await.unwrap(), open);
        let end = second.last_seq;
        assert_eq!(db.read(move |tx| audit::list_after(tx, Some(&batch), end, 9)).await.unwrap(), rest);
    })
    .await;
}

/// Begins a write, which waits in the queue or has been taken from it when this returns.
async fn begin<T: Send + 'static>(
    db: &Db,
    work: impl Fn(&mut Tx<'_>) -> Result<T, Error> + Send + Sync + 'static,
) -> JoinHandle<Result<T, Error>> {
    let db = db.clone();
    let mut write = Box::pin(async move { db.write(work).await });
    match poll_fn(|context| Poll::Ready(write.as_mut().poll(context))).await {
        Poll::Ready(done) => tokio::spawn(ready(done)),
        Poll::Pending => tokio::spawn(write),
    }
}

/// The entry that is numbered first is committed last.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_seals_waits_for_entries_on_their_way() {
    const A_LITTLE: Duration = Duration::from_millis(5);
    on_both(async |db| {
        let ((begun, wait), (open, door)) = (channel(), channel::<()>());
        let door = Mutex::new(door);
        let slow = begin(&db, move |tx| {
            audit::insert(tx, &entry("slow"))?;
            let _ = begun.send(());
            // Until the other end is dropped.
            let _ = door.lock().unwrap().recv();
            Ok(())
        })
        .await;
        block_in_place(|| wait.recv().unwrap());
        let quick = begin(&db, |tx| audit::insert(tx, &entry("quick"))).await;
        let many_write = db.kind() == EngineKind::Postgres;
        // The one writer of SQLite only comes to it after the slow one.
        while many_write && !quick.is_finished() {
            tokio::time::sleep(A_LITTLE).await;
        }
        let seal = begin(&db, |tx| {
            let end = audit::settled_end(tx)?;
            audit::list_after(tx, None, end, 9)
        })
        .await;
        while many_write && !seal.is_finished() && !waits_for_lock("LOCK TABLE audit_entries") {
            tokio::time::sleep(A_LITTLE).await;
        }
        drop(open);
        let seen = seal.await.unwrap().unwrap();
        assert_eq!(rows(&seen), ["slow", "quick"]);
        slow.await.unwrap().unwrap();
        quick.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn answers_are_kept_for_a_day_and_for_their_caller() {
    on_both(async |db| {
        let keep = |answer: &'static str, now| {
            db.write(move |tx| {
                let kept = Kept { request_hash: vec![0, 255], answer: answer.as_bytes().to_vec() };
                idempotency::insert(tx, "anna", "powerpro", "POST /lifts", "k", &kept, now)
            })
        };
        let found = |caller: &'static str, now| {
            db.read(move |tx| {
                let kept = idempotency::find(tx, caller, "powerpro", "POST /lifts", "k", now)?;
                Ok(kept.map(|kept| (kept.request_hash, kept.answer)))
            })
        };
        keep("first", NOW).await.unwrap();
        let last = Millis(NOW.0 + KEPT_FOR - 1);
        let over = Millis(NOW.0 + KEPT_FOR);
        assert_eq!(found("anna", last).await.unwrap(), Some((vec![0, 255], b"first".to_vec())));
        assert_eq!(found("bert", last).await.unwrap(), None);
        assert_eq!(found("anna", over).await.unwrap(), None);

        keep("second", over).await.unwrap();
        assert_eq!(found("anna", over).await.unwrap().unwrap().1, b"second");
        assert_eq!(db.write(move |tx| idempotency::delete_old(tx, over, 9)).await.unwrap(), 0);
        let later = Millis(over.0 + KEPT_FOR);
        assert_eq!(db.write(move |tx| idempotency::delete_old(tx, later, 9)).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn old_answers_go_by_and_by_the_oldest_first() {
    on_both(async |db| {
        db.write(|tx| {
            (0..10_i64).try_for_each(|age| {
                let kept = Kept { request_hash: vec![], answer: vec![] };
                let (key, at) = (format!("{age}"), Millis(NOW.0 - age));
                idempotency::insert(tx, "anna", "powerpro", "POST /lifts", &key, &kept, at)
            })
        })
        .await
        .unwrap();
        // The answers of the ages 2 to 9 are old enough.
        let then = Millis(NOW.0 - 2 + KEPT_FOR);
        for (gone, kept) in [(3, 7), (3, 4), (2, 2), (0, 2)] {
            assert_eq!(db.write(move |tx| idempotency::delete_old(tx, then, 3)).await.unwrap(), gone);
            let left = db.read(|tx| {
                let find = |age: i64, tx: &mut Tx<'_>| {
                    idempotency::find(tx, "anna", "powerpro", "POST /lifts", &age.to_string(), NOW)
                };
                (0..10).map(|age| Ok(find(age, tx)?.is_some())).collect::<Result<Vec<_>, Error>>()
            });
            let youngest: Vec<bool> = (0..10).map(|age| age < kept).collect();
            assert_eq!(left.await.unwrap(), youngest);
        }
    })
    .await;
}

async fn claim(db: &Db, worker: &'static str, now: i64) -> Option<String> {
    let claimed = db
        .write(move |tx| jobs::claim(tx, worker, Millis(now), Millis(now + 10)))
        .await
        .expect("the claim goes well");
    claimed.map(|job| job.id)
}

#[tokio::test]
async fn jobs_are_claimed_when_due_by_one_worker_each() {
    on_both(async |db| {
        db.write(|tx| {
            jobs::insert(tx, "late", "mail", "{}", Millis(20), 2, Millis(0))?;
            jobs::insert(tx, "early", "mail", "{}", Millis(10), 2, Millis(0))
        })
        .await
        .unwrap();
        assert_eq!(claim(&db, "a", 9).await, None);
        assert_eq!(claim(&db, "a", 20).await.as_deref(), Some("early"));
        assert_eq!(claim(&db, "b", 20).await.as_deref(), Some("late"));
        assert_eq!(claim(&db, "c", 20).await, None);

        let finished = db.write(|tx| jobs::finish(tx, "early", "b", Millis(21))).await.unwrap();
        assert!(!finished, "another worker holds it");
        assert!(db.write(|tx| jobs::finish(tx, "early", "a", Millis(21))).await.unwrap());
        let reason = Some("no mail server");
        let retried = db.write(move |tx| jobs::retry(tx, "late", "b", Millis(21), Millis(40), 1, reason));
        assert!(retried.await.unwrap());
        assert_eq!(claim(&db, "a", 39).await, None);
        assert_eq!(claim(&db, "a", 40).await.as_deref(), Some("late"));
        assert!(db.write(|tx| jobs::bury(tx, "late", "a", Millis(41), "no mail server")).await.unwrap());
        assert_eq!(claim(&db, "a", 99).await, None);

        let states = db.read(jobs::count).await.unwrap();
        assert_eq!(states, [("dead".to_owned(), 1), ("done".to_owned(), 1)]);
        assert_eq!(db.write(|tx| jobs::delete_done(tx, Millis(21), 9)).await.unwrap(), 0);
        assert_eq!(db.write(|tx| jobs::delete_done(tx, Millis(22), 9)).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_job_is_claimed_with_what_it_is_about() {
    on_both(async |db| {
        let payload = r#"{"to":"ada"}"#;
        db.write(move |tx| jobs::insert(tx, "job", "mail", payload, NOW, 2, NOW)).await.unwrap();
        let job = db.write(|tx| jobs::claim(tx, "a", NOW, NOW)).await.unwrap().unwrap();
        assert_eq!((job.kind.as_str(), job.payload.as_str()), ("mail", payload));
        assert_eq!((job.attempts, job.max_attempts), (1, 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_who_claim_at_once_get_different_jobs() {
    on_both(async |db| {
        db.write(|tx| (0..12).try_for_each(|i| jobs::insert(tx, &i.to_string(), "mail", "{}", NOW, 2, NOW)))
            .await
            .unwrap();
        let workers: Vec<_> = (0..12)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { claim(&db, "a", NOW.0).await })
            })
            .collect();
        let mut claimed = std::collections::BTreeSet::new();
        for worker in workers {
            claimed.extend(worker.await.unwrap());
        }
        assert_eq!(claimed.len(), 12);
    })
    .await;
}

#[tokio::test]
async fn a_vanished_worker_loses_its_job_and_a_poisonous_job_its_turns() {
    on_both(async |db| {
        db.write(|tx| {
            jobs::insert(tx, "job", "mail", "{}", Millis(0), 2, Millis(0))?;
            // Recurring work is planned by every process that starts, and is there once.
            jobs::insert_recurring(tx, "first", "seal", Millis(50), 1)?;
            jobs::insert_recurring(tx, "second", "seal", Millis(50), 1)
        })
        .await
        .unwrap();
        assert_eq!(claim(&db, "a", 0).await.as_deref(), Some("job"));
        assert_eq!(claim(&db, "b", 10).await, None, "the lease holds to its end");
        assert_eq!(claim(&db, "b", 11).await.as_deref(), Some("job"));
        assert!(!db.write(|tx| jobs::finish(tx, "job", "a", Millis(12))).await.unwrap());
        assert_eq!(claim(&db, "c", 22).await, None, "its last attempt is over");

        assert_eq!(claim(&db, "c", 50).await.as_deref(), Some("first"));
        assert_eq!(claim(&db, "d", 61).await.as_deref(), Some("first"), "recurring work never dies");
        let states = db.read(jobs::count).await.unwrap();
        assert_eq!(states, [("dead".to_owned(), 1), ("running".to_owned(), 1)]);
    })
    .await;
}
