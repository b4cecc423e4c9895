//! The list of everything that can be set.

/// Something that can be set.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name in `ferrum.toml`: `section.key`, or `key` at the top.
    pub name: &'static str,
    /// Its value when nobody sets it.
    pub default: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
}

impl Key {
    /// Its name in the environment, e.g. `FERRUM_DATABASE_URL` for `database.url`.
    pub fn variable(&self) -> String {
        format!("FERRUM_{}", self.name.replace('.', "_").to_ascii_uppercase())
    }

    /// The key of that name in `ferrum.toml`.
    pub fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// The key of that name in the environment.
    pub(super) fn of_variable(variable: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.variable() == variable)
    }
}

const fn key(name: &'static str, default: &'static str, about: &'static str) -> Key {
    Key { name, default, about }
}

/// Every key, in the order in which `ferrum config` prints them.
pub const KEYS: &[Key] = &[
    key("listen", "127.0.0.1:8080", "main listener: IP:PORT, unix:/PATH or off"),
    key("data_dir", "data", "directory of the database file and the secrets"),
    key("rate_limits", "on", "the documents' rate limits: on, off"),
    key(
        "trusted_proxies",
        "",
        "peers that are believed when they say for whom they forward: addresses, CIDR blocks, unix",
    ),
    key(
        "builtin",
        "on",
        "load the built-in lifts, programs, interval exercises and workouts, and movements, once: on, off",
    ),
    key("database.url", "", "postgres://...; empty: the SQLite file in the data directory"),
    key("database.pool", "8", "connections to PostgreSQL at most, 1 to 500"),
    key("powerpro.listen", "127.0.0.1:8090", "PowerPro's own listener: IP:PORT, unix:/PATH or off"),
    key("powerpro.auth", "headers", "headers: the documented headers name the caller; token: tokens only"),
    key(
        "powerpro.trusted_proxies",
        "",
        "peers whose headers count, besides this machine: addresses or CIDR blocks",
    ),
    key("powerpro.hosts", "", "Host names without a port under which headers count, besides localhost"),
    key(
        "powerpro.resolve_for_others",
        "false",
        "anyone may resolve a prescription with anyone's maxes: true, false",
    ),
    key("alloy.listen", "off", "kept for the Alloy surface, which this version does not have yet"),
    key("intervalflow.listen", "127.0.0.1:3000", "IntervalFlow's own listener: IP:PORT, unix:/PATH or off"),
    key("intervalflow.token_ttl", "7d", "how long a token is good that IntervalFlow gave, 1s to 30d"),
    key("cors.origins", "", "origins whose pages may call the server, e.g. https://app.example.org"),
    key("log.filter", "info", "what is logged to standard error, e.g. info,ferrum_store=debug"),
    key("log.format", "text", "form of the log: text, json"),
    key("log.access", "stdout", "access log: stdout, off, or the path of a file"),
    key("otlp.endpoint", "", "collector that gets traces over HTTP, e.g. http://localhost:4318; empty: none"),
    key("otlp.service_name", "ferrum", "name of this server in traces"),
    key("limits.request", "30s", "longest time from a request to its answer"),
    key("limits.drain", "10s", "longest time for open requests to end when the server stops"),
    key(
        "limits.intervalflow_general",
        "100/15m",
        "all requests to IntervalFlow, by address: COUNT/TIME, off",
    ),
    key(
        "limits.intervalflow_register",
        "5/15m",
        "registrations at IntervalFlow, by address: COUNT/TIME, off",
    ),
    key("limits.intervalflow_login", "5/15m", "failed logins at IntervalFlow, by address: COUNT/TIME, off"),
    key(
        "limits.account_logins",
        "20/1h",
        "failed logins of an account over all surfaces, but from where it has logged in of late: COUNT/TIME, off",
    ),
    key("limits.alloy_read", "100/1m", "kept for the Alloy surface: its requests that read: COUNT/TIME, off"),
    key(
        "limits.alloy_write",
        "10/1m",
        "kept for the Alloy surface: its requests that write: COUNT/TIME, off",
    ),
    key("limits.alloy_auth", "5/1m", "kept for the Alloy surface: its authentication: COUNT/TIME, off"),
    key(
        "limits.shuren",
        "100/1m",
        "kept for the Shuren surface: all its requests, by person: COUNT/TIME, off",
    ),
    key("token.ttl", "1h", "how long an access token is good, 1s to 30d"),
    key(
        "jobs.in_serve",
        "true",
        "whether `ferrum serve` does the background work; false: `ferrum worker` does",
    ),
];
