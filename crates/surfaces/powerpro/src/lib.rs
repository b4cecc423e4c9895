//! `PowerPro`: strength programs, as its document says.
