//! How much energy a workout takes, estimated: kilocalories = MET x kilograms x hours.
//!
//! A MET is the energy of an activity as a multiple of that of sitting still, which is taken as
//! 1 kcal per kilogram and hour; so the estimate holds all energy of the time, resting energy too.
//! Values, codes and the convention are of the 2011 Compendium of Physical Activities: Ainsworth et
//! al., Medicine & Science in Sports & Exercise 43(8):1575-1581. Persons differ from it by a third
//! and more.

use super::exercise::{Difficulty, Equipment, MuscleGroup};
use super::timeline::{Kind, Phase};
use crate::units::Thousandths;

/// An activity of the Compendium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// Its code there.
    pub code: &'static str,
    /// Tenths of a MET.
    pub tenths: u32,
}

/// Calisthenics, vigorous effort.
pub const VIGOROUS: Activity = Activity { code: "02020", tenths: 80 };
/// Calisthenics, moderate effort.
pub const MODERATE: Activity = Activity { code: "02022", tenths: 38 };
/// Calisthenics, light effort.
pub const LIGHT: Activity = Activity { code: "02024", tenths: 28 };
/// Circuit training, including kettlebells.
pub const KETTLEBELLS: Activity = Activity { code: "02040", tenths: 80 };
/// Stretching, mild.
pub const STRETCHING: Activity = Activity { code: "02101", tenths: 23 };
/// Strolling: what most people do between two exercises.
pub const STROLLING: Activity = Activity { code: "17151", tenths: 20 };

/// Sitting quietly: a pause that is no part of the workout.
pub const SITTING: Activity = Activity { code: "07021", tenths: 13 };

/// What an estimate needs to know of an exercise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits {
    /// Who can do it well.
    pub difficulty: Difficulty,
    /// What it trains most.
    pub muscle_group: MuscleGroup,
    /// What it needs.
    pub equipment: Equipment,
}

impl Traits {
    /// The activity of the Compendium that the exercise resembles most.
    pub fn activity(self) -> Activity {
        match self {
            Self { muscle_group: MuscleGroup::Mobility, .. } => STRETCHING,
            Self { muscle_group: MuscleGroup::Balance, .. } => LIGHT,
            Self { equipment: Equipment::Kettlebell, .. } => KETTLEBELLS,
            Self { muscle_group: MuscleGroup::Cardio, .. } => VIGOROUS,
            Self { difficulty: Difficulty::Beginner, .. } => MODERATE,
            Self { .. } => VIGOROUS,
        }
    }
}

/// What some phases demand: their METs, each weighted by its seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Tenths of a MET, multiplied by seconds and by `shares`.
    weighted: u64,
    seconds: u64,
    /// Exercises that are done in turn have an equal share of the time.
    shares: u64,
}

impl Effort {
    /// The effort of phases of a workout with these exercises.
    pub fn of(phases: &[Phase], exercises: &[Traits]) -> Self {
        let tenths = |activity: Activity| u64::from(activity.tenths);
        let all_in_turn: u64 = exercises.iter().map(|exercise| tenths(exercise.activity())).sum();
        let shares = u64::try_from(exercises.len()).unwrap_or(u64::MAX).max(1);
        let mut effort = Self { weighted: 0, seconds: 0, shares };
        for phase in phases {
            let own = phase.exercise.and_then(|place| exercises.get(usize::try_from(place).ok()?));
            let demand = match phase.kind {
                Kind::WarmUp => tenths(LIGHT) * shares,
                Kind::Rest | Kind::RoundRest => tenths(STROLLING) * shares,
                Kind::CoolDown => tenths(STRETCHING) * shares,
                Kind::Work => own.map_or(all_in_turn, |own| tenths(own.activity()) * shares),
            };
            effort.weighted += demand * u64::from(phase.length);
            effort.seconds += u64::from(phase.length);
        }
        effort
    }

    /// How long the phases are together.
    pub fn seconds(self) -> u64 {
        self.seconds
    }

