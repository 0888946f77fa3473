//! What the order asks a crew to bring back: whether it is there, and why not.

use super::Draft;
use curbstop_shared::{
    evidence::{asks, nobody_signs},
    route_document::PublishedOrder,
    vocabulary::{Asked, EquipmentResult, EvidenceKind, Met, NotTakenWhy},
};

/// Who was there, and what became of each box: what a signature stands under.
type Receipt<'a> = (Option<Met>, Vec<(Option<EquipmentResult>, Option<&'a str>)>);

impl Draft {
    /// The order asks for it and it is not there. Of work that was stopped nothing is asked.
    #[must_use]
    pub fn misses(&self, order: &PublishedOrder, what: Asked) -> bool {
        self.stopped_by.is_none() && self.is_without(order, what)
    }

    fn is_without(&self, order: &PublishedOrder, what: Asked) -> bool {
        let is_here = match what {
            Asked::Photo => self.has(EvidenceKind::Photo),
            Asked::Signature => self.has(EvidenceKind::Signature),
            Asked::Position => self.position.is_some(),
            // Without one the reading itself says why.
            Asked::Reading => true,
        };
        !is_here && asks(order.asks_for.as_deref(), what)
    }

    /// Why it is not there, where the crew has said so or it follows from who answered.
    #[must_use]
    pub fn why_not(&self, what: Asked) -> Option<NotTakenWhy> {
        let follows = if what == Asked::Signature { nobody_signs(self.met) } else { None };
        follows.or(self.said_why(what))
    }

    const fn said_why(&self, what: Asked) -> Option<NotTakenWhy> {
        match what {
            Asked::Photo => self.no_photo,
            Asked::Signature => self.no_signature,
            Asked::Position => self.no_position,
            Asked::Reading => None,
        }
    }

    /// Why it is not there, as the visit keeps it: what the crew has said stays said where the work was stopped after that.
    #[must_use]
    pub fn kept_why(&self, order: &PublishedOrder, what: Asked) -> Option<NotTakenWhy> {
        let why = if self.stopped_by.is_some() { self.said_why(what) } else { self.why_not(what) };
        why.filter(|_| self.is_without(order, what))
    }

    /// It is asked for, and neither there nor excused.
    #[must_use]
    pub fn owes(&self, order: &PublishedOrder, what: Asked) -> bool {
        self.misses(order, what) && self.why_not(what).is_none()
    }

    /// The crew says why it can't bring something, or takes that back.
    pub const fn excuses(&mut self, what: Asked, why: Option<NotTakenWhy>) {
        match what {
            Asked::Photo => self.no_photo = why,
            Asked::Signature => self.no_signature = why,
            Asked::Position => self.no_position = why,
            Asked::Reading => {}
        }
    }

    /// Whether somebody is there to sign what the order wants signed.
    #[must_use]
    pub fn is_to_sign(&self, order: &PublishedOrder) -> bool {
        asks(order.asks_for.as_deref(), Asked::Signature) && nobody_signs(self.met).is_none()
    }

    /// Whether a photo or signature was taken.
    #[must_use]
    pub fn has(&self, what: EvidenceKind) -> bool {
        self.exhibits.iter().any(|exhibit| exhibit.what == what)
    }

    /// What was signed does not count any more, nor why it was not.
    pub fn forgets_signature(&mut self) {
        self.exhibits.retain(|exhibit| exhibit.what != EvidenceKind::Signature);
        self.excuses(Asked::Signature, None);
    }

    pub(super) fn receipt(&self) -> Receipt<'_> {
        (self.met, self.lines.iter().map(|line| (line.equipment, line.serial_seen.as_deref())).collect())
    }
}
