//! What every request carries, and what is done with it inside the transaction: who calls, whether they may, and the
//! audit entry.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{Method, Uri};
use ferrum_app::App;
use ferrum_domain::access::{Claim, Identity};
use ferrum_domain::error::Unproven;
use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result};
use ferrum_store::accounts::{self, Reader};
use ferrum_store::{Db, Tx, audit};

use crate::answer::Done;
use crate::dialect::{Dialect, Permission};
use crate::house::Told;

/// What every request carries.
pub(crate) struct Context<P> {
    pub(crate) app: Arc<App>,
    claim: Result<Claim, Unproven>,
    pub(crate) permission: P,
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

impl<P: Permission> Context<P> {
    pub(crate) async fn of<D: Dialect>(parts: &mut Parts, app: &Arc<App>) -> Self {
        let params: Vec<(String, String)> = RawPathParams::from_request_parts(parts, app)
            .await
            .map(|params| params.iter().map(|(name, value)| (name.to_owned(), findable(value))).collect())
            .unwrap_or_default();
        let claim = D::claim(parts, app);
        let matched = parts.extensions.get::<MatchedPath>().cloned();
        let told = parts.extensions.get::<Told>().cloned();
        if let Some(told) = &told {
            matched.as_ref().inspect(|route| told.route(route));
            if let Ok(claim) = &claim {
                told.caller(claim.id());
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

    /// Method, route and the ids in the path, which scope an idempotency key, however the path is encoded.
    pub(crate) fn address(&self) -> String {
        // Its length before each, since an id may hold whatever could stand between two.
        self.params.iter().fold(self.route(), |address, (_, id)| format!("{address} {}:{id}", id.len()))
    }

    /// Method and route template, as an audit entry names them.
    pub(crate) fn route(&self) -> String {
        let route = self.matched.as_ref().map_or("", MatchedPath::as_str);
        [self.method.as_str(), " ", route].concat()
    }

    fn request_id(&self) -> &str {
        self.told.as_ref().map_or("", Told::id)
    }

    /// Surface, path and query, which name a cached answer: surfaces share paths, not answers.
    pub(crate) fn target(&self, surface: &str) -> String {
        [surface, self.uri.path_and_query().map_or("", PathAndQuery::as_str)].concat()
    }

    /// The ids in the path, in its order, the owner's `userId` aside.
    pub(crate) fn path_ids<const N: usize>(&self) -> [String; N] {
        let mut ids = self.params.iter().filter(|(name, _)| name != "userId").map(|(_, id)| id.clone());
        std::array::from_fn(|_| ids.next().unwrap_or_default())
    }

    /// Why the caller can only be refused: they must become known, and show nothing by which they could.
    pub(crate) fn unknown(&self) -> Option<Unproven> {
        self.claim.as_ref().err().copied().filter(|_| !P::ANYONE)
    }

    /// The database; who can only be refused does not get as far.
    pub(crate) fn db(&self) -> Result<Db> {
        match self.unknown() {
            Some(why) => Err(Error::Unauthenticated(why)),
            None => Ok(self.app.db.clone()),
        }
    }

    pub(crate) fn admit(&self, tx: &mut Tx<'_>) -> Result<Identity> {
        let claim = self.claim.as_ref().map_err(|why| Error::Unauthenticated(*why));
        let me = match claim.and_then(|claim| self.app.people.identify(tx, claim)) {
            Err(Error::Unauthenticated(_)) if P::ANYONE => Identity::nobody(),
            known => known?,
        };
        self.permission.check(&me)?;
        Ok(me)
    }

    /// [`Self::admit`], with what many reads ask next.
    pub(crate) fn admit_reader(&self, tx: &mut Tx<'_>) -> Result<Reader> {
        let claim = self.claim.as_ref().map_err(|why| Error::Unauthenticated(*why));
        let reader = match claim.and_then(|claim| self.app.people.identify_reader(tx, claim)) {
            Err(Error::Unauthenticated(_)) if P::ANYONE => Reader::nobody(),
            known => known?,
        };
        self.permission.check(&reader.me)?;
        Ok(reader)
    }

    /// A caller known by name alone becomes an account with their first write.
    pub(crate) fn enrol(&self, tx: &mut Tx<'_>, me: &mut Identity, now: Millis) -> Result<()> {
        if me.account.is_none() {
            let birth = accounts::Birth { now, object_id: self.app.ids.object_id() };
            me.account = Some(accounts::ensure(tx, &me.id, &birth)?);
        }
        Ok(())
    }

    /// Writes an audit entry.
    pub(crate) fn record<O>(
        &self,
        tx: &mut Tx<'_>,
        route: &str,
        surface: &str,
        me: &Identity,
        now: Millis,
        done: &Done<O>,
    ) -> Result<()> {
        audit::insert(
            tx,
            &audit::Entry {
                at: now,
                actor_key: me.account,
                actor_id: &me.id,
                proof: me.proof,
                claimed_admin: matches!(self.claim, Ok(Claim::Header { admin: true, .. })),
                surface,
                route,
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
