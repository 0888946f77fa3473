//! The tablets' exchange as JSON: field by field what [`curbstop_shared::sync::wire`] has.
//!
//! Each is a serde "remote" of the type there, so that a field that comes, goes or changes its type there doesn't
//! compile here.

use super::Shape;
use curbstop_shared::{
    ids::{DeviceId, FactId, PersonId, RouteId},
    pin,
    routing::WhyNot,
    sync::wire,
    time::Micros,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

type Bytes = Shape<wire::Bytes>;

/// One request: everything the tablet has that the server may not have, and how far it has come itself.
#[derive(Deserialize, JsonSchema)]
#[serde(remote = "wire::SyncRequest", deny_unknown_fields)]
pub struct SyncRequest {
    /// 1.
    v: u8,
    /// The device's clock on sending.
    #[schemars(with = "Shape<Micros>")]
    sent_at: Micros,
    /// Milliseconds since the device's app started: monotonic, whatever its clock does.
    #[serde(default)]
    uptime_ms: u64,
    /// The documents that the tablet holds.
    #[schemars(with = "Vec<DocRequest>")]
    docs: Vec<wire::DocRequest>,
    /// Of when the tablet's list of its crew's people is, said once after it came and once after the app's start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Shape<Micros>>")]
    people: Option<Micros>,
}

/// One document in a request.
#[derive(Deserialize, JsonSchema)]
#[serde(remote = "wire::DocRequest", deny_unknown_fields)]
pub struct DocRequest {
    /// The route.
    #[schemars(with = "Shape<RouteId>")]
    id: RouteId,
    /// The last heads that the server confirmed for it, 32 bytes each.
    #[schemars(with = "Vec<Bytes>")]
    heads: Vec<wire::Bytes>,
    /// Plain change chunks that have no receipt yet.
    #[schemars(with = "Vec<Bytes>")]
    changes: Vec<wire::Bytes>,
}

/// What a tablet holds that is out of service, proven by its own key: stored for a person's decision.
#[derive(Deserialize, JsonSchema)]
#[serde(remote = "wire::HandIn", deny_unknown_fields)]
pub struct HandIn {
    /// 1.
    v: u8,
    /// The tablet, as it was known when it did the work.
    #[schemars(with = "Shape<DeviceId>")]
    device: DeviceId,
    /// A `SyncRequest` in CBOR. Its heads say nothing here.
    #[schemars(with = "Bytes")]
    request: wire::Bytes,
    /// The device key's signature.
    proof: String,
}

/// The answer.
#[derive(Deserialize, JsonSchema)]
#[serde(remote = "wire::SyncResponse")]
pub struct SyncResponse {
    /// 1.
    v: u8,
    /// The server's clock.
    #[schemars(with = "Shape<Micros>")]
    now: Micros,
    /// Documents named by the tablet, and those it should have and did not name.
    #[schemars(with = "Vec<DocResponse>")]
    docs: Vec<wire::DocResponse>,
    /// Documents that the tablet may drop once everything in them is received.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<Shape<RouteId>>")]
    gone: Vec<RouteId>,
    /// Photos and signatures that facts name and the server lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<Bytes>")]
    blobs_wanted: Vec<wire::Bytes>,
    /// The crew's people, where they are other than the tablet's list of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<CrewPeople>")]
    people: Option<wire::CrewPeople>,
}

/// Who may say on a tablet that it is they who hold it.
#[derive(Deserialize, JsonSchema)]
#[serde(remote = "wire::CrewPeople")]
pub struct CrewPeople {
    /// The server's clock when the list was changed last.
    #[schemars(with = "Shape<Micros>")]
    as_of: Micros,
    /// The people, by name.
    #[schemars(with = "Vec<Rider>")]
    people: Vec<wire::Rider>,
}

/// A person of the tablet's crew.
#[derive(Deserialize, JsonSchema)]
#[serde(remote = "wire::Rider")]
pub struct Rider {
    /// Who.
    #[schemars(with = "Shape<PersonId>")]
    id: PersonId,
    /// As the crew calls them.
    name: String,
    /// By what their PIN is known; none where they have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<PinCheck>")]
    pin: Option<pin::PinCheck>,
}

/// By what a PIN is known: slow to compute, salted, and not the PIN.
#[derive(Deserialize, JsonSchema)]
#[serde(remote = "pin::PinCheck")]
pub struct PinCheck {
    /// 16 random bytes.
    #[schemars(with = "Bytes")]
    salt: wire::Bytes,
    /// Rounds of PBKDF2-HMAC-SHA256.
    rounds: u32,
    /// The 32 bytes that it derives from the PIN's digits.
    #[schemars(with = "Bytes")]
    hash: wire::Bytes,
}

/// One document in an answer.
#[derive(Deserialize, JsonSchema)]
#[serde(remote = "wire::DocResponse")]
pub struct DocResponse {
    /// The route.
    id: String,
    /// The actor that this device writes with in this document; with a snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Bytes>")]
    actor: Option<wire::Bytes>,
    /// The whole document, for a device that lacks it or whose heads the server does not know. Merge, never replace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Bytes>")]
    snapshot: Option<wire::Bytes>,
    /// The server's heads after this request.
    #[schemars(with = "Vec<Bytes>")]
    heads: Vec<wire::Bytes>,
    /// All changes since the request's heads, less those accepted now, in causal order.
    #[schemars(with = "Vec<Bytes>")]
    changes: Vec<wire::Bytes>,
    /// Durable receipts, by change hash: stored now or earlier.
    #[schemars(with = "Vec<Bytes>")]
    accepted: Vec<wire::Bytes>,
    /// Stored for a person's decision, not applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<Bytes>")]
    quarantined: Vec<wire::Bytes>,
    /// Not stored, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<ChangeRefused>")]
    refused: Vec<wire::Refusal>,
    /// A fresh actor to encode the honest rest again under, where something was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Bytes>")]
    next_actor: Option<wire::Bytes>,
    /// Heads that the tablet named and the server does not know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<Bytes>")]
    unknown: Vec<wire::Bytes>,
    /// The route is closed: nothing new will come.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    closed: bool,
    /// The server could not deal with this document now; everything else here is empty then. Ask again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<DocFailure>")]
    failed: Option<wire::DocFailure>,
}

/// Why one document of a request was not dealt with, while the others were.
#[derive(Deserialize, JsonSchema)]
#[serde(remote = "wire::DocFailure")]
pub struct DocFailure {
    /// A stable code, as in a problem document.
    code: String,
    /// A sentence that says what to do.
    detail: String,
}

/// A change that was not stored.
#[derive(Deserialize, JsonSchema)]
#[serde(remote = "wire::Refusal")]
pub struct ChangeRefused {
    /// Its hash as the tablet computes it, where it could be computed.
    #[schemars(with = "Bytes")]
    hash: wire::Bytes,
    /// The facts it would have added, where that could be read.
    #[schemars(with = "Vec<Shape<FactId>>")]
    facts: Vec<FactId>,
    /// Why.
    #[schemars(with = "Shape<wire::RefusalCode>")]
    code: wire::RefusalCode,
    /// Why, as a sentence that says what to do.
    detail: String,
}

/// Why one crew can't take one order, as the planner says it.
#[derive(Serialize, JsonSchema)]
#[serde(remote = "WhyNot", tag = "why", rename_all = "snake_case")]
pub enum CrewWhyNot {
    /// The dispatcher locked the order to another crew.
    LockedElsewhere,
    /// The crew is not among those allowed.
    NotAllowed,
    /// The crew lacks a qualification.
    Skill {
        /// The first one that it lacks.
        needs: String,
    },
    /// It could not begin before the order's last window closes.
    Window {
        /// Seconds that it would come too late.
        late_by_s: i64,
    },
    /// Even with nothing else to do the crew would be back after its shift.
    ShiftTooShort {
        /// Seconds over.
        over_by_s: i64,
    },
    /// The shift is full.
    ShiftFull {
        /// Seconds over.
        over_by_s: i64,
    },
    /// Its window, or that of a stop behind it, would be missed.
    WindowsFull {
        /// Seconds late, in sum, at the best place.
        late_by_s: i64,
    },
}
