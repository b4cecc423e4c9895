//! Puts the movement library and the interval exercises into the database, each once: what an admin
//! changes or removes stays so.

use std::collections::HashSet;
use std::sync::Arc;

use ferrum_domain::intervals::exercise::{Difficulty, Equipment, MuscleGroup};
use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;
use ferrum_domain::{Error, Result};
use ferrum_store::interval_exercises::{self, Exercise};
use ferrum_store::movements::{self, Movement};
use ferrum_store::{Tx, catalogue};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::App;

const MOVEMENTS: &str = include_str!("../../data/movements.json");
const EXERCISES: &str = include_str!("../../data/interval_exercises.json");

/// What the catalogue's loads call the library; its movements are loaded together.
const LIBRARY: (&str, &str) = ("movements", "free-exercise-db");
/// What they call an exercise, each of which is loaded by itself.
const KIND: &str = "interval exercise";

/// An exercise as in the file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Facts {
    /// Names it for good.
    key: String,
    name: String,
    description: String,
    difficulty: String,
    muscle_group: String,
    equipment: String,
    /// Seconds.
    duration: i64,
    /// Id of the same movement in the library.
    movement: Option<String>,
}

/// Loads what has never been loaded. Two processes may do so at once: it is one transaction.
pub async fn load(app: &Arc<App>) -> Result<()> {
    let exercises: Vec<Facts> = read(EXERCISES)?;
    let known = app.db.read(|tx| catalogue::loaded(tx, KIND)).await?;
    let known: HashSet<String> = known.into_iter().collect();
    if exercises.iter().all(|facts| known.contains(&facts.key)) {
        return Ok(());
    }
    let movements: Vec<Movement> = read(MOVEMENTS)?;
    let this = Arc::clone(app);
    app.db
        .write(move |tx| {
            let now = this.clock.now();
            load_movements(tx, &movements, now)?;
            load_exercises(tx, &exercises, &this, now)
        })
        .await
}

fn load_movements(tx: &mut Tx<'_>, movements: &[Movement], now: Millis) -> Result<()> {
    let (kind, name) = LIBRARY;
    if catalogue::is_loaded(tx, kind, name)? {
        return Ok(());
    }
    catalogue::insert_load(tx, kind, name, now)?;
    movements.iter().try_for_each(|movement| movements::insert(tx, movement))
}

/// The list shows the newest first and, of one instant, the greatest id: the file's first line goes in
/// last.
fn load_exercises(tx: &mut Tx<'_>, exercises: &[Facts], app: &App, now: Millis) -> Result<()> {
    for facts in exercises.iter().rev() {
        if !catalogue::is_loaded(tx, KIND, &facts.key)? {
            catalogue::insert_load(tx, KIND, &facts.key, now)?;
            interval_exercises::insert(tx, &exercise(facts, app.ids.object_id(), now)?)?;
        }
    }
    Ok(())
}

fn exercise(facts: &Facts, id: String, now: Millis) -> Result<Exercise> {
    let unknown = || Error::internal(format!("{} is described by an unknown word", facts.key));
    Ok(Exercise {
        id,
        account: None,
        created_by: None,
        slug: Some(facts.key.clone()),
        movement_id: facts.movement.clone(),
        name: facts.name.clone(),
        description: facts.description.clone(),
        difficulty: Difficulty::parse(&facts.difficulty).ok_or_else(unknown)?,
        muscle_group: MuscleGroup::parse(&facts.muscle_group).ok_or_else(unknown)?,
        equipment: Equipment::parse(&facts.equipment).ok_or_else(unknown)?,
        duration: Thousandths::whole(facts.duration),
        created_at: now,
        updated_at: now,
    })
}

fn read<T: DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| Error::Internal {
        context: "the built-in exercises or movements cannot be read".to_owned(),
        source: Some(Box::new(error)),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn all() -> Vec<Exercise> {
        let facts: Vec<Facts> = read(EXERCISES).unwrap();
        facts.iter().map(|facts| exercise(facts, facts.key.clone(), Millis(0)).unwrap()).collect()
    }

    fn count(of: impl Fn(&Exercise) -> &'static str) -> HashMap<&'static str, usize> {
        let mut counts = HashMap::new();
        for exercise in all() {
            *counts.entry(of(&exercise)).or_default() += 1;
        }
        counts
    }

    #[test]
    fn sixty_or_more_represent_each_word_of_the_document() {
        assert!(all().len() >= 60, "{}", all().len());
        let difficulties = count(|exercise| exercise.difficulty.as_str());
        let groups = count(|exercise| exercise.muscle_group.as_str());
        let equipment = count(|exercise| exercise.equipment.as_str());
        for word in Difficulty::ALL.iter().map(|word| word.as_str()) {
            assert!(difficulties.get(word) >= Some(&10), "{word}: {difficulties:?}");
        }
        for word in MuscleGroup::ALL.iter().map(|word| word.as_str()) {
            assert!(groups.get(word) >= Some(&4), "{word}: {groups:?}");
        }
        for word in Equipment::ALL.iter().map(|word| word.as_str()) {
            assert!(equipment.get(word) >= Some(&5), "{word}: {equipment:?}");
        }
    }

    #[test]
    fn keys_and_names_are_unique_and_what_is_said_keeps_the_limits() {
        let (mut keys, mut names) = (HashSet::new(), HashSet::new());
        for exercise in all() {
            assert!(keys.insert(exercise.slug.clone()), "{}", exercise.id);
            assert!(names.insert(exercise.name.to_lowercase()), "{}", exercise.name);
            assert!(exercise.name.chars().count() <= 100, "{}", exercise.name);
            assert!((60..=500).contains(&exercise.description.chars().count()), "{}", exercise.name);
            let seconds = exercise.duration;
            assert!(
                (Thousandths::whole(10)..=Thousandths::whole(300)).contains(&seconds),
                "{}",
                exercise.name
            );
        }
    }

    #[test]
    fn links_lead_to_movements_that_fit() {
        let movements: Vec<Movement> = read(MOVEMENTS).unwrap();
        let library: HashMap<&str, &Movement> =
            movements.iter().map(|movement| (movement.id.as_str(), movement)).collect();
        assert_eq!((movements.len(), library.len()), (873, 873));
        let mut linked = HashSet::new();
        for exercise in all() {
            let Some(id) = &exercise.movement_id else { continue };
            let movement = library.get(id.as_str()).unwrap_or_else(|| panic!("no movement {id}"));
            assert!(linked.insert(id.clone()), "two exercises are {id}");
            // A band, a bell or a dumbbell must be the same on both sides.
            let tool = match movement.equipment.as_deref() {
                Some("bands") => Some(Equipment::ResistanceBand),
                Some("kettlebells") => Some(Equipment::Kettlebell),
                Some("dumbbell") => Some(Equipment::Dumbbells),
                _ => None,
            };
            let has = [Equipment::ResistanceBand, Equipment::Kettlebell, Equipment::Dumbbells]
                .contains(&exercise.equipment)
                .then_some(exercise.equipment);
            assert_eq!(tool, has, "{} is not {id}", exercise.name);
        }
        assert!(linked.len() >= 25, "{}", linked.len());
    }
}
