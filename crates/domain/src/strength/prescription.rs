//! From a prescription to the sets that one lifter does.

use crate::error::{Error, MissingMax, Result};
use crate::strength::MaxType;
use crate::strength::load::{LoadContext, LoadStrategy};
use crate::strength::set_scheme::{Set, SetScheme};
use crate::units::Thousandths;

/// What to do for one exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prescription {
    /// How heavy.
    pub load_strategy: LoadStrategy,
    /// How often.
    pub set_scheme: SetScheme,
}

/// The lift whose max a load is computed from: the prescription's own, or that of `ofLiftId`.
#[derive(Debug, Clone, Copy)]
pub struct MaxSource<'a> {
    /// Its slug, to name it when there is no max.
    pub slug: &'a str,
    /// Its id, then those of its parent, its parent's parent and so on (see [`chain`]): the first
    /// that has a max of the type counts.
    pub chain: &'a [String],
}

impl Prescription {
    /// The sets for a lifter whose current maxes `max_of` finds by lift id and type.
    ///
    /// [`Error::MissingMax`] when neither the source nor a parent of it has such a max.
    pub fn resolve(
        &self,
        source: MaxSource<'_>,
        max_of: impl FnMut(&str, MaxType) -> Result<Option<Thousandths>>,
        context: &LoadContext<'_>,
    ) -> Result<Vec<Set>> {
        let max = source.max(self.load_strategy.max_type, max_of)?;
        let load = |set| self.load_strategy.load(max, context, set);
        Ok(self.set_scheme.generate(load, self.load_strategy.rounding(context)))
    }
}

impl MaxSource<'_> {
    fn max(
        self,
        max_type: MaxType,
        mut max_of: impl FnMut(&str, MaxType) -> Result<Option<Thousandths>>,
    ) -> Result<Thousandths> {
        for lift_id in self.chain {
            if let Some(max) = max_of(lift_id, max_type)? {
                return Ok(max);
            }
        }
        Err(Error::MissingMax(vec![MissingMax { lift: self.slug.to_owned(), max_type }]))
    }
}

