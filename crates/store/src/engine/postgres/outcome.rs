//! What an error of PostgreSQL means to the product.

use ferrum_domain::{Conflict, Error};
use tokio_postgres::error::SqlState;

use super::Fault;

/// What two transactions at once may both find free: the same `Idempotency-Key`, whose second request is to
/// find the first's answer, and the next key of a lift.
const LOST_RACES: [&str; 2] = ["idempotency_keys_key", "lifts_key"];

/// What it leaves of the transaction.
pub(super) fn fault(error: &tokio_postgres::Error) -> Fault {
    let Some(reported) = error.as_db_error() else {
        // Wrong parameters are found before anything is sent.
        return if error.is_closed() || is_io(error) { Fault::Lost } else { Fault::Statement };
    };
    let code = reported.code();
    if *code == SqlState::T_R_SERIALIZATION_FAILURE
        || *code == SqlState::T_R_DEADLOCK_DETECTED
        || (*code == SqlState::UNIQUE_VIOLATION
            && reported.constraint().is_some_and(|index| LOST_RACES.contains(&index)))
    {
        return Fault::Outrun;
    }
    // A statement prepared before a migration of another process has to be prepared anew.
    let stale = *code == SqlState::FEATURE_NOT_SUPPORTED && reported.message().contains("cached plan");
    if stale || is_gone(code) { Fault::Lost } else { Fault::Statement }
}

/// The outcome of a statement.
pub(super) fn of(error: &tokio_postgres::Error, doing: &str) -> Error {
    let context = format!("{doing}: {}", text(error));
    let Some(reported) = error.as_db_error() else {
        return match fault(error) {
            Fault::Lost => Error::unavailable(context),
            _ => Error::internal(context),
        };
    };
    let code = reported.code();
    let is_delete = doing.trim_start().starts_with("DELETE");
    if *code == SqlState::UNIQUE_VIOLATION {
        Error::Conflict(Conflict::Exists(reported.constraint().unwrap_or_default().to_owned()))
    } else if is_delete && (*code == SqlState::FOREIGN_KEY_VIOLATION || *code == SqlState::RESTRICT_VIOLATION)
    {
        Error::Conflict(Conflict::Referenced(reported.table().unwrap_or_default().to_owned()))
    } else if is_gone(code) || is_passing(code) {
        Error::unavailable(context)
    } else {
        Error::internal(context)
    }
}

/// The error with what the server said, but for its details, which may show a whole row.
pub(super) fn text(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(reported), _) => {
            let constraint = reported.constraint().map(|name| format!(", {name}")).unwrap_or_default();
            format!(
                "{}: {} ({}{constraint})",
                reported.severity(),
                reported.message(),
                reported.code().code()
            )
        }
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

/// The connection or the whole server is going away.
fn is_gone(code: &SqlState) -> bool {
    code.code().starts_with("08") || ["57P01", "57P02", "57P03", "57P05", "25P03"].contains(&code.code())
}

/// No disk, no memory, no connections, too long, or a standby: later it may work.
fn is_passing(code: &SqlState) -> bool {
    let class = &code.code()[..2];
    class == "53" || class == "58" || class == "40" || ["57014", "55P03"].contains(&code.code())
}
