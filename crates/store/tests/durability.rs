//! What is acknowledged stays, whatever happens to the process; what is not is never half there.
//!
//! Each test runs this very binary again as a child, which writes and prints what was acknowledged.
//! `FERRUM_SOAK=1` makes 20 kill rounds instead of 3.

#![allow(clippy::unwrap_used, reason = "in a test it is the assertion")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ferrum_domain::Error;
use ferrum_domain::time::Millis;
use ferrum_store::audit::{self, Entry};
use ferrum_store::lifts::{self, Lift};
use ferrum_store::listing::{NamedSort, Order, Window};
use ferrum_store::{Db, Options, catalogue};

/// Says in a child which file to write to; `FERRUM_CHILD_NAME` begins its ids.
const CHILD: &str = "FERRUM_CHILD_FILE";
const CALLERS: usize = 16;

fn open(file: &Path) -> Db {
    Db::open(&Options { url: None, file: file.to_owned(), pool: 0 }).unwrap()
}

fn migrated(file: &Path) -> Db {
    let db = open(file);
    db.migrate(Millis(0)).unwrap();
    db
}

/// One transaction of two rows: a lift and the audit entry of it.
async fn write(db: &Db, id: String) -> ferrum_domain::Result<()> {
    db.write(move |tx| {
        let now = Millis(0);
        lifts::insert(
            tx,
            &Lift {
                id: id.clone(),
                name: id.clone(),
                slug: id.clone(),
                is_competition: false,
                parent_id: None,
                created_at: now,
                updated_at: now,
            },
        )?;
        audit::insert(
            tx,
            &Entry {
                at: now,
                actor_key: None,
                actor_id: "child",
                proof: "cli",
                claimed_admin: false,
                surface: "cli",
                route: "test",
                row_type: "lifts",
                row_id: &id,
                fields: &[],
                request_id: "",
            },
        )
    })
    .await
}

/// The ids that are there, each with both of its rows.
async fn kept(db: &Db) -> BTreeSet<String> {
    let both = db.report(|tx| {
        let mut lifts = BTreeSet::new();
        for page in 1.. {
            let window = Window { page, size: 10_000 };
            let (rows, total) =
                lifts::list(tx, &lifts::Filter::default(), NamedSort::Name, Order::Ascending, window)?;
            lifts.extend(rows.into_iter().map(|lift| lift.id));
            if lifts.len() as u64 >= total {
                break;
            }
        }
        let entries: BTreeSet<String> =
            audit::list_after(tx, None, i64::MAX, i64::MAX)?.into_iter().map(|entry| entry.row_id).collect();
        Ok((lifts, entries))
    });
    let (lifts, entries) = both.await.unwrap();
    assert_eq!(lifts, entries, "half a transaction");
    lifts
}

