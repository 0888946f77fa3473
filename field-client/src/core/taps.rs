//! What a tap on a step of the walk does: it counts once, on the step whose screen it was on, and in one store.
//!
//! A glove taps twice, and a slow tablet shows the next step late. The second tap finds its step left, and nothing comes
//! of it: else it would answer a question that nobody has seen. Where the next screen is there already, the [`Finger`]
//! knows a press that was not meant for it.

use super::{Draft, Entry, Step, Store, Tablet, TabletError, view::Now};
use curbstop_shared::{
    ids::{FactId, OrderId},
    time::{Micros, Span},
    vocabulary::Permit,
};

/// A second press within this after the end of the first is the same hand tapping twice: two taps of a cold hand are 350 ms apart,
/// and who reads the next question before answering needs longer.
const SECOND_TAP_WITHIN: Span = Span(500_000);
/// How far from the first the second of two taps may be, in the page's pixels: a fingertip's width.
const SAME_PLACE_PX: i32 = 40;

/// How long a piece of news has to be on the screen until a tap may mean it.
const READ_AFTER: Span = Span::seconds(1);

/// Where on the page a press is, in pixels: from the left, from the top.
pub type Spot = (i32, i32);

/// The finger on the screen: which of its presses are meant for the screen that is shown.
///
/// A press that began on the screen before is not: whoever holds a button until it has saved lets go on the next
/// screen, over whatever stands there. Neither is the second of two taps where the first has shown another screen.
#[derive(Debug, Clone, Copy, Default)]
pub struct Finger {
    /// The last press, and when it was lifted; until then, when it came down.
    last: Option<(Micros, Spot)>,
    /// Another screen was shown since.
    another_screen: bool,
    down: bool,
    void: bool,
}

impl Finger {
    /// It comes down. `at` is on a clock that nobody sets. A mouse and a keyboard are no finger (`is_touch` is false):
    /// they do not bounce, and the browser itself gives no click for a press whose button is gone.
    pub fn comes_down(&mut self, at: Micros, spot: Spot, is_touch: bool) {
        let second = self.another_screen
            && self.last.is_some_and(|(before, first)| {
                let near = |a: i32, b: i32| (a - b).abs() <= SAME_PLACE_PX;
                at - before < SECOND_TAP_WITHIN && near(first.0, spot.0) && near(first.1, spot.1)
            });
        self.void = is_touch && second;
        // A third tap bounces off the second.
        self.another_screen = self.void;
        self.down = is_touch;
        self.last = is_touch.then_some((at, spot));
    }

    /// It is lifted, or the page is moved with it. From here on the hand comes back: however long it pressed, a second
    /// tap is as quick after the first.
    pub fn lifts(&mut self, at: Micros) {
        self.down = false;
        if let Some((last, _)) = &mut self.last {
            *last = at;
        }
    }

    /// Another screen, or another step, is shown.
    pub const fn sees_another_screen(&mut self) {
        self.another_screen = true;
        self.void |= self.down;
    }

    /// What the press comes to: whether it counts. Asked once for each.
    pub const fn taps(&mut self) -> bool {
        !std::mem::replace(&mut self.void, false)
    }
}

/// The recalls on the screen, and since when: one that has only just joined the others was not meant by the tap on them.
#[derive(Debug, Default)]
pub struct News(Vec<(FactId, Micros)>);

impl News {
    /// A card is drawn, or drawn again. `at` is on a clock that nobody sets.
    pub fn shows(&mut self, recalls: &[(OrderId, FactId)], at: Micros) {
        for (_, fact) in recalls {
            if !self.0.iter().any(|(shown, _)| shown == fact) {
                self.0.push((fact.clone(), at));
            }
        }
    }

    /// Leaves those of a card's recalls that a tap on it means: the others keep the card for themselves.
    pub fn meant(&self, recalls: &mut Vec<(OrderId, FactId)>, at: Micros) {
        recalls.retain(|(_, fact)| self.0.iter().any(|(shown, since)| shown == fact && at - *since >= READ_AFTER));
    }
}

/// The keypad's arrow, which lies where the thumb types: on digits that a check doubts its first press only shows the
/// doubt, and one that comes after the doubt could be read confirms them.
#[derive(Debug, Default)]
pub struct Doubt(Option<Micros>);

