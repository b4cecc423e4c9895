//! The windows of one process, in bounded memory.
//!
//! A table is many small sets with a lock each, and a client's key says which set may have its window:
//! no attempt waits for another client's, no table grows or is cleaned as a whole, and whoever looks for
//! room looks through one set.

use std::future;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ferrum_app::config::Quota;
use ferrum_domain::error::Attempts;
use ferrum_domain::time::Millis;

use super::client::Client;
use super::policy::RULES;
use super::windows::{Count, Key, Later, Slot, Windows};

/// The windows of one process. They are gone when it ends, as IntervalFlow's document says.
///
/// With every place taken it holds 1,048,576 windows of requests in 36 MB, 524,288 of sign-ins and
/// 131,072 of neighbourhoods in 22 MB.
pub struct Memory {
    /// Windows of requests: where there is no room, the one that ends first makes some.
    requests: Table,
    /// Windows of sign-ins: none goes before it ends, or a flood of addresses would free an attacker.
    sign_ins: Table,
    /// Windows of sign-ins that neighbours share because [`Memory::sign_ins`] has no room.
    neighbours: Table,
    /// Windows of sign-ins of everybody for whom that has no room either; a place for each limit.
    rest: Table,
}

impl Default for Memory {
    fn default() -> Self {
        Self::of(Table::new(65_536, 16), Table::new(16_384, 32), Table::new(4_096, 32))
    }
}

impl Memory {
    fn of(requests: Table, sign_ins: Table, neighbours: Table) -> Self {
        Self { requests, sign_ins, neighbours, rest: Table::new(1, RULES.len()) }
    }

    /// One that has hardly any room.
    #[cfg(test)]
    pub(super) fn tiny() -> Self {
        Self::of(Table::new(1, 3), Table::new(1, 3), Table::new(1, 2))
    }

    pub(super) fn take_now(&self, key: Key, quota: Quota, now: Millis) -> Count {
        if key.policy.rule().of == Attempts::Requests {
            return self.requests.take_in_any_case(key, quota, now);
        }
        let clients = [key.client, key.client.neighbourhood(), Client::Unknown];
        let mut keys = clients.into_iter().map(|client| Key { client, ..key });
        let count = keys.find_map(|key| self.table(&key).take(key, quota, now));
        count.unwrap_or(Count { slot: None, used: quota.count, ends: end(now, quota) })
    }

    pub(super) fn give_back_now(&self, slot: Slot) {
        self.table(&slot.key).give_back(slot);
    }

    /// The table where a key has its window.
    fn table(&self, key: &Key) -> &Table {
        match (key.policy.rule().of, key.client) {
            (Attempts::Requests, _) => &self.requests,
            (Attempts::SignIns, Client::V4(_) | Client::V6(_) | Client::Person(_)) => &self.sign_ins,
            (Attempts::SignIns, Client::V4Rest(_) | Client::V6Rest(_)) => &self.neighbours,
            (Attempts::SignIns, Client::Unknown) => &self.rest,
        }
    }
}

impl Windows for Memory {
    fn take(&self, key: Key, quota: Quota, now: Millis) -> Later<'_, Count> {
        Box::pin(future::ready(Ok(self.take_now(key, quota, now))))
    }

    fn give_back(&self, slot: Slot) -> Later<'_, ()> {
        self.give_back_now(slot);
        Box::pin(future::ready(Ok(())))
    }
}

/// Windows by their keys, in a number of places that never changes.
struct Table {
    sets: Box<[Mutex<Vec<Window>>]>,
    /// Places in a set.
    places: usize,
    /// Seeded anew in each process, so that nobody can aim at a set.
    hasher: RandomState,
}

/// Slots that were taken under a key.
#[derive(Clone, Copy)]
struct Window {
    key: Key,
    used: u32,
    ends: Millis,
}

impl Table {
    fn new(sets: usize, places: usize) -> Self {
        let sets = (0..sets).map(|_| Mutex::default()).collect();
        Self { sets, places, hasher: RandomState::new() }
    }

    fn set(&self, key: &Key) -> MutexGuard<'_, Vec<Window>> {
        let hash = usize::try_from(self.hasher.hash_one(key) & u64::from(u32::MAX)).unwrap_or_default();
        self.sets[hash % self.sets.len()].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a slot, unless there is no room for the window that this would begin.
    fn take(&self, key: Key, quota: Quota, now: Millis) -> Option<Count> {
        let mut set = self.set(&key);
        if let Some(window) = set.iter_mut().find(|window| window.key == key) {
            return Some(window.take(quota, now));
        }
        self.make_room(&mut set, now).then(|| begin(&mut set, key, quota, now))
    }

    /// Takes a slot; the window that ends first is forgotten if there is no room.
    fn take_in_any_case(&self, key: Key, quota: Quota, now: Millis) -> Count {
        let mut set = self.set(&key);
        if let Some(window) = set.iter_mut().find(|window| window.key == key) {
            return window.take(quota, now);
        }
        if !self.make_room(&mut set, now)
            && let Some((first, _)) = set.iter().enumerate().min_by_key(|(_, window)| window.ends)
        {
            set.swap_remove(first);
        }
        begin(&mut set, key, quota, now)
    }

    /// Whether there is room for one more, now that what has ended is gone.
    fn make_room(&self, set: &mut Vec<Window>, now: Millis) -> bool {
        if set.len() == set.capacity() || set.len() >= self.places {
            set.retain(|window| window.ends > now);
        }
        set.len() < self.places
    }

    fn give_back(&self, slot: Slot) {
        let mut set = self.set(&slot.key);
        let of_slot = |window: &Window| window.key == slot.key && window.ends == slot.ends;
        let Some(index) = set.iter().position(of_slot) else { return };
        set[index].used = set[index].used.saturating_sub(1);
        if set[index].used == 0 {
            set.swap_remove(index);
        }
    }
}

fn begin(set: &mut Vec<Window>, key: Key, quota: Quota, now: Millis) -> Count {
    let mut window = Window { key, used: 0, ends: end(now, quota) };
    let count = window.take(quota, now);
    set.push(window);
    count
}

impl Window {
    fn take(&mut self, quota: Quota, now: Millis) -> Count {
        // A clock that is set back must not shut anybody out for as long as it went back.
        let farthest = end(end(now, quota), quota);
        if self.ends <= now || self.ends > farthest {
            (self.used, self.ends) = (0, end(now, quota));
        }
        let free = self.used < quota.count;
        self.used += u32::from(free);
        let slot = free.then_some(Slot { key: self.key, ends: self.ends });
        Count { slot, used: self.used, ends: self.ends }
    }
}

/// End of a window that begins `now`.
fn end(now: Millis, quota: Quota) -> Millis {
    let length = i64::try_from(quota.window.as_millis()).unwrap_or(i64::MAX);
    Millis(now.0.saturating_add(length))
}
