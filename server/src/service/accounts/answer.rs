//! The account's first line: is it on, since when not and why, what has to be paid, who is on the way.

use super::{
    claimed::{off_under_hold, undecided},
    order_views::OrderView,
    who_goes::{MayGo, crews_named, is_told_to_restore, may_cut_too, on_no_route, with_crews, with_reconnects},
};
use crate::{
    service::{
        ServiceError,
        found_off::is_anothers,
        history::Told,
        releasing::{self, ToPay, Weighed},
        telling::Tone,
        utility,
        voice::Voice,
    },
    state::AppState,
    store::Conn,
};
use curbstop_shared::{
    disposition::{Claim, LineState, OrderState, Since, WhyNot},
    ids::LineId,
    time::Micros,
    vocabulary::{OrderKind, Product},
};
use serde::Serialize;

/// What the customer wants to know.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AccountAnswer")]
pub struct Answer {
    /// Its icon and colour.
    pub tone: Tone,
    /// Code: `off`, `off_though_released`, `cut_is_out`, `held`, `taken_back`, `pick_up`, `on`.
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
    /// The other crews that may go there, for this order or another, or that have not seen that they must not.
    pub also: Vec<MayGo>,
    /// Latest moment by which service has to be back.
    #[serde(skip)]
    pub due_at: Option<Micros>,
}

/// What the account has paid of what waits for money; `None` where nothing does.
pub(super) async fn weighed(state: &AppState, conn: &mut Conn, account: &str) -> Result<Option<Weighed>, ServiceError> {
    let folding = utility::folding(state, state.now());
    let waiting = releasing::waiting_orders(conn, account, &folding).await?;
    if waiting.is_empty() {
        return Ok(None);
    }
    Ok(Some(releasing::weighed(state, conn, account, waiting.iter().map(|(row, _)| row), None).await?))
}

/// The first line. `to_pay` is what [`weighed`] came to.
///
/// What is off comes first, then the cut that is most likely to be made. Every other crew that may still cut here is
/// named with it: a customer who hears of one order believes that it is the only one.
pub(super) fn answer(told: &[Told], views: &[OrderView], to_pay: Option<ToPay>, voice: &Voice) -> Answer {
    let v = voice;
    let cuts = || told.iter().zip(views).filter(|(order, _)| order.history.order.kind.is_cut() && !is_done(order));
    let off = off_lines(told);
    let (about, answer) = match off_said(&off, views, &undecided(told, v), v) {
        Some(answer) => (None, answer),
        // One that a crew tried in vain comes after one that nobody tried; of several that are alike the newest.
        None => match cuts().rev().max_by_key(|(_, view)| (danger(view), view.state == "open")) {
            Some((order, view)) => (Some(view.id), cut_said(order, view, v)),
            None => (None, nothing_to_cut(views, v)),
        },
    };
    let others = cuts().filter(|(_, view)| Some(view.id) != about && danger(view) >= Danger::Unseen);
    let mut also = answer.also;
    also.extend(others.flat_map(|(_, view)| may_cut_too(view, v)));
    let asked = to_pay.map(|to_pay| to_pay.balance_minor);
    let owed = asked.filter(|minor| *minor > 0 && answer.code != "off_though_released");
    Answer { also, to_pay_minor: owed, ..answer }
}

/// How likely an order still ends in a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Danger {
    /// It was taken back, and everybody knows.
    Over,
    /// It is held, or was stopped at the door.
    Waits,
    /// It is to be made, and no crew has it.
    Unplanned,
    /// It was taken back or is held, and a crew that may go there has not seen that.
    Unseen,
    /// A crew has it to make.
    Out,
}

fn danger(view: &OrderView) -> Danger {
    match view.state.as_str() {
        "open" | "unable" if view.standing.is_some() => Danger::Out,
        "open" | "unable" => Danger::Unplanned,
        _ if view.unseen => Danger::Unseen,
        "held" | "stopped_at_door" => Danger::Waits,
        _ => Danger::Over,
    }
}

fn quiet(tone: Tone, code: &'static str, said: String) -> Answer {
    Answer {
        tone,
        code,
        said,
        to_pay_minor: None,
        pay_stops_it: false,
        who: None,
        phone: None,
        also: Vec::new(),
        due_at: None,
    }
}

/// Where something is off: since when, why, who gives it back.
fn off_said(off: &[OffLine<'_>], views: &[OrderView], claim: &str, v: &Voice) -> Option<Answer> {
    let what = |line: &OffLine<'_>| {
        let what = services(off.iter().map(|line| line.product), v);
        let all_found = off.iter().all(|line| line.found);
        let found = if all_found { v.pick(", found so by the crew,", ", así lo halló la cuadrilla,") } else { "" };
        format!("{what}{found}{}", since_said(line.since, v))
    };
    if let Some(line) = off.iter().find(|line| line.released) {
        let restore = v.pick("though released: restore it", "aunque hay liberación: reconectar");
        let base = quiet(Tone::Restore, "off_though_released", format!("{}, {restore}", what(line)));
        let is_to_do = |view: &&OrderView| matches!(view.state.as_str(), "open" | "unable");
        let mut restores: Vec<_> = views.iter().filter(|view| view.kind.is_restore()).filter(is_to_do).collect();
        // What a crew has comes before what nobody has yet.
        restores.sort_by_key(|view| view.standing.is_none());
        let cut = views.iter().find(|view| view.kind.is_cut() && is_told_to_restore(view, v));
        return Some(with_reconnects(base, &restores, cut, v));
    }
    // A reconnect that is left from a payment which was taken back is nobody's promise.
    let line = off.first()?;
    let why = off.iter().find_map(|line| off_under_hold(line.order, v));
    let why = why.unwrap_or_else(|| format!(" ({})", v.reason(line.order.history.order.reason)));
    Some(quiet(Tone::Stop, "off", format!("{}{why}{claim}", what(line))))
}