impl Doubt {
    /// A digit is typed or wiped out: what was doubted is not there any more.
    pub const fn is_typed_over(&mut self) {
        self.0 = None;
    }

    /// The arrow is pressed on digits that are doubted: whether they are confirmed. `at` is on a clock that nobody sets.
    pub fn confirms(&mut self, at: Micros) -> bool {
        let since = *self.0.get_or_insert(at);
        at - since >= READ_AFTER
    }
}

/// A change of a draft. Boxed, so that what carries it out is compiled once and not for every button.
pub type Change = Box<dyn FnOnce(&mut Draft)>;

impl Tablet {
    /// Notes something down on a step.
    ///
    /// # Errors
    /// [`TabletError::StepLeft`], [`TabletError::NoDraft`], [`TabletError::Busy`].
    pub fn note_down(&mut self, order: OrderId, on: Step, now: Micros, change: Change) -> Result<Store, TabletError> {
        let (draft, dropped) = self.changed(order, on, now, change)?;
        self.lets_go(vec![Entry::Draft(Box::new(draft))], dropped, Some(order))
    }

    /// Notes something down on a step and goes on to the one that follows. Where it counts there what the crew knows
    /// now, the work opens.
    ///
    /// # Errors
    /// As [`Self::note_down`]; [`TabletError::UnknownOrder`].
    pub fn forward(&mut self, order: OrderId, on: Step, now: Micros, change: Change) -> Result<Store, TabletError> {
        let (mut draft, dropped) = self.changed(order, on, now, change)?;
        self.goes_on(&mut draft, now)?;
        self.lets_go(vec![Entry::Draft(Box::new(draft))], dropped, Some(order))
    }

    /// The draft goes on to the step that follows, and the work opens where it counts there what is known now.
    pub(super) fn goes_on(&self, draft: &mut Draft, now: Micros) -> Result<(), TabletError> {
        draft.step = draft.forward(&self.published_for(draft)?.2);
        let counts_now = matches!(draft.step, Step::Act(_) | Step::Reading(_) | Step::Equipment(_));
        if counts_now && !draft.has_entries() {
            self.open(draft, false, now)?;
        }
        Ok(())
    }

    /// Begins the work from the permit step, with what allows it: from here on it counts what the crew knew now.
    /// `done_already` records work that was done before the crew came to it: it was begun at the opening before this
    /// one, where there was one.
    ///
    /// What the office has said by then stops it, also where the screen does not show it yet. What was done all the
    /// same can be recorded, and no permit stands behind it: fresh data permits nothing that it forbids.
    ///
    /// # Errors
    /// As [`Self::forward`]; [`TabletError::StoppedMeanwhile`].
    pub fn begin_work(
        &mut self,
        order: OrderId,
        on: Step,
        done_already: bool,
        now: Now,
        change: Change,
    ) -> Result<Store, TabletError> {
        let (mut draft, dropped) = self.changed(order, on, now.at, change)?;
        let begun = if done_already { draft.opened.is_some() } else { draft.has_entries() };
        let stopped = !begun && self.is_stopped(&draft, now)?;
        if stopped && !done_already {
            return Err(TabletError::StoppedMeanwhile);
        }
        self.open(&mut draft, begun, now.at)?;
        if let Some(opened) = draft.opened.as_mut().filter(|_| stopped) {
            opened.permit = opened.permit.map(|_| Permit::None);
        }
        draft.step = draft.forward(&self.published_for(&draft)?.2);
        self.lets_go(vec![Entry::Draft(Box::new(draft))], dropped, Some(order))
    }

    /// A draft as a tap on a step leaves it, with the time of what was done by it; and the names of photos and
    /// signatures that it does not name any more.
    fn changed(
        &self,
        order: OrderId,
        on: Step,
        now: Micros,
        change: Change,
    ) -> Result<(Draft, Vec<String>), TabletError> {
        let before = self.on_step(order, on)?;
        let mut draft = before.clone();
        change(&mut draft);
        draft.stamps(&before, now);
        let dropped = self.dropped(&before, &draft);
        Ok((draft, dropped))
    }

    pub(super) fn on_step(&self, order: OrderId, on: Step) -> Result<Draft, TabletError> {
        let draft = self.state.drafts.get(&order).ok_or(TabletError::NoDraft)?;
        if draft.step == on { Ok(draft.clone()) } else { Err(TabletError::StepLeft) }
    }
}
