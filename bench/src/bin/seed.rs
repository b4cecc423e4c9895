//! Fills a migrated database for the benchmark: a gym with a program of four weeks, and lifters in it
//! who have trained for half a year.
//!
//! `FERRUM_DATA_DIR=... [FERRUM_DATABASE_URL=...] seed`: 30 lifts, 1,000 enrolled lifters, 100,000 maxes.
//! Their ids are known to the scripts that drive the load: `bench-lift-00` to `-29`, `lifter-0` to `-999`.

use std::error::Error;
use std::sync::Arc;

use ferrum_app::App;
use ferrum_app::clock::Clock;
use ferrum_app::config::Settings;
use ferrum_domain::Result;
use ferrum_domain::strength::MaxType;
use ferrum_domain::strength::load::{LoadStrategy, LookupKey};
use ferrum_domain::strength::lookup::WeeklyEntries;
use ferrum_domain::strength::position::Position;
use ferrum_domain::strength::set_scheme::{SetScheme, Step};
use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;
use ferrum_domain::violations::Violations;
use ferrum_store::accounts::{self, Birth};
use ferrum_store::days::{Day, DayPrescription};
use ferrum_store::enrollments::{self, Enrollment};
use ferrum_store::lift_maxes::{self, LiftMax};
use ferrum_store::lifts::Lift;
use ferrum_store::prescriptions::Prescription;
use ferrum_store::programs::Program;
use ferrum_store::weekly_lookups::Lookup;
use ferrum_store::weeks::{Week, WeekDay};
use ferrum_store::{Tx, cycles, cycles::Cycle, days, lifts, prescriptions, programs, weekly_lookups, weeks};

const LIFTS: usize = 30;
const LIFTERS: usize = 1_000;
const MAXES_PER_LIFTER: usize = 100;
/// Lifters who are written in one transaction.
const BATCH: usize = 50;
/// The lifts that the program trains, one a day.
const TRAINED: usize = 4;
const WEEKS: i64 = 4;
const WEEK_MILLIS: i64 = 7 * 24 * 3_600_000;

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn Error>> {
    let config = Settings::gather(None, std::env::vars(), [])?.config()?;
    let app = tokio::task::spawn_blocking(|| App::open(config, Clock::system())).await??;
    let (now, table) = (app.clock.now(), percentages()?);
    app.db.write(move |tx| gym(tx, now, &table)).await?;
    for first in (0..LIFTERS).step_by(BATCH) {
        let ids = Arc::clone(&app);
        app.db.write(move |tx| (first..first + BATCH).try_for_each(|n| lifter(tx, &ids, n, now))).await?;
    }
    tokio::task::spawn_blocking(move || app.db.close()).await?;
    Ok(())
}

fn lift_id(n: usize) -> String {
    format!("bench-lift-{n:02}")
}

/// Three sets a week that grow heavier for three weeks; the fourth is light.
fn percentages() -> std::result::Result<WeeklyEntries, Box<dyn Error>> {
    let entries =
        serde_json::json!({ "1": [65, 75, 85], "2": [70, 80, 90], "3": [75, 85, 95], "4": [40, 50, 60] });
    let mut violations = Violations::new();
    let read = WeeklyEntries::parse("entries", &entries, &mut violations);
    Ok(violations.finish(read)?)
}

/// The lifts and the program, whose days have four exercises each.
fn gym(tx: &mut Tx<'_>, now: Millis, table: &WeeklyEntries) -> Result<()> {
    for n in 0..LIFTS {
        lifts::insert(
            tx,
            &Lift {
                id: lift_id(n),
                name: format!("Bench lift {n:02}"),
                slug: lift_id(n),
                is_competition: n < TRAINED,
                parent_id: None,
                created_at: now,
                updated_at: now,
            },
        )?;
    }
    let name = || "Benchmark".to_owned();
    let (id, created_at, updated_at) = ("bench".to_owned(), now, now);
    let cycle = Cycle { id: id.clone(), name: name(), length_weeks: WEEKS, created_at, updated_at };
    cycles::insert(tx, &cycle)?;
    let lookup = Lookup { id: id.clone(), name: name(), entries: table.clone(), created_at, updated_at };
    weekly_lookups::insert(tx, &lookup)?;
    programs::insert(
        tx,
        &Program {
            id: id.clone(),
            name: name(),
            slug: id.clone(),
            description: None,
            cycle_id: id.clone(),
            weekly_lookup_id: Some(id.clone()),
            daily_lookup_id: None,
            default_rounding: None,
            created_at,
            updated_at,
        },
    )?;
    (0..TRAINED).try_for_each(|n| day(tx, n, now))?;
    (1..=WEEKS).try_for_each(|number| week(tx, number, now))
}

