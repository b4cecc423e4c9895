//! `interval_sessions`: what people did of interval workouts. It outlives the workouts.

use std::ops::Range;

use ferrum_domain::Result;
use ferrum_domain::intervals::session::{Record, Total};
use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;

use crate::engine::Tx;
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;

statements! {
    FIND_OWN = "SELECT id, workout_id, workout_name, form, phases, phases_done, phases_skipped, duration, \
        perceived_effort, body_weight, energy, done_at FROM interval_sessions WHERE id = ?2 AND account_key = ?1";
    LIST = "SELECT id, workout_id, workout_name, form, phases, phases_done, phases_skipped, duration, \
        perceived_effort, body_weight, energy, done_at FROM interval_sessions \
        WHERE account_key = ?1 AND (done_at, id) < (?2, ?3) ORDER BY done_at DESC, id DESC LIMIT ?4";
    LIST_OF_WORKOUT = "SELECT id, workout_id, workout_name, form, phases, phases_done, phases_skipped, duration, \
        perceived_effort, body_weight, energy, done_at FROM interval_sessions \
        WHERE account_key = ?1 AND workout_id = ?5 AND (done_at, id) < (?2, ?3) \
        ORDER BY done_at DESC, id DESC LIMIT ?4";
    HAS_OF_WORKOUT = "SELECT 1 FROM interval_sessions WHERE account_key = ?1 AND workout_id = ?2 LIMIT 1";
    INSERT = "INSERT INTO interval_sessions (id, account_key, workout_id, workout_name, form, phases, phases_done, \
        phases_skipped, duration, perceived_effort, body_weight, energy, done_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    TOTAL = "SELECT COUNT(*), CAST(COALESCE(SUM(duration), 0) AS BIGINT), COUNT(energy), \
        CAST(COALESCE(SUM(energy), 0) AS BIGINT) FROM interval_sessions \
        WHERE account_key = ?1 AND done_at >= ?2 AND done_at < ?3";
}

/// A workout that somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// 24 hex digits.
    pub id: String,
    /// The workout, whether or not it still exists.
    pub workout_id: String,
    /// What the workout was called.
    pub workout_name: String,
    /// The workout's form.
    pub form: String,
    /// How many phases the workout had.
    pub phases: i64,
    /// What was said.
    pub record: Record,
    /// In kilocalories; `None` where the body's weight was not known.
    pub energy: Option<Thousandths>,
    /// When it was done.
    pub done_at: Millis,
}

/// Which part of a history: what is older than `before`, at most `limit` of it.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The session after which to go on; `None` for the newest.
    pub before: Option<&'a Session>,
    /// How many at most.
    pub limit: i64,
}

/// One's own session with this id.
pub fn find_own(tx: &mut Tx<'_>, account: i64, id: &str) -> Result<Option<Session>> {
    tx.query_opt(FIND_OWN, values![account, id], session)
}

/// The sessions of an account, the newest first, all or those of one workout.
pub fn list(tx: &mut Tx<'_>, account: i64, workout_id: Option<&str>, page: Page<'_>) -> Result<Vec<Session>> {
    let (at, id) = page.before.map_or((Millis(i64::MAX), ""), |session| (session.done_at, &session.id));
    match workout_id {
        Some(workout) => tx.query(LIST_OF_WORKOUT, values![account, at, id, page.limit, workout], session),
        None => tx.query(LIST, values![account, at, id, page.limit], session),
    }
}

/// Whether an account has a session of a workout.
pub fn has_of_workout(tx: &mut Tx<'_>, account: i64, workout_id: &str) -> Result<bool> {
    let found = tx.query_opt(HAS_OF_WORKOUT, values![account, workout_id], |row| row.get::<i64>(0))?;
    Ok(found.is_some())
}

/// Adds a session.
pub fn insert(tx: &mut Tx<'_>, account: i64, session: &Session) -> Result<()> {
    let Record { phases_done, phases_skipped, seconds, perceived_effort, body_weight } = session.record;
    tx.execute(
        INSERT,
        values![
            &session.id,
            account,
            &session.workout_id,
            &session.workout_name,
            &session.form,
            session.phases,
            phases_done,
            phases_skipped,
            seconds,
            perceived_effort,
            body_weight,
            session.energy,
            session.done_at
        ],
    )?;
    Ok(())
}

/// What an account did in a time.
pub fn total(tx: &mut Tx<'_>, account: i64, time: Range<Millis>) -> Result<Total> {
    tx.query_one(TOTAL, values![account, time.start, time.end], |row| {
        Ok(Total {
            sessions: row.get(0)?,
            seconds: row.get(1)?,
            with_energy: row.get(2)?,
            energy: Thousandths(row.get(3)?),
        })
    })
}

fn session(row: &Row<'_>) -> Result<Session> {
    Ok(Session {
        id: row.get(0)?,
        workout_id: row.get(1)?,
        workout_name: row.get(2)?,
        form: row.get(3)?,
        phases: row.get(4)?,
        record: Record {
            phases_done: row.get(5)?,
            phases_skipped: row.get(6)?,
            seconds: row.get(7)?,
            perceived_effort: row.get(8)?,
            body_weight: row.get::<Option<i64>>(9)?.map(Thousandths),
        },
        energy: row.get::<Option<i64>>(10)?.map(Thousandths),
        done_at: Millis(row.get(11)?),
    })
}
