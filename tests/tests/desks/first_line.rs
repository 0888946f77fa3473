//! The account's first line, where several things are true at a time: what is most likely to happen is said, and nothing
//! that is over.

use crate::{
    claims_elsewhere::{Town, of_kind},
    visitor::Visitor,
};
use curbstop_shared::vocabulary::UnableCode;
use curbstop_tests::{
    desk::text,
    on_both_engines,
    truck::wall_clock,
    utility::{Utility, account},
};
use serde_json::{Value, json};

async fn first_line(utility: &Utility, letter: char) -> Value {
    utility.office.get(&format!("/accounts/{}", account(letter))).await.good()["answer"].clone()
}

on_both_engines! {
    /// The truck with the newer order was there in vain, the other one comes to cut: that is told first.
    async fn a_cut_that_nobody_tried_yet_is_told_before_one_that_a_crew_tried(db: TestDatabase) {
        let mut town = Town::with_two_trucks(&db).await;
        let told = town.utility.office.get(&format!("/accounts/{}", account('C'))).await.good();
        let newer = text(&told["orders"][0]["kind"]);
        let (lock, off) = (("Lock meter L-", "Truck 31, "), ("Turn off T-", "Truck 30, "));
        let (fresh, tried) = if newer == "turn_off" { (lock, off) } else { (off, lock) };
        let truck = if newer == "turn_off" { &mut town.water } else { town.electric.as_mut().unwrap() };
        let order = of_kind(truck, 'C', &newer);
        truck.is_stopped_by(&order, UnableCode::Dog);
        truck.sync().await;
        let answer = first_line(&town.utility, 'C').await;
        assert!(text(&answer["said"]).starts_with(&format!("On. {}", fresh.0)), "{answer}");
        assert!(text(&answer["who"]).starts_with(fresh.1), "{answer}");
        let also = text(&answer["also"][0]["who"]);
        assert!(also.starts_with(tried.0) && also.contains("still on its route: it may come again"), "{answer}");
    }

    /// Somebody says at the water stop that he is ill: the office has still to decide. Nothing is called protected before
    /// it has, neither on the account nor on the board.
    async fn what_the_office_has_still_to_decide_is_not_called_protected(db: TestDatabase) {
        let mut town = Town::with_two_trucks(&db).await;
        town.is_told('A', UnableCode::MedicalClaimed).await;
        let answer = first_line(&town.utility, 'A').await;
        let said = text(&answer["said"]);
        assert!(said.contains("taken back for now: something was shown or said at a door, and the office has to decide"), "{said}");
        assert!(!said.contains("protected") && answer["tone"] == "wait", "{answer}");
        let lock = town.lock('A').await;
        assert!(text(&lock["said"]).ends_with("The crew has not seen it yet."), "{lock}");
        let mut dispatch = Visitor::signs_in(&town.utility.server.url(), "dispatcher").await;
        dispatch.opens("/dispatch/board").await.shows("the office has to decide").does_not_show("it is protected");
        dispatch.posts("/language", &[("language", "es"), ("back", "/dispatch")]).await;
        dispatch.opens("/dispatch/board").await.shows("debe decidir la oficina. La cuadrilla aún no lo ha visto.");

        let mut electric = town.electric.take().unwrap();
        electric.sync().await;
        electric.taps_on_recalls();
        electric.sync().await;
        assert!(text(&town.lock('A').await["said"]).ends_with("The crew has seen it."));
        let _ = town.decides('A', "holds", true).await;
        assert!(text(&town.lock('A').await["said"]).starts_with("Taken back: it is protected."), "now it is");
    }

    /// A dog was there, and dispatch took the stop back from a truck that is out of reach: it may come again, and its route
    /// has the stop no more.
    async fn a_crew_that_lost_the_stop_is_not_said_to_have_it_on_its_route(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "").await;
        let order = truck.order_of(account('A'));
        truck.is_stopped_by(&order, UnableCode::Dog);
        truck.sync().await;
        let day = utility.dispatcher.get(&format!("/routes?date={}", utility.date)).await.good();
        let path = format!("/routes/{}/take-back", text(&day["routes"][0]["id"]));
        let _ = utility.dispatcher.post(&path, json!({ "order_ids": [order.id] })).await.good();
        let who = text(&first_line(&utility, 'A').await["who"]);
        assert!(who.contains("does not know it: Truck 12, it was there in vain and may come again, last contact"), "{who}");
        assert!(!who.contains("still on its route"), "{who}");
    }

    /// A paid before the day was planned, and the check came back: that it is on no route is not for its being paid.
    async fn money_that_came_back_is_not_called_paid(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let payment = text(&utility.pays('A', wall_clock()).await["payment"]);
        let plan = utility.publishes().await;
        let why = |plan: &Value| {
            let left = plan["left_out"].as_array().unwrap().iter().find(|one| one["account"] == account('A'));
            left.unwrap_or_else(|| panic!("A is on a route: {plan}"))["why"]["code"].clone()
        };
        assert_eq!(why(&plan), "paid", "{plan}");
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let page = format!("/office/accounts/{}", account('A'));
        office.opens(&page).await.shows("Paid since the listing.");
        let back = json!({ "reason": "returned_check" });
        let _ = utility.office.post(&format!("/payments/{payment}/reversal"), back).await.good();
        let after = office.opens(&page).await;
        after.shows("Paid since the listing, and taken back. Nobody is cut because of that today").does_not_show("Paid since the listing.");
        let again = utility.publishes().await;
        assert_eq!(why(&again), "paid_and_taken_back", "{again}");
        office.posts("/language", &[("language", "es"), ("back", "/office")]).await;
        office.opens(&page).await.shows("Pagado desde la lista y anulado después.");
    }
}
