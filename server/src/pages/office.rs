//! `/office`: one search box, the account's answer in its first line, and the worklist of exceptions.

use super::{
    frame::{Desk, Frame},
    go_to, html, html_with, left_out,
};
use crate::{
    http::problem::Problem,
    service::{
        ServiceError,
        accounts::{self, Account, Found, Hits},
        authorise::Action,
        exceptions::{self, Entry},
        left_out::{NotToday, of_account},
        missing_evidence,
        releasing::Owed,
        unread_payments,
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use curbstop_shared::{
    language::Language,
    time::Micros,
    vocabulary::{ExceptionKind, HoldReason},
};
use serde::Deserialize;
use uuid::Uuid;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/office", get(home))
        .route("/office/search", get(results))
        .route("/office/worklist", get(worklist))
        .route("/office/evidence", get(evidence))
        .route("/office/evidence/live", get(evidence_live))
        .route("/office/accounts/{account}", get(account))
        .route("/office/accounts/{account}/live", get(account_live))
}

#[derive(Template)]
#[template(path = "office.html")]
struct Home {
    f: Frame,
    q: String,
    found: Vec<Found>,
    total: usize,
    entries: Vec<EntryRow>,
    /// Payments that nobody could read, and that stand before a cut.
    unread: usize,
    /// Visits that lack evidence.
    missing: usize,
}

#[derive(Template)]
#[template(path = "results.html")]
struct Results {
    f: Frame,
    q: String,
    found: Vec<Found>,
    total: usize,
}

#[derive(Template)]
#[template(path = "worklist_live.html")]
struct Worklist {
    f: Frame,
    entries: Vec<EntryRow>,
    unread: usize,
    missing: usize,
}

#[derive(Template)]
#[template(path = "evidence.html")]
struct Evidence {
    f: Frame,
    entries: Vec<EntryRow>,
    /// Visits that lack evidence, those that the list has no room for among them.
    missing: usize,
}

#[derive(Template)]
#[template(path = "evidence_live.html")]
struct EvidenceLive {
    f: Frame,
    entries: Vec<EntryRow>,
    missing: usize,
}

/// An entry with what its row needs.
pub(super) struct EntryRow {
    pub entry: Entry,
    pub due_at: Micros,
    pub late: bool,
    pub owner: &'static str,
    /// A claim about a person's need, which lasts until a day.
    pub lasts: bool,
    /// The key under which its form may be sent again.
    pub key: Uuid,
}

impl EntryRow {
    /// It can't be closed before service is back.
    fn restore_first(&self) -> bool {
        self.entry.urgent || self.entry.kind == ExceptionKind::OffUnderClaim
    }

    /// Somebody may depend on the service: it is given back unless somebody says why not.
    fn is_medical(&self) -> bool {
        self.entry.claimed == Some(HoldReason::Medical)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Wanted {
    q: String,
    /// "yes": all that fit, not only the best.
    all: String,
}

impl Wanted {
    fn most(&self) -> usize {
        if self.all == "yes" { accounts::ALL_ANSWERS_MAX } else { accounts::ANSWERS_MAX }
    }
}

async fn home(State(state): State<AppState>, desk: Desk, Query(wanted): Query<Wanted>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeAccounts) {
        return Ok(*refused);
    }
    let most = wanted.most();
    let q = wanted.q;
    let Hits { accounts: found, total } = accounts::search(&state, &desk.frame.voice, &q, most).await?;
    // Sent without the script: the one that fits is what was meant.
    if let [only] = found.as_slice()
        && only.meant.is_none()
        && !only.matched.contains(&"sounds_like")
    {
        return Ok(go_to(&format!("/office/accounts/{}", super::frame::percent(&only.account)), desk.frame.fragment));
    }
    let entries = entries(&state, &desk.frame, None).await?;
    let unread = unread_standing(&state).await?;
    let missing = evidence_missing(&state).await?;
    html(&Home { f: desk.frame, q, found, total, entries, unread, missing })
}

async fn results(State(state): State<AppState>, desk: Desk, Query(wanted): Query<Wanted>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeAccounts) {
        return Ok(*refused);
    }
    let most = wanted.most();
    let q = wanted.q;
    let Hits { accounts: found, total } = accounts::search(&state, &desk.frame.voice, &q, most).await?;
    html(&Results { f: desk.frame, q, found, total })
}

async fn worklist(State(state): State<AppState>, desk: Desk) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeExceptions) {
        return Ok(*refused);
    }
    let entries = entries(&state, &desk.frame, None).await?;
    let unread = unread_standing(&state).await?;
    let missing = evidence_missing(&state).await?;
    html(&Worklist { f: desk.frame, entries, unread, missing })
}

async fn evidence(State(state): State<AppState>, desk: Desk) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeExceptions) {
        return Ok(*refused);
    }
    let (entries, missing) = (without_evidence(&state, &desk.frame).await?, evidence_missing(&state).await?);
    html(&Evidence { f: desk.frame, entries, missing })
}

async fn evidence_live(State(state): State<AppState>, desk: Desk) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeExceptions) {
        return Ok(*refused);
    }
    let (entries, missing) = (without_evidence(&state, &desk.frame).await?, evidence_missing(&state).await?);
    html(&EvidenceLive { f: desk.frame, entries, missing })
}

/// The visits that lack evidence, those first whose time is up.
async fn without_evidence(state: &AppState, frame: &Frame) -> Result<Vec<EntryRow>, Problem> {
    let of_kind = (None, Some(ExceptionKind::EvidenceMissing));
    Ok(rows(state, frame, exceptions::list(state, &frame.voice, of_kind, exceptions::LIST_MAX).await?))
}

