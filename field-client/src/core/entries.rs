//! What the tablet writes to its disk: entries under append-only keys, each written once.

use super::{
    access::{Enrolment, Tokens},
    hand_in::HandedIn,
    state::Parked,
    walk::Draft,
};
use curbstop_shared::{
    ids::{DeviceId, FactId, OrderId, PersonId, RouteId},
    language::Language,
    sync::wire::Bytes,
    time::Micros,
};
use serde::{Deserialize, Serialize};

/// One record on the disk. Its key is used once and for all: the writer *adds* it and fails where the key is taken,
/// so that a second writer can't overwrite the first one's work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Sorts in the order of writing.
    pub key: String,
    /// An [`Entry`].
    pub bytes: Vec<u8>,
}

impl Record {
    /// The key of the n-th record.
    #[must_use]
    pub fn key_of(number: u64) -> String {
        format!("{number:016}")
    }

    /// The number in the key.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        self.key.parse().ok()
    }
}

/// Names a store until it is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreId(pub u64);

/// What has to be written, in one transaction: all or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "nothing is saved until the store is written and confirmed"]
pub struct Store {
    /// Its name.
    pub id: StoreId,
    /// To be added.
    pub put: Vec<Record>,
    /// Keys whose records are superseded (older drafts, dropped routes) and may go.
    pub remove: Vec<String>,
    /// Photos to be kept: they lie beside the records, so that nobody reads them at every start.
    pub put_photos: Vec<PhotoRecord>,
    /// Names of photos that may go.
    pub remove_photos: Vec<String>,
}

/// The bytes of a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoRecord {
    /// Their SHA-256 in hex.
    pub name: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A photo whose bytes are on the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// SHA-256 of its bytes in hex.
    pub name: String,
    /// The order that it was taken for.
    pub order: OrderId,
    /// How many bytes.
    pub size: i64,
    /// Device clock when it was taken.
    pub taken_at: Micros,
    /// The tablet as it was known when it took this, where that tablet is out of service: what it did is handed in, and
    /// so is this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_in_as: Option<DeviceId>,
}

/// A change of this tablet's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The plain change chunk.
    pub chunk: Bytes,
    /// The facts in it.
    pub facts: Vec<FactId>,
    /// The order it is about.
    pub order: OrderId,
    /// What it says, for the list of what is not sent.
    pub about: About,
    /// Device clock when the crew saved it.
    pub saved_at: Micros,
    /// How often it was encoded again.
    pub encodings: u32,
}

/// What a change of this tablet's own says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A visit with what belongs to it.
    Act,
    /// What was shown or said at the door after the work was done.
    Claim,
    /// A recall was seen.
    Ack,
    /// A note.
    Note,
    /// Something happened to the crew, or is dangerous to anybody.
    Incident,
}

