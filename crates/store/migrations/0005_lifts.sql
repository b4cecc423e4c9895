-- The catalogue's version rises with every write to it; what is computed from it is kept by version. writer rises whenever
-- another process writes to an embedded database than the one before.
CREATE TABLE catalogue_version (
  one INTEGER NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL,
  writer INTEGER NOT NULL
);
INSERT INTO catalogue_version (one, version, writer) VALUES (1, 1, 0);

-- What of the built-in catalogue has been loaded, so that an admin's later edit or removal stands.
CREATE TABLE catalogue_loads (
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  loaded_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX catalogue_loads_name ON catalogue_loads (kind, name);

-- key is for maxes, of which there are many.
CREATE TABLE lifts (
  id TEXT NOT NULL PRIMARY KEY,
  key INTEGER NOT NULL,
  name TEXT NOT NULL,
  slug TEXT NOT NULL,
  is_competition INTEGER NOT NULL,
  parent_id TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT lifts_parent FOREIGN KEY (parent_id) REFERENCES lifts (id)
);
CREATE UNIQUE INDEX lifts_key ON lifts (key);
CREATE UNIQUE INDEX lifts_slug ON lifts (slug);
CREATE INDEX lifts_name ON lifts (name, id);
CREATE INDEX lifts_created_at ON lifts (created_at, id);
CREATE INDEX lifts_competition ON lifts (is_competition, name, id);
CREATE INDEX lifts_parent_id ON lifts (parent_id);

-- value is in thousandths of the unit beside it; written tells the order of writing where the times are equal;
-- max_type is 1RM or TM.
CREATE TABLE lift_maxes (
  id TEXT NOT NULL PRIMARY KEY,
  account_key INTEGER NOT NULL,
  lift_key INTEGER NOT NULL,
  max_type TEXT NOT NULL,
  value INTEGER NOT NULL,
  unit TEXT NOT NULL,
  effective_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  written INTEGER NOT NULL,
  CONSTRAINT lift_maxes_account FOREIGN KEY (account_key) REFERENCES accounts (key),
  CONSTRAINT lift_maxes_lift FOREIGN KEY (lift_key) REFERENCES lifts (key)
);
-- Narrow, since every max recorded goes to another page of it; it also serves the list of a lifter's maxes.
-- The only index, since every max recorded pays for it: a lift that is removed, which is seldom, reads the table.
CREATE INDEX lift_maxes_current ON lift_maxes (account_key, lift_key, max_type, effective_at, written, value);
