//! The check of the database writes, so that it finds a full disk, and disturbs nothing by it.

use std::time::{Duration, Instant};

use ferrum_domain::Error;

use super::support::{mark, postgres, sqlite};
use crate::{Db, Facet, catalogue};

/// Longer than an answer is shared.
const LATER: Duration = Duration::from_millis(1_100);

#[tokio::test]
async fn a_check_is_a_write_that_is_shared_for_a_second() {
    let fixture = sqlite();
    fixture.db.write(|tx| mark(tx, 1, "")).await.unwrap();
    let mut log = fixture.options.file.clone().into_os_string();
    log.push("-wal");
    let written = || std::fs::metadata(&log).unwrap().len();
    let before = written();
    let first = Instant::now();
    fixture.db.check().await.unwrap();
    let page = written() - before;
    assert!((4096..5000).contains(&page), "one page: {page}");
    for _ in 0..100 {
        fixture.db.check().await.unwrap();
    }
    // So many seconds have begun, each with a check of its own.
    let seconds = first.elapsed().as_secs() + 1;
    assert!(written() <= before + seconds * page, "{seconds} s");
    let before = written() - page;
    tokio::time::sleep(LATER).await;
    fixture.db.check().await.unwrap();
    assert_eq!(written(), before + 2 * page);
}

#[tokio::test]
async fn a_check_leaves_what_is_kept_in_memory() {
    let fixture = sqlite();
    let state = || {
        fixture.db.read(|tx| {
            let state = catalogue::state(tx)?;
            Ok((state.term, state.version, tx.moment()))
        })
    };
    fixture.db.write(|tx| mark(tx, 1, "")).await.unwrap();
    let before = state().await.unwrap();
    let since = before.2.unwrap();
    // Neither in this process nor in another one, whose check comes after a write of this one.
    let other = Db::open(&fixture.options).unwrap();
    fixture.db.check().await.unwrap();
    other.check().await.unwrap();
    assert_eq!(state().await.unwrap(), before);
    let unchanged = fixture.db.read(move |tx| {
        catalogue::look(tx)?;
        let facets = [Facet::Catalogue, Facet::Person(1), Facet::TrainingMaxes(1), Facet::OneRepMaxes(1)];
        Ok(facets.map(|facet| tx.is_unchanged(facet, since)))
    });
    assert_eq!(unchanged.await.unwrap(), [true; 4]);
    other.close();
}

#[tokio::test]
async fn a_check_finds_a_server_that_cannot_write() {
    let Some(fixture) = postgres() else { return };
    fixture.db.check().await.unwrap();
    // Stands for a full disk: what the check calls fails as every write there would.
    let name = fixture.options.url.as_deref().unwrap().rsplit_once('/').unwrap().1;
    fixture.with_client(|client| {
        let full = format!(
            "CREATE SCHEMA full_disk;
             CREATE FUNCTION full_disk.pg_logical_emit_message(BOOLEAN, TEXT, TEXT) RETURNS TEXT LANGUAGE plpgsql AS
               'BEGIN RAISE EXCEPTION USING ERRCODE = ''53100'', MESSAGE = ''no space''; END';
             ALTER DATABASE {name} SET search_path = full_disk, pg_catalog, public"
        );
        client.batch_execute(&full).unwrap();
    });
    let full = Db::open(&fixture.options).unwrap();
    for _ in 0..2 {
        let checked = full.check().await;
        assert!(
            matches!(&checked, Err(Error::Unavailable { context }) if context.contains("no space")),
            "{checked:?}"
        );
    }
    full.close();
}
