//! Photos on the tablet: there with the draft, gone only at the office's word.

use super::{
    crew::Crew,
    office::{DEVICE, Office, order_id},
    out_of_service::{enrolled_as, hands_in},
};
use crate::core::{
    Ended, Tablet, TabletError,
    photos::{PHOTOS_A_STOP, Taken, name_of},
    view,
};
use curbstop_shared::{facts::FactBody, ids::DeviceId, sync::wire::Bytes};

fn photo(n: u8) -> Taken {
    Taken { sha256: Bytes(vec![n; 32]), bytes: vec![n; 100], media_type: "image/jpeg".into() }
}

impl Crew {
    fn photographs(&mut self, n: u8) {
        self.photographs_at(1, n);
    }

    fn photographs_at(&mut self, stop: u8, n: u8) {
        let order = order_id(stop.into());
        let on = self.draft(order).step;
        self.run(|tablet, now, _| tablet.takes_photo(order, on, photo(n), now));
    }

    fn saves_with_a_photo(&mut self, stop: u8, n: u8) {
        let order = order_id(stop.into());
        self.opens_the_act(order);
        self.photographs_at(stop, n);
        self.turns_off_and_reads(order, "036500");
    }

    fn to_send(&self) -> Option<String> {
        self.tablet.photo_to_send().map(|photo| photo.name.clone())
    }
}

#[test]
fn a_photo_is_sent_after_its_act_and_goes_when_the_office_has_it() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.opens_the_act(order_id(1));
    crew.photographs(1);
    crew.is_killed();
    assert_eq!(crew.draft(order_id(1)).exhibits.len(), 1, "it is named by what comes back after a kill");
    assert_eq!(crew.to_send(), None, "the stop is open: nothing names the photo at the office");
    crew.turns_off_and_reads(order_id(1), "036500");
    assert_eq!(crew.to_send(), None, "the act is not there yet");
    assert_eq!(crew.tablet.state().photos.len(), 1);
    assert_eq!(view::unsent(crew.tablet.state()).photos.len(), 1);
    crew.sync(&mut office);
    let names = |body: &FactBody| matches!(body, FactBody::Evidence(e) if e.sha256 == photo(1).sha256 && e.size == 100);
    assert_eq!(office.doc.facts().values().filter(|stored| names(&stored.raw.read().unwrap().body)).count(), 1);
    let name = name_of(&photo(1).sha256);
    assert_eq!(crew.to_send(), Some(name.clone()));
    crew.is_killed();
    assert_eq!(crew.to_send(), Some(name.clone()), "it waits for the office's word, whatever happens");
    crew.run(|tablet, _, _| tablet.photo_arrived(&name));
    crew.is_killed();
    assert!(crew.tablet.state().photos.is_empty());
    assert!(view::unsent(crew.tablet.state()).photos.is_empty());
}

#[test]
fn photos_that_no_act_names_go_with_their_stop() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.arrives(order_id(1));
    crew.photographs(1);
    crew.photographs(2);
    let on = crew.draft(order_id(1)).step;
    crew.run(|tablet, _, _| tablet.drops_photo(order_id(1), on, &photo(2).sha256));
    assert_eq!(crew.tablet.state().photos.len(), 1);
    let left = crew.tablet.leave(order_id(1)).unwrap();
    assert_eq!(left.remove_photos, [name_of(&photo(1).sha256)]);
    crew.tablet.store_failed(left.id);
    crew.run(|tablet, _, _| tablet.leave(order_id(1)));
    assert!(crew.tablet.state().photos.is_empty());
}

#[test]
fn the_same_picture_twice_is_one_photo_and_there_is_an_end_of_them() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.arrives(order_id(1));
    for n in 0..u8::try_from(PHOTOS_A_STOP).unwrap() {
        crew.photographs(n);
        crew.photographs(n.saturating_sub(1));
    }
    assert_eq!(crew.draft(order_id(1)).exhibits.len(), PHOTOS_A_STOP);
    let on = crew.draft(order_id(1)).step;
    let refused = crew.try_run(|tablet, now, _| tablet.takes_photo(order_id(1), on, photo(99), now)).unwrap_err();
    assert!(matches!(refused, TabletError::TooManyPhotos), "{refused}");
}

