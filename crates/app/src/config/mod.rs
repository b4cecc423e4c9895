//! What the operator can choose, and how the choices of flags, environment and file come together.

mod keys;
mod network;
mod parse;
mod quota;
mod settings;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ferrum_store::Options;

pub use keys::{KEYS, Key};
pub use network::{Network, Proxies};
pub use quota::{Quota, Quotas};
pub use settings::{Settings, Source};

/// Everything that the operator has chosen. Made by [`Settings`].
#[derive(Clone)]
pub struct Config {
    /// The main listener.
    pub listen: Listen,
    /// Database file and secrets.
    pub data_dir: PathBuf,
    /// Where the database is.
    pub database: Options,
    /// Whether the documents' rate limits hold.
    pub rate_limits: bool,
    /// Their figures.
    pub quotas: Quotas,
    /// The peers that are believed when they say for whom they forward.
    pub trusted_proxies: Proxies,
    /// The PowerPro surface.
    pub powerpro: PowerPro,
    /// The IntervalFlow surface.
    pub intervalflow: IntervalFlow,
    /// Origins whose pages may call the server from a browser.
    pub cors_origins: Vec<String>,
    /// The logs.
    pub log: Log,
    /// The traces.
    pub otlp: Otlp,
    /// How long things may take.
    pub limits: Limits,
    /// How long an access token is good.
    pub token_ttl: Duration,
    /// Whether the built-in lifts, programs, interval exercises and workouts, and movements are loaded.
    pub builtin: bool,
    /// Whether `serve` also does the background work.
    pub jobs_in_serve: bool,
}

/// The URL of the database may hold a password, and a debug print ends in logs.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("data_dir", &self.data_dir)
            .field("powerpro", &self.powerpro)
            .field("intervalflow", &self.intervalflow)
            .finish_non_exhaustive()
    }
}

/// Where a listener listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// Nowhere.
    Off,
    /// On a TCP address; port 0 takes a free one.
    Tcp(SocketAddr),
    /// On a Unix socket.
    Unix(PathBuf),
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl fmt::Display for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Stdout => f.write_str("stdout"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Listen {
    /// Whether only this machine can reach it.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().is_loopback(),
            Self::Off | Self::Unix(_) => true,
        }
    }
}

/// Choices about the PowerPro surface.
#[derive(Debug, Clone)]
pub struct PowerPro {
    /// Its own listener.
    pub listen: Listen,
    /// How its callers are known.
    pub auth: HeaderAuth,
    /// Peers beyond this machine whose headers count, and who may say that they forward.
    pub trusted_proxies: Vec<Network>,
    /// Names besides localhost under which headers count.
    pub hosts: Vec<String>,
    /// Whether anyone may resolve prescriptions with anyone's maxes.
    pub resolve_for_others: bool,
}

impl PowerPro {
    /// Whether a peer is one of the trusted proxies.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(peer))
    }
}

/// Choices about the IntervalFlow surface.
#[derive(Debug, Clone)]
pub struct IntervalFlow {
    /// Its own listener.
    pub listen: Listen,
    /// How long the tokens are good that it gives.
    pub token_ttl: Duration,
}

/// How callers of PowerPro are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderAuth {
    /// By the documented headers or by a token.
    Headers,
    /// By a token alone.
    Token,
}

/// Choices about the logs.
#[derive(Debug, Clone)]
pub struct Log {
    /// What is logged, e.g. `info` or `info,ferrum_store=debug`.
    pub filter: String,
    /// In which form.
    pub format: LogFormat,
    /// Where the access log goes.
    pub access: AccessLog,
}

/// Form of the log on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Where the access log goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessLog {
    /// Nowhere.
    Off,
    /// To standard output.
    Stdout,
    /// To the end of a file.
    File(PathBuf),
}

/// Choices about the traces.
#[derive(Debug, Clone)]
pub struct Otlp {
    /// Root of the collector, without a slash at its end; none: there are no traces.
    pub endpoint: Option<String>,
    /// What the server is called in them.
    pub service_name: String,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the end of a request's head to its answer.
    pub request: Duration,
    /// For open requests to end when the server stops.
    pub drain: Duration,
}