async fn evidence_missing(state: &AppState) -> Result<usize, Problem> {
    let mut conn = state.store.reader().await.map_err(ServiceError::from)?;
    Ok(missing_evidence::counted(&mut conn).await?.0)
}

async fn unread_standing(state: &AppState) -> Result<usize, Problem> {
    let mut conn = state.store.snapshot().await.map_err(ServiceError::from)?;
    let standing = unread_payments::standing(&mut conn).await?;
    Ok(standing.rows.len() + standing.more)
}

async fn entries(state: &AppState, frame: &Frame, account: Option<&str>) -> Result<Vec<EntryRow>, Problem> {
    let entries = exceptions::list(state, &frame.voice, (account, None), exceptions::LIST_MAX).await?;
    Ok(rows(state, frame, entries))
}

/// Tablets' work at an account that a supervisor set aside.
async fn set_aside(state: &AppState, frame: &Frame, account: &str) -> Result<Vec<EntryRow>, Problem> {
    Ok(rows(state, frame, exceptions::set_aside(state, &frame.voice, account).await?))
}

fn rows(state: &AppState, frame: &Frame, entries: Vec<Entry>) -> Vec<EntryRow> {
    entries
        .into_iter()
        .map(|entry| EntryRow {
            due_at: Micros(entry.due_at_us),
            late: entry.due_at_us < frame.voice.now.0,
            owner: frame.role_name(entry.owner),
            lasts: entry.kind == ExceptionKind::FieldHoldUnverified,
            key: state.new_id(),
            entry,
        })
        .collect()
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    f: Frame,
    q: String,
    found: Vec<Found>,
    total: usize,
    a: Account,
    not_today: Option<String>,
    entries: Vec<EntryRow>,
    aside: Vec<EntryRow>,
    tenders: Vec<(&'static str, &'static str)>,
    paid_at: String,
    key: Uuid,
}

#[derive(Template)]
#[template(path = "account_live.html")]
struct AccountLive {
    f: Frame,
    a: Account,
    not_today: Option<String>,
    entries: Vec<EntryRow>,
    aside: Vec<EntryRow>,
}

#[derive(Template)]
#[template(path = "account_unknown.html")]
struct Unknown {
    f: Frame,
    q: String,
    found: Vec<Found>,
    total: usize,
}

async fn account(State(state): State<AppState>, desk: Desk, Path(number): Path<String>) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeAccounts) {
        return Ok(*refused);
    }
    let f = desk.frame;
    match accounts::account(&state, &f.voice, &number).await {
        Ok(a) => {
            let entries = entries(&state, &f, Some(&number)).await?;
            let aside = set_aside(&state, &f, &number).await?;
            let not_today = not_today(&state, &f, &a).await?;
            let (tenders, paid_at) = (tenders(&f), f.voice.form_value(f.voice.now));
            let page = AccountPage {
                q: String::new(),
                found: Vec::new(),
                total: 0,
                a,
                not_today,
                entries,
                aside,
                tenders,
                paid_at,
                key: state.new_id(),
                f,
            };
            html(&page)
        }
        Err(ServiceError::Refused(refusal)) if refusal.code == "account_unknown" => {
            html_with(StatusCode::NOT_FOUND, &Unknown { f, q: number, found: Vec::new(), total: 0 })
        }
        Err(other) => Err(other.into()),
    }
}

async fn account_live(
    State(state): State<AppState>,
    desk: Desk,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeAccounts) {
        return Ok(*refused);
    }
    let a = accounts::account(&state, &desk.frame.voice, &number).await?;
    let entries = entries(&state, &desk.frame, Some(&number)).await?;
    let aside = set_aside(&state, &desk.frame, &number).await?;
    let not_today = not_today(&state, &desk.frame, &a).await?;
    html(&AccountLive { f: desk.frame, a, not_today, entries, aside })
}

/// Why nobody goes there today, where somebody listed the account for today.
async fn not_today(state: &AppState, f: &Frame, a: &Account) -> Result<Option<String>, Problem> {
    let today = f.voice.today();
    let on_route = a.orders.iter().filter_map(|order| order.standing.as_ref());
    if on_route.into_iter().any(|standing| !standing.taken_off && standing.date == today.to_string()) {
        return Ok(None);
    }
    Ok(of_account(state, &a.account, today).await?.map(|why| match why {
        NotToday::Planned(one) => left_out::said(&one, f),
        NotToday::Excluded { source, text } => {
            format!("{} {source}: {text}", f.t("its row in the listing from", "su fila en la lista de"))
        }
    }))
}

impl Frame {
    /// "Past due $84.20 on the listing of 22 Nov 2026, $40.00 paid since, $44.20 left."
    fn owed(&self, owed: &Owed) -> String {
        let listing = owed.listed_on.as_ref().map_or_else(String::new, |day| {
            format!(" {} {}", self.t("on the listing of", "en la lista del"), self.day_said(day))
        });
        let paid = match owed.paid_minor {
            0 => self.t("nothing paid since", "nada pagado desde entonces").to_owned(),
            paid => format!("{} {}", self.money(&paid), self.t("paid since", "pagados desde entonces")),
        };
        let left = match owed.left_minor {
            0 => self.t("nothing left", "no queda nada").to_owned(),
            left if self.voice.language == Language::Es => format!("quedan {}", self.money(&left)),
            left => format!("{} left", self.money(&left)),
        };
        format!("{} {}{listing}, {paid}, {left}.", self.t("Past due", "Vencido"), self.money(&owed.past_due_minor))
    }
}

fn tenders(f: &Frame) -> Vec<(&'static str, &'static str)> {
    let codes = ["cash", "card", "check", "money_order", "online"];
    codes.into_iter().filter_map(|code| Some((code, f.voice.tender(code)?))).collect()
}
