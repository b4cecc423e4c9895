//! The parameters of a statement, written short.

use ferrum_domain::units::Thousandths;

use crate::row::Value;

impl From<Thousandths> for Value<'_> {
    fn from(number: Thousandths) -> Self {
        Self::Int(number.0)
    }
}

/// The parameters of a statement: `values![id, now]`.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::row::Value::from($value)),*] };
}
pub(crate) use values;
