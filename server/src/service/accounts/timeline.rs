//! Everything that happened to an account, newest first: who did it, when, and how we know.

use super::at_a_desk;
use crate::shape::Shape;
use crate::{
    planning::counted::{Moved, is_taken_back},
    service::{
        ServiceError,
        authorship::{Authors, CLOCK_OFF_BEYOND},
        history::Told,
        payments::PaidAhead,
        releasing,
        telling::{self, Tone},
        voice::Voice,
    },
    store::{
        Conn,
        accounts::{HoldRow, PaidRow},
        evidence::{self, Piece},
        facts::FactRow,
        keyed_in::{self, KeyedInRow},
        releases::ReleaseRow,
        unread_payments::SettledRow,
    },
    vault::Hash,
};
use curbstop_shared::{
    facts::{Fact, FactBody},
    ids::{FactId, LineId, OrderId},
    time::{Micros, Span},
};
use serde::Serialize;
use std::collections::HashMap;
use uuid::Uuid;

/// A fact that came in later than this after its device's time says when it was received.
const RECEIVED_LATE: Span = Span::minutes(2);

/// What was saved so near to its visit is told with it.
const AT_ITS_VISIT: Span = Span::minutes(1);

/// One line of the timeline.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "TimelineEntry")]
pub struct Entry {
    /// When, by the clock of whoever recorded it.
    #[serde(rename = "at_us")]
    #[schemars(with = "Shape<Micros>")]
    pub at: Micros,
    /// Only its day is known: the moment is that day's first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub day_only: bool,
    /// Where it stands among what happened at its visit: the visit's moment, and its place there.
    #[serde(skip)]
    pub(super) place: Option<(Micros, u8)>,
    /// Its icon and colour.
    pub tone: Tone,
    /// The order's number, where it is about one.
    pub order: Option<String>,
    /// What happened.
    pub said: String,
    /// Who, on what, received when.
    pub how: String,
    /// Money that moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_minor: Option<i64>,
    /// The payment that this is, where somebody may take it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<Uuid>,
    /// The release without a payment that this is, where somebody may take it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Shape<FactId>>")]
    pub release: Option<FactId>,
    /// The row of a payments file that somebody settled, and that may be opened again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread_payment: Option<Uuid>,
    /// The photo or signature that was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo: Option<Photo>,
}

impl Entry {
    /// A line with nothing to show or to take back.
    pub(super) const fn plain(at: Micros, tone: Tone, said: String, how: String) -> Self {
        Self {
            at,
            day_only: false,
            place: None,
            tone,
            order: None,
            said,
            how,
            amount_minor: None,
            payment: None,
            release: None,
            unread_payment: None,
            photo: None,
        }
    }
}

/// A photo or signature.
#[derive(Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "PhotoTaken")]
pub struct Photo {
    /// SHA-256 of its bytes in hex: it lies at `/api/v1/blobs/{sha256}`.
    pub sha256: String,
    /// The office has it; else it is still on the tablet.
    pub is_here: bool,
}