/// Where all is on and a cut is not made: who may still make it.
fn cut_said(order: &Told, view: &OrderView, v: &Voice) -> Answer {
    let on = v.pick("On", "Activo");
    match &order.outcome.state {
        OrderState::Held { .. } | OrderState::StoppedAtDoor { .. } => {
            let base = quiet(Tone::Wait, "held", format!("{on}. {}", view.said.trim_end_matches('.')));
            with_crews(base, view, v)
        }
        OrderState::Recalled { .. } | OrderState::Released { .. } => {
            // Until each crew that may have it has seen it, somebody may have to call.
            let undecided = matches!(order.outcome.why_not, Some(WhyNot::FieldClaim { claim: Claim::Waiting, .. }));
            let tone = if view.unseen || undecided { Tone::Wait } else { Tone::Restore };
            let is_over = matches!(order.outcome.state, OrderState::Recalled { over: Some(_), .. });
            let said = format!(
                "{on}. {}{} {}",
                view.number,
                if is_over { ":" } else { "" },
                lower(view.said.trim_end_matches('.'))
            );
            with_crews(quiet(tone, "taken_back", said), view, v)
        }
        OrderState::Open | OrderState::Unable { .. } | OrderState::Done { .. } => {
            let reason = v.reason(order.history.order.reason);
            let tried = match &order.outcome.state {
                OrderState::Unable { .. } => format!(". {}", view.said.trim_end_matches('.')),
                _ => String::new(),
            };
            let said = format!("{on}. {} {} ({reason}){tried}", view.kind_said, view.number);
            let base = Answer { pay_stops_it: true, ..quiet(Tone::Wait, "cut_is_out", said) };
            if view.standing.is_none() {
                return Answer { who: Some(on_no_route(v)), ..base };
            }
            crews_named(base, view, v)
        }
    }
}

/// Where no cut is open: that it is on, or how the boxes stand that are to be fetched, which says nothing of a service.
fn nothing_to_cut(views: &[OrderView], v: &Voice) -> Answer {
    let only_boxes = !views.is_empty() && views.iter().all(|view| view.kind == OrderKind::EquipmentPickup);
    let Some(view) = views.iter().find(|view| !is_over(view)).or(views.first()).filter(|_| only_boxes) else {
        let on = v.pick("On. No order to cut is open", "Activo. No hay orden de corte");
        return quiet(Tone::Done, "on", on.to_owned());
    };
    let said = format!("{} {}: {}", view.kind_said, view.number, view.said.trim_end_matches('.'));
    let base = quiet(if is_over(view) { Tone::Done } else { Tone::Wait }, "pick_up", said);
    if is_over(view) || view.standing.is_none() { base } else { crews_named(base, view, v) }
}

fn is_over(view: &OrderView) -> bool {
    matches!(view.state.as_str(), "done" | "recalled" | "released")
}

/// What counts so far is not sure: a tablet that is out of service handed in work, and nobody has decided on it.
pub(super) fn unsure(answer: Answer, v: &Voice) -> Answer {
    let first = v.pick(
        "Not sure: a tablet out of service handed in work here, and a supervisor has to decide on it. Without it:",
        "No es seguro: una tableta fuera de servicio entregó trabajo aquí y supervisión debe decidir. Sin él:",
    );
    let tone = if answer.tone == Tone::Stop { Tone::Stop } else { Tone::Wait };
    Answer { tone, said: format!("{first} {}", answer.said), ..answer }
}

fn is_done(order: &Told) -> bool {
    matches!(order.outcome.state, OrderState::Done { .. })
}

/// A line that is off.
struct OffLine<'t> {
    order: &'t Told,
    product: Option<Product>,
    since: Option<Since>,
    released: bool,
    /// The crew found it so: nobody of ours turned it off.
    found: bool,
}

/// Every line that is off; what was found off and another order turned off is that one's.
fn off_lines(told: &[Told]) -> Vec<OffLine<'_>> {
    let mut off = Vec::new();
    for order in told.iter().filter(|order| !order.history.order.kind.is_restore()) {
        for (line, state) in &order.outcome.lines {
            let product = order.product(line);
            let one = |since, released, found| OffLine { order, product, since, released, found };
            match state {
                LineState::Off { released, .. } => off.push(one(state.since(), released.is_some(), false)),
                LineState::FoundOff { at, released, .. } if !is_of_another(order, line, *at, told) => {
                    off.push(one(state.since(), released.is_some(), true));
                }
                _ => {}
            }
        }
    }
    off
}

fn is_of_another(order: &Told, line: &LineId, at: Option<Micros>, told: &[Told]) -> bool {
    let others = told.iter().filter(|other| other.row.id != order.row.id);
    let Some(found) = order.lines.iter().find(|row| row.line == line.0) else { return false };
    is_anothers(found, at, others.map(|other| (other.lines.as_slice(), &other.outcome)))
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

fn since_said(since: Option<Since>, v: &Voice) -> String {
    since.map_or_else(String::new, |since| format!(" {}", v.language.since_when(since, &|at| v.time(at))))
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
