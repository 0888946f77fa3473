//! Alder Fork: a town that does not exist, drawn from a seed. The same seed and day give the same files.

use chrono::{Datelike, Days, NaiveDate};
use rand::{Rng as _, SeedableRng, rngs::StdRng, seq::IndexedRandom as _};
use std::fmt::Write as _;

/// The files of one cut-off day.
#[derive(Debug, Clone)]
pub struct Day {
    /// Premises, accounts and meters, as CSV.
    pub premises: String,
    /// Holds, as CSV.
    pub holds: String,
    /// The water office's cut-off listing: a printed report saved as CSV.
    pub listing: String,
}

/// Blocks of the town, west to east and south to north.
const COLUMNS: i64 = 14;
const ROWS: i64 = 11;
/// Houses on one side of a block.
const HOUSES: i64 = 4;
/// South-west corner in 1e-6 degrees: open plain in western Nebraska.
const CORNER_LAT_E6: i64 = 41_902_000;
const CORNER_LON_E6: i64 = -101_634_000;
/// One block in 1e-6 degrees: about 110 m each way at that latitude.
const BLOCK_LAT_E6: i64 = 1_000;
const BLOCK_LON_E6: i64 = 1_340;

const STREETS: [&str; 11] = [
    "ALDER ST",
    "BIRCH ST",
    "CEDAR ST",
    "DOGWOOD ST",
    "ELM ST",
    "FIR ST",
    "GINKGO ST",
    "HAZEL ST",
    "IRONWOOD ST",
    "JUNIPER ST",
    "KATSURA ST",
];
const FAMILIES: [&str; 24] = [
    "ABERNOLD",
    "BRACKWELL",
    "CORDUVAN",
    "DELLAMAR",
    "ESTEVAREZ",
    "FARNHOLT",
    "GUTIERVAN",
    "HOLLINGSEN",
    "IBARRONDO",
    "JESSUPSON",
    "KARRADINE",
    "LINDGARDE",
    "MONTOYEZ",
    "NAVARRESE",
    "OKONKWARE",
    "PELLINGTON",
    "QUIGLEYSON",
    "ROSALENDO",
    "STROMVALD",
    "TREVANIAN",
    "ULVESTADT",
    "VILLAREAN",
    "WENDLEBURY",
    "YAMAMURO",
];
const GIVEN: [&str; 20] = [
    "ADA", "BRUNO", "CARMEN", "DEWEY", "ELENA", "FRANK", "GLORIA", "HECTOR", "INES", "JONAS", "KAREN", "LUIS", "MARTA",
    "NORA", "OMAR", "PAULA", "RUBEN", "SARA", "TOMAS", "VERA",
];
const PLACES: [&str; 5] = ["CURB, LEFT OF DRIVE", "CURB, RIGHT OF DRIVE", "SIDEWALK PIT", "ALLEY", "BASEMENT"];

struct House {
    premise: String,
    account: String,
    name: String,
    address: String,
    lat_e6: i64,
    lon_e6: i64,
    serial: String,
    last: i64,
    low: i64,
    high: i64,
    place: &'static str,
    hazard: &'static str,
    language: &'static str,
    route: i64,
    sequence: i64,
}

/// Draws the town and one cut-off day in it.
#[must_use]
pub fn day(seed: u64, as_of: NaiveDate) -> Day {
    let mut rng = StdRng::seed_from_u64(seed);
    let houses = houses(&mut rng);
    let behind: Vec<&House> = houses.iter().filter(|_| rng.random_ratio(1, 6)).collect();
    Day {
        premises: premises(&houses, as_of),
        holds: holds(&behind, as_of, &mut rng),
        listing: listing(&behind, as_of, &mut rng),
    }
}

fn houses(rng: &mut StdRng) -> Vec<House> {
    let mut houses = Vec::new();
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            for plot in 0..HOUSES {
                houses.push(house(rng, row, column, plot));
            }
        }
    }
    houses
}

