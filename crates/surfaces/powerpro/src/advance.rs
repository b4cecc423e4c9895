//! `/users/{userId}/program-state/advance`: a lifter has finished a session, or leaves a week.

use ferrum_app::actions::advance_program::{Stride, advance_program};
use ferrum_domain::Violations;
use ferrum_endpoint::{Done, Owner};

use crate::dialect::{Reply, Sent};
use crate::enrollment::EnrollmentOut;
use crate::page::choice;

ferrum_endpoint::body! {
    /// How far to move on.
    pub struct AdvanceIn {
        /// `day` ends the current session, `week` skips what is left of the current week.
        #[schemars(extend("enum" = ["day", "week"]))]
        advance_type: String,
    }
    required ["advanceType"]
    example { "advanceType": "day" }
}

/// `POST /users/{userId}/program-state/advance`
pub async fn create(sent: Sent<Owner, AdvanceIn>) -> Reply<200, EnrollmentOut> {
    let app = sent.app();
    let user_id = sent.permission().id.clone();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let given = body.advance_type.required("advanceType", &mut violations);
        let choices = [("day", Stride::Day), ("week", Stride::Week)];
        let stride = choice("advanceType", given.map(String::as_str), &choices, &mut violations);
        let stride = violations.finish(stride)?;
        let (enrollment, program) = advance_program(&app, tx, &user_id, stride, app.clock.now())?;
        let id = enrollment.id.clone();
        Ok(Done::new("enrollments", id, vec!["position"], EnrollmentOut::new(enrollment, &program)))
    })
    .await
}
