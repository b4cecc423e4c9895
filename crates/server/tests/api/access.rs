//! Who a caller is: the documented headers, which name without proof, and tokens, which prove.

use std::time::Duration;

use ferrum_app::actions::accounts::{self, NewPerson};
use ferrum_domain::access::Role;
use ferrum_domain::units::WeightUnit;
use serde_json::json;

use crate::support::raw::{Raw, ask};
use crate::support::{Client, Engine, Server, both};

const HOUR: Duration = Duration::from_hours(1);
/// A request line that every known caller gets a 200 for.
const GET: &str = "GET /lifts HTTP/1.1";

/// The status of `GET /lifts` with these header lines.
async fn status(server: &Server, lines: &[&str]) -> u16 {
    let lines: Vec<&str> = [GET].iter().chain(lines).copied().collect();
    ask(&server.powerpro, &lines).await.status
}

async fn person(server: &Server, email: &str, role: Role) -> String {
    let person = NewPerson { email: email.to_owned(), role, unit: WeightUnit::Lb, password: None };
    accounts::add_user(&server.app, person).await.expect("the person is added").id
}

async fn token(server: &Server, address: &str) -> String {
    accounts::token(&server.app, address, HOUR).await.expect("a token")
}

/// A caller of `root` with that bearer.
fn bearer(root: &str, text: &str) -> Client {
    Client::new(root).with("authorization", &format!("Bearer {text}"))
}

async fn ids(server: &Server) -> Vec<String> {
    let list = |tx: &mut ferrum_store::Tx<'_>| ferrum_store::accounts::list(tx, 0, 100);
    server.app.db.read(list).await.expect("the accounts").into_iter().map(|account| account.id).collect()
}

