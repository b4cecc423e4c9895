-- Who changed what, in the order of writing: entries are only ever added. Every change pays for its entry here, so there is
-- no index.
CREATE TABLE audit_entries (
  seq INTEGER PRIMARY KEY,
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
  request_id TEXT NOT NULL
);

-- A batch seals the entries after the last one of the batch before it, up to its own last one.
CREATE TABLE audit_batches (
  number INTEGER NOT NULL PRIMARY KEY,
  sealed_at INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  digest TEXT NOT NULL
);
