//! A program as its lifters need it: weeks of sessions of parsed prescriptions, with everything that
//! does not depend on the lifter worked out once per version of the catalogue.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use ferrum_domain::strength::load::LoadContext;
use ferrum_domain::strength::lookup::{DailyEntries, WeeklyEntries, WeeklyEntry};
use ferrum_domain::strength::position::Shape;
use ferrum_domain::strength::prescription::{self, MaxSource, Prescription};
use ferrum_domain::strength::selection::Configuration;
use ferrum_domain::units::Thousandths;
use ferrum_domain::{Error, Result};
use ferrum_store::lift_maxes::Needed;
use ferrum_store::lifts::Lift;
use ferrum_store::{
    Tx, catalogue, cycles, daily_lookups, days, lifts, prescriptions, program_progressions, programs,
    weekly_lookups, weeks,
};

use crate::App;

/// A program, ready for workouts.
#[derive(Debug)]
pub struct CompiledProgram {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its slug.
    pub slug: String,
    /// Its description.
    pub description: Option<String>,
    /// How many weeks and sessions it has.
    pub shape: Shape,
    /// Which progressions apply to which lifts.
    pub configurations: Vec<Configuration>,
    /// The lifts that are prescribed anywhere in the cycle.
    pub lifts: BTreeSet<String>,
    default_rounding: Option<Thousandths>,
    weeks: BTreeMap<i64, Week>,
}

/// One week of a cycle.
#[derive(Debug)]
pub struct Week {
    /// The lifts that are prescribed in it.
    pub lifts: BTreeSet<String>,
    entry: Option<WeeklyEntry>,
    sessions: Vec<Arc<Session>>,
}

/// One day of a week.
#[derive(Debug)]
pub struct Session {
    /// The day's slug.
    pub slug: String,
    /// What to do, in order.
    pub exercises: Vec<Exercise>,
    /// The lifts that are prescribed in it.
    pub lifts: BTreeSet<String>,
    /// The maxes that its exercises ask for first, each once.
    pub maxes: Vec<Needed>,
    daily: Option<Thousandths>,
}

/// One exercise of a day.
#[derive(Debug)]
pub struct Exercise {
    /// Its prescription's id.
    pub prescription_id: String,
    /// Id of the lift to do.
    pub lift_id: String,
    /// Name of the lift to do.
    pub lift_name: String,
    /// Slug of the lift to do.
    pub lift_slug: String,
    /// How heavy and how often.
    pub plan: Prescription,
    /// Notes for the lifter.
    pub notes: Option<String>,
    /// Rest between sets.
    pub rest_seconds: Option<i64>,
    max_slug: String,
    max_chain: Vec<String>,
}

impl CompiledProgram {
    /// A week of the cycle, if the program has made one of that number.
    pub fn week(&self, number: i64) -> Option<&Week> {
        self.weeks.get(&number)
    }

    /// What the program adds to the prescriptions of a session.
    pub fn context<'p>(&self, week: &'p Week, session: &Session) -> LoadContext<'p> {
        LoadContext {
            weekly: week.entry.as_ref(),
            daily: session.daily,
            default_rounding: self.default_rounding,
        }
    }
}

impl Week {
    fn length(&self) -> i64 {
        i64::try_from(self.sessions.len()).unwrap_or(i64::MAX)
    }

    /// The session at `index`, counted from 0; the last one when the week has become shorter.
    pub fn session_at(&self, index: i64) -> Option<&Arc<Session>> {
        let index = usize::try_from(index).unwrap_or(0).min(self.sessions.len().checked_sub(1)?);
        self.sessions.get(index)
    }

    /// The first session of the day with that slug.
    pub fn session_of(&self, day_slug: &str) -> Option<&Arc<Session>> {
        self.sessions.iter().find(|session| session.slug == day_slug)
    }
}

impl Exercise {
    /// The lift whose max counts, with those whose max stands in for it.
    pub fn max_source(&self) -> MaxSource<'_> {
        MaxSource { slug: &self.max_slug, chain: &self.max_chain }
    }
}

/// The program as of the snapshot of a read, in which the catalogue has this version.
pub fn for_reading(
    app: &App,
    tx: &mut Tx<'_>,
    version: i64,
    program_id: &str,
) -> Result<Arc<CompiledProgram>> {
    if let Some(program) = app.catalogue.programs.get(version, program_id) {
        return Ok(program);
    }
    let program = Arc::new(compile(tx, program_id)?);
    app.catalogue.programs.put(version, program_id, &program);
    Ok(program)
}

/// The program as a write sees it. Only reads keep what they compile: a write may stand behind a
/// change of the catalogue that is rolled back with it, whose version another change would take.
pub fn for_writing(app: &App, tx: &mut Tx<'_>, program_id: &str) -> Result<Arc<CompiledProgram>> {
    let version = catalogue::version(tx)?;
    if let Some(program) = app.catalogue.programs.get(version, program_id) {
        return Ok(program);
    }
    Ok(Arc::new(compile(tx, program_id)?))
}

