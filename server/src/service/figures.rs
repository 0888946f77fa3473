//! What a monitor asks for: how many of what there are, without anybody's name.

use super::ServiceError;
use crate::{
    state::AppState,
    store::{feed, figures},
};
use curbstop_shared::time::Span;

/// A tablet that was heard of within this is in touch.
const IN_TOUCH: Span = Span::minutes(60);

/// Figures of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Orders by the code of their state.
    pub orders: Vec<(String, i64)>,
    /// Open exceptions by the code of their kind.
    pub exceptions: Vec<(String, i64)>,
    /// Open exceptions whose deadline has passed.
    pub exceptions_overdue: i64,
    /// Tablets in service.
    pub tablets: i64,
    /// Those of them that were heard of within an hour.
    pub tablets_in_touch: i64,
    /// Changes of tablets out of service that were handed in.
    pub quarantined: i64,
    /// Events of the feed since the beginning: every change that anybody made is one.
    pub events: i64,
}

/// The figures of now.
///
/// # Errors
/// When the store fails.
pub async fn now(state: &AppState) -> Result<Figures, ServiceError> {
    let now = state.now();
    let mut conn = state.store.snapshot().await?;
    Ok(Figures {
        orders: figures::orders(&mut conn).await?,
        exceptions: figures::exceptions(&mut conn).await?,
        exceptions_overdue: figures::overdue(&mut conn, now).await?,
        tablets: figures::tablets(&mut conn).await?,
        tablets_in_touch: figures::heard_since(&mut conn, now - IN_TOUCH).await?,
        quarantined: figures::quarantined(&mut conn).await?,
        events: feed::head(&mut conn).await?,
    })
}
