//! `/devices`: tablets and their enrolment.

use super::{
    STRANGERS_BODY_MAX_BYTES,
    auth::allow,
    contract::{Calls, get, post},
    extract::{Json, Path, key_of},
    problem::Problem,
};
use crate::shape::Shape;
use crate::{
    service::{
        authorise::{Action, Actor},
        enrolment::{self, Device, Enrolled, NewCode},
        idempotency::Once,
    },
    state::AppState,
};
use axum::{
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
};
use curbstop_shared::ids::{CrewId, DeviceId};
use serde::{Deserialize, Serialize};

/// The routes of this resource.
pub fn routes() -> Calls {
    let code = post(make_code)
        .says("A code that enrols one tablet of a crew. Without a key, asking again gives another one.")
        .header("Idempotency-Key", "The same key gives the same code for as long as it can be used.")
        .refuses(&[
            (400, "idempotency_key_invalid"),
            (403, "person_needed"),
            (404, "crew_not_found"),
            (409, "code_gone"),
            (409, "idempotency_key_reused"),
        ]);
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
        .route("/devices/enrol", enrolled.layer(DefaultBodyLimit::max(STRANGERS_BODY_MAX_BYTES)))
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

async fn make_code(
    State(state): State<AppState>,
    actor: Actor,
    headers: HeaderMap,
    Json(body): Json<ForCrew>,
) -> Result<(StatusCode, Json<NewCode>), Problem> {
    let made = if headers.contains_key("idempotency-key") {
        let once = Once::new(&key_of(&headers)?, "POST", "/devices/codes", body.crew_id.to_string().as_bytes())?;
        enrolment::make_code_once(&state, &actor, body.crew_id, &once).await?
    } else {
        // One that was lost with its answer is simply made again: it dies by itself.
        enrolment::make_code(&state, &actor, body.crew_id).await?
    };
    Ok((StatusCode::CREATED, Json(made)))
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
