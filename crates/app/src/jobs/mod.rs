//! Background work: rows written in the transaction of their cause, done later, at least once.
//!
//! A process claims a due job under a lease; when the process dies, the lease runs out and another
//! one claims it. A job that fails is tried again after a growing pause, and set aside for the
//! operator when it has failed too often.

mod audit_seal;
mod purge;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result};
use ferrum_store::Tx;
use ferrum_store::jobs::{self, Claimed};
use tokio::sync::watch;

use crate::App;

pub use audit_seal::{Damage, verify as verify_audit};

/// How long a process may keep a job before others take it for dead, in milliseconds.
const LEASE: i64 = 5 * MINUTE;
/// How often a process without work looks for some.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a process waits when the database does not answer.
const TROUBLE: Duration = Duration::from_secs(10);

/// Attempts after which a job is set aside.
const ATTEMPTS: i64 = 10;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// Work that comes back by itself: its kind, and the pause after each time in milliseconds.
const RECURRING: [(&str, i64); 4] = [
    (audit_seal::KIND, MINUTE),
    (purge::IDEMPOTENCY, HOUR),
    (purge::FINISHED_JOBS, HOUR),
    (purge::SIGN_INS, HOUR),
];

/// Does background work until `stop` says so (or its sender is gone); the job at hand is finished.
pub async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let worker = app.ids.uuid();
    let mut planned = false;
    while !*stop.borrow() {
        let pause = match turn(&app, &worker, &mut planned).await {
            Ok(true) => continue,
            Ok(false) => PAUSE,
            Err(error) => {
                tracing::warn!(%error, "background work");
                TROUBLE
            }
        };
        let stopped = tokio::time::timeout(pause, stop.changed()).await;
        if matches!(stopped, Ok(Err(_))) {
            return;
        }
    }
}

/// Does one job, if one is due.
async fn turn(app: &Arc<App>, worker: &str, planned: &mut bool) -> Result<bool> {
    if !*planned {
        plan_recurring(app).await?;
        *planned = true;
    }
    let Some(job) = claim(app, worker).await? else { return Ok(false) };
    let outcome = perform(app, &job.kind).await;
    let label = if outcome.is_ok() { "done" } else { "failed" };
    metrics::counter!("ferrum_jobs_total", "kind" => job.kind.clone(), "outcome" => label).increment(1);
    settle(app, worker, job, outcome.err().map(|error| error.to_string())).await?;
    Ok(true)
}

async fn perform(app: &Arc<App>, kind: &str) -> Result<()> {
    match kind {
        audit_seal::KIND => audit_seal::seal(app).await,
        purge::IDEMPOTENCY => purge::idempotency(app).await,
        purge::FINISHED_JOBS => purge::finished_jobs(app).await,
        purge::SIGN_INS => purge::sign_ins(app).await,
        _ => Err(Error::internal(format!("no work is known by the name {kind:?}"))),
    }
}

async fn plan_recurring(app: &Arc<App>) -> Result<()> {
    let now = app.clock.now();
    let rows = RECURRING.map(|(kind, _)| (app.ids.uuid(), kind));
    app.db
        .write(move |tx| {
            rows.iter().try_for_each(|(id, kind)| jobs::insert_recurring(tx, id, kind, now, ATTEMPTS))
        })
        .await
}

async fn claim(app: &Arc<App>, worker: &str) -> Result<Option<Claimed>> {
    let (worker, now) = (worker.to_owned(), app.clock.now());
    app.db.write(move |tx| jobs::claim(tx, &worker, now, Millis(now.0 + LEASE))).await
}

/// Writes down how a job ended. If its lease has passed to another worker meanwhile, that one will.
async fn settle(app: &Arc<App>, worker: &str, job: Claimed, error: Option<String>) -> Result<()> {
    if let Some(reason) = &error {
        tracing::warn!(job = job.id, kind = job.kind, attempt = job.attempts, reason, "a job failed");
    }
    let (worker, now) = (worker.to_owned(), app.clock.now());
    app.db
        .write(move |tx| {
            let (id, period) = (&job.id, period(&job.kind));
            let again = |tx: &mut Tx<'_>, pause: i64, attempts: i64| {
                jobs::retry(tx, id, &worker, now, Millis(now.0 + pause), attempts, error.as_deref())
            };
            match (&error, period) {
                (None, Some(period)) => again(tx, period, 0),
                (None, None) => jobs::finish(tx, id, &worker, now),
                // Work that comes back by itself never dies: the next time may go well.
                (Some(_), Some(period)) => again(tx, backoff(job.attempts).min(period), job.attempts),
                (Some(_), None) if job.attempts < job.max_attempts => {
                    again(tx, backoff(job.attempts), job.attempts)
                }
                (Some(reason), None) => jobs::bury(tx, id, &worker, now, reason),
            }
        })
        .await
        .map(drop)
}

fn period(kind: &str) -> Option<i64> {
    RECURRING.iter().find(|(known, _)| *known == kind).map(|(_, period)| *period)
}

/// The pause after failure number `attempts`, in milliseconds: 5 s, doubled each time up to an hour.
fn backoff(attempts: i64) -> i64 {
    let doublings = attempts.clamp(1, 20) - 1;
    (5_000 << doublings).min(HOUR)
}
