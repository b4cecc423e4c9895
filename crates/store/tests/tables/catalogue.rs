//! The version of the catalogue, lifts, prescriptions and days.

use ferrum_domain::Conflict;
use ferrum_domain::time::Millis;
use ferrum_store::days::{self, DayPrescription};
use ferrum_store::lifts::{self, Lift};
use ferrum_store::listing::{NamedSort, Order, Window};
use ferrum_store::weeks::WeekDay;
use ferrum_store::{catalogue, cycles, prescriptions, program_progressions, programs, progressions, weeks};

use crate::support::{
    ALL, NOW, account, configuration, conflict, cycle, day, insert_max, lift, max, not_found, on_both,
    prescription, program, progression, referrers, week,
};
use ferrum_domain::strength::progression::Event;

#[tokio::test]
async fn a_write_raises_the_version_and_a_refused_one_does_not() {
    on_both(async |db| {
        let version = || db.read(catalogue::version);
        let first = version().await.unwrap();
        db.write(|tx| lifts::insert(tx, &lift("squat"))).await.unwrap();
        let second = version().await.unwrap();
        assert!(second > first);
        conflict(db.write(|tx| lifts::insert(tx, &Lift { id: "other".to_owned(), ..lift("squat") })).await);
        assert_eq!(version().await.unwrap(), second);
        db.write(|tx| lifts::delete(tx, "squat")).await.unwrap();
        assert!(version().await.unwrap() > second);
    })
    .await;
}

