//! A plan as it is stored and shown: routes with their stops, and everything left out with the reason.

use super::reasons::StopReason;
use super::standing::Standing;
use crate::moment::Moment;
use crate::shape::Shape;
use chrono::{NaiveDate, NaiveTime, Timelike};
use curbstop_shared::{
    ids::{CrewId, OrderId, RouteId},
    routing::WhyNot,
    vocabulary::OrderKind,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// When crews set out and have to be back, in seconds after local midnight. In JSON: `{"from": "08:00", "to": "16:30"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "ShiftText", into = "ShiftText")]
pub struct Shift {
    /// Sets out.
    pub from_s: i64,
    /// Is back.
    pub to_s: i64,
}

impl Default for Shift {
    /// 08:00 to 16:30: office hours, so that whoever is cut can still pay and be restored.
    fn default() -> Self {
        Self { from_s: 8 * 3600, to_s: 16 * 3600 + 1800 }
    }
}

/// Crews set out on the quarter hour.
const QUARTER_S: i64 = 15 * 60;
/// A shift that begins late lasts so long, as far as the day goes.
const LATE_SHIFT_S: i64 = 4 * 3600;
/// The last minute of a day.
const DAY_ENDS_S: i64 = 24 * 3600 - 60;

impl Shift {
    /// What is left of it at this second of its day: nobody sets out in the past, so it begins at the next quarter hour.
    #[must_use]
    pub fn still_to_come(self, now_s: i64) -> Self {
        let next_s = ((now_s + QUARTER_S - 1) / QUARTER_S * QUARTER_S).min(DAY_ENDS_S + 60 - QUARTER_S);
        if next_s <= self.from_s {
            return self;
        }
        Self { from_s: next_s, to_s: self.to_s.max((next_s + LATE_SHIFT_S).min(DAY_ENDS_S)) }
    }
}

/// A shift as people write it.
#[derive(Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct ShiftText {
    from: String,
    to: String,
}

impl TryFrom<ShiftText> for Shift {
    type Error = String;

    fn try_from(text: ShiftText) -> Result<Self, String> {
        let second = |text: &str| {
            let time = NaiveTime::parse_from_str(text, "%H:%M");
            time.map(|time| i64::from(time.num_seconds_from_midnight()))
                .map_err(|_| format!("\"{text}\" is no time; write it as 08:00"))
        };
        let (from_s, to_s) = (second(&text.from)?, second(&text.to)?);
        if from_s < to_s {
            Ok(Self { from_s, to_s })
        } else {
            Err("a shift ends after it begins, on the same day".to_owned())
        }
    }
}

impl From<Shift> for ShiftText {
    fn from(shift: Shift) -> Self {
        let text = |second: i64| format!("{:02}:{:02}", second / 3600, second / 60 % 60);
        Self { from: text(shift.from_s), to: text(shift.to_s) }
    }
}

/// Where a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// Its routes are still searched for.
    Building,
    /// Built; nobody has it yet.
    Draft,
    /// Its routes are out.
    Published,
}

impl PlanState {
    /// As it is stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Draft => "draft",
            Self::Published => "published",
        }
    }
}

/// How far the search for a plan's routes has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PlanSearch {
    /// Whether it is still going on.
    pub state: SearchState,
    /// So much of its time is used up.
    pub percent: u8,
    /// Rounds so far.
    pub rounds: u64,
}

/// Whether a search is still going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SearchState {
    /// It goes on, or waits for its turn.
    Searching,
    /// It took its time.
    Finished,
    /// Somebody had enough of it, or the server stopped: the plan is the best one until then.
    Stopped,
}

/// A plan for one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Plan {
    /// Its id.
    pub id: Uuid,
    /// The day.
    pub date: NaiveDate,
    /// Where it stands.
    pub state: PlanState,
    /// How its routes were searched for; none for a plan of before there was a search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<PlanSearch>,
    /// The listings whose orders were made for it.
    pub listing_ids: Vec<Uuid>,
    /// When crews work.
    pub shift: Shift,
    /// Numbers of the orders that crews had, that were still to do and that publishing it gave to nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken_off: Vec<String>,
    /// What somebody had given to a crew by hand when it was built, with that crew.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, Shape<CrewId>>")]
    pub given: BTreeMap<OrderId, CrewId>,
    /// Orders at premises that a supervisor has approved: they are not left out for that.
    #[serde(default)]
    pub approved_accounts: Vec<String>,
    /// Orders that the listings made anew.
    pub orders_made: usize,
    /// One for each crew.
    pub routes: Vec<PlanRoute>,
    /// Accounts and orders that are on no route.
    pub left_out: Vec<PlanLeftOut>,
    /// Those of them that were on a route when it was built and fell away until it was published.
    #[serde(default)]
    #[schemars(with = "Vec<Shape<OrderId>>")]
    pub fell_away: Vec<OrderId>,
}

/// One crew's part of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PlanRoute {
    /// The crew.
    #[schemars(with = "Shape<CrewId>")]
    pub crew_id: CrewId,
    /// Its name.
    pub crew_name: String,
    /// Its stops in order.
    pub stops: Vec<PlanStop>,
    /// Seconds on the road.
    pub travel_s: i64,
    /// Metres on the road.
    pub metres: i64,
    /// When it is back.
    pub ends_at: Moment,
    /// The route, once published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Shape<RouteId>>")]
    pub route_id: Option<RouteId>,
    /// Its generation, once published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,
}

