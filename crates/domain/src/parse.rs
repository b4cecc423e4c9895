//! Readers of JSON values that collect every violation instead of stopping at the first.
//!
//! Each takes the path of the field as the client wrote it, notes what is wrong with the value and
//! answers `None` then. A value is only to be used once the collector says that nothing was wrong.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::units::Thousandths;
use crate::violations::Violations;

/// How long a list in a request body may be.
pub const LIST_LIMIT: usize = 500;

/// The members of a JSON object, each read under its full path. A member that is `null` counts as
/// not given.
#[derive(Debug, Clone)]
pub struct Members<'v> {
    path: String,
    map: &'v Map<String, Value>,
}

impl<'v> Members<'v> {
    /// The members of `value`, whose own path is `field` (empty for a whole body).
    pub fn of(field: &str, value: &'v Value, violations: &mut Violations) -> Option<Self> {
        let map = value.as_object();
        if map.is_none() {
            violations.add(if field.is_empty() { "body" } else { field }, "must be an object");
        }
        map.map(|map| Self { path: field.to_owned(), map })
    }

    /// The full path of the member `name`, e.g. `setScheme.reps`.
    pub fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The member, unless it is absent or `null`.
    pub fn get(&self, name: &str) -> Option<&'v Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// Reads a member that may be left out. `None` also when it was refused: see the violations.
    pub fn optional<T>(
        &self,
        name: &str,
        violations: &mut Violations,
        read: impl FnOnce(&str, &'v Value, &mut Violations) -> Option<T>,
    ) -> Option<T> {
        self.get(name).and_then(|value| read(&self.path(name), value, violations))
    }

    /// Reads a member that must be given.
    pub fn required<T>(
        &self,
        name: &str,
        violations: &mut Violations,
        read: impl FnOnce(&str, &'v Value, &mut Violations) -> Option<T>,
    ) -> Option<T> {
        if self.get(name).is_none() {
            violations.add(self.path(name), "is required");
        }
        self.optional(name, violations, read)
    }
}

/// `true` or `false`.
pub fn boolean(field: &str, value: &Value, violations: &mut Violations) -> Option<bool> {
    noted(value.as_bool(), field, "must be true or false", violations)
}

/// A whole number in `range`; `5.0` is one too.
pub fn whole(
    field: &str,
    value: &Value,
    range: RangeInclusive<i64>,
    violations: &mut Violations,
) -> Option<i64> {
    let number = as_whole(value).filter(|n| range.contains(n));
    if number.is_none() {
        let (low, high) = range.into_inner();
        violations.add(field, format!("must be a whole number from {low} to {high}"));
    }
    number
}

fn as_whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let exact = Thousandths::from_f64(value.as_f64()?)?;
        (exact.0 % 1000 == 0).then_some(exact.0 / 1000)
    })
}

/// An exact decimal over 0 and up to `max`, with at most three decimals.
pub fn decimal(
    field: &str,
    value: &Value,
    max: Thousandths,
    violations: &mut Violations,
) -> Option<Thousandths> {
    let number = noted(value.as_f64(), field, "must be a number", violations)?;
    let exact = Thousandths::from_f64(number).filter(|exact| exact.0 > 0 && *exact <= max);
    if exact.is_none() {
        violations.add(field, format!("must be over 0 and at most {max}, with at most 3 decimals"));
    }
    exact
}

/// The exact decimal that a text of digits with at most one point and three decimals names, as in a
/// query parameter.
pub fn decimal_text(text: &str) -> Option<Thousandths> {
    let plain = text.len() <= 16 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    text.parse().ok().filter(|_| plain).and_then(Thousandths::from_f64)
}

/// The whole number that a text of digits alone names, as in a query parameter; the greatest there is for one
/// beyond it.
pub fn whole_text(text: &str) -> Option<i64> {
    let is_plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_plain.then(|| text.parse().unwrap_or(i64::MAX))
}

/// A list with `length` entries.
pub fn list<'v>(
    field: &str,
    value: &'v Value,
    length: RangeInclusive<usize>,
    violations: &mut Violations,
) -> Option<&'v [Value]> {
    let list = noted(value.as_array(), field, "must be a list", violations)?;
    in_length(field, list.len(), length, violations).then_some(list.as_slice())
}

/// Notes a violation unless `found`, a number of entries, is in `length`.
pub(crate) fn in_length(
    field: &str,
    found: usize,
    length: RangeInclusive<usize>,
    violations: &mut Violations,
) -> bool {
    let fits = length.contains(&found);
    if !fits {
        let (low, high) = length.into_inner();
        violations.add(field, format!("must have {low} to {high} entries"));
    }
    fits
}

/// One of these names, matched exactly; answers what stands beside it.
pub fn choice<T: Copy>(
    field: &str,
    value: &Value,
    names: &[(&str, T)],
    violations: &mut Violations,
) -> Option<T> {
    choice_text(field, value.as_str().unwrap_or_default(), names, violations)
}

