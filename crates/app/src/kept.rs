//! What was read from the database, in memory for as long as the reader can tell that it is still so.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

use foldhash::fast::RandomState;

/// At most `MANY` things by their key; then they are all forgotten.
#[derive(Debug)]
pub struct Kept<K, V, const MANY: usize>(RwLock<HashMap<K, V, RandomState>>);

impl<K, V, const MANY: usize> Default for Kept<K, V, MANY> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Eq + Hash, V: Clone, const MANY: usize> Kept<K, V, MANY> {
    /// What was last kept, whether it is still so or not.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps a thing instead of what was kept before.
    pub fn put(&self, key: K, value: V) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MANY && !kept.contains_key(&key) {
            kept.clear();
        }
        kept.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded() {
        let kept = Kept::<_, _, 10>::default();
        for i in 0..35 {
            kept.put(i, i);
            kept.put(i, i + 1);
            assert_eq!(kept.get(&i), Some(i + 1));
        }
        assert_eq!((kept.get(&29), kept.get(&30)), (None, Some(31)));
    }
}
