-- Who changed what, appended to and never changed, but for the batch that seals an entry.
CREATE TABLE audit_entries (
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor_key INTEGER,
  actor_id TEXT NOT NULL,
  proof TEXT NOT NULL,
  claimed_admin INTEGER NOT NULL,
  surface TEXT NOT NULL,
  route TEXT NOT NULL,
  row_type TEXT NOT NULL,
  row_id TEXT NOT NULL,
  fields TEXT NOT NULL,
  request_id TEXT NOT NULL,
  batch INTEGER
);
-- The only index, since every change pays for it. What is not sealed yet stands under NULL, at its end.
CREATE UNIQUE INDEX audit_entries_batch ON audit_entries (batch DESC, id);

CREATE TABLE audit_batches (
  number INTEGER NOT NULL PRIMARY KEY,
  sealed_at INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  digest TEXT NOT NULL
);
