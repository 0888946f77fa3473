//! What a crew does at a stop, step by step as the tablet asks for it.

use super::Truck;
use curbstop_field::core::{
    Draft, Step,
    permit::{self, Asking},
    view::{self, Now},
};
use curbstop_shared::{
    evidence::reasons,
    go_code::GoCode,
    ids::OrderId,
    route_document::PublishedOrder,
    time::Span,
    vocabulary::{Action, Asked, EquipmentResult, IncidentKind, Met, Method, UnableCode},
};

impl Truck {
    /// Writes something down about the stop that is being worked.
    ///
    /// # Panics
    /// When no stop is, or the tablet refuses.
    pub fn notes_down(&mut self, order: OrderId, change: impl FnOnce(&mut Draft)) {
        let mut draft = self.tablet.state().drafts[&order].clone();
        change(&mut draft);
        self.run(|tablet, _, _| tablet.keep(draft));
    }

    /// At the door, meter found, nobody home, act step open: what is known now is what the crew knew.
    pub fn opens_the_act(&mut self, order: &PublishedOrder) {
        self.run(|tablet, now, dice| tablet.arrive(order.id, now, dice));
        let serials: Vec<_> = order.lines.iter().map(|line| line.serial.clone()).collect();
        self.notes_down(order.id, |draft| {
            for (line, serial) in draft.lines.iter_mut().zip(serials) {
                line.serial_seen = serial;
            }
            draft.met = Some(Met::Nobody);
        });
        self.run(|tablet, now, _| tablet.open_act(order.id, Step::Act(0), now));
    }

    /// The crew taps that it has turned the first line off, and how: from then on the service is off, whenever that is
    /// saved.
    pub fn taps_off(&mut self, order: &PublishedOrder) {
        let id = order.id;
        let deed = |draft: &mut Draft| {
            draft.lines[0].answers(Action::TurnedOff);
            draft.lines[0].method = Some(Method::CurbStopOff);
        };
        self.run(|tablet, now, _| tablet.note_down(id, Step::Act(0), now, Box::new(deed)));
    }

    /// The crew turns on again what it turned off, on the very order of the cut, and reads these digits.
    pub fn turns_on_again(&mut self, order: &PublishedOrder, digits: &str) {
        let at = Now { at: self.now(), utc_offset: Span::minutes(-7 * 60) };
        self.run(|tablet, _, dice| tablet.arrive_to_restore(order.id, at, dice));
        self.notes_down(order.id, |draft| {
            (draft.met, draft.step) = (Some(Met::Customer), Step::Door);
            draft.lines[0].serial_seen = order.lines[0].serial.clone();
        });
        self.run(|tablet, now, _| tablet.forward(order.id, Step::Door, now, Box::new(|_| {})));
        self.notes_down(order.id, |draft| {
            let line = &mut draft.lines[0];
            (line.action, line.method, line.safe) = (Some(Action::Restored), Some(Method::CurbStopOn), true);
            line.digits = Some(digits.to_owned());
        });
        self.saves(order.id);
    }

    /// Turns every line off, reads it, locks it, and saves.
    pub fn closes_the_act(&mut self, order: &PublishedOrder, digits: &str, lock: &str) {
        self.notes_down(order.id, |draft| {
            for line in &mut draft.lines {
                line.action = Some(Action::TurnedOff);
                line.method = Some(Method::CurbStopLocked);
                line.lock = Some(lock.to_owned());
                line.digits = Some(digits.to_owned());
                line.confirmed = true;
            }
            draft.step = Step::Summary;
        });
        self.saves(order.id);
    }

    /// Saves what was written down. What the order asks for and was not brought is excused: this crew's camera is
    /// broken, and its tablet knows no place.
    ///
    /// # Panics
    /// When the tablet refuses.
    pub fn saves(&mut self, order: OrderId) {
        self.notes_down(order, |draft| {
            for what in Asked::ALL {
                if let (None, Some(why)) = (draft.why_not(*what), reasons(*what).first()) {
                    draft.excuses(*what, Some(*why));
                }
            }
        });
        self.run(|tablet, now, dice| tablet.save(order, now, dice));
    }

