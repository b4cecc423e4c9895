//! `idempotency_keys`: answers kept for repeats of a request, for 24 hours.

use ferrum_domain::Result;
use ferrum_domain::time::Millis;

use crate::engine::Tx;
use crate::statements::statements;
use crate::values::values;

statements! {
    FIND = "SELECT request_hash, answer FROM idempotency_keys \
        WHERE caller = ?1 AND surface = ?2 AND route = ?3 AND key = ?4 AND created_at > ?5";
    INSERT = "INSERT INTO idempotency_keys (caller, surface, route, key, request_hash, answer, created_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (caller, surface, route, key) \
        DO UPDATE SET request_hash = excluded.request_hash, answer = excluded.answer, created_at = excluded.created_at \
        WHERE idempotency_keys.created_at <= ?8";
    DELETE_OLD = "DELETE FROM idempotency_keys WHERE (caller, surface, route, key) IN \
        (SELECT caller, surface, route, key FROM idempotency_keys WHERE created_at <= ?1 \
        ORDER BY created_at LIMIT ?2)";
}

/// How long an answer is kept, in milliseconds.
pub const KEPT_FOR: i64 = 24 * 60 * 60 * 1000;

/// The answer to a request under a key.
#[derive(Debug)]
pub struct Kept {
    /// Hash of what a repeat must have in common with the request.
    pub request_hash: Vec<u8>,
    /// The answer's body.
    pub answer: Vec<u8>,
}

/// The answer given to `caller` under `key` on `route` (method and path) within the last 24 hours.
pub fn find(
    tx: &mut Tx<'_>,
    caller: &str,
    surface: &str,
    route: &str,
    key: &str,
    now: Millis,
) -> Result<Option<Kept>> {
    tx.query_opt(FIND, values![caller, surface, route, key, now.0 - KEPT_FOR], |row| {
        Ok(Kept { request_hash: row.get(0)?, answer: row.get(1)? })
    })
}

/// Keeps an answer; one that is older than 24 hours gives way.
pub fn insert(
    tx: &mut Tx<'_>,
    caller: &str,
    surface: &str,
    route: &str,
    key: &str,
    kept: &Kept,
    now: Millis,
) -> Result<()> {
    let (hash, answer) = (kept.request_hash.as_slice(), kept.answer.as_slice());
    tx.execute(INSERT, values![caller, surface, route, key, hash, answer, now, now.0 - KEPT_FOR])?;
    Ok(())
}

/// Forgets up to `limit` answers that are older than 24 hours; says how many.
pub fn delete_old(tx: &mut Tx<'_>, now: Millis, limit: i64) -> Result<u64> {
    tx.execute(DELETE_OLD, values![now.0 - KEPT_FOR, limit])
}
