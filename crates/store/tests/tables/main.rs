//! The table groups on both engines: what they keep, what they refuse, and in which order they list.

mod catalogue;
mod people;
mod program;
mod support;
mod training;
