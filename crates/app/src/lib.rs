//! What the product does, without HTTP: configuration, clock, ids, units of work, background jobs.
