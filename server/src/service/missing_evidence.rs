//! Evidence that an order asked for and that is not here: an entry of the worklist for each visit that lacks some, from
//! when it is known until everything is here or a person closes it.
//!
//! What a visit neither brings nor explains is known as it comes in. A photo that a fact names comes after it, so it is
//! missed only once its tablet has had a night in the yard to send it. No work waits for any of this.

use super::{ServiceError, voice::Voice};
use crate::{
    shape::Shape,
    state::AppState,
    store::{
        Conn, Work, evidence, exceptions,
        exceptions::{ExceptionRow, NewException},
        feed,
    },
};
use curbstop_shared::{
    evidence::lack_said,
    ids::OrderId,
    ordered::Set,
    time::{Micros, Span},
    vocabulary::{ExceptionKind, Lack, Role},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One visit has one entry.
const MISSING: Uuid = Uuid::from_bytes(*b"curbstop-missing");
/// From when a visit came in until what it names is missed: by then its tablet has lain in the yard for a night.
const SENT_WITHIN: Span = Span::minutes(12 * 60);
/// The office has a day to ask the crew; then the entry is the supervisor's.
const ASK_WITHIN: Span = Span::minutes(24 * 60);
/// Visits that one round raises: what is left waits for the next.
const A_ROUND_MAX: i64 = 200;

/// What an entry keeps; what is still on its way, the table of evidence says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Detail {
    visited_at_us: i64,
    lacks: Set<Lack>,
}

/// One thing that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "MissingEvidence")]
pub struct Missing {
    /// What it is.
    #[schemars(with = "Shape<Lack>")]
    pub what: Lack,
    /// How many of it.
    pub pieces: i64,
    /// The tablet has taken it and not sent it yet; else nothing names it, and nobody said why.
    pub on_tablet: bool,
    /// Since when, in microseconds since 1970: when it was taken, or when the visit was made.
    pub since_us: i64,
}

/// A visit at an order.
#[derive(Debug, Clone, Copy)]
pub(super) struct AtVisit<'a> {
    pub order: OrderId,
    pub account: &'a str,
    pub visit: &'a str,
    /// By its tablet's clock.
    pub at: Micros,
}

fn id_of(visit: &str) -> Uuid {
    Uuid::new_v5(&MISSING, visit.as_bytes())
}

/// Keeps what a visit lacks, as its facts stand now.
///
/// # Errors
/// When the store fails.
pub(super) async fn keep(work: &mut Work, at: AtVisit<'_>, lacks: Set<Lack>, now: Micros) -> Result<(), ServiceError> {
    if !lacks.is_empty() {
        return raise(work, at, lacks, now).await;
    }
    let open = exceptions::by_id(work, id_of(at.visit)).await?.filter(|row| row.state == "open");
    match open {
        Some(row) if evidence::on_its_way(work, at.order, at.visit).await?.is_empty() => {
            Ok(exceptions::close_gone(work, row.id, now).await?)
        }
        Some(_) => raise(work, at, lacks, now).await,
        None => Ok(()),
    }
}

async fn raise(work: &mut Work, at: AtVisit<'_>, lacks: Set<Lack>, now: Micros) -> Result<(), ServiceError> {
    let detail = Detail { visited_at_us: at.at.0, lacks };
    let detail = serde_json::to_string(&detail).map_err(|bad| ServiceError::Internal(bad.to_string()))?;
    let raised = NewException {
        id: id_of(at.visit),
        kind: ExceptionKind::EvidenceMissing.code(),
        order: Some(at.order),
        account: at.account,
        cause: Some(at.visit),
        detail: &detail,
        owner_role: Role::Office.code(),
        due_at: now + ASK_WITHIN,
    };
    Ok(exceptions::raise(work, &raised, now).await?)
}

/// Some bytes are here: closes the entries of the visits that lacked nothing else.
///
/// # Errors
/// When the store fails.
pub(super) async fn arrived(work: &mut Work, sha256: &[u8; 32], size: i64, now: Micros) -> Result<(), ServiceError> {
    for (order, visit) in evidence::visits_naming(work, sha256, size).await? {
        let open = exceptions::by_id(work, id_of(&visit)).await?.filter(|row| row.state == "open");
        if let Some(row) = open
            && detail(&row).is_some_and(|kept| kept.lacks.is_empty())
            && evidence::on_its_way(work, OrderId(order), &visit).await?.is_empty()
        {
            exceptions::close_gone(work, row.id, now).await?;
        }
    }
    Ok(())
}

/// Raises what is on its way for too long, as of `now`, and hands what waits for longer than a day to the supervisor.
/// Gives how many entries are new.
///
/// # Errors
/// When the store fails.
pub async fn look(state: &AppState, now: Micros) -> Result<u64, ServiceError> {
    let mut conn = state.store.reader().await?;
    let nothing = evidence::overdue(&mut conn, now - SENT_WITHIN, 1).await?.is_empty()
        && exceptions::evidence_late(&mut conn, now).await?.is_none();
    drop(conn);
    if nothing {
        return Ok(0);
    }
    let mut work = state.store.begin().await?;
    // Whoever raises or closes an entry takes the feed's number first, so what is read from here on holds.
    feed::append(&mut work, now, "exception", ExceptionKind::EvidenceMissing.code(), &serde_json::json!({})).await?;
    let overdue = evidence::overdue(&mut work, now - SENT_WITHIN, A_ROUND_MAX).await?;
    for one in &overdue {
        let at = AtVisit {
            order: OrderId(one.order_id),
            account: &one.account,
            visit: &one.visit,
            at: Micros(one.visited_at_us),
        };
        raise(&mut work, at, Set::new(), now).await?;
    }
    exceptions::hand_on_evidence(&mut work, now).await?;
    work.commit().await?;
    state.feed.ring();
    Ok(overdue.len() as u64)
}

