//! The one tablet of this page: commands one after the other, each on the disk before it counts, and signals that tell
//! the screens.

use super::{browser, complaints, words};
use crate::core::{Chance, State, Store, Tablet, TabletError, view::Now};
use curbstop_shared::{ids::OrderId, language::Language, time::Micros};
use leptos::prelude::*;
use std::{
    cell::{Cell, RefCell},
    task::{Poll, Waker},
};

thread_local! {
    static TABLET: RefCell<Tablet> = RefCell::new(Tablet::default());
    static TAKEN: Cell<bool> = const { Cell::new(false) };
    static WAITING: RefCell<Vec<Waker>> = const { RefCell::new(Vec::new()) };
}

/// What is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// The day's list.
    Day,
    /// One stop.
    Stop(OrderId),
    /// At the door of a stop.
    Walk(OrderId),
    /// What the office does not have yet.
    Outbox,
    /// A new code for a tablet that is no longer known.
    Enrol,
}

/// How the last call to the server went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Net {
    /// None yet.
    Unknown,
    /// Answered.
    Online,
    /// Not reached.
    Offline,
    /// Reached, but it could not answer.
    Trouble,
}

/// The page's signals; copied wherever they are needed.
#[derive(Debug, Clone, Copy)]
pub struct App {
    /// Grows with every command that counts.
    pub version: RwSignal<u64>,
    /// The device's clock, renewed every few seconds.
    pub clock: RwSignal<Micros>,
    /// What is on the screen.
    pub screen: RwSignal<Screen>,
    /// The last call.
    pub net: RwSignal<Net>,
    /// This tab writes.
    pub writer: RwSignal<bool>,
    /// What the browser promises about the disk.
    pub durable: RwSignal<String>,
    /// A new build waits.
    pub update: RwSignal<bool>,
    /// What went wrong last, for the crew.
    pub problem: RwSignal<Option<String>>,
    /// The stop that was saved last, until the crew goes on.
    pub just_saved: RwSignal<Option<OrderId>>,
    /// Another language than the settings', before there are settings.
    pub language: RwSignal<Language>,
}

/// The browser's random numbers.
#[derive(Debug)]
pub struct Dice;

impl Chance for Dice {
    fn ten(&mut self) -> [u8; 10] {
        browser::ten()
    }
}

/// A command to the tablet. Boxed, so that what carries it out is compiled once and not for every command.
type Command = Box<dyn FnOnce(&mut Tablet, Micros, &mut Dice) -> Result<Store, TabletError>>;

/// Released when dropped.
struct Turn;

impl Drop for Turn {
    fn drop(&mut self) {
        TAKEN.set(false);
        WAITING.take().into_iter().for_each(Waker::wake);
    }
}

async fn turn() -> Turn {
    std::future::poll_fn(|context| {
        if TAKEN.replace(true) {
            WAITING.with_borrow_mut(|waiting| waiting.push(context.waker().clone()));
            Poll::Pending
        } else {
            Poll::Ready(Turn)
        }
    })
    .await
}

impl App {
    /// Signals before anything is known.
    #[must_use]
    pub fn fresh() -> Self {
        Self {
            version: RwSignal::new(0),
            clock: RwSignal::new(browser::now()),
            screen: RwSignal::new(Screen::Day),
            net: RwSignal::new(Net::Unknown),
            writer: RwSignal::new(true),
            durable: RwSignal::new("unknown".to_owned()),
            update: RwSignal::new(false),
            problem: RwSignal::new(None),
            just_saved: RwSignal::new(None),
            language: RwSignal::new(Language::En),
        }
    }

    /// Reads the disk into the tablet.
    ///
    /// # Errors
    /// The browser's words.
    pub async fn load(self) -> Result<(), String> {
        let _turn = turn().await;
        let tablet = Tablet::load(browser::read_all().await?);
        self.language.set(if tablet.state().settings.spanish { Language::Es } else { self.language.get_untracked() });
        TABLET.set(tablet);
        self.version.update(|version| *version += 1);
        Ok(())
    }

