//! Photos: on the disk with the draft that names them, sent after the act that names them has arrived, and off the
//! tablet only at the office's word that it has the very bytes.

use super::{
    Draft, Entry, Exhibit, Parked, State, Step, Store, Tablet, TabletError,
    entries::{Photo, PhotoRecord},
    state::ParkedFact,
};
use curbstop_shared::{
    facts::FieldValue,
    ids::{DeviceId, OrderId},
    sync::{proofs, wire::Bytes},
    time::Micros,
    vocabulary::EvidenceKind,
};
use std::fmt::Write as _;

/// Photos of one stop that are worth their while; an act names at most 64 facts.
pub const PHOTOS_A_STOP: usize = 12;

/// A photo as the camera gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// SHA-256 of its bytes.
    pub sha256: Bytes,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Their media type.
    pub media_type: String,
}

/// The name of some bytes: their SHA-256 in hex, as the office's address for them has it.
#[must_use]
pub fn name_of(sha256: &Bytes) -> String {
    sha256.0.iter().fold(String::with_capacity(64), |mut name, byte| {
        let _always_written = write!(name, "{byte:02x}");
        name
    })
}

impl Tablet {
    /// The crew took a photo on a step: the draft names it, and its bytes are on the disk in the same transaction.
    ///
    /// # Errors
    /// [`TabletError::StepLeft`], [`TabletError::NoDraft`], [`TabletError::TooManyPhotos`], [`TabletError::Busy`].
    pub fn takes_photo(&mut self, order: OrderId, on: Step, photo: Taken, now: Micros) -> Result<Store, TabletError> {
        let draft = self.on_step(order, on)?;
        // The same picture twice, as of a test card: it is one photo, also where two stops name it.
        if draft.exhibits.iter().any(|known| known.sha256 == photo.sha256) {
            return self.begin(&[]);
        }
        if draft.exhibits.iter().filter(|known| known.what == EvidenceKind::Photo).count() >= PHOTOS_A_STOP {
            return Err(TabletError::TooManyPhotos);
        }
        self.keeps(draft, EvidenceKind::Photo, photo, Vec::new(), now)
    }

    /// Somebody signed on a step: the draft names the ink in the place of what was signed before, and goes on to the
    /// step that follows; its bytes are on the disk in the same transaction.
    ///
    /// # Errors
    /// As [`Self::takes_photo`].
    pub fn takes_signature(&mut self, order: OrderId, on: Step, ink: Taken, now: Micros) -> Result<Store, TabletError> {
        let before = self.on_step(order, on)?;
        let mut draft = before.clone();
        draft.forgets_signature();
        let mut dropped = self.dropped(&before, &draft);
        dropped.retain(|name| *name != name_of(&ink.sha256));
        self.goes_on(&mut draft, now)?;
        self.keeps(draft, EvidenceKind::Signature, ink, dropped, now)
    }

    fn keeps(
        &mut self,
        mut draft: Draft,
        what: EvidenceKind,
        taken: Taken,
        dropped: Vec<String>,
        now: Micros,
    ) -> Result<Store, TabletError> {
        let (order, name) = (draft.order, name_of(&taken.sha256));
        let is_known = self.state.photos.contains_key(&name);
        let size = i64::try_from(taken.bytes.len()).unwrap_or(i64::MAX);
        let Taken { sha256, bytes, media_type } = taken;
        draft.exhibits.push(Exhibit { what, sha256, size, media_type });
        let handed_in_as = self.state.routes.get(&draft.route).and_then(|route| route.leaving);
        let kept = Photo { name: name.clone(), order, size, taken_at: now, handed_in_as };
        let mut entries = vec![Entry::Draft(Box::new(draft))];
        entries.extend((!is_known).then_some(Entry::PhotoTaken(kept)));
        let mut store = self.lets_go(entries, dropped, Some(order))?;
        store.put_photos.extend((!is_known).then_some(PhotoRecord { name, bytes }));
        Ok(store)
    }

