//! `/api/health`

use axum::Json;
use ferrum_endpoint::Anyone;
use schemars::JsonSchema;
use serde::Serialize;

use crate::dialect::{Api, Call, Instant};

/// That the API answers.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Health {
    /// Always true.
    success: bool,
    /// For people.
    message: &'static str,
    /// The server's time.
    timestamp: Instant,
}

/// `GET /api/health`
pub async fn get(call: Call<Api, Anyone>) -> Json<Health> {
    Json(Health {
        success: true,
        message: "IntervalFlow API is running! 🏃‍♂️",
        timestamp: Instant(call.app().clock.now()),
    })
}
