//! `/devices`: tablets and their enrolment.

use super::{
    auth::allow,
    extract::{Json, Path},
    problem::Problem,
};
use crate::{
    service::{
        authorise::{Action, Actor},
        enrolment::{self, Device, Enrolled, NewCode},
    },
    state::AppState,
};
use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use curbstop_shared::ids::{CrewId, DeviceId};
use serde::{Deserialize, Serialize};

/// The routes of this resource.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/devices", allow(Action::SeeDevices, get(list)))
        .route("/devices/codes", allow(Action::EnrolDevices, post(make_code)))
        .route("/devices/enrol", post(enrol))
        .route("/devices/{id}/revoke", allow(Action::RevokeDevices, post(revoke)))
}

#[derive(Serialize)]
struct Devices {
    devices: Vec<Device>,
}

async fn list(State(state): State<AppState>, _: Actor) -> Result<Json<Devices>, Problem> {
    Ok(Json(Devices { devices: enrolment::list(&state).await? }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForCrew {
    crew_id: CrewId,
}

// A code that was lost with its answer is simply made again: it dies by itself.
async fn make_code(
    State(state): State<AppState>,
    actor: Actor,
    Json(body): Json<ForCrew>,
) -> Result<(StatusCode, Json<NewCode>), Problem> {
    Ok((StatusCode::CREATED, Json(enrolment::make_code(&state, &actor, body.crew_id).await?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Enrol {
    code: String,
    name: String,
    public_key: String,
    #[serde(default)]
    proof: Option<String>,
}

async fn enrol(
    State(state): State<AppState>,
    Json(body): Json<Enrol>,
) -> Result<(StatusCode, Json<Enrolled>), Problem> {
    let proof = body.proof.as_deref();
    let enrolled = enrolment::enrol(&state, &body.code, &body.name, &body.public_key, proof).await?;
    Ok((StatusCode::CREATED, Json(enrolled)))
}

async fn revoke(State(state): State<AppState>, actor: Actor, Path(id): Path<DeviceId>) -> Result<StatusCode, Problem> {
    enrolment::revoke(&state, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
