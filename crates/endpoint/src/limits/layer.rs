//! The layer that counts the requests of a router, refuses those over a limit, and shows the limit.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::MatchedPath;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::HeaderMap;
use axum::response::{IntoResponse, Response};
use ferrum_app::App;
use ferrum_app::config::Quota;
use ferrum_domain::access::Claim;
use ferrum_domain::error::Attempts;
use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result};
use tower::layer::util::Identity;
use tower::util::{Either, ServiceExt, option_layer};
use tower::{Layer, Service};

use super::client::Client;
use super::memory::Memory;
use super::policy::{Counted, Per, Policy, Rule};
use super::windows::{Count, Key, Windows};
use crate::answer::Problem;
use crate::dialect::Dialect;
use crate::house::Told;
use crate::listen::Peer;

/// The limits of a server. Listeners that get layers from the same value, or a clone of it, share their
/// counters.
#[derive(Clone)]
pub struct Limits(Option<Arc<Counting>>);

struct Counting {
    app: Arc<App>,
    windows: Box<dyn Windows>,
}

/// What counts requests under a policy; the layer that a surface puts around its routes.
pub struct Counter<D> {
    counting: Arc<Counting>,
    reads: Policy,
    writes: Policy,
    dialect: PhantomData<fn() -> D>,
}

/// [`Counter`], or nothing when rate limits are off.
pub type LimitLayer<D> = Either<Counter<D>, Identity>;

impl Limits {
    /// With counters in this process; none if the configuration has rate limits off.
    pub fn open(app: &Arc<App>) -> Self {
        Self::over(app, || Box::new(Memory::default()))
    }

    /// With counters in the store that `windows` opens; none if the configuration has rate limits off.
    pub fn over(app: &Arc<App>, windows: impl FnOnce() -> Box<dyn Windows>) -> Self {
        let counting = || Arc::new(Counting { app: Arc::clone(app), windows: windows() });
        Self(app.config.rate_limits.then(counting))
    }

    /// Without any.
    pub fn off() -> Self {
        Self(None)
    }

    /// Counts all requests to `router`, its fallbacks included, under one policy. Without limits the
    /// router stays as it is, since a layer costs time.
    pub fn around<D: Dialect>(&self, policy: Policy, router: Router) -> Router {
        if self.0.is_some() { router.layer(self.layer::<D>(policy)) } else { router }
    }

    /// Counts all requests under one policy, and refuses in the dialect `D`.
    pub fn layer<D: Dialect>(&self, policy: Policy) -> LimitLayer<D> {
        self.by_method(policy, policy)
    }

    /// Counts requests that read (GET, HEAD, OPTIONS) and those that write under two policies.
    pub fn by_method<D: Dialect>(&self, reads: Policy, writes: Policy) -> LimitLayer<D> {
        let counting = self.0.clone();
        option_layer(counting.map(|counting| Counter { counting, reads, writes, dialect: PhantomData }))
    }
}

impl<D> Clone for Counter<D> {
    fn clone(&self) -> Self {
        let Self { counting, reads, writes, dialect } = self;
        Self { counting: Arc::clone(counting), reads: *reads, writes: *writes, dialect: *dialect }
    }
}

impl<D, S> Layer<S> for Counter<D> {
    type Service = Limited<D, S>;

    fn layer(&self, inner: S) -> Limited<D, S> {
        Limited { counter: self.clone(), inner }
    }
}

/// A service whose requests are counted.
pub struct Limited<D, S> {
    counter: Counter<D>,
    inner: S,
}

impl<D, S: Clone> Clone for Limited<D, S> {
    fn clone(&self) -> Self {
        Self { counter: self.counter.clone(), inner: self.inner.clone() }
    }
}

impl<D, S> Service<Request> for Limited<D, S>
where
    D: Dialect,
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Asked of the clone that takes the request.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Self { counter, inner } = self.clone();
        Box::pin(counter.answer(request, inner))
    }
}

