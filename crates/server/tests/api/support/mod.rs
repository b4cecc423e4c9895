//! A real server per test, over real sockets, on either engine.

pub mod client;
pub mod database;
pub mod document;
pub mod process;
pub mod raw;
pub mod schema;
pub mod silent;

use std::sync::Arc;

use ferrum_app::App;
use ferrum_app::clock::Clock;
use ferrum_domain::time::Millis;
use ferrum_server::Running;

pub use client::{Client, Response};
pub use database::Engine;

/// 2026-01-05T08:00:00Z, a Monday: where the tests' clock starts.
pub const START: Millis = Millis(1_767_600_000_000);

/// A server of one test. Stops, and its database goes, when it is dropped.
pub struct Server {
    running: Option<Running>,
    /// The application inside, for its clock and for what no surface offers.
    pub app: Arc<App>,
    /// Root of PowerPro's listener.
    pub powerpro: String,
    /// Root of IntervalFlow's listener.
    pub intervalflow: String,
    /// Root of the main listener.
    pub main: String,
    database: database::Database,
}

impl Server {
    /// Starts a server with the default configuration on free ports.
    pub async fn start(engine: Engine) -> Self {
        Self::start_with(engine, &[]).await
    }

    /// Starts a server with `settings`, written as in `ferrum.toml`, e.g. `("powerpro.auth", "token")`.
    pub async fn start_with(engine: Engine, settings: &[(&str, &str)]) -> Self {
        Self::on(database::Database::create(engine).await, settings).await
    }

    /// Stops the server, and starts one with `settings` on the same data.
    pub async fn restart_with(mut self, settings: &[(&str, &str)]) -> Self {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
        Self::on(self.database, settings).await
    }

    async fn on(database: database::Database, settings: &[(&str, &str)]) -> Self {
        let config = database.config(settings);
        let running =
            ferrum_server::start_with_clock(config, Clock::manual(START)).await.expect("the server starts");
        let address = |name: &str| format!("http://{}", running.address(name).expect("a TCP listener"));
        let [powerpro, intervalflow, main] = ["powerpro", "intervalflow", "main"].map(address);
        Self { app: running.app(), powerpro, intervalflow, main, running: Some(running), database }
    }

    /// A caller of PowerPro without credentials.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.powerpro)
    }

    /// A caller of PowerPro who names themselves `id`.
    pub fn user(&self, id: &str) -> Client {
        self.anonymous().with("authorization", &format!("Bearer {id}"))
    }

    /// A caller of PowerPro with `X-Admin: true`.
    pub fn admin(&self) -> Client {
        self.user("test-admin").with("x-admin", "true")
    }

    /// Moves the server's clock.
    pub fn advance_clock(&self, milliseconds: i64) {
        self.app.clock.advance(milliseconds);
    }

    /// Stops the server and waits until it has.
    pub async fn stop(mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }
}

/// Defines a test that runs on both engines: `both! { async fn name(server) { ... } }`.
macro_rules! both {
    ($( $(#[$attribute:meta])* async fn $name:ident($server:ident) $body:block )*) => {
        $(
            $(#[$attribute])*
            mod $name {
                #[allow(unused_imports)]
                use super::*;

                async fn check($server: $crate::support::Server) $body

                #[tokio::test]
                async fn sqlite() {
                    check($crate::support::Server::start($crate::support::Engine::Sqlite).await).await;
                }

                #[tokio::test]
                async fn postgres() {
                    if $crate::support::database::postgres_is_there() {
                        check($crate::support::Server::start($crate::support::Engine::Postgres).await).await;
                    }
                }
            }
        )*
    };
}
pub(crate) use both;
