//! `/healthz` (the process lives) and `/readyz` (its database answers, has the right schema and can be written).

use crate::{
    state::AppState,
    store::{Store, StoreError},
};
use axum::{Router, extract::State, http::StatusCode, routing::get};

/// The routes, outside `/api/v1`.
pub fn routes() -> Router<AppState> {
    Router::new().route("/healthz", get("ok")).route("/readyz", get(ready))
}

async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    let Err(e) = asked(&state.store).await else { return (StatusCode::OK, "ready") };
    tracing::warn!(error = %e, "not ready");
    let why = match e {
        StoreError::Full(_) => "not ready: the database's disk is full or read-only",
        StoreError::Moved(_) => "not ready: the database's file was moved or replaced; the log says which",
        _ => "not ready; the log says why",
    };
    (StatusCode::SERVICE_UNAVAILABLE, why)
}

async fn asked(store: &Store) -> Result<(), StoreError> {
    store.ready().await?;
    store.writable().await
}
