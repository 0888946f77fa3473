//! `curbstop backup` and `curbstop restore`.

use super::{CliError, audit, say};
use crate::{
    clock::{Clock, SystemClock},
    config::Config,
    service::backing_up::{self, JudgedBy, Note},
    vault::Copied,
};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    /// A folder that is not there yet; it will hold people's names and the server's keys
    to: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct Restore {
    /// The folder of the backup
    from: PathBuf,
    /// Lines that were kept elsewhere, of backups or `audit head`: each has to be in the backup, and its file to have the bytes
    #[arg(long)]
    head: Option<PathBuf>,
}

pub(super) async fn back_up(config: Config, args: Backup) -> Result<(), CliError> {
    let made = backing_up::back_up(&config, &args.to, SystemClock.now()).await?;
    say(format_args!("{} is a whole backup: {}", args.to.display(), holds(&made.note)))?;
    damaged(&made.photos)?;
    let (note, database) = (&made.note, made.note.database_sha256.as_deref().unwrap_or_default());
    say(format_args!("{} {} {} {}{database}", audit::KEEP, note.audit_seq, note.audit_sha256, audit::DATABASE))
}

pub(super) async fn restore(config: Config, args: Restore) -> Result<(), CliError> {
    let kept = args.head.as_deref().map(audit::kept_heads).transpose()?.unwrap_or_default();
    let restored = backing_up::restore(&config, &args.from, &kept).await?;
    let note = &restored.note;
    say(format_args!("Restored as of {}: {}. The audit trail is whole.", note.made_at, holds(note)))?;
    say(match restored.judged_by {
        JudgedBy::KeptLine => "The database's file has the very bytes that were kept in mind elsewhere.",
        JudgedBy::Note => {
            "The database's file has the bytes that the backup's own note names; that nobody changed both, only the \
             line shows that was kept elsewhere (--head FILE)."
        }
        JudgedBy::Nothing => {
            "Which bytes the database's file had nobody noted: this backup is of an earlier release. Rows and trail agree."
        }
    })?;
    damaged(&restored.photos)?;
    say(format_args!("{AFTERWARDS}"))
}

/// What a restored server does not know, and who does.
const AFTERWARDS: &str = "\
What happened since then is not here. Before the crews go on:
1. Tablets: start the server. Each tablet sends again what this server lacks, with its next sync, as long as it holds
   that route; nothing has to be done for it. One that has renewed its sign-in since then asks for a code: make it one
   (curbstop device code); its work stays on it. A route that was published since then stays on its tablet, unknown
   here: publish that day again only after asking the crew.
2. The office: bring in again the listings and payment files since then, and type in again what was typed since then:
   payments, holds, releases. Until then a cut may go out to somebody who paid: take back the stops that are out first.
3. Tablets and people that were taken out of service since then are in service again: revoke them again.";

fn holds(note: &Note) -> String {
    let rows = |table: &str| note.rows.get(table).copied().unwrap_or_default();
    format!(
        "{} accounts, {} orders, {} facts, {} payments, {} lines of the audit trail, {} photos",
        rows("accounts"),
        rows("orders"),
        rows("facts"),
        rows("payments"),
        note.audit_seq,
        note.photos
    )
}

fn damaged(photos: &Copied) -> Result<(), CliError> {
    for hash in &photos.damaged {
        say(format_args!("Left out, its bytes are not what its name says: photo {hash}"))?;
    }
    Ok(())
}
