//! Registering and logging in, with the accounts that all surfaces share.

use std::time::{Duration, Instant};

use ferrum_app::actions::accounts::{self, NewPerson};
use ferrum_domain::access::Role;
use ferrum_domain::units::WeightUnit;
use ferrum_store::audit::Written;
use serde_json::{Value, json};

use super::everywhere;
use crate::audit::{entries, tamper};
use crate::support::{Client, Response, Server, both};

pub const REGISTER: &str = "/api/auth/register";
pub const LOGIN: &str = "/api/auth/login";
const EXERCISES: &str = "/api/exercises";
const DAY: i64 = 24 * 60 * 60 * 1000;

/// bcrypt of 72 letters `x` and `chosen` at cost 4.
const BCRYPT_LONG: &str = "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i";

/// bcrypt of `old password` at cost 4.
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuuFkqCYl1sZhFcdBXBznR1I2LdekaY3XO";

pub fn ada() -> Value {
    json!({ "username": "adalove", "email": "Ada@example.org", "password": "test123" })
}

pub fn login(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

fn own(server: &Server) -> Client {
    Client::new(&server.intervalflow)
}

/// The same caller with the token of an answer.
#[track_caller]
fn signed_in(client: &Client, answer: &Response) -> Client {
    let token = answer.json()["data"]["token"].as_str().expect("a token").to_owned();
    client.with("authorization", &format!("Bearer {token}"))
}

/// Whether the caller's token is good: a good one hears what is wrong with the body.
async fn is_known(client: &Client) -> bool {
    match client.post(EXERCISES, json!({})).await {
        answer if answer.status == 400 => true,
        answer => {
            let message = json!({ "success": false, "message": "Not authorized, token failed" });
            assert_eq!(answer.expect(401), message);
            false
        }
    }
}

#[track_caller]
fn refused(answer: &Response, status: u16, message: &str) {
    assert_eq!(answer.expect(status), json!({ "success": false, "message": message }));
}

#[track_caller]
fn invalid(answer: &Response, errors: &[&str]) {
    let body = json!({ "success": false, "message": "Validation error", "errors": errors });
    assert_eq!(answer.expect(400), body);
}

/// Somebody who was added elsewhere.
async fn add(server: &Server, email: &str, password: &str, role: Role) {
    let person = NewPerson {
        email: email.to_owned(),
        role,
        unit: WeightUnit::Kg,
        password: Some(password.to_owned()),
    };
    accounts::add_user(&server.app, person).await.expect("the person is added");
}

/// Whether a text stands anywhere in the database.
async fn holds(server: &Server, text: &str) -> bool {
    let (options, text) = (server.app.config.database.clone(), text.to_owned());
    let search = tokio::task::spawn_blocking(move || match options.url {
        None => [options.file.clone(), options.file.with_extension("db-wal")].iter().any(|file| {
            let bytes = std::fs::read(file).unwrap();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        }),
        Some(url) => {
            let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
            client.batch_execute("SET xmlbinary = hex").unwrap();
            let all = "SELECT string_agg(query_to_xml(format('SELECT * FROM %I', table_name), true, false, '')::text, '') \
                FROM information_schema.tables WHERE table_schema = 'public'";
            let all: String = client.query_one(all, &[]).unwrap().get(0);
            let hex: String = text.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02X}"));
            all.contains(&text) || all.to_uppercase().contains(&hex)
        }
    });
    search.await.unwrap()
}

async fn password_hash(server: &Server, email: &str) -> String {
    accounts::get(&server.app, email).await.unwrap().password_hash.unwrap()
}

/// What the audit says of signing in, without what differs each time.
async fn told(server: &Server) -> Vec<(String, String, bool, String)> {
    let of_auth = |entry: &Written| entry.route.contains("/auth/");
    let entries = entries(server).await.into_iter().filter(of_auth);
    entries
        .map(|entry| {
            assert_eq!((entry.surface.as_str(), entry.row_type.as_str()), ("intervalflow", "accounts"));
            assert!(entry.proof == "none" || entry.actor_id == entry.row_id);
            let path = entry.route.rsplit('/').next().unwrap().to_owned();
            (path, entry.proof, !entry.row_id.is_empty(), entry.fields)
        })
        .collect()
}

