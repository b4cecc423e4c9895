//! What a workout consists of: a form, its figures and its exercises, checked so that a timeline can
//! be made of it.

use std::ops::RangeInclusive;

use super::form::{Figure, Form, MAX_EXERCISES, MAX_PHASES, MAX_REPS, MAX_SECONDS, MINUTE, Rule};
use super::size::Size;
use crate::violations::Violations;

/// A number as somebody gave it, unchecked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Entry {
    /// Nothing, or `null`.
    #[default]
    Missing,
    /// A whole number of any size.
    Whole(i64),
    /// Something else.
    Other,
}

/// The figures of a workout as somebody gave them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Given([Entry; Figure::ALL.len()]);

impl Given {
    /// Gives a figure, or takes it back.
    pub fn set(&mut self, figure: Figure, entry: Entry) {
        self.0[figure.index()] = entry;
    }

    fn get(&self, figure: Figure) -> Entry {
        self.0[figure.index()]
    }
}

/// The figures of one exercise as somebody gave them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GivenStation {
    /// Instead of the workout's, in seconds.
    pub work_seconds: Entry,
    /// Instead of the workout's, in seconds.
    pub rest_seconds: Entry,
    /// How often to do it.
    pub reps: Entry,
}

/// One exercise in its place in a workout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Station {
    /// Its own work, in seconds.
    pub work_seconds: Option<u32>,
    /// Its own rest, in seconds.
    pub rest_seconds: Option<u32>,
    /// How often to do it; tells the athlete, not the clock.
    pub reps: Option<u32>,
}

/// A checked workout: it has at least one exercise, and its timeline is at most
/// [`MAX_SECONDS`] long and has at most [`MAX_PHASES`] phases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    form: Form,
    figures: [Option<u32>; Figure::ALL.len()],
    stations: Vec<Station>,
}

impl Plan {
    /// Checks what was given and fills in what the form sets. Faults are named by their field, e.g.
    /// `exercises[2].workSeconds`; all of them, in the order of the fields. `stations` is `None` when
    /// they could not be read, which has been said.
    pub fn check(
        form: Form,
        given: &Given,
        stations: Option<&[GivenStation]>,
        violations: &mut Violations,
    ) -> Option<Self> {
        let mut faults = Violations::new();
        let mut figures = [None; Figure::ALL.len()];
        for figure in Figure::ALL {
            let number = whole_workout(form, figure, given.get(figure), &mut faults);
            figures[figure.index()] = number;
            match figure {
                Figure::WorkSeconds if form == Form::Emom && number > Some(MINUTE) => {
                    faults.add(figure.as_str(), TOO_LONG_FOR_A_MINUTE);
                }
                Figure::Peak => steps(&figures, &mut faults),
                _ => {}
            }
        }
        let stations = stations.map(|given| self::stations(form, given, &mut faults));
        let plan = stations.filter(|_| faults.is_empty()).map(|stations| Self { form, figures, stations });
        let plan = plan.filter(|plan| plan.is_in_size(&mut faults));
        violations.append(faults);
        plan
    }

    /// What can be said of a workout whose form is not known: whether its numbers are whole and in
    /// range.
    pub fn check_ranges(given: &Given, stations: Option<&[GivenStation]>, violations: &mut Violations) {
        for figure in Figure::ALL {
            within(figure.as_str(), given.get(figure), figure.range(), violations);
        }
        if let Some(given) = stations
            && !(1..=MAX_EXERCISES).contains(&given.len())
        {
            return violations.add("exercises", entries(1));
        }
        let stations = stations.unwrap_or_default();
        for (i, given) in stations.iter().enumerate().take(MAX_EXERCISES) {
            for (figure, entry) in
                [(Figure::WorkSeconds, given.work_seconds), (Figure::RestSeconds, given.rest_seconds)]
            {
                within(&format!("exercises[{i}].{}", figure.as_str()), entry, figure.range(), violations);
            }
            within(&format!("exercises[{i}].reps"), given.reps, 1..=MAX_REPS, violations);
        }
    }

    /// Its form.
    pub fn form(&self) -> Form {
        self.form
    }

    /// A figure; `None` if the form has no such figure.
    pub fn figure(&self, figure: Figure) -> Option<u32> {
        self.figures[figure.index()]
    }

    /// Its exercises, in order; never none.
    pub fn stations(&self) -> &[Station] {
        &self.stations
    }

    /// How many exercises it has.
    pub fn station_count(&self) -> u32 {
        u32::try_from(self.stations.len()).unwrap_or(u32::MAX)
    }

    /// Its figures as if somebody had given them for `form`: those to which a change applies. Of
    /// another form it keeps what both forms leave open.
    pub fn given(&self, form: Form) -> Given {
        let is_open = |form: Form, figure| matches!(form.rule(figure), Rule::Default(_));
        let mut given = Given(self.figures.map(Entry::from));
        for figure in Figure::ALL {
            if form != self.form && !(is_open(form, figure) && is_open(self.form, figure)) {
                given.set(figure, Entry::Missing);
            }
        }
        given
    }

