//! The one tablet of this page: commands one after the other, each on the disk before it counts, and signals that tell
//! the screens.

use super::{browser, complaints, disk::Trouble, words};
use crate::core::{Chance, Record, State, Store, Tablet, TabletError, entries::language_of_device, view::Now};
use curbstop_shared::{ids::OrderId, language::Language, time::Micros};
use leptos::prelude::*;
use std::{
    cell::{Cell, RefCell},
    pin::Pin,
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
    /// The one under way is not answered.
    Silent,
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
    /// What is wrong with the disk.
    pub disk: RwSignal<Option<Trouble>>,
    /// A new build waits.
    pub update: RwSignal<bool>,
    /// What went wrong last, for the crew.
    pub problem: RwSignal<Option<String>>,
    /// The disk could not be read: the browser's words. Until it can be nothing is written, for what lies on it is not
    /// known.
    pub unreadable: RwSignal<Option<String>>,
    /// The stop that was saved last, until the crew goes on.
    pub just_saved: RwSignal<Option<OrderId>>,
    /// The language of the texts: the tablet's own until somebody chooses.
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
            disk: RwSignal::new(None),
            update: RwSignal::new(false),
            problem: RwSignal::new(None),
            unreadable: RwSignal::new(None),
            just_saved: RwSignal::new(None),
            language: RwSignal::new(language_of_device(&browser::languages())),
        }
    }

    /// Reads the disk into the tablet, or says why that can't be done; what was known stays then.
    pub async fn load(self) {
        let _turn = turn().await;
        match browser::read_all().await {
            Ok(records) => self.takes(records),
            Err(why) => self.unreadable.set(Some(why)),
        }
    }

    fn takes(self, records: Vec<Record>) {
        let mut tablet = Tablet::load(records);
        TABLET.with_borrow(|before| tablet.goes_on_from(before));
        self.language.set(tablet.state().settings.language(self.language.get_untracked()));
        TABLET.set(tablet);
        self.unreadable.set(None);
        self.version.update(|version| *version += 1);
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
                if problem.is_some() {
                    self.problem.set(problem);
                }
                false
            }
        }
    }

    /// Carries something out for a button that must not do it twice: while it is under way another tap does nothing.
    pub fn once(self, busy: RwSignal<bool>, work: impl Future<Output = ()> + 'static) {
        once(busy, Box::pin(work));
    }

    /// As [`Self::run`], but tells the caller instead of the crew.
    ///
    /// # Errors
    /// Why nothing has changed.
    pub fn try_run(
        self,
        command: impl FnOnce(&mut Tablet, Micros, &mut Dice) -> Result<Store, TabletError> + 'static,
    ) -> impl Future<Output = Result<(), Option<String>>> {
        self.obey(Box::new(command))
    }

    /// `Err(None)`: nothing has changed, and nobody has to be told.
    async fn obey(self, command: Command) -> Result<(), Option<String>> {
        let _turn = turn().await;
        let language = self.language.get_untracked();
        if !self.writer.get_untracked() {
            return Err(Some(words::OTHER_TAB.text(language).to_owned()));
        }
        if self.unreadable.get_untracked().is_some() {
            return Err(Some(words::UNREADABLE.text(language).to_owned()));
        }
        let store = TABLET
            .with_borrow_mut(|tablet| command(tablet, browser::now(), &mut Dice))
            .map_err(|problem| complaints::said(&problem, language))?;
        match browser::write(&store).await {
            Ok(()) => {
                TABLET.with_borrow_mut(|tablet| tablet.stored(store.id));
                self.version.update(|version| *version += 1);
                if self.disk.get_untracked().is_some_and(Trouble::is_of_writing) {
                    self.disk.set(None);
                }
                Ok(())
            }
            Err(why) => {
                TABLET.with_borrow_mut(|tablet| tablet.store_failed(store.id));
                if self.is_there_after_all(&store).await {
                    return Ok(());
                }
                let trouble = Trouble::of(&why);
                self.disk.set(Some(trouble));
                let not_saved = words::NOT_SAVED.text(language);
                // That there is no room is said in words of our own.
                Err(Some(if trouble == Trouble::Full { not_saved.to_owned() } else { format!("{not_saved} ({why})") }))
            }
        }
    }

    /// Another tab is to write: what is under way is on the disk when this ends, and nothing follows it.
    pub async fn stops_writing(self) {
        let _turn = turn().await;
        self.writer.set(false);
    }

    /// After a write that failed the disk is asked what it holds, and the tablet goes on from there: a connection that
    /// died may have kept the write all the same, and its keys are used once and for all.
    async fn is_there_after_all(self, store: &Store) -> bool {
        let Ok(records) = browser::read_all().await else { return false };
        let kept = !store.put.is_empty() && store.put.iter().all(|record| records.contains(record));
        self.takes(records);
        kept
    }

    /// The language of the texts.
    #[must_use]
    pub fn lang(self) -> Language {
        self.language.get()
    }

    /// The route's time zone, also when that has left; the device's own before there was one.
    #[must_use]
    pub fn zone(self) -> String {
        TABLET.with_borrow(|tablet| tablet.state().time_zone().unwrap_or_default().to_owned())
    }

    /// The moment at which somebody looks.
    #[must_use]
    pub fn now(self) -> Now {
        browser::moment(&self.zone())
    }

    /// Shows another screen, whatever was wrong on the one before.
    pub fn go(self, screen: Screen) {
        self.problem.set(None);
        self.show(screen);
    }

    /// Shows another screen.
    pub fn show(self, screen: Screen) {
        browser::set_address(&hash_of(screen));
        self.screen.set(screen);
    }
}

fn once(busy: RwSignal<bool>, work: Pin<Box<dyn Future<Output = ()>>>) {
    if busy.try_update(|busy| std::mem::replace(busy, true)) == Some(false) {
        browser::spawn(async move {
            work.await;
            // Where it went well the button may be gone.
            busy.try_set(false);
        });
    }
}

/// A screen in the page's address, so that the device's back button leads to the screen before.
#[must_use]
pub fn hash_of(screen: Screen) -> String {
    match screen {
        Screen::Day => "#/".to_owned(),
        Screen::Stop(order) => format!("#/stop/{order}"),
        Screen::Walk(order) => format!("#/door/{order}"),
        Screen::Outbox => "#/unsent".to_owned(),
        Screen::Enrol => "#/enrol".to_owned(),
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
