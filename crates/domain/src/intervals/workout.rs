//! A workout as it is kept: its plan, and a copy of what each of its exercises is, so that an
//! exercise which is changed or deleted later stays in it as it was.

use serde::{Deserialize, Serialize};

use super::energy::Traits;
use super::exercise::{Difficulty, Equipment, MuscleGroup};
use super::form::{Figure, Form};
use super::plan::{Entry, Given, GivenStation, Plan, Station};
use crate::error::{Error, Result};
use crate::violations::Violations;

/// What a workout keeps of an exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExerciseCopy {
    /// Its id, whether or not it still exists.
    pub id: String,
    /// Name.
    pub name: String,
    /// How it is done.
    pub description: String,
    /// Difficulty, muscle group and equipment.
    pub traits: Traits,
}

/// A plan together with its exercises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    plan: Plan,
    exercises: Vec<ExerciseCopy>,
}

/// The JSON that is stored. Its names stay for good.
#[derive(Serialize, Deserialize)]
struct Stored {
    form: String,
    figures: Vec<(String, u32)>,
    exercises: Vec<StoredExercise>,
}

#[derive(Serialize, Deserialize)]
struct StoredExercise {
    id: String,
    name: String,
    description: String,
    difficulty: String,
    muscle_group: String,
    equipment: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    work_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rest_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reps: Option<u32>,
}

impl Content {
    /// A plan with one exercise for each of its stations; `None` if their numbers differ.
    pub fn new(plan: Plan, exercises: Vec<ExerciseCopy>) -> Option<Self> {
        (plan.stations().len() == exercises.len()).then_some(Self { plan, exercises })
    }

    /// The form, the figures and the stations.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What is done at each station of the plan.
    pub fn exercises(&self) -> &[ExerciseCopy] {
        &self.exercises
    }

    /// What an estimate of energy needs to know of the exercises.
    pub fn traits(&self) -> Vec<Traits> {
        self.exercises.iter().map(|exercise| exercise.traits).collect()
    }

    /// The text that is stored.
    pub fn to_json(&self) -> Result<String> {
        let figures = Figure::ALL
            .into_iter()
            .filter_map(|figure| Some((figure.as_str().to_owned(), self.plan.figure(figure)?)))
            .collect();
        let exercises = self.exercises.iter().zip(self.plan.stations()).map(store).collect();
        let stored = Stored { form: self.plan.form().as_str().to_owned(), figures, exercises };
        serde_json::to_string(&stored).map_err(|error| Error::Internal {
            context: "a workout could not be written as JSON".to_owned(),
            source: Some(Box::new(error)),
        })
    }

    /// What [`Content::to_json`] stored; anything wrong with it is a defect of ours.
    pub fn from_json(json: &str) -> Result<Self> {
        let broken = |why: String| Error::internal(format!("stored workout does not read back: {why}"));
        let stored: Stored = serde_json::from_str(json).map_err(|error| broken(error.to_string()))?;
        let form = Form::parse(&stored.form).ok_or_else(|| broken("its form is unknown".to_owned()))?;
        let mut given = Given::default();
        for figure in Figure::ALL {
            let found = stored.figures.iter().find(|(name, _)| name == figure.as_str());
            given.set(figure, found.map(|(_, value)| *value).into());
        }
        let stations: Vec<GivenStation> = stored.exercises.iter().map(station).collect();
        let mut violations = Violations::new();
        let plan = Plan::check(form, &given, Some(&stations), &mut violations);
        let plan = violations.finish(plan).map_err(|error| broken(error.to_string()))?;
        let exercises: Option<Vec<ExerciseCopy>> = stored.exercises.into_iter().map(copy).collect();
        exercises
            .and_then(|exercises| Self::new(plan, exercises))
            .ok_or_else(|| broken("an exercise is described by an unknown word".to_owned()))
    }
}

fn store((exercise, station): (&ExerciseCopy, &Station)) -> StoredExercise {
    let Traits { difficulty, muscle_group, equipment } = exercise.traits;
    StoredExercise {
        id: exercise.id.clone(),
        name: exercise.name.clone(),
        description: exercise.description.clone(),
        difficulty: difficulty.as_str().to_owned(),
        muscle_group: muscle_group.as_str().to_owned(),
        equipment: equipment.as_str().to_owned(),
        work_seconds: station.work_seconds,
        rest_seconds: station.rest_seconds,
        reps: station.reps,
    }
}

fn station(stored: &StoredExercise) -> GivenStation {
    let StoredExercise { work_seconds, rest_seconds, reps, .. } = stored;
    GivenStation {
        work_seconds: Entry::from(*work_seconds),
        rest_seconds: Entry::from(*rest_seconds),
        reps: Entry::from(*reps),
    }
}

fn copy(stored: StoredExercise) -> Option<ExerciseCopy> {
    let traits = Traits {
        difficulty: Difficulty::parse(&stored.difficulty)?,
        muscle_group: MuscleGroup::parse(&stored.muscle_group)?,
        equipment: Equipment::parse(&stored.equipment)?,
    };
    Some(ExerciseCopy { id: stored.id, name: stored.name, description: stored.description, traits })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push_ups() -> ExerciseCopy {
        ExerciseCopy {
            id: "679a1b2c3d4e5f6071829304".to_owned(),
            name: "Push-ups".to_owned(),
            description: "Down, up.".to_owned(),
            traits: Traits {
                difficulty: Difficulty::Intermediate,
                muscle_group: MuscleGroup::UpperBody,
                equipment: Equipment::None,
            },
        }
    }

    fn plan(form: Form, stations: &[GivenStation]) -> Plan {
        let mut violations = Violations::new();
        let plan = Plan::check(form, &Given::default(), Some(stations), &mut violations);
        violations.finish(plan).unwrap()
    }

    #[test]
    fn content_reads_back_in_every_form() {
        for form in Form::ALL {
            let own = if form.can_override(Figure::WorkSeconds) { Entry::Whole(45) } else { Entry::Missing };
            let stations = [
                GivenStation { work_seconds: own, reps: Entry::Whole(12), ..GivenStation::default() },
                GivenStation::default(),
            ];
            let content = Content::new(plan(*form, &stations), vec![push_ups(), push_ups()]).unwrap();
            let json = content.to_json().unwrap();
            assert_eq!(Content::from_json(&json).unwrap(), content, "{json}");
        }
    }

    #[test]
    fn every_station_has_an_exercise() {
        let plan = plan(Form::Interval, &[GivenStation::default(), GivenStation::default()]);
        assert_eq!(Content::new(plan, vec![push_ups()]), None);
    }

    #[test]
    fn what_does_not_read_back_is_our_defect() {
        let good = Content::new(plan(Form::Amrap, &[GivenStation::default()]), vec![push_ups()]).unwrap();
        let good = good.to_json().unwrap();
        for bad in [
            "{".to_owned(),
            good.replace("amrap", "fartlek"),
            good.replace("upper-body", "arms"),
            good.replace("12]", "0]"),
        ] {
            assert_ne!(bad, good);
            assert!(matches!(Content::from_json(&bad), Err(Error::Internal { .. })), "{bad}");
        }
    }
}
