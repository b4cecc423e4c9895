//! Interval training: exercises done by the clock.

pub mod energy;
pub mod exercise;
pub mod form;
pub mod plan;
pub mod session;
pub mod size;
pub mod timeline;
pub mod workout;

#[cfg(test)]
mod tests;
