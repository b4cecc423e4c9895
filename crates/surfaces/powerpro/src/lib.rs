//! PowerPro: strength programs, exactly as its document says.
//!
//! [`routes`] is the table of its endpoints, in the document's order; each noun has a file with its
//! DTOs and handlers; `dialect.rs` holds authentication, envelopes and status codes.

mod advance;
mod days;
pub mod dialect;
mod enrollment;
mod fields;
mod header_trust;
mod health;
mod lift_maxes;
mod lifts;
mod owner;
mod page;
mod prescriptions;
mod progression_history;
mod trigger;
mod weeks;
mod workout;

use std::sync::Arc;

use aide::axum::ApiRouter;
use aide::axum::routing::{delete_with, get_with, post_with, put_with};
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
        .api_route(
            "/users/{userId}/lift-maxes",
            get_with(lift_maxes::list, |o| o.summary("List a lifter's maxes"))
                .post_with(lift_maxes::create, |o| o.summary("Record a lift max")),
        )
        .api_route(
            "/users/{userId}/lift-maxes/current",
            get_with(lift_maxes::get_current, |o| o.summary("Get a lifter's current max")),
        )
        .api_route(
            "/lift-maxes/{id}",
            get_with(lift_maxes::get, |o| o.summary("Get a lift max by id"))
                .put_with(lift_maxes::update, |o| o.summary("Update a lift max"))
                .delete_with(lift_maxes::delete, |o| o.summary("Delete a lift max")),
        )
        .api_route(
            "/lift-maxes/{id}/convert",
            get_with(lift_maxes::convert, |o| o.summary("Convert a lift max to the other type")),
        )
        .api_route(
            "/prescriptions",
            get_with(prescriptions::list, |o| o.summary("List all prescriptions"))
                .post_with(prescriptions::create, |o| o.summary("Create a prescription")),
        )
        .api_route(
            "/prescriptions/{id}",
            get_with(prescriptions::get, |o| o.summary("Get a prescription by id"))
                .put_with(prescriptions::update, |o| o.summary("Update a prescription"))
                .delete_with(prescriptions::delete, |o| o.summary("Delete a prescription")),
        )
        .api_route(
            "/prescriptions/{id}/resolve",
            post_with(prescriptions::resolve, |o| o.summary("Resolve a prescription to weights for a user")),
        )
        .api_route(
            "/prescriptions/resolve-batch",
            post_with(prescriptions::resolve_batch, |o| o.summary("Resolve several prescriptions at once")),
        )
        .api_route(
            "/days",
            get_with(days::list, |o| o.summary("List all days"))
                .post_with(days::create, |o| o.summary("Create a day")),
        )
        .api_route(
            "/days/{id}",
            get_with(days::get, |o| o.summary("Get a day with its prescriptions"))
                .put_with(days::update, |o| o.summary("Update a day"))
                .delete_with(days::delete, |o| o.summary("Delete a day")),
        )
        .api_route("/days/by-slug/{slug}", get_with(days::get_by_slug, |o| o.summary("Get a day by slug")))
        .api_route(
            "/days/{id}/prescriptions",
            post_with(days::add_prescription, |o| o.summary("Add a prescription to a day")),
        )
        .api_route(
            "/days/{id}/prescriptions/{prescriptionId}",
            delete_with(days::remove_prescription, |o| o.summary("Remove a prescription from a day")),
        )
        .api_route(
            "/days/{id}/prescriptions/reorder",
            put_with(days::reorder, |o| o.summary("Reorder the prescriptions of a day")),
        )
        .api_route(
            "/weeks",
            get_with(weeks::list, |o| o.summary("List all weeks"))
                .post_with(weeks::create, |o| o.summary("Create a week")),
        )
        .api_route(
            "/weeks/{id}",
            get_with(weeks::get, |o| o.summary("Get a week by id"))
                .put_with(weeks::update, |o| o.summary("Update a week"))
                .delete_with(weeks::delete, |o| o.summary("Delete a week")),
        )
        .api_route("/weeks/{id}/days", post_with(weeks::add_day, |o| o.summary("Add a day to a week")))
        .api_route(
            "/weeks/{id}/days/{dayId}",
            delete_with(weeks::remove_day, |o| o.summary("Remove a day from a week")),
        )
        .api_route(
            "/users/{userId}/program",
            get_with(enrollment::get, |o| o.summary("Get a lifter's enrollment"))
                .post_with(enrollment::create, |o| o.summary("Enroll a lifter in a program"))
                .delete_with(enrollment::delete, |o| o.summary("Unenroll a lifter")),
        )
        .api_route(
            "/users/{userId}/program-state/advance",
            post_with(advance::create, |o| o.summary("Advance a lifter by a day or a week")),
        )
        .api_route("/users/{userId}/workout", get_with(workout::get, |o| o.summary("Generate the current workout")))
        .api_route(
            "/users/{userId}/workout/preview",
            get_with(workout::preview, |o| o.summary("Preview the workout of any week and day")),
        )
        .api_route(
            "/users/{userId}/progression-history",
            get_with(progression_history::list, |o| o.summary("List what progressions made of a lifter's maxes")),
        )
        .api_route(
            "/users/{userId}/progressions/trigger",
            post_with(trigger::create, |o| o.summary("Apply a progression by hand")),
        )
}
