//! What a body says of a session, judged in the order of its members.

use std::ops::RangeInclusive;

use ferrum_domain::intervals::session::{MAX_EFFORT, MAX_SECONDS, MAX_WEIGHT, MIN_WEIGHT, Record};
use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;
use ferrum_domain::{Result, Violations};
use ferrum_endpoint::Field;

use super::SessionIn;
use crate::members::{Need, value};

/// By how much a client's clock may be ahead of ours, in milliseconds.
const AHEAD: i64 = 5 * 60 * 1000;

/// What was done of a workout with so many phases, and when.
pub(super) fn judge(body: &SessionIn, phases: i64, now: Millis) -> Result<(Record, Millis)> {
    let mut violations = Violations::new();
    let mut record = Record {
        phases_done: required(&body.phases_done, "Phases done", 0..=phases, &mut violations),
        phases_skipped: optional(&body.phases_skipped, "Phases skipped", 0..=phases, &mut violations)
            .unwrap_or(0),
        seconds: 0,
        perceived_effort: None,
        body_weight: None,
    };
    if !record.fits(phases) {
        violations.add(
            "Phases done",
            format!("and phases skipped must together be at most the workout's {phases} phases"),
        );
    }
    record.seconds = required(&body.duration_seconds, "Duration", 1..=MAX_SECONDS, &mut violations);
    record.perceived_effort =
        optional(&body.perceived_effort, "Perceived effort", 1..=MAX_EFFORT, &mut violations);
    record.body_weight = value(&body.body_weight_kg, "Body weight", Need::Optional, &mut violations)
        .and_then(|kilograms| body_weight(*kilograms, &mut violations));
    let done_at = value(&body.done_at, "Done at", Need::Optional, &mut violations)
        .and_then(|text| done_at(text, now, &mut violations));
    violations.check()?;
    Ok((record, done_at.unwrap_or(now)))
}

/// A number, 0 where it is missing or wrong, which is said.
fn required(
    field: &Field<i64>,
    label: &'static str,
    range: RangeInclusive<i64>,
    violations: &mut Violations,
) -> i64 {
    within(value(field, label, Need::Required(label), violations), label, range, violations).unwrap_or(0)
}

fn optional(
    field: &Field<i64>,
    label: &str,
    range: RangeInclusive<i64>,
    violations: &mut Violations,
) -> Option<i64> {
    within(value(field, label, Need::Optional, violations), label, range, violations)
}

fn within(
    number: Option<&i64>,
    label: &str,
    range: RangeInclusive<i64>,
    violations: &mut Violations,
) -> Option<i64> {
    let number = *number?;
    if range.contains(&number) {
        return Some(number);
    }
    let (low, high) = range.into_inner();
    violations.add(label, format!("must be a whole number from {low} to {high}"));
    None
}

fn body_weight(kilograms: f64, violations: &mut Violations) -> Option<Thousandths> {
    let (least, most) = (MIN_WEIGHT.to_f64(), MAX_WEIGHT.to_f64());
    if !(least..=most).contains(&kilograms) {
        violations.add("Body weight", format!("must be {least} to {most} kilograms"));
        return None;
    }
    let exact = Thousandths::from_f64(kilograms);
    if exact.is_none() {
        violations.add("Body weight", "cannot have more than 3 decimals");
    }
    exact
}

fn done_at(text: &str, now: Millis, violations: &mut Violations) -> Option<Millis> {
    let Some(at) = Millis::parse_rfc3339(text) else {
        violations.add("Done at", "must be an RFC 3339 timestamp with an offset, e.g. 2026-02-04T12:00:00Z");
        return None;
    };
    if at < Millis(0) || at > Millis(now.0 + AHEAD) {
        violations.add("Done at", "must lie between 1970 and now");
        return None;
    }
    Some(at)
}
