//! Errors are outcomes: the closed list of ways in which a request can end other than well.
//!
//! Each surface renders them in its own words and status codes (its `dialect.rs`).

use std::fmt;

use crate::strength::MaxType;
use crate::violations::Violation;

/// The result of anything that can end in one of the product's [`Error`]s.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How a request can fail.
#[derive(Debug)]
pub enum Error {
    /// Nobody the product knows made the request, or their proof no longer holds.
    Unauthenticated(Unproven),
    /// The caller is known and may not do this.
    Forbidden(Forbidden),
    /// It does not exist, or not for this caller.
    NotFound,
    /// The input breaks these rules; all of them, not only the first.
    Invalid(Vec<Violation>),
    /// The body is larger than the server reads.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The input is well formed and contradicts what is stored.
    Conflict(Conflict),
    /// The lifter has no current maxes from which the loads could be computed; all of them, not only
    /// the first.
    MissingMax(Vec<MissingMax>),
    /// The caller has used up a limit.
    TooMany {
        /// Of what.
        of: Attempts,
        /// Over how many seconds they are counted.
        window: u64,
        /// Seconds after which the next request can succeed.
        retry_after: u64,
    },
    /// The server cannot do it now (queue full, disk full, database gone); a later try may succeed.
    Unavailable {
        /// For the operator's log, never for the client.
        context: String,
    },
    /// A defect of ours.
    Internal {
        /// For the operator's log, never for the client.
        context: String,
        /// What caused it.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempts {
    /// Requests of any kind.
    Requests,
    /// Attempts to register or to log in.
    SignIns,
}

/// Why the caller of a request is nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproven {
    /// They did not say who they are.
    Missing,
    /// What they said cannot be believed: forged, expired, withdrawn.
    Refused,
    /// They proved to be somebody who has no account any more.
    Unknown,
    /// The e-mail or the password with which they would log in is wrong; which of them is not told.
    Credentials,
}

/// Why a known caller is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forbidden {
    /// The action needs the role `admin`.
    Role,
    /// The resource belongs to somebody else.
    Owner,
}

/// A max that a load is a percentage of and that the lifter has not given. Prints as
/// `missing lift max for squat (TRAINING_MAX)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingMax {
    /// Slug of the lift whose max it is.
    pub lift: String,
    /// The kind of max.
    pub max_type: MaxType,
}

/// How a well-formed request contradicts what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// Another row of the same scope has this slug.
    SlugTaken,
    /// Another row has the same natural key; the text says which, e.g. `weekNumber 2 of this cycle`.
    Exists(String),
    /// Other rows refer to it; the text says which, e.g. `lift maxes`.
    Referenced(String),
    /// The `Idempotency-Key` was used with another body or other rights.
    KeyReused,
}

impl Error {
    /// One violated rule on one field.
    pub fn invalid(field: impl AsRef<str>, message: impl AsRef<str>) -> Self {
        Self::Invalid(vec![Violation::new(field, message)])
    }

    /// A defect of ours, with what the operator needs to find it.
    pub fn internal(context: impl Into<String>) -> Self {
        Self::Internal { context: context.into(), source: None }
    }

    /// A condition that a later try may not meet.
    pub fn unavailable(context: impl Into<String>) -> Self {
        Self::Unavailable { context: context.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthenticated(why) => write!(f, "unauthenticated: {why:?}"),
            Self::Forbidden(Forbidden::Role) => f.write_str("forbidden: role"),
            Self::Forbidden(Forbidden::Owner) => f.write_str("forbidden: owner"),
            Self::NotFound => f.write_str("not found"),
            Self::Invalid(violations) => {
                f.write_str("invalid: ")?;
                joined(f, violations)
            }
            Self::TooLarge { limit } => write!(f, "body over {limit} bytes"),
            Self::Conflict(conflict) => write!(f, "conflict: {conflict:?}"),
            Self::MissingMax(missing) => joined(f, missing),
            Self::TooMany { of, retry_after, .. } => {
                write!(f, "too many {of:?}, retry after {retry_after} s")
            }
            Self::Unavailable { context } => write!(f, "unavailable: {context}"),
            Self::Internal { context, source: Some(source) } => {
                write!(f, "internal: {context}: {source}")
            }
            Self::Internal { context, source: None } => write!(f, "internal: {context}"),
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[impl fmt::Display]) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        write!(f, "{}{part}", if i == 0 { "" } else { "; " })?;
    }
    Ok(())
}

impl fmt::Display for MissingMax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "missing lift max for {} ({})", self.lift, self.max_type.as_str())
    }
}

impl std::error::Error for Error {}
