//! Puts the built-in programs into the database, each once: what an admin changes or removes stays so.

use std::collections::BTreeMap;

use ferrum_domain::strength::load::LoadStrategy;
use ferrum_domain::strength::lookup::WeeklyEntries;
use ferrum_domain::strength::progression::{Progression as Rule, ProgressionType};
use ferrum_domain::strength::set_scheme::SetScheme;
use ferrum_domain::time::Millis;
use ferrum_domain::{Error, Result, Violations};
use ferrum_store::cycles::Cycle;
use ferrum_store::days::{Day, DayPrescription};
use ferrum_store::lifts::Lift;
use ferrum_store::prescriptions::Prescription;
use ferrum_store::program_progressions::ProgramProgression;
use ferrum_store::programs::Program;
use ferrum_store::progressions::Progression;
use ferrum_store::weekly_lookups::Lookup;
use ferrum_store::weeks::{Week, WeekDay};
use ferrum_store::{
    Tx, catalogue, cycles, days, lifts, prescriptions, program_progressions, programs, progressions,
    weekly_lookups, weeks,
};
use serde_json::{Value, json};

use super::facts::Facts;
use super::plan::{self, Line, Plan};
use super::recipes::{After, Gain, RECIPES, Recipe};
use crate::App;

/// The competition lifts, with the ids by which PowerPro's clients have always known them.
const COMPETITION: [(&str, &str, &str); 3] = [
    ("squat", "Squat", "00000000-0000-0000-0000-000000000001"),
    ("bench-press", "Bench Press", "00000000-0000-0000-0000-000000000002"),
    ("deadlift", "Deadlift", "00000000-0000-0000-0000-000000000003"),
];

/// Loads what has never been loaded. Two processes may do so at once: each program is one transaction.
pub async fn load(app: &std::sync::Arc<App>) -> Result<()> {
    for (index, recipe) in RECIPES.iter().enumerate() {
        let this = std::sync::Arc::clone(app);
        let slug = recipe.slug;
        let is_new = app.db.read(move |tx| Ok(!catalogue::is_loaded(tx, "program", slug)?)).await?;
        if is_new {
            let facts = read(recipe)?;
            let plan = plan::plan(&facts, recipe.weekly);
            app.db.write(move |tx| Loader::new(&this, tx).program(&RECIPES[index], &plan)).await?;
        }
    }
    Ok(())
}

fn read(recipe: &Recipe) -> Result<Facts> {
    serde_json::from_str(recipe.facts).map_err(|error| Error::Internal {
        context: format!("the figures of {} cannot be read", recipe.slug),
        source: Some(Box::new(error)),
    })
}

/// One program on its way into the database.
struct Loader<'a, 'c> {
    app: &'a App,
    tx: &'a mut Tx<'c>,
    now: Millis,
}

impl<'a, 'c> Loader<'a, 'c> {
    fn new(app: &'a App, tx: &'a mut Tx<'c>) -> Self {
        Self { app, tx, now: app.clock.now() }
    }

    /// Loads a program, unless another process was faster or an admin has taken its slug.
    fn program(mut self, recipe: &Recipe, plan: &Plan) -> Result<()> {
        if catalogue::is_loaded(self.tx, "program", recipe.slug)? {
            return Ok(());
        }
        catalogue::insert_load(self.tx, "program", recipe.slug, self.now)?;
        if programs::find_by_slug(self.tx, recipe.slug)?.is_some() {
            tracing::warn!("the built-in program {} is left out: its slug is taken", recipe.slug);
            return Ok(());
        }
        let lifts = self.lifts(plan)?;
        let cycle_id = self.cycle(recipe, plan)?;
        let weekly_lookup_id = self.weekly_lookup(recipe, plan)?;
        let program = Program {
            id: self.app.ids.uuid(),
            name: recipe.name.to_owned(),
            slug: recipe.slug.to_owned(),
            description: Some(recipe.description.to_owned()),
            cycle_id: cycle_id.clone(),
            weekly_lookup_id,
            daily_lookup_id: None,
            default_rounding: Some(recipe.rounding),
            created_at: self.now,
            updated_at: self.now,
        };
        programs::insert(self.tx, &program)?;
        let days = self.days(recipe, plan, &program.id, &lifts)?;
        self.calendar(plan, &cycle_id, &days)?;
        for gain in recipe.gains {
            self.gain(gain, &program, &lifts)?;
        }
        Ok(())
    }

