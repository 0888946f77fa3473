//! The description of one call while it is put together.

use super::PathPart;
use crate::service::idempotency::KEY_MAX_BYTES;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a call so far.
pub struct Sketch<'g> {
    /// Shapes of what callers send.
    asked: &'g mut SchemaGenerator,
    /// Shapes of what they are answered.
    given: &'g mut SchemaGenerator,
    parameters: Vec<Value>,
    path_part: Option<Value>,
    body: Option<Value>,
    answers: BTreeMap<u16, Map<String, Value>>,
    problems: BTreeMap<u16, BTreeSet<&'static str>>,
}

impl<'g> Sketch<'g> {
    /// Nothing is known; shapes go to these two.
    pub fn new(asked: &'g mut SchemaGenerator, given: &'g mut SchemaGenerator) -> Self {
        let (parameters, answers, problems) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Self { asked, given, parameters, path_part: None, body: None, answers, problems }
    }

    /// Each field of `T` is a parameter.
    pub fn query<T: JsonSchema>(&mut self) {
        let schema = T::json_schema(self.asked);
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        for (name, field) in fields {
            let mut field = field.clone();
            let what = field.as_object_mut().and_then(|field| field.remove("description"));
            let is_required = required.contains(&name.as_str());
            let mut parameter =
                json!({ "name": name, "in": "query", "required": is_required, "schema": not_null(field) });
            if let Some(what) = what {
                parameter["description"] = what;
            }
            self.parameters.push(parameter);
        }
        self.refuses(400, "query_invalid");
    }

    /// The part of the path in braces.
    pub fn path<T: PathPart>(&mut self) {
        let schema = self.asked.subschema_for::<T::Shape>();
        self.path_part = Some(json!({ "in": "path", "required": true, "schema": schema }));
        if !T::ANY_TEXT {
            self.refuses(404, "not_found");
        }
    }

    /// What that part is.
    pub fn path_is(&mut self, what: &'static str) {
        if let Some(part) = &mut self.path_part {
            part["description"] = what.into();
        }
    }

    /// A header of the request.
    pub fn header(&mut self, name: &str, is_required: bool, what: &str) {
        let schema = json!({ "type": "string" });
        self.parameters.push(
            json!({ "name": name, "in": "header", "required": is_required, "description": what, "schema": schema }),
        );
    }

    /// It can be sent again under a key, and has to be where `is_required`.
    pub fn once(&mut self, is_required: bool) {
        let what = "A new UUID for each new thing. The same key with the same request gives the same answer and changes \
                    nothing; with another request it is refused. Answers are kept for a week.";
        let without = " A dry run takes none.";
        let what = if is_required { what.to_owned() } else { format!("{what}{without}") };
        let schema = json!({ "type": "string", "minLength": 1, "maxLength": KEY_MAX_BYTES });
        let name = "Idempotency-Key";
        self.parameters.push(
            json!({ "name": name, "in": "header", "required": is_required, "description": what, "schema": schema }),
        );
        self.refuses(400, "idempotency_key_missing");
        self.refuses(400, "idempotency_key_invalid");
        self.refuses(409, "idempotency_key_reused");
    }

    /// A JSON body.
    pub fn body_json<T: JsonSchema>(&mut self) {
        let schema = self.asked.subschema_for::<T>();
        self.body = Some(json!({ "required": true, "content": { "application/json": { "schema": schema } } }));
        self.refuses(400, "body_not_json");
        self.refuses(422, "body_invalid");
        self.refuses_bodies();
    }

    /// No body, or an empty object.
    pub fn body_none(&mut self) {
        let schema = json!({ "type": "object", "additionalProperties": false });
        self.body = Some(json!({ "required": false, "content": { "application/json": { "schema": schema } } }));
        self.refuses(422, "body_invalid");
        self.refuses(413, "too_large");
    }

    /// A file, as the body or as the one part of a form.
    pub fn body_file(&mut self) {
        let form = json!({
            "type": "object",
            "properties": { "file": { "type": "string", "contentMediaType": "application/octet-stream" } },
            "required": ["file"],
            "additionalProperties": false,
        });
        self.body = Some(json!({
            "required": true,
            "description": "The file itself, or a form with one part called \"file\".",
            "content": {
                "multipart/form-data": { "schema": form },
                "text/csv": {},
                "application/octet-stream": {},
            },
        }));
        self.refuses(400, "form_invalid");
        self.refuses(413, "file_too_large");
        self.refuses(408, "timeout");
        self.refuses(400, "bad_request");
    }

    /// Bytes of this kind as the body.
    pub fn body_bytes(&mut self, media_type: &str, what: &str) {
        self.body = Some(json!({ "required": true, "description": what, "content": { media_type: {} } }));
    }

