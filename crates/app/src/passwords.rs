//! Passwords: Argon2id, off the async threads, two at a time; whoever finds the queue full is refused at once.
//!
//! The cost is that of the OWASP recommendation: 19 MiB, two passes, one lane. Hashes of bcrypt come
//! from imports; they verify as they did where they come from, and are to be replaced at the next login
//! where the password is shorter than what bcrypt reads.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use ferrum_domain::access::Role;
use ferrum_domain::{Error, Result, Violations};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much of a password bcrypt reads, in bytes.
const BCRYPT_READS: usize = 72;

/// Longest password in bytes: hashing more would be a gift to whoever wants to keep us busy.
pub const LONGEST: usize = 1024;

/// How many passwords are worked on at once: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;

/// How many more may wait for it: the last one's turn comes within seconds, before its client gives up.
const WAITING: usize = 64;

/// Hashes and verifies passwords.
#[derive(Debug, Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

/// A place in the queue, for one password after the other, until this is dropped.
#[derive(Debug)]
pub struct Place {
    turns: Arc<Semaphore>,
    _place: OwnedSemaphorePermit,
}

/// What came of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is not the account's.
    Wrong,
    /// It is.
    Right {
        /// The stored hash is of an older kind: hash this password anew and store that.
        needs_rehash: bool,
    },
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), places: Arc::new(Semaphore::new(AT_ONCE + WAITING)) }
    }
}

impl Passwords {
    /// A place in the queue; `Unavailable` if it is full.
    pub fn place(&self) -> Result<Place> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| Error::unavailable("too many passwords are waiting"))?;
        Ok(Place { turns: Arc::clone(&self.turns), _place: place })
    }

    /// As [`Place::hash`]; `Unavailable` if the queue is full.
    pub async fn hash(&self, password: String) -> Result<String> {
        self.place()?.hash(password).await
    }

    /// As [`Place::verify`]; `Unavailable` if the queue is full.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<Verdict> {
        self.place()?.verify(password, stored).await
    }
}

impl Place {
    /// The hash of a password in PHC form, with a salt of its own.
    pub async fn hash(&self, password: String) -> Result<String> {
        self.off_thread(move || hash(&password)).await
    }

    /// Whether `password` is the one of `stored`. Without a hash to compare (an unknown e-mail, an
    /// account without credentials) it is wrong, after the same work.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<Verdict> {
        self.off_thread(move || verify(&password, stored.as_deref())).await
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_| Error::unavailable("passwords are closed"))?;
        // The turn goes along, so that a caller who gives up does not let a third one in.
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|e| Error::internal(format!("a password could not be worked on: {e}")))?
    }
}

