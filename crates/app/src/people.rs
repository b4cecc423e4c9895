//! Who calls, and what they can lift once, kept in memory for as long as the database would say the same.

use std::sync::Arc;

use ferrum_domain::Result;
use ferrum_domain::access::{Claim, Identity};
use ferrum_domain::strength::MaxType;
use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;
use ferrum_store::accounts::{self, Person, Reader};
use ferrum_store::lift_maxes::{self, Needed};
use ferrum_store::{Facet, Moment, Tx, catalogue};

use crate::kept::Kept;

/// People by their public id, some hundreds of bytes each, and their one-repetition maxes.
#[derive(Debug, Default)]
pub struct People {
    people: Kept<Box<str>, Arc<Person>, 4096>,
    /// By the keys of account and lift.
    one_rep_maxes: Kept<(i64, i64), OneRepMax, 16384>,
}

/// What counts from `read` on until one is written.
#[derive(Debug, Clone, Copy)]
struct OneRepMax {
    value: Option<Thousandths>,
    read: Millis,
    since: Moment,
}

impl People {
    /// [`accounts::identify`].
    pub fn identify(&self, tx: &mut Tx<'_>, claim: &Claim) -> Result<Identity> {
        match tx.moment() {
            Some(now) => Person::identify(self.find(tx, claim.id(), now)?.as_deref(), claim),
            None => accounts::identify(tx, claim),
        }
    }

    /// [`accounts::identify_reader`].
    pub fn identify_reader(&self, tx: &mut Tx<'_>, claim: &Claim) -> Result<Reader> {
        let version = catalogue::look(tx)?;
        match version.zip(tx.moment()) {
            Some((version, now)) => {
                Person::identify_reader(self.find(tx, claim.id(), now)?.as_deref(), claim, version)
            }
            None => accounts::identify_reader(tx, claim),
        }
    }

    fn find(&self, tx: &mut Tx<'_>, id: &str, since: Moment) -> Result<Option<Arc<Person>>> {
        if let Some(kept) = self.people.get(id).filter(|kept| kept.is_unchanged(tx)) {
            return Ok(Some(kept));
        }
        let found = accounts::find_person(tx, id, since)?.map(Arc::new);
        if let Some(found) = &found {
            self.people.put(id.into(), Arc::clone(found));
        }
        Ok(found)
    }

    /// The one-repetition max that counts at `now`, in a transaction of the moment `since`.
    pub fn one_rep_max(
        &self,
        tx: &mut Tx<'_>,
        account: i64,
        lift_key: i64,
        now: Millis,
        since: Moment,
    ) -> Result<Option<Thousandths>> {
        if let Some(kept) = self.one_rep_maxes.get(&(account, lift_key))
            && kept.read <= now
            && tx.is_unchanged(Facet::OneRepMaxes(account), kept.since)
        {
            return Ok(kept.value);
        }
        let needed = [Needed { lift_id: String::new(), lift_key, max_type: MaxType::OneRm }];
        let value = lift_maxes::list_current_values(tx, account, &needed, now)?.into_iter().next().flatten();
        if !lift_maxes::is_one_to_come(tx, account, &needed, now)? {
            self.one_rep_maxes.put((account, lift_key), OneRepMax { value, read: now, since });
        }
        Ok(value)
    }
}
