//! One request as a handler sees it: who calls, with which permission, what was sent, and the one
//! transaction in which it is judged and done.
//!
//! The order inside the transaction is that of the answers: who are you (401), may you (403), what
//! do you want (400), and then whatever the handler finds (404, 403, 409, 422).

use std::convert::Infallible;
use std::marker::PhantomData;
use std::sync::Arc;

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::{Operation, Parameter, ReferenceOr, RequestBody, Response as ApiResponse};
use aide::operation::set_body;
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{Method, Uri, header};
use bytes::Bytes;
use ferrum_app::App;
use ferrum_domain::access::{Claim, Identity};
use ferrum_domain::error::Unproven;
use ferrum_domain::time::Millis;
use ferrum_domain::{Conflict, Error, Result};
use ferrum_store::{Tx, accounts, audit, catalogue, idempotency};
use http_body_util::{BodyExt, Limited};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::answer::{Answer, Done, Problem, Rendered, render};
use crate::body::Body;
use crate::dialect::{Dialect, Known, Permission};
use crate::house::Told;
use crate::openapi;

/// Largest body that is read, in bytes.
pub const BODY_LIMIT: usize = 1 << 20;

/// Largest answer, and longest path and query, that the cache keeps: clients choose both.
const KEPT_ANSWER: usize = 32 << 10;
const KEPT_TARGET: usize = 256;

/// What came of a request inside its transaction.
enum Outcome<O> {
    /// Done now. It is rendered after the transaction, since many wait for the one writer, and what our answers are
    /// made of can always be written as JSON.
    Fresh(O),
    /// Rendered, because it is kept for repeats, or was kept when the request came first.
    Kept { body: Bytes, replayed: bool },
}

impl<O: Serialize> Outcome<O> {
    fn answer<const STATUS: u16>(self) -> Result<Answer<STATUS, O>> {
        match self {
            Self::Fresh(out) => Answer::of(&out, false),
            Self::Kept { body, replayed } => Ok(Answer::new(body, replayed)),
        }
    }
}

/// A request without a body, from a caller with the permission `P`.
#[derive(Debug)]
pub struct Call<D, P> {
    context: Context<P>,
    dialect: PhantomData<fn() -> D>,
}

/// A request with a JSON body `T`, from a caller with the permission `P`. On a POST the
/// `Idempotency-Key` header is honoured.
#[derive(Debug)]
pub struct Sent<D, P, T> {
    context: Context<P>,
    body: Result<T, BadBody>,
    key: Result<Option<Key>>,
    dialect: PhantomData<fn() -> D>,
}

/// What every request carries.
struct Context<P> {
    app: Arc<App>,
    claim: Result<Claim, Unproven>,
    permission: P,
    params: Vec<(String, String)>,
    method: Method,
    uri: Uri,
    matched: Option<MatchedPath>,
    told: Option<Told>,
}

impl<P> std::fmt::Debug for Context<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("route", &self.matched)
            .field("request_id", &self.told.as_ref().map(Told::id))
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(crate) enum BadBody {
    TooLarge,
    Unreadable(String),
}

impl BadBody {
    pub(crate) fn error(&self) -> Error {
        match self {
            Self::TooLarge => Error::TooLarge { limit: BODY_LIMIT },
            Self::Unreadable(reason) => Error::invalid("body", reason.clone()),
        }
    }
}

#[derive(Debug)]
struct Key {
    text: String,
    body_hash: [u8; 32],
}

