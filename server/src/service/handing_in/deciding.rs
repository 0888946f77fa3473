//! A supervisor decides on work that a tablet out of service handed in: it goes in as the tablet saved it, through the
//! same gate as any sync, or it is set aside and can be looked at again.

mod answer;
mod judging;

pub use answer::{Decided, OrderNow, Refused};

use super::{
    OwnRoute, names, quarantine_of,
    told::{self, Closing, Detail, Save},
};
use crate::{
    service::{
        ServiceError,
        authorise::{Action, Actor},
        carrying, into_route, spreading, utility,
        voice::Voice,
    },
    state::AppState,
    store::{
        Work, audit,
        devices::{self, DeviceRow},
        documents, exceptions,
        exceptions::ExceptionRow,
        feed, orders,
        quarantine::{self, Fate, KeptRow},
    },
};
use curbstop_shared::{
    facts::{Fact, Header},
    ids::{CrewId, DeviceId, OrderId, RouteId},
    sync::{
        gate,
        wire::{Bytes, RefusalCode},
    },
    time::Micros,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What a supervisor does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// It counts, as if the tablet had synced now: all that the tablet kept of that route, in its order.
    TakeIn,
    /// It does not count. It is kept.
    SetAside,
    /// What was set aside is a question again.
    OpenAgain,
}

/// The entry's state after it, the entry, and what became of the work.
pub(in crate::service) struct Outcome {
    pub entry: Uuid,
    pub state: &'static str,
    pub decided: Decided,
    /// To be done once the work is committed.
    pub after: Option<(crate::sync::documents::Loaded, spreading::Spread)>,
}

/// A change that is kept, with what it says at which orders.
struct Kept {
    row: KeptRow,
    shown: Vec<(Header, Fact)>,
    refused: Option<RefusalCode>,
}

impl Kept {
    fn orders(&self) -> impl Iterator<Item = OrderId> {
        self.shown.iter().map(|(header, _)| header.order)
    }

    fn is_about(&self, order: OrderId) -> bool {
        self.orders().any(|other| other == order)
    }
}

/// Whether a supervisor can decide on what an entry says.
#[must_use]
pub fn is_to_decide(row: &ExceptionRow) -> bool {
    row.order_id.is_some() && Detail::read(row).is_some_and(|detail| detail.device.is_some())
}

/// Whether its work was set aside and can be looked at again.
#[must_use]
pub fn is_set_aside(row: &ExceptionRow) -> bool {
    row.state == "resolved" && Detail::read(row).is_some_and(|detail| detail.set_aside)
}

/// Decides, in a unit of work that has nothing but the request's key. The caller commits.
///
/// # Errors
/// 404 `exception_unknown`, 409 `not_handed_in`, `exception_closed`, `nothing_waits` or `counts_already`.
pub(in crate::service) async fn decide(
    state: &AppState,
    work: &mut Work,
    actor: &Actor,
    (id, choice): (Uuid, Choice),
    why: &str,
    voice: &Voice,
) -> Result<Outcome, ServiceError> {
    actor.may(Action::DecideQuarantine)?;
    let now = state.now();
    let (device, order) = asked_about(work, id).await?;
    work.lock(&quarantine_of(&device)).await?;
    // Somebody else may have decided while this one waited.
    let row = exceptions::by_id(work, id).await?.ok_or_else(unknown)?;
    let fits = if choice == Choice::OpenAgain { is_set_aside(&row) } else { row.state == "open" };
    if !fits {
        let detail = match choice {
            Choice::OpenAgain => "Nothing of it is set aside; look at the list again.",
            _ => "This was closed already; look at the list again.",
        };
        return Err(ServiceError::conflict("exception_closed", detail));
    }
    let named = names(work).await?;
    let deciding = Deciding { state, device: &device, order, named, voice, now };
    let by =
        Closing { person: actor.person().map(|person| person.0), why, sets_aside: choice == Choice::SetAside, now };
    let outcome = match choice {
        Choice::TakeIn => deciding.take_in(work, &row, &by).await?,
        Choice::SetAside => deciding.set_aside(work, &row, &by).await?,
        Choice::OpenAgain => deciding.open_again(work, &row).await?,
    };
    let action = match choice {
        Choice::TakeIn => "work_taken_in",
        Choice::SetAside => "work_set_aside",
        Choice::OpenAgain => "work_opened_again",
    };
    let numbers: Vec<&str> = outcome.decided.orders.iter().map(|order| order.order.as_str()).collect();
    let details = serde_json::json!({
        "device": device.id, "orders": numbers, "saves": outcome.decided.saves,
        "refused": outcome.decided.refused.len(), "why": why,
    });
    audit::append(work, now, &actor.name(), action, &id.to_string(), &details).await?;
    Ok(outcome)
}

