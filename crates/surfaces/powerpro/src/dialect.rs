//! PowerPro's manner: headers that name the caller, bare objects, `{error, details}`.

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use bytes::Bytes;
use ferrum_app::App;
use ferrum_domain::access::Claim;
use ferrum_domain::error::{Forbidden, Unproven};
use ferrum_domain::{Conflict, Error, ids};
use ferrum_endpoint::{Answer, Dialect, Problem, call};
use schemars::JsonSchema;
use serde::Serialize;

use crate::header_trust::headers_count;

/// The dialect.
#[derive(Debug)]
pub struct PowerPro;

/// A call without a body.
pub type Call<P> = call::Call<PowerPro, P>;
/// A call with a JSON body.
pub type Sent<P, T> = call::Sent<PowerPro, P, T>;
/// What a handler returns.
pub type Reply<const STATUS: u16, O> = std::result::Result<Answer<STATUS, O>, Problem<PowerPro>>;

/// Body of every refusal.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub struct Refusal {
    /// One of the texts of the document's error reference.
    pub error: &'static str,
    /// Specifics, each naming its field; may be empty.
    pub details: Vec<String>,
}

impl Dialect for PowerPro {
    const SURFACE: &'static str = "powerpro";

    type Refusal = Refusal;

    const REFUSALS: &'static [(u16, &'static str)] = &[
        (400, "The input breaks a rule; `details` names every one."),
        (401, "The caller did not say who they are, or not credibly."),
        (403, "The caller may not do this."),
        (404, "It does not exist."),
    ];

    const REFUSALS_OF_BODIES: &'static [(u16, &'static str)] = &[
        (409, "It contradicts what is stored, or the key was used with another body."),
        (413, "The body is over 1 MiB."),
    ];

    fn claim(parts: &Parts, app: &App) -> Result<Claim, Unproven> {
        let named = named(&parts.headers)?;
        if let Some(Named::Bearer(text)) = &named
            && app.tokens.looks_like_jwt(text)
        {
            return app.tokens.verify(text, Self::SURFACE, app.clock.now()).ok_or(Unproven::Refused);
        }
        let Some(Named::Bearer(id) | Named::UserId(id)) = named else { return Err(Unproven::Missing) };
        if !headers_count(parts, app) || !ids::is_account_id(&id) {
            return Err(Unproven::Refused);
        }
        let admin = said(&parts.headers, "x-admin")? == Some("true");
        Ok(Claim::Header { id, admin })
    }

    fn render(error: &Error) -> (StatusCode, Bytes) {
        let (status, error, details) = match error {
            Error::Unauthenticated(_) => (StatusCode::UNAUTHORIZED, "Authentication required", vec![]),
            Error::Forbidden(Forbidden::Role) => (StatusCode::FORBIDDEN, "Admin privileges required", vec![]),
            Error::Forbidden(Forbidden::Owner) => {
                (StatusCode::FORBIDDEN, "Access denied: you do not have permission", vec![])
            }
            Error::NotFound => (StatusCode::NOT_FOUND, "not found", vec![]),
            Error::Invalid(violations) => (
                StatusCode::BAD_REQUEST,
                "validation failed",
                violations.iter().map(ToString::to_string).collect(),
            ),
            Error::TooLarge { limit } => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "request body too large",
                vec![format!("body must be at most {limit} bytes long")],
            ),
            Error::Conflict(conflict) => {
                let (error, detail) = conflict_text(conflict);
                (StatusCode::CONFLICT, error, vec![detail])
            }
            Error::MissingMax(missing) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "missing lift max",
                missing.iter().map(ToString::to_string).collect(),
            ),
            Error::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "too many requests", vec![]),
            Error::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "service unavailable", vec![]),
            Error::Internal { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "internal server error", vec![]),
        };
        let body = serde_json::to_vec(&Refusal { error, details }).unwrap_or_default();
        (status, body.into())
    }

    fn no_method(method: &Method, _: &Uri) -> (StatusCode, Bytes) {
        let details =
            vec![format!("{method} is not a method of this path; the header Allow names those that are")];
        let body = serde_json::to_vec(&Refusal { error: "method not allowed", details }).unwrap_or_default();
        (StatusCode::METHOD_NOT_ALLOWED, body.into())
    }
}

fn conflict_text(conflict: &Conflict) -> (&'static str, String) {
    match conflict {
        Conflict::SlugTaken => ("slug already exists", "slug is taken by another row".to_owned()),
        Conflict::Exists(what) => ("already exists", format!("{what} already exists")),
        Conflict::Referenced(by) => ("cannot delete: it is referenced", format!("it is referenced by {by}")),
        Conflict::KeyReused => {
            ("already exists", "Idempotency-Key was used with another body or other rights".to_owned())
        }
    }
}

/// A caller's name as the headers give it.
enum Named {
    Bearer(String),
    UserId(String),
}

/// `Authorization: Bearer` wins over `X-User-ID`.
fn named(headers: &HeaderMap) -> Result<Option<Named>, Unproven> {
    let given = said(headers, header::AUTHORIZATION.as_str())?.and_then(|text| text.split_once([' ', '\t']));
    let bearer =
        given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer")).map(|(_, name)| name.trim());
    if let Some(bearer) = bearer.filter(|bearer| !bearer.is_empty()) {
        return Ok(Some(Named::Bearer(bearer.to_owned())));
    }
    let id = said(headers, "x-user-id")?.map(str::trim).filter(|id| !id.is_empty());
    Ok(id.map(|id| Named::UserId(id.to_owned())))
}

/// What a header says. Said twice, or not in ASCII, it says nothing that can be believed.
fn said<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, Unproven> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Unproven::Refused),
        (Some(_), Some(_)) => Err(Unproven::Refused),
    }
}
