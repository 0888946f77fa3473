//! `/premises/import`, `/holds/import`, `/payments/import`, `/listings`, `/listings/{id}` with `/finalise` and
//! `/withdraw`.

use super::{
    auth::{allow, allow_query},
    contract::{Calls, get, post},
    extract::{Json, OnceBytes, OnceJson, Path, Query},
    problem::Problem,
    uploads::{self, Upload},
};
use crate::{
    import::{Kind, text::Encoding},
    service::{
        ServiceError,
        authorise::{Action, Actor},
        finalising::{self, Finalised},
        idempotency::Answer,
        importing::{self, File, ListingView, Outcome},
        withdrawing::{self, Withdraw, Withdrawal},
    },
    state::AppState,
};
use axum::{extract::State, http::StatusCode};
use chrono::NaiveDate;
use curbstop_shared::ids::ListingId;
use serde::{Deserialize, Serialize};

/// The routes of this resource.
pub fn routes() -> Calls {
    let bring_in = |kind, says| {
        let handler = move |State(state): State<AppState>, actor: Actor, Query(asked): Query<Asked>, upload: Upload| {
            import(kind, state, actor, asked, upload)
        };
        let described = post(handler).says(says).gives::<Outcome>(200).gives::<Outcome>(201).refuses(REFUSED);
        allow_query(Action::ImportFiles, described).layer(uploads::limit())
    };
    let listed = get(list).says("The listings, newest first.");
    let shown = get(report)
        .says("A listing with what became of each row of its file.")
        .path("The listing.")
        .gives::<Outcome>(200)
        .refuses(&[(404, "listing_not_found")]);
    let final_now = post(finalise)
        .says("Makes a listing final: its cuts can be planned.")
        .path("The listing.")
        .gives::<Finalised>(200)
        .refuses(&[
            (403, "person_needed"),
            (404, "listing_not_found"),
            (409, "listing_already_final"),
            (409, "listing_withdrawn"),
            (422, "listing_empty"),
        ]);
    let withdrawn = post(withdraw)
        .says("Withdraws a wrong listing: what is not done comes back from the trucks.")
        .path("The listing.")
        .gives::<Withdrawal>(200)
        .refuses(&[
            (403, "person_needed"),
            (404, "listing_not_found"),
            (409, "listing_withdrawn"),
            (422, "why_missing"),
        ]);
    Calls::new()
        .route("/premises/import", bring_in(Kind::Premises, "Every service at every address, with its meter."))
        .route("/holds/import", bring_in(Kind::Holds, "What keeps a cut from happening."))
        .route("/payments/import", bring_in(Kind::Payments, "What the cashier took."))
        .route(
            "/listings",
            allow(Action::SeeListings, listed).merge(bring_in(Kind::Listing, "Who is to be cut: a draft.")),
        )
        .route("/listings/{id}", allow(Action::SeeListings, shown))
        .route("/listings/{id}/finalise", allow(Action::FinaliseListings, final_now))
        .route("/listings/{id}/withdraw", allow(Action::FinaliseListings, withdrawn))
        .layer(uploads::patience())
}

/// Why a file is refused as a whole, as [`crate::import::FileRefused::code`] says it, or has to wait.
const REFUSED: &[(u16, &str)] = &[
    (413, "file_too_large"),
    (422, "encoding_unknown"),
    (422, "file_empty"),
    (422, "file_not_text"),
    (422, "file_not_utf8"),
    (422, "file_too_long"),
    (422, "file_unpacks"),
    (422, "file_utf16"),
    (422, "heading_twice"),
    (422, "headings_unknown"),
    (422, "no_rows"),
    (422, "quote_not_closed"),
    (422, "source_invalid"),
    (503, "imports_busy"),
    (503, "uploads_busy"),
];

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The system that the file is from.
    source: String,
    /// The day that its rows are judged for; today without it.
    #[serde(default)]
    as_of: Option<NaiveDate>,
    /// Only say what would become of it.
    #[serde(default)]
    dry_run: bool,
    /// `utf-8` or `windows-1252`, where it must not be found out.
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

#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "ListingList")]
struct Listings {
    /// The listings.
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
