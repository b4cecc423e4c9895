//! What a surface decides for itself: how callers name themselves and how outcomes look.

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use bytes::Bytes;
use ferrum_app::App;
use ferrum_domain::access::{Claim, Identity};
use ferrum_domain::error::Unproven;
use ferrum_domain::{Error, Result};
use schemars::JsonSchema;

use crate::body::{self, Body};

/// The manner of one surface. Implemented in its `dialect.rs`, the only place in a surface with envelopes and,
/// but for an endpoint whose document departs from them, status codes of refusals.
pub trait Dialect: Sized + Send + Sync + 'static {
    /// Name of the surface, as in the audit and the metrics.
    const SURFACE: &'static str;

    /// Schema of the body of every refusal.
    type Refusal: JsonSchema;

    /// Statuses of the refusals that the OpenAPI document lists for every endpoint that is not open to
    /// anyone, and what they mean.
    const REFUSALS: &'static [(u16, &'static str)];

    /// Those that an endpoint with a body can answer besides.
    const REFUSALS_OF_BODIES: &'static [(u16, &'static str)];

    /// Who the caller says they are.
    fn claim(parts: &Parts, app: &App) -> Result<Claim, Unproven>;

    /// Reads a body; the text of a failure completes "body ...".
    fn read<T: Body>(_headers: &HeaderMap, bytes: &[u8]) -> Result<T, String> {
        body::from_json(bytes)
    }

    /// Status and JSON body of a refusal.
    fn render(error: &Error) -> (StatusCode, Bytes);

    /// Status and JSON body of the answer to a path that no route has.
    fn no_route(_target: &Uri) -> (StatusCode, Bytes) {
        Self::render(&Error::NotFound)
    }

    /// Status and JSON body of the answer to a method that the route of `target` does not have.
    fn no_method(method: &Method, target: &Uri) -> (StatusCode, Bytes);
}

/// Who may call an endpoint; a type in the handler's signature, checked inside its transaction.
pub trait Permission: Send + Sync + 'static {
    /// `anyone`, `authenticated`, `admin` or `owner`, as the OpenAPI document and the coverage test name
    /// it.
    const NAME: &'static str;

    /// Whether somebody unknown may call.
    const ANYONE: bool = false;

    /// Takes from the path what the check needs.
    fn from_path(params: &[(String, String)]) -> Self;

    /// Refuses a caller who may not.
    fn check(&self, me: &Identity) -> Result<()>;
}

/// Permissions of callers who are somebody, and so may write.
pub trait Known: Permission {}

impl Known for Authenticated {}
impl Known for Admin {}
impl Known for Owner {}
impl Known for RowOwner {}

/// Anyone. Who says credibly who they are is known to the handler, who does not is
/// [`Identity::nobody`].
#[derive(Debug)]
pub struct Anyone;

impl Permission for Anyone {
    const NAME: &'static str = "anyone";
    const ANYONE: bool = true;

    fn from_path(_params: &[(String, String)]) -> Self {
        Self
    }

    fn check(&self, _me: &Identity) -> Result<()> {
        Ok(())
    }
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
