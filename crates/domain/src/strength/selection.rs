//! Which of a program's progressions apply to which lifts.

use std::collections::BTreeSet;

use crate::strength::MaxType;
use crate::strength::progression::{Event, Progression};
use crate::time::Millis;

/// A progression as a program configures it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// Its own id.
    pub id: String,
    /// The progression's id.
    pub progression_id: String,
    /// The progression's rule.
    pub rule: Progression,
    /// The lift it is for; `None` for all that are prescribed.
    pub lift_id: Option<String>,
    /// The lowest one applies.
    pub priority: i64,
    /// Decides between equals.
    pub created_at: Millis,
}

/// One lift to which one configuration applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Application<'a> {
    /// The lift.
    pub lift_id: &'a str,
    /// What applies to it.
    pub configuration: &'a Configuration,
}

impl Configuration {
    /// What is smallest applies: priority, then a lift's own before one for all, then the older.
    fn precedence(&self) -> (i64, bool, Millis, &str) {
        (self.priority, self.lift_id.is_none(), self.created_at, &self.id)
    }

    fn covers(&self, lift_id: &str, prescribed: bool) -> bool {
        self.lift_id.as_deref().map_or(prescribed, |own| own == lift_id)
    }
}

/// The one configuration that applies to a lift for that event and max type. `prescribed` tells
/// whether the lift is prescribed in what the event ends, so that those for all lifts count.
fn precedent<'a>(
    configurations: &'a [Configuration],
    event: Event,
    max_type: MaxType,
    lift_id: &str,
    prescribed: bool,
) -> Option<&'a Configuration> {
    configurations
        .iter()
        .filter(|c| c.rule.event == event && c.rule.max_type == max_type && c.covers(lift_id, prescribed))
        .min_by_key(|c| c.precedence())
}

/// What an event applies: at most one configuration for each lift and max type, ordered by them.
///
/// `touched` are the lifts of the session, those trained in the week, or those prescribed in the
/// cycle. The end of a cycle also reaches the lifts that are configured by name and not prescribed.
pub fn due<'a>(
    configurations: &'a [Configuration],
    event: Event,
    touched: &'a BTreeSet<String>,
) -> Vec<Application<'a>> {
    let configured =
        configurations.iter().filter(|_| event == Event::Cycle).filter_map(|c| c.lift_id.as_deref());
    let lifts: BTreeSet<&str> = touched.iter().map(String::as_str).chain(configured).collect();
    lifts
        .into_iter()
        .flat_map(|lift_id| [MaxType::OneRm, MaxType::TrainingMax].map(|max_type| (lift_id, max_type)))
        .filter_map(|(lift_id, max_type)| {
            let prescribed = touched.contains(lift_id);
            precedent(configurations, event, max_type, lift_id, prescribed)
                .map(|configuration| Application { lift_id, configuration })
        })
        .collect()
}

