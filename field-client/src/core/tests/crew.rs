//! A crew with a tablet whose disk is a map: what it does at the door, in the trade's words.

use super::office::{DEVICE, MARIA, MORNING, Office};
use crate::core::{
    Chance, Draft, EnrolAnswer, Record, Step, Store, Tablet, TabletError,
    access::{Crew as CrewOf, Person},
    view::{self, Now},
};
use curbstop_shared::{
    ids::{CrewId, OrderId},
    sync::wire::{SyncRequest, SyncResponse},
    time::{Micros, Span},
    vocabulary::{Action, Met, Method, UnableCode},
};
use std::collections::BTreeMap;
use uuid::Uuid;

pub struct Crew {
    pub tablet: Tablet,
    pub disk: BTreeMap<String, Vec<u8>>,
    pub now: Micros,
    dice: Dice,
}

pub struct Dice(u64);

impl Chance for Dice {
    fn ten(&mut self) -> [u8; 10] {
        // A small xorshift: repeatable, and never the same twice.
        let mut bytes = [0; 10];
        for byte in &mut bytes {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            *byte = u8::try_from(self.0 & 0xff).unwrap();
        }
        bytes
    }
}

impl Crew {
    /// A crew that has just enrolled its tablet and chosen Maria's name.
    pub fn new(seed: u64) -> Self {
        let mut crew =
            Self { tablet: Tablet::default(), disk: BTreeMap::new(), now: MORNING, dice: Dice(seed * 2 + 1) };
        let answer = EnrolAnswer {
            device_id: DEVICE,
            access_token: "access".into(),
            refresh_token: "refresh".into(),
            expires_in_s: 900,
            crew: CrewOf { id: CrewId(Uuid::from_u128(0xc1)), name: "Truck 12".into() },
            people: vec![Person { id: MARIA, name: "Maria".into(), pin: None }],
            people_as_of: Micros(0),
        };
        crew.run(|tablet, now, _| tablet.enrolled(answer, now));
        crew.run(|tablet, _, _| tablet.sign_in(Some(MARIA)));
        crew
    }

    /// A crew that has loaded its route from this office.
    pub fn of(office: &mut Office) -> Self {
        let mut crew = Self::new(7);
        crew.sync(office);
        crew
    }

    pub fn later(&mut self, minutes: i64) {
        self.now = self.now + Span::minutes(minutes);
    }

    pub fn moment(&self) -> Now {
        Now { at: self.now, utc_offset: Span(0) }
    }

    /// Gives a command, writes what it wants written, and confirms it.
    pub fn run(&mut self, command: impl FnOnce(&mut Tablet, Micros, &mut Dice) -> Result<Store, TabletError>) {
        self.try_run(command).unwrap();
    }

    pub fn try_run(
        &mut self,
        command: impl FnOnce(&mut Tablet, Micros, &mut Dice) -> Result<Store, TabletError>,
    ) -> Result<(), TabletError> {
        let store = command(&mut self.tablet, self.now, &mut self.dice)?;
        self.write(&store);
        self.tablet.stored(store.id);
        Ok(())
    }

    pub fn write(&mut self, store: &Store) {
        for record in &store.put {
            let before = self.disk.insert(record.key.clone(), record.bytes.clone());
            assert!(before.is_none(), "key {} was written twice", record.key);
        }
        for key in &store.remove {
            assert!(self.disk.remove(key).is_some(), "key {key} was not there to remove");
        }
    }

    /// The app is killed and opened again: only what is on the disk is left.
    pub fn is_killed(&mut self) {
        let records = self.disk.iter().map(|(key, bytes)| Record { key: key.clone(), bytes: bytes.clone() }).collect();
        self.tablet = Tablet::load(records);
        assert!(self.tablet.state().damaged.is_empty(), "{:?}", self.tablet.state().damaged);
    }

    pub fn request(&self) -> SyncRequest {
        self.tablet.request(self.now, 0)
    }

    pub fn takes(&mut self, answer: &SyncResponse) {
        self.run(|tablet, now, _| tablet.answer(answer, now, now));
    }

    pub fn sync(&mut self, office: &mut Office) {
        let answer = office.answer(&self.request());
        self.takes(&answer);
    }

    pub fn draft(&self, order: OrderId) -> Draft {
        self.tablet.state().drafts[&order].clone()
    }

    pub fn notes_down(&mut self, order: OrderId, change: impl FnOnce(&mut Draft)) {
        let mut draft = self.draft(order);
        change(&mut draft);
        self.run(|tablet, _, _| tablet.keep(draft));
    }

    pub fn arrives(&mut self, order: OrderId) {
        self.run(|tablet, now, dice| tablet.arrive(order, now, dice));
    }

    /// Walks up to the act step and opens it.
    pub fn opens_the_act(&mut self, order: OrderId) {
        self.arrives(order);
        self.notes_down(order, |draft| {
            draft.lines[0].serial_seen = Some("0048-2201".into());
            draft.met = Some(Met::Nobody);
        });
        self.run(|tablet, now, _| tablet.open_act(order, Step::Act(0), now));
    }

    /// "It is off already: record it."
    pub fn says_it_is_off_already(&mut self, order: OrderId) {
        self.notes_down(order, |draft| draft.step = Step::Permit);
        let at = self.moment();
        self.run(|tablet, _, _| tablet.begin_work(order, Step::Permit, true, at, Box::new(|_| {})));
    }

    /// The same where it has not come to the door yet.
    pub fn says_it_was_turned_off(&mut self, order: OrderId, digits: &str) {
        self.arrives(order);
        self.notes_down(order, |draft| {
            draft.lines[0].serial_seen = Some("0048-2201".into());
            draft.met = Some(Met::Nobody);
        });
        self.says_it_is_off_already(order);
        self.turns_off_and_reads(order, digits);
    }

    pub fn turns_off_and_reads(&mut self, order: OrderId, digits: &str) {
        self.notes_down(order, |draft| {
            draft.lines[0].action = Some(Action::TurnedOff);
            draft.lines[0].method = Some(Method::CurbStopOff);
            draft.lines[0].digits = Some(digits.into());
            draft.step = Step::Summary;
        });
        self.run(|tablet, now, dice| tablet.save(order, now, dice));
    }

    pub fn turns_off(&mut self, order: OrderId) {
        self.opens_the_act(order);
        self.turns_off_and_reads(order, "036500");
    }

    pub fn is_stopped_by(&mut self, order: OrderId, code: UnableCode) {
        self.arrives(order);
        self.notes_down(order, |draft| draft.stopped_by = Some(code));
        self.run(|tablet, now, dice| tablet.save(order, now, dice));
    }

    pub fn day(&self) -> view::Day {
        view::day(self.tablet.state(), self.moment()).unwrap()
    }
}
