//! `interval_workouts`: exercises put together by the clock, built in or a person's own.

use ferrum_domain::intervals::workout::Content;
use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result};

use crate::engine::Tx;
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;

statements! {
    FIND = "SELECT w.id, w.account_key, a.object_id, w.slug, w.name, w.description, w.content, w.created_at, \
        w.updated_at FROM interval_workouts w LEFT JOIN accounts a ON a.key = w.account_key WHERE w.id = ?1";
    LIST_OWN = "SELECT w.id, w.account_key, a.object_id, w.slug, w.name, w.description, w.content, w.created_at, \
        w.updated_at FROM interval_workouts w JOIN accounts a ON a.key = w.account_key \
        WHERE w.account_key = ?1 ORDER BY w.created_at DESC, w.id DESC";
    LIST_BUILT_IN = "SELECT id, account_key, NULL, slug, name, description, content, created_at, updated_at \
        FROM interval_workouts WHERE account_key IS NULL ORDER BY created_at DESC, id DESC";
    COUNT_OWN = "SELECT COUNT(*) FROM interval_workouts WHERE account_key = ?1";
    INSERT = "INSERT INTO interval_workouts (id, account_key, slug, name, description, content, created_at, \
        updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    UPDATE = "UPDATE interval_workouts SET name = ?2, description = ?3, content = ?4, updated_at = ?5 WHERE id = ?1";
    DELETE = "DELETE FROM interval_workouts WHERE id = ?1";
}

/// A workout.
#[derive(Debug, Clone)]
pub struct Workout {
    /// 24 hex digits.
    pub id: String,
    /// Whose it is; `None` for a built-in one.
    pub account: Option<i64>,
    /// That account's address in IntervalFlow, 24 hex digits.
    pub created_by: Option<String>,
    /// Names a built-in one for good.
    pub slug: Option<String>,
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Form, figures and exercises.
    pub content: Content,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// The workout with this id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Workout>> {
    tx.query_opt(FIND, values![id], workout)
}

/// The workouts of `account`, then the built-in ones, each from the newest.
pub fn list(tx: &mut Tx<'_>, account: Option<i64>) -> Result<Vec<Workout>> {
    let mut all = match account {
        Some(account) => tx.query(LIST_OWN, values![account], workout)?,
        None => Vec::new(),
    };
    all.append(&mut tx.query(LIST_BUILT_IN, &[], workout)?);
    Ok(all)
}

/// How many workouts an account has.
pub fn count_own(tx: &mut Tx<'_>, account: i64) -> Result<i64> {
    tx.query_one(COUNT_OWN, values![account], |row| row.get(0))
}

/// Adds a workout.
pub fn insert(tx: &mut Tx<'_>, workout: &Workout) -> Result<()> {
    let content = workout.content.to_json()?;
    tx.execute(
        INSERT,
        values![
            &workout.id,
            workout.account,
            workout.slug.as_ref(),
            &workout.name,
            workout.description.as_ref(),
            &content,
            workout.created_at,
            workout.updated_at
        ],
    )?;
    Ok(())
}

/// Changes a workout; whose it is stays.
pub fn update(tx: &mut Tx<'_>, workout: &Workout) -> Result<()> {
    let content = workout.content.to_json()?;
    let description = workout.description.as_ref();
    tx.execute(UPDATE, values![&workout.id, &workout.name, description, &content, workout.updated_at])?;
    Ok(())
}

/// Removes a workout.
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    if tx.execute(DELETE, values![id])? == 0 { Err(Error::NotFound) } else { Ok(()) }
}

fn workout(row: &Row<'_>) -> Result<Workout> {
    Ok(Workout {
        id: row.get(0)?,
        account: row.get(1)?,
        created_by: row.get(2)?,
        slug: row.get(3)?,
        name: row.get(4)?,
        description: row.get(5)?,
        content: Content::from_json(&row.get::<String>(6)?)?,
        created_at: Millis(row.get(7)?),
        updated_at: Millis(row.get(8)?),
    })
}
