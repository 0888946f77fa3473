//! The audit trail read backwards: of somebody, about something, within some days.

use super::{Conn, StoreError, audit::AuditRow};
use crate::fetch_all;
use curbstop_shared::time::Micros;

crate::statements! {
    ALL = "SELECT seq, at_us, actor, action, subject, details, previous_sha256, sha256 FROM audit WHERE seq < $1 AND at_us >= $2 AND at_us < $3 ORDER BY seq DESC LIMIT $4";
    OF_ACTOR = "SELECT seq, at_us, actor, action, subject, details, previous_sha256, sha256 FROM audit WHERE seq < $1 AND at_us >= $2 AND at_us < $3 AND actor = $5 ORDER BY seq DESC LIMIT $4";
    HOLDS_OF_ACCOUNT =
        sqlite "SELECT seq, at_us, actor, action, subject, details, previous_sha256, sha256 FROM audit WHERE details ->> 'account' = $1 AND action IN ('hold_set', 'hold_lifted') ORDER BY seq",
        postgres "SELECT seq, at_us, actor, action, subject, details, previous_sha256, sha256 FROM audit WHERE details::jsonb ->> 'account' = $1 AND action IN ('hold_set', 'hold_lifted') ORDER BY seq";
    GIVEN = "SELECT seq, at_us, actor, action, subject, details, previous_sha256, sha256 FROM audit WHERE subject = $1 AND action = 'order_given' ORDER BY seq";
    ABOUT =
        sqlite "SELECT seq, at_us, actor, action, subject, details, previous_sha256, sha256 FROM audit WHERE seq < $1 AND at_us >= $2 AND at_us < $3 AND (CAST($5 AS TEXT) IS NULL OR actor = $5) AND (subject IN (SELECT value FROM json_each($6)) OR details ->> 'account' IN (SELECT value FROM json_each($6)) OR details ->> 'order' IN (SELECT value FROM json_each($6))) ORDER BY seq DESC LIMIT $4",
        postgres "SELECT seq, at_us, actor, action, subject, details, previous_sha256, sha256 FROM audit WHERE seq < $1 AND at_us >= $2 AND at_us < $3 AND (CAST($5 AS TEXT) IS NULL OR actor = $5) AND (subject IN (SELECT jsonb_array_elements_text($6::text::jsonb)) OR details::jsonb ->> 'account' IN (SELECT jsonb_array_elements_text($6::text::jsonb)) OR details::jsonb ->> 'order' IN (SELECT jsonb_array_elements_text($6::text::jsonb))) ORDER BY seq DESC LIMIT $4";
}

/// Which lines.
#[derive(Debug, Clone, Default)]
pub struct Sought {
    /// Before this number.
    pub before: Option<i64>,
    /// From this moment on.
    pub from: Option<Micros>,
    /// Before this moment.
    pub to: Option<Micros>,
    /// Of this actor, as the trail names them.
    pub actor: Option<String>,
    /// About one of these: a line's subject, or the account or order in its details. None: whatever it is about.
    pub about: Option<Vec<String>>,
}

/// Up to `limit` lines, newest first.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn, sought: &Sought, limit: i64) -> Result<Vec<AuditRow>, StoreError> {
    let before = sought.before.unwrap_or(i64::MAX);
    let from = sought.from.map_or(i64::MIN, |at| at.0);
    let to = sought.to.map_or(i64::MAX, |at| at.0);
    match (&sought.about, &sought.actor) {
        (Some(about), actor) => {
            let about = serde_json::json!(about).to_string();
            fetch_all!(conn, AuditRow, ABOUT, before, from, to, limit, actor.as_deref(), &about)
        }
        (None, Some(actor)) => fetch_all!(conn, AuditRow, OF_ACTOR, before, from, to, limit, actor),
        (None, None) => fetch_all!(conn, AuditRow, ALL, before, from, to, limit),
    }
}

/// When holds of an account were set and lifted at a desk, oldest first.
///
/// # Errors
/// As the database says.
pub async fn holds_of_account(conn: &mut Conn, account: &str) -> Result<Vec<AuditRow>, StoreError> {
    fetch_all!(conn, AuditRow, HOLDS_OF_ACCOUNT, account)
}

/// When an order (by its number) was given to a crew, oldest first.
///
/// # Errors
/// As the database says.
pub async fn given(conn: &mut Conn, order: &str) -> Result<Vec<AuditRow>, StoreError> {
    fetch_all!(conn, AuditRow, GIVEN, order)
}
