//! The audit trail: append-only, each row chained to the one before by its hash.
//!
//! A changed, missing or swapped row breaks the chain and is named by [`verify`]. A cut tail shows only against a
//! head that was kept elsewhere, which is why the head is exported.

use super::{Conn, StoreError, Work};
use curbstop_shared::time::Micros;
use sha2::{Digest, Sha256};

crate::statements! {
    HEAD = "SELECT seq, sha256 FROM audit_head WHERE id = 1";
    NEXT = "UPDATE audit_head SET seq = seq + 1 WHERE id = 1 RETURNING seq, sha256";
    SET_HEAD = "UPDATE audit_head SET sha256 = $1 WHERE id = 1";
    INSERT = "INSERT INTO audit (seq, at_us, actor, action, subject, details, previous_sha256, sha256) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    PAGE = "SELECT seq, at_us, actor, action, subject, details, previous_sha256, sha256 FROM audit \
            WHERE seq > $1 ORDER BY seq LIMIT $2";
}

/// So many rows are read at once.
const PAGE_ROWS: i64 = 1_000;

/// One line of the trail.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AuditRow {
    /// Its number, without gaps.
    pub seq: i64,
    /// When, by the server's clock.
    pub at_us: i64,
    /// Who: `person:<id>`, `device:<id>` or `system`.
    pub actor: String,
    /// What they did: `device_revoked`, `release_recorded`, ...
    pub action: String,
    /// To what: an id or an account, as text.
    pub subject: String,
    /// More about it, as JSON.
    pub details: String,
    /// The hash of the row before.
    pub previous_sha256: Vec<u8>,
    /// The hash over all of it.
    pub sha256: Vec<u8>,
}

impl AuditRow {
    fn hash(&self) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash.update(&self.previous_sha256);
        hash.update(self.seq.to_be_bytes());
        hash.update(self.at_us.to_be_bytes());
        for text in [&self.actor, &self.action, &self.subject, &self.details] {
            // The length before each text: no two rows write the same bytes.
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.finalize().to_vec()
    }
}

/// Appends a line. From here to the commit other writers wait: append last, after the feed's number.
///
/// # Errors
/// As the database says.
pub async fn append(
    work: &mut Work,
    now: Micros,
    actor: &str,
    action: &str,
    subject: &str,
    details: &serde_json::Value,
) -> Result<(), StoreError> {
    work.takes_trail();
    let (seq, previous_sha256): (i64, Vec<u8>) = crate::fetch_one!(work, (i64, Vec<u8>), NEXT)?;
    let mut row = AuditRow {
        seq,
        at_us: now.0,
        actor: actor.to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        details: details.to_string(),
        previous_sha256,
        sha256: Vec::new(),
    };
    row.sha256 = row.hash();
    crate::execute_one!(
        work,
        INSERT,
        row.seq,
        row.at_us,
        &row.actor,
        &row.action,
        &row.subject,
        &row.details,
        row.previous_sha256.as_slice(),
        row.sha256.as_slice()
    )?;
    crate::execute_one!(work, SET_HEAD, row.sha256.as_slice())
}

/// Up to `limit` lines after `seq`.
///
/// # Errors
/// As the database says.
pub async fn page(conn: &mut Conn, seq: i64, limit: i64) -> Result<Vec<AuditRow>, StoreError> {
    crate::fetch_all!(conn, AuditRow, PAGE, seq, limit)
}

/// The number and hash of the last line: what to keep elsewhere.
///
/// # Errors
/// As the database says.
pub async fn head(conn: &mut Conn) -> Result<(i64, Vec<u8>), StoreError> {
    crate::fetch_one!(conn, (i64, Vec<u8>), HEAD)
}

/// The number and hash of a line, as somebody kept them outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptHead {
    /// The line.
    pub seq: i64,
    /// Its hash.
    pub sha256: Vec<u8>,
    /// The hash of the file of a backup that ends with this line, where the backup was kept in mind and not only the
    /// trail.
    pub database_sha256: Option<[u8; 32]>,
}

/// What [`verify`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The chain holds, with this many lines.
    Whole(i64),
    /// The first line that is wrong, and how.
    Broken(i64, &'static str),
}

/// Follows the chain from its beginning. Give it a snapshot.
///
/// # Errors
/// As the database says.
pub async fn verify(conn: &mut Conn) -> Result<Verdict, StoreError> {
    verify_against(conn, &[]).await
}

/// As [`verify`], and looks whether the lines that were kept elsewhere are still there: who cuts the tail off and puts
/// the head back is seen by nothing else.
///
/// # Errors
/// As the database says.
pub async fn verify_against(conn: &mut Conn, kept: &[KeptHead]) -> Result<Verdict, StoreError> {
    let (last, head) = head(conn).await?;
    let (mut seq, mut previous) = (0, vec![0; 32]);
    loop {
        let rows = page(conn, seq, PAGE_ROWS).await?;
        for (n, row) in rows.iter().enumerate() {
            if let Some(how) = fault(row, seq, &previous, rows.get(n + 1)) {
                return Ok(how);
            }
            if kept.iter().any(|kept| kept.seq == row.seq && kept.sha256 != row.sha256) {
                return Ok(Verdict::Broken(row.seq, "is not the line whose hash was kept"));
            }
            (seq, previous) = (row.seq, row.sha256.clone());
        }
        if rows.is_empty() {
            break;
        }
    }
    Ok(if seq < last || previous != head {
        Verdict::Broken(seq + 1, "is missing at the end")
    } else if kept.iter().any(|kept| kept.seq > seq) {
        Verdict::Broken(seq + 1, "is missing: a head that was kept counts more lines")
    } else {
        Verdict::Whole(seq)
    })
}

/// What is wrong with a line that should follow this one.
fn fault(row: &AuditRow, seq: i64, previous: &[u8], next: Option<&AuditRow>) -> Option<Verdict> {
    if row.seq != seq + 1 {
        return Some(Verdict::Broken(seq + 1, "is missing"));
    }
    if row.previous_sha256 != previous {
        let swapped = next.is_some_and(|next| next.sha256 == row.previous_sha256 && next.previous_sha256 == previous);
        let how = if swapped { "changed places with the one after it" } else { "does not follow the line before it" };
        return Some(Verdict::Broken(row.seq, how));
    }
    (row.hash() != row.sha256).then_some(Verdict::Broken(row.seq, "was changed"))
}
