//! Seals audit entries into batches whose digests form a chain: whoever changes, adds or removes a
//! sealed entry would have to recompute every digest after it, and the digests also stand in the log. Whoever
//! has noted one of those can tell even that.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use ferrum_domain::Result;
use ferrum_domain::time::Millis;
use ferrum_store::Tx;
use ferrum_store::audit::{self, Batch, Written};
use sha2::{Digest, Sha256};

use crate::App;

pub(super) const KIND: &str = "audit.seal";

/// Entries of a batch at most, since they are all in memory at once.
const LARGEST: i64 = 500;

/// Digest before the first batch.
const ORIGIN: &str = "";

/// How the audit is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// The chain is broken.
    Broken {
        /// Number of the first batch that does not fit.
        batch: i64,
        /// What does not fit.
        reason: &'static str,
    },
    /// No batch of the chain has the digest that was noted.
    Replaced,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { batch, reason } => write!(f, "audit batch {batch}: {reason}"),
            Self::Replaced => f.write_str("no batch of the audit has the digest"),
        }
    }
}

/// Seals everything that is not sealed yet. What is sealed is read and digested apart from
/// the writing, so that no other write waits for it.
pub(super) async fn seal(app: &Arc<App>) -> Result<()> {
    let end = app.db.write(audit::settled_end).await?;
    loop {
        let now = app.clock.now();
        let next = app.db.report(move |tx| next_batch(tx, end, now));
        let Some(batch) = next.await? else { return Ok(()) };
        let sealed = batch.clone();
        app.db.write(move |tx| audit::insert_batch(tx, &sealed)).await?;
        tracing::info!(batch = batch.number, entries = batch.entries, digest = batch.digest, "audit sealed");
    }
}

fn next_batch(tx: &mut Tx<'_>, end: i64, now: Millis) -> Result<Option<Batch>> {
    let before = audit::find_last_batch(tx)?;
    let entries = audit::list_after(tx, before.as_ref(), end, LARGEST)?;
    let Some(last) = entries.last() else { return Ok(None) };
    let mut batch = Batch {
        number: before.as_ref().map_or(1, |before| before.number + 1),
        sealed_at: now,
        last_seq: last.seq,
        entries: i64::try_from(entries.len()).unwrap_or(LARGEST),
        digest: String::new(),
    };
    batch.digest = digest(digest_of(before.as_ref()), &batch, &entries);
    Ok(Some(batch))
}

/// Recomputes the chain from its beginning; `Ok(Err(..))` says where it is broken, `Ok(Ok(last))` that all
/// batches up to `last` stand. That shows neither that the chain was cut off nor that all of it was computed
/// anew: then no batch has a digest in lower-case hex that was `noted` before, if there was one.
pub async fn verify(
    app: &Arc<App>,
    noted: Option<&str>,
) -> Result<std::result::Result<Option<Batch>, Damage>> {
    let mut last: Option<Batch> = None;
    let mut stands = noted.is_none();
    loop {
        let before = last.clone();
        let checked = app.db.read(move |tx| check_next(tx, before.as_ref())).await?;
        match checked {
            Ok(Some(next)) => {
                stands |= noted == Some(next.digest.as_str());
                last = Some(next);
            }
            Ok(None) => return Ok(if stands { Ok(last) } else { Err(Damage::Replaced) }),
            Err(damage) => return Ok(Err(damage)),
        }
    }
}

/// The batch after `before`, once its digest has been recomputed.
fn check_next(tx: &mut Tx<'_>, before: Option<&Batch>) -> Result<std::result::Result<Option<Batch>, Damage>> {
    let number = before.map_or(0, |before| before.number);
    let Some(batch) = audit::list_batches(tx, number, 1)?.pop() else { return Ok(Ok(None)) };
    let damage = |reason| Ok(Err(Damage::Broken { batch: number + 1, reason }));
    if batch.number != number + 1 {
        return damage("the batch is missing");
    }
    // One more than it says, in case there are more.
    let entries = audit::list_after(tx, before, batch.last_seq, batch.entries.saturating_add(1))?;
    if usize::try_from(batch.entries) != Ok(entries.len()) {
        return damage("an entry has been added or removed");
    }
    if digest(digest_of(before), &batch, &entries) != batch.digest {
        return damage("an entry, or the batch itself, has been changed");
    }
    Ok(Ok(Some(batch)))
}

fn digest_of(batch: Option<&Batch>) -> &str {
    batch.map_or(ORIGIN, |batch| &batch.digest)
}

/// Hex SHA-256 of the digest before, the batch's numbers and time, and its entries in order of writing;
/// each text is preceded by its length, so that no two different contents read the same.
fn digest(before: &str, batch: &Batch, entries: &[Written]) -> String {
    let mut hash = Sha256::new();
    text(&mut hash, before);
    for number in [batch.number, batch.sealed_at.0, batch.last_seq, batch.entries] {
        hash.update(number.to_be_bytes());
    }
    for entry in entries {
        hash.update(entry.seq.to_be_bytes());
        hash.update(entry.at.0.to_be_bytes());
        hash.update([u8::from(entry.claimed_admin), u8::from(entry.actor_key.is_some())]);
        hash.update(entry.actor_key.unwrap_or_default().to_be_bytes());
        let texts = [
            &entry.actor_id,
            &entry.proof,
            &entry.surface,
            &entry.route,
            &entry.row_type,
            &entry.row_id,
            &entry.fields,
            &entry.request_id,
        ];
        for part in texts {
            text(&mut hash, part);
        }
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(row_id: &str) -> Written {
        Written {
            seq: 1,
            at: Millis(5),
            actor_key: Some(0),
            actor_id: "anna".to_owned(),
            proof: "token".to_owned(),
            claimed_admin: false,
            surface: "powerpro".to_owned(),
            route: "POST /lifts".to_owned(),
            row_type: "lifts".to_owned(),
            row_id: row_id.to_owned(),
            fields: "name,slug".to_owned(),
            request_id: "r".to_owned(),
        }
    }

    #[test]
    fn a_digest_covers_everything_and_its_order() {
        let batch = Batch { number: 1, sealed_at: Millis(9), last_seq: 2, entries: 2, digest: String::new() };
        let entries = [entry("1"), entry("2")];
        let all = digest("", &batch, &entries);
        assert_eq!(all.len(), 64);
        assert_eq!(all, digest("", &batch, &entries));
        assert_ne!(all, digest("x", &batch, &entries));
        assert_ne!(all, digest("", &Batch { sealed_at: Millis(8), ..batch.clone() }, &entries));
        assert_ne!(all, digest("", &Batch { last_seq: 3, ..batch.clone() }, &entries));
        assert_ne!(all, digest("", &batch, &[entry("2"), entry("1")]));
        let changes: [fn(&mut Written); 9] = [
            |e| e.seq = 2,
            |e| e.at = Millis(6),
            |e| e.actor_key = Some(1),
            |e| e.actor_key = None,
            |e| e.claimed_admin = true,
            |e| e.actor_id = "bert".to_owned(),
            |e| e.fields = "name".to_owned(),
            |e| e.request_id.clear(),
            // The same letters, divided otherwise.
            |e| (e.row_type, e.row_id) = ("lift".to_owned(), "s2".to_owned()),
        ];
        for change in changes {
            let mut others = entries.clone();
            change(&mut others[1]);
            assert_ne!(all, digest("", &batch, &others));
        }
    }
}
