//! The clock: the only place that asks what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ferrum_domain::time::Millis;

/// What time it is; clones share one time.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The time of this machine.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `now` until it is moved.
    pub fn manual(now: Millis) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(now.0))))
    }

    /// The present instant.
    pub fn now(&self) -> Millis {
        match &self.0 {
            Source::System => Millis(since_epoch().div_euclid(1000)),
            Source::Manual(now) => Millis(now.load(Ordering::SeqCst)),
        }
    }

    /// The present instant in microseconds since 1970.
    pub(crate) fn micros(&self) -> i64 {
        match &self.0 {
            Source::System => since_epoch(),
            Source::Manual(_) => self.now().0.saturating_mul(1000),
        }
    }

    /// Moves a manual clock to `now`; the machine's clock is not ours to move.
    pub fn set(&self, now: Millis) {
        if let Source::Manual(time) = &self.0 {
            time.store(now.0, Ordering::SeqCst);
        }
    }

    /// Moves a manual clock by that many milliseconds.
    pub fn advance(&self, milliseconds: i64) {
        if let Source::Manual(time) = &self.0 {
            time.fetch_add(milliseconds, Ordering::SeqCst);
        }
    }
}

/// An instant as the standard library and what is built on it have it.
pub fn system_time(at: Millis) -> SystemTime {
    let distance = Duration::from_millis(at.0.unsigned_abs());
    let time = if at.0 < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    time.unwrap_or(UNIX_EPOCH)
}

/// In microseconds.
fn since_epoch() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_of_a_manual_clock_move_together() {
        let clock = Clock::manual(Millis(1_000));
        let other = clock.clone();
        clock.advance(500);
        assert_eq!(other.now(), Millis(1_500));
        other.set(Millis(7));
        assert_eq!(clock.now(), Millis(7));
    }

    #[test]
    fn the_system_clock_is_not_moved() {
        let clock = Clock::system();
        clock.set(Millis(0));
        clock.advance(-1_000_000_000);
        assert!(clock.now() > Millis(1_700_000_000_000));
    }
}
