//! What is shown or said at one door stops the other cuts of the account and of the house, until the office has decided.

use crate::visitor::Visitor;
use curbstop_shared::vocabulary::UnableCode;
use curbstop_tests::{
    database::TestDatabase,
    desk::text,
    on_both_engines,
    truck::{Truck, wall_clock},
    utility::{Utility, account},
};
use serde_json::{Value, json};

/// Water and electricity of the same houses, each with its own truck; or both with one.
pub struct Town {
    pub utility: Utility,
    pub water: Truck,
    /// None where one truck has both.
    pub electric: Option<Truck>,
}

impl Town {
    pub async fn with_two_trucks(db: &TestDatabase) -> Self {
        Self::of(db, &[("Truck 30", &["water"]), ("Truck 31", &["electric"])]).await
    }

    async fn with_one_truck(db: &TestDatabase) -> Self {
        Self::of(db, &[("Truck 40", &["water", "electric"])]).await
    }

    async fn of(db: &TestDatabase, crews: &[(&str, &[&str])]) -> Self {
        let utility = Utility::opens(db).await;
        let day = &utility.date;
        let mut premises = String::from(
            "Premise ID,Acct No,System,Cust Name,Class,Svc Addr,City,ST,Zip,Latitude,Longitude,Cycle,Route,Seq,Service,Meter No,Dials,Mult,UOM,Last Read,Last Read Dt,Mtr Loc\n",
        );
        let mut listing = String::from("Account,Meter,Past Due,Notice Date,Service\n");
        for (n, letter) in (1..).zip("ABCDEF".chars()) {
            let account = account(letter);
            for (service, meter) in [("WATER", "7"), ("ELEC", "8")] {
                premises += &format!(
                    "P90000{n},{account},W,\"{letter}NDERSON, PAT\",RES,{n}00 ALDER ST,ALDER FORK,NE,69999,41.90{n}000,-101.63{n}000,01,001,00{n}0,{service},{meter}000000{n},6,1,CGAL,036400,09/14/2026,CURB\n"
                );
            }
            listing += &format!("{account},8000000{n},60.00,{day},electric\n");
        }
        let imported = utility
            .dispatcher
            .upload(&format!("/premises/import?source=city&as_of={day}"), premises.into_bytes())
            .await
            .good();
        assert_eq!(imported["counts"]["accepted"], 12, "{imported}");
        let listed = utility
            .dispatcher
            .upload(&format!("/listings?source=light&as_of={day}"), listing.into_bytes())
            .await
            .good();
        assert_eq!(listed["counts"]["accepted"], 6, "{listed}");
        let _ = utility
            .dispatcher
            .post(&format!("/listings/{}/finalise", text(&listed["listing"]["id"])), json!({}))
            .await
            .good();
        let mut ids = Vec::new();
        for (n, (name, qualified)) in crews.iter().enumerate() {
            ids.push(utility.hires_for(name, "555-0131", &format!("rider{n}"), qualified).await);
        }
        let _ = utility.sends_out(json!({ "date": utility.date, "crew_ids": ids })).await;
        let water = utility.truck_of(&ids[0], "first").await;
        let electric = match ids.get(1) {
            Some(id) => Some(utility.truck_of(id, "second").await),
            None => None,
        };
        Self { utility, water, electric }
    }

    pub async fn lock(&self, letter: char) -> Value {
        let path = format!("/orders?account={}&kind=meter_lock", account(letter));
        let found = self.utility.office.get(&path).await.good();
        let id = text(&found["orders"][0]["id"]);
        self.utility.office.get(&format!("/orders/{id}")).await.good()
    }

    async fn state(&self, letter: char) -> String {
        text(&self.lock(letter).await["state"])
    }

    /// Something is shown or said where the water is to be turned off.
    pub async fn is_told(&mut self, letter: char, code: UnableCode) {
        let order = of_kind(&self.water, letter, "turn_off");
        self.water.is_stopped_by(&order, code);
        self.water.sync().await;
    }

    async fn claim(&self, letter: char) -> Value {
        let listed = self.utility.office.get(&format!("/exceptions?account={}", account(letter))).await.good();
        let claims: Vec<_> =
            listed["exceptions"].as_array().unwrap().iter().filter(|one| one["claim"].is_string()).collect();
        let [claim] = &claims[..] else { panic!("it is asked once: {listed}") };
        (*claim).clone()
    }

