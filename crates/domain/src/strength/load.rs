//! How heavy: a percentage of a max, exact until it is rounded once at the end.

use serde::Serialize;
use serde_json::Value;

use crate::parse::{self, Members};
use crate::strength::MaxType;
use crate::strength::limits;
use crate::strength::lookup::WeeklyEntry;
use crate::units::Thousandths;
use crate::violations::Violations;

/// The rounding step where neither the prescription nor the program names one.
pub const DEFAULT_STEP: Thousandths = Thousandths::whole(5);

/// 100 % in thousandths of a percent.
const HUNDRED_PERCENT: i128 = 100_000;

/// A load as a percentage of a max of the lifter. Serialises with exactly the members that were
/// given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "PERCENT_OF", rename_all = "camelCase")]
pub struct LoadStrategy {
    /// Which max it is a percentage of.
    pub max_type: MaxType,
    /// The plain percentage, in force where no lookup says otherwise.
    pub percentage: Thousandths,
    /// The program's table that varies the percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lookup_key: Option<LookupKey>,
    /// The step to round to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_to: Option<Thousandths>,
    /// Where to round; to the nearest step when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounding_direction: Option<RoundingDirection>,
    /// Id of another lift whose max counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_lift_id: Option<String>,
}

/// Which table of a program varies a percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LookupKey {
    /// The weekly one: its entry replaces the percentage.
    Week,
    /// The daily one: its entry scales the percentage.
    Day,
}

/// Where a load goes that lies between two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RoundingDirection {
    /// To the nearest step, up from the middle.
    #[default]
    Nearest,
    /// To the lower step.
    Down,
    /// To the higher step.
    Up,
}

/// What the program around a prescription adds to it; nothing by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoadContext<'a> {
    /// The weekly table's entry of the week that is generated.
    pub weekly: Option<&'a WeeklyEntry>,
    /// The daily table's percentage of the day that is generated.
    pub daily: Option<Thousandths>,
    /// The program's rounding step.
    pub default_rounding: Option<Thousandths>,
}

impl LoadStrategy {
    /// Reads a strategy; unknown members are ignored. That `ofLiftId` names a lift is for the caller
    /// to check.
    pub fn parse(field: &str, value: &Value, violations: &mut Violations) -> Option<Self> {
        let members = Members::of(field, value, violations)?;
        let kind = members.required("type", violations, |field, value, violations| {
            parse::choice(field, value, &[("PERCENT_OF", ())], violations)
        });
        let max_type = members.required("maxType", violations, MaxType::read);
        let percentage = members.required("percentage", violations, limits::percentage);
        let lookup_key = members.optional("lookupKey", violations, LookupKey::read);
        let round_to = members.optional("roundTo", violations, limits::weight);
        let rounding_direction = members.optional("roundingDirection", violations, RoundingDirection::read);
        let of_lift_id = members.optional("ofLiftId", violations, read_id);
        kind?;
        Some(Self {
            max_type: max_type?,
            percentage: percentage?,
            lookup_key,
            round_to,
            rounding_direction,
            of_lift_id,
        })
    }

    /// What `ofLiftId` of a strategy names, whatever else is wrong with it.
    pub fn other_lift(value: &Value) -> Option<String> {
        read_id("ofLiftId", value.get("ofLiftId")?, &mut Violations::new())
    }

    /// The lift whose max counts for a prescription of `lift_id`.
    pub fn max_lift<'a>(&'a self, lift_id: &'a str) -> &'a str {
        self.of_lift_id.as_deref().unwrap_or(lift_id)
    }

    /// The unrounded load: `max` x percentage, the percentage as the program's lookup has it.
    ///
    /// `set` counts from 0 and tells apart the sets where a week lists one percentage for each;
    /// without it the last of them counts.
    pub fn load(&self, max: Thousandths, context: &LoadContext<'_>, set: Option<usize>) -> Load {
        let week = context.weekly.filter(|_| self.lookup_key == Some(LookupKey::Week));
        let day = context.daily.filter(|_| self.lookup_key == Some(LookupKey::Day));
        let percentage = week.and_then(|entry| entry.percentage(set)).unwrap_or(self.percentage);
        let load = Load::of(max).percent(percentage);
        day.map_or(load, |scale| load.percent(scale))
    }

    /// How this strategy's loads are rounded.
    pub fn rounding(&self, context: &LoadContext<'_>) -> Rounding {
        Rounding {
            step: self.round_to.or(context.default_rounding).unwrap_or(DEFAULT_STEP),
            direction: self.rounding_direction.unwrap_or_default(),
        }
    }
}

fn read_id(field: &str, value: &Value, violations: &mut Violations) -> Option<String> {
    parse::text(field, value, 1..=100, violations)
}

impl LookupKey {
    fn read(field: &str, value: &Value, violations: &mut Violations) -> Option<Self> {
        parse::choice(field, value, &[("week", Self::Week), ("day", Self::Day)], violations)
    }
}

