//! The built-in programs as figures: the files in `data/programs/`.

use serde::{Deserialize, Serialize};

/// One program.
#[derive(Debug, Deserialize)]
pub struct Facts {
    /// Name of the file.
    pub id: String,
    /// Weeks until it starts again.
    pub weeks_per_cycle: i64,
    /// Every training session of a cycle.
    pub sessions: Vec<Session>,
}

/// One session, held in each of `weeks`.
#[derive(Debug, Deserialize)]
pub struct Session {
    /// Numbers of the weeks, from 1.
    pub weeks: Vec<i64>,
    /// Number of the session within the week, from 1.
    pub day: i64,
    /// Name of a session that comes back, e.g. `A`.
    pub label: Option<String>,
    /// In order.
    pub exercises: Vec<Exercise>,
}

/// One line of a session.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Exercise {
    /// In snake case.
    pub lift: String,
    /// The lift whose max counts, if it is another one.
    pub load_lift: Option<String>,
    /// Groups of equal sets; none where only `sets_count` is known.
    #[serde(default)]
    pub sets: Vec<SetGroup>,
    /// Number of sets, where nothing else is known.
    pub sets_count: Option<i64>,
}

/// Equal sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetGroup {
    /// How many.
    pub sets: i64,
    /// Repetitions of each.
    pub reps: Figure<i64>,
    /// As many repetitions as possible; `reps` is then the least.
    pub amrap: bool,
    /// With which weight.
    pub load: Load,
}

/// A figure or a range of figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Figure<N> {
    /// Exactly this.
    One(N),
    /// From, to.
    Range([N; 2]),
}

impl<N: Copy> Figure<N> {
    /// Ranges take the low end.
    pub fn low(self) -> N {
        match self {
            Self::One(figure) | Self::Range([figure, _]) => figure,
        }
    }
}

/// Where a weight comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// `percent`, `linear`, `self_chosen`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// What the percent is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Figure<f64>>,
}
