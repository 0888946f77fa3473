//! The crews that have to hear that many orders are stopped at once: whom somebody has to call first.

use super::{
    ServiceError,
    whereabouts::{Seen, Whereabouts, longest_unheard},
};
use crate::{shape::Shape, store::Conn};
use curbstop_shared::{
    ids::{OrderId, RouteId},
    time::Micros,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A crew that has orders which are stopped, or whose tablet may hold them still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "WithdrawnFromTruck")]
pub struct Truck {
    /// The route; where the day was published again, the one by which its tablet works.
    #[schemars(with = "Shape<RouteId>")]
    pub route_id: RouteId,
    /// Whose it is.
    pub crew: String,
    /// The route's day, as `2026-11-24`.
    #[serde(default)]
    pub date: String,
    /// Whom to call.
    pub phone: Option<String>,
    /// How many of its orders are stopped.
    pub orders: usize,
    /// Seconds since the tablet was heard of that has them and was silent for longest; none where no tablet has fetched
    /// the route.
    pub last_contact_s: Option<i64>,
    /// A tablet that has them is out of service and was not handed in: nothing reaches it any more.
    #[serde(default)]
    pub out_of_service: bool,
}

/// The crews that may have these orders in hand, once each: those that have to be called first, then the longest unheard;
/// and how many of the orders any crew may have.
pub(super) async fn trucks(
    conn: &mut Conn,
    orders: &[OrderId],
    now: Micros,
) -> Result<(Vec<Truck>, usize), ServiceError> {
    let mut crews: BTreeMap<(Uuid, String), (Truck, Option<Micros>)> = BTreeMap::new();
    let (mut seen, mut with_crews) = (Seen::new(), 0);
    for order in orders {
        let stands = Whereabouts::of_many(conn, *order, &mut seen).await?.may_all_go();
        with_crews += usize::from(!stands.is_empty());
        for stand in stands {
            let (heard, date) = (stand.last_contact, stand.date.clone());
            let (truck, longest) = crews.entry((stand.crew_id, stand.date)).or_insert_with(|| {
                let truck = Truck {
                    route_id: RouteId(stand.route),
                    crew: stand.crew,
                    date,
                    phone: stand.phone,
                    orders: 0,
                    last_contact_s: None,
                    out_of_service: false,
                };
                (truck, heard)
            });
            truck.orders += 1;
            truck.out_of_service |= stand.out_of_service;
            // Another of its tablets may have others of them.
            *longest = longest_unheard([*longest, heard].into_iter().flatten(), |at| Some(*at));
        }
    }
    let of_crew = |(truck, heard): (Truck, Option<Micros>)| Truck {
        last_contact_s: heard.map(|at| (now - at).whole_seconds().max(0)),
        ..truck
    };
    let mut trucks: Vec<Truck> = crews.into_values().map(of_crew).collect();
    trucks.sort_by_key(|truck| {
        (truck.last_contact_s.is_some() && !truck.out_of_service, std::cmp::Reverse(truck.last_contact_s))
    });
    Ok((trucks, with_crews))
}
