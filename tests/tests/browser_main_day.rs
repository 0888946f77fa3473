//! The day of a small utility, in real browsers: a truck without a signal that meets a proof of payment, a reading that is
//! too low, boxes to collect and an auditor on its back seat, and a contractor who locks and unlocks.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a step of the story that fails ends it, where it failed")]

use curbstop_server::store::{Store, evidence, facts};
use curbstop_shared::ids::OrderId;
use curbstop_tests::{
    browser::{Browser, Screen},
    database::TestDatabase,
    desk::{Desk, text},
    on_both_engines,
    proxy::Proxy,
    tablet_page::TabletPage,
    truck::wall_clock,
    utility::{PASSWORD, Utility, account, rfc3339},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Who has boxes of the cable company, and who is on the electric company's list.
const BOXES: &str = "801286167236";
const ELECTRIC: &str = "00699874516";

/// The premises of those two, under the headings of the others.
const PREMISES: &str = "\
Premise ID,Acct No,System,Cust Name,Class,Svc Addr,Unit,City,ST,Zip,Latitude,Longitude,Cycle,Route,Seq,Service,\
Meter No,Size,Dials,Mult,UOM,Last Read,Last Read Dt,Lo Usage,Hi Usage,Mtr Loc,Hazard,Flags,Lang,Phone
P900007,801286167236,C,\"GANDER, KEZIA\",RES,700 ALDER ST,,ALDER FORK,NE,69999,41.907000,-101.637000,01,001,0070,NET,,,,,,,,,,,,,EN,
P900008,00699874516,E,\"HARROW, ADELA\",RES,800 ALDER ST,,ALDER FORK,NE,69999,41.908000,-101.638000,01,001,0080,ELEC,\
LG3641623,2S,5,1,KWH,35014,09/03/2026,187,2808,S SIDE,,,EN,
";

/// The utility with everybody who has a part in the day.
struct Town {
    utility: Utility,
    contractor: String,
    electric_route: String,
    water_route: String,
}

impl Town {
    async fn opens(db: &TestDatabase) -> Self {
        let utility = Utility::opens(db).await;
        utility.server.command(&["user", "add", "auditor", "--role", "auditor"], &format!("{PASSWORD}\n"));
        let admin = Desk::sign_in(&utility.server.url(), "admin", PASSWORD).await;
        let lockwright = json!({
            "name": "Lockwright & Co", "kind": "contractor", "phone": "555-0190", "qualifications": ["electric"],
        });
        let contractor = text(&admin.post("/crews", lockwright).await.good()["id"]);
        let lou = json!({ "login": "lou", "name": "Lou", "role": "contractor", "crew_id": contractor });
        let _ = admin.post("/people", lou).await.good();

        let day = utility.date.replace('-', "");
        let short = format!("{}/{}/{}", &day[4..6], &day[6..8], &day[0..4]);
        let dispatcher = &utility.dispatcher;
        let premises = format!("/premises/import?source=others&as_of={}", utility.date);
        let _ = dispatcher.upload(&premises, PREMISES.into()).await.good();
        let boxes = format!(
            "Account,Subscriber,Service Address,Disc Date,Disc Rsn,Past Due,Equip Type,Model,Serial #,MAC / CM,Unret Chg,Status,Notes\n\
             {BOXES},\"Gander, Kezia\",700 ALDER ST,{short},NPD,50.71,Gateway,TG-2472,85859426388924,,75,OUT,\n\
             ,,,,,,Set-top,DCX-3,M1234SB5678,,129.99,OUT,\n"
        );
        let electric = format!(
            "ACCT_ID\tCUST_NM\tSVC_ADDR\tUNIT\tMAP_LOC\tRTE\tWALK_SEQ\tMTR_SERIAL\tARR_30\tARR_60\tARR_90\tTOT_ARREARS\tTOT_BAL\t\
             DNP_NOTICE_DT\tSCHED_DISC_DT\tCOLL_STAT\tCRIT_FLAG\tREMARKS\n\
             {ELECTRIC}\tHarrow, Adela\t800 ALDER ST\t\t04-0560-C\t004\t00560\tLG3641623\t52.79\t37.70\t22.62\t113.11\t187.73\t\
             {day}\t{day}\tDNP\tN\t\n"
        );
        let water = text(&utility.finalised["listing"]["id"]);
        let boxes = lists(&utility, "cable", boxes).await;
        let electric = lists(&utility, "electric", electric).await;
        let plan = |crew: &str, listings: &[&str]| json!({ "date": utility.date, "crew_ids": [crew], "listing_ids": listings });
        let own = utility.sends_out(plan(&utility.crew, &[&water, &boxes])).await;
        let theirs = utility.sends_out(plan(&contractor, &[&electric])).await;
        let route = |plan: &Value| text(&plan["routes"][0]["route_id"]);
        let (water_route, electric_route) = (route(&own), route(&theirs));
        Self { utility, contractor, electric_route, water_route }
    }

    async fn code_for(&self, crew: &str) -> String {
        text(&self.utility.dispatcher.post("/devices/codes", json!({ "crew_id": crew })).await.good()["code"])
    }

    /// The only order of a kind that an account has.
    async fn order(&self, account: &str, kind: &str) -> Value {
        let listed = self.utility.office.get(&format!("/orders?account={account}&kind={kind}")).await.good();
        let [order] = &listed["orders"].as_array().unwrap()[..] else { panic!("one {kind} for {account}: {listed}") };
        order.clone()
    }

    /// Dispatch gives a reconnect to a route that is out.
    async fn gives(&self, route: &str, reconnect: &Value) {
        let order = json!({ "order_id": reconnect["id"] });
        let _ = self.utility.dispatcher.post(&format!("/routes/{route}/orders"), order).await.good();
    }

    /// The auditor rides with the crew today, and is on its tablet with the next contact.
    async fn an_auditor_rides_along(&self) {
        let people = self.utility.dispatcher.get("/people").await.good();
        let auditor = people["people"].as_array().unwrap().iter().find(|person| person["login"] == "auditor").unwrap();
        let path = format!("/people/{}/crews", text(&auditor["id"]));
        let _ = self.utility.dispatcher.put(&path, json!({ "crew_ids": [self.utility.crew] })).await.good();
    }

    async fn exceptions(&self, account: &str) -> Vec<Value> {
        let listed = self.utility.office.get(&format!("/exceptions?account={account}")).await.good();
        listed["exceptions"].as_array().unwrap().clone()
    }
}

async fn lists(utility: &Utility, source: &str, file: String) -> String {
    let path = format!("/listings?source={source}&as_of={}", utility.date);
    let id = text(&utility.dispatcher.upload(&path, file.into()).await.good()["listing"]["id"]);
    let _ = utility.dispatcher.post(&format!("/listings/{id}/finalise"), json!({})).await.good();
    id
}

async fn stored(store: &Store, order: &Value, kind: &str) -> usize {
    let order: OrderId = text(&order["id"]).parse().unwrap();
    let mut conn = store.reader().await.unwrap();
    facts::of_order(&mut conn, order).await.unwrap().iter().filter(|fact| fact.kind == kind).count()
}

/// The steps of this day on a tablet.
struct Crew(TabletPage);

impl Crew {
    /// Somebody else of the crew takes the tablet.
    async fn holds_it(&self, name: &str) {
        self.0.goes_to("#/unsent").await;
        self.taps("change-person").await;
        let button = format!(
            "[...document.querySelectorAll('[data-test=person]')].find(e => e.innerText.includes({}))",
            json!(name)
        );
        self.0.0.wait_until(&button).await;
        self.0.0.run(&format!("({button}).click()")).await;
        self.0.0.wait_until("!document.querySelector('[data-test=who]')").await;
    }

    /// What this tablet shows of every stop.
    async fn stops(&self) -> Value {
        self.0.goes_to("#/").await;
        self.taps("behind-toggle").await;
        self.0.0.wait_until("document.querySelector('[data-test=behind] li')").await;
        let rows = "[...document.querySelectorAll('[data-number][data-standing]')].map(e => e.dataset.number + ' ' + e.dataset.standing).sort()";
        self.0.0.run(&format!("return {rows}")).await
    }

    async fn taps(&self, test: &str) {
        self.0.0.click(&format!("[data-test={test}]")).await;
    }

    async fn reads(&self, digits: &str) {
        for digit in digits.chars() {
            self.taps(&format!("digit-{digit}")).await;
        }
    }

    async fn saves(&self) {
        self.taps("save").await;
        self.0.0.wait_until("document.querySelector('[data-test=saved]')").await;
    }

    /// The customer opens, and has a receipt in the hand.
    async fn is_shown_a_proof(&self, address: &str, receipt: &str) {
        let order = self.0.order_at(address).await;
        self.0.at_the_door(&order).await;
        self.taps("place-yes").await;
        self.0.types("[data-test=serial-input]", "70000002").await;
        self.taps("serial-check").await;
        self.taps("met-customer").await;
        self.taps("ask-proof").await;
        self.0.types("[data-test=proof-input]", receipt).await;
        self.saves().await;
    }

    /// Cut, with a reading below the last one: looked at again, and a photo of the dials.
    async fn cuts_where_the_reading_is_low(&self, address: &str) {
        let order = self.0.order_at(address).await;
        self.0.begins_the_work(&order, "70000004").await;
        self.taps("method-curb_stop_off").await;
        self.taps("act-next").await;
        self.reads("036100").await;
        self.0.0.wait_until("document.querySelector('[data-test=reading-check][data-state=warned]')").await;
        self.taps("reading-confirm").await;
        // A photo of the dials is asked for, and never demanded.
        self.0.0.wait_until("document.querySelector('[data-test=photo-helps]')").await;
        self.0.takes_a_photo().await;
        self.0.brings_nothing().await;
        self.0.holds("[data-test=hold-save]", "document.querySelector('[data-test=saved]')").await;
    }

    /// One box is handed over, the other one can't be found.
    async fn collects_one_of_two_boxes(&self, address: &str) {
        let order = self.0.order_at(address).await;
        self.0.at_the_door(&order).await;
        self.taps("place-yes").await;
        self.taps("met-customer").await;
        self.0.is_on("equipment").await;
        self.0.types("[data-test=equipment-serial]", "85859426388924").await;
        self.taps("equipment-collected").await;
        self.0.0.wait_until("document.querySelector('[data-test=equipment-serial]')?.value === ''").await;
        self.taps("equipment-missing").await;
        self.0.is_on("sign").await;
        self.taps("sign-not").await;
        self.taps("not-signed-can_not_sign").await;
        self.0.brings_nothing().await;
        self.saves().await;
    }

    /// Off, or back on, by a lock of the contractor's.
    async fn works_the_lock(&self, order: &str, method: &str, lock: &str, digits: &str) {
        self.0.at_the_door(order).await;
        self.taps("place-yes").await;
        self.0.types("[data-test=serial-input]", "LG3641623").await;
        self.taps("serial-check").await;
        let cuts = method == "lock_ring";
        self.taps(if cuts { "met-nobody" } else { "met-customer" }).await;
        if cuts {
            self.taps("open-act").await;
        }
        self.turns_the_valve(method, lock, digits).await;
        if cuts {
            self.0.holds("[data-test=hold-save]", "document.querySelector('[data-test=saved]')").await;
        } else {
            self.saves().await;
        }
    }

    async fn turns_the_valve(&self, method: &str, lock: &str, digits: &str) {
        self.0.is_on("act").await;
        self.taps(&format!("method-{method}")).await;
        if method == "lock_removed" {
            self.taps("safe").await;
        }
        self.0.types("[data-test=lock-input]", lock).await;
        self.taps("act-next").await;
        self.0.is_on("reading").await;
        self.reads(digits).await;
        self.taps("reading-confirm").await;
        self.0.brings_nothing().await;
    }
}

on_both_engines! {
    /// B shows a receipt and is left on; D's low reading is kept with its photo; two boxes are asked for and one is
    /// missing; A pays and is turned on by the truck that is out; an auditor's entry is refused and made anew by the crew;
    /// the contractor locks and unlocks; and the crew's second tablet shows the same.
    async fn every_kind_of_work_of_a_day_reaches_the_office_as_it_was(db: TestDatabase) {
        let Some(browser) = Browser::start(Screen::Tablet).await else { return };
        let town = Town::opens(&db).await;
        let (utility, store) = (&town.utility, db.open().await);
        let engine = format!("{:?}", db.engine).to_lowercase();
        let proxy = Proxy::to(utility.server.address()).await;
        let crew = Crew(TabletPage(browser));
        crew.0.enrols(&proxy.url(), &utility.enrolment_code().await).await;
        crew.0.0.wait_until("document.querySelectorAll('[data-standing=to_do]').length >= 6").await;

        // A morning without a signal.
        proxy.no_signal().await;
        crew.0.turns_off("100 ALDER ST", "70000001", "036500", "L-1").await;
        crew.is_shown_a_proof("200 ALDER ST", "R-B").await;
        crew.cuts_where_the_reading_is_low("400 ALDER ST").await;
        crew.collects_one_of_two_boxes("700 ALDER ST").await;
        // Four visits, and the photo of D's dials.
        crew.0.shows_unsent(5).await;
        crew.0.0.screenshot(&format!("main-day-{engine}-without-a-signal")).await;

        // The contractor, on a phone, with a good signal: nobody's name and no amount on it.
        let lou = Crew(TabletPage(Browser::start(Screen::Phone).await.expect("the first one started")));
        lou.0.enrols(&utility.server.url(), &town.code_for(&town.contractor).await).await;
        let lock = town.order(ELECTRIC, "meter_lock").await;
        lou.works_the_lock(&text(&lock["id"]), "lock_ring", "K-9", "36020").await;
        lou.0.shows_unsent(0).await;
        let paid = json!({
            "account": ELECTRIC, "amount": "187.73", "tender": "card", "confirmation": "R-1130", "paid_at": rfc3339(wall_clock()),
        });
        assert_eq!(utility.office.post("/payments", paid).await.good()["outcome"], "released");
        let unlock = town.order(ELECTRIC, "unlock").await;
        town.gives(&town.electric_route, &unlock).await;
        lou.0.asks_the_office_now().await;
        lou.0.goes_to("#/").await;
        lou.0.0.wait_until("document.querySelector('[data-test=restore-now]')").await;
        lou.0.0.screenshot(&format!("main-day-{engine}-contractor")).await;
        let screen = text(&lou.0.0.run("return document.body.innerText").await);
        assert!(!screen.contains("Harrow") && !screen.contains("HARROW") && !screen.contains("187.73"), "{screen}");
        lou.works_the_lock(&text(&unlock["id"]), "lock_removed", "K-9", "36020").await;
        lou.0.shows_unsent(0).await;
        assert_eq!(town.order(ELECTRIC, "unlock").await["state"], "done");

        // The truck comes back into the signal with all of it.
        proxy.signal();
        crew.0.asks_the_office_now().await;
        crew.0.shows_unsent(0).await;

        // B: the cut has stopped, the office finds the receipt, and the order is closed.
        let b = town.order(account('B'), "turn_off").await;
        assert_eq!((&b["state"], stored(&store, &b, "work").await), (&json!("stopped_at_door"), 0));
        let claim = town.exceptions(account('B')).await.iter().find_map(|entry| entry["claim"].as_str().map(str::to_owned));
        let accept = json!({ "accepted": true, "why": "receipt R-B is in the journal" });
        let path = format!("/releases/{}/decision", claim.expect("a claim to decide on"));
        let _ = utility.office.post(&path, accept).await.good();
        assert_eq!(town.order(account('B'), "turn_off").await["state"], "released");

        // D: what was read is kept as it was read, with its photo, and somebody looks at it.
        let d = town.order(account('D'), "turn_off").await;
        assert_eq!((stored(&store, &d, "work").await, stored(&store, &d, "reading").await), (1, 1));
        let to_check: Vec<_> = town.exceptions(account('D')).await.iter().map(|entry| entry["kind"].clone()).collect();
        assert_eq!(to_check, ["reading_suspect"]);
        let readings = format!("/reports/readings?from={0}&to={0}", utility.date);
        let listed = utility.office.get(&readings).await.good();
        let of_d = listed["readings"].as_array().unwrap().iter().find(|one| one["account"] == account('D'));
        assert_eq!(of_d.expect("D's reading is on the list")["reading"], "036100", "{listed}");
        let mut conn = store.reader().await.unwrap();
        let [photo] = &evidence::of_order(&mut conn, text(&d["id"]).parse().unwrap()).await.unwrap()[..] else { panic!("one photo") };
        let hash: String = photo.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        let blob = reqwest::Client::new().get(format!("{}/api/v1/blobs/{hash}", utility.server.url()));
        let blob = blob.bearer_auth(utility.office.token()).send().await.unwrap().bytes().await.unwrap();
        assert_eq!(Sha256::digest(&blob).to_vec(), photo.sha256, "the bytes that the tablet took");
        drop(conn);

        // The boxes: one came along, one did not, and both stand in the results.
        let csv = text(&utility.office.get(&format!("/exports/results?from={0}&to={0}", utility.date)).await.good());
        let rows: Vec<&str> = csv.lines().filter(|row| row.contains(BOXES)).collect();
        assert!(rows.iter().any(|row| row.contains("85859426388924") && row.contains("collected")), "{rows:?}");
        assert!(rows.iter().any(|row| row.contains("M1234SB5678") && row.contains("missing")), "{rows:?}");

        // A pays after the cut; the reconnect joins the running route, and the crew works it.
        utility.pays('A', wall_clock()).await;
        let back_on = town.order(account('A'), "reconnect").await;
        town.gives(&town.water_route, &back_on).await;
        crew.0.asks_the_office_now().await;
        crew.0.goes_to("#/").await;
        crew.0.0.wait_for_text("[data-test=restore-now]", "lock L-1").await;
        crew.0.at_the_door(&text(&back_on["id"])).await;
        crew.taps("place-yes").await;
        crew.0.types("[data-test=serial-input]", "70000001").await;
        crew.taps("serial-check").await;
        crew.taps("met-customer").await;
        crew.turns_the_valve("lock_removed", "L-1", "036500").await;
        crew.saves().await;
        crew.0.shows_unsent(0).await;
        assert_eq!(town.order(account('A'), "reconnect").await["state"], "done");

        // An auditor rides along and holds the tablet: what she records is refused, said, and made anew by the crew.
        town.an_auditor_rides_along().await;
        crew.0.asks_the_office_now().await;
        crew.holds_it("auditor").await;
        crew.0.is_kept_away_by_a_dog("500 ALDER ST").await;
        crew.0.asks_the_office_now().await;
        crew.0.0.wait_for_text("[data-test=attention-item][data-code=role_forbids]", "500 ALDER ST").await;
        crew.0.0.screenshot(&format!("main-day-{engine}-refused")).await;
        let e = town.order(account('E'), "turn_off").await;
        assert_eq!(stored(&store, &e, "visit").await, 0);
        crew.holds_it("Maria Reyes").await;
        crew.0.goes_to("#/unsent").await;
        crew.taps("attention-mine").await;
        crew.0.0.wait_until("!document.querySelector('[data-test=attention-item]')").await;
        crew.0.shows_unsent(0).await;
        let e = town.order(account('E'), "turn_off").await;
        assert_eq!((&e["state"], stored(&store, &e, "visit").await), (&json!("unable"), 1));

        // The crew's other tablet knows the same of every stop.
        let second = Crew(TabletPage(Browser::start(Screen::Tablet).await.expect("the first one started")));
        second.0.enrols(&utility.server.url(), &utility.enrolment_code().await).await;
        crew.0.asks_the_office_now().await;
        crew.0.shows_unsent(0).await;
        assert_eq!(second.stops().await, crew.stops().await);
        second.0.0.screenshot(&format!("main-day-{engine}-second-tablet")).await;
    }
}
