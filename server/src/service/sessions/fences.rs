//! Guessing passwords gets slow: each try counts as a failure, by account and by address, until it is known to be none.
//!
//! It counts before the password is looked at: of a hundred tries at once no more get in than of a hundred in a row.

use crate::{
    service::{RefusalKind, ServiceError},
    state::AppState,
    store::{
        StoreError, Work, audit,
        fences::{self, FenceRow},
    },
};
use curbstop_shared::time::{Micros, Span};

/// Failures of one account before it is closed for a while.
const ACCOUNT_FAILS: i64 = 5;
/// Failures of one address before it is closed: sixty people may sit behind one.
const ADDRESS_FAILS: i64 = 50;
/// The first wait, which doubles with each further failure
const WAIT_FIRST_S: i64 = 60;
/// up to this.
const WAIT_MAX_S: i64 = 900;
/// While a try is under way that may be one too many, nobody else gets in: longer than a password takes.
const UNDER_WAY: Span = Span::seconds(10);
/// Failures are forgotten after so long without one.
const FAILS_FORGOTTEN: Span = Span::minutes(60);

/// A try that is counted.
#[derive(Debug)]
pub(super) struct Try(Vec<Counted>);

/// Its part in the fence of an account or address.
#[derive(Debug)]
struct Counted {
    subject: String,
    allowed: i64,
    before: FenceRow,
    with_it: FenceRow,
}

/// Counts a try of this login from this address.
///
/// # Errors
/// 429 `sign_in_fenced`.
pub(super) async fn enter(state: &AppState, login: &str, address: &str) -> Result<Try, ServiceError> {
    let now = state.now();
    let fences = [(account_fence(login), ACCOUNT_FAILS), (format!("address:{address}"), ADDRESS_FAILS)];
    let mut work = state.store.begin().await?;
    for (subject, _) in &fences {
        work.lock(subject).await?;
    }
    let mut counted = Vec::new();
    for (subject, allowed) in fences {
        let before = fences::get(&mut work, &subject).await?.unwrap_or_default();
        let wait_s = (Micros(before.closed_until_us) - now).whole_seconds();
        // Further ahead than any wait lasts only a clock can have put it that was wrong and is right again.
        if (1..=WAIT_MAX_S).contains(&wait_s) {
            let detail = format!("Too many failed sign-ins. Try again in {wait_s} seconds.");
            return Err(ServiceError::refused(RefusalKind::TooMany, "sign_in_fenced", detail)
                .after(u32::try_from(wait_s).unwrap_or(u32::MAX)));
        }
        let since = now - Micros(before.last_at_us);
        let recent = since < FAILS_FORGOTTEN && since > Span(-FAILS_FORGOTTEN.0);
        let fails = if recent { before.fails + 1 } else { 1 };
        let closed_until_us = if fails < allowed { 0 } else { (now + UNDER_WAY).0 };
        let with_it = FenceRow { fails, last_at_us: now.0, closed_until_us };
        fences::put(&mut work, &subject, with_it).await?;
        counted.push(Counted { subject, allowed, before, with_it });
    }
    work.commit().await?;
    Ok(Try(counted))
}

impl Try {
    /// It was a failure: where it was one too many, nobody gets in for a while.
    pub(super) async fn failed(self, state: &AppState) -> Result<(), ServiceError> {
        let now = state.now();
        let waits: Vec<_> = self.0.into_iter().filter_map(|counted| Some((counted.wait_s()?, counted))).collect();
        if waits.is_empty() {
            return Ok(());
        }
        let mut work = state.store.begin().await?;
        for (_, counted) in &waits {
            work.lock(&counted.subject).await?;
        }
        for (wait_s, counted) in waits {
            let row = fences::get(&mut work, &counted.subject).await?.unwrap_or(counted.with_it);
            let until = (now + Span::seconds(wait_s)).0;
            let others = Some(row.closed_until_us).filter(|of| *of <= (now + Span::seconds(WAIT_MAX_S)).0);
            let closed_until_us = others.map_or(until, |others| others.max(until));
            fences::put(&mut work, &counted.subject, FenceRow { closed_until_us, ..row }).await?;
            let details = serde_json::json!({ "fails": counted.with_it.fails, "wait_s": wait_s });
            audit::append(&mut work, now, "system", "sign_in_fenced", &counted.subject, &details).await?;
        }
        work.commit().await?;
        Ok(())
    }

    /// It was none: the account's failures are forgotten, the address has back what it was counted. Before the unit of
    /// work touches the audit trail.
    pub(super) async fn succeeded(self, work: &mut Work) -> Result<(), StoreError> {
        self.give_back(work, true).await
    }

    /// Nobody came to look at the password.
    pub(super) async fn undone(self, state: &AppState) -> Result<(), ServiceError> {
        let mut work = state.store.begin().await?;
        self.give_back(&mut work, false).await?;
        work.commit().await?;
        Ok(())
    }

    async fn give_back(self, work: &mut Work, forget_account: bool) -> Result<(), StoreError> {
        for counted in &self.0 {
            work.lock(&counted.subject).await?;
        }
        for Counted { subject, before, with_it, .. } in self.0 {
            // It may be gone: a new password lifts it.
            let Some(row) = fences::get(work, &subject).await? else { continue };
            let fails = row.fails - 1;
            if fails < 1 || (forget_account && subject.starts_with(ACCOUNT)) {
                fences::open(work, &subject).await?;
                continue;
            }
            let is_last = row.last_at_us == with_it.last_at_us;
            let is_ours = row.closed_until_us == with_it.closed_until_us;
            let last_at_us = if is_last { before.last_at_us } else { row.last_at_us };
            let closed_until_us = if is_ours { 0 } else { row.closed_until_us };
            fences::put(work, &subject, FenceRow { fails, last_at_us, closed_until_us }).await?;
        }
        Ok(())
    }
}

impl Counted {
    /// Seconds for which nobody gets in after this failure; none where it is one of those that are allowed.
    fn wait_s(&self) -> Option<i64> {
        let doublings = u32::try_from(self.with_it.fails - self.allowed).ok()?;
        Some(WAIT_FIRST_S.saturating_mul(1 << doublings.min(10)).min(WAIT_MAX_S))
    }
}

/// Opens an account's fence: its person has a new password, which nobody has guessed at.
///
/// # Errors
/// As the database says.
pub async fn lift(work: &mut Work, login: &str) -> Result<(), StoreError> {
    let subject = account_fence(login);
    work.lock(&subject).await?;
    fences::open(work, &subject).await?;
    Ok(())
}

const ACCOUNT: &str = "account:";

fn account_fence(login: &str) -> String {
    // Only so much of what strangers type is kept.
    format!("{ACCOUNT}{}", login.trim().to_lowercase().chars().take(60).collect::<String>())
}
