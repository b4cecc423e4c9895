//! How many sets, of how many repetitions.

use serde::Serialize;
use serde_json::Value;

use crate::parse::{self, Members};
use crate::strength::limits::{self, MAX_SETS};
use crate::strength::load::{Load, Rounding};
use crate::units::Thousandths;
use crate::violations::Violations;

/// A step of a ramp of at least this percentage is a work set.
const WORK_SET: Thousandths = Thousandths::whole(80);

/// The sets of a prescription. Serialises with exactly the members that were given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "UPPERCASE")]
pub enum SetScheme {
    /// Equal work sets, e.g. 5x5.
    #[serde(rename_all = "camelCase")]
    Fixed {
        /// How many.
        sets: i64,
        /// Of how many repetitions.
        reps: i64,
        /// Whether the last one goes on for as many repetitions as possible.
        #[serde(skip_serializing_if = "Option::is_none")]
        is_amrap: Option<bool>,
    },
    /// Sets of percentages of the load, e.g. for warming up.
    Ramp {
        /// The steps, in the order of training.
        sets: Vec<Step>,
    },
}

/// One set of a ramp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Of the prescription's unrounded load.
    pub percentage: Thousandths,
    /// Repetitions.
    pub reps: i64,
}

/// One set to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Set {
    /// Counted from 1.
    pub set_number: i64,
    /// In the account's unit, rounded.
    pub weight: Thousandths,
    /// The repetitions to do, at least where `is_amrap`.
    pub target_reps: i64,
    /// Whether it is more than a warm-up.
    pub is_work_set: bool,
    /// Whether it goes on for as many repetitions as possible.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_amrap: bool,
}

