//! `/users/{userId}/lift-maxes` and `/lift-maxes`: what a lifter can lift, and when that became so.

use ferrum_app::actions::find_max_lift::find_max_lift;
use ferrum_domain::strength::{MaxType, limits, maxes};
use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;
use ferrum_domain::{Error, Violations};
use ferrum_endpoint::{Asked, Body as _, Done, Field, Owner, RowOwner};
use ferrum_store::Tx;
use ferrum_store::lift_maxes::{self, Filter, LiftMax};
use ferrum_store::listing::Order;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::dialect::{Call, Reply, Sent};
use crate::page::{Page, PageQuery, choice, only_sort, order, required};
use crate::{fields, owner};

/// The names of the two kinds of max.
const TYPES: [(&str, MaxType); 2] = [("ONE_RM", MaxType::OneRm), ("TRAINING_MAX", MaxType::TrainingMax)];

/// A lift max as clients see it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "LiftMax", extend("examples" = [{
    "id": "0190a0c8-0000-7000-8000-000000000001", "userId": "lifter",
    "liftId": "00000000-0000-0000-0000-000000000001", "type": "TRAINING_MAX", "value": 315.0,
    "effectiveDate": "2024-01-01T00:00:00Z",
    "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z"
}]))]
pub struct LiftMaxOut {
    id: String,
    user_id: String,
    lift_id: String,
    #[serde(rename = "type")]
    #[schemars(with = "String", extend("enum" = ["ONE_RM", "TRAINING_MAX"]))]
    max_type: MaxType,
    #[schemars(with = "f64")]
    value: Thousandths,
    #[schemars(with = "String", extend("format" = "date-time"))]
    effective_date: Millis,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Millis,
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Millis,
}

impl From<LiftMax> for LiftMaxOut {
    fn from(max: LiftMax) -> Self {
        Self {
            id: max.id,
            user_id: max.user_id,
            lift_id: max.lift_id,
            max_type: max.max_type,
            value: max.value,
            effective_date: max.effective_at,
            created_at: max.created_at,
            updated_at: max.updated_at,
        }
    }
}

/// A stored lift max: bare, or in an envelope when there is something to warn about.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "LiftMaxStored")]
pub enum StoredOut {
    /// Nothing to say.
    Bare(LiftMaxOut),
    /// Stored, but probably not what was meant.
    Warned {
        /// The lift max.
        data: LiftMaxOut,
        /// What is unusual about it.
        warnings: Vec<String>,
    },
}

/// A lift max in terms of the other kind; nothing of it is stored.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "LiftMaxConversion", extend("examples" = [{
    "originalValue": 350.0, "originalType": "ONE_RM", "convertedValue": 315.0, "convertedType": "TRAINING_MAX",
    "percentage": 90.0
}]))]
pub struct ConversionOut {
    #[schemars(with = "f64")]
    original_value: Thousandths,
    #[schemars(with = "String", extend("enum" = ["ONE_RM", "TRAINING_MAX"]))]
    original_type: MaxType,
    #[schemars(with = "f64")]
    converted_value: Thousandths,
    #[schemars(with = "String", extend("enum" = ["ONE_RM", "TRAINING_MAX"]))]
    converted_type: MaxType,
    #[schemars(with = "f64")]
    percentage: Thousandths,
}

ferrum_endpoint::body! {
    /// A lift max to record.
    pub struct LiftMaxIn {
        /// Lift.
        lift_id: String,
        /// `ONE_RM` or `TRAINING_MAX`.
        #[schemars(extend("enum" = ["ONE_RM", "TRAINING_MAX"]))]
        r#type: String,
        /// Weight in the account's unit: over 0, up to 10,000, with at most 3 decimals.
        #[schemars(extend("exclusiveMinimum" = 0, "maximum" = limits::MAX_WEIGHT))]
        value: f64,
        /// Since when it holds; now when absent.
        effective_date: String,
    }
    required ["liftId", "type", "value"]
    example {
        "liftId": "00000000-0000-0000-0000-000000000001",
        "type": "TRAINING_MAX",
        "value": 315.0,
        "effectiveDate": "2024-01-01T00:00:00Z"
    }
}

ferrum_endpoint::body! {
    /// What to change of a lift max; its lift and its type stay as they are.
    pub struct LiftMaxPatch {
        /// New weight.
        #[schemars(extend("exclusiveMinimum" = 0, "maximum" = limits::MAX_WEIGHT))]
        value: f64,
        /// New date.
        effective_date: String,
    }
    kept ["value", "effectiveDate"]
    example { "value": 320.0, "effectiveDate": "2024-01-15T00:00:00Z" }
}

