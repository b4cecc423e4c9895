//! The built-in programs: a lifter walks one whole cycle of each, and every weight is compared with
//! what the figures say, computed here anew.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::{Client, Engine, Server, database};

/// When a lift gains.
#[derive(Clone, Copy, PartialEq)]
enum After {
    Session,
    Week,
    Cycle,
}

/// What the program is said to do; the figures say the rest. Weights are in thousandths.
struct Expected {
    figures: &'static str,
    title: &'static str,
    slug: &'static str,
    step: i64,
    /// Lifts, when they gain, and how much.
    gains: &'static [(&'static [&'static str], After, i64)],
}

const LOWER: &[&str] = &["squat", "deadlift"];

const STARTING_STRENGTH: Expected = Expected {
    figures: include_str!("../../../../app/data/programs/starting-strength.json"),
    title: "Starting Strength",
    slug: "starting-strength",
    step: 5_000,
    gains: &[
        (&["squat", "bench-press", "overhead-press", "power-clean"], After::Session, 5_000),
        (&["deadlift"], After::Session, 10_000),
    ],
};
const BILL_STARR: Expected = Expected {
    figures: include_str!("../../../../app/data/programs/bill-starr-5x5-madcow.json"),
    title: "Bill Starr 5x5 (Madcow)",
    slug: "bill-starr-5x5",
    step: 5_000,
    gains: &[(&["squat", "bench-press", "barbell-row", "incline-press", "deadlift"], After::Week, 5_000)],
};
const TEXAS_METHOD: Expected = Expected {
    figures: include_str!("../../../../app/data/programs/texas-method.json"),
    title: "Texas Method",
    slug: "texas-method",
    step: 5_000,
    gains: &[
        (LOWER, After::Week, 5_000),
        (&["bench-press", "overhead-press", "power-clean"], After::Week, 2_500),
    ],
};
const BORING_BUT_BIG: Expected = Expected {
    figures: include_str!("../../../../app/data/programs/wendler-531-bbb.json"),
    title: "5/3/1 Boring But Big",
    slug: "wendler-531-bbb",
    step: 5_000,
    gains: &[(&["overhead-press", "bench-press"], After::Cycle, 5_000), (LOWER, After::Cycle, 10_000)],
};
const SHEIKO: Expected = Expected {
    figures: include_str!("../../../../app/data/programs/sheiko-beginner.json"),
    title: "Sheiko Beginner",
    slug: "sheiko-beginner",
    step: 5_000,
    gains: &[],
};
const NSUNS: Expected = Expected {
    figures: include_str!("../../../../app/data/programs/nsuns-531-lp-5-day.json"),
    title: "nSuns 5/3/1 LP (5-day)",
    slug: "nsuns-531-lp-5-day",
    step: 5_000,
    gains: &[(&["bench-press", "squat", "overhead-press", "deadlift", "barbell-row"], After::Week, 5_000)],
};
const PUSH_PULL_LEGS: Expected = Expected {
    figures: include_str!("../../../../app/data/programs/reddit-ppl-6-day.json"),
    title: "Push Pull Legs (6-day)",
    slug: "push-pull-legs-6-day",
    step: 2_500,
    gains: &[
        (&["bench-press", "overhead-press", "barbell-row"], After::Session, 2_500),
        (LOWER, After::Session, 5_000),
    ],
};

macro_rules! walks {
    ($($name:ident: $expected:expr;)*) => { $(
        mod $name {
            use super::*;

            #[tokio::test]
            async fn sqlite() {
                walk(Engine::Sqlite, &$expected).await;
            }

            #[tokio::test]
            async fn postgres() {
                if database::postgres_is_there() {
                    walk(Engine::Postgres, &$expected).await;
                }
            }
        }
    )* };
}

walks! {
    starting_strength: STARTING_STRENGTH;
    bill_starr: BILL_STARR;
    texas_method: TEXAS_METHOD;
    boring_but_big: BORING_BUT_BIG;
    sheiko_beginner: SHEIKO;
    nsuns_lp: NSUNS;
    push_pull_legs: PUSH_PULL_LEGS;
}

const ALL: [&Expected; 7] =
    [&STARTING_STRENGTH, &BILL_STARR, &TEXAS_METHOD, &BORING_BUT_BIG, &SHEIKO, &NSUNS, &PUSH_PULL_LEGS];

#[test]
fn the_document_says_what_is_left_out_and_what_to_enter() {
    let document = include_str!("../../../../../docs/programs.md");
    for expected in ALL {
        let figures: Value = serde_json::from_str(expected.figures).expect("figures");
        let lines: Vec<&Value> = sessions(&figures)
            .iter()
            .flat_map(|(_, s)| s["exercises"].as_array().expect("exercises"))
            .collect();
        let left_out = lines.iter().filter(|line| is_left_out(line)).count();
        let counts = format!("| {} | {left_out} |", lines.len());
        assert!(
            document.lines().any(|row| row.contains(expected.title) && row.contains(&counts)),
            "{}: {counts}",
            expected.title
        );
        let section = document.split("\n## ").find(|section| section.starts_with(expected.title));
        let enter = section.and_then(|section| section.split("\n- ").nth(1)).expect("what to enter");
        for (lift, kind) in needed_maxes(&figures) {
            let (kind, lift) = (format!("Enter `{kind}` of "), lift.replace('-', " "));
            assert!(enter.starts_with(&kind) && enter.contains(&lift), "{}: {kind}{lift}", expected.title);
        }
    }
}

/// One set: weight in thousandths, repetitions, whether as many as possible.
type Set = (i64, i64, bool);

async fn walk(engine: Engine, expected: &Expected) {
    let server = Server::start_with(engine, &[("builtin", "on")]).await;
    let lifter = server.user("walker");
    let figures: Value = serde_json::from_str(expected.figures).expect("figures");
    let mut maxes = enter_maxes(&lifter, &figures).await;
    let program = find(&lifter, "/programs", expected.slug).await;
    lifter.post("/users/walker/program", json!({ "programId": program })).await.expect(201);

    let sessions = sessions(&figures);
    let weeks = figures["weeks_per_cycle"].as_i64().expect("weeks");
    let mut trained = BTreeSet::new();
    for (index, (week, session)) in sessions.iter().enumerate() {
        let place = format!("{} week {week} session {index}", expected.slug);
        let workout = lifter.get("/users/walker/workout").await.expect(200);
        assert_eq!(workout["weekNumber"], *week, "{place}");
        let lines = computable(session, &maxes, expected);
        assert_eq!(sets_of(&workout), lines, "{place}");
        assert_assistance(&lifter, &workout, session).await;

        lifter.post("/users/walker/program-state/advance", json!({ "advanceType": "day" })).await.expect(200);
        server.advance_clock(1_000);
        let lifts: BTreeSet<String> = lines.into_iter().map(|(lift, _)| lift).collect();
        gain(&mut maxes, expected, After::Session, &lifts);
        trained.extend(lifts);
        if sessions.get(index + 1).is_none_or(|(next, _)| next != week) {
            gain(&mut maxes, expected, After::Week, &trained);
            trained.clear();
            if *week == weeks {
                let all = maxes.keys().map(|(lift, _)| lift.clone()).collect();
                gain(&mut maxes, expected, After::Cycle, &all);
            }
        }
    }
    let state = &lifter.get("/users/walker/program").await.expect(200)["state"];
    let start_of_next = json!({ "currentWeek": 1, "currentCycleIteration": 2, "currentDayIndex": 0 });
    assert_eq!(*state, start_of_next, "{} has ended", expected.slug);
    for ((lift, kind), value) in &maxes {
        let id = find(&lifter, "/lifts", lift).await;
        let path = format!("/users/walker/lift-maxes/current?lift={id}&type={kind}");
        let current = thousandths(&lifter.get(&path).await.expect(200)["value"]);
        assert_eq!(current, *value, "{} {lift} {kind}", expected.slug);
    }
}

#[tokio::test]
async fn main_sets_are_work_sets_in_every_week() {
    let server = Server::start_with(Engine::Sqlite, &[("builtin", "on")]).await;
    let lifter = server.user("walker");
    let figures: Value = serde_json::from_str(BORING_BUT_BIG.figures).expect("figures");
    enter_maxes(&lifter, &figures).await;
    let program = find(&lifter, "/programs", BORING_BUT_BIG.slug).await;
    lifter.post("/users/walker/program", json!({ "programId": program })).await.expect(201);
    for week in 1..=4 {
        let path = format!("/users/walker/workout/preview?week={week}&day=week-{week}-day-1");
        let workout = lifter.get(&path).await.expect(200);
        let exercises = workout["exercises"].as_array().expect("exercises");
        let sets: Vec<&Value> = exercises.iter().flat_map(|e| e["sets"].as_array().expect("sets")).collect();
        assert!(sets.len() >= 3, "week {week}: {sets:?}");
        assert!(sets.iter().all(|set| set["isWorkSet"] == true), "week {week}: {sets:?}");
    }
}

/// Gives the lifter an odd max for each lift whose max the program computes with.
async fn enter_maxes(lifter: &Client, figures: &Value) -> BTreeMap<(String, &'static str), i64> {
    let mut maxes = BTreeMap::new();
    for (index, (lift, kind)) in (0_i64..).zip(needed_maxes(figures)) {
        let value = 151_250 + 28_750 * index;
        let id = find(lifter, "/lifts", &lift).await;
        #[allow(clippy::cast_precision_loss, reason = "a few hundred pounds")]
        let body = json!({ "liftId": id, "type": kind, "value": value as f64 / 1000.0 });
        lifter.post("/users/walker/lift-maxes", body).await.expect(201);
        maxes.insert((lift, kind), value);
    }
    maxes
}

/// The lifts whose max the program computes with, and the type of max.
fn needed_maxes(figures: &Value) -> BTreeSet<(String, &'static str)> {
    let mut needed = BTreeSet::new();
    for (_, session) in sessions(figures) {
        for exercise in session["exercises"].as_array().expect("exercises") {
            for (kind, _) in groups(exercise).iter().filter_map(load) {
                needed.insert((max_lift(exercise), kind));
            }
        }
    }
    needed
}

/// The id of what has `slug`.
pub(super) async fn find(lifter: &Client, path: &str, slug: &str) -> String {
    let list = lifter.get(&format!("{path}?pageSize=100")).await.expect(200);
    let rows = list["data"].as_array().expect("rows");
    let row = rows.iter().find(|row| row["slug"] == slug).unwrap_or_else(|| panic!("no {slug} in {path}"));
    row["id"].as_str().expect("an id").to_owned()
}

/// The sessions of a cycle in order, each with its week.
fn sessions(figures: &Value) -> Vec<(i64, &Value)> {
    let mut all = Vec::new();
    for session in figures["sessions"].as_array().expect("sessions") {
        for week in session["weeks"].as_array().expect("weeks") {
            all.push((week.as_i64().expect("a week"), session));
        }
    }
    all.sort_by_key(|(week, session)| (*week, session["day"].as_i64()));
    all
}

fn groups(exercise: &Value) -> &[Value] {
    exercise["sets"].as_array().map_or(&[], Vec::as_slice)
}

/// Which max a group computes with, and the fraction of it as numerator over 100,000.
fn load(group: &Value) -> Option<(&'static str, i64)> {
    let load = &group["load"];
    let percentage = load["value"].get(0).unwrap_or(&load["value"]);
    match (load["type"].as_str()?, load["of"].as_str()) {
        ("linear", _) => Some(("TRAINING_MAX", 100_000)),
        ("percent", Some("one_rm")) => Some(("ONE_RM", thousandths(percentage))),
        ("percent", Some("training_max" | "five_rm" | "top_set_5" | "friday_5rm")) => {
            Some(("TRAINING_MAX", thousandths(percentage)))
        }
        // 102.5 % of the training max; the figures' percentages are whole, so nothing is lost here.
        ("percent", Some("friday_top_set")) => Some(("TRAINING_MAX", thousandths(percentage) * 1025 / 1000)),
        _ => None,
    }
}

/// Whether some load of a line cannot be computed.
fn is_left_out(exercise: &Value) -> bool {
    groups(exercise).is_empty() || groups(exercise).iter().any(|group| load(group).is_none())
}

fn max_lift(exercise: &Value) -> String {
    let lift = exercise.get("load_lift").unwrap_or(&exercise["lift"]);
    lift.as_str().expect("a lift").replace('_', "-")
}

/// The lines of a session whose every load can be computed: lift and sets.
fn computable(
    session: &Value,
    maxes: &BTreeMap<(String, &'static str), i64>,
    expected: &Expected,
) -> Vec<(String, Vec<Set>)> {
    let mut lines: Vec<(String, Vec<Set>)> = Vec::new();
    for exercise in session["exercises"].as_array().expect("exercises") {
        let groups = groups(exercise);
        if is_left_out(exercise) {
            continue;
        }
        let lift = exercise["lift"].as_str().expect("a lift").replace('_', "-");
        let step = step_of(expected, &lift);
        let mut sets = Vec::new();
        for group in groups {
            let (kind, fraction) = load(group).expect("computable");
            let exact = maxes[&(max_lift(exercise), kind)] * fraction;
            // Halves up, in whole numbers: the nearest multiple of step * 100,000.
            let weight = (2 * exact + step * 100_000) / (2 * step * 100_000) * step;
            let reps = group["reps"].get(0).unwrap_or(&group["reps"]).as_i64().expect("repetitions");
            let count = group["sets"].as_i64().expect("sets");
            let amrap = group["amrap"] == true;
            sets.extend((1..=count).map(|number| (weight, reps, amrap && number == count)));
        }
        merge(&mut lines, lift, sets);
    }
    lines
}

/// One exercise may be prescribed in several parts, so consecutive lines of a lift are compared as one.
fn merge(lines: &mut Vec<(String, Vec<Set>)>, lift: String, sets: Vec<Set>) {
    match lines.last_mut() {
        Some((last, known)) if *last == lift => known.extend(sets),
        _ => lines.push((lift, sets)),
    }
}

fn step_of(expected: &Expected, lift: &str) -> i64 {
    let gains = expected.gains.iter().filter(|(lifts, ..)| lifts.contains(&lift));
    gains.map(|(.., increment)| *increment).chain([expected.step]).min().expect("a step").min(expected.step)
}

fn sets_of(workout: &Value) -> Vec<(String, Vec<Set>)> {
    let mut lines = Vec::new();
    for exercise in workout["exercises"].as_array().expect("exercises") {
        let sets = exercise["sets"].as_array().expect("sets").iter();
        let sets = sets.map(|set| {
            (
                thousandths(&set["weight"]),
                set["targetReps"].as_i64().expect("repetitions"),
                set["isAmrap"] == true,
            )
        });
        merge(&mut lines, exercise["lift"]["slug"].as_str().expect("a slug").to_owned(), sets.collect());
    }
    lines
}

/// Lines without a computable load stand in the day's metadata, with their figures.
async fn assert_assistance(lifter: &Client, workout: &Value, session: &Value) {
    let exercises = session["exercises"].as_array().expect("exercises").iter();
    let left_out: Vec<&Value> = exercises
        .filter(|exercise| is_left_out(exercise))
        .map(|exercise| exercise.get("sets").unwrap_or(&exercise["sets_count"]))
        .collect();
    let path = format!(
        "/days/by-slug/{}?program_id={}",
        workout["daySlug"].as_str().expect("a slug"),
        workout["programId"].as_str().expect("an id")
    );
    let day = lifter.get(&path).await.expect(200);
    let found = day["metadata"]["assistance"].as_array().map_or(&[][..], Vec::as_slice);
    let found: Vec<&Value> = found.iter().map(|line| &line["sets"]).collect();
    assert_eq!(found, left_out, "assistance of {path}");
}

fn gain(
    maxes: &mut BTreeMap<(String, &'static str), i64>,
    expected: &Expected,
    after: After,
    lifts: &BTreeSet<String>,
) {
    for (gaining, when, increment) in expected.gains {
        for lift in gaining.iter().filter(|lift| *when == after && lifts.contains(**lift)) {
            if let Some(max) = maxes.get_mut(&((*lift).to_owned(), "TRAINING_MAX")) {
                *max += increment;
            }
        }
    }
}

fn thousandths(number: &Value) -> i64 {
    #[allow(clippy::cast_possible_truncation, reason = "a few hundred thousands")]
    let thousandths = (number.as_f64().expect("a number") * 1000.0).round() as i64;
    thousandths
}
