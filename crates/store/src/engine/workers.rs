//! Threads behind a bounded, fair queue.

use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use ferrum_domain::{Error, Result};

/// A queue of jobs and the threads that take them. `None` in the queue tells one thread to stop.
pub(super) struct Workers<J> {
    queue: Sender<Option<J>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl<J: Send + 'static> Workers<J> {
    /// A queue of `capacity` places.
    pub(super) fn new(capacity: usize) -> (Self, Receiver<Option<J>>) {
        let (queue, jobs) = bounded(capacity);
        (Self { queue, threads: Mutex::default() }, jobs)
    }

    /// Starts one thread, which is to end when it takes a `None`.
    pub(super) fn start(&self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(work)
            .map_err(|error| Error::unavailable(format!("starting a thread: {error}")))?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    /// Puts a job at the end of the queue; fails at once when there is no place.
    pub(super) fn send(&self, job: J) -> Result<()> {
        self.queue.try_send(Some(job)).map_err(|error| match error {
            TrySendError::Full(_) => {
                metrics::counter!("ferrum_store_refused_total").increment(1);
                Error::unavailable("too much work waits for the database")
            }
            TrySendError::Disconnected(_) => super::job::closed(),
        })
    }

    /// Waits until everything in the queue is done and the threads have ended.
    pub(super) fn close(&self) {
        let mut threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        // The last handle may go inside of a job; that thread ends by itself when the queue is gone.
        threads.retain(|thread| thread.thread().id() != thread::current().id());
        for _ in &threads {
            // Without a receiver the threads have ended already.
            let _ = self.queue.send(None);
        }
        for thread in threads {
            let _ = thread.join();
        }
    }
}
