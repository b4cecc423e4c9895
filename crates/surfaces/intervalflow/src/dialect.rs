//! IntervalFlow's manner: bearer tokens, `{success, data}`, `{success, message, errors}`.

use std::borrow::Cow;
use std::marker::PhantomData;

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use bytes::Bytes;
use ferrum_app::App;
use ferrum_domain::access::{Claim, Identity};
use ferrum_domain::error::{Attempts, Unproven};
use ferrum_domain::time::Millis;
use ferrum_domain::{Conflict, Error, Result, Violation};
use ferrum_endpoint::{Answer, Body, Dialect, Problem, call};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::pairs;

/// The dialect of the endpoints that are about `A`.
#[derive(Debug)]
pub struct IntervalFlow<A = Api>(PhantomData<fn() -> A>);

/// What endpoints are about, which a 404 names.
pub trait About: Send + Sync + 'static {
    /// Text of a 404.
    const NOT_FOUND: &'static str;
}

/// The API itself.
#[derive(Debug)]
pub enum Api {}

impl About for Api {
    const NOT_FOUND: &'static str = "Not found";
}

/// A call without a body.
pub type Call<A, P> = call::Call<IntervalFlow<A>, P>;
/// A call with a body.
pub type Sent<A, P, T> = call::Sent<IntervalFlow<A>, P, T>;
/// A call by which somebody becomes known; `NEW` if they register.
pub type SignIn<T, const NEW: bool> = ferrum_endpoint::SignIn<IntervalFlow, T, NEW>;
/// What a handler returns.
pub type Reply<A, const STATUS: u16, O> = Result<Answer<STATUS, O>, Problem<IntervalFlow<A>>>;

/// Answer with one thing.
#[derive(Debug, Serialize, JsonSchema)]
pub struct One<T> {
    success: bool,
    data: T,
}

impl<T> One<T> {
    /// About `data`.
    pub fn new(data: T) -> Self {
        Self { success: true, data }
    }
}

/// Answer with a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Many<T> {
    success: bool,
    count: usize,
    data: Vec<T>,
}

impl<T> Many<T> {
    /// With all of `data`.
    pub fn new(data: Vec<T>) -> Self {
        Self { success: true, count: data.len(), data }
    }
}

/// Answer with a part of a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Part<T> {
    success: bool,
    /// How many are in this part.
    count: usize,
    data: Vec<T>,
    /// To be asked for as `after` to get the next part; null at the end of the list.
    next: Option<String>,
}

impl<T> Part<T> {
    /// With `data`, which goes on after `next`.
    pub fn new(data: Vec<T>, next: Option<String>) -> Self {
        Self { success: true, count: data.len(), data, next }
    }
}

/// Answer that says what was done.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Said {
    success: bool,
    message: &'static str,
}

impl Said {
    /// In the document's words.
    pub fn new(message: &'static str) -> Self {
        Self { success: true, message }
    }
}

/// Body of every refusal.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub struct Refusal {
    success: bool,
    /// What went wrong.
    message: Cow<'static, str>,
    /// At a validation error everything that is wrong, in the order of the fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>")]
    errors: Option<Vec<String>>,
}

/// An instant with milliseconds, e.g. `2026-02-04T12:00:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant(pub Millis);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_millis())
    }
}

impl JsonSchema for Instant {
    fn schema_name() -> Cow<'static, str> {
        "Instant".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// The account of a caller with a token.
pub(crate) fn account(me: &Identity) -> Result<i64> {
    me.account.ok_or_else(|| Error::internal("a caller with a token has no account"))
}

impl<A: About> Dialect for IntervalFlow<A> {
    const SURFACE: &'static str = "intervalflow";

    type Refusal = Refusal;

