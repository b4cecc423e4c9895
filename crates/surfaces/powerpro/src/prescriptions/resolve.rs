//! `/prescriptions/{id}/resolve` and `/prescriptions/resolve-batch`: a lifter's weights outside of any
//! program, so without its lookups and its rounding.

use ferrum_domain::access::Identity;
use ferrum_domain::strength::MaxType;
use ferrum_domain::strength::load::LoadContext;
use ferrum_domain::strength::prescription::{self, MaxSource, Prescription as Plan};
use ferrum_domain::strength::set_scheme::Set;
use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;
use ferrum_domain::{Error, Result, Violations, ids, parse};
use ferrum_endpoint::{Authenticated, Field};
use ferrum_store::prescriptions::{self, Prescription};
use ferrum_store::{Tx, accounts, lift_maxes, lifts};
use schemars::JsonSchema;
use serde::Serialize;

use crate::dialect::{Reply, Sent};

/// A prescription with the sets that one lifter does.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ResolvedPrescription", extend("examples" = [{
    "prescriptionId": "0190a0c8-0000-7000-8000-000000000001",
    "lift": { "id": "00000000-0000-0000-0000-000000000001", "name": "Squat", "slug": "squat" },
    "sets": [{ "setNumber": 1, "weight": 265.0, "targetReps": 5, "isWorkSet": true }],
    "notes": "Focus on depth", "restSeconds": 180
}]))]
pub struct ResolvedOut {
    prescription_id: String,
    lift: LiftRef,
    sets: Vec<SetOut>,
    notes: Option<String>,
    rest_seconds: Option<i64>,
}

/// The lift to do.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LiftRef {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) slug: String,
}

/// One set to do.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Set")]
pub struct SetOut {
    set_number: i64,
    /// In the account's unit.
    #[schemars(with = "f64")]
    weight: Thousandths,
    target_reps: i64,
    is_work_set: bool,
    /// Stands only, and is true, on the set that is for as many repetitions as possible.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_amrap: bool,
}

/// What came of one prescription of a batch.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "status", rename_all = "lowercase", rename_all_fields = "camelCase")]
#[schemars(rename = "BatchResult")]
pub enum BatchResult {
    /// It has weights.
    Success {
        /// The prescription.
        prescription_id: String,
        /// Its sets.
        resolved: ResolvedOut,
    },
    /// It has none.
    Error {
        /// The prescription.
        prescription_id: String,
        /// Why, e.g. `missing lift max for squat (TRAINING_MAX)`.
        error: String,
    },
}

/// What came of a batch, in the order of the request.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "results": [
        {
            "prescriptionId": "0190a0c8-0000-7000-8000-000000000001", "status": "success",
            "resolved": {
                "prescriptionId": "0190a0c8-0000-7000-8000-000000000001",
                "lift": { "id": "00000000-0000-0000-0000-000000000001", "name": "Squat", "slug": "squat" },
                "sets": [{ "setNumber": 1, "weight": 265.0, "targetReps": 5, "isWorkSet": true }],
                "notes": "Focus on depth", "restSeconds": 180
            }
        },
        {
            "prescriptionId": "0190a0c8-0000-7000-8000-000000000002", "status": "error",
            "error": "missing lift max for squat (TRAINING_MAX)"
        }
    ]
}]))]
pub struct BatchOut {
    results: Vec<BatchResult>,
}

impl From<Set> for SetOut {
    fn from(set: Set) -> Self {
        Self {
            set_number: set.set_number,
            weight: set.weight,
            target_reps: set.target_reps,
            is_work_set: set.is_work_set,
            is_amrap: set.is_amrap,
        }
    }
}

ferrum_endpoint::body! {
    /// Whose weights to compute.
    pub struct ResolveIn {
        /// The lifter.
        #[schemars(extend("minLength" = 1))]
        user_id: String,
    }
    required ["userId"]
    example { "userId": "lifter" }
}

ferrum_endpoint::body! {
    /// What to resolve, and for whom.
    pub struct ResolveBatchIn {
        /// Prescriptions, 1 to 500; the same one may stand several times.
        #[schemars(extend("minItems" = 1, "maxItems" = parse::LIST_LIMIT))]
        prescription_ids: Vec<String>,
        /// The lifter.
        #[schemars(extend("minLength" = 1))]
        user_id: String,
    }
    required ["prescriptionIds", "userId"]
    example { "prescriptionIds": ["0190a0c8-0000-7000-8000-000000000001"], "userId": "lifter" }
}

