//! What was claimed at a door is about the whole house: also about what is listed there later, and about what is off there
//! already.

use curbstop_shared::vocabulary::UnableCode;
use curbstop_tests::{
    database::TestDatabase,
    desk::text,
    on_both_engines,
    truck::Truck,
    utility::{Utility, account},
};
use serde_json::{Value, json};

/// The account that has the electricity of A's house, and that of the garden there.
const UPSTAIRS: &str = "01-0011-01";

/// A's house has another account, and Truck 31 works on what that one has.
struct House {
    utility: Utility,
    /// Truck 12, with the water.
    water: Truck,
    truck_31: String,
}

impl House {
    async fn of(db: &TestDatabase) -> Self {
        let utility = Utility::opens(db).await;
        let day = &utility.date;
        let premises = format!(
            "Premise ID,Acct No,System,Cust Name,Class,Svc Addr,City,ST,Zip,Latitude,Longitude,Cycle,Route,Seq,Service,Meter No,Dials,Mult,UOM,Last Read,Last Read Dt,Mtr Loc\n\
             P900001,{UPSTAIRS},W,\"OAKES, SAM\",RES,100 ALDER ST,ALDER FORK,NE,69999,41.901000,-101.631000,01,001,0010,ELEC,81000001,6,1,KWH,036400,09/14/2026,WALL\n\
             P900001,{UPSTAIRS},W,\"OAKES, SAM\",RES,100 ALDER ST,ALDER FORK,NE,69999,41.901000,-101.631000,01,001,0010,IRRIG,81000009,6,1,CGAL,036400,09/14/2026,YARD\n"
        );
        let path = format!("/premises/import?source=city&as_of={day}");
        let imported = utility.dispatcher.upload(&path, premises.into_bytes()).await.good();
        assert_eq!(imported["counts"]["accepted"], 2, "{imported}");
        utility.publishes().await;
        let water = utility.truck(&utility.server.url()).await;
        let truck_31 = utility.hires_for("Truck 31", "555-0131", "joe", &["electric", "irrigation"]).await;
        Self { utility, water, truck_31 }
    }

    /// A service upstairs is listed for today.
    async fn lists(&self, source: &str, meter: &str, service: &str) {
        let day = &self.utility.date;
        let listing = format!("Account,Meter,Past Due,Notice Date,Service\n{UPSTAIRS},{meter},60.00,{day},{service}\n");
        let path = format!("/listings?source={source}&as_of={day}");
        let listed = self.utility.dispatcher.upload(&path, listing.into_bytes()).await.good();
        assert_eq!(listed["counts"]["accepted"], 1, "{listed}");
        let finalise = format!("/listings/{}/finalise", text(&listed["listing"]["id"]));
        let _ = self.utility.dispatcher.post(&finalise, json!({})).await.good();
    }

    /// Truck 31's day is built and goes out.
    async fn goes_out(&self) -> Value {
        self.utility.sends_out(json!({ "date": self.utility.date, "crew_ids": [self.truck_31] })).await
    }

    async fn cut(&self) -> Value {
        let found = self.utility.office.get(&format!("/orders?account={UPSTAIRS}")).await.good();
        let cuts = found["orders"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|order| order["kind"] != "reconnect" && order["kind"] != "unlock");
        let [cut] = &cuts.collect::<Vec<_>>()[..] else { panic!("one cut upstairs: {found}") };
        self.utility.office.get(&format!("/orders/{}", text(&cut["id"]))).await.good()
    }

    /// Somebody downstairs says so where the water is to be turned off.
    async fn is_told(&mut self, code: UnableCode) {
        let order = self.water.order_of(account('A'));
        self.water.is_stopped_by(&order, code);
        self.water.sync().await;
    }

    async fn asked(&self) -> Value {
        let listed = self.utility.office.get(&format!("/exceptions?account={}", account('A'))).await.good();
        let found = listed["exceptions"].as_array().unwrap().iter().find(|one| one["claim"].is_string());
        found.unwrap_or_else(|| panic!("no claim: {listed}")).clone()
    }

    async fn decides(&self, decision: Value) -> Value {
        let claim = text(&self.asked().await["claim"]);
        self.utility.office.post(&format!("/holds/{claim}/decision"), decision).await.good()
    }
}

fn stops(plan: &Value) -> usize {
    plan["routes"].as_array().unwrap().iter().map(|route| route["stops"].as_array().unwrap().len()).sum()
}

fn left_out(plan: &Value) -> String {
    let left = plan["left_out"].as_array().unwrap().iter().find(|one| one["account"] == UPSTAIRS);
    text(&left.unwrap_or_else(|| panic!("upstairs is on a route: {plan}"))["text"])
}

