//! `/session`: sign in, who am I, sign out.

use super::{
    STRANGERS_BODY_MAX_BYTES,
    auth::{Address, Presence, allow},
    contract::{Calls, delete, get, post},
    extract::Json,
    problem::Problem,
};
use crate::shape::Shape;
use crate::{
    service::{
        authorise::{Action, Actor},
        sessions::{self, SignedIn},
    },
    state::AppState,
};
use axum::{
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
};
use curbstop_shared::{
    ids::{CrewId, DeviceId, PersonId},
    vocabulary::Role,
};
use serde::{Deserialize, Serialize};

/// The routes of this resource.
pub fn routes() -> Calls {
    let signed_in = post(sign_in).layer(DefaultBodyLimit::max(STRANGERS_BODY_MAX_BYTES));
    let signed_in = signed_in.says("Signs in. Asking again gives new tokens.").refuses(&[
        (401, "sign_in_failed"),
        (429, "sign_in_fenced"),
        (503, "sign_in_busy"),
    ]);
    let known =
        get(who_am_i).says("Who this is.").merge(delete(sign_out).says("Ends the session of this token or cookie."));
    Calls::new().route("/session", signed_in.merge(allow(Action::BeSignedIn, known)))
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Credentials {
    /// What they sign in with; case does not matter.
    login: String,
    /// Their password.
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

#[derive(Serialize, schemars::JsonSchema)]
struct WhoAmI {
    #[schemars(with = "Option<Shape<PersonId>>")]
    person_id: Option<PersonId>,
    #[schemars(with = "Option<Shape<DeviceId>>")]
    device_id: Option<DeviceId>,
    #[schemars(with = "Shape<Role>")]
    role: Role,
    #[schemars(with = "Option<Shape<CrewId>>")]
    crew_id: Option<CrewId>,
}

async fn who_am_i(actor: Actor) -> Json<WhoAmI> {
    let (person_id, device_id) = (actor.person(), actor.device());
    Json(WhoAmI { person_id, device_id, role: actor.role, crew_id: actor.crew })
}

async fn sign_out(State(state): State<AppState>, _: Actor, presence: Presence) -> Result<StatusCode, Problem> {
    match presence {
        Presence::Token(jti, _) => sessions::sign_out(&state, jti).await?,
        Presence::Page(cookie) => sessions::close_page_session(&state, &cookie).await?,
    }
    Ok(StatusCode::NO_CONTENT)
}