fn compile(tx: &mut Tx<'_>, program_id: &str) -> Result<CompiledProgram> {
    let program = programs::get(tx, program_id)?;
    let cycle = cycles::get(tx, &program.cycle_id)?;
    let weekly = program.weekly_lookup_id.as_deref().map(|id| weekly_lookups::get(tx, id)).transpose()?;
    let daily = program.daily_lookup_id.as_deref().map(|id| daily_lookups::get(tx, id)).transpose()?;
    let mut compiler = Compiler {
        weekly: weekly.map(|lookup| lookup.entries),
        daily: daily.map(|lookup| lookup.entries),
        lifts: HashMap::new(),
        sessions: HashMap::new(),
    };
    let mut numbered = BTreeMap::new();
    for week in weeks::list_of_cycle(tx, &program.cycle_id)? {
        // A week may have been made ahead of a longer cycle.
        if week.number <= cycle.length_weeks {
            numbered.insert(week.number, compiler.week(tx, &week)?);
        }
    }
    let sessions = numbered.iter().map(|(number, week)| (*number, week.length()));
    Ok(CompiledProgram {
        shape: Shape::new(cycle.length_weeks, sessions),
        configurations: program_progressions::list_configurations(tx, program_id)?,
        lifts: numbered.values().flat_map(|week| week.lifts.iter().cloned()).collect(),
        default_rounding: program.default_rounding,
        weeks: numbered,
        id: program.id,
        name: program.name,
        slug: program.slug,
        description: program.description,
    })
}

fn first_maxes(tx: &mut Tx<'_>, exercises: &[Exercise]) -> Result<Vec<Needed>> {
    let mut maxes: Vec<Needed> = Vec::new();
    for exercise in exercises {
        let max_type = exercise.plan.load_strategy.max_type;
        let Some(lift_id) = exercise.max_chain.first() else { continue };
        if !maxes.iter().any(|max| (&max.lift_id, max.max_type) == (lift_id, max_type)) {
            let lift_key = lifts::find_key(tx, lift_id)?;
            let lift_key = lift_key.ok_or_else(|| Error::internal("a prescribed lift has no key"))?;
            maxes.push(Needed { lift_id: lift_id.clone(), lift_key, max_type });
        }
    }
    Ok(maxes)
}

/// What several weeks and sessions share while a program is compiled.
struct Compiler {
    weekly: Option<WeeklyEntries>,
    daily: Option<DailyEntries>,
    lifts: HashMap<String, Lift>,
    sessions: HashMap<String, Arc<Session>>,
}

impl Compiler {
    fn week(&mut self, tx: &mut Tx<'_>, week: &weeks::Week) -> Result<Week> {
        let mut sessions = Vec::new();
        for place in weeks::days(tx, &week.id)? {
            sessions.push(self.session(tx, &place.day_id)?);
        }
        Ok(Week {
            lifts: sessions.iter().flat_map(|session| session.lifts.iter().cloned()).collect(),
            entry: self.weekly.as_ref().and_then(|table| table.get(week.number)).cloned(),
            sessions,
        })
    }

    fn session(&mut self, tx: &mut Tx<'_>, day_id: &str) -> Result<Arc<Session>> {
        if let Some(session) = self.sessions.get(day_id) {
            return Ok(Arc::clone(session));
        }
        let day = days::get(tx, day_id)?;
        let mut exercises = Vec::new();
        for place in days::prescriptions(tx, day_id)? {
            exercises.push(self.exercise(tx, &place.prescription_id)?);
        }
        let metadata = day.metadata.map(serde_json::Value::Object);
        let session = Arc::new(Session {
            maxes: first_maxes(tx, &exercises)?,
            lifts: exercises.iter().map(|exercise| exercise.lift_id.clone()).collect(),
            daily: self.daily.as_ref().and_then(|table| table.find(&day.slug, metadata.as_ref())),
            slug: day.slug,
            exercises,
        });
        self.sessions.insert(day_id.to_owned(), Arc::clone(&session));
        Ok(session)
    }

    fn exercise(&mut self, tx: &mut Tx<'_>, prescription_id: &str) -> Result<Exercise> {
        let row = prescriptions::get(tx, prescription_id)?;
        let max_lift = row.load_strategy.max_lift(&row.lift_id).to_owned();
        self.read_lift_and_ancestors(tx, &row.lift_id)?;
        self.read_lift_and_ancestors(tx, &max_lift)?;
        let parent_of = |id: &str| Ok(self.lifts.get(id).and_then(|lift| lift.parent_id.clone()));
        let max_chain = prescription::chain(&max_lift, parent_of)?;
        let lift = self.lift(&row.lift_id)?;
        Ok(Exercise {
            lift_id: lift.id.clone(),
            lift_name: lift.name.clone(),
            lift_slug: lift.slug.clone(),
            max_slug: self.lift(&max_lift)?.slug.clone(),
            max_chain,
            plan: Prescription { load_strategy: row.load_strategy, set_scheme: row.set_scheme },
            prescription_id: row.id,
            notes: row.notes,
            rest_seconds: row.rest_seconds,
        })
    }

    fn read_lift_and_ancestors(&mut self, tx: &mut Tx<'_>, lift_id: &str) -> Result<()> {
        let mut next = Some(lift_id.to_owned());
        while let Some(id) = next.filter(|id| !self.lifts.contains_key(id)) {
            let lift = lifts::get(tx, &id)?;
            let parent = lift.parent_id.clone();
            self.lifts.insert(id, lift);
            next = parent;
        }
        Ok(())
    }

    fn lift(&self, id: &str) -> Result<&Lift> {
        self.lifts.get(id).ok_or_else(|| Error::internal("a prescribed lift was not read"))
    }
}
