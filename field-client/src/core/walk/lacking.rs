//! What still lacks before something can be saved: one thing at a time, each with the step where it is put right.

use super::{Draft, LineDraft, Step};
use curbstop_shared::{
    route_document::PublishedOrder,
    vocabulary::{Action, Asked},
};

/// What lacks, or stands in the way. The screens say it in the crew's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lacking {
    /// Whether it may begin was never asked.
    #[error("check first whether you may begin")]
    Permit,
    /// How the service was left.
    #[error("say first how you left the service")]
    AsEntered,
    /// What was done.
    #[error("say first what was done")]
    Deed,
    /// The number of the lock that hangs there.
    #[error("type the number on the lock first, or say that it has none")]
    Lock,
    /// That restoring was safe.
    #[error("say first that it is safe to restore here")]
    Safety,
    /// The reading, or why there is none.
    #[error("read the meter first, or say why it can't be read")]
    Reading,
    /// The serial of a box that was taken along.
    #[error("type the number on the box first, or say that it has none")]
    BoxNumber,
    /// A second look at a box with another serial than the order's.
    #[error("the box bears another number than the order: look again, or say that you take this one")]
    OtherBox,
    /// What became of the equipment.
    #[error("say first what became of the equipment")]
    Equipment,
    /// The meter's serial.
    #[error("check the meter's serial first")]
    Serial,
    /// Who answered.
    #[error("say first who answered")]
    Answer,
    /// A signature, or why there is none.
    #[error("let the customer sign first, or say why nobody does")]
    Signature,
    /// A photo, or why there is none.
    #[error("take a photo first, or say why you can't")]
    Photo,
    /// Where it was, or why nobody knows.
    #[error("let the tablet find where it is first, or say why it can't")]
    Position,
    /// The words of a note.
    #[error("write the note first")]
    Words,
    /// Work was entered, so the stop can't be left without a word.
    #[error("work was entered here: save it, or say that it can't be done")]
    WordOnTheWork,
    /// What the office refused is no longer as it was.
    #[error("this can't be sent again as it was: record it anew, or export it")]
    AsItWas,
}

impl Draft {
    /// The first step that lacks something before it can be saved.
    #[must_use]
    pub fn lacks(&self, order: &PublishedOrder) -> Option<Step> {
        self.lacking(order).map(|(step, _)| step)
    }

    /// Whether it can be saved.
    ///
    /// # Errors
    /// The first thing that lacks.
    pub fn ready(&self, order: &PublishedOrder) -> Result<(), Lacking> {
        self.lacking(order).map_or(Ok(()), |(_, lacking)| Err(lacking))
    }

    /// The first thing that lacks, with the step where it is put right.
    #[must_use]
    pub fn lacking(&self, order: &PublishedOrder) -> Option<(Step, Lacking)> {
        if self.stopped_by.is_some() {
            return self.unsettled().map(|n| (Step::AsEntered(n), Lacking::AsEntered));
        }
        // Asked on the way out, the walk is still the whole one.
        self.ordinary_steps(order).into_iter().find_map(|step| Some((step, self.lacking_on(step, order)?)))
    }

    fn lacking_on(&self, step: Step, order: &PublishedOrder) -> Option<Lacking> {
        let line = |n: usize| self.lines.get(n);
        let lacks_a_way = |n: usize, line: &LineDraft| order.lines.get(n).is_some_and(|known| line.lacks_a_way(known));
        let is_another_box = |n: usize, line: &LineDraft| {
            order.lines.get(n).is_some_and(|known| line.another_box(known.serial.as_deref()).is_some())
        };
        match step {
            Step::Act(n) => match line(n).and_then(|line| line.action.map(|action| (line, action))) {
                None => Some(Lacking::Deed),
                Some((line, _)) if line.standing.is_some() => Some(Lacking::Deed),
                Some((line, _)) if lacks_a_way(n, line) => Some(Lacking::Deed),
                Some((line, _)) if line.lacks_a_lock() => Some(Lacking::Lock),
                Some((line, action)) if Action::restores(action) && !line.safe => Some(Lacking::Safety),
                Some(_) => None,
            },
            Step::Reading(n) => {
                (!line(n).is_some_and(|l| l.digits.is_some() || l.no_read.is_some())).then_some(Lacking::Reading)
            }
            Step::Equipment(n) => match line(n) {
                Some(line) if line.lacks_a_box_number() => Some(Lacking::BoxNumber),
                Some(line) if !line.box_foreign && is_another_box(n, line) => Some(Lacking::OtherBox),
                line => line.is_none_or(|line| line.equipment.is_none()).then_some(Lacking::Equipment),
            },
            Step::Meter(n) => line(n).is_none_or(|l| l.serial_seen.is_none()).then_some(Lacking::Serial),
            Step::Door => self.met.is_none().then_some(Lacking::Answer),
            Step::Sign => self.owes(order, Asked::Signature).then_some(Lacking::Signature),
            Step::Summary if self.owes(order, Asked::Photo) => Some(Lacking::Photo),
            Step::Summary => self.owes(order, Asked::Position).then_some(Lacking::Position),
            Step::Permit => self.opened.is_none().then_some(Lacking::Permit),
            _ => None,
        }
    }
}
