//! The day as lanes: a line of time for each crew, its stops where they were planned, and when somebody was there.

use super::dispatch::RouteRow;
use crate::{
    planning::day::service_s,
    service::{board::Stop, day_views::Times, voice::Voice},
};
use chrono::NaiveDate;
use curbstop_shared::{
    ids::{OrderId, RouteId},
    time::{Micros, Span},
};
use std::collections::HashMap;

/// Width of the time axis, and of the names before it, in the drawing's units: pixels of a desk's screen.
const WIDTH: i64 = 1_190;
const NAMES: i64 = 150;
/// Room for half of the last hour's name.
const ENDS: i64 = 24;
/// Height of a lane, and of the hours above the first.
const LANE: i64 = 58;
const HEAD: i64 = 30;
/// Room for half of an hour's name and half of "now" beside each other.
const NOW_WIDE: i64 = 44;
/// A stop is drawn at least so wide: its number has to be read.
const BLOCK_MIN: i64 = 17;
const HOUR: Span = Span::minutes(60);

/// What the template draws.
#[derive(Debug)]
pub(super) struct Lanes {
    pub width: i64,
    pub height: i64,
    /// Each full hour: where, and as people say it.
    pub hours: Vec<(i64, String)>,
    /// Where now is, on the day itself.
    pub now: Option<i64>,
    pub lanes: Vec<Lane>,
}

#[derive(Debug)]
pub(super) struct Lane {
    pub crew: String,
    /// Its top.
    pub y: i64,
    pub done: usize,
    pub total: usize,
    pub blocks: Vec<Block>,
}

/// A stop as planned, and a mark where somebody was there.
#[derive(Debug)]
pub(super) struct Block {
    pub x: i64,
    pub width: i64,
    pub place: usize,
    pub shape: &'static str,
    pub account: String,
    pub number: String,
    pub said: String,
    /// Where the last visit was.
    pub visited: Option<i64>,
    /// Where the time by which it has to be done is.
    pub due: Option<i64>,
    /// It is to be done, and its time has passed.
    pub is_behind: bool,
    /// It is to be done, and the time by which it has to be has passed.
    pub is_overdue: bool,
}

/// A stop with the time at which it is drawn.
struct Placed<'s> {
    stop: &'s Stop,
    times: Times,
    from: Micros,
    to: Micros,
}

impl Lanes {
    /// None where nothing was planned and nobody was anywhere.
    pub(super) fn of(
        rows: &[RouteRow],
        times: &HashMap<(RouteId, OrderId), Times>,
        date: NaiveDate,
        voice: &Voice,
    ) -> Option<Self> {
        let shown: Vec<&RouteRow> = rows.iter().filter(|row| !row.route.replaced).collect();
        let now = (date == voice.today()).then_some(voice.now);
        // By an older generation of its day a crew may have been where it is to go by the newest.
        let of_crew = |row: &RouteRow| -> Vec<RouteId> {
            rows.iter().filter(|other| other.route.crew_id == row.route.crew_id).map(|other| other.route.id).collect()
        };
        let time_of = |stop: &Stop, of_crew: &[RouteId]| {
            let at = |route: RouteId| times.get(&(route, stop.id)).copied().unwrap_or_default();
            let visited_at = of_crew.iter().filter_map(|route| at(*route).visited_at).max();
            Times { visited_at, ..at(stop.route) }
        };
        let of_row = |row| {
            let routes = of_crew(row);
            placed(row, |stop| time_of(stop, &routes), now)
        };
        let placed: Vec<Vec<Placed<'_>>> = shown.iter().copied().map(of_row).collect();
        let known = |one: &&Placed<'_>| one.times != Times::default() || one.from != Micros::default();
        let drawn = || placed.iter().flatten().filter(known);
        let moments = drawn().flat_map(|one| [one.from, one.to].into_iter().chain(one.times.visited_at));
        let axis = Axis::over(moments.clone().min()?, moments.max()?);
        let now = (voice.now >= axis.from && voice.now <= axis.to).then(|| axis.x(voice.now));
        let lane = |(n, (row, placed)): (i64, (&&RouteRow, Vec<Placed<'_>>))| Lane {
            crew: match row.route.is_working() {
                true => row.route.crew.clone(),
                false => format!("{} · {}", row.route.crew, voice.pick("stays in today", "hoy no sale")),
            },
            y: HEAD + n * LANE,
            done: row.progress.done,
            total: row.progress.total,
            blocks: placed.iter().map(|one| block(one, row, &axis, voice)).collect(),
        };
        let lanes: Vec<Lane> = (0..).zip(shown.iter().zip(placed)).map(lane).collect();
        let height = HEAD + LANE * i64::try_from(lanes.len()).unwrap_or(1);
        Some(Self { width: NAMES + WIDTH + ENDS, height, hours: axis.hours(now, voice), now, lanes })
    }
}

/// The stops of a crew's day with when each is drawn. One that was added to a route that is out has no planned time: it
/// stands when the crew was there, else when it comes there at the earliest, after all that it has to do before.
fn placed(row: &RouteRow, times: impl Fn(&Stop) -> Times, now: Option<Micros>) -> Vec<Placed<'_>> {
    let (mut after, mut free) = (Micros::default(), now);
    let mut placed = Vec::new();
    for stop in row.route.of_day() {
        let times = times(stop);
        let takes = Span::seconds(service_s(stop.kind));
        let (from, to) = times.planned.unwrap_or_else(|| match (times.visited_at, free) {
            (Some(at), _) => (at - takes, at),
            (None, Some(free)) if stop.is_left() => (free.max(after), free.max(after) + takes),
            _ => (after, after),
        });
        if stop.is_left() {
            free = free.map(|free| free + takes);
        }
        after = to;
        placed.push(Placed { stop, times, from, to });
    }
    placed
}

