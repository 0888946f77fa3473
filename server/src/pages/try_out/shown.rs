//! Shapes as people read them: a body to fill in, an answer with words for its values.

use crate::http::openapi;
use serde_json::{Map, Value, json};

/// Shapes hold shapes; what lies deeper is only named.
const DEPTH_MAX: usize = 6;

/// What a reference leads to; anything else is itself.
pub(super) fn resolved(described: &Value) -> &Value {
    let at = described["$ref"].as_str().and_then(|at| at.strip_prefix('#'));
    at.and_then(|at| openapi::document().pointer(at)).unwrap_or(described)
}

/// `text`, `uuid`, `integer`, `list`, ...; with "or nothing" where it may be null.
pub(super) fn kind(schema: &Value) -> String {
    let schema = resolved(schema);
    if let Some(format) = schema["format"].as_str().filter(|_| schema["type"] == "string") {
        return format.to_owned();
    }
    match &schema["type"] {
        Value::String(one) if one == "string" => "text".to_owned(),
        Value::String(one) => one.clone(),
        Value::Array(types) => {
            let names = types.iter().filter_map(Value::as_str);
            let names: Vec<&str> = names.map(|name| if name == "string" { "text" } else { name }).collect();
            names.join(" or ")
        }
        _ => "anything".to_owned(),
    }
}

/// The fields that are needed, empty.
pub(super) fn to_fill_in(schema: &Value) -> Value {
    let schema = resolved(schema);
    if let Some(first) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()).and_then(|all| all.first()) {
        return to_fill_in(first);
    }
    if let Some(one) = schema.get("const") {
        return one.clone();
    }
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("object") => {
            let needed = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let filled = needed.map(|name| (name.to_owned(), to_fill_in(&schema["properties"][name])));
            Value::Object(filled.collect::<Map<_, _>>())
        }
        Some("array") => json!([]),
        Some("integer" | "number") => json!(0),
        Some("boolean") => json!(false),
        _ => schema["examples"].get(0).cloned().unwrap_or_else(|| json!("")),
    }
}

/// The whole shape, with words for values.
pub(super) fn in_words(schema: &Value) -> Value {
    words(schema, 0)
}

fn words(schema: &Value, depth: usize) -> Value {
    let named = schema["$ref"].as_str().and_then(|at| at.rsplit('/').next());
    let schema = resolved(schema);
    if depth > DEPTH_MAX {
        return named.map_or_else(|| kind(schema).into(), Into::into);
    }
    if let Some(codes) = schema["enum"].as_array() {
        let codes: Vec<&str> = codes.iter().filter_map(Value::as_str).collect();
        return codes.join(" | ").into();
    }
    if let Some(one) = schema.get("const") {
        return one.clone();
    }
    let choices = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
    let mut fields = Map::new();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        fields.insert(name.clone(), words(field, depth + 1));
    }
    if let Some(choices) = choices {
        let mut told = choices.iter().filter(|choice| choice["type"] != "null").map(|choice| words(choice, depth + 1));
        let first = told.next().unwrap_or_default();
        if let (false, Value::Object(more)) = (fields.is_empty(), &first) {
            fields.extend(more.clone());
            return Value::Object(fields);
        }
        return first;
    }
    if !fields.is_empty() {
        return Value::Object(fields);
    }
    match schema.get("items") {
        Some(items) => json!([words(items, depth + 1)]),
        None => kind(schema).into(),
    }
}
