//! A walk in progress: what its buttons store, and which step follows.

use crate::{
    app::{
        browser::{self, spawn},
        session::App,
    },
    core::{Draft, Step, Store, Tablet, TabletError, photos::Taken, taps::Change},
};
use curbstop_shared::{
    ids::{FactId, OrderId},
    route_document::PublishedOrder,
    sync::wire::Bytes,
    time::Micros,
    vocabulary::UnableCode,
};
use leptos::prelude::*;
use std::{cell::RefCell, sync::Arc};

/// A pause in typing after which what stands in a field is stored: short enough that a killed app loses a word at
/// most, long enough that not every letter is a write to the disk.
const TYPING_PAUSE_MS: i32 = 500;

/// What a tap asks of the tablet. Boxed, so that what carries it out is compiled once and not for every button.
type Tap = Box<dyn FnOnce(&mut Tablet, Micros) -> Result<Store, TabletError>>;

/// How what was typed is given to the tablet.
type Keep = Box<dyn FnOnce(&mut Tablet) -> Result<Store, TabletError>>;

/// What was typed and is not stored yet.
struct Typed {
    field: &'static str,
    timer: i32,
    app: App,
    keep: Keep,
}

thread_local! {
    static TYPED: RefCell<Option<Typed>> = const { RefCell::new(None) };
}

/// Stores what was typed and waits for the pause: the app goes into the background, a field is left, a button pressed.
pub fn store_typed() {
    if TYPED.with_borrow(Option::is_some) {
        // Taken now: what is typed from here on is another word.
        spawn(stored(TYPED.take()));
    }
}

/// As [`store_typed`]; it is on the disk when this ends.
pub async fn typed_is_stored() {
    stored(TYPED.take()).await;
}

async fn stored(typed: Option<Typed>) {
    let Some(Typed { timer, app, keep, .. }) = typed else { return };
    browser::cancel(timer);
    // Where the stop is gone meanwhile there is nothing to keep; where the disk refuses, the next step says so.
    let _ = app.try_run(move |tablet, _, _| keep(tablet)).await;
}

/// Stores what stands in a field at the next pause in typing.
pub fn types(app: App, field: &'static str, keep: Keep) {
    match TYPED.with_borrow(|typed| typed.as_ref().map(|typed| (typed.field == field, typed.timer))) {
        Some((true, timer)) => browser::cancel(timer),
        Some((false, _)) => store_typed(),
        None => {}
    }
    let timer = browser::later(TYPING_PAUSE_MS, store_typed);
    TYPED.set(Some(Typed { field, timer, app, keep }));
}

/// What was typed is stored with something else, or no longer wanted.
pub fn drop_typed() {
    if let Some(typed) = TYPED.take() {
        browser::cancel(typed.timer);
    }
}

/// A step of a walk in progress; copied into every button on it.
#[derive(Debug, Clone, Copy)]
pub struct Walk {
    /// The page.
    pub app: App,
    /// The order.
    pub id: OrderId,
    /// The step whose buttons these are. A tap on one counts only while the crew is on it.
    step: Step,
    /// What was published.
    order: StoredValue<Arc<PublishedOrder>>,
}

impl Walk {
    /// A step of the walk of an order.
    #[must_use]
    pub fn of(app: App, order: Arc<PublishedOrder>, step: Step) -> Self {
        Self { app, id: order.id, step, order: StoredValue::new(order) }
    }

    /// What was published about the order.
    #[must_use]
    pub fn order(self) -> Arc<PublishedOrder> {
        self.order.get_value()
    }

    /// The draft as it is stored.
    #[must_use]
    pub fn draft(self) -> Option<Draft> {
        self.app.tablet(|tablet| tablet.state().drafts.get(&self.id).cloned())
    }

    /// Stores a change of the draft.
    pub fn note_down(self, change: impl FnOnce(&mut Draft) + 'static) {
        let change: Change = Box::new(change);
        self.runs(Box::new(move |tablet, now| tablet.note_down(self.id, self.step, now, change)));
    }

    /// Stores a change of the draft and goes on to the step that follows from it.
    pub fn forward(self, change: impl FnOnce(&mut Draft) + 'static) {
        let change: Change = Box::new(change);
        self.runs(Box::new(move |tablet, now| tablet.forward(self.id, self.step, now, change)));
    }

    /// The work stops here, for this reason.
    pub fn stopped_by(self, code: UnableCode) {
        self.note_down(move |draft| draft.stop(code));
    }

    /// The work stops here because of the office's word and the recalls behind it, which the crew has read.
    pub fn stopped_as_told(self, code: UnableCode, recalls: Vec<FactId>) {
        self.note_down(move |draft| draft.stop_as_told(code, recalls));
    }

    /// Stores what allows the work to begin and opens the act step: from here on it counts what the crew knew now.
    pub fn open_act(self, change: impl FnOnce(&mut Draft) + 'static) {
        let change: Change = Box::new(change);
        let now = self.app.now();
        self.runs(Box::new(move |tablet, _| tablet.begin_work(self.id, self.step, false, now, change)));
    }

    /// Opens the act step for work that was done before the crew came to it.
    pub fn open_act_done_already(self) {
        let now = self.app.now();
        self.runs(Box::new(move |tablet, _| tablet.begin_work(self.id, self.step, true, now, Box::new(|_| {}))));
    }

    /// Stores a photo with the draft; `true` once it is on the disk.
    pub async fn takes_photo(self, photo: Taken) -> bool {
        self.app.run(move |tablet, now, _| tablet.takes_photo(self.id, self.step, photo, now)).await
    }

    /// Stores what the customer signed, and goes on.
    pub async fn takes_signature(self, ink: Taken) -> bool {
        self.app.run(move |tablet, now, _| tablet.takes_signature(self.id, self.step, ink, now)).await
    }

    /// Throws a photo away.
    pub fn drops_photo(self, sha256: Bytes) {
        self.runs(Box::new(move |tablet, _| tablet.drops_photo(self.id, self.step, &sha256)));
    }

    fn runs(self, command: Tap) {
        store_typed();
        spawn(async move {
            self.app.run(move |tablet, now, _| command(tablet, now)).await;
        });
    }

    /// Stores what stands in a field at the next pause in typing.
    pub fn types(self, field: &'static str, change: impl FnOnce(&mut Draft) + 'static) {
        let change: Change = Box::new(change);
        types(self.app, field, Box::new(move |tablet| self.changed(tablet, change)));
    }

    /// Stores something about the stop, whatever step the crew is on.
    pub(super) async fn store(self, change: Change) -> bool {
        self.app.run(move |tablet, _, _| self.changed(tablet, change)).await
    }

    fn changed(self, tablet: &mut Tablet, change: Change) -> Result<Store, TabletError> {
        let mut draft = tablet.state().drafts.get(&self.id).cloned().ok_or(TabletError::NoDraft)?;
        change(&mut draft);
        tablet.keep(draft)
    }
}
