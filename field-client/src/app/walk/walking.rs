//! A walk in progress: what its buttons store, and which step follows.

use crate::{
    app::{
        browser::{self, spawn},
        session::App,
    },
    core::{Draft, Step, TabletError},
};
use curbstop_shared::{ids::OrderId, route_document::PublishedOrder, vocabulary::UnableCode};
use leptos::prelude::*;
use std::cell::RefCell;

/// A pause in typing after which what stands in a field is stored: short enough that a killed app loses a word at
/// most, long enough that not every letter is a write to the disk.
const TYPING_PAUSE_MS: i32 = 500;

/// A change of the draft. Boxed, so that what stores it is compiled once and not for every answer on every step.
pub(super) type Change = Box<dyn FnOnce(&mut Draft)>;

/// What was typed and is not stored yet.
struct Typed {
    field: &'static str,
    timer: i32,
    walk: Walk,
    change: Change,
}

thread_local! {
    static TYPED: RefCell<Option<Typed>> = const { RefCell::new(None) };
}

/// Stores what was typed and waits for the pause: the app goes into the background, a field is left, a button pressed.
pub fn store_typed() {
    if let Some(typed) = TYPED.take() {
        browser::cancel(typed.timer);
        let (walk, change) = (typed.walk, typed.change);
        spawn(async move {
            // Where the stop is gone meanwhile there is nothing to keep; where the disk refuses, the next step says so.
            let _ = walk.app.try_run(move |tablet, _, _| walk.changed(tablet, change)).await;
        });
    }
}

/// A walk in progress; copied into every button of its steps.
#[derive(Debug, Clone, Copy)]
pub struct Walk {
    /// The page.
    pub app: App,
    /// The order.
    pub id: OrderId,
    /// What was published.
    order: StoredValue<PublishedOrder>,
}

impl Walk {
    /// The walk of an order.
    #[must_use]
    pub fn of(app: App, order: PublishedOrder) -> Self {
        Self { app, id: order.id, order: StoredValue::new(order) }
    }

    /// What was published about the order.
    #[must_use]
    pub fn order(self) -> PublishedOrder {
        self.order.get_value()
    }

    /// The draft as it is stored.
    #[must_use]
    pub fn draft(self) -> Option<Draft> {
        self.app.tablet(|tablet| tablet.state().drafts.get(&self.id).cloned())
    }

    /// Stores a change of the draft.
    pub fn note_down(self, change: impl FnOnce(&mut Draft) + 'static) {
        self.note_down_boxed(Box::new(change));
    }

    fn note_down_boxed(self, change: Change) {
        store_typed();
        spawn(async move {
            self.store(change).await;
        });
    }

    /// Stores what stands in a field at the next pause in typing.
    pub fn types(self, field: &'static str, change: impl FnOnce(&mut Draft) + 'static) {
        match TYPED.with_borrow(|typed| typed.as_ref().map(|typed| (typed.field == field, typed.timer))) {
            Some((true, timer)) => browser::cancel(timer),
            Some((false, _)) => store_typed(),
            None => {}
        }
        let timer = browser::later(TYPING_PAUSE_MS, store_typed);
        TYPED.set(Some(Typed { field, timer, walk: self, change: Box::new(change) }));
    }

    /// Stores a change of the draft and goes on to the step that follows from it.
    pub fn forward(self, change: impl FnOnce(&mut Draft) + 'static) {
        self.forward_boxed(Box::new(change));
    }

    fn forward_boxed(self, change: Change) {
        // Taken now: the step may be gone by the time that its change is stored.
        let (order, published) = (self.order(), self.order());
        store_typed();
        spawn(async move {
            let Some(before) = self.draft().map(|draft| draft.step) else { return };
            let stored = self
                .store(Box::new(move |draft| {
                    change(draft);
                    let next = draft.forward(&order);
                    // The act step of work that needs no permit opens by itself, right after this.
                    if !opens(draft, next) {
                        draft.step = next;
                    }
                }))
                .await;
            let (Some(draft), true) = (self.draft(), stored) else { return };
            let next = draft.forward(&published);
            if opens(&draft, next) && draft.step == before {
                self.app.run(move |tablet, now, _| tablet.open_act(self.id, next, now)).await;
            }
        });
    }

    /// The work stops here, for this reason.
    pub fn stopped_by(self, code: UnableCode) {
        self.note_down(move |draft| draft.stop(code));
    }

    /// Stores what allows the work to begin, then opens the act step: from here on it counts what the crew knew now.
    pub fn open_act(self, change: impl FnOnce(&mut Draft) + 'static) {
        self.open_act_boxed(Box::new(change), false);
    }

    /// Opens the act step for work that was done before the crew came to it.
    pub fn open_act_done_already(self) {
        self.open_act_boxed(Box::new(|_| {}), true);
    }

    fn open_act_boxed(self, change: Change, done_already: bool) {
        let order = self.order();
        store_typed();
        spawn(async move {
            if self.store(change).await
                && let Some(draft) = self.draft()
            {
                let next = draft.forward(&order);
                let open = if done_already {
                    crate::core::Tablet::open_act_done_already
                } else {
                    crate::core::Tablet::open_act
                };
                self.app.run(move |tablet, now, _| open(tablet, self.id, next, now)).await;
            }
        });
    }

    pub(super) async fn store(self, change: Change) -> bool {
        self.app.run(move |tablet, _, _| self.changed(tablet, change)).await
    }

    fn changed(self, tablet: &mut crate::core::Tablet, change: Change) -> Result<crate::core::Store, TabletError> {
        let mut draft = tablet.state().drafts.get(&self.id).cloned().ok_or(TabletError::NoDraft)?;
        change(&mut draft);
        tablet.keep(draft)
    }
}

/// Whether the next step is one at which it counts what the crew knows now: nothing was entered on an earlier opening.
fn opens(draft: &Draft, next: Step) -> bool {
    matches!(next, Step::Act(_) | Step::Reading(_) | Step::Equipment(_)) && !draft.has_entries()
}
