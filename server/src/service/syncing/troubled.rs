//! One document that can't be dealt with must not stop the others: a release in the next route still has to arrive.

use super::Named;
use crate::{
    service::{RefusalKind, ServiceError},
    state::AppState,
    store::StoreError,
};
use curbstop_shared::{
    ids::RouteId,
    sync::wire::{DocFailure, DocResponse},
};

/// Keeps what is wrong with one document to that document. Only what concerns the whole request (a shape that can't
/// be right, a database that can't be written now) ends it.
pub(super) fn alone(
    state: &AppState,
    route: RouteId,
    dealt_with: Result<Named, ServiceError>,
) -> Result<Named, ServiceError> {
    let failure = match dealt_with {
        Err(ServiceError::Refused(refusal)) if refusal.kind == RefusalKind::Busy => {
            DocFailure { code: refusal.code.to_owned(), detail: refusal.detail }
        }
        Err(ServiceError::Internal(why)) => internal(state, route, &why),
        Err(ServiceError::Store(
            why @ (StoreError::Inconsistent { .. } | StoreError::RowsAffected { .. } | StoreError::Driver(_)),
        )) => internal(state, route, &why),
        other => return other,
    };
    Ok(Named::Failed(Box::new(DocResponse { id: route.to_string(), failed: Some(failure), ..DocResponse::default() })))
}

fn internal(state: &AppState, route: RouteId, why: &dyn std::fmt::Display) -> DocFailure {
    let reference = state.new_id();
    tracing::error!(%route, %reference, error = %why, "one route of a sync could not be dealt with; the others were");
    let detail =
        format!("The server could not deal with this route. Try again, or tell the administrator: {reference}.");
    DocFailure { code: "internal".to_owned(), detail }
}
