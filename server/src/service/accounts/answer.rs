//! The account's first line: is it on, since when not and why, what has to be paid, who is on the way.

use crate::shape::Shape;
use crate::{
    service::{ServiceError, history::Told, releasing, telling::Tone, utility, voice::Voice, whereabouts::Whereabouts},
    state::AppState,
    store::{Conn, whereabouts::StandRow},
};
use curbstop_shared::{
    disposition::{
        LineState, OrderState,
        sentences::{self, Audience},
    },
    ids::{LineId, OrderId, RouteId},
    time::Micros,
    vocabulary::{OrderKind, Product},
};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// What the customer wants to know.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AccountAnswer")]
pub struct Answer {
    /// Its icon and colour.
    pub tone: Tone,
    /// Code: `off`, `off_though_released`, `cut_is_out`, `held`, `taken_back`, `on`.
    pub code: &'static str,
    /// "Off since Tue 10:40 (not paid)".
    pub said: String,
    /// What has to be paid to be restored, or for the cut to stop; none where nothing waits for money.
    pub to_pay_minor: Option<i64>,
    /// A cut waits for that money, nothing is off.
    pub pay_stops_it: bool,
    /// "reconnect R-12 is with Truck 12, 3 stops away".
    pub who: Option<String>,
    /// Whom to call about that.
    pub phone: Option<String>,
    /// Latest moment by which service has to be back.
    #[serde(skip)]
    pub due_at: Option<Micros>,
}

/// One order of the account.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AccountOrder")]
pub struct OrderView {
    /// The order.
    #[schemars(with = "Shape<OrderId>")]
    pub id: OrderId,
    /// "T-2291".
    pub number: String,
    /// What is to be done.
    #[schemars(with = "Shape<OrderKind>")]
    pub kind: OrderKind,
    /// The same in words.
    pub kind_said: String,
    /// Why, in words.
    pub reason_said: String,
    /// Code of its state.
    pub state: String,
    /// Its state in words.
    pub said: String,
    /// Each line in words, with its tone.
    pub lines: Vec<(Tone, String)>,
    /// How each cut stands to what the crew knew, in words.
    pub cuts: Vec<String>,
    /// No fee may be charged.
    pub fees_suppressed: bool,
    /// Past due when the listing was run.
    pub past_due_minor: i64,
    /// Where it stands on a route.
    pub standing: Option<Standing>,
    /// Latest moment by which it has to be done.
    #[serde(skip)]
    pub due_at: Option<Micros>,
    /// When it was made.
    #[serde(skip)]
    pub created_at: Micros,
}

/// Where an order stands on a crew's route.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "OrderStanding")]
pub struct Standing {
    /// The route.
    #[schemars(with = "Shape<RouteId>")]
    pub route: RouteId,
    /// Its day.
    pub date: String,
    /// The crew.
    pub crew: String,
    /// Where the crew is reached.
    pub phone: Option<String>,
    /// Stops still to be done before it.
    pub stops_away: i64,
    /// When a tablet of the crew was last heard of.
    #[serde(skip)]
    pub last_contact: Option<Micros>,
    /// The crew has a tablet in service: else nothing reaches it but a call.
    #[serde(skip)]
    pub has_tablet: bool,
    /// It is not on the route any more; the crew has not seen that.
    #[serde(skip)]
    pub taken_off: bool,
}

/// What the account has still to pay, in minor units; `None` where nothing waits for money.
pub(super) async fn to_pay(state: &AppState, conn: &mut Conn, account: &str) -> Result<Option<i64>, ServiceError> {
    let folding = utility::folding(state, state.now());
    let waiting = releasing::waiting_orders(conn, account, &folding).await?;
    if waiting.is_empty() {
        return Ok(None);
    }
    Ok(Some(releasing::to_pay(state, conn, account, &waiting, None).await?.balance_minor.max(0)))
}

/// The orders in words.
pub(super) async fn views(
    _: &AppState,
    conn: &mut Conn,
    told: &[Told],
    crews: &HashMap<String, String>,
    voice: &Voice,
) -> Result<Vec<OrderView>, ServiceError> {
    let called_for: BTreeSet<OrderId> = told
        .iter()
        .flat_map(|order| {
            order.outcome.follow_ups.iter().filter(|called| !called.wanted.is_empty()).map(|called| called.id)
        })
        .collect();
    let mut views = Vec::with_capacity(told.len());
    for order in told {
        let standing = stand(conn, order).await?.map(|stand| Standing {
            route: RouteId(stand.route),
            date: stand.date,
            crew: stand.crew,
            phone: stand.phone,
            stops_away: stand.stops_away,
            last_contact: stand.last_contact_at_us.map(Micros),
            has_tablet: stand.has_tablet,
            taken_off: stand.taken_off,
        });
        let mut shown = view(order, standing, crews, voice);
        // The payment that called for it was taken back.
        let is_follow_up = order.row.cause_order.is_some() && !called_for.contains(&shown.id);
        if is_follow_up && shown.kind.is_restore() && matches!(shown.state.as_str(), "open" | "unable") {
            shown.said =
                voice.pick("Taken back: nothing calls for it any more.", "Retirada: ya nada la pide.").to_owned();
        }
        views.push(shown);
    }
    Ok(views)
}

