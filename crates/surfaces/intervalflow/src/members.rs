//! The members of a body, judged in the document's words.

use ferrum_domain::Violations;
use ferrum_domain::intervals::exercise::{LONGEST_DESCRIPTION, LONGEST_NAME};
use ferrum_endpoint::Field;
use ferrum_endpoint::body::Member;

/// Whether a member must be there; the label is how the document calls it when it is missing.
#[derive(Clone, Copy)]
pub(crate) enum Need {
    /// In a POST.
    Required(&'static str),
    /// In a PUT, which can leave it out.
    Kept(&'static str),
    /// Absent and null are the same.
    Optional,
    /// It may be left out, and is not null.
    NotNull,
}

/// The value of a member, if it is there and of the right type; `label` begins the text of a fault.
pub(crate) fn value<'b, T: Member>(
    field: &'b Field<T>,
    label: &str,
    need: Need,
    violations: &mut Violations,
) -> Option<&'b T> {
    match (field, need) {
        (Field::Value(value), _) => return Some(value),
        (Field::Absent, Need::Kept(_) | Need::NotNull | Need::Optional) | (Field::Null, Need::Optional) => {}
        (Field::Absent | Field::Null, Need::Required(label)) | (Field::Null, Need::Kept(label)) => {
            violations.add(label, "is required");
        }
        (Field::Null | Field::Wrong(_), _) => violations.add(label, T::MUST_BE),
    }
    None
}

/// A name without the spaces around it; `whole` is what a missing one is called.
pub(crate) fn name(text: &str, whole: &str, violations: &mut Violations) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        violations.add(whole, "is required");
    } else if text.chars().count() > LONGEST_NAME {
        violations.add("Name", format!("cannot exceed {LONGEST_NAME} characters"));
    } else if text.chars().any(char::is_control) {
        violations.add("Name", "cannot contain control characters");
    } else {
        return Some(text.to_owned());
    }
    None
}

/// A description, kept as it is, line breaks included.
pub(crate) fn description(text: &str, violations: &mut Violations) -> Option<String> {
    if text.trim().is_empty() {
        violations.add("Description", "is required");
    } else if text.chars().count() > LONGEST_DESCRIPTION {
        violations.add("Description", format!("cannot exceed {LONGEST_DESCRIPTION} characters"));
    } else if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        violations.add("Description", "cannot contain control characters");
    } else {
        return Some(text.to_owned());
    }
    None
}
