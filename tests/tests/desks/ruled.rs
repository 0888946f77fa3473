//! The utility's own rules, written as a pack: when cuts are planned, and what a plan leaves out by which rule.

use crate::visitor::Visitor;
use chrono::{Datelike, NaiveDate};
use curbstop_shared::{cut_hours::CutHours, time::Micros};
use curbstop_tests::{
    database::TestDatabase,
    desk::{Desk, text},
    on_both_engines,
    utility::{ACCOUNTS, PASSWORD, Utility, account, zone},
};
use serde_json::{Value, json};
use std::{fmt::Write as _, fs};

/// A rule with its golden cases: situation and outcome.
fn rule(id: &str, keys: &str, en: &str, es: &str, cases: &[(&str, &str)]) -> String {
    let mut rule = format!(
        "\n[[rule]]\nid = \"{id}\"\n{keys}\ncitation = \"Ordinance 7\"\nseen = true\nen = \"{en}\"\nes = \"{es}\"\n"
    );
    for (n, (situation, expect)) in cases.iter().enumerate() {
        let _ = write!(rule, "\n[[rule.case]]\nsays = \"Case {n}\"\n{situation}\nexpect = \"{expect}\"\n");
    }
    rule
}

/// A town's pack that builds on `strict`.
fn town(rules: &[String]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let head = "id = \"alder-fork\"\nversion = \"1\"\ntitle_en = \"Alder Fork\"\ntitle_es = \"Alder Fork\"\nextends = \"strict\"\n\
                \n[usual]\nproducts = [\"water\"]\nclass = \"residential\"\nnotices = [{ way = \"mail\", days_before = 15 }]\n\
                time_zone = \"America/Denver\"\n";
    fs::write(folder.path().join("town.toml"), format!("{head}{}", rules.concat())).unwrap();
    folder
}

async fn opens_by(db: &TestDatabase, folder: &tempfile::TempDir) -> Utility {
    let pack = folder.path().join("town.toml");
    Utility::opens_with(db, &[("CURBSTOP_POLICY", pack.to_str().unwrap())]).await
}

fn mornings_only() -> String {
    rule(
        "mornings",
        "kind = \"cut_hours\"\nbegins = \"08:00\"\nends = \"10:00\"",
        "Cuts are made in the morning.",
        "Los cortes se hacen por la mañana.",
        &[
            ("at = \"2026-12-07T08:00\"", "allowed"),
            ("at = \"2026-12-07T09:59\"", "allowed"),
            ("at = \"2026-12-07T10:00\"", "refused"),
        ],
    )
}

/// No cuts on that day of the week.
fn not_on(day: NaiveDate) -> String {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let not = usize::try_from(day.weekday().num_days_from_monday()).unwrap();
    let others: Vec<String> =
        names.iter().enumerate().filter(|(n, _)| *n != not).map(|(_, name)| format!("\"{name}\"")).collect();
    // A week of December 2026 that begins on a Monday.
    let at = |weekday: usize| format!("at = \"2026-12-{:02}T09:00\"", 7 + weekday % 7);
    rule(
        "days",
        &format!("kind = \"cut_days\"\ndays = [{}]", others.join(", ")),
        "Nobody is turned off on that day.",
        "Ese día no se corta a nadie.",
        &[(&at(not), "refused"), (&at(not + 1), "allowed"), (&at(not + 6), "allowed")],
    )
}

fn ten_days_of_notice() -> String {
    rule(
        "ten-days",
        "kind = \"notice\"\nleast_days = 10",
        "A notice is ten days old before anybody is cut.",
        "Un aviso tiene diez días antes de cualquier corte.",
        &[
            ("at = \"2026-12-11T09:00\"\nnotices = [{ on = 2026-12-01 }]", "allowed"),
            ("at = \"2026-12-10T09:00\"\nnotices = [{ on = 2026-12-01 }]", "notice"),
            ("at = \"2026-12-10T09:00\"\nnotices = []", "notice"),
        ],
    )
}

fn left_out(plan: &Value, letter: char) -> Option<Value> {
    plan["left_out"].as_array().unwrap().iter().find(|one| one["account"] == account(letter)).cloned()
}

