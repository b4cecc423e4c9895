//! Cycles, weeks, lookups, programs and their progressions.

use ferrum_domain::strength::MaxType;
use ferrum_domain::strength::lookup::{DailyEntries, WeeklyEntries};
use ferrum_domain::strength::progression::{Event, ProgressionType};
use ferrum_domain::units::Thousandths;
use ferrum_domain::{Conflict, parse};
use ferrum_store::listing::{NamedSort, Order};
use ferrum_store::weeks::WeekDay;
use ferrum_store::{
    Db, cycles, daily_lookups, days, program_progressions, programs, progressions, weekly_lookups, weeks,
};

use crate::support::{
    ALL, NOW, account, configuration, conflict, cycle, day, enrollment, not_found, on_both, program,
    progression, referrers, week,
};

fn place(id: &str, day_id: &str, position: i64) -> WeekDay {
    WeekDay { id: id.to_owned(), week_id: "week".to_owned(), day_id: day_id.to_owned(), position }
}

async fn places(db: &Db) -> String {
    let days = db.read(|tx| weeks::days(tx, "week")).await.expect("the week can be read");
    days.iter().map(|place| place.day_id.as_str()).collect()
}

#[tokio::test]
async fn a_day_may_stand_several_times_in_a_week() {
    on_both(async |db| {
        db.write(|tx| {
            cycles::insert(tx, &cycle("cycle"))?;
            weeks::insert(tx, &week("week", "cycle", 1))?;
            days::insert(tx, &day("a", None))?;
            let mut other = day("b", None);
            other.slug = "b".to_owned();
            days::insert(tx, &other)?;
            weeks::insert_day(tx, &place("1", "a", 0))?;
            weeks::insert_day(tx, &place("2", "b", 1))?;
            weeks::insert_day(tx, &place("3", "a", 2))?;
            weeks::insert_day(tx, &place("4", "a", 1))
        })
        .await
        .unwrap();
        assert_eq!(places(&db).await, "abaa", "equal positions in order of adding");
        db.write(|tx| weeks::delete_day(tx, "week", "a", Some(1))).await.unwrap();
        assert_eq!(places(&db).await, "aba");
        not_found(db.write(|tx| weeks::delete_day(tx, "week", "a", Some(1))).await);
        db.write(|tx| weeks::delete_day(tx, "week", "a", None)).await.unwrap();
        assert_eq!(places(&db).await, "b");
        not_found(db.write(|tx| weeks::delete_day(tx, "week", "a", None)).await);
    })
    .await;
}

#[tokio::test]
async fn weeks_go_with_their_cycle_and_their_places_with_them() {
    on_both(async |db| {
        db.write(|tx| {
            cycles::insert(tx, &cycle("cycle"))?;
            cycles::insert(tx, &cycle("other"))?;
            weeks::insert(tx, &week("week", "cycle", 1))?;
            weeks::insert(tx, &week("second", "cycle", 2))?;
            weeks::insert(tx, &week("elsewhere", "other", 1))?;
            days::insert(tx, &day("a", None))?;
            weeks::insert_day(tx, &place("1", "a", 0))
        })
        .await
        .unwrap();
        let twice = conflict(db.write(|tx| weeks::insert(tx, &week("third", "cycle", 2))).await);
        assert_eq!(twice, Conflict::Exists("weekNumber 2 of this cycle".to_owned()));
        let moved = conflict(db.write(|tx| weeks::update(tx, &week("elsewhere", "cycle", 1))).await);
        assert_eq!(moved, Conflict::Exists("weekNumber 1 of this cycle".to_owned()));
        let numbers = db.read(|tx| weeks::list_of_cycle(tx, "cycle")).await.unwrap();
        assert_eq!(numbers.iter().map(|week| week.number).collect::<Vec<_>>(), [1, 2]);

        db.write(|tx| cycles::delete(tx, "cycle")).await.unwrap();
        not_found(db.read(|tx| weeks::get(tx, "week")).await);
        assert_eq!(places(&db).await, "");
        db.write(|tx| days::delete(tx, "a")).await.unwrap();
        let (left, total) =
            db.read(|tx| weeks::list(tx, weeks::Sort::Number, Order::Ascending, ALL)).await.unwrap();
        assert_eq!((left.len(), left[0].id.as_str(), total), (1, "elsewhere", 1));
    })
    .await;
}

fn weekly(entries: &str) -> WeeklyEntries {
    parse::stored("entries", entries, |json, v| WeeklyEntries::parse("entries", json, v))
        .expect("a weekly table")
}

fn daily(entries: &str) -> DailyEntries {
    parse::stored("entries", entries, |json, v| DailyEntries::parse("entries", json, v))
        .expect("a daily table")
}

