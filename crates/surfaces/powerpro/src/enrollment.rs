//! `/users/{userId}/program`: the program that a lifter follows, and how far they are in it.

use ferrum_app::actions::compile_program::{self, CompiledProgram};
use ferrum_app::actions::enroll_in_program::enroll_in_program;
use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Violations};
use ferrum_endpoint::{Body as _, Done, Owner};
use ferrum_store::enrollments::{self, Enrollment};
use ferrum_store::{catalogue, programs};
use schemars::JsonSchema;
use serde::Serialize;

use crate::dialect::{Call, Reply, Sent};
use crate::{fields, owner};

/// An enrollment as clients see it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Enrollment", extend("examples" = [{
    "id": "0190a0c8-0000-7000-8000-000000000001", "userId": "lifter", "program": {
        "id": "0190a0c8-0000-7000-8000-000000000002", "name": "Wendler 5/3/1 BBB", "slug": "wendler-531-bbb",
        "description": "Boring But Big variant", "cycleLengthWeeks": 4
    },
    "state": { "currentWeek": 1, "currentCycleIteration": 1, "currentDayIndex": 0 },
    "enrolledAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z"
}]))]
pub struct EnrollmentOut {
    id: String,
    user_id: String,
    program: EnrolledProgramOut,
    state: StateOut,
    #[schemars(with = "String", extend("format" = "date-time"))]
    enrolled_at: Millis,
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Millis,
}

/// What an enrollment tells of its program.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "EnrolledProgram")]
pub struct EnrolledProgramOut {
    id: String,
    name: String,
    slug: String,
    description: Option<String>,
    cycle_length_weeks: i64,
}

/// How far a lifter is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProgramState")]
pub struct StateOut {
    #[serde(rename = "currentWeek")]
    week: i64,
    #[serde(rename = "currentCycleIteration")]
    cycle_iteration: i64,
    #[serde(rename = "currentDayIndex")]
    day_index: i64,
}

impl EnrollmentOut {
    /// The enrollment in `program`, which may have changed since: where it is now shorter, the
    /// position is the last that it has.
    pub(crate) fn new(enrollment: Enrollment, program: &CompiledProgram) -> Self {
        let position = program.shape.clamp(enrollment.position);
        Self {
            id: enrollment.id,
            user_id: enrollment.user_id,
            program: EnrolledProgramOut {
                id: program.id.clone(),
                name: program.name.clone(),
                slug: program.slug.clone(),
                description: program.description.clone(),
                cycle_length_weeks: program.shape.length_weeks(),
            },
            state: StateOut {
                week: position.week,
                cycle_iteration: position.iteration,
                day_index: position.day_index,
            },
            enrolled_at: enrollment.enrolled_at,
            updated_at: enrollment.updated_at,
        }
    }
}

ferrum_endpoint::body! {
    /// The program to enrol in.
    pub struct EnrollmentIn {
        /// Program.
        program_id: String,
    }
    required ["programId"]
    example { "programId": "00000000-0000-0000-0000-000000000001" }
}

/// `GET /users/{userId}/program`
pub async fn get(call: Call<Owner>) -> Reply<200, EnrollmentOut> {
    let app = call.app();
    let user_id = call.permission().id.clone();
    call.read(move |tx, _| {
        let enrollment = enrollments::find(tx, &user_id)?.ok_or(Error::NotFound)?;
        let version = catalogue::version(tx)?;
        let program = compile_program::for_reading(&app, tx, version, &enrollment.program_id)?;
        Ok(EnrollmentOut::new(enrollment, &program))
    })
    .await
}

/// `POST /users/{userId}/program`
pub async fn create(sent: Sent<Owner, EnrollmentIn>) -> Reply<201, EnrollmentOut> {
    let app = sent.app();
    let user_id = sent.permission().id.clone();
    sent.write(move |tx, me, body| {
        let mut violations = Violations::new();
        let program_id = body.program_id.required("programId", &mut violations);
        let program_id =
            fields::reference(tx, "programId", "program", program_id, programs::find, &mut violations)?
                .map(|program| program.id);
        let program_id = violations.finish(program_id)?;
        let account = owner::account(tx, &app, me, &user_id)?;
        let enrollment = enroll_in_program(&app, tx, account, &user_id, program_id)?;
        let program = compile_program::for_writing(&app, tx, &enrollment.program_id)?;
        Ok(Done::new(
            "enrollments",
            enrollment.id.clone(),
            body.given(),
            EnrollmentOut::new(enrollment, &program),
        ))
    })
    .await
}

/// `DELETE /users/{userId}/program`
pub async fn delete(call: Call<Owner>) -> Reply<204, ()> {
    let user_id = call.permission().id.clone();
    call.write(move |tx, _| {
        let enrollment = enrollments::find(tx, &user_id)?.ok_or(Error::NotFound)?;
        enrollments::delete(tx, &enrollment.id)?;
        Ok(Done::new("enrollments", enrollment.id, vec![], ()))
    })
    .await
}
