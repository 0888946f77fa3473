//! `/releases`: the office's word on proof of payment that was shown at the door.

use super::{auth::allow, holds::decide};
use crate::{service::authorise::Action, state::AppState};
use axum::{Router, routing::post};

/// The routes of this resource.
pub fn routes() -> Router<AppState> {
    Router::new().route("/releases/{claim}/decision", allow(Action::DecideReleases, post(decide)))
}
