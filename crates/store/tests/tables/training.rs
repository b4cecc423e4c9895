//! Maxes, enrollments, what they have trained and been served, and history.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use ferrum_domain::strength::MaxType;
use ferrum_domain::strength::position::{Period, Position};
use ferrum_domain::strength::progression::Event;
use ferrum_domain::time::Millis;
use ferrum_domain::units::{Thousandths, WeightUnit};
use ferrum_store::listing::{Order, Window};
use ferrum_store::progression_history::{self, Entry};
use ferrum_store::{
    Db, EngineKind, Tx, cycles, enrollments, lift_maxes, lifts, programs, served_periods, trained_lifts,
};

use crate::support::{
    ALL, NOW, account, conflict, cycle, enrollment, insert_max, lift, max, not_found, on_both, program,
};

async fn gym(db: &Db) -> i64 {
    db.write(|tx| {
        lifts::insert(tx, &lift("squat"))?;
        lifts::insert(tx, &lift("bench"))?;
        cycles::insert(tx, &cycle("cycle"))?;
        programs::insert(tx, &program("program", "cycle"))?;
        account(tx, "anna")
    })
    .await
    .expect("the gym opens")
}

#[tokio::test]
async fn the_current_max_is_the_latest_effective_then_the_latest_written() {
    on_both(async |db| {
        let anna = gym(&db).await;
        let current = |now: i64| {
            db.read(move |tx| {
                let max = lift_maxes::find_current(tx, anna, "squat", MaxType::TrainingMax, Millis(now))?;
                Ok(max.map(|max| max.id).unwrap_or_default())
            })
        };
        assert_eq!(current(NOW.0).await.unwrap(), "");
        db.write(move |tx| {
            let mut one_rm = max("0", anna, "squat", 200, 150);
            one_rm.max_type = MaxType::OneRm;
            insert_max(tx, one_rm)?;
            insert_max(tx, max("9", anna, "bench", 80, 150))?;
            insert_max(tx, max("1", anna, "squat", 100, 100))?;
            // Written later for the same instant, and lower: a deload.
            let mut deload = max("2", anna, "squat", 90, 100);
            deload.updated_at = Millis(NOW.0 + 1);
            insert_max(tx, deload)?;
            insert_max(tx, max("3", anna, "squat", 110, 200))?;
            insert_max(tx, max("4", anna, "squat", 120, 200))
        })
        .await
        .unwrap();
        assert_eq!(current(99).await.unwrap(), "");
        assert_eq!(current(100).await.unwrap(), "2");
        assert_eq!(current(199).await.unwrap(), "2", "a max of the future does not count yet");
        assert_eq!(current(200).await.unwrap(), "4", "equal in all else: the greatest id");
    })
    .await;
}

