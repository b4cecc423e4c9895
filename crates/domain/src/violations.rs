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
    /// A violation of `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
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

/// A collector of violations.
#[derive(Debug, Default)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// An empty collector.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes one broken rule.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(Violation::new(field, message));
    }

    /// Notes what another collector noted, behind what is noted here.
    pub fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
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