    /// Its stations as if somebody had given them for `form`, which may not let them have figures of
    /// their own.
    pub fn given_stations(&self, form: Form) -> Vec<GivenStation> {
        let kept = |figure, own: Option<u32>| Entry::from(own.filter(|_| form.can_override(figure)));
        let given = self.stations.iter().map(|station| GivenStation {
            work_seconds: kept(Figure::WorkSeconds, station.work_seconds),
            rest_seconds: kept(Figure::RestSeconds, station.rest_seconds),
            reps: station.reps.into(),
        });
        given.collect()
    }

    /// How long an exercise is done in a round of an interval, Tabata, circuit or EMOM.
    pub(super) fn work(&self, station: &Station) -> u32 {
        station.work_seconds.unwrap_or_else(|| self.known(Figure::WorkSeconds))
    }

    /// How long the rest after an exercise is.
    pub(super) fn rest(&self, station: &Station) -> u32 {
        station.rest_seconds.unwrap_or_else(|| self.known(Figure::RestSeconds))
    }

    /// A figure, 0 if the form has no such figure.
    pub(super) fn known(&self, figure: Figure) -> u32 {
        self.figure(figure).unwrap_or(0)
    }

    fn is_in_size(&self, faults: &mut Violations) -> bool {
        let before = faults.is_empty();
        match Size::of(self) {
            None => faults.add(WHOLE, "is too long"),
            Some(Size { seconds, phases }) => {
                if seconds > MAX_SECONDS {
                    faults.add(WHOLE, format!("must last at most {MAX_SECONDS} seconds, not {seconds}"));
                }
                if phases > MAX_PHASES {
                    faults.add(WHOLE, format!("must have at most {MAX_PHASES} phases, not {phases}"));
                }
            }
        }
        before == faults.is_empty()
    }
}

impl From<Option<u32>> for Entry {
    fn from(number: Option<u32>) -> Self {
        number.map_or(Self::Missing, |number| Self::Whole(i64::from(number)))
    }
}

/// What a fault of the workout as a whole is named by.
const WHOLE: &str = "workout";
const TOO_LONG_FOR_A_MINUTE: &str = "must be at most 60 in an emom";

fn whole_workout(form: Form, figure: Figure, given: Entry, faults: &mut Violations) -> Option<u32> {
    let name = figure.as_str();
    match (form.rule(figure), given) {
        (Rule::Foreign, Entry::Missing) => None,
        (Rule::Foreign, _) => {
            faults.add(name, format!("does not belong to the form {}", form.as_str()));
            None
        }
        (Rule::Default(value) | Rule::Fixed(value), Entry::Missing) => Some(value),
        (Rule::Fixed(value), given) => {
            if given != Entry::Whole(i64::from(value)) {
                faults.add(name, format!("must be {value} in the form {}", form.as_str()));
            }
            Some(value)
        }
        (Rule::Default(_), given) => within(name, given, figure.range(), faults),
    }
}

/// The number, if one was given and is so large.
fn within(name: &str, given: Entry, range: RangeInclusive<u32>, faults: &mut Violations) -> Option<u32> {
    let number = match given {
        Entry::Missing => return None,
        Entry::Whole(number) => u32::try_from(number).ok().filter(|number| range.contains(number)),
        Entry::Other => None,
    };
    if number.is_none() {
        let (low, high) = range.into_inner();
        faults.add(name, format!("must be a whole number from {low} to {high}"));
    }
    number
}

/// A ladder must arrive at its peak.
fn steps(figures: &[Option<u32>; Figure::ALL.len()], faults: &mut Violations) {
    let [start, step, peak] =
        [Figure::Start, Figure::Step, Figure::Peak].map(|figure| figures[figure.index()]);
    let (Some(start), Some(step), Some(peak)) = (start, step, peak) else { return };
    if peak < start {
        faults.add(Figure::Peak.as_str(), "must not be less than start");
    } else if (peak - start) % step != 0 {
        faults.add(Figure::Peak.as_str(), "must be start and a whole number of steps");
    }
}

fn stations(form: Form, given: &[GivenStation], faults: &mut Violations) -> Vec<Station> {
    let fewest = form.fewest_exercises();
    if !(fewest..=MAX_EXERCISES).contains(&given.len()) {
        faults.add("exercises", entries(fewest));
        return Vec::new();
    }
    given.iter().enumerate().map(|(i, given)| station(form, i, given, faults)).collect()
}

fn entries(fewest: usize) -> String {
    format!("must have {fewest} to {MAX_EXERCISES} entries")
}

fn station(form: Form, i: usize, given: &GivenStation, faults: &mut Violations) -> Station {
    let mut own = |figure: Figure, given: Entry| {
        let name = format!("exercises[{i}].{}", figure.as_str());
        if given != Entry::Missing && !form.can_override(figure) {
            faults.add(name, format!("does not belong to the form {}", form.as_str()));
            return None;
        }
        let number = within(&name, given, figure.range(), faults)?;
        if form == Form::Emom && number > MINUTE {
            faults.add(name, TOO_LONG_FOR_A_MINUTE);
        }
        Some(number)
    };
    let work_seconds = own(Figure::WorkSeconds, given.work_seconds);
    let rest_seconds = own(Figure::RestSeconds, given.rest_seconds);
    let reps = within(&format!("exercises[{i}].reps"), given.reps, 1..=MAX_REPS, faults);
    Station { work_seconds, rest_seconds, reps }
}
