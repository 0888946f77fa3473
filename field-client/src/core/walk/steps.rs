//! Which steps a stop has, in which order, and what still lacks on them.

use super::{Draft, Step};
use curbstop_shared::{
    evidence::asks,
    route_document::{PublishedLine, PublishedOrder},
    vocabulary::{Asked, Met, OrderKind},
};

impl Draft {
    /// The steps of this walk, first to last. The rail shows them; [`Self::forward`] and [`Self::back`] follow them.
    #[must_use]
    pub fn steps(&self, order: &PublishedOrder) -> Vec<Step> {
        if self.is_aside() {
            let mut steps = vec![Step::Place, Step::Unable];
            steps.extend(self.worked().map(Step::AsEntered));
            steps.push(Step::Summary);
            return steps;
        }
        self.ordinary_steps(order)
    }

    /// The steps of a walk that nobody turned aside from.
    pub(super) fn ordinary_steps(&self, order: &PublishedOrder) -> Vec<Step> {
        let metered = |lines: &[PublishedLine]| {
            lines.iter().enumerate().filter(|(_, line)| line.has_meter()).map(|(n, _)| n).collect::<Vec<_>>()
        };
        let mut steps = vec![Step::Place];
        let meters = metered(&order.lines);
        if order.kind == OrderKind::EquipmentPickup {
            steps.push(Step::Door);
            steps.extend((0..order.lines.len()).map(Step::Equipment));
            steps.extend(self.is_to_sign(order).then_some(Step::Sign));
            steps.push(Step::Summary);
            return steps;
        }
        if order.kind != OrderKind::DoorNotice {
            steps.extend(meters.iter().map(|n| Step::Meter(*n)));
        }
        if order.kind.is_cut() || order.kind.is_restore() || order.kind == OrderKind::DoorNotice {
            steps.push(Step::Door);
        }
        // Before the water comes: somebody is at home.
        let signs_first = order.kind.is_restore();
        steps.extend((signs_first && self.is_to_sign(order)).then_some(Step::Sign));
        if order.kind.is_cut() {
            if matches!(self.met, Some(Met::Customer | Met::Adult)) {
                steps.push(Step::Ask);
            }
            steps.push(Step::Permit);
        }
        let reads = asks(order.asks_for.as_deref(), Asked::Reading);
        for n in 0..order.lines.len() {
            if order.kind.acts_on_lines() {
                steps.push(Step::Act(n));
            }
            if meters.contains(&n) && order.kind != OrderKind::DoorNotice && reads {
                steps.push(Step::Reading(n));
            }
        }
        steps.extend((!signs_first && self.is_to_sign(order)).then_some(Step::Sign));
        steps.push(Step::Summary);
        steps
    }

    /// The step after this one.
    #[must_use]
    pub fn forward(&self, order: &PublishedOrder) -> Step {
        let steps = self.steps(order);
        let here = steps.iter().position(|step| *step == self.step);
        here.and_then(|here| steps.get(here + 1)).copied().unwrap_or(Step::Summary)
    }

    /// The step before this one.
    #[must_use]
    pub fn back(&self, order: &PublishedOrder) -> Option<Step> {
        let steps = self.steps(order);
        let here = steps.iter().position(|step| *step == self.step)?;
        here.checked_sub(1).map(|before| steps[before])
    }

    /// Whether a step of the rail was answered when the walk has gone on from it: who turns aside at the place has not
    /// said that it is the right one.
    #[must_use]
    pub fn is_answered(&self, step: Step) -> bool {
        !self.is_aside() || self.aside_from != Some(step)
    }

    /// Back at the door: much may have come since the work was begun, so as long as nothing is done it is asked anew
    /// whether it may begin. Nobody comes to the work, or back to it from the reasons why it can't be done, without.
    pub fn asks_again(&mut self, order: &PublishedOrder) {
        let steps = self.ordinary_steps(order);
        let place = |step: Step| steps.iter().position(|known| *known == step);
        let Some(permit) = place(Step::Permit).filter(|_| !self.has_entries()) else { return };
        let is_behind = |step: &Step| place(*step).is_some_and(|at| at > permit);
        if is_behind(&self.step) && !self.is_aside() {
            self.step = Step::Permit;
        }
        self.aside_from = self.aside_from.map(|from| if is_behind(&from) { Step::Permit } else { from });
    }
}
