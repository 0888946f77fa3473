//! The tablet without screen, disk and network: what it knows, what it has to store, what it has to send.
//!
//! Everything that changes the tablet is an [`Entry`]. A command works out its entries, hands them out as a [`Store`]
//! to be written in one transaction, and takes effect when the writer says [`Tablet::stored`]: before that nothing is
//! "saved", nothing is sent, and a tablet that is killed comes back as if the command had not been given.
//! [`Tablet::load`] folds the same entries again.
//!
//! ```text
//! command(now, chance) -> Store { put, remove }  -> disk -> stored(id) | store_failed(id)
//! request(now)         -> SyncRequest            -> wire -> answer(response, now) -> Store
//! ```
//! | module | what it is about |
//! | --- | --- |
//! | [`entries`] | what is written to the disk, and its append-only keys |
//! | [`state`] | what the entries add up to |
//! | [`route`], [`said`] | a route's document, and what it says, read once |
//! | [`walk`], [`taps`] | the steps at the door, their draft, and what a tap on one does |
//! | [`act`], `visit_facts`, `spoken` | saving what was done as one change at the heads of its opening |
//! | [`permit`] | may a cut begin on data of this age |
//! | [`exchange`] | one request, one answer |
//! | [`in_touch`] | when the next call is made, and when one is given up |
//! | [`photos`] | taken with the draft, sent after the act, dropped at the office's word |
//! | [`anew`] | encoding the honest rest again after a refusal |
//! | [`access`] | enrolment, tokens |
//! | [`who`] | who of the crew holds the tablet, and by which PIN |
//! | [`hand_in`] | what a tablet out of service still holds, for a person's decision |
//! | [`heard`] | whether our own office answered |
//! | [`view`] | what the screens show |

pub mod access;
pub mod act;
pub mod anew;
pub mod entries;
pub mod exchange;
pub mod hand_in;
pub mod heard;
pub mod in_touch;
pub mod permit;
pub mod photos;
pub mod route;
pub mod said;
mod spoken;
pub mod state;
pub mod taps;
pub mod view;
mod visit_facts;
pub mod walk;
pub mod who;

#[cfg(test)]
mod tests;

pub use access::{Call, EnrolAnswer, Enrolment, Person, TokenAnswer};
pub use act::Chance;
pub use entries::{Entry, Record, Store, StoreId};
pub use heard::{Ended, Heard};
pub use route::{OwnChange, Route};
pub use state::{Parked, State};
pub use walk::{Draft, Exhibit, Lacking, Step};

use curbstop_shared::{
    ids::{OrderId, PersonId},
    ordered::Map,
    route_document::DocumentError,
    time::Micros,
};
use std::cell::Cell;

