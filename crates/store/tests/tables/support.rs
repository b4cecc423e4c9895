//! A fresh database for each test, and rows to fill it with.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use ferrum_domain::strength::MaxType;
use ferrum_domain::strength::load::LoadStrategy;
use ferrum_domain::strength::position::Position;
use ferrum_domain::strength::progression::{Event, Progression as Rule};
use ferrum_domain::strength::set_scheme::SetScheme;
use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;
use ferrum_domain::{Conflict, Error, Result};
use ferrum_store::accounts::{self, Birth};
use ferrum_store::cycles::Cycle;
use ferrum_store::days::Day;
use ferrum_store::enrollments::Enrollment;
use ferrum_store::lift_maxes::{self, LiftMax};
use ferrum_store::lifts::{self, Lift};
use ferrum_store::listing::Window;
use ferrum_store::prescriptions::Prescription;
use ferrum_store::program_progressions::ProgramProgression;
use ferrum_store::programs::Program;
use ferrum_store::progressions::Progression;
use ferrum_store::weeks::Week;
use ferrum_store::{Db, Options, Tx};

/// When everything happens unless a test says otherwise.
pub(crate) const NOW: Millis = Millis(1_700_000_000_000);

static WRITTEN: AtomicI64 = AtomicI64::new(0);

/// More than any test lists.
pub(crate) const ALL: Window = Window { page: 1, size: 100 };

/// Databases made on the server so far.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// Runs a test on a fresh SQLite file, then on a fresh PostgreSQL database where there is a server.
pub(crate) async fn on_both(test: impl AsyncFn(Db)) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("ferrum.db");
    run(&Options { url: None, file: file.clone(), pool: 1 }, &test).await;

    let Ok(server) = std::env::var("FERRUM_TEST_POSTGRES_URL") else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI must test on PostgreSQL: run `make test`");
        eprintln!("SKIPPED: no FERRUM_TEST_POSTGRES_URL (`make test` finds or starts a server)");
        return;
    };
    let name = format!("{}{}", prefix(), COUNT.fetch_add(1, Ordering::Relaxed));
    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    administer(&server, &[&drop, &format!("CREATE DATABASE {name}")]);
    let root = server.rsplit_once('/').map_or(server.as_str(), |(root, _)| root);
    run(&Options { url: Some(format!("{root}/{name}")), file, pool: 4 }, &test).await;
    administer(&server, &[&drop]);
}

async fn run(options: &Options, test: &impl AsyncFn(Db)) {
    let db = Db::open(options).expect("the database opens");
    db.migrate(NOW).expect("the migrations run");
    test(db.clone()).await;
    db.close();
}

/// What the names of this process's databases begin with.
fn prefix() -> String {
    format!("ferrum_tables_{}_", std::process::id())
}

fn administer(server: &str, statements: &[&str]) {
    on_server(server, |client| {
        statements
            .iter()
            .try_for_each(|statement| client.batch_execute(statement))
            .expect("the server obeys");
    });
}

/// Whether a statement that begins so waits for a lock in a database of this process on PostgreSQL.
pub(crate) fn waits_for_lock(statement: &str) -> bool {
    let sql = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
        AND starts_with(datname, $1) AND starts_with(query, $2)";
    let server = std::env::var("FERRUM_TEST_POSTGRES_URL").expect("a server");
    on_server(&server, |client| {
        client.query_opt(sql, &[&prefix(), &statement]).expect("the server answers").is_some()
    })
}

fn on_server<T: Send>(server: &str, work: impl FnOnce(&mut postgres::Client) -> T + Send) -> T {
    // The client blocks on a runtime of its own, which must not happen on a test's.
    std::thread::scope(|scope| {
        let work =
            || work(&mut postgres::Client::connect(server, postgres::NoTls).expect("the server answers"));
        scope.spawn(work).join().expect("no panic")
    })
}

/// The conflict that a write met.
#[track_caller]
pub(crate) fn conflict<T: std::fmt::Debug>(result: Result<T>) -> Conflict {
    match result {
        Err(Error::Conflict(conflict)) => conflict,
        other => panic!("not a conflict: {other:?}"),
    }
}

/// What refers to a row, as its deletion was refused.
#[track_caller]
pub(crate) fn referrers<T: std::fmt::Debug>(result: Result<T>) -> String {
    match conflict(result) {
        Conflict::Referenced(by) => by,
        other => panic!("not a reference: {other:?}"),
    }
}