/// What to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct LiftMaxQuery {
    #[serde(flatten)]
    page: PageQuery,
    /// Field to sort by: `effective_date`.
    #[serde(rename = "sortBy")]
    #[schemars(extend("enum" = ["effective_date"]))]
    sort_by: Option<String>,
    /// Order by effective date: `desc` (default) or `asc`.
    #[serde(rename = "sortOrder")]
    #[schemars(extend("enum" = ["asc", "desc"]))]
    sort_order: Option<String>,
    /// Only maxes of this lift.
    lift_id: Option<String>,
    /// Only maxes of this type.
    #[serde(rename = "type")]
    #[schemars(extend("enum" = ["ONE_RM", "TRAINING_MAX"]))]
    max_type: Option<String>,
}

/// Which current max to get.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct CurrentQuery {
    /// Lift id.
    #[schemars(required)]
    lift: Option<String>,
    /// `ONE_RM` or `TRAINING_MAX`.
    #[serde(rename = "type")]
    #[schemars(required, extend("enum" = ["ONE_RM", "TRAINING_MAX"]))]
    max_type: Option<String>,
}

/// Into what to convert.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct ConversionQuery {
    /// The other type: `ONE_RM` or `TRAINING_MAX`.
    #[schemars(required, extend("enum" = ["ONE_RM", "TRAINING_MAX"]))]
    to_type: Option<String>,
    /// How much of the one-repetition max the training max is, 1 to 100.
    #[schemars(with = "Option<f64>", range(min = 1, max = 100), extend("default" = 90))]
    percentage: Option<String>,
}

/// `GET /users/{userId}/lift-maxes`
pub async fn list(call: Call<Owner>, query: Asked<LiftMaxQuery>) -> Reply<200, Page<LiftMaxOut>> {
    let user_id = call.permission().id.clone();
    call.read(move |tx, _| {
        let query = query.get()?;
        let mut violations = Violations::new();
        let window = query.page.window(&mut violations);
        only_sort(query.sort_by.as_deref(), "effective_date", &mut violations);
        let order = order(query.sort_order.as_deref(), Order::Descending, &mut violations);
        let max_type = choice("type", query.max_type.as_deref(), &TYPES, &mut violations);
        violations.check()?;
        let filter = Filter { user_id: &user_id, lift_id: query.lift_id.as_deref(), max_type };
        Ok(Page::new(window, lift_maxes::list(tx, &filter, order, window)?, LiftMaxOut::from))
    })
    .await
}

/// `GET /users/{userId}/lift-maxes/current`
pub async fn get_current(call: Call<Owner>, query: Asked<CurrentQuery>) -> Reply<200, LiftMaxOut> {
    let app = call.app();
    let user_id = call.permission().id.clone();
    call.read(move |tx, me| {
        let query = query.get()?;
        let mut violations = Violations::new();
        let lift = required("lift", query.lift.as_deref(), &mut violations);
        let max_type = required("type", query.max_type.as_deref(), &mut violations);
        let max_type = choice("type", max_type, &TYPES, &mut violations);
        let (lift, max_type) = violations.finish(lift.zip(max_type))?;
        let account = owner::known_account(tx, me, &user_id)?.ok_or(Error::NotFound)?;
        let current = lift_maxes::find_current(tx, account, lift, max_type, app.clock.now())?;
        let current = current.ok_or(Error::NotFound)?;
        Ok(lift_maxes::get(tx, &current.id)?.into())
    })
    .await
}

/// `GET /lift-maxes/{id}`
pub async fn get(call: Call<RowOwner>) -> Reply<200, LiftMaxOut> {
    let [id] = call.path_ids();
    call.read(move |tx, me| {
        let max = lift_maxes::get(tx, &id)?;
        me.must_own(&max.user_id)?;
        Ok(max.into())
    })
    .await
}

/// `GET /lift-maxes/{id}/convert`
pub async fn convert(call: Call<RowOwner>, query: Asked<ConversionQuery>) -> Reply<200, ConversionOut> {
    let [id] = call.path_ids();
    call.read(move |tx, me| {
        let query = query.get()?;
        let mut violations = Violations::new();
        let to_type = required("to_type", query.to_type.as_deref(), &mut violations);
        let to_type = choice("to_type", to_type, &TYPES, &mut violations);
        let percentage = conversion_percentage(query.percentage.as_deref(), &mut violations);
        let (to_type, percentage) = violations.finish(to_type.zip(percentage))?;
        let max = lift_maxes::get(tx, &id)?;
        me.must_own(&max.user_id)?;
        if max.max_type == to_type {
            return Err(Error::invalid(
                "to_type",
                format!("must not be {}, which the max already is", to_type.as_str()),
            ));
        }
        Ok(ConversionOut {
            original_value: max.value,
            original_type: max.max_type,
            converted_value: maxes::convert(max.value, max.max_type, percentage),
            converted_type: to_type,
            percentage,
        })
    })
    .await
}

