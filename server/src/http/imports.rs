//! `/premises/import`, `/holds/import`, `/payments/import`, `/listings`, `/listings/{id}`, `/listings/{id}/finalise`, `/listings/{id}/withdraw`.

use super::{
    auth::{allow, allow_query},
    extract::{Json, OnceBytes, OnceJson, Path, Query},
    problem::Problem,
    uploads::{self, Upload},
};
use crate::{
    import::{Kind, text::Encoding},
    service::{
        ServiceError,
        authorise::{Action, Actor},
        finalising,
        idempotency::Answer,
        importing::{self, File, ListingView},
        withdrawing::{self, Withdraw},
    },
    state::AppState,
};
use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use chrono::NaiveDate;
use curbstop_shared::ids::ListingId;
use serde::{Deserialize, Serialize};

/// The routes of this resource.
pub fn routes() -> Router<AppState> {
    let bring_in = |kind| {
        let handler = move |State(state): State<AppState>, actor: Actor, Query(asked): Query<Asked>, upload: Upload| {
            import(kind, state, actor, asked, upload)
        };
        allow_query(Action::ImportFiles, post(handler)).layer(uploads::limit())
    };
    Router::new()
        .route("/premises/import", bring_in(Kind::Premises))
        .route("/holds/import", bring_in(Kind::Holds))
        .route("/payments/import", bring_in(Kind::Payments))
        .route("/listings", allow(Action::SeeListings, get(list)).merge(bring_in(Kind::Listing)))
        .route("/listings/{id}", allow(Action::SeeListings, get(report)))
        .route("/listings/{id}/finalise", allow(Action::FinaliseListings, post(finalise)))
        .route("/listings/{id}/withdraw", allow(Action::FinaliseListings, post(withdraw)))
        .layer(uploads::patience())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    source: String,
    #[serde(default)]
    as_of: Option<NaiveDate>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    encoding: Option<String>,
}

async fn import(kind: Kind, state: AppState, actor: Actor, asked: Asked, upload: Upload) -> Result<Answer, Problem> {
    let encoding: Option<Encoding> = match asked.encoding {
        Some(name) => Some(name.parse().map_err(|refused: crate::import::FileRefused| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, refused.code(), refused.to_string())
        })?),
        None => None,
    };
    let file = File { kind, source: asked.source, as_of: asked.as_of, encoding, bytes: upload.bytes.clone() };
    if asked.dry_run {
        return Ok(Answer::ok(&importing::preview(&state, &actor, &file).await?)?);
    }
    Ok(importing::import(&state, &actor, Some(upload.once()?), &file).await?)
}

#[derive(Serialize)]
struct Listings {
    listings: Vec<ListingView>,
}

async fn list(State(state): State<AppState>, _: Actor) -> Result<Json<Listings>, Problem> {
    Ok(Json(Listings { listings: finalising::list(&state).await? }))
}

async fn report(
    State(state): State<AppState>,
    _: Actor,
    Path(id): Path<ListingId>,
) -> Result<Json<serde_json::Value>, Problem> {
    Ok(Json(finalising::report(&state, id).await?))
}

async fn finalise(
    State(state): State<AppState>,
    actor: Actor,
    Path(id): Path<ListingId>,
    upload: OnceBytes,
) -> Result<Answer, Problem> {
    if !upload.body.is_empty() && upload.body.as_ref() != b"{}" {
        let detail = "This call takes no body.";
        return Err(ServiceError::invalid("body_invalid", detail).into());
    }
    Ok(finalising::finalise(&state, &actor, &upload.once, id).await?)
}

async fn withdraw(
    State(state): State<AppState>,
    actor: Actor,
    Path(id): Path<ListingId>,
    OnceJson { body, once }: OnceJson<Withdraw>,
) -> Result<Answer, Problem> {
    Ok(withdrawing::withdraw(&state, &actor, &once, id, &body).await?)
}
