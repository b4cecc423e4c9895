//! `enrollments`: who follows which program, and where they stand in it. An account has one at most.

use ferrum_domain::strength::position::Position;
use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result};

use crate::engine::{EngineKind, Tx};
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;

statements! {
    FIND = "SELECT e.id, e.account_key, a.id, e.program_id, e.iteration, e.week, e.day_index, e.enrolled_at, \
        e.updated_at FROM accounts a JOIN enrollments e ON e.account_key = a.key WHERE a.id = ?1";
    FIND_STANDING = "SELECT program_id, iteration, week, day_index FROM enrollments WHERE account_key = ?1";
    INSERT = "INSERT INTO enrollments (id, account_key, program_id, week, iteration, day_index, enrolled_at, \
        updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    UPDATE = "UPDATE enrollments SET week = ?2, iteration = ?3, day_index = ?4, updated_at = ?5 WHERE id = ?1";
    DELETE = "DELETE FROM enrollments WHERE id = ?1";
    HOLD = "UPDATE enrollments SET updated_at = updated_at WHERE id = ?1";
    WATCH = "SELECT id FROM enrollments WHERE account_key = ?1";
}

/// An enrollment.
#[derive(Debug, Clone)]
pub struct Enrollment {
    /// UUIDv7.
    pub id: String,
    /// Internal key of the lifter.
    pub account: i64,
    /// Public id of the lifter.
    pub user_id: String,
    /// The program.
    pub program_id: String,
    /// Where they stand, as last written; the program may have become shorter since.
    pub position: Position,
    /// When they enrolled.
    pub enrolled_at: Millis,
    /// When they last moved on.
    pub updated_at: Millis,
}

/// Where a lifter stands, for reading a workout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The program.
    pub program_id: String,
    /// Where they stand, as last written; the program may have become shorter since.
    pub position: Position,
}

/// Where the account with this internal key stands.
pub fn find_standing(tx: &mut Tx<'_>, account: i64) -> Result<Option<Standing>> {
    Ok(tx.query_opt(FIND_STANDING, values![account], |row| standing(row, 0))?.flatten())
}

/// The standing in four columns from `at` on, which are null for somebody who is not enrolled.
pub(crate) fn standing(row: &Row<'_>, at: usize) -> Result<Option<Standing>> {
    let Some(program_id) = row.get(at)? else { return Ok(None) };
    let position =
        Position { iteration: row.get(at + 1)?, week: row.get(at + 2)?, day_index: row.get(at + 3)? };
    Ok(Some(Standing { program_id, position }))
}

/// The enrollment of the account with this public id.
pub fn find(tx: &mut Tx<'_>, user_id: &str) -> Result<Option<Enrollment>> {
    tx.query_opt(FIND, values![user_id], enrollment)
}

/// Enrols an account that is not.
pub fn insert(tx: &mut Tx<'_>, row: &Enrollment) -> Result<()> {
    let Position { iteration, week, day_index } = row.position;
    tx.execute(
        INSERT,
        values![
            &row.id,
            row.account,
            &row.program_id,
            week,
            iteration,
            day_index,
            row.enrolled_at,
            row.updated_at
        ],
    )?;
    Ok(())
}

/// Changes where a lifter stands.
pub fn update(tx: &mut Tx<'_>, row: &Enrollment) -> Result<()> {
    let Position { iteration, week, day_index } = row.position;
    tx.execute(UPDATE, values![&row.id, week, iteration, day_index, row.updated_at])?;
    Ok(())
}

/// Ends an enrollment; what it trained and what it was served go with it.
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    if tx.execute(DELETE, values![id])? == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Makes sure that of this and any other transaction that raises maxes of the enrollment or enters one
/// for its lifter at the same time, the later one sees what the other wrote.
///
/// What counts now depends on the clock, so a row that another transaction writes a millisecond later
/// is not what this one looked for: being serializable does not make them conflict, writing the same
/// row does. SQLite has one writer at a time.
pub fn hold(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    if tx.kind() == EngineKind::Postgres {
        tx.execute(HOLD, values![id])?;
    }
    Ok(())
}

/// Lets a transaction that enters a max conflict with those that [`hold`] the lifter's enrollment or
/// change it, but not with others that enter maxes.
pub(crate) fn watch(tx: &mut Tx<'_>, account: i64) -> Result<()> {
    if tx.kind() == EngineKind::Postgres {
        tx.query_opt(WATCH, values![account], |_| Ok(()))?;
    }
    Ok(())
}

fn enrollment(row: &Row<'_>) -> Result<Enrollment> {
    Ok(Enrollment {
        id: row.get(0)?,
        account: row.get(1)?,
        user_id: row.get(2)?,
        program_id: row.get(3)?,
        position: Position { iteration: row.get(4)?, week: row.get(5)?, day_index: row.get(6)? },
        enrolled_at: Millis(row.get(7)?),
        updated_at: Millis(row.get(8)?),
    })
}
