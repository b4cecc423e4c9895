//! `/api/workouts/{id}/timeline`: what a clock has to do, to the second.

use ferrum_domain::Result;
use ferrum_domain::intervals::timeline::{Cue, Phase, timeline};
use ferrum_domain::intervals::workout::Content;
use ferrum_endpoint::Anyone;
use ferrum_store::interval_workouts::Workout;
use schemars::JsonSchema;
use serde::Serialize;

use crate::dialect::{Call, One, Reply};
use crate::workouts::{Workouts, size, visible};

/// A workout as a clock runs it. The phases are without gaps, from second 0 to `totalSeconds`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Timeline")]
pub struct TimelineOut {
    workout_id: String,
    name: String,
    #[schemars(extend("enum" = ["interval", "tabata", "circuit", "emom", "amrap", "ladder", "pyramid"]))]
    form: &'static str,
    total_seconds: u64,
    phase_count: usize,
    /// All exercises, in order.
    exercises: Vec<ExerciseOut>,
    phases: Vec<PhaseOut>,
}

/// An exercise in a timeline.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TimelineExercise")]
pub struct ExerciseOut {
    exercise_id: String,
    name: String,
    /// How often to do it, if that is said.
    reps: Option<u32>,
}

/// A stretch in which one thing is done.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Phase")]
pub struct PhaseOut {
    /// Seconds from the beginning of the workout to its own.
    start_second: u32,
    length_seconds: u32,
    #[schemars(extend("enum" = ["warm-up", "work", "rest", "round-rest", "cool-down"]))]
    kind: &'static str,
    /// What is done; null outside of work, and in an amrap of several exercises, which are done in turn.
    exercise: Option<ExerciseOut>,
    /// From 1; null for warm-up and cool-down.
    round: Option<u32>,
    /// What is worked at next; null when nothing is.
    next_exercise: Option<ExerciseOut>,
    cues: Vec<CueOut>,
}

/// A moment within a phase at which a clock makes itself heard.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Cue")]
pub struct CueOut {
    #[schemars(extend("enum" = ["half-time", "countdown"]))]
    kind: &'static str,
    /// From the beginning of the workout.
    second: u32,
    /// Until the phase ends.
    seconds_left: u32,
}

impl From<Cue> for CueOut {
    fn from(cue: Cue) -> Self {
        Self { kind: cue.kind.as_str(), second: cue.second, seconds_left: cue.left }
    }
}

impl TimelineOut {
    fn of(workout: Workout) -> Result<Self> {
        let plan = workout.content.plan();
        let exercises = exercises(&workout.content);
        let phases: Vec<PhaseOut> =
            timeline(plan).into_iter().map(|phase| PhaseOut::of(&phase, &exercises)).collect();
        Ok(Self {
            form: plan.form().as_str(),
            total_seconds: size(plan)?.seconds,
            phase_count: phases.len(),
            workout_id: workout.id,
            name: workout.name,
            exercises,
            phases,
        })
    }
}

impl PhaseOut {
    fn of(phase: &Phase, exercises: &[ExerciseOut]) -> Self {
        let at = |place: Option<u32>| exercises.get(usize::try_from(place?).ok()?).cloned();
        Self {
            start_second: phase.start,
            length_seconds: phase.length,
            kind: phase.kind.as_str(),
            exercise: at(phase.exercise),
            round: phase.round,
            next_exercise: at(phase.next),
            cues: phase.cues().map(CueOut::from).collect(),
        }
    }
}

fn exercises(content: &Content) -> Vec<ExerciseOut> {
    let stations = content.exercises().iter().zip(content.plan().stations());
    let exercises = stations.map(|(exercise, station)| ExerciseOut {
        exercise_id: exercise.id.clone(),
        name: exercise.name.clone(),
        reps: station.reps,
    });
    exercises.collect()
}

/// `GET /api/workouts/{id}/timeline`
pub async fn get(call: Call<Workouts, Anyone>) -> Reply<Workouts, 200, One<TimelineOut>> {
    let [id] = call.path_ids();
    call.read(move |tx, me| TimelineOut::of(visible(tx, me, &id)?).map(One::new)).await
}
