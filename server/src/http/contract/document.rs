//! The OpenAPI 3.1 document: every registered call with its shapes, its problems, and the roles of the one table.

use super::{Call, Sketch};
use crate::{
    http::problem::{CODES_OF_ANY_CALL, ProblemBody},
    service::authorise::{Action, allows},
};
use axum::http::Method;
use curbstop_shared::vocabulary::Role;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Where shapes lie in the document.
const SHAPES: &str = "#/components/schemas/";

/// The document that describes these calls.
#[must_use]
pub fn of_calls(calls: &[Call]) -> Value {
    let mut asked = generator(SchemaSettings::for_deserialize);
    let mut given = generator(SchemaSettings::for_serialize);
    given.subschema_for::<ProblemBody<'static>>();
    let (mut paths, mut refusals): (Map<String, Value>, Map<String, Value>) = (Map::new(), Map::new());
    for call in calls {
        let described = operation(call, &mut asked, &mut given, &mut refusals);
        let at = paths.entry(call.path.clone()).or_insert_with(|| json!({}));
        at[call.method.as_str().to_ascii_lowercase()] = Value::Object(described);
    }
    let mut paths = Value::Object(paths);
    let shapes = merged(asked.take_definitions(true), given.take_definitions(true), &mut paths);
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Curbstop",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Field collections of a utility: listings in, routes out, facts back.",
            "description": "Unknown fields and query parameters are refused. A refused request is answered with a \
                            problem (RFC 9457): a stable `code`, and a `detail` that says what to do. \
                            See /api/docs of a running server.",
            "license": { "name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later" },
        },
        "servers": [{ "url": "/api/v1" }],
        "tags": tags(calls),
        "paths": paths,
        "components": { "schemas": shapes, "responses": refusals, "securitySchemes": security_schemes() },
    })
}

fn generator(contract: fn(SchemaSettings) -> SchemaSettings) -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        SHAPES.trim_start_matches('#').clone_into(settings.definitions_path.to_mut());
        settings.meta_schema = None;
    });
    contract(settings).into_generator()
}

fn security_schemes() -> Value {
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The `access_token` of POST /session, /tokens/refresh or /devices/enrol.",
        },
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": "curbstop",
            "description": "The session of the pages; `__Host-curbstop` where the server is reached by https.",
        },
    })
}

fn tags(calls: &[Call]) -> Value {
    let names: BTreeSet<&str> = calls.iter().map(|call| tag(&call.path)).collect();
    names.into_iter().map(|name| json!({ "name": name })).collect()
}

/// The resource: the first part of the path.
fn tag(path: &str) -> &str {
    path.trim_start_matches('/').split('/').next().unwrap_or_default()
}

fn operation(
    call: &Call,
    asked: &mut SchemaGenerator,
    given: &mut SchemaGenerator,
    refusals: &mut Map<String, Value>,
) -> Map<String, Value> {
    let mut sketch = Sketch::new(asked, given);
    for part in &call.parts {
        part(&mut sketch);
    }
    for (status, code) in CODES_OF_ANY_CALL {
        sketch.refuses(*status, code);
    }
    if !matches!(call.method, Method::GET | Method::HEAD) {
        sketch.refuses(403, "other_site");
    }
    if let Some(action) = call.action {
        for code in ["sign_in_needed", "token_invalid", "token_revoked", "device_revoked"] {
            sketch.refuses(401, code);
        }
        if !(action.is_for_devices() && Role::ALL.iter().all(|role| allows(*role, action))) {
            sketch.refuses(403, "role_forbids");
        }
    }
    let mut described = sketch.finish(&call.path, refusals);
    described.insert("operationId".to_owned(), operation_id(call).into());
    described.insert("summary".to_owned(), call.summary.into());
    described.insert("tags".to_owned(), json!([tag(&call.path)]));
    described.insert("description".to_owned(), who_may(call.action).into());
    match call.action {
        None => described.insert("security".to_owned(), json!([])),
        Some(action) => {
            described.insert("x-roles".to_owned(), roles(action).into());
            described.insert("x-for-tablets".to_owned(), action.is_for_devices().into());
            described.insert("security".to_owned(), json!([{ "bearer": [] }, { "cookie": [] }]))
        }
    };
    described
}

/// Whom the table allows it, by their codes.
fn roles(action: Action) -> Vec<&'static str> {
    Role::ALL.iter().filter(|role| allows(**role, action)).map(|role| role.code()).collect()
}

fn who_may(action: Option<Action>) -> String {
    let Some(action) = action else { return "Open to anybody, without signing in.".to_owned() };
    let who = if action.is_for_devices() { "A tablet with its own token, and the roles" } else { "The roles" };
    format!("{who} {}.", roles(action).join(", "))
}

/// `postRoutesIdTakeBack`: stays the same as long as the call does.
fn operation_id(call: &Call) -> String {
    let words = call.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(call.method.as_str().to_ascii_lowercase(), |mut id, word| {
        id.push_str(&word[..1].to_ascii_uppercase());
        id.push_str(&word[1..]);
        id
    })
}

/// Shapes of requests and answers under one roof. What has the same name and differs (a field that may be left out
/// on the way in and always comes on the way out) is called `...Asked` on the way in.
fn merged(asked: Map<String, Value>, given: Map<String, Value>, paths: &mut Value) -> Map<String, Value> {
    let both = |name: &String| given.contains_key(name);
    let mut differing: BTreeSet<String> =
        asked.iter().filter(|(name, shape)| both(name) && given.get(*name) != Some(*shape)).map(key).collect();
    // What holds one that differs differs, too.
    loop {
        let held = |shape: &Value| differing.iter().any(|name| refers(shape, &format!("{SHAPES}{name}")));
        let more: Vec<String> = asked
            .iter()
            .filter(|(name, shape)| both(name) && !differing.contains(*name) && held(shape))
            .map(key)
            .collect();
        if more.is_empty() {
            break;
        }
        differing.extend(more);
    }
    let mut shapes = given;
    for (name, mut shape) in asked {
        rename(&mut shape, &differing);
        let name = if differing.contains(&name) { asked_name(&name) } else { name };
        shapes.insert(name, shape);
    }
    for call in paths.as_object_mut().into_iter().flatten().flat_map(|(_, at)| at.as_object_mut().into_iter().flatten())
    {
        for part in ["requestBody", "parameters"] {
            if let Some(part) = call.1.get_mut(part) {
                rename(part, &differing);
            }
        }
    }
    shapes
}

fn key((name, _): (&String, &Value)) -> String {
    name.clone()
}

fn refers(value: &Value, to: &str) -> bool {
    match value {
        Value::String(text) => text == to,
        Value::Array(items) => items.iter().any(|item| refers(item, to)),
        Value::Object(fields) => fields.values().any(|field| refers(field, to)),
        _ => false,
    }
}

fn asked_name(name: &str) -> String {
    format!("{name}Asked")
}

fn rename(value: &mut Value, differing: &BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str().and_then(|text| text.strip_prefix(SHAPES)).filter(|_| name == "$ref") {
                    Some(shape) if differing.contains(shape) => {
                        *field = format!("{SHAPES}{}", asked_name(shape)).into()
                    }
                    Some(_) => {}
                    None => rename(field, differing),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, differing)),
        _ => {}
    }
}
