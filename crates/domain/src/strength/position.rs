//! Where a lifter stands in a program, and what ends when they move on.

use std::collections::BTreeMap;

use crate::strength::progression::Event;

/// A place in a program: the session that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Which time through the cycle, from 1.
    pub iteration: i64,
    /// Week of the cycle, from 1.
    pub week: i64,
    /// Session of the week, from 0.
    pub day_index: i64,
}

impl Position {
    /// Where everybody begins.
    pub const START: Self = Self { iteration: 1, week: 1, day_index: 0 };
}

/// How long a cycle is and how many sessions each of its weeks has: never none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    length_weeks: i64,
    sessions: BTreeMap<i64, i64>,
}

/// Something that a lifter has finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// What.
    pub event: Event,
    /// The iteration that it belongs to.
    pub iteration: i64,
    /// The week that it is, or ends with.
    pub week: i64,
    /// The session that it is, or ends with, counted from 1 in its week.
    pub session: i64,
}

/// The time in which a progression applies once: a session, a week or a cycle of an enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// Which kind of time.
    pub event: Event,
    /// Which time through the cycle.
    pub iteration: i64,
    /// The week; 0 for a cycle.
    pub week: i64,
    /// The session counted from 1 in its week; 0 for a week and a cycle.
    pub session: i64,
}

/// A step through a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// The new position.
    pub position: Position,
    /// What ended with the step: session before week before cycle.
    pub ended: Vec<Ended>,
}

impl Period {
    /// The period of that kind to which a position belongs.
    pub fn of(event: Event, position: Position) -> Self {
        let Position { iteration, week, day_index } = position;
        match event {
            Event::Session => Self { event, iteration, week, session: day_index + 1 },
            Event::Week => Self { event, iteration, week, session: 0 },
            Event::Cycle => Self { event, iteration, week: 0, session: 0 },
        }
    }
}

impl Ended {
    fn at(event: Event, position: Position) -> Self {
        let Position { iteration, week, day_index } = position;
        Self { event, iteration, week, session: day_index + 1 }
    }

    /// The period that it closes.
    pub fn period(&self) -> Period {
        let Self { event, iteration, week, session } = *self;
        Period::of(event, Position { iteration, week, day_index: session - 1 })
    }
}

impl Shape {
    /// A cycle of `length_weeks` weeks with (week number, number of sessions) as given. A week
    /// without sessions, or not given, counts as one session; one behind the length does not count.
    pub fn new(length_weeks: i64, sessions: impl IntoIterator<Item = (i64, i64)>) -> Self {
        let length_weeks = length_weeks.max(1);
        let sessions = sessions.into_iter().filter(|(week, _)| (1..=length_weeks).contains(week)).collect();
        Self { length_weeks, sessions }
    }

    /// The number of weeks.
    pub fn length_weeks(&self) -> i64 {
        self.length_weeks
    }

    /// The number of sessions of a week; 1 for a week that is not in the cycle.
    pub fn sessions(&self, week: i64) -> i64 {
        self.sessions.get(&week).map_or(1, |count| (*count).max(1))
    }

    /// The nearest position that exists, since a program may shrink around its lifters.
    pub fn clamp(&self, position: Position) -> Position {
        let week = position.week.clamp(1, self.length_weeks);
        Position {
            iteration: position.iteration.max(1),
            week,
            day_index: position.day_index.clamp(0, self.sessions(week) - 1),
        }
    }

    /// Ends the current session.
    pub fn advance_day(&self, position: Position) -> Advance {
        let here = self.clamp(position);
        let session = Ended::at(Event::Session, here);
        if here.day_index + 1 < self.sessions(here.week) {
            let position = Position { day_index: here.day_index + 1, ..here };
            return Advance { position, ended: vec![session] };
        }
        let mut advance = self.advance_week(here);
        advance.ended.insert(0, session);
        advance
    }