fn unknown() -> ServiceError {
    ServiceError::not_found("exception_unknown", "There is no such exception; look at the list again.")
}

/// The tablet and the order of an entry.
async fn asked_about(work: &mut Work, id: Uuid) -> Result<(DeviceRow, OrderId), ServiceError> {
    let row = exceptions::by_id(work, id).await?.ok_or_else(unknown)?;
    let device = match Detail::read(&row).and_then(|detail| detail.device) {
        Some(device) => devices::by_id(work, device).await?,
        None => None,
    };
    device.zip(row.order_id.map(OrderId)).ok_or_else(|| {
        let detail = "No tablet's work waits behind this entry. Close it with `resolve`, or decide on its claim.";
        ServiceError::conflict("not_handed_in", detail)
    })
}

struct Deciding<'d> {
    state: &'d AppState,
    device: &'d DeviceRow,
    order: OrderId,
    named: BTreeMap<String, String>,
    voice: &'d Voice,
    now: Micros,
}

impl Deciding<'_> {
    /// What is kept of the tablet, each route's changes in the order in which they were saved.
    async fn kept(&self, work: &mut Work, fate: Fate) -> Result<Vec<Kept>, ServiceError> {
        let mut rows = quarantine::in_state(work, DeviceId(self.device.id), fate).await?;
        rows.sort_by_cached_key(|row| (row.doc, gate::place_of(&Bytes(row.bytes.clone())), row.hash.clone()));
        let mut kept: Vec<Kept> = Vec::with_capacity(rows.len());
        let mut route: Option<OwnRoute> = None;
        for row in rows {
            if route.as_ref().is_none_or(|route| route.loaded.id.0 != row.doc) {
                route = OwnRoute::load(self.state, work, self.device, RouteId(row.doc)).await?;
            }
            let shown = match &mut route {
                Some(route) => {
                    let facts = gate::said(&route.loaded.document, &Bytes(row.bytes.clone()));
                    route.shown(work, &facts).await?
                }
                None => Vec::new(),
            };
            kept.push(Kept { row, shown, refused: None });
        }
        Ok(kept)
    }

    async fn take_in(&self, work: &mut Work, row: &ExceptionRow, by: &Closing<'_>) -> Result<Outcome, ServiceError> {
        let kept = self.kept(work, Fate::Waiting).await?;
        let route = kept.iter().filter(|one| one.is_about(self.order)).map(|one| one.row.doc).min();
        let route = RouteId(route.ok_or_else(nothing_waits)?);
        let (mut going, mut staying): (Vec<_>, Vec<_>) = kept.into_iter().partition(|one| one.row.doc == route.0);
        let orders: BTreeSet<OrderId> = going.iter().flat_map(Kept::orders).collect();
        let shown = going.iter().flat_map(|one| one.shown.iter().map(|(_, fact)| fact));
        carrying::lock_for(work, carrying::claimed_at(shown), orders.clone(), route).await?;
        let found = documents::route(work, route).await?;
        let crew = CrewId(found.ok_or_else(nothing_waits)?.crew);
        let loaded = self.state.documents.load_in_work(work, route).await?;
        let (let_in, document) = self.judge(work, &mut going, (&loaded.document, route), crew).await?;

        let folding = utility::folding(self.state, self.now);
        let after = into_route::store(self.state, work, (&loaded, crew), document, &let_in, &folding, self.now).await?;
        let (gone_in, refused): (Vec<_>, Vec<_>) = going.into_iter().partition(|one| one.refused.is_none());
        self.mark(work, &gone_in, Fate::Waiting, Fate::TakenIn).await?;
        let mut decided = self.about(work, &gone_in).await?;
        decided.refused = self.refusals(work, &refused).await?;
        for created in &after.1.recorded.created {
            decided.reconnects.extend(orders::by_id(work, *created).await?.map(|order| order.number));
        }
        staying.extend(refused);
        self.say_what_waits(work, &orders, &staying, by).await?;
        Ok(Outcome { state: state_of(work, row.id).await?, entry: row.id, decided, after: Some(after) })
    }

    async fn set_aside(&self, work: &mut Work, row: &ExceptionRow, by: &Closing<'_>) -> Result<Outcome, ServiceError> {
        let kept = self.kept(work, Fate::Waiting).await?;
        let (here, staying): (Vec<_>, Vec<_>) = kept.into_iter().partition(|one| one.is_about(self.order));
        let (mut aside, mut counts) = (Vec::new(), Vec::new());
        for one in here {
            if self.counts_already(work, &one).await? { &mut counts } else { &mut aside }.push(one);
        }
        if aside.is_empty() && !counts.is_empty() {
            return Err(ServiceError::conflict("counts_already", self.voice.pick(
                "This counts already: the tablet has sent it by itself. Take it in to close this; if it was not done, have the visit corrected or record what was found there.",
                "Esto ya cuenta: la tableta lo envió por sí misma. Acéptelo para cerrar esto; si no se hizo, haga corregir la visita o registre lo que se encontró allí.",
            )));
        }
        self.announce(work).await?;
        self.mark(work, &counts, Fate::Waiting, Fate::TakenIn).await?;
        self.mark(work, &aside, Fate::Waiting, Fate::SetAside).await?;
        let decided = self.about(work, &aside).await?;
        let orders = aside.iter().flat_map(Kept::orders).chain([self.order]).collect();
        self.say_what_waits(work, &orders, &staying, by).await?;
        Ok(Outcome { state: state_of(work, row.id).await?, entry: row.id, decided, after: None })
    }

    async fn open_again(&self, work: &mut Work, row: &ExceptionRow) -> Result<Outcome, ServiceError> {
        let kept = self.kept(work, Fate::SetAside).await?;
        let again: Vec<Kept> = kept.into_iter().filter(|one| one.is_about(self.order)).collect();
        if again.is_empty() {
            return Err(nothing_waits());
        }
        self.announce(work).await?;
        self.mark(work, &again, Fate::SetAside, Fate::Waiting).await?;
        let decided = self.about(work, &again).await?;
        let waiting = self.kept(work, Fate::Waiting).await?;
        let mut saves = self.saves(&waiting);
        let here = saves.remove(&self.order).unwrap_or_default();
        let entry = told::waits_again(work, self.device, row, self.order, here, self.now).await?;
        for order in again.iter().flat_map(Kept::orders).collect::<BTreeSet<_>>() {
            if let Some(elsewhere) = saves.remove(&order) {
                told::raise_anew(work, self.device, order, elsewhere, self.now).await?;
            }
        }
        Ok(Outcome { entry, state: "open", decided, after: None })
    }

    /// Whoever closes an entry takes the feed's number first.
    async fn announce(&self, work: &mut Work) -> Result<(), ServiceError> {
        let about = self.device.id.to_string();
        feed::append(work, self.now, "exception", &about, &serde_json::json!({})).await?;
        Ok(())
    }

    async fn mark(&self, work: &mut Work, kept: &[Kept], from: Fate, to: Fate) -> Result<(), ServiceError> {
        for one in kept {
            quarantine::decide(work, DeviceId(self.device.id), &one.row, from, to).await?;
        }
        Ok(())
    }

    fn saves(&self, kept: &[Kept]) -> BTreeMap<OrderId, Vec<Save>> {
        let mut saves: BTreeMap<OrderId, Vec<Save>> = BTreeMap::new();
        for one in kept {
            let mut of_it = BTreeMap::new();
            told::note(&one.shown, &self.named, &mut of_it);
            for (order, mut of_order) in of_it {
                of_order.iter_mut().for_each(|save: &mut Save| save.refused = one.refused);
                saves.entry(order).or_default().extend(of_order);
            }
        }
        saves
    }

    async fn say_what_waits(
        &self,
        work: &mut Work,
        orders: &BTreeSet<OrderId>,
        waiting: &[Kept],
        by: &Closing<'_>,
    ) -> Result<(), ServiceError> {
        let mut saves = self.saves(waiting);
        for order in orders {
            let here = saves.remove(order).unwrap_or_default();
            told::waits_now(work, self.device, *order, here, by).await?;
        }
        Ok(())
    }

    async fn about(&self, work: &mut Work, kept: &[Kept]) -> Result<Decided, ServiceError> {
        let mut decided = Decided { saves: kept.len(), ..Decided::default() };
        for order in kept.iter().flat_map(Kept::orders).collect::<BTreeSet<_>>() {
            if let Some(row) = orders::by_id(work, order).await? {
                decided.orders.push(OrderNow { order: row.number, state: row.state });
            }
        }
        Ok(decided)
    }

    async fn refusals(&self, work: &mut Work, refused: &[Kept]) -> Result<Vec<Refused>, ServiceError> {
        let mut said = Vec::new();
        for (order, saves) in self.saves(refused) {
            let Some(row) = orders::by_id(work, order).await? else { continue };
            for mut save in saves {
                let Some(code) = save.refused.take() else { continue };
                let why = told::why_refused(code, self.voice).to_owned();
                said.push(Refused { order: row.number.clone(), said: told::said(&save, self.voice), code, why });
            }
        }
        Ok(said)
    }
}

fn nothing_waits() -> ServiceError {
    let detail = "Nothing that can be placed waits there any more; look at the list again.";
    ServiceError::conflict("nothing_waits", detail)
}

async fn state_of(work: &mut Work, id: Uuid) -> Result<&'static str, ServiceError> {
    let row = exceptions::by_id(work, id).await?;
    Ok(if row.is_some_and(|row| row.state == "open") { "open" } else { "resolved" })
}
