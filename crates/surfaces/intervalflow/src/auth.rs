//! `/api/auth`: registering and logging in, with the accounts that all surfaces share.

use std::fmt;

use ferrum_app::App;
use ferrum_app::actions::accounts::is_email;
use ferrum_app::actions::sign_in::{self, Credentials, Registration, RepeatKey, SignedIn};
use ferrum_app::passwords::LONGEST;
use ferrum_app::tokens::Bearer;
use ferrum_domain::access::Role;
use ferrum_domain::{Conflict, Error, Result, Violations};
use ferrum_endpoint::{Answer, Dialect, Field};
use ferrum_store::accounts::Account;
use schemars::JsonSchema;
use serde::Serialize;

use crate::dialect::{Api, IntervalFlow, One, Reply, SignIn};

/// Lengths of a username in characters.
const SHORTEST_NAME: usize = 3;
const LONGEST_NAME: usize = 30;

/// Somebody who has signed in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignedIn")]
pub struct SignedInOut {
    /// Id of the account, 24 hex digits.
    id: String,
    username: String,
    email: String,
    /// For the header `Authorization: Bearer ...`.
    token: String,
}

/// The token is a secret.
impl fmt::Debug for SignedInOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedInOut").field("id", &self.id).finish_non_exhaustive()
    }
}

ferrum_endpoint::body! {
    /// Somebody new.
    pub struct RegisterIn {
        /// 3 to 30 characters; several people may have the same.
        username: String,
        /// To log in with, compared without case. Nobody else has it.
        email: String,
        /// At least 6 characters, at most 1,024 bytes.
        password: String,
    }
    required ["username", "email", "password"]
    example { "username": "johndoe", "email": "john@example.com", "password": "securepassword123" }
}

ferrum_endpoint::body! {
    /// Somebody known.
    pub struct LoginIn {
        /// Compared without case.
        email: String,
        /// The account's, whichever surface it was set at.
        password: String,
    }
    required ["email", "password"]
    example { "email": "john@example.com", "password": "securepassword123" }
}

/// `POST /api/auth/register`
pub async fn register(sent: SignIn<RegisterIn, true>) -> Reply<Api, 201, One<SignedInOut>> {
    let app = sent.app();
    let (body, origin, key) = sent.into_parts()?;
    let registration = registration(body, key)?;
    let signed_in = sign_in::register(&app, registration, origin).await.map_err(|error| match error {
        Error::Conflict(Conflict::Exists(_)) => Error::invalid("", "User with this email already exists"),
        other => other,
    })?;
    Ok(Answer::of(&signed_in_out(&app, &signed_in)?, signed_in.replayed)?)
}

/// `POST /api/auth/login`. Takes no `Idempotency-Key`: logging in twice does no harm, and an answer that is
/// kept would be a way past the password.
pub async fn log_in(sent: SignIn<LoginIn, false>) -> Reply<Api, 200, One<SignedInOut>> {
    let app = sent.app();
    let (body, origin, _) = sent.into_parts()?;
    let credentials = credentials(body)?;
    let signed_in = sign_in::log_in(&app, credentials, origin).await?;
    Ok(Answer::of(&signed_in_out(&app, &signed_in)?, false)?)
}

fn signed_in_out(app: &App, signed_in: &SignedIn) -> Result<One<SignedInOut>> {
    let SignedIn { account, at, .. } = signed_in;
    let ttl = i64::try_from(app.config.intervalflow.token_ttl.as_secs()).unwrap_or(i64::MAX);
    let bearer = Bearer { id: &account.id, role: account.role, version: account.credential_version };
    let token = app.tokens.issue(bearer, IntervalFlow::<Api>::SURFACE, *at, ttl)?;
    Ok(One::new(SignedInOut {
        id: account.object_id.clone(),
        username: shown_name(account),
        email: account.email.clone().unwrap_or_default(),
        token,
    }))
}

