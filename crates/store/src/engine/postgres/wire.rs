//! The way to the server, on which nobody waits for an answer without end: a server that has stopped may still have
//! a kernel that acknowledges everything.

use std::cell::Cell;
use std::time::Duration;

use ferrum_domain::{Error, Result};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::{Client, Config, NoTls};

use super::outcome;

/// How long a server may take to let a connection in, for each host of the URL.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// How long a statement may take. A little longer than the server allows, whose own answer says more.
const ANSWER_LIMIT: Duration = Duration::from_secs(35);
/// How long the end of a connection may take.
const FAREWELL_LIMIT: Duration = Duration::from_millis(200);

pub(super) struct Wire {
    runtime: Runtime,
    connection: JoinHandle<()>,
    /// For how long an answer was waited for that did not come.
    silent: Cell<Option<Duration>>,
}

impl Wire {
    /// Connects. Whoever keeps both drops the client first.
    pub(super) fn connect(config: &Config) -> Result<(Client, Self)> {
        let unreachable = |why: &str| Error::unavailable(format!("connecting to PostgreSQL: {why}"));
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| unreachable(&error.to_string()))?;
        let limit = HANDSHAKE_LIMIT * u32::try_from(config.get_hosts().len().max(1)).unwrap_or(1);
        let connected = runtime.block_on(async { timeout(limit, config.connect(NoTls)).await });
        let (client, connection) = match connected {
            Ok(connected) => connected.map_err(|error| unreachable(&outcome::text(&error)))?,
            Err(_) => return Err(unreachable(&format!("it did not answer within {} s", limit.as_secs()))),
        };
        let connection = runtime.spawn(async move {
            // Whoever waits for an answer hears of it.
            let _ = connection.await;
        });
        Ok((client, Self { runtime, connection, silent: Cell::default() }))
    }

    /// Waits for an answer. One that does not come in time ends the connection, and with it the wait.
    pub(super) fn wait<T>(
        &self,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, tokio_postgres::Error> {
        self.wait_for(ANSWER_LIMIT, answer)
    }

    /// Waits for an answer that may take longer than others.
    pub(super) fn wait_for<T>(
        &self,
        limit: Duration,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, tokio_postgres::Error> {
        self.runtime.block_on(async {
            let mut answer = std::pin::pin!(answer);
            if let Ok(answered) = timeout(limit, &mut answer).await {
                return answered;
            }
            tracing::warn!(
                "PostgreSQL has not answered for {} s: the connection is given up",
                limit.as_secs()
            );
            self.silent.set(Some(limit));
            self.connection.abort();
            answer.await
        })
    }

    /// The outcome of a wait that ended with `error`.
    pub(super) fn outcome(&self, error: &tokio_postgres::Error, doing: &str) -> Error {
        match self.silent.get() {
            None => outcome::of(error, doing),
            Some(limit) => {
                Error::unavailable(format!("{doing}: PostgreSQL did not answer within {} s", limit.as_secs()))
            }
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let farewell = async { timeout(FAREWELL_LIMIT, &mut self.connection).await };
        let _ = self.runtime.block_on(farewell);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::super::{Fault, KEEPALIVE, SILENCE_LIMIT, configure};
    use super::*;

    /// A server that lets everybody in and answers nothing else.
    fn silent_server() -> Config {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("postgres://u@{}/x", listener.local_addr().unwrap());
        thread::spawn(move || {
            for mut client in listener.incoming().map_while(Result::ok) {
                let mut received = [0; 1024];
                let _ = client.read(&mut received);
                // AuthenticationOk, then ReadyForQuery.
                let _ = client.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I");
                thread::spawn(move || while client.read(&mut received).is_ok_and(|count| count > 0) {});
            }
        });
        configure(&url).unwrap()
    }

    #[test]
    fn an_answer_that_does_not_come_ends_the_connection() {
        let (client, wire) = Wire::connect(&silent_server()).unwrap();
        let limit = Duration::from_millis(50);
        let error = wire.wait_for(limit, client.batch_execute("COMMIT")).unwrap_err();
        assert_eq!(outcome::fault(&error), Fault::Lost, "{error}");
        assert!(wire.outcome(&error, "COMMIT").to_string().contains("COMMIT: PostgreSQL did not answer"));
        assert!(client.is_closed(), "nobody uses it again");
        wire.wait(client.batch_execute("SELECT 1")).unwrap_err();
    }

    #[test]
    fn who_only_waits_is_told_as_soon_as_who_sends() {
        let config = configure("postgres://u@127.0.0.1/x").unwrap();
        let (idle, retries, interval) = KEEPALIVE;
        assert_eq!(idle + interval * retries, SILENCE_LIMIT);
        assert!(config.get_keepalives() && config.get_keepalives_idle() == idle);
        assert_eq!(
            (config.get_keepalives_retries(), config.get_keepalives_interval()),
            (Some(retries), Some(interval))
        );
    }
}
