//! How long it takes from one place to another: points, legs, and the straight-line estimate used without a road map.

use serde::{Deserialize, Serialize};

/// Mean radius of the earth in metres (IUGG).
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Stops nearer than this are one parking place: no time is spent between them.
const SAME_PLACE_M: f64 = 5.0;

/// A place on earth in 1e-7 degrees. 0/0 is not one: billing systems write it for "unknown".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    lat_e7: i64,
    lon_e7: i64,
}

impl Point {
    /// A point, unless it is 0/0 or off the globe.
    #[must_use]
    pub const fn new(lat_e7: i64, lon_e7: i64) -> Option<Self> {
        let on_globe = lat_e7 >= -900_000_000 && lat_e7 <= 900_000_000;
        let on_globe = on_globe && lon_e7 >= -1_800_000_000 && lon_e7 <= 1_800_000_000;
        if on_globe && !(lat_e7 == 0 && lon_e7 == 0) { Some(Self { lat_e7, lon_e7 }) } else { None }
    }

    /// Latitude in 1e-7 degrees.
    #[must_use]
    pub const fn lat_e7(self) -> i64 {
        self.lat_e7
    }

    /// Longitude in 1e-7 degrees.
    #[must_use]
    pub const fn lon_e7(self) -> i64 {
        self.lon_e7
    }

    /// Latitude in degrees.
    #[must_use]
    pub const fn lat(self) -> f64 {
        self.lat_e7 as f64 / 1e7
    }

    /// Longitude in degrees.
    #[must_use]
    pub const fn lon(self) -> f64 {
        self.lon_e7 as f64 / 1e7
    }

    /// Great-circle distance in metres.
    #[must_use]
    pub fn metres_to(self, other: Self) -> f64 {
        let (lat_a, lat_b) = (self.lat().to_radians(), other.lat().to_radians());
        let half_lat = ((lat_b - lat_a) / 2.0).sin();
        let half_lon = ((other.lon() - self.lon()).to_radians() / 2.0).sin();
        let h = half_lat * half_lat + lat_a.cos() * lat_b.cos() * half_lon * half_lon;
        2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin()
    }
}

/// What a leg's time rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A road map.
    Road,
    /// Straight line with a detour factor.
    Straight,
    /// One end has no position: a flat guess.
    Guess,
}

/// The way from one place to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// Driving and parking time.
    pub seconds: u32,
    /// Length of the way.
    pub metres: u32,
    /// What it rests on.
    pub basis: Basis,
}

impl Leg {
    /// No way at all.
    pub const NONE: Self = Self { seconds: 0, metres: 0, basis: Basis::Straight };
}

/// Legs between every two of a list of points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TravelMatrix {
    size: usize,
    legs: Vec<Leg>,
}

impl TravelMatrix {
    /// A matrix of `size` x `size` legs, asked for as (from, to).
    pub fn build(size: usize, mut leg: impl FnMut(usize, usize) -> Leg) -> Self {
        let mut legs = Vec::with_capacity(size * size);
        for from in 0..size {
            legs.extend((0..size).map(|to| leg(from, to)));
        }
        Self { size, legs }
    }

    /// The leg from one point to another, by their places in the list.
    #[must_use]
    pub fn leg(&self, from: usize, to: usize) -> Leg {
        self.legs[from * self.size + to]
    }
}

/// Where travel times come from. A road map's answer is fetched before planning and handed over behind this trait:
/// planning itself waits for nothing.
pub trait TravelTimes {
    /// Legs between every two of the points; pairs that the source lacks are filled and say so in their basis.
    fn matrix(&self, points: &[Point]) -> TravelMatrix;

    /// The leg to, from or between places whose position is unknown.
    fn unknown_leg(&self) -> Leg;
}

/// Great-circle distance times a detour factor, at one speed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StraightLine {
    /// Road metres for one metre of straight line.
    pub detour: f64,
    /// Mean speed in km/h between stops.
    pub speed_kmh: f64,
    /// Parking and walking, added to every leg that leads somewhere else.
    pub stop_overhead_s: u32,
    /// Flat time where a position is unknown.
    pub unknown_leg_s: u32,
}

impl Default for StraightLine {
    /// Town driving: 1.3 road metres for one straight metre at 27 km/h, 45 s to park and walk, ten minutes where
    /// nobody knows the way.
    fn default() -> Self {
        Self { detour: 1.3, speed_kmh: 27.0, stop_overhead_s: 45, unknown_leg_s: 600 }
    }
}

impl StraightLine {
    /// The leg between two points.
    #[must_use]
    pub fn leg(&self, from: Point, to: Point) -> Leg {
        let straight_m = from.metres_to(to);
        let road_m = straight_m * self.detour;
        let driving_s = rounded(road_m / (self.speed_kmh / 3.6));
        let overhead_s = if straight_m > SAME_PLACE_M { self.stop_overhead_s } else { 0 };
        Leg { seconds: driving_s.saturating_add(overhead_s), metres: rounded(road_m), basis: Basis::Straight }
    }
}

impl TravelTimes for StraightLine {
    fn matrix(&self, points: &[Point]) -> TravelMatrix {
        TravelMatrix::build(points.len(), |from, to| self.leg(points[from], points[to]))
    }

    fn unknown_leg(&self) -> Leg {
        Leg { seconds: self.unknown_leg_s, metres: 0, basis: Basis::Guess }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates: a negative, infinite or missing number becomes a bound, which is what is wanted"
)]
fn rounded(value: f64) -> u32 {
    value.round() as u32
}
