//! `/exceptions`: what needs a person, and closing an entry.

use super::{
    auth::{allow, allow_query},
    contract::{Calls, get, post},
    extract::{Json, OnceJson, Path, Query},
    language::voice_of,
    problem::Problem,
};
use crate::{
    service::{
        authorise::{Action, Actor},
        charging,
        exceptions::{self, Closed, Entry},
        handing_in::deciding::Choice,
        idempotency::Answer,
    },
    shape::Shape,
    state::AppState,
};
use axum::{extract::State, http::HeaderMap};
use curbstop_shared::vocabulary::ExceptionKind;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The routes of this resource.
pub fn routes() -> Calls {
    let listed = get(list).says("What needs a person, the most urgent first.").speaks();
    let acted = post(act)
        .says("Closes an entry, or decides on the fee or the work of a tablet that waits behind it; a decision on a fee may be changed.")
        .path("The entry.")
        .speaks()
        .gives::<Closed>(200)
        .refuses(&[
            (404, "exception_unknown"),
            (409, "decision_needed"),
            (409, "counts_already"),
            (409, "exception_closed"),
            (409, "fee_doubts_changed"),
            (409, "fee_decided_so"),
            (409, "fee_not_decided"),
            (409, "fee_not_owed"),
            (409, "not_a_fee"),
            (409, "not_handed_in"),
            (409, "nothing_waits"),
            (409, "still_off"),
            (422, "why_missing"),
        ]);
    Calls::new()
        .route("/exceptions", allow_query(Action::SeeExceptions, listed))
        .route("/exceptions/{id}/actions", allow(Action::ResolveExceptions, acted))
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Of this account.
    account: Option<String>,
    /// Of this kind.
    #[schemars(with = "Option<Shape<ExceptionKind>>")]
    kind: Option<ExceptionKind>,
    /// So many at most.
    limit: Option<i64>,
}

#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "ExceptionList")]
struct Exceptions {
    /// The entries.
    exceptions: Vec<Entry>,
}

async fn list(
    State(state): State<AppState>,
    _: Actor,
    headers: HeaderMap,
    Query(Wanted { account, kind, limit }): Query<Wanted>,
) -> Result<Json<Exceptions>, Problem> {
    let limit = limit.unwrap_or(exceptions::LIST_MAX);
    let exceptions = exceptions::list(&state, &voice_of(&state, &headers), (account.as_deref(), kind), limit).await?;
    Ok(Json(Exceptions { exceptions }))
}

/// What somebody does about an exception.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, tag = "action", rename_all = "snake_case")]
#[schemars(rename = "ExceptionAction")]
enum Act {
    /// It is settled.
    Resolve {
        /// How.
        why: String,
    },
    /// The work that a tablet out of service handed in counts, as if that tablet had synced now: all that is kept of
    /// the route. For supervisors.
    TakeIn {
        /// Who vouches for it, and why.
        why: String,
    },
    /// It does not count. It stays kept. For supervisors.
    SetAside {
        /// Why.
        why: String,
    },
    /// The fee that is in doubt is charged. For the office and supervisors.
    ChargeFee {
        /// Why.
        why: String,
        /// What is in doubt, as the entry said: where something else is by now, nothing is decided.
        doubts: Option<String>,
    },
    /// The fee that is in doubt is not charged. For the office and supervisors.
    WaiveFee {
        /// Why.
        why: String,
        /// What is in doubt, as the entry said: where something else is by now, nothing is decided.
        doubts: Option<String>,
    },
    /// It was decided that the fee is not charged; it is charged all the same. For the office and supervisors.
    ChargeFeeAfterAll {
        /// Why.
        why: String,
        /// What is in doubt, as the order said: where something else is by now, nothing is decided.
        doubts: Option<String>,
    },
    /// It was decided that the fee is charged; it is not. For the office and supervisors.
    WaiveFeeAfterAll {
        /// Why.
        why: String,
        /// What is in doubt, as the order said: where something else is by now, nothing is decided.
        doubts: Option<String>,
    },
    /// What was set aside is a question again. For supervisors.
    OpenAgain {
        /// Why.
        why: String,
    },
}

async fn act(
    State(state): State<AppState>,
    actor: Actor,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
    OnceJson { body, once }: OnceJson<Act>,
) -> Result<Answer, Problem> {
    let voice = voice_of(&state, &headers);
    let (choice, why) = match body {
        Act::Resolve { why } => return Ok(exceptions::resolve(&state, &actor, id, &why, &once, &voice).await?),
        Act::ChargeFee { why, doubts } => {
            return Ok(charging::decide(&state, &actor, (id, true), doubts.as_deref(), &why, &once).await?);
        }
        Act::WaiveFee { why, doubts } => {
            return Ok(charging::decide(&state, &actor, (id, false), doubts.as_deref(), &why, &once).await?);
        }
        Act::ChargeFeeAfterAll { why, doubts } => {
            return Ok(charging::change(&state, &actor, (id, true), doubts.as_deref(), &why, &once).await?);
        }
        Act::WaiveFeeAfterAll { why, doubts } => {
            return Ok(charging::change(&state, &actor, (id, false), doubts.as_deref(), &why, &once).await?);
        }
        Act::TakeIn { why } => (Choice::TakeIn, why),
        Act::SetAside { why } => (Choice::SetAside, why),
        Act::OpenAgain { why } => (Choice::OpenAgain, why),
    };
    Ok(exceptions::decide_work(&state, &actor, (id, choice), &why, &once, &voice).await?)
}