fn block(placed: &Placed<'_>, row: &RouteRow, axis: &Axis, voice: &Voice) -> Block {
    let Placed { stop, times, from, to } = placed;
    let x = axis.x(*from);
    let planned = match times.planned {
        Some((from, _)) => Some(format!("{} {}", voice.pick("planned", "previsto"), voice.time(from))),
        None if stop.is_left() => {
            Some(format!("{} {}", voice.pick("not before", "no antes de las"), voice.time(*from)))
        }
        None => None,
    };
    let visited = times.visited_at.map(|at| format!("{} {}", voice.pick("there", "visita"), voice.time(at)));
    let before = (stop.generation != row.route.generation)
        .then(|| format!("{} {}", voice.pick("generation", "generación"), stop.generation));
    let is_overdue = stop.is_left() && stop.due_at.is_some_and(|due| due < voice.now);
    let overdue = is_overdue.then(|| voice.pick("past its deadline", "vencida").to_owned());
    let said = [Some(format!("{} · {} · {}", stop.number, stop.address, stop.said)), before, planned, visited, overdue];
    Block {
        x,
        width: (axis.x(*to) - x - 1).max(BLOCK_MIN),
        place: stop.place,
        shape: super::day_map::shape(stop),
        account: stop.account.clone(),
        number: stop.number.clone(),
        said: said.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        visited: times.visited_at.map(|at| axis.x(at)),
        due: stop.due_at.filter(|due| axis.has(*due) && stop.is_left()).map(|due| axis.x(due)),
        is_behind: is_overdue || stop.is_left() && times.planned.is_some_and(|(_, to)| to < voice.now),
        is_overdue,
    }
}

/// A line of time in full hours.
struct Axis {
    from: Micros,
    to: Micros,
}

impl Axis {
    /// Longer than a day is not drawn: a visit that somebody's clock puts into last year would squeeze the rest.
    fn over(first: Micros, last: Micros) -> Self {
        let from = Micros(first.0 - first.0.rem_euclid(HOUR.0));
        let hours = ((last - from).0 + HOUR.0 - 1).div_euclid(HOUR.0).clamp(1, 24);
        Self { from, to: from + Span(hours * HOUR.0) }
    }

    fn has(&self, at: Micros) -> bool {
        at >= self.from && at <= self.to
    }