impl<P: Permission> Context<P> {
    async fn of<D: Dialect>(parts: &mut Parts, app: &Arc<App>) -> Self {
        let params: Vec<(String, String)> = RawPathParams::from_request_parts(parts, app)
            .await
            .map(|params| params.iter().map(|(name, value)| (name.to_owned(), findable(value))).collect())
            .unwrap_or_default();
        let claim = D::claim(parts, app);
        let matched = parts.extensions.get::<MatchedPath>().cloned();
        let told = parts.extensions.get::<Told>().cloned();
        if let Some(told) = &told {
            matched.as_ref().inspect(|route| told.route(route));
            if let Ok(Claim::Header { id, .. } | Claim::Token { id, .. }) = &claim {
                told.caller(id);
            }
        }
        Self {
            app: Arc::clone(app),
            claim,
            permission: P::from_path(&params),
            params,
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            matched,
            told,
        }
    }

    /// Method and path, which scope an idempotency key.
    fn address(&self) -> String {
        [self.method.as_str(), " ", self.uri.path()].concat()
    }

    /// Method and route template, for the audit.
    fn route(&self) -> String {
        [self.method.as_str(), " ", self.matched.as_ref().map_or("", MatchedPath::as_str)].concat()
    }

    fn request_id(&self) -> &str {
        self.told.as_ref().map_or("", Told::id)
    }

    /// Surface, path and query, which name a cached answer: surfaces share paths, not answers.
    fn target(&self, surface: &str) -> String {
        [surface, self.uri.path_and_query().map_or("", PathAndQuery::as_str)].concat()
    }

    /// The ids in the path, in its order, the owner's `userId` aside.
    fn path_ids<const N: usize>(&self) -> [String; N] {
        let mut ids = self.params.iter().filter(|(name, _)| name != "userId").map(|(_, id)| id.clone());
        std::array::from_fn(|_| ids.next().unwrap_or_default())
    }

    fn admit(&self, tx: &mut Tx<'_>) -> Result<Identity> {
        let claim = self.claim.as_ref().map_err(|why| Error::Unauthenticated(*why));
        let me = match claim.and_then(|claim| accounts::identify(tx, claim)) {
            Err(Error::Unauthenticated(_)) if P::ANYONE => Identity::nobody(),
            known => known?,
        };
        self.permission.check(&me)?;
        Ok(me)
    }

    /// A caller known by name alone becomes an account with their first write.
    fn enrol(&self, tx: &mut Tx<'_>, me: &mut Identity, now: Millis) -> Result<()> {
        if me.account.is_none() {
            let birth = accounts::Birth { now, object_id: self.app.ids.object_id() };
            me.account = Some(accounts::ensure(tx, &me.id, &birth)?);
        }
        Ok(())
    }

    fn record<O>(
        &self,
        tx: &mut Tx<'_>,
        surface: &str,
        me: &Identity,
        now: Millis,
        done: &Done<O>,
    ) -> Result<()> {
        audit::insert(
            tx,
            &audit::Entry {
                id: &self.app.ids.uuid(),
                at: now,
                actor_key: me.account,
                actor_id: &me.id,
                proof: me.proof,
                claimed_admin: matches!(self.claim, Ok(Claim::Header { admin: true, .. })),
                surface,
                route: &self.route(),
                row_type: done.row_type,
                row_id: &done.row_id,
                fields: &done.fields,
                request_id: self.request_id(),
            },
        )
    }
}

/// A path segment that cannot be an id of ours is replaced by one that cannot exist: `PostgreSQL`
/// cannot even be asked about a NUL.
fn findable(segment: &str) -> String {
    if segment.contains('\0') { "\u{fffd}".to_owned() } else { segment.to_owned() }
}

impl<D: Dialect, P: Permission> Call<D, P> {
    /// The ids in the path, in its order, the owner's `userId` aside.
    pub fn path_ids<const N: usize>(&self) -> [String; N] {
        self.context.path_ids()
    }

    /// What the permission took from the path.
    pub fn permission(&self) -> &P {
        &self.context.permission
    }

    /// The application.
    pub fn app(&self) -> Arc<App> {
        Arc::clone(&self.context.app)
    }

