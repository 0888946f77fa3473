//! A small utility on its cut-off day: six accounts, one truck, a dispatcher and an office, around a real server.

use crate::{
    database::TestDatabase,
    desk::{Desk, text},
    server_process::ServerProcess,
    truck::{Truck, wall_clock},
};
use chrono::Timelike as _;
use chrono_tz::Tz;
use curbstop_shared::time::Micros;
use serde_json::{Value, json};
use std::{fmt::Write as _, sync::LazyLock};

/// Password of everybody here.
pub const PASSWORD: &str = "six accounts and a truck";
/// Settings of the server: clocks are trusted to two seconds, so that a story need not wait for minutes.
pub static SETTINGS: LazyLock<[(&'static str, &'static str); 3]> = LazyLock::new(|| {
    [
        ("CURBSTOP_TIME_ZONE", zone().name()),
        ("CURBSTOP_CLOCK_UNCERTAINTY_S", "2"),
        ("CURBSTOP_DISPATCH_PHONE", "555-0100"),
    ]
});

/// Where the utility is: somewhere where it is between nine and ten in the morning, so that no story of a day begins on one
/// day and ends on the next, whenever it is told.
#[must_use]
pub fn zone() -> Tz {
    // Once: a story that began before ten goes on where it began.
    static ZONE: LazyLock<Tz> = LazyLock::new(|| {
        let east = 9 - i64::from(moment(wall_clock()).hour());
        let east = if east < -12 { east + 24 } else { east };
        // The names count westwards.
        format!("Etc/GMT{:+}", -east).parse().expect("a zone of whole hours")
    });
    *ZONE
}

/// The accounts by their letter, with what they owe in cents.
pub const ACCOUNTS: [(char, &str, i64); 6] = [
    ('A', "01-0010-01", 8_640),
    ('B', "01-0020-01", 12_050),
    ('C', "01-0030-01", 9_999),
    ('D', "01-0040-01", 20_000),
    ('E', "01-0050-01", 7_525),
    ('F', "01-0060-01", 15_000),
];

/// A utility at work.
pub struct Utility {
    /// The server.
    pub server: ServerProcess,
    /// The dispatcher's desk.
    pub dispatcher: Desk,
    /// The office's desk.
    pub office: Desk,
    /// The crew's id.
    pub crew: String,
    /// The utility's day, `YYYY-MM-DD`.
    pub date: String,
    /// Who works there, for signing in at a page: logins `dispatcher`, `office`.
    pub finalised: Value,
}

/// The account of a letter.
///
/// # Panics
/// For another letter.
#[must_use]
pub fn account(letter: char) -> &'static str {
    ACCOUNTS.iter().find(|(known, ..)| *known == letter).map(|(_, account, _)| *account).expect("A to F")
}

impl Utility {
    /// Everything up to and including the published route: people, crew, premises, listing, plan.
    pub async fn opens(database: &TestDatabase) -> Self {
        Self::opens_with(database, &[]).await
    }

    /// As [`Self::opens`], with settings beside [`SETTINGS`].
    pub async fn opens_with(database: &TestDatabase, more: &[(&str, &str)]) -> Self {
        let server = ServerProcess::start(&database.url, &[SETTINGS.as_slice(), more].concat());
        for (login, role) in [("admin", "admin"), ("dispatcher", "dispatcher"), ("office", "office")] {
            server.command(&["user", "add", login, "--role", role], &format!("{PASSWORD}\n"));
        }
        let admin = Desk::sign_in(&server.url(), "admin", PASSWORD).await;
        let crew = admin
            .post(
                "/crews",
                json!({ "name": "Truck 12", "kind": "own", "phone": "555-0112", "qualifications": ["water"] }),
            )
            .await
            .good();
        let crew = text(&crew["id"]);
        let rider = json!({ "login": "maria", "name": "Maria Reyes", "role": "crew", "crew_id": crew });
        let _ = admin.post("/people", rider).await.good();
        let dispatcher = Desk::sign_in(&server.url(), "dispatcher", PASSWORD).await;
        let office = Desk::sign_in(&server.url(), "office", PASSWORD).await;
        let date = day_of(wall_clock());
        let mut utility = Self { server, dispatcher, office, crew, date, finalised: Value::Null };
        utility.lists_and_finalises().await;
        utility
    }