fn day(tx: &mut Tx<'_>, n: usize, now: Millis) -> Result<()> {
    let id = format!("bench-day-{n}");
    days::insert(
        tx,
        &Day {
            id: id.clone(),
            name: format!("Day {n}"),
            slug: id.clone(),
            metadata: None,
            program_id: Some("bench".to_owned()),
            created_at: now,
            updated_at: now,
        },
    )?;
    for (order, (lift, plan)) in (0..).zip(exercises(n)) {
        let prescription = format!("{id}-{order}");
        let (load_strategy, set_scheme) = plan;
        prescriptions::insert(
            tx,
            &Prescription {
                id: prescription.clone(),
                lift_id: lift_id(lift),
                load_strategy,
                set_scheme,
                order,
                notes: None,
                rest_seconds: Some(180),
                created_at: now,
                updated_at: now,
            },
        )?;
        let place = DayPrescription {
            id: prescription.clone(),
            day_id: id.clone(),
            prescription_id: prescription,
            order,
            created_at: now,
        };
        days::insert_prescription(tx, &place)?;
    }
    Ok(())
}

/// The day's lift by the weekly table and then for volume, the next one after warming up, and a third.
fn exercises(n: usize) -> [(usize, (LoadStrategy, SetScheme)); 4] {
    let fixed = |sets, reps| SetScheme::Fixed { sets, reps, is_amrap: None };
    let steps = [(50, 5), (60, 5), (80, 3), (100, 5)];
    let sets =
        steps.map(|(percentage, reps)| Step { percentage: Thousandths::whole(percentage), reps }).into();
    let (next, third) = ((n + 1) % TRAINED, (n + 2) % TRAINED);
    [
        (
            n,
            (
                percent_of(85, Some(LookupKey::Week)),
                SetScheme::Fixed { sets: 3, reps: 5, is_amrap: Some(true) },
            ),
        ),
        (n, (percent_of(50, None), fixed(5, 10))),
        (next, (percent_of(70, None), SetScheme::Ramp { sets })),
        (third, (percent_of(60, None), fixed(3, 8))),
    ]
}

fn percent_of(percentage: i64, lookup_key: Option<LookupKey>) -> LoadStrategy {
    LoadStrategy {
        max_type: MaxType::TrainingMax,
        percentage: Thousandths::whole(percentage),
        lookup_key,
        round_to: None,
        rounding_direction: None,
        of_lift_id: None,
    }
}

fn week(tx: &mut Tx<'_>, number: i64, now: Millis) -> Result<()> {
    let id = format!("bench-week-{number}");
    weeks::insert(
        tx,
        &Week {
            id: id.clone(),
            cycle_id: "bench".to_owned(),
            number,
            name: None,
            created_at: now,
            updated_at: now,
        },
    )?;
    for (position, n) in (0..).zip(0..TRAINED) {
        let place = WeekDay {
            id: format!("{id}-{n}"),
            week_id: id.clone(),
            day_id: format!("bench-day-{n}"),
            position,
        };
        weeks::insert_day(tx, &place)?;
    }
    Ok(())
}

/// A lifter somewhere in the program, with a training max of each trained lift for every week so far.
fn lifter(tx: &mut Tx<'_>, app: &App, n: usize, now: Millis) -> Result<()> {
    let user_id = format!("lifter-{n}");
    let account = accounts::ensure(tx, &user_id, &Birth { now, object_id: app.ids.object_id() })?;
    let n = i64::try_from(n).unwrap_or_default();
    let position = Position { iteration: 1 + n % 7, week: 1 + n % WEEKS, day_index: n / WEEKS % 4 };
    enrollments::insert(
        tx,
        &Enrollment {
            id: app.ids.uuid(),
            account,
            user_id: user_id.clone(),
            program_id: "bench".to_owned(),
            position,
            enrolled_at: now,
            updated_at: now,
        },
    )?;
    for (weeks_ago, lift) in
        (1..).flat_map(|week| (0..TRAINED).map(move |lift| (week, lift))).take(MAXES_PER_LIFTER)
    {
        let at = Millis(now.0 - weeks_ago * WEEK_MILLIS);
        let lift_key = lifts::find_key(tx, &lift_id(lift))?.ok_or(ferrum_domain::Error::NotFound)?;
        lift_maxes::insert(
            tx,
            &LiftMax {
                id: app.ids.uuid(),
                account,
                user_id: String::new(),
                lift_id: lift_id(lift),
                lift_key,
                max_type: MaxType::TrainingMax,
                value: Thousandths::whole(400 - 5 * weeks_ago + n % 50),
                unit: None,
                effective_at: at,
                created_at: at,
                updated_at: at,
                written: app.ids.order(),
            },
        )?;
    }
    Ok(())
}
