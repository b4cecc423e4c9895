//! `/users/{userId}/program-state/advance`: whole cycles, and what they make of the maxes.

#![allow(clippy::float_cmp, reason = "weights are exact decimals")]

use serde_json::json;

use super::gym::{Gym, Lifter, Program, fixed, lifts, state, while_time_passes};
use crate::support::both;

const PATH: &str = "/users/lifter/program-state/advance";

/// A (squat, bench) and B (squat, press) in turn: A/B/A, then B/A/B; 1 set at the training max.
async fn novice(gym: &Gym) -> (Program, [String; 3]) {
    let (squat, bench, press) =
        (gym.lift("zercher-squat").await, gym.lift("floor-press").await, gym.lift("push-press").await);
    let program = gym.program("novice", 2, json!({ "defaultRounding": 2.5 })).await;
    let work = [
        gym.prescription(&squat, json!({}), fixed(1, 5)).await,
        gym.prescription(&bench, json!({}), fixed(1, 5)).await,
        gym.prescription(&press, json!({}), fixed(1, 5)).await,
    ];
    let a = gym.day(&program, "a", &[&work[0], &work[1]]).await;
    let b = gym.day(&program, "b", &[&work[0], &work[2]]).await;
    gym.week(&program, 1, &[&a, &b, &a]).await;
    gym.week(&program, 2, &[&b, &a, &b]).await;
    (program, [squat, bench, press])
}

