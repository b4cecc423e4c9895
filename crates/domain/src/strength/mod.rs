//! Strength training: loads, set schemes, progressions, lookups, rounding.

/// What a max measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

    /// The type of that name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "ONE_RM" => Some(Self::OneRm),
            "TRAINING_MAX" => Some(Self::TrainingMax),
            _ => None,
        }
    }
}
