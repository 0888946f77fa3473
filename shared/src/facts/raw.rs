//! A fact as it stands in a document: a flat map of scalars. Strict on the way in, exact on the way out.

use super::{BadFact, FACT_VERSION, Fact, FactBody, Header, Home, PHOTO_MAX_BYTES, PHOTO_MEDIA_TYPES};
use crate::{
    ids::{FactId, OrderId},
    ordered::Map,
    sync::wire::Bytes,
    time::Micros,
};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A scalar of a fact. No floats, no nulls, no nesting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
    /// At most 64 bytes.
    #[serde(skip_deserializing)]
    Bytes(Bytes),
}

/// One entry of `/facts`: field names to scalars, nothing checked but their types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFact {
    /// The key under `/facts`.
    pub id: FactId,
    /// Its fields.
    pub fields: Map<String, FieldValue>,
}

/// Longest text in a fact, in bytes.
pub const MAX_TEXT: usize = 4096;
/// Longest bytes in a fact.
pub const MAX_BYTES: usize = 64;

/// Earliest and latest moments believable in a fact: 2000 to 2200. A clock wrong by a day is somebody's clock;
/// one wrong by a century is garbage.
const MOMENTS: std::ops::RangeInclusive<i64> = 946_684_800_000_000..=7_258_118_400_000_000;

impl RawFact {
    /// Reads the raw map as a fact: every field known, present where it must be, and in range for its kind.
    ///
    /// # Errors
    /// [`BadFact`] names the first field that is wrong.
    pub fn read(&self) -> Result<Fact, BadFact> {
        let mut fields = self.fields.clone();
        let v = take_int(&mut fields, "v")?.ok_or_else(|| BadFact::field("v", "missing"))?;
        if v < FACT_VERSION - 1 || v < 1 {
            return Err(BadFact::UpgradeRequired(v));
        }
        if v > FACT_VERSION {
            return Err(BadFact::field("v", "made by a newer version than this server knows: update the server"));
        }
        let order = take_text(&mut fields, "order")?;
        let at = take_int(&mut fields, "at")?;
        let by = take_text(&mut fields, "by")?;
        let device = take_text(&mut fields, "device")?;
        let home_doc = take_text(&mut fields, "home_doc")?;
        let home_change = take_text(&mut fields, "home_change")?;
        let without_pin = take_pin(&mut fields)?;
        let body = read_body(fields)?;
        body.check()?;

        let inherits = body.visit().is_some();
        let header = match (order, at) {
            (Some(order), Some(at)) => {
                if !MOMENTS.contains(&at) {
                    return Err(BadFact::field("at", "not a believable moment"));
                }
                Some(Header {
                    order: parse("order", &order)?,
                    at: Micros(at),
                    by: by.as_deref().map(|by| parse("by", by)).transpose()?,
                    device: device.as_deref().map(|device| parse("device", device)).transpose()?,
                })
            }
            (None, None) if inherits && by.is_none() && device.is_none() && !without_pin => None,
            (None, _) => return Err(BadFact::field("order", "missing")),
            (_, None) => return Err(BadFact::field("at", "missing")),
        };
        let home = match (home_doc, home_change) {
            (Some(doc), Some(change)) => Some(Home { doc: parse("home_doc", &doc)?, change }),
            (None, None) => None,
            _ => return Err(BadFact::field("home_doc", "comes only together with `home_change`")),
        };
        Ok(Fact { id: self.id.clone(), v, header, home, without_pin, body })
    }
}

impl Fact {
    /// The flat map that goes into the document.
    #[must_use]
    pub fn raw(&self) -> RawFact {
        let mut fields = body_fields(&self.body);
        let mut put = |name: &str, value: FieldValue| fields.insert(name.to_owned(), value);
        put("v", FieldValue::Int(self.v));
        if let Some(header) = &self.header {
            put("order", FieldValue::Text(header.order.to_string()));
            put("at", FieldValue::Int(header.at.0));
            if let Some(by) = header.by {
                put("by", FieldValue::Text(by.to_string()));
            }
            if let Some(device) = header.device {
                put("device", FieldValue::Text(device.to_string()));
            }
        }
        if self.without_pin {
            put("pin", FieldValue::Bool(false));
        }
        if let Some(home) = &self.home {
            put("home_doc", FieldValue::Text(home.doc.to_string()));
            put("home_change", FieldValue::Text(home.change.clone()));
        }
        RawFact { id: self.id.clone(), fields }
    }

    /// The order of this fact's own header, where it has one.
    #[must_use]
    pub fn order(&self) -> Option<OrderId> {
        self.header.as_ref().map(|header| header.order)
    }
}

fn parse<T: FromStr<Err: std::fmt::Display>>(field: &str, text: &str) -> Result<T, BadFact> {
    text.parse().map_err(|bad: T::Err| BadFact::field(field, bad.to_string()))
}

fn take_int(fields: &mut Map<String, FieldValue>, name: &str) -> Result<Option<i64>, BadFact> {
    match fields.remove(name) {
        None => Ok(None),
        Some(FieldValue::Int(value)) => Ok(Some(value)),
        Some(_) => Err(BadFact::field(name, "must be a whole number")),
    }
}

fn take_text(fields: &mut Map<String, FieldValue>, name: &str) -> Result<Option<String>, BadFact> {
    match fields.remove(name) {
        None => Ok(None),
        Some(FieldValue::Text(value)) => Ok(Some(value)),
        Some(_) => Err(BadFact::field(name, "must be a text")),
    }
}

