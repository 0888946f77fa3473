//! A later listing asks less than the order that is out: whoever was told that sum and pays it has paid, whether the later
//! listing's own plan has gone out or not.

use crate::{
    money::{found, pays, takes_back, to_pay, worklist},
    visitor::Visitor,
};
use curbstop_tests::{
    desk::{Desk, text},
    on_both_engines,
    utility::{PASSWORD, Utility, account},
};
use serde_json::json;

async fn state_of(utility: &Utility, letter: char) -> String {
    let listed = utility.office.get(&format!("/orders?kind=turn_off&account={}", account(letter))).await.good();
    let [order] = &listed["orders"].as_array().unwrap()[..] else { panic!("one order of {letter}: {listed}") };
    text(&order["state"])
}

on_both_engines! {
    /// C's cut for 99.99 is on the truck. The counter reads 60.00 in tomorrow's listing, and C pays that: the truck is told
    /// today.
    async fn whoever_pays_what_tomorrow_s_listing_asks_is_not_cut_today(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let out = utility.publishes().await;
        assert_eq!(to_pay(&utility, 'C').await, 9_999);
        let _ = utility.lists("city", &utility.tomorrow(), &[('C', "60.00"), ('D', "230.00")]).await;
        assert_eq!((to_pay(&utility, 'C').await, to_pay(&utility, 'D').await), (json!(6_000), json!(20_000)), "the lesser sum");
        assert_eq!(found(&utility, 'C').await["owed"]["past_due_minor"], 6_000);

        let part = pays(&utility, 'C', "59.99", "R-1").await;
        assert_eq!((&part["outcome"], &part["to_restore"]), (&json!("part_paid"), &json!("0.01")), "{part}");
        let [(_, said)] = &worklist(&utility, 'C').await[..] else { panic!("one question") };
        assert!(said.starts_with("59.99 of 60.00 USD was paid; 0.01 is missing."), "{said}");
        let paid = pays(&utility, 'C', "0.01", "R-2").await;
        let stop = |letter| out["routes"][0]["stops"].as_array().unwrap().iter().find(|it| it["account"] == account(letter)).cloned();
        let c = stop('C').unwrap();
        assert_eq!((&paid["outcome"], &paid["stopped"][0]["order"]), (&json!("released"), &c["number"]), "{paid}");
        assert_eq!((state_of(&utility, 'C').await.as_str(), worklist(&utility, 'C').await.len()), ("recalled", 0));
        // What today's order asks for is enough, though tomorrow's listing asks for more.
        assert_eq!(pays(&utility, 'D', "200.00", "R-3").await["outcome"], "released");
    }

    /// They paid before the later listing became final, after it was run: that the order was for more is no reason to cut
    /// them off. Who has paid a part of the lesser sum reads what is missing now.
    async fn what_was_paid_before_the_later_listing_was_final_counts_for_it(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let _ = utility.publishes().await;
        for (letter, part) in [('C', "60.00"), ('D', "10.00"), ('E', "5.00")] {
            assert_eq!(pays(&utility, letter, part, &format!("R-{letter}")).await["outcome"], "part_paid");
        }
        let closed = utility.office.get(&format!("/exceptions?account={}", account('E'))).await.good();
        let closing = format!("/exceptions/{}/actions", text(&closed["exceptions"][0]["id"]));
        let _ = utility.office.post(&closing, json!({ "action": "resolve", "why": "brings the rest" })).await.good();

        let owed = [('C', "60.00"), ('D', "180.00"), ('E', "20.00"), ('F', "60.00")];
        let path = format!("/listings?source=city&as_of={}", utility.tomorrow());
        let drafted = utility.dispatcher.upload(&path, utility.file_of(&utility.tomorrow(), &owed)).await.good();
        assert_eq!(state_of(&utility, 'C').await, "open", "a draft asks nobody for anything");
        let finalise = format!("/listings/{}/finalise", text(&drafted["listing"]["id"]));
        let told = utility.dispatcher.post(&finalise, json!({})).await.good();
        let c = utility.office.get(&format!("/orders?kind=turn_off&account={}", account('C'))).await.good();
        assert_eq!(told["paid_already"], json!([c["orders"][0]["number"]]), "{told}");
        assert_eq!((state_of(&utility, 'C').await.as_str(), worklist(&utility, 'C').await.len()), ("recalled", 0));
        let [(_, said)] = &worklist(&utility, 'D').await[..] else { panic!("still one question") };
        assert!(said.starts_with("10.00 of 180.00 USD was paid; 170.00 is missing."), "{said}");
        assert_eq!(worklist(&utility, 'E').await, [], "what somebody decided is not asked again");
        for letter in ['D', 'E', 'F'] {
            assert_eq!(state_of(&utility, letter).await, "open", "{letter}");
        }
    }

    /// C paid what the order asked. A later listing asks for other money, and C pays that too. The first check bounces: what
    /// was paid for the later bill does not hide it.
    async fn money_for_a_later_bill_hides_no_check_that_came_back(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let _ = utility.publishes().await;
        let first = pays(&utility, 'C', "99.99", "R-1").await;
        assert_eq!(first["outcome"], "released");
        let _ = utility.lists("city", &utility.tomorrow(), &[('C', "20.00")]).await;
        let _ = pays(&utility, 'C', "20.00", "R-2").await;
        let back = takes_back(&utility, &text(&first["payment"])).await.good();
        assert_eq!(back["releases"].as_array().map(Vec::len), Some(1), "{back}");
    }

    /// Tomorrow's listing has C with nothing past due: the billing system has heard of what the truck has not. Whoever makes it
    /// final reads whose cuts that takes back.
    async fn whoever_owes_nothing_by_the_later_listing_is_not_cut(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let _ = utility.publishes().await;
        let path = format!("/listings?source=city&as_of={}", utility.tomorrow());
        let file = utility.file_of(&utility.tomorrow(), &[('C', "0.00"), ('D', "200.00")]);
        let drafted = utility.dispatcher.upload(&path, file).await.good();
        assert_eq!((&drafted["excluded"][0]["code"], state_of(&utility, 'C').await.as_str()), (&json!("nothing_past_due"), "open"));
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let form = format!("/dispatch/listings/{}/finalise", text(&drafted["listing"]["id"]));
        let page = dispatch.posts(&form, &[("key", "final"), ("date", &utility.tomorrow())]).await;
        let c = utility.office.get(&format!("/orders?kind=turn_off&account={}", account('C'))).await.good();
        page.shows("1 order of an earlier listing is taken back:").shows(&text(&c["orders"][0]["number"]));
        assert_eq!((state_of(&utility, 'C').await.as_str(), state_of(&utility, 'D').await.as_str()), ("recalled", "open"));
    }

    /// C was cut in the morning and had paid a part. That the next listing asks no more than that is no reason to call the cut
    /// wrong: it is given back, and the fee for it stands.
    async fn a_cut_that_was_right_stays_right_when_less_is_asked_later(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "").await;
        let _ = pays(&utility, 'C', "30.00", "R-1").await;
        let order = truck.order_of(account('C'));
        truck.turns_off(&order, "036500", "L-1");
        truck.sync().await;
        let _ = utility.lists("city", &utility.tomorrow(), &[('C', "25.00")]).await;
        let back = utility.office.get(&format!("/orders?kind=reconnect&account={}", account('C'))).await.good();
        assert_eq!((back["orders"].as_array().unwrap().len(), &back["orders"][0]["fees_suppressed"]), (1, &json!(false)), "{back}");
        let kinds: Vec<String> = worklist(&utility, 'C').await.into_iter().map(|(kind, _)| kind).collect();
        assert!(!kinds.contains(&"cut_crossed_release".to_owned()), "{kinds:?}");
    }

    /// A listing with a digit too few: who paid that is released, and whoever withdraws it reads who that is. What others were
    /// told that is missing is what their own listing asks again.
    async fn withdrawing_a_listing_names_whom_it_released(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let _ = utility.publishes().await;
        let wrong = utility.lists("city", &utility.tomorrow(), &[('C', "9.99"), ('D', "60.00")]).await;
        assert_eq!(pays(&utility, 'C', "9.99", "R-1").await["outcome"], "released");
        assert_eq!(pays(&utility, 'D', "50.00", "R-2").await["outcome"], "part_paid");
        let c = utility.office.get(&format!("/orders?kind=turn_off&account={}", account('C'))).await.good();
        let number = text(&c["orders"][0]["number"]);
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let page = dispatch.opens(&format!("/dispatch/listings/{wrong}/withdraw")).await;
        page.shows("1 order of another listing was released").shows(&number);
        let why = json!({ "why": "a digit is missing" });
        let back = utility.dispatcher.post(&format!("/listings/{wrong}/withdraw"), why).await.good();
        assert_eq!(back["released_by_it"], json!([number]), "{back}");
        let [(_, said)] = &worklist(&utility, 'D').await[..] else { panic!("one question") };
        assert!(said.starts_with("50.00 of 200.00 USD was paid; 150.00 is missing."), "{said}");
    }

    /// Paid for, and the listing turns out to be wrong; then the payment was a slip. Nobody goes there because of that listing.
    async fn a_wrong_listing_s_order_stays_taken_back_when_its_payment_is_undone(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "D").await;
        let of_c = pays(&utility, 'C', "99.99", "R-1").await;
        let of_d = pays(&utility, 'D', "200.00", "R-2").await;
        let listing = text(&utility.finalised["listing"]["id"]);
        utility.server.command(&["user", "add", "supervisor", "--role", "supervisor"], &format!("{PASSWORD}\n"));
        let supervisor = Desk::sign_in(&utility.server.url(), "supervisor", PASSWORD).await;
        let why = json!({ "why": "last month's", "give_back": true });
        let back = supervisor.post(&format!("/listings/{listing}/withdraw"), why).await.good();
        let d = truck.order_of(account('D'));
        assert_eq!(back["given_back"], json!([d.number]), "off, though it was paid for: {back}");
        for paid in [&of_c, &of_d] {
            let _ = takes_back(&utility, &text(&paid["payment"])).await.good();
        }
        let state = |letter| state_of(&utility, letter);
        assert_eq!(state('C').await, "recalled");
        // A truck that has heard of nothing cuts all the same: nobody is charged for that unasked.
        let c = truck.order_of(account('C'));
        truck.turns_off(&c, "036500", "L-9");
        truck.sync().await;
        let cut = utility.office.get(&format!("/orders/{}", c.number)).await.good();
        let fee = &cut["disposition"]["fee_triggers"][0]["standing"];
        assert!(*fee == "review" || *fee == "suppressed", "{cut}");
        let orders = utility.office.get(&format!("/orders?kind=reconnect&account={}", account('D'))).await.good();
        assert_eq!(orders["orders"][0]["state"], "open", "the bill was wrong, whatever became of the check: {orders}");
    }
}