/// `POST /prescriptions/{id}/resolve`
pub async fn resolve(sent: Sent<Authenticated, ResolveIn>) -> Reply<200, ResolvedOut> {
    let app = sent.app();
    let [id] = sent.path_ids();
    sent.read(move |tx, me, body| {
        let mut violations = Violations::new();
        let user_id = lifter_named(&body.user_id, &mut violations);
        let user_id = violations.finish(user_id)?;
        let prescription = prescriptions::get(tx, &id)?;
        may_resolve_for(me, user_id, app.config.powerpro.resolve_for_others)?;
        let lifter = Lifter { account: account_of(tx, me, user_id)?, now: app.clock.now() };
        resolved(tx, prescription, lifter)
    })
    .await
}

/// `POST /prescriptions/resolve-batch`
pub async fn resolve_batch(sent: Sent<Authenticated, ResolveBatchIn>) -> Reply<200, BatchOut> {
    let app = sent.app();
    sent.read(move |tx, me, body| {
        let mut violations = Violations::new();
        let ids = body.prescription_ids.required("prescriptionIds", &mut violations);
        if ids.is_some_and(|ids| !(1..=parse::LIST_LIMIT).contains(&ids.len())) {
            violations.add("prescriptionIds", format!("must have 1 to {} entries", parse::LIST_LIMIT));
        }
        let user_id = lifter_named(&body.user_id, &mut violations);
        let (ids, user_id) = violations.finish(ids.zip(user_id))?;
        may_resolve_for(me, user_id, app.config.powerpro.resolve_for_others)?;
        let lifter = Lifter { account: account_of(tx, me, user_id)?, now: app.clock.now() };
        let results = ids.iter().map(|id| batch_result(tx, id, lifter)).collect::<Result<_>>()?;
        Ok(BatchOut { results })
    })
    .await
}

fn lifter_named<'b>(user_id: &'b Field<String>, violations: &mut Violations) -> Option<&'b str> {
    let user_id = user_id.required("userId", violations)?;
    if user_id.trim().is_empty() {
        violations.add("userId", "is required");
        return None;
    }
    Some(user_id)
}

/// A weight tells a max, so others' are theirs unless the configuration follows the document's letter.
fn may_resolve_for(me: &Identity, user_id: &str, for_others: bool) -> Result<()> {
    if for_others { Ok(()) } else { me.must_own(user_id) }
}

/// Whose maxes count, and when.
#[derive(Clone, Copy)]
struct Lifter {
    account: Option<i64>,
    now: Millis,
}

/// The lifter's account. An id that is nobody's, or cannot be anybody's, has no maxes.
fn account_of(tx: &mut Tx<'_>, me: &Identity, user_id: &str) -> Result<Option<i64>> {
    if user_id == me.id {
        return Ok(me.account);
    }
    if !ids::is_account_id(user_id) {
        return Ok(None);
    }
    Ok(accounts::find(tx, user_id)?.map(|account| account.key))
}

fn batch_result(tx: &mut Tx<'_>, id: &str, lifter: Lifter) -> Result<BatchResult> {
    // PostgreSQL cannot be asked about a NUL, and no id has one.
    let found = if id.contains('\0') { None } else { prescriptions::find(tx, id)? };
    let outcome = found.ok_or(Error::NotFound).and_then(|found| resolved(tx, found, lifter));
    let prescription_id = id.to_owned();
    match outcome {
        Ok(resolved) => Ok(BatchResult::Success { prescription_id, resolved }),
        Err(error @ (Error::NotFound | Error::MissingMax(_))) => {
            Ok(BatchResult::Error { prescription_id, error: error.to_string() })
        }
        Err(error) => Err(error),
    }
}

fn resolved(tx: &mut Tx<'_>, prescription: Prescription, lifter: Lifter) -> Result<ResolvedOut> {
    let lift = lifts::get(tx, &prescription.lift_id)?;
    let plan = Plan { load_strategy: prescription.load_strategy, set_scheme: prescription.set_scheme };
    let source = match &plan.load_strategy.of_lift_id {
        Some(other) => lifts::get(tx, other)?,
        None => lift.clone(),
    };
    let chain = prescription::chain(&source.id, |id| Ok(lifts::get(tx, id)?.parent_id))?;
    let sets = plan.resolve(
        MaxSource { slug: &source.slug, chain: &chain },
        |lift_id, max_type| lifter.current_max(tx, lift_id, max_type),
        &LoadContext::default(),
    )?;
    Ok(ResolvedOut {
        prescription_id: prescription.id,
        lift: LiftRef { id: lift.id, name: lift.name, slug: lift.slug },
        sets: sets.into_iter().map(SetOut::from).collect(),
        notes: prescription.notes,
        rest_seconds: prescription.rest_seconds,
    })
}

impl Lifter {
    fn current_max(self, tx: &mut Tx<'_>, lift_id: &str, max_type: MaxType) -> Result<Option<Thousandths>> {
        let Some(account) = self.account else { return Ok(None) };
        lift_maxes::find_current_value(tx, account, lift_id, max_type, self.now)
    }
}