#[tokio::test]
async fn a_lift_comes_with_the_one_repetition_max_that_is_asked_for() {
    on_both(async |db| {
        let anna = gym(&db).await;
        let found = |id: &'static str, one_rm_of: Option<i64>| {
            let read = db.read(move |tx| lift_maxes::find_lift(tx, id, one_rm_of, Millis(150)));
            async { read.await.unwrap().map(|lift| lift.one_rm) }
        };
        db.write(move |tx| {
            for (id, max_type, value, at) in [
                ("1", MaxType::OneRm, 150, 100),
                ("2", MaxType::OneRm, 160, 200),
                ("3", MaxType::TrainingMax, 130, 120),
            ] {
                let mut max = max(id, anna, "squat", value, at);
                max.max_type = max_type;
                insert_max(tx, max)?;
            }
            Ok(())
        })
        .await
        .unwrap();
        assert_eq!(found("squat", Some(anna)).await, Some(Some(Thousandths::whole(150))));
        assert_eq!(found("squat", None).await, Some(None));
        assert_eq!(found("bench", Some(anna)).await, Some(None));
        assert_eq!(found("curl", Some(anna)).await, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_enters_a_one_repetition_max_reads_none() {
    on_both(async |db| {
        if db.kind() == EngineKind::Sqlite {
            return;
        }
        let anna = gym(&db).await;
        let (both, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
        let entered: Vec<_> = ["1", "2"]
            .map(|id| {
                let (db, both, runs) = (db.clone(), Arc::clone(&both), Arc::clone(&runs));
                let enter = move |tx: &mut Tx<'_>| {
                    let overlaps = runs.fetch_add(1, Ordering::SeqCst) < 2;
                    lift_maxes::find_lift(tx, "squat", None, NOW)?;
                    if overlaps {
                        both.wait();
                    }
                    let mut max = max(id, anna, "squat", 150, 100);
                    max.max_type = MaxType::OneRm;
                    insert_max(tx, max)
                };
                tokio::spawn(async move { db.write(enter).await })
            })
            .into();
        for max in entered {
            max.await.unwrap().unwrap();
        }
        assert_eq!(runs.load(Ordering::SeqCst), 2, "neither had to run again");
    })
    .await;
}

#[tokio::test]
async fn maxes_are_listed_by_effective_date_for_their_owner() {
    on_both(async |db| {
        let anna = gym(&db).await;
        db.write(move |tx| {
            let bert = account(tx, "bert")?;
            insert_max(tx, max("1", anna, "squat", 100, 300))?;
            insert_max(tx, max("2", anna, "bench", 80, 100))?;
            insert_max(tx, max("3", anna, "squat", 90, -1))?;
            insert_max(tx, max("4", bert, "squat", 90, 200))
        })
        .await
        .unwrap();
        let ids = |user_id: &'static str, lift_id: Option<&'static str>, max_type, order, window| {
            db.read(move |tx| {
                let filter = lift_maxes::Filter { user_id, lift_id, max_type };
                let (rows, total) = lift_maxes::list(tx, &filter, order, window)?;
                Ok((rows.into_iter().map(|row| row.id).collect::<String>(), total))
            })
        };
        let training = Some(MaxType::TrainingMax);
        let two = Window { page: 1, size: 2 };
        for (user, lift, kind, order, window, expected) in [
            ("anna", None, None, Order::Descending, ALL, ("123", 3)),
            ("anna", None, None, Order::Ascending, ALL, ("321", 3)),
            ("anna", None, None, Order::Descending, two, ("12", 3)),
            ("anna", Some("squat"), None, Order::Descending, ALL, ("13", 2)),
            ("anna", Some("squat"), training, Order::Ascending, ALL, ("31", 2)),
            ("anna", None, Some(MaxType::OneRm), Order::Descending, ALL, ("", 0)),
            ("bert", None, training, Order::Descending, ALL, ("4", 1)),
            ("nobody", None, None, Order::Descending, ALL, ("", 0)),
        ] {
            let (found, total) = ids(user, lift, kind, order, window).await.unwrap();
            assert_eq!((found.as_str(), total), expected, "{user} {lift:?} {kind:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_max_can_be_changed_and_removed() {
    on_both(async |db| {
        let anna = gym(&db).await;
        db.write(move |tx| insert_max(tx, max("1", anna, "squat", 100, 100))).await.unwrap();
        db.write(|tx| {
            let mut row = lift_maxes::get(tx, "1")?;
            (row.value, row.effective_at) = (Thousandths(102_500), Millis(-5));
            lift_maxes::update(tx, &row)
        })
        .await
        .unwrap();
        let read = db.read(|tx| lift_maxes::get(tx, "1")).await.unwrap();
        assert_eq!((read.account, read.user_id.as_str()), (anna, "anna"));
        assert_eq!((read.value, read.effective_at), (Thousandths(102_500), Millis(-5)));
        db.write(|tx| lift_maxes::delete(tx, "1")).await.unwrap();
        not_found(db.write(|tx| lift_maxes::delete(tx, "1")).await);
    })
    .await;
}

#[tokio::test]
async fn an_account_is_enrolled_once() {
    on_both(async |db| {
        let anna = gym(&db).await;
        db.write(move |tx| enrollments::insert(tx, &enrollment("1", anna, "program"))).await.unwrap();
        conflict(db.write(move |tx| enrollments::insert(tx, &enrollment("2", anna, "program"))).await);
        db.write(|tx| {
            let mut row = enrollments::find(tx, "anna")?.ok_or(ferrum_domain::Error::NotFound)?;
            row.position = Position { iteration: 3, week: 2, day_index: 1 };
            enrollments::update(tx, &row)
        })
        .await
        .unwrap();
        let row = db.read(|tx| enrollments::find(tx, "anna")).await.unwrap().unwrap();
        assert_eq!((row.account, row.user_id.as_str()), (anna, "anna"));
        assert_eq!(row.position, Position { iteration: 3, week: 2, day_index: 1 });
        assert!(db.read(|tx| enrollments::find(tx, "bert")).await.unwrap().is_none());
        db.write(|tx| enrollments::delete(tx, "1")).await.unwrap();
        not_found(db.write(|tx| enrollments::delete(tx, "1")).await);
    })
    .await;
}

#[tokio::test]
async fn a_period_is_served_once_and_enrolling_anew_starts_anew() {
    on_both(async |db| {
        let anna = gym(&db).await;
        db.write(move |tx| enrollments::insert(tx, &enrollment("1", anna, "program"))).await.unwrap();
        let serve = |enrollment: &'static str, event, lift: &'static str, progression: &'static str| {
            let period = Period::of(event, Position::START);
            db.write(move |tx| served_periods::claim(tx, enrollment, &period, lift, progression))
        };
        assert!(serve("1", Event::Session, "squat", "linear").await.unwrap());
        assert!(!serve("1", Event::Session, "squat", "linear").await.unwrap());
        assert!(serve("1", Event::Session, "bench", "linear").await.unwrap());
        assert!(serve("1", Event::Session, "squat", "other").await.unwrap());
        assert!(serve("1", Event::Week, "squat", "linear").await.unwrap());
        assert!(serve("1", Event::Cycle, "squat", "linear").await.unwrap());
        assert!(!serve("1", Event::Cycle, "squat", "linear").await.unwrap());

        let trained = |enrollment: &'static str, week| {
            db.read(move |tx| Ok(Vec::from_iter(trained_lifts::list(tx, enrollment, 1, week)?).join(" ")))
        };
        db.write(|tx| {
            trained_lifts::note(tx, "1", 1, 1, "squat")?;
            trained_lifts::note(tx, "1", 1, 1, "squat")?;
            trained_lifts::note(tx, "1", 1, 1, "bench")?;
            trained_lifts::note(tx, "1", 1, 2, "squat")
        })
        .await
        .unwrap();
        assert_eq!(trained("1", 1).await.unwrap(), "bench squat");
        assert_eq!(trained("1", 2).await.unwrap(), "squat");

        db.write(move |tx| {
            enrollments::delete(tx, "1")?;
            enrollments::insert(tx, &enrollment("2", anna, "program"))
        })
        .await
        .unwrap();
        assert_eq!(trained("1", 1).await.unwrap(), "");
        assert!(serve("2", Event::Session, "squat", "linear").await.unwrap());
    })
    .await;
}

fn raise(id: &str, account: i64, lift_id: &str, progression_id: &str, applied_at: i64) -> Entry {
    Entry {
        id: id.to_owned(),
        account,
        user_id: String::new(),
        lift_id: lift_id.to_owned(),
        progression_id: progression_id.to_owned(),
        max_type: "TRAINING_MAX".to_owned(),
        previous_value: Thousandths::whole(100),
        new_value: Thousandths(102_500),
        unit: WeightUnit::Lb,
        applied_at: Millis(applied_at),
        triggered_by: "AFTER_SESSION".to_owned(),
        iteration: 1,
        week: 2,
    }
}

#[tokio::test]
async fn history_is_newest_first_and_outlives_its_lifts() {
    on_both(async |db| {
        let anna = gym(&db).await;
        db.write(move |tx| {
            progression_history::insert(tx, &raise("1", anna, "squat", "linear", 100))?;
            progression_history::insert(tx, &raise("2", anna, "bench", "linear", 200))?;
            progression_history::insert(tx, &raise("3", anna, "squat", "other", 200))?;
            let bert = account(tx, "bert")?;
            progression_history::insert(tx, &raise("4", bert, "squat", "linear", 300))?;
            lifts::delete(tx, "squat")
        })
        .await
        .unwrap();
        let ids = |lift: Option<&'static str>, progression: Option<&'static str>| {
            db.read(move |tx| {
                let filter = progression_history::Filter {
                    user_id: "anna".to_owned(),
                    lift_id: lift.map(str::to_owned),
                    progression_id: progression.map(str::to_owned),
                };
                let (rows, total) = progression_history::list(tx, &filter, Order::Descending, ALL)?;
                Ok((rows.into_iter().map(|row| row.id).collect::<String>(), total))
            })
        };
        assert_eq!(ids(None, None).await.unwrap(), ("321".to_owned(), 3));
        assert_eq!(ids(Some("squat"), None).await.unwrap(), ("31".to_owned(), 2));
        assert_eq!(ids(None, Some("linear")).await.unwrap(), ("21".to_owned(), 2));
        assert_eq!(ids(Some("squat"), Some("other")).await.unwrap(), ("3".to_owned(), 1));
    })
    .await;
}
