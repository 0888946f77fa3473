//! A crew finds the service off, and somebody has paid or needs it: nobody reads "leave it on", or "not paid", of that.

use crate::visitor::Visitor;
use curbstop_field::core::walk::Standing;
use curbstop_shared::vocabulary::{Action, UnableCode};
use curbstop_tests::{
    desk::text,
    on_both_engines,
    truck::Truck,
    utility::{Utility, account},
};
use serde_json::{Value, json};

/// The crew finds it so, or has turned it off; then something is shown or said at the door.
fn is_told_where_it_is_off(truck: &mut Truck, letter: char, deed: Action, code: UnableCode) {
    let order = truck.order_of(account(letter));
    truck.opens_the_act(&order);
    if deed.cuts() {
        truck.taps_off(&order);
    }
    truck.notes_down(order.id, |draft| {
        draft.lines[0].action = Some(deed);
        draft.stop(code);
        draft.settle(0, Standing::Stands);
    });
    truck.saves(order.id);
}

async fn order_of(utility: &Utility, letter: char) -> Value {
    let path = format!("/orders?account={}&kind=turn_off", account(letter));
    let found = utility.office.get(&path).await.good();
    utility.office.get(&format!("/orders/{}", text(&found["orders"][0]["id"]))).await.good()
}

async fn claim(utility: &Utility, letter: char) -> String {
    let listed = utility.office.get(&format!("/exceptions?account={}", account(letter))).await.good();
    let entries = listed["exceptions"].as_array().unwrap();
    entries.iter().find_map(|entry| entry["claim"].as_str()).unwrap_or_else(|| panic!("no claim: {listed}")).to_owned()
}

async fn first_line(utility: &Utility, letter: char) -> Value {
    utility.office.get(&format!("/accounts/{}", account(letter))).await.good()["answer"].clone()
}

on_both_engines! {
    /// The crew finds water off and is shown a receipt. Accepted, the order and the board say that it was found off, that
    /// it is paid for and that a reconnect follows; the receipt taken back, that it stays off.
    async fn what_was_found_off_and_is_paid_for_is_not_called_left_on(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        is_told_where_it_is_off(&mut truck, 'A', Action::AlreadyOff, UnableCode::ProofShown);
        truck.sync().await;
        let claim = claim(&utility, 'A').await;
        let accept = json!({ "accepted": true, "why": "the receipt is ours" });
        let decided = utility.office.post(&format!("/releases/{claim}/decision"), accept).await.good();
        assert_eq!(decided["reconnects"].as_array().unwrap().len(), 1, "{decided}");

        let order = order_of(&utility, 'A').await;
        assert_eq!(order["state"], "released", "{order}");
        let said = text(&order["said"]);
        assert!(said.starts_with("Truck 12 found water off at ") && !said.contains("eave it on"), "{said}");
        assert!(said.ends_with(". It is paid for: a reconnect turns it back on."), "{said}");
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let board = dispatch.opens("/dispatch/board").await;
        board.shows("Truck 12 found the service off at ").shows("It is paid for: a reconnect turns it back on.");
        board.does_not_show("Released: leave it on");
        let page = format!("/office/accounts/{}", account('A'));
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        office.posts("/language", &[("language", "es"), ("back", "/office")]).await;
        let spanish = office.opens(&page).await;
        spanish.shows("Truck 12 encontró sin servicio el agua a las ").shows("Está pagado: una reconexión devuelve el servicio.");
        spanish.does_not_show("Liberada: dejar activo");

        let taken_back = json!({ "why": "the receipt is of another account" });
        let _ = utility.office.post(&format!("/releases/{claim}/reversal"), taken_back).await.good();
        let said = text(&order_of(&utility, 'A').await["said"]);
        assert!(said.ends_with(". What released it was taken back: it stays off until it is paid for."), "{said}");
    }

    /// Paid at the counter, it was taken back from the crew: the order still says that the crew had found it off.
    async fn what_was_found_off_and_is_paid_at_the_counter_says_so_too(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        is_told_where_it_is_off(&mut truck, 'B', Action::AlreadyOff, UnableCode::DisputeClaimed);
        truck.sync().await;
        let paid = utility.pays('B', curbstop_tests::truck::wall_clock()).await;
        assert_eq!(paid["reconnects"].as_array().unwrap().len(), 1, "{paid}");
        let said = text(&order_of(&utility, 'B').await["said"]);
        assert!(said.starts_with("Taken back: it is released."), "{said}");
        assert!(said.contains("Truck 12 found water off at ") && said.ends_with("a reconnect turns it back on."), "{said}");
    }

    /// Somebody there is ill, and service stays off for a reason: whoever looks at the account must not read that only
    /// money is missing. So whether our crew turned it off or found it so.
    async fn who_is_off_under_an_accepted_claim_is_not_told_that_nothing_was_paid(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        is_told_where_it_is_off(&mut truck, 'C', Action::TurnedOff, UnableCode::MedicalClaimed);
        is_told_where_it_is_off(&mut truck, 'D', Action::AlreadyOff, UnableCode::MedicalClaimed);
        truck.sync().await;
        for letter in ['C', 'D'] {
            let said = text(&first_line(&utility, letter).await["said"]);
            assert!(said.contains("(not paid); something was claimed at the door (medical)"), "undecided: {said}");
            let leave = json!({
                "accepted": true, "why": "letter seen", "restore": false, "stays_off_why": "the house is empty until Friday",
            });
            let path = format!("/holds/{}/decision", claim(&utility, letter).await);
            let _ = utility.office.post(&path, leave).await.good();
            let answer = first_line(&utility, letter).await;
            let said = text(&answer["said"]);
            assert!(said.ends_with(", though protected (a medical need): give service back, or lift the hold"), "{said}");
            assert!(!said.contains("not paid") && answer["code"] == "off" && answer["tone"] == "stop", "{answer}");
        }
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        office.posts("/language", &[("language", "es"), ("back", "/office")]).await;
        let page = office.opens(&format!("/office/accounts/{}", account('C'))).await;
        page.shows("aunque hay protección (un motivo médico): reconectar, o levantar la protección");
    }
}
