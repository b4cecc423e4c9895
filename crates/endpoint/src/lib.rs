//! The HTTP plumbing that surfaces share; no routes of its own.
//!
//! A handler takes a [`Call`] (no body) or a [`Sent`] (JSON body), whose type says who may call it,
//! and runs one closure on the database through it.

pub mod access_log;
mod activity;
pub mod answer;
pub mod body;
pub mod call;
mod context;
pub mod cors;
pub mod dialect;
pub mod docs;
mod headers;
pub mod house;
pub mod limits;
pub mod listen;
pub mod observe;
pub mod openapi;
mod operation;
pub mod query;
mod received;
mod request_id;
mod sign_in;
pub mod traces;
mod unread;

pub use answer::{Answer, Done, Problem, Rendered};
pub use body::{Body, Field};
pub use call::{Call, Sent};
pub use dialect::{Admin, Anyone, Authenticated, Dialect, Known, Owner, Permission, RowOwner};
pub use query::Asked;
pub use received::BODY_LIMIT;
pub use sign_in::SignIn;
