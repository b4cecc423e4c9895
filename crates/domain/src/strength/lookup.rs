//! Tables of a program that vary percentages by week or by day.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::parse::{self, LIST_LIMIT, Members};
use crate::strength::limits::{self, MAX_SETS, MAX_WEEKS};
use crate::units::Thousandths;
use crate::violations::Violations;

/// What a weekly table says about one week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum WeeklyEntry {
    /// One percentage for every set.
    Single(Thousandths),
    /// A percentage for each set; its last one goes on for the sets behind it. Never empty.
    PerSet(Vec<Thousandths>),
}

impl WeeklyEntry {
    /// The percentage of a set counted from 0, or of the week's last set.
    pub fn percentage(&self, set: Option<usize>) -> Option<Thousandths> {
        match self {
            Self::Single(percentage) => Some(*percentage),
            Self::PerSet(list) => set.and_then(|set| list.get(set)).or(list.last()).copied(),
        }
    }

    fn read(field: &str, value: &Value, violations: &mut Violations) -> Option<Self> {
        if !value.is_array() {
            return limits::percentage(field, value, violations).map(Self::Single);
        }
        let list = parse::list(field, value, 1..=usize::from(MAX_SETS), violations)?;
        let percentages: Vec<_> = list
            .iter()
            .enumerate()
            .filter_map(|(i, value)| limits::percentage(&format!("{field}[{i}]"), value, violations))
            .collect();
        (percentages.len() == list.len()).then_some(Self::PerSet(percentages))
    }
}

/// A weekly table: what replaces a percentage in which week. Serialises in the order of the weeks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct WeeklyEntries(BTreeMap<i64, WeeklyEntry>);

impl WeeklyEntries {
    /// Reads `{"1": 65, "2": [70, 75, 80], ...}`.
    pub fn parse(field: &str, value: &Value, violations: &mut Violations) -> Option<Self> {
        let entries = table(field, value, violations)?;
        let mut weeks = BTreeMap::new();
        for (key, value) in entries {
            let path = format!("{field}.{key}");
            let Some(week) = week_number(key) else {
                violations.add(path, format!("must have a week number from 1 to {MAX_WEEKS} as its key"));
                continue;
            };
            if let Some(entry) = WeeklyEntry::read(&path, value, violations) {
                weeks.insert(week, entry);
            }
        }
        (weeks.len() == entries.len()).then_some(Self(weeks))
    }

    /// The entry of a week.
    pub fn get(&self, week: i64) -> Option<&WeeklyEntry> {
        self.0.get(&week)
    }
}

/// The number that `key` spells; `01` and `+1` do not, so that no week can stand twice.
fn week_number(key: &str) -> Option<i64> {
    let week: i64 = key.parse().ok()?;
    ((1..=MAX_WEEKS).contains(&week) && week.to_string() == key).then_some(week)
}

/// A daily table: what scales a percentage on which day. Keys keep their case and are found without
/// regard to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DailyEntries(Vec<DailyEntry>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct DailyEntry {
    key: String,
    folded: String,
    percentage: Thousandths,
}

impl DailyEntries {
    /// Reads `{"monday": 100, "light-day": 80, ...}`.
    pub fn parse(field: &str, value: &Value, violations: &mut Violations) -> Option<Self> {
        let entries = table(field, value, violations)?;
        let mut days: Vec<DailyEntry> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let path = format!("{field}.{key}");
            let percentage = limits::percentage(&path, value, violations);
            let Some(key) = day_key(key) else {
                violations.add(path, "must have a key of 1 to 100 characters without control characters");
                continue;
            };
            let folded = key.to_lowercase();
            if days.iter().any(|day| day.folded == folded) {
                violations.add(path, "must not stand twice, whatever its case");
            } else if let Some(percentage) = percentage {
                days.push(DailyEntry { key: key.to_owned(), folded, percentage });
            }
        }
        (days.len() == entries.len()).then_some(Self(days))
    }

    /// The percentage of a day: by its slug, else by the `weekday` of its metadata, whatever the
    /// calendar says.
    pub fn find(&self, slug: &str, metadata: Option<&Value>) -> Option<Thousandths> {
        let weekday = metadata.and_then(|metadata| metadata.get("weekday")).and_then(Value::as_str);
        self.get(slug).or_else(|| self.get(weekday?))
    }

    fn get(&self, key: &str) -> Option<Thousandths> {
        let folded = key.trim().to_lowercase();
        self.0.iter().find(|day| day.folded == folded).map(|day| day.percentage)
    }
}

