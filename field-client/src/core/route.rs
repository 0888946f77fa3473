//! A route on the tablet: the office's document, this tablet's own changes in it, and how far the office has them.

use super::{entries::Made, said::Said};
use automerge::{ActorId, Change, ChangeHash};
use curbstop_shared::{
    ids::DeviceId,
    ordered::{Map, Set},
    route_document::{DocumentError, RouteDocument},
    sync::wire::Bytes,
    time::Micros,
};
use std::sync::{Arc, OnceLock};

/// A route on the tablet.
#[derive(Debug, Clone)]
pub struct Route {
    /// The document, with this tablet's own changes in it.
    pub doc: RouteDocument,
    /// What the document says, once somebody has asked; emptied or added to wherever the document changes.
    said: OnceLock<Arc<Said>>,
    /// The actor of this tablet's next change.
    pub actor: Option<ActorId>,
    /// The heads that the server confirmed last.
    pub confirmed: Vec<ChangeHash>,
    /// This tablet's own changes, in the order of saving.
    pub own: Vec<OwnChange>,
    /// Words of the office that a restored server no longer has. The crew still sees them (a release among them
    /// still stops a cut), but nothing is built on them any more: the server could not take it.
    pub orphans: Set<ChangeHash>,
    /// Nothing new will come.
    pub closed: bool,
    /// It is no longer this tablet's; what has no receipt is handed in as this device's.
    pub leaving: Option<DeviceId>,
}

/// A change of this tablet's own, until its route is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnChange {
    /// Its hash.
    pub hash: ChangeHash,
    /// As it was made.
    pub made: Made,
    /// Device clock when the server's receipt for this very hash came.
    pub received_at: Option<Micros>,
    /// The office keeps it for a person's decision.
    pub quarantined: bool,
}

impl Route {
    pub(super) const fn arrived(doc: RouteDocument, actor: Option<ActorId>) -> Self {
        Self {
            doc,
            said: OnceLock::new(),
            actor,
            confirmed: Vec::new(),
            own: Vec::new(),
            orphans: Set::new(),
            closed: false,
            leaving: None,
        }
    }

    /// Takes in what came from the office.
    pub(super) fn take_in(&mut self, changes: Vec<Change>) -> Result<(), DocumentError> {
        self.said = OnceLock::new();
        self.doc.apply(changes)
    }

    /// A change of this tablet's own.
    pub(super) fn add_own(&mut self, made: &Made) -> Result<(), DocumentError> {
        let change = read_change(&made.chunk)?;
        let hash = change.hash();
        let said = std::mem::take(&mut self.said).into_inner();
        self.doc.apply(vec![change])?;
        if let Some(said) = said {
            self.said = Arc::new(said.and(&self.doc, &made.facts)).into();
        }
        self.own.push(OwnChange { hash, made: made.clone(), received_at: None, quarantined: false });
        Ok(())
    }

    /// What the document says.
    ///
    /// # Errors
    /// [`DocumentError`] names what does not read.
    pub fn said(&self) -> Result<&Arc<Said>, DocumentError> {
        match self.said.get() {
            Some(said) => Ok(said),
            None => {
                let said = Arc::new(Said::of(&self.doc)?);
                Ok(self.said.get_or_init(|| said))
            }
        }
    }

    /// What each change was made on.
    pub(super) fn deps(&self) -> Map<ChangeHash, Vec<ChangeHash>> {
        let changes = self.doc.changes_since(&[]).unwrap_or_default();
        changes.into_iter().map(|change| (change.hash(), change.deps().to_vec())).collect()
    }

    /// Heads as the office can know them: without what a restored server has lost.
    pub(super) fn without_orphans(&self, heads: &[ChangeHash]) -> Vec<ChangeHash> {
        if self.orphans.is_empty() { heads.to_vec() } else { kept_of(heads, &self.orphans, &self.deps()) }
    }

    /// Own changes that have no receipt yet, in the order of saving.
    pub fn waiting(&self) -> impl Iterator<Item = &OwnChange> {
        self.own.iter().filter(|own| own.received_at.is_none())
    }
}

/// The document less some changes and less whatever was built on them.
pub(super) fn without(doc: &RouteDocument, removed: &Set<ChangeHash>) -> Result<RouteDocument, DocumentError> {
    let mut gone = removed.clone();
    let mut bytes = Vec::new();
    for change in doc.changes_since(&[]).unwrap_or_default() {
        if gone.contains(&change.hash()) || change.deps().iter().any(|dep| gone.contains(dep)) {
            gone.insert(change.hash());
        } else {
            bytes.extend_from_slice(change.raw_bytes());
        }
    }
    RouteDocument::load(&bytes)
}

/// Heads without the changes that were taken out: what those were made on stands for them. The tablet's own last
/// change is added to every change it makes, so nothing of its own is forgotten by this.
pub(super) fn kept_of(
    heads: &[ChangeHash],
    removed: &Set<ChangeHash>,
    deps: &Map<ChangeHash, Vec<ChangeHash>>,
) -> Vec<ChangeHash> {
    let mut kept = Set::new();
    let mut open = heads.to_vec();
    let mut seen = Set::new();
    while let Some(head) = open.pop() {
        if !seen.insert(head) {
            continue;
        }
        if removed.contains(&head) {
            open.extend(deps.get(&head).into_iter().flatten());
        } else {
            kept.insert(head);
        }
    }
    kept.into_iter().collect()
}

pub(super) fn hash_bytes(hash: &ChangeHash) -> Bytes {
    Bytes(hash.0.to_vec())
}

/// Those of the texts of bytes that are hashes.
pub(super) fn hashes(bytes: &[Bytes]) -> Vec<ChangeHash> {
    bytes.iter().filter_map(|bytes| bytes.0.as_slice().try_into().ok().map(ChangeHash)).collect()
}

pub(super) fn actor_of(bytes: &Bytes) -> ActorId {
    ActorId::from(bytes.0.as_slice())
}

pub(super) fn read_change(bytes: &Bytes) -> Result<Change, DocumentError> {
    Change::from_bytes(bytes.0.clone()).map_err(|bad| DocumentError::Unreadable("change".to_owned(), bad.to_string()))
}

pub(super) fn read_changes(bytes: &[Bytes]) -> Result<Vec<Change>, DocumentError> {
    bytes.iter().map(read_change).collect()
}
