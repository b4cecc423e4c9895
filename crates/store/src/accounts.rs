//! `accounts`: one per person, with the addresses that the surfaces know it by.

use ferrum_domain::access::{Claim, Identity, Role};
use ferrum_domain::error::Unproven;
use ferrum_domain::time::Millis;
use ferrum_domain::units::WeightUnit;
use ferrum_domain::{Error, Result};

use crate::catalogue;
use crate::engine::{Facet, Moment, Tx};
use crate::enrollments::{self, Standing};
use crate::row::Row;
use crate::statements::statements;
use crate::values::values;

statements! {
    IDENTIFY = "SELECT key, status, role, credential_version, time_zone, weight_unit FROM accounts WHERE id = ?1";
    IDENTIFY_READER = "SELECT a.key, a.status, a.role, a.credential_version, a.time_zone, a.weight_unit, \
        (SELECT version FROM catalogue_version WHERE one = 1), e.program_id, e.iteration, e.week, e.day_index \
        FROM accounts a LEFT JOIN enrollments e ON e.account_key = a.key WHERE a.id = ?1";
    FIND_KEY = "SELECT key FROM accounts WHERE id = ?1";
    NEXT = "SELECT (SELECT COALESCE(MAX(key), 0) + 1 FROM accounts), \
        (SELECT COALESCE(MAX(number), 0) + 1 FROM accounts)";
    INSERT = "INSERT INTO accounts (key, id, number, object_id, email, email_folded, password_hash, name, role, \
        status, credential_version, weight_unit, time_zone, created_at, updated_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'active', 1, ?10, ?11, ?12, ?12)";
    FIND_BY_EMAIL = "SELECT key, id, number, object_id, email, password_hash, name, role, status, \
        credential_version, weight_unit, time_zone, created_at, updated_at FROM accounts WHERE email_folded = ?1";
    FIND = "SELECT key, id, number, object_id, email, password_hash, name, role, status, \
        credential_version, weight_unit, time_zone, created_at, updated_at FROM accounts WHERE id = ?1";
    LIST = "SELECT key, id, number, object_id, email, password_hash, name, role, status, \
        credential_version, weight_unit, time_zone, created_at, updated_at FROM accounts \
        WHERE key > ?1 ORDER BY key LIMIT ?2";
    SET_STATUS = "UPDATE accounts SET status = ?2, credential_version = credential_version + 1, updated_at = ?3 \
        WHERE key = ?1";
    SET_PASSWORD = "UPDATE accounts SET password_hash = ?2, credential_version = credential_version + 1, \
        updated_at = ?3 WHERE key = ?1";
    REHASH = "UPDATE accounts SET password_hash = ?3 WHERE key = ?1 AND password_hash = ?2";
    SET_PREFERENCES = "UPDATE accounts SET weight_unit = ?2, time_zone = ?3, updated_at = ?4 WHERE key = ?1";
    ATTACH = "UPDATE accounts SET email = ?2, email_folded = ?3, password_hash = ?4, role = ?5, \
        credential_version = credential_version + 1, updated_at = ?6 WHERE key = ?1";
}

/// A person, or somebody's name for one.
#[derive(Debug, Clone)]
pub struct Account {
    /// Internal key, to which all owned rows refer.
    pub key: i64,
    /// Address in PowerPro, Shuren and the coaching API.
    pub id: String,
    /// Address in Alloy.
    pub number: i64,
    /// Address in IntervalFlow: 24 hex digits.
    pub object_id: String,
    /// As given; compared without case.
    pub email: Option<String>,
    /// PHC text; `None` for an account without credentials.
    pub password_hash: Option<String>,
    /// Name to show.
    pub name: Option<String>,
    /// What the account is for.
    pub role: Role,
    /// Whether it may log in and act.
    pub active: bool,
    /// Rises with each change of the credentials, which ends older tokens.
    pub credential_version: i64,
    /// Unit of the weights that it enters from now on.
    pub weight_unit: WeightUnit,
    /// IANA name.
    pub time_zone: Option<String>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// Who reads, and what many reads ask next.
#[derive(Debug)]
pub struct Reader {
    /// The caller.
    pub me: Identity,
    /// Version of the catalogue in the same snapshot; `None` without an account, with which it was read.
    catalogue_version: Option<i64>,
    /// Where the caller stands in their program, if they follow one.
    pub standing: Option<Standing>,
}

impl Reader {
    /// Somebody unknown, where anyone may call.
    pub fn nobody() -> Self {
        Self { me: Identity::nobody(), catalogue_version: None, standing: None }
    }

