//! Which crew has an order, and every crew that may still go there because its tablet can't know better: what counts is
//! the route that the tablet holds.

mod heard;
mod holders;

pub(super) use heard::{Heard, OnRoute, Recalled};
pub(super) use holders::{Holders, longest_unheard};

use super::ServiceError;
use crate::store::{
    Conn,
    facts::{self, FactRow},
    whereabouts::{self, StandRow},
};
use curbstop_shared::{
    ids::{FactId, OrderId, RouteId},
    time::Micros,
};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// An order as one crew has it, or may have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stand {
    /// The route by which the crew goes there.
    pub route: Uuid,
    /// Its day, as `2026-11-24`.
    pub date: String,
    /// Whose it is.
    pub crew_id: Uuid,
    /// What the crew is called.
    pub crew: String,
    /// Where the crew is reached.
    pub phone: Option<String>,
    /// When the route was published.
    pub published_at: Micros,
    /// It is not on this route any more.
    pub taken_off: bool,
    /// A tablet has said that it has this route and no newer one of the day, and can't know that the order left it.
    pub worked_from: bool,
    /// A tablet was sent this route and has not said since what it has of the day.
    pub was_sent: bool,
    /// A tablet that nobody has handed in was given this route.
    pub was_fetched: bool,
    /// No tablet was ever given this route, and the crew may go by paper: it has no tablet in service, or the route was
    /// printed. Nothing but a call tells such a crew anything.
    pub on_paper: bool,
    /// It left this route, and the crew was told so by phone or on a tablet.
    pub knows_it_left: bool,
    /// Stops still to be done before it, as the tablets with this route have them.
    pub stops_away: i64,
    /// When the tablet was last heard of that has it and was not heard of for longest.
    pub last_contact: Option<Micros>,
    /// The crew has a tablet in service.
    pub has_tablet: bool,
    /// A tablet that has it is out of service and was not handed in.
    pub out_of_service: bool,
    /// Somebody has said that the crew does not go out that day: nobody is promised it.
    pub crew_out: bool,
}

/// Where an order stands with every crew that could go there.
#[derive(Debug)]
pub(super) struct Whereabouts(Vec<Stand>);

/// The tablets of routes that were looked at already.
pub(super) type Seen = HashMap<Uuid, Holders>;

impl Whereabouts {
    /// Of one order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of(conn: &mut Conn, order: OrderId) -> Result<Self, ServiceError> {
        Self::of_many(conn, order, &mut Seen::new()).await
    }

    /// As [`Self::of`], for one order after another of the same routes.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of_many(conn: &mut Conn, order: OrderId, seen: &mut Seen) -> Result<Self, ServiceError> {
        let mut stands = Vec::new();
        for row in whereabouts::stands(conn, order.0).await? {
            let holders = match seen.entry(row.route) {
                std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::hash_map::Entry::Vacant(new) => new.insert(Holders::of(conn, row.route).await?),
            };
            stands.push(stand(row, holders));
        }
        if stands.iter().any(|row| row.on_paper && row.taken_off) {
            hear(&mut stands, &Heard::of(&facts::of_order(conn, order).await?)?);
        }
        Ok(Self(stands))
    }

    /// The crew that has it, as its tablet has the day: what a customer may be told.
    pub fn has_it(&self) -> Option<Stand> {
        let on = self.0.iter().find(|row| !row.taken_off)?;
        let of_crew = self.of_crew(on).cloned().collect::<Vec<_>>();
        Some(Stand { taken_off: false, ..as_one(&of_crew)? })
    }

    /// The crew that may go there: the one that has it, or one whose tablet may hold it still.
    pub fn may_go(&self) -> Option<Stand> {
        self.may_all_go().into_iter().next()
    }

    /// Every crew that may go there: the one that has it, then those whose tablets may hold it still.
    pub fn may_all_go(&self) -> Vec<Stand> {
        self.crews_where(|of_crew| of_crew.iter().any(|row| !row.taken_off || holds(row)))
    }

    /// Every crew that has to hear that nobody goes there any more, before anything was said of that: all that ever had
    /// it, but those that have tapped on its leaving.
    pub fn to_be_told(&self, facts: &[FactRow]) -> Result<Vec<Stand>, ServiceError> {
        let heard = Heard::of(facts)?;
        Ok(self.crews_where(|of_crew| was_there(of_crew) && !heard.know_it_left(&on(of_crew))))
    }

    /// Every crew that was told not to go and where nobody has tapped on that. "Has received" is not "has seen".
    pub fn to_hear(&self, facts: &[FactRow]) -> Result<Vec<Stand>, ServiceError> {
        let heard = Heard::of(facts)?;
        Ok(self.crews_where(|of_crew| was_there(of_crew) && !heard.unseen(&on(of_crew)).is_empty()))
    }

    /// What a crew was told on this route of its day, of an order that it must not do, and nobody there has tapped on.
    pub fn unheard_on(&self, route: RouteId, facts: &[FactRow]) -> Result<Vec<FactId>, ServiceError> {
        let heard = Heard::of(facts)?;
        let Some(one) = self.0.iter().find(|row| row.route == route.0) else { return Ok(Vec::new()) };
        let of_crew: Vec<Stand> = self.of_crew(one).cloned().collect();
        let unseen = heard.unseen(&on(&of_crew)).into_iter();
        let left = of_crew.iter().flat_map(|row| heard.left_unseen(row.route, &on(&of_crew)));
        let all: BTreeSet<FactId> = unseen.chain(left).map(|recall| recall.id.clone()).collect();
        Ok(all.into_iter().collect())
    }

    /// The open routes by which a crew may go there.
    pub fn routes_of(&self, stand: &Stand) -> Vec<Uuid> {
        let all: Vec<&Stand> = self.of_crew(stand).collect();
        let held = all.iter().filter(|row| holds(row)).map(|row| row.route).collect::<Vec<_>>();
        if held.is_empty() { vec![stand.route] } else { held }
    }

    fn of_crew<'s>(&'s self, one: &Stand) -> impl Iterator<Item = &'s Stand> + use<'s> {
        let (crew, date) = (one.crew_id, one.date.clone());
        self.0.iter().filter(move |row| row.crew_id == crew && row.date == date)
    }

    /// Each crew's day of which this is true, as one stand: that of the crew that has the order first.
    fn crews_where(&self, is_meant: impl Fn(&[Stand]) -> bool) -> Vec<Stand> {
        let mut crews: Vec<Vec<Stand>> = Vec::new();
        for row in &self.0 {
            let same = |other: &&mut Vec<Stand>| {
                other.first().is_some_and(|one| (one.crew_id, &one.date) == (row.crew_id, &row.date))
            };
            match crews.iter_mut().find(same) {
                Some(of_crew) => of_crew.push(row.clone()),
                None => crews.push(vec![row.clone()]),
            }
        }
        let mut meant: Vec<(bool, Stand)> = crews
            .iter()
            .filter(|of_crew| is_meant(of_crew))
            .filter_map(|of_crew| {
                let has_it = of_crew.iter().any(|row| !row.taken_off);
                let one = as_one(of_crew)?;
                Some((has_it, Stand { taken_off: !has_it, ..one }))
            })
            .collect();
        meant.sort_by_key(|(has_it, stand)| std::cmp::Reverse((*has_it, nearest(stand))));
        meant.into_iter().map(|(_, stand)| stand).collect()
    }
}

