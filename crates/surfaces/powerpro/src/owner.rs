//! The account that a path's `userId` names.

use ferrum_app::App;
use ferrum_domain::access::Identity;
use ferrum_domain::{Error, Result, ids};
use ferrum_store::{Tx, accounts};

/// Its internal key, for a row that it will own; an id that nobody has used yet becomes an account.
pub(crate) fn account(tx: &mut Tx<'_>, app: &App, me: &Identity, id: &str) -> Result<i64> {
    if let (Some(account), true) = (me.account, me.id == id) {
        return Ok(account);
    }
    if !ids::is_account_id(id) {
        return Err(Error::NotFound);
    }
    accounts::ensure(tx, id, &accounts::Birth { now: app.clock.now(), object_id: app.ids.object_id() })
}

/// Its internal key, if anybody has used the id.
pub(crate) fn known_account(tx: &mut Tx<'_>, me: &Identity, id: &str) -> Result<Option<i64>> {
    if me.id == id { Ok(me.account) } else { Ok(accounts::find(tx, id)?.map(|account| account.key)) }
}
