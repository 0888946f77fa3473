//! `/healthz` (the process lives) and `/readyz` (its database answers and has the right schema).

use crate::state::AppState;
use axum::{Router, extract::State, http::StatusCode, routing::get};

/// The routes, outside `/api/v1`.
pub fn routes() -> Router<AppState> {
    Router::new().route("/healthz", get("ok")).route("/readyz", get(ready))
}

async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    match state.store.ready().await {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(e) => {
            tracing::warn!(error = %e, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready; the log says why")
        }
    }
}
