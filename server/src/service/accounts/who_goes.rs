//! Which crews go there, may go there, or have not seen that they must not: each with whom to call.

use super::{
    answer::Answer,
    order_views::{OrderView, Standing},
};
use crate::service::voice::Voice;
use serde::Serialize;

/// Another crew whose tablet may still hold the order, or that has another order to cut here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AlsoMayGo")]
pub struct MayGo {
    /// "Truck 12, 3 stops away, last contact 41 min ago".
    pub who: String,
    /// Whom to call.
    pub phone: Option<String>,
}

/// With the crews that have not seen that they must not go there, where there are any.
pub(super) fn with_crews(answer: Answer, view: &OrderView, v: &Voice) -> Answer {
    if view.unseen { crews_named(answer, view, v) } else { answer }
}

/// With every crew that may go there: the one to call first, then the others.
pub(super) fn crews_named(answer: Answer, view: &OrderView, v: &Voice) -> Answer {
    let mut crews = crews(view, v);
    if crews.is_empty() {
        return answer;
    }
    let first = crews.remove(0);
    Answer { who: Some(first.who), phone: first.phone, also: crews, ..answer }
}

/// As [`crews_named`], of an order that is not the one which the line is about.
pub(super) fn may_cut_too(view: &OrderView, v: &Voice) -> Vec<MayGo> {
    let name = |crew: MayGo| MayGo { who: format!("{} {}: {}", view.kind_said, view.number, crew.who), ..crew };
    crews(view, v).into_iter().map(name).collect()
}

fn crews(view: &OrderView, v: &Voice) -> Vec<MayGo> {
    let said = |standing: &Standing| match (view.unseen, standing.taken_off) {
        (true, _) => format!("{}: {}", on_route(standing, view, v), v.pick("has not seen it", "no lo ha visto")),
        (false, true) => may_still_go(standing, view, v),
        (false, false) => on_route(standing, view, v),
    };
    let may_go = |standing: &Standing| MayGo { who: said(standing), phone: standing.phone.clone() };
    view.standing.iter().chain(&view.also_with).map(may_go).collect()
}

/// With the orders that give service back, the first of them in the line itself.
/// `cut`: the order by which a crew that is out turned it off. Where no crew has the reconnect, that one reads on its tablet
/// that it is to turn it on again.
pub(super) fn with_reconnects(answer: Answer, reconnects: &[&OrderView], cut: Option<&OrderView>, v: &Voice) -> Answer {
    let Some((first, others)) = reconnects.split_first() else { return answer };
    let who_cut = cut.and_then(|cut| cut.standing.as_ref()).filter(|_| first.standing.is_none());
    let MayGo { who, phone } = who_cut.map_or_else(|| gives_back(first, v), |standing| turns_on(first, standing, v));
    let due_at = reconnects.iter().filter_map(|order| order.due_at).min();
    Answer { who: Some(who), phone, also: others.iter().map(|order| gives_back(order, v)).collect(), due_at, ..answer }
}

/// "Reconnect R-6: Truck 12, 3 stops away, last contact 4 min ago".
fn gives_back(order: &OrderView, v: &Voice) -> MayGo {
    let standing = order.standing.as_ref();
    let mut place = standing.map_or_else(|| on_no_route(v), |standing| on_route(standing, order, v));
    if order.state == "unable" {
        place = format!("{} {place}", order.said);
    }
    MayGo {
        who: format!("{} {}: {place}", order.kind_said, order.number),
        phone: standing.and_then(|standing| standing.phone.clone()),
    }
}

/// Whether the crew that turned it off is out with a tablet on which it reads that it is to be on.
pub(super) fn is_told_to_restore(cut: &OrderView, v: &Voice) -> bool {
    let today = v.today().to_string();
    let is_out = |standing: &Standing| {
        standing.date == today && standing.has_tablet && !standing.crew_out && !standing.taken_off
    };
    cut.state == "done" && cut.standing.as_ref().is_some_and(is_out)
}

/// "Reconnect R-6: Truck 12 turned it off, and its tablet tells it to turn it on again, last contact 4 min ago".
fn turns_on(order: &OrderView, standing: &Standing, v: &Voice) -> MayGo {
    let told = v.pick(
        "turned it off, and its tablet tells it to turn it on again",
        "lo cortó, y su tableta le dice que lo reconecte",
    );
    let heard = standing.last_contact.map_or_else(
        || v.pick("no tablet has fetched it", "ninguna tableta la ha recibido").to_owned(),
        |at| format!("{} {}{}", v.pick("last contact", "último contacto hace"), v.age(at), v.pick(" ago", "")),
    );
    MayGo {
        who: format!("{} {}: {} {told}, {heard}", order.kind_said, order.number, standing.crew),
        phone: standing.phone.clone(),
    }
}

pub(super) fn on_no_route(v: &Voice) -> String {
    v.pick("on no route yet", "todavía en ninguna ruta").to_owned()
}

/// "Truck 12, 3 stops away, last contact 4 min ago". A crew that has been there is not promised a second time, and one
/// that does not go out not at all.
fn on_route(standing: &Standing, order: &OrderView, v: &Voice) -> String {
    let day = if standing.date == v.today().to_string() {
        String::new()
    } else {
        standing.date.parse().map_or_else(|_| String::new(), |day| format!(" {}", v.day(day)))
    };
    let is_past = standing.date < v.today().to_string();
    let away = match standing.stops_away {
        _ if is_past => v.pick("a day that is over", "un día que ya pasó").to_owned(),
        _ if standing.crew_out => {
            v.pick("out that day: nobody goes there for now", "no sale ese día: por ahora no va nadie").to_owned()
        }
        _ if order.state == "unable" && standing.taken_off => {
            v.pick("it was there in vain and may come again", "estuvo allí en vano y puede volver").to_owned()
        }
        _ if order.state == "unable" => {
            v.pick("still on its route: it may come again", "sigue en su ruta: puede volver").to_owned()
        }
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
fn may_still_go(standing: &Standing, order: &OrderView, v: &Voice) -> String {
    let left = match standing.has_tablet {
        true => v.pick(
            "not on its route any more, but this crew's tablet does not know it:",
            "ya no está en su ruta, pero la tableta de esta cuadrilla no lo sabe:",
        ),
        false => v.pick(
            "not on its route any more, but this crew may have it on paper:",
            "ya no está en su ruta, pero esta cuadrilla puede tenerla en papel:",
        ),
    };
    format!("{left} {}", on_route(standing, order, v))
}
