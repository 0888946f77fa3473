//! `/session`: sign in, who am I, sign out.

use super::{
    auth::{Address, TokenId, allow},
    extract::Json,
    problem::Problem,
};
use crate::{
    service::{
        authorise::{Action, Actor},
        sessions::{self, SignedIn},
    },
    state::AppState,
};
use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{delete, get, post},
};
use curbstop_shared::{
    ids::{CrewId, DeviceId, PersonId},
    vocabulary::Role,
};
use serde::{Deserialize, Serialize};

/// The routes of this resource.
pub fn routes() -> Router<AppState> {
    let guarded = allow(Action::BeSignedIn, get(who_am_i).merge(delete(sign_out)));
    Router::new().route("/session", post(sign_in).merge(guarded))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    login: String,
    password: String,
}

async fn sign_in(
    State(state): State<AppState>,
    Address(address): Address,
    Json(credentials): Json<Credentials>,
) -> Result<Json<SignedIn>, Problem> {
    let signed_in = sessions::sign_in(&state, &credentials.login, &credentials.password, &address).await?;
    Ok(Json(signed_in))
}

#[derive(Serialize)]
struct WhoAmI {
    person_id: Option<PersonId>,
    device_id: Option<DeviceId>,
    role: Role,
    crew_id: Option<CrewId>,
}

async fn who_am_i(actor: Actor) -> Json<WhoAmI> {
    let (person_id, device_id) = (actor.person(), actor.device());
    Json(WhoAmI { person_id, device_id, role: actor.role, crew_id: actor.crew })
}

async fn sign_out(State(state): State<AppState>, _: Actor, TokenId(jti): TokenId) -> Result<StatusCode, Problem> {
    if let Some(jti) = jti {
        sessions::sign_out(&state, jti).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
