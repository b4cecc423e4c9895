//! `/users/{userId}/progression-history`: what progressions made of a lifter's maxes.

use ferrum_domain::Violations;
use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;
use ferrum_endpoint::{Asked, Owner};
use ferrum_store::listing::Order;
use ferrum_store::progression_history::{self, Entry, Filter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dialect::{Call, Reply};
use crate::page::{Page, PageQuery, only_sort, order};

/// One rise of one max.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ProgressionHistoryEntry", extend("examples" = [{
    "id": "0190a0c8-0000-7000-8000-000000000001", "userId": "lifter",
    "liftId": "00000000-0000-0000-0000-000000000001",
    "progressionId": "0190a0c8-0000-7000-8000-000000000002",
    "previousValue": 315.0, "newValue": 320.0, "delta": 5.0, "appliedAt": "2024-01-15T10:30:00Z",
    "triggeredBy": "AFTER_SESSION", "cycleIteration": 1, "weekNumber": 1
}]))]
pub struct EntryOut {
    id: String,
    user_id: String,
    lift_id: String,
    progression_id: String,
    #[schemars(with = "f64")]
    previous_value: Thousandths,
    #[schemars(with = "f64")]
    new_value: Thousandths,
    #[schemars(with = "f64")]
    delta: Thousandths,
    #[schemars(with = "String", extend("format" = "date-time"))]
    applied_at: Millis,
    #[schemars(extend("enum" = ["AFTER_SESSION", "AFTER_WEEK", "AFTER_CYCLE", "MANUAL"]))]
    triggered_by: String,
    /// The iteration that ended, or went on when somebody triggered it.
    cycle_iteration: i64,
    /// The week that ended, or went on when somebody triggered it.
    week_number: i64,
}

impl From<Entry> for EntryOut {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            user_id: entry.user_id,
            lift_id: entry.lift_id,
            progression_id: entry.progression_id,
            previous_value: entry.previous_value,
            new_value: entry.new_value,
            delta: Thousandths(entry.new_value.0 - entry.previous_value.0),
            applied_at: entry.applied_at,
            triggered_by: entry.triggered_by,
            cycle_iteration: entry.iteration,
            week_number: entry.week,
        }
    }
}

/// What to list, newest first unless told otherwise.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct HistoryQuery {
    #[serde(flatten)]
    page: PageQuery,
    /// Field to sort by: `applied_at`.
    #[serde(rename = "sortBy")]
    #[schemars(extend("enum" = ["applied_at"]))]
    sort_by: Option<String>,
    /// `desc` (default) or `asc`.
    #[serde(rename = "sortOrder")]
    #[schemars(extend("enum" = ["asc", "desc"]))]
    sort_order: Option<String>,
    /// Only of this lift.
    lift_id: Option<String>,
    /// Only of this progression.
    progression_id: Option<String>,
}

/// `GET /users/{userId}/progression-history`
pub async fn list(call: Call<Owner>, query: Asked<HistoryQuery>) -> Reply<200, Page<EntryOut>> {
    let user_id = call.permission().id.clone();
    call.read(move |tx, _| {
        let query = query.get()?;
        let mut violations = Violations::new();
        let window = query.page.window(&mut violations);
        only_sort(query.sort_by.as_deref(), "applied_at", &mut violations);
        let order = order(query.sort_order.as_deref(), Order::Descending, &mut violations);
        violations.check()?;
        let filter = Filter {
            user_id: user_id.clone(),
            lift_id: query.lift_id.clone(),
            progression_id: query.progression_id.clone(),
        };
        Ok(Page::new(window, progression_history::list(tx, &filter, order, window)?, EntryOut::from))
    })
    .await
}
