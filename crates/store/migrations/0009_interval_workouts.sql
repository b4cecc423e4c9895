-- Exercises put together by the clock. A built-in one has no account and a slug, everybody else's the
-- reverse. content is JSON: form, figures and a copy of each exercise.
CREATE TABLE interval_workouts (
  id TEXT NOT NULL PRIMARY KEY,
  account_key INTEGER,
  slug TEXT,
  name TEXT NOT NULL,
  description TEXT,
  content TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT interval_workouts_account FOREIGN KEY (account_key) REFERENCES accounts (key)
);
CREATE UNIQUE INDEX interval_workouts_slug ON interval_workouts (slug);
CREATE INDEX interval_workouts_account_key ON interval_workouts (account_key, created_at, id);

-- What somebody did of a workout. History outlives workouts: no foreign key to them.
-- duration is in seconds, body_weight in grams, energy in calories (thousandths of a kilocalorie).
CREATE TABLE interval_sessions (
  id TEXT NOT NULL PRIMARY KEY,
  account_key INTEGER NOT NULL,
  workout_id TEXT NOT NULL,
  workout_name TEXT NOT NULL,
  form TEXT NOT NULL,
  phases INTEGER NOT NULL,
  phases_done INTEGER NOT NULL,
  phases_skipped INTEGER NOT NULL,
  duration INTEGER NOT NULL,
  perceived_effort INTEGER,
  body_weight INTEGER,
  energy INTEGER,
  done_at INTEGER NOT NULL,
  CONSTRAINT interval_sessions_account FOREIGN KEY (account_key) REFERENCES accounts (key)
);
CREATE INDEX interval_sessions_done_at ON interval_sessions (account_key, done_at, id);
CREATE INDEX interval_sessions_workout ON interval_sessions (account_key, workout_id, done_at, id);
