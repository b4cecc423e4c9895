//! What the product does, without HTTP: configuration, clock, ids, units of work, background jobs.

pub mod actions;
pub mod builtin;
pub mod catalogue;
pub mod clock;
pub mod config;
pub mod ids;
pub mod jobs;
mod kept;
pub mod keyed_hash;
pub mod passwords;
pub mod people;
pub mod tokens;

use std::sync::Arc;

use ferrum_domain::{Error, Result};
use ferrum_store::Db;

use crate::catalogue::Catalogue;
use crate::clock::Clock;
use crate::config::Config;
use crate::ids::Ids;
use crate::keyed_hash::KeyedHash;
use crate::passwords::Passwords;
use crate::people::People;
use crate::tokens::Tokens;

/// The product: everything that a request or a job works with.
pub struct App {
    /// The database.
    pub db: Db,
    /// What time it is.
    pub clock: Clock,
    /// Maker of ids.
    pub ids: Ids,
    /// What the operator has chosen.
    pub config: Config,
    /// Access tokens.
    pub tokens: Tokens,
    /// Hashes of what the database must not tell.
    pub keyed_hash: KeyedHash,
    /// Passwords.
    pub passwords: Passwords,
    /// What is kept in memory of the catalogue.
    pub catalogue: Catalogue,
    /// What is kept in memory of people.
    pub people: People,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish_non_exhaustive()
    }
}

impl App {
    /// Makes the data directory that `config` names, unless it is there.
    pub fn make_directory(config: &Config) -> Result<()> {
        tokens::make_directory(&config.data_dir)
    }

    /// Opens the product on the data directory and the database that `config` names. An empty or
    /// missing directory is enough: it gets its secret. The schema is left as it is.
    ///
    /// Blocks; call it off the async threads.
    pub fn open(config: Config, clock: Clock) -> Result<Arc<Self>> {
        let key = tokens::open_key(&config.data_dir)?;
        let db = Db::open(&config.database)?;
        Self::on(db, &key, config, clock)
    }

    /// Opens the product on a database and a data directory that are there and up to date; changes nothing in them.
    ///
    /// Fails with [`Error::Unavailable`] when there is no database or no secret, or when migrations have yet to run. Blocks;
    /// call it off the async threads.
    pub fn open_existing(config: Config, clock: Clock) -> Result<Arc<Self>> {
        let db = Db::open_existing(&config.database)?;
        let pending = db.pending()?;
        if pending > 0 {
            return Err(Error::unavailable(format!(
                "{pending} migrations have yet to run; `ferrum migrate` runs them"
            )));
        }
        let key = tokens::read_key(&config.data_dir)?;
        Self::on(db, &key, config, clock)
    }

    fn on(db: Db, key: &[u8; 32], config: Config, clock: Clock) -> Result<Arc<Self>> {
        let ids = Ids::new(clock.clone())?;
        let tokens = Tokens::new(key);
        Ok(Arc::new(Self {
            db,
            clock,
            ids,
            config,
            tokens,
            keyed_hash: KeyedHash::new(key),
            passwords: Passwords::default(),
            catalogue: Catalogue::default(),
            people: People::default(),
        }))
    }
}
