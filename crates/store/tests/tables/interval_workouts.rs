//! Interval workouts and the sessions of them.

use std::ops::Range;

use ferrum_domain::Violations;
use ferrum_domain::intervals::energy::Traits;
use ferrum_domain::intervals::exercise::{Difficulty, Equipment, MuscleGroup};
use ferrum_domain::intervals::form::Form;
use ferrum_domain::intervals::plan::{Given, GivenStation, Plan};
use ferrum_domain::intervals::session::{Record, Total};
use ferrum_domain::intervals::workout::{Content, ExerciseCopy};
use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;
use ferrum_store::interval_sessions::{self, Page, Session};
use ferrum_store::interval_workouts::{self, Workout};
use ferrum_store::{Db, Tx};

use crate::support::{NOW, account, not_found, on_both};

fn content(form: Form) -> Content {
    let mut violations = Violations::new();
    let stations = [GivenStation::default()];
    let plan = Plan::check(form, &Given::default(), Some(&stations), &mut violations).expect("a good plan");
    let squats = ExerciseCopy {
        id: "679a1b2c3d4e5f6071829304".to_owned(),
        name: "Squats".to_owned(),
        description: "Sit down, stand up.".to_owned(),
        traits: Traits {
            difficulty: Difficulty::Beginner,
            muscle_group: MuscleGroup::Legs,
            equipment: Equipment::None,
        },
    };
    Content::new(plan, vec![squats]).expect("an exercise for each station")
}

fn workout(id: &str, account: Option<i64>, created_at: i64) -> Workout {
    Workout {
        id: id.to_owned(),
        account,
        created_by: None,
        slug: account.is_none().then(|| format!("slug-{id}")),
        name: "Four minutes".to_owned(),
        description: Some("Short and hard.".to_owned()),
        content: content(Form::Tabata),
        created_at: Millis(created_at),
        updated_at: NOW,
    }
}

async fn ids(db: &Db, account: Option<i64>) -> Vec<String> {
    let rows = db.read(move |tx| interval_workouts::list(tx, account)).await.expect("a list");
    rows.into_iter().map(|workout| workout.id).collect()
}

#[tokio::test]
async fn a_workout_is_kept_whole_and_knows_its_maker() {
    on_both(async |db| {
        let ada = db.write(|tx| account(tx, "ada")).await.unwrap();
        db.write(move |tx| interval_workouts::insert(tx, &workout("a", Some(ada), 7))).await.unwrap();
        let found = db.read(|tx| interval_workouts::find(tx, "a")).await.unwrap().unwrap();
        assert_eq!((found.account, found.slug), (Some(ada), None));
        assert_eq!(found.created_by.as_deref(), Some("000000000000000000000ada"));
        assert_eq!(found.content, content(Form::Tabata));
        assert_eq!((found.created_at, found.updated_at), (Millis(7), NOW));

        db.write(move |tx| {
            let changed = Workout {
                name: "Twelve minutes".to_owned(),
                description: None,
                content: content(Form::Amrap),
                updated_at: Millis(9),
                ..workout("a", Some(ada), 8)
            };
            interval_workouts::update(tx, &changed)
        })
        .await
        .unwrap();
        let found = db.read(|tx| interval_workouts::find(tx, "a")).await.unwrap().unwrap();
        assert_eq!((found.name.as_str(), found.description), ("Twelve minutes", None));
        assert_eq!(found.content, content(Form::Amrap));
        assert_eq!((found.created_at, found.updated_at), (Millis(7), Millis(9)));

        db.write(|tx| interval_workouts::delete(tx, "a")).await.unwrap();
        assert!(db.read(|tx| interval_workouts::find(tx, "a")).await.unwrap().is_none());
        not_found(db.write(|tx| interval_workouts::delete(tx, "a")).await);
    })
    .await;
}

#[tokio::test]
async fn everybody_lists_their_own_workouts_and_then_the_built_in_ones() {
    on_both(async |db| {
        let ada = db
            .write(|tx| {
                let (ada, bob) = (account(tx, "ada")?, account(tx, "bob")?);
                for (id, owner, at) in [
                    ("b1", None, 5),
                    ("b2", None, 5),
                    ("a1", Some(ada), 3),
                    ("a2", Some(ada), 4),
                    ("c", Some(bob), 8),
                ] {
                    interval_workouts::insert(tx, &workout(id, owner, at))?;
                }
                Ok(ada)
            })
            .await
            .unwrap();
        assert_eq!(ids(&db, None).await, ["b2", "b1"]);
        assert_eq!(ids(&db, Some(ada)).await, ["a2", "a1", "b2", "b1"]);
        assert_eq!(db.read(move |tx| interval_workouts::count_own(tx, ada)).await.unwrap(), 2);
    })
    .await;
}