/// `pin: false` says that the author went on without their PIN. That they gave it is not said: a fact has nothing that
/// could prove it.
fn take_pin(fields: &mut Map<String, FieldValue>) -> Result<bool, BadFact> {
    match fields.remove("pin") {
        None => Ok(false),
        Some(FieldValue::Bool(false)) => Ok(true),
        Some(_) => Err(BadFact::field("pin", "must be `false`, or not there")),
    }
}

fn read_body(mut fields: Map<String, FieldValue>) -> Result<FactBody, BadFact> {
    let Some(FieldValue::Text(kind)) = fields.remove("kind") else {
        return Err(BadFact::field("kind", "missing"));
    };
    for (name, value) in &fields {
        match value {
            FieldValue::Text(value) if value.len() > MAX_TEXT => {
                return Err(BadFact::field(name, format!("longer than {MAX_TEXT} bytes")));
            }
            FieldValue::Text(_) if name == "sha256" => return Err(BadFact::field(name, "must be bytes")),
            FieldValue::Bytes(value) if value.0.len() > MAX_BYTES => {
                return Err(BadFact::field(name, format!("longer than {MAX_BYTES} bytes")));
            }
            FieldValue::Bytes(_) if name != "sha256" => return Err(BadFact::field(name, "must not be bytes")),
            _ => {}
        }
    }
    FactBody::of_kind(&kind, fields)
        .ok_or_else(|| BadFact::field("kind", "not one that this build knows"))?
        .map_err(|(last, bad)| complaint(&bad.to_string(), last))
}

/// Turns serde's words into a complaint that names the field: the one that serde names, else the one it read last.
fn complaint(words: &str, last: String) -> BadFact {
    let named = words.starts_with("missing field") || words.starts_with("unknown field");
    let field = if named { words.split('`').nth(1).map_or(last, str::to_owned) } else { last };
    BadFact::field(field, words.chars().take(300).collect::<String>())
}

fn body_fields(body: &FactBody) -> Map<String, FieldValue> {
    let Ok(serde_json::Value::Object(map)) = serde_json::to_value(body) else {
        // A body is a tagged struct of scalars: serde_json can always say it.
        return Map::new();
    };
    map.into_iter()
        .filter_map(|(name, value)| {
            let value = match (name.as_str(), value) {
                ("sha256", serde_json::Value::String(text)) => FieldValue::Bytes(Bytes::from_base64url(&text)?),
                (_, serde_json::Value::String(text)) => FieldValue::Text(text),
                (_, serde_json::Value::Bool(value)) => FieldValue::Bool(value),
                (_, serde_json::Value::Number(number)) => FieldValue::Int(number.as_i64()?),
                _ => return None,
            };
            Some((name, value))
        })
        .collect()
}

impl FactBody {
    /// The ranges that the field types can't say.
    fn check(&self) -> Result<(), BadFact> {
        match self {
            Self::Visit(visit) => {
                let ranges = [
                    ("lat_e7", visit.lat_e7, -900_000_000..=900_000_000),
                    ("lon_e7", visit.lon_e7, -1_800_000_000..=1_800_000_000),
                    ("accuracy_m", visit.accuracy_m, 0..=1_000_000),
                    ("fix_age_s", visit.fix_age_s, 0..=10_000_000),
                    ("permit_age_s", visit.permit_age_s, 0..=100_000_000),
                    ("arrived_at", visit.arrived_at.map(|at| at.0), MOMENTS),
                    ("act_opened_at", visit.act_opened_at.map(|at| at.0), MOMENTS),
                    ("left_at", visit.left_at.map(|at| at.0), MOMENTS),
                ];
                for (field, value, range) in ranges {
                    if value.is_some_and(|value| !range.contains(&value)) {
                        return Err(BadFact::field(field, "out of range"));
                    }
                }
                if visit.outcome == crate::vocabulary::Outcome::Unable && visit.code.is_none() {
                    return Err(BadFact::field("code", "missing: say why the work could not be done"));
                }
                Ok(())
            }
            Self::Reading(reading) => {
                if reading.digits.is_none() && reading.code.is_none() {
                    return Err(BadFact::field("digits", "missing: a reading has digits, or a code that says why not"));
                }
                match &reading.digits {
                    Some(digits)
                        if digits.is_empty() || digits.len() > 12 || !digits.bytes().all(|b| b.is_ascii_digit()) =>
                    {
                        Err(BadFact::field("digits", "must be 1 to 12 digits, as on the dials"))
                    }
                    _ => Ok(()),
                }
            }
            Self::Release(release) if release.lines.trim().is_empty() => {
                Err(BadFact::field("lines", "must be `*` or name lines"))
            }
            Self::Evidence(evidence) if evidence.sha256.0.len() != 32 => {
                Err(BadFact::field("sha256", "must be 32 bytes"))
            }
            Self::Evidence(evidence) if !(1..=PHOTO_MAX_BYTES).contains(&evidence.size) => {
                Err(BadFact::field("size", format!("a photo has 1 to {PHOTO_MAX_BYTES} bytes: make it smaller")))
            }
            Self::Evidence(evidence) if !PHOTO_MEDIA_TYPES.contains(&evidence.media_type.as_str()) => {
                Err(BadFact::field("media_type", "a photo is image/jpeg, image/png or image/webp"))
            }
            Self::NotTaken(not) if !crate::evidence::explains(not.why, not.what) => {
                Err(BadFact::field("why", format!("`{}` is no reason for taking no {}", not.why, not.what)))
            }
            Self::Note(note) if note.text.trim().is_empty() => Err(BadFact::field("text", "empty")),
            _ => Ok(()),
        }
    }
}
