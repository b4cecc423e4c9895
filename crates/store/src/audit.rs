//! `audit_entries`, `audit_batches`: who changed what. Entries are only ever added; a job seals them into
//! batches whose digests form a chain.

use ferrum_domain::Result;
use ferrum_domain::time::Millis;

use crate::engine::{EngineKind, Tx};
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;

statements! {
    INSERT = "INSERT INTO audit_entries (at, actor_key, actor_id, proof, claimed_admin, surface, route, row_type, \
        row_id, fields, request_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    // Whoever waits for this lock holds up every write behind it.
    WAIT_LITTLE = "SET LOCAL lock_timeout = '1s'";
    HOLD_BACK = "LOCK TABLE audit_entries IN SHARE MODE";
    END = "SELECT MAX(seq) FROM audit_entries";
    LIST = "SELECT seq, at, actor_key, actor_id, proof, claimed_admin, surface, route, row_type, row_id, fields, \
        request_id FROM audit_entries WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3";
    LAST_BATCH = "SELECT number, sealed_at, last_seq, entries, digest FROM audit_batches \
        WHERE number = (SELECT MAX(number) FROM audit_batches)";
    LIST_BATCHES = "SELECT number, sealed_at, last_seq, entries, digest FROM audit_batches WHERE number > ?1 \
        ORDER BY number LIMIT ?2";
    INSERT_BATCH = "INSERT INTO audit_batches (number, sealed_at, last_seq, entries, digest) \
        VALUES (?1, ?2, ?3, ?4, ?5)";
}

/// A change, as it is written down.
#[derive(Debug)]
pub struct Entry<'a> {
    /// When.
    pub at: Millis,
    /// Internal key of who did it.
    pub actor_key: Option<i64>,
    /// Public id of who did it.
    pub actor_id: &'a str,
    /// `header`, `token`, `password` or `cli`; `none` of a login that failed.
    pub proof: &'a str,
    /// Whether the request claimed admin rights by a header.
    pub claimed_admin: bool,
    /// `powerpro`, ..., `cli`.
    pub surface: &'a str,
    /// Method and route template, or the command.
    pub route: &'a str,
    /// Table group of the changed row.
    pub row_type: &'a str,
    /// Id of the changed row.
    pub row_id: &'a str,
    /// Names of the changed fields, never their values.
    pub fields: &'a [&'a str],
    /// Id of the request.
    pub request_id: &'a str,
}

/// An entry as it was written down; what a batch's digest covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Greater than that of every entry written before it; not without gaps.
    pub seq: i64,
    /// When.
    pub at: Millis,
    /// Internal key of who did it.
    pub actor_key: Option<i64>,
    /// Public id of who did it.
    pub actor_id: String,
    /// `header`, `token`, `password` or `cli`; `none` of a login that failed.
    pub proof: String,
    /// Whether the request claimed admin rights by a header.
    pub claimed_admin: bool,
    /// `powerpro`, ..., `cli`.
    pub surface: String,
    /// Method and route template, or the command.
    pub route: String,
    /// Table group of the changed row.
    pub row_type: String,
    /// Id of the changed row.
    pub row_id: String,
    /// Names of the changed fields, joined by commas.
    pub fields: String,
    /// Id of the request.
    pub request_id: String,
}

/// A sealed batch of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// From 1, without gaps.
    pub number: i64,
    /// When it was sealed.
    pub sealed_at: Millis,
    /// `seq` of its last entry; its first is the next after that of the batch before.
    pub last_seq: i64,
    /// How many entries it has.
    pub entries: i64,
    /// Hex SHA-256 over the digest before it and its entries.
    pub digest: String,
}

/// Writes an entry down.
pub fn insert(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<()> {
    let fields = entry.fields.join(",");
    tx.execute(
        INSERT,
        values![
            entry.at,
            entry.actor_key,
            entry.actor_id,
            entry.proof,
            entry.claimed_admin,
            entry.surface,
            entry.route,
            entry.row_type,
            entry.row_id,
            &fields,
            entry.request_id
        ],
    )?;
    Ok(())
}

/// `seq` of the last entry, once no entry can appear before it any more. PostgreSQL numbers entries as they
/// are written and shows them when they are committed: there this waits for those on their way and, until
/// it is committed, holds back those to come; [`Error::Unavailable`] when that takes more than a second. SQLite
/// has one writer.
///
/// [`Error::Unavailable`]: ferrum_domain::Error::Unavailable
pub fn settled_end(tx: &mut Tx<'_>) -> Result<i64> {
    if tx.kind() == EngineKind::Postgres {
        tx.execute(WAIT_LITTLE, &[])?;
        tx.execute(HOLD_BACK, &[])?;
    }
    tx.query_one(END, &[], |row| row.get::<Option<i64>>(0)).map(|end| end.unwrap_or(i64::MIN))
}

/// The first `limit` entries up to `end`, after those of the batch `last`; from the beginning without one.
pub fn list_after(tx: &mut Tx<'_>, last: Option<&Batch>, end: i64, limit: i64) -> Result<Vec<Written>> {
    let after = last.map_or(i64::MIN, |last| last.last_seq);
    tx.query(LIST, values![after, end, limit], written)
}

/// The newest batch.
pub fn find_last_batch(tx: &mut Tx<'_>) -> Result<Option<Batch>> {
    tx.query_opt(LAST_BATCH, &[], batch)
}

/// Up to `limit` batches after the number `after`.
pub fn list_batches(tx: &mut Tx<'_>, after: i64, limit: i64) -> Result<Vec<Batch>> {
    tx.query(LIST_BATCHES, values![after, limit], batch)
}

/// Seals the entries after the newest batch up to the last one of `batch`.
pub fn insert_batch(tx: &mut Tx<'_>, batch: &Batch) -> Result<()> {
    let values = values![batch.number, batch.sealed_at, batch.last_seq, batch.entries, &batch.digest];
    tx.execute(INSERT_BATCH, values).map(drop)
}

fn written(row: &Row<'_>) -> Result<Written> {
    Ok(Written {
        seq: row.get(0)?,
        at: Millis(row.get(1)?),
        actor_key: row.get(2)?,
        actor_id: row.get(3)?,
        proof: row.get(4)?,
        claimed_admin: row.get(5)?,
        surface: row.get(6)?,
        route: row.get(7)?,
        row_type: row.get(8)?,
        row_id: row.get(9)?,
        fields: row.get(10)?,
        request_id: row.get(11)?,
    })
}

fn batch(row: &Row<'_>) -> Result<Batch> {
    Ok(Batch {
        number: row.get(0)?,
        sealed_at: Millis(row.get(1)?),
        last_seq: row.get(2)?,
        entries: row.get(3)?,
        digest: row.get(4)?,
    })
}
