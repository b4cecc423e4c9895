//! IntervalFlow, through the front door.

mod auth;
mod exercises;
mod limits;
mod surface;

use std::time::Duration;

use ferrum_app::actions::accounts;
use ferrum_domain::access::Role;
use ferrum_domain::units::WeightUnit;
use ferrum_store::accounts::{Birth, NewAccount};

use crate::support::{Client, Server};

/// What is built in is loaded.
pub const ON: [(&str, &str); 1] = [("builtin", "on")];

/// Callers without a token, one for each listener that has the surface.
pub fn everywhere(server: &Server) -> [Client; 2] {
    [Client::new(&server.intervalflow), Client::new(&server.main)]
}

/// A new person, at IntervalFlow's own listener. Nobody hashes a password for them.
pub async fn person(server: &Server, id: &'static str, role: Role) -> Client {
    let birth = Birth { now: server.app.clock.now(), object_id: server.app.ids.object_id() };
    let write = server.app.db.write(move |tx| {
        let email = format!("{id}@example.org");
        let account = NewAccount {
            id,
            email: &email,
            password_hash: "none",
            name: None,
            role,
            weight_unit: WeightUnit::Lb,
            time_zone: None,
        };
        ferrum_store::accounts::insert(tx, &account, &birth)
    });
    write.await.expect("the person is added");
    let [own, _] = people(server, id).await;
    own
}

/// Somebody who is there already, at each listener that has the surface.
pub async fn people(server: &Server, id: &str) -> [Client; 2] {
    let token = accounts::token(&server.app, id, Duration::from_hours(1)).await.expect("a token");
    everywhere(server).map(|client| client.with("authorization", &format!("Bearer {token}")))
}
