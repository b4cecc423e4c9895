//! Who changed what: one entry a change, no value in any, and a chain that shows tampering.

use std::time::{Duration, Instant};

use ferrum_app::actions::accounts::{self, NewPerson};
use ferrum_app::jobs::{Damage, verify_audit};
use ferrum_domain::access::Role;
use ferrum_domain::units::WeightUnit;
use ferrum_store::audit::{self, Written};
use serde_json::json;

use crate::coverage::{INTERVALFLOW, POWERPRO};
use crate::idempotency::World;
use crate::intervalflow;
use crate::powerpro::gym::Gym;
use crate::support::process::{Ended, run};
use crate::support::{Client, Server, both};

/// Every entry, sealed or not, in order of writing.
pub async fn entries(server: &Server) -> Vec<Written> {
    server.app.db.read(|tx| audit::list_after(tx, None, i64::MAX, i64::MAX)).await.expect("the entries")
}

/// The entries that `work` makes.
async fn entries_of(server: &Server, work: impl Future<Output = ()>) -> Vec<Written> {
    let before = entries(server).await.len();
    work.await;
    entries(server).await.split_off(before)
}

/// Runs a statement behind the server's back.
pub async fn tamper(server: &Server, sql: &str) {
    let (options, sql) = (server.app.config.database.clone(), sql.to_owned());
    tokio::task::spawn_blocking(move || match options.url {
        None => rusqlite::Connection::open(options.file).unwrap().execute_batch(&sql).unwrap(),
        Some(url) => postgres::Client::connect(&url, postgres::NoTls).unwrap().batch_execute(&sql).unwrap(),
    })
    .await
    .unwrap();
}

/// Lets the server's job seal everything, by its clock.
async fn seal(server: &Server) {
    // A turn of the jobs that failed is followed by a pause of ten seconds.
    let start = Instant::now();
    while start.elapsed() < Duration::from_mins(1) {
        server.advance_clock(61_000);
        let unsealed = |tx: &mut ferrum_store::Tx<'_>| {
            let last = audit::find_last_batch(tx)?;
            audit::list_after(tx, last.as_ref(), i64::MAX, 1)
        };
        if server.app.db.read(unsealed).await.unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("nothing seals the audit");
}

/// How many sealed batches stand.
async fn verified(server: &Server) -> Result<i64, Damage> {
    verify_audit(&server.app, None).await.unwrap().map(|last| last.map_or(0, |batch| batch.number))
}

/// `ferrum verify-audit` on the server's database.
fn verify_by_command(server: &Server, arguments: &[&str]) -> Ended {
    let config = &server.app.config;
    let mut all = vec!["verify-audit", "--data-dir", config.data_dir.to_str().unwrap()];
    if let Some(url) = &config.database.url {
        all.extend(["--database-url", url]);
    }
    all.extend(arguments);
    run(&config.data_dir, &all)
}

/// The digest at the end of what it printed.
fn digest(ended: &Ended) -> String {
    let last = ended.good().split_whitespace().last().unwrap_or_default();
    assert!(last.len() == 64 && last.bytes().all(|b| b.is_ascii_hexdigit()), "{ended:?}");
    last.to_owned()
}

