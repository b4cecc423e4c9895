//! The log on standard error.

use ferrum_app::config::{Log, LogFormat};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::Failure;

/// Starts logging as configured. A second server in one process keeps the first one's log.
pub(crate) fn start(log: &Log) -> Result<(), Failure> {
    let filter = EnvFilter::builder().parse(&log.filter).map_err(|e| {
        Failure::start(format!("log.filter must be a filter such as info,ferrum_store=debug: {e}"))
    })?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = match log.format {
        LogFormat::Text => {
            lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).finish().try_init()
        }
        LogFormat::Json => lines.json().flatten_event(true).finish().try_init(),
    };
    Ok(())
}
