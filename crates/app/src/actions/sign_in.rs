//! Registering and logging in, the same for every surface: each has its own words and tokens.
//!
//! Neither is one transaction, since a password is not worked on inside of any. An attempt to log in is
//! counted before its password is looked at, and given back when it was right: so, of guesses at the
//! same time, no more are looked at than the limit allows.

use std::sync::Arc;

use ferrum_domain::access::Role;
use ferrum_domain::error::{Attempts, Unproven};
use ferrum_domain::time::Millis;
use ferrum_domain::units::WeightUnit;
use ferrum_domain::{Conflict, Error, Result};
use ferrum_store::accounts::{self, Account, Birth, NewAccount};
use ferrum_store::idempotency::{self, Kept};
use ferrum_store::sign_ins::{self, Taken};
use ferrum_store::{Tx, audit};
use serde::{Deserialize, Serialize};

use super::accounts::is_email;
use crate::App;
use crate::config::Quota;
use crate::keyed_hash::Kind;
use crate::passwords::Verdict;

/// What somebody logs in with. Has no debug print, which would end in a log.
pub struct Credentials {
    /// E-mail, compared without case.
    pub email: String,
    /// Password.
    pub password: String,
}

/// Somebody new.
pub struct Registration {
    /// What they will log in with; judged by the surface, in its words.
    pub credentials: Credentials,
    /// Name to show.
    pub name: String,
    /// Under which a repeat of the request is answered like the first one.
    pub key: Option<RepeatKey>,
}

/// An `Idempotency-Key` and what was sent under it.
#[derive(Debug, Clone)]
pub struct RepeatKey {
    /// The key.
    pub text: String,
    /// Keyed hash of the body: a plain one would let a copy of the database be searched for the password
    /// much faster than its Argon2 hash.
    pub body_hash: [u8; 32],
}

/// The request that somebody signs in with.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Its surface.
    pub surface: &'static str,
    /// Its method and route template.
    pub route: String,
    /// Its id.
    pub request_id: String,
    /// Its client's address, where it can be told from others.
    pub address: Option<String>,
}

/// Somebody who is who they say.
#[derive(Debug)]
pub struct SignedIn {
    /// Their account.
    pub account: Account,
    /// Since when: the time of their tokens.
    pub at: Millis,
    /// Whether this is the answer to an earlier request under the same key.
    pub replayed: bool,
}

/// What is kept of a registration's answer: enough to make it again, but not its token.
#[derive(Serialize, Deserialize)]
struct Answered {
    id: String,
    version: i64,
    at: i64,
}

/// Logs somebody in. An unknown e-mail, a wrong password, and an account that has no password or is
/// disabled end in the same refusal after the same work.
pub async fn log_in(app: &App, credentials: Credentials, origin: Origin) -> Result<SignedIn> {
    let Credentials { email, password } = credentials;
    // Before the attempt counts: nobody has failed whose password is not looked at.
    let place = app.passwords.place()?;
    let attempt = Attempt::begin(app, email, origin).await?;
    let stored = attempt.account.as_ref().and_then(|account| account.password_hash.clone());
    let verdict = place.verify(password.clone(), stored).await?;
    match (verdict, &attempt.account) {
        (Verdict::Right { needs_rehash }, Some(account)) if account.active => {
            let rehash = if needs_rehash { Some(place.hash(password).await?) } else { None };
            attempt.succeed(app, rehash).await
        }
        _ => attempt.fail(app).await,
    }
}

/// An attempt to log in.
struct Attempt {
    entry: Entry,
    who: [u8; 32],
    address: Option<[u8; 32]>,
    account: Option<Account>,
    /// End of the window in which it counts as failed.
    counted: Option<Millis>,
}

impl Attempt {
    async fn begin(app: &App, email: String, origin: Origin) -> Result<Self> {
        let who = app.keyed_hash.of(Kind::Email, email.to_lowercase().as_bytes());
        let address = hashed_address(app, &origin);
        let entry = Entry::new(app, origin);
        let (quota, now) = (app.config.quotas.account_logins.filter(|_| app.config.rate_limits), entry.at);
        let begun = app.db.write(move |tx| {
            let account = if is_email(&email) { accounts::find_by_email(tx, &email)? } else { None };
            let is_known = match (&account, &address) {
                (Some(account), Some(address)) => sign_ins::is_known_address(tx, account.key, address, now)?,
                _ => false,
            };
            let counted = match quota.filter(|_| !is_known) {
                Some(quota) => Some(count(tx, &who, quota, now)?),
                None => None,
            };
            Ok((account, counted))
        });
        let (account, counted) = begun.await.inspect_err(|error| {
            if let Error::TooMany { .. } = error {
                metrics::counter!("rate_limit_refusals_total", "limit" => "account_logins").increment(1);
            }
        })?;
        Ok(Self { entry, who, address, account, counted })
    }

