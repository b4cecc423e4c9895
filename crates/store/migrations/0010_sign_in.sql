-- How often somebody has failed to log in since their window began, wherever from. who is a keyed hash of
-- the folded e-mail: one without an account counts like one with.
CREATE TABLE failed_logins (
  who BLOB NOT NULL PRIMARY KEY,
  failed INTEGER NOT NULL,
  ends_at INTEGER NOT NULL
);
CREATE INDEX failed_logins_ends_at ON failed_logins (ends_at);

-- When the audit was last told that somebody failed to log in from an address (a keyed hash too).
CREATE TABLE told_failed_logins (
  who BLOB NOT NULL,
  address BLOB NOT NULL,
  told_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX told_failed_logins_who ON told_failed_logins (who, address);
CREATE INDEX told_failed_logins_told_at ON told_failed_logins (told_at);

-- From which addresses an account has logged in, and when last.
CREATE TABLE login_addresses (
  account_key INTEGER NOT NULL,
  address BLOB NOT NULL,
  last_at INTEGER NOT NULL,
  CONSTRAINT login_addresses_account FOREIGN KEY (account_key) REFERENCES accounts (key)
);
CREATE UNIQUE INDEX login_addresses_address ON login_addresses (account_key, address);
CREATE INDEX login_addresses_last_at ON login_addresses (last_at);
