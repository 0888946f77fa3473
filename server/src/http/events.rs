//! `/events`: desks hear that something happened, in the order of the commits. What it is they ask for themselves.

use super::{
    auth::{Presence, allow},
    contract::{Calls, get},
    listening::as_long_as_present,
    problem::Problem,
};
use crate::{
    feed::{FeedEvent, PlanProgress},
    service::authorise::{Action, Actor},
    state::AppState,
    store::feed,
};
use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, StreamExt, stream};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};

/// Events that a desk is sent again after a break; one that missed more reloads.
const REPLAY_MAX: i64 = 500;
/// A comment goes out this often, so that proxies keep the line open and a dead one is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The routes of this resource.
pub fn routes() -> Calls {
    let heard = get(hear)
        .says("What happens, as it happens: `changed` with `{seq, topic, subject}`, or `lagged`: reload everything. While a plan is built also `progress` with `{plan, percent, rounds, left_out}`.")
        .header("Last-Event-ID", "The last event that was heard: those since then come first.");
    Calls::new().route("/events", allow(Action::HearEvents, heard))
}

async fn hear(
    State(state): State<AppState>,
    _: Actor,
    presence: Presence,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    // Subscribed before the past is read: an event in between comes twice rather than never.
    let live = BroadcastStream::new(state.feed.subscribe()).map(|heard| match heard {
        Ok(event) => changed(&event),
        Err(BroadcastStreamRecvError::Lagged(_)) => lagged(),
    });
    let last: Option<i64> = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let missed = match last {
        Some(seq) => missed_since(&state, seq).await?,
        None => Vec::new(),
    };
    // Who misses a word of progress hears the next.
    let progress = BroadcastStream::new(state.feed.hear_progress()).filter_map(|heard| async { heard.ok() });
    let live = stream::select(live, progress.map(|progress| progressed(&progress)));
    let stream = as_long_as_present(state, presence, stream::iter(missed).chain(live).map(Ok));
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

async fn missed_since(state: &AppState, seq: i64) -> Result<Vec<Event>, Problem> {
    let mut conn = state.store.reader().await?;
    let events = feed::since(&mut conn, seq, REPLAY_MAX).await?;
    // Without gaps: where the next one is not there any more, it was forgotten for its age.
    let is_next = match events.first() {
        Some(event) => event.seq == seq + 1,
        None => feed::head(&mut conn).await? <= seq,
    };
    let is_all = is_next && i64::try_from(events.len()).is_ok_and(|count| count < REPLAY_MAX);
    Ok(if is_all { events.into_iter().map(|event| changed(&Arc::new(event))).collect() } else { vec![lagged()] })
}

/// `event: changed`, `id: 812`, `data: {"topic":"route","subject":"..."}`.
fn changed(event: &Arc<FeedEvent>) -> Event {
    let data = serde_json::json!({ "seq": event.seq, "topic": event.topic, "subject": event.subject });
    Event::default().event("changed").id(event.seq.to_string()).data(data.to_string())
}

/// `event: progress`, `data: {"plan":"...","percent":35,"rounds":12000,"left_out":2}`: without an id, for it is kept nowhere.
fn progressed(progress: &PlanProgress) -> Event {
    let data = serde_json::json!(progress);
    Event::default().event("progress").data(data.to_string())
}

/// Too much happened to tell one by one: reload everything.
fn lagged() -> Event {
    Event::default().event("lagged").data("{}")
}