impl SetScheme {
    /// Reads a scheme; unknown members are ignored.
    pub fn parse(field: &str, value: &Value, violations: &mut Violations) -> Option<Self> {
        type Reader = fn(&Members<'_>, &mut Violations) -> Option<SetScheme>;
        let kinds: [(&str, Reader); 2] = [("FIXED", SetScheme::fixed), ("RAMP", SetScheme::ramp)];
        let members = Members::of(field, value, violations)?;
        let read = members.required("type", violations, |field, value, violations| {
            parse::choice(field, value, &kinds, violations)
        })?;
        read(&members, violations)
    }

    fn fixed(members: &Members<'_>, violations: &mut Violations) -> Option<Self> {
        let sets = members.required("sets", violations, |field, value, violations| {
            parse::whole(field, value, 1..=i64::from(MAX_SETS), violations)
        });
        let reps = members.required("reps", violations, limits::reps);
        let is_amrap = members.optional("isAmrap", violations, parse::boolean);
        Some(Self::Fixed { sets: sets?, reps: reps?, is_amrap })
    }

    fn ramp(members: &Members<'_>, violations: &mut Violations) -> Option<Self> {
        let given = members.required("sets", violations, |field, value, violations| {
            parse::list(field, value, 1..=usize::from(MAX_SETS), violations)
        })?;
        let path = members.path("sets");
        let steps: Vec<Step> = given
            .iter()
            .enumerate()
            .filter_map(|(i, value)| Step::read(&format!("{path}[{i}]"), value, violations))
            .collect();
        (steps.len() == given.len()).then_some(Self::Ramp { sets: steps })
    }

    /// The sets to do. `load` gives the unrounded load of a set counted from 0; a ramp has one
    /// load for all of its steps, asked for with `None`.
    pub fn generate(&self, load: impl Fn(Option<usize>) -> Load, rounding: Rounding) -> Vec<Set> {
        match self {
            Self::Fixed { sets, reps, is_amrap } => (1..=*sets)
                .zip(0..)
                .map(|(set_number, index)| Set {
                    set_number,
                    weight: load(Some(index)).rounded(rounding),
                    target_reps: *reps,
                    is_work_set: true,
                    is_amrap: set_number == *sets && *is_amrap == Some(true),
                })
                .collect(),
            Self::Ramp { sets } => {
                let base = load(None);
                let highest = sets.iter().map(|step| step.percentage).max().unwrap_or_default();
                (1..)
                    .zip(sets)
                    .map(|(set_number, step)| Set {
                        set_number,
                        weight: base.percent(step.percentage).rounded(rounding),
                        target_reps: step.reps,
                        is_work_set: step.percentage >= WORK_SET.min(highest),
                        is_amrap: false,
                    })
                    .collect()
            }
        }
    }
}

impl Step {
    fn read(field: &str, value: &Value, violations: &mut Violations) -> Option<Self> {
        let members = Members::of(field, value, violations)?;
        let percentage = members.required("percentage", violations, limits::percentage);
        let reps = members.required("reps", violations, limits::reps);
        Some(Self { percentage: percentage?, reps: reps? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::error::Error;
    use crate::strength::load::RoundingDirection;

    const FIVES: Rounding = Rounding { step: Thousandths::whole(5), direction: RoundingDirection::Nearest };

    fn parse(value: &Value) -> Result<SetScheme, Vec<String>> {
        let mut violations = Violations::new();
        let parsed = SetScheme::parse("setScheme", value, &mut violations);
        violations.finish(parsed).map_err(|error| match error {
            Error::Invalid(all) => all.iter().map(ToString::to_string).collect(),
            other => panic!("{other}"),
        })
    }

    fn sets(value: Value, load: i64) -> Vec<Set> {
        parse(&value).unwrap().generate(|_| Load::of(Thousandths::whole(load)), FIVES)
    }

    #[test]
    fn only_the_given_members_are_echoed() {
        for text in [
            r#"{"type":"FIXED","sets":5,"reps":5}"#,
            r#"{"type":"FIXED","sets":1,"reps":5,"isAmrap":false}"#,
            r#"{"type":"FIXED","sets":1,"reps":5,"isAmrap":true}"#,
            r#"{"type":"RAMP","sets":[{"percentage":50.0,"reps":5},{"percentage":62.5,"reps":3}]}"#,
        ] {
            let parsed = parse(&serde_json::from_str(text).unwrap()).unwrap();
            assert_eq!(serde_json::to_string(&parsed).unwrap(), text);
        }
        let noisy = json!({"type": "FIXED", "sets": 5.0, "reps": 5, "isAmrap": null, "steps": []});
        assert_eq!(
            serde_json::to_string(&parse(&noisy).unwrap()).unwrap(),
            r#"{"type":"FIXED","sets":5,"reps":5}"#
        );
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        assert_eq!(
            parse(&json!({"type": "FIXED", "sets": 0, "isAmrap": "yes"})).unwrap_err(),
            [
                "setScheme.sets must be a whole number from 1 to 100",
                "setScheme.reps is required",
                "setScheme.isAmrap must be true or false",
            ]
        );
        assert_eq!(
            parse(&json!({"type": "RAMP", "sets": [{"percentage": 50, "reps": 5}, {"reps": 101}, 3]}))
                .unwrap_err(),
            [
                "setScheme.sets[1].percentage is required",
                "setScheme.sets[1].reps must be a whole number from 1 to 100",
                "setScheme.sets[2] must be an object",
            ]
        );
        assert_eq!(
            parse(&json!({"type": "RAMP", "sets": []})).unwrap_err(),
            ["setScheme.sets must have 1 to 100 entries"]
        );
        assert_eq!(parse(&json!({"type": "AMRAP"})).unwrap_err(), ["setScheme.type must be FIXED or RAMP"]);
        assert_eq!(parse(&json!({})).unwrap_err(), ["setScheme.type is required"]);
    }

    #[test]
    fn fixed_sets_are_equal_and_amrap_marks_the_last() {
        let sets = sets(json!({"type": "FIXED", "sets": 3, "reps": 5, "isAmrap": true}), 262);
        assert_eq!(sets.iter().map(|set| set.set_number).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(sets.iter().all(|set| set.weight == Thousandths::whole(260) && set.is_work_set));
        assert_eq!(sets.iter().map(|set| set.is_amrap).collect::<Vec<_>>(), [false, false, true]);
        assert_eq!(
            serde_json::to_string(&sets[1]).unwrap(),
            r#"{"setNumber":2,"weight":260.0,"targetReps":5,"isWorkSet":true}"#
        );
        assert!(serde_json::to_string(&sets[2]).unwrap().ends_with(r#""isAmrap":true}"#));
    }

    fn ramp(percentages: &[f64]) -> Value {
        let steps: Vec<_> = percentages.iter().map(|p| json!({"percentage": p, "reps": 5})).collect();
        json!({"type": "RAMP", "sets": steps})
    }

    #[test]
    fn a_ramp_marks_heavy_and_highest_steps_as_work() {
        let work = |percentages: &[f64]| -> Vec<bool> {
            sets(ramp(percentages), 200).iter().map(|set| set.is_work_set).collect()
        };
        assert_eq!(work(&[40.0, 60.0, 79.999]), [false, false, true]);
        assert_eq!(work(&[70.0, 60.0, 70.0]), [true, false, true]);
        assert_eq!(work(&[79.999, 80.0, 90.0, 100.0]), [false, true, true, true]);
    }

    #[test]
    fn a_ramp_steps_from_the_unrounded_load() {
        // 62.5 % of 252.5 is 157.8125, of the rounded 255 it would be 159.375.
        let base = Load::of(Thousandths(252_500));
        let scheme = parse(&ramp(&[62.5])).unwrap();
        let rounding = Rounding { step: Thousandths(2500), direction: RoundingDirection::Nearest };
        assert_eq!(scheme.generate(|_| base, rounding)[0].weight, Thousandths(157_500));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn each_step_is_within_half_a_rounding_of_its_share(
            load in 1_i64..=10_000_000,
            percentages in prop::collection::vec(1_i64..=200_000, 1..20),
            step in 1_i64..=10_000,
        ) {
            let steps = percentages.iter().map(|p| Step { percentage: Thousandths(*p), reps: 5 }).collect();
            let rounding = Rounding { step: Thousandths(step), direction: RoundingDirection::Nearest };
            let sets = SetScheme::Ramp { sets: steps }.generate(|_| Load::of(Thousandths(load)), rounding);
            prop_assert_eq!(sets.len(), percentages.len());
            prop_assert!(sets.iter().any(|set| set.is_work_set));
            let mut off = 0_i128;
            for (set, percentage) in sets.iter().zip(&percentages) {
                prop_assert_eq!(set.weight.0 % step, 0);
                let exact = i128::from(load) * i128::from(*percentage);
                let difference = (i128::from(set.weight.0) * 100_000 - exact).abs();
                prop_assert!(2 * difference <= i128::from(step) * 100_000);
                off += difference;
            }
            // So the whole ramp is off by at most half a step for each set.
            prop_assert!(2 * off <= i128::from(step) * 100_000 * i128::try_from(sets.len()).unwrap());
        }
    }
}
