//! The lift of a max that is to be entered: asked at every max recorded, mostly from memory.

use ferrum_domain::Result;
use ferrum_domain::time::Millis;
use ferrum_store::lift_maxes::{self, MaxLift};
use ferrum_store::{Facet, Moment, Tx, lifts};

use crate::App;

/// The lift with this id, and what the account `one_rm_of` can lift once at `now`, if that is asked for.
pub fn find_max_lift(
    app: &App,
    tx: &mut Tx<'_>,
    lift_id: &str,
    one_rm_of: Option<i64>,
    now: Millis,
) -> Result<Option<MaxLift>> {
    let Some(since) = tx.moment() else {
        return lift_maxes::find_lift(tx, lift_id, one_rm_of, now);
    };
    let Some(key) = find_key(app, tx, lift_id, since)? else { return Ok(None) };
    let one_rm = match one_rm_of {
        Some(account) => app.people.one_rep_max(tx, account, key, now, since)?,
        None => None,
    };
    Ok(Some(MaxLift { key, one_rm }))
}

fn find_key(app: &App, tx: &mut Tx<'_>, lift_id: &str, since: Moment) -> Result<Option<i64>> {
    let keys = &app.catalogue.lift_keys;
    if let Some((key, since)) = keys.get(lift_id)
        && tx.is_unchanged(Facet::Catalogue, since)
    {
        return Ok(Some(key));
    }
    let key = lifts::find_key(tx, lift_id)?;
    if let Some(key) = key {
        keys.put(lift_id.into(), (key, since));
    }
    Ok(key)
}
