//! What the order asks for: a photo, a signature, where it was; and what a crew says that can't bring it.

use super::{
    at_the_door::facts_on,
    crew::Crew,
    office::{Office, header, order},
};
use crate::core::{
    Draft, Lacking, Step, TabletError,
    photos::{Taken, name_of},
    walk::{Position, scanned},
};
use curbstop_shared::{
    facts::FactBody,
    ids::OrderId,
    route_document::{PublishedLine, PublishedOrder},
    sync::wire::Bytes,
    vocabulary::{Action, Asked, EquipmentResult, EvidenceKind, Met, Method, NotTakenWhy, OrderKind, UnableCode},
};

fn asking(kind: OrderKind, asks_for: &str) -> PublishedOrder {
    PublishedOrder { asks_for: Some(asks_for.into()), ..order(1, kind) }
}

fn pick_up() -> PublishedOrder {
    let order = asking(OrderKind::EquipmentPickup, "signature");
    let line = PublishedLine { dials: None, serial: Some("TG-1".into()), ..order.lines[0].clone() };
    PublishedOrder { lines: vec![line], ..order }
}

fn crew_of(order: &PublishedOrder) -> (Crew, Office) {
    let mut office = Office::publishing(&header(), std::slice::from_ref(order));
    (Crew::of(&mut office), office)
}

fn taken(n: u8, media_type: &str) -> Taken {
    Taken { sha256: Bytes(vec![n; 32]), bytes: vec![n; 100], media_type: media_type.into() }
}

impl Crew {
    fn signs(&mut self, order: OrderId, n: u8) {
        self.run(|tablet, now, _| tablet.takes_signature(order, Step::Sign, taken(n, "image/png"), now));
    }

    fn lacks_on_saving(&mut self, order: OrderId) -> Lacking {
        match self.try_run(|tablet, now, dice| tablet.save(order, now, dice)) {
            Err(TabletError::Incomplete(lacking)) => lacking,
            other => panic!("{other:?}"),
        }
    }

    /// At the door of a pick-up, where this person opened, with one box in hand.
    fn collects(&mut self, order: OrderId, met: Met) {
        self.arrives(order);
        self.notes_down(order, |draft| draft.step = Step::Door);
        self.run(|tablet, now, _| tablet.forward(order, Step::Door, now, Box::new(move |draft| draft.met = Some(met))));
        self.says_of_the_box(order, EquipmentResult::Collected);
    }

    fn says_of_the_box(&mut self, order: OrderId, result: EquipmentResult) {
        let say = move |draft: &mut Draft| {
            let line = &mut draft.lines[0];
            (line.equipment, line.serial_seen) = (Some(result), Some("TG-1".into()));
        };
        self.run(|tablet, now, _| tablet.forward(order, Step::Equipment(0), now, Box::new(say)));
    }
}

/// What was brought, and what was not and why.
fn brought(crew: &Crew) -> (Vec<EvidenceKind>, Vec<(Asked, NotTakenWhy)>) {
    let facts = facts_on(crew);
    let bodies = || facts.iter().map(|fact| &fact.body);
    let evidence = bodies().filter_map(|body| match body {
        FactBody::Evidence(evidence) => Some(evidence.what),
        _ => None,
    });
    let not = bodies().filter_map(|body| match body {
        FactBody::NotTaken(not) => Some((not.what, not.why)),
        _ => None,
    });
    (evidence.collect(), not.collect())
}

#[test]
fn a_cut_that_asks_for_a_photo_and_its_place_is_saved_with_them_or_with_a_reason_for_each() {
    let cut = asking(OrderKind::TurnOff, "photo,position,reading");
    let (mut crew, mut office) = crew_of(&cut);
    crew.opens_the_act(cut.id);
    crew.notes_down(cut.id, |draft| {
        (draft.lines[0].action, draft.lines[0].method) = (Some(Action::TurnedOff), Some(Method::CurbStopOff));
        (draft.lines[0].digits, draft.step) = (Some("036500".into()), Step::Summary);
    });
    assert_eq!(crew.lacks_on_saving(cut.id), Lacking::Photo);
    let broken = |draft: &mut Draft| draft.excuses(Asked::Photo, Some(NotTakenWhy::CameraBroken));
    crew.run(|tablet, now, _| tablet.note_down(cut.id, Step::Summary, now, Box::new(broken)));
    crew.is_killed();
    assert_eq!(crew.lacks_on_saving(cut.id), Lacking::Position);
    let here = Position { lat_e7: 1, lon_e7: 2, accuracy_m: 5, fix_age_s: 0 };
    crew.notes_down(cut.id, |draft| draft.position = Some(here));
    crew.run(|tablet, now, dice| tablet.save(cut.id, now, dice));
    assert_eq!(brought(&crew), (vec![], vec![(Asked::Photo, NotTakenWhy::CameraBroken)]));
    crew.sync(&mut office);
    assert_eq!(crew.tablet.unsent(), 0, "the gate takes it: {:?}", crew.tablet.state().attention);
}

