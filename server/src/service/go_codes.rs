//! Go-codes: dispatch lets a crew without a signal begin a cut, by phone, on what the office knows at that moment.
//!
//! The crew reads out the stop's number and the digits on its tablet. The code is given only where the cut may begin as
//! things stand here and now; else the answer is why not, for the crew to hear. What was given is kept: a cut on any
//! other code is a breach.

use super::{
    ServiceError,
    authorise::{Action, Actor},
    history,
    idempotency::{Answer, Once},
    spreading, utility,
    voice::Voice,
    whereabouts::Whereabouts,
};
use crate::{
    moment::Moment,
    shape::Shape,
    state::AppState,
    store::{
        Conn, Work, accounts, audit, documents, facts, go_codes, go_codes::GoCodeRow, orders, orders::OrderRow, people,
    },
    sync::documents::DocumentsError,
};
use curbstop_shared::{
    cut_hours::CutHours,
    disposition::sentences::{self, Audience},
    facts::FactBody,
    go_code::{Challenge, GoCode, GoKey, GoStop},
    ids::{LineId, OrderId, RouteId},
    route_document::{PublishedOrder, RouteHeader},
    time::Micros,
    vocabulary::{OrderKind, Permit},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

/// Most that a list of them shows.
const SHOWN_MAX: i64 = 50;

/// What a crew reads out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGoCode {
    /// The stop's number, "T-2291", or its id.
    pub order: String,
    /// The seven digits on the tablet, with gaps or without.
    pub challenge: String,
}

/// A code that dispatch reads out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GivenGoCode {
    /// The order.
    #[schemars(with = "Shape<OrderId>")]
    pub order: OrderId,
    /// Its number.
    pub number: String,
    /// Where it is.
    pub address: Option<String>,
    /// The crew's name.
    pub crew: String,
    /// The route for which it was given.
    #[schemars(with = "Shape<RouteId>")]
    pub route_id: RouteId,
    /// What the tablet shows, in two groups: "483 2107".
    pub challenge: String,
    /// What is read out to the crew, in two groups: "402 118".
    pub code: String,
    /// Who gave it.
    pub given_by: String,
    /// When.
    pub given_at: Moment,
    /// A cut that begins later on it is a breach.
    pub good_until: Moment,
    /// When a cut began on it, by the tablet's clock; none where nothing was heard of one.
    pub used_at: Option<Moment>,
}

/// Gives a code for a cut that may begin as things stand, once; asked again with the same digits it is the same code.
///
/// # Errors
/// 422 `challenge_invalid`; 404 `order_unknown`; 409 `no_permit_needed`, `order_not_out`, `challenge_of_another_stop`,
/// `order_left_route`, `cut_stopped`, `cut_stopped_in_part`, `cut_outside_hours`, `code_used`, `challenge_old`.
pub async fn give(
    state: &AppState,
    actor: &Actor,
    voice: &Voice,
    new: &NewGoCode,
    once: &Once,
) -> Result<Answer, ServiceError> {
    actor.may(Action::GiveGoCodes)?;
    let challenge = Challenge::read(&new.challenge).ok_or_else(|| {
        let detail = "challenge: write the seven digits that the tablet shows under \"Read out to dispatch\".";
        ServiceError::invalid("challenge_invalid", detail)
    })?;
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    let order = orders::by_id_or_number(&mut work, &new.order).await?;
    let unknown = || ServiceError::not_found("order_unknown", "No order has this id or number.");
    let order = order.ok_or_else(unknown)?;
    // What would stop the cut waits, or is seen.
    spreading::lock_routes(&mut work, &BTreeSet::from([OrderId(order.id)]), None).await?;
    let now = state.now();
    is_a_cut(&order)?;
    let asking = asked_from(state, &mut work, &order, &challenge).await?;
    let given =
        match go_codes::to_a_challenge(&mut work, asking.header.id, OrderId(order.id), challenge.digits()).await? {
            Some(before) => still_good(state, &mut work, &before, now).await?,
            None => GivenNow { code: asking.code.clone(), is_new: true },
        };
    may_begin(state, &mut work, voice, &order, &asking, now).await?;
    if given.is_new {
        let ids = (asking.header.id, OrderId(order.id));
        go_codes::insert(&mut work, ids, (challenge.digits(), &given.code), &actor.name(), now).await?;
        // The code itself opens a cut: it is on the list of codes, where whoever reads the trail need not look.
        let details = serde_json::json!({
            "number": order.number, "crew": asking.header.crew_name, "challenge": challenge.spoken(),
        });
        audit::append(&mut work, now, &actor.name(), "go_code_given", &order.id.to_string(), &details).await?;
    }
    let row = go_codes::to_a_challenge(&mut work, asking.header.id, OrderId(order.id), challenge.digits()).await?;
    let row = row.ok_or_else(|| ServiceError::Internal("a code that was kept is not there".to_owned()))?;
    let told = shown(state, &mut work, row).await?;
    once.commit(state, work, actor, Answer::created(&told)?).await
}

