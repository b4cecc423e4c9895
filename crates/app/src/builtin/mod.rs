//! The built-in catalogue: lifts and strength programs, made from figures by the same parsers that
//! the endpoints use.

mod facts;
mod load;
pub mod plan;
mod recipes;

pub use load::load;
