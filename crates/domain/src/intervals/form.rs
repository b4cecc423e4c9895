//! The forms of an interval workout, and which figures each of them has.
//!
//! One table says it all: what a figure is called, how large it may be, and what a form makes of it.
//! The validation, the documentation and the views all read this table.

use std::ops::RangeInclusive;

/// What a workout's clock does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// Rounds of work and rest.
    Interval,
    /// Rounds of 20 seconds of work and 10 of rest, eight of them unless said otherwise.
    Tabata,
    /// Rounds of at least two exercises, from station to station.
    Circuit,
    /// Every minute on the minute: one exercise a minute, and what is left of the minute is rest.
    Emom,
    /// As many rounds as possible: one stretch of work for all exercises in turn.
    Amrap,
    /// Rounds whose work grows by a step up to a peak.
    Ladder,
    /// A ladder up to the peak and down again; the peak comes once.
    Pyramid,
}

impl Form {
    /// Every form.
    pub const ALL: &'static [Self] =
        &[Self::Interval, Self::Tabata, Self::Circuit, Self::Emom, Self::Amrap, Self::Ladder, Self::Pyramid];

    /// Its name, e.g. `emom`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Interval => "interval",
            Self::Tabata => "tabata",
            Self::Circuit => "circuit",
            Self::Emom => "emom",
            Self::Amrap => "amrap",
            Self::Ladder => "ladder",
            Self::Pyramid => "pyramid",
        }
    }

    /// The form of that name, matched exactly.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|form| form.as_str() == text)
    }

    /// The fewest exercises that make sense of it.
    pub const fn fewest_exercises(self) -> usize {
        if matches!(self, Self::Circuit) { 2 } else { 1 }
    }

    /// What this form makes of a figure of the whole workout.
    #[allow(clippy::match_same_arms, reason = "a table, a form's lines together")]
    pub const fn rule(self, figure: Figure) -> Rule {
        use Rule::{Default, Fixed, Foreign};
        match (figure, self) {
            (Figure::WarmUpSeconds | Figure::CoolDownSeconds, _) => Default(0),
            (Figure::Rounds, Self::Tabata) => Default(8),
            (Figure::WorkSeconds, Self::Tabata) => Fixed(20),
            (Figure::RestSeconds, Self::Tabata) => Fixed(10),
            (Figure::RoundRestSeconds, Self::Tabata) => Default(0),
            (Figure::Rounds, Self::Interval | Self::Circuit) => Default(3),
            (Figure::WorkSeconds, Self::Interval | Self::Circuit) => Default(30),
            (Figure::RestSeconds, Self::Interval | Self::Circuit) => Default(10),
            (Figure::RoundRestSeconds, Self::Interval | Self::Circuit) => Default(60),
            (Figure::Minutes, Self::Emom) => Default(10),
            (Figure::WorkSeconds, Self::Emom) => Default(40),
            (Figure::Minutes, Self::Amrap) => Default(12),
            (Figure::Start, Self::Ladder | Self::Pyramid) => Default(20),
            (Figure::Step, Self::Ladder | Self::Pyramid) => Default(10),
            (Figure::Peak, Self::Ladder | Self::Pyramid) => Default(60),
            (Figure::RestSeconds, Self::Ladder | Self::Pyramid) => Default(20),
            (Figure::RoundRestSeconds, Self::Ladder | Self::Pyramid) => Default(0),
            _ => Foreign,
        }
    }

    /// Whether one exercise may have its own figure of that name.
    pub const fn can_override(self, figure: Figure) -> bool {
        match figure {
            Figure::WorkSeconds => matches!(self, Self::Interval | Self::Circuit | Self::Emom),
            Figure::RestSeconds => {
                matches!(self, Self::Interval | Self::Circuit | Self::Ladder | Self::Pyramid)
            }
            _ => false,
        }
    }
}

/// What a form makes of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// It may be given; else it is this.
    Default(u32),
    /// It is this and nothing else.
    Fixed(u32),
    /// The form has no such figure.
    Foreign,
}