/// The crew that has an order. Of a cut that is not made also the crew whose tablet may hold it still; nobody is promised
/// a reconnect by one that was told not to go.
async fn stand(conn: &mut Conn, order: &Told) -> Result<Option<StandRow>, ServiceError> {
    let at = Whereabouts::of(conn, OrderId(order.row.id)).await?;
    Ok(match &order.outcome.state {
        _ if !order.history.order.kind.is_cut() => at.has_it(),
        OrderState::Recalled { .. } | OrderState::Released { .. } | OrderState::Held { .. }
            if !order.outcome.needs_ack.is_empty() =>
        {
            at.was_told()
        }
        OrderState::Open => at.may_go(),
        _ => at.has_it(),
    })
}

fn view(order: &Told, standing: Option<Standing>, crews: &HashMap<String, String>, voice: &Voice) -> OrderView {
    let kind = order.history.order.kind;
    order.with_words(voice, crews, |words| OrderView {
        id: OrderId(order.row.id),
        number: order.row.number.clone(),
        kind,
        kind_said: voice.kind(kind).to_owned(),
        reason_said: voice.reason(order.history.order.reason).to_owned(),
        state: order.row.state.clone(),
        said: sentences::state(&order.outcome.state, Audience::Office, words),
        lines: order
            .outcome
            .lines
            .iter()
            .filter(|(_, state)| !matches!(state, LineState::Untouched))
            .map(|(line, state)| (line_tone(state), sentences::line(line, state, words)))
            .collect(),
        cuts: order.outcome.cuts.iter().map(|cut| sentences::cut(cut, &order.history, words)).collect(),
        fees_suppressed: order.row.fees_suppressed,
        past_due_minor: order.row.past_due_minor,
        standing,
        due_at: order.row.due_at_us.map(Micros),
        created_at: Micros(order.row.created_at_us),
    })
}

const fn line_tone(state: &LineState) -> Tone {
    match state {
        LineState::Off { .. } => Tone::Stop,
        LineState::Restored { .. } => Tone::Restore,
        LineState::Untouched
        | LineState::FoundOff { .. }
        | LineState::FoundOn { .. }
        | LineState::Collected { .. }
        | LineState::NotCollected { .. } => Tone::Done,
    }
}

/// The first line. `to_pay` is what [`to_pay`] gave.
pub(super) fn answer(told: &[Told], views: &[OrderView], to_pay: Option<i64>, voice: &Voice) -> Answer {
    let v = voice;
    let quiet = |tone, code, said: String| Answer {
        tone,
        code,
        said,
        to_pay_minor: to_pay.filter(|minor| *minor > 0),
        pay_stops_it: false,
        who: None,
        phone: None,
        due_at: None,
    };
    let off = off_lines(told);
    let reconnect =
        views.iter().find(|view| view.kind.is_restore() && matches!(view.state.as_str(), "open" | "unable"));
    if let Some((_, _, since, _)) = off.iter().find(|(_, _, _, released)| *released) {
        let what = services(off.iter().map(|(_, product, ..)| *product), v);
        let said = format!(
            "{what}{}, {}",
            since_said(*since, v),
            v.pick("though released: restore it", "aunque hay liberación: reconectar")
        );
        let base = quiet(Tone::Restore, "off_though_released", said);
        return Answer { to_pay_minor: None, ..with_reconnect(base, reconnect, v) };
    }
    if let Some((order, _, since, _)) = off.first() {
        let what = services(off.iter().map(|(_, product, ..)| *product), v);
        let why = v.reason(order.history.order.reason);
        // A reconnect that is left from a payment which was taken back is nobody's promise.
        return quiet(Tone::Stop, "off", format!("{what}{} ({why})", since_said(*since, v)));
    }
    let cut = told.iter().zip(views).find(|(order, _)| order.history.order.kind.is_cut() && !is_done(order));
    let Some((order, view)) = cut else {
        return quiet(
            Tone::Done,
            "on",
            v.pick("On. No order to cut is open", "Activo. No hay orden de corte").to_owned(),
        );
    };
    let on = v.pick("On", "Activo");
    match &order.outcome.state {
        OrderState::Held { .. } | OrderState::StoppedAtDoor { .. } => {
            quiet(Tone::Wait, "held", format!("{on}. {}", view.said.trim_end_matches('.')))
        }
        OrderState::Recalled { .. } | OrderState::Released { .. } => {
            // Until the crew has seen it, somebody may have to call.
            let unseen = !order.outcome.needs_ack.is_empty();
            let standing = view.standing.as_ref().filter(|_| unseen);
            let tone = if standing.is_some() { Tone::Wait } else { Tone::Restore };
            let is_over = matches!(order.outcome.state, OrderState::Recalled { over: Some(_), .. });
            let said = format!(
                "{on}. {}{} {}",
                view.number,
                if is_over { ":" } else { "" },
                lower(view.said.trim_end_matches('.'))
            );
            Answer {
                who: standing.map(|standing| on_route(standing, v)),
                phone: standing.and_then(|standing| standing.phone.clone()),
                ..quiet(tone, "taken_back", said)
            }
        }
        _ => {
            let reason = v.reason(order.history.order.reason);
            let base = quiet(Tone::Wait, "cut_is_out", format!("{on}. {} {} ({reason})", view.kind_said, view.number));
            let who = view.standing.as_ref().map(|standing| may_still_go(standing, v));
            let who = who.unwrap_or_else(|| v.pick("on no route yet", "todavía en ninguna ruta").to_owned());
            let phone = view.standing.as_ref().and_then(|standing| standing.phone.clone());
            Answer { pay_stops_it: true, who: Some(who), phone, ..base }
        }
    }
}

