//! The parameters of a statement, written short.

/// The parameters of a statement: `values![id, now]`.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::row::Value::from($value)),*] };
}
pub(crate) use values;