both! {
    async fn headers_name_the_caller(server) {
        for (name, value) in [
            ("authorization", "Bearer ada"),
            ("authorization", "bearer ada"),
            ("authorization", "BEARER\tada"),
            ("x-user-id", "ada"),
            ("X-USER-ID", "a.d_a:1@x-y"),
        ] {
            server.anonymous().with(name, value).get("/lifts").await.expect(200);
        }
        for (name, value) in [
            ("authorization", "ada"),
            ("authorization", "Basic ada"),
            ("authorization", "Bearer "),
            ("x-user-id", ""),
            ("x-user", "ada"),
        ] {
            server.anonymous().with(name, value).get("/lifts").await.refused(401, "Authentication required", &[]);
        }
    }

    async fn names_that_cannot_be_ids_are_refused(server) {
        for id in ["a b", "a/b", "ada!", "ad\u{e9}", "a,b", "%61", &"a".repeat(129)] {
            for (name, value) in [("authorization", format!("Bearer {id}")), ("x-user-id", id.to_owned())] {
                let answer = server.anonymous().with(name, &value).get("/lifts").await;
                answer.refused(401, "Authentication required", &[]);
            }
        }
        server.user(&"a".repeat(128)).get("/lifts").await.expect(200);
    }

    async fn the_bearer_wins_over_the_user_id(server) {
        let both = server.user("ada").with("x-user-id", "eve");
        both.get("/users/ada/lift-maxes").await.expect(200);
        both.get("/users/eve/lift-maxes").await.refused(403, "Access denied: you do not have permission", &[]);
        let bad = server.user("a b").with("x-user-id", "eve");
        bad.get("/lifts").await.refused(401, "Authentication required", &[]);
    }

    async fn admin_rights_are_claimed_by_exactly_true_and_for_one_request(server) {
        let lift = |name: &str| json!({ "name": name });
        for claim in ["True", "TRUE", "1", "yes", "true, true", "\"true\"", "false", ""] {
            let answer = server.user("ada").with("x-admin", claim).post("/lifts", lift("Row")).await;
            answer.refused(403, "Admin privileges required", &[]);
        }
        server.user("ada").with("x-admin", "true").post("/lifts", lift("Squat")).await.expect(201);
        server.user("ada").post("/lifts", lift("Bench")).await.refused(403, "Admin privileges required", &[]);
        let ada = accounts::get(&server.app, "ada").await.unwrap();
        assert_eq!(ada.role, Role::Customer, "the claim gives no role");
        let alone = server.anonymous().with("x-admin", "true").post("/lifts", lift("Row")).await;
        alone.refused(401, "Authentication required", &[]);
    }

    async fn headers_never_act_as_support_or_admin_nor_as_the_disabled(server) {
        for (role, status) in [(Role::Customer, 200), (Role::Coach, 200), (Role::Support, 401), (Role::Admin, 401)] {
            let id = person(&server, &format!("{}@example.org", role.as_str()), role).await;
            for client in [server.user(&id), server.anonymous().with("x-user-id", &id).with("x-admin", "true")] {
                assert_eq!(client.get("/lifts").await.status, status, "{role:?}");
            }
        }
        accounts::disable(&server.app, "customer@example.org").await.unwrap();
        let id = accounts::get(&server.app, "customer@example.org").await.unwrap().id;
        server.user(&id).get("/lifts").await.refused(401, "Authentication required", &[]);
        server.user(&id).with("x-admin", "true").get("/lifts").await.expect(401);
    }

    async fn an_unseen_id_becomes_an_account_with_its_first_write(server) {
        let ada = server.user("ada");
        let lift = server.admin().post("/lifts", json!({ "name": "Squat" })).await.id(201);
        ada.get("/users/ada/lift-maxes").await.expect(200);
        ada.get("/users/ada/lift-maxes/current?lift=x&type=ONE_RM").await.expect(404);
        ada.post("/users/ada/lift-maxes", json!({ "liftId": lift })).await.expect(400);
        ada.post("/lifts", json!({ "name": "Row" })).await.expect(403);
        let nothing = json!({ "userId": "ada", "prescriptionIds": ["none"] });
        ada.with("idempotency-key", "k").post("/prescriptions/resolve-batch", nothing).await.expect(200);
        assert_eq!(ids(&server).await, ["test-admin"], "reads and refusals make nobody");
        let max = json!({ "liftId": lift, "type": "ONE_RM", "value": 100 });
        ada.post("/users/ada/lift-maxes", max.clone()).await.expect(201);
        ada.post("/users/ada/lift-maxes", max).await.expect(201);
        assert_eq!(ids(&server).await, ["test-admin", "ada"]);
        let account = accounts::get(&server.app, "ada").await.unwrap();
        assert_eq!((account.email, account.password_hash, account.number), (None, None, 2));
        assert!(account.object_id.len() == 24 && account.object_id.bytes().all(|b| b.is_ascii_hexdigit()));
    }

    async fn attaching_credentials_keeps_the_history(server) {
        let lift = server.admin().post("/lifts", json!({ "name": "Squat" })).await.id(201);
        let max = json!({ "liftId": lift, "type": "ONE_RM", "value": 100 });
        let max = server.user("ada").post("/users/ada/lift-maxes", max).await.id(201);
        accounts::attach_user(&server.app, "ada", "ada@example.org", None).await.unwrap();
        let ada = bearer(&server.powerpro, &token(&server, "ADA@example.org").await);
        assert_eq!(ada.get("/users/ada/lift-maxes").await.expect(200)["data"][0]["id"], max.as_str());
        server.user("ada").get("/users/ada/lift-maxes").await.expect(200);
    }

    async fn a_token_proves_and_expires(server) {
        let id = person(&server, "ada@example.org", Role::Customer).await;
        let token = token(&server, "ada@example.org").await;
        for root in [server.powerpro.clone(), format!("{}/api/powerpro", server.main)] {
            bearer(&root, &token).get(&format!("/users/{id}/lift-maxes")).await.expect(200);
            bearer(&root, &token).get("/users/eve/lift-maxes").await.expect(403);
        }
        server.advance_clock(3_599_999);
        bearer(&server.powerpro, &token).get("/lifts").await.expect(200);
        server.advance_clock(1);
        bearer(&server.powerpro, &token).get("/lifts").await.refused(401, "Authentication required", &[]);
    }

    async fn tokens_end_at_once_with_the_password_and_with_the_account(server) {
        person(&server, "ada@example.org", Role::Customer).await;
        let first = bearer(&server.powerpro, &token(&server, "ada@example.org").await);
        first.get("/lifts").await.expect(200);
        accounts::reset_password(&server.app, "ada@example.org", None).await.unwrap();
        first.get("/lifts").await.refused(401, "Authentication required", &[]);
        let second = bearer(&server.powerpro, &token(&server, "ada@example.org").await);
        second.get("/lifts").await.expect(200);
        accounts::disable(&server.app, "ada@example.org").await.unwrap();
        second.get("/lifts").await.refused(401, "Authentication required", &[]);
    }

    async fn with_a_token_the_other_headers_say_nothing(server) {
        let customer = person(&server, "ada@example.org", Role::Customer).await;
        person(&server, "root@example.org", Role::Admin).await;
        let ada = bearer(&server.powerpro, &token(&server, "ada@example.org").await)
            .with("x-admin", "true")
            .with("x-user-id", "eve");
        ada.post("/lifts", json!({ "name": "Squat" })).await.refused(403, "Admin privileges required", &[]);
        ada.get("/users/eve/lift-maxes").await.expect(403);
        ada.get(&format!("/users/{customer}/lift-maxes")).await.expect(200);
        // The name of a scheme is the same in small and in capital letters (RFC 9110, section 11.1).
        let token_of_ada = token(&server, "ada@example.org").await;
        for scheme in ["bearer ", "BEARER ", "Bearer\t", "Bearer  "] {
            let ada = Client::new(&server.powerpro).with("authorization", &format!("{scheme}{token_of_ada}"));
            ada.with("x-user-id", "eve").with("x-admin", "true").post("/lifts", json!({ "name": "Squat" })).await.expect(403);
        }
        let root = bearer(&server.powerpro, &token(&server, "root@example.org").await);
        root.post("/lifts", json!({ "name": "Squat" })).await.expect(201);
        root.get(&format!("/users/{customer}/lift-maxes")).await.expect(200);
    }

    async fn a_bearer_like_a_jwt_is_only_ever_a_token(server) {
        person(&server, "ada@example.org", Role::Customer).await;
        let good = token(&server, "ada@example.org").await;
        let (rest, signature) = good.rsplit_once('.').unwrap();
        let (header, payload) = rest.split_once('.').unwrap();
        for forged in [
            format!("{header}.{payload}."),
            format!("{header}.{payload}.{}", signature.chars().rev().collect::<String>()),
            format!("{header}.eyJzdWIiOiJhZGEifQ.{signature}"),
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.".to_owned(),
            "eyAiYWxnIjoibm9uZSJ9.eyJzdWIiOiJhIn0.x".to_owned(),
            "eyJa.b.c".to_owned(),
        ] {
            let client = bearer(&server.powerpro, &forged).with("x-user-id", "ada");
            client.get("/lifts").await.refused(401, "Authentication required", &[]);
        }
        // As a user id the same text is a name like any other.
        server.anonymous().with("x-user-id", "eyJa.b.c").get("/lifts").await.expect(200);
    }

    async fn the_main_listener_takes_tokens_only(server) {
        let root = format!("{}/api/powerpro", server.main);
        person(&server, "ada@example.org", Role::Customer).await;
        bearer(&root, &token(&server, "ada@example.org").await).get("/lifts").await.expect(200);
        for (name, value) in [("authorization", "Bearer ada"), ("x-user-id", "ada")] {
            let client = Client::new(&root).with(name, value).with("x-admin", "true");
            client.get("/lifts").await.refused(401, "Authentication required", &[]);
        }
        Client::new(&root).get("/health").await.expect(200);
    }

    async fn headers_count_only_under_a_host_of_ours(server) {
        let port = server.powerpro.rsplit_once(':').unwrap().1.to_owned();
        for host in ["localhost", "LocalHost:1", "127.0.0.1", "[::1]", &format!("[::1]:{port}"), &format!("127.0.0.1:{port}")] {
            assert_eq!(status(&server, &[&format!("Host: {host}"), "X-User-ID: ada"]).await, 200, "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "0.0.0.0", "::1", "", "localhost:x", "power.example.org"] {
            assert_eq!(status(&server, &[&format!("Host: {host}"), "X-User-ID: ada"]).await, 401, "{host:?}");
        }
        assert_eq!(ask(&server.powerpro, &["GET /lifts HTTP/1.0", "X-User-ID: ada"]).await.status, 401, "no Host");
        let twice = status(&server, &["Host: localhost", "Host: evil.example", "X-User-ID: ada"]).await;
        assert!(twice == 400 || twice == 401, "two Hosts: {twice}");
        for (target, answer) in [("http://localhost:1/lifts", 200), ("http://evil.example/lifts", 401)] {
            let lines = [&format!("GET {target} HTTP/1.1"), "Host: localhost", "X-User-ID: ada"];
            assert_eq!(ask(&server.powerpro, &lines).await.status, answer, "{target}");
        }
    }

    async fn what_is_said_twice_is_not_believed(server) {
        for lines in [
            ["X-User-ID: ada", "X-User-ID: eve"],
            ["Authorization: Bearer ada", "Authorization: Bearer eve"],
            ["Authorization: Bearer ada", "authorization: Basic eve"],
        ] {
            assert_eq!(status(&server, &["Host: localhost", lines[0], lines[1]]).await, 401, "{lines:?}");
        }
        let lines = ["DELETE /lifts/x HTTP/1.1", "Host: localhost", "X-User-ID: ada", "X-Admin: true"];
        assert_eq!(ask(&server.powerpro, &lines).await.status, 404);
        assert_eq!(ask(&server.powerpro, &[&lines[..], &["X-Admin: false"]].concat()).await.status, 401);
    }

    async fn an_origin_or_a_forwarded_request_is_not_believed(server) {
        const HOST: &str = "Host: localhost";
        for line in [
            "Origin: https://evil.example",
            "Origin: null",
            "Origin: http://localhost:8090",
            "Forwarded: for=10.0.0.1",
            "X-Forwarded-For: 10.0.0.1",
            "X-Forwarded-Host: localhost",
            "x-forwarded-proto: https",
            "X-Forwarded-Anything: x",
        ] {
            assert_eq!(status(&server, &[HOST, line, "X-User-ID: ada"]).await, 401, "{line}");
            assert_eq!(ask(&server.powerpro, &["GET /health HTTP/1.1", HOST, line]).await.status, 200, "{line}");
        }
    }

    async fn tokens_count_whatever_the_way_here(server) {
        person(&server, "ada@example.org", Role::Customer).await;
        let line = format!("Authorization: Bearer {}", token(&server, "ada@example.org").await);
        for lines in [["Host: evil.example", "X-A: b"], ["Host: localhost", "X-Forwarded-For: 10.0.0.1"], ["Host: localhost", "Origin: https://evil.example"]] {
            assert_eq!(status(&server, &[lines[0], lines[1], &line]).await, 200, "{lines:?}");
        }
    }
}

#[tokio::test]
async fn configured_hosts_and_origins_are_ours_too() {
    let settings = [("powerpro.hosts", "power.example.org"), ("cors.origins", "https://app.example.org")];
    let server = Server::start_with(Engine::Sqlite, &settings).await;
    for host in ["power.example.org", "POWER.example.org:8090", "localhost"] {
        assert_eq!(status(&server, &[&format!("Host: {host}"), "X-User-ID: ada"]).await, 200, "{host}");
    }
    assert_eq!(status(&server, &["Host: x.power.example.org", "X-User-ID: ada"]).await, 401);
    let ours = "Origin: https://app.example.org";
    assert_eq!(status(&server, &["Host: localhost", ours, "X-User-ID: ada"]).await, 200);
    for line in ["Origin: https://app.example.org.evil.example", "Origin: http://app.example.org"] {
        assert_eq!(status(&server, &["Host: localhost", line, "X-User-ID: ada"]).await, 401, "{line}");
        assert_eq!(
            status(&server, &["Host: localhost", ours, line, "X-User-ID: ada"]).await,
            401,
            "{line} beside ours"
        );
    }
}

#[tokio::test]
async fn a_trusted_proxy_may_forward() {
    let server = Server::start_with(Engine::Sqlite, &[("powerpro.trusted_proxies", "127.0.0.0/8")]).await;
    for line in ["X-Forwarded-For: 10.0.0.1", "Forwarded: for=10.0.0.1"] {
        assert_eq!(status(&server, &["Host: localhost", line, "X-User-ID: ada"]).await, 200, "{line}");
        assert_eq!(status(&server, &["Host: evil.example", line, "X-User-ID: ada"]).await, 401, "{line}");
    }
    let other = Server::start_with(Engine::Sqlite, &[("powerpro.trusted_proxies", "10.0.0.0/8")]).await;
    assert_eq!(status(&other, &["Host: localhost", "Forwarded: for=1", "X-User-ID: ada"]).await, 401);
}

#[tokio::test]
async fn a_unix_socket_is_near_enough() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("powerpro.sock");
    let listen = format!("unix:{}", path.display());
    let database = crate::support::database::Database::create(Engine::Sqlite).await;
    let config = database.config(&[("powerpro.listen", &listen)]);
    let running = ferrum_server::start(config).await.unwrap();
    for (lines, status) in [
        (["Host: localhost", "X-User-ID: ada"], 200),
        (["Host: evil.example", "X-User-ID: ada"], 401),
        (["Host: localhost", "X-A: b"], 401),
    ] {
        let mut raw = Raw::unix(&path).await;
        raw.head(&[GET, lines[0], lines[1]]).await;
        assert_eq!(raw.answer().await.unwrap().status, status, "{lines:?}");
    }
    running.stop().await;
    assert!(!path.exists(), "the socket's file goes with the listener");
}

#[tokio::test]
async fn the_headers_can_be_turned_off() {
    let server = Server::start_with(Engine::Sqlite, &[("powerpro.auth", "token")]).await;
    for client in [server.user("ada"), server.anonymous().with("x-user-id", "ada"), server.admin()] {
        client.get("/lifts").await.refused(401, "Authentication required", &[]);
    }
    person(&server, "ada@example.org", Role::Customer).await;
    bearer(&server.powerpro, &token(&server, "ada@example.org").await).get("/lifts").await.expect(200);
}