/// The timeline of an account.
pub(super) async fn of(
    conn: &mut Conn,
    told: &[Told],
    (paid, moved, settled): (&[PaidRow], &[Moved], &[SettledRow]),
    given: &[ReleaseRow],
    holds: &[HoldRow],
    people: &HashMap<Uuid, String>,
    voice: &Voice,
) -> Result<Vec<Entry>, ServiceError> {
    let authors = Authors::of(conn).await?;
    let mut entries = Vec::new();
    for order in told {
        entries.push(made(order, voice));
        entries.extend(at_a_desk::given(conn, order, people, voice).await?);
        let own_routes = at_a_desk::routes_of(conn, order).await?;
        let mut photos = photos_of(conn, order).await?;
        let keyed_in = keyed_in::of_order(conn, OrderId(order.row.id)).await?;
        for row in &order.facts {
            let fact = row.fact()?;
            let (tone, said) = telling::told(&fact, voice, &|line: &LineId| order.product(line));
            let said = at_a_desk::told_to_the_crew_that_cut(row, &fact, own_routes.as_ref(), voice).unwrap_or(said);
            let by_hand = by_hand(&fact, OrderId(order.row.id), given);
            entries.push(Entry {
                at: Micros(row.at_us),
                tone,
                order: Some(order.row.number.clone()),
                said: because(said, &fact.body, by_hand),
                how: how((row, &fact), (&order.facts, &keyed_in), &authors, voice),
                amount_minor: None,
                payment: None,
                release: by_hand
                    .filter(|_| matches!(fact.body, FactBody::Release(_)))
                    .and_then(standing)
                    .or_else(|| accepted_proof(order, &fact.body)),
                unread_payment: None,
                day_only: false,
                place: at_its_visit(row, &order.facts),
                photo: photo_of(&mut photos, row, &fact.body),
            });
        }
        let mut waiting: Vec<Piece> = photos.into_values().collect();
        waiting.sort_by(|a, b| a.fact.cmp(&b.fact));
        entries.extend(waiting.iter().filter_map(|piece| handed_in(&order.row.number, piece, &authors, voice)));
    }
    entries.extend(at_a_desk::holds(conn, holds, told, people, voice).await?);
    entries.extend(settled.iter().map(|row| unread_settled(row, people, voice)));
    entries.extend(paid.iter().map(|row| payment(row, is_taken_back(moved, &row.id.to_string()), people, voice)));
    entries.reverse();
    entries.sort_by_key(|entry| {
        let (at, place) = entry.place.unwrap_or((entry.at, 0));
        (std::cmp::Reverse(at), place)
    });
    Ok(entries)
}

/// What belongs to a visit and was saved within a minute of it stands below it, in one order for every visit.
fn at_its_visit(row: &FactRow, of_order: &[FactRow]) -> Option<(Micros, u8)> {
    let at = Micros(of_order.iter().find(|visit| Some(&visit.id) == row.visit.as_ref())?.at_us);
    let place = match row.kind.as_str() {
        "work" => 1,
        "reading" => 2,
        "equipment" => 3,
        "evidence" => 4,
        _ => 5,
    };
    ((at - Micros(row.at_us)).abs() <= AT_ITS_VISIT).then_some((at, place))
}

/// What somebody gave without a payment, where a fact says it to an order or takes it back.
fn by_hand<'g>(fact: &Fact, order: OrderId, given: &'g [ReleaseRow]) -> Option<&'g ReleaseRow> {
    let release = match &fact.body {
        FactBody::Release(_) => &fact.id,
        FactBody::ReleaseReversal(reversal) => &reversal.release,
        _ => return None,
    };
    given.iter().find(|row| releasing::release_of(order, row.id) == *release)
}

/// It may be taken back.
fn standing(row: &ReleaseRow) -> Option<FactId> {
    row.taken_back_at_us.is_none().then_some(FactId::from_uuid(row.id))
}

/// Proof from this order's door that was accepted: it may be taken back, too.
fn accepted_proof(order: &Told, decision: &FactBody) -> Option<FactId> {
    let FactBody::ReleaseDecision(said) = decision else { return None };
    let facts = &order.history.facts;
    let is_back = |fact: &Fact| matches!(&fact.body, FactBody::ReleaseReversal(back) if back.release == said.release);
    let stands = said.accepted && !facts.values().any(is_back) && !facts.get(&said.release)?.is_carried();
    stands.then(|| said.release.clone())
}

/// With somebody's words for it.
fn because(said: String, body: &FactBody, by_hand: Option<&ReleaseRow>) -> String {
    let why = by_hand.and_then(|row| match body {
        FactBody::Release(_) => Some(&row.why),
        _ => row.taken_back_why.as_ref(),
    });
    why.map_or(said.clone(), |why| format!("{said}: {why}"))
}