    /// The version of the catalogue in this snapshot.
    pub fn catalogue_version(&self, tx: &mut Tx<'_>) -> Result<i64> {
        self.catalogue_version.map_or_else(|| catalogue::version(tx), Ok)
    }
}

/// What an account gets at birth besides its id.
#[derive(Debug, Clone)]
pub struct Birth {
    /// When.
    pub now: Millis,
    /// 24 hex digits.
    pub object_id: String,
}

/// An account with credentials, to be made.
#[derive(Debug, Clone)]
pub struct NewAccount<'a> {
    /// Public id.
    pub id: &'a str,
    /// E-mail as given.
    pub email: &'a str,
    /// PHC text.
    pub password_hash: &'a str,
    /// Name to show.
    pub name: Option<&'a str>,
    /// What it is for.
    pub role: Role,
    /// Unit of its weights.
    pub weight_unit: WeightUnit,
    /// IANA name.
    pub time_zone: Option<&'a str>,
}

/// Who the caller is. A name without proof that nobody has used yet is somebody without an account;
/// it never stands for support or admins. A token must fit the account as it is now.
pub fn identify(tx: &mut Tx<'_>, claim: &Claim) -> Result<Identity> {
    let found = tx.query_opt(IDENTIFY, values![claim.id()], known)?;
    proven(claim, found)
}

/// [`identify`], and in the same statement what many reads ask next.
pub fn identify_reader(tx: &mut Tx<'_>, claim: &Claim) -> Result<Reader> {
    let found = tx.query_opt(IDENTIFY_READER, values![claim.id()], |row| {
        Ok((known(row)?, row.get::<i64>(6)?, enrollments::standing(row, 7)?))
    })?;
    let Some((found, version, standing)) = found else {
        return Ok(Reader { me: proven(claim, None)?, catalogue_version: None, standing: None });
    };
    Ok(Reader { me: proven(claim, Some(found))?, catalogue_version: Some(version), standing })
}

/// What the database says of a person, for as long as that has not changed.
#[derive(Debug)]
pub struct Person {
    known: Known,
    standing: Option<Standing>,
    since: Moment,
}

impl Person {
    /// Whether it is still so in this transaction.
    pub fn is_unchanged(&self, tx: &Tx<'_>) -> bool {
        tx.is_unchanged(Facet::Person(self.known.account), self.since)
    }

    /// [`identify`], when it is known who has the claim's id.
    pub fn identify(person: Option<&Self>, claim: &Claim) -> Result<Identity> {
        proven(claim, person.map(|person| person.known.clone()))
    }

    /// [`identify_reader`], when it is known who has the claim's id.
    pub fn identify_reader(person: Option<&Self>, claim: &Claim, catalogue_version: i64) -> Result<Reader> {
        Ok(Reader {
            me: Self::identify(person, claim)?,
            catalogue_version: Some(catalogue_version),
            standing: person.and_then(|person| person.standing.clone()),
        })
    }
}

/// The person with this public id, to be kept since the moment `now` of this transaction.
pub fn find_person(tx: &mut Tx<'_>, id: &str, now: Moment) -> Result<Option<Person>> {
    tx.query_opt(IDENTIFY_READER, values![id], |row| {
        Ok(Person { known: known(row)?, standing: enrollments::standing(row, 7)?, since: now })
    })
}

/// What the row of an account says about a claim.
#[derive(Debug, Clone)]
struct Known {
    account: i64,
    active: bool,
    role: Role,
    credential_version: i64,
    time_zone: Option<String>,
    weight_unit: WeightUnit,
}

fn known(row: &Row<'_>) -> Result<Known> {
    Ok(Known {
        account: row.get(0)?,
        active: row.text(1)? == "active",
        role: role(row.text(2)?)?,
        credential_version: row.get(3)?,
        time_zone: row.get(4)?,
        weight_unit: unit(row.text(5)?)?,
    })
}

fn proven(claim: &Claim, found: Option<Known>) -> Result<Identity> {
    let (proof, admin) = match (claim, &found) {
        (Claim::Header { admin, .. }, None) => ("header", *admin),
        (Claim::Header { admin, .. }, Some(known))
            if known.active && matches!(known.role, Role::Customer | Role::Coach) =>
        {
            ("header", *admin)
        }
        (Claim::Token { version, .. }, Some(known))
            if known.active && known.credential_version == *version =>
        {
            ("token", known.role == Role::Admin)
        }
        (Claim::Token { .. }, None) => return Err(Error::Unauthenticated(Unproven::Unknown)),
        _ => return Err(Error::Unauthenticated(Unproven::Refused)),
    };
    let id = claim.id().to_owned();
    Ok(match found {
        None => Identity { id, admin, proof, ..Identity::nobody() },
        Some(Known { account, time_zone, weight_unit, .. }) => {
            Identity { account: Some(account), id, admin, proof, time_zone, weight_unit: Some(weight_unit) }
        }
    })
}