impl RoundingDirection {
    fn read(field: &str, value: &Value, violations: &mut Violations) -> Option<Self> {
        let names = [("NEAREST", Self::Nearest), ("DOWN", Self::Down), ("UP", Self::Up)];
        parse::choice(field, value, &names, violations)
    }
}

/// An exact weight: a fraction of thousandths.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    numerator: i128,
    denominator: i128,
}

impl Load {
    /// The weight itself.
    pub fn of(weight: Thousandths) -> Self {
        Self { numerator: i128::from(weight.0), denominator: 1 }
    }

    /// That percentage of it. The limits of [`limits`] leave room for more factors than the three
    /// that any load has.
    #[must_use]
    pub fn percent(self, percentage: Thousandths) -> Self {
        Self {
            numerator: self.numerator * i128::from(percentage.0),
            denominator: self.denominator * HUNDRED_PERCENT,
        }
    }

    /// It divided by a percentage over 0: the whole of which it is that much.
    #[must_use]
    pub fn whole_of(self, percentage: Thousandths) -> Self {
        Self {
            numerator: self.numerator * HUNDRED_PERCENT,
            denominator: self.denominator * i128::from(percentage.0.max(1)),
        }
    }

    /// The multiple of the rounding step that stands for it.
    pub fn rounded(self, rounding: Rounding) -> Thousandths {
        let step = i128::from(rounding.step.0.max(1));
        let divisor = self.denominator * step;
        let steps = match rounding.direction {
            RoundingDirection::Nearest => (2 * self.numerator + divisor).div_euclid(2 * divisor),
            RoundingDirection::Down => self.numerator.div_euclid(divisor),
            RoundingDirection::Up => (self.numerator + divisor - 1).div_euclid(divisor),
        };
        Thousandths(i64::try_from(steps * step).unwrap_or(i64::MAX))
    }
}

