//! Which steps a stop has, in which order, and what still lacks on them.

use super::{Draft, Step};
use curbstop_shared::{
    route_document::{PublishedLine, PublishedOrder},
    vocabulary::{Met, OrderKind, Product},
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
        let metered = |lines: &[PublishedLine]| {
            lines.iter().enumerate().filter(|(_, line)| has_meter(line)).map(|(n, _)| n).collect::<Vec<_>>()
        };
        let mut steps = vec![Step::Place];
        let meters = metered(&order.lines);
        if order.kind == OrderKind::EquipmentPickup {
            steps.push(Step::Door);
            steps.extend((0..order.lines.len()).map(Step::Equipment));
            steps.push(Step::Summary);
            return steps;
        }
        if order.kind != OrderKind::DoorNotice {
            steps.extend(meters.iter().map(|n| Step::Meter(*n)));
        }
        if order.kind.is_cut() || order.kind.is_restore() || order.kind == OrderKind::DoorNotice {
            steps.push(Step::Door);
        }
        if order.kind.is_cut() {
            if matches!(self.met, Some(Met::Customer | Met::Adult)) {
                steps.push(Step::Ask);
            }
            steps.push(Step::Permit);
        }
        for n in 0..order.lines.len() {
            if acts_on_lines(order.kind) {
                steps.push(Step::Act(n));
            }
            if meters.contains(&n) && order.kind != OrderKind::DoorNotice {
                steps.push(Step::Reading(n));
            }
        }
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

    /// The first step that lacks something before it can be saved.
    #[must_use]
    pub fn lacks(&self, order: &PublishedOrder) -> Option<Step> {
        if self.stopped_by.is_some() {
            return self.unsettled().map(Step::AsEntered);
        }
        let mut done = self.clone();
        // Asked on the way out, the walk is still the whole one.
        done.step = Step::Summary;
        done.steps(order).into_iter().find(|step| {
            let complete = match *step {
                Step::Act(n) => self.lines.get(n).is_some_and(|line| {
                    line.action.is_some_and(|action| !action.restores() || line.safe) && line.standing.is_none()
                }),
                Step::Reading(n) => self.lines.get(n).is_some_and(|l| l.digits.is_some() || l.no_read.is_some()),
                Step::Equipment(n) => self.lines.get(n).is_some_and(|line| line.equipment.is_some()),
                Step::Meter(n) => self.lines.get(n).is_some_and(|line| line.serial_seen.is_some()),
                Step::Door => self.met.is_some(),
                Step::Permit => self.opened.is_some(),
                _ => true,
            };
            !complete
        })
    }

    /// Whether it can be saved.
    ///
    /// # Errors
    /// The first thing that lacks, as a sentence for the crew.
    pub fn ready(&self, order: &PublishedOrder) -> Result<(), &'static str> {
        let Some(lacking) = self.lacks(order) else { return Ok(()) };
        Err(match lacking {
            Step::AsEntered(_) => "say first how you left the service",
            Step::Act(_) => "say what was done first",
            Step::Reading(_) => "read the meter first, or say why it can't be read",
            Step::Equipment(_) => "say what became of the equipment first",
            Step::Meter(_) => "check the meter's serial first",
            Step::Door => "say who answered first",
            _ => "open the work step first",
        })
    }
}

/// Whether a line has a meter to check and read.
#[must_use]
pub const fn has_meter(line: &PublishedLine) -> bool {
    line.dials.is_some()
        && matches!(line.product, Product::Water | Product::Irrigation | Product::Electric | Product::Gas)
}

/// Whether work of this kind does something to each line.
const fn acts_on_lines(kind: OrderKind) -> bool {
    !matches!(
        kind,
        OrderKind::DoorNotice
            | OrderKind::Reread
            | OrderKind::TheftCheck
            | OrderKind::TamperInvestigation
            | OrderKind::EquipmentPickup
    )
}