/// Checks that a row does not exist.
#[track_caller]
pub(crate) fn not_found<T: std::fmt::Debug>(result: Result<T>) {
    assert!(matches!(result, Err(Error::NotFound)), "{result:?}");
}

/// The key of the account `id`, made if need be.
pub(crate) fn account(tx: &mut Tx<'_>, id: &str) -> Result<i64> {
    accounts::ensure(tx, id, &Birth { now: NOW, object_id: format!("{id:0>24}") })
}

pub(crate) fn lift(id: &str) -> Lift {
    Lift {
        id: id.to_owned(),
        name: id.to_owned(),
        slug: id.to_owned(),
        is_competition: false,
        parent_id: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(crate) fn max(id: &str, account: i64, lift_id: &str, value: i64, effective_at: i64) -> LiftMax {
    LiftMax {
        id: id.to_owned(),
        account,
        user_id: String::new(),
        lift_id: lift_id.to_owned(),
        lift_key: 0,
        max_type: MaxType::TrainingMax,
        value: Thousandths::whole(value),
        unit: None,
        effective_at: Millis(effective_at),
        created_at: NOW,
        updated_at: NOW,
        written: WRITTEN.fetch_add(1, Ordering::Relaxed),
    }
}

/// Adds a max, whose lift's key is looked up.
pub(crate) fn insert_max(tx: &mut Tx<'_>, max: LiftMax) -> Result<()> {
    let lift_key = lifts::find_key(tx, &max.lift_id)?.ok_or(Error::NotFound)?;
    lift_maxes::insert(tx, &LiftMax { lift_key, ..max })
}

pub(crate) fn prescription(id: &str, lift_id: &str) -> Prescription {
    Prescription {
        id: id.to_owned(),
        lift_id: lift_id.to_owned(),
        load_strategy: LoadStrategy {
            max_type: MaxType::TrainingMax,
            percentage: Thousandths(82_500),
            lookup_key: None,
            round_to: None,
            rounding_direction: None,
            of_lift_id: None,
        },
        set_scheme: SetScheme::Fixed { sets: 5, reps: 5, is_amrap: Some(true) },
        order: 0,
        notes: None,
        rest_seconds: Some(180),
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(crate) fn day(id: &str, program_id: Option<&str>) -> Day {
    Day {
        id: id.to_owned(),
        name: id.to_owned(),
        slug: "squat-day".to_owned(),
        metadata: None,
        program_id: program_id.map(str::to_owned),
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(crate) fn cycle(id: &str) -> Cycle {
    Cycle { id: id.to_owned(), name: id.to_owned(), length_weeks: 4, created_at: NOW, updated_at: NOW }
}

pub(crate) fn week(id: &str, cycle_id: &str, number: i64) -> Week {
    Week {
        id: id.to_owned(),
        cycle_id: cycle_id.to_owned(),
        number,
        name: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(crate) fn program(id: &str, cycle_id: &str) -> Program {
    Program {
        id: id.to_owned(),
        name: id.to_owned(),
        slug: id.to_owned(),
        description: None,
        cycle_id: cycle_id.to_owned(),
        weekly_lookup_id: None,
        daily_lookup_id: None,
        default_rounding: Some(Thousandths(2_500)),
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(crate) fn progression(id: &str, event: Event) -> Progression {
    let rule = Rule { increment: Thousandths::whole(5), max_type: MaxType::TrainingMax, event };
    Progression { id: id.to_owned(), name: id.to_owned(), rule, created_at: NOW, updated_at: NOW }
}

pub(crate) fn configuration(id: &str, progression_id: &str, lift_id: Option<&str>) -> ProgramProgression {
    ProgramProgression {
        id: id.to_owned(),
        program_id: "program".to_owned(),
        progression_id: progression_id.to_owned(),
        lift_id: lift_id.map(str::to_owned),
        priority: 0,
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(crate) fn enrollment(id: &str, account: i64, program_id: &str) -> Enrollment {
    Enrollment {
        id: id.to_owned(),
        account,
        user_id: String::new(),
        program_id: program_id.to_owned(),
        position: Position::START,
        enrolled_at: NOW,
        updated_at: NOW,
    }
}