fn day_key(key: &str) -> Option<&str> {
    let key = key.trim();
    let fits = (1..=100).contains(&key.chars().count()) && !key.chars().any(char::is_control);
    fits.then_some(key)
}

impl Serialize for DailyEntries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|day| (&day.key, day.percentage)))
    }
}

/// The members of a table, if it is an object with 1 to [`LIST_LIMIT`] of them.
fn table<'v>(
    field: &str,
    value: &'v Value,
    violations: &mut Violations,
) -> Option<&'v serde_json::Map<String, Value>> {
    Members::of(field, value, violations)?;
    let map = value.as_object()?;
    parse::in_length(field, map.len(), 1..=LIST_LIMIT, violations).then_some(map)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::Error;

    type Parser<T> = fn(&str, &Value, &mut Violations) -> Option<T>;

    fn parse<T>(parser: Parser<T>, value: &Value) -> Result<T, Vec<String>> {
        let mut violations = Violations::new();
        let parsed = parser("entries", value, &mut violations);
        violations.finish(parsed).map_err(|error| match error {
            Error::Invalid(all) => all.iter().map(ToString::to_string).collect(),
            other => panic!("{other}"),
        })
    }

    #[test]
    fn weeks_print_in_their_order() {
        let given = json!({"10": 50, "2": [65, 75.5], "1": 65});
        let weekly = parse(WeeklyEntries::parse, &given).unwrap();
        assert_eq!(serde_json::to_string(&weekly).unwrap(), r#"{"1":65.0,"2":[65.0,75.5],"10":50.0}"#);
        assert_eq!(weekly.get(1), Some(&WeeklyEntry::Single(Thousandths::whole(65))));
        assert_eq!(weekly.get(3), None);
    }

    #[test]
    fn wrong_weeks_are_named() {
        let given =
            json!({"0": 65, "01": 65, "501": 65, "x": 65, "1": 0, "2": [], "3": [65, 201], "4": null});
        let range = "must be over 0 and at most 200, with at most 3 decimals";
        let key = "must have a week number from 1 to 500 as its key";
        assert_eq!(
            parse(WeeklyEntries::parse, &given).unwrap_err(),
            [
                format!("entries.0 {key}"),
                format!("entries.01 {key}"),
                format!("entries.1 {range}"),
                "entries.2 must have 1 to 100 entries".to_owned(),
                format!("entries.3[1] {range}"),
                "entries.4 must be a number".to_owned(),
                format!("entries.501 {key}"),
                format!("entries.x {key}"),
            ]
        );
        assert_eq!(
            parse(WeeklyEntries::parse, &json!({})).unwrap_err(),
            ["entries must have 1 to 500 entries"]
        );
        assert_eq!(parse(WeeklyEntries::parse, &json!([1])).unwrap_err(), ["entries must be an object"]);
    }

    #[test]
    fn days_are_found_by_slug_then_by_weekday_in_any_case() {
        let daily = parse(DailyEntries::parse, &json!({" Heavy-Day ": 100, "MONDAY": 80.5})).unwrap();
        let monday = json!({"weekday": "Monday"});
        assert_eq!(daily.find("heavy-day", Some(&monday)), Some(Thousandths::whole(100)));
        assert_eq!(daily.find("light-day", Some(&monday)), Some(Thousandths(80_500)));
        assert_eq!(daily.find("light-day", None), None);
        assert_eq!(daily.find("light-day", Some(&json!({"weekday": 1}))), None);
        assert_eq!(serde_json::to_string(&daily).unwrap(), r#"{"Heavy-Day":100.0,"MONDAY":80.5}"#);
    }

    #[test]
    fn wrong_days_are_named() {
        let given = json!({"  ": 100, "Monday": 100, "friday": -1, "monday": 90});
        assert_eq!(
            parse(DailyEntries::parse, &given).unwrap_err(),
            [
                "entries.   must have a key of 1 to 100 characters without control characters",
                "entries.friday must be over 0 and at most 200, with at most 3 decimals",
                "entries.monday must not stand twice, whatever its case",
            ]
        );
        let crowd: serde_json::Map<_, _> = (0..501).map(|i| (format!("d{i}"), json!(100))).collect();
        assert_eq!(
            parse(DailyEntries::parse, &Value::Object(crowd)).unwrap_err(),
            ["entries must have 1 to 500 entries"]
        );
    }
}
