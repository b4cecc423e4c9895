//! How a connection to the file is set up.

use std::cell::Cell;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ferrum_domain::Result;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::outcome;

/// How long a connection waits for another process to finish its transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How often it looks. A process that writes without pause leaves the file for less than 0.1 ms at a time, which SQLite's own
/// pauses of up to 100 ms keep missing.
const BUSY_PAUSE: Duration = Duration::from_micros(300);

/// More than the product has statements, so that none is ever prepared twice.
const STATEMENT_CACHE: usize = 1024;

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Look only.
    Read,
    /// Change rows, and make the file when there is none.
    Write,
}

pub(super) fn open(path: &Path, access: Access) -> Result<Connection> {
    let start = Instant::now();
    loop {
        match try_open(path, access) {
            // Two that switch a new file to WAL at once would wait for each other, so SQLite refuses
            // one without waiting.
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && start.elapsed() < BUSY_TIMEOUT =>
            {
                thread::sleep(Duration::from_millis(5));
            }
            opened => {
                return opened.map_err(|error| outcome::of(&error, &format!("opening {}", path.display())));
            }
        }
    }
}

/// Makes an empty file that only its owner may read; the files that SQLite puts beside it follow it.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Makes the database's file when there is none. One at a time: to close a file gives up all locks that
/// this process has on it.
fn make_file(path: &Path) {
    static MAKING: Mutex<()> = Mutex::new(());
    let _alone = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    // Whatever prevents it prevents SQLite too, which says so.
    let _ = make_private(path);
}

fn try_open(path: &Path, access: Access) -> rusqlite::Result<Connection> {
    if access == Access::Write {
        make_file(path);
    }
    let flags = match access {
        Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    // A connection is used by one thread at a time; its own mutex would only cost.
    let mut connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    prepare(&mut connection, access)?;
    Ok(connection)
}

thread_local! {
    /// Since when this thread has been waiting.
    static WAITING: Cell<Instant> = Cell::new(Instant::now());
}

/// Called by SQLite while another process has what is asked for; whether to ask again.
fn wait_for_others(tries: i32) -> bool {
    if tries == 0 {
        WAITING.set(Instant::now());
    }
    thread::sleep(BUSY_PAUSE);
    WAITING.get().elapsed() < BUSY_TIMEOUT
}

fn prepare(connection: &mut Connection, access: Access) -> rusqlite::Result<()> {
    connection.busy_handler(Some(wait_for_others))?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    // Without it this build of SQLite plans joined statements anew at each use.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // In KiB when negative. The writer's is smaller, since SQLite looks at every page in it after a transaction in which
    // a split of a page has made its neighbours change places.
    let cache = if access == Access::Write { -8 * 1024 } else { -12 * 1024 };
    connection.pragma_update(None, "cache_size", cache)?;
    // What a transaction has changed stays in memory beyond that.
    connection.pragma_update(None, "cache_spill", -24 * 1024_i64)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    if access == Access::Write {
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
        // Fails on a file that cannot be written; such a file can still be read.
        if !connection.is_readonly(rusqlite::MAIN_DB)? {
            connection.pragma_update(None, "journal_mode", "WAL")?;
        }
    }
    Ok(())
}