    /// The ids of the lifts that the plan names, by slug; those that are not there yet are added.
    fn lifts(&mut self, plan: &Plan) -> Result<BTreeMap<String, String>> {
        let mut ids = BTreeMap::new();
        for line in plan.days.iter().flat_map(|day| &day.lines) {
            let parent = match &line.of_lift {
                Some(parent) => Some(self.lift(parent, None, &mut ids)?),
                None => None,
            };
            self.lift(&line.lift, parent, &mut ids)?;
        }
        Ok(ids)
    }

    fn lift(
        &mut self,
        slug: &str,
        parent_id: Option<String>,
        ids: &mut BTreeMap<String, String>,
    ) -> Result<String> {
        if let Some(id) = ids.get(slug) {
            return Ok(id.clone());
        }
        let known = lifts::find_by_slug(self.tx, slug)?;
        let id = match known {
            Some(lift) => lift.id,
            None => self.add_lift(slug, parent_id)?,
        };
        ids.insert(slug.to_owned(), id.clone());
        Ok(id)
    }

    fn add_lift(&mut self, slug: &str, parent_id: Option<String>) -> Result<String> {
        let competition = COMPETITION.iter().find(|(known, ..)| *known == slug);
        // An admin may have renamed the slug of a competition lift; its id is then taken.
        let fixed = match competition {
            Some((.., id)) if lifts::find(self.tx, id)?.is_none() => Some((*id).to_owned()),
            _ => None,
        };
        let lift = Lift {
            id: fixed.unwrap_or_else(|| self.app.ids.uuid()),
            name: competition.map_or_else(|| plan::lift_name(slug), |(_, name, _)| (*name).to_owned()),
            slug: slug.to_owned(),
            is_competition: competition.is_some(),
            parent_id,
            created_at: self.now,
            updated_at: self.now,
        };
        lifts::insert(self.tx, &lift)?;
        Ok(lift.id)
    }

    fn cycle(&mut self, recipe: &Recipe, plan: &Plan) -> Result<String> {
        let cycle = Cycle {
            id: self.app.ids.uuid(),
            name: recipe.name.to_owned(),
            length_weeks: plan.weeks,
            created_at: self.now,
            updated_at: self.now,
        };
        cycles::insert(self.tx, &cycle)?;
        Ok(cycle.id)
    }

    fn weekly_lookup(&mut self, recipe: &Recipe, plan: &Plan) -> Result<Option<String>> {
        let Some(entries) = &plan.weekly else { return Ok(None) };
        let lookup = Lookup {
            id: self.app.ids.uuid(),
            name: format!("{} percentages", recipe.name),
            entries: parsed(|v| WeeklyEntries::parse("entries", entries, v))?,
            created_at: self.now,
            updated_at: self.now,
        };
        weekly_lookups::insert(self.tx, &lookup)?;
        Ok(Some(lookup.id))
    }

