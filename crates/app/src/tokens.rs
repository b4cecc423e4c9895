//! Short-lived access tokens: JWT signed with HMAC-SHA256 under a secret of the data directory.
//!
//! A token proves only who asked for it and when. Whether the account still stands, and still has
//! the credentials of that day, is read with each request in the transaction of its data.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ferrum_domain::access::{Claim, Role};
use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use crate::ids::system_bytes;

/// Who issues the tokens; as the audience of one, every surface of this server.
pub const HOUSE: &str = "ferrum";

/// Name of the secret's file in the data directory.
const KEY_FILE: &str = "token.key";

/// Maker and judge of access tokens.
pub struct Tokens {
    sign: EncodingKey,
    check: DecodingKey,
    rules: Validation,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens")
    }
}

/// For whom a token is made.
#[derive(Debug, Clone, Copy)]
pub struct Bearer<'a> {
    /// Public id of the account.
    pub id: &'a str,
    /// Its role.
    pub role: Role,
    /// Its credential version.
    pub version: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    roles: Vec<String>,
    version: i64,
    iat: i64,
    exp: i64,
}

impl Tokens {
    /// Tokens under the secret `key`.
    pub fn new(key: &[u8; 32]) -> Self {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[HOUSE]);
        // Judged below, since it depends on the surface.
        rules.validate_aud = false;
        rules.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // Judged below by the product's own clock.
        rules.validate_exp = false;
        Self { sign: EncodingKey::from_secret(key), check: DecodingKey::from_secret(key), rules }
    }

    /// A token for `bearer`, good for `ttl` seconds from `now` at the surface `audience`, or everywhere
    /// if that is [`HOUSE`].
    pub fn issue(&self, bearer: Bearer<'_>, audience: &str, now: Millis, ttl: i64) -> Result<String> {
        let iat = now.0.div_euclid(1000);
        let claims = Claims {
            iss: HOUSE.to_owned(),
            aud: audience.to_owned(),
            sub: bearer.id.to_owned(),
            roles: vec![bearer.role.as_str().to_owned()],
            version: bearer.version,
            iat,
            exp: iat.saturating_add(ttl),
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.sign).map_err(|e| Error::Internal {
            context: "a token could not be signed".to_owned(),
            source: Some(Box::new(e)),
        })
    }

    /// What a token claims, if it is ours, good at `surface` and not expired at `now`.
    pub fn verify(&self, token: &str, surface: &str, now: Millis) -> Option<Claim> {
        let claims = decode::<Claims>(token, &self.check, &self.rules).ok()?.claims;
        let is_for_us = claims.aud == HOUSE || claims.aud == surface;
        (is_for_us && now.0 < claims.exp.checked_mul(1000)?)
            .then_some(Claim::Token { id: claims.sub, version: claims.version })
    }

    /// Whether a text has the form of a JWT, ours or not: three parts of Base64, of which the first
    /// begins like a JSON object. Such a text is never taken for a name.
    pub fn looks_like_jwt(&self, text: &str) -> bool {
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return false;
        };
        let is_base64 =
            |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        [header, payload, signature].into_iter().all(is_base64) && begins_an_object(header)
    }
}

/// Whether what a text of Base64 stands for begins like a JSON object.
fn begins_an_object(base64: &str) -> bool {
    // Of a text that was cut off, the groups of four before the cut.
    let whole = &base64[..base64.len() - base64.len() % 4];
    let json = [base64, whole].iter().find_map(|text| URL_SAFE_NO_PAD.decode(text).ok()).unwrap_or_default();
    let members = json.trim_ascii_start().strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    members.is_some_and(|members| matches!(members, [b'"' | b'}', ..]))
}

/// The secret in the data directory; made, with the directory, when there is none. Processes that
/// start at once agree on one.
pub(crate) fn open_key(directory: &Path) -> Result<[u8; 32]> {
    make_directory(directory)?;
    let path = directory.join(KEY_FILE);
    match fs::read(&path) {
        Err(e) if e.kind() == ErrorKind::NotFound => {
            make_key(directory, &path).map_err(|e| unusable(&path, &e))?;
        }
        Err(e) => return Err(unusable(&path, &e)),
        Ok(_) => {}
    }
    read_key(directory)
}

/// The secret that an earlier start has made.
pub(crate) fn read_key(directory: &Path) -> Result<[u8; 32]> {
    let path = directory.join(KEY_FILE);
    let bytes = fs::read(&path).map_err(|e| unusable(&path, &e))?;
    bytes.try_into().map_err(|_| Error::unavailable(format!("{} is not a key of 32 bytes", path.display())))
}

fn unusable(path: &Path, error: &std::io::Error) -> Error {
    Error::unavailable(format!("cannot use {}: {error}", path.display()))
}

/// Makes the data directory, open to its owner alone; one that exists is left as it is.
pub(crate) fn make_directory(directory: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|e| unusable(directory, &e))
}

