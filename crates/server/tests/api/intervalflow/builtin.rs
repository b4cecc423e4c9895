//! The built-in exercises, which an admin may change: every process shows them as they are.

use std::time::Duration;

use ferrum_app::actions::accounts;
use ferrum_domain::access::Role;
use serde_json::{Value, json};

use super::{ON, account};
use crate::support::database::{self, Database};
use crate::support::{Client, Engine};

/// The names in the list that everybody sees.
async fn names(client: &Client) -> Vec<Value> {
    let list = client.get("/api/exercises").await.expect(200);
    list["data"].as_array().expect("a list").iter().map(|exercise| exercise["name"].clone()).collect()
}

async fn a_change_shows_in_every_process(engine: Engine) {
    let database = Database::create(engine).await;
    let start = async || ferrum_server::start(database.config(&ON)).await.expect("the server starts");
    let (one, other) = (start().await, start().await);
    let [here, there] = [&one, &other].map(|running| {
        Client::new(&format!("http://{}", running.address("intervalflow").expect("a TCP listener")))
    });
    account(&one.app(), "root", Role::Admin).await;
    let token = accounts::token(&one.app(), "root", Duration::from_hours(1)).await.expect("a token");
    let admin = here.with("authorization", &format!("Bearer {token}"));

    let list = there.get("/api/exercises").await.expect(200);
    let first = format!("/api/exercises/{}", list["data"][0]["_id"].as_str().expect("an id"));
    let before = names(&there).await;
    assert_eq!(names(&here).await, before);

    for name in ["Star Jumps of Ours", "Star Jumps of Yours"] {
        admin.put(&first, json!({ "name": name })).await.expect(200);
        assert_eq!(names(&there).await[0], name);
        assert_eq!(names(&here).await[0], name);
    }
    admin.delete(&first).await.expect(200);
    assert_eq!(names(&there).await, before[1..]);
    assert_eq!(names(&here).await, before[1..]);
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn a_change_shows_in_every_process_on_sqlite() {
    a_change_shows_in_every_process(Engine::Sqlite).await;
}

#[tokio::test]
async fn a_change_shows_in_every_process_on_postgres() {
    if database::postgres_is_there() {
        a_change_shows_in_every_process(Engine::Postgres).await;
    }
}
