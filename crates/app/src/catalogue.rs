//! What is computed from the catalogue (lifts, programs and their parts, built-in exercises) and kept in
//! memory.
//!
//! Each write to the catalogue raises its version in the same transaction, and a reader takes the
//! version from its own snapshot, so nothing here is ever stale, whichever process wrote.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use ferrum_store::Moment;

use crate::actions::compile_program::CompiledProgram;
use crate::actions::generate_workout::Basis;
use crate::kept::Kept;

/// How many things a [`Versioned`] keeps before it starts anew, unless it says otherwise.
const FEW: usize = 1024;

/// Lifters whose last workout is kept: some kB each.
const LIFTERS: usize = 4096;

/// Largest workout that is kept, in bytes: a day may have hundreds of exercises.
const LARGEST_WORKOUT: usize = 32 << 10;

/// The catalogue as kept in memory.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// Rendered answers, by the path and query that ask for them.
    pub answers: Versioned<Bytes>,
    /// Rendered lists of the built-in interval exercises, by their filter.
    pub exercises: Versioned<Bytes>,
    /// Programs, by their id.
    pub programs: Shared<CompiledProgram>,
    /// The last workout of a lifter, by their public id.
    pub workouts: Versioned<Arc<KeptWorkout>, LIFTERS>,
    /// Internal keys of lifts by their id, with the moment since which each counts; the version is not asked for in writes.
    pub(crate) lift_keys: Kept<Box<str>, (i64, Moment), 4096>,
}

/// A rendered workout, good for as long as it would be computed from the same.
#[derive(Debug)]
pub struct KeptWorkout {
    /// What it was computed from.
    pub basis: Basis,
    /// The date that it prints.
    pub date: String,
    /// The answer.
    pub body: Bytes,
}

impl Catalogue {
    /// Keeps the last workout of a lifter, unless it is large.
    pub fn keep_workout(&self, user_id: &str, workout: KeptWorkout) {
        if workout.body.len() <= LARGEST_WORKOUT {
            self.workouts.put(workout.basis.version, user_id, &Arc::new(workout));
        }
    }
}

/// Things computed from one version of the catalogue.
#[derive(Debug)]
pub struct Versioned<V, const CAPACITY: usize = FEW>(RwLock<Current<V>>);

#[derive(Debug)]
struct Current<V> {
    version: i64,
    by_name: HashMap<Box<str>, V>,
}

impl<V, const CAPACITY: usize> Default for Versioned<V, CAPACITY> {
    fn default() -> Self {
        Self(RwLock::new(Current { version: 0, by_name: HashMap::new() }))
    }
}

impl<V: Clone, const CAPACITY: usize> Versioned<V, CAPACITY> {
    /// What was computed under `name` from exactly this version.
    pub fn get(&self, version: i64, name: &str) -> Option<V> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if kept.version == version { kept.by_name.get(name).cloned() } else { None }
    }

    /// Keeps what was computed from `version`; what was computed from an older one goes.
    pub fn put(&self, version: i64, name: &str, value: &V) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if version < kept.version {
            return;
        }
        if version > kept.version || kept.by_name.len() >= CAPACITY {
            kept.by_name.clear();
            kept.version = version;
        }
        kept.by_name.insert(name.into(), value.clone());
    }
}

/// A [`Versioned`] of shared values.
pub type Shared<V> = Versioned<Arc<V>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_another_version_is_not_given() {
        let kept = Versioned::<_>::default();
        kept.put(3, "lifts", &"three");
        assert_eq!(kept.get(3, "lifts"), Some("three"));
        assert_eq!(kept.get(4, "lifts"), None, "a newer snapshot must compute anew");
        assert_eq!(kept.get(2, "lifts"), None, "an older snapshot must not see the future");
        kept.put(2, "lifts", &"two");
        assert_eq!(kept.get(3, "lifts"), Some("three"), "an older snapshot does not push out a newer one");
        kept.put(4, "programs", &"four");
        assert_eq!(kept.get(4, "lifts"), None, "what was computed before the change is gone");
    }

    #[test]
    fn memory_is_bounded() {
        let kept = Versioned::<_>::default();
        for i in 0..10 * FEW {
            kept.put(1, &i.to_string(), &i);
        }
        assert!(kept.0.read().unwrap().by_name.len() <= FEW);
    }
}