fn is_done(order: &Told) -> bool {
    matches!(order.outcome.state, OrderState::Done { .. })
}

type OffLine<'t> = (&'t Told, Option<Product>, Option<Micros>, bool);

/// Every line that is off: its order, its product, since when, whether it is released.
fn off_lines(told: &[Told]) -> Vec<OffLine<'_>> {
    told.iter()
        .filter(|order| !order.history.order.kind.is_restore())
        .flat_map(|order| {
            order.outcome.lines.iter().filter_map(move |(line, state)| match state {
                LineState::Off { since, released, .. } => {
                    let product = order.product(&LineId(line.0.clone()));
                    Some((order, product, *since, released.is_some()))
                }
                _ => None,
            })
        })
        .collect()
}

/// "Water and gas off", with nothing said where all of it is unknown.
fn services(products: impl Iterator<Item = Option<Product>>, v: &Voice) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in products.flatten().map(|product| v.product(product)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    match names.as_slice() {
        [] => v.pick("Off", "Sin servicio").to_owned(),
        names => format!("{} {}", names.join(" + "), v.pick("off", "sin servicio")),
    }
}

fn since_said(since: Option<Micros>, v: &Voice) -> String {
    since.map_or_else(String::new, |at| format!(" {} {}", v.pick("since", "desde"), v.time(at)))
}

fn with_reconnect(answer: Answer, reconnect: Option<&OrderView>, v: &Voice) -> Answer {
    let Some(order) = reconnect else { return answer };
    let standing = order.standing.as_ref();
    let place = standing.map_or_else(
        || v.pick("on no route yet", "todavía en ninguna ruta").to_owned(),
        |standing| on_route(standing, v),
    );
    Answer {
        who: Some(format!("{} {}: {place}", order.kind_said, order.number)),
        phone: standing.and_then(|standing| standing.phone.clone()),
        due_at: order.due_at,
        ..answer
    }
}

/// "Truck 12, 3 stops away, last contact 4 min ago".
fn on_route(standing: &Standing, v: &Voice) -> String {
    let day = if standing.date == v.today().to_string() {
        String::new()
    } else {
        standing.date.parse().map_or_else(|_| String::new(), |day| format!(" {}", v.day(day)))
    };
    let away = match standing.stops_away {
        0 => v.pick("it is the next stop", "es la próxima parada").to_owned(),
        1 => v.pick("1 stop away", "a 1 parada").to_owned(),
        n => format!("{}{n} {}", v.pick("", "a "), v.pick("stops away", "paradas")),
    };
    let heard = match standing.last_contact {
        _ if !standing.has_tablet => {
            v.pick("no tablet in service: call the crew", "sin tableta en servicio: llame a la cuadrilla").to_owned()
        }
        Some(at) => format!("{} {}{}", v.pick("last contact", "último contacto hace"), v.age(at), v.pick(" ago", "")),
        None => v.pick("no tablet has fetched it", "ninguna tableta la ha recibido").to_owned(),
    };
    format!("{}{day}, {away}, {heard}", standing.crew)
}

/// As [`on_route`], and that the order left that route where it did.
fn may_still_go(standing: &Standing, v: &Voice) -> String {
    let on_route = on_route(standing, v);
    if !standing.taken_off {
        return on_route;
    }
    let left = v.pick(
        "on no route any more, but this crew's tablet does not know it:",
        "ya no está en ninguna ruta, pero la tableta de esta cuadrilla no lo sabe:",
    );
    format!("{left} {on_route}")
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
