//! Why an account is on no crew's route today.

use super::{ServiceError, board, finalising, utility};
use crate::{
    planning::{
        counted::counted,
        plan::{LeftOutWhy, PlanLeftOut},
        standing::Standing,
    },
    state::AppState,
    store::{listings, payments},
};
use chrono::NaiveDate;
use curbstop_shared::ids::ListingId;
use uuid::Uuid;

/// Why nobody goes there.
#[derive(Debug, Clone)]
pub enum NotToday {
    /// The plan left it out.
    Planned(Box<PlanLeftOut>),
    /// The listing's file named it, and no work came of that row.
    Excluded {
        /// Who sent the file.
        source: String,
        /// Why, as the import's report says it.
        text: String,
    },
}

/// Why an account that somebody listed for the day is on no route; `None` where it was not listed, or is planned.
///
/// # Errors
/// When the store fails or a report does not read.
pub async fn of_account(state: &AppState, account: &str, day: NaiveDate) -> Result<Option<NotToday>, ServiceError> {
    if let Some(plan) = board::plan_of_day(state, day).await? {
        if plan.routes.iter().flat_map(|route| &route.stops).any(|stop| stop.account == account) {
            return Ok(None);
        }
        if let Some(one) = plan.left_out.into_iter().find(|one| one.account == account) {
            // The plan did not take it from the crew that has it: somebody does go there.
            if matches!(one.why, LeftOutWhy::Standing(Standing::OnRoute { .. })) {
                return Ok(None);
            }
            return Ok(Some(NotToday::Planned(Box::new(as_it_is_now(state, one, &plan.listing_ids).await?))));
        }
    }
    let of_day = day.to_string();
    for listing in finalising::list(state).await?.into_iter().filter(|listing| listing.as_of == of_day) {
        let report = finalising::report(state, listing.id).await?;
        let excluded = report["excluded"].as_array().map_or(&[][..], Vec::as_slice);
        let row = excluded.iter().find(|row| row["account"] == account);
        if let Some(text) = row.and_then(|row| row["text"].as_str()) {
            return Ok(Some(NotToday::Excluded { source: listing.source, text: text.to_owned() }));
        }
    }
    Ok(None)
}

/// Money that was there when the plan was built may have been taken back since: then "paid" is not true any more.
async fn as_it_is_now(state: &AppState, one: PlanLeftOut, of: &[Uuid]) -> Result<PlanLeftOut, ServiceError> {
    let LeftOutWhy::Standing(Standing::Paid { paid_minor } | Standing::PerhapsPaid { paid_minor }) = one.why else {
        return Ok(one);
    };
    let mut conn = state.store.snapshot().await?;
    let money = counted(&payments::moved(&mut conn, &one.account).await?);
    let mut naming = listings::with_account(&mut conn, &one.account).await?;
    naming.retain(|listing| of.contains(&listing.id));
    // What the latest of them asks for is what counts.
    if let Some(listing) = naming.into_iter().max_by_key(|listing| (listing.as_of.clone(), listing.number)) {
        let due = listings::past_due(&mut conn, ListingId(listing.id), &one.account).await?;
        let left = utility::money_since(state, &listing)?.sum(money.iter().copied());
        if left.perhaps_minor < due {
            let why = Standing::PaidAndTakenBack { paid_minor };
            return Ok(PlanLeftOut { text: why.text(), why: LeftOutWhy::Standing(why), ..one });
        }
    }
    Ok(one)
}
