//! What an operator does with accounts from the command line, each in a transaction of its own and
//! audited with the proof `cli`.

use std::time::Duration;

use ferrum_domain::access::Role;
use ferrum_domain::time::Millis;
use ferrum_domain::units::WeightUnit;
use ferrum_domain::{Conflict, Error, Result, Violations, ids};
use ferrum_store::accounts::{self, Account, Birth, NewAccount};
use ferrum_store::{Tx, audit};

use crate::tokens::Bearer;
use crate::{App, passwords};

/// A person to be added.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// E-mail to log in with.
    pub email: String,
    /// What the account is for.
    pub role: Role,
    /// Unit of its weights.
    pub unit: WeightUnit,
    /// The chosen password; without one it is made.
    pub password: Option<String>,
}

/// What came of adding a person.
#[derive(Debug)]
pub struct Added {
    /// Public id of the account.
    pub id: String,
    /// The password, if it was made.
    pub made_password: Option<String>,
}

/// Adds an account with credentials.
pub async fn add_user(app: &App, person: NewPerson) -> Result<Added> {
    let chosen = Chosen::new(app, &person.email, person.password, person.role)?;
    let hash = app.passwords.hash(chosen.password.clone()).await?;
    let id = app.ids.uuid();
    let birth = Birth { now: app.clock.now(), object_id: app.ids.object_id() };
    let entry = Entry::new(app, "user add", &id, &["email", "password", "role", "weight_unit"]);
    let added = id.clone();
    let inserted = app.db.write(move |tx| {
        let account = NewAccount {
            id: &id,
            email: &person.email,
            password_hash: &hash,
            name: None,
            role: person.role,
            weight_unit: person.unit,
            time_zone: None,
        };
        accounts::insert(tx, &account, &birth)?;
        entry.insert(tx)
    });
    inserted.await.map_err(email_taken)?;
    Ok(Added { id: added, made_password: chosen.made() })
}

/// Gives credentials to an account that a name without proof made; its addresses and history stay.
/// Returns the password, if it was made.
pub async fn attach_user(
    app: &App,
    id: &str,
    email: &str,
    password: Option<String>,
) -> Result<Option<String>> {
    if !ids::is_account_id(id) {
        return Err(Error::NotFound);
    }
    let account = get(app, id).await?;
    let chosen = Chosen::new(app, email, password, account.role)?;
    let hash = app.passwords.hash(chosen.password.clone()).await?;
    let now = app.clock.now();
    let entry = Entry::new(app, "user attach", id, &["email", "password"]);
    let (id, email) = (id.to_owned(), email.to_owned());
    let attached = app.db.write(move |tx| {
        let account = accounts::find(tx, &id)?.ok_or(Error::NotFound)?;
        if account.email.is_some() || account.password_hash.is_some() {
            return Err(Error::invalid("account", "has an e-mail and a password already"));
        }
        accounts::attach(tx, account.key, &email, &hash, account.role, now)?;
        entry.insert(tx)
    });
    attached.await.map_err(email_taken)?;
    Ok(chosen.made())
}

/// Lets nobody log in to an account any more and ends its tokens. `address` is its e-mail or id.
pub async fn disable(app: &App, address: &str) -> Result<()> {
    let account = get(app, address).await?;
    let now = app.clock.now();
    let entry = Entry::new(app, "user disable", &account.id, &["status"]);
    app.db
        .write(move |tx| {
            accounts::set_active(tx, account.key, false, now)?;
            entry.insert(tx)
        })
        .await
}

/// Gives an account another password and ends its tokens. Returns the password, if it was made.
pub async fn reset_password(app: &App, email: &str, password: Option<String>) -> Result<Option<String>> {
    let account = get(app, email).await?;
    let Some(email) = &account.email else {
        return Err(Error::invalid("account", "has no e-mail to log in with; attach one"));
    };
    let chosen = Chosen::new(app, email, password, account.role)?;
    let hash = app.passwords.hash(chosen.password.clone()).await?;
    let now = app.clock.now();
    let entry = Entry::new(app, "user reset-password", &account.id, &["password"]);
    app.db
        .write(move |tx| {
            accounts::set_password(tx, account.key, &hash, now)?;
            entry.insert(tx)
        })
        .await?;
    Ok(chosen.made())
}

/// An access token for an active account, good for `ttl`. `address` is its e-mail or id.
pub async fn token(app: &App, address: &str, ttl: Duration) -> Result<String> {
    let account = get(app, address).await?;
    if !account.active {
        return Err(Error::invalid("account", "is disabled"));
    }
    let bearer = Bearer { id: &account.id, role: account.role, version: account.credential_version };
    let seconds = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
    let token = app.tokens.issue(bearer, app.clock.now(), seconds)?;
    let entry = Entry::new(app, "token", &account.id, &[]);
    app.db.write(move |tx| entry.insert(tx)).await?;
    Ok(token)
}

/// The account with this e-mail or id.
pub async fn get(app: &App, address: &str) -> Result<Account> {
    let address = address.trim().to_owned();
    app.db
        .read(move |tx| match accounts::find_by_email(tx, &address)? {
            Some(account) => Ok(account),
            None => accounts::find(tx, &address)?.ok_or(Error::NotFound),
        })
        .await
}

/// An e-mail and a password that fit each other and the rules.
struct Chosen {
    password: String,
    is_made: bool,
}

impl Chosen {
    fn new(app: &App, email: &str, password: Option<String>, role: Role) -> Result<Self> {
        let mut violations = Violations::new();
        if !is_email(email) {
            violations.add("email", "must be an e-mail address of at most 254 bytes");
        }
        let is_made = password.is_none();
        let password = password.unwrap_or_else(|| app.ids.password());
        passwords::check("password", &password, role, &mut violations);
        violations.check()?;
        Ok(Self { password, is_made })
    }

    fn made(self) -> Option<String> {
        self.is_made.then_some(self.password)
    }
}

/// Something before and after one `@`, without spaces; who owns it only a mail can tell.
fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    text.len() <= 254
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
}

fn email_taken(error: Error) -> Error {
    match error {
        Error::Conflict(Conflict::Exists(index)) if index == "accounts_email" => {
            Error::invalid("email", "belongs to another account")
        }
        other => other,
    }
}

/// An audit entry of a command.
struct Entry {
    id: String,
    at: Millis,
    route: &'static str,
    row_id: String,
    fields: &'static [&'static str],
}

impl Entry {
    fn new(app: &App, route: &'static str, row_id: &str, fields: &'static [&'static str]) -> Self {
        Self { id: app.ids.uuid(), at: app.clock.now(), route, row_id: row_id.to_owned(), fields }
    }

    fn insert(&self, tx: &mut Tx<'_>) -> Result<()> {
        audit::insert(
            tx,
            &audit::Entry {
                id: &self.id,
                at: self.at,
                actor_key: None,
                actor_id: "",
                proof: "cli",
                claimed_admin: false,
                surface: "cli",
                route: self.route,
                row_type: "accounts",
                row_id: &self.row_id,
                fields: self.fields,
                request_id: "",
            },
        )
    }
}
