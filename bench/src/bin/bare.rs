//! The yardstick: a bare axum server with one JSON answer, `GET /health`.
//!
//! `bare ADDRESS`

use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8099".to_owned());
    let router = Router::new().route("/health", get(async || Json(Health { status: "ok" })));
    axum::serve(tokio::net::TcpListener::bind(address).await?, router).await
}
