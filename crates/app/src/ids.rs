//! New ids and other random texts.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use ferrum_domain::{Error, Result};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::clock::Clock;

/// Letters and digits that nobody confuses when copying them from a screen.
const READABLE: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// Bits below the milliseconds of [`Ids::order`].
const ORDER_BITS: u32 = 12;

/// Maker of ids. Each process has one, so that its ids increase.
#[derive(Debug)]
pub struct Ids {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    random: Random,
    /// Milliseconds of the last UUID, and its 74 bits below them.
    last: (u64, u128),
    /// What distinguishes this process in object ids.
    process: [u8; 5],
    count: u32,
    order: i64,
}

impl Ids {
    /// A maker of ids that takes the time from `clock`.
    pub fn new(clock: Clock) -> Result<Self> {
        let mut random = Random::from_system()?;
        let process = random.bytes();
        let count = u32::from_be_bytes(random.bytes());
        Ok(Self { clock, state: Mutex::new(State { random, last: (0, 0), process, count, order: 0 }) })
    }

    /// A new UUIDv7 as text, greater than every one before it in this process.
    pub fn uuid(&self) -> String {
        let now = u64::try_from(self.clock.now().0).unwrap_or(0) & ((1 << 48) - 1);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (millis, low) = state.next(now);
        let high_bits = (low >> 62) & 0xfff;
        let low_bits = low & ((1 << 62) - 1);
        let bits = (u128::from(millis) << 80) | (7 << 76) | (high_bits << 64) | (0b10 << 62) | low_bits;
        Uuid::from_u128(bits).to_string()
    }

    /// A number greater than every one before it in this process, and than those of others by the clock, to the
    /// microsecond: the order in which things were written.
    pub fn order(&self) -> i64 {
        let micros = self.clock.micros();
        let now = micros.div_euclid(1000) << ORDER_BITS | micros.rem_euclid(1000) << (ORDER_BITS - 10);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.order = now.max(state.order + 1);
        state.order
    }

    /// A new id of 24 hex digits: seconds, process, counter.
    pub fn object_id(&self) -> String {
        let seconds = self.clock.now().0.div_euclid(1000) & 0xffff_ffff;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.count = state.count.wrapping_add(1);
        let mut text = format!("{seconds:08x}");
        for byte in state.process {
            let _ = write!(text, "{byte:02x}");
        }
        let _ = write!(text, "{:06x}", state.count & 0x00ff_ffff);
        text
    }

    /// A new password of 118 random bits that can be read aloud, e.g. `k3vmq2-...`.
    pub fn password(&self) -> String {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for place in 0..24 {
            if place > 0 && place % 6 == 0 {
                text.push('-');
            }
            text.push(state.random.readable());
        }
        text
    }
}

impl State {
    /// The next pair of milliseconds and random bits, greater than the last even when the clock
    /// stands still or goes back.
    fn next(&mut self, now: u64) -> (u64, u128) {
        let (millis, low) = self.last;
        self.last = if now > millis {
            // The top bit stays free, so that the steps below have room.
            (now, u128::from_be_bytes(self.random.bytes()) & ((1 << 73) - 1))
        } else {
            let low = low + 1 + u128::from(u32::from_be_bytes(self.random.bytes()));
            if low < 1 << 74 { (millis, low) } else { (millis + 1, low & ((1 << 73) - 1)) }
        };
        self.last
    }
}

/// SHA-256 in counter mode over a seed from the system: no system call per id, and no way to fail.
struct Random {
    seed: [u8; 32],
    count: u64,
    block: [u8; 32],
    /// How many bytes of the block nobody has got yet.
    left: usize,
}

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Random")
    }
}

impl Random {
    fn from_system() -> Result<Self> {
        Ok(Self { seed: system_bytes()?, count: 0, block: [0; 32], left: 0 })
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        const { assert!(N <= 32) };
        if self.left < N {
            let block = Sha256::new().chain_update(self.seed).chain_update(self.count.to_be_bytes());
            self.block = block.finalize().into();
            self.count += 1;
            self.left = self.block.len();
        }
        let first = self.block.len() - self.left;
        self.left -= N;
        std::array::from_fn(|i| self.block[first + i])
    }

    fn readable(&mut self) -> char {
        loop {
            // 248 is the greatest multiple of 31 in a byte: beyond it some letters would be likelier.
            let [byte] = self.bytes();
            if byte < 248 {
                return char::from(READABLE[usize::from(byte) % READABLE.len()]);
            }
        }
    }
}