/// The latest codes, the newest first.
///
/// # Errors
/// When the store fails.
pub async fn latest(state: &AppState, actor: &Actor) -> Result<Vec<GivenGoCode>, ServiceError> {
    actor.may(Action::SeeRoutes)?;
    let mut conn = state.store.snapshot().await?;
    let mut all = Vec::new();
    for row in go_codes::latest(&mut conn, SHOWN_MAX).await? {
        all.push(shown(state, &mut conn, row).await?);
    }
    Ok(all)
}

fn is_a_cut(order: &OrderRow) -> Result<(), ServiceError> {
    if order.kind.parse().is_ok_and(OrderKind::is_cut) {
        return Ok(());
    }
    let detail = format!("{} turns nothing off: it needs no code.", order.number);
    Err(ServiceError::conflict("no_permit_needed", detail))
}

/// The route from which a tablet asks.
struct Asking {
    header: RouteHeader,
    published: PublishedOrder,
    code: GoCode,
}

/// Finds the route on whose tablet the challenge was made: the one that has the order, or an earlier publication of the
/// same crew's day, by which a tablet works that has not heard of the newer one.
async fn asked_from(
    state: &AppState,
    work: &mut Work,
    order: &OrderRow,
    challenge: &Challenge,
) -> Result<Asking, ServiceError> {
    let id = OrderId(order.id);
    let now_with = Whereabouts::of(work, id).await?.has_it();
    let mut was_out = false;
    for row in documents::routes_of_order(work, id).await? {
        let route = RouteId(row.id);
        let document = state.documents.load_in_work(work, route).await?.document;
        let unreadable = |bad| DocumentsError::Document(route, bad);
        let header = document.header().map_err(unreadable)?;
        let Some(key) = header.go_key.as_deref().and_then(GoKey::read) else { continue };
        let stop = GoStop { key: &key, route, generation: header.generation, order: id };
        let Some(published) = document.order(id).map_err(unreadable)? else { continue };
        was_out = true;
        if !stop.made(challenge) {
            continue;
        }
        if now_with.as_ref().is_none_or(|stand| stand.crew_id != row.crew || stand.date != row.date) {
            let detail = format!(
                "{} is not {}'s any more: tell the crew to leave it as it is, and to find a signal.",
                order.number, header.crew_name
            );
            return Err(ServiceError::conflict("order_left_route", detail));
        }
        return Ok(Asking { code: stop.code(challenge), header, published });
    }
    if was_out {
        let detail = format!(
            "These digits were not made for {}. Have the crew read out the stop's number and the seven digits again.",
            order.number
        );
        return Err(ServiceError::conflict("challenge_of_another_stop", detail));
    }
    let detail = format!("{} is on no route that is out: nobody needs a code for it.", order.number);
    Err(ServiceError::conflict("order_not_out", detail))
}

struct GivenNow {
    code: GoCode,
    is_new: bool,
}

