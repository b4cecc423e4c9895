//! The form of public ids.

/// Whether `text` can be the public id of an account: `[A-Za-z0-9._:@-]{1,128}`.
pub fn is_account_id(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'@' | b'-'))
}

/// Whether `text` can be an id of `IntervalFlow`: 24 hex digits, as they are written.
pub fn is_object_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
