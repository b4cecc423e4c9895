//! Movements and interval exercises.

use ferrum_domain::intervals::exercise::{Difficulty, Equipment, MuscleGroup};
use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;
use ferrum_store::interval_exercises::{self, Exercise, Filter};
use ferrum_store::movements::{self, Movement};
use ferrum_store::{Db, catalogue};

use crate::support::{NOW, account, not_found, on_both};

fn movement(id: &str) -> Movement {
    Movement {
        id: id.to_owned(),
        name: "Goblet Squat".to_owned(),
        category: "strength".to_owned(),
        force: Some("push".to_owned()),
        mechanic: None,
        level: "beginner".to_owned(),
        equipment: Some("kettlebells".to_owned()),
        primary_muscles: vec!["quadriceps".to_owned()],
        secondary_muscles: vec!["calves".to_owned(), "glutes".to_owned()],
        pattern: "squat".to_owned(),
    }
}

fn exercise(id: &str, account: Option<i64>, created_at: i64) -> Exercise {
    Exercise {
        id: id.to_owned(),
        account,
        created_by: None,
        slug: account.is_none().then(|| format!("slug-{id}")),
        movement_id: None,
        name: "Squats".to_owned(),
        description: "Sit down, stand up.".to_owned(),
        difficulty: Difficulty::Beginner,
        muscle_group: MuscleGroup::Legs,
        equipment: Equipment::None,
        duration: Thousandths(30_500),
        created_at: Millis(created_at),
        updated_at: NOW,
    }
}

async fn add(db: &Db, exercise: Exercise) {
    db.write(move |tx| interval_exercises::insert(tx, &exercise)).await.expect("it is added");
}

async fn ids(db: &Db, filter: Filter, account: Option<i64>) -> Vec<String> {
    let rows = db.read(move |tx| interval_exercises::list(tx, filter, account)).await.expect("a list");
    rows.into_iter().map(|exercise| exercise.id).collect()
}

async fn version(db: &Db) -> i64 {
    db.read(catalogue::version).await.expect("a version")
}

#[tokio::test]
async fn a_movement_is_kept_whole() {
    on_both(async |db| {
        let kept = movement("goblet_squat");
        db.write(|tx| movements::insert(tx, &movement("goblet_squat"))).await.unwrap();
        assert_eq!(db.read(|tx| movements::find(tx, "goblet_squat")).await.unwrap(), Some(kept));
        assert_eq!(db.read(|tx| movements::find(tx, "squat")).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn an_exercise_is_kept_whole_and_knows_its_maker() {
    on_both(async |db| {
        let ada = db.write(|tx| account(tx, "ada")).await.unwrap();
        db.write(|tx| movements::insert(tx, &movement("goblet_squat"))).await.unwrap();
        let full = Exercise { movement_id: Some("goblet_squat".to_owned()), ..exercise("a", Some(ada), 7) };
        add(&db, full).await;
        let found = db.read(|tx| interval_exercises::get(tx, "a")).await.unwrap();
        assert_eq!(found.created_by.as_deref(), Some("000000000000000000000ada"));
        assert_eq!((found.account, found.slug), (Some(ada), None));
        assert_eq!(
            (found.duration, found.created_at, found.updated_at),
            (Thousandths(30_500), Millis(7), NOW)
        );
        assert_eq!(found.movement_id.as_deref(), Some("goblet_squat"));

        let changed = Exercise {
            name: "Deep Squats".to_owned(),
            difficulty: Difficulty::Advanced,
            updated_at: Millis(9),
            ..exercise("a", Some(ada), 7)
        };
        db.write(move |tx| interval_exercises::update(tx, &changed)).await.unwrap();
        let found = db.read(|tx| interval_exercises::get(tx, "a")).await.unwrap();
        assert_eq!((found.name.as_str(), found.difficulty), ("Deep Squats", Difficulty::Advanced));
        assert_eq!((found.created_at, found.updated_at), (Millis(7), Millis(9)));
        assert_eq!(found.movement_id.as_deref(), Some("goblet_squat"));

        db.write(move |tx| interval_exercises::delete(tx, &exercise("a", Some(ada), 7))).await.unwrap();
        not_found(db.read(|tx| interval_exercises::get(tx, "a")).await);
    })
    .await;
}

#[tokio::test]
async fn everybody_lists_the_built_in_ones_and_their_own_newest_first() {
    on_both(async |db| {
        let (ada, bob) = db.write(|tx| Ok((account(tx, "ada")?, account(tx, "bob")?))).await.unwrap();
        for (id, owner, at) in
            [("b1", None, 5), ("b2", None, 5), ("b3", None, 9), ("a1", Some(ada), 7), ("c1", Some(bob), 8)]
        {
            add(&db, exercise(id, owner, at)).await;
        }
        let all = Filter::default();
        assert_eq!(ids(&db, all, None).await, ["b3", "b2", "b1"]);
        assert_eq!(ids(&db, all, Some(ada)).await, ["b3", "a1", "b2", "b1"]);
        assert_eq!(ids(&db, all, Some(bob)).await, ["b3", "c1", "b2", "b1"]);
        assert_eq!(db.read(move |tx| interval_exercises::count_own(tx, ada)).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn filters_narrow_together() {
    on_both(async |db| {
        add(&db, exercise("a", None, 1)).await;
        add(&db, Exercise { difficulty: Difficulty::Advanced, ..exercise("b", None, 2) }).await;
        add(&db, Exercise { equipment: Equipment::Mat, ..exercise("c", None, 3) }).await;
        let beginner = Filter { difficulty: Some(Difficulty::Beginner), ..Filter::default() };
        assert_eq!(ids(&db, beginner, None).await, ["c", "a"]);
        assert_eq!(ids(&db, Filter { equipment: Some(Equipment::None), ..beginner }, None).await, ["a"]);
        let back = Filter { muscle_group: Some(MuscleGroup::Back), ..Filter::default() };
        assert_eq!(ids(&db, back, None).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn only_built_in_ones_raise_the_version_of_the_catalogue() {
    on_both(async |db| {
        let ada = db.write(|tx| account(tx, "ada")).await.unwrap();
        let before = version(&db).await;
        let own = exercise("a", Some(ada), 1);
        add(&db, own.clone()).await;
        db.write(move |tx| interval_exercises::update(tx, &own)).await.unwrap();
        db.write(move |tx| interval_exercises::delete(tx, &exercise("a", Some(ada), 1))).await.unwrap();
        assert_eq!(version(&db).await, before);

        add(&db, exercise("b", None, 1)).await;
        assert_eq!(version(&db).await, before + 1);
        db.write(|tx| interval_exercises::update(tx, &exercise("b", None, 1))).await.unwrap();
        assert_eq!(version(&db).await, before + 2);
        let found = db.read(|tx| interval_exercises::find_by_slug(tx, "slug-b")).await.unwrap();
        assert_eq!(found.map(|found| found.id).as_deref(), Some("b"));
        db.write(|tx| interval_exercises::delete(tx, &exercise("b", None, 1))).await.unwrap();
        assert_eq!(version(&db).await, before + 3);
    })
    .await;
}
