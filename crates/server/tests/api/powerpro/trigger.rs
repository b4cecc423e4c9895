//! `/users/{userId}/progressions/trigger`: once per period, early or forced.

#![allow(clippy::float_cmp, reason = "weights are exact decimals")]

use serde_json::{Value, json};

use super::gym::{Gym, Lifter, Program, fixed, while_time_passes};
use crate::support::both;

const PATH: &str = "/users/lifter/progressions/trigger";

/// Applied and skipped, and for each result its lift and what it says.
fn told(answer: &Value) -> (i64, i64, Vec<(String, String)>) {
    let total = |name: &str| answer[name].as_i64().expect("a total");
    let results = answer["results"].as_array().expect("results").iter().map(|result| {
        let lift = result["liftId"].as_str().expect("a lift").to_owned();
        let said = match result["skipReason"].as_str() {
            Some(reason) => reason.to_owned(),
            None => format!("{} to {}", result["result"]["previousValue"], result["result"]["newValue"]),
        };
        (lift, said)
    });
    assert_eq!(answer["totalErrors"], 0);
    (total("totalApplied"), total("totalSkipped"), results.collect())
}

fn one(lift: &str, said: &str) -> Vec<(String, String)> {
    vec![(lift.to_owned(), said.to_owned())]
}

/// A program of one week with a session for each of the two lifts.
async fn two_sessions(gym: &Gym) -> (Program, [String; 2]) {
    let lifts = [gym.lift("zercher-squat").await, gym.lift("floor-press").await];
    let program = gym.program("ab", 1, json!({})).await;
    let mut days = Vec::new();
    for (slug, lift) in [("a", &lifts[0]), ("b", &lifts[1])] {
        let work = gym.prescription(lift, json!({}), fixed(1, 5)).await;
        days.push(gym.day(&program, slug, &[&work]).await);
    }
    gym.week(&program, 1, &[&days[0], &days[1]]).await;
    (program, lifts)
}

const SERVED: &str = "already applied in this period";

