//! `/api/workouts/{id}/sessions` and `/api/sessions`: what somebody did, which nobody else sees.

mod facts;
mod totals;

use ferrum_domain::access::Identity;
use ferrum_domain::ids::is_object_id;
use ferrum_domain::{Error, Result, Violations};
use ferrum_endpoint::{Authenticated, Body as _, Done};
use ferrum_store::Tx;
use ferrum_store::interval_sessions::{self, Page, Session};
use ferrum_store::interval_workouts::Workout;
use schemars::JsonSchema;
use serde::Serialize;

use crate::decimal::Decimal;
use crate::dialect::{About, Call, Instant, One, Part, Reply, Sent, account};
use crate::query::{self, Asked};
use crate::workouts::{Workouts, size, visible};

pub use totals::totals;

/// These endpoints are about sessions.
#[derive(Debug)]
pub enum Sessions {}

impl About for Sessions {
    const NOT_FOUND: &'static str = "Session not found";
}

/// A session as clients see it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Session")]
pub struct SessionOut {
    #[serde(rename = "_id")]
    id: String,
    /// The workout, whether or not it still exists.
    workout_id: String,
    /// What the workout was called.
    workout_name: String,
    /// The workout's form.
    #[schemars(extend("enum" = ["interval", "tabata", "circuit", "emom", "amrap", "ladder", "pyramid"]))]
    form: String,
    /// How many phases the workout had.
    phase_count: i64,
    phases_done: i64,
    phases_skipped: i64,
    /// How long it took.
    duration_seconds: i64,
    /// How hard it felt, 1 to 10.
    perceived_effort: Option<i64>,
    body_weight_kg: Option<Decimal>,
    /// An estimate, MET x kilograms x hours; null where the body's weight is not known. What the clock ran
    /// beyond the phases that were done counts as sitting.
    energy_kcal: Option<Decimal>,
    done_at: Instant,
}

impl From<Session> for SessionOut {
    fn from(session: Session) -> Self {
        Self {
            id: session.id,
            workout_id: session.workout_id,
            workout_name: session.workout_name,
            form: session.form,
            phase_count: session.phases,
            phases_done: session.record.phases_done,
            phases_skipped: session.record.phases_skipped,
            duration_seconds: session.record.seconds,
            perceived_effort: session.record.perceived_effort,
            body_weight_kg: session.record.body_weight.map(Decimal),
            energy_kcal: session.energy.map(Decimal),
            done_at: Instant(session.done_at),
        }
    }
}

ferrum_endpoint::body! {
    /// What was done of a workout.
    pub struct SessionIn {
        /// How many phases were done.
        phases_done: i64,
        /// How many were left out on the way; 0 when absent. Done and skipped are together at most as many
        /// as the workout has.
        phases_skipped: i64,
        /// How long it took, 1 to 86400 seconds.
        duration_seconds: i64,
        /// How hard it felt, 1 to 10.
        perceived_effort: i64,
        /// 20 to 500 kilograms; without it no energy is estimated.
        body_weight_kg: f64,
        /// When it was done, as RFC 3339 with an offset; now when absent.
        done_at: String,
    }
    required ["phasesDone", "durationSeconds"]
    example {
        "phasesDone": 15,
        "phasesSkipped": 0,
        "durationSeconds": 230,
        "perceivedEffort": 8,
        "bodyWeightKg": 72.5
    }
}

/// Which part of a history.
#[derive(Debug, JsonSchema)]
#[allow(dead_code, reason = "the schema of a query whose pairs are read one by one")]
pub struct HistoryQuery {
    /// How many at most; 20 when absent.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// The `next` of the part before; absent for the newest sessions.
    after: Option<String>,
}

const USUAL_LIMIT: i64 = 20;
const GREATEST_LIMIT: i64 = 100;

/// `GET /api/sessions`
pub async fn list(
    call: Call<Sessions, Authenticated>,
    query: Asked<HistoryQuery>,
) -> Reply<Sessions, 200, Part<SessionOut>> {
    call.read(move |tx, me| part(tx, me, None, &query)).await
}

/// `GET /api/workouts/{id}/sessions`
pub async fn list_of_workout(
    call: Call<Workouts, Authenticated>,
    query: Asked<HistoryQuery>,
) -> Reply<Workouts, 200, Part<SessionOut>> {
    let [id] = call.path_ids();
    call.read(move |tx, me| {
        // What was done stays when the workout is gone.
        if !interval_sessions::has_of_workout(tx, account(me)?, &id)? {
            visible(tx, me, &id)?;
        }
        part(tx, me, Some(&id), &query)
    })
    .await
}

/// `GET /api/sessions/{id}`
pub async fn get(call: Call<Sessions, Authenticated>) -> Reply<Sessions, 200, One<SessionOut>> {
    let [id] = call.path_ids();
    call.read(move |tx, me| {
        let session = interval_sessions::find_own(tx, account(me)?, &id)?.ok_or(Error::NotFound)?;
        Ok(One::new(session.into()))
    })
    .await
}

/// `POST /api/workouts/{id}/sessions`
pub async fn create(sent: Sent<Workouts, Authenticated, SessionIn>) -> Reply<Workouts, 201, One<SessionOut>> {
    let app = sent.app();
    let [id] = sent.path_ids();
    sent.write(move |tx, me, body| {
        let Workout { id: workout_id, name: workout_name, content, .. } = visible(tx, me, &id)?;
        let phases = i64::try_from(size(content.plan())?.phases).unwrap_or(i64::MAX);
        let (record, done_at) = facts::judge(body, phases, app.clock.now())?;
        let session = Session {
            id: app.ids.object_id(),
            workout_id,
            workout_name,
            form: content.plan().form().as_str().to_owned(),
            phases,
            record,
            energy: record.energy(&content),
            done_at,
        };
        interval_sessions::insert(tx, account(me)?, &session)?;
        Ok(Done::new("interval_sessions", session.id.clone(), body.given(), One::new(session.into())))
    })
    .await
}

/// A part of the caller's history, all of it or that of one workout.
fn part(
    tx: &mut Tx<'_>,
    me: &Identity,
    workout_id: Option<&str>,
    query: &Asked<HistoryQuery>,
) -> Result<Part<SessionOut>> {
    let account = account(me)?;
    let (limit, after) = query.page(tx, account)?;
    // One more tells whether there is a next part.
    let page = Page { before: after.as_ref(), limit: limit + 1 };
    let mut sessions = interval_sessions::list(tx, account, workout_id, page)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let goes_on = sessions.len() > limit;
    sessions.truncate(limit);
    let next = sessions.last().filter(|_| goes_on).map(|session| session.id.clone());
    Ok(Part::new(sessions.into_iter().map(SessionOut::from).collect(), next))
}

impl Asked<HistoryQuery> {
    /// How many sessions at most, and the one after which to go on.
    fn page(&self, tx: &mut Tx<'_>, account: i64) -> Result<(i64, Option<Session>)> {
        let pairs = self.get()?;
        let mut violations = Violations::new();
        let limit = query::whole(pairs, "limit", "Limit", 1..=GREATEST_LIMIT, &mut violations);
        let id = query::text(pairs, "after", "After", &mut violations);
        let after = match id.filter(|id| is_object_id(id)) {
            Some(id) => interval_sessions::find_own(tx, account, id)?,
            None => None,
        };
        if id.is_some() && after.is_none() {
            violations.add("After", "must be the id of one of your sessions");
        }
        violations.check()?;
        Ok((limit.unwrap_or(USUAL_LIMIT), after))
    }
}
