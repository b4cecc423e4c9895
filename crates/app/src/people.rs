//! Who calls, kept in memory for as long as the database would say the same.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use ferrum_domain::Result;
use ferrum_domain::access::{Claim, Identity};
use ferrum_store::accounts::{self, Person, Reader};
use ferrum_store::{Moment, Tx, catalogue};

/// People that are kept before they are all forgotten: some hundreds of bytes each.
const MANY: usize = 4096;

/// People by their public id.
#[derive(Debug, Default)]
pub struct People(RwLock<HashMap<Box<str>, Arc<Person>>>);

impl People {
    /// [`accounts::identify`].
    pub fn identify(&self, tx: &mut Tx<'_>, claim: &Claim) -> Result<Identity> {
        match tx.moment() {
            Some(now) => self
                .find(tx, claim.id(), now)?
                .map_or_else(|| accounts::identify(tx, claim), |person| person.identify(claim)),
            None => accounts::identify(tx, claim),
        }
    }

    /// [`accounts::identify_reader`].
    pub fn identify_reader(&self, tx: &mut Tx<'_>, claim: &Claim) -> Result<Reader> {
        let version = catalogue::look(tx)?;
        if let Some((version, now)) = version.zip(tx.moment())
            && let Some(person) = self.find(tx, claim.id(), now)?
        {
            return person.identify_reader(claim, version);
        }
        accounts::identify_reader(tx, claim)
    }

    fn find(&self, tx: &mut Tx<'_>, id: &str, now: Moment) -> Result<Option<Arc<Person>>> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        if let Some(kept) = kept.filter(|kept| kept.is_unchanged(tx)) {
            return Ok(Some(kept));
        }
        let Some(found) = accounts::find_person(tx, id, now)?.map(Arc::new) else { return Ok(None) };
        let mut people = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if people.len() >= MANY && !people.contains_key(id) {
            people.clear();
        }
        people.insert(id.into(), Arc::clone(&found));
        Ok(Some(found))
    }
}
