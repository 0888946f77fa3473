//! Orders in lists and one by one, with what their facts add up to.

use super::{
    ServiceError,
    history::{self, Told},
    voice::Voice,
};
use crate::shape::Shape;
use crate::{
    moment::Moment,
    state::AppState,
    store::{
        accounts,
        facts::FactRow,
        orders::{self, OrderRow},
    },
};
use curbstop_shared::{
    disposition::{
        Disposition,
        sentences::{self, Audience},
    },
    ids::OrderId,
    time::Micros,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use uuid::Uuid;

/// Orders in one answer.
const LIST_MAX: i64 = 500;

/// Which orders.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// Of this account.
    pub account: Option<String>,
    /// At this premise.
    pub premise: Option<String>,
    /// In this state, by its code.
    pub state: Option<String>,
    /// Of this kind, by its code.
    pub kind: Option<String>,
    /// On this route, now or before.
    pub route: Option<Uuid>,
    /// After this id, which the page before gave as `next`.
    pub after: Option<Uuid>,
    /// So many at most.
    pub limit: Option<i64>,
}

/// A page of a list.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "OrderPage")]
pub struct Listed {
    /// The orders, oldest first.
    pub orders: Vec<Order>,
    /// Where the next page begins; none where this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Uuid>,
}

/// An order in a list.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Order {
    /// Its id.
    #[schemars(with = "Shape<OrderId>")]
    pub id: OrderId,
    /// "T-2291".
    pub number: String,
    /// Code of its kind.
    pub kind: String,
    /// Code of its reason.
    pub reason: String,
    /// The account.
    pub account: String,
    /// The premise.
    pub premise: String,
    /// 1 is most urgent.
    pub priority: i64,
    /// No fee may be charged.
    pub fees_suppressed: bool,
    /// Past due when the listing was run, in minor units.
    pub past_due_minor: i64,
    /// Latest moment by which it has to be done.
    pub due_at: Option<Moment>,
    /// Code of its state; `not_called_for` where it is to give back what is on again, or whose release was taken back.
    pub state: String,
    /// The order whose disposition called for it.
    #[schemars(with = "Option<Shape<OrderId>>")]
    pub cause_order: Option<OrderId>,
    /// When it was made.
    pub created_at: Moment,
}

/// One order with everything about it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct OneOrder {
    /// The order.
    #[serde(flatten)]
    pub order: Order,
    /// Its state in words.
    pub said: String,
    /// Its lines.
    pub lines: Vec<Line>,
    /// What its facts add up to.
    #[schemars(with = "Shape<Disposition>")]
    pub disposition: Disposition,
    /// Its facts, in the order in which they were stored.
    pub facts: Vec<FactView>,
}

/// One line of an order.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "OrderLine")]
pub struct Line {
    /// "1", "2", ...
    pub line: String,
    /// Code of the product.
    pub product: String,
    /// The meter or equipment.
    pub serial: Option<String>,
    /// Past due of this line, in minor units.
    pub past_due_minor: i64,
    /// Where it stands, in words.
    pub said: String,
}

/// One fact.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Fact")]
pub struct FactView {
    /// Its id.
    pub id: String,
    /// When, by the clock of whoever recorded it.
    pub at: Moment,
    /// When the server stored it.
    pub received_at: Moment,
    /// Its author.
    pub by: Option<Uuid>,
    /// The tablet.
    pub device: Option<Uuid>,
    /// Its author had a PIN and went on without it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub without_pin: bool,
    /// Its kind and fields.
    pub body: serde_json::Value,
}

/// A page of orders.
///
/// # Errors
/// When the store fails.
pub async fn list(state: &AppState, wanted: &Wanted) -> Result<Listed, ServiceError> {
    let limit = wanted.limit.unwrap_or(LIST_MAX).clamp(1, LIST_MAX);
    let mut conn = state.store.reader().await?;
    let filter = orders::Filter {
        account: wanted.account.as_deref(),
        premise: wanted.premise.as_deref(),
        state: wanted.state.as_deref(),
        kind: wanted.kind.as_deref(),
        route: wanted.route,
        after: wanted.after,
    };
    // One more than asked for tells whether there are more.
    let mut rows = orders::list(&mut conn, &filter, limit + 1).await?;
    let more = i64::try_from(rows.len()).is_ok_and(|count| count > limit);
    if more {
        rows.pop();
    }
    let next = rows.last().map(|row| row.id).filter(|_| more);
    Ok(Listed { orders: rows.iter().map(order).collect(), next })
}

/// One order by its id or its number.
///
/// # Errors
/// 404 `order_unknown`.
pub async fn one(state: &AppState, voice: &Voice, id: &str) -> Result<OneOrder, ServiceError> {
    let mut conn = state.store.snapshot().await?;
    let row = orders::by_id_or_number(&mut conn, id).await?;
    let unknown = || ServiceError::not_found("order_unknown", "No order has this id or number.");
    let told = history::told(state, &mut conn, row.ok_or_else(unknown)?).await?;
    let cause = match told.row.cause_order {
        Some(cause) => orders::by_id(&mut conn, OrderId(cause)).await?,
        None => None,
    };
    let cause = match cause {
        Some(cause) => Some(history::told(state, &mut conn, cause).await?),
        None => None,
    };
    let crews: HashMap<String, String> =
        accounts::crews_of_visits(&mut conn, &told.row.account).await?.into_iter().collect();
    let nobody_goes = history::nobody_goes(&told, cause.as_ref(), voice);
    let shown = view(told, &crews, voice);
    Ok(OneOrder { said: nobody_goes.unwrap_or(shown.said), ..shown })
}

fn view(told: Told, crews: &HashMap<String, String>, voice: &Voice) -> OneOrder {
    let (said, lines) = told.with_words(voice, crews, |words| {
        let said = sentences::stands(&told.outcome, Audience::Office, words);
        let of_line = |line: &orders::LineRow| {
            let id = curbstop_shared::ids::LineId(line.line.clone());
            told.outcome.lines.get(&id).map_or_else(String::new, |state| sentences::line(&id, state, words))
        };
        let lines = told.lines.iter().map(|line| Line {
            line: line.line.clone(),
            product: line.product.clone(),
            serial: line.serial.clone(),
            past_due_minor: line.past_due_minor,
            said: of_line(line),
        });
        (said, lines.collect())
    });
    OneOrder {
        order: order(&told.row),
        said,
        lines,
        facts: told.facts.iter().map(fact).collect(),
        disposition: told.outcome,
    }
}

fn order(row: &OrderRow) -> Order {
    Order {
        id: OrderId(row.id),
        number: row.number.clone(),
        kind: row.kind.clone(),
        reason: row.reason.clone(),
        account: row.account.clone(),
        premise: row.premise.clone(),
        priority: row.priority,
        fees_suppressed: row.fees_suppressed,
        past_due_minor: row.past_due_minor,
        due_at: row.due_at_us.map(|at| Moment(Micros(at))),
        state: row.stands().to_owned(),
        cause_order: row.cause_order.map(OrderId),
        created_at: Moment(Micros(row.created_at_us)),
    }
}

fn fact(row: &FactRow) -> FactView {
    FactView {
        id: row.id.clone(),
        at: Moment(Micros(row.at_us)),
        received_at: Moment(Micros(row.received_at_us)),
        by: row.by_person,
        device: row.device,
        without_pin: row.without_pin,
        body: serde_json::from_str(&row.body).unwrap_or_default(),
    }
}
