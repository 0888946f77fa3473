//! An account as the office needs it with the customer on the phone: the answer first, then what stands behind it.

mod answer;
mod at_a_desk;
mod claimed;
mod had_it;
mod order_views;
mod search;
mod timeline;
mod who_goes;

pub use answer::Answer;
pub use order_views::{OrderView, Standing};
pub use search::{ALL_ANSWERS_MAX, ANSWERS_MAX, Found, Hits, list, list_the_rest, search};
pub use timeline::Entry;
pub use who_goes::MayGo;

use super::{
    ServiceError,
    authorise::{Action, Actor, allows},
    hazards,
    history::{self, Told},
    releasing::{self, Owed},
    telling::hold_said,
    unread_payments::{self, Shown, UnreadView},
    voice::Voice,
};
use crate::{
    state::AppState,
    store::{
        self, Conn, StoreError, accounts, orders, payments,
        people::{self, PersonRow},
    },
};
use curbstop_shared::{
    disposition::OrderState,
    ids::OrderId,
    vocabulary::{ExceptionKind, HoldReason, RecallReason},
};
use serde::Serialize;
use std::collections::HashMap;
use uuid::Uuid;

/// Payments that an account's page goes back to.
const PAYMENTS_MAX: i64 = 100;

/// One account with everything that is known of it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Account {
    /// The account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Street, number and unit of the first of its premises.
    pub address: String,
    /// City, state and postal code.
    pub city: String,
    /// The customer's telephone.
    pub phone: String,
    /// The customer's language.
    pub language: String,
    /// Hazards and flags of the premise, in words.
    pub cautions: Vec<String>,
    /// What the customer wants to know.
    pub answer: Answer,
    /// Payments for it that a file brought and nobody could read.
    #[serde(skip)]
    pub unread: Shown,
    /// Payments for it that a file brought, nobody could read and nobody has settled: each may be money that was paid.
    pub unread_payments: Vec<UnreadView>,
    /// How many more of them there are.
    pub more_unread_payments: usize,
    /// What the newest cut of a collection asked for, and what of it is owed now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owed: Option<Owed>,
    /// What is delivered.
    pub services: Vec<Service>,
    /// Holds in force.
    pub holds: Vec<HoldView>,
    /// Its orders, newest first.
    pub orders: Vec<OrderView>,
    /// Everything that happened, newest first.
    pub timeline: Vec<Entry>,
}

/// One service of the account.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AccountService")]
pub struct Service {
    /// What is delivered, in words.
    pub product: String,
    /// Its address, where the account has several.
    pub address: Option<String>,
    /// The meter.
    pub serial: Option<String>,
    /// Where the meter is.
    pub place: String,
    /// The last reading of the billing system with its day.
    pub last_read: Option<String>,
}

/// Open exceptions of one account that are looked at for its first line: more than any has.
const UNDECIDED_MAX: i64 = 200;

/// A hold in force.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AccountHold")]
pub struct HoldView {
    /// Its number.
    pub hold: String,
    /// Why and until when, in words.
    pub said: String,
    /// The office set it, so that it may lift it; else the billing system does.
    pub of_office: bool,
    /// The people who may lift it, where not everybody may who sets holds: a medical hold takes a second person.
    #[serde(skip)]
    pub lifted_only_by: Option<Vec<(Uuid, String)>>,
}

