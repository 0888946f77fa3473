//! One crew's day as an automerge document: the server publishes orders into it, everybody adds facts to it.
//!
//! ```text
//! /schema       1
//! /route        header: crew, date, generation, ...        (server)
//! /orders/<id>  what was published, with /lines/<line>     (server)
//! /facts/<id>   flat maps of scalars                       (everybody adds, nobody changes)
//! ```
//! Changes are plain chunks ([`automerge::Change::raw_bytes`]). What a change knew is the set of its ancestors;
//! [`ChangeClocks`] answers that without walking the graph.

mod clocks;
mod published;
mod scalars;

pub use clocks::{ChangeClocks, Knew};
pub use published::{Closed, PublishedLine, PublishedOrder, RouteHeader};

use crate::{
    facts::{Fact, RawFact},
    ids::{FactId, OrderId},
    ordered::{Map, Set},
};
use automerge::{
    ActorId, Automerge, AutomergeError, Change, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, Value,
    transaction::Transactable,
};

/// Shape of the document that this build writes.
pub const SCHEMA: i64 = 1;

/// Why a document can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Automerge refused.
    #[error("the route document can't be read or written: {0}")]
    Automerge(#[from] AutomergeError),
    /// A container that the server makes is not there.
    #[error("the route document has no `{0}`: it is not one of Curbstop's, or was cut off")]
    Missing(&'static str),
    /// A header, order or line does not read as one.
    #[error("`{0}` of the route document does not read: {1}")]
    Unreadable(String, String),
    /// A change that this document does not hold.
    #[error("the route document does not know change {0}")]
    UnknownChange(ChangeHash),
}

/// A fact together with the change that brought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactInDocument {
    /// The fact.
    pub raw: RawFact,
    /// The change that added it.
    pub change: ChangeHash,
}

/// A loaded route document with the clock of every change in it.
#[derive(Debug, Clone)]
pub struct RouteDocument {
    doc: Automerge,
    clocks: ChangeClocks,
}

impl RouteDocument {
    /// A new document as the server publishes it, in one change by `actor`.
    ///
    /// # Errors
    /// [`DocumentError::Automerge`], which no valid header or order causes.
    pub fn publish(actor: &ActorId, header: &RouteHeader, orders: &[PublishedOrder]) -> Result<Self, DocumentError> {
        let mut doc = Automerge::new().with_actor(actor.clone());
        let mut tx = doc.transaction();
        tx.put(ROOT, "schema", SCHEMA)?;
        let route = tx.put_object(ROOT, "route", ObjType::Map)?;
        scalars::put_struct(&mut tx, &route, header, "route")?;
        tx.put_object(ROOT, "facts", ObjType::Map)?;
        let container = tx.put_object(ROOT, "orders", ObjType::Map)?;
        for order in orders {
            published::put_order(&mut tx, &container, order)?;
        }
        tx.commit();
        Ok(Self::from_doc(doc))
    }

    /// Loads a document that this server or tablet saved itself. For bytes from elsewhere there is the gate.
    ///
    /// # Errors
    /// [`DocumentError`] where it is not a route document.
    pub fn load(bytes: &[u8]) -> Result<Self, DocumentError> {
        let loaded = Self::from_doc(Automerge::load(bytes)?);
        loaded.container("facts")?;
        loaded.container("orders")?;
        Ok(loaded)
    }

    fn from_doc(doc: Automerge) -> Self {
        let clocks = ChangeClocks::of(&doc);
        Self { doc, clocks }
    }