fn session(id: &str, workout: &str, done_at: i64, energy: Option<i64>) -> Session {
    Session {
        id: id.to_owned(),
        workout_id: workout.to_owned(),
        workout_name: "Four minutes".to_owned(),
        form: "tabata".to_owned(),
        phases: 15,
        record: Record {
            phases_done: 14,
            phases_skipped: 1,
            seconds: 230,
            perceived_effort: energy.map(|_| 9),
            body_weight: energy.map(|_| Thousandths(72_500)),
        },
        energy: energy.map(Thousandths),
        done_at: Millis(done_at),
    }
}

fn history(
    tx: &mut Tx<'_>,
    account: i64,
    workout: Option<&str>,
    before: Option<&str>,
) -> ferrum_domain::Result<Vec<String>> {
    let before = match before {
        Some(id) => interval_sessions::find_own(tx, account, id)?,
        None => None,
    };
    let page = Page { before: before.as_ref(), limit: 2 };
    let rows = interval_sessions::list(tx, account, workout, page)?;
    Ok(rows.into_iter().map(|session| session.id).collect())
}

#[tokio::test]
async fn a_history_goes_back_page_by_page() {
    on_both(async |db| {
        let (ada, bob) = db.write(|tx| Ok((account(tx, "ada")?, account(tx, "bob")?))).await.unwrap();
        db.write(move |tx| {
            for (id, workout, at) in
                [("a", "w", 1), ("b", "v", 2), ("d", "w", 2), ("c", "w", 2), ("e", "v", 3)]
            {
                interval_sessions::insert(tx, ada, &session(id, workout, at, Some(28_400)))?;
            }
            interval_sessions::insert(tx, bob, &session("f", "w", 4, None))
        })
        .await
        .unwrap();
        let pages = db
            .read(move |tx| {
                Ok([
                    history(tx, ada, None, None)?,
                    history(tx, ada, None, Some("d"))?,
                    history(tx, ada, None, Some("b"))?,
                    history(tx, ada, None, Some("a"))?,
                    history(tx, ada, Some("w"), None)?,
                    history(tx, ada, Some("w"), Some("c"))?,
                    history(tx, bob, Some("v"), None)?,
                ])
            })
            .await
            .unwrap();
        let expected: [&[&str]; 7] = [&["e", "d"], &["c", "b"], &["a"], &[], &["d", "c"], &["a"], &[]];
        assert_eq!(pages, expected);
        let kept = db.read(move |tx| interval_sessions::find_own(tx, ada, "a")).await.unwrap();
        assert_eq!(kept, Some(session("a", "w", 1, Some(28_400))));
        assert_eq!(db.read(move |tx| interval_sessions::find_own(tx, bob, "a")).await.unwrap(), None);
        let has = |account, workout: &'static str| {
            db.read(move |tx| interval_sessions::has_of_workout(tx, account, workout))
        };
        assert!(has(ada, "v").await.unwrap() && !has(bob, "v").await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn totals_count_what_is_known() {
    on_both(async |db| {
        let ada = db.write(|tx| account(tx, "ada")).await.unwrap();
        let total = |time: Range<i64>| {
            let time = Millis(time.start)..Millis(time.end);
            db.read(move |tx| interval_sessions::total(tx, ada, time.clone()))
        };
        assert_eq!(total(0..10).await.unwrap(), Total::default());
        db.write(move |tx| {
            interval_sessions::insert(tx, ada, &session("a", "w", 1, Some(28_400)))?;
            interval_sessions::insert(tx, ada, &session("b", "w", 2, None))?;
            interval_sessions::insert(tx, ada, &session("c", "w", 3, Some(1_600)))
        })
        .await
        .unwrap();
        let expected = Total { sessions: 3, seconds: 690, with_energy: 2, energy: Thousandths(30_000) };
        assert_eq!(total(i64::MIN..i64::MAX).await.unwrap(), expected);
        let later = Total { sessions: 2, seconds: 460, with_energy: 1, energy: Thousandths(1_600) };
        assert_eq!(total(2..4).await.unwrap(), later);
        let between = Total { sessions: 1, seconds: 230, with_energy: 0, energy: Thousandths(0) };
        assert_eq!(total(2..3).await.unwrap(), between);
    })
    .await;
}
