//! Keeps what was read, inside the unit of work of the import.

use super::{File, Known, ListingView, Outcome, Rows, SeenBefore};
use crate::{
    import::{
        Kind, Report,
        payments::{AgainstListings, PaymentKind, PaymentRow, against_listings},
    },
    moment::Moment,
    service::{
        ServiceError, accounts,
        authorise::Actor,
        holding::hold_from_file,
        part_paid,
        payments::{FromJournal, released_by},
        releasing,
        spreading::{self, Spread},
        suspending, taking_back, unlike_receipts, unread_payments, utility,
    },
    state::AppState,
    store::{
        Conn, Work, audit, feed, holds,
        imports::{self, ImportRow},
        listings::{self, NewDraft},
        payments::{self, FromFile},
        premises,
    },
};
use chrono::{NaiveDate, NaiveTime, TimeZone};
use curbstop_shared::{ids::ListingId, time::Micros, vocabulary::ReversalReason};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What the file would do.
pub(super) async fn preview(state: &AppState, known: &Known, rows: Rows, file: &File) -> Result<Outcome, ServiceError> {
    let mut conn = state.store.snapshot().await?;
    let seen_before = seen_before(&mut conn, known, &rows, file.kind).await?;
    let listing = match file.kind {
        Kind::Listing => same_listing(&mut conn, known, rows.report()).await?,
        Kind::Premises | Kind::Holds | Kind::Payments => None,
    };
    let against_listings = against(&mut conn, known, &rows).await?;
    Ok(Outcome { import: None, dry_run: true, seen_before, listing, against_listings, report: report_of(rows) })
}

/// Keeps the file: its rows, its report, a line of the audit trail and an event for the desks. Payments release
/// whom they cover; what comes with the outcome is to be announced after the commit.
pub(super) async fn keep(
    state: &AppState,
    work: &mut Work,
    actor: &Actor,
    known: &Known,
    rows: Rows,
    file: &File,
) -> Result<(Outcome, Option<Spread>), ServiceError> {
    let now = state.now();
    let seen_before = seen_before(work, known, &rows, file.kind).await?;
    let same = match file.kind {
        Kind::Listing => same_listing(work, known, rows.report()).await?,
        Kind::Premises | Kind::Holds | Kind::Payments => None,
    };
    if let Some(same) = same.as_ref().filter(|same| same.number.is_some()) {
        // What is final never changes; the file is recognised and left alone.
        let (listing, report) = (Some(same.clone()), report_of(rows));
        let outcome = Outcome { import: None, dry_run: false, seen_before, listing, against_listings: None, report };
        return Ok((outcome, None));
    }
    let import = state.new_id();
    imports::insert(work, &import_row(import, known, rows.report(), actor, now)).await?;
    let mut spread = None;
    let listing = match &rows {
        Rows::Premises(imported) => {
            premises::put(work, import, &imported.rows).await?;
            let named: BTreeSet<&str> = imported.rows.iter().map(|row| row.account.as_str()).collect();
            accounts::list(work, &named.into_iter().collect::<Vec<_>>()).await?;
            spread = suspending::reach_those_moved_in(state, work, now).await?;
            None
        }
        Rows::Holds(imported) => {
            holds::put(work, import, &known.options.source, &imported.rows, now).await?;
            let folding = utility::folding(state, now);
            let held = hold_from_file(state, work, &known.options.source, &imported.rows, &folding, now).await?;
            spread = Some(held);
            None
        }
        Rows::Payments(imported) => {
            spread = Some(keep_payments(state, work, import, known, &imported.rows, now).await?);
            let (source, as_of) = (&known.options.source, known.options.as_of);
            unread_payments::keep(work, import, source, as_of, &imported.unread, now).await?;
            None
        }
        Rows::Listing(imported) => {
            let draft = NewDraft {
                id: same.as_ref().map_or_else(|| ListingId(state.new_id()), |same| same.id),
                import,
                source: &known.options.source,
                as_of: known.options.as_of.to_string(),
                file_sha256: &imported.report.sha256,
                run: run(known, &imported.report, now),
                rows: &imported.rows,
            };
            listings::draft(work, &draft, same.is_some(), now).await?;
            listings::by_id(work, draft.id).await?.map(ListingView::from)
        }
    };
    let against_listings = against(work, known, &rows).await?;
    let report = report_of(rows);
    let outcome = Outcome { import: Some(import), dry_run: false, seen_before, listing, against_listings, report };
    let json = serde_json::to_string(&outcome).map_err(|e| ServiceError::Internal(format!("report: {e}")))?;
    imports::set_report(work, import, &json).await?;
    tell(work, actor, &outcome, now).await?;
    Ok((outcome, spread))
}

/// The report as it is kept and told. The accepted rows of a premises file are the whole town: their number is enough.
fn report_of(rows: Rows) -> Report {
    match rows {
        Rows::Premises(imported) => Report { accepted: Vec::new(), ..imported.report },
        Rows::Holds(imported) => imported.report,
        Rows::Listing(imported) => imported.report,
        Rows::Payments(imported) => imported.report,
    }
}

/// When the listing was run. A time of day behind our own is one that is wrong: then only the day is believed.
fn run(known: &Known, report: &Report, now: Micros) -> Option<(NaiveDate, Option<Micros>)> {
    let run = report.run?;
    let at = run.at.and_then(|time| known.zone.from_local_datetime(&run.on.and_time(time)).earliest());
    let at = at.map(|at| Micros(at.timestamp_micros())).filter(|at| *at <= now);
    (run.on <= utility::day(known.zone, now)).then_some((run.on, at))
}

