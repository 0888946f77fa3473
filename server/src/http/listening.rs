//! A stream of events lasts as long as its listener may hear it, and no longer.

use super::auth::Presence;
use crate::state::AppState;
use futures_util::{Stream, StreamExt as _};
use std::time::Duration;

/// A listener is looked at this often, where nobody told us of its going: another instance, the command line.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// The events until the listener's session ends or is ended, its tablet is taken out of service, or the server stops.
pub fn as_long_as_present<S: Stream>(
    state: AppState,
    presence: Presence,
    events: S,
) -> impl Stream<Item = S::Item> + use<S> {
    events.take_until(Box::pin(gone(state, presence)))
}

async fn gone(state: AppState, presence: Presence) {
    let feed = state.feed.clone();
    let mut departures = feed.departures();
    // One who went between its request and here is found now.
    while presence.lasts(&state).await {
        tokio::select! {
            _ = departures.changed() => {}
            () = tokio::time::sleep(presence.left(&state).min(LOOK_EVERY)) => {}
            () = feed.stopped() => return,
        }
    }
}