    fn days(
        &mut self,
        recipe: &Recipe,
        plan: &Plan,
        program_id: &str,
        lifts: &BTreeMap<String, String>,
    ) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        for planned in &plan.days {
            let day = Day {
                id: self.app.ids.uuid(),
                name: planned.name.clone(),
                slug: planned.slug.clone(),
                metadata: planned.metadata.as_ref().and_then(Value::as_object).cloned(),
                program_id: Some(program_id.to_owned()),
                created_at: self.now,
                updated_at: self.now,
            };
            days::insert(self.tx, &day)?;
            for (order, line) in (0_i64..).zip(&planned.lines) {
                let prescription_id = self.prescription(recipe, line, order, lifts)?;
                let place = DayPrescription {
                    id: self.app.ids.uuid(),
                    day_id: day.id.clone(),
                    prescription_id,
                    order,
                    created_at: self.now,
                };
                days::insert_prescription(self.tx, &place)?;
            }
            ids.push(day.id);
        }
        Ok(ids)
    }

    fn prescription(
        &mut self,
        recipe: &Recipe,
        line: &Line,
        order: i64,
        lifts: &BTreeMap<String, String>,
    ) -> Result<String> {
        let mut load = line.load.clone();
        if let Some(of_lift) = &line.of_lift {
            load["ofLiftId"] = json!(known(lifts, of_lift)?);
        }
        if let Some(step) = recipe.finer_step(&line.lift) {
            load["roundTo"] = json!(step);
        }
        let prescription = Prescription {
            id: self.app.ids.uuid(),
            lift_id: known(lifts, &line.lift)?.to_owned(),
            load_strategy: parsed(|v| LoadStrategy::parse("loadStrategy", &load, v))?,
            set_scheme: parsed(|v| SetScheme::parse("setScheme", &line.sets, v))?,
            order,
            notes: None,
            rest_seconds: None,
            created_at: self.now,
            updated_at: self.now,
        };
        prescriptions::insert(self.tx, &prescription)?;
        Ok(prescription.id)
    }

    fn calendar(&mut self, plan: &Plan, cycle_id: &str, days: &[String]) -> Result<()> {
        for (number, indexes) in &plan.calendar {
            let week = Week {
                id: self.app.ids.uuid(),
                cycle_id: cycle_id.to_owned(),
                number: *number,
                name: Some(format!("Week {number}")),
                created_at: self.now,
                updated_at: self.now,
            };
            weeks::insert(self.tx, &week)?;
            for (position, index) in (0_i64..).zip(indexes) {
                let day_id = days.get(*index).ok_or_else(|| Error::internal("a week names no day"))?.clone();
                let place = WeekDay { id: self.app.ids.uuid(), week_id: week.id.clone(), day_id, position };
                weeks::insert_day(self.tx, &place)?;
            }
        }
        Ok(())
    }

    fn gain(&mut self, gain: &Gain, program: &Program, lifts: &BTreeMap<String, String>) -> Result<()> {
        let progression = self.progression(gain, &program.name)?;
        for lift in gain.lifts {
            let row = ProgramProgression {
                id: self.app.ids.uuid(),
                program_id: program.id.clone(),
                progression_id: progression.clone(),
                lift_id: Some(known(lifts, lift)?.to_owned()),
                priority: 0,
                created_at: self.now,
                updated_at: self.now,
            };
            program_progressions::insert(self.tx, &row)?;
        }
        Ok(())
    }

    fn progression(&mut self, gain: &Gain, program: &str) -> Result<String> {
        let (kind, trigger, when) = match gain.after {
            After::Session => (ProgressionType::Linear, Some("AFTER_SESSION"), "every session"),
            After::Week => (ProgressionType::Linear, Some("AFTER_WEEK"), "every week"),
            After::Cycle => (ProgressionType::Cycle, None, "every cycle"),
        };
        let mut parameters = json!({ "increment": gain.increment, "maxType": "TRAINING_MAX" });
        if let Some(trigger) = trigger {
            parameters["triggerType"] = json!(trigger);
        }
        let progression = Progression {
            id: self.app.ids.uuid(),
            name: format!("{program}: +{} {when}", gain.increment),
            rule: parsed(|v| Rule::parse(kind, "parameters", &parameters, v))?,
            created_at: self.now,
            updated_at: self.now,
        };
        progressions::insert(self.tx, &progression)?;
        Ok(progression.id)
    }
}

fn known<'l>(lifts: &'l BTreeMap<String, String>, slug: &str) -> Result<&'l str> {
    lifts
        .get(slug)
        .map(String::as_str)
        .ok_or_else(|| Error::internal(format!("no lift {slug} in the program")))
}

/// What the domain's own parser makes of a built-in value.
fn parsed<T>(parse: impl FnOnce(&mut Violations) -> Option<T>) -> Result<T> {
    let mut violations = Violations::new();
    let value = parse(&mut violations);
    violations.finish(value)
}