both! {
    async fn somebody_registers_and_logs_in(server) {
        let [own, main] = everywhere(&server);
        let registered = own.post(REGISTER, ada()).await;
        let body = registered.expect(201);
        let account = accounts::get(&server.app, "ada@example.org").await.unwrap();
        let data = json!({
            "id": account.object_id,
            "username": "adalove",
            "email": "Ada@example.org",
            "token": body["data"]["token"],
        });
        assert_eq!(body, json!({ "success": true, "data": data }));
        assert_eq!((account.role, account.weight_unit), (Role::Customer, WeightUnit::Lb));
        server.advance_clock(5_000);
        for client in [&own, &main] {
            for email in ["Ada@example.org", " ADA@EXAMPLE.ORG "] {
                let answer = client.post(LOGIN, login(email, "test123")).await;
                let mut expected = body.clone();
                expected["data"]["token"] = answer.expect(200)["data"]["token"].clone();
                assert_eq!(answer.json(), expected);
                assert_ne!(expected, body, "a token of its own");
                for listener in [&own, &main] {
                    assert!(is_known(&signed_in(listener, &answer)).await);
                }
            }
        }
    }

    async fn a_token_is_good_for_seven_days_and_here_alone(server) {
        let own = own(&server);
        let registered = own.post(REGISTER, ada()).await;
        let ada = signed_in(&own, &registered);
        for root in [&server.powerpro, &format!("{}/api/powerpro", server.main)] {
            let there = signed_in(&Client::new(root), &registered);
            there.get("/lifts").await.refused(401, "Authentication required", &[]);
        }
        let token = registered.json()["data"]["token"].as_str().unwrap().to_owned();
        assert!(is_known(&own.with("authorization", &format!("bearer {token}"))).await);
        server.advance_clock(7 * DAY - 1);
        assert!(is_known(&ada).await);
        server.advance_clock(1);
        assert!(!is_known(&ada).await);
    }

    async fn everything_wrong_is_said_at_once(server) {
        for client in everywhere(&server) {
            let register = async |body: Value| client.post(REGISTER, body).await;
            let required = ["Username is required", "Email is required", "Password is required"];
            invalid(&register(json!({})).await, &required);
            invalid(&register(json!({ "username": null, "email": " ", "password": "" })).await, &required);
            invalid(&client.send("POST", REGISTER, None).await, &required);
            invalid(&register(json!({ "username": "test" })).await, &required[1..]);
            let short = json!({ "username": "ab", "email": "ab", "password": "12345" });
            invalid(&register(short).await, &[
                "Username must be at least 3 characters",
                "Email must be valid",
                "Password must be at least 6 characters",
            ]);
            let long = json!({ "username": "é".repeat(31), "email": format!("{}@example.org", "a".repeat(250)), "password": "x".repeat(1025) });
            invalid(&register(long).await, &[
                "Username cannot exceed 30 characters",
                "Email must be valid",
                "Password cannot exceed 1024 bytes",
            ]);
            for types in [json!(1), json!(true), json!(["a"]), json!({ "$ne": "x" }), json!({ "$gt": "" })] {
                let body = json!({ "username": types, "email": types, "password": types });
                let texts = ["Username must be a string", "Email must be a string", "Password must be a string"];
                invalid(&register(body.clone()).await, &texts);
                invalid(&client.post(LOGIN, body).await, &texts[1..]);
            }
            for email in ["@example.org", "a@", "a@b", "a@b.", "a@.b", "a@b..c", "a b@example.org", "a@b@example.org", "a\0b@example.org", "a@example.org,", "a@b,example.org", "a@-example.org", "a@[192.0.2.1]", "a@b_c.example.org", "a,b@example.org", "<a@example.org>", "a<b>@example.org", "\"a\"@example.org"] {
                invalid(&register(json!({ "username": "abc", "email": email, "password": "test123" })).await, &["Email must be valid"]);
            }
            invalid(&register(json!({ "username": "a\u{0}b", "email": "a@example.org", "password": "test123" })).await, &["Username cannot contain control characters"]);
            for path in [REGISTER, LOGIN] {
                for body in ["[]", "{", "null", "\"a\"", "\u{fffd}"] {
                    let answer = client.send("POST", path, Some(body.into())).await;
                    assert_eq!(answer.expect(400)["success"], false, "{body}");
                }
                client.send("POST", path, Some(vec![b' '; (1 << 20) + 1])).await.expect(413);
                assert_eq!(client.get(path).await.expect(404)["message"], format!("Route {path} not found"));
            }
        }
        assert!(told(&server).await.is_empty());
    }

    async fn what_is_just_long_enough_is_taken(server) {
        let own = own(&server);
        for (name, email, password) in [
            ("abc".to_owned(), "a+tag@example.online", "é".repeat(6)),
            ("é".repeat(30), "b@sub.example.museum", "x".repeat(1024)),
            ("  abc  ".to_owned(), "ü@example.org", " spaces count ".to_owned()),
        ] {
            let body = json!({ "username": name, "email": format!(" {email} "), "password": password });
            let made = own.post(REGISTER, body).await.expect(201);
            assert_eq!((&made["data"]["username"], &made["data"]["email"]), (&json!(name.trim()), &json!(email)));
            own.post(LOGIN, login(email, &password)).await.expect(200);
            own.post(LOGIN, login(email, password.trim())).await.expect(if password.starts_with(' ') { 401 } else { 200 });
        }
    }

    async fn forms_are_read_and_their_operators_refused(server) {
        let form = async |path, body: &str| {
            let request = reqwest::Client::new().post(format!("{}{path}", server.intervalflow));
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let response = request.body(body.to_owned()).send().await.unwrap();
            (response.status().as_u16(), response.json::<Value>().await.unwrap())
        };
        let (status, made) = form(REGISTER, "username=adalove&email=ada%40example.org&password=123456").await;
        assert_eq!((status, &made["data"]["email"]), (201, &json!("ada@example.org")), "digits are a text too");
        assert_eq!(form(LOGIN, "email=ada%40example.org&password=123456").await.0, 200);
        for body in ["email[$ne]=x&password=123456", "email[$gt]=&password=123456"] {
            let (status, answer) = form(LOGIN, body).await;
            assert_eq!((status, &answer["errors"]), (400, &json!(["Email must be a string"])));
        }
    }

    async fn an_email_belongs_to_one_account_and_a_username_to_any(server) {
        let [own, main] = everywhere(&server);
        own.post(REGISTER, ada()).await.expect(201);
        add(&server, "coach@example.org", "a long password", Role::Coach).await;
        for client in [&own, &main] {
            for email in ["ada@example.org", "ADA@EXAMPLE.ORG", "Coach@example.org"] {
                let again = json!({ "username": "another", "email": email, "password": "another1" });
                refused(&client.post(REGISTER, again).await, 400, "User with this email already exists");
            }
        }
        let bad = json!({ "username": "a", "email": "ada@example.org", "password": "test123" });
        invalid(&own.post(REGISTER, bad).await, &["Username must be at least 3 characters"]);
        let namesake = json!({ "username": "adalove", "email": "other@example.org", "password": "test123" });
        main.post(REGISTER, namesake).await.expect(201);
        refused(&own.post(LOGIN, login("ada@example.org", "another1")).await, 401, "Invalid credentials");
    }

    async fn of_people_who_register_at_once_one_has_the_email(server) {
        let sends: Vec<_> = (0..6)
            .map(|turn| {
                let client = everywhere(&server)[turn % 2].clone();
                tokio::spawn(async move { client.post(REGISTER, ada()).await })
            })
            .collect();
        let mut made = 0;
        for send in sends {
            let answer = send.await.unwrap();
            made += usize::from(answer.status == 201);
            if answer.status != 201 {
                refused(&answer, 400, "User with this email already exists");
            }
        }
        assert_eq!(made, 1);
    }

    async fn whoever_does_not_log_in_is_not_told_why(server) {
        let own = own(&server);
        own.post(REGISTER, ada()).await.expect(201);
        for (email, password) in [("disabled@example.org", "test123"), ("none@example.org", "test123")] {
            add(&server, email, password, Role::Customer).await;
        }
        accounts::disable(&server.app, "disabled@example.org").await.unwrap();
        tamper(&server, "UPDATE accounts SET password_hash = NULL WHERE email = 'none@example.org'").await;
        let long = "x".repeat(1025);
        let kinds = [
            ("ada@example.org", "Test123"),
            ("nobody@example.org", "test123"),
            ("disabled@example.org", "test123"),
            ("none@example.org", "test123"),
        ];
        let mut times = [Duration::MAX; 4];
        let alike = |times: &[Duration]| *times.iter().max().unwrap() < *times.iter().min().unwrap() * 3;
        for round in 0..60 {
            // On a busy machine it takes more rounds until each kind has met a quiet moment.
            if round >= 8 && alike(&times) {
                break;
            }
            for ((email, password), time) in kinds.iter().zip(&mut times) {
                let start = Instant::now();
                refused(&own.post(LOGIN, login(email, password)).await, 401, "Invalid credentials");
                // Others on the machine only ever make a login longer, so the shortest tells the work.
                *time = start.elapsed().min(*time);
            }
        }
        assert!(alike(&times), "the same work for all: {times:?}");
        for (email, password) in [("no e-mail", "test123"), ("a\0b@example.org", "test123"), ("ada@example.org", "a\0b"), ("ada@example.org", &long), ("ada@example.org", " test123")] {
            refused(&own.post(LOGIN, login(email, password)).await, 401, "Invalid credentials");
        }
        for body in [json!({}), json!({ "email": "ada@example.org" }), json!({ "email": null, "password": "test123" }), json!({ "email": " ", "password": "" })] {
            refused(&own.post(LOGIN, body).await, 400, "Please provide both email and password");
        }
    }

    async fn accounts_of_all_surfaces_log_in(server) {
        let [own, main] = everywhere(&server);
        let long = "a".repeat(40);
        for (local, shown) in [("anna", "anna"), ("a", "a__"), ("é", "é__"), (&long, &long[..30])] {
            let email = format!("{local}@example.org");
            add(&server, &email, "a long password", Role::Customer).await;
            let answer = main.post(LOGIN, login(&email, "a long password")).await;
            assert_eq!(answer.expect(200)["data"]["username"], shown);
            assert!(is_known(&signed_in(&own, &answer)).await);
        }
        own.post(REGISTER, ada()).await.expect(201);
        let token = accounts::token(&server.app, "ada@example.org", Duration::from_hours(1)).await.unwrap();
        let elsewhere = Client::new(&server.main).with("authorization", &format!("Bearer {token}"));
        elsewhere.get("/api/powerpro/lifts").await.expect(200);
        let id = accounts::get(&server.app, "ada@example.org").await.unwrap().id;
        elsewhere.get(&format!("/api/powerpro/users/{id}/lift-maxes")).await.expect(200);
    }

    async fn a_name_without_proof_logs_in_once_it_has_credentials(server) {
        let lift = server.admin().post("/lifts", json!({ "name": "Squat" })).await.id(201);
        let max = json!({ "liftId": lift, "type": "ONE_RM", "value": 100 });
        server.user("lifter").post("/users/lifter/lift-maxes", max).await.id(201);
        let password = Some("a long password".to_owned());
        accounts::attach_user(&server.app, "lifter", "lifter@example.org", password).await.unwrap();
        let own = own(&server);
        let body = json!({ "username": "lifter", "email": "lifter@example.org", "password": "test123" });
        refused(&own.post(REGISTER, body).await, 400, "User with this email already exists");
        let answer = own.post(LOGIN, login("lifter@example.org", "a long password")).await.expect(200);
        assert_eq!(answer["data"]["id"], accounts::get(&server.app, "lifter").await.unwrap().object_id);
    }

    async fn a_new_password_or_a_disabled_account_ends_its_tokens(server) {
        let own = own(&server);
        let ada = signed_in(&own, &own.post(REGISTER, ada()).await);
        let reset = accounts::reset_password(&server.app, "ada@example.org", Some("another one".to_owned()));
        assert!(is_known(&ada).await);
        reset.await.unwrap();
        assert!(!is_known(&ada).await);
        refused(&own.post(LOGIN, login("ada@example.org", "test123")).await, 401, "Invalid credentials");
        let ada = signed_in(&own, &own.post(LOGIN, login("ada@example.org", "another one")).await);
        assert!(is_known(&ada).await);
        accounts::disable(&server.app, "ada@example.org").await.unwrap();
        assert!(!is_known(&ada).await);
        refused(&own.post(LOGIN, login("ada@example.org", "another one")).await, 401, "Invalid credentials");
    }

    async fn an_imported_hash_is_replaced_and_ends_no_token(server) {
        let own = own(&server);
        let ada = signed_in(&own, &own.post(REGISTER, ada()).await);
        tamper(&server, &format!("UPDATE accounts SET password_hash = '{BCRYPT}'")).await;
        refused(&own.post(LOGIN, login("ada@example.org", "test123")).await, 401, "Invalid credentials");
        assert_eq!(password_hash(&server, "ada@example.org").await, BCRYPT);
        for _ in 0..2 {
            own.post(LOGIN, login("ada@example.org", "old password")).await.expect(200);
            assert!(password_hash(&server, "ada@example.org").await.starts_with("$argon2id$"));
        }
        assert!(is_known(&ada).await);
    }

    async fn what_bcrypt_did_not_read_changes_no_password(server) {
        let own = own(&server);
        own.post(REGISTER, ada()).await.expect(201);
        tamper(&server, &format!("UPDATE accounts SET password_hash = '{BCRYPT_LONG}'")).await;
        let chosen = format!("{}chosen", "x".repeat(72));
        let typed = format!("{}typed", "x".repeat(72));
        for password in [&typed, &chosen, &"x".repeat(72)] {
            own.post(LOGIN, login("ada@example.org", password)).await.expect(200);
            assert_eq!(password_hash(&server, "ada@example.org").await, BCRYPT_LONG);
        }
        let short = login("ada@example.org", &"x".repeat(71));
        refused(&own.post(LOGIN, short).await, 401, "Invalid credentials");
    }

    async fn an_email_may_look_odd(server) {
        for email in ["a+b@example.org", "o'brien@example.org", "a_b.c@sub.example.online", "é@münchen.example", "a@xn--mnchen-3ya.example", "x@1-2.example", "!#$%&'*/=?^`{|}~@example.org"] {
            let body = json!({ "username": "abc", "email": email, "password": "test123" });
            assert_eq!(own(&server).post(REGISTER, body).await.expect(201)["data"]["email"], email);
        }
    }

    async fn when_too_many_passwords_wait_the_next_is_refused_at_once(server) {
        let settings = [("rate_limits", "on"), ("limits.account_logins", "1/1h")];
        let server = server.restart_with(&settings).await;
        let mut places: Vec<_> = std::iter::from_fn(|| server.app.passwords.place().ok()).collect();
        assert_eq!(places.len(), 66, "two and those that wait");
        let start = Instant::now();
        for client in everywhere(&server) {
            let (registered, logged_in) = (client.post(REGISTER, ada()).await, client.post(LOGIN, login("nobody@example.org", "test123")).await);
            for answer in [registered, logged_in] {
                refused(&answer, 503, "Service unavailable, please try again later");
            }
        }
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        places.pop();
        own(&server).post(REGISTER, ada()).await.expect(201);
        for status in [401, 429] {
            let answer = own(&server).post(LOGIN, login("nobody@example.org", "test123")).await;
            assert_eq!(answer.status, status, "an attempt that is not looked at has not failed");
        }
    }

    async fn a_registration_sent_twice_is_answered_alike_and_done_once(server) {
        let keyed = own(&server).with("idempotency-key", "k");
        let sends: Vec<_> = (0..4)
            .map(|_| {
                let client = keyed.clone();
                tokio::spawn(async move { client.post(REGISTER, ada()).await })
            })
            .collect();
        let mut answers = Vec::new();
        for send in sends {
            answers.push(send.await.unwrap());
        }
        server.advance_clock(60_000);
        answers.push(keyed.post(REGISTER, ada()).await);
        assert!(answers.iter().all(|answer| answer.status == 201 && answer.text == answers[0].text));
        let replayed = answers.iter().filter(|answer| answer.header("idempotency-replayed") == Some("true"));
        assert_eq!(replayed.count(), 4);
        assert!(is_known(&signed_in(&keyed, &answers[4])).await);
        let mut other = ada();
        other["password"] = json!("test124");
        refused(&keyed.post(REGISTER, other).await, 409, "Idempotency-Key was used with another body");
        let bad = keyed.with("idempotency-key", "a b").post(REGISTER, json!({})).await;
        invalid(&bad, &["Idempotency-Key must be 1 to 255 visible ASCII characters, given once"]);
        server.advance_clock(DAY - 60_000);
        refused(&keyed.post(REGISTER, ada()).await, 400, "User with this email already exists");
    }

    async fn nothing_that_is_kept_of_it_tells_a_secret(server) {
        let keyed = own(&server).with("idempotency-key", "k");
        let registered = keyed.post(REGISTER, ada()).await;
        let token = registered.json()["data"]["token"].as_str().unwrap().to_owned();
        keyed.post(LOGIN, login("ada@example.org", "test123")).await.expect(200);
        keyed.post(LOGIN, login("ada@example.org", "wrong password")).await.expect(401);
        let again = keyed.post(LOGIN, login("ada@example.org", "test123")).await;
        assert!(again.status == 200 && again.header("idempotency-replayed").is_none(), "no way past the password");
        for secret in [token.rsplit('.').next().unwrap(), "test123", "wrong password"] {
            assert!(!holds(&server, secret).await, "{secret}");
        }
        assert!(holds(&server, "Ada@example.org").await, "the search finds what is there");
    }

    async fn every_login_is_audited_and_failures_once_a_minute(server) {
        let server = server.restart_with(&[("trusted_proxies", "127.0.0.1")]).await;
        let own = own(&server);
        own.post(REGISTER, ada()).await.expect(201);
        for _ in 0..2 {
            own.post(LOGIN, login("ada@example.org", "test123")).await.expect(200);
        }
        let entry = |path: &str, proof: &str, known, fields: &str| (path.to_owned(), proof.to_owned(), known, fields.to_owned());
        let good = entry("login", "password", true, "");
        assert_eq!(told(&server).await, [entry("register", "password", true, "email,name,password"), good.clone(), good]);
        let fail = async |email: &str, address: &str| {
            let there = own.with("x-forwarded-for", address);
            there.post(LOGIN, login(email, "wrong password")).await.expect(401);
        };
        let failed = async || told(&server).await.into_iter().filter(|entry| entry.1 == "none").map(|entry| entry.2).collect::<Vec<_>>();
        for _ in 0..3 {
            fail("ada@example.org", "192.0.2.1").await;
        }
        assert_eq!(failed().await, [true]);
        fail("ada@example.org", "192.0.2.2").await;
        assert_eq!(failed().await, [true, true], "from elsewhere");
        for number in 0..3 {
            fail(&format!("nobody{number}@example.org"), "192.0.2.1").await;
        }
        assert_eq!(failed().await, [true, true, false], "all who are unknown are one");
        server.advance_clock(60_000);
        fail("ada@example.org", "192.0.2.1").await;
        assert_eq!(failed().await.len(), 4);
    }
}