/// One account.
///
/// # Errors
/// 404 `account_unknown`.
pub async fn account(state: &AppState, voice: &Voice, account: &str) -> Result<Account, ServiceError> {
    let mut conn = state.store.snapshot().await?;
    let unknown =
        || ServiceError::not_found("account_unknown", "No account has this number. Search by name or address.");
    let row = accounts::by_account(&mut conn, account).await?.ok_or_else(unknown)?;
    let told = orders_of(state, &mut conn, account).await?;
    let paid = accounts::payments(&mut conn, account, PAYMENTS_MAX).await?;
    let moved = payments::moved(&mut conn, account).await?;
    let staff = people::all(&mut conn).await?;
    let names: HashMap<Uuid, String> = staff.iter().map(|person| (person.id, person.name.clone())).collect();
    let crews: HashMap<String, String> = accounts::crews_of_visits(&mut conn, account).await?.into_iter().collect();
    let holds = accounts::holds(&mut conn, account).await?;
    let orders = order_views::views(state, &mut conn, &told, &crews, voice).await?;
    let weighed = answer::weighed(state, &mut conn, account).await?;
    let to_pay = weighed.as_ref().map(|weighed| weighed.to_pay);
    let settled = store::unread_payments::settled_of_account(&mut conn, account, PAYMENTS_MAX).await?;
    let given = store::releases::of_account(&mut conn, account).await?;
    let timeline = timeline::of(&mut conn, &told, (&paid, &moved, &settled), &given, &holds, &names, voice).await?;
    let unread = unread_payments::of_account(&mut conn, account).await?;
    // What is asked for is what is spoken of, also where a newer order is paid and an older one is not.
    let asks = |order: &&Told| to_pay.is_some_and(|to_pay| to_pay.order == Some(OrderId(order.row.id)));
    let asking = told.iter().find(asks).filter(|order| is_collected(order));
    let owed = match asking.or_else(|| told.iter().find(|order| is_collected(order))) {
        Some(order) => Some(releasing::owed(state, &mut conn, &order.row, &weighed.unwrap_or_default()).await?),
        None => None,
    };
    let places = accounts::premises(&mut conn, account).await?;
    let services = accounts::points(&mut conn, account).await?;
    Ok(Account {
        answer: if is_undecided(&mut conn, account).await? {
            answer::unsure(answer::answer(&told, &orders, to_pay, voice), voice)
        } else {
            answer::answer(&told, &orders, to_pay, voice)
        },
        address: places.first().map_or_else(String::new, |place| address(&place.address, &place.unit)),
        city: places.first().map_or_else(String::new, city),
        cautions: places
            .iter()
            .flat_map(|place| hazards::in_words(&format!("{};{}", place.hazards, place.flags), voice))
            .collect(),
        unread_payments: unread.rows.iter().map(|row| row.for_others(voice)).collect(),
        more_unread_payments: unread.more,
        unread,
        owed,
        services: services.into_iter().map(|point| service(point, &places, voice)).collect(),
        holds: holds.iter().filter_map(|hold| in_force(hold, &staff, voice)).collect(),
        account: row.account,
        name: row.name,
        phone: row.phone,
        language: row.language,
        orders,
        timeline,
    })
}

/// What happened to some orders of one account, newest first, and the account's money.
///
/// # Errors
/// When the store fails.
pub(super) async fn timeline_of(conn: &mut Conn, told: &[Told], voice: &Voice) -> Result<Vec<Entry>, ServiceError> {
    let Some(account) = told.first().map(|order| order.row.account.clone()) else { return Ok(Vec::new()) };
    let paid = accounts::payments(conn, &account, PAYMENTS_MAX).await?;
    let moved = payments::moved(conn, &account).await?;
    let settled = store::unread_payments::settled_of_account(conn, &account, PAYMENTS_MAX).await?;
    let given = store::releases::of_account(conn, &account).await?;
    let names = people::all(conn).await?.into_iter().map(|person| (person.id, person.name)).collect();
    timeline::of(conn, told, (&paid, &moved, &settled), &given, &[], &names, voice).await
}

/// Whether a tablet that is out of service handed in work for it that nobody has decided on.
async fn is_undecided(conn: &mut Conn, account: &str) -> Result<bool, ServiceError> {
    let open = store::exceptions::open_of_account(conn, account, UNDECIDED_MAX).await?;
    Ok(open.iter().any(|exception| exception.kind == ExceptionKind::QuarantinedFact.code()))
}

