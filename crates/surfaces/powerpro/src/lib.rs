//! PowerPro: strength programs, exactly as its document says.
//!
//! [`routes`] is the table of its endpoints, in the document's order; each noun has a file with its
//! DTOs and handlers; `dialect.rs` holds authentication, envelopes and status codes.

pub mod dialect;
mod fields;
mod header_trust;
mod health;
mod lifts;
mod page;

use std::sync::Arc;

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use aide::openapi::{Info, OpenApi, SecurityScheme};
use axum::Extension;
use ferrum_app::App;

pub use header_trust::OwnListener;

/// The endpoints, in the order of the document.
fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route("/health", get_with(health::get, |o| o.summary("Check API health status")))
        .api_route(
            "/lifts",
            get_with(lifts::list, |o| o.summary("List all lifts"))
                .post_with(lifts::create, |o| o.summary("Create a lift")),
        )
        .api_route(
            "/lifts/{id}",
            get_with(lifts::get, |o| o.summary("Get a lift by id"))
                .put_with(lifts::update, |o| o.summary("Update a lift"))
                .delete_with(lifts::delete, |o| o.summary("Delete a lift")),
        )
        .api_route("/lifts/by-slug/{slug}", get_with(lifts::get_by_slug, |o| o.summary("Get a lift by slug")))
}
