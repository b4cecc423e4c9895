//! Every statement of the product: known to the tests, understood by both engines, served by an index.

use std::fs;
use std::path::Path;

use super::support::{both, sqlite};
use crate::EngineKind;
use crate::statements::{GROUPS, LISTINGS};

/// Statements that may read a whole table, with the reason.
const READS_ALL: &[(&str, &str)] =
    &[("audit::LAST_BATCH", "stops at the first row of the primary key, which the plan does not say")];

/// Statements that are for PostgreSQL alone.
const POSTGRES_ONLY: &[&str] = &["audit::WAIT_LITTLE", "audit::HOLD_BACK", "jobs::CLAIM_SKIPPING"];

/// (where it comes from, its text) of every statement there is.
fn all() -> Vec<(String, String)> {
    let fixed = GROUPS.iter().flat_map(|(group, statements)| {
        statements.iter().map(move |(name, sql)| (format!("{group}::{name}"), (*sql).to_owned()))
    });
    let lists = LISTINGS.iter().flat_map(|(group, listing)| {
        listing.variants().into_iter().map(move |sql| (format!("{group}::LISTING"), sql))
    });
    fixed.chain(lists).collect()
}

#[test]
fn both_engines_understand_every_statement() {
    for fixture in both() {
        let here = |name: &str| fixture.db.kind() == EngineKind::Postgres || !POSTGRES_ONLY.contains(&name);
        let wrong: Vec<String> = all()
            .into_iter()
            .filter(|(name, _)| here(name))
            .filter_map(|(name, sql)| Some(format!("{name}: {}", fixture.db.prepare(&sql).err()?)))
            .collect();
        assert!(wrong.is_empty(), "{:?}: {wrong:#?}", fixture.db.kind());
    }
}

#[test]
fn no_statement_reads_a_whole_table() {
    let fixture = sqlite();
    let mut slow = Vec::new();
    for (name, sql) in all() {
        let plan = fixture.db.explain(&sql).unwrap_or_default();
        let is_count = sql.starts_with("SELECT COUNT(*)");
        let reads_all = plan.iter().any(|step| {
            // A list in the order of an index stops at the end of its page; its count reads the index.
            step.starts_with("SCAN ") && !step.contains("INDEX") && !step.contains("CONSTANT ROW")
                || (step.starts_with("SCAN ") && is_count && !step.contains("COVERING INDEX"))
        });
        let sorts_all = plan.iter().any(|step| step.starts_with("SCAN "))
            && plan.iter().any(|step| step.contains("TEMP B-TREE"));
        if (reads_all || sorts_all) && !READS_ALL.iter().any(|(known, _)| *known == name) {
            slow.push(format!("{name}: {sql}\n    {}", plan.join("\n    ")));
        }
    }
    assert!(slow.is_empty(), "{} statements:\n{}", slow.len(), slow.join("\n"));
}

/// A table group that is not in the lists would be tested by nobody.
#[test]
fn the_lists_name_every_table_group() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut pending = vec![sources];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let group = path.file_stem().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if group != "tests" && group != "engine" {
                    pending.push(path);
                }
                continue;
            }
            let covered = |known: &str| known == group || known.ends_with(&format!("_{group}"));
            let text = fs::read_to_string(&path).unwrap();
            if text.contains("\nstatements! {") {
                assert!(GROUPS.iter().any(|(known, _)| covered(known)), "GROUPS lacks {group}");
            }
            if text.contains("const LISTING: Listing") && group != "listing" {
                assert!(LISTINGS.iter().any(|(known, _)| covered(known)), "LISTINGS lacks {group}");
            }
        }
    }
}