/// Why a command could not be carried out. The texts are for the crew.
#[derive(Debug, thiserror::Error)]
pub enum TabletError {
    /// A store is under way: wait for it, then give the command again.
    #[error("the tablet is still saving: try again in a moment")]
    Busy,
    /// The tablet was never enrolled.
    #[error("this tablet is not enrolled yet: ask dispatch for a code")]
    NotEnrolled,
    /// Nobody has said who they are.
    #[error("nobody is signed in: choose your name first")]
    NobodySignedIn,
    /// A person who is not of this tablet's crew.
    #[error("this person is not of this crew")]
    NotOfThisCrew,
    /// The person has a PIN.
    #[error("this person has a PIN: give it, or go on without it")]
    PinNeeded,
    /// Too many wrong PINs.
    #[error("too many wrong PINs: wait, or go on without it")]
    PinMustWait,
    /// The order is on no route that the tablet holds.
    #[error("order {0} is not on this tablet")]
    UnknownOrder(OrderId),
    /// The server has not yet said under which actor this tablet writes.
    #[error("this route can't be written yet: connect once to the office")]
    NotWritable,
    /// There is no draft for the order.
    #[error("nothing was begun for this stop")]
    NoDraft,
    /// The office took the tablet out of service: what was begun is finished, and nothing else begun.
    #[error("this tablet is out of service: finish the stop at hand, begin no other, and call dispatch")]
    OutOfService,
    /// Something lacks, or stands in the way.
    #[error(transparent)]
    Incomplete(#[from] Lacking),
    /// The button belongs to a step that the crew has left: the second tap of one finger. Nobody has to be told.
    #[error("this step was left already")]
    StepLeft,
    /// The office's word that stops the work came just now: the screen says which.
    #[error("the office has said not to begin this")]
    StoppedMeanwhile,
    /// More photos of one stop than are worth their while.
    #[error("there are photos enough of this stop: throw one away first")]
    TooManyPhotos,
    /// The document refused.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The server's answer does not read.
    #[error("the office's answer does not read ({0}); nothing was changed, the tablet will ask again")]
    Answer(String),
}

/// A tablet.
#[derive(Debug, Default)]
pub struct Tablet {
    state: State,
    next_record: u64,
    next_store: u64,
    pending: Option<Pending>,
    access_refused: bool,
    /// Since when the waits after wrong PINs count.
    wrong_pins_at: Map<PersonId, Micros>,
    /// The list of people that the office was told this tablet has.
    people_said: Cell<Option<Micros>>,
    /// Photos that did not go through, the one tried last at the end, and whether the office has no act for them.
    photos_not_taken: Vec<(String, bool)>,
}

#[derive(Debug)]
struct Pending {
    id: StoreId,
    state: State,
    next_record: u64,
}

impl Tablet {
    /// A tablet as its stored records tell it, in any order. Records that do not read are skipped and counted in
    /// [`State::damaged`]; they are never deleted.
    #[must_use]
    pub fn load(mut records: Vec<Record>) -> Self {
        records.sort_by(|a, b| a.key.cmp(&b.key));
        let mut tablet = Self::default();
        for record in records {
            tablet.next_record = tablet.next_record.max(record.number().map_or(0, |number| number + 1));
            let folded = Entry::decode(&record.bytes)
                .and_then(|entry| tablet.state.fold(&entry, &record.key).map_err(|problem| problem.to_string()));
            if let Err(problem) = folded {
                tablet.state.damaged.push((record.key, problem));
            }
        }
        // Who held it before may have handed it on.
        tablet.state.open = false;
        tablet
    }

    /// What the tablet knows; only what is stored.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Whether a store is under way.
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        self.pending.is_some()
    }

    /// The writer's word that the store is on the disk: from now on it counts.
    pub fn stored(&mut self, id: StoreId) {
        if let Some(pending) = self.pending.take_if(|pending| pending.id == id) {
            self.state = pending.state;
            self.next_record = pending.next_record;
        }
    }

    /// The writer's word that nothing of the store is on the disk: it is as if the command had not been given.
    pub fn store_failed(&mut self, id: StoreId) {
        self.pending.take_if(|pending| pending.id == id);
    }

    /// Entries become a store; they count once it is confirmed.
    fn begin(&mut self, entries: &[Entry]) -> Result<Store, TabletError> {
        if self.pending.is_some() {
            return Err(TabletError::Busy);
        }
        let mut state = self.state.clone();
        let mut next_record = self.next_record;
        let mut put = Vec::with_capacity(entries.len());
        for entry in entries {
            let record = Record { key: Record::key_of(next_record), bytes: entry.encode() };
            state.fold(entry, &record.key)?;
            next_record += 1;
            put.push(record);
        }
        let remove = std::mem::take(&mut state.superseded);
        // What one entry of a store writes and the next replaces never reaches the disk.
        let (put, dead): (Vec<_>, Vec<_>) = put.into_iter().partition(|record| !remove.contains(&record.key));
        let remove = remove.into_iter().filter(|key| !dead.iter().any(|record| record.key == *key)).collect();
        let id = StoreId(self.next_store);
        self.next_store += 1;
        self.pending = Some(Pending { id, state, next_record });
        Ok(Store { id, put, remove, put_photos: Vec::new(), remove_photos: Vec::new() })
    }
}
