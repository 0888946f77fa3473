//! The day as a map: each crew's stops in order on the town's streets, with where each stands.
//!
//! Drawn as SVG by the server, in metres: it prints, is read aloud, and needs no map service. `desk.js` adds moving and
//! zooming.

use super::dispatch::RouteRow;
use crate::{
    planning::streets::{Ground, Street},
    service::board::Stop,
};
use std::collections::HashMap;

/// So many metres of the map are left around the stops, at least.
const MARGIN_M: f64 = 150.0;
/// Width of the map on a screen, as the size of its marks is reckoned.
const SCREEN_PX: f64 = 960.0;
/// Crews have so many different lines before they come again; the crew's name stands beside each anyway.
const LINES: usize = 6;
/// Stops nearer than this to each other would hide each other: they are drawn side by side.
const SAME_PLACE_M: f64 = 8.0;

/// What the template draws. All numbers are metres east and south of the ground's middle.
#[derive(Debug)]
pub(super) struct DayMap {
    /// `x y width height` of what is shown first.
    pub view: String,
    /// Metres of one pixel where the map is as wide as [`SCREEN_PX`].
    pub unit: String,
    /// Its streets.
    pub streets: Vec<DrawnStreet>,
    /// Its crews.
    pub crews: Vec<DrawnCrew>,
    /// Crews with stops of which nobody knows where they are.
    pub nowhere: Vec<(String, usize)>,
}

#[derive(Debug)]
pub(super) struct DrawnStreet {
    pub name: String,
    /// `x,y x,y ...` of each piece.
    pub pieces: Vec<String>,
    /// Where its name stands, and how it is turned, in degrees.
    pub named_at: (String, String, String),
}

#[derive(Debug)]
pub(super) struct DrawnCrew {
    pub name: String,
    /// Which line it has, from 1.
    pub line_kind: usize,
    /// `x,y x,y ...` through its stops in order.
    pub line: String,
    pub pins: Vec<Pin>,
    /// Where it is next.
    pub next: Option<(String, String)>,
}

/// A stop.
#[derive(Debug)]
pub(super) struct Pin {
    pub x: String,
    pub y: String,
    /// Pixels to the side of where it is, for one that shares its place.
    pub shift: usize,
    pub place: usize,
    /// Code of its state: its shape.
    pub shape: &'static str,
    pub number: String,
    pub account: String,
    pub said: String,
    pub is_next: bool,
}

impl DayMap {
    /// None where nobody knows where any stop is.
    pub(super) fn of(rows: &[RouteRow], streets: &[Street], ground: &Ground) -> Option<Self> {
        let shown = || rows.iter().filter(|row| !row.route.replaced);
        let stops = || shown().flat_map(|row| row.route.of_day());
        let places: Vec<(f64, f64)> = stops().filter_map(|stop| Some(ground.place(stop.point?))).collect();
        let (x, y) = (span(places.iter().map(|at| at.0))?, span(places.iter().map(|at| at.1))?);
        let (width, height) = (x.1 - x.0 + 2.0 * MARGIN_M, y.1 - y.0 + 2.0 * MARGIN_M);
        let mut taken: HashMap<(i64, i64), usize> = HashMap::new();
        let crews = shown().enumerate().map(|(n, row)| drawn(row, n % LINES + 1, ground, &mut taken)).collect();
        let lost = |row: &RouteRow| row.route.of_day().filter(|stop| stop.point.is_none()).count();
        Some(Self {
            view: format!("{} {} {} {}", at(x.0 - MARGIN_M), at(y.0 - MARGIN_M), at(width), at(height)),
            unit: format!("{:.3}", width / SCREEN_PX),
            streets: streets.iter().filter_map(street).collect(),
            crews,
            nowhere: shown().map(|row| (row.route.crew.clone(), lost(row))).filter(|(_, lost)| *lost > 0).collect(),
        })
    }
}

fn drawn(row: &RouteRow, line_kind: usize, ground: &Ground, taken: &mut HashMap<(i64, i64), usize>) -> DrawnCrew {
    let next = row.route.next().map(|stop| stop.id);
    let on_map: Vec<(&Stop, (f64, f64))> =
        row.route.of_day().filter_map(|stop| Some((stop, ground.place(stop.point?)))).collect();
    let pins = on_map.iter().map(|(stop, (x, y))| {
        let shared = taken.entry((cell(*x), cell(*y))).or_insert(0);
        let shift = *shared;
        *shared += 1;
        Pin {
            x: at(*x),
            y: at(*y),
            shift,
            place: stop.place,
            shape: shape(stop),
            number: stop.number.clone(),
            account: stop.account.clone(),
            said: format!("{} · {} · {}", stop.number, stop.address, stop.said),
            is_next: next == Some(stop.id),
        }
    });
    let next = on_map.iter().find(|(stop, _)| next == Some(stop.id)).map(|(_, (x, y))| (at(*x), at(*y)));
    DrawnCrew {
        name: row.route.crew.clone(),
        line_kind,
        line: points(on_map.iter().map(|(_, place)| *place)),
        pins: pins.collect(),
        next,
    }
}

fn cell(metres: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "metres on earth are far within i64, and this only groups")]
    let cell = (metres / SAME_PLACE_M).round() as i64;
    cell
}

/// A shape for each state: whoever sees no colours still sees where a stop stands.
pub(super) fn shape(stop: &Stop) -> &'static str {
    match stop.state.as_str() {
        // Somebody who paid is off: whatever became of the order, that is what has to be seen.
        _ if stop.is_owed => "owed",
        "recalled" | "released" if stop.kind.is_restore() => "gone",
        "done" => "done",
        "recalled" | "released" => "restore",
        "held" | "stopped_at_door" | "unable" => "wait",
        _ if stop.kind.is_restore() => "give",
        _ => "todo",
    }
}

/// Its name stands in the middle of its longest piece, along it, and never upside down.
fn street(street: &Street) -> Option<DrawnStreet> {
    let length = |piece: &Vec<(f64, f64)>| piece.windows(2).map(|leg| leg_of(leg).2).sum::<f64>();
    let longest = street.pieces.iter().max_by(|one, other| length(one).total_cmp(&length(other)))?;
    let leg = longest.windows(2).max_by(|one, other| leg_of(one).2.total_cmp(&leg_of(other).2))?;
    let (east, south, _) = leg_of(leg);
    let mut turned = south.atan2(east).to_degrees();
    if turned > 90.0 || turned <= -90.0 {
        turned += if turned > 0.0 { -180.0 } else { 180.0 };
    }
    let middle = (f64::midpoint(leg[0].0, leg[1].0), f64::midpoint(leg[0].1, leg[1].1));
    Some(DrawnStreet {
        name: street.name.clone(),
        pieces: street.pieces.iter().map(|piece| points(piece.iter().copied())).collect(),
        named_at: (at(middle.0), at(middle.1), at(turned)),
    })
}

fn leg_of(leg: &[(f64, f64)]) -> (f64, f64, f64) {
    let (east, south) = (leg[1].0 - leg[0].0, leg[1].1 - leg[0].1);
    (east, south, east.hypot(south))
}

fn points(places: impl Iterator<Item = (f64, f64)>) -> String {
    places.map(|(x, y)| format!("{},{}", at(x), at(y))).collect::<Vec<_>>().join(" ")
}

fn at(metres: f64) -> String {
    format!("{metres:.1}")
}

fn span(values: impl Iterator<Item = f64> + Clone) -> Option<(f64, f64)> {
    let (low, high) = (values.clone().min_by(f64::total_cmp)?, values.max_by(f64::total_cmp)?);
    Some((low, high))
}
