//! The plumbing that surfaces share; no routes.
