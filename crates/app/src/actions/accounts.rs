//! What an operator does with accounts from the command line, each in a transaction of its own and
//! audited with the proof `cli`.

use std::time::Duration;

use ferrum_domain::access::Role;
use ferrum_domain::time::Millis;
use ferrum_domain::units::WeightUnit;
use ferrum_domain::{Conflict, Error, Result, Violations, ids, time};
use ferrum_store::Tx;
use ferrum_store::accounts::{self, Account, Birth, NewAccount};

use super::note_command::note_command;
use crate::tokens::{Bearer, HOUSE};
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

/// Sets what is given of an account: the unit of the weights that it enters from now on, which converts
/// nothing that is stored, and the IANA name of its time zone. `address` is its e-mail or id.
pub async fn set_user(
    app: &App,
    address: &str,
    unit: Option<WeightUnit>,
    time_zone: Option<&str>,
) -> Result<()> {
    let named = time_zone.map(time::time_zone);
    if named == Some(None) {
        return Err(Error::invalid("time zone", "must be the name of one, e.g. Europe/Berlin"));
    }
    let (account, zone) = (get(app, address).await?, named.flatten());
    let now = app.clock.now();
    let fields: &'static [&'static str] = match (unit, &zone) {
        (Some(_), Some(_)) => &["weight_unit", "time_zone"],
        (Some(_), None) => &["weight_unit"],
        _ => &["time_zone"],
    };
    let entry = Entry::new(app, "user set", &account.id, fields);
    app.db
        .write(move |tx| {
            let stored = accounts::find(tx, &account.id)?.ok_or(Error::NotFound)?;
            let zone = zone.as_deref().or(stored.time_zone.as_deref());
            accounts::set_preferences(tx, stored.key, unit.unwrap_or(stored.weight_unit), zone, now)?;
            entry.insert(tx)
        })
        .await
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
    let token = app.tokens.issue(bearer, HOUSE, app.clock.now(), seconds)?;
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
pub fn is_email(text: &str) -> bool {
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
    at: Millis,
    route: &'static str,
    row_id: String,
    fields: &'static [&'static str],
}

impl Entry {
    fn new(app: &App, route: &'static str, row_id: &str, fields: &'static [&'static str]) -> Self {
        Self { at: app.clock.now(), route, row_id: row_id.to_owned(), fields }
    }

    fn insert(&self, tx: &mut Tx<'_>) -> Result<()> {
        note_command(tx, self.at, self.route, ("accounts", &self.row_id), self.fields)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ferrum_domain::access::Claim;
    use ferrum_store::audit;

    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::passwords::Verdict;

    const HOUR: Duration = Duration::from_hours(1);

    fn app() -> (Arc<App>, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let data = ("data_dir".to_owned(), directory.path().display().to_string());
        let clock = Clock::manual(Millis(1_767_600_000_000));
        let app = App::open(Config::from_settings([data]).unwrap(), clock).unwrap();
        app.db.migrate(app.clock.now()).unwrap();
        (app, directory)
    }

    async fn add(app: &App, email: &str, role: Role) -> Result<Added> {
        let unit = WeightUnit::Kg;
        add_user(app, NewPerson { email: email.to_owned(), role, unit, password: None }).await
    }

    async fn works(app: &App, token: &str) -> bool {
        let claim = app.tokens.verify(token, HOUSE, app.clock.now()).unwrap();
        app.db.read(move |tx| accounts::identify(tx, &claim)).await.is_ok()
    }

    fn refusal<T: std::fmt::Debug>(outcome: Result<T>) -> String {
        outcome.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn a_made_password_opens_the_account() {
        let (app, _directory) = app();
        let added = add(&app, "Anna@example.org", Role::Coach).await.unwrap();
        let account = get(&app, "anna@EXAMPLE.org").await.unwrap();
        assert_eq!((account.id.as_str(), account.role), (added.id.as_str(), Role::Coach));
        let verdict =
            app.passwords.verify(added.made_password.unwrap(), account.password_hash).await.unwrap();
        assert_eq!(verdict, Verdict::Right { needs_rehash: false });
        let again = add(&app, "ANNA@example.org", Role::Customer).await;
        assert_eq!(refusal(again), "invalid: email belongs to another account");
    }

    #[tokio::test]
    async fn bad_e_mails_and_short_passwords_are_refused_together() {
        let (app, _directory) = app();
        let person = |email: &str, password: &str| NewPerson {
            email: email.to_owned(),
            role: Role::Admin,
            unit: WeightUnit::Lb,
            password: Some(password.to_owned()),
        };
        let text = refusal(add_user(&app, person("anna", "short")).await);
        assert!(text.contains("email must be") && text.contains("password must be at least 12"), "{text}");
        for bad in ["", "@", "a@", "@b", "a b@c", "a@b@c", "a@b\0"] {
            assert!(add_user(&app, person(bad, "long enough for an admin")).await.is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn tokens_end_with_the_password_and_with_the_account() {
        let (app, _directory) = app();
        add(&app, "anna@example.org", Role::Customer).await.unwrap();
        let first = token(&app, "anna@example.org", HOUR).await.unwrap();
        assert!(works(&app, &first).await);
        assert!(reset_password(&app, "anna@example.org", None).await.unwrap().is_some());
        assert!(!works(&app, &first).await);
        let second = token(&app, "anna@example.org", HOUR).await.unwrap();
        assert!(works(&app, &second).await);
        disable(&app, "anna@example.org").await.unwrap();
        assert!(!works(&app, &second).await);
        assert_eq!(refusal(token(&app, "anna@example.org", HOUR).await), "invalid: account is disabled");
        assert!(matches!(disable(&app, "nobody").await, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn attaching_keeps_the_account_and_happens_once() {
        let (app, _directory) = app();
        let birth = Birth { now: app.clock.now(), object_id: app.ids.object_id() };
        let key = app.db.write(move |tx| accounts::ensure(tx, "lifter-1", &birth)).await.unwrap();
        let chosen = Some("a long password".to_owned());
        assert_eq!(attach_user(&app, "lifter-1", "l@example.org", chosen).await.unwrap(), None);
        assert_eq!(get(&app, "L@example.org").await.unwrap().key, key);
        let claim = Claim::Header { id: "lifter-1".to_owned(), admin: false };
        let me = app.db.read(move |tx| accounts::identify(tx, &claim)).await.unwrap();
        assert_eq!(me.account, Some(key));
        let again = refusal(attach_user(&app, "lifter-1", "m@example.org", None).await);
        assert_eq!(again, "invalid: account has an e-mail and a password already");
        assert!(matches!(attach_user(&app, "nobody", "m@example.org", None).await, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn every_command_is_audited_without_its_secret() {
        let (app, _directory) = app();
        let added = add(&app, "anna@example.org", Role::Customer).await.unwrap();
        reset_password(&app, "anna@example.org", Some("a long password".to_owned())).await.unwrap();
        token(&app, "anna@example.org", HOUR).await.unwrap();
        set_user(&app, "anna@example.org", None, Some("Asia/Tokyo")).await.unwrap();
        disable(&app, "anna@example.org").await.unwrap();
        let entries = app.db.read(|tx| audit::list_after(tx, None, i64::MAX, 10)).await.unwrap();
        let routes: Vec<&str> = entries.iter().map(|entry| entry.route.as_str()).collect();
        assert_eq!(routes, ["user add", "user reset-password", "token", "user set", "user disable"]);
        for entry in entries {
            assert_eq!((entry.proof.as_str(), entry.row_id.as_str()), ("cli", added.id.as_str()));
            assert!(!format!("{entry:?}").contains("a long password"));
        }
    }
}