    /// The day is on the road: the route is out, and the truck has cut at these accounts, with locks L-1, L-2, ..., and
    /// merged.
    pub async fn with_cuts_at(database: &TestDatabase, letters: &str) -> (Self, Truck) {
        let utility = Self::opens(database).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        for (n, letter) in (1..).zip(letters.chars()) {
            let order = truck.order_of(account(letter));
            truck.turns_off(&order, "036500", &format!("L-{n}"));
        }
        truck.sync().await;
        (utility, truck)
    }

    async fn lists_and_finalises(&mut self) {
        let day = self.date.clone();
        let premises =
            self.dispatcher.upload(&format!("/premises/import?source=city&as_of={day}"), premises_csv()).await;
        let _ = premises.good();
        let listing =
            self.dispatcher.upload(&format!("/listings?source=city&as_of={day}"), listing_csv(&day, "")).await.good();
        let id = text(&listing["listing"]["id"]);
        self.finalised = self.dispatcher.post(&format!("/listings/{id}/finalise"), json!({})).await.good();
    }

    /// The file of another listing: these accounts, with what each owes.
    #[must_use]
    pub fn file_of(&self, day: &str, owed: &[(char, &str)]) -> Vec<u8> {
        let mut csv = String::from("Account,Meter,Past Due,Notice Date,Service\n");
        for (letter, due) in owed {
            let meter = 70_000_000 + u32::from(*letter) - u32::from('A') + 1;
            let _ = writeln!(csv, "{},{meter},{due},{day},water", account(*letter));
        }
        csv.into_bytes()
    }

    /// Such a listing comes in and is finalised; returns its id.
    pub async fn lists(&self, source: &str, day: &str, owed: &[(char, &str)]) -> String {
        let path = format!("/listings?source={source}&as_of={day}");
        let listed = self.dispatcher.upload(&path, self.file_of(day, owed)).await.good();
        let id = text(&listed["listing"]["id"]);
        let _ = self.dispatcher.post(&format!("/listings/{id}/finalise"), json!({})).await.good();
        id
    }

    /// The day after today's.
    #[must_use]
    pub fn tomorrow(&self) -> String {
        (self.date.parse::<chrono::NaiveDate>().expect("a day") + chrono::Days::new(1)).to_string()
    }

    /// Builds today's plan and publishes it; returns the published routes.
    pub async fn publishes(&self) -> Value {
        self.sends_out(json!({ "date": self.date, "crew_ids": [self.crew] })).await
    }

    /// Builds a plan and publishes it; returns it as it was published.
    pub async fn sends_out(&self, plan: Value) -> Value {
        let plan = self.dispatcher.post("/plans", plan).await.good();
        let id = text(&plan["id"]);
        self.dispatcher.post(&format!("/plans/{id}/publish"), json!({})).await.good()
    }

    /// Another crew with somebody who rides with it; returns its id.
    pub async fn hires(&self, name: &str, phone: &str, rider: &str) -> String {
        self.hires_for(name, phone, rider, &["water"]).await
    }

    /// As [`Self::hires`], for a crew that may work on these products.
    pub async fn hires_for(&self, name: &str, phone: &str, rider: &str, qualified: &[&str]) -> String {
        let admin = Desk::sign_in(&self.server.url(), "admin", PASSWORD).await;
        let crew = json!({ "name": name, "kind": "own", "phone": phone, "qualifications": qualified });
        let crew = text(&admin.post("/crews", crew).await.good()["id"]);
        let rider = json!({ "login": rider, "name": rider, "role": "crew", "crew_id": crew });
        let _ = admin.post("/people", rider).await.good();
        crew
    }

    /// A tablet of that crew, enrolled and primed with its route.
    pub async fn truck_of(&self, crew: &str, name: &str) -> Truck {
        let code = self.dispatcher.post("/devices/codes", json!({ "crew_id": crew })).await.good();
        let mut truck = Truck::enrol(&self.server.url(), &text(&code["code"]), name).await;
        truck.sync().await;
        truck
    }

