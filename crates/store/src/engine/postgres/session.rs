//! One connection: runs closures in transactions, again when they lost against another one.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::Duration;

use ferrum_domain::{Error, Result};
use tokio_postgres::{Client, Config, IsolationLevel, Statement};

use super::lane::Lane;
use super::outcome;
use super::wire::Wire;
use super::{Fault, Job, Mode, PostgresTx, Tx, TxOf};

/// How often a closure that lost against another transaction runs again.
const RETRIES: u32 = 5;
/// After so many losses it gets a while without other writers of this process. They would go on winning: whoever has won
/// takes the next closure at once, while the loser pauses.
const SHARED: u32 = 2;

/// A server that runs a statement for longer, or waits longer for the next one, gives up.
const LIMITS: &str =
    "SET statement_timeout = '30s'; SET idle_in_transaction_session_timeout = '30s'; SET lock_timeout = '5s'";

pub(super) struct Session {
    config: Config,
    lane: Lane,
    live: Option<Live>,
}

/// A connection with the statements prepared on it.
struct Live {
    client: Client,
    wire: Wire,
    statements: HashMap<String, Statement>,
}

/// How an attempt to run a closure ended.
enum Ended {
    /// The job has its result.
    Done,
    /// Another transaction came first; nothing was kept.
    Outrun,
    /// The connection was gone before COMMIT was sent; nothing was kept.
    Lost,
    /// The connection went during COMMIT: nobody knows whether it was kept.
    Unknown,
}

impl Session {
    /// `lane` is common to the sessions of a pool.
    pub(super) fn new(config: Config, lane: Lane) -> Self {
        Self { config, lane, live: None }
    }

    /// Runs the closure until it has a result.
    pub(super) fn run(&mut self, mode: Mode, job: &mut dyn Job) {
        let (mut retries, mut reconnected) = (0, false);
        loop {
            match self.turn(mode, retries, job) {
                Ok(Ended::Done) => return,
                Ok(Ended::Outrun) if retries < RETRIES => {
                    retries += 1;
                    metrics::counter!("ferrum_store_retried_writes_total").increment(1);
                    thread::sleep(pause(retries));
                }
                Ok(Ended::Outrun) => {
                    return job.fail(Error::unavailable("lost against other transactions too often"));
                }
                Ok(Ended::Lost) if !reconnected => {
                    reconnected = true;
                    self.live = None;
                }
                Ok(Ended::Lost) => {
                    self.live = None;
                    return job.fail(Error::unavailable("the connection to PostgreSQL was lost"));
                }
                Ok(Ended::Unknown) => {
                    self.live = None;
                    return job.fail(Error::unavailable("the connection to PostgreSQL was lost in COMMIT"));
                }
                Err(error) => return job.fail(error),
            }
        }
    }

    fn turn(&mut self, mode: Mode, losses: u32, job: &mut dyn Job) -> Result<Ended> {
        let lane = self.lane.clone();
        let _place = match mode {
            Mode::Read => None,
            Mode::Write if losses > SHARED => Some(lane.alone()),
            Mode::Write => Some(lane.share()),
        };
        self.attempt(mode, job)
    }

    fn attempt(&mut self, mode: Mode, job: &mut dyn Job) -> Result<Ended> {
        let live = match self.live.take() {
            Some(live) if !live.client.is_closed() => self.live.insert(live),
            _ => self.live.insert(Live::connect(&self.config)?),
        };
        let isolation = match mode {
            Mode::Read => IsolationLevel::RepeatableRead,
            Mode::Write => IsolationLevel::Serializable,
        };
        let Live { client, wire, statements } = live;
        let begin = client.build_transaction().isolation_level(isolation).read_only(mode == Mode::Read);
        let transaction = match wire.wait(begin.start()) {
            Ok(transaction) => transaction,
            Err(error) => return ended(&error, Ended::Lost),
        };
        let mut tx = Tx(TxOf::Postgres(PostgresTx::new(transaction, wire, statements)));
        let good = job.run(&mut tx);
        let TxOf::Postgres(PostgresTx { transaction, fault, .. }) = tx.0 else { return Ok(Ended::Done) };
        match fault {
            Some(Fault::Lost) => Ok(Ended::Lost),
            Some(Fault::Outrun) => {
                Ok(wire.wait(transaction.rollback()).map_or(Ended::Lost, |()| Ended::Outrun))
            }
            _ if good => match wire.wait(transaction.commit()) {
                Ok(()) => Ok(Ended::Done),
                Err(error) => ended(&error, Ended::Unknown),
            },
            // A connection that cannot roll back is found closed by the next closure.
            _ => {
                let _ = wire.wait(transaction.rollback());
                Ok(Ended::Done)
            }
        }
    }
}

impl Live {
    fn connect(config: &Config) -> Result<Self> {
        let (client, wire) = Wire::connect(config)?;
        let live = Self { client, wire, statements: HashMap::new() };
        let limited = live.wire.wait(live.client.batch_execute(LIMITS));
        limited.map_err(|error| live.wire.outcome(&error, LIMITS))?;
        Ok(live)
    }
}

fn ended(error: &tokio_postgres::Error, when_lost: Ended) -> Result<Ended> {
    match outcome::fault(error) {
        Fault::Outrun => Ok(Ended::Outrun),
        Fault::Lost => Ok(when_lost),
        _ => Err(outcome::of(error, "a transaction")),
    }
}

/// Up to 10, 20, 40, 80, 160 ms, so that those who met once do not meet again.
fn pause(retries: u32) -> Duration {
    // Each hasher of the standard library starts from a random key.
    let random = RandomState::new().hash_one(retries);
    Duration::from_micros(random % (5_000 << retries))
}