    async fn succeed(self, app: &App, rehash: Option<String>) -> Result<SignedIn> {
        let at = self.entry.at;
        let signed_in = app.db.write(move |tx| {
            let Some(then) = &self.account else { return Err(refused()) };
            let now = accounts::find(tx, &then.id)?.filter(|account| account.active);
            // The password may have been changed while it was looked at.
            let account = now.filter(|account| account.credential_version == then.credential_version);
            let account = account.ok_or_else(refused)?;
            if let (Some(old), Some(new)) = (&then.password_hash, &rehash) {
                accounts::rehash(tx, account.key, old, new)?;
            }
            if let Some(ends) = self.counted {
                sign_ins::give_back(tx, &self.who, ends)?;
            }
            if let Some(address) = &self.address {
                sign_ins::remember_address(tx, account.key, address, at)?;
            }
            self.entry.insert(tx, &account, &[])?;
            Ok(account)
        });
        Ok(SignedIn { account: signed_in.await?, at, replayed: false })
    }

    /// Of failures the audit hears once a minute per person and address, or a flood of guesses would fill
    /// it. All unknown e-mails are one person there: an attacker can think of any number.
    async fn fail(self, app: &App) -> Result<SignedIn> {
        let written = app.db.write(move |tx| {
            let id = self.account.as_ref().map_or("", |account| account.id.as_str());
            let who: &[u8] = if self.account.is_some() { &self.who } else { &[] };
            let address: &[u8] = self.address.as_ref().map_or(&[], |address| address);
            if sign_ins::tell(tx, who, address, self.entry.at)? {
                self.entry.insert_failed(tx, id)?;
            }
            Ok(())
        });
        written.await?;
        Err(refused())
    }
}

fn refused() -> Error {
    Error::Unauthenticated(Unproven::Credentials)
}

/// Takes a slot; the end of its window.
fn count(tx: &mut Tx<'_>, who: &[u8], quota: Quota, now: Millis) -> Result<Millis> {
    let window = i64::try_from(quota.window.as_millis()).unwrap_or(i64::MAX / 4);
    match sign_ins::take(tx, who, i64::from(quota.count), window, now)? {
        Taken::Slot { ends } => Ok(ends),
        Taken::Full { ends } => {
            let retry_after = u64::try_from(ends.0 - now.0).unwrap_or_default().div_ceil(1000);
            Err(Error::TooMany { of: Attempts::SignIns, window: quota.window.as_secs(), retry_after })
        }
    }
}

/// Makes an account for somebody new, a customer, and signs them in. Fails with
/// `Conflict::Exists("email")` if an account has the e-mail.
pub async fn register(app: &App, registration: Registration, origin: Origin) -> Result<SignedIn> {
    let Registration { credentials: Credentials { email, password }, name, key } = registration;
    let newcomer = Arc::new(Newcomer {
        address: hashed_address(app, &origin),
        entry: Entry::new(app, origin),
        email,
        name,
        key,
    });
    // Before the password costs anything.
    let asked = Arc::clone(&newcomer);
    if let Some(earlier) = app.db.read(move |tx| asked.earlier(tx)).await? {
        return Ok(earlier);
    }
    let hash = app.passwords.hash(password).await?;
    let (id, object_id) = (app.ids.uuid(), app.ids.object_id());
    let written = app.db.write(move |tx| match newcomer.earlier(tx)? {
        Some(earlier) => Ok(earlier),
        None => newcomer.insert(tx, &id, &object_id, &hash),
    });
    written.await.map_err(|error| match error {
        Error::Conflict(Conflict::Exists(index)) if index == "accounts_email" => taken(),
        other => other,
    })
}

fn taken() -> Error {
    Error::Conflict(Conflict::Exists("email".to_owned()))
}

struct Newcomer {
    entry: Entry,
    address: Option<[u8; 32]>,
    email: String,
    name: String,
    key: Option<RepeatKey>,
}

