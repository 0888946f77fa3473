//! What nobody needs any more goes: kept answers, old events, ended sign-ins, forgotten failures, photos that were
//! begun and never finished; routes whose day is long over are closed, and evidence that does not come is missed.
//!
//! One round at the start and one an hour, in small units of work, so that nobody who writes waits for it. Several
//! instances may do so at once: each takes what the other left.

use super::{ServiceError, evidence, missing_evidence, syncing, utility};
use crate::{
    state::AppState,
    store::{feed, fences, idempotency, routes, sessions},
};
use chrono::Days;
use curbstop_shared::time::{Micros, Span};
use std::time::Duration;

/// From one round to the next.
const EVERY: Duration = Duration::from_secs(3_600);
/// Rows in one unit of work: it holds SQLite's only writer for some milliseconds.
const ROWS_AT_ONCE: i64 = 500;
/// Units of work that one round spends on one thing: what is left waits for the next round.
const TURNS_MAX: u32 = 40;
/// A lost answer is asked for again within minutes; a billing system that was switched off over a long weekend does so
/// when it is back.
const ANSWERS_KEPT: Span = Span::minutes(7 * 24 * 60);
/// A desk that slept longer draws its page anew and asks for no event that it missed.
const EVENTS_KEPT: Span = Span::minutes(2 * 24 * 60);
/// Far longer than any wait that failures cause.
const FAILURES_KEPT: Span = Span::minutes(24 * 60);

/// What one round did, in rows and files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Answers kept for requests that might have come again.
    pub answers: u64,
    /// Events of the feed.
    pub events: u64,
    /// Sign-ins of pages that had ended.
    pub sign_ins: u64,
    /// Accounts and addresses from which signing in had failed.
    pub failures: u64,
    /// Routes that were closed.
    pub routes_closed: u64,
    /// Photos that a tablet began to send and did not finish.
    pub photos_begun: u64,
    /// Visits whose photos are on their way for too long, and that somebody was told of.
    pub evidence_missed: u64,
}

/// The rows that a statement takes in small units of work, until it finds fewer than it may.
macro_rules! turns {
    ($state:ident, $work:ident => $turn:expr) => {{
        let mut all = 0;
        for _ in 0..TURNS_MAX {
            let mut $work = $state.store.begin().await?;
            let rows = $turn.await?;
            $work.commit().await?;
            all += rows;
            if rows < ROWS_AT_ONCE.unsigned_abs() {
                break;
            }
        }
        all
    }};
}

/// Keeps house until it is dropped.
pub async fn keep(state: AppState) {
    loop {
        match round(&state, state.now()).await {
            Ok(swept) if swept == Swept::default() => {}
            Ok(swept) => tracing::info!(?swept, "kept house"),
            // The next round finds it again.
            Err(error) => tracing::warn!(%error, "keeping house failed"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// One round, as of `now`.
///
/// # Errors
/// When the store fails; what was done before that stays done.
pub async fn round(state: &AppState, now: Micros) -> Result<Swept, ServiceError> {
    let last_day = utility::day(state.config.time_zone, now) - Days::new(syncing::DAYS_KEPT);
    let last_day = last_day.to_string();
    Ok(Swept {
        answers: turns!(state, work => idempotency::trim(&mut work, now - ANSWERS_KEPT, ROWS_AT_ONCE)),
        events: turns!(state, work => feed::trim(&mut work, now - EVENTS_KEPT, ROWS_AT_ONCE)),
        sign_ins: turns!(state, work => sessions::trim(&mut work, now, ROWS_AT_ONCE)),
        failures: turns!(state, work => fences::trim(&mut work, now - FAILURES_KEPT, ROWS_AT_ONCE)),
        routes_closed: turns!(state, work => routes::close_before(&mut work, &last_day, now, ROWS_AT_ONCE)),
        photos_begun: evidence::sweep(state, now).await?,
        evidence_missed: missing_evidence::look(state, now).await?,
    })
}