/// The key of the account with this id, which is made, without credentials, if there is none.
pub fn ensure(tx: &mut Tx<'_>, id: &str, birth: &Birth) -> Result<i64> {
    if let Some(key) = tx.query_opt(FIND_KEY, values![id], |row| row.get(0))? {
        return Ok(key);
    }
    let (key, number) = next(tx)?;
    let none = None::<&str>;
    let (role, unit) = (Role::Customer.as_str(), WeightUnit::Lb.as_str());
    let object_id = &birth.object_id;
    tx.execute(
        INSERT,
        values![key, id, number, object_id, none, none, none, none, role, unit, none, birth.now],
    )?;
    Ok(key)
}

/// Makes an account with credentials; `Conflict::Exists("accounts_email")` when the e-mail is taken.
pub fn insert(tx: &mut Tx<'_>, account: &NewAccount<'_>, birth: &Birth) -> Result<i64> {
    let (key, number) = next(tx)?;
    let folded = account.email.to_lowercase();
    tx.execute(
        INSERT,
        values![
            key,
            account.id,
            number,
            &birth.object_id,
            account.email,
            &folded,
            account.password_hash,
            account.name,
            account.role.as_str(),
            account.weight_unit.as_str(),
            account.time_zone,
            birth.now
        ],
    )?;
    Ok(key)
}

fn next(tx: &mut Tx<'_>) -> Result<(i64, i64)> {
    tx.query_one(NEXT, &[], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The account with this public id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Account>> {
    tx.query_opt(FIND, values![id], account)
}

/// The account with this e-mail, compared without case.
pub fn find_by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<Account>> {
    tx.query_opt(FIND_BY_EMAIL, values![&email.to_lowercase()], account)
}

/// Up to `limit` accounts after the one with the key `after`.
pub fn list(tx: &mut Tx<'_>, after: i64, limit: i64) -> Result<Vec<Account>> {
    tx.query(LIST, values![after, limit], account)
}

/// Enables or disables an account, which ends its tokens.
pub fn set_active(tx: &mut Tx<'_>, key: i64, active: bool, now: Millis) -> Result<()> {
    tx.execute(SET_STATUS, values![key, if active { "active" } else { "disabled" }, now])?;
    Ok(())
}

/// Sets a password, which ends the account's tokens.
pub fn set_password(tx: &mut Tx<'_>, key: i64, password_hash: &str, now: Millis) -> Result<()> {
    tx.execute(SET_PASSWORD, values![key, password_hash, now])?;
    Ok(())
}

/// Replaces the hash `old` by `new`, one of the same password: the account's tokens stay good.
pub fn rehash(tx: &mut Tx<'_>, key: i64, old: &str, new: &str) -> Result<()> {
    tx.execute(REHASH, values![key, old, new])?;
    Ok(())
}

/// Sets the unit of the weights that an account enters from now on, and where its days begin.
pub fn set_preferences(
    tx: &mut Tx<'_>,
    key: i64,
    unit: WeightUnit,
    time_zone: Option<&str>,
    now: Millis,
) -> Result<()> {
    tx.execute(SET_PREFERENCES, values![key, unit.as_str(), time_zone, now])?;
    Ok(())
}

/// Gives credentials to an account that has none, keeping its addresses and history;
/// `Conflict::Exists("accounts_email")` when the e-mail is taken.
pub fn attach(
    tx: &mut Tx<'_>,
    key: i64,
    email: &str,
    password_hash: &str,
    role: Role,
    now: Millis,
) -> Result<()> {
    let folded = email.to_lowercase();
    tx.execute(ATTACH, values![key, email, &folded, password_hash, role.as_str(), now])?;
    Ok(())
}

fn account(row: &Row<'_>) -> Result<Account> {
    Ok(Account {
        key: row.get(0)?,
        id: row.get(1)?,
        number: row.get(2)?,
        object_id: row.get(3)?,
        email: row.get(4)?,
        password_hash: row.get(5)?,
        name: row.get(6)?,
        role: role(row.text(7)?)?,
        active: row.text(8)? == "active",
        credential_version: row.get(9)?,
        weight_unit: unit(row.text(10)?)?,
        time_zone: row.get(11)?,
        created_at: Millis(row.get(12)?),
        updated_at: Millis(row.get(13)?),
    })
}

fn role(text: &str) -> Result<Role> {
    Role::parse(text).ok_or_else(|| Error::internal("an account has an unknown role"))
}

fn unit(text: &str) -> Result<WeightUnit> {
    WeightUnit::parse(text).ok_or_else(|| Error::internal("an account has an unknown unit"))
}
