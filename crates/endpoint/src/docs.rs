//! Pages that show an `OpenAPI` document, with all their assets in the binary.

use std::sync::{Arc, OnceLock};

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

const SCALAR_THEME: &str = "theme: 'purple',";
const SCALAR_OWN_THEME: &str = "theme: 'purple', withDefaultFonts: false,";

/// Where a surface's document and its pages stand on a listener.
#[derive(Debug, Clone)]
pub struct Places {
    /// Root of the surface, to which the document's paths are relative.
    pub root: String,
    /// Path of the document.
    pub document: String,
    /// Path of the Scalar page; those of the others are below it.
    pub page: String,
}

impl Places {
    /// `/openapi.json` and `/docs` below `prefix`, which is empty or the path of a surface.
    pub fn below(prefix: &str) -> Self {
        Self {
            root: if prefix.is_empty() { "/" } else { prefix }.to_owned(),
            document: format!("{prefix}/openapi.json"),
            page: format!("{prefix}/docs"),
        }
    }
}

/// The document, and pages that show it: Scalar, and below it `/swagger` and `/redoc`.
pub fn routes(places: &Places, api: &OpenApi) -> Router {
    let title = api.info.title.clone();
    let server = Server { url: places.root.clone(), ..Server::default() };
    let api = OpenApi { servers: vec![server], ..api.clone() };
    let json = Bytes::from(serde_json::to_vec(&api).unwrap_or_default());
    let Places { document: url, page: root, .. } = places;
    let page = |render: fn(&str, &str) -> String| {
        // Megabytes that most servers are never asked for.
        let page = Arc::new((OnceLock::<Bytes>::new(), url.clone(), title.clone()));
        get(move || {
            let (html, url, title) = &*page;
            let html = html.get_or_init(|| render(url, title).into()).clone();
            async move { ([typed("text/html; charset=utf-8"), policy(), kept()], html).into_response() }
        })
    };
    Router::new()
        .route(url, get(move || async move { ([typed("application/json")], json).into_response() }))
        .route(root, page(scalar))
        .route(&format!("{root}/swagger"), page(|url, title| Swagger::new(url).with_title(title).html()))
        .route(&format!("{root}/redoc"), page(|url, title| Redoc::new(url).with_title(title).html()))
        .route_layer(middleware::from_fn(tell_route))
}

/// The policy would keep its fonts away; they need not even be tried.
fn scalar(url: &str, title: &str) -> String {
    Scalar::new(url).with_title(title).html().replacen(SCALAR_THEME, SCALAR_OWN_THEME, 1)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalar_is_told_to_do_without_fonts_of_others() {
        assert!(scalar("/openapi.json", "PowerPro").contains(SCALAR_OWN_THEME));
    }

    #[test]
    fn the_policy_of_a_page_names_no_site() {
        assert!(!PAGE_POLICY.contains("http") && !PAGE_POLICY.contains('*'));
        assert!(PAGE_POLICY.starts_with("default-src 'none';"));
    }
}
