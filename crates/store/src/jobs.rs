//! `jobs`: work that is done after the request that caused it, written in the same transaction.

use ferrum_domain::Result;
use ferrum_domain::time::Millis;

use crate::engine::{EngineKind, Tx};
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;

statements! {
    INSERT = "INSERT INTO jobs (id, kind, payload, state, run_at, attempts, max_attempts, created_at, updated_at) \
        VALUES (?1, ?2, ?3, 'waiting', ?4, 0, ?5, ?6, ?6)";
    INSERT_RECURRING = "INSERT INTO jobs (id, kind, recurring, payload, state, run_at, attempts, max_attempts, \
        created_at, updated_at) VALUES (?1, ?2, ?2, '', 'waiting', ?3, 0, ?4, ?3, ?3) \
        ON CONFLICT (recurring) DO NOTHING";
    CLAIM = "UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_until = ?2, leased_by = ?3, \
        updated_at = ?1 WHERE id = (SELECT id FROM jobs WHERE state = 'waiting' AND run_at <= ?1 \
        ORDER BY run_at, id LIMIT 1) RETURNING id, kind, payload, attempts, max_attempts";
    CLAIM_SKIPPING = "UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_until = ?2, leased_by = ?3, \
        updated_at = ?1 WHERE id = (SELECT id FROM jobs WHERE state = 'waiting' AND run_at <= ?1 \
        ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) \
        RETURNING id, kind, payload, attempts, max_attempts";
    RELEASE_EXPIRED = "UPDATE jobs SET state = CASE WHEN recurring IS NULL AND attempts >= max_attempts \
        THEN 'dead' ELSE 'waiting' END, run_at = ?1, lease_until = NULL, leased_by = NULL, \
        last_error = 'its worker disappeared', updated_at = ?1 WHERE state = 'running' AND lease_until < ?1";
    FINISH = "UPDATE jobs SET state = 'done', lease_until = NULL, leased_by = NULL, last_error = NULL, \
        updated_at = ?3 WHERE id = ?1 AND leased_by = ?2 AND state = 'running'";
    RETRY = "UPDATE jobs SET state = 'waiting', run_at = ?4, attempts = ?5, lease_until = NULL, leased_by = NULL, \
        last_error = ?6, updated_at = ?3 WHERE id = ?1 AND leased_by = ?2 AND state = 'running'";
    BURY = "UPDATE jobs SET state = 'dead', lease_until = NULL, leased_by = NULL, last_error = ?4, updated_at = ?3 \
        WHERE id = ?1 AND leased_by = ?2 AND state = 'running'";
    DELETE_DONE = "DELETE FROM jobs WHERE id IN \
        (SELECT id FROM jobs WHERE state = 'done' AND updated_at < ?1 ORDER BY updated_at LIMIT ?2)";
    COUNT = "SELECT state, COUNT(*) FROM jobs GROUP BY state ORDER BY state";
}

/// A job that a worker holds.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// UUIDv7.
    pub id: String,
    /// What to do.
    pub kind: String,
    /// With what, as JSON; empty for recurring work.
    pub payload: String,
    /// Which attempt this is, from 1.
    pub attempts: i64,
    /// After which attempt it is given up.
    pub max_attempts: i64,
}

/// Writes a job that is due at `run_at`.
pub fn insert(
    tx: &mut Tx<'_>,
    id: &str,
    kind: &str,
    payload: &str,
    run_at: Millis,
    max_attempts: i64,
    now: Millis,
) -> Result<()> {
    tx.execute(INSERT, values![id, kind, payload, run_at, max_attempts, now])?;
    Ok(())
}

/// Writes work that comes back by itself, if it is not there yet.
pub fn insert_recurring(tx: &mut Tx<'_>, id: &str, kind: &str, now: Millis, max_attempts: i64) -> Result<()> {
    tx.execute(INSERT_RECURRING, values![id, kind, now, max_attempts])?;
    Ok(())
}

/// Takes the job that has been due for longest, until `lease_until`. What a vanished worker held is
/// free again once its lease is over, unless that was its last attempt.
pub fn claim(tx: &mut Tx<'_>, worker: &str, now: Millis, lease_until: Millis) -> Result<Option<Claimed>> {
    tx.execute(RELEASE_EXPIRED, values![now])?;
    let sql = if tx.kind() == EngineKind::Postgres { CLAIM_SKIPPING } else { CLAIM };
    tx.query_opt(sql, values![now, lease_until, worker], claimed)
}

/// Marks a job as done; false when the lease has passed to another worker.
pub fn finish(tx: &mut Tx<'_>, id: &str, worker: &str, now: Millis) -> Result<bool> {
    Ok(tx.execute(FINISH, values![id, worker, now])? == 1)
}

/// Lets a job wait until `run_at`, with `attempts` behind it.
pub fn retry(
    tx: &mut Tx<'_>,
    id: &str,
    worker: &str,
    now: Millis,
    run_at: Millis,
    attempts: i64,
    error: Option<&str>,
) -> Result<bool> {
    Ok(tx.execute(RETRY, values![id, worker, now, run_at, attempts, error])? == 1)
}

/// Gives a job up; it stays for the operator to look at.
pub fn bury(tx: &mut Tx<'_>, id: &str, worker: &str, now: Millis, error: &str) -> Result<bool> {
    Ok(tx.execute(BURY, values![id, worker, now, error])? == 1)
}

/// Forgets up to `limit` jobs that were done before `then`; says how many.
pub fn delete_done(tx: &mut Tx<'_>, then: Millis, limit: i64) -> Result<u64> {
    tx.execute(DELETE_DONE, values![then, limit])
}

/// How many jobs are in each state.
pub fn count(tx: &mut Tx<'_>) -> Result<Vec<(String, i64)>> {
    tx.query(COUNT, &[], |row| Ok((row.get(0)?, row.get(1)?)))
}

fn claimed(row: &Row<'_>) -> Result<Claimed> {
    Ok(Claimed {
        id: row.get(0)?,
        kind: row.get(1)?,
        payload: row.get(2)?,
        attempts: row.get(3)?,
        max_attempts: row.get(4)?,
    })
}