    /// Looks at what the tablet knows, and again whenever that changes.
    pub fn read<R>(self, look: impl FnOnce(&State) -> R) -> R {
        self.version.track();
        TABLET.with_borrow(|tablet| look(tablet.state()))
    }

    /// Looks at the tablet once.
    pub fn tablet<R>(self, look: impl FnOnce(&Tablet) -> R) -> R {
        TABLET.with_borrow(look)
    }

    /// Something that is not stored.
    pub fn touch(self, touch: impl FnOnce(&mut Tablet)) {
        TABLET.with_borrow_mut(touch);
    }

    /// Gives a command, writes what it wants written, and lets it count. `false`: nothing has changed, and the crew
    /// was told why.
    pub fn run(
        self,
        command: impl FnOnce(&mut Tablet, Micros, &mut Dice) -> Result<Store, TabletError> + 'static,
    ) -> impl Future<Output = bool> {
        self.run_boxed(Box::new(command))
    }

    async fn run_boxed(self, command: Command) -> bool {
        match self.obey(command).await {
            Ok(()) => true,
            Err(problem) => {
                self.problem.set(Some(problem));
                false
            }
        }
    }

    /// As [`Self::run`], but tells the caller instead of the crew.
    ///
    /// # Errors
    /// Why nothing has changed.
    pub fn try_run(
        self,
        command: impl FnOnce(&mut Tablet, Micros, &mut Dice) -> Result<Store, TabletError> + 'static,
    ) -> impl Future<Output = Result<(), String>> {
        self.obey(Box::new(command))
    }

    async fn obey(self, command: Command) -> Result<(), String> {
        let _turn = turn().await;
        let language = self.language.get_untracked();
        if !self.writer.get_untracked() {
            return Err(words::OTHER_TAB.text(language).to_owned());
        }
        let store = TABLET
            .with_borrow_mut(|tablet| command(tablet, browser::now(), &mut Dice))
            .map_err(|problem| complaints::said(&problem, language))?;
        let written = browser::write(&store).await;
        TABLET.with_borrow_mut(|tablet| match &written {
            Ok(()) => tablet.stored(store.id),
            Err(_) => tablet.store_failed(store.id),
        });
        written.map_err(|why| format!("{} ({why})", words::NOT_SAVED.text(language)))?;
        self.version.update(|version| *version += 1);
        Ok(())
    }

    /// The language of the texts.
    #[must_use]
    pub fn lang(self) -> Language {
        self.language.get()
    }

    /// The route's time zone; the device's own before there is a route.
    #[must_use]
    pub fn zone(self) -> String {
        TABLET
            .with_borrow(|tablet| {
                let newest = tablet.state().routes.values().filter_map(|route| route.doc.header().ok());
                newest.max_by_key(|header| (header.date, header.generation)).map(|header| header.time_zone)
            })
            .unwrap_or_default()
    }

    /// The moment at which somebody looks.
    #[must_use]
    pub fn now(self) -> Now {
        browser::moment(&self.zone())
    }

    /// Shows another screen.
    pub fn go(self, screen: Screen) {
        self.problem.set(None);
        if let Some(window) = web_sys::window() {
            let _ = window.location().set_hash(&hash_of(screen));
        }
        self.screen.set(screen);
    }
}

/// A screen in the page's address, so that the device's back button leads to the screen before.
#[must_use]
pub fn hash_of(screen: Screen) -> String {
    match screen {
        Screen::Day => "/".to_owned(),
        Screen::Stop(order) => format!("/stop/{order}"),
        Screen::Walk(order) => format!("/door/{order}"),
        Screen::Outbox => "/unsent".to_owned(),
        Screen::Enrol => "/enrol".to_owned(),
    }
}

/// The screen that the page's address names.
#[must_use]
pub fn screen_of(hash: &str) -> Screen {
    let mut parts = hash.trim_start_matches('#').trim_start_matches('/').split('/');
    match (parts.next(), parts.next().and_then(|order| order.parse().ok())) {
        (Some("stop"), Some(order)) => Screen::Stop(order),
        (Some("door"), Some(order)) => Screen::Walk(order),
        (Some("unsent"), _) => Screen::Outbox,
        (Some("enrol"), _) => Screen::Enrol,
        _ => Screen::Day,
    }
}
