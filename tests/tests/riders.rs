//! Several people on one tablet: who rides with which crew, their PINs, and what the desks say of who did what.

#![expect(clippy::unwrap_used, reason = "a step of the story that fails ends it, where it failed")]

use curbstop_tests::{
    desk::{Desk, text},
    on_both_engines,
    utility::{PASSWORD, Utility, account},
};
use serde_json::{Value, json};

async fn person(desk: &Desk, name: &str) -> Value {
    let people = desk.get("/people").await.good();
    people["people"].as_array().unwrap().iter().find(|person| person["name"] == name).unwrap().clone()
}

/// Dana rides along with Maria; returns Maria's and Dana's ids.
async fn dana_rides_along(utility: &Utility) -> (String, String) {
    let admin = Desk::sign_in(&utility.server.url(), "admin", PASSWORD).await;
    let dana = json!({ "login": "dana", "name": "Dana Ruiz", "role": "crew", "crew_id": utility.crew });
    let dana = text(&admin.post("/people", dana).await.good()["id"]);
    (text(&person(&admin, "Maria Reyes").await["id"]), dana)
}

/// How the timeline of an account says who was there.
async fn how(utility: &Utility, letter: char) -> Vec<String> {
    let told = utility.office.get(&format!("/accounts/{}", account(letter))).await.good();
    told["timeline"].as_array().unwrap().iter().map(|entry| text(&entry["how"])).collect()
}