/// Bytes from the operating system's source of randomness, for secrets.
pub(crate) fn system_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|e| Error::internal(format!("the system gives no random bytes: {e}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use ferrum_domain::ids::is_account_id;
    use ferrum_domain::time::Millis;

    use super::*;

    fn ids_at(now: i64) -> (Ids, Clock) {
        let clock = Clock::manual(Millis(now));
        (Ids::new(clock.clone()).unwrap(), clock)
    }

    #[test]
    fn no_random_byte_is_given_twice() {
        let random = || Random { seed: [7; 32], count: 0, block: [0; 32], left: 0 };
        let (mut whole, mut pieces) = (random(), random());
        let blocks: [[u8; 32]; 2] = [whole.bytes(), whole.bytes()];
        let first: [u8; 16] = pieces.bytes();
        let (second, third): ([u8; 4], [u8; 1]) = (pieces.bytes(), pieces.bytes());
        assert_eq!([&first[..], &second, &third].concat(), blocks[0][..21]);
        // The eleven bytes that are left do not suffice, and nobody gets them.
        let fourth: [u8; 16] = pieces.bytes();
        assert_eq!(fourth, blocks[1][..16]);
        assert_ne!(blocks[0], blocks[1]);
    }

    #[test]
    fn uuids_increase_while_the_clock_stands_still_and_when_it_goes_back() {
        let (ids, clock) = ids_at(1_767_600_000_000);
        let mut last = String::new();
        for i in 0..100_000 {
            if i == 50_000 {
                clock.advance(-5_000);
            }
            let id = ids.uuid();
            assert!(id > last, "{id} after {last}");
            last = id;
        }
    }

    #[test]
    fn the_order_increases_whatever_the_clock_does() {
        let (ids, clock) = ids_at(1_767_600_000_000);
        let mut last = 0;
        for step in [0, 0, 1, -5_000, 0, 6_000] {
            clock.advance(step);
            let order = ids.order();
            assert!(order > last, "{order} after {last}");
            last = order;
        }
        assert_eq!(last >> ORDER_BITS, clock.now().0);
    }

    #[test]
    fn processes_that_write_in_turn_keep_their_order() {
        let processes = [Ids::new(Clock::system()).unwrap(), Ids::new(Clock::system()).unwrap()];
        let mut last = 0;
        for turn in 0..1_000 {
            let order = processes[turn % 2].order();
            assert!(order > last, "{order} after {last} in turn {turn}");
            last = order;
            std::thread::sleep(std::time::Duration::from_micros(2));
        }
    }

    #[test]
    fn a_uuid_is_of_version_7_and_holds_the_time() {
        let (ids, _) = ids_at(1_767_600_000_123);
        let uuid: Uuid = ids.uuid().parse().unwrap();
        assert_eq!((uuid.get_version_num(), uuid.get_variant()), (7, uuid::Variant::RFC4122));
        let (seconds, nanos) = uuid.get_timestamp().unwrap().to_unix();
        assert_eq!((seconds, nanos / 1_000_000), (1_767_600_000, 123));
        assert!(is_account_id(&uuid.to_string()));
    }

    #[test]
    fn the_last_bits_of_a_millisecond_carry_into_the_next() {
        let (ids, _) = ids_at(5);
        let mut state = ids.state.lock().unwrap();
        state.last = (5, (1 << 74) - 1);
        let (millis, low) = state.next(5);
        assert_eq!(millis, 6);
        assert!(low < 1 << 74);
    }

    #[test]
    fn object_ids_are_24_hex_digits_and_differ() {
        let (ids, _) = ids_at(1_767_600_000_000);
        let all: HashSet<String> = (0..10_000).map(|_| ids.object_id()).collect();
        assert_eq!(all.len(), 10_000);
        assert!(all.iter().all(|id| id.len() == 24 && id.bytes().all(|b| b.is_ascii_hexdigit())));
        assert!(all.iter().all(|id| id.starts_with("695b6f80")), "{:?}", all.iter().next());
    }

    #[test]
    fn passwords_are_long_readable_and_differ() {
        let (ids, _) = ids_at(0);
        let all: HashSet<String> = (0..1_000).map(|_| ids.password()).collect();
        assert_eq!(all.len(), 1_000);
        for password in &all {
            assert_eq!(password.len(), 27);
            assert!(password.bytes().all(|b| b == b'-' || READABLE.contains(&b)));
        }
    }
}
