//! What every request of every surface goes through: an id, a time limit, a guard against panics,
//! security headers, CORS, the access log and the metrics. One layer, since it is on the path of all.

use std::any::Any;
use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Extension, MatchedPath};
use axum::http::uri::PathAndQuery;
use axum::http::{Method, Request, Response, StatusCode, Uri};
use axum::middleware::Next;
use axum::routing::any;
use axum::{BoxError, Router};
use bytes::Bytes;
use ferrum_domain::Error;
use ferrum_domain::time::Millis;
use hyper::body::Body as HttpBody;
use opentelemetry::trace::SpanContext;
use tokio::time::Sleep;
use tower::Service;

use crate::access_log::{AccessLog, Line, NO_ROUTE};
use crate::answer::{self, Failed};
use crate::cors::Cors;
use crate::dialect::Dialect;
use crate::headers;
use crate::listen::Peer;
use crate::observe::Requests;
use crate::request_id::{Id, RequestIds};
use crate::traces::{self, Traces};

/// Stands in the access log for the status of a request that got no answer: its client had gone, or the server stopped.
/// No answer ever has it.
const NOT_ANSWERED: u16 = 499;

/// What the house knows of a request, in its extensions, and what a handler tells of it to the log
/// and the metrics. One extension for all of it, since each costs an allocation.
#[derive(Debug, Clone)]
pub struct Told(Arc<Tale>);

#[derive(Debug)]
struct Tale {
    id: Id,
    peer: Peer,
    listener: &'static str,
    route: OnceLock<MatchedPath>,
    caller: OnceLock<String>,
    /// The span of another process that this request belongs to.
    parent: Option<Box<SpanContext>>,
}

impl Tale {
    /// Template of the route that was taken.
    fn route(&self) -> &str {
        self.route.get().map_or(NO_ROUTE, MatchedPath::as_str)
    }
}

impl Told {
    /// Id of the request, as in the header `X-Request-Id` of its answer.
    pub fn id(&self) -> &str {
        self.0.id.as_str()
    }

    /// Who is at the other end of the connection.
    pub fn peer(&self) -> Peer {
        self.0.peer
    }

    /// Name of the listener that took the request.
    pub fn listener(&self) -> &'static str {
        self.0.listener
    }

    /// Tells the route that was taken.
    pub fn route(&self, route: &MatchedPath) {
        let _ = self.0.route.set(route.clone());
    }

    /// Tells the public id of whoever is said to call.
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
    /// Where their spans go.
    pub traces: Option<Traces>,
    /// What time it is.
    pub now: Box<dyn Fn() -> Millis + Send + Sync>,
    /// Makes texts that nobody else has made, such as UUIDs.
    pub unique: Box<dyn Fn() -> String + Send + Sync>,
}

/// A surface's routes with everything around them; cheap to clone.
#[derive(Clone)]
pub struct House(Arc<Inner>);

struct Inner {
    router: Router,
    settings: Settings,
    requests: Arc<Requests>,
    ids: RequestIds,
    render: fn(&Error) -> (StatusCode, Bytes),
}

impl House {
    /// Puts `router` into a house whose own refusals are in the dialect `D`.
    pub fn new<D: Dialect>(router: Router, settings: Settings) -> Self {
        let requests = Requests::of(settings.surface);
        let ids = RequestIds::new(&(settings.unique)());
        Self(Arc::new(Inner { router, settings, requests, ids, render: D::render }))
    }

    /// Answers a request of `peer`. Whatever `held` is, it is dropped when that is done.
    pub fn answer<B, T>(
        &self,
        mut request: Request<B>,
        peer: Peer,
        held: T,
    ) -> impl Future<Output = Result<Response<Body>, Infallible>> + Send + use<B, T>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
        T: Send,
    {
        let start = Instant::now();
        let Inner { router, settings, ids, .. } = &*self.0;
        let (method, target) = (request.method().clone(), request.uri().path_and_query().cloned());
        let headers = request.headers();
        let origin = settings.cors.origin(headers);
        let preflight = settings.cors.preflight(&method, headers);
        let told = Told(Arc::new(Tale {
            id: Id::given(headers).unwrap_or_else(|| ids.next()),
            peer,
            listener: settings.surface,
            route: OnceLock::new(),
            caller: OnceLock::new(),
            parent: settings.traces.as_ref().and_then(|_| traces::parent(headers)),
        }));
        request.extensions_mut().insert(told.clone());
        let mut open = Open::new(self.clone(), told, method, target, start);
        let mut answer = router.clone().call(request);
        // What is moved into the future is copied once more, so it is no more than needed.
        async move {
            let _held = &held;
            let mut response = match preflight {
                Some(response) => response,
                None => open.house.0.guard(&mut answer).await,
            };
            open.tell_failure(&mut response);
            open.house.0.settings.cors.mark(origin.as_ref(), response.headers_mut());
            headers::complete(response.headers_mut(), &open.told.0.id);
            open.answered(&response);
            Ok(response)
        }
    }
}

