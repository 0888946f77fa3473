//! The account's first line: is it on, since when not and why, what has to be paid, who is on the way.

use super::order_views::{OrderView, Standing};
use crate::{
    service::{ServiceError, history::Told, releasing, telling::Tone, utility, voice::Voice},
    state::AppState,
    store::Conn,
};
use curbstop_shared::{
    disposition::{LineState, OrderState},
    ids::LineId,
    time::Micros,
    vocabulary::Product,
};
use serde::Serialize;

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
    /// The other crews that may go there, or that have not seen that they must not.
    pub also: Vec<MayGo>,
    /// Latest moment by which service has to be back.
    #[serde(skip)]
    pub due_at: Option<Micros>,
}

/// Another crew whose tablet may still hold the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AlsoMayGo")]
pub struct MayGo {
    /// "Truck 12, 3 stops away, last contact 41 min ago".
    pub who: String,
    /// Whom to call.
    pub phone: Option<String>,
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
        also: Vec::new(),
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
            let base = quiet(Tone::Wait, "held", format!("{on}. {}", view.said.trim_end_matches('.')));
            with_crews(base, view, v)
        }
        OrderState::Recalled { .. } | OrderState::Released { .. } => {
            // Until each crew that may have it has seen it, somebody may have to call.
            let tone = if view.unseen { Tone::Wait } else { Tone::Restore };
            let is_over = matches!(order.outcome.state, OrderState::Recalled { over: Some(_), .. });
            let said = format!(
                "{on}. {}{} {}",
                view.number,
                if is_over { ":" } else { "" },
                lower(view.said.trim_end_matches('.'))
            );
            with_crews(quiet(tone, "taken_back", said), view, v)
        }
        _ => {
            let reason = v.reason(order.history.order.reason);
            let base = quiet(Tone::Wait, "cut_is_out", format!("{on}. {} {} ({reason})", view.kind_said, view.number));
            if view.standing.is_none() {
                let who = Some(v.pick("on no route yet", "todavía en ninguna ruta").to_owned());
                return Answer { pay_stops_it: true, who, ..base };
            }
            Answer { pay_stops_it: true, ..crews_named(base, view, v) }
        }
    }
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

/// With the crews that have not seen that they must not go there, where there are any.
fn with_crews(answer: Answer, view: &OrderView, v: &Voice) -> Answer {
    if view.unseen { crews_named(answer, view, v) } else { answer }
}

/// With every crew that may go there: the one to call first, then the others.
fn crews_named(answer: Answer, view: &OrderView, v: &Voice) -> Answer {
    let said = |standing: &Standing| match (view.unseen, standing.taken_off) {
        (true, _) => format!("{}: {}", on_route(standing, v), v.pick("has not seen it", "no lo ha visto")),
        (false, true) => may_still_go(standing, v),
        (false, false) => on_route(standing, v),
    };
    let also = |standing: &Standing| MayGo { who: said(standing), phone: standing.phone.clone() };
    Answer {
        who: view.standing.as_ref().map(said),
        phone: view.standing.as_ref().and_then(|standing| standing.phone.clone()),
        also: view.also_with.iter().map(also).collect(),
        ..answer
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

/// As [`on_route`], of a crew whose route the order left.
fn may_still_go(standing: &Standing, v: &Voice) -> String {
    let left = v.pick(
        "not on its route any more, but this crew's tablet does not know it:",
        "ya no está en su ruta, pero la tableta de esta cuadrilla no lo sabe:",
    );
    format!("{left} {}", on_route(standing, v))
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
