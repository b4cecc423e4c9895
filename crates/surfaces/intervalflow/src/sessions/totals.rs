//! `/api/sessions/totals`: what somebody did altogether, and from week to week.

use ferrum_domain::intervals::session::Total;
use ferrum_domain::time::Millis;
use ferrum_domain::{Result, Violations};
use ferrum_endpoint::Authenticated;
use ferrum_store::interval_sessions;
use schemars::JsonSchema;
use serde::Serialize;

use super::Sessions;
use crate::decimal::Decimal;
use crate::dialect::{Call, One, Reply, account};
use crate::query::{self, Asked};

/// Everything that somebody ever did, and their last weeks.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Totals")]
pub struct TotalsOut {
    #[serde(flatten)]
    total: TotalOut,
    /// The weeks in which there are sessions, the newest first.
    weeks: Vec<WeekOut>,
}

/// A sum of sessions.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Total")]
pub struct TotalOut {
    sessions: i64,
    /// How long they took together.
    duration_seconds: i64,
    /// How many of them have an estimate of their energy.
    sessions_with_energy: i64,
    /// The sum of those estimates; null when there is none.
    energy_kcal: Option<Decimal>,
}

/// A week.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Week")]
pub struct WeekOut {
    /// Its first day, there where the account's time zone is (UTC unless set), as YYYY-MM-DD.
    monday: String,
    #[serde(flatten)]
    total: TotalOut,
}

impl From<Total> for TotalOut {
    fn from(total: Total) -> Self {
        Self {
            sessions: total.sessions,
            duration_seconds: total.seconds,
            sessions_with_energy: total.with_energy,
            energy_kcal: (total.with_energy > 0).then_some(Decimal(total.energy)),
        }
    }
}

/// Which weeks.
#[derive(Debug, JsonSchema)]
#[allow(dead_code, reason = "the schema of a query whose pairs are read one by one")]
pub struct TotalsQuery {
    /// How many weeks, this one among them; 12 when absent.
    #[schemars(range(min = 1, max = 53))]
    weeks: Option<u32>,
}

const USUAL_WEEKS: i64 = 12;
const MOST_WEEKS: i64 = 53;

impl Asked<TotalsQuery> {
    fn weeks(&self) -> Result<i64> {
        let mut violations = Violations::new();
        let weeks = query::whole(self.get()?, "weeks", "Weeks", 1..=MOST_WEEKS, &mut violations);
        violations.check()?;
        Ok(weeks.unwrap_or(USUAL_WEEKS))
    }
}

/// `GET /api/sessions/totals`
pub async fn totals(
    call: Call<Sessions, Authenticated>,
    query: Asked<TotalsQuery>,
) -> Reply<Sessions, 200, One<TotalsOut>> {
    let app = call.app();
    call.read(move |tx, me| {
        let (account, zone) = (account(me)?, me.time_zone.as_deref());
        let (count, now) = (query.weeks()?, app.clock.now());
        let mut weeks = Vec::new();
        // From the next week on, where a session may stand that was done by a clock ahead of ours.
        for back in -1..count {
            let (starts, ends) = (now.weeks_before(back, zone), now.weeks_before(back - 1, zone));
            let total = interval_sessions::total(tx, account, starts..ends)?;
            if total.sessions > 0 {
                weeks.push(WeekOut { monday: starts.monday(zone), total: total.into() });
            }
        }
        let ever = Millis(i64::MIN)..Millis(i64::MAX);
        Ok(One::new(TotalsOut { total: interval_sessions::total(tx, account, ever)?.into(), weeks }))
    })
    .await
}
