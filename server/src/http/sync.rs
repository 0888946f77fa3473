//! `/sync`: a tablet's whole session in one request, and the bell that says "pull now".

use super::{
    auth::{Presence, allow},
    contract::{Calls, get, post},
    listening::as_long_as_present,
    packed::{OfAnybody, OfTablet},
    problem::Problem,
};
use crate::{
    service::{
        authorise::{Action, Actor},
        handing_in,
        syncing::{self, Caller},
    },
    shape::wire as shape,
    state::AppState,
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use curbstop_shared::sync::wire::SyncRequest;
use futures_util::{Stream, StreamExt};
use serde::{Serialize, de::DeserializeOwned};
use std::convert::Infallible;
use tokio_stream::wrappers::BroadcastStream;

const CBOR: &str = "application/cbor";
const JSON: &str = "application/json";

/// The routes of this resource.
pub fn routes() -> Calls {
    let exchanged = post(exchange)
        .says("A tablet's whole session: what it has goes in, what it lacks comes back.")
        .exchanges::<shape::SyncRequest, shape::SyncResponse>()
        .refuses(&[
            (403, "tablet_needed"),
            (404, "route_not_found"),
            (408, "timeout"),
            (413, "too_many_heads"),
            (413, "too_many_routes"),
            (422, "bad_head"),
            (422, "route_named_twice"),
            (422, "upgrade_required"),
            (503, "route_busy"),
            (503, "sync_busy"),
        ]);
    let handed_in = post(hand_in)
        .says("What a tablet out of service still holds, signed with its key; a person decides on it.")
        .exchanges::<shape::HandIn, shape::SyncResponse>()
        .refuses(&[
            (401, "proof_invalid"),
            (408, "timeout"),
            (413, "quarantine_full"),
            (422, "hand_in_invalid"),
            (422, "upgrade_required"),
            (503, "sync_busy"),
        ]);
    let session = Calls::new()
        .route("/sync", allow(Action::Sync, exchanged))
        // Its tokens are dead: the tablet's signature is checked instead.
        .route("/sync/hand-in", handed_in);
    let heard = get(bell).says("Says \"pull\" when something was written to one of the crew's routes.");
    session.route("/sync/events", allow(Action::Sync, heard.refuses(&[(403, "tablet_needed")])))
}

async fn exchange(
    State(state): State<AppState>,
    actor: Actor,
    headers: HeaderMap,
    body: OfTablet,
) -> Result<Response, Problem> {
    let format = Format::of(&headers)?;
    let request: SyncRequest = format.read(&body)?;
    let answer = syncing::exchange(&state, caller(&actor)?, request).await?;
    format.write(&answer)
}

async fn hand_in(State(state): State<AppState>, headers: HeaderMap, body: OfAnybody) -> Result<Response, Problem> {
    let format = Format::of(&headers)?;
    let answer = handing_in::hand_in(&state, &format.read(&body)?).await?;
    format.write(&answer)
}

fn caller(actor: &Actor) -> Result<Caller, Problem> {
    match (actor.device(), actor.crew) {
        (Some(device), Some(crew)) => Ok(Caller { device, crew }),
        _ => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "tablet_needed",
            "Only an enrolled tablet syncs. Enrol it with a code from dispatch.",
        )),
    }
}

/// CBOR, or the same shape as JSON.
#[derive(Debug, Clone, Copy)]
enum Format {
    Cbor,
    Json,
}

impl Format {
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match kind.split(';').next().map(str::trim) {
            Some(CBOR) => Ok(Self::Cbor),
            Some(JSON) => Ok(Self::Json),
            _ => Err(Problem::from_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)),
        }
    }

    fn read<T: DeserializeOwned>(self, body: &[u8]) -> Result<T, Problem> {
        let read = match self {
            Self::Cbor => ciborium::from_reader(body).map_err(|bad| bad.to_string()),
            Self::Json => serde_json::from_slice(body).map_err(|bad| bad.to_string()),
        };
        let unreadable = |why: String| {
            let detail =
                format!("This is not a sync request of version 1: {}", why.chars().take(300).collect::<String>());
            Problem::new(StatusCode::BAD_REQUEST, "sync_unreadable", detail)
        };
        read.map_err(unreadable)
    }

    fn write(self, answer: &impl Serialize) -> Result<Response, Problem> {
        let mut bytes = Vec::new();
        let (kind, written) = match self {
            Self::Cbor => (CBOR, ciborium::into_writer(answer, &mut bytes).map_err(|bad| bad.to_string())),
            Self::Json => (JSON, serde_json::to_writer(&mut bytes, answer).map_err(|bad| bad.to_string())),
        };
        written.map_err(|bad| Problem::internal(&bad))?;
        Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], bytes).into_response())
    }
}

/// Says "pull" when something was written to one of the crew's routes. Losing it costs at most the poll interval.
async fn bell(
    State(state): State<AppState>,
    actor: Actor,
    presence: Presence,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let crew = caller(&actor)?.crew.to_string();
    let rings = BroadcastStream::new(state.feed.subscribe()).filter_map(move |event| {
        // A listener that fell behind pulls too: it may have missed one of its own.
        let ours = event.as_ref().map_or(true, |event| event.topic == "route" && event.body.contains(&crew));
        async move { ours.then(|| Ok(Event::default().event("pull").data(""))) }
    });
    Ok(Sse::new(as_long_as_present(state, presence, rings)).keep_alive(KeepAlive::default()))
}
