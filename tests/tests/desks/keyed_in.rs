//! A crew worked from paper, and at the end of its day the sheet is keyed in.

use crate::visitor::Visitor;
use curbstop_server::clock::SettableClock;
use curbstop_shared::{
    time::{Micros, Span},
    vocabulary::Role,
};
use curbstop_tests::{
    database::TestDatabase,
    desk::{Answer, Desk, text},
    on_both_engines,
    server::TestServer,
    truck::wall_clock,
    utility::{ACCOUNTS, PASSWORD, Utility, account, rfc3339},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// The route went out, three hours ago by the office's clock.
pub struct Evening {
    pub office: Desk,
    pub server: TestServer,
    pub maria: String,
    published: Micros,
    pub utility: Utility,
}

impl Evening {
    pub async fn of(db: TestDatabase) -> Self {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let published = wall_clock();
        let people = utility.dispatcher.get("/people").await.good();
        let maria = people["people"].as_array().unwrap().iter().find(|person| person["login"] == "maria").unwrap();
        let maria = text(&maria["id"]);
        let server = TestServer::of_utility(Arc::new(db), SettableClock::at(published + Span::minutes(180))).await;
        let office = Desk::sign_in(&server.url, "office", PASSWORD).await;
        Self { office, server, maria, published, utility }
    }

    pub fn minute(&self, minute: i64) -> Micros {
        self.published + Span::minutes(minute)
    }

    pub async fn orders(&self, letter: char, kind: &str) -> Vec<Value> {
        let path = format!("/orders?account={}&kind={kind}", account(letter));
        self.office.get(&path).await.good()["orders"].as_array().unwrap().clone()
    }

    pub async fn order(&self, letter: char) -> String {
        text(&self.orders(letter, "turn_off").await[0]["id"])
    }

    /// Maria turned it off so many minutes after the route went out, and had called dispatch before.
    pub fn cut(&self, minute: i64) -> Value {
        json!({
            "by": self.maria, "at": rfc3339(self.minute(minute)), "called": "Dana", "note": "dog in the yard",
            "lines": [{ "line": "1", "action": "turned_off", "method": "curb_stop_locked", "lock": "L-77", "digits": "036500" }],
        })
    }

    pub async fn keys_in(&self, letter: char, visit: Value) -> Answer {
        self.office.post(&format!("/orders/{}/visits", self.order(letter).await), visit).await
    }

    pub async fn pays(&self, letter: char, minute: i64) {
        let (_, account, due) = ACCOUNTS.iter().find(|(known, ..)| *known == letter).unwrap();
        let payment = json!({
            "account": account, "amount": format!("{}.{:02}", due / 100, due % 100), "tender": "cash",
            "confirmation": format!("R-{letter}"), "paid_at": rfc3339(self.minute(minute)),
        });
        let _ = self.office.post("/payments", payment).await.good();
    }

    /// Nothing was turned off, because of what was shown or said at the door.
    pub fn claims(&self, minute: i64, code: &str) -> Value {
        json!({ "by": self.maria, "at": rfc3339(self.minute(minute)), "code": code })
    }

    /// What waits at the office for an account.
    pub async fn listed(&self, letter: char) -> Vec<Value> {
        let open = self.office.get(&format!("/exceptions?account={}", account(letter))).await.good();
        open["exceptions"].as_array().unwrap().clone()
    }

    pub async fn exceptions(&self, letter: char) -> Vec<String> {
        self.listed(letter).await.iter().map(|entry| text(&entry["kind"])).collect()
    }

    /// The claim that waits there, to be decided on.
    pub async fn claim(&self, letter: char, kind: &str) -> String {
        let [entry] = &self.listed(letter).await[..] else { panic!("one claim") };
        assert_eq!(text(&entry["kind"]), kind);
        text(&entry["claim"])
    }
}

on_both_engines! {
    /// Cut at 0:20, paid at 1:40. Whichever somebody typed first: an ordinary reconnect, and nobody has to look.
    async fn a_cut_that_came_before_the_payment_is_an_ordinary_reconnect(db: TestDatabase) {
        let evening = Evening::of(db).await;
        let keyed = evening.keys_in('A', evening.cut(20)).await.good();
        assert_eq!((text(&keyed["state"]), &keyed["needs_a_person"]), ("done".into(), &json!([])), "{keyed}");
        evening.pays('A', 100).await;
        evening.pays('B', 100).await;
        let keyed = evening.keys_in('B', evening.cut(20)).await.good();
        assert_eq!(keyed["reconnects"].as_array().unwrap().len(), 1, "{keyed}");
        for letter in ['A', 'B'] {
            assert!(evening.exceptions(letter).await.is_empty(), "{letter}");
            let [reconnect] = &evening.orders(letter, "reconnect").await[..] else { panic!("one reconnect") };
            assert_eq!(text(&reconnect["reason"]), "payment_received", "{letter}");
        }

        // The billing system reads it as any visit, and the account says how it came.
        let day: chrono::NaiveDate = evening.utility.date.parse().unwrap();
        let csv = evening.office.get(&format!("/exports/results?from={day}&to={}", day + chrono::Days::new(2))).await.good().to_string();
        assert!(csv.contains("Maria Reyes,done,,turned_off,curb_stop_locked,L-77,,,036500"), "{csv}");
        let account = evening.office.get(&format!("/accounts/{}", account('A'))).await.good();
        let told = account["timeline"].to_string();
        assert!(told.contains("Maria Reyes · keyed in from paper by office"), "{told}");
        assert!(told.contains("dispatch was called before: Dana") && told.contains("dog in the yard"), "{told}");
    }

    /// Paid at 0:20, cut at 1:40, or within what a hand-written time is good for. The crew could not know: it is nobody's
    /// fault, and service comes back first of all. Whichever was typed first.
    async fn a_cut_that_came_after_the_payment_has_crossed_it(db: TestDatabase) {
        let evening = Evening::of(db).await;
        let _ = evening.keys_in('A', evening.cut(100)).await.good();
        evening.pays('A', 20).await;
        evening.pays('B', 20).await;
        let keyed = evening.keys_in('B', evening.cut(100)).await.good();
        assert_eq!(keyed["needs_a_person"], json!(["cut_crossed_release"]), "{keyed}");
        evening.pays('C', 100).await;
        let _ = evening.keys_in('C', evening.cut(90)).await.good();
        for letter in ['A', 'B', 'C'] {
            assert_eq!(evening.exceptions(letter).await, ["cut_crossed_release"], "{letter}");
            let [reconnect] = &evening.orders(letter, "reconnect").await[..] else { panic!("one reconnect") };
            assert_eq!((text(&reconnect["reason"]), &reconnect["fees_suppressed"]), ("wrongful_cut".into(), &json!(true)));
        }
        // Who did not call dispatch cut without a permit.
        let mut visit = evening.cut(30);
        visit.as_object_mut().unwrap().remove("called");
        let keyed = evening.keys_in('D', visit).await.good();
        assert_eq!(keyed["needs_a_person"], json!(["permit_breach", "fee_in_doubt"]), "{keyed}");
    }

    /// The crew turned it off, was called, and turned it on again; the payment was typed after that. All of it is on paper,
    /// and the cut's own order takes it: no reconnect was made yet.
    async fn service_that_was_given_back_before_a_reconnect_was_made_is_keyed_in_on_the_cut(db: TestDatabase) {
        let evening = Evening::of(db).await;
        let back_on = |minute: i64| json!({
            "by": evening.maria, "at": rfc3339(evening.minute(minute)), "confirmed": true,
            "lines": [{ "line": "1", "action": "restored", "method": "curb_stop_on", "digits": "036500" }],
        });
        let early = evening.keys_in('A', back_on(60)).await;
        assert_eq!(early.code(), "action_unfit");
        assert!(text(&early.body["detail"]).contains("Key in that visit first"), "{}", early.body);
        let _ = evening.keys_in('A', evening.cut(20)).await.good();
        let _ = evening.keys_in('A', back_on(60)).await.good();
        evening.pays('A', 70).await;
        assert!(evening.orders('A', "reconnect").await.is_empty(), "it is on already");
        assert_eq!(evening.exceptions('A').await, ["restore_without_release"], "on somebody's word: find out whose");
        let told = evening.office.get(&format!("/accounts/{}", account('A'))).await.good();
        assert_eq!(told["answer"]["code"], "on", "{}", told["answer"]);

        // Made meanwhile, it says where to key it in; keyed in there, nobody goes any more.
        let _ = evening.keys_in('B', evening.cut(20)).await.good();
        evening.pays('B', 70).await;
        let reconnect = text(&evening.orders('B', "reconnect").await[0]["id"]);
        let there = evening.office.post(&format!("/orders/{reconnect}/visits"), back_on(60)).await;
        assert_eq!(there.code(), "never_on_this_route");
        assert!(text(&there.body["detail"]).contains("the order by which it was turned off"), "{}", there.body);
        let _ = evening.keys_in('B', back_on(60)).await.good();
        assert_eq!(text(&evening.orders('B', "reconnect").await[0]["state"]), "not_called_for");
        assert!(evening.exceptions('B').await.is_empty(), "the payment was there");
        let route = text(&evening.office.get(&format!("/routes?date={}", evening.utility.date)).await.good()["routes"][0]["id"]);
        let mut dispatch = Visitor::signs_in(&evening.server.url, "dispatcher").await;
        let form = format!("/dispatch/routes/{route}/paper/{}", evening.order('A').await);
        dispatch.opens(&form).await.shows("value=\"restored\"").shows("<option value=\"\">choose</option>");
        let form = format!("/dispatch/routes/{route}/paper/{}", evening.order('C').await);
        dispatch.opens(&form).await.does_not_show("value=\"restored\"");
    }

    /// Who was there and who keyed it in stands beside the claim as beside the visit; and a visit that cut, and then was
    /// told something, says both.
    async fn a_claim_on_paper_says_that_it_is_from_paper_and_the_visit_that_it_cut(db: TestDatabase) {
        let evening = Evening::of(db).await;
        let mut visit = evening.cut(20);
        visit["code"] = json!("medical_claimed");
        visit["confirmed"] = json!(true);
        let keyed = evening.keys_in('A', visit).await.good();
        assert_eq!(keyed["needs_a_person"], json!(["field_hold_unverified"]), "{keyed}");
        let told = evening.office.get(&format!("/accounts/{}", account('A'))).await.good();
        let timeline = told["timeline"].as_array().unwrap();
        let entry = |said: &str| timeline.iter().find(|entry| text(&entry["said"]).contains(said)).unwrap_or_else(|| panic!("no {said}: {timeline:#?}"));
        assert!(text(&entry("Hold: medical")["how"]).contains("Maria Reyes · keyed in from paper by office"), "{timeline:#?}");
        assert!(text(&entry("work done, and then")["said"]).starts_with("At the premise: work done, and then"), "{timeline:#?}");
        assert!(!told["timeline"].to_string().contains("stopped at the door"), "{timeline:#?}");
        // The first line says what is undecided.
        let said = text(&told["answer"]["said"]);
        assert!(said.contains("Water off") && said.ends_with("something was claimed at the door (medical), the office decides"), "{said}");
    }

    /// The day went to another truck after the crew had been there: whoever asks how it was calls the crew that was there.
    async fn what_a_visit_on_paper_raises_names_the_crew_that_was_there(db: TestDatabase) {
        let evening = Evening::of(db).await;
        let utility = &evening.utility;
        let truck_14 = utility.hires("Truck 14", "555-0114", "joe").await;
        let routes = evening.office.get(&format!("/routes?date={}", utility.date)).await.good();
        let route = text(&routes["routes"][0]["id"]);
        let _ = utility.dispatcher.post(&format!("/routes/{route}/take-back"), json!({})).await.good();
        let _ = utility.sends_out(json!({ "date": utility.date, "crew_ids": [truck_14] })).await;
        let mut visit = evening.cut(20);
        (visit["route"], visit["code"], visit["confirmed"]) = (json!(route), json!("dispute_claimed"), json!(true));
        visit.as_object_mut().unwrap().remove("called");
        let _ = evening.keys_in('A', visit).await.good();
        let listed = evening.listed('A').await;
        for kind in ["permit_breach", "field_hold_unverified"] {
            let entry = listed.iter().find(|entry| entry["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {listed:?}"));
            assert_eq!((&entry["crew"], &entry["phone"]), (&json!("Truck 12"), &json!("555-0112")), "{entry}");
        }
    }

    /// A cut without a permit lands on two desks. Each reads of the other what waits there, and what was said.
    async fn who_asks_about_a_permit_and_who_decides_on_its_fee_read_of_each_other(db: TestDatabase) {
        let evening = Evening::of(db).await;
        let mut visit = evening.cut(30);
        visit.as_object_mut().unwrap().remove("called");
        let _ = evening.keys_in('D', visit).await.good();
        let entry = async |kind: &str| {
            let listed = evening.listed('D').await;
            listed.iter().find(|entry| entry["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {listed:?}")).clone()
        };
        let (permit, fee) = (entry("permit_breach").await, entry("fee_in_doubt").await);
        assert_eq!((&permit["owner"], &fee["owner"]), (&json!("supervisor"), &json!("office")));
        let beside = "Beside this, the office decides on the fee (Fee in doubt).";
        assert!(text(&permit["sentence"]).ends_with(beside), "{permit}");
        let beside = "Beside this, a supervisor asks the crew about the permit (Cut without a permit).";
        assert!(text(&fee["sentence"]).ends_with(beside), "{fee}");

        let close = |entry: &Value| format!("/exceptions/{}/actions", text(&entry["id"]));
        let asked = json!({ "action": "resolve", "why": "the radio was dead, dispatch had said yes" });
        let _ = evening.office.post(&close(&permit), asked).await.good();
        let said = text(&entry("fee_in_doubt").await["sentence"]);
        assert!(said.ends_with("Closed about the permit: the radio was dead, dispatch had said yes"), "{said}");
    }

    /// The office charges a fee, and then the bill turns out to have been wrong: nobody reads any more that it is charged.
    async fn a_fee_that_what_came_out_speaks_against_is_not_said_to_be_charged(db: TestDatabase) {
        let evening = Evening::of(db).await;
        let mut visit = evening.cut(30);
        visit.as_object_mut().unwrap().remove("called");
        let _ = evening.keys_in('D', visit).await.good();
        let entry = async |kind: &str| evening.listed('D').await.into_iter().find(|entry| entry["kind"] == kind).unwrap();
        let fee = format!("/exceptions/{}/actions", text(&entry("fee_in_doubt").await["id"]));
        let charged = json!({ "action": "charge_fee", "why": "the crew had a yes by radio" });
        let _ = evening.office.post(&fee, charged).await.good();
        let said = text(&entry("permit_breach").await["sentence"]);
        assert!(said.ends_with("The office on the fee: The fee is charged: the crew had a yes by radio") || said.ends_with("The office on the fee: the crew had a yes by radio"), "{said}");

        let wrong = json!({ "account": account('D'), "reason": "billing_error", "why": "read the neighbour's meter" });
        let _ = evening.office.post("/releases", wrong).await.good();
        let said = text(&entry("permit_breach").await["sentence"]);
        assert!(said.ends_with("No fee is charged, though the office had decided so: what came out since speaks against it."), "{said}");
        let again = json!({ "action": "charge_fee_after_all", "why": "it was agreed" });
        assert_eq!(evening.office.post(&fee, again).await.code(), "fee_not_owed");
    }

    /// Written as 1:30, paid at 1:40: by the paper the cut came first. The sentence says why that does not count; and
    /// what the list says of the fee is what the billing system reads.
    async fn a_time_on_paper_close_to_the_payment_says_how_far_it_may_be_off(db: TestDatabase) {
        let evening = Evening::of(db).await;
        evening.pays('C', 100).await;
        let mut visit = evening.cut(90);
        visit.as_object_mut().unwrap().remove("called");
        let _ = evening.keys_in('C', visit).await.good();
        let listed = evening.listed('C').await;
        let said = |kind: &str| text(&listed.iter().find(|entry| entry["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {listed:?}"))["sentence"]);
        let crossed = said("cut_crossed_release");
        assert!(crossed.contains("may be off by up to 17 minutes"), "{crossed}");
        let breach = said("permit_breach");
        assert!(breach.ends_with("Ask the crew why; no fee."), "{breach}");
        let day: chrono::NaiveDate = evening.utility.date.parse().unwrap();
        let csv = evening.office.get(&format!("/exports/results?from={day}&to={}", day + chrono::Days::new(2))).await.good().to_string();
        assert!(csv.contains("suppressed"), "{csv}");
    }

    /// The gate was locked: it is for another day. The tablet that comes back later learns of all that was keyed in.
    async fn what_could_not_be_done_waits_for_another_visit_and_the_tablet_learns_of_it(db: TestDatabase) {
        let evening = Evening::of(db).await;
        let mut truck = evening.utility.truck(&evening.utility.server.url()).await;
        let unable = json!({ "by": evening.maria, "at": rfc3339(evening.minute(30)), "code": "no_access_gate" });
        let keyed = evening.keys_in('A', unable).await.good();
        assert_eq!(text(&keyed["state"]), "unable");
        let _ = evening.keys_in('B', evening.cut(40)).await.good();
        assert!(evening.orders('A', "reconnect").await.is_empty());
        truck.sync().await;
        let order = truck.order_of(account('B'));
        let route = truck.tablet.state().routes.values().next().unwrap();
        let visits = route.doc.facts().into_values().filter_map(|fact| fact.raw.read().ok());
        assert_eq!(visits.filter(|fact| fact.order() == Some(order.id)).count(), 1, "B's visit is on the tablet");
    }

    /// Shown or said at the door, and written on the sheet: the office decides, as of what a tablet brings.
    async fn what_was_claimed_at_the_door_waits_for_the_office(db: TestDatabase) {
        let evening = Evening::of(db).await;
        let next_week = evening.utility.date.parse::<chrono::NaiveDate>().unwrap() + chrono::Days::new(7);
        for (letter, code, kind, decisions) in [
            ('A', "proof_shown", "field_release_unverified", "releases"),
            ('B', "medical_claimed", "field_hold_unverified", "holds"),
            ('C', "proof_shown", "field_release_unverified", "releases"),
            ('D', "dispute_claimed", "field_hold_unverified", "holds"),
            ('E', "new_occupant", "field_hold_unverified", "holds"),
        ] {
            let keyed = evening.keys_in(letter, evening.claims(30, code)).await.good();
            assert_eq!((text(&keyed["state"]), &keyed["needs_a_person"]), ("stopped_at_door".into(), &json!([kind])), "{keyed}");
            let claim = evening.claim(letter, kind).await;
            let accepted = letter != 'C';
            let decision = json!({ "accepted": accepted, "why": "seen at the office", "good_through": (decisions == "holds").then_some(next_week) });
            let _ = evening.office.post(&format!("/{decisions}/{claim}/decision"), decision).await.good();
            assert!(evening.exceptions(letter).await.is_empty(), "{letter}");
            let state = match (accepted, decisions) {
                (true, "releases") => "released",
                (true, _) => "held",
                _ => "stopped_at_door",
            };
            assert_eq!(text(&evening.orders(letter, "turn_off").await[0]["state"]), state, "{letter}");
        }
    }

    /// The sheet has both: it was turned off, and proof was shown. That is asked; then service is off, and the office
    /// decides on the proof first of all.
    async fn turned_off_although_proof_was_shown_is_asked_and_the_proof_is_not_lost(db: TestDatabase) {
        let evening = Evening::of(db).await;
        for (letter, code, kind, asks) in [
            ('A', "proof_shown", "field_release_unverified", "turned off although proof of payment was shown: is that so?"),
            ('B', "medical_claimed", "field_hold_unverified", "turned off although a medical condition was claimed: is that so?"),
        ] {
            let mut visit = evening.cut(30);
            visit["code"] = json!(code);
            let asked = evening.keys_in(letter, visit.clone()).await;
            assert_eq!(asked.code(), "confirm_needed");
            assert!(text(&asked.body["detail"]).ends_with(asks), "{}", asked.body);
            visit["confirmed"] = json!(true);
            let keyed = evening.keys_in(letter, visit).await.good();
            // Claimed after the cut: no cut under a hold.
            assert_eq!(keyed["needs_a_person"], json!([kind]), "{keyed}");
            assert_eq!(evening.listed(letter).await[0]["urgent"], json!(true), "{letter}");
        }
        let claim = evening.claim('A', "field_release_unverified").await;
        let accept = json!({ "accepted": true, "why": "receipt of today" });
        let _ = evening.office.post(&format!("/releases/{claim}/decision"), accept).await.good();
        let [reconnect] = &evening.orders('A', "reconnect").await[..] else { panic!("service comes back") };
        assert_eq!(reconnect["fees_suppressed"], json!(true), "{reconnect}");
    }

    /// The day was published again, and the crew had the earlier sheet. What it did before is keyed in at the newer route.
    async fn a_visit_from_before_the_day_was_published_again_is_keyed_in(db: TestDatabase) {
        let evening = Evening::of(db).await;
        let dispatcher = Desk::sign_in(&evening.server.url, "dispatcher", PASSWORD).await;
        let plan = json!({ "date": evening.utility.date, "crew_ids": [evening.utility.crew] });
        let plan = text(&dispatcher.post("/plans", plan).await.good()["id"]);
        let again = dispatcher.post(&format!("/plans/{plan}/publish"), json!({})).await.good();
        assert_eq!(again["routes"][0]["generation"], 2, "{again}");
        let newest = text(&again["routes"][0]["route_id"]);
        for (letter, route) in [('A', Some(&newest)), ('B', None)] {
            let mut visit = evening.cut(20);
            visit["route"] = json!(route);
            let keyed = evening.keys_in(letter, visit).await.good();
            assert_eq!(text(&keyed["state"]), "done", "{keyed}");
        }
        let mut early = evening.cut(-5);
        early["route"] = json!(newest);
        assert_eq!(evening.keys_in('C', early).await.code(), "at_before_route");

        let mut truck = evening.utility.truck(&evening.utility.server.url()).await;
        truck.sync().await;
        let order = truck.order_of(account('A')).id;
        let routes = truck.tablet.state().routes.values();
        let visits = routes.flat_map(|route| route.doc.facts().into_values()).filter_map(|fact| fact.raw.read().ok());
        assert!(visits.filter(|fact| fact.order() == Some(order)).count() > 0, "the newer route has the visit");
    }

    /// The same again, another one than the tablet's, a reading that can't be: somebody is asked before.
    async fn what_looks_wrong_is_asked_before_it_is_recorded(db: TestDatabase) {
        let evening = Evening::of(db).await;
        let key = "the-sheet-line-1";
        let path = format!("/orders/{}/visits", evening.order('A').await);
        let first = evening.office.post_once(&path, evening.cut(20), key).await.good();
        assert_eq!(evening.office.post_once(&path, evening.cut(20), key).await.good(), first, "sent again: nothing new");
        let again = evening.keys_in('A', evening.cut(20)).await;
        assert_eq!(again.code(), "confirm_needed");
        let asked = text(&again.body["detail"]);
        assert!(asked.starts_with("This visit is keyed in already:") && asked.contains("Maria Reyes, from paper: turned off"), "{asked}");
        let mut twice = evening.cut(25);
        twice["confirmed"] = json!(true);
        let keyed = evening.keys_in('A', twice).await.good();
        assert_eq!(keyed["needs_a_person"], json!(["duplicate_visit"]));

        let mut truck = evening.utility.truck(&evening.utility.server.url()).await;
        truck.turns_off(&truck.order_of(account('B')), "036500", "L-1");
        truck.sync().await;
        let there = evening.keys_in('B', evening.cut(20)).await;
        assert_eq!(there.code(), "confirm_needed");
        assert!(text(&there.body["detail"]).contains("A visit is recorded there already:"), "{}", there.body);
        assert!(text(&there.body["detail"]).contains("from a tablet: turned off"), "{}", there.body);

        // Kept as it was read, leading zeros and all.
        let mut low = evening.cut(20);
        low["lines"][0]["digits"] = json!("000012");
        low["lines"][0]["serial_seen"] = json!("99999999");
        let asked = evening.keys_in('C', low.clone()).await;
        assert_eq!(asked.code(), "confirm_needed");
        let said = text(&asked.body["detail"]);
        assert!(said.contains("99999999: that is not the meter on the sheet") && said.contains("gone back"), "{said}");
        low["confirmed"] = json!(true);
        let keyed = evening.keys_in('C', low).await.good();
        assert_eq!(keyed["needs_a_person"], json!(["reading_suspect", "meter_mismatch"]), "{keyed}");
        let facts = evening.office.get(&format!("/orders/{}", evening.order('C').await)).await.good()["facts"].to_string();
        assert!(facts.contains("\"digits\":\"000012\""), "{facts}");
    }

    /// Each with its own word, and nothing is recorded.
    async fn what_can_not_be_right_is_refused_and_who_may_not_is_sent_away(db: TestDatabase) {
        let evening = Evening::of(db).await;
        let wrong = |change: &dyn Fn(&mut Value)| {
            let mut visit = evening.cut(20);
            change(&mut visit);
            visit
        };
        let elsewhere = "01a2042b-954e-7d4b-bad2-6f7e2759f341";
        for (visit, code) in [
            (wrong(&|visit| visit["at"] = json!("ten past nine")), "at_invalid"),
            (wrong(&|visit| visit["at"] = json!(rfc3339(evening.minute(181)))), "at_in_future"),
            (wrong(&|visit| visit["at"] = json!(rfc3339(evening.minute(-5)))), "at_before_route"),
            (wrong(&|visit| visit["by"] = json!(elsewhere)), "not_of_crew"),
            (wrong(&|visit| visit["route"] = json!(elsewhere)), "never_on_this_route"),
            (wrong(&|visit| visit["lines"][0]["line"] = json!("9")), "line_unknown"),
            (wrong(&|visit| visit["lines"] = json!([])), "nothing_done"),
            (wrong(&|visit| visit["lines"][0]["action"] = json!("restored")), "action_unfit"),
            (wrong(&|visit| visit["lines"][0]["method"] = json!("lock_removed")), "action_unfit"),
            (wrong(&|visit| visit["lines"][0]["digits"] = json!("12345678")), "reading_invalid"),
            (wrong(&|visit| visit["lines"][0]["lock"] = json!("x".repeat(41))), "text_invalid"),
            (wrong(&|visit| visit["code"] = json!("tired")), "body_invalid"),
        ] {
            let refused = evening.keys_in('A', visit).await;
            assert_eq!(refused.code(), code);
            let said = text(&refused.body["detail"]);
            let begins_with_a_field = said.split(' ').next().is_some_and(|word| word.ends_with(':'));
            assert!(said.len() > 20 && (!begins_with_a_field || code == "body_invalid"), "{said}");
        }
        assert_eq!(evening.office.post("/orders/T-999999/visits", evening.cut(20)).await.code(), "order_unknown");
        let path = format!("/orders/{}/visits", evening.order('A').await);
        for role in [Role::Auditor, Role::Crew, Role::Contractor, Role::Cis] {
            let token = evening.server.signed_in_as(role).await;
            evening.server.post(&token, &path, &evening.cut(20)).await.expect_problem(403, "role_forbids");
        }
        assert_eq!(text(&evening.orders('A', "turn_off").await[0]["state"]), "open");
    }

    /// A gets the service back from paper. What stops a cut stops no reconnect: it would never be done. What was done and
    /// what was not done can't both be true. A gate that was locked is for another day, and then it is done.
    async fn a_reconnect_on_paper_ends_only_as_one_can(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "A").await;
        let order = text(&utility.pays('A', wall_clock()).await["reconnects"][0]["order_id"]);
        let routes = utility.dispatcher.get(&format!("/routes?date={}", utility.date)).await.good();
        let route = text(&routes["routes"][0]["id"]);
        let _ = utility.dispatcher.post(&format!("/routes/{route}/orders"), json!({ "order_id": order })).await.good();
        let people = utility.dispatcher.get("/people").await.good();
        let maria = people["people"].as_array().unwrap().iter().find(|person| person["login"] == "maria").unwrap();

        let path = format!("/orders/{order}/visits");
        let now = rfc3339(wall_clock());
        let ended = |code: &str| json!({ "by": maria["id"], "at": now, "code": code });
        for code in ["recalled", "rule_blocked", "proof_shown", "medical_claimed", "minor_only", "fire_line"] {
            let refused = utility.office.post(&path, ended(code)).await;
            assert_eq!((refused.status.as_u16(), refused.code()), (422, "code_unfit"), "{code}");
        }
        let mut both = ended("no_access_gate");
        both["lines"] = json!([{ "line": "1", "action": "restored", "method": "curb_stop_on" }]);
        let refused = utility.office.post(&path, both.clone()).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (422, "done_and_not_done"));
        assert!(text(&refused.body["detail"]).contains("Ask the crew which is true"), "{}", refused.body);
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let form = dispatch.opens(&format!("/dispatch/routes/{route}/paper/{order}")).await;
        form.shows("value=\"no_access_gate\"").does_not_show("value=\"recalled\"").does_not_show("value=\"proof_shown\"");

        let keyed = utility.office.post(&path, ended("no_access_gate")).await.good();
        assert_eq!(text(&keyed["state"]), "unable", "{keyed}");
        both.as_object_mut().unwrap().remove("code");
        both["confirmed"] = json!(true);
        assert_eq!(text(&utility.office.post(&path, both).await.good()["state"]), "done");
    }

    /// Turned off, and not done because the gate was locked: one of the two is wrong, and somebody has to ask.
    async fn a_cut_is_done_or_not_done(db: TestDatabase) {
        let evening = Evening::of(db).await;
        for code in ["no_access_gate", "recalled", "out_of_time"] {
            let mut visit = evening.cut(20);
            visit["code"] = json!(code);
            visit["confirmed"] = json!(true);
            let refused = evening.keys_in('A', visit).await;
            assert_eq!((refused.status.as_u16(), refused.code()), (422, "done_and_not_done"), "{code}");
        }
        let mut by_a_gas_way = evening.cut(20);
        by_a_gas_way["lines"][0]["method"] = json!("meter_boots");
        assert_eq!(evening.keys_in('A', by_a_gas_way).await.code(), "action_unfit", "boots are for electric meters");
        assert_eq!(text(&evening.orders('A', "turn_off").await[0]["state"]), "open", "nothing was recorded");
    }

    /// At the desk: from the sheet to the stop, what is asked, and the next stop.
    async fn a_sheet_is_keyed_in_stop_by_stop(db: TestDatabase) {
        let evening = Evening::of(db).await;
        let mut dispatch = Visitor::signs_in(&evening.server.url, "dispatcher").await;
        let routes = evening.office.get(&format!("/routes?date={}", evening.utility.date)).await.good();
        let route = text(&routes["routes"][0]["id"]);
        dispatch.opens(&format!("/dispatch/routes/{route}/sheet")).await.shows("href=\"paper\"");
        let list = format!("/dispatch/routes/{route}/paper");
        let form = format!("{list}/{}", evening.order('A').await);
        dispatch.opens(&list).await.shows("Truck 12").shows(&format!("href=\"{form}\""));
        let page = dispatch.opens(&form).await;
        page.shows("Maria Reyes").shows("70000001").shows("Who at dispatch was called").does_not_show("NDERSON");
        let key = page.hidden("data-into=\"answered\"", "key");
        let zone = evening.server.state.config.time_zone;
        let at = chrono::DateTime::from_timestamp_micros(evening.minute(30).0).unwrap().with_timezone(&zone);
        let (date, time) = (at.format("%Y-%m-%d").to_string(), at.format("%H:%M").to_string());
        let filled = |digits: &'static str, confirmed: &'static str| {
            [("key", key.clone()), ("by", evening.maria.clone()), ("date", date.clone()), ("time", time.clone()),
             ("action-1", "turned_off".into()), ("method-1", String::new()), ("digits-1", digits.into()),
             ("lock-1", "L-9".into()), ("serial-1", String::new()), ("code", String::new()), ("called", "Dana".into()),
             ("note", String::new()), ("confirmed", confirmed.into())]
        };
        let fields = filled("036401", "");
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let asked = dispatch.posts_in_place(&form, &fields).await;
        assert_eq!(asked.status, StatusCode::CONFLICT, "{}", asked.html);
        asked.shows("Less use than expected").shows("name=\"confirmed\"");
        let fields = filled("036401", "yes");
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        dispatch.posts_in_place(&form, &fields).await.shows("is recorded.").shows("Reading to check").shows("Next stop");
        dispatch.opens(&list).await.shows("DONE");
        dispatch.opens(&form).await.shows("Recorded already:").shows("from paper: turned off");
        dispatch.opens(&format!("/office/accounts/{}", account('A'))).await.shows("keyed in from paper by dispatcher");
        dispatch.opens(&format!("/dispatch?date={}", evening.utility.date)).await.shows(&format!("href=\"{list}\""));
    }
}
