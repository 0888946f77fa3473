//! What was claimed at a door after the service was turned off: accepting it says whether to give it back.

use crate::visitor::Visitor;
use curbstop_field::core::walk::Standing;
use curbstop_shared::vocabulary::UnableCode;
use curbstop_tests::{
    desk::text,
    on_both_engines,
    truck::Truck,
    utility::{PASSWORD, Utility, account},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// Off, and then something was said: the crew leaves it as it is.
fn is_told_after_the_cut(truck: &mut Truck, letter: char, code: UnableCode) {
    let order = truck.order_of(account(letter));
    truck.opens_the_act(&order);
    truck.taps_off(&order);
    truck.notes_down(order.id, |draft| {
        draft.stop(code);
        draft.settle(0, Standing::Stands);
    });
    truck.saves(order.id);
}

async fn entry(utility: &Utility, letter: char, kind: &str) -> Value {
    let listed = utility.office.get(&format!("/exceptions?account={}", account(letter))).await.good();
    let found = listed["exceptions"].as_array().unwrap().iter().find(|entry| entry["kind"] == kind);
    found.unwrap_or_else(|| panic!("no {kind}: {listed}")).clone()
}

async fn kinds(utility: &Utility, letter: char) -> Vec<String> {
    let listed = utility.office.get(&format!("/exceptions?account={}", account(letter))).await.good();
    listed["exceptions"].as_array().unwrap().iter().map(|entry| text(&entry["kind"])).collect()
}

async fn decision(utility: &Utility, letter: char) -> String {
    format!("/holds/{}/decision", text(&entry(utility, letter, "field_hold_unverified").await["claim"]))
}

on_both_engines! {
    /// Water is off, and somebody there needs it: the list says so, and accepting calls for a reconnect before all that
    /// was only paid. Leaving it off takes a reason, and stays on the list until somebody gives it back.
    async fn an_accepted_medical_need_gives_service_back_unless_somebody_says_why_not(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        for letter in ['A', 'B'] {
            is_told_after_the_cut(&mut truck, letter, UnableCode::MedicalClaimed);
        }
        truck.sync().await;
        let asked = entry(&utility, 'A', "field_hold_unverified").await;
        assert_eq!((&asked["urgent"], &asked["off"], &asked["claimed"]), (&json!(true), &json!(true), &json!("medical")), "{asked}");
        let said = text(&asked["sentence"]);
        assert!(said.contains("and water is off: decide now") && !said.contains("stopped for today"), "{said}");
        assert!(asked["due_at_us"].as_i64().unwrap() - asked["raised_at_us"].as_i64().unwrap() <= 15 * 60_000_000, "{asked}");

        let accept = json!({ "accepted": true, "why": "doctor called", "good_through": utility.date });
        let decided = utility.office.post(&decision(&utility, 'A').await, accept.clone()).await.good();
        assert_eq!(decided["reconnects"].as_array().unwrap().len(), 1, "{decided}");
        let path = format!("/orders?account={}&kind=reconnect", account('A'));
        let reconnect = utility.office.get(&path).await.good()["orders"][0].clone();
        assert_eq!((&reconnect["priority"], &reconnect["reason"]), (&json!(2), &json!("medical")), "{reconnect}");
        assert!(kinds(&utility, 'A').await.is_empty());

        let decision = decision(&utility, 'B').await;
        let mut leave = accept;
        leave["restore"] = json!(false);
        assert_eq!(utility.office.post(&decision, leave.clone()).await.code(), "stays_off_why_missing");
        leave["stays_off_why"] = json!("the house is empty until Friday");
        let decided = utility.office.post(&decision, leave).await.good();
        assert_eq!((&decided["reconnects"], decided["stays_off"].as_array().unwrap().len()), (&json!([]), 1), "{decided}");
        let stays = entry(&utility, 'B', "off_under_claim").await;
        assert!(text(&stays["sentence"]).contains("was accepted, and it is still off"), "{stays}");
        let close = format!("/exceptions/{}/actions", text(&stays["id"]));
        assert_eq!(utility.office.post(&close, json!({ "action": "resolve", "why": "known" })).await.code(), "still_off");
        let give = json!({ "account": account('B'), "reason": "medical", "why": "they are back" });
        let _ = utility.office.post("/releases", give).await.good();
        assert!(kinds(&utility, 'B').await.is_empty());
    }

    /// A dispute or a new occupant: nobody can know whether to give it back, so somebody has to say.
    async fn a_dispute_that_is_accepted_asks_whether_to_give_service_back(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.server.command(&["user", "add", "supervisor", "--role", "supervisor"], &format!("{PASSWORD}\n"));
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        is_told_after_the_cut(&mut truck, 'C', UnableCode::DisputeClaimed);
        is_told_after_the_cut(&mut truck, 'D', UnableCode::NewOccupant);
        truck.sync().await;
        let accept = json!({ "accepted": true, "why": "meter is doubtful" });
        let path = decision(&utility, 'C').await;
        assert_eq!(utility.office.post(&path, accept).await.code(), "restore_missing");
        let leave = json!({ "accepted": true, "why": "meter is doubtful", "restore": false });
        let decided = utility.office.post(&path, leave).await.good();
        assert_eq!(kinds(&utility, 'C').await, ["off_under_claim"]);
        let hold = text(&decided["hold"]);
        let _ = utility.office.post(&format!("/holds/{hold}/lift"), json!({ "why": "settled" })).await.good();
        assert!(kinds(&utility, 'C').await.is_empty(), "the hold has ended");

        // On the page.
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let page = office.opens(&format!("/office/accounts/{}", account('D'))).await;
        page.shows("Service is off. If accepted:").shows("give it back").does_not_show("why it stays off");
        let claim = text(&entry(&utility, 'D', "field_hold_unverified").await["claim"]);
        let form = format!("/office/claims/{claim}");
        let unsaid = office.posts_in_place(&form, &[("accepted", "yes"), ("why", "lease seen"), ("key", "d-1")]).await;
        assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
        unsaid.shows("Say whether to give it back or to leave it off");
        let fields = [("accepted", "yes"), ("why", "lease seen"), ("restore", "yes"), ("key", "d-2")];
        office.posts_in_place(&form, &fields).await.shows("Restores: R-");
        assert!(kinds(&utility, 'D').await.is_empty());
    }
}
