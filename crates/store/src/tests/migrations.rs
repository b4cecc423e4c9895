//! Migrations run once, in order, whole, and never over a database of another version.

use ferrum_domain::time::Millis;

use super::support::{Fixture, empty};
use crate::migrate;
use crate::migrations::{MIGRATIONS, Migration};

const FIRST: Migration = Migration { name: "0001_one", sql: "CREATE TABLE one (id INTEGER NOT NULL);" };
const SECOND: Migration = Migration { name: "0002_two", sql: "CREATE TABLE two (id INTEGER NOT NULL);" };
const BROKEN: Migration = Migration {
    name: "0002_two",
    sql: "CREATE TABLE two (id INTEGER NOT NULL); INSERT INTO nowhere VALUES (1);",
};

fn run(fixture: &Fixture, list: &[Migration]) -> Result<usize, String> {
    fixture.db.on_target(|target| migrate::run(target, list, Millis(5))).map_err(|error| error.to_string())
}

fn pending(fixture: &Fixture, list: &[Migration]) -> Result<usize, String> {
    fixture.db.on_target(|target| migrate::pending(target, list)).map_err(|error| error.to_string())
}

#[test]
fn the_list_counts_up_without_a_gap() {
    for (position, migration) in MIGRATIONS.iter().enumerate() {
        let number = format!("{:04}_", position + 1);
        assert!(migration.name.starts_with(&number), "{} should begin with {number}", migration.name);
    }
}

#[test]
fn each_runs_once() {
    for fixture in empty() {
        assert_eq!(pending(&fixture, &[FIRST, SECOND]), Ok(2));
        assert_eq!(run(&fixture, &[FIRST]), Ok(1));
        assert_eq!(pending(&fixture, &[FIRST, SECOND]), Ok(1));
        assert_eq!(run(&fixture, &[FIRST, SECOND]), Ok(1));
        assert_eq!(run(&fixture, &[FIRST, SECOND]), Ok(0));
    }
}

#[test]
fn a_newer_or_altered_database_is_refused_by_name() {
    for fixture in empty() {
        run(&fixture, &[FIRST, SECOND]).unwrap();
        let newer = run(&fixture, &[FIRST]).unwrap_err();
        assert!(newer.contains("newer") && newer.contains("0002_two"), "{newer}");
        assert_eq!(pending(&fixture, &[FIRST]), Err(newer));
        let edited = Migration { sql: "CREATE TABLE one (id TEXT);", ..FIRST };
        let altered = run(&fixture, &[edited, SECOND]).unwrap_err();
        assert!(altered.contains("altered") && altered.contains("0001_one"), "{altered}");
        let other = Migration { name: "0002_other", ..SECOND };
        let other = run(&fixture, &[FIRST, other]).unwrap_err();
        assert!(other.contains("0002_two") && other.contains("0002_other"), "{other}");
    }
}

#[test]
fn a_failing_migration_leaves_nothing_of_itself() {
    for fixture in empty() {
        let error = run(&fixture, &[FIRST, BROKEN]).unwrap_err();
        assert!(error.contains("0002_two"), "{error}");
        assert_eq!(pending(&fixture, &[FIRST, SECOND]), Ok(1));
        assert_eq!(run(&fixture, &[FIRST, SECOND]), Ok(1));
    }
}

#[test]
fn several_processes_may_migrate_at_once() {
    for fixture in empty() {
        let ran = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| fixture.db.migrate(Millis(5)).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        });
        assert_eq!(ran, MIGRATIONS.len());
        assert_eq!(fixture.db.pending().unwrap(), 0);
    }
}
