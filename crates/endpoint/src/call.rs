//! One request as a handler sees it: who calls, with which permission, what was sent, and the one
//! transaction in which it is judged and done.
//!
//! The order inside the transaction is that of the answers: who are you (401), may you (403), what
//! do you want (400), and then whatever the handler finds (404, 403, 409, 422).

use std::convert::Infallible;
use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::Method;
use axum::http::request::Parts;
use bytes::Bytes;
use ferrum_app::App;
use ferrum_domain::access::Identity;
use ferrum_domain::time::Millis;
use ferrum_domain::{Conflict, Error, Result};
use ferrum_store::accounts::Reader;
use ferrum_store::{Tx, idempotency};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::SemaphorePermit;

use crate::answer::{Answer, Done, Problem, Rendered, render};
use crate::body::Body;
use crate::context::Context;
use crate::dialect::{Dialect, Known, Permission};
use crate::received::{BadBody, Received, bad_key, repeat_key};

/// Largest answer, and longest path and query, that the cache keeps: clients choose both.
const KEPT_ANSWER: usize = 32 << 10;
const KEPT_TARGET: usize = 256;

/// What came of a request inside its transaction.
enum Outcome<O> {
    /// Done now. It is rendered after the transaction, since many wait for the one writer, and what our answers are
    /// made of can always be written as JSON.
    Fresh(O),
    /// Rendered inside, or when the request came first.
    Rendered { body: Bytes, replayed: bool },
}

impl<O: Serialize> Outcome<O> {
    fn answer<const STATUS: u16>(self) -> Result<Answer<STATUS, O>> {
        match self {
            Self::Fresh(out) => Answer::of(&out, false),
            Self::Rendered { body, replayed } => Ok(Answer::new(body, replayed)),
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
    _place: Option<SemaphorePermit<'static>>,
    dialect: PhantomData<fn() -> D>,
}

#[derive(Debug)]
struct Key {
    text: String,
    body_hash: [u8; 32],
}

impl Key {
    /// What a repeat has in common with the first request: the body, and whether an admin asks, who may be told more.
    fn hash_for(&self, me: &Identity) -> [u8; 32] {
        Sha256::new().chain_update(self.body_hash).chain_update([u8::from(me.admin)]).finalize().into()
    }
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
        let db = context.db()?;
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
        W: Fn(&mut Tx<'_>, &Reader) -> Result<Rendered<O>> + Send + Sync + 'static,
    {
        let Self { context, .. } = self;
        let db = context.db()?;
        let rendered = db
            .read(move |tx| {
                let reader = context.admit_reader(tx)?;
                work(tx, &reader)
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
        let db = context.db()?;
        let body = db
            .read(move |tx| {
                let version = context.admit_reader(tx)?.catalogue_version(tx)?;
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
        let db = context.db()?;
        let route = context.route();
        let out = db
            .write(move |tx| {
                let mut me = context.admit(tx)?;
                let now = context.app.clock.now();
                context.enrol(tx, &mut me, now)?;
                let done = work(tx, &me)?;
                context.record(tx, &route, D::SURFACE, &me, now, &done)?;
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
        let db = self.context.db()?;
        let route = self.context.route();
        let outcome = db
            .write(move |tx| {
                self.once(tx, STATUS, |tx, me, body, now| {
                    self.context.enrol(tx, me, now)?;
                    let done = work(tx, me, body)?;
                    self.context.record(tx, &route, D::SURFACE, me, now, &done)?;
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
        let db = self.context.db()?;
        let outcome = if matches!(self.key, Ok(None)) {
            db.read(move |tx| {
                let me = self.context.admit(tx)?;
                let body = self.body.as_ref().map_err(BadBody::error)?;
                Ok(Outcome::Rendered { body: render(200, &work(tx, &me, body)?)?, replayed: false })
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
        work: impl Fn(&mut Tx<'_>, &mut Identity, &T, Millis) -> Result<O>,
    ) -> Result<Outcome<O>> {
        let context = &self.context;
        let mut me = context.admit(tx)?;
        let now = context.app.clock.now();
        let body = self.body.as_ref().map_err(BadBody::error)?;
        let key = self.key.as_ref().map_err(|_| bad_key())?;
        let address = key.as_ref().map(|_| context.address()).unwrap_or_default();
        if let Some(key) = key
            && let Some(kept) = idempotency::find(tx, &me.id, D::SURFACE, &address, &key.text, now)?
        {
            return if kept.request_hash == key.hash_for(&me) {
                Ok(Outcome::Rendered { body: kept.answer.into(), replayed: true })
            } else {
                Err(Error::Conflict(Conflict::KeyReused))
            };
        }
        let out = work(tx, &mut me, body, now)?;
        let Some(key) = key else { return Ok(Outcome::Fresh(out)) };
        let answer = render(status, &out)?;
        idempotency::insert(
            tx,
            &me.id,
            D::SURFACE,
            &address,
            &key.text,
            &idempotency::Kept { request_hash: key.hash_for(&me).to_vec(), answer: answer.to_vec() },
            now,
        )?;
        Ok(Outcome::Rendered { body: answer, replayed: false })
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
        let received =
            if context.unknown().is_some() { Received::nothing() } else { Received::read(body).await };
        let Received { bytes, place } = received;
        let key = if parts.method == Method::POST { repeat_key(&parts) } else { Ok(None) };
        let hash =
            |text| Key { text, body_hash: Sha256::digest(bytes.as_deref().unwrap_or_default()).into() };
        let key = key.map(|key| key.map(hash));
        let body = bytes.and_then(|bytes| D::read(&parts.headers, &bytes).map_err(BadBody::Unreadable));
        Ok(Self { context, body, key, _place: place, dialect: PhantomData })
    }
}
