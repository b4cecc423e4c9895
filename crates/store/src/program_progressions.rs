//! `program_progressions`: which progressions a program applies to which lifts.

use ferrum_domain::strength::selection::Configuration;
use ferrum_domain::time::Millis;
use ferrum_domain::{Conflict, Error, Result};

use crate::engine::Tx;
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;
use crate::{catalogue, progressions};

statements! {
    FIND = "SELECT id, program_id, progression_id, lift_id, priority, created_at, updated_at \
        FROM program_progressions WHERE id = ?1 AND program_id = ?2";
    LIST = "SELECT id, program_id, progression_id, lift_id, priority, created_at, updated_at \
        FROM program_progressions WHERE program_id = ?1 ORDER BY priority, created_at, id";
    LIST_CONFIGURATIONS = "SELECT c.id, c.progression_id, p.type, p.parameters, c.lift_id, c.priority, c.created_at \
        FROM program_progressions c JOIN progressions p ON p.id = c.progression_id \
        WHERE c.program_id = ?1 ORDER BY c.priority, c.created_at, c.id";
    INSERT = "INSERT INTO program_progressions (id, program_id, progression_id, lift_id, priority, created_at, \
        updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    UPDATE = "UPDATE program_progressions SET progression_id = ?2, lift_id = ?3, priority = ?4, updated_at = ?5 \
        WHERE id = ?1";
    DELETE = "DELETE FROM program_progressions WHERE id = ?1 AND program_id = ?2";
}

/// A configuration, as its program's author sees it.
#[derive(Debug, Clone)]
pub struct ProgramProgression {
    /// UUIDv7.
    pub id: String,
    /// The program.
    pub program_id: String,
    /// What to apply.
    pub progression_id: String,
    /// To what; `None` for all lifts that are prescribed.
    pub lift_id: Option<String>,
    /// The lowest applies.
    pub priority: i64,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// The configuration with this id, if it is of that program.
pub fn find(tx: &mut Tx<'_>, program_id: &str, id: &str) -> Result<Option<ProgramProgression>> {
    tx.query_opt(FIND, values![id, program_id], program_progression)
}

/// The configuration with this id, if it is of that program.
pub fn get(tx: &mut Tx<'_>, program_id: &str, id: &str) -> Result<ProgramProgression> {
    find(tx, program_id, id)?.ok_or(Error::NotFound)
}

/// A program's configurations by priority.
pub fn list(tx: &mut Tx<'_>, program_id: &str) -> Result<Vec<ProgramProgression>> {
    tx.query(LIST, values![program_id], program_progression)
}

/// A program's configurations with their rules, by priority.
pub fn list_configurations(tx: &mut Tx<'_>, program_id: &str) -> Result<Vec<Configuration>> {
    tx.query(LIST_CONFIGURATIONS, values![program_id], |row| {
        Ok(Configuration {
            id: row.get(0)?,
            progression_id: row.get(1)?,
            rule: progressions::rule(&row.get::<String>(2)?, &row.get::<String>(3)?)?,
            lift_id: row.get(4)?,
            priority: row.get(5)?,
            created_at: Millis(row.get(6)?),
        })
    })
}

/// Adds a configuration; `Conflict::Exists` when the program has another of its progression and
/// lift.
pub fn insert(tx: &mut Tx<'_>, row: &ProgramProgression) -> Result<()> {
    let lift = row.lift_id.as_deref();
    tx.execute(
        INSERT,
        values![
            &row.id,
            &row.program_id,
            &row.progression_id,
            lift,
            row.priority,
            row.created_at,
            row.updated_at
        ],
    )
    .map_err(exists)?;
    catalogue::bump(tx)
}

/// Changes a configuration; `Conflict::Exists` when the program has another of its progression and
/// lift.
pub fn update(tx: &mut Tx<'_>, row: &ProgramProgression) -> Result<()> {
    let lift = row.lift_id.as_deref();
    tx.execute(UPDATE, values![&row.id, &row.progression_id, lift, row.priority, row.updated_at])
        .map_err(exists)?;
    catalogue::bump(tx)
}

/// Removes a configuration of that program.
pub fn delete(tx: &mut Tx<'_>, program_id: &str, id: &str) -> Result<()> {
    if tx.execute(DELETE, values![id, program_id])? == 0 {
        return Err(Error::NotFound);
    }
    catalogue::bump(tx)
}

fn exists(error: Error) -> Error {
    match error {
        Error::Conflict(Conflict::Exists(index)) if index == "program_progressions_triple" => {
            Error::Conflict(Conflict::Exists("progressionId for this liftId in this program".to_owned()))
        }
        other => other,
    }
}

fn program_progression(row: &Row<'_>) -> Result<ProgramProgression> {
    Ok(ProgramProgression {
        id: row.get(0)?,
        program_id: row.get(1)?,
        progression_id: row.get(2)?,
        lift_id: row.get(3)?,
        priority: row.get(4)?,
        created_at: Millis(row.get(5)?),
        updated_at: Millis(row.get(6)?),
    })
}
