//! Whether the database is well, asked by anybody and found out by one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ferrum_domain::{Error, Result};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::{EngineKind, Tx};

/// How long callers share an answer: they need not say who they are, and each answer costs a write to the disk.
const SHARED: Duration = Duration::from_secs(1);
/// A database that takes longer is not well.
const LIMIT: Duration = Duration::from_secs(5);

/// The last answer, held by whoever looks for the next.
#[derive(Clone, Default)]
pub(super) struct Health(Arc<Mutex<Option<Answer>>>);

struct Answer {
    at: Instant,
    outcome: Result<(), String>,
}

impl Health {
    /// The answer of the last second, or what `check` finds now.
    pub(super) async fn ask(&self, check: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
        let mut last = Arc::clone(&self.0).lock_owned().await;
        if let Some(answer) = last.as_ref().filter(|answer| answer.at.elapsed() < SHARED) {
            return answer.outcome.clone().map_err(Error::unavailable);
        }
        // On its own, so that callers who go away do not have it begin again and again.
        let checking = tokio::spawn(async move {
            let outcome = match timeout(LIMIT, check).await {
                Ok(outcome) => outcome.map_err(reason),
                Err(_) => Err(format!("the database did not answer within {} s", LIMIT.as_secs())),
            };
            *last = Some(Answer { at: Instant::now(), outcome: outcome.clone() });
            outcome
        });
        let outcome = checking.await.map_err(|error| Error::internal(error.to_string()))?;
        outcome.map_err(Error::unavailable)
    }
}

/// Has the COMMIT write to the disk without changing a row: SQLite its first page, PostgreSQL an empty message.
pub(super) fn write_nothing(tx: &mut Tx<'_>) -> Result<()> {
    let sql = match tx.kind() {
        EngineKind::Sqlite => "PRAGMA user_version = 0",
        EngineKind::Postgres => "SELECT pg_logical_emit_message(TRUE, 'ferrum', '')",
    };
    tx.execute(sql, &[]).map(drop)
}

fn reason(error: Error) -> String {
    match error {
        Error::Unavailable { context } => context,
        other => other.to_string(),
    }
}