#[tokio::test]
async fn what_a_program_uses_stays() {
    on_both(async |db| {
        let entries = (weekly(r#"{"1": 65, "2": [70, 75.5]}"#), daily(r#"{"monday": 100}"#));
        let (weeks, days) = entries.clone();
        db.write(move |tx| {
            let lookup = weekly_lookups::Lookup {
                id: "weekly".to_owned(),
                name: "5/3/1".to_owned(),
                entries: weeks.clone(),
                created_at: NOW,
                updated_at: NOW,
            };
            weekly_lookups::insert(tx, &lookup)?;
            let lookup = daily_lookups::Lookup {
                id: "daily".to_owned(),
                name: "HLM".to_owned(),
                entries: days.clone(),
                created_at: NOW,
                updated_at: NOW,
            };
            daily_lookups::insert(tx, &lookup)?;
            cycles::insert(tx, &cycle("cycle"))?;
            let mut row = program("program", "cycle");
            (row.weekly_lookup_id, row.daily_lookup_id) =
                (Some("weekly".to_owned()), Some("daily".to_owned()));
            programs::insert(tx, &row)
        })
        .await
        .unwrap();
        assert_eq!(db.read(|tx| weekly_lookups::get(tx, "weekly")).await.unwrap().entries, entries.0);
        assert_eq!(db.read(|tx| daily_lookups::get(tx, "daily")).await.unwrap().entries, entries.1);
        assert_eq!(referrers(db.write(|tx| weekly_lookups::delete(tx, "weekly")).await), "programs");
        assert_eq!(referrers(db.write(|tx| daily_lookups::delete(tx, "daily")).await), "programs");
        assert_eq!(referrers(db.write(|tx| cycles::delete(tx, "cycle")).await), "programs");
        db.write(|tx| {
            programs::delete(tx, "program")?;
            weekly_lookups::delete(tx, "weekly")?;
            daily_lookups::delete(tx, "daily")?;
            cycles::delete(tx, "cycle")
        })
        .await
        .unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_program_stays_while_somebody_follows_it() {
    on_both(async |db| {
        db.write(|tx| {
            cycles::insert(tx, &cycle("cycle"))?;
            programs::insert(tx, &program("program", "cycle"))?;
            let anna = account(tx, "anna")?;
            ferrum_store::enrollments::insert(tx, &enrollment("e", anna, "program"))
        })
        .await
        .unwrap();
        let mut second = program("second", "cycle");
        second.slug = "program".to_owned();
        assert_eq!(conflict(db.write(move |tx| programs::insert(tx, &second)).await), Conflict::SlugTaken);
        assert_eq!(referrers(db.write(|tx| programs::delete(tx, "program")).await), "enrollments");
        let found = db.read(|tx| programs::find_by_slug(tx, "program")).await.unwrap().unwrap();
        assert_eq!(found.default_rounding, Some(Thousandths(2_500)));
    })
    .await;
}

#[tokio::test]
async fn progressions_keep_their_rules() {
    on_both(async |db| {
        db.write(|tx| {
            progressions::insert(tx, &progression("cycle", Event::Cycle))?;
            progressions::insert(tx, &progression("session", Event::Session))?;
            progressions::insert(tx, &progression("week", Event::Week))
        })
        .await
        .unwrap();
        for (id, event) in [("cycle", Event::Cycle), ("session", Event::Session), ("week", Event::Week)] {
            let read = db.read(move |tx| progressions::get(tx, id)).await.unwrap();
            assert_eq!(read.rule, progression(id, event).rule);
        }
        let ids = |kind| {
            db.read(move |tx| {
                let filter = progressions::Filter { kind };
                let sort = NamedSort::Name;
                let (rows, total) = progressions::list(tx, &filter, sort, Order::Ascending, ALL)?;
                Ok((rows.into_iter().map(|row| row.id).collect::<Vec<_>>().join(" "), total))
            })
        };
        assert_eq!(ids(None).await.unwrap(), ("cycle session week".to_owned(), 3));
        assert_eq!(ids(Some(ProgressionType::Linear)).await.unwrap(), ("session week".to_owned(), 2));
        assert_eq!(ids(Some(ProgressionType::Cycle)).await.unwrap(), ("cycle".to_owned(), 1));

        let mut changed = progression("week", Event::Cycle);
        changed.rule.max_type = MaxType::OneRm;
        let rule = changed.rule;
        db.write(move |tx| progressions::update(tx, &changed)).await.unwrap();
        assert_eq!(db.read(|tx| progressions::get(tx, "week")).await.unwrap().rule, rule);
        assert_eq!(ids(Some(ProgressionType::Cycle)).await.unwrap().1, 2);
    })
    .await;
}

#[tokio::test]
async fn configurations_are_ordered_by_priority_and_go_with_their_program() {
    on_both(async |db| {
        db.write(|tx| {
            ferrum_store::lifts::insert(tx, &crate::support::lift("squat"))?;
            cycles::insert(tx, &cycle("cycle"))?;
            programs::insert(tx, &program("program", "cycle"))?;
            progressions::insert(tx, &progression("linear", Event::Session))?;
            let mut last = configuration("1", "linear", None);
            last.priority = 2;
            program_progressions::insert(tx, &last)?;
            program_progressions::insert(tx, &configuration("2", "linear", Some("squat")))
        })
        .await
        .unwrap();
        let configured =
            db.read(|tx| program_progressions::list_configurations(tx, "program")).await.unwrap();
        let found: Vec<_> =
            configured.iter().map(|c| (c.id.as_str(), c.lift_id.as_deref(), c.rule.event)).collect();
        assert_eq!(found, [("2", Some("squat"), Event::Session), ("1", None, Event::Session)]);
        let listed = db.read(|tx| program_progressions::list(tx, "program")).await.unwrap();
        assert_eq!(listed.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["2", "1"]);

        for lift_id in [None, Some("squat")] {
            let twice =
                db.write(move |tx| program_progressions::insert(tx, &configuration("3", "linear", lift_id)));
            assert!(matches!(conflict(twice.await), Conflict::Exists(_)));
        }
        assert_eq!(
            referrers(db.write(|tx| progressions::delete(tx, "linear")).await),
            "program progressions"
        );
        not_found(db.read(|tx| program_progressions::get(tx, "another", "1")).await);
        not_found(db.write(|tx| program_progressions::delete(tx, "another", "1")).await);
        db.write(|tx| programs::delete(tx, "program")).await.unwrap();
        db.write(|tx| progressions::delete(tx, "linear")).await.unwrap();
    })
    .await;
}
