//! `/programs/{programId}/progressions`.

use serde_json::{Value, json};

use crate::support::{Client, both};

/// A program to configure, and what to configure it with.
struct Setting {
    path: String,
    program: String,
    progression: String,
    lift: String,
}

async fn program(admin: &Client, slug: &str) -> String {
    let cycle = admin.post("/cycles", json!({ "name": slug, "lengthWeeks": 1 })).await.id(201);
    admin.post("/programs", json!({ "name": slug, "slug": slug, "cycleId": cycle })).await.id(201)
}

async fn progression(admin: &Client) -> String {
    let parameters = json!({ "increment": 5, "maxType": "TRAINING_MAX" });
    admin
        .post("/progressions", json!({ "name": "Up", "type": "CYCLE", "parameters": parameters }))
        .await
        .id(201)
}

async fn setting(admin: &Client) -> Setting {
    let program = program(admin, "strong").await;
    let lift = admin.post("/lifts", json!({ "name": "Squat" })).await.id(201);
    let path = format!("/programs/{program}/progressions");
    Setting { path, program, progression: progression(admin).await, lift }
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().expect("a bare array").iter().map(|row| row["id"].as_str().expect("an id")).collect()
}

both! {
    async fn a_configuration_has_the_documented_members(server) {
        let admin = server.admin();
        let Setting { path, program, progression, lift } = setting(&admin).await;
        let body = json!({ "progressionId": progression, "liftId": lift, "priority": 1 });
        let made = admin.post(&path, body).await.expect(201);
        let id = made["id"].as_str().expect("an id");
        let expected = json!({
            "id": id,
            "programId": program,
            "progressionId": progression,
            "liftId": lift,
            "priority": 1,
            "createdAt": "2026-01-05T08:00:00Z",
            "updatedAt": "2026-01-05T08:00:00Z"
        });
        assert_eq!(made, expected);
        let user = server.user("reader");
        assert_eq!(user.get(&format!("{path}/{id}")).await.expect(200), expected);
        assert_eq!(user.get(&path).await.expect(200), json!([expected]));

        let least = admin.post(&path, json!({ "progressionId": progression })).await.expect(201);
        assert_eq!((&least["liftId"], &least["priority"]), (&Value::Null, &json!(0)));
    }

    async fn everything_wrong_with_a_configuration_is_said_at_once(server) {
        let admin = server.admin();
        let Setting { path, progression, lift, .. } = setting(&admin).await;
        let body = json!({ "liftId": "none", "priority": -1 });
        admin.post(&path, body).await.refused(
            400,
            "validation failed",
            &["progressionId is required", "liftId names no lift", "priority must be a whole number from 0 to 10000"],
        );
        let unknown = json!({ "progressionId": lift, "liftId": progression, "priority": 10_001 });
        let wrong = ["progressionId names no progression", "liftId names no lift", "priority must be"];
        admin.post(&path, unknown.clone()).await.refused(400, "validation failed", &wrong);
        let mistyped = json!({ "progressionId": 1, "liftId": true, "priority": "first" });
        let mistakes = ["progressionId must be a string", "liftId must be a string", "priority must be a whole number"];
        admin.post(&path, mistyped.clone()).await.refused(400, "validation failed", &mistakes);
        let half = json!({ "progressionId": progression, "priority": 0.5 });
        admin.post(&path, half).await.refused(400, "validation failed", &["priority must be"]);
        assert_eq!(admin.get(&path).await.expect(200), json!([]));

        let weakest = json!({ "progressionId": progression, "liftId": null, "priority": 10_000 });
        let one = format!("{path}/{}", admin.post(&path, weakest).await.id(201));
        admin.put(&one, unknown).await.refused(400, "validation failed", &wrong);
        admin.put(&one, mistyped).await.refused(400, "validation failed", &mistakes);
        admin.put(&one, json!({ "progressionId": null, "priority": null })).await.refused(
            400,
            "validation failed",
            &["progressionId cannot be null", "priority cannot be null"],
        );
    }

    async fn only_admins_change_configurations(server) {
        let admin = server.admin();
        let Setting { path, progression, .. } = setting(&admin).await;
        let one = format!("{path}/{}", admin.post(&path, json!({ "progressionId": progression })).await.id(201));
        for (client, status, error) in [
            (server.anonymous(), 401, "Authentication required"),
            (server.user("reader"), 403, "Admin privileges required"),
        ] {
            client.post(&path, json!({})).await.refused(status, error, &[]);
            client.put(&one, json!({})).await.refused(status, error, &[]);
            client.delete(&one).await.refused(status, error, &[]);
        }
        for path in [&path, &one] {
            server.anonymous().get(path).await.refused(401, "Authentication required", &[]);
            server.user("reader").get(path).await.expect(200);
        }
    }

    async fn a_configuration_is_found_under_its_own_program_alone(server) {
        let admin = server.admin();
        let Setting { path, progression, .. } = setting(&admin).await;
        let other = program(&admin, "other").await;
        let id = admin.post(&path, json!({ "progressionId": progression })).await.id(201);
        for wrong in [
            format!("/programs/{other}/progressions/{id}"),
            format!("/programs/none/progressions/{id}"),
            format!("{path}/none"),
            format!("{path}/%00"),
        ] {
            admin.get(&wrong).await.refused(404, "not found", &[]);
            admin.put(&wrong, json!({ "priority": 2 })).await.refused(404, "not found", &[]);
            admin.put(&wrong, json!({ "priority": -2 })).await.refused(400, "validation failed", &["priority"]);
            admin.delete(&wrong).await.refused(404, "not found", &[]);
        }
        for unknown in ["/programs/none/progressions", "/programs/%00/progressions"] {
            admin.get(unknown).await.refused(404, "not found", &[]);
            admin.post(unknown, json!({ "progressionId": progression })).await.refused(404, "not found", &[]);
            admin.post(unknown, json!({})).await.refused(400, "validation failed", &["progressionId"]);
        }
        assert_eq!(admin.get(&format!("/programs/{other}/progressions")).await.expect(200), json!([]));
        assert_eq!(admin.get(&format!("{path}/{id}")).await.expect(200)["priority"], 0);
    }

    async fn configurations_are_listed_by_priority_then_age(server) {
        let admin = server.admin();
        let Setting { path, progression: first, lift, .. } = setting(&admin).await;
        let second = progression(&admin).await;
        let mut made = Vec::new();
        for (progression, lift, priority) in
            [(&first, json!(lift), 5), (&first, Value::Null, 1), (&second, json!(lift), 1), (&second, Value::Null, 0)]
        {
            let body = json!({ "progressionId": progression, "liftId": lift, "priority": priority });
            made.push(admin.post(&path, body).await.id(201));
            server.advance_clock(1000);
        }
        assert_eq!(ids(&admin.get(&path).await.expect(200)), [&made[3], &made[1], &made[2], &made[0]]);
        admin.put(&format!("{path}/{}", made[3]), json!({ "priority": 9 })).await.expect(200);
        assert_eq!(ids(&admin.get(&path).await.expect(200)), [&made[1], &made[2], &made[0], &made[3]]);
    }

    async fn a_put_changes_what_it_names(server) {
        let admin = server.admin();
        let Setting { path, program, progression: first, lift } = setting(&admin).await;
        let second = progression(&admin).await;
        let body = json!({ "progressionId": first, "liftId": lift, "priority": 3 });
        let id = admin.post(&path, body).await.id(201);
        let one = format!("{path}/{id}");
        server.advance_clock(60_000);
        let mut expected = json!({
            "id": id,
            "programId": program,
            "progressionId": first,
            "liftId": lift,
            "priority": 4,
            "createdAt": "2026-01-05T08:00:00Z",
            "updatedAt": "2026-01-05T08:01:00Z"
        });
        assert_eq!(admin.put(&one, json!({ "priority": 4.0, "programId": "ignored" })).await.expect(200), expected);
        assert_eq!(admin.put(&one, json!({})).await.expect(200), expected);
        for (member, value) in [("progressionId", json!(second)), ("liftId", Value::Null), ("liftId", json!(lift))] {
            expected[member] = value.clone();
            assert_eq!(admin.put(&one, json!({ member: value })).await.expect(200), expected);
        }
        assert_eq!(admin.get(&one).await.expect(200), expected);
    }

    async fn the_list_is_as_new_as_the_last_change(server) {
        let admin = server.admin();
        let Setting { path, progression, .. } = setting(&admin).await;
        assert_eq!(admin.get(&path).await.expect(200), json!([]));
        let made = admin.post(&path, json!({ "progressionId": progression })).await.expect(201);
        assert_eq!(admin.get(&path).await.expect(200), json!([made]));
        let one = format!("{path}/{}", made["id"].as_str().expect("an id"));
        let changed = admin.put(&one, json!({ "priority": 3 })).await.expect(200);
        assert_eq!(admin.get(&path).await.expect(200), json!([changed]));
        admin.delete(&one).await.expect(204);
        assert_eq!(admin.get(&path).await.expect(200), json!([]));
    }

    async fn a_progression_is_configured_once_for_a_lift(server) {
        let admin = server.admin();
        let Setting { path, progression, lift, .. } = setting(&admin).await;
        let for_lift = json!({ "progressionId": progression, "liftId": lift });
        let for_all = json!({ "progressionId": progression, "liftId": null, "priority": 7 });
        admin.post(&path, for_lift.clone()).await.expect(201);
        let all = admin.post(&path, for_all.clone()).await.id(201);
        for again in [&for_lift, &for_all] {
            admin.post(&path, again.clone()).await.refused(409, "already exists", &["progressionId"]);
        }
        let one = format!("{path}/{all}");
        admin.put(&one, json!({ "liftId": lift })).await.refused(409, "already exists", &["progressionId"]);
        assert_eq!(admin.get(&one).await.expect(200)["liftId"], Value::Null);

        let elsewhere = format!("/programs/{}/progressions", program(&admin, "other").await);
        admin.post(&elsewhere, for_lift).await.expect(201);
        admin.delete(&one).await.expect(204);
        admin.delete(&one).await.refused(404, "not found", &[]);
        admin.get(&one).await.refused(404, "not found", &[]);
        admin.post(&path, for_all).await.expect(201);
    }
}
