//! `/lifts`: the exercises that programs prescribe.

use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Violations, slug};
use ferrum_endpoint::{Admin, Asked, Authenticated, Body as _, Done};
use ferrum_store::lifts::{self, Filter, Lift};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dialect::{Call, Reply, Sent};
use crate::fields;
use crate::page::{NamedQuery, Page, choice};

/// A lift as clients see it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Lift", extend("examples" = [{
    "id": "00000000-0000-0000-0000-000000000001", "name": "Squat", "slug": "squat", "isCompetitionLift": true,
    "parentLiftId": null, "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z"
}]))]
pub struct LiftOut {
    id: String,
    name: String,
    slug: String,
    is_competition_lift: bool,
    parent_lift_id: Option<String>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Millis,
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Millis,
}

impl From<Lift> for LiftOut {
    fn from(lift: Lift) -> Self {
        Self {
            id: lift.id,
            name: lift.name,
            slug: lift.slug,
            is_competition_lift: lift.is_competition,
            parent_lift_id: lift.parent_id,
            created_at: lift.created_at,
            updated_at: lift.updated_at,
        }
    }
}

ferrum_endpoint::body! {
    /// A lift to create.
    pub struct LiftIn {
        /// Name, 1 to 100 characters.
        #[schemars(extend("minLength" = 1))]
        name: String,
        /// URL-friendly identifier; made from the name when absent.
        #[schemars(extend("minLength" = 1, "maxLength" = slug::MAX_LENGTH))]
        slug: String,
        /// Whether this is a competition lift; false when absent.
        is_competition_lift: bool,
        /// Parent lift, for variations.
        parent_lift_id: String,
    }
    required ["name"]
    example { "name": "Squat", "slug": "squat", "isCompetitionLift": true }
}

ferrum_endpoint::body! {
    /// What to change of a lift: absent keeps, null clears.
    pub struct LiftPatch {
        /// New name.
        #[schemars(extend("minLength" = 1))]
        name: String,
        /// New slug.
        #[schemars(extend("minLength" = 1, "maxLength" = slug::MAX_LENGTH))]
        slug: String,
        /// Competition lift status.
        is_competition_lift: bool,
        /// New parent lift.
        parent_lift_id: String,
        /// True removes the parent, whatever `parentLiftId` says.
        clear_parent_lift: bool,
    }
    kept ["name", "slug", "isCompetitionLift"]
    example { "name": "Back Squat", "slug": "back-squat", "isCompetitionLift": true, "clearParentLift": false }
}

/// What to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct LiftQuery {
    #[serde(flatten)]
    named: NamedQuery,
    /// Only competition lifts, or only others.
    #[schemars(with = "Option<bool>")]
    is_competition_lift: Option<String>,
}

/// `GET /lifts`
pub async fn list(call: Call<Authenticated>, query: Asked<LiftQuery>) -> Reply<200, Page<LiftOut>> {
    call.read_catalogue(move |tx| {
        let query = query.get()?;
        let mut violations = Violations::new();
        let (window, sort, order) = query.named.read(&mut violations);
        let is_competition = choice(
            "is_competition_lift",
            query.is_competition_lift.as_deref(),
            &[("true", true), ("false", false)],
            &mut violations,
        );
        violations.check()?;
        let rows = lifts::list(tx, &Filter { is_competition }, sort, order, window)?;
        Ok(Page::new(window, rows, LiftOut::from))
    })
    .await
}

/// `GET /lifts/{id}`
pub async fn get(call: Call<Authenticated>) -> Reply<200, LiftOut> {
    let [id] = call.path_ids();
    call.read_catalogue(move |tx| Ok(lifts::get(tx, &id)?.into())).await
}

/// `GET /lifts/by-slug/{slug}`
pub async fn get_by_slug(call: Call<Authenticated>) -> Reply<200, LiftOut> {
    let [slug] = call.path_ids();
    call.read_catalogue(move |tx| Ok(lifts::find_by_slug(tx, &slug)?.ok_or(Error::NotFound)?.into())).await
}

/// `POST /lifts`
pub async fn create(sent: Sent<Admin, LiftIn>) -> Reply<201, LiftOut> {
    let app = sent.app();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let name = fields::name("name", body.name.required("name", &mut violations), &mut violations);
        let slug = fields::slug_or_from_name(&body.slug, name.as_deref(), &mut violations);
        let is_competition = body.is_competition_lift.optional("isCompetitionLift", &mut violations);
        let parent = body.parent_lift_id.optional("parentLiftId", &mut violations);
        let parent_id = fields::reference(tx, "parentLiftId", "lift", parent, lifts::find, &mut violations)?
            .map(|lift| lift.id);
        let now = app.clock.now();
        let lift = violations.finish(name.zip(slug).map(|(name, slug)| Lift {
            id: app.ids.uuid(),
            name,
            slug,
            is_competition: is_competition.copied().unwrap_or(false),
            parent_id,
            created_at: now,
            updated_at: now,
        }))?;
        lifts::insert(tx, &lift)?;
        Ok(Done::new("lifts", lift.id.clone(), body.given(), lift.into()))
    })
    .await
}

/// `PUT /lifts/{id}`
pub async fn update(sent: Sent<Admin, LiftPatch>) -> Reply<200, LiftOut> {
    let app = sent.app();
    let [id] = sent.path_ids();
    sent.write(move |tx, _, body| {
        let mut violations = Violations::new();
        let name = fields::name("name", body.name.kept("name", &mut violations), &mut violations);
        let slug = fields::slug("slug", body.slug.kept("slug", &mut violations), &mut violations);
        let is_competition = body.is_competition_lift.kept("isCompetitionLift", &mut violations);
        let parent = body.parent_lift_id.patch("parentLiftId", &mut violations);
        let clear = body.clear_parent_lift.optional("clearParentLift", &mut violations) == Some(&true);
        let parent = if clear { Some(None) } else { parent };
        let parent_id =
            fields::reference(tx, "parentLiftId", "lift", parent.flatten(), lifts::find, &mut violations)?
                .map(|lift| lift.id);
        if let Some(parent) = &parent_id
            && lifts::has_ancestor(tx, parent, &id)?
        {
            violations.add("parentLiftId", "must not be the lift itself or one of its variations");
        }
        violations.check()?;
        let mut lift = lifts::get(tx, &id)?;
        lift.name = name.unwrap_or(lift.name);
        lift.slug = slug.unwrap_or(lift.slug);
        lift.is_competition = is_competition.copied().unwrap_or(lift.is_competition);
        lift.parent_id = if parent.is_some() { parent_id } else { lift.parent_id };
        lift.updated_at = app.clock.now();
        lifts::update(tx, &lift)?;
        Ok(Done::new("lifts", id.clone(), body.given(), lift.into()))
    })
    .await
}

/// `DELETE /lifts/{id}`
pub async fn delete(call: Call<Admin>) -> Reply<204, ()> {
    let [id] = call.path_ids();
    call.write(move |tx, _| {
        lifts::delete(tx, &id)?;
        Ok(Done::new("lifts", id.clone(), vec![], ()))
    })
    .await
}