#[test]
fn a_photo_that_does_not_go_through_lets_the_others_pass_and_comes_again_after_them() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.saves_with_a_photo(1, 1);
    crew.later(5);
    crew.saves_with_a_photo(2, 2);
    crew.sync(&mut office);
    let [first, second] = [1, 2].map(|n| name_of(&photo(n).sha256));
    assert_eq!(crew.to_send(), Some(first.clone()), "the oldest");
    crew.tablet.photo_not_taken(&first, false);
    assert_eq!((crew.to_send(), crew.tablet.has_fresh_photo()), (Some(second.clone()), true));
    crew.tablet.photo_not_taken(&second, false);
    assert_eq!((crew.to_send(), crew.tablet.has_fresh_photo()), (Some(first.clone()), false), "later, at the pulse");
    crew.run(|tablet, _, _| tablet.photo_arrived(&first));
    assert_eq!(crew.to_send(), Some(second));
}

#[test]
fn a_photo_for_which_the_office_has_no_act_can_be_thrown_away_and_one_whose_act_is_here_can_not() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.saves_with_a_photo(1, 1);
    let name = name_of(&photo(1).sha256);
    crew.tablet.photo_not_taken(&name, true);
    assert!(!crew.tablet.office_has_no_act(&name), "its act waits on this tablet");
    crew.run(|tablet, _, _| tablet.throws_photo_away(&name));
    assert_eq!(view::unsent(crew.tablet.state()).photos.len(), 1);
    crew.sync(&mut office);
    crew.tablet.photo_not_taken(&name, false);
    assert!(!crew.tablet.office_has_no_act(&name), "the line was bad, no more than that");
    crew.tablet.photo_not_taken(&name, true);
    assert!(crew.tablet.office_has_no_act(&name), "the act was handed in and rejected, say");
    assert!(view::export(crew.tablet.state()).contains(&name), "what is not sent stands in the file for an emergency");
    assert_eq!(crew.to_send(), Some(name.clone()), "it is offered again: a person may still take the act in");
    let thrown = crew.tablet.throws_photo_away(&name).unwrap();
    assert_eq!(thrown.remove_photos, [name]);
    crew.write(&thrown);
    crew.is_killed();
    assert!(crew.tablet.state().photos.is_empty());
}

#[test]
fn a_refused_act_that_the_crew_has_settled_takes_its_photos_along_also_after_the_battery_died() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    office.refuses.insert(order_id(1));
    crew.saves_with_a_photo(1, 1);
    crew.saves_with_a_photo(2, 2);
    crew.sync(&mut office);
    crew.is_killed();
    crew.sync(&mut office);
    let name = name_of(&photo(1).sha256);
    crew.tablet.photo_not_taken(&name, true);
    assert!(!crew.tablet.office_has_no_act(&name), "the act needs the crew: nothing is thrown away by the way");
    let parked = crew.tablet.state().attention[0].clone();
    let settled = crew.tablet.settle_parked(parked.facts.iter().map(|fact| fact.id.clone()).collect()).unwrap();
    assert_eq!(settled.remove_photos, [name]);
    crew.tablet.stored(settled.id);
    assert_eq!(crew.to_send(), Some(name_of(&photo(2).sha256)), "the other stop's stays");
    assert_eq!(crew.tablet.state().photos.len(), 1);
}

/// A picture from the device's album, chosen at two stops.
#[test]
fn a_picture_that_two_stops_name_stays_for_the_other_when_one_is_left() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    let name = name_of(&photo(1).sha256);
    crew.arrives(order_id(1));
    crew.photographs_at(1, 1);
    crew.opens_the_act(order_id(2));
    crew.photographs_at(2, 1);
    let left = crew.tablet.leave(order_id(1)).unwrap();
    assert!(left.remove_photos.is_empty(), "the second stop names it");
    crew.write(&left);
    crew.is_killed();
    assert_eq!(crew.tablet.state().photos[&name].order, order_id(2));

    // Once more at a third, and the second is saved: leaving the third must not take it.
    crew.arrives(order_id(1));
    crew.photographs_at(1, 1);
    crew.turns_off_and_reads(order_id(2), "036500");
    crew.run(|tablet, _, _| tablet.leave(order_id(1)));
    crew.sync(&mut office);
    assert_eq!(crew.to_send(), Some(name));
}

