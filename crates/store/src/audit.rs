//! `audit_unsealed`, `audit_entries`, `audit_batches`: who changed what. Entries are only ever added; a
//! job seals them into batches whose digests form a chain.

use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result};

use crate::engine::Tx;
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;

statements! {
    INSERT = "INSERT INTO audit_unsealed (id, at, actor_key, actor_id, proof, claimed_admin, surface, route, \
        row_type, row_id, fields, request_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    LIST_UNSEALED = "SELECT id, at, actor_key, actor_id, proof, claimed_admin, surface, route, row_type, row_id, \
        fields, request_id FROM audit_unsealed ORDER BY seq LIMIT ?1";
    LAST_OF = "SELECT MAX(seq) FROM (SELECT seq FROM audit_unsealed ORDER BY seq LIMIT ?1) first";
    LIST_BATCH = "SELECT id, at, actor_key, actor_id, proof, claimed_admin, surface, route, row_type, row_id, \
        fields, request_id FROM audit_entries WHERE batch = ?1 ORDER BY id";
    SEAL = "INSERT INTO audit_entries (batch, id, at, actor_key, actor_id, proof, claimed_admin, surface, route, \
        row_type, row_id, fields, request_id) \
        SELECT ?1, id, at, actor_key, actor_id, proof, claimed_admin, surface, route, \
        row_type, row_id, fields, request_id FROM audit_unsealed WHERE seq <= ?2";
    DELETE_SEALED = "DELETE FROM audit_unsealed WHERE seq <= ?1";
    LAST_BATCH = "SELECT number, sealed_at, entries, digest FROM audit_batches \
        WHERE number = (SELECT MAX(number) FROM audit_batches)";
    LIST_BATCHES = "SELECT number, sealed_at, entries, digest FROM audit_batches WHERE number > ?1 \
        ORDER BY number LIMIT ?2";
    INSERT_BATCH = "INSERT INTO audit_batches (number, sealed_at, entries, digest) VALUES (?1, ?2, ?3, ?4)";
}

/// A change, as it is written down.
#[derive(Debug)]
pub struct Entry<'a> {
    /// UUIDv7.
    pub id: &'a str,
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
    /// UUIDv7.
    pub id: String,
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
            entry.id,
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

/// The first `limit` entries to be written that no batch holds yet, by id.
pub fn list_unsealed(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Written>> {
    let mut entries = tx.query(LIST_UNSEALED, values![limit], written)?;
    entries.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(entries)
}

/// The entries of a batch.
pub fn list_batch(tx: &mut Tx<'_>, number: i64) -> Result<Vec<Written>> {
    tx.query(LIST_BATCH, values![number], written)
}

/// The newest batch.
pub fn find_last_batch(tx: &mut Tx<'_>) -> Result<Option<Batch>> {
    tx.query_opt(LAST_BATCH, &[], batch)
}

/// Up to `limit` batches after the number `after`.
pub fn list_batches(tx: &mut Tx<'_>, after: i64, limit: i64) -> Result<Vec<Batch>> {
    tx.query(LIST_BATCHES, values![after, limit], batch)
}

/// Seals the first of the entries that no batch holds yet, as many as `batch` has.
pub fn insert_batch(tx: &mut Tx<'_>, batch: &Batch) -> Result<()> {
    tx.execute(INSERT_BATCH, values![batch.number, batch.sealed_at, batch.entries, &batch.digest])?;
    let last: Option<i64> = tx.query_one(LAST_OF, values![batch.entries], |row| row.get(0))?;
    let sealed = tx.execute(SEAL, values![batch.number, last])?;
    if i64::try_from(sealed) != Ok(batch.entries) {
        return Err(Error::internal("an audit entry was sealed twice"));
    }
    tx.execute(DELETE_SEALED, values![last]).map(drop)
}

fn written(row: &Row<'_>) -> Result<Written> {
    Ok(Written {
        id: row.get(0)?,
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
        entries: row.get(2)?,
        digest: row.get(3)?,
    })
}
