//! Forgets what has been kept long enough.

use std::sync::Arc;

use ferrum_domain::Result;
use ferrum_domain::time::Millis;
use ferrum_store::{Tx, idempotency, jobs, sign_ins};

use crate::App;

pub(super) const IDEMPOTENCY: &str = "idempotency.purge";
pub(super) const FINISHED_JOBS: &str = "jobs.purge";
pub(super) const SIGN_INS: &str = "sign_ins.purge";

/// How long finished work stays on record, in milliseconds; dead letters stay for the operator.
const FINISHED_STAY: i64 = 7 * 24 * super::HOUR;

/// Rows that one transaction deletes at most: nobody's write waits for more of them.
const BATCH: i64 = 500;

pub(super) async fn idempotency(app: &Arc<App>) -> Result<()> {
    let now = app.clock.now();
    let gone = in_batches(app, move |tx| idempotency::delete_old(tx, now, BATCH)).await?;
    tracing::debug!(gone, "kept answers purged");
    Ok(())
}

pub(super) async fn finished_jobs(app: &Arc<App>) -> Result<()> {
    let then = Millis(app.clock.now().0 - FINISHED_STAY);
    let gone = in_batches(app, move |tx| jobs::delete_done(tx, then, BATCH)).await?;
    tracing::debug!(gone, "finished jobs purged");
    Ok(())
}

pub(super) async fn sign_ins(app: &Arc<App>) -> Result<()> {
    let now = app.clock.now();
    let mut gone = in_batches(app, move |tx| sign_ins::delete_failed(tx, now, BATCH)).await?;
    gone += in_batches(app, move |tx| sign_ins::delete_told(tx, now, BATCH)).await?;
    gone += in_batches(app, move |tx| sign_ins::delete_addresses(tx, now, BATCH)).await?;
    tracing::debug!(gone, "old sign-ins purged");
    Ok(())
}

/// Calls `delete`, which says how many rows are gone, in a transaction of its own until one has room left.
async fn in_batches<F>(app: &Arc<App>, delete: F) -> Result<u64>
where
    F: Fn(&mut Tx<'_>) -> Result<u64> + Copy + Send + Sync + 'static,
{
    let mut all = 0;
    loop {
        let gone = app.db.write(delete).await?;
        all += gone;
        if gone < BATCH.unsigned_abs() {
            return Ok(all);
        }
    }
}
