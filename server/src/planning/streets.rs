//! A town's streets as far as the addresses along them tell: the ground of the dispatcher's map.
//!
//! Every utility has its premises; few have a street map that may be shown. Nothing is drawn where nobody lives.

use super::address;
use curbstop_shared::routing::Point;
use geo::{Coord, LineString, Simplify as _};
use std::collections::BTreeMap;

/// Neighbours on a street that are farther apart than this have no known street between them: it may end at a river.
const GAP_M: f64 = 300.0;
/// Bends smaller than this are the houses' distances from the kerb, and no bends.
const BEND_M: f64 = 12.0;
/// A piece with fewer houses is no street that anybody could draw.
const HOUSES_MIN: usize = 3;

/// An address and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct House {
    /// Street and number: "114 ALDER ST".
    pub address: String,
    /// City: two of them may have an Alder Street.
    pub city: String,
    /// Where it is.
    pub point: Point,
}

/// A street, in the metres of a [`Ground`].
#[derive(Debug, Clone, PartialEq)]
pub struct Street {
    /// "ALDER ST".
    pub name: String,
    /// Its pieces, each of two places or more, by rising house numbers.
    pub pieces: Vec<Vec<(f64, f64)>>,
}

/// A flat map around a place, good enough for a county: metres east of it, and metres south, as a screen counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ground {
    lat: f64,
    lon: f64,
    metres_a_degree_east: f64,
}

/// Metres from one degree of latitude to the next.
const METRES_A_DEGREE: f64 = 111_195.0;

impl Ground {
    /// The map around `middle`.
    #[must_use]
    pub fn around(middle: Point) -> Self {
        let (lat, lon) = (middle.lat(), middle.lon());
        Self { lat, lon, metres_a_degree_east: METRES_A_DEGREE * lat.to_radians().cos() }
    }

    /// Metres east and south of the middle.
    #[must_use]
    pub fn place(&self, point: Point) -> (f64, f64) {
        let (east, north) = (point.lon() - self.lon, point.lat() - self.lat);
        (east * self.metres_a_degree_east, -north * METRES_A_DEGREE)
    }
}

/// Where the houses of a street stand.
type ByNumber = BTreeMap<u32, (f64, f64)>;

/// The streets of these houses, by name and city. A house without a number, and one alone, draws nothing.
#[must_use]
pub fn streets(houses: &[House], ground: &Ground) -> Vec<Street> {
    let mut by_name: BTreeMap<(String, &str), ByNumber> = BTreeMap::new();
    for house in houses {
        let Some((number, street)) = address::number_and_street(&house.address) else { continue };
        let of_street = by_name.entry((street.to_uppercase(), &house.city)).or_default();
        of_street.entry(number).or_insert_with(|| ground.place(house.point));
    }
    let drawn = by_name.into_iter().map(|((name, _), houses)| {
        let places: Vec<(f64, f64)> = houses.into_values().collect();
        let runs = places.chunk_by(|from, to| distance(*from, *to) <= GAP_M);
        let pieces = runs.filter(|run| run.len() >= HOUSES_MIN).map(middle_of_the_road).collect();
        Street { name, pieces }
    });
    drawn.filter(|street: &Street| !street.pieces.is_empty()).collect()
}

/// Odd and even numbers stand on the two sides: the street runs between each house and the next.
fn middle_of_the_road(houses: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let between = houses
        .windows(2)
        .map(|pair| Coord { x: f64::midpoint(pair[0].0, pair[1].0), y: f64::midpoint(pair[0].1, pair[1].1) });
    let line: LineString<f64> = between.collect();
    line.simplify(BEND_M).into_iter().map(|at| (at.x, at.y)).collect()
}

fn distance(from: (f64, f64), to: (f64, f64)) -> f64 {
    (from.0 - to.0).hypot(from.1 - to.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Alder Street, Nebraska: its numbers rise to the east, odd ones stand 40 m south of even ones.
    fn house(number: i64, metres_east: i64) -> House {
        let lat_e7 = 419_000_000 + if number % 2 == 0 { 3_600 } else { 0 };
        let point = Point::new(lat_e7, -1_016_000_000 + metres_east * 121).unwrap();
        House { address: format!("{number} Alder St"), city: "ALDER FORK".into(), point }
    }

    fn ground() -> Ground {
        Ground::around(Point::new(419_000_000, -1_016_000_000).unwrap())
    }

    #[test]
    fn a_street_runs_between_its_two_sides_from_the_first_house_to_the_last() {
        let houses: Vec<House> = (0..10).map(|n| house(100 + n, 20 * n)).rev().collect();
        let [street] = &streets(&houses, &ground())[..] else { panic!("one street") };
        assert_eq!(street.name, "ALDER ST");
        let [piece] = &street.pieces[..] else { panic!("in one piece") };
        assert_eq!(piece.len(), 2, "it is straight: {piece:?}");
        let ((from_x, from_y), (to_x, to_y)) = (piece[0], piece[1]);
        assert!((from_x - 10.0).abs() < 1.0 && (to_x - 170.0).abs() < 1.0, "{piece:?}");
        assert!((from_y + 20.0).abs() < 1.0 && (to_y + 20.0).abs() < 1.0, "between the sides: {piece:?}");
    }

    #[test]
    fn a_bend_is_drawn() {
        let houses: Vec<House> = (0..20)
            .map(|n| {
                let point =
                    Point::new(419_000_000 + 1_800 * (n - 10).max(0), -1_016_000_000 + 2_400 * n.min(10)).unwrap();
                House { point, ..house(100 + 2 * n, 0) }
            })
            .collect();
        let pieces = &streets(&houses, &ground())[0].pieces;
        assert_eq!(pieces[0].len(), 3, "east, then north: {pieces:?}");
    }

    #[test]
    fn what_nobody_knows_is_not_drawn() {
        let across_the_river =
            (0..5).map(|n| house(100 + n, 20 * n)).chain((0..5).map(|n| house(900 + n, 2_000 + 20 * n)));
        assert_eq!(streets(&across_the_river.collect::<Vec<_>>(), &ground())[0].pieces.len(), 2);
        assert!(streets(&[house(1, 0), house(2, 20)], &ground()).is_empty(), "two houses");
        let nameless = House { address: "RURAL BOX".into(), ..house(1, 0) };
        assert!(streets(&[nameless.clone(), nameless.clone(), nameless], &ground()).is_empty());
        let elsewhere = |n| House { city: "BIRCH FORK".into(), ..house(n, 9_000 + 20 * n) };
        let two_cities: Vec<House> =
            (0..4).map(|n| house(2 * n, 40 * n)).chain((0..4).map(|n| elsewhere(2 * n + 1))).collect();
        let both = streets(&two_cities, &ground());
        assert_eq!(
            both.iter().map(|street| street.pieces.len()).collect::<Vec<_>>(),
            [1, 1],
            "each has its Alder Street"
        );
    }
}
