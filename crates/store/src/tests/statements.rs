//! Every statement of the product: known to the tests, understood by both engines, served by an index.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::support::{both, sqlite};
use crate::EngineKind;
use crate::statements::{GROUPS, LISTINGS};

/// Reads of a whole index, by statement and step of its plan, with the reason.
const READ_WHOLE: &[(&str, &str, &str)] = &[
    (
        "lifts::DELETE",
        "SCAN lift_maxes USING COVERING INDEX lift_maxes_current",
        "decision 3: removing a lift is rare, and an index for it would slow every max that is recorded",
    ),
    (
        "lifts::HAS_MAX",
        "SCAN lift_maxes USING COVERING INDEX lift_maxes_current",
        "asked before lifts::DELETE",
    ),
    ("jobs::COUNT", "SCAN jobs USING COVERING INDEX jobs_due", "no request asks; jobs that are done go"),
];

/// Lists that are counted as a whole, which `totalItems` has to tell: the catalogue's, which is small and whose answers
/// are kept.
const COUNTED: &[&str] = &[
    "cycles",
    "daily_lookups",
    "days",
    "lifts",
    "prescriptions",
    "programs",
    "progressions",
    "weekly_lookups",
    "weeks",
];

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
    let (mut slow, mut met) = (Vec::new(), BTreeSet::<&str>::new());
    for (name, sql) in all() {
        let plan = fixture.db.explain(&sql).unwrap_or_default();
        let scans = plan.iter().filter(|step| step.starts_with("SCAN ") && !step.contains("CONSTANT ROW"));
        for step in scans {
            let known = READ_WHOLE.iter().find(|(of, known, _)| *of == name && known == step);
            met.extend(known.map(|(of, ..)| *of));
            // A list in the order of an index stops at the end of its page.
            let is_page = sql.contains(" ORDER BY ")
                && sql.contains(" LIMIT ")
                && step.contains("INDEX ")
                && !plan.iter().any(|step| step.contains("TEMP B-TREE"));
            let is_total = sql.starts_with("SELECT COUNT(*)")
                && step.contains("COVERING INDEX ")
                && COUNTED.iter().any(|list| name == format!("{list}::LISTING"));
            if known.is_none() && !is_page && !is_total {
                slow.push(format!("{name}: {sql}\n    {}", plan.join("\n    ")));
            }
        }
    }
    assert!(slow.is_empty(), "{} reads:\n{}", slow.len(), slow.join("\n"));
    assert_eq!(met.len(), READ_WHOLE.len(), "an exception that no plan needs");
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
