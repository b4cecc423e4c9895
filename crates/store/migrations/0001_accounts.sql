-- One account per person, with the addresses that the surfaces know it by.
CREATE TABLE accounts (
  key INTEGER NOT NULL PRIMARY KEY,
  id TEXT NOT NULL,
  number INTEGER NOT NULL,
  object_id TEXT NOT NULL,
  email TEXT,
  email_folded TEXT,
  password_hash TEXT,
  name TEXT,
  role TEXT NOT NULL,
  status TEXT NOT NULL,
  credential_version INTEGER NOT NULL,
  weight_unit TEXT NOT NULL,
  time_zone TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX accounts_id ON accounts (id);
CREATE UNIQUE INDEX accounts_number ON accounts (number);
CREATE UNIQUE INDEX accounts_object_id ON accounts (object_id);
CREATE UNIQUE INDEX accounts_email ON accounts (email_folded);
