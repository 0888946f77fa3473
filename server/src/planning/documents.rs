//! What of an order its crew sees: everything it needs at the door, and nothing about the customer that it doesn't.

use crate::store::orders::{LineRow, OrderRow};
use chrono::NaiveDate;
use curbstop_shared::{
    at_the_door, evidence,
    ids::{LineId, OrderId},
    route_document::{PublishedLine, PublishedOrder},
    time::Micros,
    vocabulary::{Asked, OrderKind, Product, Reason, UnknownCode},
};
use std::collections::BTreeMap;

/// A premise as a crew needs to know it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PremiseCard {
    /// Its id.
    pub premise: String,
    /// Street address.
    pub address: String,
    /// Unit or apartment.
    pub unit: Option<String>,
    /// Latitude and longitude in 1e-7 degrees.
    pub location_e7: Option<(i64, i64)>,
    /// Hazards as codes.
    pub hazards: Vec<String>,
}

/// A meter as a crew needs to know it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MeterCard {
    /// What stands on it.
    pub serial: String,
    /// Digits on its dials.
    pub dials: Option<i64>,
    /// Meter units for one step of the dials.
    pub multiplier: Option<i64>,
    /// Unit of measure.
    pub unit: Option<String>,
    /// Last reading as digits.
    pub last: Option<String>,
    /// Its day.
    pub last_on: Option<NaiveDate>,
    /// Least usage expected.
    pub low: Option<i64>,
    /// Greatest usage expected.
    pub high: Option<i64>,
    /// Where it is.
    pub place: Option<String>,
    /// Size or form.
    pub size: Option<String>,
}

/// What is known about an account's customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerCard {
    /// The account's name.
    pub name: Option<String>,
    /// The customer's language.
    pub language: Option<String>,
}

/// What a crew may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// Account and name: the utility's own crews.
    pub customer: bool,
    /// Amounts: only where the utility's policy shows them.
    pub amounts: bool,
}

impl Sight {
    /// A contractor's: no names, no account, no amounts.
    pub const CONTRACTOR: Self = Self { customer: false, amounts: false };
    /// An own crew's, as long as no policy says otherwise.
    pub const OWN_CREW: Self = Self { customer: true, amounts: false };
}

/// All that is known for one stop.
#[derive(Debug, Clone, Copy)]
pub struct Stop<'a> {
    /// The order.
    pub order: &'a OrderRow,
    /// Its lines.
    pub lines: &'a [LineRow],
    /// Its premise.
    pub premise: &'a PremiseCard,
    /// The meters there.
    pub meters: &'a [MeterCard],
    /// Its customer.
    pub customer: &'a CustomerCard,
    /// What its crew is to bring back.
    pub asked: &'a [Asked],
    /// Of an order that gives service back: line to the digits that were read when it was turned off, where they were.
    pub read_at_cut: Option<&'a BTreeMap<String, String>>,
}

/// The order as it goes into its crew's route.
///
/// # Errors
/// [`UnknownCode`] where a stored code is in no list.
pub fn published(stop: Stop<'_>, rank: i64, sight: Sight) -> Result<PublishedOrder, UnknownCode> {
    let Stop { order, lines, premise, meters, customer, asked, read_at_cut } = stop;
    let kind = order.kind.parse::<OrderKind>()?;
    let hazards = premise.hazards.join(";");
    let for_customer = |text: &str| sight.customer.then(|| text.to_owned());
    Ok(PublishedOrder {
        id: OrderId(order.id),
        number: order.number.clone(),
        kind,
        reason: order.reason.parse::<Reason>()?,
        rank,
        priority: order.priority,
        premise: order.premise.clone(),
        address: premise.address.clone(),
        unit: premise.unit.clone(),
        lat_e7: premise.location_e7.map(|(lat, _)| lat),
        lon_e7: premise.location_e7.map(|(_, lon)| lon),
        hazards: (!hazards.is_empty()).then_some(hazards),
        language: customer.language.clone(),
        account: for_customer(&order.account),
        name: customer.name.as_deref().and_then(for_customer),
        past_due_minor: sight.amounts.then_some(order.past_due_minor),
        // A note is the office's own words: it may name the customer.
        note: order.note.as_deref().and_then(for_customer),
        due_at: order.due_at_us.map(Micros),
        asks_for: Some(evidence::written(asked)),
        // Who publishes it asks the rules.
        cut_hours: None,
        lines: lines
            .iter()
            .map(|line| {
                let mut published = published_line(kind, line, meters)?;
                if kind.is_restore() {
                    let read = read_at_cut.and_then(|read| read.get(&line.line));
                    published.was_read_when_turned_off(read.cloned());
                }
                Ok(published)
            })
            .collect::<Result<_, _>>()?,
    })
}

