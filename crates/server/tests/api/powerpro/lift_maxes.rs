//! `/users/{userId}/lift-maxes` and `/lift-maxes`.

#![allow(clippy::float_cmp, reason = "weights are exact decimals")]

use ferrum_app::actions::accounts::set_user;
use ferrum_domain::units::WeightUnit;
use ferrum_store::listing::{Order, Window};
use ferrum_store::{lift_maxes, progression_history};
use serde_json::{Value, json};

use super::gym::{Gym, Lifter};
use crate::support::{Server, both};

const DAY: i64 = 86_400_000;

/// The values and units of the lifter's maxes and of what raised them, the newest first.
async fn kept_weights(server: &Server) -> (Vec<(f64, WeightUnit)>, Vec<(f64, f64, WeightUnit)>) {
    let read = server.app.db.read(|tx| {
        let all = Window { page: 1, size: 100 };
        let filter = lift_maxes::Filter { user_id: "lifter", lift_id: None, max_type: None };
        let (maxes, _) = lift_maxes::list(tx, &filter, Order::Descending, all)?;
        let user_id = "lifter".to_owned();
        let filter = progression_history::Filter { user_id, lift_id: None, progression_id: None };
        let (raises, _) = progression_history::list(tx, &filter, Order::Descending, all)?;
        let maxes = maxes.iter().map(|max| (max.value.to_f64(), max.unit.expect("a unit")));
        let raises = raises.iter().map(|r| (r.previous_value.to_f64(), r.new_value.to_f64(), r.unit));
        Ok((maxes.collect(), raises.collect()))
    });
    read.await.expect("the maxes can be read")
}

