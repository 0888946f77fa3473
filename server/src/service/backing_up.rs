//! A backup: the database as it is at one moment, the photos, and a note of what is in it by which a restore is judged.

mod postgres;
mod restoring;

pub use restoring::{JudgedBy, Restored, restore};

use super::audit_trail::hex;
use crate::{
    config::Config,
    moment::Moment,
    store::{
        Conn, Store, StoreError,
        audit::{self, KeptHead, Verdict},
        backups, sqlite_path,
    },
    vault::{self, Copied, Vault},
};
use curbstop_shared::time::Micros;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, File},
    io::{self, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::Path,
};

/// The note that says what a backup holds. It is written last: a folder without it is no backup.
pub const NOTE: &str = "backup.json";
const PHOTOS: &str = "photos";
const SQLITE_FILE: &str = "curbstop.db";
const POSTGRES_FILE: &str = "curbstop.dump";
/// The form of a backup that this binary writes.
const FORMAT: u32 = 1;

/// Why a backup was not made or taken back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Reading or writing a file failed.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
    /// It can't be done as it is; the text says what to do.
    #[error("{0}")]
    Refused(String),
}

fn io_of(what: impl Into<String>) -> impl FnOnce(io::Error) -> BackupError {
    let what = what.into();
    |source| BackupError::Io { what, source }
}

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The form of the backup.
    pub format: u32,
    /// When it was begun.
    pub made_at: Moment,
    /// The binary that made it.
    pub curbstop: String,
    /// `sqlite` or `postgres`.
    pub engine: String,
    /// The file with the database, in this folder.
    pub database: String,
    /// The SHA-256 of that file, in hex. A backup of before there was one says nothing.
    #[serde(default)]
    pub database_sha256: Option<String>,
    /// Lines of the audit trail.
    pub audit_seq: i64,
    /// Hash of the last of them, in hex.
    pub audit_sha256: String,
    /// Rows of the tables that people would miss.
    pub rows: BTreeMap<String, i64>,
    /// Photos and signatures.
    pub photos: u64,
    /// Their bytes.
    pub photo_bytes: u64,
}

/// A backup that was made.
#[derive(Debug)]
pub struct Made {
    /// What it holds.
    pub note: Note,
    /// What became of the photos.
    pub photos: Copied,
}

/// Makes a backup in a new folder, while the server goes on. The database is copied before the photos: then every photo
/// that the copy knows is in it.
///
/// # Errors
/// [`BackupError`]; what lies in the folder then is no backup, for its note is missing.
pub async fn back_up(config: &Config, to: &Path, now: Micros) -> Result<Made, BackupError> {
    let store = existing(config).await?;
    // It names people, what they owe, and the keys that sign tokens.
    let made = DirBuilder::new().mode(0o700).create(to);
    made.map_err(io_of(format!("making {} (a backup goes into a new folder)", to.display())))?;
    let (engine, database, held) = match sqlite_path(&config.database) {
        Some(path) => {
            store.close().await?;
            let file = to.join(SQLITE_FILE);
            backups::copy_sqlite(&path, &file).await?;
            ("sqlite", SQLITE_FILE, judged_sqlite(&file, &[]).await?)
        }
        None => {
            let mut conn = store.snapshot().await?;
            let moment = backups::exported(&mut conn).await?;
            postgres::dump(&config.database, &to.join(POSTGRES_FILE), &moment)?;
            let held = judged(&mut conn, &[]).await?;
            drop(conn);
            store.close().await?;
            ("postgres", POSTGRES_FILE, held)
        }
    };
    let database_sha256 = vault::hash_of(&to.join(database)).map_err(io_of(format!("reading {database} again")))?;
    let photos = Vault::in_folder(&config.blobs).copy_into(&Vault::in_folder(&to.join(PHOTOS)));
    let photos = photos.map_err(io_of(format!("copying the photos of {}", config.blobs.display())))?;
    let note = Note {
        format: FORMAT,
        made_at: Moment(now),
        curbstop: env!("CARGO_PKG_VERSION").to_owned(),
        engine: engine.to_owned(),
        database: database.to_owned(),
        database_sha256: Some(hex(&database_sha256.0)),
        audit_seq: held.audit.seq,
        audit_sha256: hex(&held.audit.sha256),
        rows: held.rows,
        photos: photos.files,
        photo_bytes: photos.bytes,
    };
    write(to, &note)?;
    Ok(Made { note, photos })
}

/// The database as it is, which has to be there and to have this binary's schema: a backup changes nothing.
async fn existing(config: &Config) -> Result<Store, BackupError> {
    if let Some(path) = sqlite_path(&config.database)
        && !path.is_file()
    {
        return Err(BackupError::Refused(format!("{} is not there: name the server's --database", path.display())));
    }
    let store = Store::open(&config.database).await?;
    store.ready().await?;
    Ok(store)
}

/// What a database holds.
struct Held {
    audit: KeptHead,
    rows: BTreeMap<String, i64>,
}

/// Looks through a copy: the engine finds it sound, and the audit trail is whole.
async fn judged(conn: &mut Conn, kept: &[KeptHead]) -> Result<Held, BackupError> {
    let faults = backups::faults(conn).await?;
    if !faults.is_empty() {
        return Err(BackupError::Refused(format!("the database is damaged: {}", faults.join("; "))));
    }
    if let Verdict::Broken(line, how) = audit::verify_against(conn, kept).await? {
        return Err(BackupError::Refused(format!("line {line} of the audit trail {how}")));
    }
    let (seq, sha256) = audit::head(conn).await?;
    Ok(Held { audit: KeptHead { seq, sha256, database_sha256: None }, rows: backups::counts(conn).await? })
}

async fn judged_sqlite(file: &Path, kept: &[KeptHead]) -> Result<Held, BackupError> {
    let store = Store::open(&format!("sqlite:{}", file.display())).await?;
    let mut conn = store.snapshot().await?;
    let held = judged(&mut conn, kept).await;
    drop(conn);
    store.close().await?;
    let synced = File::open(file).and_then(|file| file.sync_all());
    synced.map_err(io_of(format!("writing {}", file.display())))?;
    held
}

/// Writes the note: there as a whole or not at all.
fn write(folder: &Path, note: &Note) -> Result<(), BackupError> {
    let what = || format!("writing {}", folder.join(NOTE).display());
    let text = serde_json::to_vec_pretty(note).map_err(|bad| BackupError::Refused(bad.to_string()))?;
    let half = folder.join(format!("{NOTE}.half"));
    let written = || -> io::Result<()> {
        let mut file = File::create(&half)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&half, folder.join(NOTE))?;
        File::open(folder)?.sync_all()
    };
    written().map_err(io_of(what()))
}