/// A code that was given to these digits before: it is read out again for as long as it is good.
async fn still_good(
    state: &AppState,
    work: &mut Work,
    before: &GoCodeRow,
    now: Micros,
) -> Result<GivenNow, ServiceError> {
    let told = shown(state, work, before.clone()).await?;
    if told.used_at.is_some() {
        let detail =
            "A cut was made on this code already. The tablet makes new digits for each visit: have them read again.";
        return Err(ServiceError::conflict("code_used", detail));
    }
    if now > told.good_until.0 {
        let detail = "The code to these digits is over. Have the crew open the stop's permit page again and read the new digits.";
        return Err(ServiceError::conflict("challenge_old", detail));
    }
    let code = GoCode::read(&before.code);
    let code = code.ok_or_else(|| ServiceError::Internal("a code that does not read".to_owned()))?;
    Ok(GivenNow { code, is_new: false })
}

/// Whether the whole cut may begin as things stand here.
async fn may_begin(
    state: &AppState,
    work: &mut Work,
    voice: &Voice,
    order: &OrderRow,
    asking: &Asking,
    now: Micros,
) -> Result<(), ServiceError> {
    let told = history::told(state, work, order.clone()).await?;
    let crews: HashMap<String, String> = accounts::crews_of_visits(work, &order.account).await?.into_iter().collect();
    if let Some(why) = &told.outcome.why_not {
        let said = told.with_words(voice, &crews, |words| sentences::why_not(why, Audience::Office, words));
        return Err(ServiceError::conflict("cut_stopped", said));
    }
    let stopped: Vec<LineId> = told
        .lines
        .iter()
        .map(|line| LineId(line.line.clone()))
        .filter(|line| !told.outcome.may_cut.contains(line))
        .collect();
    // A code opens the whole stop, and the tablet knows nothing of the part that is paid.
    if !stopped.is_empty() {
        let detail = told.with_words(voice, &crews, |words| {
            let each = stopped.iter().filter_map(|line| Some((line, told.outcome.lines.get(line)?)));
            each.map(|(line, state)| sentences::line(line, state, words)).collect::<Vec<_>>().join(" ")
        });
        return Err(ServiceError::conflict("cut_stopped_in_part", detail));
    }
    let hours = CutHours::of(asking.published.cut_hours.as_deref());
    if let Some(hours) = hours.filter(|hours| !hours.hold(now)) {
        return Err(ServiceError::conflict("cut_outside_hours", hours.sentence(voice.language).to_owned()));
    }
    Ok(())
}

/// A code as it stands.
async fn shown(state: &AppState, conn: &mut Conn, row: GoCodeRow) -> Result<GivenGoCode, ServiceError> {
    let code = GoCode::read(&row.code);
    let used_at = facts::of_order(conn, OrderId(row.order_id)).await?.iter().find_map(|fact| {
        let FactBody::Visit(visit) = fact.fact().ok()?.body else { return None };
        let is_it = visit.permit == Some(Permit::GoCode) && visit.go_code.as_deref().and_then(GoCode::read) == code;
        is_it.then(|| Moment(visit.act_opened_at.unwrap_or(Micros(fact.at_us))))
    });
    let person = row.given_by.strip_prefix("person:").and_then(|id| id.parse().ok());
    let given_by = match person {
        Some(id) => people::by_id(conn, id).await?.map(|person| person.name),
        None => None,
    };
    let good_for = utility::folding(state, state.now()).policy.permit_age_max;
    let given_at = Micros(row.given_at_us);
    let in_groups = |digits: Option<String>, else_: &str| digits.unwrap_or_else(|| else_.to_owned());
    Ok(GivenGoCode {
        order: OrderId(row.order_id),
        number: row.number,
        address: row.address,
        crew: row.crew,
        route_id: RouteId(row.route),
        challenge: in_groups(Challenge::read(&row.challenge).map(|it| it.spoken()), &row.challenge),
        code: in_groups(code.map(|it| it.spoken()), &row.code),
        given_by: given_by.unwrap_or(row.given_by),
        given_at: Moment(given_at),
        good_until: Moment(given_at + good_for),
        used_at,
    })
}
