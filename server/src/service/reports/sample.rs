//! A sample for the quarterly audit: orders that took a service away, drawn so that anybody can draw the same again.

use super::ServiceError;
use crate::{
    service::{accounts::address, days::Days},
    shape::Shape,
    state::AppState,
    store::order_audit::{self, Candidate},
};
use chrono::NaiveDate;
use curbstop_shared::ids::OrderId;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Orders drawn at most.
pub const COUNT_MAX: usize = 500;

/// How they are drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// Every n-th by day and number, beginning with the n-th.
    Every(usize),
    /// So many, by chance that follows from this word alone.
    Seeded(usize, String),
}

impl How {
    /// As it is asked for: `every`, or `count` with `seed`.
    ///
    /// # Errors
    /// 422 `sample_invalid`.
    pub fn asked(every: Option<usize>, count: Option<usize>, seed: Option<&str>) -> Result<Self, ServiceError> {
        let seed = seed.map(str::trim).filter(|seed| !seed.is_empty());
        match (every, count, seed) {
            (Some(every), None, None) if every > 0 => Ok(Self::Every(every)),
            (None, Some(count), Some(seed)) if (1..=COUNT_MAX).contains(&count) && seed.len() <= 100 => {
                Ok(Self::Seeded(count, seed.to_owned()))
            }
            _ => {
                let detail = format!("Say every=10, or count=1 to {COUNT_MAX} together with seed=a word of yours.");
                Err(ServiceError::invalid("sample_invalid", detail))
            }
        }
    }
}

/// What was drawn.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AuditSample")]
pub struct Sample {
    /// The first day.
    pub from: NaiveDate,
    /// The last day, included.
    pub to: NaiveDate,
    /// Orders that could have been drawn: those that take a service away, with a visit on these days.
    pub population: usize,
    /// Those drawn, by day and number.
    pub orders: Vec<Drawn>,
}

/// An order that was drawn.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "SampledOrder")]
pub struct Drawn {
    /// Its id.
    #[schemars(with = "Shape<OrderId>")]
    pub id: OrderId,
    /// Its number.
    pub order: String,
    /// Code of its kind.
    pub kind: String,
    /// Code of its reason.
    pub reason: String,
    /// The account.
    pub account: String,
    /// Where.
    pub address: String,
    /// Code of its state.
    pub state: String,
    /// Day of the first visit.
    pub date: String,
    /// The crew.
    pub crew: String,
    /// Visits on these days.
    pub visits: i64,
}

/// Draws from the orders of some days.
///
/// # Errors
/// When the store fails.
pub async fn draw(state: &AppState, days: Days, how: &How) -> Result<Sample, ServiceError> {
    let (from, to) = days.texts();
    let all = order_audit::population(&mut state.store.reader().await?, &from, &to).await?;
    let population = all.len();
    let orders = chosen(all, how).into_iter().map(drawn).collect();
    Ok(Sample { from: days.from, to: days.to, population, orders })
}

/// Who knows the word and the orders draws the same: an order's lot is a hash of both.
fn chosen(all: Vec<Candidate>, how: &How) -> Vec<Candidate> {
    match how {
        How::Every(n) => all.into_iter().skip(n - 1).step_by(*n).take(COUNT_MAX).collect(),
        How::Seeded(count, seed) => {
            let lot = |one: &Candidate| Sha256::digest(format!("{seed}\n{}", one.number));
            let mut lots: Vec<_> = all.into_iter().map(|one| (lot(&one), one)).collect();
            lots.sort_by_key(|(lot, _)| *lot);
            lots.truncate(*count);
            let mut drawn: Vec<Candidate> = lots.into_iter().map(|(_, one)| one).collect();
            drawn.sort_by(|a, b| (&a.date, &a.number).cmp(&(&b.date, &b.number)));
            drawn
        }
    }
}

fn drawn(one: Candidate) -> Drawn {
    Drawn {
        id: OrderId(one.id),
        address: address(one.address.as_deref().unwrap_or_default(), one.unit.as_deref().unwrap_or_default()),
        order: one.number,
        kind: one.kind,
        reason: one.reason,
        account: one.account,
        state: one.state,
        date: one.date,
        crew: one.crew,
        visits: one.visits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders(count: usize) -> Vec<Candidate> {
        let one = |n: usize| Candidate {
            id: uuid::Uuid::from_u128(n as u128),
            number: format!("T-{n}"),
            kind: "turn_off".to_owned(),
            reason: "non_pay".to_owned(),
            account: String::new(),
            state: "done".to_owned(),
            address: None,
            unit: None,
            date: "2026-11-24".to_owned(),
            crew: "Truck 12".to_owned(),
            visits: 1,
        };
        (1..=count).map(one).collect()
    }

    fn numbers(drawn: Vec<Candidate>) -> Vec<String> {
        drawn.into_iter().map(|one| one.number).collect()
    }

    #[test]
    fn every_third_order_is_drawn() {
        assert_eq!(numbers(chosen(orders(10), &How::Every(3))), ["T-3", "T-6", "T-9"]);
    }

    #[test]
    fn the_same_word_draws_the_same_orders_in_whatever_order_they_are_stored() {
        let how = How::Seeded(4, "fourth quarter".to_owned());
        let (mut turned, drawn) = (orders(50), numbers(chosen(orders(50), &how)));
        turned.reverse();
        assert_eq!(numbers(chosen(turned, &how)), drawn);
        assert_eq!(drawn.len(), 4);
        assert_ne!(numbers(chosen(orders(50), &How::Seeded(4, "another word".to_owned()))), drawn);
    }

    #[test]
    fn a_sample_is_asked_for_in_one_way_at_a_time() {
        assert_eq!(How::asked(Some(10), None, None).unwrap(), How::Every(10));
        assert!(How::asked(Some(0), None, None).is_err());
        assert!(How::asked(None, Some(5), Some(" ")).is_err());
        assert!(How::asked(Some(10), Some(5), Some("x")).is_err());
    }
}