impl Newcomer {
    /// The caller whose keys these are: nobody is known yet, so those of one address are one.
    fn caller(&self) -> String {
        let hash = self.address.as_ref().map_or(&[][..], |hash| &hash[..16]);
        hash.iter().fold("address ".to_owned(), |text, byte| text + &format!("{byte:02x}"))
    }

    /// The answer to an earlier request under the same key. A refusal if the e-mail is taken.
    fn earlier(&self, tx: &mut Tx<'_>) -> Result<Option<SignedIn>> {
        if let Some(key) = &self.key {
            let Entry { surface, route, at, .. } = &self.entry;
            if let Some(kept) = idempotency::find(tx, &self.caller(), surface, route, &key.text, *at)? {
                return if kept.request_hash == key.body_hash {
                    again(tx, &kept).map(Some)
                } else {
                    Err(Error::Conflict(Conflict::KeyReused))
                };
            }
        }
        if accounts::find_by_email(tx, &self.email)?.is_some() { Err(taken()) } else { Ok(None) }
    }

    fn insert(&self, tx: &mut Tx<'_>, id: &str, object_id: &str, hash: &str) -> Result<SignedIn> {
        let Entry { surface, route, at, .. } = &self.entry;
        let new = NewAccount {
            id,
            email: &self.email,
            password_hash: hash,
            name: Some(&self.name),
            role: Role::Customer,
            weight_unit: WeightUnit::Lb,
            time_zone: None,
        };
        accounts::insert(tx, &new, &Birth { now: *at, object_id: object_id.to_owned() })?;
        let account = accounts::find(tx, id)?.ok_or(Error::NotFound)?;
        if let Some(address) = &self.address {
            sign_ins::remember_address(tx, account.key, address, *at)?;
        }
        self.entry.insert(tx, &account, &["email", "name", "password"])?;
        if let Some(key) = &self.key {
            let answered = Answered { id: id.to_owned(), version: account.credential_version, at: at.0 };
            let answer = serde_json::to_vec(&answered)
                .map_err(|e| Error::internal(format!("an answer to keep: {e}")))?;
            let kept = Kept { request_hash: key.body_hash.to_vec(), answer };
            idempotency::insert(tx, &self.caller(), surface, route, &key.text, &kept, *at)?;
        }
        Ok(SignedIn { account, at: *at, replayed: false })
    }
}

/// What a kept answer stands for: the account with the credentials and at the time of then, of which the
/// surface makes the very token of then.
fn again(tx: &mut Tx<'_>, kept: &Kept) -> Result<SignedIn> {
    let answered: Answered = serde_json::from_slice(&kept.answer)
        .map_err(|e| Error::internal(format!("a kept answer cannot be read: {e}")))?;
    let mut account = accounts::find(tx, &answered.id)?.ok_or(Error::NotFound)?;
    account.credential_version = answered.version;
    Ok(SignedIn { account, at: Millis(answered.at), replayed: true })
}

fn hashed_address(app: &App, origin: &Origin) -> Option<[u8; 32]> {
    origin.address.as_ref().map(|address| app.keyed_hash.of(Kind::Address, address.as_bytes()))
}

/// The audit entry of a request.
struct Entry {
    at: Millis,
    surface: &'static str,
    route: String,
    request_id: String,
}

impl Entry {
    fn new(app: &App, origin: Origin) -> Self {
        let Origin { surface, route, request_id, .. } = origin;
        Self { at: app.clock.now(), surface, route, request_id }
    }

    /// Of somebody who has shown their password.
    fn insert(&self, tx: &mut Tx<'_>, account: &Account, fields: &[&str]) -> Result<()> {
        self.write(tx, Some(account.key), &account.id, "password", &account.id, fields)
    }

    /// Of nobody, at the account `row_id`.
    fn insert_failed(&self, tx: &mut Tx<'_>, row_id: &str) -> Result<()> {
        self.write(tx, None, "", "none", row_id, &[])
    }

    fn write(
        &self,
        tx: &mut Tx<'_>,
        actor_key: Option<i64>,
        actor_id: &str,
        proof: &str,
        row_id: &str,
        fields: &[&str],
    ) -> Result<()> {
        let Self { at, surface, route, request_id } = self;
        audit::insert(
            tx,
            &audit::Entry {
                at: *at,
                actor_key,
                actor_id,
                proof,
                claimed_admin: false,
                surface,
                route,
                row_type: "accounts",
                row_id,
                fields,
                request_id,
            },
        )
    }
}
