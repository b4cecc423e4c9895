//! Pages that show an `OpenAPI` document, with all their assets in the binary.

use aide::openapi::{OpenApi, Server};
use aide::redoc::Redoc;
use aide::scalar::Scalar;
use aide::swagger::Swagger;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Router, middleware};
use bytes::Bytes;

use crate::house::tell_route;

/// Nothing of a page may be fetched from another site, whatever its scripts would like.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; \
    style-src 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; \
    worker-src blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// `/openapi.json` below `prefix`, and pages that show it: `/docs` (Scalar), `/docs/swagger`,
/// `/docs/redoc`.
pub fn routes(prefix: &str, api: &OpenApi) -> Router {
    let title = api.info.title.clone();
    let server = Server { url: if prefix.is_empty() { "/" } else { prefix }.to_owned(), ..Server::default() };
    let api = OpenApi { servers: vec![server], ..api.clone() };
    let json = Bytes::from(serde_json::to_vec(&api).unwrap_or_default());
    let url = format!("{prefix}/openapi.json");
    let page = |html: String| {
        let html = Bytes::from(html);
        get(move || {
            let html = html.clone();
            async move { ([typed("text/html; charset=utf-8"), policy(), kept()], html).into_response() }
        })
    };
    Router::new()
        .route(&url, get(move || async move { ([typed("application/json")], json).into_response() }))
        .route(&format!("{prefix}/docs"), page(Scalar::new(&url).with_title(&title).html()))
        .route(&format!("{prefix}/docs/swagger"), page(Swagger::new(&url).with_title(&title).html()))
        .route(&format!("{prefix}/docs/redoc"), page(Redoc::new(&url).with_title(&title).html()))
        .route_layer(middleware::from_fn(tell_route))
}

fn typed(kind: &'static str) -> (HeaderName, HeaderValue) {
    (header::CONTENT_TYPE, HeaderValue::from_static(kind))
}

fn policy() -> (HeaderName, HeaderValue) {
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY))
}

fn kept() -> (HeaderName, HeaderValue) {
    (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=300"))
}