/// Not a test by itself: the child of the others.
#[test]
fn child() {
    let Some(file) = std::env::var_os(CHILD) else { return };
    let name = std::env::var("FERRUM_CHILD_NAME").unwrap_or_default();
    let limit = std::env::var("FERRUM_CHILD_WRITES").map_or(u64::MAX, |text| text.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (db, count) = (open(file.as_ref()), Arc::new(AtomicU64::new(0)));
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let (db, count, name) = (db.clone(), Arc::clone(&count), name.clone());
                tokio::spawn(async move {
                    loop {
                        let number = count.fetch_add(1, Ordering::SeqCst);
                        if number >= limit {
                            break;
                        }
                        let id = format!("{name}-{number:06}");
                        // One system call a line, so that a kill cuts none in two.
                        let said = match write(&db, id.clone()).await {
                            Ok(()) => format!("kept {id}\n"),
                            Err(Error::Unavailable { .. }) => format!("refused {id}\n"),
                            Err(other) => format!("broken {id}: {other}\n"),
                        };
                        say(said.as_bytes());
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
        db.close();
    });
}

/// Past the test harness, which would keep what a test prints.
fn say(line: &[u8]) {
    std::io::stderr().lock().write_all(line).unwrap();
}

fn command(program: &Path, file: &Path, name: &str) -> Command {
    let mut command = Command::new(program);
    as_child(&mut command, file, name);
    command.args(["child", "--exact", "--nocapture"]);
    command
}

fn as_child(command: &mut Command, file: &Path, name: &str) {
    command.env(CHILD, file).env("FERRUM_CHILD_NAME", name).stdout(Stdio::null()).stderr(Stdio::piped());
}

fn start(file: &Path, name: &str) -> Child {
    command(&std::env::current_exe().unwrap(), file, name).spawn().unwrap()
}

fn mouth(child: &mut Child) -> BufReader<ChildStderr> {
    BufReader::new(child.stderr.take().unwrap())
}

/// What a child says until its first write is acknowledged.
fn first_words(mouth: &mut impl BufRead) -> String {
    let mut said = String::new();
    loop {
        let start = said.len();
        assert!(mouth.read_line(&mut said).unwrap() > 0, "the child ended: {said}");
        if said[start..].starts_with("kept ") {
            return said;
        }
    }
}

/// What a child says until it ends: the ids whose write was acknowledged, and those refused.
fn heard(mouth: impl BufRead) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut kept, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for line in mouth.lines().map_while(Result::ok) {
        match line.split_once(' ') {
            Some(("kept", id)) => kept.insert(id.to_owned()),
            Some(("refused", id)) => refused.insert(id.to_owned()),
            _ => panic!("the child said: {line}"),
        };
    }
    (kept, refused)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_no_acknowledged_write() {
    let rounds = if std::env::var_os("FERRUM_SOAK").is_some() { 20 } else { 3 };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("killed.db");
    migrated(&file).close();
    let mut acknowledged = BTreeSet::new();
    for round in 0..rounds {
        // Two processes on one file, killed at different moments of their work.
        let mut children = [start(&file, &format!("a{round}")), start(&file, &format!("b{round}"))];
        let mut mouths = children.each_mut().map(mouth);
        let begun = mouths.each_mut().map(first_words);
        for (n, child) in children.iter_mut().enumerate() {
            tokio::time::sleep(Duration::from_millis(700 + 130 * (round % 5) + 90 * n as u64)).await;
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let before = acknowledged.len();
        for (first, mouth) in begun.iter().zip(mouths) {
            acknowledged.extend(heard(first.as_bytes().chain(mouth)).0);
        }
        let db = open(&file);
        let kept = kept(&db).await;
        let lost: Vec<_> = acknowledged.difference(&kept).collect();
        assert!(lost.is_empty(), "round {round}: {} acknowledged writes are gone: {lost:?}", lost.len());
        assert!(acknowledged.len() > before, "round {round}: the children wrote nothing");
        eprintln!(
            "kill round {round}: {} acknowledged, {} kept, none lost, no half transaction",
            acknowledged.len(),
            kept.len()
        );
        db.close();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_see_each_others_catalogue_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shared.db");
    let db = migrated(&file);
    let before = db.read(catalogue::version).await.unwrap();
    let mut other = command(&std::env::current_exe().unwrap(), &file, "other");
    let mut other = other.env("FERRUM_CHILD_WRITES", "200").spawn().unwrap();
    let mine: BTreeSet<String> = (0..200).map(|n| format!("mine-{n}")).collect();
    for id in &mine {
        write(&db, id.clone()).await.unwrap();
    }
    let (theirs, refused) = heard(mouth(&mut other));
    assert!(other.wait().unwrap().success());
    assert_eq!((theirs.len(), refused.len()), (200, 0));
    // Each insert of a lift is a change of the catalogue, whichever process made it.
    assert_eq!(db.read(catalogue::version).await.unwrap(), before + 400);
    assert_eq!(kept(&db).await, mine.union(&theirs).cloned().collect());
}

/// Only a machine that is switched off shows whether data had reached the disk; what can be shown
/// here is that the log was synchronised between each commit and its acknowledgement.
#[test]
fn an_fsync_of_the_log_precedes_every_acknowledgement() {
    if Command::new("strace").arg("-V").output().is_err() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI must test with strace: install it");
        eprintln!("\n***** SKIPPED: no strace *****\n");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (file, trace) = (directory.path().join("traced.db"), directory.path().join("trace"));
    migrated(&file).close();
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qq", "-y", "-s", "4200", "-e", "trace=fsync,fdatasync,pwrite64,write", "-o"])
        .arg(&trace);
    strace.arg(std::env::current_exe().unwrap()).args(["child", "--exact", "--nocapture"]);
    as_child(&mut strace, &file, "traced");
    let mut child = strace.env("FERRUM_CHILD_WRITES", "200").spawn().unwrap();
    let (kept, _) = heard(mouth(&mut child));
    assert!(child.wait().unwrap().success());
    assert_eq!(kept.len(), 200);
    let (acknowledged, syncs) = check_trace(&fs::read_to_string(trace).unwrap());
    assert_eq!(acknowledged, 200);
    eprintln!("{acknowledged} acknowledgements, each after one of {syncs} syncs of the log");
}

/// Fails at an acknowledgement of a row that was not written to the log and then synchronised; says how
/// many acknowledgements and how many syncs there were.
fn check_trace(trace: &str) -> (usize, usize) {
    let (mut acknowledged, mut syncs) = (0, 0);
    // Ids whose row went into the log, by what has happened since.
    let (mut written, mut syncing, mut synced) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for line in trace.lines() {
        let call = line.split_once(char::is_whitespace).map_or("", |(_, call)| call.trim_start());
        let is_log = call.contains("traced.db-wal>");
        let is_sync = ["fsync", "fdatasync"].iter().any(|name| call.starts_with(&format!("{name}(")));
        let is_resumed_sync =
            call.starts_with("<... fsync resumed>") || call.starts_with("<... fdatasync resumed>");
        if call.starts_with("pwrite64(") && is_log {
            written.extend(ids(call).filter(|id| !synced.contains(*id)));
        }
        if is_sync && is_log {
            syncing.append(&mut written);
        }
        if (is_sync && is_log || is_resumed_sync) && call.ends_with("= 0") {
            syncs += 1;
            synced.append(&mut syncing);
        }
        if call.starts_with("write(2") && call.contains("kept traced-") {
            let id = ids(call).next().unwrap();
            assert!(synced.contains(id), "{id} was acknowledged before it was on disk");
            acknowledged += 1;
        }
    }
    (acknowledged, syncs)
}

fn ids(call: &str) -> impl Iterator<Item = &str> {
    call.match_indices("traced-").filter_map(|(at, name)| {
        let id = call.get(at..at + name.len() + 6)?;
        id.ends_with(|c: char| c.is_ascii_digit()).then_some(id)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_may_not_grow_is_a_refusal() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("full.db");
    migrated(&file).close();
    // The shell's limit is in KiB or in half of them; past it the system answers EFBIG as a full disk would.
    let program = std::env::current_exe().unwrap();
    let script = "trap '' XFSZ; ulimit -f 1500; exec \"$0\" child --exact --nocapture";
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).arg(program);
    as_child(&mut shell, &file, "full");
    let mut child = shell.env("FERRUM_CHILD_WRITES", "8000").spawn().unwrap();
    let (acknowledged, refused) = heard(mouth(&mut child));
    assert!(!refused.is_empty() && !acknowledged.is_empty());
    child.wait().unwrap();
    let db = open(&file);
    let kept = kept(&db).await;
    assert!(acknowledged.is_subset(&kept), "an acknowledged write is gone");
    assert!(kept.is_disjoint(&refused), "a refused write is there");
    eprintln!("{} acknowledged, {} refused", acknowledged.len(), refused.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_file_is_a_refusal() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("fixed.db");
    migrated(&file).close();
    // Root may write to anything, so the child is nobody; a copy of the program lies where nobody may run it.
    let program = directory.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
    // The file, and what may lie beside it.
    for entry in fs::read_dir(directory.path()).unwrap().map(Result::unwrap).filter(|e| e.path() != program) {
        fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o444)).unwrap();
    }
    let mut child = command(&program, &file, "fixed");
    if fs::write(&file, fs::read(&file).unwrap()).is_ok() {
        child.uid(65534).gid(65534);
    }
    let mut child = child.env("FERRUM_CHILD_WRITES", "40").spawn().unwrap();
    let began = Instant::now();
    let (acknowledged, refused) = heard(mouth(&mut child));
    assert_eq!((acknowledged.len(), refused.len()), (0, 40));
    assert!(began.elapsed() < Duration::from_secs(20));
    assert!(child.wait().unwrap().success());
}