    pub async fn decides(&self, letter: char, resource: &str, accepted: bool) -> Value {
        let claim = text(&self.claim(letter).await["claim"]);
        let decision = json!({ "accepted": accepted, "why": "looked into it" });
        self.utility.office.post(&format!("/{resource}/{claim}/decision"), decision).await.good()
    }
}

pub fn of_kind(truck: &Truck, letter: char, kind: &str) -> curbstop_shared::route_document::PublishedOrder {
    let mut orders = truck.orders().into_iter();
    orders.find(|order| order.account.as_deref() == Some(account(letter)) && order.kind.code() == kind).unwrap()
}

on_both_engines! {
    /// The claim is not accepted in the middle of a storm: the other crew's lock is in the storm's area, and stays on.
    async fn a_cut_that_a_claim_let_go_again_is_not_made_in_a_storm(db: TestDatabase) {
        let mut town = Town::with_two_trucks(&db).await;
        town.is_told('A', UnableCode::MedicalClaimed).await;
        assert_eq!(town.state('A').await, "recalled");
        let storm = json!({ "covers": "everywhere", "reason": "weather", "why": "ice storm" });
        let _ = town.utility.dispatcher.post("/suspensions", storm).await.good();
        let _ = town.decides('A', "holds", false).await;
        let lock = town.lock('A').await;
        assert_eq!((&lock["state"], &lock["disposition"]["may_begin_cut"]), (&json!("held"), &json!(false)), "{lock}");
    }

    /// A medical need at the water stop stops the same house's electric lock on the other truck; the board says that the
    /// other crew has not seen it. Not accepted, that crew may go there again.
    async fn a_medical_need_told_at_one_stop_stops_the_other_of_the_house(db: TestDatabase) {
        let mut town = Town::with_two_trucks(&db).await;
        assert_eq!(town.lock('A').await["disposition"]["may_begin_cut"], true);
        town.is_told('A', UnableCode::MedicalClaimed).await;
        let lock = town.lock('A').await;
        assert_eq!((&lock["state"], &lock["disposition"]["may_begin_cut"]), (&json!("recalled"), &json!(false)), "{lock}");
        assert_eq!(town.state('B').await, "open", "the neighbour's is another house's");
        let mut dispatch = Visitor::signs_in(&town.utility.server.url(), "dispatcher").await;
        dispatch.opens("/dispatch/board").await.shows("has not seen it");

        let mut electric = town.electric.take().unwrap();
        electric.sync().await;
        let order = of_kind(&electric, 'A', "meter_lock");
        assert!(!electric.may_begin_cut(order.id), "the tablet knows");
        assert_eq!(electric.taps_on_recalls(), 1);
        electric.sync().await;
        dispatch.opens("/dispatch/board").await.does_not_show("has not seen it");

        let decided = town.decides('A', "holds", false).await;
        assert_eq!(decided["also"].as_array().unwrap().len(), 1, "{decided}");
        let lock = town.lock('A').await;
        assert_eq!((&lock["state"], &lock["disposition"]["may_begin_cut"]), (&json!("open"), &json!(true)), "{lock}");
        electric.sync().await;
        assert!(electric.may_begin_cut(order.id), "and the tablet too");
        assert_eq!(electric.taps_on_recalls(), 0);
        let water = text(&town.utility.office.get(&format!("/orders/{}", of_kind(&town.water, 'A', "turn_off").id)).await.good()["state"]);
        assert_eq!(water, "stopped_at_door", "nobody goes back to the door where it was said");
    }

    /// Proof of payment is about the account: undecided and accepted it stops the other order too, as a payment does.
    async fn proof_shown_at_one_stop_stops_the_accounts_other_order(db: TestDatabase) {
        let mut town = Town::with_two_trucks(&db).await;
        town.is_told('B', UnableCode::ProofShown).await;
        town.is_told('C', UnableCode::ProofShown).await;
        // What the tablet says twice is carried once.
        town.water.sync().await;
        let lock = town.lock('B').await;
        assert_eq!(lock["disposition"]["may_begin_cut"], false, "{lock}");
        let _ = town.decides('B', "releases", true).await;
        let lock = town.lock('B').await;
        assert_eq!((&lock["state"], &lock["disposition"]["may_begin_cut"]), (&json!("recalled"), &json!(false)), "{lock}");
        let told = town.utility.office.get(&format!("/accounts/{}", account('B'))).await.good();
        assert_eq!(told["answer"]["to_pay"], json!(null), "{}", told["answer"]);
        // Not accepted, it goes on; paid for meanwhile, it does not.
        let _ = town.utility.office.post("/payments", json!({
            "account": account('C'), "amount": "159.99", "tender": "cash", "confirmation": "R-C", "paid_at": curbstop_tests::utility::rfc3339(wall_clock()),
        })).await.good();
        let _ = town.decides('C', "releases", false).await;
        assert_eq!(town.lock('C').await["disposition"]["may_begin_cut"], false, "paid in full");
        town.is_told('D', UnableCode::ProofShown).await;
        let _ = town.decides('D', "releases", false).await;
        assert_eq!(town.state('D').await, "open");
    }

    /// The other truck had no signal and turned it off meanwhile: nobody's fault, and it is asked about at once.
    async fn a_cut_that_crossed_a_claim_from_the_other_door_is_asked_about_at_once(db: TestDatabase) {
        let mut town = Town::with_two_trucks(&db).await;
        let mut electric = town.electric.take().unwrap();
        for letter in ['A', 'B'] {
            let order = of_kind(&electric, letter, "meter_lock");
            electric.turns_off(&order, "036500", "L-1");
        }
        town.is_told('A', UnableCode::MedicalClaimed).await;
        town.is_told('B', UnableCode::ProofShown).await;
        electric.sync().await;
        let listed = town.utility.office.get(&format!("/exceptions?account={}", account('A'))).await.good();
        let under = listed["exceptions"].as_array().unwrap().iter().find(|one| one["kind"] == "cut_under_hold").unwrap();
        assert_eq!(under["urgent"], true, "{under}");
        assert!(text(&under["sentence"]).contains("before it knew of"), "{under}");

        let listed = town.utility.office.get(&format!("/exceptions?account={}", account('B'))).await.good();
        let asked: Vec<_> = listed["exceptions"].as_array().unwrap().iter().filter(|one| one["kind"] == "field_release_unverified").collect();
        assert_eq!(asked.len(), 2, "at the door where it was shown, and where it is off: {listed}");
        let off = asked.iter().find(|one| one["urgent"] == true).unwrap();
        let decision = json!({ "accepted": true, "why": "receipt is ours" });
        let decided = town.utility.office.post(&format!("/releases/{}/decision", text(&off["claim"])), decision).await.good();
        assert_eq!(decided["reconnects"].as_array().unwrap().len(), 1, "{decided}");
        let left = town.utility.office.get(&format!("/exceptions?account={}", account('B'))).await.good();
        assert!(!left.to_string().contains("field_release_unverified"), "{left}");
    }

    /// One truck with both: its own tablet stops the other stop by itself, without a signal, and the answer to its sync
    /// brings the server's word.
    async fn one_truck_with_both_stops_is_stopped_by_its_own_tablet(db: TestDatabase) {
        let mut town = Town::with_one_truck(&db).await;
        let lock = of_kind(&town.water, 'A', "meter_lock");
        assert!(town.water.may_begin_cut(lock.id));
        let order = of_kind(&town.water, 'A', "turn_off");
        town.water.is_stopped_by(&order, UnableCode::MedicalClaimed);
        assert!(!town.water.may_begin_cut(lock.id), "without a signal");
        town.water.sync().await;
        assert_eq!(town.water.taps_on_recalls(), 1, "with the answer");
        let _ = town.decides('A', "holds", false).await;
        town.water.sync().await;
        assert!(town.water.may_begin_cut(lock.id));
    }

    /// A dispatcher who takes a truck's stops back, or a listing that is withdrawn, takes also what a claim stops: not
    /// accepted, it does not come back to that truck.
    async fn what_was_taken_back_meanwhile_stays_taken_back(db: TestDatabase) {
        let mut town = Town::with_two_trucks(&db).await;
        town.is_told('A', UnableCode::MedicalClaimed).await;
        let routes = town.utility.office.get(&format!("/routes?date={}", town.utility.date)).await.good();
        let route = routes["routes"].as_array().unwrap().iter().find(|route| route["crew_name"] == "Truck 31").unwrap();
        let back = town.utility.dispatcher.post(&format!("/routes/{}/take-back", text(&route["id"])), json!({})).await.good();
        assert_eq!(back["orders"].as_array().unwrap().len(), 6, "{back}");
        let _ = town.decides('A', "holds", false).await;
        let mut electric = town.electric.take().unwrap();
        electric.sync().await;
        let order = of_kind(&electric, 'A', "meter_lock");
        assert!(!electric.may_begin_cut(order.id));
    }

    /// The receipt was another account's after all: what was accepted is taken back with why, at every order that it
    /// released, on the page too; nobody is cut because of it.
    async fn proof_that_was_accepted_by_mistake_is_taken_back(db: TestDatabase) {
        let mut town = Town::with_two_trucks(&db).await;
        for letter in ['E', 'F'] {
            town.is_told(letter, UnableCode::ProofShown).await;
        }
        let claim = text(&town.claim('E').await["claim"]);
        let back = format!("/releases/{claim}/reversal");
        let why = json!({ "why": "the receipt is of 01-0070-01" });
        assert_eq!(town.utility.office.post(&back, why.clone()).await.code(), "release_not_accepted");
        let _ = town.decides('E', "releases", true).await;
        assert_eq!(town.utility.office.post(&back, json!({ "why": " " })).await.code(), "why_missing");
        let taken = town.utility.office.post(&back, why.clone()).await.good();
        assert_eq!(taken["releases"].as_array().unwrap().len(), 2, "{taken}");
        assert_eq!(town.utility.office.post(&back, why).await.code(), "release_taken_back");
        assert_eq!(town.lock('E').await["disposition"]["may_begin_cut"], false, "nobody is cut because of it");
        let told = town.utility.office.get(&format!("/accounts/{}", account('E'))).await.good()["timeline"].to_string();
        assert!(told.contains("the receipt is of 01-0070-01") && told.contains("Release taken back"), "{told}");

        let claim = text(&town.claim('F').await["claim"]);
        let _ = town.decides('F', "releases", true).await;
        let mut office = Visitor::signs_in(&town.utility.server.url(), "office").await;
        let path = format!("/office/releases/{claim}/back");
        office.opens(&format!("/office/accounts/{}", account('F'))).await.shows(&path);
        let page = office.opens(&path).await;
        page.shows("Nobody is cut because of it");
        let key = page.hidden("answered", "key");
        office.posts(&path, &[("why", "wrong account"), ("key", &key)]).await;
        office.opens(&format!("/office/accounts/{}", account('F'))).await.shows("wrong account").does_not_show(&path);
    }

    /// One service of a house is off or its cut is over, the other's cut is still out with another truck: whoever asks
    /// about the account hears of both.
    async fn the_first_line_names_every_truck_that_may_still_cut_there(db: TestDatabase) {
        let mut town = Town::with_two_trucks(&db).await;
        let first_line = async |town: &Town, letter: char| {
            town.utility.office.get(&format!("/accounts/{}", account(letter))).await.good()["answer"].clone()
        };
        let order = of_kind(&town.water, 'B', "turn_off");
        town.water.turns_off(&order, "036500", "L-1");
        town.water.sync().await;
        let answer = first_line(&town, 'B').await;
        assert_eq!(answer["code"], "off", "{answer}");
        let also = text(&answer["also"][0]["who"]);
        assert!(also.starts_with("Lock meter L-") && also.contains(": Truck 31, "), "{answer}");
        assert_eq!(answer["also"][0]["phone"], "555-0131");

        let order = of_kind(&town.water, 'C', "turn_off");
        town.water.is_stopped_by(&order, UnableCode::Dog);
        town.water.sync().await;
        let day = town.utility.dispatcher.get(&format!("/routes?date={}", town.utility.date)).await.good();
        let of_water = day["routes"].as_array().unwrap().iter().find(|route| route["crew_name"] == "Truck 30").unwrap();
        let path = format!("/routes/{}/take-back", text(&of_water["id"]));
        let _ = town.utility.dispatcher.post(&path, json!({ "order_ids": [order.id] })).await.good();
        town.water.sync().await;
        town.water.taps_on_recalls();
        town.water.sync().await;
        let answer = first_line(&town, 'C').await;
        assert_eq!((&answer["code"], &answer["also"]), (&json!("cut_is_out"), &json!([])), "{answer}");
        assert!(text(&answer["said"]).starts_with("On. Lock meter L-"), "the one that is out: {answer}");
        assert!(text(&answer["who"]).starts_with("Truck 31, "), "{answer}");
    }
}