on_both_engines! {
    /// A PIN that somebody may have is set by dispatch, kept as a verifier, audited, and on the tablet with its next sync.
    async fn a_pin_reaches_the_tablet_with_its_next_sync_and_is_never_kept(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        let (maria, dana) = dana_rides_along(&utility).await;
        assert!(truck.sync().await.people.is_some_and(|people| people.people.len() == 2), "Dana came with the next sync");

        for (pin, says) in [("0000", "repeats"), ("1234", "counts"), ("4711a", "4 to 8 digits"), ("12", "4 to 8")] {
            let refused = utility.dispatcher.put(&format!("/people/{dana}/pin"), json!({ "pin": pin })).await;
            assert_eq!(refused.code(), "pin_invalid");
            assert!(text(&refused.body["detail"]).contains(says) && text(&refused.body["detail"]).contains("choose"));
        }
        assert_eq!(utility.office.put(&format!("/people/{dana}/pin"), json!({ "pin": "4711" })).await.code(), "role_forbids");
        let set = utility.dispatcher.put(&format!("/people/{dana}/pin"), json!({ "pin": "4711" })).await.good();
        assert_eq!(set["pin"]["set_by"], "dispatcher");
        let _ = utility.dispatcher.put(&format!("/people/{maria}/pin"), json!({ "pin": "8053" })).await.good();

        let came = truck.sync().await.people.unwrap();
        assert!(came.people.iter().all(|rider| rider.pin.as_ref().is_some_and(|pin| pin.rounds >= 600_000)));
        assert_ne!(came.people[0].pin.as_ref().unwrap().salt, came.people[1].pin.as_ref().unwrap().salt);
        // The tablet has said that it has it, and from then on nobody speaks of it.
        let (said, answered) = truck.syncs_on_the_wire().await;
        let (asked, nothing) = truck.syncs_on_the_wire().await;
        assert!(asked.len() < said.len(), "said once: {} then {}", said.len(), asked.len());
        assert_eq!(answered.len(), nothing.len());
        assert!(asked.len() <= 144 && nothing.len() <= 144, "{} up, {} down", asked.len(), nothing.len());
        assert!(!truck.gives_pin("Dana Ruiz", "8053"), "Maria's");
        assert!(truck.gives_pin("Dana Ruiz", "4711"));
        // A tablet that was put back to an older state asks for the list again.
        let mut disk = truck.disk.clone();
        let _ = utility.dispatcher.delete(&format!("/people/{dana}/pin")).await.good();
        assert!(truck.sync().await.people.is_some());
        truck.sync().await;
        std::mem::swap(&mut disk, &mut truck.disk);
        truck.is_killed();
        let again = truck.sync().await.people.unwrap();
        assert!(again.people.iter().any(|rider| rider.name == "Dana Ruiz" && rider.pin.is_none()));

        let store = db.open().await;
        let mut conn = store.reader().await.unwrap();
        let trail = curbstop_server::store::audit::page(&mut conn, 0, 500).await.unwrap();
        let acts: Vec<_> = trail.iter().filter(|row| row.subject == dana).map(|row| row.action.as_str()).collect();
        assert_eq!(acts, ["person_added", "pin_set", "pin_cleared"]);
        // Ids and times are full of digits; a PIN is a word of its own.
        let words = |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_owned).collect::<Vec<_>>();
        assert!(trail.iter().all(|row| words(&row.details).iter().all(|word| word != "4711" && word != "8053")));
    }

    /// Two people took turns; one forgot her PIN. Every desk says whose work it was, and how it was signed.
    async fn every_desk_says_whose_work_it_was_and_how_it_was_signed(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let (maria, dana) = dana_rides_along(&utility).await;
        for (who, pin) in [(&maria, "8053"), (&dana, "4711")] {
            let _ = utility.dispatcher.put(&format!("/people/{who}/pin"), json!({ "pin": pin })).await.good();
        }
        let code = utility.enrolment_code().await;
        let mut truck = curbstop_tests::truck::Truck::enrols(&utility.server.url(), &code, "T-12").await;
        assert!(truck.gives_pin("Dana Ruiz", "4711"));
        truck.sync().await;
        let order = truck.order_of(account('A'));
        truck.turns_off(&order, "036500", "L-1");
        truck.goes_on_without_pin("Maria Reyes");
        let order = truck.order_of(account('B'));
        truck.turns_off(&order, "036500", "L-2");
        // Without a signal all day; meanwhile Dana was let go from this crew.
        let _ = utility.dispatcher.put(&format!("/people/{dana}/crews"), json!({ "crew_ids": [] })).await.good();
        let order = truck.order_of(account('C'));
        truck.is_held_by_id(&dana);
        truck.turns_off(&order, "036500", "L-3");
        let stranger = uuid::Uuid::from_u128(0xbad).to_string();
        let order = truck.order_of(account('D'));
        truck.is_held_by_id(&stranger);
        truck.turns_off(&order, "036500", "L-4");
        let answer = truck.sync().await;
        assert!(answer.docs[0].refused.is_empty() && truck.tablet.unsent() == 0, "no work is refused for its author");
        assert!(truck.tablet.state().rider(dana.parse().unwrap()).is_none(), "and the tablet knows that she left");

        let says = |lines: Vec<String>, what: &[&str]| {
            assert!(lines.iter().any(|line| what.iter().all(|part| line.contains(part))), "{what:?}: {lines:#?}");
        };
        let a = how(&utility, 'A').await;
        assert!(!a.iter().any(|line| line.contains("PIN") || line.contains("does not ride")), "{a:?}");
        says(a, &["Dana Ruiz, Truck 12", "on T-12"]);
        says(how(&utility, 'B').await, &["Maria Reyes, Truck 12", "signed without PIN"]);
        says(how(&utility, 'C').await, &["Dana Ruiz, Truck 12", "does not ride with this crew"]);
        says(how(&utility, 'D').await, &["Truck 12", "somebody who is not known here"]);

        let day = &utility.date;
        let csv = utility.office.get(&format!("/exports/results?from={day}&to={day}")).await.good();
        let csv = csv.as_str().unwrap().trim_start_matches('\u{feff}').to_owned();
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let heads = reader.headers().unwrap().clone();
        let column = |row: &csv::StringRecord, name: &str| {
            row.get(heads.iter().position(|head| head == name).unwrap()).unwrap().to_owned()
        };
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        let of = |letter: char| {
            let row = rows.iter().find(|row| column(row, "account") == account(letter)).unwrap();
            ["crew", "person", "signed"].map(|name| column(row, name))
        };
        assert_eq!(of('A'), ["Truck 12", "Dana Ruiz", ""]);
        assert_eq!(of('B'), ["Truck 12", "Maria Reyes", "without_pin"]);
        assert_eq!(of('C'), ["Truck 12", "Dana Ruiz", "not_of_crew"]);
        assert_eq!(of('D'), ["Truck 12", "", "unknown_person"]);
    }

    /// Somebody rides with two crews, and both tablets know her; the desk's list says so.
    async fn somebody_rides_with_two_crews(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let (maria, dana) = dana_rides_along(&utility).await;
        let other = utility.hires("Truck 14", "555-0114", "joe").await;
        let both = json!({ "crew_ids": [utility.crew, other] });
        let set = utility.dispatcher.put(&format!("/people/{dana}/crews"), both.clone()).await.good();
        assert_eq!((set["crew_id"].as_str(), set["crew_ids"].as_array().unwrap().len()), (Some(utility.crew.as_str()), 2));
        let nowhere = json!({ "crew_ids": [maria] });
        assert_eq!(utility.dispatcher.put(&format!("/people/{dana}/crews"), nowhere).await.code(), "crew_not_found");
        assert_eq!(utility.dispatcher.put(&format!("/people/{other}/crews"), both).await.code(), "person_not_found");
        for crew in [utility.crew.clone(), other] {
            let truck = utility.truck_of(&crew, "tablet").await;
            assert!(truck.tablet.state().rider(dana.parse().unwrap()).is_some());
        }
    }
}
