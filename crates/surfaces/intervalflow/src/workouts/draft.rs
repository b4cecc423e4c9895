//! A workout as it would be, judged with everything that is wrong with it, in the order of the fields.

use ferrum_domain::ids::is_object_id;
use ferrum_domain::intervals::form::{Form, MAX_EXERCISES};
use ferrum_domain::intervals::plan::{self, GivenStation, Plan};
use ferrum_domain::intervals::workout::{Content, ExerciseCopy};
use ferrum_domain::{Error, Result, Violation, Violations};
use ferrum_endpoint::Field;
use ferrum_store::interval_workouts::Workout;
use ferrum_store::{Tx, interval_exercises};

use super::body::{Given, StationIn, Stations, entry};
use crate::members::{self, Need};

/// What a workout is to be.
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) content: Content,
}

/// The exercises, as far as they are good.
struct Line {
    stations: Vec<GivenStation>,
    copies: Vec<Option<ExerciseCopy>>,
}

impl Given<'_> {
    /// Judges what was given, applied to the workout `before`, if there is one.
    pub(super) fn judge(&self, tx: &mut Tx<'_>, before: Option<&Workout>) -> Result<Draft> {
        let mut violations = Violations::new();
        let name = self.name(before, &mut violations);
        let description = self.description(before, &mut violations);
        let form = self.form(before, &mut violations);
        let mut of_exercises = Violations::new();
        let line = self.line(tx, form, before, &mut of_exercises)?;
        let mut of_plan = Violations::new();
        let plan = self.plan(form, before, line.as_ref(), &mut of_plan);
        for fault in in_order(of_exercises, of_plan) {
            violations.add(label(&fault.field), fault.message);
        }
        violations.check()?;
        let copies: Option<Vec<_>> = line.and_then(|line| line.copies.into_iter().collect());
        let content = plan.zip(copies).and_then(|(plan, copies)| Content::new(plan, copies));
        let (Some(name), Some(content)) = (name, content) else {
            return Err(Error::internal("a workout lacks what it must have"));
        };
        Ok(Draft { name, description, content })
    }

    fn name(&self, before: Option<&Workout>, violations: &mut Violations) -> Option<String> {
        const MISSING: &str = "Workout name";
        let need = if before.is_some() { Need::Kept(MISSING) } else { Need::Required(MISSING) };
        match members::value(self.name, "Name", need, violations) {
            Some(text) => members::name(text, MISSING, violations),
            None => before.map(|workout| workout.name.clone()),
        }
    }

    fn description(&self, before: Option<&Workout>, violations: &mut Violations) -> Option<String> {
        match members::value(self.description, "Description", Need::Optional, violations) {
            Some(text) if text.trim().is_empty() => None,
            Some(text) => members::description(text, violations),
            None if self.description.is_given() => None,
            None => before.and_then(|workout| workout.description.clone()),
        }
    }

    /// `None` if it is not a form, which has been said.
    fn form(&self, before: Option<&Workout>, violations: &mut Violations) -> Option<Form> {
        let need = if before.is_some() { Need::NotNull } else { Need::Optional };
        match members::value(self.form, "Form", need, violations) {
            Some(text) => form(text, violations),
            None if matches!(self.form, Field::Wrong(_)) => None,
            None => Some(before.map_or(Form::Interval, |workout| workout.content.plan().form())),
        }
    }

    /// `None` if the exercises are no list.
    fn line(
        &self,
        tx: &mut Tx<'_>,
        form: Option<Form>,
        before: Option<&Workout>,
        violations: &mut Violations,
    ) -> Result<Option<Line>> {
        let content = before.map(|workout| &workout.content);
        match (self.exercises, content) {
            (Field::Value(Stations(given)), _) => {
                let kept = content.map_or(&[][..], Content::exercises);
                return line(tx, given, kept, violations).map(Some);
            }
            (Field::Absent, Some(content)) => {
                let stations = content.plan().given_stations(form.unwrap_or(content.plan().form()));
                let copies = content.exercises().iter().cloned().map(Some).collect();
                return Ok(Some(Line { stations, copies }));
            }
            (Field::Absent | Field::Null, _) => violations.add("exercises", "are required"),
            (Field::Wrong(must_be), _) => violations.add("exercises", *must_be),
        }
        Ok(None)
    }

    fn plan(
        &self,
        form: Option<Form>,
        before: Option<&Workout>,
        line: Option<&Line>,
        violations: &mut Violations,
    ) -> Option<Plan> {
        let stations = line.map(|line| &line.stations[..]);
        let kept = before.zip(form).map(|(workout, form)| workout.content.plan().given(form));
        let mut given: plan::Given = kept.unwrap_or_default();
        for (figure, field) in self.figures.iter().filter(|(_, field)| field.is_given()) {
            given.set(*figure, entry(field));
        }
        if let Some(form) = form {
            return Plan::check(form, &given, stations, violations);
        }
        Plan::check_ranges(&given, stations, violations);
        None
    }
}