#[test]
fn a_photo_that_comes_after_the_excuse_makes_the_excuse_forgotten() {
    let notice = asking(OrderKind::DoorNotice, "photo");
    let (mut crew, _) = crew_of(&notice);
    crew.arrives(notice.id);
    crew.notes_down(notice.id, |draft| {
        (draft.met, draft.step) = (Some(Met::Nobody), Step::Summary);
        draft.lines[0].action = Some(Action::None);
        draft.excuses(Asked::Photo, Some(NotTakenWhy::TooDark));
    });
    crew.run(|tablet, now, _| tablet.takes_photo(notice.id, Step::Summary, taken(1, "image/jpeg"), now));
    crew.run(|tablet, now, dice| tablet.save(notice.id, now, dice));
    assert_eq!(brought(&crew), (vec![EvidenceKind::Photo], vec![]));
}

#[test]
fn work_that_was_stopped_is_asked_for_nothing_and_an_order_of_before_neither() {
    let cut = asking(OrderKind::TurnOff, "photo,position,signature,reading");
    let (mut crew, _) = crew_of(&cut);
    crew.arrives(cut.id);
    crew.notes_down(cut.id, |draft| (draft.met, draft.stopped_by) = (Some(Met::Nobody), Some(UnableCode::Dog)));
    crew.run(|tablet, now, dice| tablet.save(cut.id, now, dice));
    assert_eq!(brought(&crew), (vec![], vec![]));
    let (mut crew, _) = crew_of(&order(1, OrderKind::TurnOff));
    crew.turns_off(cut.id);
    assert_eq!(brought(&crew), (vec![], vec![]));
}

#[test]
fn what_was_said_about_a_missing_photo_stays_said_where_the_work_is_stopped_after_it() {
    let cut = asking(OrderKind::TurnOff, "photo,position,signature,reading");
    let (mut crew, mut office) = crew_of(&cut);
    crew.opens_the_act(cut.id);
    crew.notes_down(cut.id, |draft| {
        draft.excuses(Asked::Photo, Some(NotTakenWhy::CameraBroken));
        draft.excuses(Asked::Position, Some(NotTakenWhy::NoFix));
        (draft.met, draft.stopped_by) = (Some(Met::Nobody), Some(UnableCode::ProofShown));
    });
    crew.run(|tablet, now, dice| tablet.save(cut.id, now, dice));
    let said = vec![(Asked::Photo, NotTakenWhy::CameraBroken), (Asked::Position, NotTakenWhy::NoFix)];
    assert_eq!(brought(&crew), (vec![], said));
    crew.sync(&mut office);
    assert_eq!(crew.tablet.unsent(), 0, "the gate takes it: {:?}", crew.tablet.state().attention);
}

#[test]
fn who_is_to_be_turned_back_on_waits_for_no_photo_of_the_cut() {
    let cut = asking(OrderKind::TurnOff, "photo,position,signature,reading");
    let (mut crew, mut office) = crew_of(&cut);
    crew.opens_the_act(cut.id);
    crew.notes_down(cut.id, |draft| {
        draft.excuses(Asked::Photo, Some(NotTakenWhy::CameraBroken));
        draft.excuses(Asked::Position, Some(NotTakenWhy::NoFix));
    });
    crew.turns_off_and_reads(cut.id, "036500");
    office.pays(cut.id);
    crew.sync(&mut office);
    let at = crew.moment();
    crew.run(|tablet, _, dice| tablet.arrive_to_restore(cut.id, at, dice));
    let draft = crew.draft(cut.id);
    let worked = crew.tablet.published_for(&draft).unwrap().2;
    assert!(Asked::ALL.iter().all(|what| !draft.misses(&worked, *what)), "{worked:?}");
    assert!(!draft.steps(&worked).contains(&Step::Sign));
}

#[test]
fn the_customer_signs_for_the_boxes_and_what_was_signed_is_kept_like_a_photo() {
    let pick_up = pick_up();
    let (mut crew, mut office) = crew_of(&pick_up);
    crew.collects(pick_up.id, Met::Customer);
    assert_eq!(crew.draft(pick_up.id).step, Step::Sign);
    assert_eq!(crew.draft(pick_up.id).lacking(&pick_up), Some((Step::Sign, Lacking::Signature)));
    crew.signs(pick_up.id, 1);
    crew.is_killed();
    assert_eq!(crew.draft(pick_up.id).step, Step::Summary, "the ink and the next step are one store");
    assert_eq!(crew.draft(pick_up.id).exhibits[0].media_type, "image/png");

    // Signed again: the first ink goes.
    crew.notes_down(pick_up.id, |draft| draft.step = Step::Sign);
    let anew = crew.tablet.takes_signature(pick_up.id, Step::Sign, taken(2, "image/png"), crew.now).unwrap();
    assert_eq!(anew.remove_photos, [name_of(&taken(1, "").sha256)]);
    crew.write(&anew);
    crew.tablet.stored(anew.id);
    crew.run(|tablet, now, dice| tablet.save(pick_up.id, now, dice));
    assert_eq!(brought(&crew), (vec![EvidenceKind::Signature], vec![]));
    crew.sync(&mut office);
    assert_eq!(crew.tablet.photo_to_send().map(|ink| ink.name.clone()), Some(name_of(&taken(2, "").sha256)));
}