fn house(rng: &mut StdRng, row: i64, column: i64, plot: i64) -> House {
    let street = usize::try_from(row).ok().and_then(|row| STREETS.get(row)).copied().unwrap_or("ALDER ST");
    let number = 100 * (column + 1) + plot * 20 + if rng.random_ratio(1, 2) { 2 } else { 5 };
    let route = row / 3 + 1;
    let sequence = (row % 3) * 1000 + column * 40 + plot * 10 + 10;
    let pick = |rng: &mut StdRng, list: &[&'static str]| list.choose(rng).copied().unwrap_or_default();
    let low = rng.random_range(3..40);
    House {
        premise: format!("P{:06}", 20_001 + row * COLUMNS * HOUSES + column * HOUSES + plot),
        account: format!("{route:02}-{sequence:04}-{:02}", rng.random_range(0..9)),
        name: format!("{}, {}", pick(rng, &FAMILIES), pick(rng, &GIVEN)),
        address: format!("{number} {street}"),
        lat_e6: CORNER_LAT_E6 + row * BLOCK_LAT_E6 + rng.random_range(-120..120),
        lon_e6: CORNER_LON_E6 + column * BLOCK_LON_E6 + plot * (BLOCK_LON_E6 / HOUSES) + rng.random_range(-60..60),
        serial: format!("{:08}", rng.random_range(10_000_000..99_999_999_i64)),
        last: rng.random_range(1_000..900_000),
        low,
        high: low * 12,
        place: pick(rng, &PLACES),
        hazard: if rng.random_ratio(1, 9) { "DOG" } else { "" },
        language: if rng.random_ratio(1, 5) { "ES" } else { "EN" },
        route,
        sequence,
    }
}

fn us(date: NaiveDate) -> String {
    format!("{:02}/{:02}/{}", date.month(), date.day(), date.year())
}

fn before(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_sub_days(Days::new(days)).unwrap_or(date)
}

fn degrees(e6: i64) -> String {
    format!("{}{}.{:06}", if e6 < 0 { "-" } else { "" }, e6.abs() / 1_000_000, e6.abs() % 1_000_000)
}

fn premises(houses: &[House], as_of: NaiveDate) -> String {
    let mut csv = String::from(
        "Premise ID,Acct No,System,Cust Name,Class,Svc Addr,Unit,City,ST,Zip,Latitude,Longitude,Cycle,Route,Seq,Service,\
         Meter No,Size,Dials,Mult,UOM,Last Read,Last Read Dt,Lo Usage,Hi Usage,Mtr Loc,Hazard,Flags,Lang,Phone\n",
    );
    for house in houses {
        // Writing to a String can't fail.
        let _ = writeln!(
            csv,
            "{},{},W,\"{}\",RES,{},,ALDER FORK,NE,69999,{},{},{:02},{:03},{:04},WATER,{},\"5/8\"\"\",6,1,CGAL,{:06},{},{},{},\"{}\",{},,{},",
            house.premise,
            house.account,
            house.name,
            house.address,
            degrees(house.lat_e6),
            degrees(house.lon_e6),
            house.route,
            house.route,
            house.sequence,
            house.serial,
            house.last,
            us(before(as_of, 31)),
            house.low,
            house.high,
            house.place,
            house.hazard,
            house.language
        );
    }
    csv
}

fn holds(behind: &[&House], as_of: NaiveDate, rng: &mut StdRng) -> String {
    let mut csv =
        String::from("Hold No,Account,Code,Start,Good Thru,Lifted,Pledge Amt,Agency / Ref,Entered By,Remarks\n");
    let kinds = [
        ("MED", "", "Dr. letter"),
        ("PLG", "$120.00", "Community Action"),
        ("ARR", "", "4 pymts"),
        ("DSP", "", "high bill complaint"),
    ];
    let held: Vec<&&House> = behind.iter().filter(|_| rng.random_ratio(1, 14)).collect();
    for (n, house) in (1..).zip(held) {
        let Some((code, pledge, by)) = kinds.choose(rng) else { continue };
        let until = as_of.checked_add_days(Days::new(rng.random_range(3..40))).unwrap_or(as_of);
        let _ = writeln!(
            csv,
            "H-{n:05},{},{code},{},{},,{pledge},{by},office,",
            house.account,
            us(before(as_of, 12)),
            us(until)
        );
    }
    csv
}

fn money(cents: i64) -> String {
    format!("${}.{:02}", cents / 100, cents % 100)
}

fn listing(behind: &[&House], as_of: NaiveDate, rng: &mut StdRng) -> String {
    let mut csv = format!(
        "CITY OF ALDER FORK UTILITIES,,,,,,,,,,,,,,\r\n\"CUTOFF LISTING - CYCLES 01, 02, 03, 04\",,,,,,,,,Page 1,,,,,\r\n\
         Run {} 04:52 PM   User OFFICE   Cutoff {},,,,,,,,,,,,,,\r\n,,,,,,,,,,,,,,\r\n\
         Acct,Customer,Service,Cyc-Rte,Meter,,,Past,Current,Total,Notice,Last,,,\r\n\
         No,Name,Address,-Seq,No,Svc,St,Due,Chgs,Due,Mailed,Pymt,Phone,Comments,\r\n",
        us(before(as_of, 1)),
        us(as_of)
    );
    for house in behind {
        let due = rng.random_range(4_500..32_000);
        let current = rng.random_range(2_000..7_000);
        let _ = write!(
            csv,
            "{},\"{}\",{},{:02}-{:03}-{:04},{},WA,A,{},{},{},{},{},575-555-01{:02},,\r\n",
            house.account,
            house.name,
            house.address,
            house.route,
            house.route,
            house.sequence,
            house.serial,
            money(due),
            money(current),
            money(due + current),
            us(before(as_of, 15)),
            us(before(as_of, 70)),
            rng.random_range(10..99)
        );
    }
    let _ = write!(csv, ",,,,,,,,,,,,,,\r\n*** END OF REPORT ***,,,,,,,,,,,,,,\r\n");
    csv
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_town_and_another_one_another() {
        let as_of = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        assert_eq!(day(7, as_of).listing, day(7, as_of).listing);
        assert_ne!(day(7, as_of).listing, day(8, as_of).listing);
        assert_eq!(day(7, as_of).premises.lines().count(), 1 + 14 * 11 * 4);
    }
}
