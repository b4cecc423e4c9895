//! What a surface decides for itself: how callers name themselves and how outcomes look.

use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use bytes::Bytes;
use ferrum_app::App;
use ferrum_domain::access::{Claim, Identity};
use ferrum_domain::{Error, Result};
use schemars::JsonSchema;

/// The manner of one surface. Implemented in its `dialect.rs`, the only place in a surface with
/// status codes of refusals and envelopes.
pub trait Dialect: Sized + Send + Sync + 'static {
    /// Name of the surface, as in the audit and the metrics.
    const SURFACE: &'static str;

    /// Schema of the body of every refusal.
    type Refusal: JsonSchema;

    /// Who the caller says they are; `Err(Error::Unauthenticated)` when they do not, or not credibly.
    fn claim(parts: &Parts, app: &App) -> Result<Claim>;

    /// Status and JSON body of a refusal.
    fn render(error: &Error) -> (StatusCode, Bytes);

    /// JSON body of the answer to a method that a route does not have.
    fn method_not_allowed(method: &Method) -> Bytes;
}

/// Who may call an endpoint; a type in the handler's signature, checked inside its transaction.
pub trait Permission: Send + Sync + 'static {
    /// `authenticated`, `admin` or `owner`, as the OpenAPI document and the coverage test name it.
    const NAME: &'static str;

    /// Takes from the path what the check needs.
    fn from_path(params: &[(String, String)]) -> Self;

    /// Refuses a caller who may not.
    fn check(&self, me: &Identity) -> Result<()>;
}

/// Any known caller.
#[derive(Debug)]
pub struct Authenticated;

impl Permission for Authenticated {
    const NAME: &'static str = "authenticated";

    fn from_path(_params: &[(String, String)]) -> Self {
        Self
    }

    fn check(&self, _me: &Identity) -> Result<()> {
        Ok(())
    }
}

/// Admins only.
#[derive(Debug)]
pub struct Admin;

impl Permission for Admin {
    const NAME: &'static str = "admin";

    fn from_path(_params: &[(String, String)]) -> Self {
        Self
    }

    fn check(&self, me: &Identity) -> Result<()> {
        me.must_be_admin()
    }
}

/// The account that the path's `userId` names, and admins.
#[derive(Debug)]
pub struct Owner {
    /// Public id of the owning account, as the path says it.
    pub id: String,
}

impl Permission for Owner {
    const NAME: &'static str = "owner";

    fn from_path(params: &[(String, String)]) -> Self {
        let id = params.iter().find(|(name, _)| name == "userId").map(|(_, id)| id.clone());
        Self { id: id.unwrap_or_default() }
    }

    fn check(&self, me: &Identity) -> Result<()> {
        me.must_own(&self.id)
    }
}

/// The account that owns the row which the path names, and admins; the handler asks once it has read
/// the row (`me.must_own`), since only then is the owner known.
#[derive(Debug)]
pub struct RowOwner;

impl Permission for RowOwner {
    const NAME: &'static str = "owner";

    fn from_path(_params: &[(String, String)]) -> Self {
        Self
    }

    fn check(&self, _me: &Identity) -> Result<()> {
        Ok(())
    }
}
