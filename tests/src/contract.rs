//! The API's document held against what the server really takes and answers.
//!
//! [`TestServer::send`](crate::server::TestServer::send) asks here about everything it reads, so every scenario is a
//! check of the document: an answer with a field, a status or a problem's code that it doesn't have fails the test.

use curbstop_server::http::openapi;
use jsonschema::Validator;
use reqwest::{Method, StatusCode, Url};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// What was sent and what came back.
pub struct Exchange<'e> {
    /// The method.
    pub method: &'e Method,
    /// The path below `/api/v1`.
    pub path: &'e str,
    /// Names of the query's parameters.
    pub query: Vec<String>,
    /// The JSON that was sent.
    pub sent: Option<Value>,
    /// The status that came back.
    pub status: StatusCode,
    /// The media type that came back, without parameters.
    pub media_type: &'e str,
    /// The JSON that came back.
    pub answered: &'e Value,
}

impl<'e> Exchange<'e> {
    /// As a client saw it. `sent` is the body where it is JSON, `kind` the answer's `Content-Type`.
    ///
    /// # Panics
    /// For an address outside the API.
    #[must_use]
    pub fn of(
        method: &'e Method,
        url: &'e Url,
        sent: Option<Value>,
        status: StatusCode,
        kind: Option<&'e str>,
        answered: &'e Value,
    ) -> Self {
        let path = url.path().strip_prefix("/api/v1").expect("an address of the API");
        let query = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        let media_type = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        Self { method, path, query, sent, status, media_type, answered }
    }
}

/// Fails the test where the document says otherwise.
///
/// # Panics
/// With what differs.
#[track_caller]
pub fn hold(exchange: &Exchange<'_>) {
    if let Err(why) = compare(exchange) {
        let Exchange { method, path, status, .. } = exchange;
        panic!(
            "{method} {path} answered {status}, and the API's document says otherwise: {why}\nSay it beside the route \
             (server/src/http), then renew docs/openapi.json: UPDATE=1 cargo nextest run --workspace --test openapi"
        );
    }
}

/// What the document says otherwise.
///
/// # Errors
/// With a text.
pub fn compare(exchange: &Exchange<'_>) -> Result<(), String> {
    let Some(call) = call(exchange.method, exchange.path) else {
        let refused = matches!(exchange.status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
        return if refused { Ok(()) } else { Err("it has no such call".to_owned()) };
    };
    let answer = answer(&call["responses"][exchange.status.as_str()]);
    if answer.is_null() {
        return Err(format!("it has no such status; the answer was {}", exchange.answered));
    }
    if exchange.status.is_success() {
        accepted(call, exchange)?;
    }
    if exchange.media_type.is_empty() {
        return Ok(());
    }
    match media(&answer["content"], exchange.media_type) {
        None => Err(format!("it has no {} there", exchange.media_type)),
        Some(content) if exchange.media_type.ends_with("json") => fits(&content["schema"], exchange.answered),
        Some(_) => Ok(()),
    }
}

/// What the server took the document has to allow.
fn accepted(call: &Value, exchange: &Exchange<'_>) -> Result<(), String> {
    let parameters = call["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_known = |name: &String| parameters.iter().any(|one| one["in"] == "query" && one["name"] == **name);
    if let Some(unknown) = exchange.query.iter().find(|name| !is_known(name)) {
        return Err(format!("it has no parameter {unknown}, which was taken"));
    }
    let schema = &call["requestBody"]["content"]["application/json"]["schema"];
    match &exchange.sent {
        Some(sent) if !schema.is_null() => fits(schema, sent).map_err(|why| format!("a body that was taken: {why}")),
        _ => Ok(()),
    }
}

/// An answer, or the one that it refers to.
#[must_use]
pub fn answer(described: &'static Value) -> &'static Value {
    let referred = described["$ref"].as_str().and_then(|at| openapi::document().pointer(at.strip_prefix('#')?));
    referred.unwrap_or(described)
}

fn media<'d>(content: &'d Value, media_type: &str) -> Option<&'d Value> {
    let family = media_type.split('/').next().map(|family| format!("{family}/*"));
    content.get(media_type).or_else(|| content.get(family?))
}

/// The call at an address, the one without a part in braces before the one with.
fn call(method: &Method, path: &str) -> Option<&'static Value> {
    let fits = |template: &str| {
        let (asked, there): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), template.split('/').collect());
        asked.len() == there.len() && asked.iter().zip(&there).all(|(a, t)| a == t || t.starts_with('{'))
    };
    let paths = openapi::document()["paths"].as_object()?;
    let mut found: Vec<_> = paths.iter().filter(|(template, _)| fits(template)).collect();
    found.sort_by_key(|(template, _)| template.matches('{').count());
    found.first()?.1.get(method.as_str().to_ascii_lowercase())
}

