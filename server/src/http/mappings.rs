//! `/sources/{name}/mappings`.

use super::{
    auth::allow,
    contract::{Calls, get, put},
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
use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};

/// The routes of this resource.
pub fn routes() -> Calls {
    let shown = get(show).says("What the headings of a source's files mean.").path("The source.");
    let replaced = put(replace).says("Replaces them.").path("The source.").refuses(&[
        (422, "mapping_incomplete"),
        (422, "mapping_name_taken"),
        (422, "mappings_too_many"),
    ]);
    let asked = allow(Action::SeeListings, shown).merge(allow(Action::MapSources, replaced));
    Calls::new().route("/sources/{name}/mappings", asked)
}

#[derive(Serialize, Deserialize, schemars::JsonSchema)]
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