/// Writes a new key under another name first: under its own it is whole or not there.
fn make_key(directory: &Path, path: &Path) -> std::io::Result<()> {
    let other = |e: Error| std::io::Error::other(e.to_string());
    let key: [u8; 32] = system_bytes().map_err(other)?;
    let draft =
        directory.join(format!(".{KEY_FILE}.{:016x}", u64::from_be_bytes(system_bytes().map_err(other)?)));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(&key)?;
    file.sync_all()?;
    // A link, unlike a renaming, does not replace the key that another process has just made.
    let linked = match fs::hard_link(&draft, path) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => Err(e),
        _ => Ok(()),
    };
    fs::remove_file(&draft)?;
    linked?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_767_600_000_000);
    const ANNA: Bearer<'_> = Bearer { id: "anna", role: Role::Coach, version: 3 };

    fn token() -> (Tokens, String) {
        let tokens = Tokens::new(&[7; 32]);
        let token = tokens.issue(ANNA, HOUSE, NOW, 3600).unwrap();
        (tokens, token)
    }

    /// A token of the same secret with other claims.
    fn forged(change: impl Fn(&mut serde_json::Value)) -> String {
        let mut claims = serde_json::json!({
            "iss": "ferrum", "aud": "ferrum", "sub": "anna", "roles": ["coach"],
            "version": 3, "iat": 1_767_600_000, "exp": 1_767_603_600,
        });
        change(&mut claims);
        encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(&[7; 32])).unwrap()
    }

    #[test]
    fn a_token_is_good_until_it_expires() {
        let (tokens, token) = token();
        let claim = Some(Claim::Token { id: "anna".to_owned(), version: 3 });
        assert_eq!(tokens.verify(&token, "powerpro", NOW), claim);
        assert_eq!(tokens.verify(&token, "powerpro", Millis(NOW.0 + 3_599_999)), claim);
        assert_eq!(tokens.verify(&token, "powerpro", Millis(NOW.0 + 3_600_000)), None);
    }

    #[test]
    fn another_secret_issuer_or_audience_is_refused() {
        let (tokens, token) = token();
        assert_eq!(Tokens::new(&[8; 32]).verify(&token, "powerpro", NOW), None);
        assert!(tokens.verify(&forged(|_| {}), "powerpro", NOW).is_some());
        assert_eq!(tokens.verify(&forged(|c| c["iss"] = "someone".into()), "powerpro", NOW), None);
        let theirs = forged(|c| c["aud"] = "intervalflow".into());
        assert_eq!(tokens.verify(&theirs, "powerpro", NOW), None);
        assert!(tokens.verify(&theirs, "intervalflow", NOW).is_some());
        let several = forged(|c| c["aud"] = serde_json::json!(["powerpro", "ferrum"]));
        assert_eq!(tokens.verify(&several, "powerpro", NOW), None);
        for name in ["iss", "aud", "sub", "exp", "version"] {
            let without = forged(|c| {
                c.as_object_mut().unwrap().remove(name);
            });
            assert_eq!(tokens.verify(&without, "powerpro", NOW), None, "without {name}");
        }
    }

    #[test]
    fn the_algorithm_is_not_the_senders_choice() {
        let (tokens, token) = token();
        let rest = token.split_once('.').unwrap().1;
        let none = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"none"}"#);
        assert_eq!(tokens.verify(&format!("{none}.{rest}"), "powerpro", NOW), None);
        let payload = rest.split_once('.').unwrap().0;
        assert_eq!(tokens.verify(&format!("{none}.{payload}."), "powerpro", NOW), None);
        let claims: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        let key = EncodingKey::from_secret(&[7; 32]);
        let longer = encode(&Header::new(Algorithm::HS512), &claims, &key).unwrap();
        assert_eq!(tokens.verify(&longer, "powerpro", NOW), None);
    }

    #[test]
    fn the_form_of_a_jwt_is_told_from_a_name() {
        let (tokens, token) = token();
        assert!(tokens.looks_like_jwt(&token));
        for header in [r#"{"alg":"none"}"#, "{ \"alg\": \"none\"}", "\r\n{\n  \"alg\" : \"none\" }", "{}"] {
            let jwt = format!("{}.eyJzdWIiOiJhIn0.", URL_SAFE_NO_PAD.encode(header));
            assert!(tokens.looks_like_jwt(&jwt), "{jwt}");
        }
        for name in ["anna", "anna.b.c", "ewan.b.c", "a.b", "eyJ.a.b.c", "018f-...", "..", ""] {
            assert!(!tokens.looks_like_jwt(name), "{name}");
        }
    }

    #[test]
    fn the_secret_is_made_once_and_kept_to_its_owner() {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("a/b");
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let data = data.clone();
                std::thread::spawn(move || open_key(&data).unwrap())
            })
            .collect();
        let keys: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
        assert!(keys.iter().all(|key| *key == open_key(&data).unwrap()));
        assert_ne!(keys[0], [0; 32]);
        assert_eq!(fs::read_dir(&data).unwrap().count(), 1, "no draft is left behind");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&data), mode(&data.join(KEY_FILE))), (0o700, 0o600));
        }
    }

    #[test]
    fn a_damaged_secret_is_named() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(KEY_FILE), "short").unwrap();
        let error = open_key(directory.path()).unwrap_err().to_string();
        assert!(error.contains("token.key is not a key of 32 bytes"), "{error}");
    }
}
