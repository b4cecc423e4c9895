//! The server engine: a bounded pool of connections, each on a thread of its own, behind a fair queue.

mod dialect;
mod lane;
mod outcome;
mod session;
mod target;
mod tx;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::Receiver;
use ferrum_domain::{Error, Result};
use tokio::time::timeout;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use super::job::{Job, closed, pack};
use super::tx::{Fault, Tx, TxOf};
use super::workers::Workers;
use lane::Lane;
use session::Session;
pub(super) use tx::PostgresTx;

/// Closures that wait at most; more are refused at once.
const QUEUE: usize = 1024;
/// How long a closure waits for a connection.
const WAIT_LIMIT: Duration = Duration::from_secs(5);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How long nothing that was sent may be acknowledged before the other end counts as gone.
const SILENCE_LIMIT: Duration = Duration::from_secs(30);
/// After so long without a word the other end is asked whether it is still there, so often, at such a distance: where we
/// only wait, its silence shows no later than where we send.
const KEEPALIVE: (Duration, u32, Duration) = (Duration::from_secs(15), 3, Duration::from_secs(5));

/// What a closure wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Read,
    Write,
}

struct Queued {
    job: Box<dyn Job>,
    mode: Mode,
    /// Set by whoever comes first: the thread that runs it or the caller who has waited enough.
    taken: Arc<AtomicBool>,
}

/// When it is dropped its threads end by themselves; to wait for them would be to wait for the server.
pub(super) struct Postgres {
    config: Config,
    workers: Workers<Queued>,
}

impl Postgres {
    pub(super) fn open(url: &str, pool: usize) -> Result<Self> {
        let config = configure(url)?;
        let (workers, jobs) = Workers::new(QUEUE);
        let postgres = Self { config, workers };
        postgres.with_client(|_| Ok(()))?;
        let lane = Lane::default();
        for _ in 0..pool {
            let session = Session::new(postgres.config.clone(), lane.clone());
            let jobs = jobs.clone();
            postgres.workers.start("ferrum-postgres", move || serve(session, &jobs))?;
        }
        Ok(postgres)
    }

    pub(super) async fn run<T, F>(&self, mode: Mode, work: F) -> Result<T>
    where
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + Sync + 'static,
        T: Send + 'static,
    {
        let (job, mut answer) = pack(work);
        let taken = Arc::new(AtomicBool::new(false));
        self.workers.send(Queued { job, mode, taken: Arc::clone(&taken) })?;
        let answered = match timeout(WAIT_LIMIT, &mut answer).await {
            Ok(answered) => answered,
            Err(_) if !taken.swap(true, Ordering::AcqRel) => {
                return Err(Error::unavailable("no database connection was free for too long"));
            }
            // It is running, and only its end says whether it was committed.
            Err(_) => answer.await,
        };
        answered.map_or_else(|_| Err(closed()), |outcome| outcome.result)
    }

    /// Runs `work` on a connection of its own.
    pub(super) fn with_client<T: Send>(
        &self,
        work: impl FnOnce(&mut target::PostgresTarget) -> Result<T> + Send,
    ) -> Result<T> {
        // It blocks on a runtime of its own, which must not happen on a thread of another one.
        let run = || work(&mut target::PostgresTarget::connect(&self.config)?);
        let joined = thread::scope(|scope| scope.spawn(run).join());
        joined.unwrap_or_else(|_| Err(Error::internal("a panic on a connection to PostgreSQL")))
    }

    pub(super) fn close(&self) {
        self.workers.close();
    }
}

fn serve(mut session: Session, jobs: &Receiver<Option<Queued>>) {
    while let Ok(Some(Queued { mut job, mode, taken })) = jobs.recv() {
        if !taken.swap(true, Ordering::AcqRel) {
            session.run(mode, job.as_mut());
            job.answer();
        }
    }
}

fn configure(url: &str) -> Result<Config> {
    // The URL may hold a password, so no error shows it.
    let unusable = |why: &str| Error::unavailable(format!("the database URL cannot be used: {why}"));
    let mut config: Config = url.parse().map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        // What is taken for an option's name may be a part of the password.
        let cause = if cause.starts_with("unknown option") { "unknown option" } else { &cause };
        unusable(&format!("{error}: {cause} (of sslmode, only disable and prefer are supported)"))
    })?;
    if config.get_ssl_mode() == SslMode::Require {
        return Err(unusable("sslmode=require needs TLS, which is not supported: use a private network"));
    }
    let (idle, retries, interval) = KEEPALIVE;
    config.application_name("ferrum").connect_timeout(CONNECT_LIMIT).tcp_user_timeout(SILENCE_LIMIT);
    config.keepalives(true).keepalives_idle(idle).keepalives_interval(interval).keepalives_retries(retries);
    Ok(config)
}
