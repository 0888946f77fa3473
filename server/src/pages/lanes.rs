//! The day as lanes: a line of time for each crew, its stops where they were planned, and when somebody was there.

use super::dispatch::RouteRow;
use crate::service::{board::Stop, day_views::Times, voice::Voice};
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
}

impl Lanes {
    /// None where nothing was planned and nobody was anywhere.
    pub(super) fn of(rows: &[RouteRow], times: &HashMap<(RouteId, OrderId), Times>, voice: &Voice) -> Option<Self> {
        let shown: Vec<&RouteRow> = rows.iter().filter(|row| !row.route.replaced).collect();
        let time_of = |row: &RouteRow, stop: &Stop| times.get(&(row.route.id, stop.id)).copied().unwrap_or_default();
        let all = shown.iter().flat_map(|row| row.route.stops.iter().map(|stop| time_of(row, stop)));
        let moments: Vec<Micros> = all
            .flat_map(|times| times.planned.into_iter().flat_map(|(from, to)| [from, to]).chain(times.visited_at))
            .collect();
        let axis = Axis::over(*moments.iter().min()?, *moments.iter().max()?);
        let now = (voice.now >= axis.from && voice.now <= axis.to).then(|| axis.x(voice.now));
        let lane = |(n, row): (i64, &&RouteRow)| Lane {
            crew: match row.route.is_working() {
                true => row.route.crew.clone(),
                false => format!("{} · {}", row.route.crew, voice.pick("out today", "hoy no sale")),
            },
            y: HEAD + n * LANE,
            done: row.progress.done,
            total: row.progress.total,
            blocks: blocks(row, &axis, |stop| time_of(row, stop), voice),
        };
        let lanes: Vec<Lane> = (0..).zip(&shown).map(lane).collect();
        let height = HEAD + LANE * i64::try_from(lanes.len()).unwrap_or(1);
        Some(Self { width: NAMES + WIDTH + ENDS, height, hours: axis.hours(voice), now, lanes })
    }
}

fn blocks(row: &RouteRow, axis: &Axis, times: impl Fn(&Stop) -> Times, voice: &Voice) -> Vec<Block> {
    let mut after = axis.from;
    let on_route = row.route.stops.iter().filter(|stop| !stop.taken_off);
    on_route
        .map(|stop| {
            let times = times(stop);
            // One that was added to a route that is out has no planned time: it stands after the stop before it.
            let (from, to) = times.planned.unwrap_or((after, after));
            after = to;
            let x = axis.x(from);
            let planned = times
                .planned
                .map(|(from, _)| format!("{} {}", voice.language.pick("planned", "previsto"), voice.time(from)));
            let visited =
                times.visited_at.map(|at| format!("{} {}", voice.language.pick("there", "visita"), voice.time(at)));
            let said = [Some(format!("{} · {} · {}", stop.number, stop.address, stop.said)), planned, visited];
            Block {
                x,
                width: (axis.x(to) - x - 1).max(BLOCK_MIN),
                place: stop.place,
                shape: super::day_map::shape(stop),
                account: stop.account.clone(),
                number: stop.number.clone(),
                said: said.into_iter().flatten().collect::<Vec<_>>().join(" · "),
                visited: times.visited_at.map(|at| axis.x(at)),
                due: stop.due_at.filter(|due| axis.has(*due) && stop.is_left()).map(|due| axis.x(due)),
                is_behind: stop.is_left() && times.planned.is_some_and(|(_, to)| to < voice.now),
            }
        })
        .collect()
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

    fn hours(&self, voice: &Voice) -> Vec<(i64, String)> {
        let count = (self.to - self.from).0 / HOUR.0;
        let moments = (0..=count).map(|n| self.from + Span(n * HOUR.0));
        moments.map(|at| (self.x(at), voice.clock(at))).collect()
    }
}
