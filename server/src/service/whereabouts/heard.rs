//! What a crew was told of an order's being taken back, and whether anybody there has tapped on it.

use crate::{
    service::ServiceError,
    store::{StoreError, facts::FactRow},
};
use curbstop_shared::{
    facts::FactBody,
    ids::FactId,
    time::Micros,
    vocabulary::{RecallReason, ReleaseReason},
};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The recalls of an order, and the taps on them.
#[derive(Debug, Default)]
pub(in crate::service) struct Heard {
    recalls: Vec<Recalled>,
    /// Each tap: on which recall, and on which route.
    taps: Vec<(FactId, Option<Uuid>)>,
}

/// An order was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recalled {
    /// The recall.
    pub id: FactId,
    /// Why.
    pub reason: RecallReason,
    /// The release that called for it, and when that was paid.
    pub release: Option<(ReleaseReason, Option<Micros>)>,
    /// The first route on which it was said.
    pub home: Option<Uuid>,
    /// When the server stored it.
    pub at: Micros,
}

/// An order on one of a crew's routes, or one that was.
#[derive(Debug, Clone, Copy)]
pub(in crate::service) struct OnRoute {
    /// The route.
    pub route: Uuid,
    /// When it was published.
    pub published_at: Micros,
    /// The order is not on it any more.
    pub taken_off: bool,
}

impl Heard {
    /// Of one order's facts.
    ///
    /// # Errors
    /// When one does not read.
    pub fn of<'f>(facts: impl IntoIterator<Item = &'f FactRow>) -> Result<Self, ServiceError> {
        let mut heard = Self::default();
        let mut releases = HashMap::new();
        let (mut causes, mut refused, mut lifted) = (Vec::new(), HashSet::new(), HashSet::new());
        let tells = |kind: &str| {
            matches!(kind, "recall" | "recall_lift" | "ack" | "release" | "release_decision" | "hold_decision")
        };
        for row in facts.into_iter().filter(|row| tells(&row.kind)) {
            match row.fact()?.body {
                FactBody::Recall(recall) => {
                    heard.recalls.push(Recalled {
                        id: row
                            .id
                            .parse()
                            .map_err(|_| StoreError::inconsistent("facts", "id", &row.id, "does not read"))?,
                        reason: recall.reason,
                        release: None,
                        home: row.home_doc,
                        at: Micros(row.received_at_us),
                    });
                    causes.push(recall.cause);
                }
                FactBody::Release(release) => {
                    releases.insert(row.id.clone(), (release.reason, release.paid_at));
                }
                FactBody::ReleaseDecision(said) if !said.accepted => drop(refused.insert(said.release.to_string())),
                FactBody::HoldDecision(said) if !said.accepted => drop(refused.insert(said.hold.to_string())),
                FactBody::RecallLift(lift) => drop(lifted.insert(lift.recall)),
                FactBody::Ack(ack) => heard.taps.push((ack.fact, row.home_doc)),
                _ => {}
            }
        }
        // What was claimed at another door and not accepted lets the crew go there again: nobody has to see that recall.
        // Nor one by which it left a route that has it again.
        let is_void = |recall: &Recalled, cause: &Option<String>| match recall.reason {
            RecallReason::Held => cause.as_ref().is_some_and(|cause| refused.contains(cause)),
            reason => reason.is_of_one_route() && lifted.contains(&recall.id),
        };
        let told = std::mem::take(&mut heard.recalls).into_iter().zip(causes);
        for (recall, cause) in told.filter(|(recall, cause)| !is_void(recall, cause)) {
            let release = cause.and_then(|cause| releases.get(&cause).copied());
            heard.recalls.push(Recalled { release, ..recall });
        }
        Ok(heard)
    }

    /// The recalls that a crew was told on these routes of its day and on which nobody there has tapped.
    pub fn unseen(&self, on: &[OnRoute]) -> Vec<&Recalled> {
        if self.know_it_left(on) {
            return Vec::new();
        }
        self.recalls.iter().filter(|recall| recall.reaches(on) && !self.tapped(recall, on)).collect()
    }

    /// The recalls by which an order left one route of these, and on which nobody there has tapped.
    pub fn left_unseen(&self, route: Uuid, on: &[OnRoute]) -> Vec<&Recalled> {
        self.recalls.iter().filter(|recall| recall.home == Some(route) && !self.tapped(recall, on)).collect()
    }

    /// The order is on none of a crew's routes any more, and somebody there has tapped on that: whatever is said of it
    /// since does not concern that crew.
    pub fn know_it_left(&self, on: &[OnRoute]) -> bool {
        let left = |recall: &&Recalled| recall.is_of_one_route() && on.iter().any(|it| Some(it.route) == recall.home);
        on.iter().all(|it| it.taken_off) && self.recalls.iter().filter(left).any(|recall| self.tapped(recall, on))
    }

    fn tapped(&self, recall: &Recalled, on: &[OnRoute]) -> bool {
        self.taps.iter().any(|(fact, route)| *fact == recall.id && on.iter().any(|it| Some(it.route) == *route))
    }
}

impl Recalled {
    /// It took the order from one route; what was paid for or is protected is said on every open one.
    const fn is_of_one_route(&self) -> bool {
        self.reason.is_of_one_route()
    }

    fn reaches(&self, on: &[OnRoute]) -> bool {
        let here =
            |it: &OnRoute| self.home == Some(it.route) || (!self.is_of_one_route() && self.at >= it.published_at);
        on.iter().any(here)
    }
}
