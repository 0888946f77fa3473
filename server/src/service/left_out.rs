//! Why an account is on no crew's route today.

use super::{ServiceError, board, finalising};
use crate::{
    planning::{
        plan::{LeftOutWhy, PlanLeftOut},
        standing::Standing,
    },
    state::AppState,
};
use chrono::NaiveDate;

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
            return Ok(Some(NotToday::Planned(Box::new(one))));
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
