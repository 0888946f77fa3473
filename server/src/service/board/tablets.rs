//! What each tablet is known to have of its route: the heads that it named last, against what is stored now.

use super::Stop;
use crate::{
    service::{ServiceError, whereabouts::longest_unheard},
    state::AppState,
    store::{Conn, board::TabletRow},
};
use automerge::ChangeHash;
use curbstop_shared::{
    ids::{DeviceId, FactId, OrderId, RouteId},
    route_document::RouteDocument,
    time::Micros,
};
use std::collections::BTreeSet;

/// A tablet of the crew.
#[derive(Debug)]
pub struct Tablet {
    /// The tablet.
    pub id: DeviceId,
    /// What it is called at the depot.
    pub name: String,
    /// What it has of the route.
    pub holding: Holding,
    /// When it was last heard of, on any route.
    pub last_contact: Option<Micros>,
    /// Unseen recalls that have reached it: nobody has tapped on them.
    pub received: BTreeSet<FactId>,
    /// Orders that give service back and have reached it.
    pub restores: BTreeSet<OrderId>,
    /// It was taken out of service: nothing reaches it any more, and what it holds stays on it.
    pub out_of_service: bool,
    /// When that was.
    pub revoked_at: Option<Micros>,
    /// Its work on the route was handed in since.
    pub handed_in: bool,
    /// It has said that it has a newer generation of the day.
    pub has_newer: bool,
}

impl Tablet {
    /// It may be at the door with this route.
    #[must_use]
    pub fn may_work(&self) -> bool {
        self.holding != Holding::Nothing && !self.handed_in && !self.has_newer
    }
}

/// Of the tablets that may be at the door with a route the one that was not heard of for longest; else whichever of the
/// crew was heard of last.
pub(super) fn at_the_door<'t>(tablets: impl Iterator<Item = &'t Tablet> + Clone) -> Option<&'t Tablet> {
    let working = tablets.clone().filter(|tablet| tablet.may_work());
    longest_unheard(working, |tablet| tablet.last_contact).or_else(|| tablets.max_by_key(|tablet| tablet.last_contact))
}

/// What a tablet has of its route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holding {
    /// It has never fetched it.
    Nothing,
    /// It was sent the route and has not said that it arrived: it may be driving out with it.
    Sent {
        /// When.
        at: Micros,
    },
    /// It lacks so many changes.
    Behind {
        /// How many.
        changes: usize,
        /// What it has is as it was then.
        as_of: Micros,
    },
    /// All of it.
    Everything {
        /// When it said so.
        as_of: Micros,
    },
}

/// Whether a crew may go by paper: no tablet was ever given the route, and none is in service, or it was printed.
pub(super) fn on_paper(tablets: &[Tablet], printed: bool) -> bool {
    let nobody_has_it = tablets.iter().all(|tablet| tablet.holding == Holding::Nothing);
    nobody_has_it && (printed || tablets.iter().all(|tablet| tablet.out_of_service))
}

/// The tablets of one route.
///
/// # Errors
/// When the store fails.
pub(super) async fn of_route(
    state: &AppState,
    conn: &mut Conn,
    route: RouteId,
    rows: &[&TabletRow],
    stops: &[Stop],
) -> Result<Vec<Tablet>, ServiceError> {
    let fetched = rows.iter().any(|row| row.confirmed_heads.is_some());
    // Nobody has it: then nothing of the document needs to be read.
    let document = if fetched { Some(state.documents.load(conn, route).await?.document) } else { None };
    Ok(rows.iter().map(|row| tablet(row, document.as_deref(), stops)).collect())
}

fn tablet(row: &TabletRow, document: Option<&RouteDocument>, stops: &[Stop]) -> Tablet {
    let known = row.confirmed_heads.as_deref().zip(row.confirmed_at_us.map(Micros)).zip(document);
    let (mut received, mut restores) = (BTreeSet::new(), BTreeSet::new());
    let sent = row.sent_at_us.map_or(Holding::Nothing, |at| Holding::Sent { at: Micros(at) });
    let holding = known.map_or(sent, |((heads, as_of), document)| {
        let heads: Vec<ChangeHash> = heads.chunks_exact(32).filter_map(|head| head.try_into().ok()).collect();
        let has = |change: &ChangeHash| heads.iter().any(|head| document.clocks().knows(head, change));
        let unseen = stops.iter().flat_map(|stop| stop.unseen.iter().chain(&stop.left_unseen)).map(|recall| &recall.id);
        received = unseen
            .filter(|recall| document.change_of_fact(recall).is_some_and(|change| has(&change)))
            .cloned()
            .collect();
        let to_restore = stops.iter().filter(|stop| stop.kind.is_restore()).map(|stop| stop.id);
        restores =
            to_restore.filter(|order| document.change_of_order(*order).is_some_and(|change| has(&change))).collect();
        let here: Vec<ChangeHash> = heads.iter().copied().filter(|head| document.clocks().contains(head)).collect();
        match document.changes_since(&here).map(|changes| changes.len()) {
            Some(0) => Holding::Everything { as_of },
            Some(changes) => Holding::Behind { changes, as_of },
            None => sent,
        }
    });
    Tablet {
        id: DeviceId(row.device),
        name: row.name.clone(),
        holding,
        last_contact: row.last_contact_at_us.map(Micros),
        received,
        restores,
        out_of_service: row.revoked_at_us.is_some(),
        revoked_at: row.revoked_at_us.map(Micros),
        handed_in: row.handed_in,
        has_newer: row.has_newer,
    }
}
