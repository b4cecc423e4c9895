//! What is kept in memory of an account: never longer than the database says the same.

#![allow(clippy::unwrap_used, reason = "in a test it is the assertion")]

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use ferrum_domain::strength::MaxType;
use ferrum_domain::strength::position::Position;
use ferrum_domain::time::Millis;
use ferrum_domain::units::{Thousandths, WeightUnit};
use ferrum_domain::{Error, Result};
use ferrum_store::accounts::{self, Person};
use ferrum_store::lift_maxes::{LiftMax, Needed};
use ferrum_store::{
    Db, EngineKind, Facet, Moment, Options, Tx, catalogue, cycles, enrollments, lift_maxes, lifts, programs,
};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use crate::support::{NOW, account, cycle, enrollment, insert_max, lift, max, not_found, on_both, program};

/// Anna, who follows a program, and Bert.
async fn people(db: &Db) -> [i64; 2] {
    db.write(|tx| {
        lifts::insert(tx, &lift("squat"))?;
        cycles::insert(tx, &cycle("cycle"))?;
        programs::insert(tx, &program("program", "cycle"))?;
        let people = [account(tx, "anna")?, account(tx, "bert")?];
        enrollments::insert(tx, &enrollment("e", people[0], "program"))?;
        insert_max(tx, max("m", people[0], "squat", 100, 1))?;
        Ok(people)
    })
    .await
    .unwrap()
}

fn moment(tx: &mut Tx<'_>) -> Result<Option<Moment>> {
    catalogue::look(tx)?;
    Ok(tx.moment())
}

async fn now(db: &Db) -> Option<Moment> {
    db.read(moment).await.unwrap()
}

/// Whether the person and the maxes of an account are as they were at a moment.
async fn unchanged(db: &Db, account: i64, since: Moment) -> [bool; 2] {
    let read = db.read(move |tx| {
        moment(tx)?;
        Ok([Facet::Person(account), Facet::TrainingMaxes(account)].map(|facet| tx.is_unchanged(facet, since)))
    });
    read.await.unwrap()
}

async fn write(db: &Db, work: impl Fn(&mut Tx<'_>) -> Result<()> + Send + Sync + 'static) {
    db.write(work).await.unwrap();
}

#[tokio::test]
async fn each_write_changes_what_it_says() {
    on_both(async |db| {
        let [anna, bert] = people(&db).await;
        if db.kind() == EngineKind::Postgres {
            assert_eq!(now(&db).await, None, "others may write at any time");
            return;
        }
        let since = now(&db).await.unwrap();
        assert_eq!(unchanged(&db, anna, since).await, [true, true]);

        write(&db, move |tx| insert_max(tx, max("n", anna, "squat", 110, 2))).await;
        assert_eq!(unchanged(&db, anna, since).await, [true, false]);
        let since = now(&db).await.unwrap();
        assert_eq!(unchanged(&db, anna, since).await, [true, true]);

        // An owner that the caller has not read does not matter.
        write(&db, move |tx| lift_maxes::update(tx, &max("n", bert, "squat", 120, 2))).await;
        assert_eq!(unchanged(&db, anna, since).await, [true, false]);
        assert_eq!(unchanged(&db, bert, since).await, [true, true]);

        let since = now(&db).await.unwrap();
        write(&db, |tx| lift_maxes::delete(tx, "n")).await;
        assert_eq!(unchanged(&db, anna, since).await, [true, false]);

        let since = now(&db).await.unwrap();
        write(&db, move |tx| {
            insert_max(tx, LiftMax { max_type: MaxType::OneRm, ..max("r", anna, "squat", 150, 2) })
        })
        .await;
        assert_eq!(unchanged(&db, anna, since).await, [true, true]);
        let others = move |tx: &mut Tx<'_>| {
            moment(tx)?;
            Ok([Facet::OneRepMaxes(anna), Facet::Catalogue].map(|facet| tx.is_unchanged(facet, since)))
        };
        assert_eq!(db.read(others).await.unwrap(), [false, true]);
        write(&db, |tx| lifts::insert(tx, &lift("bench"))).await;
        assert_eq!(db.read(others).await.unwrap(), [false, false]);
        assert_eq!(unchanged(&db, anna, since).await, [true, true]);

        let since = now(&db).await.unwrap();
        write(&db, |tx| enrollments::delete(tx, "e")).await;
        assert_eq!(unchanged(&db, anna, since).await, [false, true]);
        assert_eq!(unchanged(&db, bert, since).await, [true, true]);

        let since = now(&db).await.unwrap();
        write(&db, move |tx| accounts::set_preferences(tx, bert, WeightUnit::Kg, None, NOW)).await;
        assert_eq!(unchanged(&db, bert, since).await, [false, true]);
        assert_eq!(unchanged(&db, anna, since).await, [true, true]);
    })
    .await;
}

#[tokio::test]
async fn within_a_transaction_its_own_changes_count() {
    let directory = tempfile::tempdir().unwrap();
    let db = open(&directory.path().join("test.db"));
    let [anna, bert] = people(&db).await;
    let look = move |tx: &mut Tx<'_>| {
        let since = tx.moment().ok_or(Error::internal("others wrote last"))?;
        insert_max(tx, max("n", anna, "squat", 110, 2))?;
        let unchanged = [Facet::TrainingMaxes(anna), Facet::Person(anna), Facet::TrainingMaxes(bert)]
            .map(|facet| tx.is_unchanged(facet, since));
        if unchanged == [false, true, true] { Err(Error::NotFound) } else { Ok(()) }
    };
    let since = now(&db).await.unwrap();
    not_found(db.write(look).await);
    assert_eq!(unchanged(&db, bert, since).await, [true, true]);
    let kept = db.read(|tx| lift_maxes::find(tx, "n")).await.unwrap();
    assert!(kept.is_none());
}

