//! From figures to a program in PowerPro's own terms.
//!
//! Working weights (`linear`, `five_rm`, `top_set_5`, `friday_5rm`) are training maxes;
//! `friday_top_set` is 102.5 % of one; ranges take the low end; a line without a computable load
//! goes to its day's `metadata.assistance`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::facts::{Exercise, Facts, Load, Session, SetGroup};

/// A program, ready to be stored.
#[derive(Debug)]
pub struct Plan {
    /// Weeks in a cycle.
    pub weeks: i64,
    /// Every different day; a day that comes back stands here once.
    pub days: Vec<Day>,
    /// Per week, from 1: which of `days`, in order.
    pub calendar: BTreeMap<i64, Vec<usize>>,
    /// The weekly table, as the document's `entries`.
    pub weekly: Option<Value>,
}

/// A day.
#[derive(Debug)]
pub struct Day {
    /// E.g. `Week 1 Day 2` or `Day A`.
    pub name: String,
    /// E.g. `week-1-day-2` or `day-a`.
    pub slug: String,
    /// Holds `assistance`, if there is any.
    pub metadata: Option<Value>,
    /// In order.
    pub lines: Vec<Line>,
}

/// A prescription.
#[derive(Debug, PartialEq)]
pub struct Line {
    /// Slug of the lift.
    pub lift: String,
    /// Slug of the lift whose max counts, if it is another one.
    pub of_lift: Option<String>,
    /// As in the document; `ofLiftId` and `roundTo` are added when it is stored.
    pub load: Value,
    /// As in the document.
    pub sets: Value,
}

/// Sets of one weight, in percent of `max`.
#[derive(Debug, Clone, PartialEq)]
struct Block {
    sets: i64,
    reps: i64,
    amrap: bool,
    max: &'static str,
    /// Percentage of the max that the percentages are of: 100, or 102.5 for Friday's top set.
    scale: f64,
    percentage: f64,
}

/// Builds the plan. `weekly`: main sets of equal repetitions take their percentages from a table.
pub fn plan(facts: &Facts, weekly: bool) -> Plan {
    let mut table = BTreeMap::new();
    let mut days: Vec<Day> = Vec::new();
    let mut seen: Vec<&Session> = Vec::new();
    let mut calendar: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    let mut sessions: Vec<(i64, &Session)> =
        facts.sessions.iter().flat_map(|s| s.weeks.iter().map(move |week| (*week, s))).collect();
    sessions.sort_by_key(|(week, session)| (*week, session.day));
    for (week, session) in sessions {
        let known = seen
            .iter()
            .position(|s| s.label.is_some() && s.label == session.label && s.exercises == session.exercises);
        let index = known.unwrap_or_else(|| {
            seen.push(session);
            days.push(day(facts, week, session, weekly.then_some(&mut table)));
            days.len() - 1
        });
        calendar.entry(week).or_default().push(index);
    }
    table.retain(|_, row| !row.is_empty());
    let weekly = (!table.is_empty()).then(|| {
        table.into_iter().map(|(week, list): (i64, Vec<f64>)| (week.to_string(), json!(list))).collect()
    });
    Plan { weeks: facts.weeks_per_cycle, days, calendar, weekly }
}

fn day(facts: &Facts, week: i64, session: &Session, mut table: Option<&mut BTreeMap<i64, Vec<f64>>>) -> Day {
    let (name, slug) = match &session.label {
        Some(label) => (format!("Day {label}"), format!("day-{}", label.to_lowercase())),
        None if facts.weeks_per_cycle == 1 => {
            (format!("Day {}", session.day), format!("day-{}", session.day))
        }
        None => (format!("Week {week} Day {}", session.day), format!("week-{week}-day-{}", session.day)),
    };
    let mut lines = Vec::new();
    let mut assistance = Vec::new();
    for exercise in &session.exercises {
        match blocks(exercise) {
            Some(blocks) => {
                let table = table.as_deref_mut().map(|table| table.entry(week).or_default());
                lines.extend(prescribe(exercise, &blocks, table));
            }
            None => assistance.push(assist(exercise)),
        }
    }
    let metadata = (!assistance.is_empty()).then(|| json!({ "assistance": assistance }));
    Day { name, slug, metadata, lines }
}

/// The sets of an exercise, if all their loads can be computed.
fn blocks(exercise: &Exercise) -> Option<Vec<Block>> {
    if exercise.sets.is_empty() {
        return None;
    }
    let mut blocks: Vec<Block> = Vec::new();
    for group in &exercise.sets {
        let block = block(group)?;
        match blocks.last_mut() {
            // 4 x 5 and then 1 x 5+ of one weight are 5 x 5, the last of them as many as possible.
            Some(last)
                if !last.amrap && Block { sets: block.sets, amrap: block.amrap, ..last.clone() } == block =>
            {
                last.sets += block.sets;
                last.amrap = block.amrap;
            }
            _ => blocks.push(block),
        }
    }
    Some(blocks)
}

