//! What somebody did of a workout, as they say, and what it took.

use super::energy::Effort;
use super::timeline::timeline;
use super::workout::Content;
use crate::units::Thousandths;

/// The longest time that a session can take, in seconds.
pub const MAX_SECONDS: i64 = 24 * 60 * 60;
/// The lightest body, in kilograms.
pub const MIN_WEIGHT: Thousandths = Thousandths::whole(20);
/// The heaviest body, in kilograms.
pub const MAX_WEIGHT: Thousandths = Thousandths::whole(500);
/// The greatest perceived effort; the least is 1 (the scale of Borg's CR10).
pub const MAX_EFFORT: i64 = 10;

/// What somebody says that they did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Phases that were done.
    pub phases_done: i64,
    /// Phases that were left out on the way.
    pub phases_skipped: i64,
    /// How long it took, in seconds.
    pub seconds: i64,
    /// How hard it felt, 1 to 10.
    pub perceived_effort: Option<i64>,
    /// In kilograms.
    pub body_weight: Option<Thousandths>,
}

impl Record {
    /// Whether no more phases were done and skipped than the workout has.
    pub fn fits(&self, phases: i64) -> bool {
        self.phases_done.saturating_add(self.phases_skipped) <= phases
    }

    /// The energy that it took, in kilocalories; `None` when the body's weight is not known.
    ///
    /// The effort is the mean of the phases that were come to, since it is not said which of them
    /// were skipped. It is made for as long as those which were done should take, at most for the time
    /// of the clock; what the clock ran beyond that was a pause.
    pub fn energy(&self, content: &Content) -> Option<Thousandths> {
        let body_weight = self.body_weight?;
        if self.phases_done == 0 {
            return Some(Thousandths(0));
        }
        let [done, reached, clock] = [self.phases_done, self.phases_done + self.phases_skipped, self.seconds]
            .map(|number| u64::try_from(number).unwrap_or(0));
        let phases = timeline(content.plan());
        let reached_phases = usize::try_from(reached).map_or(phases.len(), |count| count.min(phases.len()));
        let effort = Effort::of(&phases[..reached_phases], &content.traits());
        let active = clock.min(effort.seconds() * done / reached.max(1));
        Some(effort.energy(body_weight, active, clock - active))
    }
}

/// A sum of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Total {
    /// How many.
    pub sessions: i64,
    /// How long they took together.
    pub seconds: i64,
    /// How many have an estimate of their energy.
    pub with_energy: i64,
    /// The sum of those estimates, in kilocalories.
    pub energy: Thousandths,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intervals::energy::Traits;
    use crate::intervals::exercise::{Difficulty, Equipment, MuscleGroup};
    use crate::intervals::form::Form;
    use crate::intervals::plan::{Given, GivenStation, Plan};
    use crate::intervals::workout::ExerciseCopy;
    use crate::violations::Violations;

    fn tabata() -> Content {
        let mut violations = Violations::new();
        let stations = [GivenStation::default()];
        let plan = Plan::check(Form::Tabata, &Given::default(), Some(&stations), &mut violations).unwrap();
        let burpees = ExerciseCopy {
            id: "679a1b2c3d4e5f6071829304".to_owned(),
            name: "Burpees".to_owned(),
            description: "Down, back, forth, up.".to_owned(),
            traits: Traits {
                difficulty: Difficulty::Advanced,
                muscle_group: MuscleGroup::FullBody,
                equipment: Equipment::None,
            },
        };
        Content::new(plan, vec![burpees]).unwrap()
    }

    fn record(done: i64, skipped: i64) -> Record {
        Record {
            phases_done: done,
            phases_skipped: skipped,
            seconds: 230,
            perceived_effort: None,
            body_weight: Some(Thousandths::whole(72)),
        }
    }

    #[test]
    fn energy_is_that_of_the_phases_come_to() {
        // 8 x 20 s at 8.0 MET and 7 x 10 s at 2.0: 1420 MET seconds of 230, for 230 s and 72 kg: 28.4.
        assert_eq!(record(15, 0).energy(&tabata()), Some(Thousandths(28_400)));
        // Whoever was faster took the same effort for less time.
        let faster = Record { seconds: 115, ..record(15, 0) };
        assert_eq!(faster.energy(&tabata()), Some(Thousandths(14_200)));
        assert_eq!(record(0, 15).energy(&tabata()), Some(Thousandths(0)));
        assert_eq!(Record { body_weight: None, ..record(15, 0) }.energy(&tabata()), None);
    }

    #[test]
    fn a_pause_takes_what_sitting_takes() {
        // The first work alone, 20 s at 8.0 MET, and 210 s at 1.3: 433 MET seconds for 72 kg: 8.66.
        assert_eq!(record(1, 0).energy(&tabata()), Some(Thousandths(8_700)));
        // A clock that nobody stopped for a day: 1420 MET seconds and 86,170 s at 1.3, for 72 kg.
        let forgotten = Record { seconds: 86_400, ..record(15, 0) };
        assert_eq!(forgotten.energy(&tabata()), Some(Thousandths(2_268_800)));
    }

    #[test]
    fn what_was_skipped_takes_what_sitting_takes() {
        // A third of 15 phases, 76 s of 230, at the mean of 1420 / 230 MET, and 154 s at 1.3: 669.4
        // MET seconds for 72 kg: 13.39.
        assert_eq!(record(5, 10).energy(&tabata()), Some(Thousandths(13_400)));
    }

    #[test]
    fn no_more_phases_than_there_are() {
        let fits = |record: Record| record.fits(15);
        assert!(fits(record(15, 0)) && fits(record(10, 5)) && fits(record(0, 0)));
        assert!(!fits(record(15, 1)) && !fits(record(i64::MAX, i64::MAX)));
    }
}