on_both_engines! {
    /// Upstairs is listed while the office has still to decide on what was said downstairs: nobody goes there. Not
    /// accepted, the next plan has it.
    async fn what_is_listed_while_a_claim_of_the_house_waits_is_not_sent_out(db: TestDatabase) {
        let mut house = House::of(&db).await;
        house.is_told(UnableCode::MedicalClaimed).await;
        house.lists("light", "81000001", "electric").await;
        let plan = house.goes_out().await;
        assert_eq!((stops(&plan), left_out(&plan)), (0, "The order was stopped at the door.".to_owned()), "{plan}");
        let cut = house.cut().await;
        assert_eq!((&cut["state"], &cut["disposition"]["may_begin_cut"]), (&json!("stopped_at_door"), &json!(false)), "{cut}");
        let told = house.utility.office.get(&format!("/accounts/{UPSTAIRS}")).await.good();
        assert!(text(&told["answer"]["said"]).ends_with("The office decides"), "{}", told["answer"]);

        let decided = house.decides(json!({ "accepted": false, "why": "nobody is ill there" })).await;
        assert_eq!(decided["also"].as_array().unwrap().len(), 1, "{decided}");
        assert_eq!(house.cut().await["state"], "open");
        assert_eq!(stops(&house.goes_out().await), 1, "nothing stands against it any more");
    }

    /// Accepted, it stays: also what was listed in between. A dispute is about one account, and stops nothing upstairs.
    async fn what_is_listed_meanwhile_hears_of_the_decision(db: TestDatabase) {
        let mut house = House::of(&db).await;
        house.is_told(UnableCode::MedicalClaimed).await;
        house.lists("light", "81000001", "electric").await;
        let _ = house.goes_out().await;
        let _ = house.decides(json!({ "accepted": true, "why": "doctor called" })).await;
        let cut = house.cut().await;
        assert_eq!((&cut["state"], &cut["disposition"]["may_begin_cut"]), (&json!("held"), &json!(false)), "{cut}");
        assert_eq!(stops(&house.goes_out().await), 0);
    }

    /// A dispute downstairs is about that account alone.
    async fn a_dispute_downstairs_stops_nothing_that_is_listed_upstairs(db: TestDatabase) {
        let mut house = House::of(&db).await;
        house.is_told(UnableCode::DisputeClaimed).await;
        house.lists("light", "81000001", "electric").await;
        assert_eq!(stops(&house.goes_out().await), 1);
    }

    /// The plan was built before anybody said anything, and goes out after it.
    async fn a_plan_that_was_built_before_the_claim_goes_out_without_the_house(db: TestDatabase) {
        let mut house = House::of(&db).await;
        house.lists("light", "81000001", "electric").await;
        let plan = json!({ "date": house.utility.date, "crew_ids": [house.truck_31] });
        let plan = house.utility.dispatcher.post("/plans", plan).await.good();
        assert_eq!(stops(&plan), 1, "{plan}");
        house.is_told(UnableCode::NewOccupant).await;
        let out = house.utility.dispatcher.post(&format!("/plans/{}/publish", text(&plan["id"])), json!({})).await.good();
        assert_eq!(stops(&out), 0, "{out}");
        assert_eq!(house.cut().await["disposition"]["may_begin_cut"], false);
    }

    /// Electricity is off upstairs, and somebody downstairs needs it: accepting the claim gives it back, whoever owes. The
    /// list says so before.
    async fn a_medical_need_gives_back_what_another_account_of_the_house_has_off(db: TestDatabase) {
        let mut house = House::of(&db).await;
        house.lists("light", "81000001", "electric").await;
        let _ = house.goes_out().await;
        let mut electric = house.utility.truck_of(&house.truck_31, "tablet 31").await;
        let order = electric.order_of(UPSTAIRS);
        electric.turns_off(&order, "036500", "L-1");
        electric.sync().await;
        house.is_told(UnableCode::MedicalClaimed).await;
        let asked = house.asked().await;
        assert_eq!(asked["off"], true, "{asked}");
        let decided = house.decides(json!({ "accepted": true, "why": "doctor called" })).await;
        assert_eq!((decided["reconnects"].as_array().unwrap().len(), &decided["stays_off"]), (1, &json!([])), "{decided}");
        let told = house.utility.office.get(&format!("/accounts/{UPSTAIRS}")).await.good();
        assert_eq!(told["answer"]["code"], "off_though_released", "{}", told["answer"]);
        let water = house.utility.office.get(&format!("/accounts/{}", account('A'))).await.good();
        assert_eq!(water["answer"]["code"], "held", "{}", water["answer"]);
    }

    /// Nobody depends on watering the garden: what is off there for money stays off.
    async fn a_medical_need_does_not_give_back_another_accounts_garden(db: TestDatabase) {
        let mut house = House::of(&db).await;
        house.lists("garden", "81000009", "irrigation").await;
        let _ = house.goes_out().await;
        let mut other = house.utility.truck_of(&house.truck_31, "tablet 31").await;
        let order = other.order_of(UPSTAIRS);
        other.turns_off(&order, "036500", "L-1");
        other.sync().await;
        house.is_told(UnableCode::MedicalClaimed).await;
        let decided = house.decides(json!({ "accepted": true, "why": "doctor called" })).await;
        assert_eq!((&decided["reconnects"], &decided["stays_off"]), (&json!([]), &json!([])), "{decided}");
    }
}