/// [`choice`] for what is known to be a string.
pub fn choice_text<T: Copy>(
    field: &str,
    text: &str,
    names: &[(&str, T)],
    violations: &mut Violations,
) -> Option<T> {
    let found = names.iter().find(|(name, _)| *name == text).map(|(_, meaning)| *meaning);
    if found.is_none() {
        let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        violations.add(field, format!("must be {}", enumerated(&names)));
    }
    found
}

/// `A`, `A or B`, `A, B or C`.
fn enumerated(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// A line of text: trimmed, then of a length in `length` (in characters), without control
/// characters.
pub fn text(
    field: &str,
    value: &Value,
    length: RangeInclusive<usize>,
    violations: &mut Violations,
) -> Option<String> {
    noted(value.as_str(), field, "must be text", violations)
        .and_then(|text| trimmed(field, text, length, violations))
}

/// [`text`] for what is known to be a string.
pub fn trimmed(
    field: &str,
    text: &str,
    length: RangeInclusive<usize>,
    violations: &mut Violations,
) -> Option<String> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        violations.add(field, "must not contain control characters");
        return None;
    }
    fitting(field, text, length, violations)
}

/// Text of several lines, kept as given: up to `longest` characters, and no control characters but
/// line ends and tabs.
pub fn prose(field: &str, text: &str, longest: usize, violations: &mut Violations) -> Option<String> {
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        violations.add(field, "must not contain control characters other than line ends and tabs");
        return None;
    }
    fitting(field, text, 0..=longest, violations)
}

fn fitting(
    field: &str,
    text: &str,
    length: RangeInclusive<usize>,
    violations: &mut Violations,
) -> Option<String> {
    if length.contains(&text.chars().count()) {
        return Some(text.to_owned());
    }
    let (low, high) = length.into_inner();
    violations.add(field, format!("must be {low} to {high} characters long"));
    None
}

/// Notes every list in `value`, at any depth, that has more than [`LIST_LIMIT`] entries.
pub fn short_lists(field: &str, value: &Value, violations: &mut Violations) {
    walk_lists(&mut field.to_owned(), value, violations);
}

