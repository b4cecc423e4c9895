//! A closure on its way to a connection, and its answer on the way back.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ferrum_domain::{Error, Result};
use tokio::sync::oneshot;

use super::tx::Tx;

/// A unit of work without its type. It may run several times; the last result counts.
pub(super) trait Job: Send {
    /// Runs the closure and keeps its result; says whether that result wants to be committed.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Replaces the result.
    fn fail(&mut self, error: Error);
    /// Tells the caller.
    fn answer(self: Box<Self>);
}

struct Work<T, F> {
    closure: F,
    result: Result<T>,
    reply: oneshot::Sender<Outcome<T, F>>,
}

/// What came of a closure. The closure goes back with it, so that its caller and not the one writer frees
/// what it holds.
pub(super) struct Outcome<T, F> {
    pub(super) result: Result<T>,
    _closure: F,
}

/// Packs a closure; its result arrives at the receiver.
pub(super) fn pack<T, F>(closure: F) -> (Box<dyn Job>, oneshot::Receiver<Outcome<T, F>>)
where
    F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    T: Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    (Box::new(Work { closure, result: Err(Error::internal("a closure that never ran")), reply }), answer)
}

/// What the caller gets when a job was dropped unanswered.
pub(super) fn closed() -> Error {
    Error::unavailable("the database is closed")
}

impl<T, F> Job for Work<T, F>
where
    F: Fn(&mut Tx<'_>) -> Result<T> + Send,
    T: Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        self.result = run_caught(&self.closure, tx);
        self.result.is_ok()
    }

    fn fail(&mut self, error: Error) {
        self.result = Err(error);
    }

    fn answer(self: Box<Self>) {
        // Nobody waits any more when the client has gone.
        let Self { closure, result, reply } = *self;
        let _ = reply.send(Outcome { result, _closure: closure });
    }
}

/// Runs a closure so that its panic is a defect of this one request and nobody else's; what it
/// leaves in the transaction is rolled back by the caller.
pub(super) fn run_caught<T>(closure: impl Fn(&mut Tx<'_>) -> Result<T>, tx: &mut Tx<'_>) -> Result<T> {
    let result = catch_unwind(AssertUnwindSafe(|| closure(tx)))
        .unwrap_or_else(|panic| Err(Error::internal(format!("a closure panicked: {}", message(&*panic)))));
    if result.is_ok() && tx.fault().is_some() {
        return Err(Error::internal("a closure ended well although one of its statements failed"));
    }
    result
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
