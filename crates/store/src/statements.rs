//! Every SQL text of the product, so that tests can prepare all of them on both engines and read
//! their query plans.

use crate::listing::Listing;

/// Declares the statements of a table group: a constant for each, and `STATEMENTS`, the list of
/// their names and texts.
macro_rules! statements {
    ($($name:ident = $sql:expr;)*) => {
        $(const $name: &str = $sql;)*
        pub(crate) const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}
pub(crate) use statements;

/// The statements of every table group. A test compares it with the sources.
pub(crate) const GROUPS: &[(&str, &[(&str, &str)])] = &[];

/// The lists of every table group.
pub(crate) const LISTINGS: &[(&str, &Listing)] = &[];
