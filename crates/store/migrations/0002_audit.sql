-- Who changed what. Every change pays for its entry here, so there is no index: it is appended.
CREATE TABLE audit_unsealed (
  seq INTEGER PRIMARY KEY,
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
  request_id TEXT NOT NULL
);

-- Where an entry stands once a batch seals it, never to be changed.
CREATE TABLE audit_entries (
  batch INTEGER NOT NULL,
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
  PRIMARY KEY (batch, id)
);

CREATE TABLE audit_batches (
  number INTEGER NOT NULL PRIMARY KEY,
  sealed_at INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  digest TEXT NOT NULL
);
