//! Alder Fork: a town that does not exist, drawn from a seed. The same seed and day give the same files.

use chrono::{Datelike, Days, NaiveDate};
use rand::{Rng as _, SeedableRng, rngs::StdRng, seq::IndexedRandom as _};
use std::fmt::Write as _;

/// The town and whose turn it is to be cut off.
#[derive(Debug, Clone)]
pub struct Town {
    seed: u64,
    houses: Vec<House>,
}

/// Which of two days' accounts: none is on both listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Those of the last working day.
    Yesterday,
    /// Those of the day on which the demo is set up.
    Today,
}

/// Blocks of the town, west to east and south to north.
const COLUMNS: i64 = 14;
const ROWS: i64 = 11;
/// Houses of a block, half of them on each side of its street.
const HOUSES: i64 = 8;
/// South-west corner in 1e-6 degrees: open plain in western Nebraska.
const CORNER_LAT_E6: i64 = 41_902_000;
const CORNER_LON_E6: i64 = -101_634_000;
/// One block in 1e-6 degrees: about 110 m each way at that latitude.
const BLOCK_LAT_E6: i64 = 1_000;
const BLOCK_LON_E6: i64 = 1_340;
/// From the middle of the street to the house.
const SETBACK_LAT_E6: i64 = 180;

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

#[derive(Debug, Clone)]
struct House {
    premise: String,
    account: String,
    name: String,
    address: String,
    lat_e6: i64,
    lon_e6: i64,
    serial: String,
    electric_serial: String,
    lot: u32,
    last: i64,
    low: i64,
    high: i64,
    place: &'static str,
    hazard: &'static str,
    language: &'static str,
    route: i64,
    sequence: i64,
}

/// Every house draws one of so many lots, and with it its turn.
const LOTS: u32 = 40;

