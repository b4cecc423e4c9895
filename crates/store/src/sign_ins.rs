//! `failed_logins`, `told_failed_logins` and `login_addresses`: what slows down whoever guesses passwords.
//!
//! People and addresses are keyed hashes here, which the caller makes.

use ferrum_domain::Result;
use ferrum_domain::time::Millis;

use crate::engine::Tx;
use crate::statements::statements;
use crate::values::values;

statements! {
    FIND_FAILED = "SELECT failed, ends_at FROM failed_logins WHERE who = ?1";
    PUT_FAILED = "INSERT INTO failed_logins (who, failed, ends_at) VALUES (?1, ?2, ?3) \
        ON CONFLICT (who) DO UPDATE SET failed = excluded.failed, ends_at = excluded.ends_at";
    GIVE_BACK = "UPDATE failed_logins SET failed = failed - 1 WHERE who = ?1 AND ends_at = ?2 AND failed > 0";
    TELL = "INSERT INTO told_failed_logins (who, address, told_at) VALUES (?1, ?2, ?3) \
        ON CONFLICT (who, address) DO UPDATE SET told_at = excluded.told_at \
        WHERE told_failed_logins.told_at <= ?4 OR told_failed_logins.told_at > ?3";
    FIND_ADDRESS = "SELECT last_at FROM login_addresses WHERE account_key = ?1 AND address = ?2 AND last_at > ?3";
    PUT_ADDRESS = "INSERT INTO login_addresses (account_key, address, last_at) VALUES (?1, ?2, ?3) \
        ON CONFLICT (account_key, address) DO UPDATE SET last_at = excluded.last_at";
    DELETE_FAILED = "DELETE FROM failed_logins WHERE who IN \
        (SELECT who FROM failed_logins WHERE ends_at <= ?1 ORDER BY ends_at LIMIT ?2)";
    DELETE_TOLD = "DELETE FROM told_failed_logins WHERE (who, address) IN \
        (SELECT who, address FROM told_failed_logins WHERE told_at <= ?1 ORDER BY told_at LIMIT ?2)";
    DELETE_ADDRESSES = "DELETE FROM login_addresses WHERE (account_key, address) IN \
        (SELECT account_key, address FROM login_addresses WHERE last_at <= ?1 ORDER BY last_at LIMIT ?2)";
}

/// How long an address is remembered after a login from it, in milliseconds.
pub const ADDRESS_KEPT_FOR: i64 = 30 * 24 * 60 * 60 * 1000;

/// How long the audit hears nothing more of the same person's failures from the same address, in
/// milliseconds.
pub const QUIET_FOR: i64 = 60 * 1000;

/// What came of an attempt to log in, before the password is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It counts as failed until it is given back.
    Slot {
        /// End of its window.
        ends: Millis,
    },
    /// There were too many.
    Full {
        /// When the next ones are free.
        ends: Millis,
    },
}

/// Counts an attempt of `who`, of which `most` may fail in a window of `window` milliseconds that begins
/// with the first.
pub fn take(tx: &mut Tx<'_>, who: &[u8], most: i64, window: i64, now: Millis) -> Result<Taken> {
    let found =
        tx.query_opt(FIND_FAILED, values![who], |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?)))?;
    // A clock that is set back must not shut anybody out for as long as it went back.
    let open = found.filter(|(_, ends)| (now.0 + 1..=now.0 + 2 * window).contains(ends));
    let (failed, ends) = open.unwrap_or((0, now.0 + window));
    if failed >= most {
        return Ok(Taken::Full { ends: Millis(ends) });
    }
    tx.execute(PUT_FAILED, values![who, failed + 1, ends])?;
    Ok(Taken::Slot { ends: Millis(ends) })
}

/// Gives back the slot of an attempt that did not fail; nothing changes when its window is over.
pub fn give_back(tx: &mut Tx<'_>, who: &[u8], ends: Millis) -> Result<()> {
    tx.execute(GIVE_BACK, values![who, ends])?;
    Ok(())
}

/// Whether the audit is to be told that `who` failed to log in from `address`: not again within a minute.
pub fn tell(tx: &mut Tx<'_>, who: &[u8], address: &[u8], now: Millis) -> Result<bool> {
    Ok(tx.execute(TELL, values![who, address, now, now.0 - QUIET_FOR])? > 0)
}

/// Whether an account has logged in from `address` within the last 30 days.
pub fn is_known_address(tx: &mut Tx<'_>, account: i64, address: &[u8], now: Millis) -> Result<bool> {
    let found =
        tx.query_opt(FIND_ADDRESS, values![account, address, now.0 - ADDRESS_KEPT_FOR], |_| Ok(()))?;
    Ok(found.is_some())
}

/// Remembers that an account has logged in from `address`.
pub fn remember_address(tx: &mut Tx<'_>, account: i64, address: &[u8], now: Millis) -> Result<()> {
    tx.execute(PUT_ADDRESS, values![account, address, now])?;
    Ok(())
}

/// Forgets up to `limit` windows that are over; says how many.
pub fn delete_failed(tx: &mut Tx<'_>, now: Millis, limit: i64) -> Result<u64> {
    tx.execute(DELETE_FAILED, values![now, limit])
}

/// Forgets up to `limit` failures of which the audit may be told again; says how many.
pub fn delete_told(tx: &mut Tx<'_>, now: Millis, limit: i64) -> Result<u64> {
    tx.execute(DELETE_TOLD, values![now.0 - QUIET_FOR, limit])
}

/// Forgets up to `limit` addresses that are not known any more; says how many.
pub fn delete_addresses(tx: &mut Tx<'_>, now: Millis, limit: i64) -> Result<u64> {
    tx.execute(DELETE_ADDRESSES, values![now.0 - ADDRESS_KEPT_FOR, limit])
}
