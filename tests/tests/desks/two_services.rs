//! Water and electricity of one account are asked for by two orders. What is paid counts once: it pays the sum that it
//! reaches, and gives nobody the other service.

use crate::{
    claims_elsewhere::{Town, of_kind},
    money::{found, pays, takes_back, to_pay, worklist},
};
use curbstop_tests::{
    desk::text,
    on_both_engines,
    utility::{Utility, account},
};
use serde_json::{Value, json};

async fn states(town: &Town, letter: char) -> (String, String) {
    let listed = town.utility.office.get(&format!("/orders?account={}", account(letter))).await.good();
    let state = |kind: &str| {
        let of = listed["orders"].as_array().unwrap().iter().find(|order| order["kind"] == kind).cloned();
        of.map_or_else(String::new, |order| text(&order["state"]))
    };
    (state("turn_off"), state("meter_lock"))
}

fn is(water: &str, electric: &str) -> (String, String) {
    (water.to_owned(), electric.to_owned())
}

on_both_engines! {
    /// A owes 86.40 for water and 60.00 for electricity. 86.40 pays the water, and not the electricity besides; the office
    /// reads what is missing. The rest pays that too.
    async fn what_is_paid_for_the_water_does_not_pay_for_the_electricity(db: TestDatabase) {
        let town = Town::with_two_trucks(&db).await;
        let utility = &town.utility;
        assert_eq!(to_pay(utility, 'A').await, 14_640, "the sum of both");
        let paid = pays(utility, 'A', "86.40", "R-1").await;
        assert_eq!((&paid["outcome"], &paid["to_restore"]), (&json!("released"), &json!("60.00")), "{paid}");
        assert_eq!(paid["stopped"].as_array().unwrap().len(), 1, "{paid}");
        assert_eq!(states(&town, 'A').await, is("recalled", "open"));
        assert_eq!(to_pay(utility, 'A').await, 6_000);
        let rest = pays(utility, 'A', "60.00", "R-2").await;
        assert_eq!((&rest["outcome"], &rest["to_restore"]), (&json!("released"), &json!("0.00")), "{rest}");
        assert_eq!(states(&town, 'A').await, is("recalled", "recalled"));

        // D owes 200.00 for water: 60.00 is what the electricity costs, whatever is due for the other.
        let paid = pays(utility, 'D', "60.00", "R-3").await;
        assert_eq!((&paid["outcome"], &paid["to_restore"]), (&json!("released"), &json!("200.00")), "{paid}");
        assert_eq!(states(&town, 'D').await, is("open", "recalled"));

        // 100.00 is neither of both, nor their sum: the water that it reaches, and the office is asked about the other.
        let paid = pays(utility, 'E', "100.00", "R-4").await;
        assert_eq!((&paid["outcome"], &paid["to_restore"]), (&json!("released"), &json!("35.25")), "{paid}");
        assert_eq!(states(&town, 'E').await, is("recalled", "open"));
        let [(kind, said)] = &worklist(utility, 'E').await[..] else { panic!("one question") };
        assert_eq!(kind, "part_paid");
        assert!(said.starts_with("24.75 of 60.00 USD was paid; 35.25 is missing."), "{said}");
    }

    /// B's two cuts are made. What is paid brings back what it pays for; the check bounces, and what it had paid for is owed
    /// again, the other is not touched.
    async fn each_service_comes_back_by_its_own_money(db: TestDatabase) {
        let mut town = Town::with_two_trucks(&db).await;
        let water = of_kind(&town.water, 'B', "turn_off");
        town.water.turns_off(&water, "036500", "L-1");
        town.water.sync().await;
        let electric = town.electric.as_mut().unwrap();
        let order = of_kind(electric, 'B', "meter_lock");
        electric.turns_off(&order, "036500", "L-2");
        electric.sync().await;
        let utility = &town.utility;
        let first = pays(utility, 'B', "60.00", "R-1").await;
        assert_eq!((&first["outcome"], first["reconnects"].as_array().unwrap().len()), (&json!("released"), 1), "{first}");
        let account = found(utility, 'B').await;
        assert_eq!(account["answer"]["to_pay_minor"], Value::Null, "what is on its way is spoken of first: {}", account["answer"]);
        let second = pays(utility, 'B', "120.50", "R-2").await;
        assert_eq!((&second["outcome"], second["reconnects"].as_array().unwrap().len()), (&json!("released"), 1), "{second}");
        let back = takes_back(utility, &text(&first["payment"])).await.good();
        assert_eq!(back["releases"], json!([order.number]), "the water's money stands: {back}");
    }

    /// F pays for the water before any order is made. The plan leaves the water out and has the electricity, as the desk does
    /// afterwards.
    async fn the_plan_and_the_desk_count_the_same_money(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let (f, day) = (account('F'), utility.date.clone());
        let mut premises = String::from(
            "Premise ID,Acct No,System,Cust Name,Class,Svc Addr,City,ST,Zip,Latitude,Longitude,Cycle,Route,Seq,Service,Meter No,Dials,Mult,UOM,Last Read,Last Read Dt,Mtr Loc\n",
        );
        for (service, meter) in [("WATER", "70000006"), ("ELEC", "80000006")] {
            premises += &format!("P900006,{f},W,\"FNDERSON, PAT\",RES,600 ALDER ST,ALDER FORK,NE,69999,41.906000,-101.636000,01,001,0060,{service},{meter},6,1,CGAL,036400,09/14/2026,CURB\n");
        }
        let path = format!("/premises/import?source=city&as_of={day}");
        let _ = utility.dispatcher.upload(&path, premises.into_bytes()).await.good();
        let listing = format!("Account,Meter,Past Due,Notice Date,Service\n{f},80000006,60.00,{day},electric\n");
        let path = format!("/listings?source=light&as_of={day}");
        let light = text(&utility.dispatcher.upload(&path, listing.into_bytes()).await.good()["listing"]["id"]);
        let _ = utility.dispatcher.post(&format!("/listings/{light}/finalise"), json!({})).await.good();
        assert_eq!(pays(&utility, 'F', "150.00", "R-1").await["outcome"], "nothing_due", "no order is made yet");

        let both = utility.hires_for("Truck 40", "555-0140", "ines", &["water", "electric"]).await;
        let out = utility.sends_out(json!({ "date": day, "crew_ids": [both] })).await;
        let stops: Vec<&Value> = out["routes"][0]["stops"].as_array().unwrap().iter().filter(|stop| stop["account"] == f).collect();
        assert_eq!(stops.iter().map(|stop| &stop["kind"]).collect::<Vec<_>>(), ["meter_lock"], "{out}");
        let left = out["left_out"].as_array().unwrap().iter().find(|row| row["account"] == f).unwrap();
        assert_eq!(left["text"], "Paid since the listing.", "{left}");
        assert_eq!(to_pay(&utility, 'F').await, 6_000, "the water's money is spent");
    }
}
