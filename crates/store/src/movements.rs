//! `movements`: the movement library, as facts.

use ferrum_domain::{Error, Result};
use serde::Deserialize;

use crate::engine::Tx;
use crate::json;
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;

statements! {
    FIND = "SELECT id, name, category, force, mechanic, level, equipment, primary_muscles, secondary_muscles, \
        pattern FROM movements WHERE id = ?1";
    INSERT = "INSERT INTO movements (id, name, category, force, mechanic, level, equipment, primary_muscles, \
        secondary_muscles, pattern) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
}

/// A movement. Where the source does not say, there is nothing.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Movement {
    /// Its name in lower case, with underscores.
    pub id: String,
    /// Name.
    pub name: String,
    /// `strength`, `stretching`, `plyometrics`, ...
    pub category: String,
    /// `push`, `pull` or `static`.
    pub force: Option<String>,
    /// `compound` or `isolation`.
    pub mechanic: Option<String>,
    /// `beginner`, `intermediate` or `expert`.
    pub level: String,
    /// `barbell`, `body only`, ...
    pub equipment: Option<String>,
    /// What it trains most.
    pub primary_muscles: Vec<String>,
    /// What else it trains.
    pub secondary_muscles: Vec<String>,
    /// The kind of movement: `squat`, `hinge`, `horizontal_push`, ...
    pub pattern: String,
}

/// The movement with this id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Movement>> {
    tx.query_opt(FIND, values![id], movement)
}

/// Adds a movement.
pub fn insert(tx: &mut Tx<'_>, movement: &Movement) -> Result<()> {
    let primary = json::text(&movement.primary_muscles)?;
    let secondary = json::text(&movement.secondary_muscles)?;
    let values = values![
        &movement.id,
        &movement.name,
        &movement.category,
        movement.force.as_ref(),
        movement.mechanic.as_ref(),
        &movement.level,
        movement.equipment.as_ref(),
        &primary,
        &secondary,
        &movement.pattern
    ];
    tx.execute(INSERT, values)?;
    Ok(())
}

fn movement(row: &Row<'_>) -> Result<Movement> {
    Ok(Movement {
        id: row.get(0)?,
        name: row.get(1)?,
        category: row.get(2)?,
        force: row.get(3)?,
        mechanic: row.get(4)?,
        level: row.get(5)?,
        equipment: row.get(6)?,
        primary_muscles: muscles(&row.get::<String>(7)?)?,
        secondary_muscles: muscles(&row.get::<String>(8)?)?,
        pattern: row.get(9)?,
    })
}

fn muscles(text: &str) -> Result<Vec<String>> {
    serde_json::from_str(text).map_err(|error| Error::Internal {
        context: "a movement's muscles cannot be read".to_owned(),
        source: Some(Box::new(error)),
    })
}
