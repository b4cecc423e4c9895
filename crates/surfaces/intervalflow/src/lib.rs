//! IntervalFlow: exercises and workouts in intervals, exactly as its document says.
//!
//! [`routes`] is the table of its endpoints, in the document's order; each noun has a file with its
//! DTOs and handlers; `dialect.rs` holds authentication, envelopes and status codes.

mod auth;
mod decimal;
pub mod dialect;
mod exercises;
mod health;
mod members;
mod pairs;
mod query;
mod sessions;
mod timeline;
mod workouts;

use std::sync::Arc;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use aide::openapi::{Info, OpenApi, ReferenceOr, SecurityScheme};
use axum::Router;
use ferrum_app::App;
use ferrum_endpoint::docs::Places;
use ferrum_endpoint::limits::{Limits, Policy};
use ferrum_endpoint::openapi::{document, section};

use crate::dialect::IntervalFlow;

/// Name of IntervalFlow's own listener.
pub const OWN_LISTENER: &str = "intervalflow";

/// The endpoints, in the order of the document, then ours.
fn routes(limits: &Limits) -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .merge(section(
            "Authentication",
            ApiRouter::new()
                .api_route(
                    "/api/auth/register",
                    post_with(auth::register, |o| o.summary("Register"))
                        .route_layer(limits.layer::<IntervalFlow>(Policy::IntervalFlowRegister)),
                )
                .api_route(
                    "/api/auth/login",
                    post_with(auth::log_in, |o| o.summary("Log in"))
                        .route_layer(limits.layer::<IntervalFlow>(Policy::IntervalFlowLogin)),
                ),
        ))
        .merge(section(
            "Health Check",
            ApiRouter::new().api_route(
                "/api/health",
                get_with(health::get, |o| o.summary("Check that the API is running")),
            ),
        ))
        .merge(section(
            "Exercises",
            ApiRouter::new()
                .api_route(
                    "/api/exercises",
                    get_with(exercises::list, |o| o.summary("List the built-in exercises and one's own"))
                        .post_with(exercises::create, |o| o.summary("Create an exercise")),
                )
                .api_route(
                    "/api/exercises/{id}",
                    get_with(exercises::get, |o| o.summary("Get an exercise by id"))
                        .put_with(exercises::update, |o| o.summary("Update an exercise"))
                        .delete_with(exercises::delete, |o| o.summary("Delete an exercise")),
                ),
        ))
        .merge(section(
            "Workouts",
            ApiRouter::new()
                .api_route(
                    "/api/workouts",
                    get_with(workouts::list, |o| o.summary("List the built-in workouts and one's own"))
                        .post_with(workouts::create, |o| o.summary("Create a workout")),
                )
                .api_route(
                    "/api/workouts/{id}",
                    get_with(workouts::get, |o| o.summary("Get a workout by id"))
                        .put_with(workouts::update, |o| o.summary("Update a workout"))
                        .delete_with(workouts::delete, |o| o.summary("Delete a workout")),
                )
                .api_route(
                    "/api/workouts/{id}/timeline",
                    get_with(timeline::get, |o| o.summary("Get every phase of a workout, to the second")),
                ),
        ))
        .merge(section(
            "Sessions",
            ApiRouter::new()
                .api_route(
                    "/api/workouts/{id}/sessions",
                    get_with(sessions::list_of_workout, |o| o.summary("List one's sessions of a workout"))
                        .post_with(sessions::create, |o| o.summary("Record what was done of a workout")),
                )
                .api_route("/api/sessions", get_with(sessions::list, |o| o.summary("List one's sessions")))
                .api_route(
                    "/api/sessions/totals",
                    get_with(sessions::totals, |o| {
                        o.summary("Get the totals of one's sessions, by week too")
                    }),
                )
                .api_route(
                    "/api/sessions/{id}",
                    get_with(sessions::get, |o| o.summary("Get a session by id")),
                ),
        ))
}

/// The surface's routes at its documented paths, of which some have `limits` of their own, and their
/// `OpenAPI` document.
pub fn router(app: Arc<App>, limits: &Limits) -> (Router, OpenApi) {
    let (router, api) = documented(limits);
    (router.with_state(app), api)
}

/// The `OpenAPI` document.
pub fn openapi() -> OpenApi {
    documented(&Limits::off()).1
}

/// Where the document and its pages stand: the same on every listener.
pub fn places() -> Places {
    Places {
        root: "/".to_owned(),
        document: "/api-docs/openapi.json".to_owned(),
        page: "/api-docs".to_owned(),
    }
}

fn documented(limits: &Limits) -> (Router<Arc<App>>, OpenApi) {
    let about = OpenApi {
        info: Info {
            title: "IntervalFlow".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            description: Some(ABOUT.to_owned()),
            ..Info::default()
        },
        security: vec![[("bearer".to_owned(), vec![])].into_iter().collect()],
        ..OpenApi::default()
    };
    let (router, mut api) = document(about, || routes(limits));
    let bearer = SecurityScheme::Http {
        scheme: "bearer".to_owned(),
        bearer_format: Some("JWT".to_owned()),
        description: Some("The token that registering or logging in gave.".to_owned()),
        extensions: Default::default(),
    };
    let schemes = &mut api.components.get_or_insert_default().security_schemes;
    schemes.insert("bearer".to_owned(), ReferenceOr::Item(bearer));
    (router, api)
}

const ABOUT: &str = "Exercises and workouts in intervals: HIIT, Tabata, circuits. Every answer says `success`; bodies are \
    JSON objects or URL-encoded forms.";
