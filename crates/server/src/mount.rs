//! Which surface answers on which listener.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Extension, Json, Router};
use ferrum_app::App;
use ferrum_app::config::Listen;
use ferrum_endpoint::{docs, house, observe};
use serde_json::{Value, json};

/// A listener, and what answers there.
pub(crate) struct Mounted {
    /// Its name in the log and for tests.
    pub(crate) name: &'static str,
    /// The key that sets its address.
    pub(crate) key: &'static str,
    /// What answers there, in words.
    pub(crate) about: &'static str,
    /// Where it listens.
    pub(crate) listen: Listen,
    /// What answers there.
    pub(crate) router: Router,
}

/// Every listener of this version.
pub(crate) fn listeners(app: &Arc<App>) -> [Mounted; 2] {
    [
        Mounted {
            name: "main",
            key: "listen",
            about: "main listener (/healthz, /metrics, /api/powerpro)",
            listen: app.config.listen.clone(),
            router: main(app),
        },
        Mounted {
            name: "powerpro",
            key: "powerpro.listen",
            about: "PowerPro",
            listen: app.config.powerpro.listen.clone(),
            router: powerpro(app),
        },
    ]
}

/// The main listener: the house itself, and PowerPro for callers with a token.
fn main(app: &Arc<App>) -> Router {
    let (powerpro, api) = ferrum_powerpro::router(Arc::clone(app));
    let house = Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(observe::metrics))
        .with_state(Arc::clone(app))
        .nest("/api/powerpro", powerpro.merge(docs::pages("PowerPro", &api)));
    house::dress(house, app, "main")
}

/// PowerPro at its documented root, where its headers count.
fn powerpro(app: &Arc<App>) -> Router {
    let (router, api) = ferrum_powerpro::router(Arc::clone(app));
    let router = router.merge(docs::pages("PowerPro", &api)).layer(Extension(ferrum_powerpro::OwnListener));
    house::dress(router, app, "powerpro")
}

/// `GET /healthz`: whether the server can do its work.
async fn healthz(State(app): State<Arc<App>>) -> (StatusCode, Json<Value>) {
    match app.db.check().await {
        Ok(()) => (StatusCode::OK, Json(json!({ "status": "ok" }))),
        Err(error) => {
            tracing::warn!(%error, "the database is not well");
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "unavailable" })))
        }
    }
}
