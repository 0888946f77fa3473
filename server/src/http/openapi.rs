//! `/openapi.json`: what every call of the API takes and gives, for programs. It says nothing about the utility, so
//! anybody may read it.

use super::contract::{Call, Calls, document, get};
use super::extract::Json;
use serde_json::Value;
use std::sync::LazyLock;

/// The routes of this resource.
pub fn routes() -> Calls {
    Calls::new().route("/openapi.json", get(show).says("This document."))
}

/// The OpenAPI 3.1 document.
#[must_use]
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document::of_calls(&registered()));
    &DOCUMENT
}

/// Every registered call, in the order of its registration.
#[must_use]
pub fn registered() -> Vec<Call> {
    super::calls().into_parts().1
}

async fn show() -> Json<&'static Value> {
    Json(document())
}
