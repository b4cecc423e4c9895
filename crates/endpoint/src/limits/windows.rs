//! Counting in windows: how many slots of a limit a client has taken since its window began.

use std::pin::Pin;

use ferrum_app::config::Quota;
use ferrum_domain::Result;
use ferrum_domain::time::Millis;

use super::client::Client;
use super::policy::Policy;

/// Whose attempts of which kind are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The limit.
    pub policy: Policy,
    /// Whoever has the counter.
    pub client: Client,
}

/// What an attempt found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The slot it took; none when all were taken.
    pub slot: Option<Slot>,
    /// How many slots are taken, its own included.
    pub used: u32,
    /// When the window ends and all slots are free.
    pub ends: Millis,
}

/// A slot that an attempt took: under whose key it was counted in the end, and in which window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Whose it is.
    pub key: Key,
    /// End of its window.
    pub ends: Millis,
}

/// Something that a store of windows says when it knows; an error if it cannot know now.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A store of windows. [`Memory`](super::Memory) is that of one process; one that several processes
/// share would do the same over a network.
///
/// A window begins with the first attempt after the last one's end, and lasts as long as the quota says.
pub trait Windows: Send + Sync + 'static {
    /// Takes a slot if one is free: so, of attempts at the same time, never more than the quota has.
    fn take(&self, key: Key, quota: Quota, now: Millis) -> Later<'_, Count>;

    /// Gives back a slot that should not count. If its window is over, nothing changes; if it was the
    /// only one taken, the window is over.
    fn give_back(&self, slot: Slot) -> Later<'_, ()>;
}
