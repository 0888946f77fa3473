//! Stopping a stop half-way. What was entered until then is never dropped unasked: a service that was turned off and
//! that nobody knows of is the worst that can happen, so the walk asks how each was left.

use super::{Draft, LineDraft, Standing, Step};
use curbstop_shared::{
    ids::FactId,
    route_document::PublishedOrder,
    vocabulary::{Action, UnableCode},
};

impl Draft {
    /// The lines for which work was entered.
    pub fn worked(&self) -> impl Iterator<Item = usize> {
        self.lines.iter().enumerate().filter(|(_, line)| line.is_worked()).map(|(n, _)| n)
    }

    /// Whether anything was entered that says what was done or found: from then on the knowledge of its opening
    /// counts, and one tap does not throw it away.
    #[must_use]
    pub fn has_entries(&self) -> bool {
        let entered = |line: &LineDraft| {
            line.action.is_some() || line.equipment.is_some() || line.digits.is_some() || line.no_read.is_some()
        };
        self.lines.iter().any(entered)
    }

    /// The first line whose entered work nobody has said how it was left.
    pub(super) fn unsettled(&self) -> Option<usize> {
        self.worked().find(|n| self.lines[*n].standing.is_none())
    }

    /// Whether the crew has turned aside from the ordinary steps.
    #[must_use]
    pub const fn is_aside(&self) -> bool {
        self.stopped_by.is_some() || matches!(self.step, Step::Unable | Step::AsEntered(_))
    }

    /// The crew turns aside from the ordinary steps; nothing is decided yet.
    pub fn turn_aside(&mut self, to: Step) {
        if !self.is_aside() {
            self.aside_from = Some(self.step);
        }
        self.step = to;
    }

    /// The crew wants to leave. Where work was entered it is asked how it was left instead, and `false` comes back.
    pub fn may_leave(&mut self) -> bool {
        let Some(n) = self.worked().next() else { return true };
        self.turn_aside(Step::AsEntered(n));
        false
    }

    /// The work stops here. Work that was entered is not dropped by that: the walk asks how it was left.
    pub fn stop(&mut self, code: UnableCode) {
        self.turn_aside(self.step);
        self.stopped_by = Some(code);
        self.recalls_answered.clear();
        self.step = self.unsettled().map_or(Step::Summary, Step::AsEntered);
    }

    /// The work stops here because of the office's word: it was read, with the recalls that stood behind it.
    pub fn stop_as_told(&mut self, code: UnableCode, recalls: Vec<FactId>) {
        self.stop(code);
        self.recalls_answered = recalls;
    }

    /// One step back. From the summary of a stop that was stopped to its reason, from there to where the crew turned
    /// aside; else to the step before. `false` on the first one.
    pub fn step_back(&mut self, order: &PublishedOrder) -> bool {
        if self.is_aside() {
            let to_the_reason = self.step == Step::Summary;
            self.stopped_by = None;
            self.recalls_answered.clear();
            // That the work stands is asked again if it stops again. That it was turned back on is not forgotten: saved
            // as a plain cut, the visit would say off where it is on.
            self.lines.iter_mut().filter(|line| line.standing == Some(Standing::Stands)).for_each(|line| {
                line.standing = None;
            });
            self.step = if to_the_reason { Step::Unable } else { self.aside_from.take().unwrap_or(Step::Place) };
            return true;
        }
        self.back(order).map(|before| self.step = before).is_some()
    }

    /// The crew's word on the work that was entered for a line, and the step that follows from it.
    pub fn settle(&mut self, n: usize, word: Standing) {
        let stopped = self.stopped_by.is_some();
        let Some(line) = self.lines.get_mut(n) else { return };
        // A restore that does not stand leaves the line off, as it was found: nobody has to hear of it.
        let undone = word == Standing::Undone && line.action.is_some_and(Action::cuts);
        // Nothing is turned on anywhere before somebody has said that it is safe, here as on any reconnect.
        if undone && !line.safe {
            return;
        }
        if undone || stopped && word == Standing::Stands {
            line.standing = Some(word);
        } else if word != Standing::Stands {
            (line.action, line.method, line.lock, line.safe, line.standing) = (None, None, None, false, None);
        }
        self.step = match self.unsettled() {
            Some(next) if stopped => Step::AsEntered(next),
            None if stopped => Step::Summary,
            // Asked because the crew wanted to leave. It was undone for a reason:
            _ if undone => Step::Unable,
            // What still lacks is said there.
            _ if word == Standing::Stands => Step::Summary,
            _ => Step::Act(n),
        };
    }
}
