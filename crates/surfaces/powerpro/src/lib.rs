//! PowerPro: strength programs, exactly as its document says.
//!
//! [`routes`] is the table of its endpoints, in the document's order; each noun has a file with its
//! DTOs and handlers; `dialect.rs` holds authentication, envelopes and status codes.

mod advance;
mod callers;
mod cycles;
mod days;
pub mod dialect;
mod enrollment;
mod fields;
mod header_trust;
mod health;
mod lift_maxes;
mod lifts;
mod lookups;
mod owner;
mod page;
mod prescriptions;
mod program_progressions;
mod programs;
mod progression_history;
mod progressions;
mod trigger;
mod weeks;
mod workout;

use std::sync::Arc;

use aide::axum::ApiRouter;
use aide::axum::routing::{delete_with, get_with, post_with, put_with};
use aide::openapi::{Info, OpenApi};
use axum::{Json, Router};
use ferrum_app::App;
use ferrum_app::config::HeaderAuth;
use ferrum_endpoint::house::with_fallbacks;
use ferrum_endpoint::openapi::{declare_references, document, section};

use callers::declare_callers;
use dialect::{PowerPro, Refusal};
pub use header_trust::OWN_LISTENER;
use lookups::{daily_lookups, weekly_lookups};

/// The endpoints, in the order of the document.
fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .merge(section(
            "Health Check",
            ApiRouter::new()
                .api_route("/health", get_with(health::get, |o| o.summary("Check API health status"))),
        ))
        .merge(section(
            "Lifts",
            ApiRouter::new()
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
                .api_route(
                    "/lifts/by-slug/{slug}",
                    get_with(lifts::get_by_slug, |o| o.summary("Get a lift by slug")),
                ),
        ))
        .merge(section(
            "Lift Maxes",
            ApiRouter::new()
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
                ),
        ))
        .merge(section(
            "Prescriptions",
            ApiRouter::new()
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
                    post_with(prescriptions::resolve, |o| {
                        o.summary("Resolve a prescription to weights for a user")
                            .response_with::<422, Json<Refusal>, _>(|r| {
                                r.description("The user has no max to compute with.")
                            })
                    }),
                )
                .api_route(
                    "/prescriptions/resolve-batch",
                    post_with(prescriptions::resolve_batch, |o| {
                        o.summary("Resolve several prescriptions at once")
                    }),
                ),
        ))
        .merge(section(
            "Days",
            ApiRouter::new()
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
                .api_route(
                    "/days/by-slug/{slug}",
                    get_with(days::get_by_slug, |o| o.summary("Get a day by slug")),
                )
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
                ),
        ))
        .merge(section(
            "Weeks",
            ApiRouter::new()
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
                .api_route(
                    "/weeks/{id}/days",
                    post_with(weeks::add_day, |o| o.summary("Add a day to a week")),
                )
                .api_route(
                    "/weeks/{id}/days/{dayId}",
                    delete_with(weeks::remove_day, |o| o.summary("Remove a day from a week")),
                ),
        ))
        .merge(section(
            "Cycles",
            ApiRouter::new()
                .api_route(
                    "/cycles",
                    get_with(cycles::list, |o| o.summary("List all cycles"))
                        .post_with(cycles::create, |o| o.summary("Create a cycle")),
                )
                .api_route(
                    "/cycles/{id}",
                    get_with(cycles::get, |o| o.summary("Get a cycle by id"))
                        .put_with(cycles::update, |o| o.summary("Update a cycle"))
                        .delete_with(cycles::delete, |o| o.summary("Delete a cycle")),
                ),
        ))
        .merge(section(
            "Weekly Lookups",
            ApiRouter::new()
                .api_route(
                    "/weekly-lookups",
                    get_with(weekly_lookups::list, |o| o.summary("List all weekly lookups"))
                        .post_with(weekly_lookups::create, |o| o.summary("Create a weekly lookup")),
                )
                .api_route(
                    "/weekly-lookups/{id}",
                    get_with(weekly_lookups::get, |o| o.summary("Get a weekly lookup by id"))
                        .put_with(weekly_lookups::update, |o| o.summary("Update a weekly lookup"))
                        .delete_with(weekly_lookups::delete, |o| o.summary("Delete a weekly lookup")),
                ),
        ))
        .merge(section(
            "Daily Lookups",
            ApiRouter::new()
                .api_route(
                    "/daily-lookups",
                    get_with(daily_lookups::list, |o| o.summary("List all daily lookups"))
                        .post_with(daily_lookups::create, |o| o.summary("Create a daily lookup")),
                )
                .api_route(
                    "/daily-lookups/{id}",
                    get_with(daily_lookups::get, |o| o.summary("Get a daily lookup by id"))
                        .put_with(daily_lookups::update, |o| o.summary("Update a daily lookup"))
                        .delete_with(daily_lookups::delete, |o| o.summary("Delete a daily lookup")),
                ),
        ))
        .merge(section(
            "Programs",
            ApiRouter::new()
                .api_route(
                    "/programs",
                    get_with(programs::list, |o| o.summary("List all programs"))
                        .post_with(programs::create, |o| o.summary("Create a program")),
                )
                .api_route(
                    "/programs/{id}",
                    get_with(programs::get, |o| o.summary("Get a program by id"))
                        .put_with(programs::update, |o| o.summary("Update a program"))
                        .delete_with(programs::delete, |o| o.summary("Delete a program")),
                ),
        ))
        .merge(section(
            "Progressions",
            ApiRouter::new()
                .api_route(
                    "/progressions",
                    get_with(progressions::list, |o| o.summary("List all progressions"))
                        .post_with(progressions::create, |o| o.summary("Create a progression")),
                )
                .api_route(
                    "/progressions/{id}",
                    get_with(progressions::get, |o| o.summary("Get a progression by id"))
                        .put_with(progressions::update, |o| o.summary("Update a progression"))
                        .delete_with(progressions::delete, |o| o.summary("Delete a progression")),
                ),
        ))
        .merge(section(
            "Program Progressions",
            ApiRouter::new()
                .api_route(
                    "/programs/{programId}/progressions",
                    get_with(program_progressions::list, |o| {
                        o.summary("List all progression configurations of a program")
                    })
                    .post_with(program_progressions::create, |o| {
                        o.summary("Create a progression configuration")
                    }),
                )
                .api_route(
                    "/programs/{programId}/progressions/{configId}",
                    get_with(program_progressions::get, |o| {
                        o.summary("Get a progression configuration by id")
                    })
                    .put_with(program_progressions::update, |o| {
                        o.summary("Update a progression configuration")
                    })
                    .delete_with(program_progressions::delete, |o| {
                        o.summary("Delete a progression configuration")
                    }),
                ),
        ))
        .merge(section(
            "User Program Enrollment",
            ApiRouter::new().api_route(
                "/users/{userId}/program",
                get_with(enrollment::get, |o| o.summary("Get a lifter's enrollment"))
                    .post_with(enrollment::create, |o| o.summary("Enroll a lifter in a program"))
                    .delete_with(enrollment::delete, |o| o.summary("Unenroll a lifter")),
            ),
        ))
        .merge(section(
            "State Advancement",
            ApiRouter::new().api_route(
                "/users/{userId}/program-state/advance",
                post_with(advance::create, |o| o.summary("Advance a lifter by a day or a week")),
            ),
        ))
        .merge(section(
            "Workout Generation",
            ApiRouter::new()
                .api_route(
                    "/users/{userId}/workout",
                    get_with(workout::get, |o| o.summary("Generate the current workout")),
                )
                .api_route(
                    "/users/{userId}/workout/preview",
                    get_with(workout::preview, |o| o.summary("Preview the workout of any week and day")),
                ),
        ))
        .merge(section(
            "Progression History",
            ApiRouter::new().api_route(
                "/users/{userId}/progression-history",
                get_with(progression_history::list, |o| {
                    o.summary("List what progressions made of a lifter's maxes")
                }),
            ),
        ))
        .merge(section(
            "Manual Progression Trigger",
            ApiRouter::new().api_route(
                "/users/{userId}/progressions/trigger",
                post_with(trigger::create, |o| o.summary("Apply a progression by hand")),
            ),
        ))
}

/// The surface's routes at its documented root, and their `OpenAPI` document for a listener where callers are
/// known by `auth`.
pub fn router(app: Arc<App>, auth: HeaderAuth) -> (Router, OpenApi) {
    let (router, api) = documented(auth);
    (with_fallbacks::<PowerPro, _>(router).with_state(app), api)
}

/// The `OpenAPI` document.
pub fn openapi() -> OpenApi {
    documented(HeaderAuth::Headers).1
}

fn documented(auth: HeaderAuth) -> (Router<Arc<App>>, OpenApi) {
    let about = OpenApi {
        info: Info {
            title: "PowerPro".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Info::default()
        },
        ..OpenApi::default()
    };
    let (router, mut api) = document(about, routes);
    declare_references(&mut api);
    declare_callers(&mut api, auth);
    (router, api)
}
