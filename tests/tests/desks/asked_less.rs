//! A later listing asks less than the order that is out: whoever was told that sum and pays it has paid, whether the later
//! listing's own plan has gone out or not.

use crate::money::{found, pays, takes_back, to_pay, worklist};
use curbstop_tests::{
    desk::text,
    on_both_engines,
    utility::{Utility, account},
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
}