/// A request that is being answered, until this is dropped, also when its client goes away.
struct Open {
    house: House,
    told: Told,
    method: Method,
    target: Option<PathAndQuery>,
    start: Instant,
    answered: bool,
}

impl Open {
    fn new(house: House, told: Told, method: Method, target: Option<PathAndQuery>, start: Instant) -> Self {
        house.0.requests.open();
        Self { house, told, method, target, start, answered: false }
    }

    /// Tells the operator why it failed, if the fault is not its sender's.
    fn tell_failure(&self, response: &mut Response<Body>) {
        if !response.status().is_server_error() {
            return;
        }
        let Some(Failed { surface, defect, why }) = response.extensions_mut().remove() else { return };
        let (request_id, told) = (self.told.id(), &self.told.0);
        let (route, caller) = (told.route(), told.caller.get().map_or("-", String::as_str));
        if defect {
            tracing::error!(surface, request_id, route, caller, "{why}");
        } else {
            tracing::warn!(surface, request_id, route, caller, "{why}");
        }
    }

    fn answered(&mut self, response: &Response<Body>) {
        self.answered = true;
        self.note(response.status().as_u16(), HttpBody::size_hint(response.body()).exact());
    }

    /// Counts the request and writes it down.
    fn note(&self, status: u16, bytes: Option<u64>) {
        let (told, elapsed) = (&self.told.0, self.start.elapsed());
        let Inner { settings, requests, .. } = &*self.house.0;
        requests.count(&self.method, told.route(), status, elapsed);
        if settings.access_log.is_none() && settings.traces.is_none() {
            return;
        }
        let line = Line {
            at: (settings.now)(),
            surface: settings.surface,
            id: told.id.as_str(),
            peer: told.peer,
            caller: told.caller.get().map(String::as_str),
            method: self.method.as_str(),
            path: self.target.as_ref().map_or("", PathAndQuery::path),
            route: told.route(),
            status,
            bytes,
            elapsed,
        };
        if let Some(log) = &settings.access_log {
            log.write(&line);
        }
        if let Some(traces) = &settings.traces {
            traces.record(&line, told.parent.as_deref());
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.house.0.requests.close();
        // What it asked for may have been done all the same.
        if !self.answered {
            self.note(NOT_ANSWERED, None);
        }
    }
}

impl Inner {
    /// Ends a request that takes too long or panics with a refusal. Borrows the answer, since each move copies it.
    async fn guard(
        &self,
        answer: &mut (impl Future<Output = Result<Response<Body>, Infallible>> + Unpin),
    ) -> Response<Body> {
        let mut limit: Option<Pin<Box<Sleep>>> = None;
        let outcome = poll_fn(|context| {
            match catch_unwind(AssertUnwindSafe(|| Pin::new(&mut *answer).poll(context))) {
                Ok(Poll::Ready(Ok(response))) => return Poll::Ready(Ok(response)),
                Err(panic) => {
                    let why = format!("a request panicked: {}", text_of(&*panic));
                    return Poll::Ready(Err(Error::internal(why)));
                }
                Ok(Poll::Pending) => {}
            }
            // Most requests are answered at once and never need the timer.
            let limit = limit.get_or_insert_with(|| Box::pin(tokio::time::sleep(self.settings.timeout)));
            limit.as_mut().poll(context).map(|()| Err(Error::unavailable("a request took too long")))
        });
        outcome.await.unwrap_or_else(|error| self.refuse(&error))
    }

    fn refuse(&self, error: &Error) -> Response<Body> {
        let (status, body) = (self.render)(error);
        let mut response = answer::json(status, body);
        response.extensions_mut().insert(Failed::of(self.settings.surface, error));
        response
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
    router.fallback(no_route::<D>).method_not_allowed_fallback(no_method::<D>)
}

/// As [`with_fallbacks`], for the paths below `prefix` alone: where a surface shares a listener with
/// others.
pub fn with_fallbacks_below<D: Dialect, S: Clone + Send + Sync + 'static>(
    prefix: &str,
    router: Router<S>,
) -> Router<S> {
    router
        .route(prefix, any(no_route::<D>))
        .route(&format!("{prefix}/"), any(no_route::<D>))
        .route(&format!("{prefix}/{{*rest}}"), any(no_route::<D>))
        .method_not_allowed_fallback(no_method::<D>)
}

async fn no_route<D: Dialect>(target: Uri) -> Response<Body> {
    let (status, body) = D::no_route(&target);
    answer::json(status, body)
}

async fn no_method<D: Dialect>(method: Method, target: Uri) -> Response<Body> {
    let (status, body) = D::no_method(&method, &target);
    answer::json(status, body)
}
