//! Who of the crew holds the tablet, as the real one checks it.

use super::Truck;
use aws_lc_rs::pbkdf2;
use curbstop_field::core::Person;
use curbstop_shared::{
    ids::PersonId,
    pin::PinCheck,
    sync::wire::{CrewPeople, SyncResponse},
    time::Micros,
};
use std::num::NonZeroU32;

/// What a browser derives from a PIN.
///
/// # Panics
/// When a verifier asks for no rounds.
#[must_use]
pub fn derive(pin: &str, check: &PinCheck) -> Vec<u8> {
    let mut derived = vec![0; 32];
    let rounds = NonZeroU32::new(check.rounds).expect("some rounds");
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &check.salt.0, pin.as_bytes(), &mut derived);
    derived
}

impl Truck {
    /// A person of the crew, as this tablet knows them.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn rider(&self, name: &str) -> PersonId {
        let people = &self.tablet.state().enrolment.as_ref().expect("enrolled").people;
        people.iter().find(|person| person.name == name).unwrap_or_else(|| panic!("no {name} in {people:?}")).id
    }

    /// Somebody gives a PIN; whether it was the right one.
    pub fn gives_pin(&mut self, name: &str, pin: &str) -> bool {
        let person = self.rider(name);
        let check = self.tablet.state().rider(person).and_then(|person| person.pin.clone()).expect("has a PIN");
        self.tablet.lock();
        self.run(|tablet, _, _| tablet.gives_pin(person, &derive(pin, &check), Micros(0)));
        !self.tablet.state().asks_who()
    }

    /// Somebody goes on without their PIN.
    pub fn goes_on_without_pin(&mut self, name: &str) {
        let person = self.rider(name);
        self.run(|tablet, _, _| tablet.goes_on_without_pin(person));
    }

    /// Somebody without a PIN says who they are.
    pub fn is_held_by(&mut self, name: &str) {
        let person = self.rider(name);
        self.run(|tablet, _, _| tablet.sign_in(Some(person)));
    }

    /// Somebody's name stands on what is done from here on, whether or not the tablet would let them choose it.
    ///
    /// # Panics
    /// When it is no id.
    pub fn is_held_by_id(&mut self, person: &str) {
        let id: PersonId = person.parse().expect("a person's id");
        let mut enrolment = self.tablet.state().enrolment.clone().expect("enrolled");
        if enrolment.people.iter().all(|known| known.id != id) {
            enrolment.people.push(Person { id, name: "somebody".to_owned(), pin: None });
        }
        enrolment.people.iter_mut().filter(|known| known.id == id).for_each(|known| known.pin = None);
        let people = CrewPeople { as_of: enrolment.people_as_of, people: enrolment.people };
        let docs = Vec::new();
        let (now, gone, blobs_wanted) = (self.now(), Vec::new(), Vec::new());
        let answer = SyncResponse { v: 1, now, docs, gone, blobs_wanted, people: Some(people) };
        self.run(|tablet, now, _| tablet.answer(&answer, now, now));
        self.run(|tablet, _, _| tablet.sign_in(Some(id)));
    }
}