on_both_engines! {
    /// What is cut is planned for the hours that the rule allows; on a day on which it allows none, each account says by
    /// which rule, in both languages.
    async fn cuts_are_planned_for_the_hours_and_days_of_the_rules(db: TestDatabase) {
        let tomorrow = curbstop_tests::utility::day_of(curbstop_tests::truck::wall_clock()).parse::<NaiveDate>().unwrap()
            + chrono::Days::new(1);
        let pack = town(&[mornings_only(), not_on(tomorrow)]);
        let utility = opens_by(&db, &pack).await;
        let listing = utility.lists("county", &utility.tomorrow(), &[('A', "86.40"), ('B', "120.50")]).await;
        let of_tomorrow = json!({ "date": utility.tomorrow(), "crew_ids": [utility.crew], "listing_ids": [listing] });
        let built = utility.dispatcher.post("/plans", of_tomorrow).await.good();
        let why = left_out(&built, 'A').expect("nobody is cut tomorrow");
        assert_eq!((&why["why"]["code"], &why["why"]["rule"], &why["why"]["needs"]), (&json!("rule"), &json!("days"), &json!("another_time")));
        assert_eq!(text(&why["text"]), "Nobody is turned off on that day. (Rule days: Ordinance 7.)");

        let today = json!({ "date": utility.date, "crew_ids": [utility.crew] });
        let built = utility.dispatcher.post("/plans", today).await.good();
        let stops = built["routes"][0]["stops"].as_array().unwrap();
        assert_eq!(stops.len(), ACCOUNTS.len(), "{built}");
        for stop in stops {
            let at = chrono::DateTime::parse_from_rfc3339(&text(&stop["arrives_at"])).unwrap().with_timezone(&zone());
            assert!(at.time() < chrono::NaiveTime::from_hms_opt(10, 0, 0).unwrap(), "{stop}");
        }
        let _ = utility.sends_out(json!({ "date": utility.date, "crew_ids": [utility.crew] })).await;
        let truck = utility.truck(&utility.server.url()).await;
        let hours = truck.order_of(account('A')).cut_hours.and_then(|hours| CutHours::read(&hours)).expect("its hours");
        let wall = |at: Micros| chrono::DateTime::from_timestamp_micros(at.0).unwrap().with_timezone(&zone()).to_rfc3339();
        assert!(wall(hours.from).contains("T08:00:00") && wall(hours.until).contains("T10:00:00"), "{hours:?}");
        assert_eq!((hours.en.as_str(), hours.es.as_str()), ("Cuts are made in the morning.", "Los cortes se hacen por la mañana."));

        let late = json!({ "date": utility.date, "crew_ids": [utility.crew], "shift": { "from": "10:00", "to": "16:00" } });
        let built = utility.dispatcher.post("/plans", late).await.good();
        let why = left_out(&built, 'C').expect("the crew comes when it is over");
        assert_eq!((&why["why"]["rule"], &why["why"]["needs"]), (&json!("mornings"), &json!("another_time")));

        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let page = format!("/dispatch?date={}&step=3", utility.date);
        dispatch.opens(&page).await.shows("Cuts are made in the morning. (Rule mornings: Ordinance 7.)");
        let _ = dispatch.posts("/language", &[("language", "es"), ("back", "/dispatch")]).await;
        dispatch.opens(&page).await.shows("Los cortes se hacen por la mañana. (Regla mornings: Ordinance 7.)");
        let mut admin = Visitor::signs_in(&utility.server.url(), "admin").await;
        admin.opens("/admin").await.shows("Alder Fork").shows("alder-fork");
    }

    /// Before a pack is put in force: what of the work that was done it would not have let begin.
    async fn a_new_pack_is_asked_about_the_cuts_that_were_made(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "AB").await;
        truck.is_stopped_by(&truck.order_of(account('C')), curbstop_shared::vocabulary::UnableCode::Dog);
        truck.sync().await;
        let today: NaiveDate = utility.date.parse().unwrap();
        let folder = town(&[not_on(today)]);
        let asked = |pack: &str| {
            let said = utility.server.command(&["policy", "blocked", pack, "--from", &utility.date, "--json"], "");
            serde_json::from_str::<Value>(&said).unwrap()
        };
        let said = asked(folder.path().join("town.toml").to_str().unwrap());
        assert_eq!((&said["pack"], &said["cuts"]), (&json!("alder-fork"), &json!(2)), "{said}");
        let orders: Vec<_> = said["blocked"].as_array().unwrap().iter().map(|cut| text(&cut["account"])).collect();
        assert_eq!(orders, [account('A'), account('B')]);
        assert_eq!(said["blocked"][0]["text"], "Nobody is turned off on that day. (Rule days: Ordinance 7.)");
        assert_eq!((&said["blocked"][0]["crew"], &said["blocked"][0]["needs"]), (&json!("Truck 12"), &json!("another_time")));
        assert_eq!(asked("strict")["blocked"], json!([]), "the rules by which they were made");
        let lines = utility.server.command(&["policy", "blocked", "strict", "--from", &utility.date], "");
        assert!(lines.starts_with("0 of 2 cuts would not have begun as they did by strict."), "{lines}");
    }

    /// A notice that is too young becomes old enough: the account is left out until then, and a supervisor's word makes it no
    /// older.
    async fn a_notice_that_is_too_young_keeps_an_account_out(db: TestDatabase) {
        let pack = town(&[ten_days_of_notice()]);
        let utility = opens_by(&db, &pack).await;
        let built = utility.dispatcher.post("/plans", json!({ "date": utility.date, "crew_ids": [utility.crew] })).await.good();
        assert_eq!(built["routes"][0]["stops"], json!([]), "all were mailed today");
        let why = left_out(&built, 'A').expect("A's notice is of today");
        assert_eq!((&why["why"]["rule"], &why["why"]["needs"]), (&json!("ten-days"), &json!("another_time")));

        utility.server.command(&["user", "add", "supervisor", "--role", "supervisor"], &format!("{PASSWORD}\n"));
        let supervisor = Desk::sign_in(&utility.server.url(), "supervisor", PASSWORD).await;
        let approved = json!({ "date": utility.date, "crew_ids": [utility.crew], "approved_accounts": [account('A')] });
        let built = supervisor.post("/plans", approved).await.good();
        assert!(left_out(&built, 'A').is_some(), "{built}");

        let in_ten_days = (utility.date.parse::<NaiveDate>().unwrap() + chrono::Days::new(10)).to_string();
        let listings = utility.dispatcher.get("/listings").await.good();
        let listing = text(&listings["listings"][0]["id"]);
        let later = json!({ "date": in_ten_days, "crew_ids": [utility.crew], "listing_ids": [listing] });
        let built = utility.dispatcher.post("/plans", later).await.good();
        assert_eq!(built["routes"][0]["stops"].as_array().unwrap().len(), ACCOUNTS.len(), "{built}");
    }
}

