//! `/weeks`: the weeks of a cycle, each an ordered list of days.

use ferrum_domain::strength::limits::MAX_WEEKS;
use ferrum_domain::time::Millis;
use ferrum_domain::{Result, Violations};
use ferrum_endpoint::{Admin, Asked, Authenticated, Body as _, Done};
use ferrum_store::Tx;
use ferrum_store::listing::Order;
use ferrum_store::weeks::{self, Sort, Week, WeekDay};
use ferrum_store::{cycles, days};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dialect::{Call, Reply, Sent};
use crate::fields;
use crate::page::{Page, PageQuery, at_least, choice, order};

/// A week with its days, in their order.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Week", extend("examples" = [{
    "id": "0190a0c8-0000-7000-8000-000000000001", "cycleId": "0190a0c8-0000-7000-8000-000000000002",
    "weekNumber": 1, "name": "Week 1", "days": [{
        "id": "0190a0c8-0000-7000-8000-000000000003", "dayId": "0190a0c8-0000-7000-8000-000000000004",
        "position": 0
    }],
    "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z"
}]))]
pub struct WeekOut {
    id: String,
    cycle_id: String,
    week_number: i64,
    name: Option<String>,
    days: Vec<WeekDayOut>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Millis,
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Millis,
}

/// The place of a day in a week.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "WeekDay")]
pub struct WeekDayOut {
    id: String,
    day_id: String,
    position: i64,
}

impl WeekOut {
    fn new(week: Week, days: Vec<WeekDay>) -> Self {
        Self {
            id: week.id,
            cycle_id: week.cycle_id,
            week_number: week.number,
            name: week.name,
            days: days.into_iter().map(WeekDayOut::from).collect(),
            created_at: week.created_at,
            updated_at: week.updated_at,
        }
    }
}

impl From<WeekDay> for WeekDayOut {
    fn from(place: WeekDay) -> Self {
        Self { id: place.id, day_id: place.day_id, position: place.position }
    }
}

ferrum_endpoint::body! {
    /// A week to create.
    pub struct WeekIn {
        /// The cycle that the week belongs to.
        cycle_id: String,
        /// Its number in the cycle, from 1; no two weeks of a cycle share one. It may exceed the cycle's
        /// length.
        #[schemars(extend("minimum" = 1, "maximum" = MAX_WEEKS))]
        week_number: i64,
        /// Name, 1 to 100 characters; none when absent.
        #[schemars(extend("minLength" = 1))]
        name: String,
    }
    required ["cycleId", "weekNumber"]
    example { "cycleId": "0190a0c8-0000-7000-8000-000000000001", "weekNumber": 1, "name": "Week 1" }
}

ferrum_endpoint::body! {
    /// What to change of a week: absent keeps, null clears the name.
    pub struct WeekPatch {
        /// New cycle.
        cycle_id: String,
        /// New number.
        #[schemars(extend("minimum" = 1, "maximum" = MAX_WEEKS))]
        week_number: i64,
        /// New name.
        #[schemars(extend("minLength" = 1))]
        name: String,
    }
    kept ["cycleId", "weekNumber"]
    example { "weekNumber": 2, "name": "Week 2" }
}

ferrum_endpoint::body! {
    /// A day to put in a week.
    pub struct WeekDayIn {
        /// The day; the same one may stand several times in a week.
        day_id: String,
        /// Its place, from 0; behind the last when absent. Days with equal places stand in the order
        /// of adding.
        #[schemars(extend("minimum" = 0, "maximum" = fields::LAST_PLACE))]
        position: i64,
    }
    required ["dayId"]
    example { "dayId": "0190a0c8-0000-7000-8000-000000000001", "position": 0 }
}

/// What to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct WeekQuery {
    #[serde(flatten)]
    page: PageQuery,
    /// Field to sort by: `week_number` (default) or `created_at`.
    #[serde(rename = "sortBy")]
    #[schemars(extend("enum" = ["week_number", "created_at"]))]
    sort_by: Option<String>,
    /// `asc` (default) or `desc`.
    #[serde(rename = "sortOrder")]
    #[schemars(extend("enum" = ["asc", "desc"]))]
    sort_order: Option<String>,
}

/// Which occurrence of a day to remove.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct OccurrenceQuery {
    /// Only the occurrence at this place; every one when absent.
    #[schemars(with = "Option<u32>")]
    position: Option<String>,
}

/// `GET /weeks`
pub async fn list(call: Call<Authenticated>, query: Asked<WeekQuery>) -> Reply<200, Page<WeekOut>> {
    call.read_catalogue(move |tx| {
        let query = query.get()?;
        let mut violations = Violations::new();
        let window = query.page.window(&mut violations);
        let sort = choice(
            "sortBy",
            query.sort_by.as_deref(),
            &[("week_number", Sort::Number), ("created_at", Sort::CreatedAt)],
            &mut violations,
        );
        let order = order(query.sort_order.as_deref(), Order::Ascending, &mut violations);
        violations.check()?;
        let (weeks, total) = weeks::list(tx, sort.unwrap_or(Sort::Number), order, window)?;
        let weeks: Vec<WeekOut> = weeks.into_iter().map(|week| view(tx, week)).collect::<Result<_>>()?;
        Ok(Page::new(window, (weeks, total), |week| week))
    })
    .await
}

