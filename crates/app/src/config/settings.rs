//! Collects what flags, environment and file say, and turns it into a [`Config`].

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::keys::{KEYS, Key};
use super::parse::{self, Parsed};
use super::{Config, IntervalFlow, Limits, Log, Otlp, PowerPro, Quotas, network, quota};
use ferrum_store::Options;

/// Variables of our test suite, which a server that it starts inherits.
const TESTS: &str = "FERRUM_TEST_";

const MOMENT: Duration = Duration::from_millis(1);

/// Who set a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nobody.
    Default,
    /// This configuration file.
    File(String),
    /// This environment variable.
    Environment(String),
    /// A flag on the command line.
    Flag,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => f.write_str(path),
            Self::Environment(name) => f.write_str(name),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// Values by key, with their sources; each layer replaces the one before it.
#[derive(Debug, Clone)]
pub struct Settings(BTreeMap<&'static str, (String, Source)>);

impl Default for Settings {
    fn default() -> Self {
        Self(KEYS.iter().map(|key| (key.name, (key.default.to_owned(), Source::Default))).collect())
    }
}

impl Settings {
    /// Everything that is set: the text of `ferrum.toml` with its path, then the environment, then
    /// flags as `(key, value)`. The refusal is one line that names what is wrong.
    pub fn gather(
        file: Option<(&str, &str)>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, String> {
        let mut settings = Self::default();
        if let Some((path, text)) = file {
            settings.read_file(path, text)?;
        }
        for (variable, value) in environment {
            if !variable.starts_with("FERRUM_") || variable.starts_with(TESTS) {
                continue;
            }
            let key = Key::of_variable(&variable).ok_or_else(|| {
                format!("unknown environment variable {variable}; `ferrum config` lists the known ones")
            })?;
            settings.set(key, value, Source::Environment(variable));
        }
        for (name, value) in flags {
            let key = Key::find(&name).ok_or_else(|| {
                format!("unknown key {name:?} on the command line; `ferrum config` lists the known ones")
            })?;
            settings.set(key, value, Source::Flag);
        }
        Ok(settings)
    }

    fn set(&mut self, key: &Key, value: String, source: Source) {
        self.0.insert(key.name, (value, source));
    }

    /// Replaces the value of a key that nobody has set.
    pub fn default_to(&mut self, name: &str, value: &str) {
        if let Some(kept @ (_, Source::Default)) = self.0.get_mut(name) {
            value.clone_into(&mut kept.0);
        }
    }

    fn read_file(&mut self, path: &str, text: &str) -> Result<(), String> {
        let table: toml::Table = toml::from_str(text).map_err(|e| {
            let line =
                e.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            format!("{path}, line {line}: {}", e.message().lines().collect::<Vec<_>>().join(" "))
        })?;
        for (name, value) in &table {
            match value {
                toml::Value::Table(section) => {
                    for (rest, value) in section {
                        self.set_from_file(path, &format!("{name}.{rest}"), value)?;
                    }
                }
                value => self.set_from_file(path, name, value)?,
            }
        }
        Ok(())
    }

    fn set_from_file(&mut self, path: &str, name: &str, value: &toml::Value) -> Result<(), String> {
        let key = Key::find(name).ok_or_else(|| format!("unknown key {name:?} in {path}"))?;
        let text = plain(value).ok_or_else(|| {
            format!("{name} ({path}) must be a text, a number, a boolean or a list of texts")
        })?;
        self.set(key, text, Source::File(path.to_owned()));
        Ok(())
    }

    /// Every key with its value, secrets masked, and who set it.
    pub fn listing(&self) -> impl Iterator<Item = (&'static Key, String, &Source)> {
        KEYS.iter().filter_map(|key| {
            let (value, source) = self.0.get(key.name)?;
            let shown = if key.name == "database.url" { masked(value) } else { value.clone() };
            Some((key, shown, source))
        })
    }

    /// The value of a key.
    pub fn value(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |(value, _)| value)
    }

    fn parse<T>(&self, name: &'static str, parse: impl FnOnce(&str) -> Parsed<T>) -> Result<T, String> {
        let source = self.0.get(name).map_or(&Source::Default, |(_, source)| source);
        let value = self.value(name);
        parse(value).map_err(|reason| {
            // A URL may hold a password, and a wrong one may hold it in a place that we do not find.
            let secret = matches!(name, "database.url" | "otlp.endpoint");
            let shown = if secret { String::new() } else { format!(", not {value:?}") };
            format!("{name} ({source}) {reason}{shown}")
        })
    }

    /// The configuration that these settings make. The refusal is one line that names the key.
    pub fn config(&self) -> Result<Config, String> {
        let data_dir = self.parse("data_dir", parse::path)?;
        self.parse("alloy.listen", parse::listen)?;
        Ok(Config {
            listen: self.parse("listen", parse::listen)?,
            database: Options {
                url: self.parse("database.url", parse::database_url)?,
                file: data_dir.join("ferrum.db"),
                pool: self.parse("database.pool", |t| parse::count(t, 1, 500))?,
            },
            data_dir,
            rate_limits: self.parse("rate_limits", parse::switch)?,
            quotas: self.quotas()?,
            trusted_proxies: self.parse("trusted_proxies", network::proxies)?,
            powerpro: self.powerpro()?,
            intervalflow: IntervalFlow {
                listen: self.parse("intervalflow.listen", parse::listen)?,
                token_ttl: self.parse("intervalflow.token_ttl", token_ttl)?,
            },
            cors_origins: self.parse("cors.origins", parse::origins)?,
            log: Log {
                filter: self.value("log.filter").to_owned(),
                format: self.parse("log.format", parse::log_format)?,
                access: self.parse("log.access", parse::access_log)?,
            },
            otlp: Otlp {
                endpoint: self.parse("otlp.endpoint", parse::collector)?,
                service_name: self.parse("otlp.service_name", parse::name)?,
            },
            limits: Limits {
                request: self
                    .parse("limits.request", |t| parse::duration(t, MOMENT, Duration::from_mins(10)))?,
                drain: self.parse("limits.drain", |t| parse::duration(t, MOMENT, Duration::from_mins(10)))?,
            },
            token_ttl: self.parse("token.ttl", token_ttl)?,
            builtin: self.parse("builtin", parse::switch)?,
            jobs_in_serve: self.parse("jobs.in_serve", parse::switch)?,
        })
    }

    fn powerpro(&self) -> Result<PowerPro, String> {
        Ok(PowerPro {
            listen: self.parse("powerpro.listen", parse::listen)?,
            auth: self.parse("powerpro.auth", parse::header_auth)?,
            trusted_proxies: self.parse("powerpro.trusted_proxies", network::networks)?,
            hosts: self.parse("powerpro.hosts", parse::hosts)?,
            resolve_for_others: self.parse("powerpro.resolve_for_others", parse::switch)?,
        })
    }

    fn quotas(&self) -> Result<Quotas, String> {
        Ok(Quotas {
            intervalflow_general: self.parse("limits.intervalflow_general", quota::quota)?,
            intervalflow_register: self.parse("limits.intervalflow_register", quota::quota)?,
            intervalflow_login: self.parse("limits.intervalflow_login", quota::quota)?,
            account_logins: self.parse("limits.account_logins", quota::quota)?,
            alloy_read: self.parse("limits.alloy_read", quota::quota)?,
            alloy_write: self.parse("limits.alloy_write", quota::quota)?,
            alloy_auth: self.parse("limits.alloy_auth", quota::quota)?,
            shuren: self.parse("limits.shuren", quota::quota)?,
        })
    }
}

fn token_ttl(text: &str) -> Parsed<Duration> {
    parse::duration(text, Duration::from_secs(1), Duration::from_hours(30 * 24))
}

impl Config {
    /// The configuration that `(key, value)` pairs make on top of the defaults, without any file or
    /// environment: for a server inside another program, such as a test.
    pub fn from_settings(settings: impl IntoIterator<Item = (String, String)>) -> Result<Self, String> {
        Settings::gather(None, [], settings)?.config()
    }
}

fn plain(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(truth) => Some(truth.to_string()),
        toml::Value::Array(items) => {
            let items: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
            Some(items?.join(","))
        }
        _ => None,
    }
}

