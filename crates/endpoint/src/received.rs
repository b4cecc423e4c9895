//! What a request brings besides its head: the body, within limits of size and number, and the
//! `Idempotency-Key`.

use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use bytes::Bytes;
use ferrum_domain::{Error, Result};
use http_body_util::{BodyExt, Collected, LengthLimitError, Limited};
use hyper::body::Body as _;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// Largest body that is read, in bytes.
pub const BODY_LIMIT: usize = 1 << 20;

/// So much of every body is read, in bytes; of those that are larger so many are in memory at once, in the whole process.
const SMALL: usize = 16 << 10;
static LARGE: Semaphore = Semaphore::const_new(64);
/// How long a large body waits for its place, and how long the rest of it may take to come.
const WAIT: Duration = Duration::from_secs(5);
const HOLD: Duration = Duration::from_secs(10);

/// A body as it came, and its place among the large ones, to be kept for as long as what was made of it.
pub(crate) struct Received {
    pub(crate) bytes: Result<Bytes, BadBody>,
    pub(crate) place: Option<SemaphorePermit<'static>>,
}

#[derive(Debug)]
pub(crate) enum BadBody {
    TooLarge,
    TooMany,
    Unreadable(String),
}

impl BadBody {
    fn of(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Self {
        if error.is::<LengthLimitError>() {
            Self::TooLarge
        } else {
            Self::Unreadable("could not be read to its end".to_owned())
        }
    }

    pub(crate) fn error(&self) -> Error {
        match self {
            Self::TooLarge => Error::TooLarge { limit: BODY_LIMIT },
            Self::TooMany => Error::unavailable("too many large bodies at once"),
            Self::Unreadable(reason) => Error::invalid("body", reason.clone()),
        }
    }
}

impl Received {
    /// Reads `body`.
    pub(crate) async fn read(body: Body) -> Self {
        let length = body.size_hint().exact().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        let mut body = Limited::new(body, BODY_LIMIT);
        let mut place = None;
        let bytes = match length {
            Some(length) if length > BODY_LIMIT => Err(BadBody::TooLarge),
            Some(length) if length <= SMALL => {
                body.collect().await.map(Collected::to_bytes).map_err(|error| BadBody::of(&*error))
            }
            _ => read_large(&mut body, &mut place).await.map(Bytes::from),
        };
        Self { bytes, place }
    }

    /// Of a request that is refused whatever it brings: its body stays unread.
    pub(crate) fn nothing() -> Self {
        Self { bytes: Ok(Bytes::new()), place: None }
    }
}

/// Takes a place as soon as the body is not small any more. Whoever sends slowly would else keep others from theirs.
async fn read_large(
    body: &mut Limited<Body>,
    place: &mut Option<SemaphorePermit<'static>>,
) -> Result<Vec<u8>, BadBody> {
    let mut read = Vec::new();
    while read.len() <= SMALL {
        match next(body).await? {
            Some(data) => read.extend_from_slice(&data),
            None => return Ok(read),
        }
    }
    let Ok(Ok(taken)) = timeout(WAIT, LARGE.acquire()).await else { return Err(BadBody::TooMany) };
    *place = Some(taken);
    let rest = async {
        while let Some(data) = next(body).await? {
            read.extend_from_slice(&data);
        }
        Ok(read)
    };
    let late = |_| BadBody::Unreadable(format!("did not come to its end within {} s", HOLD.as_secs()));
    timeout(HOLD, rest).await.map_err(late)?
}

/// The next piece; `None` at the end.
async fn next(body: &mut Limited<Body>) -> Result<Option<Bytes>, BadBody> {
    let Some(frame) = body.frame().await else { return Ok(None) };
    let frame = frame.map_err(|error| BadBody::of(&*error))?;
    // Trailers say nothing to us.
    Ok(Some(frame.into_data().unwrap_or_default()))
}

/// The request's `Idempotency-Key`.
pub(crate) fn repeat_key(parts: &Parts) -> Result<Option<String>> {
    let mut keys = parts.headers.get_all("idempotency-key").iter();
    match (keys.next().map(|value| value.to_str()), keys.next()) {
        (None, _) => Ok(None),
        (Some(Ok(text)), None) if is_key(text) => Ok(Some(text.to_owned())),
        _ => Err(bad_key()),
    }
}

pub(crate) fn bad_key() -> Error {
    Error::invalid("Idempotency-Key", "must be 1 to 255 visible ASCII characters, given once")
}

fn is_key(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