/// Whether a value has a shape and nothing beside it.
///
/// # Errors
/// With everything that differs.
pub fn fits(schema: &Value, value: &Value) -> Result<(), String> {
    let validator = validator(schema)?;
    let differs: Vec<String> =
        validator.iter_errors(value).map(|bad| format!("{} at \"{}\"", bad, bad.instance_path())).collect();
    if differs.is_empty() { Ok(()) } else { Err(format!("{} in {value}", differs.join("; "))) }
}

/// Made once for each shape: a scenario makes the same few calls again and again.
fn validator(schema: &Value) -> Result<Arc<Validator>, String> {
    static MADE: Mutex<BTreeMap<String, Arc<Validator>>> = Mutex::new(BTreeMap::new());
    let name = schema.to_string();
    if let Some(known) = MADE.lock().expect("nobody panics with it").get(&name) {
        return Ok(Arc::clone(known));
    }
    let mut root = schema.clone();
    close(&mut root, false);
    root["components"] = json!({ "schemas": shapes_in(&root) });
    let made = jsonschema::draft202012::new(&root).map_err(|bad| format!("no JSON schema: {bad}"))?;
    let made = Arc::new(made);
    MADE.lock().expect("nobody panics with it").insert(name, Arc::clone(&made));
    Ok(made)
}

/// The named shapes that a schema refers to, and those that these refer to, closed.
fn shapes_in(schema: &Value) -> Map<String, Value> {
    let known = &openapi::document()["components"]["schemas"];
    let mut found = Map::new();
    let mut to_look_at = vec![schema.clone()];
    while let Some(schema) = to_look_at.pop() {
        match schema {
            Value::Object(fields) => {
                let name =
                    fields.get("$ref").and_then(Value::as_str).and_then(|at| at.strip_prefix("#/components/schemas/"));
                if let Some(name) = name.filter(|name| !found.contains_key(*name)) {
                    let mut shape = known[name].clone();
                    close(&mut shape, false);
                    to_look_at.push(shape.clone());
                    found.insert(name.to_owned(), shape);
                }
                to_look_at.extend(fields.into_iter().map(|(_, inner)| inner));
            }
            Value::Array(items) => to_look_at.extend(items),
            _ => {}
        }
    }
    found
}

/// Clients may be told more one day; today's answers have exactly what is described.
fn close(schema: &mut Value, is_part: bool) {
    let Some(fields) = schema.as_object_mut() else { return };
    let is_whole = fields.contains_key("properties") && !fields.contains_key("$ref");
    if is_whole && !is_part && !fields.contains_key("additionalProperties") {
        fields.insert("unevaluatedProperties".to_owned(), json!(false));
    }
    for (name, inner) in fields {
        match (name.as_str(), inner) {
            ("oneOf" | "anyOf" | "allOf", Value::Array(parts)) => {
                parts.iter_mut().for_each(|part| close(part, is_part || is_whole));
            }
            ("properties" | "patternProperties", Value::Object(inner)) => {
                inner.values_mut().for_each(|field| close(field, false));
            }
            ("prefixItems", Value::Array(items)) => items.iter_mut().for_each(|item| close(item, false)),
            ("items" | "additionalProperties", inner) => close(inner, false),
            _ => {}
        }
    }
}