/// Whether an order cuts for money. One whose listing was withdrawn says nothing about what is owed.
fn is_collected(order: &Told) -> bool {
    let asked = &order.history.order;
    let is_void = matches!(
        order.outcome.state,
        OrderState::Recalled { reason: RecallReason::Withdrawn | RecallReason::Cancelled, .. }
    );
    asked.kind.is_cut() && asked.reason.is_collections() && order.row.past_due_minor > 0 && !is_void
}

/// The orders of an account, newest first, with what their facts add up to.
async fn orders_of(state: &AppState, conn: &mut Conn, account: &str) -> Result<Vec<Told>, ServiceError> {
    let mut told = Vec::new();
    for row in orders::by_account(conn, account).await?.into_iter().rev() {
        told.push(history::told(state, conn, row).await?);
    }
    Ok(told)
}

/// Street, number and unit of every premise on a day's routes.
///
/// # Errors
/// When the store fails.
pub async fn addresses_of_day(conn: &mut Conn, date: &str) -> Result<HashMap<String, String>, StoreError> {
    let rows = accounts::addresses_of_day(conn, date).await?;
    Ok(rows.into_iter().map(|(premise, street, unit)| (premise, address(&street, &unit))).collect())
}

/// Street, number and unit in one line.
pub(super) fn address(street: &str, unit: &str) -> String {
    if unit.is_empty() { street.to_owned() } else { format!("{street}, {unit}") }
}

fn city(place: &accounts::PlaceRow) -> String {
    [&place.city, &place.state, &place.zip].map(|part| part.trim()).join(" ").trim().to_owned()
}

fn service(point: accounts::PointRow, places: &[accounts::PlaceRow], voice: &Voice) -> Service {
    let place = places.iter().find(|place| place.id == point.premise).filter(|_| places.len() > 1);
    let at = place.map(|place| address(&place.address, &place.unit));
    let product = point.product.parse().map_or(point.product, |product| voice.product(product).to_owned());
    let last_read = point.last_read.map(|digits| match point.last_read_on.and_then(|day| day.parse().ok()) {
        Some(day) => format!("{digits} ({})", voice.full_day(day)),
        None => digits,
    });
    Service { product, address: at, serial: point.serial, place: point.meter_location, last_read }
}

fn in_force(hold: &accounts::HoldRow, staff: &[PersonRow], voice: &Voice) -> Option<HoldView> {
    if !hold.is_in_force(&voice.today().to_string()) {
        return None;
    }
    let why = hold.kind.parse().map_or(hold.kind.clone(), |kind| hold_said(kind, voice).to_owned());
    let until = hold.good_through.as_ref().and_then(|day| day.parse().ok()).map_or_else(
        || voice.pick("until it is lifted", "hasta que se levante").to_owned(),
        |day| format!("{} {}", voice.pick("until", "hasta"), voice.full_day(day)),
    );
    let agency = if hold.agency.is_empty() { String::new() } else { format!(", {}", hold.agency) };
    let comment = if hold.comment.is_empty() { String::new() } else { format!(": {}", hold.comment) };
    let said = format!("{why} {until}{agency}{comment}");
    let of_office = hold.source == super::protecting::OFFICE;
    let lifted_only_by = (of_office && hold.kind == HoldReason::Medical.code()).then(|| second_people(hold, staff));
    Some(HoldView { hold: hold.hold.clone(), said, of_office, lifted_only_by })
}

/// Who may lift a medical hold: whoever may override, and did not set it.
fn second_people(hold: &accounts::HoldRow, staff: &[PersonRow]) -> Vec<(Uuid, String)> {
    let may = |person: &&PersonRow| {
        person.active
            && person.role().is_ok_and(|role| allows(role, Action::Override))
            && hold.entered_by != Actor::person_name(person.person_id())
    };
    staff.iter().filter(may).map(|person| (person.id, person.name.clone())).collect()
}