/// `POST /users/{userId}/lift-maxes`
pub async fn create(sent: Sent<Owner, LiftMaxIn>) -> Reply<201, StoredOut> {
    let app = sent.app();
    let user_id = sent.permission().id.clone();
    // Made here, since the one writer has enough to do.
    let id = app.ids.uuid();
    sent.write(move |tx, me, body| {
        let now = app.clock.now();
        let mut violations = Violations::new();
        let lift = body.lift_id.required("liftId", &mut violations);
        let account = owner::known_account(tx, me, &user_id)?;
        let warned = matches!(&body.r#type, Field::Value(name) if name == MaxType::TrainingMax.as_str());
        let one_rm_of = account.filter(|_| warned);
        let find = |tx: &mut Tx<'_>, id: &str| find_max_lift(&app, tx, id, one_rm_of, now);
        let found = fields::reference(tx, "liftId", "lift", lift, find, &mut violations)?;
        let max_type = body.r#type.required("type", &mut violations);
        let max_type = choice("type", max_type.map(String::as_str), &TYPES, &mut violations);
        let value = weight(body.value.required("value", &mut violations), &mut violations);
        let effective = body.effective_date.optional("effectiveDate", &mut violations);
        let effective_at = instant("effectiveDate", effective, &mut violations).unwrap_or(now);
        let ((lift, max_type), value) = violations.finish(lift.zip(found).zip(max_type).zip(value))?;
        let (lift_id, lift) = lift;
        let max = LiftMax {
            id: id.clone(),
            account: account.map_or_else(|| owner::account(tx, &app, me, &user_id), Ok)?,
            user_id: user_id.clone(),
            lift_id: lift_id.clone(),
            lift_key: lift.key,
            max_type,
            value,
            unit: me.weight_unit.filter(|_| me.id == user_id),
            effective_at,
            created_at: now,
            updated_at: now,
            written: app.ids.order(),
        };
        lift_maxes::insert(tx, &max)?;
        Ok(Done::new("lift_maxes", max.id.clone(), body.given(), stored(max, lift.one_rm)))
    })
    .await
}

/// `PUT /lift-maxes/{id}`
pub async fn update(sent: Sent<RowOwner, LiftMaxPatch>) -> Reply<200, StoredOut> {
    let app = sent.app();
    let [id] = sent.path_ids();
    sent.write(move |tx, me, body| {
        let now = app.clock.now();
        let mut violations = Violations::new();
        let value = weight(body.value.kept("value", &mut violations), &mut violations);
        let effective = body.effective_date.kept("effectiveDate", &mut violations);
        let effective_at = instant("effectiveDate", effective, &mut violations);
        violations.check()?;
        let mut max = lift_maxes::get(tx, &id)?;
        me.must_own(&max.user_id)?;
        if let Some(value) = value {
            (max.value, max.unit) = (value, None);
        }
        max.effective_at = effective_at.unwrap_or(max.effective_at);
        max.updated_at = now;
        max.written = app.ids.order();
        lift_maxes::update(tx, &max)?;
        let one_rm = match max.max_type {
            MaxType::OneRm => None,
            MaxType::TrainingMax => {
                lift_maxes::find_current_value(tx, max.account, &max.lift_id, MaxType::OneRm, now)?
            }
        };
        Ok(Done::new("lift_maxes", id.clone(), body.given(), stored(max, one_rm)))
    })
    .await
}

/// `DELETE /lift-maxes/{id}`
pub async fn delete(call: Call<RowOwner>) -> Reply<204, ()> {
    let [id] = call.path_ids();
    call.write(move |tx, me| {
        me.must_own(&lift_maxes::get(tx, &id)?.user_id)?;
        lift_maxes::delete(tx, &id)?;
        Ok(Done::new("lift_maxes", id.clone(), vec![], ()))
    })
    .await
}

/// The answer to a change: with a warning when a training max is far from `one_rm`.
fn stored(max: LiftMax, one_rm: Option<Thousandths>) -> StoredOut {
    let warning = one_rm.and_then(|one_rm| maxes::training_max_warning(max.value, one_rm));
    let data = max.into();
    match warning {
        None => StoredOut::Bare(data),
        Some(warning) => StoredOut::Warned { data, warnings: vec![warning] },
    }
}

fn weight(value: Option<&f64>, violations: &mut Violations) -> Option<Thousandths> {
    limits::weight("value", &Value::from(*value?), violations)
}

fn instant(field: &str, text: Option<&String>, violations: &mut Violations) -> Option<Millis> {
    let instant = Millis::parse_rfc3339(text?);
    if instant.is_none() {
        violations.add(field, "must be an RFC 3339 date and time with an offset, in the years 1 to 9999");
    }
    instant
}

fn conversion_percentage(text: Option<&str>, violations: &mut Violations) -> Option<Thousandths> {
    let Some(text) = text else { return Some(maxes::DEFAULT_PERCENTAGE) };
    let percentage = maxes::conversion_percentage(text);
    if percentage.is_none() {
        violations.add("percentage", "must be a number from 1 to 100 with at most 3 decimals");
    }
    percentage
}
