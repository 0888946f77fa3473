//! "Truck 12 stays in today": its truck broke down, or nobody rides it. It is offered nothing and promised to nobody, its
//! stops stand out as nobody's, and the word can be taken back. What its tablets bring counts all the same, and whoever
//! has to hear that somebody paid is still called.

use super::{
    ServiceError,
    authorise::{Action, Actor},
    idempotency::{Answer, Once},
    planning, utility,
};
use crate::shape::Shape;
use crate::{
    state::AppState,
    store::{Conn, audit, crews, crews_out, feed, routes},
};
use chrono::NaiveDate;
use curbstop_shared::ids::{CrewId, RouteId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is said of a crew's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SaidOut {
    /// The day.
    pub date: NaiveDate,
    /// It does not go out; `false` takes that back.
    pub out: bool,
}

/// A crew's day after that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "CrewOut")]
pub struct CrewOut {
    /// The crew.
    #[schemars(with = "Shape<CrewId>")]
    pub crew_id: CrewId,
    /// Its name.
    pub crew_name: String,
    /// Where it is reached: it may have to hear of it.
    pub phone: Option<String>,
    /// The day.
    pub date: NaiveDate,
    /// It does not go out.
    pub out: bool,
    /// Numbers of the orders that are still to be done on its routes.
    pub orders: Vec<String>,
}

/// Says that a crew does not go out on a day, or that it does after all. Saying it twice changes nothing.
///
/// # Errors
/// 404 `crew_unknown`, 409 `day_over`.
pub async fn say(
    state: &AppState,
    actor: &Actor,
    once: &Once,
    crew: CrewId,
    said: SaidOut,
) -> Result<Answer, ServiceError> {
    actor.may(Action::Publish)?;
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    // Whoever plans or gives meanwhile either sees it or is seen.
    work.lock(planning::LOCK).await?;
    let now = state.now();
    let unknown = || ServiceError::not_found("crew_unknown", format!("There is no crew {crew}. See GET /crews."));
    let row = crews::by_id(&mut work, crew).await?.ok_or_else(unknown)?;
    if said.date < utility::folding(state, now).today {
        let detail = "That day is over: what came of it stands in its results.";
        return Err(ServiceError::conflict("day_over", detail));
    }
    let date = said.date.to_string();
    if said.out {
        crews_out::say(&mut work, crew, &date, actor.person(), now).await?;
    } else {
        crews_out::take_back(&mut work, crew, &date).await?;
    }
    let told = CrewOut {
        crew_id: crew,
        crew_name: row.name,
        phone: row.phone,
        date: said.date,
        out: said.out,
        orders: still_to_do(&mut work, crew, &date).await?,
    };
    feed::append(&mut work, now, "crew", &crew.to_string(), &serde_json::json!({ "date": date })).await?;
    let action = if said.out { "crew_out" } else { "crew_back" };
    let details = serde_json::json!({ "date": date, "orders": told.orders });
    audit::append(&mut work, now, &actor.name(), action, &told.crew_name, &details).await?;
    let answer = once.commit(state, work, actor, Answer::ok(&told)?).await?;
    state.feed.ring();
    Ok(answer)
}

/// The crews that are said to stay in on a day.
///
/// # Errors
/// When the store fails.
pub async fn on(state: &AppState, date: NaiveDate) -> Result<BTreeSet<CrewId>, ServiceError> {
    let crews = crews_out::on(&mut state.store.reader().await?, &date.to_string()).await?;
    Ok(crews.into_iter().collect())
}

/// Orders on the crew's routes of the day that nobody has done or stopped, by route and rank.
async fn still_to_do(conn: &mut Conn, crew: CrewId, date: &str) -> Result<Vec<String>, ServiceError> {
    let mut orders = Vec::new();
    for route in routes::of_day(conn, date).await?.into_iter().filter(|route| route.crew == crew.0) {
        let stops = routes::stops(conn, RouteId(route.id)).await?.into_iter();
        let waits =
            stops.filter(|stop| stop.taken_off_at_us.is_none() && matches!(stop.state.as_str(), "open" | "unable"));
        orders.extend(waits.map(|stop| stop.number));
    }
    Ok(orders)
}
