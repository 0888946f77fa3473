//! What desks did about an account that no fact of an order tells: holds set and lifted where no cut was open, and
//! reconnects given to a crew.

use super::timeline::Entry;
use crate::{
    service::{
        ServiceError,
        authorise::Actor,
        history::Told,
        holding,
        protecting::OFFICE,
        telling::{Tone, hold_said},
        voice::Voice,
    },
    store::{Conn, accounts::HoldRow, audit::AuditRow, audit_search, facts::FactRow, order_audit},
};
use chrono::NaiveDate;
use curbstop_shared::{
    facts::{Fact, FactBody},
    ids::{FactId, OrderId, PersonId},
    time::Micros,
    vocabulary::RecallReason,
};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What the trail says of a hold.
#[derive(Debug, Deserialize)]
struct HoldTrail {
    kind: String,
    good_through: Option<NaiveDate>,
    why: Option<String>,
}

/// The holds of an account, each set and lifted, but for those that an order's facts tell.
pub(super) async fn holds(
    conn: &mut Conn,
    holds: &[HoldRow],
    told: &[Told],
    people: &HashMap<Uuid, String>,
    voice: &Voice,
) -> Result<Vec<Entry>, ServiceError> {
    let mut entries = Vec::new();
    let Some(account) = holds.first().map(|hold| hold.account.as_str()) else { return Ok(entries) };
    let by_orders = |name: fn(OrderId, &str, &str) -> FactId, source: &str, hold: &str| {
        told.iter().any(|order| order.history.facts.contains_key(&name(OrderId(order.row.id), source, hold)))
    };
    for line in audit_search::holds_of_account(conn, account).await? {
        let Ok(trail) = serde_json::from_str::<HoldTrail>(&line.details) else { continue };
        let number = &line.subject;
        let comment = holds.iter().find(|hold| hold.source == OFFICE && hold.hold == *number);
        let (tone, said) = match line.action.as_str() {
            "hold_set" if by_orders(holding::said_to, OFFICE, number) => continue,
            "hold_set" => {
                let until = trail.good_through.map(|day| day.to_string());
                let comment = comment.map_or("", |hold| hold.comment.as_str());
                (Tone::Wait, set(number, &trail.kind, until.as_deref(), comment, voice))
            }
            _ if by_orders(holding::lift_said_to, OFFICE, number) => continue,
            _ => {
                let why = trail.why.filter(|why| !why.is_empty()).map_or_else(String::new, |why| format!(": {why}"));
                let lifted = voice.pick("Hold lifted", "Protección levantada");
                (Tone::Done, format!("{lifted} ({number}){why}"))
            }
        };
        entries.push(Entry::plain(Micros(line.at_us), tone, said, by(&line, people, voice)));
    }
    for hold in holds.iter().filter(|hold| hold.source != OFFICE) {
        let from = format!("{} {}", voice.pick("from", "de"), hold.source);
        if !by_orders(holding::said_to, &hold.source, &hold.hold) {
            let said = set(&hold.hold, &hold.kind, hold.good_through.as_deref(), &hold.comment, voice);
            entries.extend(on_a_day(&hold.start_on, Tone::Wait, said, from.clone(), voice));
        }
        if let Some(lifted_on) = &hold.lifted_on
            && !by_orders(holding::lift_said_to, &hold.source, &hold.hold)
        {
            let said = format!("{} ({})", voice.pick("Hold lifted", "Protección levantada"), hold.hold);
            entries.extend(on_a_day(lifted_on, Tone::Done, said, from, voice));
        }
    }
    Ok(entries)
}

/// "Hold: medical until Fri 20 Nov (H-3): letter of Dr. Ames".
fn set(number: &str, kind: &str, until: Option<&str>, comment: &str, voice: &Voice) -> String {
    let kind = kind.parse().map_or_else(|_| kind.to_owned(), |kind| hold_said(kind, voice).to_owned());
    let until = until.and_then(|day| day.parse().ok()).map_or_else(String::new, |day: NaiveDate| {
        format!(" {} {}", voice.pick("until", "hasta"), voice.full_day(day))
    });
    let comment = if comment.is_empty() { String::new() } else { format!(": {comment}") };
    format!("{}: {kind}{until} ({number}){comment}", voice.pick("Hold", "Protección"))
}

/// What a file tells by its day alone.
fn on_a_day(day: &str, tone: Tone, said: String, how: String, voice: &Voice) -> Option<Entry> {
    let at = voice.from_form_value(&format!("{day}T00:00"))?;
    Some(Entry { day_only: true, ..Entry::plain(at, tone, said, how) })
}

fn by(line: &AuditRow, people: &HashMap<Uuid, String>, voice: &Voice) -> String {
    let is_theirs = |id: &&Uuid| line.actor == Actor::person_name(PersonId(**id));
    match people.keys().find(is_theirs).and_then(|id| people.get(id)) {
        Some(name) => format!("{name} · {}", voice.pick("at the office", "en la oficina")),
        None => voice.pick("by the system", "por el sistema").to_owned(),
    }
}

/// What the trail says of an order that somebody gave to a crew.
#[derive(Debug, Deserialize)]
struct GivenTrail {
    crew: String,
    taken_from: Option<TakenTrail>,
}

#[derive(Debug, Deserialize)]
struct TakenTrail {
    crew_name: String,
}

/// Each time that somebody gave a reconnect to a crew: who, to whom, and from whom where a crew had it.
pub(super) async fn given(
    conn: &mut Conn,
    order: &Told,
    people: &HashMap<Uuid, String>,
    voice: &Voice,
) -> Result<Vec<Entry>, ServiceError> {
    let mut entries = Vec::new();
    if !order.history.order.kind.is_restore() {
        return Ok(entries);
    }
    for line in audit_search::given(conn, &order.row.number).await? {
        let Ok(trail) = serde_json::from_str::<GivenTrail>(&line.details) else { continue };
        let from = trail.taken_from.map_or_else(String::new, |from| {
            format!(", {} {}", voice.pick("taken from", "retirada a"), from.crew_name)
        });
        let said = format!("{} {}{from}", voice.pick("Given to", "Dada a"), trail.crew);
        let entry = Entry::plain(Micros(line.at_us), Tone::Restore, said, by(&line, people, voice));
        entries.push(Entry { order: Some(order.row.number.clone()), ..entry });
    }
    Ok(entries)
}

/// The routes that have, or had, an order that gives service back; none for others.
pub(super) async fn routes_of(conn: &mut Conn, order: &Told) -> Result<Option<HashSet<Uuid>>, ServiceError> {
    if !order.history.order.kind.is_restore() {
        return Ok(None);
    }
    let routes = order_audit::routes(conn, OrderId(order.row.id)).await?;
    Ok(Some(routes.into_iter().map(|route| route.id).collect()))
}

/// A recall on a route that never had the reconnect: the crew that cut is told that another one turns it on.
pub(super) fn told_to_the_crew_that_cut(
    row: &FactRow,
    fact: &Fact,
    own_routes: Option<&HashSet<Uuid>>,
    voice: &Voice,
) -> Option<String> {
    let FactBody::Recall(recall) = &fact.body else { return None };
    let had_it = own_routes?.contains(&row.home_doc?);
    (recall.reason == RecallReason::Moved && !had_it).then(|| {
        let said = voice.pick(
            "The crew that cut is told that another crew turns it on",
            "Se avisa a la cuadrilla que cortó que otra lo reconecta",
        );
        said.to_owned()
    })
}
