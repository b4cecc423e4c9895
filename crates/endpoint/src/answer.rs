//! What a handler returns: an [`Answer`] or a [`Problem`].

use std::cell::RefCell;
use std::marker::PhantomData;
use std::mem;

use aide::OperationOutput;
use aide::generate::GenContext;
use aide::openapi::{Operation, Response as ApiResponse};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use ferrum_domain::{Error, Result};
use schemars::JsonSchema;
use serde::Serialize;

use crate::dialect::Dialect;
use crate::headers;
use crate::openapi;

/// A good outcome with status `STATUS` and a JSON body of type `O` (none at 204), already rendered,
/// because a write with an `Idempotency-Key` keeps it for repeats in the same transaction.
#[derive(Debug)]
pub struct Answer<const STATUS: u16, O> {
    pub(crate) body: Bytes,
    pub(crate) replayed: bool,
    shape: PhantomData<fn() -> O>,
}

impl<const STATUS: u16, O> Answer<STATUS, O> {
    pub(crate) fn new(body: Bytes, replayed: bool) -> Self {
        Self { body, replayed, shape: PhantomData }
    }

    /// With `out`; `replayed` if an earlier request of the same key was answered with it.
    pub fn of(out: &O, replayed: bool) -> Result<Self>
    where
        O: Serialize,
    {
        Ok(Self::new(render(STATUS, out)?, replayed))
    }
}

/// Largest answer that is copied out of its thread's buffer, in bytes.
const COPIED: usize = 16 << 10;

thread_local! {
    /// Where a thread writes its answers, which then take no more memory than they need: a new buffer for each
    /// was a tenth of what `GET /health` costs.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Renders a body once; nothing at 204.
pub(crate) fn render<O: Serialize>(status: u16, out: &O) -> Result<Bytes> {
    if status == 204 {
        return Ok(Bytes::new());
    }
    BUFFER.with_borrow_mut(|buffer| {
        buffer.clear();
        serde_json::to_writer(&mut *buffer, out).map_err(|e| Error::Internal {
            context: "an answer could not be written as JSON".to_owned(),
            source: Some(Box::new(e)),
        })?;
        if buffer.len() > COPIED { Ok(mem::take(buffer).into()) } else { Ok(Bytes::copy_from_slice(buffer)) }
    })
}

/// An `O` as JSON.
#[derive(Debug)]
pub struct Rendered<O> {
    pub(crate) body: Bytes,
    shape: PhantomData<fn() -> O>,
}

impl<O: Serialize> Rendered<O> {
    /// Renders `out`.
    pub fn new(out: &O) -> Result<Self> {
        render(200, out).map(Self::kept)
    }

    /// An `O` that was rendered before.
    pub fn kept(body: Bytes) -> Self {
        Self { body, shape: PhantomData }
    }

    /// To keep it.
    pub fn body(&self) -> Bytes {
        self.body.clone()
    }
}

pub(crate) fn json(status: StatusCode, body: Bytes) -> Response {
    let headers = headers::of_json(body.len());
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

impl<const STATUS: u16, O> IntoResponse for Answer<STATUS, O> {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(STATUS).unwrap_or(StatusCode::OK);
        if status == StatusCode::NO_CONTENT {
            return status.into_response();
        }
        let mut response = json(status, self.body);
        if self.replayed {
            response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}

impl<const STATUS: u16, O: JsonSchema> OperationOutput for Answer<STATUS, O> {
    type Inner = O;

    fn inferred_responses(ctx: &mut GenContext, _: &mut Operation) -> Vec<(Option<u16>, ApiResponse)> {
        let response = if STATUS == 204 {
            ApiResponse { description: "Done; no content.".to_owned(), ..ApiResponse::default() }
        } else {
            openapi::json_response::<O>(ctx, "Success.")
        };
        vec![(Some(STATUS), response)]
    }
}

/// What a write did: the row for the audit, the names of the changed fields, and the answer.
#[derive(Debug)]
pub struct Done<O> {
    pub(crate) row_type: &'static str,
    pub(crate) row_id: String,
    pub(crate) fields: Vec<&'static str>,
    pub(crate) out: O,
}

impl<O> Done<O> {
    /// A change of the row `row_id` of table group `row_type`, answered with `out`.
    pub fn new(row_type: &'static str, row_id: impl Into<String>, fields: Vec<&'static str>, out: O) -> Self {
        Self { row_type, row_id: row_id.into(), fields, out }
    }
}

/// A refusal, rendered by the surface's dialect.
#[derive(Debug)]
pub struct Problem<D> {
    error: Error,
    status: Option<StatusCode>,
    dialect: PhantomData<fn() -> D>,
}

impl<D: Dialect> Problem<D> {
    /// Answers a missing max with `status` instead of the dialect's usual one.
    #[must_use]
    pub fn missing_max_as(mut self, status: StatusCode) -> Self {
        if matches!(self.error, Error::MissingMax(_)) {
            self.status = Some(status);
        }
        self
    }
}

impl<D> From<Error> for Problem<D> {
    fn from(error: Error) -> Self {
        Self { error, status: None, dialect: PhantomData }
    }
}

impl<D: Dialect> IntoResponse for Problem<D> {
    fn into_response(self) -> Response {
        let (status, body) = D::render(&self.error);
        let mut response = json(self.status.unwrap_or(status), body);
        if let Error::TooMany { retry_after, .. } = self.error {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
        }
        if status.is_server_error() {
            response.extensions_mut().insert(Failed::of(D::SURFACE, &self.error));
        }
        response
    }
}

/// Why a request failed through no fault of its sender's, for the operator's log alone; in the extensions of the answer until
/// the house, which knows the request, writes it there.
#[derive(Debug, Clone)]
pub(crate) struct Failed {
    pub(crate) surface: &'static str,
    /// Whether a defect of ours is to blame, and not the circumstances.
    pub(crate) defect: bool,
    pub(crate) why: String,
}

impl Failed {
    pub(crate) fn of(surface: &'static str, error: &Error) -> Self {
        Self { surface, defect: !matches!(error, Error::Unavailable { .. }), why: error.to_string() }
    }
}

impl<D: Dialect> OperationOutput for Problem<D> {
    type Inner = D::Refusal;

    fn inferred_responses(ctx: &mut GenContext, _: &mut Operation) -> Vec<(Option<u16>, ApiResponse)> {
        [(500, "A defect of the server."), (503, "The server cannot do it now; try again later.")]
            .map(|(status, text)| (Some(status), openapi::json_response::<D::Refusal>(ctx, text)))
            .into()
    }
}