/// Something that changed on the tablet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// The tablet belongs to a crew.
    Enrolled(Enrolment),
    /// Fresh tokens.
    Tokens(Tokens),
    /// The server no longer knows this tablet.
    Disowned,
    /// The office took this tablet out of service.
    Revoked,
    /// Somebody chose their name.
    SignedIn {
        /// Who; nobody on signing out.
        person: Option<PersonId>,
        /// They have a PIN and went on without it.
        #[serde(default)]
        without_pin: bool,
    },
    /// Somebody gave a wrong PIN, or the count of those ends.
    WrongPins {
        /// In whose name.
        person: PersonId,
        /// How many in a row.
        count: u32,
    },
    /// A route came whole.
    Arrived {
        /// The route.
        route: RouteId,
        /// The actor that this tablet writes with.
        actor: Option<Bytes>,
        /// The document.
        snapshot: Bytes,
    },
    /// Changes came.
    Incoming {
        /// The route.
        route: RouteId,
        /// Plain chunks in causal order.
        changes: Vec<Bytes>,
    },
    /// The server issued another actor.
    Actor {
        /// The route.
        route: RouteId,
        /// The actor.
        actor: Bytes,
    },
    /// The crew saved something.
    Saved {
        /// The route.
        route: RouteId,
        /// The change.
        made: Made,
    },
    /// Receipts for changes of this tablet's own.
    Received {
        /// The route.
        route: RouteId,
        /// Their hashes.
        hashes: Vec<Bytes>,
        /// Stored for a person's decision instead of applied.
        quarantined: bool,
        /// Device clock when the receipt came.
        at: Micros,
    },
    /// A restored server no longer has these: they are sent again.
    Lost {
        /// The route.
        route: RouteId,
        /// Their hashes.
        hashes: Vec<Bytes>,
    },
    /// Words that a restored server no longer has; replaces the former list.
    Orphans {
        /// The route.
        route: RouteId,
        /// Their hashes.
        hashes: Vec<Bytes>,
    },
    /// After a refusal: changes are taken out, what came is merged, the honest rest stands in a new encoding.
    Anew {
        /// The route.
        route: RouteId,
        /// The actor of the new encoding.
        actor: Bytes,
        /// Hashes of the changes taken out.
        removed: Vec<Bytes>,
        /// What the server sent.
        incoming: Vec<Bytes>,
        /// The new encodings.
        made: Vec<Made>,
        /// What needs the crew's attention instead.
        parked: Vec<Parked>,
    },
    /// The server confirmed these heads.
    Confirmed {
        /// The route.
        route: RouteId,
        /// The heads.
        heads: Vec<Bytes>,
        /// Nothing new will come.
        closed: bool,
    },
    /// The server answered.
    Contact {
        /// Device clock when the request was sent: the data is at least that fresh.
        sent_at: Micros,
        /// The server's clock.
        server_now: Micros,
        /// Routes of which it said nothing, with the moment at which it last had.
        #[serde(default)]
        unheard: Vec<(RouteId, Option<Micros>)>,
    },
    /// The time zone of a route that goes: times are said in it until another comes. With whom to call.
    TimeZone {
        /// Its name.
        name: String,
        /// Dispatch's number on that route.
        #[serde(default)]
        phone: Option<String>,
    },
    /// What this tablet has handed in for a person's decision; replaces the former list.
    HandedIn {
        /// Oldest first.
        items: Vec<HandedIn>,
    },
    /// Refused work of a route that goes: it stays until the crew has dealt with it.
    Parked {
        /// All of that route.
        parked: Vec<Parked>,
    },
    /// Everything in a route that is gone has been received: its records may go.
    Dropped {
        /// The route.
        route: RouteId,
    },
    /// The route is no longer this tablet's: what has no receipt is handed in for a person's decision.
    Leaving {
        /// The route.
        route: RouteId,
        /// The tablet, as it was known when the work was done.
        device: DeviceId,
    },
    /// A step at the door.
    Draft(Box<Draft>),
    /// The crew gave a draft up.
    DraftDropped {
        /// Its order.
        order: OrderId,
    },
    /// A photo is on the disk.
    PhotoTaken(Photo),
    /// Photos are off the disk: the office has them, or the crew threw them away.
    PhotosGone {
        /// Their names.
        names: Vec<String>,
    },
    /// What stands half-typed in the note of a stop's own page; empty once it is saved or wiped out.
    HalfNote {
        /// The order.
        order: OrderId,
        /// As it was typed.
        text: String,
    },
    /// The crew has dealt with a parked item (exported it, or recorded it anew).
    ParkedSettled {
        /// The facts of the item.
        facts: Vec<FactId>,
    },
    /// How the crew likes the tablet.
    Settings(Settings),
}

/// How the crew likes the tablet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Settings {
    /// The dark theme.
    #[serde(default)]
    pub dark: bool,
    /// Spanish texts, or English; as long as nobody has chosen, those of the tablet's own language.
    #[serde(default)]
    pub spanish: Option<bool>,
    /// The primary action on the left.
    #[serde(default)]
    pub left_hand: bool,
}

impl Settings {
    /// The language of the texts: the one that was chosen, else this one.
    #[must_use]
    pub fn language(&self, or: Language) -> Language {
        self.spanish.map_or(or, |spanish| if spanish { Language::Es } else { Language::En })
    }
}

/// The app's language on a device whose owner reads these ("es-US,en"), the liked best first.
#[must_use]
pub fn language_of_device(languages: &str) -> Language {
    let known = languages.split(',').find_map(|tag| match tag.trim().get(..2)?.to_ascii_lowercase().as_str() {
        "es" => Some(Language::Es),
        "en" => Some(Language::En),
        _ => None,
    });
    known.unwrap_or(Language::En)
}

impl Entry {
    /// As bytes for the disk.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Entries are structs of texts, numbers and base64url: serde_json can always say them.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// From the disk.
    ///
    /// # Errors
    /// What does not read, in serde's words.
    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|bad| bad.to_string())
    }
}