both! {
    async fn a_change_is_written_down_once_and_without_values(server) {
        let client = server.admin().with("x-request-id", "req-1");
        let mut id = String::new();
        let made = entries_of(&server, async {
            id = client.post("/lifts", json!({ "name": "Secret lift", "slug": null })).await.id(201);
        }).await;
        let entry = Written {
            seq: 1,
            at: made[0].at,
            actor_key: made[0].actor_key,
            actor_id: "test-admin".to_owned(),
            proof: "header".to_owned(),
            claimed_admin: true,
            surface: "powerpro".to_owned(),
            route: "POST /lifts".to_owned(),
            row_type: "lifts".to_owned(),
            row_id: id.clone(),
            fields: "name,slug".to_owned(),
            request_id: "req-1".to_owned(),
        };
        assert_eq!(made, [entry]);
        assert_eq!(made[0].at, crate::support::START);
        let changed = entries_of(&server, async {
            client.put(&format!("/lifts/{id}"), json!({ "isCompetitionLift": true })).await.expect(200);
        }).await;
        assert_eq!((changed.len(), changed[0].route.as_str(), changed[0].fields.as_str()), (1, "PUT /lifts/{id}", "is_competition_lift"));
        let gone = entries_of(&server, async { client.delete(&format!("/lifts/{id}")).await.expect(204); }).await;
        assert_eq!((gone.len(), gone[0].route.as_str(), gone[0].row_id.as_str()), (1, "DELETE /lifts/{id}", id.as_str()));
        assert!(!format!("{:?}", entries(&server).await).contains("Secret"));
    }

    async fn the_actor_is_who_acted(server) {
        let lift = server.admin().post("/lifts", json!({ "name": "Squat" })).await.id(201);
        let person = NewPerson { email: "r@example.org".to_owned(), role: Role::Admin, unit: WeightUnit::Lb, password: None };
        let root = accounts::add_user(&server.app, person).await.unwrap().id;
        let token = accounts::token(&server.app, "r@example.org", Duration::from_hours(1)).await.unwrap();
        let max = json!({ "liftId": lift, "type": "ONE_RM", "value": 100 });
        for (client, actor, proof, claimed) in [
            (server.user("ada"), "ada", "header", false),
            (server.user("coach").with("x-admin", "true"), "coach", "header", true),
            (server.anonymous().with("authorization", &format!("Bearer {token}")).with("x-admin", "true"), root.as_str(), "token", false),
        ] {
            let made = entries_of(&server, async {
                client.post("/users/ada/lift-maxes", max.clone()).await.expect(201);
            }).await;
            let [entry] = &made[..] else { panic!("{made:?}") };
            assert_eq!((entry.actor_id.as_str(), entry.proof.as_str(), entry.claimed_admin), (actor, proof, claimed));
            assert_eq!(entry.route, "POST /users/{userId}/lift-maxes");
        }
    }

    async fn reads_refusals_and_repeats_write_nothing(server) {
        let admin = server.admin();
        let id = admin.post("/lifts", json!({ "name": "Squat" })).await.id(201);
        let keyed = admin.with("idempotency-key", "k");
        keyed.post("/lifts", json!({ "name": "Bench" })).await.expect(201);
        let written = entries_of(&server, async {
            admin.get("/lifts").await.expect(200);
            server.anonymous().post("/lifts", json!({ "name": "A" })).await.expect(401);
            server.user("ada").post("/lifts", json!({ "name": "A" })).await.expect(403);
            admin.post("/lifts", json!({})).await.expect(400);
            admin.post("/lifts", json!({ "name": "Squat" })).await.expect(409);
            admin.put("/lifts/nothing", json!({ "name": "B" })).await.expect(404);
            admin.delete("/lifts/nothing").await.expect(404);
            keyed.post("/lifts", json!({ "name": "Bench" })).await.expect(201);
            admin.get(&format!("/lifts/{id}")).await.expect(200);
        }).await;
        assert_eq!(written, []);
    }

    async fn every_changing_endpoint_is_audited(server) {
        let world = World::make(&server).await;
        let admin = server.user("ada").with("x-admin", "true");
        let routed = [POWERPRO, INTERVALFLOW].into_iter().flat_map(|surface| surface.routed());
        let mut left: Vec<String> = routed.filter(|e| e.method != "GET").map(|e| e.name()).collect();
        for (template, path, body) in world.posts() {
            audited(&server, &admin, &mut left, ("POST", template, path, Some(body))).await;
        }
        for change in changes(&server, &admin).await {
            audited(&server, &admin, &mut left, change).await;
        }
        let carla = intervalflow::person(&server, "carla", Role::Customer).await;
        for change in intervalflow::changes(&carla).await {
            audited(&server, &carla, &mut left, change).await;
        }
        assert!(left.is_empty(), "changing routes without a test: {left:?}");
    }

    async fn the_server_seals_and_tampering_shows(server) {
        let lift = |name: &str| json!({ "name": name });
        for name in ["A", "B", "C"] {
            server.admin().post("/lifts", lift(name)).await.expect(201);
        }
        seal(&server).await;
        server.admin().post("/lifts", lift("D")).await.expect(201);
        seal(&server).await;
        let batches = verified(&server).await.expect("nothing is damaged");
        assert!(batches >= 2, "{batches}");
        let entry = entries(&server).await.swap_remove(1);
        let (seq, actor) = (entry.seq, format!("actor_key = {}", entry.actor_key.expect("an account")));
        for (harm, repair) in [
            ("actor_id = 'eve'", "actor_id = 'test-admin'"),
            ("actor_key = -1", actor.as_str()),
            ("actor_key = NULL", actor.as_str()),
            ("claimed_admin = 0", "claimed_admin = 1"),
            ("fields = ''", "fields = 'name'"),
        ] {
            tamper(&server, &format!("UPDATE audit_entries SET {harm} WHERE seq = {seq}")).await;
            assert!(verified(&server).await.is_err(), "{harm}");
            tamper(&server, &format!("UPDATE audit_entries SET {repair} WHERE seq = {seq}")).await;
            assert_eq!(verified(&server).await, Ok(batches), "{repair}");
        }
        for (harm, repair) in [("last_seq = last_seq - 1", "last_seq = last_seq + 1"), ("entries = entries + 1", "entries = entries - 1")] {
            tamper(&server, &format!("UPDATE audit_batches SET {harm} WHERE number = 1")).await;
            assert!(verified(&server).await.is_err(), "{harm}");
            tamper(&server, &format!("UPDATE audit_batches SET {repair} WHERE number = 1")).await;
            assert_eq!(verified(&server).await, Ok(batches), "{repair}");
        }
        tamper(&server, &format!("DELETE FROM audit_entries WHERE seq = {seq}")).await;
        assert!(verified(&server).await.is_err());
        tamper(&server, "DELETE FROM audit_entries; DELETE FROM audit_batches WHERE number = 1").await;
        assert!(verified(&server).await.is_err());
    }

    async fn a_noted_digest_shows_what_was_cut_off(server) {
        assert!(verify_by_command(&server, &[]).good().contains("no sealed batch"));
        let mut noted = Vec::new();
        for name in ["A", "B"] {
            server.admin().post("/lifts", json!({ "name": name })).await.expect(201);
            seal(&server).await;
            noted.push(digest(&verify_by_command(&server, &[])));
        }
        let [early, late] = &noted[..] else { panic!("{noted:?}") };
        assert_ne!(early, late);
        let with = |digest: &str| verify_by_command(&server, &["--digest", digest]);
        with(early).good();
        with(&late.to_uppercase()).good();
        assert!(with(&"0".repeat(64)).refusal(1).contains("no batch"));
        assert_eq!(with("00").code, Some(2), "not a digest");

        tamper(&server, "DELETE FROM audit_batches WHERE number = (SELECT MAX(number) FROM audit_batches)").await;
        tamper(&server, "DELETE FROM audit_entries WHERE seq > (SELECT MAX(last_seq) FROM audit_batches)").await;
        verify_by_command(&server, &[]).good();
        with(early).good();
        assert!(with(late).refusal(1).contains(late.as_str()));

        tamper(&server, "UPDATE audit_entries SET actor_id = 'eve'").await;
        assert!(verify_by_command(&server, &[]).refusal(1).contains("audit batch 1"));

        tamper(&server, "DELETE FROM audit_batches; DELETE FROM audit_entries").await;
        assert!(verify_by_command(&server, &[]).good().contains("no sealed batch"));
        assert!(with(early).refusal(1).contains(early.as_str()));
    }
}