    /// At the door with old data and no signal: what the crew reads out to dispatch, and the only answer that its tablet
    /// takes.
    ///
    /// # Panics
    /// When the tablet shows no digits.
    pub fn asks_by_phone(&mut self, order: &PublishedOrder) -> Asking {
        self.run(|tablet, now, dice| tablet.arrive(order.id, now, dice));
        let now = self.now();
        self.notes_down(order.id, |draft| draft.typed.asked_at = Some(now));
        let state = self.tablet.state();
        let draft = &state.drafts[&order.id];
        permit::asking(&state.routes[&draft.route], draft, now).expect("digits to read out")
    }

    /// The crew enters what dispatch read out.
    pub fn enters_the_code(&mut self, order: &PublishedOrder, heard: &str) {
        let digits = GoCode::read(heard).map(|code| code.digits().to_owned());
        self.notes_down(order.id, |draft| draft.go_code = digits);
    }

    /// Something happens to the crew there.
    pub fn reports(&mut self, order: &PublishedOrder, kind: IncidentKind, words: &str) {
        self.run(|tablet, now, dice| tablet.incident(order.id, (kind, words), now, dice));
    }

    /// A whole turn-off.
    pub fn turns_off(&mut self, order: &PublishedOrder, digits: &str, lock: &str) {
        self.opens_the_act(order);
        self.closes_the_act(order, digits, lock);
    }

    /// Whether the tablet lets its crew begin a cut there, as far as it knows now.
    ///
    /// # Panics
    /// When the tablet does not hold the order.
    #[must_use]
    pub fn may_begin_cut(&self, order: OrderId) -> bool {
        let now = Now { at: self.now(), utc_offset: Span::minutes(-7 * 60) };
        let stop = view::stop_in_full(self.tablet.state(), order, now).expect("the tablet holds it");
        stop.disposition.may_begin_cut
    }

    /// Somebody hands over a box that bears another serial than the order's, and the crew says that it really is another.
    pub fn takes_another_box(&mut self, order: &PublishedOrder, serial: &str) {
        self.run(|tablet, now, dice| tablet.arrive(order.id, now, dice));
        self.notes_down(order.id, |draft| {
            (draft.met, draft.step) = (Some(Met::Customer), Step::Summary);
            let line = &mut draft.lines[0];
            line.equipment = Some(EquipmentResult::Collected);
            (line.serial_seen, line.box_foreign) = (Some(serial.to_owned()), true);
        });
        self.saves(order.id);
    }

    /// The crew writes something down.
    pub fn writes_down(&mut self, order: &PublishedOrder, text: &str) {
        self.run(|tablet, now, dice| tablet.note(order.id, text, now, dice));
    }

    /// The work can't be done.
    pub fn is_stopped_by(&mut self, order: &PublishedOrder, code: UnableCode) {
        self.run(|tablet, now, dice| tablet.arrive(order.id, now, dice));
        self.notes_down(order.id, |draft| draft.stopped_by = Some(code));
        self.run(|tablet, now, dice| tablet.save(order.id, now, dice));
    }

    /// A whole restore: somebody is home, every line is turned on and read.
    pub fn turns_on(&mut self, order: &PublishedOrder) {
        self.opens_the_act(order);
        self.notes_down(order.id, |draft| {
            for line in &mut draft.lines {
                line.action = Some(Action::Restored);
                line.method = Some(Method::CurbStopOn);
                line.safe = true;
                line.digits = Some("036500".into());
                line.confirmed = true;
            }
        });
        self.saves(order.id);
    }

    /// What the tablet shows is read and tapped on: every recall that waits on top of the day. Returns how many.
    ///
    /// # Panics
    /// When the tablet has no route, or refuses.
    pub fn taps_on_recalls(&mut self) -> usize {
        let now = Now { at: self.now(), utc_offset: Span::minutes(-7 * 60) };
        let shown = view::day(self.tablet.state(), now).expect("a day");
        let of_houses = shown.restores.into_iter().flat_map(|restore| restore.unseen);
        let recalls = shown.recalls.into_iter().map(|recall| (recall.stop.order.id, recall.fact));
        let recalls: Vec<_> = of_houses.chain(recalls).collect();
        for (order, fact) in &recalls {
            self.run(|tablet, now, dice| tablet.acknowledge(*order, fact, now, dice));
        }
        recalls.len()
    }
}
