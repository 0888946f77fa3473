//! The plan as it is handed out: stops with planned times, and orders left out with a reason for each crew.

use super::{
    case::{Case, Routes},
    placing,
    why_here::{self, WhyHere},
};
use crate::ids::{CrewId, OrderId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One day's routes. Every order of the day is on exactly one route or among those left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayPlan {
    /// One route for each crew, in the crews' order, empty ones too.
    pub routes: Vec<PlannedRoute>,
    /// What does not fit, in the orders' order.
    pub left_out: Vec<LeftOut>,
}

impl DayPlan {
    /// Seconds on the road, all crews together.
    #[must_use]
    pub fn travel_s(&self) -> i64 {
        self.routes.iter().map(|route| route.travel_s).sum()
    }
}

/// One crew's day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedRoute {
    /// The crew.
    pub crew: CrewId,
    /// Its stops in order.
    pub stops: Vec<PlannedStop>,
    /// Seconds on the road, from its start to its end.
    pub travel_s: i64,
    /// Metres on the road; legs without a position count none.
    pub metres: i64,
    /// Seconds waited for windows to open.
    pub waiting_s: i64,
    /// When it is at its end, in seconds after midnight.
    pub ends_at_s: i64,
}

/// One stop with its planned times, in seconds after midnight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStop {
    /// The order.
    pub order: OrderId,
    /// The crew is there.
    pub arrives_at_s: i64,
    /// The work begins; later than the arrival where a window is not open yet.
    pub begins_at_s: i64,
    /// The crew drives on.
    pub leaves_at_s: i64,
    /// Nobody knows where it is: times from here on are guesses.
    pub no_position: bool,
    /// It was visited, or the crew is on its way there.
    pub frozen: bool,
    /// Seconds of way that it costs where it stands.
    pub detour_s: i64,
    /// Why it stands there.
    pub why_here: WhyHere,
}

/// An order that is on no route, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The order.
    pub order: OrderId,
    /// A reason for each crew; empty where no crew works that day.
    pub refusals: Vec<Refusal>,
}

/// Why one crew can't take an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The crew.
    pub crew: CrewId,
    /// Its reason.
    #[serde(flatten)]
    pub why: WhyNot,
    /// So many more urgent stops of the crew take its room: without them it would fit. 0: it would not, or there are none.
    pub for_more_urgent: usize,
}

/// A reason why one crew can't take one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum WhyNot {
    /// The dispatcher locked the order to another crew.
    LockedElsewhere,
    /// The crew is not among those allowed.
    NotAllowed,
    /// The crew lacks a qualification.
    Skill {
        /// The first one that it lacks.
        needs: String,
    },
    /// Even with nothing else to do the crew could not begin before the order's last window closes.
    Window {
        /// Seconds that it would come too late.
        late_by_s: i64,
    },
    /// Even with nothing else to do the crew would be back after its shift.
    ShiftTooShort {
        /// Seconds over.
        over_by_s: i64,
    },
    /// The shift is full: at the best place it would end late. More urgent or equally urgent work is in the way.
    ShiftFull {
        /// Seconds over.
        over_by_s: i64,
    },
    /// There is time in the shift, but its window, or that of a stop behind it, would be missed.
    WindowsFull {
        /// Seconds late, in sum, at the best place.
        late_by_s: i64,
    },
}

impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rounded up: "by 0 min" would be no reason.
        let min = |seconds: &i64| (seconds + 59) / 60;
        match self {
            Self::LockedElsewhere => f.write_str("locked to another crew"),
            Self::NotAllowed => f.write_str("this crew is not allowed for it"),
            Self::Skill { needs } => write!(f, "the crew is not qualified for {needs}"),
            Self::Window { late_by_s } => {
                write!(f, "its window closes {} min before the crew can be there", min(late_by_s))
            }
            Self::ShiftTooShort { over_by_s } => write!(f, "too long for the shift by {} min", min(over_by_s)),
            Self::ShiftFull { over_by_s } => write!(f, "the shift is full by {} min", min(over_by_s)),
            Self::WindowsFull { late_by_s } => write!(f, "a window would be missed by {} min", min(late_by_s)),
        }
    }
}

pub(super) fn answer(case: &Case<'_>, routes: &Routes) -> DayPlan {
    let planned = (0..case.day.crews.len()).map(|crew| route(case, routes, crew)).collect();
    let left_out = case
        .open_orders(routes)
        .into_iter()
        .map(|order| LeftOut { order: case.day.orders[order].id, refusals: placing::refusals(case, routes, order) })
        .collect();
    DayPlan { routes: planned, left_out }
}

fn route(case: &Case<'_>, routes: &Routes, crew: usize) -> PlannedRoute {
    let stops = &routes.by_crew[crew];
    let mut planned = Vec::with_capacity(stops.len());
    let mut waiting_s = 0;
    let tally = case.walk(crew, stops.iter().copied(), |place, times| {
        waiting_s += times.begins_at_s - times.arrives_at_s;
        planned.push(PlannedStop {
            order: case.day.orders[stops[place]].id,
            arrives_at_s: times.arrives_at_s,
            begins_at_s: times.begins_at_s,
            leaves_at_s: times.leaves_at_s,
            no_position: case.day.orders[stops[place]].point.is_none(),
            frozen: place < case.frozen[crew].len(),
            detour_s: why_here::detour_s(case, crew, stops, place),
            why_here: why_here::why_here(case, routes, crew, place),
        });
    });
    PlannedRoute {
        crew: case.day.crews[crew].id,
        stops: planned,
        travel_s: case.travel_s(crew, stops),
        metres: case.legs(crew, stops).map(|leg| i64::from(leg.metres)).sum(),
        waiting_s,
        ends_at_s: tally.ends_at_s,
    }
}
