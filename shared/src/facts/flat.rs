//! Reads a flat struct from a map of scalars, without a detour over JSON.
//!
//! A reader that understands nothing but this is small: the tablet's app carries it for every kind of fact.

use super::FieldValue;
use crate::ordered::Map;
use serde::{
    Deserializer,
    de::{DeserializeOwned, IntoDeserializer, Visitor, value, value::MapDeserializer},
    forward_to_deserialize_any,
};

/// The struct that a map's fields say.
///
/// # Errors
/// The field that was read last, and serde's words about what is wrong.
pub(crate) fn read<T: DeserializeOwned>(fields: Map<String, FieldValue>) -> Result<T, (String, value::Error)> {
    let mut last = String::new();
    let in_turn = fields.into_iter().inspect(|(name, _)| last.clone_from(name));
    T::deserialize(MapDeserializer::new(in_turn)).map_err(|bad| (last, bad))
}

/// One scalar, to be read.
pub struct Scalar(FieldValue);

impl<'de> IntoDeserializer<'de, value::Error> for FieldValue {
    type Deserializer = Scalar;

    fn into_deserializer(self) -> Scalar {
        Scalar(self)
    }
}

impl<'de> Deserializer<'de> for Scalar {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, value::Error> {
        match self.0 {
            FieldValue::Bool(value) => visitor.visit_bool(value),
            FieldValue::Int(value) => visitor.visit_i64(value),
            FieldValue::Text(value) => visitor.visit_string(value),
            // As in JSON: what takes bytes decodes them again.
            FieldValue::Bytes(value) => visitor.visit_string(value.base64url()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, value::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, value::Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}
