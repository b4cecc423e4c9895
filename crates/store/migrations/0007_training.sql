CREATE TABLE progressions (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  parameters TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);
CREATE INDEX progressions_name ON progressions (name, id);
CREATE INDEX progressions_created_at ON progressions (created_at, id);
CREATE INDEX progressions_type ON progressions (type, name, id);

CREATE TABLE program_progressions (
  id TEXT NOT NULL PRIMARY KEY,
  program_id TEXT NOT NULL,
  progression_id TEXT NOT NULL,
  lift_id TEXT,
  priority INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT program_progressions_program FOREIGN KEY (program_id) REFERENCES programs (id) ON DELETE CASCADE,
  CONSTRAINT program_progressions_progression FOREIGN KEY (progression_id) REFERENCES progressions (id),
  CONSTRAINT program_progressions_lift FOREIGN KEY (lift_id) REFERENCES lifts (id)
);
CREATE UNIQUE INDEX program_progressions_triple
  ON program_progressions (program_id, progression_id, COALESCE(lift_id, ''));
CREATE INDEX program_progressions_priority ON program_progressions (program_id, priority, created_at, id);
CREATE INDEX program_progressions_progression_id ON program_progressions (progression_id);
CREATE INDEX program_progressions_lift_id ON program_progressions (lift_id);

-- One per account, which finds its row without an index.
CREATE TABLE enrollments (
  account_key INTEGER NOT NULL PRIMARY KEY,
  id TEXT NOT NULL,
  program_id TEXT NOT NULL,
  week INTEGER NOT NULL,
  iteration INTEGER NOT NULL,
  day_index INTEGER NOT NULL,
  enrolled_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT enrollments_account FOREIGN KEY (account_key) REFERENCES accounts (key),
  CONSTRAINT enrollments_program FOREIGN KEY (program_id) REFERENCES programs (id)
);
CREATE UNIQUE INDEX enrollments_id ON enrollments (id);
CREATE INDEX enrollments_program_id ON enrollments (program_id);

-- Which lifts were trained in a week, as it was trained: the program may have changed since.
CREATE TABLE trained_lifts (
  enrollment_id TEXT NOT NULL,
  iteration INTEGER NOT NULL,
  week INTEGER NOT NULL,
  lift_id TEXT NOT NULL,
  CONSTRAINT trained_lifts_enrollment FOREIGN KEY (enrollment_id) REFERENCES enrollments (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX trained_lifts_lift ON trained_lifts (enrollment_id, iteration, week, lift_id);

-- What a progression has been applied for, once each; week and session are 0 where they do not count.
CREATE TABLE served_periods (
  enrollment_id TEXT NOT NULL,
  event TEXT NOT NULL,
  iteration INTEGER NOT NULL,
  week INTEGER NOT NULL,
  session INTEGER NOT NULL,
  lift_id TEXT NOT NULL,
  progression_id TEXT NOT NULL,
  CONSTRAINT served_periods_enrollment FOREIGN KEY (enrollment_id) REFERENCES enrollments (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX served_periods_period
  ON served_periods (enrollment_id, event, iteration, week, session, lift_id, progression_id);

-- History outlives lifts and progressions: no foreign keys to them.
CREATE TABLE progression_history (
  id TEXT NOT NULL PRIMARY KEY,
  account_key INTEGER NOT NULL,
  lift_id TEXT NOT NULL,
  progression_id TEXT NOT NULL,
  max_type TEXT NOT NULL,
  previous_value INTEGER NOT NULL,
  new_value INTEGER NOT NULL,
  unit TEXT NOT NULL,
  triggered_by TEXT NOT NULL,
  iteration INTEGER NOT NULL,
  week INTEGER NOT NULL,
  applied_at INTEGER NOT NULL,
  CONSTRAINT progression_history_account FOREIGN KEY (account_key) REFERENCES accounts (key)
);
CREATE INDEX progression_history_applied_at ON progression_history (account_key, applied_at, id);
