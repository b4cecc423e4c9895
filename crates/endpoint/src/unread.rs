//! What is left of a request's body when its answer is ready.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::http::header::{EXPECT, HeaderMap};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::runtime::Handle;

/// How much is read and forgotten, in bytes, and for how long.
const FORGOTTEN: usize = 16 << 20;
const PATIENCE: Duration = Duration::from_secs(5);

/// A body whose rest is read, for a while and beside the answer, when it is dropped before its end: a
/// client that is still sending when the connection is closed may never see the answer.
pub(crate) struct ReadOut {
    body: Option<Incoming>,
    /// Whether more of it is under way.
    comes: bool,
}

impl ReadOut {
    /// The body of a request with these headers. A client that asks before it sends is not told to begin
    /// for nothing.
    pub(crate) fn new(body: Incoming, headers: &HeaderMap) -> Self {
        let comes = !body.is_end_stream() && !headers.contains_key(EXPECT);
        Self { body: Some(body), comes }
    }
}

impl Body for ReadOut {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(context));
        self.comes = matches!(frame, Some(Ok(_)));
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for ReadOut {
    fn drop(&mut self) {
        let rest = self.body.take().filter(|body| self.comes && !body.is_end_stream());
        if let (Some(rest), Ok(runtime)) = (rest, Handle::try_current()) {
            runtime.spawn(tokio::time::timeout(PATIENCE, forget(rest)));
        }
    }
}

async fn forget(mut body: Incoming) {
    let mut left = FORGOTTEN;
    while let Some(Ok(frame)) = body.frame().await {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        if left == 0 {
            break;
        }
    }
}
