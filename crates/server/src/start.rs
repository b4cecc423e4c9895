//! Start and stop of the server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ferrum_app::clock::Clock;
use ferrum_app::config::{Config, Listen, Otlp};
use ferrum_app::{App, builtin, jobs};
use ferrum_domain::Error;
use ferrum_endpoint::listen::{Listener, connections_each, serve};
use ferrum_endpoint::observe;
use ferrum_endpoint::traces::Traces;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Failure;
use crate::mount::{self, Place};

const METRICS_UPKEEP: Duration = Duration::from_secs(5);
/// How much later than `limits.drain` the last request counts as open, and after it the database as not answering. With what
/// the end of the runtime takes, a second in all.
const GRACE: Duration = Duration::from_millis(400);

/// A server that answers. Dropping it stops it at once; [`Running::stop`] lets open requests end.
#[derive(Debug)]
pub struct Running {
    app: Arc<App>,
    addresses: Vec<(&'static str, SocketAddr)>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    traces: Option<Traces>,
}

impl Running {
    /// The application inside.
    pub fn app(&self) -> Arc<App> {
        Arc::clone(&self.app)
    }

    /// The TCP address of the listener `main`, `powerpro` or `intervalflow`; `None` if it is off or a Unix socket.
    pub fn address(&self, listener: &str) -> Option<SocketAddr> {
        self.addresses.iter().find(|(name, _)| *name == listener).map(|(_, address)| *address)
    }

    /// Takes no more requests, lets the open ones end within the time of `limits.drain`, then stops, a second later at most.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        let drained = tokio::time::Instant::now() + self.app.config.limits.drain + GRACE;
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout_at(drained, ended).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
        let (app, traces) = (Arc::clone(&self.app), self.traces.take());
        // Waiting for a thread of the database or of the traces must not hold up the runtime.
        let database = tokio::task::spawn_blocking(move || app.db.close());
        let traces = tokio::task::spawn_blocking(move || traces.iter().for_each(Traces::close));
        let closing = async { (traces.await, database.await) };
        if tokio::time::timeout_at(drained + GRACE, closing).await.is_err() {
            tracing::warn!("stopped without waiting any longer for the database or the collector of traces");
        }
    }
}

/// Starts a server with `config`.
pub async fn start(config: Config) -> Result<Running, Failure> {
    start_with_clock(config, Clock::system()).await
}

/// Starts a server with `config` that takes the time from `clock`.
pub async fn start_with_clock(config: Config, clock: Clock) -> Result<Running, Failure> {
    let bound = bind(&config).await?;
    let (app, _) = prepare(config, clock).await?;
    listen(app, bound)
}

/// An address that is ours, unless it is off; nobody is answered there yet.
pub(crate) struct Bound {
    place: Place,
    socket: Option<Listener>,
}

/// Takes the address of every listener. To be done before the database is touched: who has one of them may be a server
/// of an older version on the same database.
pub(crate) async fn bind(config: &Config) -> Result<Vec<Bound>, Failure> {
    // A socket may stand in it.
    App::make_directory(config)
        .map_err(|e| Failure::start(format!("cannot use the data directory (data_dir): {}", reason(e))))?;
    let mut bound = Vec::new();
    for place in mount::places(config) {
        let socket = match &place.listen {
            Listen::Off => Ok(None),
            Listen::Tcp(address) => Listener::tcp(*address).await.map(Some),
            Listen::Unix(path) => Listener::unix(path).await.map(Some),
        };
        let Place { key, listen, .. } = &place;
        let socket = socket.map_err(|e| Failure::start(format!("cannot listen on {listen} ({key}): {e}")))?;
        bound.push(Bound { place, socket });
    }
    Ok(bound)
}

/// Answers on every listener that is not off, and does the background work.
pub(crate) fn listen(app: Arc<App>, bound: Vec<Bound>) -> Result<Running, Failure> {
    let mut running = Running {
        app: Arc::clone(&app),
        addresses: Vec::new(),
        stop: watch::Sender::new(false),
        tasks: JoinSet::new(),
        traces: open_traces(&app.config.otlp)?,
    };
    let log = &app.config.log.access;
    let houses = mount::houses(&app, running.traces.as_ref())
        .map_err(|e| Failure::start(format!("cannot write the access log (log.access is {log}): {e}")))?;
    let open = bound.iter().filter(|bound| bound.socket.is_some()).count();
    let connections = connections_each(open);
    for (Bound { place, socket }, house) in bound.into_iter().zip(houses) {
        let Place { name, key, about, listen } = place;
        let Some(socket) = socket else {
            tracing::info!("off ({key}): {about}");
            continue;
        };
        let address = socket.tcp_address();
        let root = address.map_or_else(|| listen.to_string(), |address| format!("http://{address}"));
        tracing::info!("{root} ({key}): {about}");
        running.addresses.extend(address.map(|address| (name, address)));
        let stop = running.stop.subscribe();
        running.tasks.spawn(serve(socket, house, connections, stop, app.config.limits.drain));
    }
    running.tasks.spawn(keep_metrics(running.stop.subscribe()));
    if app.config.jobs_in_serve {
        running.tasks.spawn(jobs::run(Arc::clone(&app), running.stop.subscribe()));
    }
    Ok(running)
}

fn open_traces(otlp: &Otlp) -> Result<Option<Traces>, Failure> {
    let Some(collector) = &otlp.endpoint else { return Ok(None) };
    let traces = Traces::open(collector, &otlp.service_name)
        .map_err(|e| Failure::start(format!("cannot send traces to {collector} (otlp.endpoint): {e}")))?;
    tracing::info!("traces of {} go to {collector}", otlp.service_name);
    Ok(Some(traces))
}

/// Keeps what the metrics hold in memory small while nobody fetches them.
async fn keep_metrics(mut stop: watch::Receiver<bool>) {
    while tokio::time::timeout(METRICS_UPKEEP, stop.wait_for(|stop| *stop)).await.is_err() {
        observe::upkeep();
    }
}

/// Opens the product and brings its database up to date, in how many steps is told too: an empty
/// directory is enough.
pub(crate) async fn prepare(config: Config, clock: Clock) -> Result<(Arc<App>, usize), Failure> {
    let start = Instant::now();
    let opened = open_with(config, |config| {
        let app = App::open(config, clock)?;
        let migrations = app.db.migrate(app.clock.now())?;
        Ok((app, migrations))
    });
    let (app, migrations) = opened.await?;
    if app.config.builtin {
        builtin::load(&app).await.map_err(|e| unusable(&app.config, e))?;
    }
    tracing::debug!(migrations, milliseconds = start.elapsed().as_millis(), "database is up to date");
    Ok((app, migrations))
}

/// Opens something on the database of `config` off the async threads.
pub(crate) async fn open_with<T: Send + 'static>(
    config: Config,
    open: impl FnOnce(Config) -> ferrum_domain::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let named = config.clone();
    let opened = tokio::task::spawn_blocking(move || open(config)).await.map_err(Failure::start)?;
    opened.map_err(|e| unusable(&named, e))
}

/// What is wrong with the database of `config`, in words for the operator.
pub(crate) fn unusable(config: &Config, error: Error) -> Failure {
    let key = if config.database.url.is_some() { "database.url" } else { "data_dir" };
    Failure::start(format!("cannot use the database ({key}): {}", reason(error)))
}

fn reason(error: Error) -> String {
    match error {
        Error::Unavailable { context } | Error::Internal { context, source: None } => context,
        Error::Internal { context, source: Some(source) } => format!("{context}: {source}"),
        other => other.to_string(),
    }
}
