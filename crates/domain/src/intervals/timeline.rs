//! The timeline of a workout: every phase, to the second.

use super::form::{Figure, Form, MINUTE};
use super::plan::Plan;
use super::size::{Rungs, Size};

/// What is done in a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Before the first exercise.
    WarmUp,
    /// An exercise; in an AMRAP all of them in turn.
    Work,
    /// After an exercise.
    Rest,
    /// Between two rounds.
    RoundRest,
    /// After the last exercise.
    CoolDown,
}

impl Kind {
    /// Its name, e.g. `round-rest`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WarmUp => "warm-up",
            Self::Work => "work",
            Self::Rest => "rest",
            Self::RoundRest => "round-rest",
            Self::CoolDown => "cool-down",
        }
    }
}

/// A stretch of the workout in which one thing is done. It lasts longer than no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// What is done.
    pub kind: Kind,
    /// Seconds from the workout's beginning to its own.
    pub start: u32,
    /// In seconds.
    pub length: u32,
    /// Which exercise is worked at, by its place from 0; `None` outside of work and when it is
    /// several in turn.
    pub exercise: Option<u32>,
    /// To which round it belongs, from 1; `None` for warm-up and cool-down.
    pub round: Option<u32>,
    /// Which exercise is worked at next, by its place from 0.
    pub next: Option<u32>,
}

/// Why a clock makes itself heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CueKind {
    /// Half of the work is done.
    HalfTime,
    /// Three, two, one.
    Countdown,
}

impl CueKind {
    /// Its name, e.g. `half-time`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HalfTime => "half-time",
            Self::Countdown => "countdown",
        }
    }
}

/// A moment within a phase at which the clock makes itself heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cue {
    /// Why.
    pub kind: CueKind,
    /// Seconds from the workout's beginning.
    pub second: u32,
    /// Seconds until the phase ends.
    pub left: u32,
}

/// The shortest work whose half-time is called, in seconds; below it would run into the countdown.
pub const SHORTEST_WITH_HALF_TIME: u32 = 10;
/// The countdown to the end of a phase begins with this many seconds left.
pub const COUNTDOWN: u32 = 3;

impl Phase {
    /// The second at which it is over, from the workout's beginning.
    pub fn end(&self) -> u32 {
        self.start + self.length
    }

    /// Its cues, in order. They lie within the phase: neither at its first second nor at its end.
    pub fn cues(&self) -> impl Iterator<Item = Cue> + use<> {
        let Self { kind, length, .. } = *self;
        let end = self.end();
        let has_half = kind == Kind::Work && length >= SHORTEST_WITH_HALF_TIME;
        // Of an odd length the later half is the longer.
        let half = has_half.then_some((CueKind::HalfTime, length - length / 2));
        let countdown = (1..=COUNTDOWN.min(length.saturating_sub(1))).rev();
        half.into_iter()
            .chain(countdown.map(|left| (CueKind::Countdown, left)))
            .map(move |(kind, left)| Cue { kind, second: end - left, left })
    }
}

/// Every phase of a workout, in order and without gaps, from second 0.
pub fn timeline(plan: &Plan) -> Vec<Phase> {
    let phases = Size::of(plan).map_or(0, |size| size.phases);
    let mut course = Course { phases: Vec::with_capacity(usize::try_from(phases).unwrap_or(0)), now: 0 };
    let first = Place { next: Some(0), ..Place::default() };
    course.phase(Kind::WarmUp, plan.known(Figure::WarmUpSeconds), first);
    match plan.form() {
        Form::Interval | Form::Tabata | Form::Circuit => {
            let rounds = plan.known(Figure::Rounds);
            course.rounds(plan, rounds, |_, station| plan.work(&plan.stations()[station]));
        }
        Form::Ladder | Form::Pyramid => {
            let rungs = Rungs::of(plan);
            let count = u32::try_from(rungs.count()).unwrap_or(u32::MAX);
            course.rounds(plan, count, |round, _| u32::try_from(rungs.work(round)).unwrap_or(u32::MAX));
        }
        Form::Emom => course.minutes(plan),
        Form::Amrap => {
            let exercise = (plan.station_count() == 1).then_some(0);
            let place = Place { exercise, round: Some(1), next: None };
            course.phase(Kind::Work, plan.known(Figure::Minutes) * MINUTE, place);
        }
    }
    course.phase(Kind::CoolDown, plan.known(Figure::CoolDownSeconds), Place::default());
    course.phases
}

/// Where in the workout a phase is.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    exercise: Option<u32>,
    round: Option<u32>,
    next: Option<u32>,
}

/// The phases so far.
struct Course {
    phases: Vec<Phase>,
    now: u32,
}

impl Course {
    /// Goes on with a phase; none is made of no time.
    fn phase(&mut self, kind: Kind, length: u32, place: Place) {
        if length > 0 {
            let Place { exercise, round, next } = place;
            self.phases.push(Phase { kind, start: self.now, length, exercise, round, next });
            self.now += length;
        }
    }

    /// All exercises in every round, with a rest after each but the very last and one more between
    /// rounds. `work` is asked with the round and the place of the exercise, both from 0.
    fn rounds(&mut self, plan: &Plan, rounds: u32, work: impl Fn(u64, usize) -> u32) {
        let between = plan.known(Figure::RoundRestSeconds);
        for round in 1..=rounds {
            let is_last_round = round == rounds;
            for (place, station) in plan.stations().iter().enumerate() {
                let exercise = u32::try_from(place).ok();
                let is_last = place + 1 == plan.stations().len();
                let next = match (is_last, is_last_round) {
                    (false, _) => exercise.map(|exercise| exercise + 1),
                    (true, false) => Some(0),
                    (true, true) => None,
                };
                let round_now = Some(round);
                let length = work(u64::from(round) - 1, place);
                self.phase(Kind::Work, length, Place { exercise, round: round_now, next });
                if next.is_some() {
                    let place = Place { exercise: None, round: round_now, next };
                    self.phase(Kind::Rest, plan.rest(station), place);
                }
            }
            if !is_last_round {
                let place = Place { exercise: None, round: Some(round), next: Some(0) };
                self.phase(Kind::RoundRest, between, place);
            }
        }
    }

    /// One exercise a minute, in turn; what is left of the minute is rest.
    fn minutes(&mut self, plan: &Plan) {
        let minutes = plan.known(Figure::Minutes);
        let stations = plan.station_count();
        for (minute, (exercise, station)) in (0..minutes).zip((0_u32..).zip(plan.stations()).cycle()) {
            let round = Some(minute / stations + 1);
            let next = (minute + 1 < minutes).then_some((minute + 1) % stations);
            let work = plan.work(station);
            self.phase(Kind::Work, work, Place { exercise: Some(exercise), round, next });
            self.phase(Kind::Rest, MINUTE - work, Place { exercise: None, round, next });
        }
    }
}
