//! `/sources/{name}/mappings`.

use super::{
    auth::allow,
    extract::{Json, Path},
    problem::Problem,
};
use crate::{
    import::Mapping,
    service::{
        authorise::{Action, Actor},
        mappings,
    },
    state::AppState,
};
use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, put},
};
use serde::{Deserialize, Serialize};

/// The routes of this resource.
pub fn routes() -> Router<AppState> {
    let asked = allow(Action::SeeListings, get(show)).merge(allow(Action::MapSources, put(replace)));
    Router::new().route("/sources/{name}/mappings", asked)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mappings {
    mappings: Vec<Mapping>,
}

async fn show(
    State(state): State<AppState>,
    actor: Actor,
    Path(source): Path<String>,
) -> Result<Json<Mappings>, Problem> {
    Ok(Json(Mappings { mappings: mappings::of_source(&state, &actor, &source).await? }))
}

async fn replace(
    State(state): State<AppState>,
    actor: Actor,
    Path(source): Path<String>,
    Json(asked): Json<Mappings>,
) -> Result<StatusCode, Problem> {
    mappings::put(&state, &actor, &source, &asked.mappings).await?;
    Ok(StatusCode::NO_CONTENT)
}
