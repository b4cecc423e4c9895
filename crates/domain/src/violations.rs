//! What is wrong with an input: collected, not thrown, so that a client hears everything at once.

use std::fmt;

use crate::error::{Error, Result};

/// One broken rule. Prints as `field message`, e.g. `name must be 1 to 100 characters long`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field as the client wrote it, e.g. `setScheme.sets[2].reps`, or as the surface's
    /// document calls it. Empty when the request as a whole is at fault.
    pub field: String,
    /// What the field must be, beginning in lower case, without the field's name. Without a field a
    /// whole sentence.
    pub message: String,
}

impl Violation {
    /// A violation of `field`; path and message are cut after 300 bytes, since clients choose names of members and
    /// texts.
    pub fn new(field: impl AsRef<str>, message: impl AsRef<str>) -> Self {
        Self { field: short(field.as_ref()), message: short(message.as_ref()) }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "{} {}", self.field, self.message)
    }
}

/// So many violations are kept; a client that has mended them hears of the rest.
const MOST: usize = 1000;
/// Bytes of a field's path, and of a message.
const LONGEST: usize = 300;

/// A collector of violations, bounded so that an answer is never much larger than what was sent.
#[derive(Debug, Default)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// An empty collector.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes one broken rule.
    pub fn add(&mut self, field: impl AsRef<str>, message: impl AsRef<str>) {
        if self.0.len() < MOST {
            self.0.push(Violation::new(field, message));
        }
    }

    /// Notes what another collector noted, behind what is noted here.
    pub fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
        self.0.truncate(MOST);
    }

    /// Everything noted, in order.
    pub fn into_vec(self) -> Vec<Violation> {
        self.0
    }

    /// Whether nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `Err(Error::Invalid)` with everything noted, or `Ok` when nothing was.
    pub fn check(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }

    /// The value built while collecting, if nothing was wrong with it.
    ///
    /// A `None` without a violation is a defect in the parser that called this.
    pub fn finish<T>(self, value: Option<T>) -> Result<T> {
        self.check()?;
        value.ok_or_else(|| Error::internal("a parser refused a value without saying why"))
    }
}

fn short(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    [&text[..text.floor_char_boundary(LONGEST)], "…"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_chose_comes_back_short() {
        let mut violations = Violations::new();
        for _ in 0..2000 {
            violations.add("é".repeat(500_000), "é".repeat(200));
        }
        let kept = violations.into_vec();
        assert_eq!(kept.len(), MOST);
        assert_eq!(kept[0].field, format!("{}…", "é".repeat(150)));
        assert_eq!(kept[0].message, format!("{}…", "é".repeat(150)));
        let mut violations = Violations::new();
        violations.add("é".repeat(150), "");
        assert_eq!(violations.into_vec()[0].field, "é".repeat(150));
    }
}
