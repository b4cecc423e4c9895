//! `/users/{userId}/program`.

use serde_json::json;

use super::gym::{Gym, Lifter, state};
use crate::support::both;

both! {
    async fn enrolling_starts_at_the_beginning(server) {
        let gym = Gym::of(&server);
        let described = json!({ "description": "Three sets of five" });
        let program = gym.program("novice", 4, described).await;
        let lifter = Lifter::of(&server, "lifter");
        lifter.client.get("/users/lifter/program").await.refused(404, "not found", &[]);
        let made = lifter.enroll(&program).await;
        let expected = json!({
            "id": made["id"],
            "userId": "lifter",
            "program": {
                "id": program.id,
                "name": "novice",
                "slug": "novice",
                "description": "Three sets of five",
                "cycleLengthWeeks": 4
            },
            "state": { "currentWeek": 1, "currentCycleIteration": 1, "currentDayIndex": 0 },
            "enrolledAt": "2026-01-05T08:00:00Z",
            "updatedAt": "2026-01-05T08:00:00Z"
        });
        assert_eq!(made, expected);
        assert_eq!(lifter.client.get("/users/lifter/program").await.expect(200), expected);
        assert_eq!(server.admin().get("/users/lifter/program").await.expect(200), expected);

        lifter.client.delete("/users/lifter/program").await.expect(204);
        lifter.client.get("/users/lifter/program").await.refused(404, "not found", &[]);
        lifter.client.delete("/users/lifter/program").await.refused(404, "not found", &[]);
    }

    async fn enrolling_again_begins_anew(server) {
        let gym = Gym::of(&server);
        let (first, _) = gym.one_lift_program("first", 1, 3).await;
        let (second, _) = gym.one_lift_program("second", 2, 1).await;
        let lifter = Lifter::of(&server, "lifter");
        let before = lifter.enroll(&first).await;
        lifter.advance("day").await;
        server.advance_clock(60_000);
        let after = lifter.enroll(&second).await;
        assert_ne!(before["id"], after["id"]);
        assert_eq!((state(&after), &after["program"]["description"]), ((1, 1, 0), &json!(null)));
        assert_eq!(after["enrolledAt"], "2026-01-05T08:01:00Z");
        assert_eq!(lifter.client.get("/users/lifter/program").await.expect(200), after);

        let again = lifter.enroll(&second).await;
        assert_ne!(again["id"], after["id"]);
        let admin = server.admin();
        admin.delete(&format!("/programs/{}", second.id)).await.refused(409, "cannot delete: it is referenced", &[]);
        lifter.client.delete("/users/lifter/program").await.expect(204);
    }

    async fn enrolling_needs_a_program(server) {
        let lifter = server.user("lifter");
        let path = "/users/lifter/program";
        lifter.post(path, json!({})).await.refused(400, "validation failed", &["programId is required"]);
        lifter.post(path, json!({ "programId": 7 })).await.refused(400, "validation failed", &["programId must be"]);
        for unknown in ["none", "", "a\u{0}b"] {
            let body = json!({ "programId": unknown });
            lifter.post(path, body).await.refused(400, "validation failed", &["programId names no program"]);
        }
        lifter.get(path).await.refused(404, "not found", &[]);
    }

    async fn enrollments_are_their_owners(server) {
        let gym = Gym::of(&server);
        let program = gym.program("novice", 1, json!({})).await;
        let (other, anonymous) = (server.user("other"), server.anonymous());
        let body = json!({ "programId": program.id });
        let path = "/users/lifter/program";
        let denied = "Access denied: you do not have permission";
        other.get(path).await.refused(403, denied, &[]);
        other.post(path, json!({})).await.refused(403, denied, &[]);
        other.delete(path).await.refused(403, denied, &[]);
        anonymous.get(path).await.refused(401, "Authentication required", &[]);
        anonymous.post(path, json!({})).await.refused(401, "Authentication required", &[]);
        anonymous.delete(path).await.refused(401, "Authentication required", &[]);
        let made = server.admin().post(path, body).await.expect(201);
        assert_eq!(made["userId"], "lifter");
        assert_eq!(server.user("lifter").get(path).await.expect(200), made);
    }
}
