//! Limits on how often a client may ask: one mechanism, and in [`policy`] every document's limits.
//!
//! [`Limits::around`] limits all routes of a surface, a [`Limits::layer`] some. Either takes a slot in the window
//! of the client and the policy before anything else is done with the request, refuses with the dialect's words
//! when there is none, and shows the limit in the answer's headers. Of two around each other, the inner one
//! shows its limit.

mod client;
mod forwarded;
mod layer;
mod memory;
pub mod policy;
#[cfg(test)]
mod tests;
mod windows;

pub use client::Client;
pub use layer::{Counter, LimitLayer, Limited, Limits};
pub use memory::Memory;
pub use policy::Policy;
pub use windows::{Count, Key, Later, Slot, Windows};
