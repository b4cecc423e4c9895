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
use ferrum_app::config::{self, Listen};
use ferrum_endpoint::access_log::{AccessLog, Target};
use ferrum_endpoint::cors::Cors;
use ferrum_endpoint::house::{self, House};
use ferrum_endpoint::{docs, observe};
use ferrum_powerpro::OWN_LISTENER;
use ferrum_powerpro::dialect::PowerPro;
use serde_json::json;

/// Where PowerPro answers on the main listener.
const POWERPRO: &str = "/api/powerpro";

/// A listener, and what answers there.
pub(crate) struct Mounted {
    /// Its name for tests.
    pub(crate) name: &'static str,
    /// The key that sets its address.
    pub(crate) key: &'static str,
    /// What answers there, in words.
    pub(crate) about: &'static str,
    /// Where it listens.
    pub(crate) listen: Listen,
    /// What answers there.
    pub(crate) house: House,
}

/// Every listener of this version; an error names the access log's file.
pub(crate) fn listeners(app: &Arc<App>) -> io::Result<[Mounted; 2]> {
    let log = access_log(&app.config.log.access)?;
    Ok([
        Mounted {
            name: "main",
            key: "listen",
            about: "main listener: /healthz, /metrics, /api/powerpro, /api/powerpro/docs",
            listen: app.config.listen.clone(),
            house: House::new::<PowerPro>(main(app), settings(app, "main", log.as_ref())),
        },
        Mounted {
            name: OWN_LISTENER,
            key: "powerpro.listen",
            about: "PowerPro: /, /docs",
            listen: app.config.powerpro.listen.clone(),
            house: House::new::<PowerPro>(powerpro(app), settings(app, OWN_LISTENER, log.as_ref())),
        },
    ])
}

/// The main listener: the house itself, and PowerPro for callers with a token.
fn main(app: &Arc<App>) -> Router {
    let (powerpro, api) = ferrum_powerpro::router(Arc::clone(app));
    let own = Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics))
        .route_layer(middleware::from_fn(house::tell_route))
        .with_state(Arc::clone(app))
        .merge(docs::routes(POWERPRO, &api))
        .nest(POWERPRO, powerpro);
    house::with_fallbacks::<PowerPro, ()>(own)
}

/// PowerPro at its documented root, where its headers count.
fn powerpro(app: &Arc<App>) -> Router {
    let (router, api) = ferrum_powerpro::router(Arc::clone(app));
    router.merge(docs::routes("", &api))
}

fn settings(app: &Arc<App>, surface: &'static str, log: Option<&AccessLog>) -> house::Settings {
    let (clock, ids) = (app.clock.clone(), Arc::clone(app));
    house::Settings {
        surface,
        timeout: app.config.limits.request,
        cors: Cors::new(&app.config.cors_origins),
        access_log: log.cloned(),
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
