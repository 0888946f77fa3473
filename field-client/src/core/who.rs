//! Who of the crew holds the tablet. All of it works without the office, and nothing of it locks work away: a PIN that
//! was forgotten is gone on without, and the facts say so.
//!
//! The waits after wrong PINs are counted on the page's own clock, which nobody sets: a device clock that is moved
//! neither shortens nor lengthens them, and an app that is started anew begins the wait anew.

use super::{
    Entry, Store, Tablet, TabletError,
    access::{Enrolment, Person},
    state::State,
};
use curbstop_shared::{
    facts::Fact,
    ids::PersonId,
    pin::{PinCheck, wait_after},
    sync::wire::CrewPeople,
    time::{Micros, Span},
};

/// A tablet that nobody touches for so long is on a seat or in other hands.
const UNTOUCHED: Span = Span::minutes(10);

/// When the tablet was last touched, on two clocks: the device's goes on while it sleeps, and nobody sets the page's.
#[derive(Debug, Clone, Copy, Default)]
pub struct Touched {
    device: Micros,
    page: Micros,
}

impl Touched {
    /// It is touched.
    pub const fn is(&mut self, device: Micros, page: Micros) {
        (self.device, self.page) = (device, page);
    }

    /// Whether that is too long ago.
    #[must_use]
    pub fn long_ago(&self, device: Micros, page: Micros) -> bool {
        (device - self.device).0.max((page - self.page).0) >= UNTOUCHED.0
    }
}

impl State {
    /// A person of the crew.
    #[must_use]
    pub fn rider(&self, person: PersonId) -> Option<&Person> {
        self.enrolment.as_ref()?.people.iter().find(|known| known.id == person)
    }

    /// Whoever holds the tablet, as far as they said.
    #[must_use]
    pub fn holder(&self) -> Option<&Person> {
        self.rider(self.person?)
    }

    /// Whether it is asked who holds the tablet, instead of anything else. A crew without PINs is asked once.
    #[must_use]
    pub fn asks_who(&self) -> bool {
        let Some(enrolment) = &self.enrolment else { return false };
        self.person.is_none() || (!self.open && enrolment.people.iter().any(|person| person.pin.is_some()))
    }
}

impl Tablet {
    /// Somebody without a PIN says who they are, or somebody signs out.
    ///
    /// # Errors
    /// [`TabletError::NotOfThisCrew`], [`TabletError::PinNeeded`], [`TabletError::NotEnrolled`], [`TabletError::Busy`].
    pub fn sign_in(&mut self, person: Option<PersonId>) -> Result<Store, TabletError> {
        match person {
            Some(person) if self.check_of(person)?.is_some() => Err(TabletError::PinNeeded),
            _ => self.begin(&[Entry::SignedIn { person, without_pin: false }]),
        }
    }

    /// Somebody says who they are and does not give their PIN: always possible, and on every fact from then on.
    ///
    /// # Errors
    /// [`TabletError::NotOfThisCrew`], [`TabletError::NotEnrolled`], [`TabletError::Busy`].
    pub fn goes_on_without_pin(&mut self, person: PersonId) -> Result<Store, TabletError> {
        let without_pin = self.check_of(person)?.is_some();
        self.begin(&[Entry::SignedIn { person: Some(person), without_pin }])
    }

    /// Somebody says who they are with their PIN, of which the browser derived these bytes. Whether it was the right one is
    /// what [`State::asks_who`] says once this is stored. `page` is on a clock that nobody sets.
    ///
    /// # Errors
    /// [`TabletError::PinMustWait`], [`TabletError::NotOfThisCrew`], [`TabletError::NotEnrolled`], [`TabletError::Busy`].
    pub fn gives_pin(&mut self, person: PersonId, derived: &[u8], page: Micros) -> Result<Store, TabletError> {
        if self.pin_wait(person, page) > Span::default() {
            return Err(TabletError::PinMustWait);
        }
        let wrong = self.state.wrong_pins.get(&person).copied().unwrap_or(0);
        if self.check_of(person)?.is_none_or(|check| check.is_of(derived)) {
            let mut entries = vec![Entry::SignedIn { person: Some(person), without_pin: false }];
            if wrong > 0 {
                entries.push(Entry::WrongPins { person, count: 0 });
            }
            return self.begin(&entries);
        }
        let store = self.begin(&[Entry::WrongPins { person, count: wrong.saturating_add(1) }])?;
        self.wrong_pins_at.insert(person, page);
        Ok(store)
    }

    /// How long nobody may try another PIN of this person.
    #[must_use]
    pub fn pin_wait(&self, person: PersonId, page: Micros) -> Span {
        let wrong = self.state.wrong_pins.get(&person).copied().unwrap_or(0);
        // Of before the app's start it is not known how much was waited: all of it is waited again.
        let since = self.wrong_pins_at.get(&person).copied().unwrap_or_default();
        Span((wait_after(wrong).0 - (page - since).0).max(0))
    }

    /// From here on it is asked who holds the tablet. Nothing that was begun goes.
    pub const fn lock(&mut self) {
        self.state.open = false;
        // What is being written must not open it again.
        if let Some(pending) = &mut self.pending {
            pending.state.open = false;
        }
    }

    /// The disk was read anew under the eyes of whoever holds the tablet: they are not asked again.
    pub fn goes_on_from(&mut self, before: &Self) {
        self.state.open = before.state.open && before.state.person == self.state.person;
        self.wrong_pins_at = before.wrong_pins_at.clone();
    }

    /// What a fact says of how its author signed in.
    pub(super) const fn signs(&self, fact: &mut Fact) {
        fact.without_pin = fact.header.is_some() && self.state.without_pin;
    }

    /// The list of people that the office is told this tablet has: once, until another has come.
    pub(super) fn people_to_say(&self) -> Option<Micros> {
        let has = Some(self.state.enrolment.as_ref()?.people_as_of);
        if self.people_said.replace(has) == has { None } else { has }
    }

    /// The crew's people as the office knows them now. Whoever got another PIN has had no wrong one of it.
    pub(super) fn takes_people(&self, came: &CrewPeople) -> Vec<Entry> {
        let Some(before) = &self.state.enrolment else { return Vec::new() };
        self.people_said.set(None);
        let anew = |person: &&Person| self.state.rider(person.id).is_none_or(|known| known.pin != person.pin);
        let counted = |person: &&Person| self.state.wrong_pins.get(&person.id).is_some();
        let fresh = came.people.iter().filter(counted).filter(anew);
        let mut entries: Vec<Entry> = fresh.map(|person| Entry::WrongPins { person: person.id, count: 0 }).collect();
        let (people, people_as_of) = (came.people.clone(), came.as_of);
        entries.push(Entry::Enrolled(Enrolment { people, people_as_of, ..before.clone() }));
        entries
    }

    fn check_of(&self, person: PersonId) -> Result<Option<&PinCheck>, TabletError> {
        let enrolment = self.state.enrolment.as_ref().ok_or(TabletError::NotEnrolled)?;
        let known = enrolment.people.iter().find(|known| known.id == person);
        Ok(known.ok_or(TabletError::NotOfThisCrew)?.pin.as_ref())
    }
}