fn detail(row: &ExceptionRow) -> Option<Detail> {
    let is_it = row.kind == ExceptionKind::EvidenceMissing.code();
    serde_json::from_str(&row.detail).ok().filter(|_| is_it)
}

/// What is missing at an entry now, first what nothing names; nothing where the entry is of another kind.
///
/// # Errors
/// When the store fails.
pub(super) async fn at(conn: &mut Conn, row: &ExceptionRow) -> Result<Vec<Missing>, ServiceError> {
    let (Some(kept), Some(order), Some(visit)) = (detail(row), row.order_id, row.cause.as_deref()) else {
        return Ok(Vec::new());
    };
    let unnamed = |what: &Lack| Missing { what: *what, pieces: 1, on_tablet: false, since_us: kept.visited_at_us };
    let mut missing: Vec<Missing> = kept.lacks.iter().map(unnamed).collect();
    for (what, pieces, since_us) in evidence::on_its_way(conn, OrderId(order), visit).await? {
        let what = what
            .parse()
            .map_err(|_| crate::store::StoreError::inconsistent("evidence", "what", row.id, "not in its list"))?;
        missing.push(Missing { what, pieces, on_tablet: true, since_us });
    }
    Ok(missing)
}

/// What the office reads about it, and what to do; `None` where the entry is of another kind.
#[must_use]
pub(super) fn sentence(row: &ExceptionRow, missing: &[Missing], voice: &Voice) -> Option<String> {
    let kept = detail(row)?;
    let listed = |on_tablet: bool| {
        let these = missing.iter().filter(|one| one.on_tablet == on_tablet);
        let said = these.map(|one| match (one.pieces, lack_said(one.what, voice.language)) {
            (1, what) => what.to_owned(),
            (pieces, what) => format!("{what} ({pieces})"),
        });
        Some(said.collect::<Vec<_>>().join(", ")).filter(|said| !said.is_empty())
    };
    let at = voice.time(Micros(kept.visited_at_us));
    let mut said = format!("{} {at}.", voice.pick("On the visit of", "En la visita de"));
    if let Some(unnamed) = listed(false) {
        let heading = voice.pick("Not taken, and nobody said why:", "No se tomó, y nadie dijo por qué:");
        said.push_str(&format!(" {heading} {unnamed}."));
    }
    if let Some(on_tablet) = listed(true) {
        let heading = voice.pick("Taken, and still not sent by the tablet:", "Tomado, y la tableta aún no lo envía:");
        said.push_str(&format!(" {heading} {on_tablet}."));
    }
    said.push_str(voice.pick(
        " Ask the crew. It goes from here when all of it is in; where it will never come (tablet lost), close it and say so.",
        " Pregunte a la cuadrilla. Sale de aquí cuando llegue todo; si nunca llegará (tableta perdida), ciérrelo y dígalo.",
    ));
    Some(said)
}

/// How many visits lack evidence, and of how many of these the office's day is over.
///
/// # Errors
/// When the store fails.
pub async fn counted(conn: &mut Conn) -> Result<(usize, usize), ServiceError> {
    let (all, late) = exceptions::evidence_counted(conn).await?;
    Ok((usize::try_from(all).unwrap_or(usize::MAX), usize::try_from(late).unwrap_or(usize::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use curbstop_shared::language::Language;

    fn entry(lacks: &[Lack]) -> ExceptionRow {
        let detail = Detail { visited_at_us: 0, lacks: lacks.iter().copied().collect() };
        ExceptionRow {
            id: Uuid::nil(),
            kind: ExceptionKind::EvidenceMissing.code().to_owned(),
            order_id: None,
            order_number: None,
            account: String::new(),
            cause: None,
            detail: serde_json::to_string(&detail).unwrap(),
            owner_role: "office".to_owned(),
            raised_at_us: 0,
            due_at_us: 0,
            state: "open".to_owned(),
            resolved_at_us: None,
            resolution: None,
        }
    }

    #[test]
    fn a_clerk_reads_what_is_missing_and_whether_the_tablet_has_it() {
        let missing = |what, pieces, on_tablet| Missing { what, pieces, on_tablet, since_us: 0 };
        let all = [missing(Lack::Signature, 1, false), missing(Lack::Photo, 2, true)];
        let voice = |language| Voice { language, zone: chrono_tz::UTC, now: Micros(0) };
        let english = sentence(&entry(&[Lack::Signature]), &all, &voice(Language::En)).unwrap();
        let start = "On the visit of 00:00. Not taken, and nobody said why: signature. Taken, and still not sent by the \
                     tablet: photo (2). Ask the crew.";
        assert!(english.starts_with(start), "{english}");
        let spanish = sentence(&entry(&[]), &all[1..], &voice(Language::Es)).unwrap();
        assert!(
            spanish.starts_with("En la visita de 00:00. Tomado, y la tableta aún no lo envía: foto (2)."),
            "{spanish}"
        );
        let other = ExceptionRow { kind: "incident".to_owned(), ..entry(&[]) };
        assert_eq!(sentence(&other, &all, &voice(Language::En)), None);
    }
}