impl<D: Dialect> Counter<D> {
    /// Answers with what `inner` says if a slot is free.
    async fn answer<S>(self, request: Request, inner: S) -> Result<Response, Infallible>
    where
        S: Service<Request, Response = Response, Error = Infallible> + Send,
        S::Future: Send,
    {
        let rule = if request.method().is_safe() { self.reads } else { self.writes }.rule();
        let app = &self.counting.app;
        let Some(quota) = (rule.quota)(&app.config.quotas) else { return inner.oneshot(request).await };
        let now = app.clock.now();
        let (client, request) = client::<D>(rule, app, request);
        let key = Key { policy: rule.policy, client };
        let count = match self.counting.windows.take(key, quota, now).await {
            Ok(count) => count,
            // A store that is down must not take the surface with it, nor let passwords be guessed.
            Err(error) if rule.of == Attempts::SignIns => {
                return Ok(Problem::<D>::from(error).into_response());
            }
            Err(error) => {
                tracing::warn!(limit = rule.name, %error, "requests are not counted");
                return inner.oneshot(request).await;
            }
        };
        let Some(slot) = count.slot else { return Ok(refuse::<D>(rule, quota, &count, now, &request)) };
        let mut response = inner.oneshot(request).await?;
        let mut used = count.used;
        if rule.counted == Counted::Failed && response.status().is_success() {
            match self.counting.windows.give_back(slot).await {
                Ok(()) => used -= 1,
                Err(error) => tracing::warn!(limit = rule.name, %error, "a slot was not given back"),
            }
        }
        show(rule, quota, used, count.ends, response.headers_mut());
        Ok(response)
    }
}

/// Whose attempt a request is. Takes the request apart and gives it back whole.
fn client<D: Dialect>(rule: &Rule, app: &App, request: Request) -> (Client, Request) {
    let (parts, body) = request.into_parts();
    let claim = if rule.per == Per::Person { D::claim(&parts, app).ok() } else { None };
    let client = if let Some(Claim::Token { id, .. } | Claim::Header { id, .. }) = claim {
        Client::person(&id)
    } else {
        let peer = parts.extensions.get::<Told>().map_or(Peer::Unix, Told::peer);
        Client::of(peer, &parts.headers, &app.config.trusted_proxies)
    };
    (client, Request::from_parts(parts, body))
}

fn refuse<D: Dialect>(rule: &Rule, quota: Quota, count: &Count, now: Millis, request: &Request) -> Response {
    metrics::counter!("rate_limit_refusals_total", "limit" => rule.name).increment(1);
    let known = request.extensions();
    if let (Some(told), Some(route)) = (known.get::<Told>(), known.get::<MatchedPath>()) {
        told.route(route);
    }
    let retry_after = seconds(count.ends.0.saturating_sub(now.0)).max(1);
    let error = Error::TooMany { of: rule.of, window: quota.window.as_secs(), retry_after };
    let mut response = Problem::<D>::from(error).into_response();
    show(rule, quota, count.used, count.ends, response.headers_mut());
    response
}

/// Sets the headers of a limit, unless a narrower limit has shown itself.
fn show(rule: &Rule, quota: Quota, used: u32, ends: Millis, headers: &mut HeaderMap) {
    if headers.contains_key(&rule.headers.limit) {
        return;
    }
    headers.reserve(3);
    headers.insert(&rule.headers.limit, HeaderValue::from(quota.count));
    headers.insert(&rule.headers.remaining, HeaderValue::from(quota.count.saturating_sub(used)));
    headers.insert(&rule.headers.reset, HeaderValue::from(seconds(ends.0)));
}

/// Whole seconds, rounded up: who waits as long has waited long enough.
fn seconds(milliseconds: i64) -> u64 {
    u64::try_from(milliseconds).unwrap_or_default().div_ceil(1000)
}
