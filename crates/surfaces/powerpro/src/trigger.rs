//! `/users/{userId}/progressions/trigger`: a progression applied by hand.

use ferrum_app::actions::trigger_progression::{Outcome, Request, trigger_progression};
use ferrum_domain::Violations;
use ferrum_domain::strength::MaxType;
use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;
use ferrum_endpoint::{Done, Owner};
use schemars::JsonSchema;
use serde::Serialize;

use crate::dialect::{Reply, Sent};

/// What came of a trigger, ordered by lift.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TriggerResults", extend("examples" = [{
    "results": [{
        "progressionId": "0190a0c8-0000-7000-8000-000000000001",
        "liftId": "00000000-0000-0000-0000-000000000001", "applied": true, "skipped": false,
        "result": {
            "previousValue": 315.0, "newValue": 320.0, "delta": 5.0, "maxType": "TRAINING_MAX",
            "appliedAt": "2024-01-15T10:30:00Z"
        }
    }],
    "totalApplied": 1, "totalSkipped": 0, "totalErrors": 0
}]))]
pub struct TriggerOut {
    results: Vec<ResultOut>,
    total_applied: usize,
    total_skipped: usize,
    /// Always 0: a trigger is applied as a whole or not at all.
    total_errors: usize,
}

/// What came of a trigger for one lift.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TriggerResult")]
pub struct ResultOut {
    progression_id: String,
    lift_id: String,
    applied: bool,
    skipped: bool,
    /// Why nothing changed; stands only where it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    skip_reason: Option<String>,
    result: Option<RaiseOut>,
}

/// A max before and after.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Raise")]
pub struct RaiseOut {
    #[schemars(with = "f64")]
    previous_value: Thousandths,
    #[schemars(with = "f64")]
    new_value: Thousandths,
    #[schemars(with = "f64")]
    delta: Thousandths,
    #[schemars(with = "String", extend("enum" = ["ONE_RM", "TRAINING_MAX"]))]
    max_type: MaxType,
    #[schemars(with = "String", extend("format" = "date-time"))]
    applied_at: Millis,
}

impl TriggerOut {
    fn new(progression_id: &str, outcomes: Vec<Outcome>, now: Millis) -> Self {
        let total_applied = outcomes.iter().filter(|outcome| outcome.result.is_ok()).count();
        Self {
            total_applied,
            total_skipped: outcomes.len() - total_applied,
            total_errors: 0,
            results: outcomes
                .into_iter()
                .map(|outcome| ResultOut::new(progression_id, outcome, now))
                .collect(),
        }
    }
}

impl ResultOut {
    fn new(progression_id: &str, outcome: Outcome, now: Millis) -> Self {
        let Outcome { lift_id, max_type, result } = outcome;
        Self {
            progression_id: progression_id.to_owned(),
            lift_id,
            applied: result.is_ok(),
            skipped: result.is_err(),
            skip_reason: result.err().map(|reason| reason.to_string()),
            result: result.ok().map(|raise| RaiseOut {
                previous_value: raise.previous,
                new_value: raise.new,
                delta: raise.delta(),
                max_type,
                applied_at: now,
            }),
        }
    }
}

ferrum_endpoint::body! {
    /// What to apply.
    pub struct TriggerIn {
        /// Progression.
        progression_id: String,
        /// Lift; all that the program configures the progression for when absent or null.
        lift_id: String,
        /// Whether to apply in addition, even if this period has been served; false when absent.
        force: bool,
    }
    required ["progressionId"]
    example { "progressionId": "00000000-0000-0000-0000-000000000001", "liftId": null, "force": false }
}

/// `POST /users/{userId}/progressions/trigger`
pub async fn create(sent: Sent<Owner, TriggerIn>) -> Reply<200, TriggerOut> {
    let app = sent.app();
    let user_id = sent.permission().id.clone();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let progression_id = body.progression_id.required("progressionId", &mut violations);
        let lift_id = body.lift_id.optional("liftId", &mut violations);
        let force = body.force.optional("force", &mut violations);
        let request = violations.finish(progression_id.map(|progression_id| Request {
            progression_id: findable(progression_id),
            lift_id: lift_id.map(|id| findable(id.as_str())),
            force: force == Some(&true),
        }))?;
        let now = app.clock.now();
        let outcomes = trigger_progression(&app, tx, &user_id, &request, now)?;
        let raised = outcomes.iter().any(|outcome| outcome.result.is_ok());
        let fields = if raised { vec!["lift_maxes"] } else { vec![] };
        let out = TriggerOut::new(&request.progression_id, outcomes, now);
        Ok(Done::new("accounts", user_id.clone(), fields, out))
    })
    .await
}

/// `PostgreSQL` cannot be asked about a NUL, and no id has one.
fn findable(id: &str) -> String {
    id.replace('\0', "\u{fffd}")
}
