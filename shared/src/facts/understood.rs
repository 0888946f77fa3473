//! A word to stop that this build does not wholly know still stops.
//!
//! The office's server is updated before the tablets are, and may say what an older tablet has no word for: another
//! reason for a release, a hold or a recall, one more field, the next version of the fields. A tablet that left such a
//! fact out would cut off somebody who paid. So a fact of a kind that stops ([`FactKind::stops`]) is taken for what can
//! be read of it, and stops; what takes a stop away again has to be understood whole.
//!
//! A fact of a kind that this build does not know says nothing to it: it is kept and travels on. Therefore what may
//! stop a cut is never given a kind of its own, but a reason.

use super::{Fact, FactBody, FactKind, FieldValue, Header, Hold, RawFact, Recall, Release};
use crate::{
    ids::OrderId,
    time::Micros,
    vocabulary::{HoldReason, HoldScope, RecallReason, ReleaseReason, Source},
};
use std::str::FromStr;

impl RawFact {
    /// What the fact says to somebody who reads a document: as [`RawFact::read`], and a release, hold or recall that
    /// does not read so is one for another reason. `None` for everything else that does not read.
    #[must_use]
    pub fn understood(&self) -> Option<Fact> {
        self.read().ok().or_else(|| self.as_a_stop())
    }

    fn as_a_stop(&self) -> Option<Fact> {
        let kind = FactKind::of_code(self.text("kind")?).filter(|kind| kind.stops())?;
        let order: OrderId = self.code("order")?;
        let body = match kind {
            FactKind::Release => FactBody::Release(Release {
                reason: self.code("reason").unwrap_or(ReleaseReason::Other),
                lines: self.text("lines").filter(|lines| !lines.trim().is_empty()).unwrap_or("*").to_owned(),
                source: self.code("source").unwrap_or(Source::Office),
                verified: self.is("verified").unwrap_or(true),
                paid_at: self.moment("paid_at"),
                recorded_at: self.moment("recorded_at"),
                confirmation: self.text("confirmation").map(str::to_owned),
            }),
            FactKind::Hold => FactBody::Hold(Hold {
                reason: self.code("reason").unwrap_or(HoldReason::Other),
                scope: self.code("scope").unwrap_or(HoldScope::Order),
                verified: self.is("verified").unwrap_or(true),
                expires_on: self.code("expires_on"),
            }),
            FactKind::Recall => FactBody::Recall(Recall {
                reason: self.code("reason").unwrap_or(RecallReason::Other),
                cause: self.text("cause").map(str::to_owned),
            }),
            _ => return None,
        };
        let at = self.moment("at").unwrap_or(Micros(0));
        let header = Header { order, at, by: self.code("by"), device: self.code("device") };
        Some(Fact::new(self.id.clone(), header, body))
    }

    fn text(&self, field: &str) -> Option<&str> {
        match self.fields.get(field) {
            Some(FieldValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn code<T: FromStr>(&self, field: &str) -> Option<T> {
        self.text(field)?.parse().ok()
    }

    fn is(&self, field: &str) -> Option<bool> {
        match self.fields.get(field) {
            Some(FieldValue::Bool(yes)) => Some(*yes),
            _ => None,
        }
    }

    fn moment(&self, field: &str) -> Option<Micros> {
        match self.fields.get(field) {
            Some(FieldValue::Int(at)) => Some(Micros(*at)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::FactId;
    use uuid::Uuid;

    fn raw(kind: &str) -> RawFact {
        let text = |text: &str| FieldValue::Text(text.to_owned());
        let order = Uuid::from_u128(7).to_string();
        let fields = [("kind".to_owned(), text(kind)), ("order".to_owned(), text(&order))].into();
        RawFact { id: FactId::from_uuid(Uuid::from_u128(1)), fields }
    }

    #[test]
    fn every_kind_that_stops_is_understood_from_its_kind_and_order_alone_and_no_other_kind() {
        for kind in FactKind::ALL {
            let understood = raw(kind.code()).understood();
            assert_eq!(understood.as_ref().map(|fact| fact.body.kind()), kind.stops().then_some(*kind), "{kind:?}");
        }
        assert_eq!(raw("suspension").understood(), None, "a kind that this build doesn't know says nothing to it");
    }

    #[test]
    fn what_is_understood_so_can_be_written_and_read_again() {
        for kind in FactKind::ALL.iter().filter(|kind| kind.stops()) {
            let mut raw = raw(kind.code());
            raw.fields.insert("at".into(), FieldValue::Int(1_784_539_800_000_000));
            let fact = raw.understood().unwrap();
            assert_eq!(fact.raw().read().unwrap(), fact);
        }
    }
}