/// A URL with its password replaced, wherever a URL of PostgreSQL can have one; where that is in doubt, of all
/// that could be a part of it nothing is shown.
fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return if url.is_empty() { String::new() } else { "***".to_owned() };
    };
    // A password that was not escaped may hold any of the characters that divide a URL.
    let (credentials, place) = rest.rsplit_once('@').unwrap_or(("", rest));
    let (place, query) = place.split_once('?').map_or((place, ""), |(place, query)| (place, query));
    let port = place.split_once(':').map(|(_, port)| port.split('/').next().unwrap_or_default());
    let is_clear =
        port.is_none_or(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit() || b == b','));
    if masked_query(credentials) != credentials || !is_clear {
        return format!("{scheme}://***");
    }
    let credentials = match credentials.split_once(':') {
        Some((name, _)) => format!("{name}:***@"),
        None if credentials.is_empty() => String::new(),
        None => format!("{credentials}@"),
    };
    let query = if query.is_empty() { String::new() } else { masked_query(&format!("?{query}")) };
    format!("{scheme}://{credentials}{place}{query}")
}

/// `text` up to the first member of its query that may be a password, which may hold what divides members.
fn masked_query(text: &str) -> String {
    let Some((place, query)) = text.split_once('?') else { return text.to_owned() };
    // A name with a percent sign may be any name.
    let is_secret = |part: &&str| {
        let name = part.split('=').next().unwrap_or_default();
        name.contains('%') || name.to_ascii_lowercase().contains("password")
    };
    let mut parts: Vec<&str> = query.split('&').take_while(|part| !is_secret(part)).collect();
    if parts.len() < query.split('&').count() {
        parts.push("password=***");
    }
    format!("{place}?{}", parts.join("&"))
}
