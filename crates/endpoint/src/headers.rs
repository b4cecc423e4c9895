//! Headers of every answer.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::request_id::{Id, REQUEST_ID};

/// What every answer says besides its id, unless its handler says otherwise: pages set a policy of their own.
static COMMON: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("frame-ancestors 'none'")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Headers of answers in JSON, which nearly all are: a copy costs half of adding them one by one. It has
/// no room for more, so what differs has its place already.
static JSON: LazyLock<HeaderMap> = LazyLock::new(|| {
    let differing = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CONTENT_LENGTH, HeaderValue::from_static("0")),
        (REQUEST_ID.clone(), HeaderValue::from_static("")),
    ];
    differing.into_iter().chain(COMMON.iter().cloned()).collect()
});

/// Headers of an answer in JSON of so many bytes.
pub(crate) fn of_json(length: usize) -> HeaderMap {
    let mut headers = JSON.clone();
    headers.insert(header::CONTENT_LENGTH, length.into());
    headers
}

/// Adds what every answer has; what a handler has set itself stays.
pub(crate) fn complete(headers: &mut HeaderMap, id: &Id) {
    let place = headers.insert(&REQUEST_ID, id.to_header());
    if place.is_some_and(|id| id.is_empty()) {
        // Begun as `of_json`, with all of them.
        return;
    }
    headers.reserve(COMMON.len());
    for (name, value) in &COMMON {
        headers.entry(name).or_insert_with(|| value.clone());
    }
}
