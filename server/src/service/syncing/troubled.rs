//! One document that can't be dealt with must not stop the others: a release in the next route still has to arrive.

use super::Named;
use crate::{
    service::{RefusalKind, ServiceError},
    state::AppState,
    store::StoreError,
};
use curbstop_shared::{
    ids::RouteId,
    sync::wire::{DocFailure, DocResponse, SyncResponse},
};

/// Code of a document for which the database was too busy.
const BUSY: &str = "busy";
/// After so many documents in a row for which it was, the others are not even tried: each would wait as long.
const BUSY_MAX: usize = 2;

/// Deals with one document after the other.
pub(super) struct Alone<'s> {
    state: &'s AppState,
    busy_in_a_row: usize,
}

impl<'s> Alone<'s> {
    pub(super) const fn new(state: &'s AppState) -> Self {
        Self { state, busy_in_a_row: 0 }
    }

    /// Keeps what is wrong with one document to that document. Only what concerns the whole request (a shape that can't
    /// be right, a database that can't be written at all) ends it.
    pub(super) async fn deal(
        &mut self,
        route: RouteId,
        dealing: impl Future<Output = Result<Named, ServiceError>>,
    ) -> Result<Named, ServiceError> {
        let dealt_with = if self.busy_in_a_row < BUSY_MAX {
            dealing.await
        } else {
            Err(StoreError::Busy("it was for the documents before this one").into())
        };
        let failure = match dealt_with {
            Err(ServiceError::Refused(refusal)) if refusal.kind == RefusalKind::Busy => {
                DocFailure { code: refusal.code.to_owned(), detail: refusal.detail }
            }
            Err(ServiceError::Store(StoreError::Busy(why))) => {
                tracing::warn!(%route, why, "a route of a sync was told to come back");
                self.busy_in_a_row += 1;
                let detail = "The server was too busy for this route. The tablet sends it again by itself.".to_owned();
                return Ok(failed(route, DocFailure { code: BUSY.to_owned(), detail }));
            }
            Err(ServiceError::Internal(why)) => internal(self.state, route, &why),
            Err(ServiceError::Store(
                why @ (StoreError::Inconsistent { .. } | StoreError::RowsAffected { .. } | StoreError::Driver(_)),
            )) => internal(self.state, route, &why),
            other => {
                self.busy_in_a_row = 0;
                return other;
            }
        };
        self.busy_in_a_row = 0;
        Ok(failed(route, failure))
    }

    /// Where the database was too busy for every document nothing was received and nothing is known: the tablet is told
    /// when to come back.
    pub(super) fn anything_but_busy(&self, answer: &SyncResponse) -> Result<(), ServiceError> {
        let is_busy = |doc: &DocResponse| doc.failed.as_ref().is_some_and(|failure| failure.code == BUSY);
        if !answer.docs.is_empty() && answer.gone.is_empty() && answer.docs.iter().all(is_busy) {
            return Err(StoreError::Busy("for every route of a sync").into());
        }
        Ok(())
    }

    /// That the tablet was in touch may be lost; its receipts may not.
    pub(super) fn not_so_important(&self, kept: Result<(), ServiceError>) -> Result<(), ServiceError> {
        match kept {
            Err(ServiceError::Store(StoreError::Busy(why))) => {
                tracing::warn!(why, "it is not kept that a tablet was in touch");
                Ok(())
            }
            other => other,
        }
    }
}

fn failed(route: RouteId, failure: DocFailure) -> Named {
    Named::Failed(Box::new(DocResponse { id: route.to_string(), failed: Some(failure), ..DocResponse::default() }))
}

fn internal(state: &AppState, route: RouteId, why: &dyn std::fmt::Display) -> DocFailure {
    let reference = state.new_id();
    tracing::error!(%route, %reference, error = %why, "one route of a sync could not be dealt with; the others were");
    let detail =
        format!("The server could not deal with this route. Try again, or tell the administrator: {reference}.");
    DocFailure { code: "internal".to_owned(), detail }
}
