//! Background work: rows written in the transaction of their cause, done later, at least once.
//!
//! A process claims a due job under a lease; when the process dies, the lease runs out and another
//! one claims it. A job that fails is tried again after a growing pause, and set aside for the
//! operator when it has failed too often.

mod audit_seal;
mod purge;

use std::sync::Arc;
use std::time::Duration;

use ferrum_domain::Result;
use ferrum_domain::time::Millis;
use ferrum_store::jobs::{self, Job};
use tokio::sync::watch;

use crate::App;

pub use audit_seal::{Damage, verify as verify_audit};

/// How long a process may keep a job before others take it for dead, in milliseconds.
const LEASE: i64 = 5 * MINUTE;
/// How often a process without work looks for some.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a process waits when the database does not answer.
const TROUBLE: Duration = Duration::from_secs(10);

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// Work that comes back by itself: its kind, and the pause after each time in milliseconds.
const RECURRING: [(&str, i64); 3] =
    [(audit_seal::KIND, MINUTE), (purge::IDEMPOTENCY, HOUR), (purge::FINISHED_JOBS, HOUR)];

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
    let outcome = perform(app, &job).await;
    let label = if outcome.is_ok() { "done" } else { "failed" };
    metrics::counter!("ferrum_jobs_total", "kind" => job.kind.clone(), "outcome" => label).increment(1);
    match outcome {
        Ok(()) => finish(app, job).await?,
        Err(error) => fail(app, job, &error.to_string()).await?,
    }
    Ok(true)
}

async fn perform(app: &Arc<App>, job: &Job) -> Result<()> {
    match job.kind.as_str() {
        audit_seal::KIND => audit_seal::seal(app).await,
        purge::IDEMPOTENCY => purge::idempotency(app).await,
        purge::FINISHED_JOBS => purge::finished_jobs(app).await,
        kind => Err(ferrum_domain::Error::internal(format!("no work is known by the name {kind:?}"))),
    }
}

async fn plan_recurring(app: &Arc<App>) -> Result<()> {
    let now = app.clock.now();
    let rows: Vec<(String, &str)> = RECURRING.iter().map(|(kind, _)| (app.ids.uuid(), *kind)).collect();
    app.db
        .write(move |tx| rows.iter().try_for_each(|(id, kind)| jobs::insert_recurring(tx, id, kind, now)))
        .await
}

/// A due job, under a lease. Looks before it writes, so that idle processes do not wait for each other.
async fn claim(app: &Arc<App>, worker: &str) -> Result<Option<Job>> {
    let now = app.clock.now();
    if !app.db.read(move |tx| jobs::is_any_due(tx, now)).await? {
        return Ok(None);
    }
    let worker = worker.to_owned();
    app.db.write(move |tx| jobs::claim(tx, &worker, now, Millis(now.0 + LEASE))).await
}

async fn finish(app: &Arc<App>, job: Job) -> Result<()> {
    let now = app.clock.now();
    app.db
        .write(move |tx| match period(&job.kind) {
            Some(period) => jobs::reschedule(tx, &job, Millis(now.0 + period), now),
            None => jobs::finish(tx, &job, now),
        })
        .await
}

/// Work that comes back by itself never dies: what failed now may go well the next time.
async fn fail(app: &Arc<App>, job: Job, reason: &str) -> Result<()> {
    tracing::warn!(job = job.id, kind = job.kind, attempts = job.attempts, reason, "a job failed");
    let (now, reason) = (app.clock.now(), reason.to_owned());
    app.db
        .write(move |tx| {
            if job.attempts < job.max_attempts || period(&job.kind).is_some() {
                jobs::retry(tx, &job, Millis(now.0 + backoff(job.attempts)), &reason, now)
            } else {
                jobs::bury(tx, &job, &reason, now)
            }
        })
        .await
}

fn period(kind: &str) -> Option<i64> {
    RECURRING.iter().find(|(known, _)| *known == kind).map(|(_, period)| *period)
}

/// The pause after the failure number `attempts`, in milliseconds: 5 s, doubled up to an hour.
fn backoff(attempts: i64) -> i64 {
    let doublings = attempts.clamp(1, 20) - 1;
    (5_000 << doublings).min(HOUR)
}
