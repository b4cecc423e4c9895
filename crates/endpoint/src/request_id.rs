//! Ids of requests: their own, or ours.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

pub(crate) static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// An id, without an allocation of its own.
#[derive(Debug)]
pub(crate) struct Id {
    bytes: [u8; MAX_ID],
    length: usize,
}

const MAX_ID: usize = 64;

impl Id {
    /// An id that the client or a proxy has given the request, if it is one that a log can hold.
    pub(crate) fn given(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(&REQUEST_ID)?.as_bytes();
        let sane = (1..=MAX_ID).contains(&text.len())
            && text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        sane.then(|| Self::default().with(text))
    }

    fn with(mut self, text: &[u8]) -> Self {
        let end = self.length + text.len();
        self.bytes[self.length..end].copy_from_slice(text);
        self.length = end;
        self
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Its text.
    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// As the header of an answer.
    pub(crate) fn to_header(&self) -> HeaderValue {
        HeaderValue::from_bytes(self.as_bytes()).unwrap_or(HeaderValue::from_static(""))
    }
}

impl Default for Id {
    fn default() -> Self {
        Self { bytes: [0; MAX_ID], length: 0 }
    }
}

/// Ids of requests that bring none: unique by what the house was given, then counted.
pub(crate) struct RequestIds {
    prefix: String,
}

/// Numbers for ids that a thread takes at once, so that threads do not contend for each.
const BLOCK: u64 = 1024;
static NEXT_BLOCK: AtomicU64 = AtomicU64::new(1);
thread_local! {
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

impl RequestIds {
    /// A maker whose ids begin with the end of `unique`.
    pub(crate) fn new(unique: &str) -> Self {
        // The end of a UUID of version 7 is random.
        let tail = unique.len().saturating_sub(8);
        Self { prefix: unique.get(tail..).unwrap_or_default().to_owned() }
    }

    /// An id that nobody else has.
    pub(crate) fn next(&self) -> Id {
        let mut number = NEXT.get();
        if number.is_multiple_of(BLOCK) {
            number = NEXT_BLOCK.fetch_add(1, Ordering::Relaxed) * BLOCK;
        }
        NEXT.set(number + 1);
        let mut digits = [0; 16];
        let mut first = digits.len();
        while number > 0 {
            first -= 1;
            digits[first] = b"0123456789abcdef"[usize::try_from(number % 16).unwrap_or_default()];
            number /= 16;
        }
        Id::default().with(self.prefix.as_bytes()).with(b"-").with(&digits[first..])
    }
}
