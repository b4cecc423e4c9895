//! The log on standard error.

use ferrum_app::config::{Log, LogFormat};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::Failure;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
/// The library's other names for them.
const NUMBERS: [&str; 6] = ["0", "1", "2", "3", "4", "5"];

/// Starts logging as configured. A second server in one process keeps the first one's log.
pub(crate) fn start(log: &Log) -> Result<(), Failure> {
    let filter = filter(&log.filter)
        .map_err(|why| Failure::start(format!("log.filter must be like info,ferrum_store=debug: {why}")))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = match log.format {
        LogFormat::Text => {
            lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).finish().try_init()
        }
        LogFormat::Json => lines.json().flatten_event(true).finish().try_init(),
    };
    Ok(())
}

/// Every part has to end with a level: the library takes any other word for the name of a module, of which it then shows
/// everything, and nothing of all others.
fn filter(text: &str) -> Result<EnvFilter, String> {
    // The fields of a span, in brackets, have commas of their own.
    let mut depth = 0_usize;
    let parts = text.split(|c| {
        depth = if c == '[' { depth + 1 } else { depth - usize::from(c == ']' && depth > 0) };
        c == ',' && depth == 0
    });
    for part in parts {
        let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
        if !LEVELS.iter().chain(&NUMBERS).any(|known| known.eq_ignore_ascii_case(level)) {
            return Err(format!("{level:?} is no level, which are {}", LEVELS.join(", ")));
        }
    }
    EnvFilter::builder().parse(text).map_err(|error| error.to_string())
}
