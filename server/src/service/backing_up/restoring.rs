//! A backup put back: only where nothing is yet, and only if it holds what its note says.

use super::{BackupError, FORMAT, Held, NOTE, Note, PHOTOS, io_of, judged, judged_sqlite, postgres};
use crate::{
    config::Config,
    service::audit_trail::hex,
    store::{Store, audit::KeptHead, backups, beside, hold, sqlite_path},
    vault::{self, Copied, Vault},
};
use std::{
    fs::{self, File},
    path::Path,
};

/// A backup that was put back.
#[derive(Debug)]
pub struct Restored {
    /// What it holds.
    pub note: Note,
    /// By what its file was judged.
    pub judged_by: JudgedBy,
    /// What became of the photos.
    pub photos: Copied,
}

/// What said which bytes the database's file has to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgedBy {
    /// A line that was kept elsewhere.
    KeptLine,
    /// The backup's own note: nobody who could write to the folder is found out by it.
    Note,
    /// Nothing: the backup is of before there was such a hash.
    Nothing,
}

/// Puts a backup back, and looks at it before anybody works with it: the engine finds it sound, the audit trail is
/// whole and goes on from each kept head, every table has the rows that the note counts.
///
/// # Errors
/// [`BackupError`]. An SQLite database is in its place only when all is well; a PostgreSQL database has to be dropped
/// where the text says so.
pub async fn restore(config: &Config, from: &Path, kept: &[KeptHead]) -> Result<Restored, BackupError> {
    let note = read(from)?;
    let database = from.join(&note.database);
    // Not beside a server that would go on writing into a file that is no longer there.
    let _held = hold(&config.database)?;
    let judged_by = judged_file(&database, &note, kept)?;
    match (sqlite_path(&config.database), note.engine.as_str()) {
        (Some(path), "sqlite") => into_sqlite(&path, &database, &note, kept).await?,
        (None, "postgres") => into_postgres(&config.database, &database, &note, kept).await?,
        (_, engine) => {
            let why = format!("this is a backup of {engine}, and --database is of the other kind");
            return Err(BackupError::Refused(why));
        }
    }
    let photos = Vault::in_folder(&from.join(PHOTOS)).copy_into(&Vault::in_folder(&config.blobs));
    let photos = photos.map_err(io_of(format!("copying the photos to {}", config.blobs.display())))?;
    Ok(Restored { note, judged_by, photos })
}

/// Whether the file has the bytes that were kept in mind.
fn judged_file(database: &Path, note: &Note, kept: &[KeptHead]) -> Result<JudgedBy, BackupError> {
    let found = vault::hash_of(database).map_err(io_of(format!("reading {}", database.display())))?;
    let of_this = |head: &&KeptHead| head.seq == note.audit_seq && hex(&head.sha256) == note.audit_sha256;
    // Of two backups that end with the same line each has its own file.
    let mut known = kept.iter().filter(of_this).filter_map(|head| head.database_sha256).peekable();
    let (is_right, judged_by) = match (known.peek(), &note.database_sha256) {
        (Some(_), _) => (known.any(|known| known == found.0), JudgedBy::KeptLine),
        (None, Some(noted)) => (*noted == hex(&found.0), JudgedBy::Note),
        (None, None) => (true, JudgedBy::Nothing),
    };
    if is_right {
        return Ok(judged_by);
    }
    let by = if judged_by == JudgedBy::KeptLine { "the line that was kept elsewhere says" } else { "its note says" };
    let why = format!("the backup is not what it was: {} has other bytes than {by}", database.display());
    Err(BackupError::Refused(why))
}

fn read(folder: &Path) -> Result<Note, BackupError> {
    let path = folder.join(NOTE);
    let what = format!("reading {} (without it the folder is no backup, or one that was not finished)", path.display());
    let text = fs::read(&path).map_err(io_of(what))?;
    let note: Note = serde_json::from_slice(&text)
        .map_err(|bad| BackupError::Refused(format!("{} is not understood: {bad}", path.display())))?;
    if note.format != FORMAT {
        let why = format!("this backup has form {}, and this binary reads {FORMAT}: use a newer one", note.format);
        return Err(BackupError::Refused(why));
    }
    Ok(note)
}

async fn into_sqlite(path: &Path, from: &Path, note: &Note, kept: &[KeptHead]) -> Result<(), BackupError> {
    for there in [path.to_owned(), beside(path, "-wal")] {
        if there.exists() {
            let why = format!("{} is there already: stop its server and move it away first", there.display());
            return Err(BackupError::Refused(why));
        }
    }
    let half = beside(path, ".restoring");
    let begun = fs::copy(from, &half);
    begun.map_err(io_of(format!("copying {} to {}", from.display(), half.display())))?;
    let sound = match judged_sqlite(&half, kept).await {
        Ok(held) => compared(&held, note),
        Err(bad) => Err(bad),
    };
    if let Err(bad) = sound {
        for left in [half.clone(), beside(&half, "-wal"), beside(&half, "-shm")] {
            // What is not there need not go.
            let _ = fs::remove_file(left);
        }
        return Err(bad);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let placed = fs::rename(&half, path).and_then(|()| File::open(folder)?.sync_all());
    placed.map_err(io_of(format!("putting {} in its place", path.display())))
}

async fn into_postgres(url: &str, from: &Path, note: &Note, kept: &[KeptHead]) -> Result<(), BackupError> {
    let store = Store::open(url).await?;
    if backups::has_tables(&store).await? {
        let why = "the database has tables already: make an empty one with createdb, and name that";
        return Err(BackupError::Refused(why.to_owned()));
    }
    postgres::load(url, from)?;
    let mut conn = store.snapshot().await?;
    let sound = match judged(&mut conn, kept).await {
        Ok(held) => compared(&held, note),
        Err(bad) => Err(bad),
    };
    drop(conn);
    store.close().await?;
    sound.map_err(|bad| BackupError::Refused(format!("{bad}. Do not serve from this database: drop it.")))
}

fn compared(held: &Held, note: &Note) -> Result<(), BackupError> {
    let differ = note.rows.iter().filter(|(table, rows)| held.rows.get(*table) != Some(rows));
    let mut faults: Vec<String> = differ
        .map(|(table, rows)| format!("{table}: {} rows, not {rows}", held.rows.get(table).copied().unwrap_or(0)))
        .collect();
    if (held.audit.seq, hex(&held.audit.sha256)) != (note.audit_seq, note.audit_sha256.clone()) {
        faults.push(format!(
            "the audit trail ends with line {}, not with line {} as noted",
            held.audit.seq, note.audit_seq
        ));
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(BackupError::Refused(format!("the backup is not what its note says: {}", faults.join("; "))))
}
