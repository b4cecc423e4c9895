//! Windows against a model that has no room to run out of, and what happens without room.

use std::collections::HashMap;
use std::time::Duration;

use ferrum_app::config::Quota;
use ferrum_domain::error::Attempts;
use ferrum_domain::time::Millis;
use proptest::prelude::*;

use super::{Client, Count, Key, Memory, Policy, Slot};

const MINUTE: i64 = 60_000;
const START: Millis = Millis(1_767_600_000_000);

fn quota(count: u32, minutes: u64) -> Quota {
    Quota { count, window: Duration::from_mins(minutes) }
}

fn key(policy: Policy, address: &str) -> Key {
    Key { policy, client: Client::at(address.parse().unwrap()) }
}

fn numbered(policy: Policy, number: u32) -> Key {
    Key { policy, client: Client::V4(number.to_be_bytes()) }
}

fn after(milliseconds: i64) -> Millis {
    Millis(START.0 + milliseconds)
}

/// What a simple store would know: the end of each window, and how many of its slots are taken.
#[derive(Default)]
struct Model(HashMap<Key, (Millis, u32)>);

impl Model {
    fn take(&mut self, key: Key, quota: Quota, now: Millis) -> Count {
        let length = i64::try_from(quota.window.as_millis()).unwrap();
        let window = self.0.entry(key).or_insert((now, 0));
        if window.0 <= now {
            *window = (Millis(now.0 + length), 0);
        }
        let free = window.1 < quota.count;
        window.1 += u32::from(free);
        Count { slot: free.then_some(Slot { key, ends: window.0 }), used: window.1, ends: window.0 }
    }

    fn give_back(&mut self, slot: Slot) {
        if let Some(window) = self.0.get_mut(&slot.key).filter(|window| window.0 == slot.ends) {
            window.1 -= 1;
            if window.1 == 0 {
                self.0.remove(&slot.key);
            }
        }
    }

    /// Whether all slots of a key are taken.
    fn is_full(&self, key: Key, quota: Quota, now: Millis) -> bool {
        self.0.get(&key).is_some_and(|window| window.0 > now && window.1 == quota.count)
    }
}

#[derive(Debug, Clone)]
enum Step {
    Take { policy: Policy, client: u32 },
    GiveBack { which: usize },
    Wait { milliseconds: i64 },
}

fn steps(clients: u32) -> impl Strategy<Value = Vec<Step>> {
    let policies =
        prop::sample::select(vec![Policy::IntervalFlowGeneral, Policy::IntervalFlowLogin, Policy::AlloyAuth]);
    let step = prop_oneof![
        6 => (policies, 0..clients).prop_map(|(policy, client)| Step::Take { policy, client }),
        2 => any::<prop::sample::Index>().prop_map(|which| Step::GiveBack { which: which.index(64) }),
        1 => (0..20 * MINUTE).prop_map(|milliseconds| Step::Wait { milliseconds }),
    ];
    prop::collection::vec(step, 1..200)
}

/// Clients in three neighbourhoods.
fn client(number: u32) -> Client {
    let [.., host] = number.to_be_bytes();
    Client::V4([10, host % 3, 0, host])
}

fn quota_of(policy: Policy) -> Quota {
    if policy == Policy::AlloyAuth { quota(2, 1) } else { quota(3, 15) }
}

proptest! {
    #[test]
    fn windows_are_those_of_the_model(steps in steps(12)) {
        let (memory, mut model) = (Memory::default(), Model::default());
        let (mut now, mut open) = (START, Vec::new());
        for step in steps {
            match step {
                Step::Take { policy, client: number } => {
                    let key = Key { policy, client: client(number) };
                    let count = memory.take_now(key, quota_of(policy), now);
                    prop_assert_eq!(count, model.take(key, quota_of(policy), now));
                    open.extend(count.slot);
                }
                Step::GiveBack { which } if !open.is_empty() => {
                    let slot = open.swap_remove(which % open.len());
                    memory.give_back_now(slot);
                    model.give_back(slot);
                }
                Step::GiveBack { .. } => {}
                Step::Wait { milliseconds } => now.0 += milliseconds,
            }
        }
    }

    /// Whoever is counted under whichever key, that key's window is never lost before it ends, and nobody
    /// is refused unless the window of a key of theirs is used up.
    #[test]
    fn without_room_sign_ins_share_windows_and_lose_none(steps in steps(40)) {
        let (memory, mut model) = (Memory::tiny(), Model::default());
        let (mut now, mut open) = (START, Vec::new());
        for step in steps {
            match step {
                Step::Take { policy, client: number } => {
                    let (own, quota) = (client(number), quota_of(policy));
                    let count = memory.take_now(Key { policy, client: own }, quota, now);
                    if policy.rule().of == Attempts::Requests {
                        continue;
                    }
                    let keys = [own, own.neighbourhood(), Client::Unknown].map(|client| Key { policy, client });
                    if let Some(slot) = count.slot {
                        prop_assert!(keys.contains(&slot.key));
                        prop_assert_eq!(count, model.take(slot.key, quota, now));
                        open.push(slot);
                    } else {
                        prop_assert!(keys.iter().any(|key| model.is_full(*key, quota, now)));
                    }
                }
                Step::GiveBack { which } if !open.is_empty() => {
                    let slot = open.swap_remove(which % open.len());
                    memory.give_back_now(slot);
                    model.give_back(slot);
                }
                Step::GiveBack { .. } => {}
                Step::Wait { milliseconds } => now.0 += milliseconds,
            }
        }
    }
}