fn back_in_four_hours() -> String {
    rule(
        "four-hours",
        "kind = \"reconnect\"\nhours = 4",
        "Whoever paid is back on within four hours.",
        "A quien pagó se le repone el servicio en cuatro horas.",
        &[
            ("at = \"2026-11-20T16:00\"", "2026-11-20T20:00"),
            ("at = \"2026-12-31T23:30\"", "2027-01-01T03:30"),
            ("at = \"2026-10-31T22:30\"", "2026-11-01T01:30"),
        ],
    )
}

on_both_engines! {
    /// By when whoever paid is back on is the rules' word where the settings say nothing.
    async fn who_paid_is_back_on_by_the_deadline_of_the_rules(db: TestDatabase) {
        let pack = town(&[back_in_four_hours()]);
        let utility = opens_by(&db, &pack).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        truck.turns_off(&truck.order_of(account('A')), "036500", "L-1");
        truck.sync().await;
        let paid_at = curbstop_tests::truck::wall_clock();
        let paid = utility.pays('A', paid_at).await;
        let due = chrono::DateTime::parse_from_rfc3339(&text(&paid["reconnects"][0]["due_at"])).unwrap();
        let hours = (due.timestamp_micros() - paid_at.0) / 3_600_000_000;
        assert!((3..=4).contains(&hours), "{paid}");
    }
}

/// A pack that is not right is said with the place, and no server starts by it.
#[test]
fn a_server_does_not_start_by_a_pack_that_is_not_right() {
    let pack = town(&[mornings_only().replace("ends = \"10:00\"", "ends = \"07:00\"")]);
    let file = pack.path().join("town.toml");
    let output = std::process::Command::new(curbstop_tests::server_process::binary())
        .args(["serve", "--policy"])
        .arg(&file)
        .args(["--database", "sqlite:never.db", "--listen", "127.0.0.1:0"])
        .current_dir(pack.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("town.toml") && said.contains("mornings"), "{said}");
    assert!(said.contains("curbstop policy check"), "{said}");
    assert!(!pack.path().join("never.db").exists(), "nothing was touched");
}