    /// Where a moment is; before and after it, at its ends.
    fn x(&self, at: Micros) -> i64 {
        let at = at.clamp(self.from, self.to);
        NAMES + (at - self.from).0 * WIDTH / (self.to - self.from).0
    }

    /// The hour beside which "now" is written stays without its name.
    fn hours(&self, now: Option<i64>, voice: &Voice) -> Vec<(i64, String)> {
        let count = (self.to - self.from).0 / HOUR.0;
        let moments = (0..=count).map(|n| self.from + Span(n * HOUR.0));
        let is_free = |x: i64| now.is_none_or(|now| (now - x).abs() >= NOW_WIDE);
        moments.map(|at| (self.x(at), if is_free(self.x(at)) { voice.clock(at) } else { String::new() })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::dispatch, *};
    use crate::service::board::BoardRoute;
    use curbstop_shared::{
        ids::CrewId,
        language::Language,
        vocabulary::{OrderKind, Reason},
    };
    use uuid::Uuid;

    /// Minutes after midnight UTC of a day.
    fn at(minutes: i64) -> Micros {
        Micros(1_791_936_000_000_000) + Span::minutes(minutes)
    }

    fn stop(n: usize, kind: OrderKind, due_at: Option<Micros>) -> Stop {
        Stop {
            route: RouteId(Uuid::nil()),
            generation: 1,
            id: OrderId(Uuid::from_u128(u128::try_from(n).unwrap())),
            number: format!("{}-{n}", kind.letter()),
            kind,
            reason: Reason::NonPay,
            account: "1".into(),
            address: String::new(),
            place: n,
            rank: i64::try_from(n).unwrap(),
            point: None,
            taken_off: false,
            is_others: false,
            still_there: false,
            due_at,
            state: "open".into(),
            said: String::new(),
            unseen: Vec::new(),
            is_owed: false,
            left_unseen: Vec::new(),
        }
    }

    /// A cut planned for 8:00, and a reconnect added behind it that was due at 9:00. Now it is 10:00.
    #[test]
    fn a_stop_that_was_added_stands_after_what_the_crew_has_to_do_before_it_and_past_its_deadline_with_a_sign() {
        let route = BoardRoute {
            id: RouteId(Uuid::nil()),
            crew_id: CrewId(Uuid::nil()),
            out_since: None,
            crew: "Truck 12".into(),
            crew_kind: "own".into(),
            qualifications: "water".into(),
            phone: None,
            generation: 1,
            replaced: false,
            published_at: at(0),
            worked_from: true,
            on_paper: false,
            printed_at: None,
            closed: false,
            stops: vec![stop(1, OrderKind::TurnOff, None), stop(2, OrderKind::Reconnect, Some(at(540)))],
            done_before: Vec::new(),
            tablets: Vec::new(),
        };
        let planned = Times { planned: Some((at(480), at(486))), visited_at: None };
        let times = HashMap::from([((route.id, route.stops[0].id), planned)]);
        let voice = Voice { language: Language::En, zone: chrono_tz::UTC, now: at(600) };
        let lanes = Lanes::of(&[dispatch::row(route)], &times, voice.today(), &voice).unwrap();
        let [cut, added] = &lanes.lanes[0].blocks[..] else { panic!("two blocks") };
        let minute = |from: i64, to: i64| (to - from) * (WIDTH / 3) / 60;
        let now = lanes.now.unwrap();
        // The axis has three hours, and the cut before it takes six minutes.
        assert!((added.x - now - minute(600, 606)).abs() <= 1, "{} and now {now}", added.x);
        assert!((added.width - minute(606, 616)).abs() <= 2, "{added:?}");
        assert!(added.said.contains("not before 10:06") && added.said.contains("past its deadline"), "{}", added.said);
        assert_eq!((cut.is_behind, cut.is_overdue), (true, false));
        assert_eq!((added.is_behind, added.is_overdue), (true, true));
        // "now" is written where the hour's name would be.
        let named = lanes.hours.iter().filter(|(_, name)| !name.is_empty()).count();
        assert_eq!((lanes.hours.len(), named), (4, 3));
    }
}
