//! `/users/{userId}/progression-history`.

use serde_json::{Value, json};

use super::gym::{Gym, Lifter};
use crate::support::both;

const PATH: &str = "/users/lifter/progression-history";

both! {
    async fn an_entry_has_the_documented_members(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 1, 1).await;
        let progression = gym.progression("AFTER_SESSION", 5.0).await;
        gym.configure(&program, &progression, None, 0).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&lift, 315.0).await;
        lifter.enroll(&program).await;
        let empty = json!({ "data": [], "page": 1, "pageSize": 20, "totalItems": 0, "totalPages": 0 });
        assert_eq!(lifter.client.get(PATH).await.expect(200), empty);
        server.advance_clock(1_500);
        lifter.advance("day").await;
        let page = lifter.client.get(PATH).await.expect(200);
        let expected = json!({
            "data": [{
                "id": page["data"][0]["id"],
                "userId": "lifter",
                "liftId": lift,
                "progressionId": progression,
                "previousValue": 315.0,
                "newValue": 320.0,
                "delta": 5.0,
                "appliedAt": "2026-01-05T08:00:01Z",
                "triggeredBy": "AFTER_SESSION",
                "cycleIteration": 1,
                "weekNumber": 1
            }],
            "page": 1,
            "pageSize": 20,
            "totalItems": 1,
            "totalPages": 1
        });
        assert_eq!(page, expected);
        assert_eq!(server.admin().get(PATH).await.expect(200), expected);
        assert_eq!(server.user("other").get("/users/other/progression-history").await.expect(200), empty);
    }

    async fn history_is_filtered_and_paged(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 1, 1).await;
        let session = gym.progression("AFTER_SESSION", 1.0).await;
        let week = gym.progression("AFTER_WEEK", 10.0).await;
        let row = gym.lift("seal-row").await;
        gym.configure(&program, &session, None, 0).await;
        gym.configure(&program, &session, Some(&row), 0).await;
        gym.configure(&program, &week, None, 0).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&lift, 100.0).await;
        lifter.training_max(&row, 100.0).await;
        lifter.enroll(&program).await;
        lifter.trigger(&session, Some(&row), true).await;
        for _ in 0..2 {
            server.advance_clock(1_000);
            lifter.advance("day").await;
        }
        let news = |query: String| {
            let client = lifter.client.clone();
            async move {
                let page = client.get(&format!("{PATH}?{query}")).await.expect(200);
                let data = page["data"].as_array().expect("data").clone();
                data.iter().map(|entry: &Value| entry["newValue"].as_f64().expect("a value")).collect::<Vec<_>>()
            }
        };
        assert_eq!(news(String::new()).await, [122.0, 112.0, 111.0, 101.0, 101.0]);
        assert_eq!(news("sortBy=applied_at&sortOrder=asc".to_owned()).await, [101.0, 101.0, 111.0, 112.0, 122.0]);
        assert_eq!(news("sortOrder=desc".to_owned()).await, [122.0, 112.0, 111.0, 101.0, 101.0]);
        assert_eq!(news(format!("lift_id={lift}")).await, [122.0, 112.0, 111.0, 101.0]);
        assert_eq!(news(format!("progression_id={week}")).await, [122.0, 111.0]);
        assert_eq!(news(format!("progression_id={session}&lift_id={row}")).await, [101.0]);
        assert_eq!(news(format!("progression_id={week}&lift_id={row}")).await, [0.0; 0]);
        assert_eq!(news("page=2&pageSize=2".to_owned()).await, [111.0, 101.0]);
        assert_eq!(news("page=4&pageSize=2".to_owned()).await, [0.0; 0]);
        lifter.client.get(&format!("{PATH}?page=x&pageSize=0&sortBy=delta&sortOrder=up")).await.refused(
            400,
            "validation failed",
            &["page must be", "pageSize must be", "sortBy must be applied_at", "sortOrder must be asc or desc"],
        );
    }

    async fn history_outlives_everything(server) {
        let gym = Gym::of(&server);
        let (program, lift) = gym.one_lift_program("single", 1, 1).await;
        let progression = gym.progression("AFTER_SESSION", 5.0).await;
        let configuration = gym.configure(&program, &progression, None, 0).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.training_max(&lift, 100.0).await;
        lifter.enroll(&program).await;
        lifter.advance("day").await;
        let before = lifter.client.get(PATH).await.expect(200);
        lifter.client.delete("/users/lifter/program").await.expect(204);
        let configuration = format!("/programs/{}/progressions/{configuration}", program.id);
        gym.admin.delete(&configuration).await.expect(204);
        gym.admin.delete(&format!("/progressions/{progression}")).await.expect(204);
        let maxes = lifter.client.get("/users/lifter/lift-maxes").await.expect(200);
        for max in maxes["data"].as_array().expect("data") {
            let id = max["id"].as_str().expect("an id");
            lifter.client.delete(&format!("/lift-maxes/{id}")).await.expect(204);
        }
        assert_eq!(before["totalItems"], 1);
        assert_eq!(lifter.client.get(PATH).await.expect(200), before);
    }

    async fn history_is_its_owners(server) {
        let denied = "Access denied: you do not have permission";
        server.user("other").get(PATH).await.refused(403, denied, &[]);
        server.anonymous().get(PATH).await.refused(401, "Authentication required", &[]);
    }
}
