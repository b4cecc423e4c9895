//! Puts the built-in interval workouts into the database, each once: what an admin changes or removes
//! stays so.

use std::collections::HashSet;
use std::sync::Arc;

use ferrum_domain::intervals::form::{Figure, Form};
use ferrum_domain::intervals::plan::{Entry, Given, GivenStation, Plan};
use ferrum_domain::intervals::workout::Content;
use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result, Violations};
use ferrum_store::interval_exercises;
use ferrum_store::interval_workouts::{self, Workout};
use ferrum_store::{Tx, catalogue};
use serde::Deserialize;

use crate::App;

const WORKOUTS: &str = include_str!("../../data/interval_workouts.json");

/// What the catalogue's loads call a workout.
const KIND: &str = "interval workout";

/// A workout as in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    /// Names it for good.
    key: String,
    name: String,
    description: String,
    form: String,
    /// By their names in JSON; the form sets the others.
    figures: serde_json::Map<String, serde_json::Value>,
    exercises: Vec<Line>,
}

/// One exercise of a workout.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line {
    /// Key of the built-in exercise.
    exercise: String,
    work_seconds: Option<u32>,
    rest_seconds: Option<u32>,
    reps: Option<u32>,
}

/// Loads what has never been loaded, after the exercises. Two processes may do so at once: it is one
/// transaction.
pub async fn load(app: &Arc<App>) -> Result<()> {
    let workouts = read()?;
    let known = app.db.read(|tx| catalogue::loaded(tx, KIND)).await?;
    let known: HashSet<String> = known.into_iter().collect();
    if workouts.iter().all(|facts| known.contains(&facts.key)) {
        return Ok(());
    }
    let this = Arc::clone(app);
    app.db
        .write(move |tx| {
            let now = this.clock.now();
            // The list shows the greatest id of one instant first: the file's first line goes in last.
            workouts.iter().rev().try_for_each(|facts| load_one(tx, facts, &this, now))
        })
        .await
}

fn load_one(tx: &mut Tx<'_>, facts: &Facts, app: &App, now: Millis) -> Result<()> {
    if catalogue::is_loaded(tx, KIND, &facts.key)? {
        return Ok(());
    }
    catalogue::insert_load(tx, KIND, &facts.key, now)?;
    let mut exercises = Vec::new();
    for line in &facts.exercises {
        let Some(exercise) = interval_exercises::find_by_slug(tx, &line.exercise)? else {
            tracing::warn!("the built-in workout {} is left out: {} was removed", facts.key, line.exercise);
            return Ok(());
        };
        exercises.push(exercise.into());
    }
    let content = Content::new(plan(facts)?, exercises)
        .ok_or_else(|| Error::internal("a built-in workout has as many exercises as lines"))?;
    let workout = Workout {
        id: app.ids.object_id(),
        account: None,
        created_by: None,
        slug: Some(facts.key.clone()),
        name: facts.name.clone(),
        description: Some(facts.description.clone()),
        content,
        created_at: now,
        updated_at: now,
    };
    interval_workouts::insert(tx, &workout)
}

/// What the domain's own check makes of the figures.
fn plan(facts: &Facts) -> Result<Plan> {
    let form = Form::parse(&facts.form)
        .ok_or_else(|| Error::internal(format!("{} has an unknown form", facts.key)))?;
    let mut given = Given::default();
    for figure in Figure::ALL {
        if let Some(value) = facts.figures.get(figure.as_str()) {
            given.set(figure, value.as_i64().map_or(Entry::Other, Entry::Whole));
        }
    }
    let stations: Vec<GivenStation> = facts.exercises.iter().map(station).collect();
    let mut violations = Violations::new();
    let plan = Plan::check(form, &given, Some(&stations), &mut violations);
    violations.finish(plan)
}

fn station(line: &Line) -> GivenStation {
    GivenStation {
        work_seconds: line.work_seconds.into(),
        rest_seconds: line.rest_seconds.into(),
        reps: line.reps.into(),
    }
}

fn read() -> Result<Vec<Facts>> {
    serde_json::from_str(WORKOUTS).map_err(|error| Error::Internal {
        context: "the built-in workouts cannot be read".to_owned(),
        source: Some(Box::new(error)),
    })
}

#[cfg(test)]
mod tests {
    use ferrum_domain::intervals::size::Size;

    use super::*;

    #[test]
    fn every_form_is_represented_by_a_good_workout() {
        let (mut keys, mut forms) = (HashSet::new(), HashSet::new());
        for facts in read().unwrap() {
            let plan = plan(&facts).unwrap_or_else(|error| panic!("{}: {error}", facts.key));
            forms.insert(plan.form());
            assert!(keys.insert(facts.key.clone()), "{}", facts.key);
            assert!(facts.name.chars().count() <= 100 && facts.description.chars().count() <= 500);
            let minutes = Size::of(&plan).unwrap().seconds / 60;
            assert!((5..=30).contains(&minutes), "{} lasts {minutes} minutes", facts.key);
        }
        assert_eq!(forms.len(), Form::ALL.len());
    }

    #[test]
    fn the_classics_are_what_their_names_say() {
        let of = |key: &str| {
            let facts = read().unwrap().into_iter().find(|facts| facts.key == key).unwrap();
            let plan = plan(&facts).unwrap();
            let around =
                plan.figure(Figure::WarmUpSeconds).unwrap() + plan.figure(Figure::CoolDownSeconds).unwrap();
            Size::of(&plan).unwrap().seconds - u64::from(around)
        };
        assert_eq!(of("classic-tabata"), 8 * 30 - 10);
        assert_eq!(of("first-tabata"), 8 * 30 - 10);
        assert_eq!(of("emom-10"), 10 * 60);
        assert_eq!(of("kettlebell-emom-12"), 12 * 60);
        assert_eq!(of("amrap-12"), 12 * 60);
        assert_eq!(of("twelve-station-circuit"), 12 * 40 - 10);
    }

    #[test]
    fn figures_are_named_as_in_the_api() {
        for facts in read().unwrap() {
            for name in facts.figures.keys() {
                assert!(Figure::ALL.iter().any(|figure| figure.as_str() == name), "{}: {name}", facts.key);
            }
        }
    }
}
