//! `interval_exercises`: what is done by the clock, built in or a person's own.
//!
//! The built-in ones are part of the catalogue: a write to one raises the catalogue's version. Own
//! ones are not, so that nobody's exercise throws away what is kept of the catalogue for all.

use ferrum_domain::intervals::energy::Traits;
use ferrum_domain::intervals::exercise::{Difficulty, Equipment, MuscleGroup};
use ferrum_domain::intervals::workout::ExerciseCopy;
use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;
use ferrum_domain::{Error, Result};

use crate::catalogue;
use crate::engine::Tx;
use crate::listing::{Listing, Order, Wanted, Window};
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;

statements! {
    FIND = "SELECT e.id, e.account_key, a.object_id, e.slug, e.movement_id, e.name, e.description, e.difficulty, \
        e.muscle_group, e.equipment, e.duration, e.created_at, e.updated_at \
        FROM interval_exercises e LEFT JOIN accounts a ON a.key = e.account_key WHERE e.id = ?1";
    FIND_BY_SLUG = "SELECT id, account_key, NULL, slug, movement_id, name, description, difficulty, \
        muscle_group, equipment, duration, created_at, updated_at FROM interval_exercises WHERE slug = ?1";
    COUNT_OWN = "SELECT COUNT(*) FROM interval_exercises WHERE account_key = ?1";
    INSERT = "INSERT INTO interval_exercises (id, account_key, slug, movement_id, name, description, difficulty, \
        muscle_group, equipment, duration, created_at, updated_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    UPDATE = "UPDATE interval_exercises SET name = ?2, description = ?3, difficulty = ?4, muscle_group = ?5, \
        equipment = ?6, duration = ?7, updated_at = ?8 WHERE id = ?1";
    DELETE = "DELETE FROM interval_exercises WHERE id = ?1";
}

/// A caller without an account sees the built-in ones: nothing equals NULL.
pub(crate) const LISTING: Listing = Listing {
    columns: "e.id, e.account_key, a.object_id, e.slug, e.movement_id, e.name, e.description, e.difficulty, \
        e.muscle_group, e.equipment, e.duration, e.created_at, e.updated_at",
    from: "interval_exercises e LEFT JOIN accounts a ON a.key = e.account_key",
    scope: &["(e.account_key IS NULL OR e.account_key = ?)"],
    filters: &["e.difficulty = ?", "e.muscle_group = ?", "e.equipment = ?"],
    sorts: &["e.created_at {}, e.id {}"],
};

/// More than the built-in ones and anybody's own can be together.
const ALL: Window = Window { page: 1, size: 100_000 };

/// An exercise.
#[derive(Debug, Clone)]
pub struct Exercise {
    /// 24 hex digits.
    pub id: String,
    /// Whose it is; `None` for a built-in one.
    pub account: Option<i64>,
    /// That account's address in IntervalFlow, 24 hex digits.
    pub created_by: Option<String>,
    /// Names a built-in one for good.
    pub slug: Option<String>,
    /// The same movement in the library.
    pub movement_id: Option<String>,
    /// Name.
    pub name: String,
    /// How it is done.
    pub description: String,
    /// Who can do it well.
    pub difficulty: Difficulty,
    /// What it trains most.
    pub muscle_group: MuscleGroup,
    /// What it needs besides the body.
    pub equipment: Equipment,
    /// How long it is usually done, in seconds.
    pub duration: Thousandths,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// What a workout keeps of it.
impl From<Exercise> for ExerciseCopy {
    fn from(exercise: Exercise) -> Self {
        let Exercise { id, name, description, difficulty, muscle_group, equipment, .. } = exercise;
        Self { id, name, description, traits: Traits { difficulty, muscle_group, equipment } }
    }
}

/// What to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Only of this difficulty.
    pub difficulty: Option<Difficulty>,
    /// Only for this muscle group.
    pub muscle_group: Option<MuscleGroup>,
    /// Only with this equipment.
    pub equipment: Option<Equipment>,
}

