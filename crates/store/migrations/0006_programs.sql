-- load_strategy, set_scheme, metadata and entries are JSON as the document shows it.
CREATE TABLE cycles (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  length_weeks INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);
CREATE INDEX cycles_name ON cycles (name, id);
CREATE INDEX cycles_created_at ON cycles (created_at, id);

CREATE TABLE weekly_lookups (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  entries TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);
CREATE INDEX weekly_lookups_name ON weekly_lookups (name, id);
CREATE INDEX weekly_lookups_created_at ON weekly_lookups (created_at, id);

CREATE TABLE daily_lookups (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  entries TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);
CREATE INDEX daily_lookups_name ON daily_lookups (name, id);
CREATE INDEX daily_lookups_created_at ON daily_lookups (created_at, id);

CREATE TABLE programs (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  slug TEXT NOT NULL,
  description TEXT,
  cycle_id TEXT NOT NULL,
  weekly_lookup_id TEXT,
  daily_lookup_id TEXT,
  default_rounding INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT programs_cycle FOREIGN KEY (cycle_id) REFERENCES cycles (id),
  CONSTRAINT programs_weekly_lookup FOREIGN KEY (weekly_lookup_id) REFERENCES weekly_lookups (id),
  CONSTRAINT programs_daily_lookup FOREIGN KEY (daily_lookup_id) REFERENCES daily_lookups (id)
);
CREATE UNIQUE INDEX programs_slug ON programs (slug);
CREATE INDEX programs_name ON programs (name, id);
CREATE INDEX programs_created_at ON programs (created_at, id);
CREATE INDEX programs_cycle_id ON programs (cycle_id);
CREATE INDEX programs_weekly_lookup_id ON programs (weekly_lookup_id);
CREATE INDEX programs_daily_lookup_id ON programs (daily_lookup_id);

-- of_lift_id repeats a member of load_strategy so that the lift it names cannot go away.
CREATE TABLE prescriptions (
  id TEXT NOT NULL PRIMARY KEY,
  lift_id TEXT NOT NULL,
  of_lift_id TEXT,
  load_strategy TEXT NOT NULL,
  set_scheme TEXT NOT NULL,
  position INTEGER NOT NULL,
  notes TEXT,
  rest_seconds INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT prescriptions_lift FOREIGN KEY (lift_id) REFERENCES lifts (id),
  CONSTRAINT prescriptions_of_lift FOREIGN KEY (of_lift_id) REFERENCES lifts (id)
);
CREATE INDEX prescriptions_position ON prescriptions (position, id);
CREATE INDEX prescriptions_created_at ON prescriptions (created_at, id);
CREATE INDEX prescriptions_lift_id ON prescriptions (lift_id, position, id);
CREATE INDEX prescriptions_of_lift_id ON prescriptions (of_lift_id);

CREATE TABLE days (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  slug TEXT NOT NULL,
  metadata TEXT,
  program_id TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT days_program FOREIGN KEY (program_id) REFERENCES programs (id)
);
CREATE UNIQUE INDEX days_slug ON days (COALESCE(program_id, ''), slug);
CREATE INDEX days_by_slug ON days (slug, created_at, id);
CREATE INDEX days_name ON days (name, id);
CREATE INDEX days_created_at ON days (created_at, id);
CREATE INDEX days_program_id ON days (program_id, name, id);

CREATE TABLE day_prescriptions (
  id TEXT NOT NULL PRIMARY KEY,
  day_id TEXT NOT NULL,
  prescription_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  CONSTRAINT day_prescriptions_day FOREIGN KEY (day_id) REFERENCES days (id) ON DELETE CASCADE,
  CONSTRAINT day_prescriptions_prescription FOREIGN KEY (prescription_id) REFERENCES prescriptions (id)
);
CREATE UNIQUE INDEX day_prescriptions_pair ON day_prescriptions (day_id, prescription_id);
CREATE INDEX day_prescriptions_position ON day_prescriptions (day_id, position, id);
CREATE INDEX day_prescriptions_prescription_id ON day_prescriptions (prescription_id);

CREATE TABLE weeks (
  id TEXT NOT NULL PRIMARY KEY,
  cycle_id TEXT NOT NULL,
  week_number INTEGER NOT NULL,
  name TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT weeks_cycle FOREIGN KEY (cycle_id) REFERENCES cycles (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX weeks_number ON weeks (cycle_id, week_number);
CREATE INDEX weeks_week_number ON weeks (week_number, id);
CREATE INDEX weeks_created_at ON weeks (created_at, id);

-- A day may stand several times in a week; the id, made in order of time, breaks ties of position.
CREATE TABLE week_days (
  id TEXT NOT NULL PRIMARY KEY,
  week_id TEXT NOT NULL,
  day_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  CONSTRAINT week_days_week FOREIGN KEY (week_id) REFERENCES weeks (id) ON DELETE CASCADE,
  CONSTRAINT week_days_day FOREIGN KEY (day_id) REFERENCES days (id)
);
CREATE INDEX week_days_position ON week_days (week_id, position, id);
CREATE INDEX week_days_day_id ON week_days (day_id);
