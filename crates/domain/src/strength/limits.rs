//! How large the numbers of strength training may be.

use serde_json::Value;

use crate::parse;
use crate::units::Thousandths;
use crate::violations::Violations;

/// The heaviest weight that can be given or reached, in the account's unit.
pub const MAX_WEIGHT: Thousandths = Thousandths::whole(10_000);
/// The largest percentage.
pub const MAX_PERCENTAGE: Thousandths = Thousandths::whole(200);
/// The most sets of one prescription, the steps of a ramp included.
pub const MAX_SETS: u8 = 100;
/// The most repetitions of one set.
pub const MAX_REPS: i64 = 100;
/// The highest number of a week, and so the longest cycle.
pub const MAX_WEEKS: i64 = 500;

/// Reads a weight: over 0 and up to [`MAX_WEIGHT`], with at most three decimals.
pub fn weight(field: &str, value: &Value, violations: &mut Violations) -> Option<Thousandths> {
    parse::decimal(field, value, MAX_WEIGHT, violations)
}

/// Reads a percentage: over 0 and up to [`MAX_PERCENTAGE`], with at most three decimals.
pub fn percentage(field: &str, value: &Value, violations: &mut Violations) -> Option<Thousandths> {
    parse::decimal(field, value, MAX_PERCENTAGE, violations)
}

/// Reads a number of repetitions: 1 to [`MAX_REPS`].
pub fn reps(field: &str, value: &Value, violations: &mut Violations) -> Option<i64> {
    parse::whole(field, value, 1..=MAX_REPS, violations)
}