/// `path` grows and shrinks on the way: a copy of a long one for each entry would be the square of the input.
fn walk_lists(path: &mut String, value: &Value, violations: &mut Violations) {
    let here = path.len();
    match value {
        Value::Array(list) if list.len() > LIST_LIMIT => {
            violations.add(path.as_str(), format!("must have at most {LIST_LIMIT} entries"));
        }
        Value::Array(list) => {
            for (i, entry) in list.iter().enumerate() {
                path.extend(["[", i.to_string().as_str(), "]"]);
                walk_lists(path, entry, violations);
                path.truncate(here);
            }
        }
        Value::Object(map) => {
            for (name, member) in map {
                path.push('.');
                path.push_str(name);
                walk_lists(path, member, violations);
                path.truncate(here);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What `read` makes of JSON that we stored ourselves; anything wrong with it is a defect of ours.
pub fn stored<T>(
    what: &str,
    json: &str,
    read: impl FnOnce(&Value, &mut Violations) -> Option<T>,
) -> Result<T> {
    let broken = |reason: String| Error::internal(format!("stored {what} does not read back: {reason}"));
    let value: Value = serde_json::from_str(json).map_err(|error| broken(error.to_string()))?;
    let mut violations = Violations::new();
    let read = read(&value, &mut violations);
    violations.finish(read).map_err(|error| broken(error.to_string()))
}

/// `found`, or a note of why there is nothing.
fn noted<T>(found: Option<T>, field: &str, message: &str, violations: &mut Violations) -> Option<T> {
    if found.is_none() {
        violations.add(field, message);
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn notes(violations: Violations) -> Vec<String> {
        match violations.check() {
            Err(Error::Invalid(all)) => all.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        }
    }

    fn note<T: std::fmt::Debug>(read: impl FnOnce(&mut Violations) -> Option<T>) -> String {
        let mut violations = Violations::new();
        assert!(read(&mut violations).is_none());
        notes(violations).join("; ")
    }

    #[test]
    fn whole_numbers_may_be_written_with_a_point() {
        let mut violations = Violations::new();
        assert_eq!(whole("order", &json!(5), 0..=10, &mut violations), Some(5));
        assert_eq!(whole("order", &json!(5.0), 0..=10, &mut violations), Some(5));
        assert!(violations.is_empty());
        for bad in [json!(5.5), json!(11), json!(-1), json!("5"), json!(1e300), json!(u64::MAX), json!([])] {
            assert_eq!(
                note(|v| whole("order", &bad, 0..=10, v)),
                "order must be a whole number from 0 to 10"
            );
        }
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        let max = Thousandths::whole(200);
        let mut violations = Violations::new();
        for (given, kept) in
            [(json!(85), 85_000), (json!(0.001), 1), (json!(102.5), 102_500), (json!(2e2), 200_000)]
        {
            assert_eq!(decimal("p", &given, max, &mut violations), Some(Thousandths(kept)));
        }
        assert!(violations.is_empty());
        for bad in [json!(0), json!(-1), json!(200.001), json!(0.0005), json!(1.0001)] {
            assert_eq!(
                note(|v| decimal("p", &bad, max, v)),
                "p must be over 0 and at most 200, with at most 3 decimals"
            );
        }
        assert_eq!(note(|v| decimal("p", &json!("85"), max, v)), "p must be a number");
    }

    #[test]
    fn whole_texts() {
        for (text, number) in
            [("0", 0), ("007", 7), ("9223372036854775807", i64::MAX), (&"9".repeat(40), i64::MAX)]
        {
            assert_eq!(whole_text(text), Some(number), "{text}");
        }
        for bad in ["", "+1", "-1", "1.0", " 1", "1e2", "\u{661}"] {
            assert_eq!(whole_text(bad), None, "{bad}");
        }
    }

    #[test]
    fn decimal_texts() {
        assert_eq!(decimal_text("90"), Some(Thousandths::whole(90)));
        assert_eq!(decimal_text("87.125"), Some(Thousandths(87_125)));
        for bad in
            ["", ".", "1e2", "-1", "+1", "inf", "NaN", "1.2.3", "1.0001", " 90", "99999999999999999999"]
        {
            assert_eq!(decimal_text(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_are_trimmed_and_counted_in_characters() {
        let mut violations = Violations::new();
        assert_eq!(
            text("name", &json!("  Élévation\n"), 1..=9, &mut violations).as_deref(),
            Some("Élévation")
        );
        assert!(violations.is_empty());
        assert_eq!(note(|v| text("name", &json!("   "), 1..=9, v)), "name must be 1 to 9 characters long");
        assert_eq!(
            note(|v| text("name", &json!("a\0b"), 1..=9, v)),
            "name must not contain control characters"
        );
        assert_eq!(note(|v| text("name", &json!(7), 1..=9, v)), "name must be text");
    }

    #[test]
    fn prose_keeps_line_ends() {
        let mut violations = Violations::new();
        assert_eq!(prose("notes", " a\n\tb ", 10, &mut violations).as_deref(), Some(" a\n\tb "));
        assert!(violations.is_empty());
        assert!(note(|v| prose("notes", "a\u{7}", 10, v)).contains("control characters"));
        assert_eq!(note(|v| prose("notes", "abc", 2, v)), "notes must be 0 to 2 characters long");
    }

    #[test]
    fn members_carry_their_path_and_null_is_absence() {
        let body = json!({"a": {"b": null, "c": 1}});
        let mut violations = Violations::new();
        let outer = Members::of("", &body, &mut violations).unwrap();
        let inner = Members::of(&outer.path("a"), outer.get("a").unwrap(), &mut violations).unwrap();
        assert_eq!(inner.optional("b", &mut violations, boolean), None);
        assert!(violations.is_empty());
        assert_eq!(inner.required("b", &mut violations, boolean), None);
        assert_eq!(inner.required("c", &mut violations, boolean), None);
        assert_eq!(notes(violations), ["a.b is required", "a.c must be true or false"]);
    }

    #[test]
    fn lists_and_choices() {
        assert_eq!(
            note(|v| list("ids", &json!([]), 1..=LIST_LIMIT, v).map(<[_]>::len)),
            "ids must have 1 to 500 entries"
        );
        assert_eq!(
            note(|v| list("ids", &json!({}), 1..=LIST_LIMIT, v).map(<[_]>::len)),
            "ids must be a list"
        );
        let names = [("A", 1), ("B", 2), ("C", 3)];
        assert_eq!(note(|v| choice("x", &json!("a"), &names, v)), "x must be A, B or C");
        assert_eq!(note(|v| choice("x", &json!(1), &names[..1], v)), "x must be A");
    }

    #[test]
    fn long_lists_are_found_anywhere() {
        let long = vec![0; LIST_LIMIT + 1];
        let value = json!({"a": [{"b": long}], "c": long, "d": &long[1..], "e": "x"});
        let mut violations = Violations::new();
        short_lists("metadata", &value, &mut violations);
        let expected = ["a[0].b", "c"].map(|path| format!("metadata.{path} must have at most 500 entries"));
        assert_eq!(notes(violations), expected);
    }

    #[test]
    fn stored_json_that_does_not_read_back_is_our_defect() {
        let read = |value: &Value, v: &mut Violations| boolean("x", value, v);
        assert!(stored("flag", "true", read).unwrap());
        assert!(matches!(stored("flag", "1", read), Err(Error::Internal { .. })));
        assert!(matches!(stored("flag", "{", read), Err(Error::Internal { .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn a_decimal_survives_json(thousandths in 1_i64..=10_000_000) {
            let json = serde_json::to_string(&Thousandths(thousandths)).unwrap();
            let value: Value = serde_json::from_str(&json).unwrap();
            let mut violations = Violations::new();
            let read = decimal("w", &value, Thousandths::whole(10_000), &mut violations);
            prop_assert_eq!(read, Some(Thousandths(thousandths)));
            prop_assert_eq!(decimal_text(&json), Some(Thousandths(thousandths)));
        }
    }
}