    /// What tablets and the server exchange, in CBOR or JSON.
    pub fn exchanges<Asked: JsonSchema, Given: JsonSchema>(&mut self) {
        let (asked, given) = (self.asked.subschema_for::<Asked>(), self.given.subschema_for::<Given>());
        let both =
            |schema| json!({ "application/cbor": { "schema": schema }, "application/json": { "schema": schema } });
        self.body = Some(json!({
            "required": true,
            "description": "CBOR, or the same shape as JSON; may be sent with `Content-Encoding: gzip`.",
            "content": both(asked),
        }));
        self.answer(200, "Done.").insert("content".to_owned(), both(given));
        self.refuses(400, "sync_unreadable");
        self.refuses_bodies();
    }

    /// A JSON answer.
    pub fn gives_json<T: JsonSchema>(&mut self, status: u16) {
        let schema = self.given.subschema_for::<T>();
        let what = if status == 201 { "Made." } else { "Done." };
        self.answer(status, what).insert("content".to_owned(), json!({ "application/json": { "schema": schema } }));
    }

    /// An answer that is no JSON.
    pub fn gives_media(&mut self, status: u16, media_type: &str, what: &str) {
        let content = json!({ media_type: { "schema": { "type": "string" } } });
        let answer = self.answer(status, what);
        answer.insert("description".to_owned(), what.into());
        answer.insert("content".to_owned(), content);
    }

    /// An answer without a body.
    pub fn gives_nothing(&mut self, status: u16) {
        self.answer(status, "Done; nothing to tell.");
    }

    /// A header of an answer.
    pub fn answers_header(&mut self, status: u16, name: &str, what: &str) {
        let headers = self.answer(status, "Done.").entry("headers").or_insert_with(|| json!({}));
        headers[name] = json!({ "description": what, "schema": { "type": "string" } });
    }

    /// A problem with this code.
    pub fn refuses(&mut self, status: u16, code: &'static str) {
        self.problems.entry(status).or_default().insert(code);
    }

    /// The description, for a call at this path; what it refuses goes to `refusals`, which calls share.
    pub(super) fn finish(mut self, path: &str, refusals: &mut Map<String, Value>) -> Map<String, Value> {
        if let Some(mut part) = self.path_part.take() {
            part["name"] =
                path.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map_or("", |(it, _)| it).into();
            self.parameters.insert(0, part);
        }
        let mut responses = Map::new();
        for (status, answer) in self.answers {
            responses.insert(status.to_string(), Value::Object(answer));
        }
        for (status, codes) in self.problems {
            let listed: Vec<&str> = codes.iter().copied().collect();
            let name = format!("{status}.{}", listed.join("."));
            responses.insert(status.to_string(), json!({ "$ref": format!("#/components/responses/{name}") }));
            refusals.entry(name).or_insert_with(|| problems(status, &codes));
        }
        let mut call = Map::new();
        if !self.parameters.is_empty() {
            call.insert("parameters".to_owned(), Value::Array(self.parameters));
        }
        if let Some(body) = self.body {
            call.insert("requestBody".to_owned(), body);
        }
        call.insert("responses".to_owned(), Value::Object(responses));
        call
    }

    fn answer(&mut self, status: u16, what: &str) -> &mut Map<String, Value> {
        let said = || Map::from_iter([("description".to_owned(), what.into())]);
        self.answers.entry(status).or_insert_with(said)
    }

    fn refuses_bodies(&mut self) {
        self.refuses(400, "bad_request");
        self.refuses(413, "too_large");
        self.refuses(415, "unsupported_media_type");
    }
}

/// A problem answer with its codes.
fn problems(status: u16, codes: &BTreeSet<&'static str>) -> Value {
    let listed: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let what = axum::http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let schema = json!({ "$ref": "#/components/schemas/Problem", "properties": { "code": { "enum": codes } } });
    json!({
        "description": format!("{}: {}", what.unwrap_or("Refused"), listed.join(", ")),
        "content": { "application/problem+json": { "schema": schema } },
    })
}

/// A parameter that is left out is left out: it has no null.
fn not_null(mut field: Value) -> Value {
    if let Some(Value::Array(types)) = field.get_mut("type") {
        types.retain(|one| one != "null");
        if let [one] = types.as_slice() {
            field["type"] = one.clone();
        }
    }
    let alone = field.get("anyOf").and_then(Value::as_array).and_then(|choices| {
        let mut others = choices.iter().filter(|choice| choice["type"] != "null");
        others.next().filter(|_| others.next().is_none()).cloned()
    });
    alone.unwrap_or(field)
}