    /// A one-time code for a tablet of the truck.
    pub async fn enrolment_code(&self) -> String {
        text(&self.dispatcher.post("/devices/codes", json!({ "crew_id": self.crew })).await.good()["code"])
    }

    /// A tablet of the truck, enrolled and primed with the route, by way of `base`.
    pub async fn truck(&self, base: &str) -> Truck {
        let mut truck = Truck::enrol(base, &self.enrolment_code().await, "tablet 12").await;
        truck.sync().await;
        truck
    }

    /// The office records what an account paid, at a moment.
    pub async fn pays(&self, letter: char, paid_at: Micros) -> Value {
        let (_, account, due_minor) = ACCOUNTS.iter().find(|(known, ..)| *known == letter).expect("A to F");
        let amount = format!("{}.{:02}", due_minor / 100, due_minor % 100);
        let payment = json!({
            "account": account, "amount": amount, "tender": "cash", "confirmation": format!("R-{letter}"),
            "paid_at": rfc3339(paid_at),
        });
        self.office.post("/payments", payment).await.good()
    }

    /// Both desks after the server moved to another port.
    pub fn follows_server(&mut self) {
        self.dispatcher = self.dispatcher.at(&self.server.url());
        self.office = self.office.at(&self.server.url());
    }
}

/// A moment as the API takes it.
///
/// # Panics
/// For one outside the calendar.
#[must_use]
pub fn rfc3339(at: Micros) -> String {
    moment(at).to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

/// The utility's day of a moment.
#[must_use]
pub fn day_of(at: Micros) -> String {
    moment(at).with_timezone(&zone()).date_naive().to_string()
}

fn moment(at: Micros) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp_micros(at.0).expect("a moment of the calendar")
}

/// The file of all six premises.
#[must_use]
pub fn premises_csv() -> Vec<u8> {
    let mut csv = String::from(
        "Premise ID,Acct No,System,Cust Name,Class,Svc Addr,Unit,City,ST,Zip,Latitude,Longitude,Cycle,Route,Seq,Service,\
         Meter No,Size,Dials,Mult,UOM,Last Read,Last Read Dt,Lo Usage,Hi Usage,Mtr Loc,Hazard,Flags,Lang,Phone\n",
    );
    for (n, (letter, account, _)) in (1..).zip(ACCOUNTS) {
        let hazard = if letter == 'C' { "DOG" } else { "" };
        let _ = writeln!(
            csv,
            "P90000{n},{account},W,\"{letter}NDERSON, PAT\",RES,{n}00 ALDER ST,,ALDER FORK,NE,69999,41.90{n}000,-101.63{n}000,\
             01,001,00{n}0,WATER,7000000{n},\"5/8\"\"\",6,1,CGAL,036400,09/14/2026,3,400,CURB,{hazard},,EN,"
        );
    }
    csv.into_bytes()
}

/// The listing of all six for a day, with a line above its headings, as "Run 11/16/2026"; empty for none.
#[must_use]
pub fn listing_csv(day: &str, above: &str) -> Vec<u8> {
    let short = format!("{}/{}/{}", &day[5..7], &day[8..10], &day[2..4]);
    let above = if above.is_empty() { String::new() } else { format!("{above},,,,,,,,,,,,,,\r\n") };
    let mut csv = above
        + "CITY OF ALDER FORK UTILITIES,,,,,,,,,,,,,,\r\n\"CUTOFF LISTING\",,,,,,,,,Page 1,,,,,\r\n\
         Acct,Customer,Service,Cyc-Rte,Meter,,,Past,Current,Total,Notice,Last,,,\r\n\
         No,Name,Address,-Seq,No,Svc,St,Due,Chgs,Due,Mailed,Pymt,Phone,Comments,\r\n";
    for (n, (letter, account, due)) in (1..).zip(ACCOUNTS) {
        let _ = write!(
            csv,
            "{account},\"{letter}NDERSON, PAT\",{n}00 ALDER ST,01-001-00{n}0,7000000{n},WA,A,${}.{:02},$10.00,${}.{:02},{short},09/01/26,,,\r\n",
            due / 100,
            due % 100,
            (due + 1000) / 100,
            due % 100
        );
    }
    csv.push_str("*** END OF REPORT ***,,,,,,,,,,,,,,\r\n");
    csv.into_bytes()
}
