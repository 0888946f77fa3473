//! What a call answers, read off the type of its handler.

use super::Sketch;
use crate::{
    http::{extract::Json, problem::Problem},
    service::idempotency::Answer,
};
use axum::{
    http::StatusCode,
    response::{Response, Sse},
};
use schemars::JsonSchema;

/// Media types beside JSON.
pub mod media {
    /// A stream of events.
    pub const EVENTS: &str = "text/event-stream";
    /// A file for spreadsheets.
    pub const CSV: &str = "text/csv";
    /// A photo.
    pub const IMAGE: &str = "image/*";
}

/// Something that handlers answer.
pub trait Gives {
    /// Says what it is; nothing where the type doesn't know, and it is said beside the route.
    fn describe(_: &mut Sketch<'_>) {}
}

impl Gives for Response {}
impl Gives for Answer {}

impl<T: Gives> Gives for Result<T, Problem> {
    fn describe(sketch: &mut Sketch<'_>) {
        T::describe(sketch);
    }
}

impl<T: JsonSchema> Gives for Json<T> {
    fn describe(sketch: &mut Sketch<'_>) {
        sketch.gives_json::<T>(200);
    }
}

/// A status of its own is only set where something was made.
impl<T: JsonSchema> Gives for (StatusCode, Json<T>) {
    fn describe(sketch: &mut Sketch<'_>) {
        sketch.gives_json::<T>(201);
    }
}

/// A bare status says that it is done.
impl Gives for StatusCode {
    fn describe(sketch: &mut Sketch<'_>) {
        sketch.gives_nothing(204);
    }
}

impl<S> Gives for Sse<S> {
    fn describe(sketch: &mut Sketch<'_>) {
        sketch.gives_media(200, media::EVENTS, "Events, as they happen.");
    }
}
