//! The members that PowerPro's bodies share: names, slugs, references to other rows.

use std::ops::RangeInclusive;

use ferrum_domain::{Error, Result, Violations, parse, slug};
use ferrum_endpoint::Field;
use ferrum_store::Tx;

/// The highest place in an order that a client can give: of a prescription on a day, of a day in a week.
pub(crate) const LAST_PLACE: i64 = 10_000;

/// A name: trimmed, 1 to 100 characters, no control characters.
pub(crate) fn name(field: &str, text: Option<&String>, violations: &mut Violations) -> Option<String> {
    let text = text?.trim();
    let length = text.chars().count();
    if (1..=100).contains(&length) && !text.chars().any(char::is_control) {
        return Some(text.to_owned());
    }
    violations.add(field, "must be 1 to 100 characters long, without control characters");
    None
}

/// A slug as given.
pub(crate) fn slug(field: &str, text: Option<&String>, violations: &mut Violations) -> Option<String> {
    let text = text?;
    if slug::is_slug(text) {
        return Some(text.clone());
    }
    violations
        .add(field, "must be 1 to 100 lower-case letters and digits, in words joined by single hyphens");
    None
}

/// A slug as given, or one made from `name`.
pub(crate) fn slug_or_from_name(
    given: &Field<String>,
    name: Option<&str>,
    violations: &mut Violations,
) -> Option<String> {
    if let Some(text) = given.optional("slug", violations) {
        return slug("slug", Some(text), violations);
    }
    let made = slug::from_name(name?);
    if made.is_none() {
        violations.add("slug", "is required, since the name has no letter or digit to make it from");
    }
    made
}

/// A whole number in `range`.
pub(crate) fn whole(
    field: &str,
    number: Option<&i64>,
    range: RangeInclusive<i64>,
    violations: &mut Violations,
) -> Option<i64> {
    let number = *number?;
    if range.contains(&number) {
        return Some(number);
    }
    violations.add(field, format!("must be a whole number from {} to {}", range.start(), range.end()));
    None
}

/// Refuses one entry more than [`parse::LIST_LIMIT`] of them, since no body could name all in a new order.
pub(crate) fn room(field: &str, entries: usize) -> Result<()> {
    if entries < parse::LIST_LIMIT {
        return Ok(());
    }
    Err(Error::invalid(field, format!("must have at most {} entries", parse::LIST_LIMIT)))
}

/// The row that a body refers to, if it refers to one; `what` is its noun, e.g. `lift`.
pub(crate) fn reference<T>(
    tx: &mut Tx<'_>,
    field: &str,
    what: &str,
    id: Option<&String>,
    find: impl FnOnce(&mut Tx<'_>, &str) -> Result<Option<T>>,
    violations: &mut Violations,
) -> Result<Option<T>> {
    let Some(id) = id else { return Ok(None) };
    // PostgreSQL cannot be asked about a NUL, and no id has one.
    let found = if id.contains('\0') { None } else { find(tx, id)? };
    if found.is_none() {
        violations.add(field, format!("names no {what}"));
    }
    Ok(found)
}