/// Notes what is wrong with a password that somebody with `role` chose.
pub fn check(field: &str, password: &str, role: Role, violations: &mut Violations) {
    let shortest = role.shortest_password();
    if password.chars().count() < shortest {
        violations.add(
            field,
            format!("must be at least {shortest} characters long for the role {}", role.as_str()),
        );
    }
    if password.len() > LONGEST {
        violations.add(field, format!("must be at most {LONGEST} bytes long"));
    }
}

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(19_456, 2, 1, None).map_err(|e| Error::internal(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String> {
    let hash: PasswordHash = argon2()?.hash_password(password.as_bytes()).map_err(broken)?;
    Ok(hash.to_string())
}

fn verify(password: &str, stored: Option<&str>) -> Result<Verdict> {
    if password.len() > LONGEST {
        return Ok(Verdict::Wrong);
    }
    let Some(stored) = stored else {
        hash(password)?;
        return Ok(Verdict::Wrong);
    };
    if stored.starts_with("$2") {
        let right = bcrypt::verify(password, stored)
            .map_err(|e| Error::internal(format!("a stored bcrypt hash: {e}")))?;
        // Of a longer one the hash tells nothing more: what was typed may not be what was chosen, and whoever
        // chose it could not log in any more with a hash of all that was typed.
        let needs_rehash = password.len() < BCRYPT_READS;
        return Ok(if right { Verdict::Right { needs_rehash } } else { Verdict::Wrong });
    }
    let stored = PasswordHash::new(stored).map_err(|e| Error::internal(format!("a stored hash: {e}")))?;
    let ours = argon2()?;
    match ours.verify_password(password.as_bytes(), &stored) {
        Ok(()) => Ok(Verdict::Right { needs_rehash: !is_ours(&ours, &stored) }),
        Err(password_hash::Error::PasswordInvalid) => Ok(Verdict::Wrong),
        Err(e) => Err(broken(e)),
    }
}

fn is_ours(ours: &Argon2<'_>, stored: &PasswordHash) -> bool {
    let (now, then) = (ours.params(), Params::try_from(stored));
    stored.algorithm.as_str() == "argon2id"
        && then.is_ok_and(|then| {
            (then.m_cost(), then.t_cost(), then.p_cost()) == (now.m_cost(), now.t_cost(), now.p_cost())
        })
}

fn broken(error: password_hash::Error) -> Error {
    Error::internal(format!("hashing a password: {error}"))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_alone() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, passwords.hash("correct horse".to_owned()).await.unwrap(), "salted");
        let verdict = |text: &str| passwords.verify(text.to_owned(), Some(hash.clone()));
        assert_eq!(verdict("correct horse").await.unwrap(), Verdict::Right { needs_rehash: false });
        assert_eq!(verdict("Correct horse").await.unwrap(), Verdict::Wrong);
        assert_eq!(verdict(&"x".repeat(LONGEST + 1)).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_until_a_place_is_free() {
        let passwords = Passwords::default();
        let mut places: Vec<Place> =
            (0..AT_ONCE + WAITING).map(|_| passwords.place().expect("a place")).collect();
        for refused in [passwords.hash("x".to_owned()).await.err(), passwords.place().err()] {
            assert!(matches!(refused, Some(Error::Unavailable { .. })), "{refused:?}");
        }
        let place = places.pop().unwrap();
        place.hash("x".to_owned()).await.expect("whoever has a place gets a turn");
        drop(place);
        passwords.verify("x".to_owned(), None).await.expect("a place is free");
    }

    #[test]
    fn hashes_of_older_kinds_are_to_be_replaced() {
        let bcrypt = bcrypt::hash("old password", 4).unwrap();
        assert_eq!(verify("old password", Some(&bcrypt)).unwrap(), Verdict::Right { needs_rehash: true });
        assert_eq!(verify("new password", Some(&bcrypt)).unwrap(), Verdict::Wrong);
        let php = format!("$2y{}", &bcrypt[3..]);
        assert_eq!(verify("old password", Some(&php)).unwrap(), Verdict::Right { needs_rehash: true });
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(1024, 1, 1, None).unwrap());
        let weak: PasswordHash = weak.hash_password(b"old password").unwrap();
        assert_eq!(
            verify("old password", Some(&weak.to_string())).unwrap(),
            Verdict::Right { needs_rehash: true }
        );
    }

    #[test]
    fn a_bcrypt_hash_of_a_long_password_stays() {
        let long = "x".repeat(80);
        let of = |password: &str| bcrypt::hash(password, 4).unwrap();
        for (chosen, typed) in [(&long[..], &long[..]), (&long, &long[..72]), (&long[..72], &long)] {
            let verdict = verify(typed, Some(&of(chosen))).unwrap();
            assert_eq!(
                verdict,
                Verdict::Right { needs_rehash: false },
                "{} of {}",
                typed.len(),
                chosen.len()
            );
        }
        assert_eq!(verify(&long[..71], Some(&of(&long))).unwrap(), Verdict::Wrong);
        let short = verify(&long[..71], Some(&of(&long[..71]))).unwrap();
        assert_eq!(short, Verdict::Right { needs_rehash: true });
    }

    #[test]
    fn a_damaged_hash_is_a_defect_not_a_wrong_password() {
        assert!(matches!(verify("x", Some("$argon2id$")), Err(Error::Internal { .. })));
        assert!(matches!(verify("x", Some("$2b$zz")), Err(Error::Internal { .. })));
    }

    #[test]
    fn an_unknown_account_costs_as_much_as_a_wrong_password() {
        let stored = hash("correct horse").unwrap();
        let mut times = [f64::INFINITY; 2];
        let alike = |times: [f64; 2]| (0.3..3.0).contains(&(times[0] / times[1]));
        for round in 0..60 {
            // On a busy machine it takes more rounds until both have met a quiet moment.
            if round >= 5 && alike(times) {
                break;
            }
            for (stored, time) in [None, Some(stored.as_str())].into_iter().zip(&mut times) {
                let start = Instant::now();
                assert_eq!(verify("guess", stored).unwrap(), Verdict::Wrong);
                // Others on the machine only ever make it longer, so the shortest tells the work.
                *time = start.elapsed().as_secs_f64().min(*time);
            }
        }
        assert!(alike(times), "{times:?}");
    }

    #[test]
    fn length_depends_on_the_role() {
        let wrong = |password: &str, role| {
            let mut violations = Violations::new();
            check("password", password, role, &mut violations);
            violations.check().is_err()
        };
        assert!(!wrong("123456", Role::Customer) && wrong("12345", Role::Customer));
        for role in [Role::Coach, Role::Support, Role::Admin] {
            assert!(!wrong("123456789012", role) && wrong("12345678901", role));
        }
        assert!(
            wrong(&"x".repeat(LONGEST + 1), Role::Customer) && !wrong(&"x".repeat(LONGEST), Role::Customer)
        );
    }
}
