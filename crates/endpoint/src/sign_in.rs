//! A request by which somebody becomes known: registering, logging in. It is more than one transaction,
//! since a password is worked on outside of any, so it is not judged like a [`Sent`](crate::Sent).

use std::convert::Infallible;
use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRequest, MatchedPath, Request};
use ferrum_app::App;
use ferrum_app::actions::sign_in::{Origin, RepeatKey};
use ferrum_app::keyed_hash::Kind;
use ferrum_domain::Result;
use tokio::sync::SemaphorePermit;

use crate::body::Body;
use crate::dialect::Dialect;
use crate::house::Told;
use crate::limits::Client;
use crate::listen::Peer;
use crate::received::{BadBody, Received, repeat_key};

/// A request with a JSON body `T` from somebody who is yet to become known. If they are `NEW`, a repeat
/// under the same `Idempotency-Key` is answered like the first one; of others the header says nothing.
pub struct SignIn<D, T, const NEW: bool> {
    app: Arc<App>,
    origin: Origin,
    key: Result<Option<RepeatKey>>,
    body: Result<T, BadBody>,
    _place: Option<SemaphorePermit<'static>>,
    dialect: PhantomData<fn() -> D>,
}

impl<D, T, const NEW: bool> SignIn<D, T, NEW> {
    /// The application.
    pub fn app(&self) -> Arc<App> {
        Arc::clone(&self.app)
    }

    /// What was sent, from where, and under which key; fails if one of them cannot be read.
    pub fn into_parts(self) -> Result<(T, Origin, Option<RepeatKey>)> {
        let body = self.body.map_err(|bad| bad.error())?;
        Ok((body, self.origin, self.key?))
    }
}

impl<D: Dialect, T: Body, const NEW: bool> FromRequest<Arc<App>> for SignIn<D, T, NEW> {
    type Rejection = Infallible;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Infallible> {
        let (parts, body) = request.into_parts();
        let (matched, told) = (parts.extensions.get::<MatchedPath>(), parts.extensions.get::<Told>());
        if let (Some(told), Some(route)) = (told, matched) {
            told.route(route);
        }
        let peer = told.map_or(Peer::Unix, Told::peer);
        let client = Client::of(peer, &parts.headers, &app.config.trusted_proxies);
        let origin = Origin {
            surface: D::SURFACE,
            route: format!("{} {}", parts.method, matched.map_or("", MatchedPath::as_str)),
            request_id: told.map(|told| told.id().to_owned()).unwrap_or_default(),
            // Nobody can be told from others there.
            address: (client != Client::Unknown).then(|| client.to_string()),
        };
        let Received { bytes, place } = Received::read(body).await;
        let key = if NEW { repeat_key(&parts) } else { Ok(None) };
        let hash = |text| {
            let body_hash = app.keyed_hash.of(Kind::Body, bytes.as_deref().unwrap_or_default());
            RepeatKey { text, body_hash }
        };
        let key = key.map(|key| key.map(hash));
        let body = bytes.and_then(|bytes| D::read(&parts.headers, &bytes).map_err(BadBody::Unreadable));
        Ok(Self { app: Arc::clone(app), origin, key, body, _place: place, dialect: PhantomData })
    }
}
