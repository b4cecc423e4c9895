//! Whether a connection is still good for something.
//!
//! hyper can time out the head of a request, at the price of a timer for each. A look at each
//! connection now and then costs requests next to nothing, and also finds clients that do not read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection on which nothing has happened for one to two of these is closed: no request was being
/// answered and nothing was sent. Bytes of a head that never ends do not count.
const LOOK: Duration = Duration::from_secs(30);

/// What happens on a connection.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    open: AtomicUsize,
    sent: AtomicBool,
}

/// A request that is being answered, until this is dropped.
pub(crate) struct Begun(Arc<Activity>);

impl Activity {
    /// Notes that a request has come.
    pub(crate) fn begin(self: &Arc<Self>) -> Begun {
        self.open.fetch_add(1, Ordering::Relaxed);
        Begun(Arc::clone(self))
    }

    /// Ends when nothing happens any more.
    pub(crate) async fn ceased(&self) {
        loop {
            tokio::time::sleep(LOOK).await;
            let sent = self.sent.swap(false, Ordering::Relaxed);
            if !sent && self.open.load(Ordering::Relaxed) == 0 {
                return;
            }
        }
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A stream that notes when something could be sent.
pub(crate) struct Watched<S> {
    pub(crate) stream: S,
    pub(crate) activity: Arc<Activity>,
}

impl<S> Watched<S> {
    fn note(&self, sent: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if matches!(sent, Poll::Ready(Ok(1..))) {
            self.activity.sent.store(true, Ordering::Relaxed);
        }
        sent
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note(sent)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.note(sent)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_requests_or_answers_ceases() {
        let activity: Arc<Activity> = Arc::default();
        let ceases = |within| tokio::time::timeout(within, activity.ceased());
        assert!(ceases(LOOK * 2).await.is_ok(), "nothing ever happened");

        let begun = activity.begin();
        assert!(ceases(LOOK * 9).await.is_err(), "a request is being answered");
        drop(begun);
        activity.sent.store(true, Ordering::Relaxed);
        let start = tokio::time::Instant::now();
        activity.ceased().await;
        assert_eq!(start.elapsed(), LOOK * 2, "its answer was sent in the first half");
    }
}
