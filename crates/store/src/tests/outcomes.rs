//! Constraints become outcomes, with the same names on both engines.

use ferrum_domain::{Conflict, Error, Result};

use super::support::{both, mark};
use crate::values::values;

const TABLES: &str = "CREATE TABLE parents (id TEXT NOT NULL PRIMARY KEY, a TEXT, b TEXT);
    CREATE UNIQUE INDEX parents_pair ON parents (b, a);
    CREATE UNIQUE INDEX parents_folded ON parents (COALESCE(a, ''), id);
    CREATE TABLE children (
        id TEXT NOT NULL PRIMARY KEY,
        parent_id TEXT,
        CONSTRAINT children_parent FOREIGN KEY (parent_id) REFERENCES parents (id)
    );
    CREATE INDEX children_parent_id ON children (parent_id);";

#[tokio::test]
async fn violations_are_told_by_name() {
    for fixture in both() {
        fixture.db.batch(TABLES).unwrap();
        let run = |sql: &'static str| fixture.db.write(move |tx| tx.execute(sql, &[]));
        run("INSERT INTO parents (id, a, b) VALUES ('1', 'x', 'y')").await.unwrap();
        run("INSERT INTO children (id, parent_id) VALUES ('c', '1')").await.unwrap();

        let pair = run("INSERT INTO parents (id, a, b) VALUES ('2', 'x', 'y')").await;
        assert_eq!(conflict(pair), Conflict::Exists("parents_pair".to_owned()));
        let key = run("INSERT INTO parents (id, a, b) VALUES ('1', 'other', 'y')").await;
        assert_eq!(conflict(key), Conflict::Exists("parents_pkey".to_owned()));
        let updated = run("UPDATE parents SET id = '1'").await;
        assert_eq!(updated.unwrap(), 1);
        run("DROP INDEX parents_pair").await.unwrap();
        let referenced = run("DELETE FROM parents WHERE id = '1'").await;
        assert_eq!(conflict(referenced), Conflict::Referenced("children".to_owned()));

        // A reference to what is not there should have been found before: a defect, no outcome.
        let orphan = run("INSERT INTO children (id, parent_id) VALUES ('d', 'nobody')").await;
        assert!(matches!(orphan, Err(Error::Internal { .. })), "{orphan:?}");
        let missing = run("INSERT INTO parents (id) VALUES (NULL)").await;
        assert!(matches!(missing, Err(Error::Internal { .. })), "{missing:?}");
    }
}

#[tokio::test]
async fn an_error_says_nothing_of_what_a_row_holds() {
    for fixture in both() {
        fixture
            .db
            .batch("CREATE TABLE people (email TEXT, name TEXT NOT NULL, age INTEGER NOT NULL);")
            .unwrap();
        fixture.db.batch("CREATE UNIQUE INDEX people_email ON people (email);").unwrap();
        let write = async |email: &'static str, name: Option<&'static str>| {
            let insert = "INSERT INTO people (email, name, age) VALUES (?1, ?2, 1)";
            format!("{:?}", fixture.db.write(move |tx| tx.execute(insert, values![email, name])).await)
        };
        write("secret@example.org", Some("Anna")).await;
        let missing = write("other-secret@example.org", None).await;
        assert!(missing.contains("people") && missing.contains("name"), "{missing}");
        let twice = write("secret@example.org", Some("Anna")).await;
        assert!(twice.contains("people_email"), "{twice}");
        assert!(!format!("{missing}{twice}").contains("secret"), "{missing} {twice}");
    }
}

#[tokio::test]
async fn an_index_on_an_expression_has_its_name_too() {
    for fixture in both() {
        let sql = "CREATE UNIQUE INDEX marks_text ON marks (COALESCE(text, ''), half)";
        fixture.db.batch(sql).unwrap();
        fixture.db.write(|tx| mark(tx, 1, "same")).await.unwrap();
        let same = fixture.db.write(|tx| mark(tx, 2, "same")).await;
        assert_eq!(conflict(same), Conflict::Exists("marks_text".to_owned()));
    }
}

fn conflict<T: std::fmt::Debug>(result: Result<T>) -> Conflict {
    match result {
        Err(Error::Conflict(conflict)) => conflict,
        other => panic!("not a conflict: {other:?}"),
    }
}
