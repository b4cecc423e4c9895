//! Hashes under a secret of the data directory: what is hashed can be found again, but a copy of the
//! database cannot be searched for it by guessing.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What is hashed: equal texts of two kinds have different hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The e-mail of whoever wants to log in.
    Email,
    /// The address of a client.
    Address,
    /// A request's body that has a password in it.
    Body,
}

/// Maker of keyed hashes: HMAC-SHA256.
#[derive(Clone)]
pub struct KeyedHash(Hmac<Sha256>);

impl std::fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyedHash")
    }
}

impl KeyedHash {
    /// Hashes under the secret `key`, which may be that of the tokens: no token begins with a label.
    pub fn new(key: &[u8; 32]) -> Self {
        let mut block = [0; 64];
        block[..32].copy_from_slice(key);
        Self(Hmac::new(&block.into()))
    }

    /// The hash of `bytes`.
    pub fn of(&self, kind: Kind, bytes: &[u8]) -> [u8; 32] {
        let label: &[u8] = match kind {
            Kind::Email => b"email\0",
            Kind::Address => b"address\0",
            Kind::Body => b"body\0",
        };
        self.0.clone().chain_update(label).chain_update(bytes).finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_depends_on_key_kind_and_text() {
        let (ours, theirs) = (KeyedHash::new(&[7; 32]), KeyedHash::new(&[8; 32]));
        let hash = ours.of(Kind::Email, b"ada@example.org");
        assert_eq!(hash, ours.clone().of(Kind::Email, b"ada@example.org"));
        for other in [
            theirs.of(Kind::Email, b"ada@example.org"),
            ours.of(Kind::Body, b"ada@example.org"),
            ours.of(Kind::Email, b"bea@example.org"),
        ] {
            assert_ne!(hash, other);
        }
        assert_eq!(format!("{ours:?}"), "KeyedHash");
    }
}
