//! The form of public ids.

/// Whether `text` can be the public id of an account: `[A-Za-z0-9._:@-]{1,128}`.
pub fn is_account_id(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'@' | b'-'))
}