/// A change writes one entry; resolving, which changes nothing, none.
async fn audited(server: &Server, client: &Client, left: &mut Vec<String>, change: Change) {
    let (method, template, path, body) = change;
    let route = format!("{method} {template}");
    left.retain(|known| *known != route);
    let written = entries_of(server, async {
        let answer = client.send(method, &path, body.map(|body| body.to_string().into_bytes())).await;
        assert!(matches!(answer.status, 200 | 201 | 204), "{route}: {}", answer.text);
    })
    .await;
    if route.contains("/resolve") {
        assert_eq!(written, [], "{route}");
        return;
    }
    assert_eq!(written.len(), 1, "{route}: {written:?}");
    assert_eq!(written[0].route, route);
    assert!(!written[0].row_id.is_empty() && !written[0].row_type.is_empty(), "{route}");
}

/// Method, template, path and body of a good request.
pub type Change = (&'static str, &'static str, String, Option<serde_json::Value>);

/// A good PUT and DELETE of every kind of row, with rows of their own.
pub async fn changes(server: &Server, admin: &Client) -> Vec<Change> {
    let gym = Gym::of(server);
    let lift = gym.lift("audited").await;
    let free = admin.post("/lifts", json!({ "name": "Free" })).await.id(201);
    let max = json!({ "liftId": lift, "type": "ONE_RM", "value": 100 });
    let max = admin.post("/users/ada/lift-maxes", max).await.id(201);
    let sets = json!({ "type": "FIXED", "sets": 1, "reps": 5 });
    let prescribed = gym.prescription(&lift, json!({}), sets.clone()).await;
    let loose = gym.prescription(&lift, json!({}), sets).await;
    let program = gym.program("audited", 2, json!({})).await;
    let bare = gym.program("bare", 2, json!({})).await;
    let day = gym.day(&program, "audited", &[&prescribed]).await;
    let week = gym.week(&program, 1, &[&day]).await;
    let cycle = admin.post("/cycles", json!({ "name": "Free", "lengthWeeks": 1 })).await.id(201);
    let weekly = admin.post("/weekly-lookups", json!({ "name": "W", "entries": { "1": 70 } })).await.id(201);
    let daily = admin.post("/daily-lookups", json!({ "name": "D", "entries": { "a": 70 } })).await.id(201);
    let progression = gym.progression("AFTER_WEEK", 5.0).await;
    let unused = gym.progression("AFTER_WEEK", 10.0).await;
    let config = gym.configure(&program, &progression, None, 1).await;
    let name = || Some(json!({ "name": "Other" }));
    let programs = "/programs/{programId}/progressions/{configId}";
    let in_day = "/days/{id}/prescriptions/{prescriptionId}";
    vec![
        ("PUT", "/lifts/{id}", format!("/lifts/{free}"), name()),
        ("DELETE", "/lifts/{id}", format!("/lifts/{free}"), None),
        ("PUT", "/lift-maxes/{id}", format!("/lift-maxes/{max}"), Some(json!({ "value": 90 }))),
        ("DELETE", "/lift-maxes/{id}", format!("/lift-maxes/{max}"), None),
        ("PUT", "/prescriptions/{id}", format!("/prescriptions/{loose}"), Some(json!({ "notes": "slow" }))),
        ("DELETE", "/prescriptions/{id}", format!("/prescriptions/{loose}"), None),
        (
            "PUT",
            "/days/{id}/prescriptions/reorder",
            format!("/days/{day}/prescriptions/reorder"),
            Some(json!({ "prescriptionIds": [prescribed] })),
        ),
        ("DELETE", in_day, format!("/days/{day}/prescriptions/{prescribed}"), None),
        ("DELETE", "/weeks/{id}/days/{dayId}", format!("/weeks/{week}/days/{day}"), None),
        ("PUT", "/days/{id}", format!("/days/{day}"), name()),
        ("DELETE", "/days/{id}", format!("/days/{day}"), None),
        ("PUT", "/weeks/{id}", format!("/weeks/{week}"), Some(json!({ "weekNumber": 2 }))),
        ("DELETE", "/weeks/{id}", format!("/weeks/{week}"), None),
        ("PUT", "/cycles/{id}", format!("/cycles/{cycle}"), name()),
        ("DELETE", "/cycles/{id}", format!("/cycles/{cycle}"), None),
        ("PUT", "/weekly-lookups/{id}", format!("/weekly-lookups/{weekly}"), name()),
        ("DELETE", "/weekly-lookups/{id}", format!("/weekly-lookups/{weekly}"), None),
        ("PUT", "/daily-lookups/{id}", format!("/daily-lookups/{daily}"), name()),
        ("DELETE", "/daily-lookups/{id}", format!("/daily-lookups/{daily}"), None),
        ("PUT", "/programs/{id}", format!("/programs/{}", bare.id), name()),
        ("DELETE", "/programs/{id}", format!("/programs/{}", bare.id), None),
        ("PUT", "/progressions/{id}", format!("/progressions/{unused}"), name()),
        ("DELETE", "/progressions/{id}", format!("/progressions/{unused}"), None),
        (
            "PUT",
            programs,
            format!("/programs/{}/progressions/{config}", program.id),
            Some(json!({ "priority": 2 })),
        ),
        ("DELETE", programs, format!("/programs/{}/progressions/{config}", program.id), None),
        ("DELETE", "/users/{userId}/program", "/users/ada/program".to_owned(), None),
    ]
}