fn import_row(id: Uuid, known: &Known, report: &Report, actor: &Actor, now: Micros) -> ImportRow {
    ImportRow {
        id,
        seq: known.seq,
        kind: report.kind.name().to_owned(),
        source: known.options.source.clone(),
        as_of: known.options.as_of.to_string(),
        file_sha256: report.sha256.clone(),
        report: String::new(),
        imported_by: actor.name(),
        imported_at_us: now.0,
    }
}

async fn tell(work: &mut Work, actor: &Actor, outcome: &Outcome, now: Micros) -> Result<(), ServiceError> {
    let report = &outcome.report;
    let details = serde_json::json!({
        "kind": report.kind, "source": report.source, "as_of": report.as_of, "sha256": report.sha256,
        "counts": report.counts, "listing": outcome.listing.as_ref().map(|listing| listing.id),
    });
    let import = outcome.import.map(|id| id.to_string()).unwrap_or_default();
    feed::append(work, now, "import", &import, &details).await?;
    audit::append(work, now, &actor.name(), "file_imported", &import, &details).await?;
    Ok(())
}

async fn seen_before(
    conn: &mut Conn,
    known: &Known,
    rows: &Rows,
    kind: Kind,
) -> Result<Option<SeenBefore>, ServiceError> {
    let before = imports::last_of_file(conn, &rows.report().sha256, kind.name(), &known.options.source).await?;
    let seen = |row: ImportRow| SeenBefore { import: row.id, imported_at: Moment(Micros(row.imported_at_us)) };
    Ok(before.map(seen))
}

/// The listing that this very file is already.
async fn same_listing(conn: &mut Conn, known: &Known, report: &Report) -> Result<Option<ListingView>, ServiceError> {
    let as_of = known.options.as_of.to_string();
    let same = listings::of_file(conn, &report.sha256, &known.options.source, &as_of).await?;
    Ok(same.map(ListingView::from))
}

/// What the payments of a journal mean for the listings of its day.
async fn against(conn: &mut Conn, known: &Known, rows: &Rows) -> Result<Option<AgainstListings>, ServiceError> {
    let Rows::Payments(imported) = rows else { return Ok(None) };
    let past_due = listings::past_due_of_day(conn, &known.options.as_of.to_string()).await?;
    Ok(Some(against_listings(&imported.rows, &past_due)))
}

/// Keeps the payments of a journal and asks about those that are kept with less, releases whom they cover, and takes back the releases of whoever's payment is none:
/// the same as at the desk, and nobody is cut because of it.
async fn keep_payments(
    state: &AppState,
    work: &mut Work,
    import: Uuid,
    known: &Known,
    rows: &[PaymentRow],
    now: Micros,
) -> Result<Spread, ServiceError> {
    let payments: Vec<FromFile<'_>> =
        rows.iter().map(|row| FromFile { id: state.new_id(), paid_at: paid_at(known, row), row }).collect();
    // What a tablet brings while this runs is seen, or waits: whose cut is made by then gets a reconnect.
    releasing::lock_accounts(work, rows.iter().map(|row| row.account.as_str())).await?;
    let folding = utility::folding(state, now);
    let (on_top, new): (Vec<_>, Vec<_>) = payments.iter().partition(|payment| payment.row.on_top_of.is_some());
    payments::put(work, import, &known.options.source, &new, now).await?;
    for payment in on_top {
        payments::put_on_top(work, &known.options.source, payment, now).await?;
        unlike_receipts::ask(state, work, payment.id, payment.row, &folding, now).await?;
    }
    let money_in: Vec<FromJournal> = payments
        .iter()
        .filter(|payment| payment.row.amount.minor() > 0)
        .map(|payment| FromJournal {
            payment: payment.id,
            account: payment.row.account.clone(),
            paid_at: payment.paid_at,
            amount_minor: payment.row.amount.minor(),
        })
        .collect();
    let mut taken_back: BTreeMap<&str, ReversalReason> = BTreeMap::new();
    for row in rows {
        if let PaymentKind::Reversal { reason, .. } = row.what {
            taken_back.entry(&row.account).or_insert(reason);
        }
    }
    let mut words = released_by(state, work, &money_in, &folding, now).await?;
    for (account, reason) in taken_back {
        words.extend(taking_back::reversals(state, work, None, account, reason, now).await?.0);
    }
    let spread = spreading::spread(state, work, &words, &folding, now).await?;
    let moved: BTreeMap<&str, Uuid> =
        payments.iter().map(|payment| (payment.row.account.as_str(), payment.id)).collect();
    for (account, payment) in moved {
        part_paid::look_at(state, work, account, Some(payment), &folding, now).await?;
    }
    Ok(spread)
}

/// The moment of a payment. Without a time of day it is the day's beginning: too early spares a customer, too late
/// could cut one who had paid.
fn paid_at(known: &Known, row: &PaymentRow) -> Micros {
    let local = row.paid_on.and_time(row.paid_at.unwrap_or(NaiveTime::MIN));
    let moment = known.zone.from_local_datetime(&local).earliest().map(|at| at.timestamp_micros());
    // A time that the change to summer time left out is read as if there had been none.
    Micros(moment.unwrap_or_else(|| local.and_utc().timestamp_micros()))
}