    /// Photos and signatures of this stop that its draft does not name any more.
    pub(super) fn dropped(&self, before: &Draft, draft: &Draft) -> Vec<String> {
        let gone = before.exhibits.iter().filter(|exhibit| !draft.exhibits.contains(exhibit));
        self.state.photos_of(draft.order, gone.map(|exhibit| &exhibit.sha256))
    }

    /// The crew throws a photo of an open stop away.
    ///
    /// # Errors
    /// [`TabletError::StepLeft`], [`TabletError::NoDraft`], [`TabletError::Busy`].
    pub fn drops_photo(&mut self, order: OrderId, on: Step, sha256: &Bytes) -> Result<Store, TabletError> {
        let mut draft = self.on_step(order, on)?;
        draft.exhibits.retain(|exhibit| exhibit.sha256 != *sha256);
        let names = self.state.photos_of(order, std::iter::once(sha256));
        self.lets_go(vec![Entry::Draft(Box::new(draft))], names, Some(order))
    }

    /// Stores entries, and lets photos go that nothing names any more. A picture that another open stop names as well
    /// becomes that one's; `left` is the stop whose draft does not count for that.
    pub(super) fn lets_go(
        &mut self,
        mut entries: Vec<Entry>,
        names: Vec<String>,
        left: Option<OrderId>,
    ) -> Result<Store, TabletError> {
        let mut gone = Vec::new();
        for name in names {
            let heir = self.state.drafts.values().find(|draft| Some(draft.order) != left && draft.names(&name));
            match (heir, self.state.photos.get(&name)) {
                (Some(heir), Some(photo)) => {
                    entries.push(Entry::PhotoTaken(Photo { order: heir.order, ..photo.clone() }));
                }
                _ => gone.push(name),
            }
        }
        entries.extend((!gone.is_empty()).then(|| Entry::PhotosGone { names: gone.clone() }));
        let mut store = self.begin(&entries)?;
        store.remove_photos = gone;
        Ok(store)
    }

    /// The next photo for the office: one whose act it has, oldest first; those that did not go through come after all
    /// others, the one tried last at the end.
    #[must_use]
    pub fn photo_to_send(&self) -> Option<&Photo> {
        let place = |photo: &&Photo| self.not_taken(&photo.name).map_or(0, |place| place + 1);
        self.state.photos_waiting().filter(|photo| self.act_has_arrived(photo)).min_by_key(place)
    }

    /// The address at the office for a photo of a tablet out of service, and what the device key has to sign for it.
    #[must_use]
    pub fn photo_door(photo: &Photo) -> Option<(DeviceId, String)> {
        photo.handed_in_as.map(|device| (device, proofs::hand_in_photo(&photo.name)))
    }

    /// Whether a photo waits that has not been tried in vain: then it is worth coming back soon.
    #[must_use]
    pub fn has_fresh_photo(&self) -> bool {
        self.photo_to_send().is_some_and(|photo| self.not_taken(&photo.name).is_none())
    }

    /// A photo did not go through, for another reason than that it was broken off. `is_unnamed`: the office says that no
    /// act that has arrived names it. Known until the app is closed.
    pub fn photo_not_taken(&mut self, name: &str, is_unnamed: bool) {
        self.photos_not_taken.retain(|(known, _)| known != name);
        self.photos_not_taken.push((name.to_owned(), is_unnamed));
    }

    fn not_taken(&self, name: &str) -> Option<usize> {
        self.photos_not_taken.iter().position(|(known, _)| known == name)
    }

    /// Whether the office has said that it has no act for this photo, and none is on this tablet either.
    #[must_use]
    pub fn office_has_no_act(&self, name: &str) -> bool {
        let is_said = self.photos_not_taken.iter().any(|(known, is_unnamed)| known == name && *is_unnamed);
        let is_here = |photo: &Photo| {
            !self.act_has_arrived(photo)
                || self.state.attention.iter().any(|parked| parked.order == photo.order)
                || self.state.drafts.values().any(|draft| draft.names(name))
        };
        is_said && self.state.photos.get(name).is_some_and(|photo| !is_here(photo))
    }