/// An account that was made elsewhere may have no name, or one of another length.
fn shown_name(account: &Account) -> String {
    let email = account.email.as_deref().unwrap_or_default();
    let name = account.name.as_deref().unwrap_or_else(|| email.split('@').next().unwrap_or_default());
    let cut: String = name.chars().take(LONGEST_NAME).collect();
    format!("{cut:_<SHORTEST_NAME$}")
}

fn username(field: &Field<String>, violations: &mut Violations) -> Option<String> {
    let text = field.required("Username", violations)?.trim();
    let length = text.chars().count();
    if length == 0 {
        violations.add("Username", "is required");
    } else if length < SHORTEST_NAME {
        violations.add("Username", format!("must be at least {SHORTEST_NAME} characters"));
    } else if length > LONGEST_NAME {
        violations.add("Username", format!("cannot exceed {LONGEST_NAME} characters"));
    } else if text.chars().any(char::is_control) {
        violations.add("Username", "cannot contain control characters");
    } else {
        return Some(text.to_owned());
    }
    None
}

fn email(field: &Field<String>, violations: &mut Violations) -> Option<String> {
    let text = field.required("Email", violations)?.trim();
    if text.is_empty() {
        violations.add("Email", "is required");
    } else if !is_email(text) || !looks_deliverable(text) {
        violations.add("Email", "must be valid");
    } else {
        return Some(text.to_owned());
    }
    None
}

/// Whether an address has a domain with a dot and nothing that could only be a slip of the pen, such as the
/// comma after it, or would need quotes in the head of a mail.
fn looks_deliverable(email: &str) -> bool {
    let Some((name, host)) = email.rsplit_once('@') else { return false };
    !name.contains(['"', '(', ')', ',', ':', ';', '<', '>', '[', '\\', ']'])
        && host.contains('.')
        && host.split('.').all(is_label)
}

/// Whether a text can be a part of a domain, in any script.
fn is_label(text: &str) -> bool {
    let is_good = |c: char| c == '-' || !c.is_ascii_punctuation();
    !text.is_empty() && !text.starts_with('-') && !text.ends_with('-') && text.chars().all(is_good)
}

fn password(field: &Field<String>, violations: &mut Violations) -> Option<String> {
    let text = field.required("Password", violations)?;
    let shortest = Role::Customer.shortest_password();
    if text.is_empty() {
        violations.add("Password", "is required");
    } else if text.chars().count() < shortest {
        violations.add("Password", format!("must be at least {shortest} characters"));
    } else if text.len() > LONGEST {
        violations.add("Password", format!("cannot exceed {LONGEST} bytes"));
    } else {
        return Some(text.clone());
    }
    None
}

/// What cannot be a person's is refused like what is not theirs, but for other types than text.
/// Takes the body, which may be large, so that it is gone before the password is worked on.
fn registration(body: RegisterIn, key: Option<RepeatKey>) -> Result<Registration> {
    let RegisterIn { username: name, email: address, password: secret } = body;
    let mut violations = Violations::new();
    let name = username(&name, &mut violations);
    let email = email(&address, &mut violations);
    let password = password(&secret, &mut violations);
    let parts = name.zip(email).zip(password);
    let ((name, email), password) = violations.finish(parts)?;
    Ok(Registration { credentials: Credentials { email, password }, name, key })
}

/// Takes the body like [`registration`].
fn credentials(LoginIn { email, password }: LoginIn) -> Result<Credentials> {
    let mut violations = Violations::new();
    let [email, password] = [("Email", &email), ("Password", &password)]
        .map(|(label, field)| field.optional(label, &mut violations).map_or("", String::as_str));
    violations.check()?;
    let email = email.trim();
    if email.is_empty() || password.is_empty() {
        return Err(Error::invalid("", "Please provide both email and password"));
    }
    Ok(Credentials { email: email.to_owned(), password: password.to_owned() })
}
