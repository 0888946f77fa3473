//! Flat structs and facts as maps of automerge scalars: whole numbers, booleans, strings, bytes.

use super::DocumentError;
use crate::{
    facts::{FieldValue, flat},
    ordered::Map,
    sync::wire::Bytes,
};
use automerge::{Automerge, ObjId, ReadDoc, ScalarValue, ValueRef, transaction::Transactable};
use serde::{Serialize, de::DeserializeOwned};

pub(super) fn to_scalar(value: FieldValue) -> ScalarValue {
    match value {
        FieldValue::Bool(value) => ScalarValue::Boolean(value),
        FieldValue::Int(value) => ScalarValue::Int(value),
        FieldValue::Text(value) => ScalarValue::Str(value.into()),
        FieldValue::Bytes(value) => ScalarValue::Bytes(value.0),
    }
}

pub(super) fn put_struct<T: Serialize>(
    tx: &mut automerge::transaction::Transaction<'_>,
    map: &ObjId,
    value: &T,
    what: &str,
) -> Result<(), DocumentError> {
    let unreadable = |why: String| DocumentError::Unreadable(what.to_owned(), why);
    let value = serde_json::to_value(value).map_err(|bad| unreadable(bad.to_string()))?;
    for (name, value) in value.as_object().into_iter().flatten() {
        let scalar = match value {
            serde_json::Value::Bool(value) => ScalarValue::Boolean(*value),
            serde_json::Value::String(value) => ScalarValue::Str(value.as_str().into()),
            serde_json::Value::Number(value) => {
                ScalarValue::Int(value.as_i64().ok_or_else(|| unreadable(format!("`{name}` is not a whole number")))?)
            }
            _ => return Err(unreadable(format!("`{name}` is not a scalar"))),
        };
        tx.put(map, name.as_str(), scalar)?;
    }
    Ok(())
}

pub(super) fn read_struct<T: DeserializeOwned>(doc: &Automerge, map: &ObjId, what: &str) -> Result<T, DocumentError> {
    flat::read(read_scalars(doc, map)).map_err(|(_, bad)| DocumentError::Unreadable(what.to_owned(), bad.to_string()))
}

/// The scalars of a map; nested objects and kinds that are never written are left out.
pub(super) fn read_scalars(doc: &Automerge, map: &ObjId) -> Map<String, FieldValue> {
    doc.map_range(map, ..)
        .filter_map(|item| {
            let value = match item.value {
                ValueRef::Scalar(scalar) => match ScalarValue::from(scalar) {
                    ScalarValue::Boolean(value) => FieldValue::Bool(value),
                    ScalarValue::Int(value) => FieldValue::Int(value),
                    ScalarValue::Uint(value) => FieldValue::Int(i64::try_from(value).ok()?),
                    ScalarValue::Str(value) => FieldValue::Text(value.to_string()),
                    ScalarValue::Bytes(value) => FieldValue::Bytes(Bytes(value)),
                    _ => return None,
                },
                ValueRef::Object(_) => return None,
            };
            Some((item.key.to_string(), value))
        })
        .collect()
}