#[test]
fn a_window_begins_with_the_first_attempt_and_ends_to_the_millisecond() {
    let memory = Memory::default();
    let (key, quota) = (key(Policy::IntervalFlowLogin, "192.0.2.1"), quota(2, 15));
    let take = |milliseconds| memory.take_now(key, quota, after(milliseconds));
    assert_eq!((take(0).used, take(14 * MINUTE).used), (1, 2));
    let refused = take(15 * MINUTE - 1);
    assert_eq!((refused.slot, refused.used, refused.ends), (None, 2, after(15 * MINUTE)));
    let fresh = take(15 * MINUTE);
    assert_eq!((fresh.used, fresh.ends), (1, after(30 * MINUTE)));
}

#[test]
fn clients_and_limits_have_counters_of_their_own() {
    let (memory, quota) = (Memory::default(), quota(1, 15));
    for policy in [Policy::IntervalFlowRegister, Policy::IntervalFlowLogin, Policy::IntervalFlowGeneral] {
        for address in ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1"] {
            assert!(
                memory.take_now(key(policy, address), quota, START).slot.is_some(),
                "{policy:?} {address}"
            );
        }
        assert!(memory.take_now(key(policy, "2001:db8::2"), quota, START).slot.is_none(), "one /64");
    }
}

#[test]
fn a_late_answer_gives_nothing_back_to_a_later_window() {
    let (memory, quota) = (Memory::default(), quota(2, 15));
    let key = key(Policy::IntervalFlowLogin, "192.0.2.1");
    let late = memory.take_now(key, quota, START).slot.unwrap();
    assert_eq!(memory.take_now(key, quota, after(15 * MINUTE)).used, 1);
    memory.give_back_now(late);
    assert_eq!(memory.take_now(key, quota, after(16 * MINUTE)).used, 2);
}

#[test]
fn a_clock_that_is_set_back_shuts_nobody_out_for_long() {
    let (memory, quota) = (Memory::default(), quota(1, 15));
    let key = key(Policy::IntervalFlowLogin, "192.0.2.1");
    memory.take_now(key, quota, START);
    assert!(
        memory.take_now(key, quota, after(-1)).slot.is_none(),
        "threads may see the time in another order"
    );
    assert!(memory.take_now(key, quota, after(-24 * 60 * MINUTE)).slot.is_some());
}

#[test]
fn without_room_the_window_of_requests_that_ends_first_goes() {
    let (memory, quota) = (Memory::tiny(), quota(1, 15));
    let take = |number, minute| {
        memory.take_now(numbered(Policy::IntervalFlowGeneral, number), quota, after(minute * MINUTE)).slot
    };
    for number in 1..=3 {
        assert!(take(number, i64::from(number)).is_some());
    }
    assert!(take(4, 4).is_some(), "instead of 1");
    assert!(take(2, 5).is_none() && take(3, 5).is_none() && take(4, 5).is_none());
    assert!(take(1, 5).is_some(), "which was forgotten");
}

#[test]
fn a_flood_of_addresses_does_not_free_an_attacker() {
    let (memory, quota) = (Memory::tiny(), quota(2, 15));
    let take = |number, minute| {
        memory.take_now(numbered(Policy::IntervalFlowLogin, number), quota, after(minute * MINUTE))
    };
    let attacker = 0x0a00_0001;
    take(attacker, 0);
    take(attacker, 0);
    for number in 1..1000 {
        take(number * 0x1_0001, 1);
    }
    assert!(take(attacker, 14).slot.is_none());
    let newcomer = take(0x0a01_0001, 14);
    assert!(newcomer.slot.is_none_or(|slot| slot.key.client == Client::Unknown), "no room for its own");
    assert!(take(attacker, 15).slot.is_some());
}

#[test]
fn attempts_at_the_same_time_take_no_more_than_there_is() {
    let (memory, quota) = (Memory::default(), quota(5, 15));
    let key = key(Policy::IntervalFlowLogin, "192.0.2.1");
    let taken: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| (0..100).filter_map(|_| memory.take_now(key, quota, START).slot).count()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(taken, 5);
}
