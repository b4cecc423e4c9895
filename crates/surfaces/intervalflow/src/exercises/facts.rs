//! What a body or a query says of an exercise, judged in the document's words and in its order.

use ferrum_domain::Violations;
use ferrum_domain::intervals::exercise::{DURATIONS, Difficulty, Equipment, MuscleGroup};
use ferrum_domain::units::Thousandths;
use ferrum_endpoint::Field;

use super::{ExerciseIn, ExercisePatch};
use crate::members::{Need, description, name, value};

/// The members of a body.
pub(super) struct Given<'b> {
    name: &'b Field<String>,
    description: &'b Field<String>,
    difficulty: &'b Field<String>,
    muscle_group: &'b Field<String>,
    duration: &'b Field<f64>,
    equipment: &'b Field<String>,
    /// In a PUT what is absent stays as it is, and nothing can be cleared.
    keeps: bool,
}

macro_rules! given {
    ($($body:ident keeps $keeps:literal),*) => {$(
        impl<'b> From<&'b $body> for Given<'b> {
            fn from(body: &'b $body) -> Self {
                let $body { name, description, difficulty, muscle_group, duration, equipment } = body;
                Self { name, description, difficulty, muscle_group, duration, equipment, keeps: $keeps }
            }
        }
    )*};
}
given!(ExerciseIn keeps false, ExercisePatch keeps true);

/// What was given and is good; anything else is in the violations, or was absent where it may be.
pub(super) struct Facts {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) difficulty: Option<Difficulty>,
    pub(super) muscle_group: Option<MuscleGroup>,
    pub(super) duration: Option<Thousandths>,
    pub(super) equipment: Option<Equipment>,
}

impl Given<'_> {
    /// Judges every member.
    pub(super) fn judge(&self, violations: &mut Violations) -> Facts {
        let need = |label| if self.keeps { Need::Kept(label) } else { Need::Required(label) };
        let may = if self.keeps { Need::NotNull } else { Need::Optional };
        Facts {
            name: value(self.name, "Name", need("Exercise name"), violations)
                .and_then(|text| name(text, "Exercise name", violations)),
            description: value(self.description, "Description", need("Description"), violations)
                .and_then(|text| description(text, violations)),
            difficulty: value(self.difficulty, "Difficulty", need("Difficulty level"), violations)
                .and_then(|text| difficulty(text, violations)),
            muscle_group: value(self.muscle_group, "Muscle group", need("Muscle group"), violations)
                .and_then(|text| muscle_group(text, violations)),
            duration: value(self.duration, "Duration", may, violations)
                .and_then(|seconds| duration(*seconds, violations)),
            equipment: value(self.equipment, "Equipment", may, violations)
                .and_then(|text| equipment(text, violations)),
        }
    }
}

pub(super) fn difficulty(text: &str, violations: &mut Violations) -> Option<Difficulty> {
    let found = Difficulty::parse(&text.to_lowercase());
    if found.is_none() {
        violations.add("Difficulty", "must be beginner, intermediate, or advanced");
    }
    found
}

pub(super) fn muscle_group(text: &str, violations: &mut Violations) -> Option<MuscleGroup> {
    let found = MuscleGroup::parse(&text.to_lowercase());
    if found.is_none() {
        violations.add("Invalid", "muscle group");
    }
    found
}

pub(super) fn equipment(text: &str, violations: &mut Violations) -> Option<Equipment> {
    let found = Equipment::parse(&text.to_lowercase());
    if found.is_none() {
        violations.add("Invalid", "equipment");
    }
    found
}

fn duration(seconds: f64, violations: &mut Violations) -> Option<Thousandths> {
    let (least, most) = (DURATIONS.start().to_f64(), DURATIONS.end().to_f64());
    if seconds < least {
        violations.add("Duration", format!("must be at least {least} seconds"));
    } else if seconds > most {
        violations.add("Duration", format!("cannot exceed {most} seconds"));
    } else {
        let exact = Thousandths::from_f64(seconds);
        if exact.is_none() {
            violations.add("Duration", "cannot have more than 3 decimals");
        }
        return exact;
    }
    None
}
