//! Photos on the tablet: there with the draft, gone only at the office's word.

use super::{
    crew::Crew,
    office::{Office, order_id},
};
use crate::core::{
    TabletError,
    photos::{PHOTOS_A_STOP, Taken, name_of},
    view,
};
use curbstop_shared::{facts::FactBody, sync::wire::Bytes};

fn photo(n: u8) -> Taken {
    Taken { sha256: Bytes(vec![n; 32]), bytes: vec![n; 100], media_type: "image/jpeg".into() }
}

impl Crew {
    fn photographs(&mut self, n: u8) {
        let on = self.draft(order_id(1)).step;
        self.run(|tablet, now, _| tablet.takes_photo(order_id(1), on, photo(n), now));
    }

    fn to_send(&self) -> Option<String> {
        self.tablet.photo_to_send(&[]).map(|photo| photo.name)
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
    assert_eq!(crew.tablet.photo_to_send(std::slice::from_ref(&name)), None, "once a round");
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
