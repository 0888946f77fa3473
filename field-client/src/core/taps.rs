//! What a tap on a step of the walk does: it counts once, on the step whose screen it was on, and in one store.
//!
//! A glove taps twice, and a slow tablet shows the next step late. The second tap finds its step left, and nothing comes
//! of it: else it would answer a question that nobody has seen.

use super::{Draft, Entry, Step, Store, Tablet, TabletError};
use curbstop_shared::{ids::OrderId, time::Micros};

/// A change of a draft. Boxed, so that what carries it out is compiled once and not for every button.
pub type Change = Box<dyn FnOnce(&mut Draft)>;

impl Tablet {
    /// Notes something down on a step.
    ///
    /// # Errors
    /// [`TabletError::StepLeft`], [`TabletError::NoDraft`], [`TabletError::Busy`].
    pub fn note_down(&mut self, order: OrderId, on: Step, change: Change) -> Result<Store, TabletError> {
        let mut draft = self.on_step(order, on)?;
        change(&mut draft);
        self.begin(&[Entry::Draft(Box::new(draft))])
    }

    /// Notes something down on a step and goes on to the one that follows. Where it counts there what the crew knows
    /// now, the work opens.
    ///
    /// # Errors
    /// As [`Self::note_down`]; [`TabletError::UnknownOrder`].
    pub fn forward(&mut self, order: OrderId, on: Step, now: Micros, change: Change) -> Result<Store, TabletError> {
        let mut draft = self.on_step(order, on)?;
        change(&mut draft);
        draft.step = draft.forward(&self.published_on(draft.route, order)?.2);
        let counts_now = matches!(draft.step, Step::Act(_) | Step::Reading(_) | Step::Equipment(_));
        if counts_now && !draft.has_entries() {
            self.open(&mut draft, false, now)?;
        }
        self.begin(&[Entry::Draft(Box::new(draft))])
    }

    /// Begins the work from the permit step, with what allows it: from here on it counts what the crew knew now.
    /// `done_already` records work that was done before the crew came to it: it was begun at the opening before this
    /// one, where there was one.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn begin_work(
        &mut self,
        order: OrderId,
        on: Step,
        done_already: bool,
        now: Micros,
        change: Change,
    ) -> Result<Store, TabletError> {
        let mut draft = self.on_step(order, on)?;
        change(&mut draft);
        let begun = if done_already { draft.opened.is_some() } else { draft.has_entries() };
        self.open(&mut draft, begun, now)?;
        draft.step = draft.forward(&self.published_on(draft.route, order)?.2);
        self.begin(&[Entry::Draft(Box::new(draft))])
    }

    fn on_step(&self, order: OrderId, on: Step) -> Result<Draft, TabletError> {
        let draft = self.state.drafts.get(&order).ok_or(TabletError::NoDraft)?;
        if draft.step == on { Ok(draft.clone()) } else { Err(TabletError::StepLeft) }
    }
}