/// To which multiples a load is rounded, and where to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounding {
    /// The step, over 0.
    pub step: Thousandths,
    /// What happens between two steps.
    pub direction: RoundingDirection,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::error::Error;

    fn parse(value: &Value) -> Result<LoadStrategy, Vec<String>> {
        let mut violations = Violations::new();
        let parsed = LoadStrategy::parse("loadStrategy", value, &mut violations);
        violations.finish(parsed).map_err(|error| match error {
            Error::Invalid(all) => all.iter().map(ToString::to_string).collect(),
            other => panic!("{other}"),
        })
    }

    fn strategy(value: Value) -> LoadStrategy {
        parse(&value).unwrap()
    }

    fn nearest(step: i64) -> Rounding {
        Rounding { step: Thousandths(step), direction: RoundingDirection::Nearest }
    }

    #[test]
    fn only_the_given_members_are_echoed() {
        let all = r#"{"type":"PERCENT_OF","maxType":"TRAINING_MAX","percentage":85.0,"lookupKey":"week","roundTo":2.5,"roundingDirection":"NEAREST","ofLiftId":"x"}"#;
        let least = r#"{"type":"PERCENT_OF","maxType":"ONE_RM","percentage":67.5}"#;
        for text in [all, least] {
            let parsed = strategy(serde_json::from_str(text).unwrap());
            assert_eq!(serde_json::to_string(&parsed).unwrap(), text);
        }
        let noisy = json!({"type": "PERCENT_OF", "maxType": "ONE_RM", "percentage": 67.5, "roundTo": null, "extra": 1});
        assert_eq!(serde_json::to_string(&strategy(noisy)).unwrap(), least);
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let bad = json!({"type": "RPE", "percentage": 250, "lookupKey": "month", "roundTo": 0, "roundingDirection": "up", "ofLiftId": ""});
        assert_eq!(
            parse(&bad).unwrap_err(),
            [
                "loadStrategy.type must be PERCENT_OF",
                "loadStrategy.maxType is required",
                "loadStrategy.percentage must be over 0 and at most 200, with at most 3 decimals",
                "loadStrategy.lookupKey must be week or day",
                "loadStrategy.roundTo must be over 0 and at most 10000, with at most 3 decimals",
                "loadStrategy.roundingDirection must be NEAREST, DOWN or UP",
                "loadStrategy.ofLiftId must be 1 to 100 characters long",
            ]
        );
        assert_eq!(parse(&json!("85%")).unwrap_err(), ["loadStrategy must be an object"]);
    }

    #[test]
    fn halves_go_up_and_directions_hold() {
        // 67.5 % of 185 is 124.875: between 122.5 and 125, and half-way between 124.75 and 125.
        let load = Load::of(Thousandths::whole(185)).percent(Thousandths(67_500));
        assert_eq!(load.rounded(nearest(250)), Thousandths(125_000));
        assert_eq!(load.rounded(nearest(5000)), Thousandths(125_000));
        let down = Rounding { step: Thousandths(2500), direction: RoundingDirection::Down };
        assert_eq!(load.rounded(down), Thousandths(122_500));
        let up = Rounding { step: Thousandths(10_000), direction: RoundingDirection::Up };
        assert_eq!(load.rounded(up), Thousandths(130_000));
        assert_eq!(Load::of(Thousandths::whole(130)).rounded(up), Thousandths(130_000));
    }

    #[test]
    fn the_rounding_step_falls_back_to_the_program_then_to_five() {
        let plain = strategy(json!({"type": "PERCENT_OF", "maxType": "ONE_RM", "percentage": 70}));
        let own =
            strategy(json!({"type": "PERCENT_OF", "maxType": "ONE_RM", "percentage": 70, "roundTo": 1}));
        let program = LoadContext { default_rounding: Some(Thousandths(2500)), ..LoadContext::default() };
        assert_eq!(plain.rounding(&LoadContext::default()), nearest(5000));
        assert_eq!(plain.rounding(&program), nearest(2500));
        assert_eq!(own.rounding(&program), nearest(1000));
    }

    #[test]
    fn lookups_act_only_on_the_strategies_that_ask_for_them() {
        let weekly = WeeklyEntry::PerSet(vec![Thousandths::whole(65), Thousandths::whole(75)]);
        let context = LoadContext {
            weekly: Some(&weekly),
            daily: Some(Thousandths::whole(80)),
            default_rounding: None,
        };
        let weight = |key: Value, set| {
            let strategy = strategy(
                json!({"type": "PERCENT_OF", "maxType": "ONE_RM", "percentage": 50, "lookupKey": key}),
            );
            strategy.load(Thousandths::whole(200), &context, set).rounded(nearest(1)).0 / 1000
        };
        assert_eq!(weight(Value::Null, Some(0)), 100);
        assert_eq!(weight(json!("week"), Some(0)), 130);
        assert_eq!(weight(json!("week"), Some(1)), 150);
        assert_eq!(weight(json!("week"), Some(7)), 150);
        assert_eq!(weight(json!("week"), None), 150);
        assert_eq!(weight(json!("day"), Some(0)), 80);
    }

    #[test]
    fn without_an_entry_the_plain_percentage_counts() {
        for key in ["week", "day"] {
            let strategy = strategy(
                json!({"type": "PERCENT_OF", "maxType": "ONE_RM", "percentage": 50, "lookupKey": key}),
            );
            let load = strategy.load(Thousandths::whole(200), &LoadContext::default(), Some(0));
            assert_eq!(load.rounded(nearest(1)), Thousandths::whole(100));
        }
    }

    /// Long division by repeated subtraction of a step, in ten-milliardths of a thousandth.
    fn slow(max: i64, percentage: i64, scale: i64, step: i64, direction: RoundingDirection) -> i64 {
        let exact = i128::from(max) * i128::from(percentage) * i128::from(scale);
        let step_units = i128::from(step) * 10_i128.pow(10);
        let (mut steps, mut rest) = (0, exact);
        while rest >= step_units {
            rest -= step_units;
            steps += 1;
        }
        let up = match direction {
            RoundingDirection::Nearest => rest + rest >= step_units,
            RoundingDirection::Down => false,
            RoundingDirection::Up => rest > 0,
        };
        (steps + i64::from(up)) * step
    }

    fn direction() -> impl Strategy<Value = RoundingDirection> {
        prop_oneof![
            Just(RoundingDirection::Nearest),
            Just(RoundingDirection::Down),
            Just(RoundingDirection::Up)
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn rounding_agrees_with_long_division(
            max in 1_i64..=1_000_000,
            percentage in 1_i64..=200_000,
            scale in 1_i64..=200_000,
            step in prop_oneof![Just(250_i64), Just(500), Just(1000), Just(1250), Just(2500), Just(5000), 1000_i64..20_000],
            direction in direction(),
        ) {
            let load = Load::of(Thousandths(max)).percent(Thousandths(percentage)).percent(Thousandths(scale));
            let rounded = load.rounded(Rounding { step: Thousandths(step), direction });
            prop_assert_eq!(rounded.0, slow(max, percentage, scale, step, direction));
        }

        #[test]
        fn the_largest_numbers_fit(
            max in 9_999_000_i64..=10_000_000,
            percentage in 199_999_i64..=200_000,
            direction in direction(),
        ) {
            let percentage = Thousandths(percentage);
            let load = Load::of(Thousandths(max)).percent(percentage).percent(percentage).percent(percentage);
            let rounded = load.rounded(Rounding { step: limits::MAX_WEIGHT, direction });
            prop_assert!((0..=90_000_000).contains(&rounded.0));
        }

        #[test]
        fn a_heavier_max_never_gives_a_lighter_load(
            max in 1_i64..=9_999_999,
            more in 1_i64..=1000,
            percentage in 1_i64..=200_000,
            step in 1_i64..=10_000,
            direction in direction(),
        ) {
            let rounding = Rounding { step: Thousandths(step), direction };
            let load = |max| Load::of(Thousandths(max)).percent(Thousandths(percentage)).rounded(rounding);
            prop_assert!(load(max) <= load(max + more));
        }
    }
}