    /// The crew throws a photo away for which the office has no act. Where that has changed, it stays.
    ///
    /// # Errors
    /// [`TabletError::Busy`].
    pub fn throws_photo_away(&mut self, name: &str) -> Result<Store, TabletError> {
        if self.office_has_no_act(name) { self.photo_arrived(name) } else { self.begin(&[]) }
    }

    /// Whether nothing about the photo's stop waits to be sent: then its act is there, or a person decides on it.
    fn act_has_arrived(&self, photo: &Photo) -> bool {
        let waits =
            |order| self.state.routes.values().flat_map(|route| route.waiting()).any(|own| own.made.order == order);
        !waits(photo.order)
    }

    /// The office has the very bytes of a photo: they may go.
    ///
    /// # Errors
    /// [`TabletError::Busy`].
    pub fn photo_arrived(&mut self, name: &str) -> Result<Store, TabletError> {
        let names = vec![name.to_owned()];
        let mut store = self.begin(&[Entry::PhotosGone { names: names.clone() }])?;
        store.remove_photos = names;
        Ok(store)
    }
}

impl State {
    /// What makes every photo that this tablet holds one to be handed in.
    pub(super) fn photos_leave(&self, device: DeviceId, entries: &mut Vec<Entry>) {
        for photo in self.photos.values().filter(|photo| photo.handed_in_as.is_none()) {
            entries.push(Entry::PhotoTaken(Photo { handed_in_as: Some(device), ..photo.clone() }));
        }
    }

    /// Photos of an order that are to be handed in and are still here.
    #[must_use]
    pub fn photos_to_hand_in(&self, order: OrderId) -> usize {
        self.photos.values().filter(|photo| photo.order == order && photo.handed_in_as.is_some()).count()
    }

    /// The names of those of some photos that were taken for this order.
    pub(super) fn photos_of<'a>(&self, order: OrderId, hashes: impl Iterator<Item = &'a Bytes>) -> Vec<String> {
        let of_order = |name: &String| self.photos.get(name).is_some_and(|photo| photo.order == order);
        hashes.map(name_of).filter(of_order).collect()
    }

    /// What makes the photos of a draft that is saved its own, where they were taken for another stop first.
    pub(super) fn takes_over(&self, draft: &Draft) -> Vec<Entry> {
        let named = draft.exhibits.iter().filter_map(|exhibit| self.photos.get(&name_of(&exhibit.sha256)));
        let of_others = named.filter(|photo| photo.order != draft.order);
        of_others.map(|photo| Entry::PhotoTaken(Photo { order: draft.order, ..photo.clone() })).collect()
    }

    /// Photos of stops that are saved and that the office does not have, oldest first.
    pub fn photos_waiting(&self) -> impl Iterator<Item = &Photo> {
        let mut waiting: Vec<&Photo> = self.photos.values().filter(|photo| !self.is_of_a_draft(photo)).collect();
        waiting.sort_by_key(|photo| photo.taken_at);
        waiting.into_iter()
    }

    fn is_of_a_draft(&self, photo: &Photo) -> bool {
        self.drafts.get(&photo.order).is_some_and(|draft| draft.names(&photo.name))
    }
}

impl Draft {
    fn names(&self, photo: &str) -> bool {
        self.exhibits.iter().any(|exhibit| name_of(&exhibit.sha256) == photo)
    }
}

impl Parked {
    /// The hashes of the photos that a refused act names.
    pub(super) fn photos(&self) -> Vec<Bytes> {
        let hash = |fact: &ParkedFact| match fact.raw().fields.remove("sha256")? {
            FieldValue::Bytes(hash) => Some(hash),
            _ => None,
        };
        self.facts.iter().filter_map(hash).collect()
    }
}
