//! Progressions: what makes a max rise, when, and by how much.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::parse::{self, Members};
use crate::strength::MaxType;
use crate::strength::limits::{self, MAX_WEIGHT};
use crate::units::Thousandths;
use crate::violations::Violations;

/// What ends and makes progressions fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Event {
    /// A session.
    #[serde(rename = "AFTER_SESSION")]
    Session,
    /// The last session of a week.
    #[serde(rename = "AFTER_WEEK")]
    Week,
    /// The last week of a cycle.
    #[serde(rename = "AFTER_CYCLE")]
    Cycle,
}

impl Event {
    /// `AFTER_SESSION`, `AFTER_WEEK` or `AFTER_CYCLE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "AFTER_SESSION",
            Self::Week => "AFTER_WEEK",
            Self::Cycle => "AFTER_CYCLE",
        }
    }

    /// What it ends: `session`, `week` or `cycle`.
    pub fn period(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Week => "week",
            Self::Cycle => "cycle",
        }
    }

    fn read_linear(field: &str, value: &Value, violations: &mut Violations) -> Option<Self> {
        let names = [Self::Session, Self::Week].map(|event| (event.as_str(), event));
        parse::choice(field, value, &names, violations)
    }
}

/// What applied a progression: an event, or the lifter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggeredBy {
    /// Its own event came.
    Event(Event),
    /// Somebody asked for it.
    Manual,
}

impl TriggeredBy {
    /// The event's name, or `MANUAL`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Event(event) => event.as_str(),
            Self::Manual => "MANUAL",
        }
    }
}

/// The documented types of progressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ProgressionType {
    /// Adds weight after a session or a week.
    Linear,
    /// Adds weight at the end of a cycle.
    Cycle,
}

impl ProgressionType {
    /// `LINEAR` or `CYCLE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Linear => "LINEAR",
            Self::Cycle => "CYCLE",
        }
    }

    /// The type of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Linear, Self::Cycle].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The rule of a progression. Serialises as its `parameters`: the type stands beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progression {
    /// The weight to add.
    pub increment: Thousandths,
    /// The max that rises.
    pub max_type: MaxType,
    /// What it waits for.
    #[serde(rename = "triggerType", skip_serializing_if = "Progression::is_cycle_event")]
    pub event: Event,
}

impl Progression {
    /// Reads the parameters of a progression of that type; unknown members are ignored, and so is
    /// the `triggerType` of a cycle progression.
    pub fn parse(
        kind: ProgressionType,
        field: &str,
        parameters: &Value,
        violations: &mut Violations,
    ) -> Option<Self> {
        let members = Members::of(field, parameters, violations)?;
        let increment = members.required("increment", violations, limits::weight);
        let max_type = members.required("maxType", violations, MaxType::read);
        let event = match kind {
            ProgressionType::Linear => members.required("triggerType", violations, Event::read_linear),
            ProgressionType::Cycle => Some(Event::Cycle),
        };
        Some(Self { increment: increment?, max_type: max_type?, event: event? })
    }

    /// Its documented type.
    pub fn kind(&self) -> ProgressionType {
        if self.event == Event::Cycle { ProgressionType::Cycle } else { ProgressionType::Linear }
    }

    /// What it makes of the lifter's current max.
    pub fn apply(&self, previous: Thousandths) -> Result<Raise, SkipReason> {
        let new = Thousandths(previous.0.saturating_add(self.increment.0));
        if new > MAX_WEIGHT {
            return Err(SkipReason::TooHeavy);
        }
        Ok(Raise { previous, new })
    }

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    fn is_cycle_event(event: &Event) -> bool {
        *event == Event::Cycle
    }
}

/// A max before and after a progression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raise {
    /// The current max so far.
    pub previous: Thousandths,
    /// The current max from now on.
    pub new: Thousandths,
}

impl Raise {
    /// By how much it rose.
    pub fn delta(self) -> Thousandths {
        Thousandths(self.new.0 - self.previous.0)
    }
}