both! {
    async fn a_max_comes_back_as_it_was_given(server) {
        let squat = Gym::of(&server).lift("zercher-squat").await;
        let lifter = server.user("lifter");
        let body = json!({ "liftId": squat, "type": "ONE_RM", "value": 142.125, "effectiveDate": "2025-12-31T23:30:00.9-05:00" });
        let made = lifter.post("/users/lifter/lift-maxes", body).await.expect(201);
        let expected = json!({
            "id": made["id"],
            "userId": "lifter",
            "liftId": squat,
            "type": "ONE_RM",
            "value": 142.125,
            "effectiveDate": "2026-01-01T04:30:00Z",
            "createdAt": "2026-01-05T08:00:00Z",
            "updatedAt": "2026-01-05T08:00:00Z"
        });
        assert_eq!(made, expected);
        let path = format!("/lift-maxes/{}", made["id"].as_str().expect("an id"));
        assert_eq!(lifter.get(&path).await.expect(200), expected);
        assert_eq!(server.admin().get(&path).await.expect(200), expected);
        let current = format!("/users/lifter/lift-maxes/current?lift={squat}&type=ONE_RM");
        assert_eq!(lifter.get(&current).await.expect(200), expected);

        lifter.delete(&path).await.expect(204);
        lifter.get(&path).await.refused(404, "not found", &[]);
        lifter.delete(&path).await.refused(404, "not found", &[]);
        lifter.get(&current).await.refused(404, "not found", &[]);
    }

    async fn a_date_may_be_the_last_of_all(server) {
        let squat = Gym::of(&server).lift("zercher-squat").await;
        let lifter = server.user("lifter");
        for (given, kept) in [
            ("9999-12-31T23:59:59Z", Some("9999-12-31T23:59:59Z")),
            ("0001-01-01T00:00:00Z", Some("0001-01-01T00:00:00Z")),
            ("9999-12-31T23:59:59-01:00", None),
            ("2026-01-01T00:00:00+25:00", None),
        ] {
            let body = json!({ "liftId": squat, "type": "ONE_RM", "value": 100, "effectiveDate": given });
            let answer = lifter.post("/users/lifter/lift-maxes", body).await;
            match kept {
                Some(kept) => assert_eq!(answer.expect(201)["effectiveDate"], kept),
                None => answer.refused(400, "validation failed", &["effectiveDate must be an RFC 3339 date"]),
            }
        }
    }

    async fn everything_wrong_with_a_max_is_said_at_once(server) {
        let lifter = server.user("lifter");
        let create = |body: Value| {
            let lifter = lifter.clone();
            async move { lifter.post("/users/lifter/lift-maxes", body).await }
        };
        create(json!({})).await.refused(
            400,
            "validation failed",
            &["liftId is required", "type is required", "value is required"],
        );
        create(json!({ "liftId": "none", "type": "one_rm", "value": 0, "effectiveDate": "2025-01-01" }))
            .await
            .refused(
                400,
                "validation failed",
                &[
                    "liftId names no lift",
                    "type must be ONE_RM or TRAINING_MAX",
                    "value must be over 0 and at most 10000, with at most 3 decimals",
                    "effectiveDate must be an RFC 3339 date and time with an offset",
                ],
            );
        let squat = Gym::of(&server).lift("zercher-squat").await;
        let good = json!({ "liftId": squat, "type": "ONE_RM", "value": 100, "effectiveDate": null });
        for (name, values) in [
            ("liftId", vec![json!(1), Value::Null, json!("a\u{0}b")]),
            ("type", vec![json!("TM"), json!(1), Value::Null]),
            ("value", vec![json!(-1), json!(10_000.001), json!(1.0005), json!("100"), Value::Null]),
            (
                "effectiveDate",
                vec![
                    json!("2025-01-01T00:00:00"),
                    json!("0000-12-31T23:59:59Z"),
                    json!("2025-02-30T00:00:00Z"),
                    json!("yesterday"),
                    json!(1_700_000_000),
                ],
            ),
        ] {
            for value in values {
                let mut body = good.clone();
                body[name] = value;
                create(body).await.refused(400, "validation failed", &[name]);
            }
        }
        for value in [0.001, 9_999.999, 10_000.0] {
            let mut body = good.clone();
            body["value"] = json!(value);
            assert_eq!(create(body).await.expect(201)["value"], value);
        }
    }

    async fn current_is_the_latest_that_has_come(server) {
        let squat = Gym::of(&server).lift("zercher-squat").await;
        let lifter = Lifter::of(&server, "lifter");
        let dated = |value: f64, date: &str| {
            let body = json!({ "liftId": squat, "type": "TRAINING_MAX", "value": value, "effectiveDate": date });
            lifter.client.post("/users/lifter/lift-maxes", body)
        };
        dated(100.0, "2026-01-01T00:00:00Z").await.expect(201);
        dated(90.0, "2025-12-01T00:00:00Z").await.expect(201);
        assert_eq!(lifter.current(&squat).await, 100.0);

        dated(130.0, "2026-01-06T00:00:00Z").await.expect(201);
        assert_eq!(lifter.current(&squat).await, 100.0, "a max of the future is not current yet");
        server.advance_clock(DAY);
        assert_eq!(lifter.current(&squat).await, 130.0);

        // The same instant in another offset: the latest written counts, and lower is how to deload.
        let id = dated(120.0, "2026-01-06T01:00:00+01:00").await.id(201);
        assert_eq!(lifter.current(&squat).await, 120.0);
        dated(125.0, "2026-01-05T23:59:59.999Z").await.expect(201);
        assert_eq!(lifter.current(&squat).await, 120.0);

        let path = format!("/lift-maxes/{id}");
        lifter.client.put(&path, json!({ "effectiveDate": "2025-11-01T00:00:00Z" })).await.expect(200);
        assert_eq!(lifter.current(&squat).await, 130.0);
        // A change is a writing too, also within the millisecond of another.
        let first = dated(134.0, "2026-01-06T00:00:00Z").await.id(201);
        dated(135.0, "2026-01-06T00:00:00Z").await.expect(201);
        lifter.client.put(&format!("/lift-maxes/{first}"), json!({ "value": 133.5 })).await.expect(200);
        assert_eq!(lifter.current(&squat).await, 133.5);
        lifter.client.get("/users/lifter/lift-maxes/current").await.refused(
            400,
            "validation failed",
            &["lift is required", "type is required"],
        );
        let bad = format!("/users/lifter/lift-maxes/current?lift={squat}&type=BEST");
        lifter.client.get(&bad).await.refused(400, "validation failed", &["type must be ONE_RM or TRAINING_MAX"]);
        let other = format!("/users/lifter/lift-maxes/current?lift={squat}&type=ONE_RM");
        lifter.client.get(&other).await.refused(404, "not found", &[]);
        lifter.client.get("/users/lifter/lift-maxes/current?lift=none&type=ONE_RM").await.refused(404, "not found", &[]);
    }

    async fn a_max_changes_in_part(server) {
        let gym = Gym::of(&server);
        let (squat, bench) = (gym.lift("zercher-squat").await, gym.lift("floor-press").await);
        let lifter = Lifter::of(&server, "lifter");
        let id = lifter.max(&squat, "ONE_RM", 100.0).await;
        let path = format!("/lift-maxes/{id}");
        let made = lifter.client.get(&path).await.expect(200);
        server.advance_clock(1_000);

        let untouched = json!({ "type": "TRAINING_MAX", "liftId": bench, "value": 102.5 });
        let changed = lifter.client.put(&path, untouched).await.expect(200);
        let mut expected = made.clone();
        expected["value"] = json!(102.5);
        expected["updatedAt"] = json!("2026-01-05T08:00:01Z");
        assert_eq!(changed, expected);

        let changed = server.admin().put(&path, json!({ "effectiveDate": "2024-01-15T00:00:00Z" })).await.expect(200);
        expected["effectiveDate"] = json!("2024-01-15T00:00:00Z");
        assert_eq!(changed, expected);
        assert_eq!(lifter.client.put(&path, json!({})).await.expect(200), expected);
        assert_eq!(lifter.client.get(&path).await.expect(200), expected);

        lifter.client.put(&path, json!({ "value": null, "effectiveDate": null })).await.refused(
            400,
            "validation failed",
            &["value cannot be null", "effectiveDate cannot be null"],
        );
        lifter.client.put(&path, json!({ "value": -1, "effectiveDate": "soon" })).await.refused(
            400,
            "validation failed",
            &["value must be", "effectiveDate must be"],
        );
        lifter.client.put("/lift-maxes/none", json!({ "value": 1 })).await.refused(404, "not found", &[]);
    }

    async fn a_weight_keeps_the_unit_it_was_entered_in(server) {
        use WeightUnit::{Kg, Lb};
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 1, 1).await;
        let progression = gym.progression("AFTER_SESSION", 5.0).await;
        gym.configure(&program, &progression, Some(&lift), 0).await;
        let lifter = Lifter::of(&server, "lifter");
        let first = format!("/lift-maxes/{}", lifter.training_max(&lift, 300.0).await);
        lifter.enroll(&program).await;
        set_user(&server.app, "lifter", Some(Kg), None).await.expect("a unit");

        server.advance_clock(1_000);
        lifter.trigger(&progression, None, false).await;
        let raises = vec![(300.0, 305.0, Lb)];
        assert_eq!(kept_weights(&server).await, (vec![(305.0, Lb), (300.0, Lb)], raises.clone()));

        server.advance_clock(1_000);
        lifter.training_max(&lift, 140.0).await;
        let date = json!({ "effectiveDate": "2024-01-15T00:00:00Z" });
        lifter.client.put(&first, date).await.expect(200);
        let maxes = vec![(140.0, Kg), (305.0, Lb), (300.0, Lb)];
        assert_eq!(kept_weights(&server).await, (maxes, raises.clone()), "another date is no other weight");

        server.admin().put(&first, json!({ "value": 136.0 })).await.expect(200);
        let maxes = vec![(140.0, Kg), (305.0, Lb), (136.0, Kg)];
        assert_eq!(kept_weights(&server).await, (maxes, raises));
    }

    async fn a_strange_training_max_is_stored_with_a_warning(server) {
        let squat = Gym::of(&server).lift("zercher-squat").await;
        let lifter = Lifter::of(&server, "lifter");
        let create = |max_type: &str, value: f64| {
            let body = json!({ "liftId": squat, "type": max_type, "value": value });
            lifter.client.post("/users/lifter/lift-maxes", body)
        };
        assert_eq!(create("TRAINING_MAX", 20.0).await.expect(201)["value"], 20.0, "nothing to compare with");
        assert_eq!(create("ONE_RM", 200.0).await.expect(201)["value"], 200.0, "a 1RM never warns");
        for quiet in [160.0, 190.0] {
            assert_eq!(create("TRAINING_MAX", quiet).await.expect(201)["value"], quiet);
        }
        for (strange, warning) in [(159.999, "below 80%"), (190.001, "above 95%")] {
            let answer = create("TRAINING_MAX", strange).await.expect(201);
            assert_eq!(answer.as_object().expect("an envelope").len(), 2);
            assert_eq!(answer["data"]["value"], strange);
            let warnings = answer["warnings"].as_array().expect("warnings");
            assert_eq!(warnings.len(), 1);
            assert!(warnings[0].as_str().expect("text").contains(warning), "{warnings:?}");
            assert_eq!(lifter.current(&squat).await, strange);
        }
        let id = create("TRAINING_MAX", 180.0).await.id(201);
        let path = format!("/lift-maxes/{id}");
        let answer = lifter.client.put(&path, json!({ "value": 250 })).await.expect(200);
        assert_eq!((&answer["data"]["value"], &answer["data"]["id"]), (&json!(250.0), &json!(id)));
        let moved = lifter.client.put(&path, json!({ "effectiveDate": "2025-01-01T00:00:00Z" })).await.expect(200);
        assert!(moved["warnings"].is_array(), "{moved}");
        assert_eq!(lifter.client.put(&path, json!({ "value": 180 })).await.expect(200)["value"], 180.0);
    }

    async fn a_warning_goes_by_the_one_repetition_max_of_now(server) {
        let gym = Gym::of(&server);
        let squat = gym.lift("zercher-squat").await;
        let (lifter, other) = (Lifter::of(&server, "lifter"), Lifter::of(&server, "other"));
        let is_strange = async || {
            let body = json!({ "liftId": squat, "type": "TRAINING_MAX", "value": 90.0 });
            lifter.client.post("/users/lifter/lift-maxes", body).await.expect(201).get("warnings").is_some()
        };
        assert!(!is_strange().await, "nothing to compare with");
        let one_rm = lifter.max(&squat, "ONE_RM", 200.0).await;
        other.max(&squat, "ONE_RM", 100.0).await;
        assert!(is_strange().await && is_strange().await);
        lifter.client.put(&format!("/lift-maxes/{one_rm}"), json!({ "value": 100.0 })).await.expect(200);
        assert!(!is_strange().await && !is_strange().await);
        let later = json!({ "liftId": squat, "type": "ONE_RM", "value": 200.0, "effectiveDate": "2026-01-06T00:00:00Z" });
        let later = lifter.client.post("/users/lifter/lift-maxes", later).await.id(201);
        assert!(!is_strange().await && !is_strange().await);
        server.advance_clock(24 * 60 * 60 * 1000);
        assert!(is_strange().await && is_strange().await);
        lifter.client.delete(&format!("/lift-maxes/{later}")).await.expect(204);
        assert!(!is_strange().await && !is_strange().await);
        // A lift that is removed is gone at once, and so is one that was refused.
        let short_lived = gym.lift("short-lived").await;
        let on_it = json!({ "liftId": short_lived, "type": "ONE_RM", "value": 100.0 });
        let max = other.client.post("/users/other/lift-maxes", on_it.clone()).await.id(201);
        other.client.delete(&format!("/lift-maxes/{max}")).await.expect(204);
        gym.admin.delete(&format!("/lifts/{short_lived}")).await.expect(204);
        let refused = other.client.post("/users/other/lift-maxes", on_it).await;
        refused.refused(400, "validation failed", &["liftId names no lift"]);
    }

    async fn conversions(server) {
        let squat = Gym::of(&server).lift("zercher-squat").await;
        let lifter = Lifter::of(&server, "lifter");
        let one_rm = lifter.max(&squat, "ONE_RM", 350.0).await;
        let training_max = lifter.max(&squat, "TRAINING_MAX", 315.0).await;
        let convert = |id: &str, query: &str| {
            let path = format!("/lift-maxes/{id}/convert?{query}");
            let client = lifter.client.clone();
            async move { client.get(&path).await }
        };
        assert_eq!(
            convert(&one_rm, "to_type=TRAINING_MAX").await.expect(200),
            json!({
                "originalValue": 350.0, "originalType": "ONE_RM",
                "convertedValue": 315.0, "convertedType": "TRAINING_MAX", "percentage": 90.0
            })
        );
        // 315 / 0.85 = 370.588...
        let back = convert(&training_max, "to_type=ONE_RM&percentage=85").await.expect(200);
        assert_eq!((&back["convertedValue"], &back["percentage"]), (&json!(370.59), &json!(85.0)));
        assert_eq!(convert(&one_rm, "to_type=TRAINING_MAX&percentage=1").await.expect(200)["convertedValue"], 3.5);
        assert_eq!(convert(&one_rm, "to_type=TRAINING_MAX&percentage=100").await.expect(200)["convertedValue"], 350.0);

        convert(&one_rm, "to_type=ONE_RM").await.refused(400, "validation failed", &["to_type"]);
        convert(&one_rm, "").await.refused(400, "validation failed", &["to_type is required"]);
        convert(&one_rm, "to_type=BEST&percentage=x").await.refused(
            400,
            "validation failed",
            &["to_type must be ONE_RM or TRAINING_MAX", "percentage must be"],
        );
        for bad in ["0.999", "100.001", "-5", ""] {
            let query = format!("to_type=TRAINING_MAX&percentage={bad}");
            convert(&one_rm, &query).await.refused(400, "validation failed", &["percentage must be"]);
        }
        convert("none", "to_type=ONE_RM").await.refused(404, "not found", &[]);
        let path = format!("/lift-maxes/{one_rm}/convert?to_type=TRAINING_MAX");
        server.user("other").get(&path).await.refused(403, "Access denied: you do not have permission", &[]);
        assert_eq!(server.admin().get(&path).await.expect(200)["convertedValue"], 315.0);
    }

    async fn maxes_are_listed_newest_first(server) {
        let gym = Gym::of(&server);
        let (squat, bench) = (gym.lift("zercher-squat").await, gym.lift("floor-press").await);
        let lifter = server.user("lifter");
        for (lift, max_type, value, date) in [
            (&squat, "ONE_RM", 1, "2025-01-02T00:00:00Z"),
            (&squat, "TRAINING_MAX", 2, "2025-01-03T00:00:00Z"),
            (&bench, "ONE_RM", 3, "2025-01-01T00:00:00Z"),
            (&bench, "ONE_RM", 4, "2025-01-03T00:00:00Z"),
        ] {
            let body = json!({ "liftId": lift, "type": max_type, "value": value, "effectiveDate": date });
            lifter.post("/users/lifter/lift-maxes", body).await.expect(201);
        }
        server.user("other").post(
            "/users/other/lift-maxes",
            json!({ "liftId": squat, "type": "ONE_RM", "value": 9 }),
        ).await.expect(201);
        let values = |query: String| {
            let lifter = lifter.clone();
            async move {
                let page = lifter.get(&format!("/users/lifter/lift-maxes?{query}")).await.expect(200);
                let data = page["data"].as_array().expect("data").clone();
                data.iter().map(|max| max["value"].as_f64().expect("a value")).collect::<Vec<_>>()
            }
        };
        assert_eq!(values(String::new()).await, [4.0, 2.0, 1.0, 3.0]);
        assert_eq!(values("sortOrder=asc".to_owned()).await, [3.0, 1.0, 2.0, 4.0]);
        assert_eq!(values("sortBy=effective_date".to_owned()).await, [4.0, 2.0, 1.0, 3.0]);
        assert_eq!(values(format!("lift_id={squat}")).await, [2.0, 1.0]);
        assert_eq!(values("type=ONE_RM".to_owned()).await, [4.0, 1.0, 3.0]);
        assert_eq!(values(format!("type=ONE_RM&lift_id={bench}&sortOrder=asc")).await, [3.0, 4.0]);
        assert_eq!(values("lift_id=none".to_owned()).await, [0.0; 0]);
        assert_eq!(values("page=2&pageSize=3".to_owned()).await, [3.0]);
        let page = lifter.get("/users/lifter/lift-maxes?page=9&pageSize=3").await.expect(200);
        assert_eq!(page, json!({ "data": [], "page": 9, "pageSize": 3, "totalItems": 4, "totalPages": 2 }));
        let nobody = server.user("nobody").get("/users/nobody/lift-maxes").await.expect(200);
        assert_eq!((&nobody["totalItems"], &nobody["data"]), (&json!(0), &json!([])));
        lifter.get("/users/lifter/lift-maxes?page=0&pageSize=x&sortBy=value&sortOrder=up&type=PR").await.refused(
            400,
            "validation failed",
            &[
                "page must be",
                "pageSize must be",
                "sortBy must be effective_date",
                "sortOrder must be",
                "type must be ONE_RM or TRAINING_MAX",
            ],
        );
    }

    async fn maxes_are_their_owners(server) {
        let squat = Gym::of(&server).lift("zercher-squat").await;
        let lifter = Lifter::of(&server, "lifter");
        let id = lifter.max(&squat, "ONE_RM", 100.0).await;
        let path = format!("/lift-maxes/{id}");
        let body = json!({ "liftId": squat, "type": "ONE_RM", "value": 1 });
        let denied = "Access denied: you do not have permission";
        let current = format!("/users/lifter/lift-maxes/current?lift={squat}&type=ONE_RM");

        let other = server.user("other");
        other.get("/users/lifter/lift-maxes").await.refused(403, denied, &[]);
        other.get(&current).await.refused(403, denied, &[]);
        other.post("/users/lifter/lift-maxes", json!({})).await.refused(403, denied, &[]);
        other.get(&path).await.refused(403, denied, &[]);
        other.put(&path, json!({ "value": 1 })).await.refused(403, denied, &[]);
        other.put(&path, json!({ "value": 0 })).await.refused(400, "validation failed", &["value"]);
        other.delete(&path).await.refused(403, denied, &[]);
        other.get("/lift-maxes/none").await.refused(404, "not found", &[]);

        let anonymous = server.anonymous();
        anonymous.get("/users/lifter/lift-maxes").await.refused(401, "Authentication required", &[]);
        anonymous.get(&current).await.refused(401, "Authentication required", &[]);
        anonymous.post("/users/lifter/lift-maxes", json!({})).await.refused(401, "Authentication required", &[]);
        anonymous.get(&path).await.refused(401, "Authentication required", &[]);
        anonymous.put(&path, json!({})).await.refused(401, "Authentication required", &[]);
        anonymous.delete(&path).await.refused(401, "Authentication required", &[]);
        anonymous.get(&format!("{path}/convert")).await.refused(401, "Authentication required", &[]);

        let admin = server.admin();
        assert_eq!(admin.get("/users/lifter/lift-maxes").await.expect(200)["totalItems"], 1);
        admin.post("/users/newcomer/lift-maxes", body.clone()).await.expect(201);
        let own = server.user("newcomer").get("/users/newcomer/lift-maxes").await.expect(200);
        assert_eq!(own["data"][0]["userId"], "newcomer");
        admin.post("/users/no%20id/lift-maxes", body).await.refused(404, "not found", &[]);
        admin.delete(&path).await.expect(204);
    }
}