/// The exercise with this id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Exercise>> {
    tx.query_opt(FIND, values![id], exercise)
}

/// The exercise with this id.
pub fn get(tx: &mut Tx<'_>, id: &str) -> Result<Exercise> {
    find(tx, id)?.ok_or(Error::NotFound)
}

/// The built-in exercise with this slug, unless it was removed.
pub fn find_by_slug(tx: &mut Tx<'_>, slug: &str) -> Result<Option<Exercise>> {
    tx.query_opt(FIND_BY_SLUG, values![slug], exercise)
}

/// The built-in exercises and those of `account`, the newest first.
pub fn list(tx: &mut Tx<'_>, filter: Filter, account: Option<i64>) -> Result<Vec<Exercise>> {
    let filters = [
        filter.difficulty.map(|difficulty| difficulty.as_str().into()),
        filter.muscle_group.map(|group| group.as_str().into()),
        filter.equipment.map(|equipment| equipment.as_str().into()),
    ];
    let wanted =
        Wanted { scope: values![account], filters: &filters, sort: 0, order: Order::Descending, window: ALL };
    Ok(LISTING.page(tx, &wanted, exercise)?.0)
}

/// How many exercises an account has made.
pub fn count_own(tx: &mut Tx<'_>, account: i64) -> Result<i64> {
    tx.query_one(COUNT_OWN, values![account], |row| row.get(0))
}

/// Adds an exercise.
pub fn insert(tx: &mut Tx<'_>, exercise: &Exercise) -> Result<()> {
    let values = values![
        &exercise.id,
        exercise.account,
        exercise.slug.as_ref(),
        exercise.movement_id.as_ref(),
        &exercise.name,
        &exercise.description,
        exercise.difficulty.as_str(),
        exercise.muscle_group.as_str(),
        exercise.equipment.as_str(),
        exercise.duration,
        exercise.created_at,
        exercise.updated_at
    ];
    tx.execute(INSERT, values)?;
    changed(tx, exercise)
}

/// Changes an exercise; whose it is and which movement it is stays.
pub fn update(tx: &mut Tx<'_>, exercise: &Exercise) -> Result<()> {
    let values = values![
        &exercise.id,
        &exercise.name,
        &exercise.description,
        exercise.difficulty.as_str(),
        exercise.muscle_group.as_str(),
        exercise.equipment.as_str(),
        exercise.duration,
        exercise.updated_at
    ];
    tx.execute(UPDATE, values)?;
    changed(tx, exercise)
}

/// Removes an exercise.
pub fn delete(tx: &mut Tx<'_>, exercise: &Exercise) -> Result<()> {
    tx.execute(DELETE, values![&exercise.id])?;
    changed(tx, exercise)
}

fn changed(tx: &mut Tx<'_>, exercise: &Exercise) -> Result<()> {
    if exercise.account.is_none() { catalogue::bump(tx) } else { Ok(()) }
}

fn exercise(row: &Row<'_>) -> Result<Exercise> {
    Ok(Exercise {
        id: row.get(0)?,
        account: row.get(1)?,
        created_by: row.get(2)?,
        slug: row.get(3)?,
        movement_id: row.get(4)?,
        name: row.get(5)?,
        description: row.get(6)?,
        difficulty: word(Difficulty::parse(&row.get::<String>(7)?))?,
        muscle_group: word(MuscleGroup::parse(&row.get::<String>(8)?))?,
        equipment: word(Equipment::parse(&row.get::<String>(9)?))?,
        duration: Thousandths(row.get(10)?),
        created_at: Millis(row.get(11)?),
        updated_at: Millis(row.get(12)?),
    })
}

fn word<T>(parsed: Option<T>) -> Result<T> {
    parsed.ok_or_else(|| Error::internal("an exercise is described by an unknown word"))
}