    /// The energy in kilocalories that a body of `kilograms` takes for `active` seconds of this effort
    /// and `paused` seconds of sitting, computed as one fraction and rounded once to a tenth. Nothing
    /// for an effort without phases.
    pub fn energy(self, kilograms: Thousandths, active: u64, paused: u64) -> Thousandths {
        if self.seconds == 0 {
            return Thousandths(0);
        }
        let [weighted, active, paused] = [self.weighted, active, paused].map(u128::from);
        let shared_seconds = u128::from(self.seconds) * u128::from(self.shares);
        let tenths = weighted * active + u128::from(SITTING.tenths) * shared_seconds * paused;
        // Tenths of a MET, grams and seconds into tenths of a kilocalorie.
        let above = tenths * u128::from(kilograms.0.unsigned_abs());
        let below = shared_seconds * 1000 * 3600;
        let tenths = (2 * above + below) / (2 * below);
        Thousandths(i64::try_from(tenths).map_or(i64::MAX, |tenths| tenths.saturating_mul(100)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn phase(kind: Kind, length: u32) -> Phase {
        Phase { kind, start: 0, length, exercise: None, round: None, next: None }
    }

    fn traits(difficulty: Difficulty, muscle_group: MuscleGroup, equipment: Equipment) -> Traits {
        Traits { difficulty, muscle_group, equipment }
    }

    const PUSH_UPS: Traits = Traits {
        difficulty: Difficulty::Intermediate,
        muscle_group: MuscleGroup::UpperBody,
        equipment: Equipment::None,
    };

    #[test]
    fn an_hour_at_eight_mets_takes_eight_kilocalories_a_kilogram() {
        let effort = Effort::of(&[phase(Kind::Work, 60)], &[PUSH_UPS]);
        assert_eq!(effort.energy(Thousandths::whole(70), 3600, 0), Thousandths::whole(560));
        assert_eq!(effort.energy(Thousandths::whole(70), 1800, 0), Thousandths::whole(280));
    }

    #[test]
    fn a_pause_counts_least() {
        let effort = Effort::of(&[phase(Kind::Work, 60)], &[PUSH_UPS]);
        assert_eq!(effort.energy(Thousandths::whole(100), 0, 3600), Thousandths::whole(130));
        assert_eq!(effort.energy(Thousandths::whole(100), 1800, 1800), Thousandths::whole(465));
    }

    #[test]
    fn rest_counts_less() {
        let tabata = [phase(Kind::Work, 20), phase(Kind::Rest, 10)];
        let effort = Effort::of(&tabata, &[PUSH_UPS]);
        // (20 s x 8.0 + 10 s x 2.0) / 30 s = 6.0 MET; 6.0 x 80 kg x 230 s / 3600 = 30.666... kcal
        assert_eq!(effort.energy(Thousandths::whole(80), 230, 0), Thousandths(30_700));
    }

    #[test]
    fn exercises_in_turn_count_alike() {
        let stretch = traits(Difficulty::Beginner, MuscleGroup::Mobility, Equipment::Mat);
        let both = Effort::of(&[phase(Kind::Work, 60)], &[PUSH_UPS, stretch]);
        // (8.0 + 2.3) / 2 = 5.15
        assert_eq!(both.energy(Thousandths::whole(100), 3600, 0), Thousandths::whole(515));
        let second = Phase { exercise: Some(1), ..phase(Kind::Work, 60) };
        let alone = Effort::of(&[second], &[PUSH_UPS, stretch]);
        assert_eq!(alone.energy(Thousandths::whole(100), 3600, 0), Thousandths::whole(230));
    }

    #[test]
    fn exercises_resemble_activities() {
        use Difficulty::{Advanced, Beginner};
        for (exercise, activity) in [
            (traits(Beginner, MuscleGroup::Legs, Equipment::None), MODERATE),
            (traits(Advanced, MuscleGroup::Legs, Equipment::None), VIGOROUS),
            (traits(Beginner, MuscleGroup::Cardio, Equipment::None), VIGOROUS),
            (traits(Beginner, MuscleGroup::FullBody, Equipment::Kettlebell), KETTLEBELLS),
            (traits(Advanced, MuscleGroup::Balance, Equipment::Kettlebell), LIGHT),
            (traits(Advanced, MuscleGroup::Mobility, Equipment::Mat), STRETCHING),
        ] {
            assert_eq!(exercise.activity(), activity, "{exercise:?}");
        }
    }

    #[test]
    fn nothing_done_takes_nothing() {
        assert_eq!(Effort::of(&[], &[PUSH_UPS]).energy(Thousandths::whole(80), 600, 0), Thousandths(0));
    }

    proptest! {
        #[test]
        fn energy_lies_between_that_of_strolling_and_of_hard_work(
            work in 1_u32..=3600, rest in 0_u32..=3600, grams in 20_000_i64..=400_000, seconds in 1_u64..=86_400,
        ) {
            let effort = Effort::of(&[phase(Kind::Work, work), phase(Kind::Rest, rest)], &[PUSH_UPS]);
            let found = effort.energy(Thousandths(grams), seconds, 0).0;
            // In thousandths of a kilocalorie, a tenth of one allowed for the rounding.
            let at = |met: i64| met * grams * i64::try_from(seconds).unwrap() / 3600;
            prop_assert!((at(2) - 100..=at(8) + 100).contains(&found), "{found}");
        }
    }
}