/// `GET /weeks/{id}`
pub async fn get(call: Call<Authenticated>) -> Reply<200, WeekOut> {
    let [id] = call.path_ids();
    call.read_catalogue(move |tx| {
        let week = weeks::get(tx, &id)?;
        view(tx, week)
    })
    .await
}

/// `POST /weeks`
pub async fn create(sent: Sent<Admin, WeekIn>) -> Reply<201, WeekOut> {
    let app = sent.app();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let cycle = body.cycle_id.required("cycleId", &mut violations);
        let cycle_id = fields::reference(tx, "cycleId", "cycle", cycle, cycles::find, &mut violations)?
            .map(|cycle| cycle.id);
        let number = body.week_number.required("weekNumber", &mut violations);
        let number = fields::whole("weekNumber", number, 1..=MAX_WEEKS, &mut violations);
        let name = fields::name("name", body.name.optional("name", &mut violations), &mut violations);
        let now = app.clock.now();
        let week = violations.finish(cycle_id.zip(number).map(|(cycle_id, number)| Week {
            id: app.ids.uuid(),
            cycle_id,
            number,
            name,
            created_at: now,
            updated_at: now,
        }))?;
        weeks::insert(tx, &week)?;
        Ok(Done::new("weeks", week.id.clone(), body.given(), WeekOut::new(week, vec![])))
    })
    .await
}

/// `PUT /weeks/{id}`
pub async fn update(sent: Sent<Admin, WeekPatch>) -> Reply<200, WeekOut> {
    let app = sent.app();
    let [id] = sent.path_ids();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let cycle = body.cycle_id.kept("cycleId", &mut violations);
        let cycle_id = fields::reference(tx, "cycleId", "cycle", cycle, cycles::find, &mut violations)?
            .map(|cycle| cycle.id);
        let number = body.week_number.kept("weekNumber", &mut violations);
        let number = fields::whole("weekNumber", number, 1..=MAX_WEEKS, &mut violations);
        let renamed = body.name.patch("name", &mut violations);
        let name = fields::name("name", renamed.flatten(), &mut violations);
        violations.check()?;
        let mut week = weeks::get(tx, &id)?;
        week.cycle_id = cycle_id.unwrap_or(week.cycle_id);
        week.number = number.unwrap_or(week.number);
        week.name = if renamed.is_some() { name } else { week.name };
        week.updated_at = app.clock.now();
        weeks::update(tx, &week)?;
        Ok(Done::new("weeks", id.clone(), body.given(), view(tx, week)?))
    })
    .await
}

/// `DELETE /weeks/{id}`
pub async fn delete(call: Call<Admin>) -> Reply<204, ()> {
    let [id] = call.path_ids();
    call.write(move |tx, _| {
        weeks::delete(tx, &id)?;
        Ok(Done::new("weeks", id.clone(), vec![], ()))
    })
    .await
}

/// `POST /weeks/{id}/days`
pub async fn add_day(sent: Sent<Admin, WeekDayIn>) -> Reply<201, WeekOut> {
    let app = sent.app();
    let [id] = sent.path_ids();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let given = body.position.optional("position", &mut violations);
        let position = fields::whole("position", given, 0..=fields::LAST_PLACE, &mut violations);
        let day = body.day_id.required("dayId", &mut violations);
        let day = fields::reference(tx, "dayId", "day", day, days::find, &mut violations)?;
        let day = violations.finish(day)?;
        let week = weeks::get(tx, &id)?;
        let places = weeks::days(tx, &id)?;
        fields::room("days", places.len())?;
        let position = position.unwrap_or_else(|| places.last().map_or(0, |last| last.position + 1));
        let place = WeekDay { id: app.ids.uuid(), week_id: id.clone(), day_id: day.id, position };
        weeks::insert_day(tx, &place)?;
        Ok(Done::new("week_days", place.id, body.given(), view(tx, week)?))
    })
    .await
}

/// `DELETE /weeks/{id}/days/{dayId}`: every occurrence of the day, or the one at `?position=`.
pub async fn remove_day(call: Call<Admin>, query: Asked<OccurrenceQuery>) -> Reply<204, ()> {
    let [id, day_id] = call.path_ids();
    call.write(move |tx, _| {
        let mut violations = Violations::new();
        let position = at_least(0, "position", query.get()?.position.as_deref(), &mut violations);
        violations.check()?;
        weeks::delete_day(tx, &id, &day_id, position)?;
        Ok(Done::new("weeks", id.clone(), vec!["days"], ()))
    })
    .await
}

fn view(tx: &mut Tx<'_>, week: Week) -> Result<WeekOut> {
    let days = weeks::days(tx, &week.id)?;
    Ok(WeekOut::new(week, days))
}
