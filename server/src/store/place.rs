//! Where an SQLite database lies: whether the file that was opened still lies there, and who serves from it.
//!
//! A process goes on writing to a file that was moved away under it, and whoever starts next opens another one: what was
//! acknowledged in between would be gone. So a commit looks first.

use super::StoreError;
use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// A file that was opened, told from every other: device and number.
type Identity = (u64, u64);

/// An open database and its place.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    file: Identity,
    /// Its write-ahead log, from when it first was there. It stays as long as anybody has the database open.
    log: OnceLock<Identity>,
}

impl Place {
    /// Of a database that was just opened.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), file: identity(path)?, log: OnceLock::new() })
    }

    /// Whether what was opened still lies there; two looks at the file system, a few microseconds.
    ///
    /// # Errors
    /// [`StoreError::Moved`].
    pub(super) fn holds(&self) -> Result<(), StoreError> {
        let moved = |what: &Path| {
            StoreError::Moved(format!(
                "{} is not the file any more that was opened: stop this server, put the file back, start it again",
                what.display()
            ))
        };
        if identity(&self.path).ok() != Some(self.file) {
            return Err(moved(&self.path));
        }
        let log = beside(&self.path, "-wal");
        match (identity(&log).ok(), self.log.get()) {
            (Some(now), None) => {
                // Another look may have been first; it saw the same.
                let _ = self.log.set(now);
                Ok(())
            }
            (now, Some(then)) if now.as_ref() != Some(then) => Err(moved(&log)),
            _ => Ok(()),
        }
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|found| (found.dev(), found.ino()))
}

/// A file beside another, with more at the end of its name.
pub fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// The right to serve from an SQLite file, or to put one there, until it is dropped or the process ends.
#[derive(Debug)]
pub struct Hold(#[expect(dead_code, reason = "held, never read")] File);

/// Takes the right to serve from the database at `url`, or to put one there. PostgreSQL takes several servers at once,
/// so there is nothing to hold.
///
/// # Errors
/// [`StoreError::Open`] where another process holds it.
pub fn hold(url: &str) -> Result<Option<Hold>, StoreError> {
    let Some(path) = sqlite_path(url) else { return Ok(None) };
    let lock = lock_of(&path);
    let cannot = |why: io::Error| StoreError::Open(format!("{}: {why}", lock.display()));
    let file = match File::options().create(true).truncate(false).write(true).open(&lock) {
        Ok(file) => file,
        // Without its folder there is no database either: whoever opens that says so.
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(cannot(why)),
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(Hold(file))),
        Err(TryLockError::WouldBlock) => Err(StoreError::Open(format!(
            "another server runs on {}: stop it first, or name another --database (one server at a time on SQLite)",
            path.display()
        ))),
        Err(TryLockError::Error(why)) => Err(cannot(why)),
    }
}

/// The file of an SQLite database.
#[must_use]
pub fn sqlite_path(url: &str) -> Option<PathBuf> {
    url.strip_prefix("sqlite:").map(|path| PathBuf::from(path.trim_start_matches("//")))
}

/// Beside the database, under a name that does not begin as the database's: who moves `curbstop.db*` leaves it there.
fn lock_of(path: &Path) -> PathBuf {
    // A link and the file that it leads to are one database.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    path.with_file_name(format!(".{name}.lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_moved_away_or_replaced_is_noticed_and_so_is_its_return() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curbstop.db");
        fs::write(&path, "first").unwrap();
        let place = Place::of(&path).unwrap();
        assert!(place.holds().is_ok(), "there is no log yet");
        let log = beside(&path, "-wal");
        fs::write(&log, "log").unwrap();
        assert!(place.holds().is_ok());
        let away = folder.path().join("away.db");
        fs::rename(&path, &away).unwrap();
        assert!(matches!(place.holds(), Err(StoreError::Moved(_))));
        fs::write(&path, "second").unwrap();
        assert!(matches!(place.holds(), Err(StoreError::Moved(_))));
        fs::rename(&away, &path).unwrap();
        assert!(place.holds().is_ok());
        fs::remove_file(&log).unwrap();
        assert!(matches!(place.holds(), Err(StoreError::Moved(_))));
    }

    #[test]
    fn one_at_a_time_serves() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("curbstop.db").display());
        let held = hold(&url).unwrap().unwrap();
        assert!(matches!(hold(&url), Err(StoreError::Open(_))));
        drop(held);
        assert!(hold(&url).unwrap().is_some());
        assert!(hold("postgres://localhost/curbstop").unwrap().is_none());
    }
}