/// Signed for a box that was collected; then the crew finds that it was not there.
#[test]
fn what_was_signed_does_not_stand_under_another_receipt() {
    let pick_up = pick_up();
    let (mut crew, _) = crew_of(&pick_up);
    crew.collects(pick_up.id, Met::Adult);
    crew.signs(pick_up.id, 1);
    crew.notes_down(pick_up.id, |draft| draft.step = Step::Equipment(0));
    crew.says_of_the_box(pick_up.id, EquipmentResult::Collected);
    assert!(crew.draft(pick_up.id).has(EvidenceKind::Signature), "nothing has changed");
    crew.notes_down(pick_up.id, |draft| draft.step = Step::Equipment(0));
    let missing = |draft: &mut Draft| draft.lines[0].equipment = Some(EquipmentResult::Missing);
    let store = crew.tablet.forward(pick_up.id, Step::Equipment(0), crew.now, Box::new(missing)).unwrap();
    assert_eq!(store.remove_photos, [name_of(&taken(1, "").sha256)], "no ink lies about that nothing names");
    crew.write(&store);
    crew.tablet.stored(store.id);
    assert_eq!(crew.draft(pick_up.id).lacking(&pick_up), Some((Step::Sign, Lacking::Signature)));
}

#[test]
fn nobody_is_made_to_sign_and_no_child_is_asked() {
    for (met, why) in [(Met::Minor, NotTakenWhy::MinorOnly), (Met::Nobody, NotTakenWhy::Nobody)] {
        let pick_up = pick_up();
        let (mut crew, _) = crew_of(&pick_up);
        crew.collects(pick_up.id, met);
        assert_eq!(crew.draft(pick_up.id).step, Step::Summary, "{met}: the walk asks for no signature");
        crew.run(|tablet, now, dice| tablet.save(pick_up.id, now, dice));
        assert_eq!(brought(&crew), (vec![], vec![(Asked::Signature, why)]));
    }
    let pick_up = pick_up();
    let (mut crew, mut office) = crew_of(&pick_up);
    crew.collects(pick_up.id, Met::Customer);
    let refuses = |draft: &mut Draft| draft.excuses(Asked::Signature, Some(NotTakenWhy::Refused));
    crew.run(|tablet, now, _| tablet.forward(pick_up.id, Step::Sign, now, Box::new(refuses)));
    crew.run(|tablet, now, dice| tablet.save(pick_up.id, now, dice));
    assert_eq!(brought(&crew), (vec![], vec![(Asked::Signature, NotTakenWhy::Refused)]));
    crew.sync(&mut office);
    assert_eq!(crew.tablet.unsent(), 0, "{:?}", crew.tablet.state().attention);
}

#[test]
fn somebody_signs_that_the_taps_are_closed_before_the_water_comes() {
    let back_on = asking(OrderKind::Reconnect, "signature,reading");
    let (mut crew, _) = crew_of(&back_on);
    crew.arrives(back_on.id);
    use Step::{Act, Door, Meter, Place, Reading, Sign, Summary};
    assert_eq!(crew.draft(back_on.id).steps(&back_on), [Place, Meter(0), Door, Sign, Act(0), Reading(0), Summary]);
    crew.notes_down(back_on.id, |draft| (draft.met, draft.step) = (Some(Met::Customer), Step::Sign));
    crew.signs(back_on.id, 1);
    let draft = crew.draft(back_on.id);
    assert_eq!(draft.step, Act(0));
    assert_eq!(draft.opened.map(|opened| opened.at), Some(crew.now), "the work begins on what is known now");
}

#[test]
fn an_order_that_wants_no_reading_shows_no_dials() {
    let (crew, _) = crew_of(&order(2, OrderKind::TurnOff));
    let steps = |asks_for: Option<&str>| {
        let order = PublishedOrder { asks_for: asks_for.map(str::to_owned), ..order(1, OrderKind::TurnOff) };
        Draft::begin(&order, super::office::ROUTE, "01J00000000000000000000000".parse().unwrap(), crew.now)
            .steps(&order)
    };
    assert!(steps(None).contains(&Step::Reading(0)));
    assert!(!steps(Some("photo")).contains(&Step::Reading(0)));
    assert_eq!(steps(Some("signature")).iter().rev().nth(1), Some(&Step::Sign), "a utility may want a cut signed");
}

#[test]
fn of_several_codes_on_a_label_the_serial_that_belongs_here_is_taken() {
    let expected = [String::from("0048-2201")];
    assert_eq!(scanned("ERT 55512\n 00482201 \n", &expected).as_deref(), Some("00482201"));
    assert_eq!(scanned("77\u{1d}31", &expected).as_deref(), Some("7731"), "what is there, for the check to question");
    assert_eq!(scanned(" \n", &expected), None);
    assert_eq!(scanned(&"9".repeat(99), &expected).map(|serial| serial.len()), Some(40));
}
