//! Both engines have the same tables.

use std::collections::BTreeSet;

use super::support::{Fixture, postgres, sqlite};

/// Each query answers lines of text, the same ones on both engines.
const SQLITE: &str = "
    SELECT 'column ' || t.name || '.' || c.name || ' ' || c.type
        || CASE WHEN c.\"notnull\" = 1 OR (c.pk > 0 AND c.type = 'INTEGER') THEN ' required' ELSE ' optional' END
        || ' default ' || COALESCE(c.dflt_value, 'none') || CASE WHEN c.pk > 0 THEN ' key ' || c.pk ELSE '' END
    FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'
    UNION ALL
    SELECT 'index ' || t.name || '.' || i.name || CASE i.\"unique\" WHEN 1 THEN ' unique' ELSE '' END
        || CASE i.partial WHEN 1 THEN ' partial' ELSE '' END || ' (' || (
            SELECT GROUP_CONCAT(COALESCE(x.name, 'expression') || CASE x.\"desc\" WHEN 1 THEN ' desc' ELSE '' END, ', ')
            FROM pragma_index_xinfo(i.name) x WHERE x.key = 1) || ')'
    FROM sqlite_schema t, pragma_index_list(t.name) i WHERE t.type = 'table' AND i.origin = 'c'
    UNION ALL
    SELECT 'reference ' || t.name || '.' || f.\"from\" || ' to ' || f.\"table\" || '.' || f.\"to\"
        || ' delete ' || f.on_delete || ' update ' || f.on_update
    FROM sqlite_schema t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'";

const POSTGRES: &str = "
    SELECT 'column ' || c.table_name || '.' || c.column_name || ' '
        || CASE c.data_type WHEN 'bigint' THEN 'INTEGER' WHEN 'bytea' THEN 'BLOB' WHEN 'text' THEN
            CASE WHEN c.collation_name = 'C' THEN 'TEXT' ELSE 'TEXT of the wrong order' END ELSE c.data_type END
        || CASE c.is_nullable WHEN 'NO' THEN ' required' ELSE ' optional' END
        || ' default ' || COALESCE(REPLACE(c.column_default, '::text', ''), 'none')
        || COALESCE(' key ' || k.ordinal_position, '')
    FROM information_schema.columns c
    LEFT JOIN information_schema.table_constraints p ON p.table_schema = c.table_schema
        AND p.table_name = c.table_name AND p.constraint_type = 'PRIMARY KEY'
    LEFT JOIN information_schema.key_column_usage k ON k.constraint_schema = p.constraint_schema
        AND k.constraint_name = p.constraint_name AND k.column_name = c.column_name
    WHERE c.table_schema = 'public'
    UNION ALL
    SELECT 'index ' || t.relname || '.' || n.relname || CASE WHEN i.indisunique THEN ' unique' ELSE '' END
        || CASE WHEN i.indpred IS NOT NULL THEN ' partial' ELSE '' END || ' (' || (
            SELECT STRING_AGG(COALESCE(a.attname, 'expression')
                || CASE WHEN i.indoption[at.o - 1] & 1 = 1 THEN ' desc' ELSE '' END, ', ' ORDER BY at.o)
            FROM UNNEST(i.indkey) WITH ORDINALITY at (k, o)
            LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = at.k AND at.k <> 0) || ')'
    FROM pg_index i JOIN pg_class n ON n.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    WHERE t.relnamespace = 'public'::regnamespace AND NOT i.indisprimary
    UNION ALL
    SELECT 'reference ' || t.relname || '.' || a.attname || ' to ' || r.relname || '.' || b.attname
        || ' delete ' || CASE f.confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'c' THEN 'CASCADE' WHEN 'r' THEN 'RESTRICT'
            WHEN 'n' THEN 'SET NULL' ELSE f.confdeltype::text END
        || ' update ' || CASE f.confupdtype WHEN 'a' THEN 'NO ACTION' ELSE f.confupdtype::text END
    FROM pg_constraint f JOIN pg_class t ON t.oid = f.conrelid JOIN pg_class r ON r.oid = f.confrelid
    JOIN UNNEST(f.conkey, f.confkey) WITH ORDINALITY k (mine, theirs, o) ON TRUE
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.mine
    JOIN pg_attribute b ON b.attrelid = r.oid AND b.attnum = k.theirs
    WHERE f.contype = 'f' AND t.relnamespace = 'public'::regnamespace";

#[tokio::test]
async fn the_tables_of_both_engines_are_the_same() {
    let (Some(server), file) = (postgres(), sqlite()) else { return };
    let (here, there) = (lines(&file, SQLITE).await, lines(&server, POSTGRES).await);
    let only = |of: &BTreeSet<String>, not: &BTreeSet<String>| -> Vec<String> {
        of.difference(not).cloned().collect()
    };
    let (here_only, there_only) = (only(&here, &there), only(&there, &here));
    assert!(
        here_only.is_empty() && there_only.is_empty(),
        "only on SQLite: {here_only:#?}\nonly on PostgreSQL: {there_only:#?}"
    );
    assert!(here.iter().any(|line| line.starts_with("index lifts.lifts_slug unique (slug)")), "{here:#?}");
}

/// References without an index: lifts are removed seldom, and maxes are recorded all the time.
const WITHOUT: [&str; 1] = ["lift_maxes.lift_key"];

/// SQLite finds the rows that refer to a deleted one by reading the whole table when it has no index.
#[tokio::test]
async fn every_reference_has_an_index_that_begins_with_it() {
    let lines = lines(&sqlite(), SQLITE).await;
    for reference in lines.iter().filter_map(|line| line.strip_prefix("reference ")) {
        let (table, rest) = reference.split_once('.').unwrap();
        let column = rest.split(' ').next().unwrap();
        let serves = |line: &&String| {
            let indexed = line.starts_with(&format!("index {table}."))
                && (line.contains(&format!("({column},")) || line.contains(&format!("({column})")));
            indexed || (line.starts_with(&format!("column {table}.{column} ")) && line.ends_with(" key 1"))
        };
        let known = WITHOUT.contains(&format!("{table}.{column}").as_str());
        assert_eq!(lines.iter().any(|line| serves(&line)), !known, "index of {table}.{column}");
    }
}

async fn lines(fixture: &Fixture, sql: &'static str) -> BTreeSet<String> {
    let read = fixture.db.report(move |tx| tx.query(sql, &[], |row| row.get::<String>(0)));
    read.await.unwrap().into_iter().collect()
}