fn open(file: &std::path::Path) -> Db {
    let db = Db::open(&Options { url: None, file: file.to_owned(), pool: 0 }).unwrap();
    db.migrate(NOW).unwrap();
    db
}

#[tokio::test]
async fn what_another_process_may_have_changed_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("test.db");
    let (ours, theirs) = (open(&file), open(&file));
    let [anna, bert] = people(&ours).await;
    let since = now(&ours).await.unwrap();
    assert_eq!(now(&theirs).await, None, "they do not know what we wrote");

    write(&theirs, move |tx| insert_max(tx, max("n", anna, "squat", 110, 2))).await;
    assert_eq!(now(&ours).await, None);
    assert_eq!(unchanged(&ours, anna, since).await, [false, false]);
    let theirs_since = now(&theirs).await.unwrap();
    assert_eq!(unchanged(&theirs, anna, theirs_since).await, [true, true]);

    write(&ours, move |tx| insert_max(tx, max("o", bert, "squat", 110, 2))).await;
    let again = now(&ours).await.unwrap();
    assert_eq!(unchanged(&ours, anna, since).await, [false, false], "they wrote in between");
    assert_eq!(unchanged(&ours, anna, again).await, [true, true]);
    assert_eq!(unchanged(&theirs, anna, theirs_since).await, [false, false]);
    // The first write of a term is not sure yet to be in it.
    let in_term = ours.write(|tx| Ok(tx.moment().is_some())).await.unwrap();
    let first = theirs.write(|tx| Ok(tx.moment().is_some())).await.unwrap();
    assert_eq!((in_term, first), (true, false));
}

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// What a reader keeps between two reads.
#[derive(Default)]
struct Kept {
    person: Option<Person>,
    max: Option<(i64, Moment)>,
}

/// The week in which Anna stands and her max, of which some may come from memory.
fn glance(tx: &mut Tx<'_>, kept: &Mutex<Kept>, anna: i64, needed: &[Needed]) -> Result<[i64; 2]> {
    let now = moment(tx)?;
    let kept = &mut *kept.lock().unwrap();
    // By turns, so that what is kept meets what is read.
    match NEXT.fetch_add(1, Ordering::Relaxed) % 3 {
        0 => kept.person = None,
        1 => kept.max = None,
        _ => {}
    }
    let person = kept.person.take().filter(|person| person.is_unchanged(tx));
    let person = match (person, now) {
        (Some(person), _) => person,
        (None, Some(now)) => accounts::find_person(tx, "anna", now)?.unwrap(),
        (None, None) => return Ok([0, 0]),
    };
    let kept_max = kept.max.take().filter(|(_, since)| tx.is_unchanged(Facet::TrainingMaxes(anna), *since));
    let max = match kept_max {
        Some((max, _)) => max,
        None => lift_maxes::list_current_values(tx, anna, needed, NOW)?[0].unwrap().0,
    };
    let claim = ferrum_domain::access::Claim::Header { id: "anna".to_owned(), admin: false };
    let week = Person::identify_reader(Some(&person), &claim, 1)?.standing.unwrap().position.week;
    *kept = Kept { person: Some(person), max: now.map(|now| kept_max.unwrap_or((max, now))) };
    Ok([week, max])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_reader_sees_half_of_a_transaction_or_what_was_before_it() {
    const WEEKS: i64 = 1500;
    let directory = tempfile::tempdir().unwrap();
    let db = open(&directory.path().join("test.db"));
    let [anna, _] = people(&db).await;
    let squat = db.read(|tx| lifts::find_key(tx, "squat")).await.unwrap().unwrap();
    let acknowledged = AtomicI64::new(0);
    let done = AtomicBool::new(false);
    let handle = Handle::current();
    // Shared, so that a reader meets what another has kept since its snapshot began.
    let kept = Arc::new(Mutex::new(Kept::default()));
    let glances = block_in_place(|| {
        thread::scope(|scope| {
            let readers: Vec<_> = (0..3)
                .map(|_| {
                    scope.spawn(|| {
                        let (mut glances, mut last) = (0_u64, 0);
                        while !done.load(Ordering::SeqCst) {
                            let floor = acknowledged.load(Ordering::SeqCst);
                            let kept = Arc::clone(&kept);
                            let needed = [Needed {
                                lift_id: "squat".to_owned(),
                                lift_key: squat,
                                max_type: MaxType::TrainingMax,
                            }];
                            let read = db.read(move |tx| glance(tx, &kept, anna, &needed));
                            let [week, max] = handle.block_on(read).unwrap();
                            if week > 1 {
                                assert_eq!(week * 1000, max, "half of a transaction");
                            }
                            assert!(
                                week >= floor.max(last),
                                "{week} after {floor} was acknowledged and {last} seen"
                            );
                            (last, glances) = (week, glances + 1);
                        }
                        glances
                    })
                })
                .collect();
            for week in 2..WEEKS {
                let advance = db.write(move |tx| {
                    let position = Position { week, ..Position::START };
                    enrollments::update(
                        tx,
                        &enrollments::Enrollment { position, ..enrollment("e", anna, "program") },
                    )?;
                    let mut max = max("m", anna, "squat", week, 1);
                    (max.value, max.effective_at, max.written) = (Thousandths::whole(week), Millis(1), week);
                    lift_maxes::update(tx, &max)
                });
                handle.block_on(advance).unwrap();
                acknowledged.store(week, Ordering::SeqCst);
            }
            done.store(true, Ordering::SeqCst);
            readers.into_iter().map(|reader| reader.join().unwrap()).sum::<u64>()
        })
    });
    assert!(glances > 1000, "only {glances} glances");
}