    const REFUSALS: &'static [(u16, &'static str)] = &[
        (400, "The input breaks a rule; `errors` names every one."),
        (401, "There is no token, or it is not good."),
        (404, "It does not exist."),
        (429, "Too many requests."),
    ];

    const REFUSALS_OF_BODIES: &'static [(u16, &'static str)] = &[
        (409, "The Idempotency-Key was used with another body or other rights."),
        (413, "The body is over 1 MiB."),
    ];

    fn claim(parts: &Parts, app: &App) -> Result<Claim, Unproven> {
        let mut given = parts.headers.get_all(header::AUTHORIZATION).iter();
        let Some(value) = given.next() else { return Err(Unproven::Missing) };
        // Of two tokens nobody knows which was meant.
        let (Ok(text), None) = (value.to_str(), given.next()) else { return Err(Unproven::Refused) };
        let (scheme, token) = text.split_once([' ', '\t']).unwrap_or((text, ""));
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return Err(Unproven::Missing);
        }
        app.tokens.verify(token.trim(), Self::SURFACE, app.clock.now()).ok_or(Unproven::Refused)
    }

    /// An empty body has no members, a form has texts; everything else is JSON.
    fn read<T: Body>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, String> {
        if bytes.is_empty() {
            return ferrum_endpoint::body::from_json(b"{}");
        }
        if !is_form(headers, bytes) {
            return ferrum_endpoint::body::from_json(bytes);
        }
        let text = str::from_utf8(bytes).map_err(|_| "must be UTF-8".to_owned())?;
        let mut members = pairs::members(text)?;
        type_members(&mut members, schemars::schema_for!(T).as_value());
        serde_json::from_value(Value::Object(members)).map_err(|error| format!("cannot be read: {error}"))
    }

    fn render(error: &Error) -> (StatusCode, Bytes) {
        match error {
            Error::Unauthenticated(Unproven::Missing) => {
                refuse(StatusCode::UNAUTHORIZED, "Not authorized, no token")
            }
            Error::Unauthenticated(Unproven::Refused) => {
                refuse(StatusCode::UNAUTHORIZED, "Not authorized, token failed")
            }
            Error::Unauthenticated(Unproven::Unknown) => refuse(StatusCode::UNAUTHORIZED, "User not found"),
            Error::Unauthenticated(Unproven::Credentials) => {
                refuse(StatusCode::UNAUTHORIZED, "Invalid credentials")
            }
            // The document has no 403: what a caller may not change does not exist for them.
            Error::NotFound | Error::Forbidden(_) => refuse(StatusCode::NOT_FOUND, A::NOT_FOUND),
            Error::Invalid(violations) => invalid(violations),
            Error::TooLarge { limit } => refuse(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("Request body must be at most {limit} bytes long"),
            ),
            Error::Conflict(Conflict::KeyReused) => {
                refuse(StatusCode::CONFLICT, "Idempotency-Key was used with another body")
            }
            Error::Conflict(Conflict::Exists(what)) => {
                refuse(StatusCode::BAD_REQUEST, format!("{what} already exists"))
            }
            Error::TooMany { of, window, .. } => {
                refuse(StatusCode::TOO_MANY_REQUESTS, too_many(*of, *window))
            }
            Error::Unavailable { .. } => {
                refuse(StatusCode::SERVICE_UNAVAILABLE, "Service unavailable, please try again later")
            }
            Error::Conflict(_) | Error::MissingMax(_) | Error::Internal { .. } => {
                refuse(StatusCode::INTERNAL_SERVER_ERROR, "Server error")
            }
        }
    }

    fn no_route(target: &Uri) -> (StatusCode, Bytes) {
        refuse(StatusCode::NOT_FOUND, format!("Route {target} not found"))
    }

    fn no_method(_: &Method, target: &Uri) -> (StatusCode, Bytes) {
        Self::no_route(target)
    }
}

fn too_many(of: Attempts, window: u64) -> String {
    let what = match of {
        Attempts::Requests => "requests from this IP",
        Attempts::SignIns => "login attempts",
    };
    let time = match window.div_ceil(60) {
        1 => "1 minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    };
    format!("Too many {what}, please try again after {time}")
}

fn refuse(status: StatusCode, message: impl Into<Cow<'static, str>>) -> (StatusCode, Bytes) {
    refusal(status, message.into(), None)
}

fn refusal(
    status: StatusCode,
    message: Cow<'static, str>,
    errors: Option<Vec<String>>,
) -> (StatusCode, Bytes) {
    let body = serde_json::to_vec(&Refusal { success: false, message, errors }).unwrap_or_default();
    (status, body.into())
}

/// A fault of the request as a whole (a violation without a field) is the message itself. Else each
/// violation prints as one sentence: its field is as the document's text begins, e.g. `Exercise name`
/// with `is required`, or `Invalid` with `equipment`.
fn invalid(violations: &[Violation]) -> (StatusCode, Bytes) {
    if let [Violation { field, message }] = violations
        && field.is_empty()
    {
        return refuse(StatusCode::BAD_REQUEST, message.clone());
    }
    let errors = violations.iter().map(|violation| capitalized(&violation.to_string())).collect();
    refusal(StatusCode::BAD_REQUEST, "Validation error".into(), Some(errors))
}

fn capitalized(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// curl calls a body a form unless it is told otherwise; an object is JSON whatever it is called.
fn is_form(headers: &HeaderMap, bytes: &[u8]) -> bool {
    if bytes.trim_ascii_start().starts_with(b"{") {
        return false;
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// A form has only texts; those for which the schema wants a number or a truth are read as such.
fn type_members(members: &mut serde_json::Map<String, Value>, schema: &Value) {
    for (name, value) in members {
        let wanted = schema["properties"][name.as_str()]["type"].to_string();
        let is_typed = ["number", "integer", "boolean"].iter().any(|kind| wanted.contains(kind));
        if let (true, Value::String(text)) = (is_typed, &*value)
            && let Ok(read @ (Value::Number(_) | Value::Bool(_))) = serde_json::from_str(text.trim())
        {
            *value = read;
        }
    }
}