fn made(order: &Told, voice: &Voice) -> Entry {
    let kind = order.history.order.kind;
    let tone = if kind.is_restore() { Tone::Restore } else { Tone::Done };
    let how = match (order.row.listing, order.row.cause_order) {
        (Some(_), _) => voice.pick("From a listing", "De una lista"),
        (None, Some(_)) => voice.pick("Called for by what happened", "Pedida por lo ocurrido"),
        (None, None) => "",
    };
    Entry {
        at: Micros(order.row.created_at_us),
        tone,
        order: Some(order.row.number.clone()),
        said: format!(
            "{}: {} ({})",
            voice.pick("Order made", "Orden creada"),
            voice.kind(kind),
            voice.reason(order.history.order.reason)
        ),
        how: how.to_owned(),
        amount_minor: None,
        payment: None,
        release: None,
        unread_payment: None,
        day_only: false,
        place: None,
        photo: None,
    }
}

/// The photos of an order, by the facts that name them.
async fn photos_of(conn: &mut Conn, order: &Told) -> Result<HashMap<String, Piece>, ServiceError> {
    let pieces = evidence::of_order(conn, OrderId(order.row.id)).await?;
    Ok(pieces.into_iter().map(|piece| (piece.fact.clone(), piece)).collect())
}

/// The photo that a fact names. One that another tablet says is of this fact, or that hangs on a fact that is none of
/// evidence, stays among what was handed in.
fn photo_of(photos: &mut HashMap<String, Piece>, row: &FactRow, body: &FactBody) -> Option<Photo> {
    let own = matches!(body, FactBody::Evidence(_)) && photos.get(&row.id)?.device == row.device;
    if own { shown(&photos.remove(&row.id)?) } else { None }
}

fn shown(piece: &Piece) -> Option<Photo> {
    let sha256 = <[u8; 32]>::try_from(piece.sha256.as_slice()).ok()?;
    Some(Photo { sha256: Hash(sha256).to_string(), is_here: piece.arrived_at_us.is_some() })
}

/// A photo that no fact on record names: a tablet out of service handed it in with its work.
fn handed_in(order: &str, piece: &Piece, authors: &Authors, voice: &Voice) -> Option<Entry> {
    let tablet = piece.device.and_then(|device| authors.tablet(device));
    Some(Entry {
        at: Micros(piece.taken_at_us),
        tone: Tone::Wait,
        order: Some(order.to_owned()),
        said: voice
            .pick(
                "Photo handed in by a tablet out of service: counts only when somebody has decided",
                "Foto entregada por una tableta fuera de servicio: cuenta solo cuando alguien haya decidido",
            )
            .to_owned(),
        how: tablet.map(|name| format!("{} {name}", voice.pick("on", "en"))).unwrap_or_default(),
        amount_minor: None,
        payment: None,
        release: None,
        unread_payment: None,
        day_only: false,
        place: None,
        photo: Some(shown(piece)?),
    })
}

fn how(
    (row, fact): (&FactRow, &Fact),
    (of_order, keyed_in): (&[FactRow], &[KeyedInRow]),
    authors: &Authors,
    voice: &Voice,
) -> String {
    // A visit from paper, or a part of one. What was claimed there names no visit: it has that one's author and time.
    let claimed_there = |other: &&FactRow| {
        let same = other.kind == "visit" && (other.by_person, other.at_us) == (row.by_person, row.at_us);
        same && fact.is_claim() && row.device.is_none() && row.by_person.is_some()
    };
    let visit = of_order.iter().find(claimed_there).map(|visit| visit.id.as_str());
    let visit = visit.or(row.visit.as_deref()).unwrap_or(&row.id);
    let keyed_in = keyed_in.iter().find(|keyed| keyed.visit == visit);
    let mut parts: Vec<String> = Vec::new();
    parts.extend(authors.who(row));
    match row.device {
        Some(device) => {
            let name = authors.tablet(device).unwrap_or(voice.pick("a tablet", "una tableta"));
            parts.push(format!("{} {name}", voice.pick("on", "en")));
            parts.extend(authors.remarks(row).into_iter().map(|remark| remark.said(voice).to_owned()));
        }
        None if keyed_in.is_some() => {}
        None if row.by_person.is_some() => parts.push(voice.pick("at the office", "en la oficina").to_owned()),
        None => parts.push(voice.pick("by the system", "por el sistema").to_owned()),
    }
    if let Some(keyed) = keyed_in {
        let mut said = voice.pick("keyed in from paper", "capturado de papel").to_owned();
        if let Some(name) = keyed.person.and_then(|person| authors.name(person)) {
            said.push_str(&format!(" {} {name}", voice.pick("by", "por")));
        }
        parts.push(format!("{said}, {}", voice.time(Micros(keyed.at_us))));
    }
    let received = Micros(row.received_at_us);
    if row.device.is_some() && (received - Micros(row.at_us)).abs() > RECEIVED_LATE {
        parts.push(format!("{} {}", voice.pick("received", "recibido"), voice.time(received)));
    }
    let offset = Span(row.clock_offset_us.unwrap_or(0)).abs();
    if offset > CLOCK_OFF_BEYOND {
        parts.push(format!(
            "{} {} min",
            voice.pick("tablet's clock off by", "reloj de la tableta desviado"),
            offset.whole_seconds() / 60
        ));
    }
    parts.join(" · ")
}

