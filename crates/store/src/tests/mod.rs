//! What the store promises, on both engines.

mod health;
mod migrations;
mod outcomes;
mod postgres;
mod schema;
mod sqlite;
mod statements;
mod support;
mod transactions;
