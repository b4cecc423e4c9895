//! The built-in catalogue: lifts and strength programs, made from figures by the same parsers that
//! the endpoints use, and interval exercises and workouts with the movement library.

mod exercises;
mod facts;
mod load;
pub mod plan;
mod recipes;
mod workouts;

use std::sync::Arc;

use ferrum_domain::Result;

use crate::App;

/// Loads what has never been loaded.
pub async fn load(app: &Arc<App>) -> Result<()> {
    load::load(app).await?;
    exercises::load(app).await?;
    workouts::load(app).await
}
