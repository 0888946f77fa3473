//! What the rules' words look like in JSON: the shapes of ids, codes and moments, for the description of the API.
//!
//! The rules (`shared`) know nothing of it, as the tablet's app has no use for it. A field of theirs is described by
//! `#[schemars(with = "Shape<OrderId>")]`, and its codes by the very list that reads and writes them.

pub mod wire;

use crate::moment::Moment;
use curbstop_shared::{
    disposition::Disposition,
    ids::{CrewId, DeviceId, FactId, LineId, ListingId, OrderId, PersonId, RouteId},
    sync::wire::{Bytes, RefusalCode},
    time::Micros,
    vocabulary::{
        Action, ExceptionKind, HoldReason, Lack, Method, OrderKind, Product, Reason, ReversalReason, Role, UnableCode,
    },
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;
use std::{borrow::Cow, marker::PhantomData};

/// The shape of a `T` that the rules own.
pub struct Shape<T>(PhantomData<T>);

/// A word of the rules whose JSON is known here.
pub trait Known {
    /// What the document calls it.
    const NAME: &'static str;
    /// Its JSON.
    fn schema() -> Schema;
}

impl<T: Known> JsonSchema for Shape<T> {
    fn schema_name() -> Cow<'static, str> {
        T::NAME.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        T::schema()
    }
}

macro_rules! ids {
    ($($name:ident, $what:literal;)+) => {$(
        impl Known for $name {
            const NAME: &'static str = stringify!($name);
            fn schema() -> Schema {
                json_schema!({ "type": "string", "format": "uuid", "description": $what })
            }
        }
    )+};
}

ids! {
    OrderId, "One piece of field work at one premise.";
    RouteId, "One crew's route for one date and generation; also the id of its document.";
    DeviceId, "An enrolled tablet or phone.";
    PersonId, "A person who signs in.";
    CrewId, "A crew, the utility's own or a contractor's.";
    ListingId, "One imported listing.";
}

macro_rules! codes {
    ($($name:ident, $what:literal;)+) => {$(
        impl Known for $name {
            const NAME: &'static str = stringify!($name);
            fn schema() -> Schema {
                let codes: Vec<&str> = Self::ALL.iter().map(|code| code.code()).collect();
                json_schema!({ "type": "string", "enum": codes, "description": $what })
            }
        }
    )+};
}

codes! {
    Role, "What somebody may do.";
    Product, "What a service point delivers.";
    OrderKind, "What a piece of field work is.";
    Reason, "Why an order exists.";
    HoldReason, "What keeps a cut from happening.";
    ExceptionKind, "What needs a person.";
    Action, "What a visit did to one line.";
    Method, "How a cut or restore was done.";
    Lack, "What a visit can lack that its order asks for.";
    UnableCode, "Why a visit could not do the work, or stopped it.";
    ReversalReason, "Why a payment is none.";
    RefusalCode, "Why a change of a tablet was not stored.";
}

impl Known for FactId {
    const NAME: &'static str = "FactId";
    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^([0-9A-Z]{26}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$",
            "description": "A fact: a ULID, or a UUID in lower case. Made by whoever recorded it.",
        })
    }
}

impl Known for LineId {
    const NAME: &'static str = "LineId";
    fn schema() -> Schema {
        json_schema!({ "type": "string", "description": "A line of an order: \"1\", \"2\", ... within it." })
    }
}

impl Known for Micros {
    const NAME: &'static str = "Micros";
    fn schema() -> Schema {
        json_schema!({ "type": "integer", "format": "int64", "description": "Microseconds since 1970, UTC." })
    }
}

impl Known for Bytes {
    const NAME: &'static str = "Bytes";
    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "contentEncoding": "base64url",
            "pattern": "^[A-Za-z0-9_-]*$",
            "description": "Bytes: base64url without padding in JSON, a byte string in CBOR.",
        })
    }
}

/// What the facts add up to is the rules' own working: described by its first level, which is what stays.
impl Known for Disposition {
    const NAME: &'static str = "Disposition";
    fn schema() -> Schema {
        let open = |what: &str| json_schema!({ "type": "object", "description": what, "additionalProperties": true });
        let list = |what: &str| json_schema!({ "type": "array", "description": what, "items": true });
        json_schema!({
            "type": "object",
            "description": "What the order's facts add up to, as the rules say it. Fields may come to it.",
            "properties": {
                "state": {
                    "type": "object",
                    "properties": { "state": { "type": "string" } },
                    "required": ["state"],
                    "additionalProperties": true,
                },
                "lines": open("Where each line stands."),
                "cuts": list("Every performed cut, judged."),
                "exceptions": list("What needs a person."),
                "follow_ups": list("Orders that are called for."),
                "fee_triggers": list("What may be charged."),
                "may_begin": { "type": "boolean" },
                "may_begin_cut": { "type": "boolean" },
                "why_not": { "type": ["object", "null"], "additionalProperties": true },
                "may_cut": list("Lines on which a cut may begin."),
                "needs_ack": list("Recalls that nobody on the tablet has seen yet."),
            },
            "required": ["state", "lines", "cuts", "may_begin", "may_begin_cut"],
            "additionalProperties": true,
        })
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "description": "RFC 3339, with any offset on the way in, in UTC on the way out.",
            "examples": ["2026-11-22T08:15:00.000Z"],
        })
    }
}

/// A field that holds anything: what it holds is said elsewhere.
pub fn anything(_: &mut SchemaGenerator) -> Schema {
    Value::Bool(true).try_into().unwrap_or_default()
}