/// What somebody who asks for a progression by hand gets: for each lift the progression's own
/// foremost configuration, ordered by lift, whatever other progressions have precedence.
///
/// With `lift_id` that lift alone, and only if it is configured by name or is one of `in_cycle`, the
/// lifts prescribed anywhere in the program. Without, every lift configured by name and, if the
/// progression is configured for all lifts, those of `current`, the current session, week or cycle.
pub fn requested<'a>(
    configurations: &'a [Configuration],
    progression_id: &str,
    lift_id: Option<&'a str>,
    current: &'a BTreeSet<String>,
    in_cycle: &BTreeSet<String>,
) -> Vec<Application<'a>> {
    let own = || configurations.iter().filter(|c| c.progression_id == progression_id);
    let lifts: BTreeSet<&str> = match lift_id {
        Some(lift_id) => BTreeSet::from([lift_id]),
        None => {
            current.iter().map(String::as_str).chain(own().filter_map(|c| c.lift_id.as_deref())).collect()
        }
    };
    let prescribed = if lift_id.is_some() { in_cycle } else { current };
    lifts
        .into_iter()
        .filter_map(|lift_id| {
            own()
                .filter(|c| c.covers(lift_id, prescribed.contains(lift_id)))
                .min_by_key(|c| c.precedence())
                .map(|configuration| Application { lift_id, configuration })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::units::Thousandths;

    fn configuration(id: &str, event: Event, lift: Option<&str>, priority: i64) -> Configuration {
        Configuration {
            id: id.to_owned(),
            progression_id: format!("progression-of-{id}"),
            rule: Progression { increment: Thousandths::whole(5), max_type: MaxType::TrainingMax, event },
            lift_id: lift.map(str::to_owned),
            priority,
            created_at: Millis(0),
        }
    }

    fn lifts(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    fn pairs<'a>(applications: &[Application<'a>]) -> Vec<(&'a str, &'a str)> {
        applications.iter().map(|a| (a.lift_id, a.configuration.id.as_str())).collect()
    }

    #[test]
    fn the_lowest_priority_applies_then_a_lifts_own_then_the_older() {
        let mut all = vec![
            configuration("all", Event::Session, None, 1),
            configuration("squat", Event::Session, Some("squat"), 1),
            configuration("bench", Event::Session, Some("bench"), 2),
            configuration("week", Event::Week, None, 0),
        ];
        let touched = lifts(&["squat", "bench"]);
        assert_eq!(pairs(&due(&all, Event::Session, &touched)), [("bench", "all"), ("squat", "squat")]);
        assert_eq!(pairs(&due(&all, Event::Week, &lifts(&["bench"]))), [("bench", "week")]);
        assert_eq!(pairs(&due(&all, Event::Cycle, &touched)), []);

        all.push(Configuration { created_at: Millis(-1), ..configuration("older", Event::Session, None, 1) });
        assert_eq!(pairs(&due(&all, Event::Session, &lifts(&["bench"]))), [("bench", "older")]);
    }

    #[test]
    fn max_types_are_apart() {
        let mut one_rm = configuration("one-rm", Event::Session, None, 9);
        one_rm.rule.max_type = MaxType::OneRm;
        let all = [configuration("tm", Event::Session, None, 0), one_rm];
        let touched = lifts(&["squat"]);
        assert_eq!(pairs(&due(&all, Event::Session, &touched)), [("squat", "one-rm"), ("squat", "tm")]);
    }

    #[test]
    fn a_cycle_reaches_every_configured_lift() {
        let all = [
            configuration("all", Event::Cycle, None, 0),
            configuration("press", Event::Cycle, Some("press"), 5),
            configuration("session", Event::Session, Some("row"), 0),
        ];
        // The press is not prescribed, so what is for all lifts does not overrule its own.
        let touched = lifts(&["squat"]);
        assert_eq!(pairs(&due(&all, Event::Cycle, &touched)), [("press", "press"), ("squat", "all")]);
        assert_eq!(pairs(&due(&all, Event::Session, &touched)), []);
    }

    #[test]
    fn asking_by_hand() {
        let all = [
            configuration("rival", Event::Session, None, 0),
            configuration("all", Event::Session, None, 1),
            Configuration {
                progression_id: "progression-of-all".to_owned(),
                ..configuration("press", Event::Session, Some("press"), 1)
            },
        ];
        let (today, in_cycle) = (lifts(&["squat"]), lifts(&["squat", "bench"]));
        let ask = |lift| pairs(&requested(&all, "progression-of-all", lift, &today, &in_cycle));
        assert_eq!(ask(None), [("press", "press"), ("squat", "all")]);
        assert_eq!(ask(Some("bench")), [("bench", "all")]);
        assert_eq!(ask(Some("press")), [("press", "press")]);
        assert_eq!(ask(Some("row")), []);
        assert_eq!(pairs(&requested(&all, "unknown", None, &today, &in_cycle)), []);
        let precedent = precedent(&all, Event::Session, MaxType::TrainingMax, "squat", true);
        assert_eq!(precedent.map(|c| c.id.as_str()), Some("rival"));
    }

    fn any_configuration() -> impl Strategy<Value = Configuration> {
        let event = prop_oneof![Just(Event::Session), Just(Event::Week), Just(Event::Cycle)];
        let max_type = prop_oneof![Just(MaxType::OneRm), Just(MaxType::TrainingMax)];
        let lift = prop::option::of("[a-d]");
        (event, max_type, lift, 0_i64..3, 0_i64..3, "[a-z]{8}").prop_map(
            |(event, max_type, lift_id, priority, created, id)| {
                let mut made = configuration(&id, event, lift_id.as_deref(), priority);
                made.rule.max_type = max_type;
                made.created_at = Millis(created);
                made
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn one_applies_per_lift_and_max_type_whatever_the_order(
            configurations in prop::collection::vec(any_configuration(), 0..12),
            touched in prop::collection::btree_set("[a-d]", 0..4),
        ) {
            let mut turned = configurations.clone();
            turned.reverse();
            for event in [Event::Session, Event::Week, Event::Cycle] {
                let applied = due(&configurations, event, &touched);
                prop_assert_eq!(pairs(&applied), pairs(&due(&turned, event, &touched)));
                let keys: BTreeSet<_> =
                    applied.iter().map(|a| (a.lift_id, a.configuration.rule.max_type)).collect();
                prop_assert_eq!(keys.len(), applied.len());
                for a in &applied {
                    prop_assert_eq!(a.configuration.rule.event, event);
                    prop_assert!(touched.contains(a.lift_id) || a.configuration.lift_id.is_some());
                    let rivals = configurations.iter().filter(|c| {
                        c.rule.event == event
                            && c.rule.max_type == a.configuration.rule.max_type
                            && c.covers(a.lift_id, touched.contains(a.lift_id))
                    });
                    prop_assert_eq!(rivals.map(|c| c.priority).min(), Some(a.configuration.priority));
                }
            }
        }
    }
}