    /// Leaves the current week, skipping what is left of it.
    pub fn advance_week(&self, position: Position) -> Advance {
        let here = self.clamp(position);
        let week = Ended::at(Event::Week, here);
        if here.week < self.length_weeks {
            let position = Position { week: here.week + 1, day_index: 0, ..here };
            return Advance { position, ended: vec![week] };
        }
        let position = Position { iteration: here.iteration.saturating_add(1), week: 1, day_index: 0 };
        Advance { position, ended: vec![week, Ended::at(Event::Cycle, here)] }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn at(iteration: i64, week: i64, day_index: i64) -> Position {
        Position { iteration, week, day_index }
    }

    fn events(advance: &Advance) -> Vec<Event> {
        advance.ended.iter().map(|ended| ended.event).collect()
    }

    #[test]
    fn days_weeks_and_cycles_end_together() {
        let shape = Shape::new(2, [(1, 3), (2, 1)]);
        let step = shape.advance_day(Position::START);
        assert_eq!((step.position, events(&step)), (at(1, 1, 1), vec![Event::Session]));

        let step = shape.advance_day(at(1, 1, 2));
        assert_eq!((step.position, events(&step)), (at(1, 2, 0), vec![Event::Session, Event::Week]));

        let step = shape.advance_day(at(1, 2, 0));
        assert_eq!(step.position, at(2, 1, 0));
        assert_eq!(events(&step), [Event::Session, Event::Week, Event::Cycle]);
        assert!(step.ended.iter().all(|ended| (ended.iteration, ended.week) == (1, 2)));
    }

    #[test]
    fn leaving_a_week_ends_no_session() {
        let shape = Shape::new(2, [(1, 3)]);
        let step = shape.advance_week(at(1, 1, 1));
        assert_eq!((step.position, events(&step)), (at(1, 2, 0), vec![Event::Week]));
        let step = shape.advance_week(step.position);
        assert_eq!((step.position, events(&step)), (at(2, 1, 0), vec![Event::Week, Event::Cycle]));
    }

    #[test]
    fn weeks_without_sessions_count_as_one() {
        let shape = Shape::new(3, [(2, 0), (7, 4), (0, 4), (-1, 4), (i64::MIN, 4)]);
        assert_eq!([1, 2, 3, 4, i64::MIN].map(|week| shape.sessions(week)), [1; 5]);
        assert_eq!(Shape::new(0, []).length_weeks(), 1);
    }

    #[test]
    fn a_shrunk_program_pulls_its_lifters_in() {
        let shape = Shape::new(2, [(2, 2)]);
        assert_eq!(shape.clamp(at(5, 4, 6)), at(5, 2, 1));
        assert_eq!(shape.clamp(at(0, -3, -1)), at(1, 1, 0));
        let step = shape.advance_day(at(5, 4, 6));
        assert_eq!((step.position, step.ended[0].week), (at(6, 1, 0), 2));
    }

    #[test]
    fn periods_forget_what_they_do_not_distinguish() {
        let key = |event| {
            let period = Period::of(event, at(2, 3, 1));
            (period.iteration, period.week, period.session)
        };
        assert_eq!([Event::Session, Event::Week, Event::Cycle].map(key), [(2, 3, 2), (2, 3, 0), (2, 0, 0)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_walk_by_days_ends_everything_once(
            sessions in prop::collection::vec(0_i64..6, 1..10),
            cycles in 1_i64..4,
        ) {
            let length = i64::try_from(sessions.len()).unwrap();
            let shape = Shape::new(length, (1..).zip(sessions.iter().copied()));
            let per_cycle: i64 = sessions.iter().map(|count| (*count).max(1)).sum();
            let (mut position, mut seen, mut periods) = (Position::START, BTreeSet::new(), BTreeSet::new());
            for _ in 0..per_cycle * cycles {
                prop_assert!(seen.insert(position));
                prop_assert_eq!(shape.clamp(position), position);
                let step = shape.advance_day(position);
                prop_assert!(step.position > position);
                for ended in step.ended {
                    prop_assert_eq!(ended.period(), Period::of(ended.event, position));
                    prop_assert!(periods.insert(ended.period()));
                }
                position = step.position;
            }
            prop_assert_eq!(position, at(cycles + 1, 1, 0));
            let count = |event| i64::try_from(periods.iter().filter(|p| p.event == event).count()).unwrap();
            prop_assert_eq!(count(Event::Session), per_cycle * cycles);
            prop_assert_eq!(count(Event::Week), length * cycles);
            prop_assert_eq!(count(Event::Cycle), cycles);
        }

        #[test]
        fn a_walk_by_weeks_takes_as_many_steps_as_weeks(
            sessions in prop::collection::vec(0_i64..6, 1..10),
            start in 0_i64..6,
        ) {
            let length = i64::try_from(sessions.len()).unwrap();
            let shape = Shape::new(length, (1..).zip(sessions));
            let mut position = shape.clamp(at(1, 1, start));
            for week in 1..=length {
                let step = shape.advance_week(position);
                let expected: &[Event] =
                    if week == length { &[Event::Week, Event::Cycle] } else { &[Event::Week] };
                prop_assert_eq!(events(&step), expected);
                position = step.position;
            }
            prop_assert_eq!(position, at(2, 1, 0));
        }
    }
}