both! {
    async fn a_novice_gets_stronger_every_session(server) {
        let gym = Gym::of(&server);
        let (program, [squat, bench, press]) = novice(&gym).await;
        let all = gym.progression("AFTER_SESSION", 2.5).await;
        let own = gym.progression("AFTER_SESSION", 5.0).await;
        gym.configure(&program, &all, None, 1).await;
        gym.configure(&program, &own, Some(&squat), 1).await;
        let lifter = Lifter::of(&server, "lifter");
        for (lift, value) in [(&squat, 100.0), (&bench, 60.0), (&press, 40.0)] {
            lifter.training_max(lift, value).await;
        }
        lifter.enroll(&program).await;
        // The squat's own progression beats the one for all: +5 six times; the others +2.5 thrice.
        let sessions = [
            ("a", "floor-press", 100.0, 60.0, (1, 1, 1)),
            ("b", "push-press", 105.0, 40.0, (1, 1, 2)),
            ("a", "floor-press", 110.0, 62.5, (1, 2, 0)),
            ("b", "push-press", 115.0, 42.5, (1, 2, 1)),
            ("a", "floor-press", 120.0, 65.0, (1, 2, 2)),
            ("b", "push-press", 125.0, 45.0, (2, 1, 0)),
        ];
        for (day, second, squats, seconds, next) in sessions {
            let expected = lifts(&[("zercher-squat", &[squats]), (second, &[seconds])]);
            assert_eq!(lifter.workout().await, (day.to_owned(), expected));
            assert_eq!(lifter.advance("day").await, next);
        }
        let maxes = (lifter.current(&squat).await, lifter.current(&bench).await, lifter.current(&press).await);
        assert_eq!(maxes, (130.0, 67.5, 47.5));
        assert_eq!(lifter.workout().await.0, "a");

        let history = lifter.history(&squat).await;
        assert_eq!(history.len(), 6);
        assert_eq!(history[0], ("AFTER_SESSION".to_owned(), 1, 2, 125.0, 130.0));
        assert_eq!(history[5], ("AFTER_SESSION".to_owned(), 1, 1, 100.0, 105.0));
    }

    async fn sessions_weeks_and_cycles_stack(server) {
        let gym = Gym::of(&server);
        let (program, [squat, bench, press]) = novice(&gym).await;
        let row = gym.lift("seal-row").await;
        let session = gym.progression("AFTER_SESSION", 1.0).await;
        let week = gym.progression("AFTER_WEEK", 10.0).await;
        let cycle = gym.progression("CYCLE", 100.0).await;
        gym.configure(&program, &session, Some(&squat), 0).await;
        gym.configure(&program, &week, None, 0).await;
        gym.configure(&program, &cycle, None, 0).await;
        gym.configure(&program, &cycle, Some(&row), 0).await;
        let lifter = Lifter::of(&server, "lifter");
        for lift in [&squat, &bench, &row] {
            lifter.training_max(lift, 100.0).await;
        }
        lifter.enroll(&program).await;
        for _ in 0..2 {
            lifter.advance("day").await;
        }
        assert_eq!((lifter.current(&squat).await, lifter.current(&bench).await), (102.0, 100.0));
        assert_eq!(lifter.advance("day").await, (1, 2, 0));
        assert_eq!((lifter.current(&squat).await, lifter.current(&bench).await), (113.0, 110.0));
        for _ in 0..3 {
            lifter.advance("day").await;
        }
        // 3 more sessions, a second week, and the cycle; the row is configured by name alone.
        assert_eq!(lifter.current(&squat).await, 226.0);
        assert_eq!(lifter.current(&bench).await, 220.0);
        assert_eq!(lifter.current(&row).await, 200.0);
        // No max to raise: skipped without a word.
        assert_eq!(lifter.history(&press).await, []);
        assert_eq!(
            lifter.history(&squat).await[..3],
            [
                ("AFTER_CYCLE".to_owned(), 1, 2, 126.0, 226.0),
                ("AFTER_WEEK".to_owned(), 1, 2, 116.0, 126.0),
                ("AFTER_SESSION".to_owned(), 1, 2, 115.0, 116.0),
            ]
        );
        assert_eq!(lifter.history(&row).await, [("AFTER_CYCLE".to_owned(), 1, 2, 100.0, 200.0)]);
    }

    async fn the_lowest_priority_applies_for_each_max_type(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 1, 1).await;
        let weak = gym.progression("AFTER_SESSION", 1.0).await;
        let strong = gym.progression("AFTER_SESSION", 7.5).await;
        let other = gym.progression_of("ONE_RM", "AFTER_SESSION", 10.0).await;
        gym.configure(&program, &weak, Some(&lift), 5).await;
        gym.configure(&program, &strong, None, 2).await;
        gym.configure(&program, &other, None, 9).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&lift, 90.0).await;
        lifter.max(&lift, "ONE_RM", 100.0).await;
        lifter.enroll(&program).await;
        lifter.advance("day").await;
        assert_eq!(lifter.current(&lift).await, 97.5);
        assert_eq!(lifter.current_of(&lift, "ONE_RM").await, 110.0);
    }

    async fn skipping_a_week_counts_what_was_trained(server) {
        let gym = Gym::of(&server);
        let (program, [squat, bench, press]) = novice(&gym).await;
        let session = gym.progression("AFTER_SESSION", 1.0).await;
        let week = gym.progression("AFTER_WEEK", 10.0).await;
        let cycle = gym.progression("CYCLE", 100.0).await;
        for progression in [&session, &week, &cycle] {
            gym.configure(&program, progression, None, 0).await;
        }
        let lifter = Lifter::of(&server, "lifter");
        for lift in [&squat, &bench, &press] {
            lifter.training_max(lift, 100.0).await;
        }
        lifter.enroll(&program).await;
        lifter.advance("day").await;
        assert_eq!(lifter.advance("week").await, (1, 2, 0));
        // Session A and then the week for its lifts; the press was never trained.
        assert_eq!(lifter.current(&squat).await, 111.0);
        assert_eq!(lifter.current(&bench).await, 111.0);
        assert_eq!(lifter.current(&press).await, 100.0);
        // A week skipped whole ends the cycle all the same.
        assert_eq!(lifter.advance("week").await, (2, 1, 0));
        assert_eq!(lifter.current(&squat).await, 211.0);
        assert_eq!(lifter.current(&press).await, 200.0);
    }

    async fn a_max_over_the_limit_stays(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 1, 1).await;
        let progression = gym.progression("AFTER_SESSION", 5.0).await;
        gym.configure(&program, &progression, None, 0).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&lift, 9_995.0).await;
        lifter.enroll(&program).await;
        lifter.advance("day").await;
        assert_eq!(lifter.current(&lift).await, 10_000.0);
        lifter.advance("day").await;
        assert_eq!(lifter.current(&lift).await, 10_000.0);
    }

    async fn a_raised_max_is_current_beside_one_of_the_same_instant(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 1, 1).await;
        let progression = gym.progression("AFTER_SESSION", 5.0).await;
        gym.configure(&program, &progression, None, 0).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.enroll(&program).await;
        lifter.training_max(&lift, 100.0).await;
        lifter.advance("day").await;
        assert_eq!(lifter.current(&lift).await, 105.0);
        lifter.training_max(&lift, 80.0).await;
        assert_eq!(lifter.current(&lift).await, 80.0, "a lower max is how a lifter deloads");
        lifter.advance("day").await;
        assert_eq!(lifter.current(&lift).await, 85.0);
    }

    async fn a_program_may_change_while_people_are_in_it(server) {
        let gym = Gym::of(&server);
        let (program, [squat, bench, _]) = novice(&gym).await;
        let week = gym.progression("AFTER_WEEK", 10.0).await;
        gym.configure(&program, &week, None, 0).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&squat, 100.0).await;
        lifter.training_max(&bench, 100.0).await;
        lifter.enroll(&program).await;
        lifter.advance("day").await;
        assert_eq!(lifter.advance("day").await, (1, 1, 2));

        // The week loses every A: what is left is one B, and the lifter stands at it.
        let program_path = format!("/programs/{}", program.id);
        let cycle = gym.admin.get(&program_path).await.expect(200)["cycle"].clone();
        let week = cycle["weeks"][0]["id"].as_str().expect("an id").to_owned();
        let days = gym.admin.get(&format!("/weeks/{week}")).await.expect(200)["days"].clone();
        let a = days[0]["dayId"].as_str().expect("an id").to_owned();
        gym.admin.delete(&format!("/weeks/{week}/days/{a}")).await.expect(204);
        let seen = lifter.client.get("/users/lifter/program").await.expect(200);
        assert_eq!(state(&seen), (1, 1, 0));
        let preview = lifter.client.get("/users/lifter/workout/preview?week=1&day=a").await;
        preview.refused(404, "not found", &[]);
        lifter.client.get("/users/lifter/workout").await.refused(
            400,
            "missing lift max",
            &["missing lift max for push-press (TRAINING_MAX)"],
        );
        // The bench was trained this week, even though it has gone from it.
        assert_eq!(lifter.advance("day").await, (1, 2, 0));
        assert_eq!((lifter.current(&squat).await, lifter.current(&bench).await), (110.0, 110.0));

        // The cycle shrinks under the lifter.
        let cycle = format!("/cycles/{}", program.cycle);
        gym.admin.put(&cycle, json!({ "lengthWeeks": 1 })).await.expect(200);
        let seen = lifter.client.get("/users/lifter/program").await.expect(200);
        assert_eq!((state(&seen), &seen["program"]["cycleLengthWeeks"]), ((1, 1, 0), &json!(1)));
        assert_eq!(lifter.advance("day").await, (2, 1, 0));
    }

    async fn empty_and_missing_weeks_are_one_session_long(server) {
        let gym = Gym::of(&server);
        let program = gym.program("hollow", 2, json!({})).await;
        gym.week(&program, 1, &[]).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.enroll(&program).await;
        lifter.client.get("/users/lifter/workout").await.refused(404, "not found", &[]);
        assert_eq!(lifter.advance("day").await, (1, 2, 0));
        lifter.client.get("/users/lifter/workout").await.refused(404, "not found", &[]);
        assert_eq!(lifter.advance("day").await, (2, 1, 0));
        assert_eq!(lifter.advance("week").await, (2, 2, 0));
        assert_eq!(lifter.advance("week").await, (3, 1, 0));
    }

    async fn the_answer_is_the_enrollment(server) {
        let gym = Gym::of(&server);
        let (program, _) = gym.one_lift_program("single", 3, 2).await;
        let lifter = Lifter::of(&server, "lifter");
        let enrolled = lifter.enroll(&program).await;
        server.advance_clock(1_000);
        let answer = lifter.client.post(PATH, json!({ "advanceType": "day" })).await.expect(200);
        let mut expected = enrolled;
        expected["state"]["currentDayIndex"] = json!(1);
        expected["updatedAt"] = json!("2026-01-05T08:00:01Z");
        assert_eq!(answer, expected);
        assert_eq!(lifter.client.get("/users/lifter/program").await.expect(200), expected);
    }

    async fn advancing_is_refused(server) {
        let gym = Gym::of(&server);
        let lifter = Lifter::of(&server, "lifter");
        let day = json!({ "advanceType": "day" });
        lifter.client.post(PATH, day.clone()).await.refused(404, "not found", &[]);
        let (program, _) = gym.one_lift_program("single", 1, 2).await;
        let enrolled = lifter.enroll(&program).await;
        for (body, detail) in [
            (json!({}), "advanceType is required"),
            (json!({ "advanceType": null }), "advanceType is required"),
            (json!({ "advanceType": "month" }), "advanceType must be day or week"),
            (json!({ "advanceType": 1 }), "advanceType must be a string"),
        ] {
            lifter.client.post(PATH, body).await.refused(400, "validation failed", &[detail]);
        }
        let denied = "Access denied: you do not have permission";
        server.user("other").post(PATH, day.clone()).await.refused(403, denied, &[]);
        server.anonymous().post(PATH, day.clone()).await.refused(401, "Authentication required", &[]);
        assert_eq!(lifter.client.get("/users/lifter/program").await.expect(200), enrolled);
        server.admin().post(PATH, day).await.expect(200);
    }

    async fn a_repeat_under_the_same_key_advances_once(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 1, 50).await;
        let progression = gym.progression("AFTER_SESSION", 5.0).await;
        gym.configure(&program, &progression, None, 0).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&lift, 100.0).await;
        lifter.enroll(&program).await;
        let keyed = lifter.client.with("idempotency-key", "lost-answer");
        let day = json!({ "advanceType": "day" });
        let first = keyed.post(PATH, day.clone()).await;
        let again = keyed.post(PATH, day.clone()).await;
        assert_eq!(first.expect(200), again.expect(200));
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        keyed.post(PATH, json!({ "advanceType": "week" })).await.refused(409, "already exists", &["Idempotency-Key"]);
        assert_eq!((state(&first.json()), lifter.current(&lift).await), ((1, 1, 1), 105.0));

        let keyed = lifter.client.with("idempotency-key", "impatient");
        let calls = (0..6).map(|_| {
            let (keyed, day) = (keyed.clone(), day.clone());
            tokio::spawn(async move {
                loop {
                    let answer = keyed.post(PATH, day.clone()).await;
                    if answer.status != 503 {
                        return state(&answer.expect(200));
                    }
                }
            })
        });
        for call in calls.collect::<Vec<_>>() {
            assert_eq!(call.await.expect("an answer"), (1, 1, 2));
        }
        assert_eq!(lifter.current(&lift).await, 110.0);
    }

    async fn a_max_entered_meanwhile_is_not_lost(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 1, 1).await;
        let progression = gym.progression_of("ONE_RM", "AFTER_SESSION", 5.0).await;
        gym.configure(&program, &progression, None, 0).await;
        let lifters: Vec<_> = (0..20).map(|n| Lifter::of(&server, &format!("lifter-{n}"))).collect();
        for lifter in &lifters {
            lifter.max(&lift, "ONE_RM", 100.0).await;
            lifter.enroll(&program).await;
        }
        let both = async {
            for lifter in &lifters {
                tokio::join!(lifter.max(&lift, "ONE_RM", 200.0), lifter.advance("day"));
            }
        };
        while_time_passes(&server, both).await;
        for lifter in &lifters {
            let current = lifter.current_of(&lift, "ONE_RM").await;
            assert!([200.0, 205.0].contains(&current), "{}: {current}", lifter.id);
        }
    }

    async fn concurrent_advances_are_one_step_each(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 1, 50).await;
        let progression = gym.progression("AFTER_SESSION", 5.0).await;
        gym.configure(&program, &progression, None, 0).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&lift, 100.0).await;
        lifter.enroll(&program).await;
        let calls = (0..8).map(|_| {
            let client = lifter.client.clone();
            tokio::spawn(async move {
                loop {
                    let answer = client.post(PATH, json!({ "advanceType": "day" })).await;
                    // PostgreSQL gives up on a transaction that keeps losing the race.
                    if answer.status != 503 {
                        return state(&answer.expect(200)).2;
                    }
                }
            })
        });
        let mut seen = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            seen.push(call.await.expect("an answer"));
        }
        seen.sort_unstable();
        assert_eq!(seen, (1..=8).collect::<Vec<i64>>());
        assert_eq!(lifter.current(&lift).await, 140.0);
        assert_eq!(lifter.history(&lift).await.len(), 8);
    }
}
