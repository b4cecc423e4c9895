//! A copy of the whole file as it is at one instant.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use ferrum_domain::{Error, Result};

use super::connection::{self, Access};
use super::outcome;

/// Writes the copy beside its place and moves it there once it is whole and on disk.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    let refuse = || Error::invalid(to.display().to_string(), "exists already");
    if to.exists() {
        return Err(refuse());
    }
    let partial = beside(to);
    let unwritable = |path: &Path, error| Error::unavailable(format!("writing {}: {error}", path.display()));
    let copied = connection::open(from, Access::Read).and_then(|connection| {
        // A copy holds the same secrets as the original. SQLite fills a file that is empty.
        connection::make_private(&partial).map_err(|error| unwritable(&partial, error))?;
        let target = partial.to_string_lossy();
        connection
            .execute("VACUUM INTO ?1", [&*target])
            .map_err(|error| outcome::of(&error, &format!("writing {}", partial.display())))
    });
    let placed = copied.and_then(|_| {
        place(&partial, to).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => refuse(),
            _ => unwritable(to, error),
        })
    });
    // Left over only when something above failed, and then that is what matters.
    let _ = fs::remove_file(&partial);
    placed
}

fn beside(to: &Path) -> PathBuf {
    let mut name = OsString::from(to);
    name.push(format!(".{}.partial", std::process::id()));
    name.into()
}

/// A link, unlike a rename, never replaces what somebody else put there meanwhile.
fn place(partial: &Path, to: &Path) -> io::Result<()> {
    File::open(partial)?.sync_all()?;
    fs::hard_link(partial, to)?;
    let directory = to.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}