fn stand(row: StandRow, holders: &Holders) -> Stand {
    let StandRow { taken_off_at_us, replaced, .. } = row;
    // A tablet can't know of a stop's leaving where the whole route was replaced and it has not named the newer one, or
    // where it was not heard of since.
    let cannot_know = |said_at: i64| taken_off_at_us.is_none_or(|off| replaced || off >= said_at);
    let mut working = holders.working();
    Stand {
        worked_from: working.clone().any(|it| !it.has_newer && it.confirmed_at_us.is_some_and(cannot_know)),
        was_sent: working.any(|it| !it.has_newer && it.confirmed_at_us.is_none()),
        was_fetched: !holders.is_empty(),
        on_paper: holders.is_empty() && (!row.has_tablet || row.sheet_at_us.is_some()),
        knows_it_left: false,
        last_contact: holders.last_contact(),
        out_of_service: holders.out_of_service(),
        route: row.route,
        date: row.date,
        crew_id: row.crew_id,
        crew: row.crew,
        phone: row.phone,
        published_at: Micros(row.published_at_us),
        taken_off: taken_off_at_us.is_some(),
        stops_away: row.stops_away,
        has_tablet: row.has_tablet,
        crew_out: row.crew_out,
    }
}

/// Marks the routes of crews that know that the order left them.
fn hear(stands: &mut [Stand], heard: &Heard) {
    let knows: Vec<bool> = stands
        .iter()
        .map(|one| {
            let same = |row: &&Stand| (row.crew_id, &row.date) == (one.crew_id, &one.date);
            heard.know_it_left(&on(&stands.iter().filter(same).cloned().collect::<Vec<_>>()))
        })
        .collect();
    for (row, knows) in stands.iter_mut().zip(knows) {
        row.knows_it_left = knows;
    }
}

/// The crew may go there by this route though the order left it: its tablet or its paper does not know better.
const fn holds(row: &Stand) -> bool {
    row.worked_from || row.was_sent || (row.on_paper && row.taken_off && !row.knows_it_left)
}

/// The crew has it on a route, or was ever given one with it, on a tablet or on paper.
fn was_there(of_crew: &[Stand]) -> bool {
    of_crew.iter().any(|row| !row.taken_off || row.was_fetched || row.on_paper)
}

fn on(of_crew: &[Stand]) -> Vec<OnRoute> {
    let of_row = |row: &Stand| OnRoute { route: row.route, published_at: row.published_at, taken_off: row.taken_off };
    of_crew.iter().map(of_row).collect()
}

/// The generations of a crew's day as the one by which its tablets go there; of the tablets that may go by any of them
/// the one that was not heard of for longest counts.
fn as_one(of_crew: &[Stand]) -> Option<Stand> {
    let one = of_crew.iter().max_by_key(|row| nearest(row))?;
    let held = || of_crew.iter().filter(|row| holds(row));
    let last_contact = held().filter_map(|row| row.last_contact).min().or(one.last_contact);
    Some(Stand {
        last_contact,
        out_of_service: held().any(|row| row.out_of_service) || one.out_of_service,
        ..one.clone()
    })
}

/// What a tablet has said that it holds counts before what the desk has on its board, and that before what was sent.
fn nearest(row: &Stand) -> impl Ord + use<> {
    (row.worked_from, !row.taken_off, row.was_sent, row.date.clone(), row.published_at, row.route)
}

#[cfg(test)]
mod tests;