/// The form of that name, however it is cased.
pub(super) fn form(text: &str, violations: &mut Violations) -> Option<Form> {
    let found = Form::parse(&text.to_lowercase());
    if found.is_none() {
        violations.add("Form", "must be interval, tabata, circuit, emom, amrap, ladder, or pyramid");
    }
    found
}

/// Looks up every exercise; one that is gone may be among those that the workout has `kept`.
fn line(
    tx: &mut Tx<'_>,
    given: &[Option<Box<StationIn>>],
    kept: &[ExerciseCopy],
    violations: &mut Violations,
) -> Result<Line> {
    let stations = given.iter().map(|station| station.as_deref().map(StationIn::given).unwrap_or_default());
    let mut line = Line { stations: stations.collect(), copies: Vec::new() };
    if given.len() > MAX_EXERCISES {
        // They are refused whatever they are, and nobody makes us look for them.
        return Ok(line);
    }
    for (i, station) in given.iter().enumerate() {
        let copy = if let Some(station) = station {
            copy(tx, i, &station.exercise_id, kept, violations)?
        } else {
            violations.add(format!("exercises[{i}]"), "must be an object");
            None
        };
        line.copies.push(copy);
    }
    Ok(line)
}

fn copy(
    tx: &mut Tx<'_>,
    i: usize,
    id: &Field<String>,
    kept: &[ExerciseCopy],
    violations: &mut Violations,
) -> Result<Option<ExerciseCopy>> {
    let field = format!("exercises[{i}].exerciseId");
    let Some(id) = id.required(&field, violations) else { return Ok(None) };
    let found = if is_object_id(id) { interval_exercises::find(tx, id)? } else { None };
    let copy = found.map(ExerciseCopy::from).or_else(|| kept.iter().find(|copy| copy.id == *id).cloned());
    if copy.is_none() {
        violations.add(field, "is unknown");
    }
    Ok(copy)
}

/// What is wrong with the figures, and then with each exercise in turn.
fn in_order(of_exercises: Violations, of_plan: Violations) -> Vec<Violation> {
    let mut all = of_exercises.into_vec();
    all.append(&mut of_plan.into_vec());
    all.sort_by_key(|fault| match place(&fault.field) {
        Some((i, _)) => i + 2,
        None => usize::from(fault.field == "exercises"),
    });
    all
}

/// The exercise, counted from 0, and its member that a path like `exercises[2].reps` names.
fn place(path: &str) -> Option<(usize, &str)> {
    let (i, member) = path.strip_prefix("exercises[")?.split_once(']')?;
    Some((i.parse().ok()?, member.strip_prefix('.').unwrap_or(member)))
}

/// As the document would call it: `work seconds` for `workSeconds`, `Exercise 3: reps` for
/// `exercises[2].reps`.
fn label(path: &str) -> String {
    match place(path) {
        Some((i, "")) => format!("Exercise {}", i + 1),
        Some((i, member)) => format!("Exercise {}: {}", i + 1, words(member)),
        None => words(path),
    }
}

/// `workSeconds` in words.
fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}
