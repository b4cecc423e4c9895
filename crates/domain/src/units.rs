//! Weights and percentages as exact decimals. Nothing here is a float except at the JSON edge.

use serde::{Deserialize, Serialize, Serializer};

/// Unit of an account's weights. Changing it converts nothing that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WeightUnit {
    /// Pounds; the default.
    Lb,
    /// Kilograms.
    Kg,
}

impl WeightUnit {
    /// `lb` or `kg`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lb => "lb",
            Self::Kg => "kg",
        }
    }

    /// The unit of that name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "lb" => Some(Self::Lb),
            "kg" => Some(Self::Kg),
            _ => None,
        }
    }
}

/// A decimal with three places, kept as a whole number of thousandths: a weight in the account's
/// unit, a percentage (85.0 is `85000`), a rounding step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Thousandths(pub i64);

impl Thousandths {
    /// The whole number `n`.
    pub const fn whole(n: i64) -> Self {
        Self(n * 1000)
    }

    /// The exact value of a JSON number, if it has at most three decimals (in its shortest decimal
    /// form) and is of a size we can keep.
    pub fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() || value.abs() >= 1e12 {
            return None;
        }
        let scaled = (value * 1000.0).round();
        #[allow(clippy::cast_possible_truncation, reason = "bounded by 1e15 above")]
        let thousandths = scaled as i64;
        // The nearest three-place decimal must print as the very number that came in.
        #[allow(clippy::float_cmp, reason = "the question is identity")]
        (Self(thousandths).to_f64() == value).then_some(Self(thousandths))
    }

    /// For the JSON edge; the nearest double, which prints as the exact decimal.
    pub fn to_f64(self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "bounded well below 2^53")]
        let value = self.0 as f64;
        value / 1000.0
    }
}

impl Serialize for Thousandths {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.to_f64())
    }
}

impl std::fmt::Display for Thousandths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.to_f64())
    }
}
