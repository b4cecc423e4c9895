//! Connections that nobody uses.

use std::time::Duration;

use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::Client;
use crate::support::process::Process;

#[tokio::test(flavor = "multi_thread")]
async fn those_of_one_listener_leave_the_others_theirs() {
    let directory = tempfile::tempdir().unwrap();
    let server = Process::serve_with_handles(directory.path(), 128);
    let root = server.root("powerpro.listen");
    let address = root.strip_prefix("http://").unwrap();
    let mut idle = Vec::new();
    for _ in 0..120 {
        idle.push(TcpStream::connect(address).await.unwrap());
    }
    // Beyond what the listener holds they wait in the system's queue, which has room for these.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let main = Client::new(&server.root("listen"));
    let answer = timeout(Duration::from_secs(10), main.get("/healthz")).await.expect("an answer");
    assert_eq!(answer.expect(200), json!({ "status": "ok" }));
    drop(idle);
    let powerpro = Client::new(&root).with("x-user-id", "ada");
    timeout(Duration::from_secs(10), powerpro.get("/lifts"))
        .await
        .expect("places are free again")
        .expect(200);
}
