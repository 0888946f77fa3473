//! The tablets that may hold a route, and since when nothing was heard of it.

use crate::{
    service::ServiceError,
    store::{
        Conn,
        whereabouts::{self, HolderRow},
    },
};
use automerge::ChangeHash;
use curbstop_shared::{route_document::RouteDocument, time::Micros};
use uuid::Uuid;

/// The tablets that may hold a route: each that was given a copy, in service or not, until its work was handed in.
#[derive(Debug, Clone)]
pub(in crate::service) struct Holders(Vec<HolderRow>);

impl Holders {
    /// Of one route.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of(conn: &mut Conn, route: Uuid) -> Result<Self, ServiceError> {
        Ok(Self(whereabouts::holders(conn, route).await?))
    }

    /// Nobody was ever given it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that work by it: where some have said that they have a newer one of the day, the others.
    pub fn working(&self) -> impl Iterator<Item = &HolderRow> + Clone {
        let all_newer = self.0.iter().all(|it| it.has_newer);
        self.0.iter().filter(move |it| all_newer || !it.has_newer)
    }

    /// When a tablet that works by it was last heard of.
    pub fn last_contact(&self) -> Option<Micros> {
        let heard = |it: &&HolderRow| it.last_contact_at_us.map(Micros);
        longest_unheard(self.working().filter(|it| it.last_contact_at_us.is_some()), heard).and_then(|it| heard(&it))
    }

    /// One of them has named heads that hold a change of the route's document.
    pub fn any_has(&self, document: &RouteDocument, change: &ChangeHash) -> bool {
        let heads = self.0.iter().filter_map(|it| it.confirmed_heads.as_deref());
        let mut heads = heads.flat_map(|heads| heads.chunks_exact(32)).filter_map(|head| head.try_into().ok());
        heads.any(|head: ChangeHash| document.clocks().knows(&head, change))
    }

    /// One of them hears nothing any more.
    pub fn out_of_service(&self) -> bool {
        self.working().any(|it| it.out_of_service)
    }
}

/// Of several tablets the one that was not heard of for longest may be the one at the door: a spare at the depot that
/// calls every minute says nothing about the truck.
pub(in crate::service) fn longest_unheard<T>(
    tablets: impl Iterator<Item = T>,
    last_contact: impl Fn(&T) -> Option<Micros>,
) -> Option<T> {
    tablets.min_by_key(last_contact)
}
