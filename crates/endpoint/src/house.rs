//! What every request of every surface goes through: an id, a time limit, a guard against panics,
//! security headers, CORS, the access log and the metrics. One layer, since it is on the path of all.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::MatchedPath;
use axum::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use axum::middleware::Next;
use axum::{Extension, Router};
use bytes::Bytes;
use ferrum_domain::Error;
use ferrum_domain::time::Millis;
use tower::ServiceExt;

use crate::access_log::{AccessLog, Line};
use crate::answer;
use crate::cors::Cors;
use crate::dialect::Dialect;
use crate::listen::Peer;
use crate::observe::Requests;

/// The id of a request, in its extensions and in the header `X-Request-Id` of its answer.
#[derive(Debug, Clone)]
pub struct RequestId(pub Arc<str>);

/// What a handler tells the log and the metrics of its request; in the request's extensions.
#[derive(Debug, Clone, Default)]
pub struct Told(Arc<Tale>);

#[derive(Debug, Default)]
struct Tale {
    route: OnceLock<MatchedPath>,
    caller: OnceLock<String>,
}

impl Told {
    /// The route that was taken.
    pub fn route(&self, route: &MatchedPath) {
        let _ = self.0.route.set(route.clone());
    }

    /// Public id of whoever is said to call.
    pub fn caller(&self, id: &str) {
        let _ = self.0.caller.set(id.to_owned());
    }
}

/// The settings of a listener's house.
pub struct Settings {
    /// Name of the listener's surface in the log and the metrics.
    pub surface: &'static str,
    /// How long a request may take.
    pub timeout: Duration,
    /// Who may call from a browser.
    pub cors: Cors,
    /// Where requests are written down.
    pub access_log: Option<AccessLog>,
    /// What time it is.
    pub now: Box<dyn Fn() -> Millis + Send + Sync>,
    /// Makes request ids.
    pub request_id: Box<dyn Fn() -> String + Send + Sync>,
}

/// A surface's routes with everything around them; cheap to clone.
#[derive(Clone)]
pub struct House(Arc<Inner>);

struct Inner {
    router: Router,
    settings: Settings,
    requests: Requests,
    render: fn(&Error) -> (StatusCode, Bytes),
}

impl House {
    /// Puts `router` into a house whose own refusals are in the dialect `D`.
    pub fn new<D: Dialect>(router: Router, settings: Settings) -> Self {
        let requests = Requests::of(settings.surface);
        Self(Arc::new(Inner { router, settings, requests, render: D::render }))
    }

    /// Answers a request of `peer`.
    pub async fn answer(&self, mut request: Request<Body>, peer: Peer) -> Response<Body> {
        let start = Instant::now();
        let Inner { router, settings, requests, .. } = &*self.0;
        let id: Arc<str> = given_id(&request).map_or_else(|| (settings.request_id)().into(), Arc::from);
        let origin = request.headers().get(header::ORIGIN).cloned();
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let told = Told::default();
        let extensions = request.extensions_mut();
        extensions.insert(peer);
        extensions.insert(RequestId(Arc::clone(&id)));
        extensions.insert(told.clone());

        let mut response = match settings.cors.preflight(&request) {
            Some(response) => response,
            None => self.guard(router.clone().oneshot(request), &id).await,
        };
        settings.cors.mark(origin.as_ref(), response.headers_mut());
        finish(&mut response, &id);

        let elapsed = start.elapsed();
        let route = told.0.route.get().map_or("none", MatchedPath::as_str);
        requests.count(&method, route, response.status(), elapsed);
        if let Some(log) = &settings.access_log {
            log.write(&Line {
                at: (settings.now)(),
                surface: settings.surface,
                id: &id,
                peer,
                caller: told.0.caller.get().map(String::as_str),
                method: method.as_str(),
                path: uri.path(),
                route,
                status: response.status().as_u16(),
                bytes: hyper::body::Body::size_hint(response.body()).exact(),
                elapsed,
            });
        }
        response
    }

    /// Ends a request that takes too long or panics with a refusal.
    async fn guard(
        &self,
        answer: impl Future<Output = Result<Response<Body>, std::convert::Infallible>>,
        id: &str,
    ) -> Response<Body> {
        let mut answer = pin!(answer);
        let guarded =
            poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context))) {
                Ok(poll) => poll.map(|Ok(response)| Ok(response)),
                Err(panic) => Poll::Ready(Err(panic)),
            });
        match tokio::time::timeout(self.0.settings.timeout, guarded).await {
            Ok(Ok(response)) => response,
            Ok(Err(panic)) => {
                let what = text_of(&*panic);
                tracing::error!(
                    surface = self.0.settings.surface,
                    request_id = id,
                    "a request panicked: {what}"
                );
                self.refuse(&Error::internal("panic"))
            }
            Err(_) => {
                tracing::warn!(surface = self.0.settings.surface, request_id = id, "a request took too long");
                self.refuse(&Error::unavailable("timeout"))
            }
        }
    }

    fn refuse(&self, error: &Error) -> Response<Body> {
        let (status, body) = (self.0.render)(error);
        answer::json(status, body)
    }
}

/// An id that the client or a proxy has given the request, if it is one that a log can hold.
fn given_id(request: &Request<Body>) -> Option<&str> {
    let id = request.headers().get(&REQUEST_ID)?.to_str().ok()?;
    let sane = (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    sane.then_some(id)
}

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Headers of every answer; what a handler has set itself stays.
fn finish(response: &mut Response<Body>, id: &str) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID.clone(), id);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a text")
}

/// Middleware that names the route to the log and the metrics, for routes whose handlers do not.
pub async fn tell_route(
    route: MatchedPath,
    Extension(told): Extension<Told>,
    request: Request<Body>,
    next: Next,
) -> Response<Body> {
    told.route(&route);
    next.run(request).await
}

/// Answers for paths that no route has, and for methods that a route does not have.
pub fn with_fallbacks<D: Dialect, S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router
        .fallback(async || {
            let (status, body) = D::render(&Error::NotFound);
            answer::json(status, body)
        })
        .method_not_allowed_fallback(async |method: Method| {
            answer::json(StatusCode::METHOD_NOT_ALLOWED, D::method_not_allowed(&method))
        })
}
