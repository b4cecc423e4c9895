//! Which surface answers on which listener.

use std::io;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use ferrum_app::App;
use ferrum_app::config::{self, Config, HeaderAuth, Listen};
use ferrum_endpoint::access_log::{AccessLog, Target};
use ferrum_endpoint::cors::Cors;
use ferrum_endpoint::docs::Places;
use ferrum_endpoint::house::{self, House};
use ferrum_endpoint::limits::{Limits, Policy};
use ferrum_endpoint::traces::Traces;
use ferrum_endpoint::{docs, observe};
use ferrum_intervalflow::dialect::IntervalFlow;
use ferrum_powerpro::dialect::PowerPro;
use serde_json::json;

/// Where PowerPro answers on the main listener.
const POWERPRO: &str = "/api/powerpro";
/// Kept on the main listener for surfaces to come: IntervalFlow, which answers for the rest of `/api`,
/// must not answer for it.
const KEPT: &str = "/api/v1";

/// Where a listener stands.
pub(crate) struct Place {
    /// Its name for tests.
    pub(crate) name: &'static str,
    /// The key that sets its address.
    pub(crate) key: &'static str,
    /// What answers there, in words.
    pub(crate) about: &'static str,
    /// Where it listens.
    pub(crate) listen: Listen,
}

/// Every listener of this version.
pub(crate) fn places(config: &Config) -> [Place; 3] {
    [
        Place {
            name: "main",
            key: "listen",
            about: "main listener: /healthz, /metrics, /api, /api-docs, /api/powerpro, /api/powerpro/docs",
            listen: config.listen.clone(),
        },
        Place {
            name: ferrum_intervalflow::OWN_LISTENER,
            key: "intervalflow.listen",
            about: "IntervalFlow: /api, /api-docs",
            listen: config.intervalflow.listen.clone(),
        },
        Place {
            name: ferrum_powerpro::OWN_LISTENER,
            key: "powerpro.listen",
            about: "PowerPro: /, /docs",
            listen: config.powerpro.listen.clone(),
        },
    ]
}

/// What answers at each of the [`places`], in their order; an error names the access log's file.
pub(crate) fn houses(app: &Arc<App>, traces: Option<&Traces>) -> io::Result<[House; 3]> {
    let log = access_log(&app.config.log.access)?;
    let settings = |surface| settings(app, surface, log.as_ref(), traces);
    let limits = Limits::open(app);
    let flow = intervalflow(app, &limits, house::with_fallbacks::<IntervalFlow, ()>);
    Ok([
        House::new::<PowerPro>(main(app, &limits), settings("main")),
        House::new::<IntervalFlow>(flow, settings(ferrum_intervalflow::OWN_LISTENER)),
        House::new::<PowerPro>(powerpro(app), settings(ferrum_powerpro::OWN_LISTENER)),
    ])
}

/// The main listener: the house itself, IntervalFlow, and PowerPro for callers with a token.
fn main(app: &Arc<App>, limits: &Limits) -> Router {
    let (powerpro, api) = ferrum_powerpro::router(Arc::clone(app), HeaderAuth::Token);
    let powerpro = docs::routes(&Places::below(POWERPRO), &api).nest(POWERPRO, powerpro);
    let own = Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics))
        .route_layer(middleware::from_fn(house::tell_route))
        .with_state(Arc::clone(app))
        .merge(house::with_fallbacks_below::<PowerPro, ()>(POWERPRO, powerpro))
        .merge(house::with_fallbacks_below::<PowerPro, ()>(KEPT, Router::new()))
        .merge(intervalflow(app, limits, |router| {
            house::with_fallbacks_below::<IntervalFlow, ()>("/api", router)
        }));
    house::with_fallbacks::<PowerPro, ()>(own)
}

/// PowerPro at its documented root, where its headers count.
fn powerpro(app: &Arc<App>) -> Router {
    let (router, api) = ferrum_powerpro::router(Arc::clone(app), app.config.powerpro.auth);
    router.merge(docs::routes(&Places::below(""), &api))
}

/// IntervalFlow, whose documented paths are the same on every listener. Its document limits all requests,
/// so those that no route answers and those for its pages count too.
fn intervalflow(app: &Arc<App>, limits: &Limits, with_fallbacks: fn(Router) -> Router) -> Router {
    let (router, api) = ferrum_intervalflow::router(Arc::clone(app), limits);
    let router = with_fallbacks(router.merge(docs::routes(&ferrum_intervalflow::places(), &api)));
    limits.around::<IntervalFlow>(Policy::IntervalFlowGeneral, router)
}

fn settings(
    app: &Arc<App>,
    surface: &'static str,
    log: Option<&AccessLog>,
    traces: Option<&Traces>,
) -> house::Settings {
    let (clock, ids) = (app.clock.clone(), Arc::clone(app));
    house::Settings {
        surface,
        timeout: app.config.limits.request,
        cors: Cors::new(&app.config.cors_origins),
        access_log: log.cloned(),
        traces: traces.cloned(),
        now: Box::new(move || clock.now()),
        unique: Box::new(move || ids.ids.uuid()),
    }
}

fn access_log(access: &config::AccessLog) -> io::Result<Option<AccessLog>> {
    let target = match access {
        config::AccessLog::Off => return Ok(None),
        config::AccessLog::Stdout => Target::Stdout,
        config::AccessLog::File(path) => Target::File(path.clone()),
    };
    AccessLog::open(&target).map(Some)
}

/// `GET /healthz`: whether the server can do its work.
async fn healthz(State(app): State<Arc<App>>) -> impl IntoResponse {
    match app.db.check().await {
        Ok(()) => (StatusCode::OK, Json(json!({ "status": "ok" }))),
        Err(error) => {
            tracing::warn!(%error, "the database is not well");
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "unavailable" })))
        }
    }
}

/// `GET /metrics`, as Prometheus reads it.
async fn metrics() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], observe::render())
}
