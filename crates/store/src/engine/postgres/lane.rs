//! Who writes beside whom: a closure that keeps losing gets a while without rivals of its own process.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long anybody waits for another at most: a writer that is slow must not hold up all.
const COURTESY: Duration = Duration::from_millis(250);

/// Common to the sessions of a pool.
#[derive(Clone)]
pub(super) struct Lane {
    writers: Arc<(Mutex<Writers>, Condvar)>,
    courtesy: Duration,
}

#[derive(Default)]
struct Writers {
    /// At work beside each other.
    shared: usize,
    /// Whether one is at work, or about to be, that wants to be alone.
    alone: bool,
}

/// A place in the lane, left when dropped.
pub(super) struct Place<'l> {
    lane: &'l Lane,
    alone: bool,
}

impl Default for Lane {
    fn default() -> Self {
        Self { writers: Arc::default(), courtesy: COURTESY }
    }
}

impl Lane {
    /// Writes beside others, after one that wants to be alone.
    pub(super) fn share(&self) -> Place<'_> {
        self.wait(self.writers(), |writers| writers.alone).shared += 1;
        Place { lane: self, alone: false }
    }

    /// Writes when those at work have ended, before others begin.
    pub(super) fn alone(&self) -> Place<'_> {
        let mut writers = self.wait(self.writers(), |writers| writers.alone);
        writers.alone = true;
        drop(self.wait(writers, |writers| writers.shared > 0));
        Place { lane: self, alone: true }
    }

    fn writers(&self) -> MutexGuard<'_, Writers> {
        self.writers.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'l>(
        &'l self,
        writers: MutexGuard<'l, Writers>,
        in_the_way: impl Fn(&Writers) -> bool,
    ) -> MutexGuard<'l, Writers> {
        let waited = self.writers.1.wait_timeout_while(writers, self.courtesy, |writers| in_the_way(writers));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut writers = self.lane.writers();
        if self.alone {
            writers.alone = false;
        } else {
            writers.shared -= 1;
        }
        self.lane.writers.1.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Instant;

    use super::*;

    #[test]
    fn who_wants_to_be_alone_waits_and_is_waited_for() {
        // A thread that the machine holds up must not end the wait of the other.
        let lane = Lane { courtesy: Duration::from_mins(1), ..Lane::default() };
        let (said, heard) = channel();
        let first = lane.share();
        thread::scope(|scope| {
            let alone = said.clone();
            let lane = &lane;
            scope.spawn(move || {
                let place = lane.alone();
                alone.send("alone").unwrap();
                drop(place);
            });
            while !lane.writers().alone {
                thread::yield_now();
            }
            scope.spawn(move || {
                let place = lane.share();
                said.send("shared").unwrap();
                drop(place);
            });
            drop(first);
        });
        assert_eq!(heard.iter().collect::<Vec<_>>(), ["alone", "shared"]);
    }

    #[test]
    fn nobody_waits_long_for_a_slow_one() {
        let lane = Lane::default();
        let start = Instant::now();
        let slow = lane.share();
        let alone = lane.alone();
        let beside = lane.share();
        assert!(start.elapsed() >= 2 * COURTESY);
        drop((slow, alone, beside));
        let writers = lane.writers();
        assert_eq!((writers.shared, writers.alone), (0, false));
    }
}