    /// Answers from one snapshot.
    pub async fn read<O, W>(self, work: W) -> Result<Answer<200, O>, Problem<D>>
    where
        O: Serialize + Send + 'static,
        W: Fn(&mut Tx<'_>, &Identity) -> Result<O> + Send + Sync + 'static,
    {
        let Self { context, .. } = self;
        let db = context.app.db.clone();
        let body = db
            .read(move |tx| {
                let me = context.admit(tx)?;
                render(200, &work(tx, &me)?)
            })
            .await?;
        Ok(Answer::new(body, false))
    }

    /// Answers from one snapshot with an `O` that the handler renders, because it may have kept it from an
    /// earlier time.
    pub async fn read_rendered<O, W>(self, work: W) -> Result<Answer<200, O>, Problem<D>>
    where
        O: Serialize + Send + 'static,
        W: Fn(&mut Tx<'_>, &Identity) -> Result<Rendered<O>> + Send + Sync + 'static,
    {
        let Self { context, .. } = self;
        let db = context.app.db.clone();
        let rendered = db
            .read(move |tx| {
                let me = context.admit(tx)?;
                work(tx, &me)
            })
            .await?;
        Ok(Answer::new(rendered.body, false))
    }

    /// Answers from one snapshot with something that depends on the catalogue, the path and the query
    /// alone, so that it is computed once per version of the catalogue.
    pub async fn read_catalogue<O, W>(self, work: W) -> Result<Answer<200, O>, Problem<D>>
    where
        O: Serialize + Send + 'static,
        W: Fn(&mut Tx<'_>) -> Result<O> + Send + Sync + 'static,
    {
        let Self { context, .. } = self;
        let db = context.app.db.clone();
        let body = db
            .read(move |tx| {
                context.admit(tx)?;
                let version = catalogue::version(tx)?;
                let answers = &context.app.catalogue.answers;
                let target = context.target(D::SURFACE);
                if let Some(body) = answers.get(version, &target) {
                    return Ok(body);
                }
                let body = render(200, &work(tx)?)?;
                if body.len() <= KEPT_ANSWER && target.len() <= KEPT_TARGET {
                    answers.put(version, &target, &body);
                }
                Ok(body)
            })
            .await?;
        Ok(Answer::new(body, false))
    }

    /// Changes something without a body (DELETE) in one transaction, with its audit entry.
    pub async fn write<O, W, const STATUS: u16>(self, work: W) -> Result<Answer<STATUS, O>, Problem<D>>
    where
        P: Known,
        O: Serialize + Send + 'static,
        W: Fn(&mut Tx<'_>, &Identity) -> Result<Done<O>> + Send + Sync + 'static,
    {
        let Self { context, .. } = self;
        let db = context.app.db.clone();
        let out = db
            .write(move |tx| {
                let mut me = context.admit(tx)?;
                let now = context.app.clock.now();
                context.enrol(tx, &mut me, now)?;
                let done = work(tx, &me)?;
                context.record(tx, D::SURFACE, &me, now, &done)?;
                Ok(done.out)
            })
            .await?;
        Ok(Answer::of(&out, false)?)
    }
}

impl<D: Dialect, P: Known, T: Body> Sent<D, P, T> {
    /// The ids in the path, in its order, the owner's `userId` aside.
    pub fn path_ids<const N: usize>(&self) -> [String; N] {
        self.context.path_ids()
    }

    /// What the permission took from the path.
    pub fn permission(&self) -> &P {
        &self.context.permission
    }

    /// The application.
    pub fn app(&self) -> Arc<App> {
        Arc::clone(&self.context.app)
    }

    /// Changes something in one transaction, with its audit entry and, for a repeat of the request
    /// under the same `Idempotency-Key`, its answer.
    pub async fn write<O, W, const STATUS: u16>(self, work: W) -> Result<Answer<STATUS, O>, Problem<D>>
    where
        O: Serialize + Send + 'static,
        W: Fn(&mut Tx<'_>, &Identity, &T) -> Result<Done<O>> + Send + Sync + 'static,
    {
        let db = self.context.app.db.clone();
        let outcome = db
            .write(move |tx| {
                self.once(tx, STATUS, |tx, me, body, now| {
                    let done = work(tx, me, body)?;
                    self.context.record(tx, D::SURFACE, me, now, &done)?;
                    Ok(done.out)
                })
            })
            .await?;
        Ok(outcome.answer()?)
    }

    /// Answers a POST that changes nothing. Only a request with an `Idempotency-Key` has to write.
    pub async fn read<O, W>(self, work: W) -> Result<Answer<200, O>, Problem<D>>
    where
        O: Serialize + Send + 'static,
        W: Fn(&mut Tx<'_>, &Identity, &T) -> Result<O> + Send + Sync + 'static,
    {
        let db = self.context.app.db.clone();
        let outcome = if matches!(self.key, Ok(None)) {
            db.read(move |tx| {
                let me = self.context.admit(tx)?;
                let body = self.body.as_ref().map_err(BadBody::error)?;
                Ok(Outcome::Kept { body: render(200, &work(tx, &me, body)?)?, replayed: false })
            })
            .await?
        } else {
            db.write(move |tx| self.once(tx, 200, |tx, me, body, _| work(tx, me, body))).await?
        };
        Ok(outcome.answer()?)
    }

    fn once<O: Serialize>(
        &self,
        tx: &mut Tx<'_>,
        status: u16,
        work: impl Fn(&mut Tx<'_>, &Identity, &T, Millis) -> Result<O>,
    ) -> Result<Outcome<O>> {
        let context = &self.context;
        let mut me = context.admit(tx)?;
        let now = context.app.clock.now();
        let key = self.key.as_ref().map_err(|_| bad_key())?;
        let address = key.as_ref().map(|_| context.address()).unwrap_or_default();
        if let Some(key) = key
            && let Some(kept) = idempotency::find(tx, &me.id, D::SURFACE, &address, &key.text, now)?
        {
            return if kept.body_hash == key.body_hash {
                Ok(Outcome::Kept { body: kept.answer.into(), replayed: true })
            } else {
                Err(Error::Conflict(Conflict::KeyReused))
            };
        }
        let body = self.body.as_ref().map_err(BadBody::error)?;
        context.enrol(tx, &mut me, now)?;
        let out = work(tx, &me, body, now)?;
        let Some(key) = key else { return Ok(Outcome::Fresh(out)) };
        let answer = render(status, &out)?;
        idempotency::insert(
            tx,
            &me.id,
            D::SURFACE,
            &address,
            &key.text,
            &idempotency::Kept { body_hash: key.body_hash.to_vec(), answer: answer.to_vec() },
            now,
        )?;
        Ok(Outcome::Kept { body: answer, replayed: false })
    }
}

impl<D: Dialect, P: Permission> FromRequestParts<Arc<App>> for Call<D, P> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> std::result::Result<Self, Infallible> {
        Ok(Self { context: Context::of::<D>(parts, app).await, dialect: PhantomData })
    }
}

impl<D: Dialect, P: Permission, T: Body> FromRequest<Arc<App>> for Sent<D, P, T> {
    type Rejection = Infallible;

    async fn from_request(request: Request, app: &Arc<App>) -> std::result::Result<Self, Infallible> {
        let (mut parts, body) = request.into_parts();
        let context = Context::of::<D>(&mut parts, app).await;
        let bytes = read_body(&parts, body).await;
        let key = if parts.method == Method::POST { repeat_key(&parts) } else { Ok(None) };
        let hash =
            |text| Key { text, body_hash: Sha256::digest(bytes.as_deref().unwrap_or_default()).into() };
        let key = key.map(|key| key.map(hash));
        let body = bytes.and_then(|bytes| decode::<D, T>(&parts, &bytes));
        Ok(Self { context, body, key, dialect: PhantomData })
    }
}

/// The request's `Idempotency-Key`.
pub(crate) fn repeat_key(parts: &Parts) -> Result<Option<String>> {
    let mut keys = parts.headers.get_all("idempotency-key").iter();
    match (keys.next().map(|value| value.to_str()), keys.next()) {
        (None, _) => Ok(None),
        (Some(Ok(text)), None) if is_key(text) => Ok(Some(text.to_owned())),
        _ => Err(bad_key()),
    }
}

fn bad_key() -> Error {
    Error::invalid("Idempotency-Key", "must be 1 to 255 visible ASCII characters, given once")
}

fn is_key(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

pub(crate) async fn read_body(parts: &Parts, body: axum::body::Body) -> Result<Bytes, BadBody> {
    let announced =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT as u64) {
        return Err(BadBody::TooLarge);
    }
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(BadBody::TooLarge),
        Err(_) => Err(BadBody::Unreadable("could not be read to its end".to_owned())),
    }
}

pub(crate) fn decode<D: Dialect, T: Body>(parts: &Parts, bytes: &[u8]) -> Result<T, BadBody> {
    D::read(&parts.headers, bytes).map_err(BadBody::Unreadable)
}

/// What the document of an operation says about its permission.
pub(crate) fn document_permission<P: Permission>(operation: &mut Operation) {
    operation.extensions.insert("x-permission".to_owned(), P::NAME.into());
    let text = match P::NAME {
        "admin" => "Needs admin rights.",
        "owner" => "For the owner and admins.",
        "anyone" => "For anyone.",
        _ => "For any authenticated caller.",
    };
    operation.description.get_or_insert_with(|| text.to_owned());
    if P::ANYONE {
        operation.security = vec![Default::default()];
    }
}

pub(crate) fn document_body<T: Body>(ctx: &mut GenContext, operation: &mut Operation) {
    let content = [("application/json".to_owned(), openapi::media_type::<T>(ctx))].into_iter().collect();
    set_body(ctx, operation, RequestBody { content, required: true, ..RequestBody::default() });
}

pub(crate) fn document_key(operation: &mut Operation) {
    let text = schemars::json_schema!({ "type": "string", "minLength": 1, "maxLength": 255 });
    let about = "On a POST: a repeat with the same key and body answers the same, once done, for 24 hours.";
    operation.parameters.push(ReferenceOr::Item(Parameter::Header {
        parameter_data: openapi::parameter("Idempotency-Key", Some(about), false, text),
        style: aide::openapi::HeaderStyle::Simple,
    }));
}

/// The refusals of `list`; nobody is unknown or forbidden where anyone may call.
pub(crate) fn refusals<D: Dialect, P: Permission>(
    ctx: &mut GenContext,
    list: &[(u16, &str)],
) -> Vec<(Option<u16>, ApiResponse)> {
    list.iter()
        .filter(|(status, _)| !(P::ANYONE && matches!(status, 401 | 403)))
        .map(|(status, text)| (Some(*status), openapi::json_response::<D::Refusal>(ctx, text)))
        .collect()
}

impl<D: Dialect, P: Permission> OperationInput for Call<D, P> {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        document_permission::<P>(operation);
    }

    fn inferred_early_responses(ctx: &mut GenContext, _: &mut Operation) -> Vec<(Option<u16>, ApiResponse)> {
        refusals::<D, P>(ctx, D::REFUSALS)
    }
}

impl<D: Dialect, P: Permission, T: Body> OperationInput for Sent<D, P, T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        document_permission::<P>(operation);
        document_body::<T>(ctx, operation);
        document_key(operation);
    }

    fn inferred_early_responses(ctx: &mut GenContext, _: &mut Operation) -> Vec<(Option<u16>, ApiResponse)> {
        let mut list = refusals::<D, P>(ctx, D::REFUSALS);
        list.extend(refusals::<D, P>(ctx, D::REFUSALS_OF_BODIES));
        list
    }
}
