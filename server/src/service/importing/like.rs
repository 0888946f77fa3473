//! What a file seems to be, and from whom: by its headings, and by who sent the last one like it.

use super::{
    super::{
        ServiceError,
        authorise::{Action, Actor},
        unread_payments::{self, Unread},
    },
    FileBytes,
};
use crate::{
    import::{
        FileRefused, Kind, Mapping, beginnings,
        mapping::{built_in, find_layout},
        text::is_workbook,
    },
    state::AppState,
    store::{Conn, imports},
};
use chrono::NaiveDate;
use curbstop_shared::time::Micros;
use serde::Serialize;
use uuid::Uuid;

/// A file's headings stand within its first so many bytes.
const HEAD_BYTES: usize = 64 * 1024;

/// What a file seems to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Like {
    /// What it is about.
    pub kind: Kind,
    /// The mapping that explains most of its columns.
    pub mapping: String,
    /// Who sent the last one like it; none where none came yet.
    pub source: Option<String>,
}

/// What a file seems to be; of a text its first bytes are enough, of a workbook it takes the whole. `None` where no known
/// headings stand in it.
///
/// # Errors
/// 403 `role_forbids`, or when the store fails.
pub async fn like(state: &AppState, actor: &Actor, bytes: &FileBytes) -> Result<Option<Like>, ServiceError> {
    actor.may(Action::ImportFiles)?;
    let Ok((kind, mapping)) = judged(state, bytes).await? else { return Ok(None) };
    let mut conn = state.store.reader().await?;
    let source = match imports::last_source_of(&mut conn, kind.name(), &mapping).await? {
        Some(source) => Some(source),
        None => imports::only_source(&mut conn).await?,
    };
    Ok(Some(Like { kind, mapping, source }))
}

/// Why a file is of no known kind: what keeps it from being read at all, and else what stands where headings should.
///
/// # Errors
/// When the store fails.
pub async fn why_unlike(state: &AppState, bytes: &FileBytes) -> Result<FileRefused, ServiceError> {
    Ok(match judged(state, bytes).await? {
        // It seems to be something after all: then only its rows can be wrong.
        Ok(_) => FileRefused::NoRows,
        Err(FileRefused::HeadingsUnknown { hint, .. }) => {
            let wanted = "a premises, holds, listing or payments file".to_owned();
            FileRefused::HeadingsUnknown { wanted, hint }
        }
        Err(other) => other,
    })
}

/// The kind whose mapping explains the most columns, on a thread of its own: a workbook takes a while.
async fn judged(state: &AppState, bytes: &FileBytes) -> Result<Result<(Kind, String), FileRefused>, ServiceError> {
    let mappings = known_mappings(&mut state.store.reader().await?).await?;
    let bytes = bytes.clone();
    let judging = move || {
        let head = if is_workbook(&bytes) { &bytes } else { bytes.get(..HEAD_BYTES).unwrap_or(&bytes) };
        seems(head, &mappings)
    };
    tokio::task::spawn_blocking(judging).await.map_err(|e| ServiceError::Internal(format!("judging a file: {e}")))
}

/// Every source's own mappings, and the built-in ones after them.
async fn known_mappings(conn: &mut Conn) -> Result<Vec<Mapping>, ServiceError> {
    let mut mappings: Vec<Mapping> = Vec::new();
    for json in imports::all_mappings(conn).await? {
        let own: Vec<Mapping> =
            serde_json::from_str(&json).map_err(|bad| ServiceError::Internal(format!("mappings: {bad}")))?;
        mappings.extend(own);
    }
    mappings.extend(built_in());
    Ok(mappings)
}

const KINDS: [Kind; 4] = [Kind::Listing, Kind::Premises, Kind::Holds, Kind::Payments];

/// The kind whose mapping explains the most columns.
fn seems(bytes: &[u8], mappings: &[Mapping]) -> Result<(Kind, String), FileRefused> {
    let texts = beginnings(bytes, HEAD_BYTES)?;
    let mut refused = None;
    let mut best: Option<(usize, Kind, String)> = None;
    for (text, kind) in texts.iter().flat_map(|text| KINDS.map(|kind| (text, kind))) {
        match find_layout(text, kind, mappings) {
            Ok(layout) => {
                let columns = layout.heading.column_of.len();
                if best.as_ref().is_none_or(|(most, ..)| columns > *most) {
                    best = Some((columns, kind, layout.mapping.name.clone()));
                }
            }
            // Something more particular than unknown headings says more.
            Err(why) if !matches!(why, FileRefused::HeadingsUnknown { .. }) => refused = Some(why),
            Err(why) => {
                refused.get_or_insert(why);
            }
        }
    }
    best.map(|(_, kind, mapping)| (kind, mapping)).ok_or_else(|| refused.unwrap_or(FileRefused::Empty))
}

/// Who sends the files, where all so far are from one system: where they are from several, the last one's name would be
/// a guess that puts a file under the wrong system.
///
/// # Errors
/// When the store fails.
pub async fn only_source(state: &AppState) -> Result<Option<String>, ServiceError> {
    Ok(imports::only_source(&mut state.store.reader().await?).await?)
}

/// A payments file with refused rows: each may be somebody who paid and is on the day's listing all the same.
#[derive(Debug, Clone)]
pub struct RefusedPayments {
    /// Who sent it.
    pub source: String,
    /// When it came in.
    pub imported_at: Micros,
    /// Every row that nobody knows yet.
    pub count: usize,
    /// The first of them.
    pub rows: Vec<Unread>,
}

/// Rows that a warning shows.
const SHOWN: usize = 8;

/// The payments files for a day of which some rows could not be read and are not known since. A clean file that came
/// later silences none of them.
///
/// # Errors
/// When the store fails.
pub async fn refused_payments(state: &AppState, day: NaiveDate) -> Result<Vec<RefusedPayments>, ServiceError> {
    let mut conn = state.store.snapshot().await?;
    let mut files: Vec<(Uuid, RefusedPayments)> = Vec::new();
    for row in unread_payments::of_day(&mut conn, day).await? {
        let at = files.iter().position(|(import, _)| *import == row.import_id).unwrap_or_else(|| {
            let (source, imported_at) = (row.source.clone(), Micros(row.kept_at_us));
            files.push((row.import_id, RefusedPayments { source, imported_at, count: 0, rows: Vec::new() }));
            files.len() - 1
        });
        let file = &mut files[at].1;
        file.count += usize::try_from(row.meant).unwrap_or_default();
        if file.rows.len() < SHOWN {
            file.rows.push(unread_payments::tell(&mut conn, row).await?);
        }
    }
    Ok(files.into_iter().map(|(_, file)| file).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_say_what_a_file_is() {
        let seems = |text: &str| seems(text.as_bytes(), &built_in()).ok().map(|(kind, _)| kind);
        assert_eq!(seems("Account,Receipt,Date,Amount\n1,2,1/1/26,5.00\n"), Some(Kind::Payments));
        assert_eq!(seems("Hold No,Acct No,Hold Code,Start,Good Thru\n"), Some(Kind::Holds));
        assert_eq!(seems("Fruit,Price\npear,1\n"), None);
        assert_eq!(seems(""), None);
    }
}