/// One stop of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PlanStop {
    /// The order.
    #[schemars(with = "Shape<OrderId>")]
    pub order_id: OrderId,
    /// Its number.
    pub number: String,
    /// What is to be done.
    #[schemars(with = "Shape<OrderKind>")]
    pub kind: OrderKind,
    /// The account.
    pub account: String,
    /// Where.
    pub address: String,
    /// Latitude in 1e-7 degrees.
    pub lat_e7: Option<i64>,
    /// Longitude in 1e-7 degrees.
    pub lon_e7: Option<i64>,
    /// 1 is most urgent.
    pub priority: i64,
    /// The crew is there.
    pub arrives_at: Moment,
    /// The crew drives on.
    pub leaves_at: Moment,
    /// Nobody knows where it is: it was put at the end, and times from here on are guesses.
    pub no_position: bool,
    /// Somebody gave it to this crew by hand before, and it stays with it.
    #[serde(default)]
    pub given: bool,
    /// Seconds of way that it costs where it stands.
    #[serde(default)]
    pub detour_s: i64,
    /// Why it stands there; none in a plan of before reasons were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_here: Option<StopReason>,
}

/// An account or order that is on no route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PlanLeftOut {
    /// The order, where one was made.
    #[schemars(with = "Option<Shape<OrderId>>")]
    pub order_id: Option<OrderId>,
    /// Its number, where one was made.
    pub number: Option<String>,
    /// The account.
    pub account: String,
    /// Where.
    pub address: String,
    /// Why.
    pub why: LeftOutWhy,
    /// Why, as a sentence.
    pub text: String,
}

/// Why something is on no route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum LeftOutWhy {
    /// Money, a hold, the premise or its facts say no.
    Standing(Standing),
    /// It fits in nobody's day.
    NoPlace {
        /// Always `no_place`, or `no_crew` where no crew was named.
        code: String,
        /// What stands in each crew's way.
        crews: Vec<CrewRefusal>,
    },
}

/// What stands in one crew's way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CrewRefusal {
    /// The crew.
    #[schemars(with = "Shape<CrewId>")]
    pub crew_id: CrewId,
    /// Its name.
    pub crew_name: String,
    /// The reason.
    #[serde(flatten)]
    #[schemars(with = "crate::shape::wire::CrewWhyNot")]
    pub why: WhyNot,
    /// So many more urgent stops of the crew take its room: without them it would fit. 0: it would not, or there are none.
    #[serde(default)]
    pub more_urgent: usize,
    /// As a sentence.
    pub text: String,
}

impl PlanLeftOut {
    /// Left out because of how it stands.
    #[must_use]
    pub fn standing(order: Option<(OrderId, String)>, account: &str, address: &str, why: Standing) -> Self {
        let (order_id, number) = order.unzip();
        let text = why.text();
        Self {
            order_id,
            number,
            account: account.to_owned(),
            address: address.to_owned(),
            why: LeftOutWhy::Standing(why),
            text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_is_written_as_people_write_it_and_ends_after_it_begins() {
        let read = |text: &str| serde_json::from_str::<Shift>(text);
        let early = r#"{"from":"07:30","to":"15:00"}"#;
        assert_eq!(read(early).unwrap(), Shift { from_s: 27_000, to_s: 54_000 });
        assert_eq!(serde_json::to_string(&read(early).unwrap()).unwrap(), early);
        for bad in [r#"{"from":"15:00","to":"07:30"}"#, r#"{"from":"7h","to":"15:00"}"#, r#"{"from":"07:30"}"#] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn reasons_for_leaving_out_read_back_as_they_were_written() {
        let held = LeftOutWhy::Standing(Standing::Paid { paid_minor: 8640 });
        let no_place = LeftOutWhy::NoPlace {
            code: "no_place".to_owned(),
            crews: vec![CrewRefusal {
                crew_id: CrewId(Uuid::nil()),
                crew_name: "Truck 12".to_owned(),
                why: WhyNot::ShiftFull { over_by_s: 400 },
                more_urgent: 2,
                text: WhyNot::ShiftFull { over_by_s: 400 }.to_string(),
            }],
        };
        for why in [held, no_place] {
            let text = serde_json::to_string(&why).unwrap();
            assert_eq!(serde_json::from_str::<LeftOutWhy>(&text).unwrap(), why, "{text}");
        }
    }

    #[test]
    fn a_shift_of_a_day_that_has_begun_sets_out_at_the_next_quarter_hour() {
        let at = |hour: i64, minute: i64| Shift::default().still_to_come(hour * 3600 + minute * 60);
        let text = |shift: Shift| {
            let ShiftText { from, to } = shift.into();
            format!("{from}-{to}")
        };
        assert_eq!(text(at(6, 0)), "08:00-16:30");
        assert_eq!(text(at(8, 0)), "08:00-16:30");
        assert_eq!(text(at(12, 1)), "12:15-16:30");
        assert_eq!(text(at(12, 15)), "12:15-16:30");
        assert_eq!(text(at(15, 50)), "16:00-20:00");
        assert_eq!(text(at(23, 58)), "23:45-23:59");
    }
}
