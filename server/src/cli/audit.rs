//! `curbstop audit`: whether the trail is whole, and its head, to be kept where nobody who keeps this server can reach it.

use super::{CliError, say};
use crate::{
    clock::{Clock, SystemClock},
    config::Config,
    moment::Moment,
    service::audit_trail::hex,
    store::{
        Store,
        audit::{self, KeptHead, Verdict},
    },
    vault::Hash,
};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Follow the whole chain; the first line that is wrong is named, and the exit code is 1
    Verify {
        /// Heads that were kept elsewhere, one on each line, as `curbstop audit head` prints them
        #[arg(long)]
        head: Option<PathBuf>,
    },
    /// Print the number and hash of the last line: keep it elsewhere, every day
    Head,
}

pub(super) async fn run(config: Config, args: Args) -> Result<(), CliError> {
    // Nothing is migrated: who verifies changes nothing.
    let store = Store::open(&config.database).await?;
    store.ready().await?;
    let done = match args.what {
        What::Verify { head } => verify(&store, head.as_deref()).await,
        What::Head => head(&store).await,
    };
    store.close().await?;
    done
}

async fn verify(store: &Store, head: Option<&Path>) -> Result<(), CliError> {
    let kept = head.map(kept_heads).transpose()?.unwrap_or_default();
    match audit::verify_against(&mut store.snapshot().await?, &kept).await? {
        Verdict::Broken(line, how) => Err(CliError::Trail(format!("line {line} of the audit trail {how}"))),
        Verdict::Whole(lines) if kept.is_empty() => say(format_args!(
            "{lines} lines, each follows from the one before it. Whether some were cut off at the end only a head shows that was kept elsewhere: --head FILE"
        )),
        Verdict::Whole(lines) => say(format_args!(
            "{lines} lines, each follows from the one before it, and every kept head ({}) is among them",
            kept.len()
        )),
    }
}

async fn head(store: &Store) -> Result<(), CliError> {
    let (seq, sha256) = audit::head(&mut store.snapshot().await?).await?;
    say(format_args!("{seq} {} {}", hex(&sha256), Moment(SystemClock.now())))
}

/// What stands before the hash of a backup's file in the line that is to be kept.
pub(super) const DATABASE: &str = "database=";

/// The heads of a file: number and hash, of a backup's file too, and whatever follows them. Empty lines are none.
pub(super) fn kept_heads(path: &Path) -> Result<Vec<KeptHead>, CliError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| CliError::Io { what: format!("reading {}", path.display()), source })?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let heads = lines.map(|(n, line)| {
        let bad = || {
            let at = format!("{}, line {}", path.display(), n + 1);
            CliError::Usage(format!(
                "{at}: a head is a number and 64 digits and letters, as `curbstop audit head` or `curbstop backup` prints it"
            ))
        };
        head_of(line).ok_or_else(bad)
    });
    let heads = heads.collect::<Result<Vec<_>, _>>()?;
    if heads.is_empty() {
        return Err(CliError::Usage(format!("{}: no head stands in it", path.display())));
    }
    Ok(heads)
}

/// What `curbstop backup` says before such a line; it may have been kept with it.
pub(super) const KEEP: &str = "Keep this elsewhere:";

fn head_of(line: &str) -> Option<KeptHead> {
    let line = line.trim_start();
    let mut words = line.strip_prefix(KEEP).unwrap_or(line).split_whitespace();
    let seq = words.next()?.parse().ok()?;
    let hash: Hash = words.next()?.parse().ok()?;
    let database = match words.next().and_then(|word| word.strip_prefix(DATABASE)) {
        Some(hash) => Some(hash.parse::<Hash>().ok()?.0),
        None => None,
    };
    Some(KeptHead { seq, sha256: hash.0.to_vec(), database_sha256: database })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_is_printed() {
        let hash = "ab".repeat(32);
        let read = head_of(&format!("412 {hash} 2026-11-24T10:00:00.000Z")).unwrap();
        assert_eq!(read, KeptHead { seq: 412, sha256: vec![0xab; 32], database_sha256: None });
        let read = head_of(&format!("412 {hash} {DATABASE}{}", "cd".repeat(32))).unwrap();
        assert_eq!(read.database_sha256, Some([0xcd; 32]));
        let printed = head_of(&format!("{KEEP} 412 {hash} {DATABASE}{}", "cd".repeat(32)));
        assert_eq!(printed, Some(read), "as `curbstop backup` says it");
        assert_eq!(head_of(&format!("412 {hash} {DATABASE}cdcd")), None);
        assert_eq!(head_of(&format!("line {hash}")), None);
        assert_eq!(head_of("412 abab"), None);
    }
}
