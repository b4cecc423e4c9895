//! Every SQL text of the product, so that tests can prepare all of them on both engines and read
//! their query plans.

#[cfg(test)]
use crate::listing::Listing;

/// Declares the statements of a table group: a constant for each, and `STATEMENTS`, the list of
/// their names and texts.
macro_rules! statements {
    ($($name:ident = $sql:expr;)*) => {
        $(const $name: &str = $sql;)*
        #[cfg(test)]
        pub(crate) const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}
pub(crate) use statements;

/// The statements of every table group. A test compares it with the sources.
#[cfg(test)]
pub(crate) const GROUPS: &[(&str, &[(&str, &str)])] = &[
    ("accounts", crate::accounts::STATEMENTS),
    ("audit", crate::audit::STATEMENTS),
    ("catalogue", crate::catalogue::STATEMENTS),
    ("cycles", crate::cycles::STATEMENTS),
    ("daily_lookups", crate::daily_lookups::STATEMENTS),
    ("days", crate::days::STATEMENTS),
    ("enrollments", crate::enrollments::STATEMENTS),
    ("idempotency", crate::idempotency::STATEMENTS),
    ("interval_exercises", crate::interval_exercises::STATEMENTS),
    ("interval_sessions", crate::interval_sessions::STATEMENTS),
    ("interval_workouts", crate::interval_workouts::STATEMENTS),
    ("jobs", crate::jobs::STATEMENTS),
    ("lift_maxes", crate::lift_maxes::STATEMENTS),
    ("lifts", crate::lifts::STATEMENTS),
    ("movements", crate::movements::STATEMENTS),
    ("prescriptions", crate::prescriptions::STATEMENTS),
    ("program_progressions", crate::program_progressions::STATEMENTS),
    ("programs", crate::programs::STATEMENTS),
    ("progression_history", crate::progression_history::STATEMENTS),
    ("progressions", crate::progressions::STATEMENTS),
    ("served_periods", crate::served_periods::STATEMENTS),
    ("sign_ins", crate::sign_ins::STATEMENTS),
    ("trained_lifts", crate::trained_lifts::STATEMENTS),
    ("weekly_lookups", crate::weekly_lookups::STATEMENTS),
    ("weeks", crate::weeks::STATEMENTS),
];

/// The lists of every table group.
#[cfg(test)]
pub(crate) const LISTINGS: &[(&str, &Listing)] = &[
    ("cycles", &crate::cycles::LISTING),
    ("daily_lookups", &crate::daily_lookups::LISTING),
    ("days", &crate::days::LISTING),
    ("interval_exercises", &crate::interval_exercises::LISTING),
    ("lift_maxes", &crate::lift_maxes::LISTING),
    ("lifts", &crate::lifts::LISTING),
    ("prescriptions", &crate::prescriptions::LISTING),
    ("programs", &crate::programs::LISTING),
    ("progression_history", &crate::progression_history::LISTING),
    ("progressions", &crate::progressions::LISTING),
    ("weekly_lookups", &crate::weekly_lookups::LISTING),
    ("weeks", &crate::weeks::LISTING),
];
