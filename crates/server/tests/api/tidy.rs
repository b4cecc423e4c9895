//! The house rules that no compiler keeps.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Longest source file; 400 lines are a hint to split.
const LONGEST: usize = 600;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 10] =
    ["utils", "util", "common", "helpers", "helper", "manager", "service", "services", "core", "types"];
/// What a checkout does not have.
const NOT_OURS: [&str; 4] = [".git", "target", "data", "ferrum.toml"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the workspace").to_owned()
}

/// Every file of the project, by its path from the root.
fn files() -> Vec<PathBuf> {
    fn walk(directory: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, into) } else { into.push(path) }
        }
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(root()).unwrap() {
        let path = entry.unwrap().path();
        if NOT_OURS.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        if path.is_dir() { walk(&path, &mut found) } else { found.push(path) }
    }
    found.sort();
    found.iter().map(|path| path.strip_prefix(root()).unwrap().to_owned()).collect()
}

/// A source file that runs in production, its comments and its tests cut away.
struct Source {
    path: String,
    lines: Vec<String>,
}

/// The Rust code of our crates that runs in production.
fn production() -> Vec<Source> {
    let paths = files().into_iter().filter(|path| {
        let text = path.to_string_lossy();
        text.starts_with("crates/")
            && text.contains("/src/")
            && text.ends_with(".rs")
            && !text.ends_with("/tests.rs")
            && !text.contains("/src/tests/")
    });
    paths
        .map(|path| {
            let text = fs::read_to_string(root().join(&path)).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let lines = code.lines().map(|line| {
                let is_comment = line.trim_start().starts_with("//");
                if is_comment { String::new() } else { line.to_owned() }
            });
            Source { path: path.to_string_lossy().into_owned(), lines: lines.collect() }
        })
        .collect()
}