#[tokio::test]
async fn what_was_loaded_once_stays_noted() {
    on_both(async |db| {
        assert!(!db.read(|tx| catalogue::is_loaded(tx, "program", "madcow")).await.unwrap());
        db.write(|tx| catalogue::insert_load(tx, "program", "madcow", NOW)).await.unwrap();
        assert!(db.read(|tx| catalogue::is_loaded(tx, "program", "madcow")).await.unwrap());
        assert!(!db.read(|tx| catalogue::is_loaded(tx, "lift", "madcow")).await.unwrap());
        assert_eq!(db.read(|tx| catalogue::loaded(tx, "program")).await.unwrap(), ["madcow"]);
        assert_eq!(db.read(|tx| catalogue::loaded(tx, "lift")).await.unwrap(), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn slugs_of_lifts_are_unique() {
    on_both(async |db| {
        db.write(|tx| {
            lifts::insert(tx, &lift("squat"))?;
            lifts::insert(tx, &lift("bench"))
        })
        .await
        .unwrap();
        let renamed = Lift { slug: "squat".to_owned(), ..lift("bench") };
        assert_eq!(conflict(db.write(move |tx| lifts::update(tx, &renamed)).await), Conflict::SlugTaken);
        let same = db.write(|tx| lifts::update(tx, &lift("squat")));
        same.await.unwrap();
        assert_eq!(db.read(|tx| lifts::find_by_slug(tx, "bench")).await.unwrap().unwrap().id, "bench");
    })
    .await;
}

#[tokio::test]
async fn lists_filter_sort_and_page() {
    on_both(async |db| {
        db.write(|tx| {
            // Capitals sort before small letters; equal names by id.
            for (id, name, age, is_competition) in
                [("1", "b", 1, true), ("3", "a", 2, false), ("2", "a", 2, true), ("4", "B", 3, true)]
            {
                let row = Lift { name: name.to_owned(), is_competition, created_at: Millis(age), ..lift(id) };
                lifts::insert(tx, &row)?;
            }
            Ok(())
        })
        .await
        .unwrap();
        let list = |is_competition, sort, order, window| {
            db.read(move |tx| {
                let filter = lifts::Filter { is_competition };
                let (rows, total) = lifts::list(tx, &filter, sort, order, window)?;
                Ok((rows.into_iter().map(|row| row.id).collect::<String>(), total))
            })
        };
        let page = |page, size| Window { page, size };
        for (filter, sort, order, window, ids, total) in [
            (None, NamedSort::Name, Order::Ascending, ALL, "4231", 4),
            (None, NamedSort::Name, Order::Descending, ALL, "1324", 4),
            (None, NamedSort::CreatedAt, Order::Ascending, ALL, "1234", 4),
            (None, NamedSort::CreatedAt, Order::Descending, ALL, "4321", 4),
            (Some(true), NamedSort::Name, Order::Ascending, ALL, "421", 3),
            (Some(false), NamedSort::CreatedAt, Order::Ascending, ALL, "3", 1),
            (None, NamedSort::Name, Order::Ascending, page(1, 3), "423", 4),
            (None, NamedSort::Name, Order::Ascending, page(2, 3), "1", 4),
            (None, NamedSort::Name, Order::Ascending, page(2, 2), "31", 4),
            (None, NamedSort::Name, Order::Ascending, page(9, 2), "", 4),
            (None, NamedSort::Name, Order::Ascending, page(u64::MAX, 100), "", 4),
        ] {
            assert_eq!(
                list(filter, sort, order, window).await.unwrap(),
                (ids.to_owned(), total),
                "{window:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_lift_knows_its_ancestors() {
    on_both(async |db| {
        db.write(|tx| {
            lifts::insert(tx, &lift("squat"))?;
            lifts::insert(tx, &Lift { parent_id: Some("squat".to_owned()), ..lift("front") })?;
            lifts::insert(tx, &Lift { parent_id: Some("front".to_owned()), ..lift("zercher") })
        })
        .await
        .unwrap();
        for (id, ancestor, expected) in [
            ("zercher", "squat", true),
            ("zercher", "zercher", true),
            ("squat", "zercher", false),
            ("nothing", "squat", false),
        ] {
            let found = db.read(move |tx| lifts::has_ancestor(tx, id, ancestor)).await.unwrap();
            assert_eq!(found, expected, "{id} {ancestor}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lifts_made_at_once_get_keys_of_their_own() {
    on_both(async |db| {
        let made = ["squat", "bench", "deadlift"].map(|id| {
            let db = db.clone();
            tokio::spawn(async move { db.write(move |tx| lifts::insert(tx, &lift(id))).await })
        });
        for made in made {
            made.await.unwrap().unwrap();
        }
        let mut keys = Vec::new();
        for id in ["squat", "bench", "deadlift"] {
            keys.push(db.read(move |tx| lifts::find_key(tx, id)).await.unwrap().unwrap());
        }
        keys.sort_unstable();
        assert_eq!(keys, [1, 2, 3]);
    })
    .await;
}

#[tokio::test]
async fn a_lift_stays_while_anything_refers_to_it() {
    on_both(async |db| {
        db.write(|tx| {
            for id in ["squat", "child", "measured", "prescribed", "loaded", "configured"] {
                let parent_id = (id == "child").then(|| "squat".to_owned());
                lifts::insert(tx, &Lift { parent_id, ..lift(id) })?;
            }
            let anna = account(tx, "anna")?;
            insert_max(tx, max("max", anna, "measured", 100, 0))?;
            let mut row = prescription("prescription", "prescribed");
            row.load_strategy.of_lift_id = Some("loaded".to_owned());
            prescriptions::insert(tx, &row)?;
            cycles::insert(tx, &cycle("cycle"))?;
            programs::insert(tx, &program("program", "cycle"))?;
            progressions::insert(tx, &progression("linear", Event::Session))?;
            program_progressions::insert(tx, &configuration("c", "linear", Some("configured")))
        })
        .await
        .unwrap();
        for (id, by) in [
            ("squat", "variations"),
            ("measured", "lift maxes"),
            ("prescribed", "prescriptions"),
            ("loaded", "prescriptions (ofLiftId)"),
            ("configured", "program progressions"),
        ] {
            assert_eq!(referrers(db.write(move |tx| lifts::delete(tx, id)).await), by);
        }
        db.write(|tx| {
            lifts::delete(tx, "child")?;
            lifts::delete(tx, "squat")
        })
        .await
        .unwrap();
        not_found(db.write(|tx| lifts::delete(tx, "squat")).await);
    })
    .await;
}

#[tokio::test]
async fn prescriptions_read_back_as_written() {
    on_both(async |db| {
        db.write(|tx| {
            lifts::insert(tx, &lift("squat"))?;
            prescriptions::insert(tx, &prescription("p", "squat"))
        })
        .await
        .unwrap();
        let read = db.read(|tx| prescriptions::get(tx, "p")).await.unwrap();
        assert_eq!(format!("{read:?}"), format!("{:?}", prescription("p", "squat")));

        let mut row = prescription("p", "squat");
        (row.notes, row.rest_seconds, row.order) = (Some("\u{1f3cb} slow".to_owned()), None, 7);
        let changed = row.clone();
        db.write(move |tx| prescriptions::update(tx, &changed)).await.unwrap();
        let filter = prescriptions::Filter { lift_id: Some("squat".to_owned()) };
        let listed = db.read(move |tx| {
            prescriptions::list(tx, &filter, prescriptions::Sort::Order, Order::Ascending, ALL)
        });
        assert_eq!(format!("{:?}", listed.await.unwrap()), format!("{:?}", (vec![row], 1)));
    })
    .await;
}

fn place(id: &str, prescription_id: &str, order: i64) -> DayPrescription {
    DayPrescription {
        id: id.to_owned(),
        day_id: "day".to_owned(),
        prescription_id: prescription_id.to_owned(),
        order,
        created_at: NOW,
    }
}

#[tokio::test]
async fn a_day_orders_its_prescriptions() {
    on_both(async |db| {
        db.write(|tx| {
            lifts::insert(tx, &lift("squat"))?;
            days::insert(tx, &day("day", None))?;
            for id in ["p1", "p2", "p3"] {
                prescriptions::insert(tx, &prescription(id, "squat"))?;
            }
            days::insert_prescription(tx, &place("1", "p1", 5))?;
            days::insert_prescription(tx, &place("3", "p3", 0))?;
            days::insert_prescription(tx, &place("2", "p2", 0))
        })
        .await
        .unwrap();
        let order = || {
            db.read(|tx| {
                let places = days::prescriptions(tx, "day")?;
                Ok(places.into_iter().map(|place| place.prescription_id).collect::<Vec<_>>())
            })
        };
        assert_eq!(order().await.unwrap(), ["p2", "p3", "p1"]);
        let twice = conflict(db.write(|tx| days::insert_prescription(tx, &place("4", "p1", 9))).await);
        assert_eq!(twice, Conflict::Exists("prescriptionId on this day".to_owned()));
        assert_eq!(referrers(db.write(|tx| prescriptions::delete(tx, "p1")).await), "days");

        let wanted = ["p3", "p1", "p2"].map(str::to_owned);
        db.write(move |tx| days::reorder(tx, "day", &wanted)).await.unwrap();
        assert_eq!(order().await.unwrap(), ["p3", "p1", "p2"]);
        db.write(|tx| days::delete_prescription(tx, "day", "p1")).await.unwrap();
        not_found(db.write(|tx| days::delete_prescription(tx, "day", "p1")).await);
        db.write(|tx| days::delete(tx, "day")).await.unwrap();
        db.write(|tx| prescriptions::delete(tx, "p2")).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn slugs_of_days_are_unique_in_their_program() {
    on_both(async |db| {
        db.write(|tx| {
            cycles::insert(tx, &cycle("cycle"))?;
            programs::insert(tx, &program("a", "cycle"))?;
            programs::insert(tx, &program("b", "cycle"))?;
            days::insert(tx, &day("of-a", Some("a")))?;
            days::insert(tx, &day("of-b", Some("b")))
        })
        .await
        .unwrap();
        let by_slug = |program: Option<&'static str>| {
            db.read(move |tx| {
                Ok(days::find_by_slug(tx, "squat-day", program)?.map(|day| day.id).unwrap_or_default())
            })
        };
        assert_eq!(by_slug(None).await.unwrap(), "of-a", "the oldest of that slug");
        db.write(|tx| days::insert(tx, &day("own", None))).await.unwrap();
        assert_eq!(by_slug(None).await.unwrap(), "own", "the one that belongs to no program");
        assert_eq!(by_slug(Some("b")).await.unwrap(), "of-b");
        assert_eq!(by_slug(Some("c")).await.unwrap(), "");
        for program in [None, Some("a")] {
            let second = db.write(move |tx| days::insert(tx, &day("second", program)));
            assert_eq!(conflict(second.await), Conflict::SlugTaken);
        }
        assert_eq!(referrers(db.write(|tx| programs::delete(tx, "a")).await), "days");
    })
    .await;
}

#[tokio::test]
async fn a_day_stays_while_a_week_has_it() {
    on_both(async |db| {
        db.write(|tx| {
            cycles::insert(tx, &cycle("cycle"))?;
            weeks::insert(tx, &week("week", "cycle", 1))?;
            days::insert(tx, &day("day", None))?;
            let place = WeekDay {
                id: "1".to_owned(),
                week_id: "week".to_owned(),
                day_id: "day".to_owned(),
                position: 0,
            };
            weeks::insert_day(tx, &place)
        })
        .await
        .unwrap();
        assert_eq!(referrers(db.write(|tx| days::delete(tx, "day")).await), "weeks");
    })
    .await;
}
