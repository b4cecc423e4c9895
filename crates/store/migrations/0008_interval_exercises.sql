-- The movement library: facts of exercises, whoever does them with what. Muscles are JSON lists of names.
CREATE TABLE movements (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  category TEXT NOT NULL,
  force TEXT,
  mechanic TEXT,
  level TEXT NOT NULL,
  equipment TEXT,
  primary_muscles TEXT NOT NULL,
  secondary_muscles TEXT NOT NULL,
  pattern TEXT NOT NULL
);

-- What is done by the clock. A built-in one has no account and a slug, everybody else's the reverse.
-- duration is in thousandths of a second.
CREATE TABLE interval_exercises (
  id TEXT NOT NULL PRIMARY KEY,
  account_key INTEGER,
  slug TEXT,
  movement_id TEXT,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  difficulty TEXT NOT NULL,
  muscle_group TEXT NOT NULL,
  equipment TEXT NOT NULL,
  duration INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT interval_exercises_account FOREIGN KEY (account_key) REFERENCES accounts (key),
  CONSTRAINT interval_exercises_movement FOREIGN KEY (movement_id) REFERENCES movements (id)
);
CREATE UNIQUE INDEX interval_exercises_slug ON interval_exercises (slug);
CREATE INDEX interval_exercises_account ON interval_exercises (account_key, created_at, id);
CREATE INDEX interval_exercises_movement_id ON interval_exercises (movement_id);
