//! `/devices`: tablets and their enrolment.

use super::{
    auth::allow,
    contract::{Calls, get, post},
    extract::{Json, Path},
    problem::Problem,
};
use crate::shape::Shape;
use crate::{
    service::{
        authorise::{Action, Actor},
        enrolment::{self, Device, Enrolled, NewCode},
    },
    state::AppState,
};
use axum::{extract::State, http::StatusCode};
use curbstop_shared::ids::{CrewId, DeviceId};
use serde::{Deserialize, Serialize};

/// The routes of this resource.
pub fn routes() -> Calls {
    let code = post(make_code)
        .says("A code that enrols one tablet of a crew. Asking again gives another one.")
        .refuses(&[(403, "person_needed"), (404, "crew_not_found")]);
    let enrolled = post(enrol).says("Enrols a tablet with a code; the same key again is the same tablet.").refuses(&[
        (401, "enrolment_code_refused"),
        (401, "proof_invalid"),
        (422, "name_invalid"),
        (422, "public_key_invalid"),
    ]);
    let revoked = post(revoke).says("Takes a tablet out of service.").refuses(&[(404, "device_not_found")]);
    Calls::new()
        .route("/devices", allow(Action::SeeDevices, get(list).says("The tablets.")))
        .route("/devices/codes", allow(Action::EnrolDevices, code))
        .route("/devices/enrol", enrolled)
        .route("/devices/{id}/revoke", allow(Action::RevokeDevices, revoked))
}

#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "DeviceList")]
struct Devices {
    /// The tablets.
    devices: Vec<Device>,
}

async fn list(State(state): State<AppState>, _: Actor) -> Result<Json<Devices>, Problem> {
    Ok(Json(Devices { devices: enrolment::list(&state).await? }))
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CodeForCrew")]
struct ForCrew {
    /// Whose tablet it will be.
    #[schemars(with = "Shape<CrewId>")]
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

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TabletToEnrol")]
struct Enrol {
    /// As it was shown; spaces and hyphens do not count.
    code: String,
    /// What the tablet is called at the depot.
    name: String,
    /// Its Ed25519 public key, base64url without padding.
    public_key: String,
    /// The signature of a tablet that enrols again with a key it had before.
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
