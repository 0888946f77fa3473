//! Photos: on the disk with the draft that names them, sent after the act that names them has arrived, and off the
//! tablet only at the office's word that it has the very bytes.

use super::{
    Entry, Exhibit, State, Step, Store, Tablet, TabletError,
    entries::{Photo, PhotoRecord},
};
use curbstop_shared::{ids::OrderId, sync::wire::Bytes, time::Micros, vocabulary::EvidenceKind};
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
        let mut draft = self.on_step(order, on)?;
        let name = name_of(&photo.sha256);
        // The same picture twice, as of a test card: it is one photo, also where two stops name it.
        if draft.exhibits.iter().any(|known| known.sha256 == photo.sha256) {
            return self.begin(&[]);
        }
        let is_known = self.state.photos.contains_key(&name);
        if draft.exhibits.len() >= PHOTOS_A_STOP {
            return Err(TabletError::TooManyPhotos);
        }
        let size = i64::try_from(photo.bytes.len()).unwrap_or(i64::MAX);
        let Taken { sha256, bytes, media_type } = photo;
        draft.exhibits.push(Exhibit { what: EvidenceKind::Photo, sha256, size, media_type });
        let kept = Photo { name: name.clone(), order, size, taken_at: now };
        let mut entries = vec![Entry::Draft(Box::new(draft))];
        entries.extend((!is_known).then_some(Entry::PhotoTaken(kept)));
        let mut store = self.begin(&entries)?;
        store.put_photos.extend((!is_known).then_some(PhotoRecord { name, bytes }));
        Ok(store)
    }

    /// The crew throws a photo of an open stop away.
    ///
    /// # Errors
    /// [`TabletError::StepLeft`], [`TabletError::NoDraft`], [`TabletError::Busy`].
    pub fn drops_photo(&mut self, order: OrderId, on: Step, sha256: &Bytes) -> Result<Store, TabletError> {
        let mut draft = self.on_step(order, on)?;
        draft.exhibits.retain(|exhibit| exhibit.sha256 != *sha256);
        let names = self.state.photos_of(order, std::iter::once(sha256));
        let mut store = self.begin(&[Entry::Draft(Box::new(draft)), Entry::PhotosGone { names: names.clone() }])?;
        store.remove_photos = names;
        Ok(store)
    }

    /// The next photo for the office: one whose act it has. `tried` are those that this round has tried already.
    #[must_use]
    pub fn photo_to_send(&self, tried: &[String]) -> Option<Photo> {
        self.state.photos_waiting().find(|photo| !tried.contains(&photo.name) && self.act_has_arrived(photo)).cloned()
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
        let mut store = self.begin(&[Entry::PhotosGone { names: vec![name.to_owned()] }])?;
        store.remove_photos.push(name.to_owned());
        Ok(store)
    }
}

impl State {
    /// The names of those of some photos that were taken for this order.
    pub(super) fn photos_of<'a>(&self, order: OrderId, hashes: impl Iterator<Item = &'a Bytes>) -> Vec<String> {
        let of_order = |name: &String| self.photos.get(name).is_some_and(|photo| photo.order == order);
        hashes.map(name_of).filter(of_order).collect()
    }

    /// Photos of stops that are saved and that the office does not have, oldest first.
    pub fn photos_waiting(&self) -> impl Iterator<Item = &Photo> {
        let mut waiting: Vec<&Photo> = self.photos.values().filter(|photo| !self.is_of_a_draft(photo)).collect();
        waiting.sort_by_key(|photo| photo.taken_at);
        waiting.into_iter()
    }

    fn is_of_a_draft(&self, photo: &Photo) -> bool {
        let draft = self.drafts.get(&photo.order);
        draft.is_some_and(|draft| draft.exhibits.iter().any(|exhibit| name_of(&exhibit.sha256) == photo.name))
    }
}