#[test]
fn a_picture_first_taken_at_a_stop_that_is_left_later_belongs_to_the_stop_that_was_saved_with_it() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.arrives(order_id(1));
    crew.photographs_at(1, 1);
    crew.saves_with_a_photo(2, 1);
    let left = crew.tablet.leave(order_id(1)).unwrap();
    assert!(left.remove_photos.is_empty());
    crew.tablet.stored(left.id);
    crew.sync(&mut office);
    assert_eq!(crew.to_send(), Some(name_of(&photo(1).sha256)));
}

/// Out of service: its tokens are dead, and what it did is handed in under its own key. So are the photos of that work.
#[test]
fn a_tablet_out_of_service_hands_its_photos_in_after_their_act_and_says_so() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.saves_with_a_photo(1, 1);
    // At the next door when it happens, and photographed before and after.
    crew.opens_the_act(order_id(2));
    crew.photographs_at(2, 2);
    crew.run(|tablet, _, _| tablet.tie_ended(Ended::Revoked));
    crew.photographs_at(2, 3);
    assert_eq!(crew.to_send(), None, "its act comes first");
    let arrived = |crew: &Crew| {
        let told = view::handed_in(crew.tablet.state());
        told.iter().map(|(_, items)| view::handed_in_photos(crew.tablet.state(), items)).collect::<Vec<_>>()
    };
    hands_in(&mut crew);
    assert_eq!(arrived(&crew), [(0, 1)]);
    crew.later(1);
    crew.turns_off_and_reads(order_id(2), "036500");
    hands_in(&mut crew);
    crew.is_killed();
    assert!(crew.tablet.state().routes.is_empty());
    let waiting = view::unsent(crew.tablet.state()).photos;
    assert_eq!(waiting.iter().map(|photo| photo.number.as_str()).collect::<Vec<_>>(), ["T-1", "T-2", "T-2"]);
    assert_eq!(arrived(&crew), [(0, 2), (0, 1)], "the last receipt first");
    for _ in 0..3 {
        let photo = crew.tablet.photo_to_send().unwrap().clone();
        let (device, signed) = Tablet::photo_door(&photo).unwrap();
        assert_eq!((device, signed), (DEVICE, format!("curbstop-hand-in-photo:{}", photo.name)));
        crew.run(|tablet, _, _| tablet.photo_arrived(&photo.name));
    }
    assert_eq!((arrived(&crew), crew.to_send()), (vec![(2, 2), (1, 1)], None));
}

/// Given back under another id, it still owes the photos of its former life, and sends its own as ever.
#[test]
fn a_tablet_that_came_back_as_another_hands_in_its_former_photos_under_the_former_id() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    crew.saves_with_a_photo(1, 1);
    crew.sync(&mut office);
    crew.run(|tablet, now, _| tablet.enrolled(enrolled_as(DeviceId(uuid::Uuid::from_u128(0xd2))), now));
    crew.sync(&mut office);
    crew.sync(&mut office);
    crew.saves_with_a_photo(2, 2);
    crew.sync(&mut office);
    let mut doors = Vec::new();
    while let Some(photo) = crew.tablet.photo_to_send().cloned() {
        doors.push(Tablet::photo_door(&photo).map(|(device, _)| device));
        crew.run(|tablet, _, _| tablet.photo_arrived(&photo.name));
    }
    assert_eq!(doors, [Some(DEVICE), None]);
}

/// The office put right what stood in the way, and the tablet was started anew meanwhile.
#[test]
fn a_refused_act_with_a_photo_can_be_sent_again_after_a_restart() {
    let mut office = Office::new();
    let mut crew = Crew::of(&mut office);
    office.refuses.insert(order_id(1));
    crew.saves_with_a_photo(1, 1);
    crew.sync(&mut office);
    crew.is_killed();
    office.refuses.clear();
    let parked = crew.tablet.state().attention[0].clone();
    let facts: Vec<_> = parked.facts.iter().map(|fact| fact.id.clone()).collect();
    crew.run(|tablet, _, _| tablet.send_parked_again(&facts));
    crew.sync(&mut office);
    assert_eq!((crew.tablet.state().attention.len(), crew.tablet.unsent()), (0, 0));
    let names = |body: &FactBody| matches!(body, FactBody::Evidence(e) if e.sha256 == photo(1).sha256);
    assert!(office.doc.facts().values().any(|stored| names(&stored.raw.read().unwrap().body)));
    assert_eq!(crew.to_send(), Some(name_of(&photo(1).sha256)), "its photo follows");
}
