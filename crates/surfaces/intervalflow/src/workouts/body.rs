//! What a client sends of a workout.

use std::borrow::Cow;

use ferrum_domain::intervals::form::Figure;
use ferrum_domain::intervals::plan::{Entry, GivenStation};
use ferrum_endpoint::Field;
use ferrum_endpoint::body::Member;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

ferrum_endpoint::body! {
    /// A workout to create. The form sets what is absent or null; which figures a form has, and what
    /// they are by themselves, stands at each.
    pub struct WorkoutIn {
        /// Name, at most 100 characters.
        name: String,
        /// What it is for, at most 500 characters.
        description: String,
        /// What its clock does; interval when absent.
        #[schemars(extend("enum" = ["interval", "tabata", "circuit", "emom", "amrap", "ladder", "pyramid", null]))]
        form: String,
        /// How often all exercises are done, 1 to 100. Interval and circuit: 3, tabata: 8.
        rounds: i64,
        /// How long an exercise is done, 5 to 3600 seconds. Interval and circuit: 30, tabata: always 20,
        /// emom: 40 of each minute, 60 at most.
        work_seconds: i64,
        /// Rest after every exercise but the very last, 0 to 3600 seconds. Interval and circuit: 10,
        /// tabata: always 10, ladder and pyramid: 20.
        rest_seconds: i64,
        /// Rest between two rounds in addition, 0 to 3600 seconds. Interval and circuit: 60, tabata,
        /// ladder and pyramid: 0.
        round_rest_seconds: i64,
        /// How long it goes on, 1 to 1440 minutes. Emom: 10, amrap: 12.
        minutes: i64,
        /// Work of the first round, 5 to 3600 seconds. Ladder and pyramid: 20.
        start: i64,
        /// By how much the work grows from round to round, 1 to 3600 seconds. Ladder and pyramid: 10.
        step: i64,
        /// Work of the longest round: start and a whole number of steps, 5 to 3600 seconds. Ladder and
        /// pyramid: 60.
        peak: i64,
        /// Before everything, 0 to 3600 seconds; 0 when absent.
        warm_up_seconds: i64,
        /// After everything, 0 to 3600 seconds; 0 when absent.
        cool_down_seconds: i64,
        /// What is done, in order: 1 to 50 exercises, in a circuit at least 2. The workout keeps a copy of
        /// each as it is now.
        exercises: Stations,
    }
    required ["name", "exercises"]
    example {
        "name": "Tuesday legs",
        "form": "interval",
        "rounds": 3,
        "workSeconds": 40,
        "restSeconds": 20,
        "roundRestSeconds": 60,
        "warmUpSeconds": 180,
        "exercises": [
            { "exerciseId": "679a1b2c3d4e5f6071829304" },
            { "exerciseId": "679a1b2c3d4e5f6071829305", "workSeconds": 30, "reps": 12 }
        ]
    }
}

ferrum_endpoint::body! {
    /// What to change of a workout: what is absent stays as it is. With another form, the figures
    /// that both forms leave open stay, and the form sets the others.
    pub struct WorkoutPatch {
        /// New name.
        name: String,
        /// New description; null removes it.
        description: String,
        /// New form.
        #[schemars(extend("enum" = ["interval", "tabata", "circuit", "emom", "amrap", "ladder", "pyramid"]))]
        form: String,
        /// New rounds; null, here and in every figure: what the form sets.
        rounds: i64,
        /// New work.
        work_seconds: i64,
        /// New rest.
        rest_seconds: i64,
        /// New rest between rounds.
        round_rest_seconds: i64,
        /// New minutes.
        minutes: i64,
        /// New work of the first round.
        start: i64,
        /// New step.
        step: i64,
        /// New work of the longest round.
        peak: i64,
        /// New warm-up.
        warm_up_seconds: i64,
        /// New cool-down.
        cool_down_seconds: i64,
        /// All exercises anew; one that has been deleted since can stay.
        exercises: Stations,
    }
    kept ["name", "form", "exercises"]
    example { "rounds": 4, "restSeconds": 15 }
}

ferrum_endpoint::body! {
    /// An exercise in its place in a workout.
    pub struct StationIn {
        /// Id of a built-in exercise, one's own or anybody's.
        exercise_id: String,
        /// Instead of the workout's; in an interval, circuit or emom.
        work_seconds: i64,
        /// Instead of the workout's; in an interval, circuit, ladder or pyramid.
        rest_seconds: i64,
        /// How often to do it, 1 to 1000: for the athlete, not for the clock.
        reps: i64,
    }
    required ["exerciseId"]
    example { "exerciseId": "679a1b2c3d4e5f6071829304", "workSeconds": 45 }
}

impl StationIn {
    pub(super) fn given(&self) -> GivenStation {
        GivenStation {
            work_seconds: entry(&self.work_seconds),
            rest_seconds: entry(&self.rest_seconds),
            reps: entry(&self.reps),
        }
    }
}

/// The exercises of a workout; what is no object among them is told apart.
#[derive(Debug)]
pub struct Stations(pub(super) Vec<Option<Box<StationIn>>>);

impl Member for Stations {
    const MUST_BE: &'static str = "must be an array";

    fn from_json(value: Value) -> Option<Self> {
        let Value::Array(items) = value else { return None };
        let station = |item: Value| item.is_object().then(|| serde_json::from_value(item).ok()).flatten();
        Some(Self(items.into_iter().map(station).collect()))
    }
}

impl JsonSchema for Stations {
    fn schema_name() -> Cow<'static, str> {
        Vec::<StationIn>::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<StationIn>::json_schema(generator)
    }
}

/// The members of a body.
pub(super) struct Given<'b> {
    pub(super) name: &'b Field<String>,
    pub(super) description: &'b Field<String>,
    pub(super) form: &'b Field<String>,
    pub(super) figures: [(Figure, &'b Field<i64>); Figure::ALL.len()],
    pub(super) exercises: &'b Field<Stations>,
}

macro_rules! given {
    ($($body:ident),*) => {$(
        impl<'b> From<&'b $body> for Given<'b> {
            fn from(body: &'b $body) -> Self {
                Self {
                    name: &body.name,
                    description: &body.description,
                    form: &body.form,
                    figures: [
                        (Figure::Rounds, &body.rounds),
                        (Figure::WorkSeconds, &body.work_seconds),
                        (Figure::RestSeconds, &body.rest_seconds),
                        (Figure::RoundRestSeconds, &body.round_rest_seconds),
                        (Figure::Minutes, &body.minutes),
                        (Figure::Start, &body.start),
                        (Figure::Step, &body.step),
                        (Figure::Peak, &body.peak),
                        (Figure::WarmUpSeconds, &body.warm_up_seconds),
                        (Figure::CoolDownSeconds, &body.cool_down_seconds),
                    ],
                    exercises: &body.exercises,
                }
            }
        }
    )*};
}
given!(WorkoutIn, WorkoutPatch);

/// A figure as the domain judges it.
pub(super) fn entry(field: &Field<i64>) -> Entry {
    match field {
        Field::Absent | Field::Null => Entry::Missing,
        Field::Value(number) => Entry::Whole(*number),
        Field::Wrong(_) => Entry::Other,
    }
}