fn published_line(kind: OrderKind, line: &LineRow, meters: &[MeterCard]) -> Result<PublishedLine, UnknownCode> {
    let known = line.serial.as_ref().and_then(|serial| meters.iter().find(|meter| meter.serial == *serial));
    let meter = known.cloned().unwrap_or_default();
    let product = line.product.parse::<Product>()?;
    Ok(PublishedLine {
        id: LineId(line.line.clone()),
        product,
        serial: line.serial.clone(),
        dials: meter.dials,
        multiplier: meter.multiplier,
        unit: meter.unit,
        last: meter.last,
        last_on: meter.last_on,
        low: meter.low,
        high: meter.high,
        place: meter.place,
        size: line.equipment.clone().or(meter.size),
        methods: Some(at_the_door::offered(kind, product)),
        closed: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn order() -> OrderRow {
        OrderRow {
            id: Uuid::from_u128(7),
            number: "T-7".to_owned(),
            kind: "turn_off".to_owned(),
            reason: "non_pay".to_owned(),
            account: "0042".to_owned(),
            premise: "P1".to_owned(),
            listing: None,
            cause_order: None,
            priority: 3,
            fees_suppressed: false,
            past_due_minor: 8640,
            note: Some("Mrs Lee works nights".to_owned()),
            due_at_us: None,
            state: "open".to_owned(),
            disposition: "{}".to_owned(),
            created_at_us: 0,
            uncalled: false,
        }
    }

    fn seen(sight: Sight) -> PublishedOrder {
        published_as(order(), sight)
    }

    fn published_as(order: OrderRow, sight: Sight) -> PublishedOrder {
        let lines = [LineRow {
            line: "1".to_owned(),
            product: "water".to_owned(),
            serial: Some("M1".to_owned()),
            past_due_minor: 8640,
            equipment: None,
        }];
        let premise = PremiseCard { hazards: vec!["dog".to_owned(), "gate".to_owned()], ..PremiseCard::default() };
        let meters = [MeterCard { serial: "M1".to_owned(), last: Some("00417".to_owned()), ..MeterCard::default() }];
        let customer = CustomerCard { name: Some("Lee".to_owned()), language: Some("ES".to_owned()) };
        let read = BTreeMap::from([("1".to_owned(), "00431".to_owned())]);
        let (order, read_at_cut) = (&order, Some(&read));
        let asked = &[Asked::Photo, Asked::Reading];
        let (premise, meters, customer) = (&premise, &meters, &customer);
        let stop = Stop { order, lines: &lines, premise, meters, customer, asked, read_at_cut };
        published(stop, 1, sight).unwrap()
    }

    #[test]
    fn a_contractor_sees_no_name_no_account_no_amount_and_no_note() {
        let seen = seen(Sight::CONTRACTOR);
        assert_eq!((&seen.name, &seen.account, seen.past_due_minor, &seen.note), (&None, &None, None, &None));
        assert_eq!(seen.hazards.as_deref(), Some("dog;gate"));
        assert_eq!(seen.lines[0].last.as_deref(), Some("00417"));
        assert_eq!(seen.language.as_deref(), Some("ES"));
    }

    #[test]
    fn a_reconnect_is_compared_with_what_was_read_at_the_cut_and_not_with_billing() {
        let reconnect = |id| OrderRow { id: Uuid::from_u128(id), kind: "reconnect".to_owned(), ..order() };
        let line = published_as(reconnect(8), Sight::OWN_CREW).lines.remove(0);
        assert_eq!((line.last.as_deref(), line.low, line.high), (Some("00431"), None, None));
    }

    #[test]
    fn an_order_says_what_its_crew_is_to_bring_back() {
        assert_eq!(seen(Sight::CONTRACTOR).asks_for.as_deref(), Some("photo,reading"));
    }

    #[test]
    fn an_order_says_how_its_crew_may_work() {
        let offers = seen(Sight::CONTRACTOR).lines.remove(0).methods;
        assert_eq!(offers, Some(at_the_door::offered(OrderKind::TurnOff, Product::Water)));
    }

    #[test]
    fn an_own_crew_sees_the_customer_but_no_amount() {
        let seen = seen(Sight::OWN_CREW);
        assert_eq!((seen.name.as_deref(), seen.account.as_deref()), (Some("Lee"), Some("0042")));
        assert_eq!(seen.past_due_minor, None);
    }
}