/// Why a progression that was due changed nothing. Prints as a sentence for the lifter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// There is nothing to add to.
    NoCurrentMax(MaxType),
    /// The max would exceed what can be kept.
    TooHeavy,
    /// The period has been served.
    AlreadyApplied,
    /// Another configuration of the program has precedence for this lift.
    Overruled,
    /// The end of the current session, week or cycle does not reach this lift.
    NotDue(Event),
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCurrentMax(max_type) => write!(f, "no current max of type {}", max_type.as_str()),
            Self::TooHeavy => write!(f, "the new max would be over {MAX_WEIGHT}"),
            Self::AlreadyApplied => f.write_str("already applied in this period"),
            Self::Overruled => f.write_str("another progression of the program has precedence"),
            Self::NotDue(event) => write!(f, "not due at the end of the current {}", event.period()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::Error;

    fn parse(kind: ProgressionType, value: &Value) -> Result<Progression, Vec<String>> {
        let mut violations = Violations::new();
        let parsed = Progression::parse(kind, "parameters", value, &mut violations);
        violations.finish(parsed).map_err(|error| match error {
            Error::Invalid(all) => all.iter().map(ToString::to_string).collect(),
            other => panic!("{other}"),
        })
    }

    #[test]
    fn parameters_are_echoed_as_given() {
        let linear = r#"{"increment":5.0,"maxType":"TRAINING_MAX","triggerType":"AFTER_WEEK"}"#;
        let parsed = parse(ProgressionType::Linear, &serde_json::from_str(linear).unwrap()).unwrap();
        assert_eq!(serde_json::to_string(&parsed).unwrap(), linear);
        assert_eq!((parsed.kind(), parsed.event), (ProgressionType::Linear, Event::Week));

        let cycle = json!({"increment": 2.5, "maxType": "ONE_RM", "triggerType": "WHENEVER"});
        let parsed = parse(ProgressionType::Cycle, &cycle).unwrap();
        assert_eq!(serde_json::to_string(&parsed).unwrap(), r#"{"increment":2.5,"maxType":"ONE_RM"}"#);
        assert_eq!((parsed.kind(), parsed.event), (ProgressionType::Cycle, Event::Cycle));
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        assert_eq!(
            parse(ProgressionType::Linear, &json!({"increment": 0, "triggerType": "AFTER_CYCLE"}))
                .unwrap_err(),
            [
                "parameters.increment must be over 0 and at most 10000, with at most 3 decimals",
                "parameters.maxType is required",
                "parameters.triggerType must be AFTER_SESSION or AFTER_WEEK",
            ]
        );
        assert_eq!(parse(ProgressionType::Cycle, &json!(5)).unwrap_err(), ["parameters must be an object"]);
        assert_eq!(ProgressionType::parse("CYCLE"), Some(ProgressionType::Cycle));
        assert_eq!(ProgressionType::parse("cycle"), None);
    }

    #[test]
    fn a_max_rises_by_the_increment_up_to_the_limit() {
        let rule = Progression {
            increment: Thousandths(2500),
            max_type: MaxType::TrainingMax,
            event: Event::Session,
        };
        let raise = rule.apply(Thousandths::whole(315)).unwrap();
        assert_eq!((raise.new, raise.delta()), (Thousandths(317_500), Thousandths(2500)));
        assert!(rule.apply(Thousandths(9_997_500)).is_ok());
        assert_eq!(rule.apply(Thousandths(9_997_501)), Err(SkipReason::TooHeavy));
        let missing = SkipReason::NoCurrentMax(rule.max_type);
        assert_eq!(missing.to_string(), "no current max of type TRAINING_MAX");
        assert_eq!(SkipReason::TooHeavy.to_string(), "the new max would be over 10000");
    }

    #[test]
    fn what_triggered_has_a_name() {
        assert_eq!(TriggeredBy::Event(Event::Cycle).as_str(), "AFTER_CYCLE");
        assert_eq!(TriggeredBy::Manual.as_str(), "MANUAL");
    }
}