fn block(group: &SetGroup) -> Option<Block> {
    let (max, scale, percentage) = computable(&group.load)?;
    let reps = group.reps.low();
    Some(Block { sets: group.sets, reps, amrap: group.amrap, max, scale, percentage })
}

/// Which max, what percentage of it counts as 100 %, and how many percent of that.
pub fn computable(load: &Load) -> Option<(&'static str, f64, f64)> {
    let percentage = load.value.map(super::facts::Figure::low);
    match (load.kind.as_str(), load.of.as_deref()) {
        ("linear", _) => Some(("TRAINING_MAX", 100.0, 100.0)),
        ("percent", Some("one_rm")) => Some(("ONE_RM", 100.0, percentage?)),
        ("percent", Some("training_max" | "five_rm" | "top_set_5" | "friday_5rm")) => {
            Some(("TRAINING_MAX", 100.0, percentage?))
        }
        ("percent", Some("friday_top_set")) => Some(("TRAINING_MAX", 102.5, percentage?)),
        _ => None,
    }
}

fn prescribe(exercise: &Exercise, blocks: &[Block], table: Option<&mut Vec<f64>>) -> Vec<Line> {
    let main_sets = table.is_some();
    if let Some(line) = table.and_then(|table| from_table(exercise, blocks, table)) {
        return vec![line];
    }
    let mut lines = Vec::new();
    // A ramp cannot mark a set for as many repetitions as possible, so such a block stands alone; so do main sets, which are
    // work sets in every week, while a ramp's lower steps are not.
    let is_ramp =
        |a: &Block, b: &Block| !main_sets && !a.amrap && !b.amrap && (a.max, a.scale) == (b.max, b.scale);
    for run in blocks.chunk_by(is_ramp) {
        lines.push(match run {
            [only] => line(
                exercise,
                &load(only, only.scale * only.percentage / 100.0),
                fixed(only.sets, only.reps, only.amrap),
            ),
            [first, ..] => {
                let steps: Vec<Value> = run
                    .iter()
                    .flat_map(|b| (0..b.sets).map(|_| json!({ "percentage": b.percentage, "reps": b.reps })))
                    .collect();
                line(exercise, &load(first, first.scale), json!({ "type": "RAMP", "sets": steps }))
            }
            [] => continue,
        });
    }
    lines
}

/// Single sets of equal repetitions, of which only the last may be for as many as possible, are one
/// FIXED scheme over the week's row of the table, if that row is still free or says the same.
fn from_table(exercise: &Exercise, blocks: &[Block], row: &mut Vec<f64>) -> Option<Line> {
    let (last, others) = blocks.split_last()?;
    let uniform = !others.is_empty()
        && others.iter().all(|b| b.sets == 1 && !b.amrap && b.reps == last.reps && b.max == last.max)
        && last.sets == 1;
    let percentages: Vec<f64> = blocks.iter().map(|b| b.percentage).collect();
    if !uniform || (!row.is_empty() && *row != percentages) {
        return None;
    }
    *row = percentages;
    let mut load = load(last, last.percentage);
    load.insert("lookupKey".to_owned(), json!("week"));
    #[allow(clippy::cast_possible_wrap, reason = "a session has few sets")]
    Some(line(exercise, &load, fixed(blocks.len() as i64, last.reps, last.amrap)))
}

fn load(block: &Block, percentage: f64) -> Map<String, Value> {
    let mut load = Map::new();
    load.insert("type".to_owned(), json!("PERCENT_OF"));
    load.insert("maxType".to_owned(), json!(block.max));
    load.insert("percentage".to_owned(), json!(percentage));
    load
}

fn fixed(sets: i64, reps: i64, amrap: bool) -> Value {
    let mut scheme = json!({ "type": "FIXED", "sets": sets, "reps": reps });
    if amrap {
        scheme["isAmrap"] = json!(true);
    }
    scheme
}

fn line(exercise: &Exercise, load: &Map<String, Value>, sets: Value) -> Line {
    Line {
        lift: lift_slug(&exercise.lift),
        of_lift: exercise.load_lift.as_deref().map(lift_slug),
        load: Value::Object(load.clone()),
        sets,
    }
}

/// A line whose weight cannot be computed, with the figures that there are.
fn assist(exercise: &Exercise) -> Value {
    let sets = if exercise.sets.is_empty() { json!(exercise.sets_count) } else { json!(exercise.sets) };
    json!({ "lift": lift_name(&exercise.lift), "sets": sets })
}

/// `bench_press` is `bench-press`.
pub fn lift_slug(snake: &str) -> String {
    snake.replace('_', "-")
}

/// `bench_press` is `Bench Press`.
pub fn lift_name(snake: &str) -> String {
    let words = snake.split(['_', '-']).map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    });
    words.collect::<Vec<_>>().join(" ")
}
