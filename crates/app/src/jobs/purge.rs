//! Forgets what has been kept long enough.

use std::sync::Arc;

use ferrum_domain::Result;
use ferrum_domain::time::Millis;
use ferrum_store::{idempotency, jobs};

use crate::App;

pub(super) const IDEMPOTENCY: &str = "idempotency.purge";
pub(super) const FINISHED_JOBS: &str = "jobs.purge";

/// How long finished work stays on record, in milliseconds; dead letters stay for the operator.
const FINISHED_STAY: i64 = 7 * 24 * super::HOUR;

pub(super) async fn idempotency(app: &Arc<App>) -> Result<()> {
    let now = app.clock.now();
    let gone = app.db.write(move |tx| idempotency::delete_old(tx, now)).await?;
    tracing::debug!(gone, "kept answers purged");
    Ok(())
}

pub(super) async fn finished_jobs(app: &Arc<App>) -> Result<()> {
    let then = Millis(app.clock.now().0 - FINISHED_STAY);
    let gone = app.db.write(move |tx| jobs::delete_done(tx, then)).await?;
    tracing::debug!(gone, "finished jobs purged");
    Ok(())
}