/// A payment that nobody could read, and what somebody said that it is.
fn unread_settled(row: &SettledRow, people: &HashMap<Uuid, String>, voice: &Voice) -> Entry {
    let receipt = match row.receipt.as_str() {
        "" => String::new(),
        receipt => format!(", {} {receipt}", voice.pick("receipt", "recibo")),
    };
    let what = format!(
        "{} ({} {} {} {}{receipt}: \"{}\")",
        voice.pick("Payment not read, settled", "Pago sin leer, aclarado"),
        voice.pick("line", "línea"),
        row.line,
        voice.pick("of the file from", "del archivo de"),
        row.source,
        row.value,
    );
    let by = row.settled_by.strip_prefix("person:").and_then(|id| people.get(&id.parse::<Uuid>().ok()?));
    Entry {
        at: Micros(row.settled_at_us),
        tone: Tone::Done,
        order: None,
        said: format!("{what}: {}", row.settled_why),
        how: by.map_or_else(|| voice.pick("by the system", "por el sistema").to_owned(), Clone::clone),
        amount_minor: None,
        payment: None,
        release: None,
        unread_payment: Some(row.id),
        day_only: false,
        place: None,
        photo: None,
    }
}

fn payment(row: &PaidRow, is_taken_back: bool, people: &HashMap<Uuid, String>, voice: &Voice) -> Entry {
    let recorded = Micros(row.recorded_at_us);
    let mut parts: Vec<String> = Vec::new();
    parts.extend(row.recorded_by.and_then(|person| people.get(&person).cloned()));
    parts.push(if row.source == "office" {
        voice.pick("at the office", "en la oficina").to_owned()
    } else {
        format!("{} {}", voice.pick("from", "de"), row.source)
    });
    if is_taken_back {
        parts.push(voice.pick("taken back since", "anulado después").to_owned());
    }
    let told = Micros(row.paid_at_us);
    let ahead = PaidAhead::of(told, recorded).filter(|_| row.source == "office");
    let paid = ahead.map_or(told, |ahead| ahead.counts_from.0);
    if ahead.is_some() && row.amount_minor > 0 {
        parts
            .push(format!("{} {}", voice.pick("time in doubt, told as", "hora dudosa, dicha como"), voice.time(told),));
    }
    if row.amount_minor > 0 && (recorded - paid).abs() > RECEIVED_LATE {
        parts.push(format!("{} {}", voice.pick("recorded", "registrado"), voice.time(recorded)));
    }
    // What takes a payment back is dated as that payment; it happened when it was recorded.
    let at = if row.amount_minor < 0 { recorded } else { paid };
    Entry {
        at,
        tone: if row.amount_minor < 0 { Tone::Wait } else { Tone::Restore },
        order: None,
        said: match &row.takes_back {
            None => voice.payment(&row.tender, &row.confirmation),
            Some(of) => voice.payment_taken_back(&row.tender, of, row.taken_back_because.as_deref()),
        },
        how: parts.join(" · "),
        amount_minor: Some(row.amount_minor),
        unread_payment: None,
        payment: (row.amount_minor > 0 && !is_taken_back).then_some(row.id),
        release: None,
        day_only: row.source != "office" && voice.second_of_day(at) == 0,
        place: None,
        photo: None,
    }
}