    /// The whole document as bytes.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        self.doc.save()
    }

    /// Its heads, sorted.
    #[must_use]
    pub fn heads(&self) -> Vec<ChangeHash> {
        let mut heads = self.doc.get_heads();
        heads.sort_unstable();
        heads
    }

    /// What every change in it knew.
    #[must_use]
    pub const fn clocks(&self) -> &ChangeClocks {
        &self.clocks
    }

    /// How many operations made it: a measure of its size in memory.
    #[must_use]
    pub const fn operations(&self) -> u64 {
        self.clocks.operations()
    }

    /// The greatest operation number in it.
    #[must_use]
    pub fn max_op(&self) -> u64 {
        self.clocks.max_op()
    }

    /// Changes that somebody with these heads lacks, in causal order; `None` where a head is unknown.
    #[must_use]
    pub fn changes_since(&self, heads: &[ChangeHash]) -> Option<Vec<Change>> {
        heads.iter().all(|head| self.clocks.contains(head)).then(|| self.doc.get_changes(heads))
    }

    /// As [`Self::changes_since`], without some changes that the other side is known to have; those cost nothing.
    #[must_use]
    pub fn changes_since_without(&self, heads: &[ChangeHash], without: &Set<ChangeHash>) -> Option<Vec<Change>> {
        if !heads.iter().all(|head| self.clocks.contains(head)) {
            return None;
        }
        // Making a change costs much more than naming it, and mostly there is none to be made.
        let missing = self.doc.get_changes_meta(heads);
        if missing.iter().all(|meta| without.contains(&meta.hash)) {
            return Some(Vec::new());
        }
        Some(self.doc.get_changes(heads).into_iter().filter(|change| !without.contains(&change.hash())).collect())
    }

    /// Applies changes that the gate let through, or that this process stored itself. Known ones are skipped.
    ///
    /// # Errors
    /// [`DocumentError::UnknownChange`] where a dependency is missing (nothing is applied), or automerge's refusal.
    pub fn apply(&mut self, changes: Vec<Change>) -> Result<(), DocumentError> {
        let mut coming = Set::new();
        let mut fresh = Vec::with_capacity(changes.len());
        for change in changes {
            if self.clocks.contains(&change.hash()) || !coming.insert(change.hash()) {
                continue;
            }
            // Automerge would queue it silently and for ever.
            if let Some(missing) = change.deps().iter().find(|dep| !self.clocks.contains(dep) && !coming.contains(dep))
            {
                return Err(DocumentError::UnknownChange(*missing));
            }
            fresh.push(change);
        }
        self.doc.apply_changes(fresh.clone())?;
        self.clocks.extend(&fresh);
        Ok(())
    }

    /// Adds facts as one change by `actor`, with the dependencies `at` and the actor's own last change, and returns
    /// that change. `at` is what the author knew: the heads when the act step was opened.
    ///
    /// # Errors
    /// [`DocumentError::UnknownChange`] where `at` names a change that is not here.
    pub fn add_facts(&mut self, actor: &ActorId, at: &[ChangeHash], facts: &[Fact]) -> Result<Change, DocumentError> {
        self.add_at(actor, at, |tx| {
            let container = container_of(tx, "facts")?;
            for fact in facts {
                let raw = fact.raw();
                let map = tx.put_object(&container, raw.id.as_str(), ObjType::Map)?;
                for (name, value) in raw.fields {
                    tx.put(&map, name, scalars::to_scalar(value))?;
                }
            }
            Ok(())
        })
    }

    /// Adds facts on everything that is known here.
    ///
    /// # Errors
    /// As [`Self::add_facts`].
    pub fn add_facts_now(&mut self, actor: &ActorId, facts: &[Fact]) -> Result<Change, DocumentError> {
        self.add_facts(actor, &self.heads(), facts)
    }

    /// Adds or replaces published orders (server only).
    ///
    /// # Errors
    /// [`DocumentError::Automerge`].
    pub fn put_orders(&mut self, actor: &ActorId, orders: &[PublishedOrder]) -> Result<Change, DocumentError> {
        self.add_at(actor, &self.heads(), |tx| {
            let container = container_of(tx, "orders")?;
            for order in orders {
                published::put_order(tx, &container, order)?;
            }
            Ok(())
        })
    }

    fn add_at(
        &mut self,
        actor: &ActorId,
        at: &[ChangeHash],
        write: impl FnOnce(&mut automerge::transaction::Transaction<'_>) -> Result<(), DocumentError>,
    ) -> Result<Change, DocumentError> {
        let mut heads: Vec<ChangeHash> = at.iter().copied().chain(self.clocks.last_of(actor)).collect();
        if let Some(unknown) = heads.iter().find(|head| !self.clocks.contains(head)) {
            return Err(DocumentError::UnknownChange(*unknown));
        }
        heads = self.clocks.maximal(heads);
        // Known is everything that is here: the change is made in place. Else on a document at exactly those heads, so
        // that it depends on them and on nothing learned later.
        let in_place = heads == self.heads();
        let mut fork = if in_place { None } else { Some(self.doc.fork_at(&heads)?) };
        let at_heads = fork.as_mut().unwrap_or(&mut self.doc);
        at_heads.set_actor(actor.clone());
        let mut tx = at_heads.transaction();
        write(&mut tx)?;
        tx.commit();
        let change = at_heads.get_last_local_change().ok_or(DocumentError::Missing("change just made"))?;
        if !in_place {
            self.doc.apply_changes([change.clone()])?;
        }
        self.clocks.extend(std::slice::from_ref(&change));
        Ok(change)
    }

    /// The route's header.
    ///
    /// # Errors
    /// [`DocumentError`] where it is missing or unreadable.
    pub fn header(&self) -> Result<RouteHeader, DocumentError> {
        scalars::read_struct(&self.doc, &self.container("route")?, "route")
    }

    /// Every order that was published into it, in rank order.
    ///
    /// # Errors
    /// [`DocumentError::Unreadable`] names the order.
    pub fn orders(&self) -> Result<Vec<PublishedOrder>, DocumentError> {
        let container = self.container("orders")?;
        let mut orders = self
            .doc
            .keys(&container)
            .filter_map(|id| child(&self.doc, &container, &id).map(|map| (id, map)))
            .map(|(id, map)| published::read_order(&self.doc, &map, &id))
            .collect::<Result<Vec<_>, _>>()?;
        orders.sort_by_key(|order| (order.rank, order.id));
        Ok(orders)
    }

    /// One order as it was published into it.
    ///
    /// # Errors
    /// [`DocumentError::Unreadable`] names the order.
    pub fn order(&self, id: OrderId) -> Result<Option<PublishedOrder>, DocumentError> {
        let id = id.to_string();
        let map = child(&self.doc, &self.container("orders")?, &id);
        map.map(|map| published::read_order(&self.doc, &map, &id)).transpose()
    }

    /// Whether an order is, or ever was, on this route.
    #[must_use]
    pub fn has_order(&self, order: OrderId) -> bool {
        self.container("orders").is_ok_and(|orders| child(&self.doc, &orders, &order.to_string()).is_some())
    }

    /// The change that put an order onto the route, where it is here.
    #[must_use]
    pub fn change_of_order(&self, order: OrderId) -> Option<ChangeHash> {
        let map = child(&self.doc, &self.container("orders").ok()?, &order.to_string())?;
        self.doc.hash_for_opid(&map)
    }

    /// Whether a fact is in it.
    #[must_use]
    pub fn has_fact(&self, fact: &FactId) -> bool {
        self.container("facts").is_ok_and(|facts| child(&self.doc, &facts, fact.as_str()).is_some())
    }

    /// One fact with the change that brought it.
    #[must_use]
    pub fn fact(&self, id: &FactId) -> Option<FactInDocument> {
        let container = self.container("facts").ok()?;
        self.read_facts(&container, vec![id.as_str().to_owned()]).remove(id)
    }

    /// The change that brought a fact, where it is here.
    #[must_use]
    pub fn change_of_fact(&self, fact: &FactId) -> Option<ChangeHash> {
        let map = child(&self.doc, &self.container("facts").ok()?, fact.as_str())?;
        self.doc.hash_for_opid(&map)
    }

    /// Every fact with the change that brought it, by id. Entries that are not facts at all are left out: the gate
    /// lets none in, and one that came some other way must not take the route with it.
    #[must_use]
    pub fn facts(&self) -> Map<FactId, FactInDocument> {
        let Ok(container) = self.container("facts") else { return Map::new() };
        let ids: Vec<String> = self.doc.keys(&container).collect();
        self.read_facts(&container, ids)
    }

    /// The facts that somebody with these heads knew. This is what replays a tablet's view.
    ///
    /// # Errors
    /// [`DocumentError::UnknownChange`].
    pub fn facts_at(&self, heads: &[ChangeHash]) -> Result<Map<FactId, FactInDocument>, DocumentError> {
        if let Some(unknown) = heads.iter().find(|head| !self.clocks.contains(head)) {
            return Err(DocumentError::UnknownChange(*unknown));
        }
        let container = self.container("facts")?;
        let ids: Vec<String> = self.doc.keys_at(&container, heads).collect();
        Ok(self.read_facts(&container, ids))
    }

    fn read_facts(&self, container: &ObjId, ids: Vec<String>) -> Map<FactId, FactInDocument> {
        ids.into_iter()
            .filter_map(|id| {
                let map = child(&self.doc, container, &id)?;
                let change = self.doc.hash_for_opid(&map)?;
                let id: FactId = id.parse().ok()?;
                let raw = RawFact { id: id.clone(), fields: scalars::read_scalars(&self.doc, &map) };
                Some((id, FactInDocument { raw, change }))
            })
            .collect()
    }

    /// The object ids of `/facts` and of the root containers, for the gate.
    ///
    /// # Errors
    /// [`DocumentError::Missing`].
    pub fn facts_object(&self) -> Result<ObjId, DocumentError> {
        self.container("facts")
    }

    /// The change that made an object of this document.
    #[must_use]
    pub fn change_of(&self, object: &ObjId) -> Option<ChangeHash> {
        self.doc.hash_for_opid(object)
    }

    fn container(&self, name: &'static str) -> Result<ObjId, DocumentError> {
        child(&self.doc, &ROOT, name).ok_or(DocumentError::Missing(name))
    }
}

fn child(doc: &impl ReadDoc, parent: &ObjId, key: &str) -> Option<ObjId> {
    match doc.get(parent, key) {
        Ok(Some((Value::Object(ObjType::Map), id))) => Some(id),
        _ => None,
    }
}

fn container_of(tx: &automerge::transaction::Transaction<'_>, name: &'static str) -> Result<ObjId, DocumentError> {
    child(tx, &ROOT, name).ok_or(DocumentError::Missing(name))
}

#[cfg(test)]
mod tests;
