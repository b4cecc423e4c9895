//! What is true in Ferrum: the rules of training, as pure functions and types.
//!
//! No I/O, no async, no SQL, no HTTP and no clock: whatever a rule needs is an argument.

pub mod access;
pub mod error;
pub mod ids;
pub mod intervals;
pub mod parse;
pub mod slug;
pub mod strength;
pub mod time;
pub mod units;
pub mod violations;

pub use error::{Conflict, Error, Result};
pub use violations::{Violation, Violations};
