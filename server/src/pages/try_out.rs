//! `/api/docs/try`: every call of the API on one page, to read and to try. Nothing of it comes from elsewhere: it is
//! drawn here from the document, and `try.js` sends what was filled in.

mod shown;

use super::{frame::Frame, html};
use crate::{
    http::{contract::Call, openapi, problem::Problem},
    state::AppState,
};
use askama::Template;
use axum::{Router, response::Response, routing::get};
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/api/docs/try", get(page))
}

#[derive(Template)]
#[template(path = "try.html")]
struct Try {
    f: Frame,
    resources: Vec<Resource>,
}

/// The calls under one first part of the path.
struct Resource {
    name: String,
    calls: Vec<Shown>,
}

/// A call as the page shows it.
struct Shown {
    id: String,
    method: String,
    path: String,
    summary: String,
    who: String,
    is_open: bool,
    parameters: Vec<Parameter>,
    body: Option<Body>,
    answers: Vec<Answer>,
}

/// A field to fill in.
struct Parameter {
    name: String,
    /// `path`, `query` or `header`.
    place: String,
    is_required: bool,
    /// `text`, `uuid`, `date`, ...
    kind: String,
    choices: Vec<String>,
    what: String,
}

/// What is sent along.
enum Body {
    /// JSON to begin with.
    Json(String),
    /// A file, as this media type.
    File(String),
}

/// An answer that can come.
struct Answer {
    status: String,
    what: String,
    /// What its JSON looks like, in words for values; nothing for problems, which all look the same.
    shape: Option<String>,
}

async fn page(f: Frame) -> Result<Response, Problem> {
    let mut by_name: BTreeMap<String, Vec<Shown>> = BTreeMap::new();
    for call in openapi::registered() {
        let name = call.path.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();
        by_name.entry(name).or_default().push(shown(&call));
    }
    let resources = by_name.into_iter().map(|(name, calls)| Resource { name, calls }).collect();
    html(&Try { f, resources })
}

fn shown(call: &Call) -> Shown {
    let method = call.method.as_str();
    let described = &openapi::document()["paths"][&call.path][method.to_ascii_lowercase()];
    let parameters = described["parameters"].as_array().into_iter().flatten();
    let answers = described["responses"].as_object().into_iter().flatten();
    Shown {
        id: text(&described["operationId"]),
        method: method.to_owned(),
        path: call.path.clone(),
        summary: call.summary.to_owned(),
        who: text(&described["description"]),
        is_open: call.action.is_none(),
        parameters: parameters.map(parameter).collect(),
        body: body(&described["requestBody"]["content"]),
        answers: answers.map(|(status, answer)| answered(status, shown::resolved(answer))).collect(),
    }
}

fn parameter(described: &Value) -> Parameter {
    let schema = shown::resolved(&described["schema"]);
    let choices = schema["enum"].as_array().into_iter().flatten().map(text).collect();
    let what = if described["description"].is_null() { &schema["description"] } else { &described["description"] };
    Parameter {
        name: text(&described["name"]),
        place: text(&described["in"]),
        is_required: described["required"] == true,
        kind: shown::kind(schema),
        choices,
        what: text(what),
    }
}

fn body(content: &Value) -> Option<Body> {
    let kinds = content.as_object()?;
    Some(match kinds.get("application/json") {
        Some(json) => Body::Json(format!("{:#}", shown::to_fill_in(&json["schema"]))),
        None => Body::File("application/octet-stream".to_owned()),
    })
}

fn answered(status: &str, answer: &Value) -> Answer {
    let shape = &answer["content"]["application/json"]["schema"];
    let shape = (!shape.is_null()).then(|| format!("{:#}", shown::in_words(shape)));
    Answer { status: status.to_owned(), what: text(&answer["description"]), shape }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &str, path: &str) -> Shown {
        let calls = openapi::registered();
        shown(calls.iter().find(|call| call.method == method && call.path == path).unwrap())
    }

    #[test]
    fn a_payment_is_shown_with_a_body_to_fill_in_and_what_comes_back() {
        let payment = of("POST", "/payments");
        assert_eq!(payment.who, "The roles admin, office, supervisor, cis.");
        assert!(payment.parameters.iter().any(|one| one.name == "Idempotency-Key" && one.is_required));
        let Some(Body::Json(body)) = &payment.body else { panic!("no body") };
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["amount"], "");
        assert!(body.get("lines").is_none(), "what may be left out is left out");
        let made = payment.answers.iter().find(|answer| answer.status == "201").unwrap();
        assert!(made.shape.as_ref().unwrap().contains("\"reconnects\""));
        let refused = payment.answers.iter().find(|answer| answer.status == "409").unwrap();
        assert!(refused.what.contains("`receipt_known`"), "{}", refused.what);
    }

    #[test]
    fn a_file_and_a_list_of_choices_are_fields() {
        assert!(matches!(of("POST", "/listings").body, Some(Body::File(_))));
        let dry_run = of("POST", "/listings").parameters.into_iter().find(|one| one.name == "dry_run").unwrap();
        assert_eq!((dry_run.kind.as_str(), dry_run.is_required), ("boolean", false));
    }
}