/// Fails, naming the places, if a line of `sources` has one of `patterns`.
#[track_caller]
fn nowhere(why: &str, patterns: &[&str], sources: impl Iterator<Item = Source>) {
    let mut places = Vec::new();
    for source in sources {
        for (number, line) in source.lines.iter().enumerate() {
            if patterns.iter().any(|pattern| line.contains(pattern)) {
                places.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    assert!(places.is_empty(), "{why}:\n{}", places.join("\n"));
}

#[test]
fn the_walk_finds_the_code() {
    let paths: BTreeSet<String> = production().into_iter().map(|source| source.path).collect();
    for known in
        ["crates/domain/src/lib.rs", "crates/surfaces/powerpro/src/lifts.rs", "crates/server/src/main.rs"]
    {
        assert!(paths.contains(known), "{known}");
    }
}

#[test]
fn files_are_short_enough_to_read() {
    let long: Vec<String> = production()
        .iter()
        .filter(|source| source.lines.len() > LONGEST)
        .map(|source| format!("{}: {} lines", source.path, source.lines.len()))
        .collect();
    assert!(long.is_empty(), "over {LONGEST} lines:\n{}", long.join("\n"));
}

#[test]
fn names_say_something() {
    let empty: Vec<PathBuf> = files()
        .into_iter()
        .filter(|path| {
            let parts = path.with_extension("");
            path.starts_with("crates")
                && parts.iter().any(|part| EMPTY_NAMES.iter().any(|name| part.eq_ignore_ascii_case(name)))
        })
        .collect();
    assert!(empty.is_empty(), "names that say nothing: {empty:?}");
}

#[test]
fn sql_stands_in_the_store_alone() {
    let statements = [
        "\"SELECT ",
        "\"INSERT INTO",
        "\"UPDATE ",
        "\"DELETE FROM",
        "\"CREATE ",
        "\"PRAGMA",
        "\"ALTER ",
        "\"DROP ",
    ];
    let sources = production().into_iter().filter(|source| !source.path.starts_with("crates/store/"));
    nowhere("SQL outside crates/store", &statements, sources);
}

#[test]
fn one_file_asks_what_time_it_is() {
    let clocks = ["SystemTime", "Timestamp::now", "Zoned::now", "UNIX_EPOCH", "now_v7", "Utc::now"];
    let sources = production().into_iter().filter(|source| source.path != "crates/app/src/clock.rs");
    nowhere("a clock outside crates/app/src/clock.rs", &clocks, sources);
}

#[test]
fn nothing_in_production_unwraps() {
    nowhere(
        "a panic in production",
        &[".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!("],
        production().into_iter(),
    );
}

#[test]
fn surfaces_reach_the_database_through_a_call() {
    let sources = production().into_iter().filter(|source| source.path.starts_with("crates/surfaces/"));
    nowhere("a surface that opens its own transaction", &[".db.", ".db)", ".db;"], sources);
}

#[test]
fn nothing_is_left_to_do() {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME")];
    let places: Vec<String> = ours()
        .filter(|(_, text)| marks.iter().any(|mark| text.contains(mark)))
        .map(|(path, _)| path)
        .collect();
    assert!(places.is_empty(), "{places:?}");
}

#[test]
fn no_file_names_a_place_on_one_machine() {
    let mut places = vec![root().display().to_string()];
    places.extend(std::env::var("HOME").ok().filter(|home| home.len() > 1).map(|home| format!("{home}/")));
    let found: Vec<String> = ours()
        .filter(|(_, text)| places.iter().any(|place| text.contains(place)))
        .map(|(path, _)| path)
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

/// Path and text of every text file.
fn ours() -> impl Iterator<Item = (String, String)> {
    files().into_iter().filter_map(|path| {
        let text = fs::read_to_string(root().join(&path)).ok()?;
        Some((path.to_string_lossy().into_owned(), text))
    })
}

#[test]
fn licences_of_dependencies_are_allowed() {
    let deny = fs::read_to_string(root().join("deny.toml")).unwrap();
    let list = deny.split("allow = [").nth(1).and_then(|rest| rest.split(']').next()).expect("a list");
    let allowed: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    let mut refused = Vec::new();
    for package in metadata()["packages"].as_array().expect("packages") {
        let licence = package["license"].as_str().unwrap_or("none");
        if !is_allowed(licence, &allowed) {
            refused.push(format!("{}: {licence}", package["name"]));
        }
    }
    assert!(refused.is_empty(), "licences that deny.toml does not allow:\n{}", refused.join("\n"));
}

#[test]
fn licence_expressions_are_understood() {
    let allowed = ["MIT", "Apache-2.0"];
    for good in
        ["MIT", "GPL-3.0 OR MIT", "MIT/GPL-2.0", "(MIT OR Apache-2.0) AND MIT", "A OR (MIT AND Apache-2.0)"]
    {
        assert!(is_allowed(good, &allowed), "{good}");
    }
    for bad in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR Apache-2.0) AND X", "Apache-2.0 WITH X", ""] {
        assert!(!is_allowed(bad, &allowed), "{bad}");
    }
}

/// What cargo knows of the packages that this machine builds.
fn metadata() -> Value {
    let version = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8(version.stdout).expect("text");
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--offline", "--filter-platform", host])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Whether an SPDX expression can be satisfied with the `allowed` licences alone.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let expression = expression.replace('/', " OR ");
    let any = split(&expression, " OR ");
    if any.len() > 1 {
        return any.iter().any(|part| is_allowed(part, allowed));
    }
    let all = split(&expression, " AND ");
    if all.len() > 1 {
        return all.iter().all(|part| is_allowed(part, allowed));
    }
    let one = expression.trim();
    match one.strip_prefix('(').and_then(|one| one.strip_suffix(')')) {
        Some(inner) => is_allowed(inner, allowed),
        None => allowed.contains(&one),
    }
}

/// Splits at `separator`, but not within parentheses.
fn split(expression: &str, separator: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for piece in expression.split_inclusive(separator) {
        let last = parts.last_mut().expect("never empty");
        last.push_str(piece);
        if last.matches('(').count() == last.matches(')').count() && piece.ends_with(separator) {
            last.truncate(last.len() - separator.len());
            parts.push(String::new());
        }
    }
    parts
}