both! {
    async fn a_trigger_has_the_documented_members(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 1, 3).await;
        let progression = gym.progression("AFTER_SESSION", 5.0).await;
        gym.configure(&program, &progression, Some(&lift), 0).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&lift, 315.0).await;
        lifter.enroll(&program).await;
        assert_eq!(
            lifter.trigger(&progression, Some(&lift), false).await,
            json!({
                "results": [{
                    "progressionId": progression,
                    "liftId": lift,
                    "applied": true,
                    "skipped": false,
                    "result": {
                        "previousValue": 315.0,
                        "newValue": 320.0,
                        "delta": 5.0,
                        "maxType": "TRAINING_MAX",
                        "appliedAt": "2026-01-05T08:00:00Z"
                    }
                }],
                "totalApplied": 1,
                "totalSkipped": 0,
                "totalErrors": 0
            })
        );
        assert_eq!(
            lifter.trigger(&progression, Some(&lift), false).await,
            json!({
                "results": [{
                    "progressionId": progression,
                    "liftId": lift,
                    "applied": false,
                    "skipped": true,
                    "skipReason": SERVED,
                    "result": null
                }],
                "totalApplied": 0,
                "totalSkipped": 1,
                "totalErrors": 0
            })
        );
    }

    async fn a_session_is_served_once(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 1, 3).await;
        let progression = gym.progression("AFTER_SESSION", 5.0).await;
        gym.configure(&program, &progression, None, 0).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&lift, 100.0).await;
        lifter.enroll(&program).await;
        let early = lifter.trigger(&progression, None, false).await;
        assert_eq!(told(&early), (1, 0, one(&lift, "100.0 to 105.0")));
        lifter.advance("day").await;
        assert_eq!(lifter.current(&lift).await, 105.0, "the session had been served early");
        lifter.advance("day").await;
        assert_eq!(lifter.current(&lift).await, 110.0);

        let forced = lifter.trigger(&progression, None, true).await;
        assert_eq!(told(&forced), (1, 0, one(&lift, "110.0 to 115.0")));
        let forced = lifter.trigger(&progression, Some(&lift), true).await;
        assert_eq!(told(&forced), (1, 0, one(&lift, "115.0 to 120.0")));
        lifter.advance("day").await;
        assert_eq!(lifter.current(&lift).await, 125.0, "what is forced serves no period");
        let history: Vec<String> = lifter.history(&lift).await.into_iter().map(|entry| entry.0).collect();
        assert_eq!(history, ["AFTER_SESSION", "MANUAL", "MANUAL", "AFTER_SESSION", "MANUAL"]);
        assert_eq!(lifter.history(&lift).await[1], ("MANUAL".to_owned(), 1, 1, 115.0, 120.0));
    }

    async fn a_week_and_a_cycle_are_served_once(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 2, 2).await;
        let week = gym.progression("AFTER_WEEK", 10.0).await;
        let cycle = gym.progression("CYCLE", 100.0).await;
        gym.configure(&program, &week, None, 0).await;
        gym.configure(&program, &cycle, Some(&lift), 0).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&lift, 100.0).await;
        lifter.enroll(&program).await;
        assert_eq!(told(&lifter.trigger(&week, None, false).await), (1, 0, one(&lift, "100.0 to 110.0")));
        assert_eq!(told(&lifter.trigger(&cycle, None, false).await), (1, 0, one(&lift, "110.0 to 210.0")));
        lifter.advance("day").await;
        assert_eq!(told(&lifter.trigger(&week, None, false).await), (0, 1, one(&lift, SERVED)));
        lifter.advance("day").await;
        assert_eq!(lifter.current(&lift).await, 210.0);
        assert_eq!(told(&lifter.trigger(&cycle, None, false).await), (0, 1, one(&lift, SERVED)));
        lifter.advance("day").await;
        lifter.advance("day").await;
        assert_eq!(lifter.current(&lift).await, 220.0, "the second week, and a cycle served early");
        assert_eq!(told(&lifter.trigger(&cycle, None, false).await), (1, 0, one(&lift, "220.0 to 320.0")));
    }

    async fn enrolling_anew_starts_anew(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 1, 1).await;
        let progression = gym.progression("AFTER_SESSION", 5.0).await;
        gym.configure(&program, &progression, None, 0).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&lift, 100.0).await;
        lifter.enroll(&program).await;
        assert_eq!(told(&lifter.trigger(&progression, None, false).await).0, 1);
        assert_eq!(told(&lifter.trigger(&progression, None, false).await).0, 0);
        lifter.enroll(&program).await;
        assert_eq!(told(&lifter.trigger(&progression, None, false).await).0, 1);
        lifter.client.delete("/users/lifter/program").await.expect(204);
        lifter.enroll(&program).await;
        lifter.advance("day").await;
        assert_eq!(lifter.current(&lift).await, 115.0);
        assert_eq!(lifter.history(&lift).await.len(), 3, "history outlives enrollments");
    }

    async fn all_lifts_are_those_of_the_time(server) {
        let gym = Gym::of(&server);
        let (program, [squat, bench]) = two_sessions(&gym).await;
        let (row, curl) = (gym.lift("seal-row").await, gym.lift("drag-curl").await);
        let session = gym.progression("AFTER_SESSION", 5.0).await;
        let week = gym.progression("AFTER_WEEK", 1.0).await;
        gym.configure(&program, &session, None, 1).await;
        gym.configure(&program, &session, Some(&row), 1).await;
        gym.configure(&program, &week, None, 1).await;
        let lifter = Lifter::of(&server, "lifter");
        for lift in [&squat, &bench, &row] {
            lifter.training_max(lift, 100.0).await;
        }
        lifter.enroll(&program).await;
        let lifts_of = |answer: &Value| -> Vec<String> { told(answer).2.into_iter().map(|(lift, _)| lift).collect() };
        let sorted = |lifts: &[&String]| {
            let mut lifts: Vec<String> = lifts.iter().map(|lift| (*lift).clone()).collect();
            lifts.sort();
            lifts
        };
        assert_eq!(lifts_of(&lifter.trigger(&session, None, true).await), sorted(&[&squat, &row]));
        assert_eq!(lifts_of(&lifter.trigger(&week, None, true).await), sorted(&[&squat, &bench]));
        lifter.advance("day").await;
        assert_eq!(lifts_of(&lifter.trigger(&session, None, true).await), sorted(&[&bench, &row]));
        // By name, a lift of another day of the program will do; one that is nowhere in it will not.
        assert_eq!(told(&lifter.trigger(&session, Some(&squat), true).await).0, 1);
        lifter.client.post(PATH, json!({ "progressionId": session, "liftId": curl })).await.refused(
            400,
            "validation failed",
            &["liftId"],
        );
    }

    async fn only_what_the_period_would_bring_is_brought_forward(server) {
        let gym = Gym::of(&server);
        let (program, [squat, bench]) = two_sessions(&gym).await;
        let (all, own, week) = (
            gym.progression("AFTER_SESSION", 3.0).await,
            gym.progression("AFTER_SESSION", 5.0).await,
            gym.progression("AFTER_WEEK", 1.0).await,
        );
        gym.configure(&program, &all, None, 1).await;
        gym.configure(&program, &own, Some(&bench), 5).await;
        let row = gym.lift("seal-row").await;
        gym.configure(&program, &week, Some(&row), 1).await;
        let lifter = Lifter::of(&server, "lifter");
        for lift in [&squat, &bench, &row] {
            lifter.training_max(lift, 100.0).await;
        }
        lifter.enroll(&program).await;
        // The bench comes in the next session, the row in none.
        let not_due = |period: &str| format!("not due at the end of the current {period}");
        for progression in [&all, &own] {
            let answer = lifter.trigger(progression, Some(&bench), false).await;
            assert_eq!(told(&answer), (0, 1, one(&bench, &not_due("session"))));
        }
        assert_eq!(told(&lifter.trigger(&own, None, false).await), (0, 1, one(&bench, &not_due("session"))));
        assert_eq!(told(&lifter.trigger(&week, None, false).await), (0, 1, one(&row, &not_due("week"))));
        assert_eq!(told(&lifter.trigger(&all, None, false).await), (1, 0, one(&squat, "100.0 to 103.0")));
        lifter.advance("day").await;
        assert_eq!([lifter.current(&squat).await, lifter.current(&bench).await], [103.0, 100.0]);
        let precedence = "another progression of the program has precedence";
        assert_eq!(told(&lifter.trigger(&own, None, false).await), (0, 1, one(&bench, precedence)));
        assert_eq!(told(&lifter.trigger(&all, Some(&bench), false).await), (1, 0, one(&bench, "100.0 to 103.0")));
        lifter.advance("day").await;
        assert_eq!([lifter.current(&squat).await, lifter.current(&bench).await], [103.0, 103.0]);
        assert_eq!(lifter.current(&row).await, 100.0);
    }

    async fn a_week_reaches_what_was_trained_in_it(server) {
        let gym = Gym::of(&server);
        let (program, [squat, bench]) = two_sessions(&gym).await;
        let week = gym.progression("AFTER_WEEK", 5.0).await;
        gym.configure(&program, &week, Some(&squat), 1).await;
        let lifter = Lifter::of(&server, "lifter");
        for lift in [&squat, &bench] {
            lifter.training_max(lift, 100.0).await;
        }
        lifter.enroll(&program).await;
        lifter.advance("day").await;
        let weeks = gym.admin.get(&format!("/programs/{}", program.id)).await.expect(200)["cycle"]["weeks"].clone();
        let path = format!("/weeks/{}", weeks[0]["id"].as_str().expect("an id"));
        let days = gym.admin.get(&path).await.expect(200)["days"].clone();
        let squat_day = days[0]["dayId"].as_str().expect("an id");
        gym.admin.delete(&format!("{path}/days/{squat_day}")).await.expect(204);
        assert_eq!(told(&lifter.trigger(&week, None, false).await), (1, 0, one(&squat, "100.0 to 105.0")));
    }

    async fn what_cannot_rise_is_skipped_with_a_reason(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 1, 2).await;
        let one_rm = gym.progression_of("ONE_RM", "AFTER_SESSION", 5.0).await;
        let training_max = gym.progression("AFTER_SESSION", 5.0).await;
        let overruled = gym.progression("AFTER_SESSION", 2.5).await;
        gym.configure(&program, &one_rm, None, 0).await;
        gym.configure(&program, &training_max, Some(&lift), 0).await;
        gym.configure(&program, &overruled, None, 0).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&lift, 9_999.0).await;
        lifter.enroll(&program).await;
        let answer = lifter.trigger(&one_rm, None, false).await;
        assert_eq!(told(&answer), (0, 1, one(&lift, "no current max of type ONE_RM")));
        let answer = lifter.trigger(&training_max, None, true).await;
        assert_eq!(told(&answer), (0, 1, one(&lift, "the new max would be over 10000")));
        lifter.max(&lift, "ONE_RM", 100.0).await;
        lifter.training_max(&lift, 90.0).await;
        let answer = lifter.trigger(&one_rm, None, false).await;
        assert_eq!(told(&answer), (1, 0, one(&lift, "100.0 to 105.0")), "what was skipped served nothing");
        assert_eq!(answer["results"][0]["result"]["maxType"], "ONE_RM");
        let precedence = "another progression of the program has precedence";
        let answer = lifter.trigger(&overruled, None, false).await;
        assert_eq!(told(&answer), (0, 1, one(&lift, precedence)));
        let answer = lifter.trigger(&overruled, None, true).await;
        assert_eq!(told(&answer), (1, 0, one(&lift, "90.0 to 92.5")));
    }

    async fn triggers_are_refused(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 2, 1).await;
        let (used, unused) =
            (gym.progression("AFTER_SESSION", 5.0).await, gym.progression("AFTER_SESSION", 5.0).await);
        let lifter = Lifter::of(&server, "lifter");
        let post = |body: Value| {
            let client = lifter.client.clone();
            async move { client.post(PATH, body).await }
        };
        post(json!({})).await.refused(400, "validation failed", &["progressionId is required"]);
        post(json!({ "progressionId": 1, "liftId": 2, "force": "yes" })).await.refused(
            400,
            "validation failed",
            &["progressionId must be", "liftId must be", "force must be"],
        );
        post(json!({ "progressionId": "none" })).await.refused(404, "not found", &[]);
        post(json!({ "progressionId": "a\u{0}b" })).await.refused(404, "not found", &[]);
        post(json!({ "progressionId": used, "liftId": "none" })).await.refused(404, "not found", &[]);
        let refused = post(json!({ "progressionId": used })).await;
        refused.refused(400, "validation failed", &["is not enrolled in a program"]);
        lifter.enroll(&program).await;
        gym.configure(&program, &used, None, 0).await;
        let refused = post(json!({ "progressionId": unused, "liftId": lift })).await;
        refused.refused(400, "validation failed", &["progressionId is not configured"]);
        let week = gym.admin.get(&format!("/programs/{}", program.id)).await.expect(200)["cycle"]["weeks"][0].clone();
        gym.admin.delete(&format!("/weeks/{}", week["id"].as_str().expect("an id"))).await.expect(204);
        let refused = post(json!({ "progressionId": used })).await;
        refused.refused(400, "validation failed", &["applies to no lift of the current session"]);

        let denied = "Access denied: you do not have permission";
        server.user("other").post(PATH, json!({})).await.refused(403, denied, &[]);
        server.anonymous().post(PATH, json!({})).await.refused(401, "Authentication required", &[]);
        lifter.training_max(&lift, 100.0).await;
        let body = json!({ "progressionId": used, "liftId": lift, "force": null });
        let answer = server.admin().post(PATH, body).await.expect(200);
        assert_eq!(told(&answer), (0, 1, one(&lift, "not due at the end of the current session")));
        let body = json!({ "progressionId": used, "liftId": lift, "force": true });
        assert_eq!(told(&server.admin().post(PATH, body).await.expect(200)).0, 1);
    }

    async fn concurrent_triggers_apply_once(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 1, 2).await;
        let progression = gym.progression("AFTER_SESSION", 5.0).await;
        gym.configure(&program, &progression, None, 0).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&lift, 100.0).await;
        lifter.enroll(&program).await;
        let calls = (0..6).map(|_| {
            let (client, body) = (lifter.client.clone(), json!({ "progressionId": progression }));
            tokio::spawn(async move {
                loop {
                    let answer = client.post(PATH, body.clone()).await;
                    if answer.status != 503 {
                        return told(&answer.expect(200)).0;
                    }
                }
            })
        });
        let mut applied = 0;
        for call in calls.collect::<Vec<_>>() {
            applied += call.await.expect("an answer");
        }
        assert_eq!((applied, lifter.current(&lift).await), (1, 105.0));
    }

    async fn concurrent_forced_triggers_all_count(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 1, 2).await;
        let progression = gym.progression("AFTER_SESSION", 5.0).await;
        gym.configure(&program, &progression, None, 0).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&lift, 100.0).await;
        lifter.enroll(&program).await;
        let calls = async {
            let calls = (0..20).map(|_| {
                let (client, body) = (lifter.client.clone(), json!({ "progressionId": progression, "force": true }));
                tokio::spawn(async move { while client.post(PATH, body.clone()).await.status == 503 {} })
            });
            for call in calls.collect::<Vec<_>>() {
                call.await.expect("an answer");
            }
        };
        // Two raises must not start from one max, even where one's present is the other's future.
        while_time_passes(&server, calls).await;
        assert_eq!(lifter.current(&lift).await, 200.0);
    }
}
