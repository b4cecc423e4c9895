//! `/users/{userId}/workout` and its preview: exact weights, worked out by hand.

use ferrum_app::actions::accounts::set_user;
use ferrum_store::catalogue;
use serde_json::json;

use super::gym::{Gym, Lifter, exercises, fixed, lifts, ramp};
use crate::support::both;

const PATH: &str = "/users/lifter/workout";

both! {
    async fn a_workout_has_the_documented_members(server) {
        let gym = Gym::of(&server);
        let squat = gym.lift("zercher-squat").await;
        let program = gym.program("single", 1, json!({})).await;
        let body = json!({
            "liftId": squat,
            "loadStrategy": { "type": "PERCENT_OF", "maxType": "TRAINING_MAX", "percentage": 85 },
            "setScheme": { "type": "FIXED", "sets": 2, "reps": 5, "isAmrap": true },
            "notes": "Focus on depth",
            "restSeconds": 180
        });
        let work = gym.admin.post("/prescriptions", body).await.id(201);
        let warm_up = gym.prescription(&squat, json!({}), ramp(&[50.0, 80.0])).await;
        let day = gym.day(&program, "squat-day", &[&warm_up, &work]).await;
        gym.week(&program, 1, &[&day]).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&squat, 312.5).await;
        lifter.enroll(&program).await;
        let lift = json!({ "id": squat, "name": "zercher-squat", "slug": "zercher-squat" });
        // 50 % of 312.5 is 156.25, 80 % 250, 85 % 265.625; fives unless somebody says otherwise.
        let expected = json!({
            "userId": "lifter",
            "programId": program.id,
            "cycleIteration": 1,
            "weekNumber": 1,
            "daySlug": "squat-day",
            "date": "2026-01-05",
            "exercises": [
                {
                    "prescriptionId": warm_up,
                    "lift": lift,
                    "sets": [
                        { "setNumber": 1, "weight": 155.0, "targetReps": 5, "isWorkSet": false },
                        { "setNumber": 2, "weight": 250.0, "targetReps": 5, "isWorkSet": true }
                    ],
                    "notes": null,
                    "restSeconds": null
                },
                {
                    "prescriptionId": work,
                    "lift": lift,
                    "sets": [
                        { "setNumber": 1, "weight": 265.0, "targetReps": 5, "isWorkSet": true },
                        { "setNumber": 2, "weight": 265.0, "targetReps": 5, "isWorkSet": true, "isAmrap": true }
                    ],
                    "notes": "Focus on depth",
                    "restSeconds": 180
                }
            ]
        });
        assert_eq!(lifter.client.get(PATH).await.expect(200), expected);
        assert_eq!(server.admin().get(PATH).await.expect(200), expected);
        let preview = lifter.client.get(&format!("{PATH}/preview?week=1&day=squat-day")).await;
        assert_eq!(preview.expect(200), expected);
        let dated = lifter.client.get(&format!("{PATH}?date=2024-02-29")).await.expect(200);
        assert_eq!((&dated["date"], &dated["exercises"]), (&json!("2024-02-29"), &expected["exercises"]));
    }

    async fn five_three_one_by_weekly_lists(server) {
        let gym = Gym::of(&server);
        let squat = gym.lift("zercher-squat").await;
        let entries = json!({ "1": [65, 75, 85], "2": [70, 80, 90], "3": [75, 85, 95], "4": 40 });
        let table = json!({ "name": "5/3/1", "entries": entries });
        let table = gym.admin.post("/weekly-lookups", table).await.id(201);
        let extra = json!({ "weeklyLookupId": table, "defaultRounding": 2.5 });
        let program = gym.program("five-three-one", 5, extra).await;
        let by_week = json!({ "lookupKey": "week", "percentage": 60 });
        let main = gym.prescription(&squat, by_week.clone(), fixed(4, 5)).await;
        let down = json!({ "lookupKey": "week", "roundTo": 10, "roundingDirection": "DOWN" });
        let warm_up = gym.prescription(&squat, down, ramp(&[50.0, 100.0])).await;
        let boring = gym.prescription(&squat, json!({ "percentage": 50 }), fixed(1, 10)).await;
        let day = gym.day(&program, "squat-day", &[&warm_up, &main, &boring]).await;
        for week in 1..=5 {
            gym.week(&program, week, &[&day]).await;
        }
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&squat, 201.0).await;
        lifter.enroll(&program).await;
        // Training max 201. A ramp takes the week's last percentage as its base.
        let weeks: [[&[f64]; 3]; 5] = [
            // 65 % 130.65, 75 % 150.75, 85 % 170.85; ramp 85.425 and 170.85
            [&[80.0, 170.0], &[130.0, 150.0, 170.0, 170.0], &[100.0]],
            // 70 % 140.7, 80 % 160.8, 90 % 180.9; ramp 90.45 and 180.9
            [&[90.0, 180.0], &[140.0, 160.0, 180.0, 180.0], &[100.0]],
            // 75 % 150.75, 85 % 170.85, 95 % 190.95; ramp 95.475 and 190.95
            [&[90.0, 190.0], &[150.0, 170.0, 190.0, 190.0], &[100.0]],
            // 40 % 80.4; ramp 40.2 and 80.4
            [&[40.0, 80.0], &[80.0, 80.0, 80.0, 80.0], &[100.0]],
            // No entry: the plain percentages, 60 % 120.6 and 100 %; ramp 100.5 and 201
            [&[100.0, 200.0], &[120.0, 120.0, 120.0, 120.0], &[100.0]],
        ];
        for (number, [ramp, main, boring]) in (1..).zip(weeks) {
            let expected = lifts(&[("zercher-squat", ramp), ("zercher-squat", main), ("zercher-squat", boring)]);
            let preview = lifter.client.get(&format!("{PATH}/preview?week={number}&day=squat-day")).await;
            assert_eq!(exercises(&preview.expect(200)), expected, "week {number}");
            let other = lifter.client.get(&format!("{PATH}?weekNumber={number}")).await.expect(200);
            assert_eq!((&other["weekNumber"], exercises(&other)), (&json!(number), expected.clone()));
            assert_eq!(lifter.workout().await.1, expected);
            lifter.advance("day").await;
        }
    }

    async fn heavy_light_medium_by_daily_lookup(server) {
        let gym = Gym::of(&server);
        let squat = gym.lift("zercher-squat").await;
        let table = json!({ "name": "Heavy/Light/Medium", "entries": { "heavy": 100, "Wednesday": 80, "medium": 90 } });
        let table = gym.admin.post("/daily-lookups", table).await.id(201);
        let program = gym.program("hlm", 1, json!({ "dailyLookupId": table, "defaultRounding": 2.5 })).await;
        let by_day = gym.prescription(&squat, json!({ "lookupKey": "day", "percentage": 90 }), fixed(1, 5)).await;
        let plain = gym.prescription(&squat, json!({ "percentage": 90 }), fixed(1, 5)).await;
        let mut days = Vec::new();
        for slug in ["heavy", "light", "medium", "extra"] {
            days.push(gym.day(&program, slug, &[&by_day, &plain]).await);
        }
        let metadata = json!({ "metadata": { "weekday": "wednesday" } });
        gym.admin.put(&format!("/days/{}", days[1]), metadata).await.expect(200);
        gym.week(&program, 1, &days.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&squat, 100.0).await;
        lifter.enroll(&program).await;
        // 90 x 100 %, 90 x 80 % = 72, 90 x 90 % = 81, no entry; never by the calendar.
        for (day, weight) in [("heavy", 90.0), ("light", 72.5), ("medium", 80.0), ("extra", 90.0)] {
            let expected = lifts(&[("zercher-squat", &[weight]), ("zercher-squat", &[90.0])]);
            assert_eq!(lifter.workout().await, (day.to_owned(), expected));
            lifter.advance("day").await;
            server.advance_clock(86_400_000 * 2);
        }
    }

    async fn rounding_and_borrowed_maxes(server) {
        let gym = Gym::of(&server);
        let (squat, row) = (gym.lift("zercher-squat").await, gym.lift("seal-row").await);
        let child = json!({ "name": "paused-zercher", "slug": "paused-zercher", "parentLiftId": squat });
        let paused = gym.admin.post("/lifts", child).await.id(201);
        let program = gym.program("mixed", 1, json!({ "defaultRounding": 1.25 })).await;
        let up = json!({ "percentage": 70, "roundTo": 5, "roundingDirection": "UP" });
        let work = [
            gym.prescription(&paused, json!({ "percentage": 70 }), fixed(1, 3)).await,
            gym.prescription(&squat, up, fixed(1, 3)).await,
            gym.prescription(&row, json!({ "percentage": 40, "ofLiftId": squat }), fixed(1, 8)).await,
            gym.prescription(&squat, json!({ "maxType": "ONE_RM", "percentage": 102.5 }), fixed(1, 1)).await,
        ];
        let day = gym.day(&program, "day", &work.each_ref().map(String::as_str)).await;
        gym.week(&program, 1, &[&day]).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&squat, 90.625).await;
        lifter.max(&squat, "ONE_RM", 101.0).await;
        lifter.enroll(&program).await;
        // 70 % of 90.625 is 63.4375; 40 % 36.25; 102.5 % of 101 is 103.525.
        let borrowed = lifts(&[
            ("paused-zercher", &[63.75]),
            ("zercher-squat", &[65.0]),
            ("seal-row", &[36.25]),
            ("zercher-squat", &[103.75]),
        ]);
        assert_eq!(lifter.workout().await.1, borrowed);
        lifter.training_max(&paused, 80.0).await;
        assert_eq!(lifter.workout().await.1[0], ("paused-zercher".to_owned(), vec![56.25]));
    }

    async fn every_missing_max_is_named(server) {
        let gym = Gym::of(&server);
        let (squat, bench) = (gym.lift("zercher-squat").await, gym.lift("floor-press").await);
        let program = gym.program("single", 1, json!({})).await;
        let work = [
            gym.prescription(&squat, json!({}), fixed(1, 5)).await,
            gym.prescription(&bench, json!({ "maxType": "ONE_RM" }), fixed(1, 5)).await,
            gym.prescription(&squat, json!({ "percentage": 50 }), fixed(1, 5)).await,
        ];
        let day = gym.day(&program, "day", &work.each_ref().map(String::as_str)).await;
        gym.week(&program, 1, &[&day]).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.enroll(&program).await;
        let details = ["missing lift max for zercher-squat (TRAINING_MAX)", "missing lift max for floor-press (ONE_RM)"];
        for path in [PATH.to_owned(), format!("{PATH}/preview?week=1&day=day")] {
            let answer = lifter.client.get(&path).await;
            assert_eq!(answer.expect(400), json!({ "error": "missing lift max", "details": details }));
        }
        let body = json!({ "liftId": squat, "type": "TRAINING_MAX", "value": 100, "effectiveDate": "2026-01-06T08:00:00Z" });
        lifter.client.post("/users/lifter/lift-maxes", body).await.expect(201);
        lifter.max(&bench, "ONE_RM", 80.0).await;
        lifter.client.get(PATH).await.refused(400, "missing lift max", &details[..1]);
        server.advance_clock(86_400_000);
        assert_eq!(lifter.workout().await.1.len(), 3);
    }

    async fn overrides_choose_the_session(server) {
        let gym = Gym::of(&server);
        let squat = gym.lift("zercher-squat").await;
        let program = gym.program("ab", 3, json!({})).await;
        let work = gym.prescription(&squat, json!({}), fixed(1, 5)).await;
        let a = gym.day(&program, "a", &[&work]).await;
        let b = gym.day(&program, "b", &[&work]).await;
        let rest = gym.day(&program, "rest", &[]).await;
        gym.week(&program, 1, &[&a, &b, &a, &rest]).await;
        gym.week(&program, 2, &[&b, &a]).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&squat, 100.0).await;
        lifter.enroll(&program).await;
        lifter.advance("day").await;
        lifter.advance("day").await;
        let asked = |query: &'static str| {
            let client = lifter.client.clone();
            async move {
                let workout = client.get(&format!("{PATH}?{query}")).await.expect(200);
                (workout["weekNumber"].as_i64().expect("a week"), workout["daySlug"].as_str().expect("a day").to_owned())
            }
        };
        assert_eq!(asked("").await, (1, "a".to_owned()));
        assert_eq!(asked("daySlug=b").await, (1, "b".to_owned()));
        // The third session of a week of two is its last.
        assert_eq!(asked("weekNumber=2").await, (2, "a".to_owned()));
        assert_eq!(asked("weekNumber=2&daySlug=b").await, (2, "b".to_owned()));
        for missing in ["weekNumber=3", "weekNumber=4", "weekNumber=500", "weekNumber=99999999999999999999", "daySlug=c", "daySlug=rest", "daySlug="] {
            lifter.client.get(&format!("{PATH}?{missing}")).await.refused(404, "not found", &[]);
        }
        for missing in ["week=3&day=a", "week=1&day=rest", "week=2&day=rest", "week=9&day=a"] {
            lifter.client.get(&format!("{PATH}/preview?{missing}")).await.refused(404, "not found", &[]);
        }
        for bad in ["weekNumber=0", "weekNumber=-1", "weekNumber=1.5", "weekNumber=", "weekNumber=one", "weekNumber=%2B1"] {
            let answer = lifter.client.get(&format!("{PATH}?{bad}")).await;
            answer.refused(400, "validation failed", &["weekNumber must be a whole number of at least 1"]);
        }
        for bad in ["banana", "2026-1-5", "2026-02-30", "05.01.2026", "2026-01-05T00:00:00Z", ""] {
            let answer = lifter.client.get(&format!("{PATH}?date={bad}")).await;
            answer.refused(400, "validation failed", &["date must be a date in the form YYYY-MM-DD"]);
        }
        let both_bad = lifter.client.get(&format!("{PATH}?date=x&weekNumber=x")).await;
        both_bad.refused(400, "validation failed", &["date", "weekNumber"]);
        let nothing = lifter.client.get(&format!("{PATH}/preview")).await;
        nothing.refused(400, "validation failed", &["week is required", "day is required"]);
        let bad = lifter.client.get(&format!("{PATH}/preview?week=x&day=")).await;
        bad.refused(400, "validation failed", &["week must be a whole number", "day is required"]);
        let seen = lifter.client.get("/users/lifter/program").await.expect(200);
        assert_eq!(seen["state"]["currentDayIndex"], 2, "looking changes nothing");
        lifter.advance("day").await;
        lifter.client.get(PATH).await.refused(404, "not found", &[]);
    }

    async fn an_edit_of_the_program_is_seen_at_once(server) {
        let gym = Gym::of(&server);
        let squat = gym.lift("zercher-squat").await;
        let program = gym.program("edited", 1, json!({})).await;
        let work = gym.prescription(&squat, json!({ "percentage": 80 }), fixed(1, 5)).await;
        let day = gym.day(&program, "day", &[&work]).await;
        gym.week(&program, 1, &[&day]).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&squat, 101.0).await;
        lifter.enroll(&program).await;
        assert_eq!(lifter.workout().await.1, lifts(&[("zercher-squat", &[80.0])]));
        let strategy = json!({ "type": "PERCENT_OF", "maxType": "TRAINING_MAX", "percentage": 90 });
        let change = json!({ "loadStrategy": strategy, "notes": "Heavier" });
        gym.admin.put(&format!("/prescriptions/{work}"), change).await.expect(200);
        let seen = lifter.client.get(PATH).await.expect(200);
        assert_eq!((exercises(&seen), &seen["exercises"][0]["notes"]), (lifts(&[("zercher-squat", &[90.0])]), &json!("Heavier")));
        gym.admin.put(&format!("/programs/{}", program.id), json!({ "defaultRounding": 0.5 })).await.expect(200);
        assert_eq!(lifter.workout().await.1, lifts(&[("zercher-squat", &[91.0])]));
        gym.admin.put(&format!("/lifts/{squat}"), json!({ "name": "Zercher" })).await.expect(200);
        assert_eq!(lifter.client.get(PATH).await.expect(200)["exercises"][0]["lift"]["name"], "Zercher");
    }

    async fn a_change_of_a_max_is_seen_at_once(server) {
        let gym = Gym::of(&server);
        let squat = gym.lift("zercher-squat").await;
        let program = gym.program("plain", 1, json!({})).await;
        let work = gym.prescription(&squat, json!({ "percentage": 100, "roundTo": 0.5 }), fixed(1, 5)).await;
        let day = gym.day(&program, "day", &[&work]).await;
        gym.week(&program, 1, &[&day]).await;
        let (anna, bert) = (Lifter::of(&server, "anna"), Lifter::of(&server, "bert"));
        let today = async |lifter: &Lifter| lifter.workout().await.1[0].1.clone();
        let first = anna.training_max(&squat, 100.0).await;
        bert.training_max(&squat, 100.0).await;
        anna.enroll(&program).await;
        bert.enroll(&program).await;
        for (lifter, id) in [(&anna, "anna"), (&bert, "bert"), (&anna, "anna")] {
            let workout = lifter.client.get(&lifter.path("workout")).await.expect(200);
            assert_eq!((workout["userId"].as_str(), exercises(&workout)), (Some(id), lifts(&[("zercher-squat", &[100.0])])));
        }
        // The clock stands still: of equal dates the one written last counts, a change being a writing too.
        let second = anna.training_max(&squat, 90.0).await;
        assert_eq!((today(&anna).await, today(&bert).await), (vec![90.0], vec![100.0]));
        anna.client.put(&format!("/lift-maxes/{first}"), json!({ "value": 95 })).await.expect(200);
        assert_eq!(today(&anna).await, [95.0]);
        anna.client.delete(&format!("/lift-maxes/{first}")).await.expect(204);
        assert_eq!(today(&anna).await, [90.0]);
        anna.client.put(&format!("/lift-maxes/{second}"), json!({ "value": 110 })).await.expect(200);
        assert_eq!(today(&anna).await, [110.0]);
        let later = json!({ "liftId": squat, "type": "TRAINING_MAX", "value": 120, "effectiveDate": "2026-01-06T00:00:00Z" });
        anna.client.post("/users/anna/lift-maxes", later).await.expect(201);
        assert_eq!(today(&anna).await, [110.0]);
        server.advance_clock(24 * 60 * 60 * 1000);
        assert_eq!((today(&anna).await, today(&bert).await), (vec![120.0], vec![100.0]));
    }

    async fn today_is_that_of_the_lifters_time_zone(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 1, 1).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&lift, 100.0).await;
        lifter.enroll(&program).await;
        let day = "workout/preview?week=1&day=single-day";
        let dates = || async {
            let mut dates = Vec::new();
            for client in [&lifter.client, &gym.admin] {
                for path in ["workout", day, "workout?date=2020-02-29"] {
                    let workout = client.get(&lifter.path(path)).await.expect(200);
                    dates.push(workout["date"].as_str().expect("a date").to_owned());
                }
            }
            dates
        };
        // 08:00 UTC on the 5th.
        assert_eq!(dates().await, ["2026-01-05", "2026-01-05", "2020-02-29"].repeat(2));
        for (zone, today) in [
            ("Pacific/Kiritimati", "2026-01-05"),
            ("Pacific/Pago_Pago", "2026-01-04"),
            ("America/Los_Angeles", "2026-01-05"),
        ] {
            set_user(&server.app, "lifter", None, Some(zone)).await.expect("a time zone");
            assert_eq!(dates().await, [today, today, "2020-02-29"].repeat(2), "{zone}");
        }
        set_user(&server.app, "lifter", None, Some("Pacific/Kiritimati")).await.expect("a time zone");
        server.advance_clock(2 * 60 * 60 * 1000);
        assert_eq!(dates().await, ["2026-01-06", "2026-01-06", "2020-02-29"].repeat(2));
    }

    async fn a_large_workout_is_not_kept_in_memory(server) {
        let gym = Gym::of(&server);
        let lift = gym.lift("squat").await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&lift, 100.0).await;
        for (slug, sets, is_kept) in [("large", 100, false), ("small", 10, true)] {
            let program = gym.program(slug, 1, json!({})).await;
            let mut work = Vec::new();
            for _ in 0..5 {
                work.push(gym.prescription(&lift, json!({}), fixed(sets, 5)).await);
            }
            let work: Vec<&str> = work.iter().map(String::as_str).collect();
            let day = gym.day(&program, slug, &work).await;
            gym.week(&program, 1, &[&day]).await;
            lifter.enroll(&program).await;
            assert_eq!(lifter.workout().await, lifter.workout().await);
            let version = server.app.db.read(catalogue::version).await.expect("a version");
            let kept = server.app.catalogue.workouts.get(version, "lifter");
            assert_eq!(kept.is_some(), is_kept, "{slug}");
            lifter.client.delete(&lifter.path("program")).await.expect(204);
        }
    }

    async fn workouts_are_their_owners(server) {
        let lifter = server.user("lifter");
        let preview = format!("{PATH}/preview?week=1&day=a");
        let denied = "Access denied: you do not have permission";
        for path in [PATH, &preview] {
            lifter.get(path).await.refused(404, "not found", &[]);
            server.admin().get(path).await.refused(404, "not found", &[]);
            server.user("other").get(path).await.refused(403, denied, &[]);
            server.anonymous().get(path).await.refused(401, "Authentication required", &[]);
        }
    }
}