/// A lift and its ancestors, nearest first. A circle ends where it would begin again.
///
/// A lift may become the child of `parent` only if it is not in the chain of `parent`.
pub fn chain(
    lift_id: &str,
    mut parent_of: impl FnMut(&str) -> Result<Option<String>>,
) -> Result<Vec<String>> {
    let mut chain = vec![lift_id.to_owned()];
    let mut next = parent_of(lift_id)?;
    while let Some(parent) = next.filter(|parent| !chain.contains(parent)) {
        next = parent_of(&parent)?;
        chain.push(parent);
    }
    Ok(chain)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::strength::lookup::{DailyEntries, WeeklyEntries};
    use crate::violations::Violations;

    fn prescription(load_strategy: Value, set_scheme: Value) -> Prescription {
        let mut violations = Violations::new();
        let load_strategy = LoadStrategy::parse("loadStrategy", &load_strategy, &mut violations);
        let set_scheme = SetScheme::parse("setScheme", &set_scheme, &mut violations);
        let (load_strategy, set_scheme) = violations.finish(load_strategy.zip(set_scheme)).unwrap();
        Prescription { load_strategy, set_scheme }
    }

    fn percent_of(extra: Value) -> Value {
        let mut base = json!({"type": "PERCENT_OF", "maxType": "TRAINING_MAX", "percentage": 85});
        base.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        base
    }

    fn weights(prescription: &Prescription, context: &LoadContext<'_>) -> Vec<f64> {
        let ids = ["squat".to_owned()];
        let source = MaxSource { slug: "squat", chain: &ids };
        let max = |_: &str, _| Ok(Some(Thousandths(317_500)));
        prescription.resolve(source, max, context).unwrap().iter().map(|set| set.weight.to_f64()).collect()
    }

    #[test]
    fn five_three_one_by_a_table_of_weeks() {
        let mut violations = Violations::new();
        let entries = json!({"1": [65, 75, 85], "3": [75, 85, 95], "4": 40});
        let table = WeeklyEntries::parse("entries", &entries, &mut violations).unwrap();
        let main = prescription(
            percent_of(json!({"lookupKey": "week"})),
            json!({"type": "FIXED", "sets": 3, "reps": 5, "isAmrap": true}),
        );
        let week = |week| {
            let context = LoadContext {
                weekly: table.get(week),
                default_rounding: Some(Thousandths(2500)),
                ..LoadContext::default()
            };
            weights(&main, &context)
        };
        assert_eq!(week(1), [207.5, 237.5, 270.0]);
        assert_eq!(week(2), [270.0, 270.0, 270.0]);
        assert_eq!(week(4), [127.5, 127.5, 127.5]);
        assert_eq!(weights(&main, &LoadContext::default()), [270.0, 270.0, 270.0]);
    }

    #[test]
    fn a_ramp_follows_the_last_percentage_of_its_week() {
        let mut violations = Violations::new();
        let table = WeeklyEntries::parse("entries", &json!({"1": [50, 100]}), &mut violations).unwrap();
        let ramp = prescription(
            percent_of(json!({"lookupKey": "week", "roundTo": 2.5, "roundingDirection": "DOWN"})),
            json!({"type": "RAMP", "sets": [{"percentage": 40, "reps": 5}, {"percentage": 60, "reps": 3}]}),
        );
        let context = LoadContext { weekly: table.get(1), ..LoadContext::default() };
        assert_eq!(weights(&ramp, &context), [125.0, 190.0]);
    }

    #[test]
    fn a_light_day_scales() {
        let mut violations = Violations::new();
        let table = DailyEntries::parse("entries", &json!({"light": 80}), &mut violations).unwrap();
        let sets = json!({"type": "FIXED", "sets": 1, "reps": 5});
        let scaled = prescription(percent_of(json!({"lookupKey": "day"})), sets);
        let context = LoadContext { daily: table.find("light", None), ..LoadContext::default() };
        // 317.5 x 85 % x 80 % = 215.9
        assert_eq!(weights(&scaled, &context), [215.0]);
    }

    #[test]
    fn a_variation_borrows_its_parents_max() {
        let parents = BTreeMap::from([("pause-squat", "front-squat"), ("front-squat", "squat")]);
        let parent_of = |lift: &str| Ok(parents.get(lift).map(|parent| (*parent).to_owned()));
        let ids = chain("pause-squat", parent_of).unwrap();
        assert_eq!(ids, ["pause-squat", "front-squat", "squat"]);
        let sets = json!({"type": "FIXED", "sets": 1, "reps": 5});
        let prescription = prescription(percent_of(json!({})), sets);
        let source = MaxSource { slug: "pause-squat", chain: &ids };
        let of_squat = |lift: &str, _| Ok((lift == "squat").then_some(Thousandths::whole(100)));
        let resolved = prescription.resolve(source, of_squat, &LoadContext::default()).unwrap();
        assert_eq!(resolved[0].weight, Thousandths::whole(85));

        let missing = prescription.resolve(source, |_, _| Ok(None), &LoadContext::default());
        assert_eq!(missing.unwrap_err().to_string(), "missing lift max for pause-squat (TRAINING_MAX)");
    }

    #[test]
    fn a_circle_of_parents_ends() {
        let other = |lift: &str| Ok(Some(if lift == "a" { "b" } else { "a" }.to_owned()));
        assert_eq!(chain("a", other).unwrap(), ["a", "b"]);
        assert_eq!(chain("a", |_| Ok(Some("a".to_owned()))).unwrap(), ["a"]);
    }

    #[test]
    fn of_lift_id_names_the_source() {
        let sets = json!({"type": "FIXED", "sets": 1, "reps": 5});
        let own = prescription(percent_of(json!({})), sets.clone());
        let other = prescription(percent_of(json!({"ofLiftId": "deadlift"})), sets);
        assert_eq!(own.load_strategy.max_lift("row"), "row");
        assert_eq!(other.load_strategy.max_lift("row"), "deadlift");
    }
}