/// A number that describes a workout, in seconds where the name says nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Figure {
    /// How often all exercises are done.
    Rounds,
    /// How long an exercise is done; in an EMOM, of each minute.
    WorkSeconds,
    /// Rest after an exercise.
    RestSeconds,
    /// Rest between two rounds, in addition to that after the round's last exercise.
    RoundRestSeconds,
    /// How long an EMOM or AMRAP goes on, in minutes.
    Minutes,
    /// Work of the first round of a ladder or pyramid.
    Start,
    /// By how much the work changes from round to round.
    Step,
    /// Work of the longest round.
    Peak,
    /// Before everything.
    WarmUpSeconds,
    /// After everything.
    CoolDownSeconds,
}

impl Figure {
    /// Every figure, in the order in which faults are named.
    pub const ALL: [Self; 10] = [
        Self::Rounds,
        Self::WorkSeconds,
        Self::RestSeconds,
        Self::RoundRestSeconds,
        Self::Minutes,
        Self::Start,
        Self::Step,
        Self::Peak,
        Self::WarmUpSeconds,
        Self::CoolDownSeconds,
    ];

    /// Its name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rounds => "rounds",
            Self::WorkSeconds => "workSeconds",
            Self::RestSeconds => "restSeconds",
            Self::RoundRestSeconds => "roundRestSeconds",
            Self::Minutes => "minutes",
            Self::Start => "start",
            Self::Step => "step",
            Self::Peak => "peak",
            Self::WarmUpSeconds => "warmUpSeconds",
            Self::CoolDownSeconds => "coolDownSeconds",
        }
    }

    /// The least and the greatest that it may be in any form.
    pub const fn range(self) -> RangeInclusive<u32> {
        match self {
            Self::Rounds => 1..=MAX_ROUNDS,
            Self::WorkSeconds | Self::Start | Self::Peak => MIN_WORK..=MAX_PHASE,
            Self::Step => 1..=MAX_PHASE,
            Self::Minutes => 1..=MAX_MINUTES,
            Self::RestSeconds | Self::RoundRestSeconds | Self::WarmUpSeconds | Self::CoolDownSeconds => {
                0..=MAX_PHASE
            }
        }
    }

    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

/// The most rounds.
pub const MAX_ROUNDS: u32 = 100;
/// The shortest work, in seconds: less is over before it is read.
pub const MIN_WORK: u32 = 5;
/// The longest work, rest, warm-up or cool-down, in seconds.
pub const MAX_PHASE: u32 = 3600;
/// The longest EMOM or AMRAP, in minutes.
pub const MAX_MINUTES: u32 = 24 * 60;
/// Seconds of one interval of an EMOM.
pub const MINUTE: u32 = 60;
/// The most exercises of a workout.
pub const MAX_EXERCISES: usize = 50;
/// The most repetitions that an exercise of a workout can ask for.
pub const MAX_REPS: u32 = 1000;
/// The longest workout, in seconds.
pub const MAX_SECONDS: u64 = 24 * 60 * 60;
/// The most phases of a workout.
pub const MAX_PHASES: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_at_their_own_index() {
        for (index, figure) in Figure::ALL.into_iter().enumerate() {
            assert_eq!(figure.index(), index, "{figure:?}");
        }
    }

    #[test]
    fn forms_read_back() {
        for form in Form::ALL {
            assert_eq!(Form::parse(form.as_str()), Some(*form));
        }
        assert_eq!(Form::parse("EMOM"), None);
    }

    #[test]
    fn what_a_form_sets_is_in_range() {
        for form in Form::ALL {
            for figure in Figure::ALL {
                if let Rule::Default(value) | Rule::Fixed(value) = form.rule(figure) {
                    assert!(figure.range().contains(&value), "{form:?} {figure:?}");
                }
            }
        }
    }

    #[test]
    fn only_a_figure_of_the_form_can_be_overridden() {
        for form in Form::ALL {
            for figure in Figure::ALL {
                let free = matches!(form.rule(figure), Rule::Default(_));
                assert!(!form.can_override(figure) || free, "{form:?} {figure:?}");
            }
        }
    }
}
