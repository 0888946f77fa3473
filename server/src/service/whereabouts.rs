//! Which crew has an order, and which may still go there because its tablet can't know better: what counts is the route
//! that the tablet holds.

use super::ServiceError;
use crate::store::{
    Conn,
    whereabouts::{self, StandRow},
};
use curbstop_shared::ids::OrderId;
use uuid::Uuid;

/// Where an order stands with every crew that could go there.
#[derive(Debug)]
pub(super) struct Whereabouts(Vec<StandRow>);

impl Whereabouts {
    /// Of one order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of(conn: &mut Conn, order: OrderId) -> Result<Self, ServiceError> {
        Ok(Self(whereabouts::stands(conn, order.0).await?))
    }

    /// The crew that has it, as its tablet has the day: what a customer may be told.
    pub fn has_it(&self) -> Option<StandRow> {
        let on = self.0.iter().find(|row| !row.taken_off)?;
        let of_crew = self.0.iter().filter(|row| (row.crew_id, &row.date) == (on.crew_id, &on.date));
        let told = of_crew.max_by_key(|row| nearest(row)).unwrap_or(on);
        Some(StandRow { taken_off: false, ..told.clone() })
    }

    /// The crew that may go there: the one that has it, or one whose tablet may hold it still.
    pub fn may_go(&self) -> Option<StandRow> {
        let holds = |row: &&StandRow| row.worked_from || row.was_sent;
        self.has_it().or_else(|| self.0.iter().filter(holds).max_by_key(|row| nearest(row)).cloned())
    }

    /// The crew that was told not to go, until it has tapped on that: the last that had it where no tablet holds it.
    pub fn was_told(&self) -> Option<StandRow> {
        self.may_go().or_else(|| self.0.first().cloned())
    }

    /// Of some routes with the order the one by which somebody would go there.
    pub fn nearest(&self, among: impl Fn(Uuid) -> bool) -> Option<&StandRow> {
        self.0.iter().filter(|row| among(row.route)).max_by_key(|row| nearest(row))
    }
}

/// What a tablet has said that it holds counts before what the desk has on its board, and that before what was sent.
fn nearest(row: &StandRow) -> impl Ord + use<> {
    (row.worked_from, !row.taken_off, row.was_sent, row.date.clone(), row.published_at_us, row.route)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A route of a crew, published at that hour.
    fn route(crew: u128, hour: i64, taken_off: bool, worked_from: bool) -> StandRow {
        StandRow {
            route: Uuid::from_u128(crew * 100 + u128::try_from(hour).unwrap()),
            date: "2026-11-24".into(),
            crew_id: Uuid::from_u128(crew),
            crew: format!("Truck {crew}"),
            phone: None,
            published_at_us: hour,
            taken_off,
            worked_from,
            was_sent: false,
            stops_away: hour,
            last_contact_at_us: None,
            has_tablet: true,
        }
    }

    fn told(row: Option<StandRow>) -> Option<(String, i64)> {
        row.map(|row| (row.crew, row.stops_away))
    }

    #[test]
    fn the_route_that_the_tablet_holds_counts_and_a_crew_that_knows_better_does_not_go() {
        let truck_12 = |hour| Some(("Truck 12".to_owned(), hour));
        let not_fetched = Whereabouts(vec![route(12, 9, false, false), route(12, 8, true, true)]);
        assert_eq!(told(not_fetched.has_it()), truck_12(8));
        let fetched = Whereabouts(vec![route(12, 9, false, true), route(12, 8, true, false)]);
        assert_eq!(told(fetched.has_it()), truck_12(9));

        let left = Whereabouts(vec![route(12, 8, true, true)]);
        assert_eq!((told(left.has_it()), told(left.may_go())), (None, truck_12(8)));
        let knows = Whereabouts(vec![route(12, 8, true, false)]);
        assert_eq!((told(knows.may_go()), told(knows.was_told())), (None, truck_12(8)));
        let sent = Whereabouts(vec![StandRow { was_sent: true, ..route(12, 8, true, false) }]);
        assert_eq!(told(sent.may_go()), truck_12(8));

        let moved = Whereabouts(vec![route(14, 9, false, false), route(12, 8, true, true)]);
        assert_eq!(told(moved.has_it()), Some(("Truck 14".to_owned(), 9)), "the desk sent another crew");
    }
}
