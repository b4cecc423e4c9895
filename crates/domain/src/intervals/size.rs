//! How long a workout is and how many phases it has, by arithmetic alone: what is too large is
//! refused before any phase is made.

use super::form::{Figure, Form, MINUTE};
use super::plan::Plan;

/// The measure of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// All of it, in seconds.
    pub seconds: u64,
    /// How many phases last longer than no time.
    pub phases: u64,
}

impl Size {
    const NONE: Self = Self { seconds: 0, phases: 0 };

    /// The size of a plan's timeline; `None` beyond any number that we could write.
    pub fn of(plan: &Plan) -> Option<Self> {
        let main = match plan.form() {
            Form::Interval | Form::Tabata | Form::Circuit => {
                let rounds = u64::from(plan.known(Figure::Rounds));
                let work = plan
                    .stations()
                    .iter()
                    .try_fold(Self::NONE, |sum, station| sum.plus(Self::phase(plan.work(station))))?;
                Self::in_rounds(plan, work.times(rounds)?, rounds)?
            }
            Form::Ladder | Form::Pyramid => {
                let rungs = Rungs::of(plan);
                let stations = u64::from(plan.station_count());
                let work = Self { seconds: rungs.seconds()?, phases: rungs.count() }.times(stations)?;
                Self::in_rounds(plan, work, rungs.count())?
            }
            Form::Emom => Self::every_minute(plan)?,
            Form::Amrap => {
                Self { seconds: u64::from(plan.known(Figure::Minutes)) * u64::from(MINUTE), phases: 1 }
            }
        };
        main.plus(Self::phase(plan.known(Figure::WarmUpSeconds)))?
            .plus(Self::phase(plan.known(Figure::CoolDownSeconds)))
    }

    /// All work of the workout, the rest after each exercise but the very last, and the rest between
    /// the rounds.
    fn in_rounds(plan: &Plan, work: Self, rounds: u64) -> Option<Self> {
        let rests = plan
            .stations()
            .iter()
            .try_fold(Self::NONE, |sum, station| sum.plus(Self::phase(plan.rest(station))))?;
        let last = plan.stations().last().map_or(Self::NONE, |station| Self::phase(plan.rest(station)));
        let between = Self::phase(plan.known(Figure::RoundRestSeconds)).times(rounds.checked_sub(1)?)?;
        work.plus(rests.times(rounds)?)?.minus(last)?.plus(between)
    }

    /// Whole minutes, in each of which an exercise may leave time to rest.
    fn every_minute(plan: &Plan) -> Option<Self> {
        let minutes = u64::from(plan.known(Figure::Minutes));
        let stations = u64::from(plan.station_count());
        let mut phases = minutes;
        for (place, station) in (0_u64..).zip(plan.stations()) {
            if plan.work(station) < MINUTE {
                // The exercises take turns; this one has the minutes place, place + stations, ...
                phases = phases.checked_add(minutes.saturating_sub(place).div_ceil(stations))?;
            }
        }
        Some(Self { seconds: minutes.checked_mul(u64::from(MINUTE))?, phases })
    }

    fn phase(seconds: u32) -> Self {
        Self { seconds: u64::from(seconds), phases: u64::from(seconds > 0) }
    }

    fn plus(self, other: Self) -> Option<Self> {
        let seconds = self.seconds.checked_add(other.seconds)?;
        Some(Self { seconds, phases: self.phases.checked_add(other.phases)? })
    }

    fn minus(self, other: Self) -> Option<Self> {
        let seconds = self.seconds.checked_sub(other.seconds)?;
        Some(Self { seconds, phases: self.phases.checked_sub(other.phases)? })
    }

    fn times(self, factor: u64) -> Option<Self> {
        let seconds = self.seconds.checked_mul(factor)?;
        Some(Self { seconds, phases: self.phases.checked_mul(factor)? })
    }
}

/// The rounds of a ladder or pyramid, by the work of each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rungs {
    start: u64,
    step: u64,
    /// Steps from the start to the peak.
    steps: u64,
    comes_down: bool,
}

impl Rungs {
    pub(super) fn of(plan: &Plan) -> Self {
        let [start, step, peak] =
            [Figure::Start, Figure::Step, Figure::Peak].map(|figure| u64::from(plan.known(figure)));
        let steps = peak.saturating_sub(start).checked_div(step).unwrap_or(0);
        Self { start, step, steps, comes_down: plan.form() == Form::Pyramid }
    }

    /// How many there are.
    pub(super) fn count(self) -> u64 {
        if self.comes_down { 2 * self.steps + 1 } else { self.steps + 1 }
    }

    /// Work of the round `index`, counted from 0, in seconds.
    pub(super) fn work(self, index: u64) -> u64 {
        let step = if index <= self.steps { index } else { (2 * self.steps).saturating_sub(index) };
        self.start + step * self.step
    }

    /// The work of all of them: the sum of the series up, and the one down without the peak.
    fn seconds(self) -> Option<u64> {
        let series = |count: u64| {
            let grown = count.checked_mul(count.saturating_sub(1))?.checked_mul(self.step)? / 2;
            self.start.checked_mul(count)?.checked_add(grown)
        };
        let up = series(self.steps + 1)?;
        if self.comes_down { up.checked_add(series(self.steps)?) } else { Some(up) }
    }
}
