//! Which pages of other sites may call from a browser.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};

/// The allowed origins. With none, browsers keep other sites' pages out.
#[derive(Debug, Clone, Default)]
pub struct Cors {
    origins: Vec<String>,
}

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
const HEADERS: &str = "Authorization, Content-Type, Idempotency-Key, X-Request-Id, X-User-ID, X-Admin";
const EXPOSED: &str = "X-Request-Id, Idempotency-Replayed, Retry-After, RateLimit-Limit, RateLimit-Remaining, \
    RateLimit-Reset, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset";

impl Cors {
    /// Allows these origins, e.g. `https://app.example.org`.
    pub fn new(origins: &[String]) -> Self {
        Self { origins: origins.to_vec() }
    }

    /// Whether pages of this origin may call.
    pub fn allows(&self, origin: &HeaderValue) -> bool {
        self.origins.iter().any(|ours| ours.as_bytes() == origin.as_bytes())
    }

    /// The answer to a browser that asks whether it may, if that is what the request is.
    pub fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<Response<Body>> {
        if method != Method::OPTIONS
            || !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
            || !self.allows(headers.get(header::ORIGIN)?)
        {
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        Some(response)
    }

    /// What [`Cors::mark`] needs to know of a request: nothing as long as no origin is allowed.
    pub fn origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        if self.origins.is_empty() { None } else { headers.get(header::ORIGIN).cloned() }
    }

    /// Tells the browser that the page of `origin` may read the answer, if it may.
    pub fn mark(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        if self.origins.is_empty() {
            return;
        }
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = origin
            && self.allows(origin)
        {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(cors: &Cors, origin: &'static str) -> Option<Response<Body>> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        assert!(cors.preflight(&Method::OPTIONS, &headers).is_none(), "not a preflight yet");
        headers.insert(header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("PUT"));
        cors.preflight(&Method::OPTIONS, &headers)
    }

    #[test]
    fn only_allowed_origins_get_an_answer_to_a_preflight() {
        let cors = Cors::new(&["https://app.example.org".to_owned()]);
        assert_eq!(ask(&cors, "https://app.example.org").unwrap().status(), 204);
        assert!(ask(&cors, "https://evil.example.org").is_none());
        assert!(ask(&Cors::default(), "https://app.example.org").is_none());
    }

    #[test]
    fn an_answer_names_the_origin_only_when_it_is_allowed() {
        let cors = Cors::new(&["https://app.example.org".to_owned()]);
        for (origin, allowed) in [("https://app.example.org", true), ("null", false)] {
            let mut headers = HeaderMap::new();
            cors.mark(Some(&HeaderValue::from_static(origin)), &mut headers);
            assert_eq!(headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), allowed);
            assert_eq!(headers[header::VARY], "Origin");
        }
    }
}
