//! Strength training: loads, set schemes, progressions, lookups, rounding.

pub mod limits;
pub mod load;
pub mod lookup;
pub mod maxes;
pub mod position;
pub mod prescription;
pub mod progression;
pub mod selection;
pub mod set_scheme;

use serde::Serialize;
use serde_json::Value;

use crate::parse;
use crate::violations::Violations;

/// What a max measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MaxType {
    /// Heaviest single repetition.
    OneRm,
    /// The number that programs compute with, usually 90 % of the one-repetition maximum.
    TrainingMax,
}

impl MaxType {
    /// `ONE_RM` or `TRAINING_MAX`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneRm => "ONE_RM",
            Self::TrainingMax => "TRAINING_MAX",
        }
    }

    /// Reads the type from a JSON value.
    pub fn read(field: &str, value: &Value, violations: &mut Violations) -> Option<Self> {
        let names = [Self::OneRm, Self::TrainingMax].map(|max_type| (max_type.as_str(), max_type));
        parse::choice(field, value, &names, violations)
    }
}