impl Town {
    /// Draws the town.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, houses: houses(&mut StdRng::seed_from_u64(seed)) }
    }

    /// Premises, accounts and meters, as CSV.
    #[must_use]
    pub fn premises(&self, as_of: NaiveDate) -> String {
        premises(&self.houses, as_of)
    }

    /// Holds of that turn's accounts, as CSV.
    #[must_use]
    pub fn holds(&self, turn: Turn, as_of: NaiveDate) -> String {
        holds(&self.behind(turn), as_of, &mut self.dice(turn, 1))
    }

    /// The water office's cut-off listing: a printed report saved as CSV.
    #[must_use]
    pub fn listing(&self, turn: Turn, as_of: NaiveDate) -> String {
        listing(&self.behind(turn), as_of, &mut self.dice(turn, 2))
    }

    /// The cable office's list of boxes to pick up, as CSV.
    #[must_use]
    pub fn pickups(&self, turn: Turn, as_of: NaiveDate) -> String {
        let lot = match turn {
            Turn::Yesterday => LOTS - 1,
            Turn::Today => LOTS - 2,
        };
        let gone: Vec<&House> = self.houses.iter().filter(|house| house.lot == lot).step_by(3).collect();
        pickups(&gone, as_of, &mut self.dice(turn, 3))
    }

    /// The electric office's list of meters to lock, as its system prints it: for the utility's own crew.
    #[must_use]
    pub fn disconnects(&self, turn: Turn, as_of: NaiveDate) -> String {
        let (lot, every) = match turn {
            Turn::Yesterday => (LOTS - 3, 4),
            Turn::Today => (LOTS - 4, 2),
        };
        let behind: Vec<&House> = self.houses.iter().filter(|house| house.lot == lot).step_by(every).collect();
        disconnects(&behind, as_of, &mut self.dice(turn, 4))
    }

    /// The same office's list for the contractor, which goes out today only.
    #[must_use]
    pub fn disconnects_for_contractor(&self, as_of: NaiveDate) -> String {
        let behind: Vec<&House> = self.houses.iter().filter(|house| house.lot == LOTS - 5).step_by(3).collect();
        disconnects(&behind, as_of, &mut self.dice(Turn::Today, 5))
    }

    fn behind(&self, turn: Turn) -> Vec<&House> {
        let lots = match turn {
            Turn::Yesterday => 0..3,
            Turn::Today => 3..7,
        };
        self.houses.iter().filter(|house| lots.contains(&house.lot)).collect()
    }

    fn dice(&self, turn: Turn, file: u64) -> StdRng {
        StdRng::seed_from_u64(self.seed ^ (turn as u64) << 8 ^ file << 16)
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
    // Even numbers on the one side, odd ones on the other.
    let (place, far_side) = (plot / 2, plot % 2);
    let number = 100 * (column + 1) + place * 20 + 2 + far_side * 3;
    let route = row / 3 + 1;
    let sequence = (row % 3) * 1000 + (column * HOUSES + plot) * 8 + 8;
    let pick = |rng: &mut StdRng, list: &[&'static str]| list.choose(rng).copied().unwrap_or_default();
    let low = rng.random_range(3..40);
    House {
        premise: format!("P{:06}", 20_001 + row * COLUMNS * HOUSES + column * HOUSES + plot),
        account: format!("{route:02}-{sequence:04}-{:02}", rng.random_range(0..9)),
        name: format!("{}, {}", pick(rng, &FAMILIES), pick(rng, &GIVEN)),
        address: format!("{number} {street}"),
        lat_e6: CORNER_LAT_E6 + row * BLOCK_LAT_E6 + (far_side * 2 - 1) * SETBACK_LAT_E6 + rng.random_range(-30..30),
        lon_e6: CORNER_LON_E6 + column * BLOCK_LON_E6 + place * (BLOCK_LON_E6 * 2 / HOUSES) + rng.random_range(-60..60),
        serial: format!("{:08}", rng.random_range(10_000_000..99_999_999_i64)),
        electric_serial: format!("E{:07}", rng.random_range(1_000_000..9_999_999_i64)),
        lot: rng.random_range(0..LOTS),
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
        let water = format!(
            "WATER,{},\"5/8\"\"\",6,1,CGAL,{:06},{},{},{},\"{}\"",
            house.serial,
            house.last,
            us(before(as_of, 31)),
            house.low,
            house.high,
            house.place
        );
        let electric = format!(
            "ELEC,{},CL200,5,1,KWH,{:05},{},{},{},SIDE OF HOUSE",
            house.electric_serial,
            house.last % 90_000,
            us(before(as_of, 31)),
            house.low * 9,
            house.high * 9
        );
        for service in [water, electric] {
            // Writing to a String can't fail.
            let _ = writeln!(
                csv,
                "{},{},W,\"{}\",RES,{},,ALDER FORK,NE,69999,{},{},{:02},{:03},{:04},{service},{},,{},",
                house.premise,
                house.account,
                house.name,
                house.address,
                degrees(house.lat_e6),
                degrees(house.lon_e6),
                house.route,
                house.route,
                house.sequence,
                house.hazard,
                house.language
            );
        }
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

fn pickups(gone: &[&House], as_of: NaiveDate, rng: &mut StdRng) -> String {
    let mut csv = String::from(
        "Account,Subscriber,Service Address,Disc Date,Disc Rsn,Past Due,Equip Type,Model,Serial #,MAC / CM,Unret Chg,\
         Status,Notes\n",
    );
    for house in gone {
        let boxes: &[(&str, &str, i64)] = match rng.random_range(0..3) {
            0 => &[("Gateway", "G-2100", 18_000)],
            1 => &[("Modem", "M-300", 9_000), ("Set-top", "S-40", 12_500)],
            _ => &[("Gateway", "G-2100", 18_000), ("DVR", "D-8", 22_000), ("Set-top", "S-40", 12_500)],
        };
        let due = rng.random_range(6_000..24_000);
        for (kind, model, charge) in boxes {
            let _ = writeln!(
                csv,
                "{},\"{}\",{},{},NPD,{},{kind},{model},{:010},,{},OUT,",
                house.account,
                house.name,
                house.address,
                us(before(as_of, 20)),
                money(due),
                rng.random_range(1_000_000_000_i64..9_999_999_999),
                money(*charge)
            );
        }
    }
    csv
}

fn disconnects(behind: &[&House], as_of: NaiveDate, rng: &mut StdRng) -> String {
    let mut list = String::from(
        "ACCT_ID\tCUST_NM\tSVC_ADDR\tUNIT\tMAP_LOC\tRTE\tWALK_SEQ\tMTR_SERIAL\tARR_30\tARR_60\tARR_90\tTOT_ARREARS\t\
         TOT_BAL\tDNP_NOTICE_DT\tSCHED_DISC_DT\tCOLL_STAT\tCRIT_FLAG\tREMARKS\r\n",
    );
    let plain = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
    for house in behind {
        let (recent, older) = (rng.random_range(4_000..12_000), rng.random_range(0..9_000));
        let due = recent + older;
        let why = ["DNP", "DNP", "DNP", "BRK"].choose(rng).copied().unwrap_or("DNP");
        let _ = write!(
            list,
            "{}\t{}\t{}\t\t{:02}-{:04}\t{:03}\t{:05}\t{}\t{}\t{}\t0.00\t{}\t{}\t{}\t{}\t{why}\tN\t\r\n",
            house.account,
            house.name,
            house.address,
            house.route,
            house.sequence,
            house.route,
            house.sequence,
            house.electric_serial,
            plain(recent),
            plain(older),
            plain(due),
            plain(due + rng.random_range(3_000..9_000)),
            before(as_of, 15).format("%Y%m%d"),
            as_of.format("%Y%m%d"),
        );
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_same_seed_draws_the_same_town_and_another_one_another() {
        let as_of = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let listing = |seed| Town::new(seed).listing(Turn::Today, as_of);
        assert_eq!(listing(7), listing(7));
        assert_ne!(listing(7), listing(8));
    }

    #[test]
    fn the_town_has_a_water_and_an_electric_meter_in_each_of_twelve_hundred_houses() {
        let as_of = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let premises = Town::new(7).premises(as_of);
        assert_eq!(premises.lines().count(), 1 + 14 * 11 * 8 * 2);
        let accounts: BTreeSet<&str> = premises.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
        assert_eq!(accounts.len(), 14 * 11 * 8, "every house has an account of its own");
    }
}
