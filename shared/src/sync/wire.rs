//! The one request of a sync session and its answer, the same shape in CBOR and in JSON.

use crate::{
    ids::{DeviceId, FactId, PersonId, RouteId},
    pin::PinCheck,
    time::Micros,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// Version of the exchange.
pub const SYNC_VERSION: u8 = 1;

/// Routes that one request may name. A crew has one a day and some generations; a tablet that holds more names those
/// with something to send first, then the newest.
pub const ROUTES_A_REQUEST: usize = 16;

/// Bytes: a byte string in CBOR, base64url without padding in JSON.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes(pub Vec<u8>);

impl Bytes {
    /// As text.
    #[must_use]
    pub fn base64url(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }

    /// From text; `None` where it is not base64url.
    #[must_use]
    pub fn from_base64url(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok().map(Self)
    }
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bytes({}: {})", self.0.len(), self.base64url().chars().take(16).collect::<String>())
    }
}

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.serialize_str(&self.base64url()) } else { s.serialize_bytes(&self.0) }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
            Self::from_base64url(&text).ok_or_else(|| serde::de::Error::custom("not base64url without padding"))
        } else {
            serde_bytes::ByteBuf::deserialize(d).map(|bytes| Self(bytes.into_vec()))
        }
    }
}

/// One request: everything the tablet has that the server may not have, and how far it has come itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncRequest {
    /// [`SYNC_VERSION`].
    pub v: u8,
    /// The device's clock on sending.
    pub sent_at: Micros,
    /// Milliseconds since the device's app started: monotonic, whatever its clock does.
    #[serde(default)]
    pub uptime_ms: u64,
    /// The documents that the tablet holds.
    pub docs: Vec<DocRequest>,
    /// Of when the tablet's list of its crew's people is ([`CrewPeople::as_of`]). Said once after it came and once
    /// after the app's start: who has nothing to say pays nothing for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<Micros>,
}

/// One document in a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocRequest {
    /// The route.
    pub id: RouteId,
    /// The last heads that the server confirmed for it, 32 bytes each.
    pub heads: Vec<Bytes>,
    /// Plain change chunks that have no receipt yet.
    pub changes: Vec<Bytes>,
}

/// What a tablet holds that is out of service, proven by its own key: stored for a person's decision. The answer is a
/// [`SyncResponse`] with receipts and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandIn {
    /// [`SYNC_VERSION`].
    pub v: u8,
    /// The tablet, as it was known when it did the work.
    pub device: DeviceId,
    /// A [`SyncRequest`] in CBOR. Its heads say nothing here.
    pub request: Bytes,
    /// The device key's signature over [`super::proofs::hand_in`].
    pub proof: String,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncResponse {
    /// [`SYNC_VERSION`].
    pub v: u8,
    /// The server's clock.
    pub now: Micros,
    /// Documents named by the tablet, and those it should have and did not name.
    pub docs: Vec<DocResponse>,
    /// Documents that the tablet may drop once everything in them is received.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<RouteId>,
    /// Photos and signatures that facts name and the server lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blobs_wanted: Vec<Bytes>,
    /// The crew's people, where they are other than the tablet's list of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<CrewPeople>,
}

/// Who may say on a tablet that it is they who hold it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrewPeople {
    /// The server's clock when the list was changed last; a later list has a later moment.
    pub as_of: Micros,
    /// The people, by name.
    pub people: Vec<Rider>,
}

/// A person of the tablet's crew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rider {
    /// Who.
    pub id: PersonId,
    /// As the crew calls them.
    pub name: String,
    /// By what their PIN is known; none where they have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<PinCheck>,
}

/// One document in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct DocResponse {
    /// The route.
    pub id: String,
    /// The actor that this device writes with in this document; with a snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Bytes>,
    /// The whole document, for a device that lacks it or whose heads the server does not know. Merge, never replace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Bytes>,
    /// The server's heads after this request.
    pub heads: Vec<Bytes>,
    /// All changes since the request's heads, less those accepted now, in causal order.
    pub changes: Vec<Bytes>,
    /// Durable receipts, by change hash: stored now or earlier.
    pub accepted: Vec<Bytes>,
    /// Stored for a person's decision, not applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quarantined: Vec<Bytes>,
    /// Not stored, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refusal>,
    /// A fresh actor to encode the honest rest again under, where something was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_actor: Option<Bytes>,
    /// Heads that the tablet named and the server does not know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<Bytes>,
    /// The route is closed: nothing new will come.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
    /// The server could not deal with this document now; everything else here is empty then. Nothing of it was
    /// received or sent: ask again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<DocFailure>,
}

/// Why one document of a request was not dealt with, while the others were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocFailure {
    /// A stable code, as in a problem document.
    pub code: String,
    /// A sentence that says what to do.
    pub detail: String,
}

/// A change that was not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Its hash as the tablet computes it (SHA-256 of the chunk's body), where it could be computed.
    pub hash: Bytes,
    /// The facts it would have added, where that could be read.
    pub facts: Vec<FactId>,
    /// Why.
    pub code: RefusalCode,
    /// Why, as a sentence that says what to do.
    pub detail: String,
}

crate::vocabulary::codes! {
    /// Why a change was refused.
    RefusalCode, "refusal code" {
        /// A cap was exceeded.
        TooLarge = "too_large",
        /// Not a plain change chunk: checksum, header, trailing bytes.
        BadChunk = "bad_chunk",
        /// Run lengths past the caps.
        Expands = "expands",
        /// It can't be decoded.
        Undecodable = "undecodable",
        /// Not the actor issued to this device for this document.
        WrongActor = "wrong_actor",
        /// The same sequence number with other content.
        DuplicateSeq = "duplicate_seq",
        /// A dependency is neither known nor in the batch.
        MissingDependency = "missing_dependency",
        /// Something other than adding whole facts.
        ForbiddenOperation = "forbidden_operation",
        /// A field is missing, unknown or out of range.
        BadFact = "bad_fact",
        /// The order is not, and was not, on this route.
        ForeignOrder = "foreign_order",
        /// It does not say who did it.
        ForeignAuthor = "foreign_author",
        /// The role may not record this kind of fact.
        RoleForbids = "role_forbids",
        /// The fact is older than this server reads.
        UpgradeRequired = "upgrade_required",
    }
}

impl RefusalCode {
    /// The crew has to see it ("needs attention"): the fact itself is wrong. Other codes only ask for a new encoding.
    #[must_use]
    pub const fn is_about_the_fact(self) -> bool {
        matches!(
            self,
            Self::BadFact | Self::ForeignOrder | Self::ForeignAuthor | Self::RoleForbids | Self::UpgradeRequired
        )
    }
}
