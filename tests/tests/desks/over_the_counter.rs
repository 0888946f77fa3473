//! Money over the counter: what the page promises is what happens, and no slip of a finger becomes a hundred times as much.

use crate::visitor::{Visitor, now_at_the_utility};
use curbstop_tests::{
    on_both_engines,
    utility::{Utility, account},
};
use reqwest::StatusCode;

/// The payment's form for an account, filled in.
fn filled<'f>(amount: &'f str, receipt: &'f str, paid_at: &'f str, shown: &'f str) -> Vec<(&'f str, &'f str)> {
    let key = receipt;
    vec![
        ("amount", amount),
        ("tender", "cash"),
        ("confirmation", receipt),
        ("paid_at", paid_at),
        ("paid_at_shown", shown),
        ("key", key),
    ]
}

on_both_engines! {
    /// The crew's cut has arrived, then the customer pays: an ordinary reconnect is promised, and made.
    async fn the_preview_promises_the_reconnect_that_is_made(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "B").await;
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let path = format!("/office/accounts/{}/payment", account('B'));
        let now = now_at_the_utility();
        let money = filled("120.50", "R-9", &now, &now);
        let promised = office.posts(&format!("{path}/preview"), &money).await;
        promised.shows("Will restore").does_not_show("before everything else");
        let _ = office.posts(&path, &money).await;
        let account = utility.office.get(&format!("/accounts/{}", account('B'))).await.good();
        let orders = account["orders"].as_array().unwrap();
        let reconnect = orders.iter().find(|order| order["kind"] == "reconnect").unwrap_or_else(|| panic!("{account}"));
        assert_eq!((&reconnect["reason_said"], &reconnect["fees_suppressed"]), (&"paid".into(), &false.into()));
    }

    /// A comma that may have been meant as the decimal point is not read as anything.
    async fn a_comma_that_may_be_a_decimal_point_is_refused(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let preview = format!("/office/accounts/{}/payment/preview", account('A'));
        let now = now_at_the_utility();
        for doubtful in ["86,40", "8,640,0", ",864", "1 2 3", "86,4000"] {
            let refused = office.posts(&preview, &filled(doubtful, "R-1", &now, &now)).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{doubtful}: {}", refused.html);
            refused.shows("Write the amount as 86.40.");
        }
        for meant in ["86.40", "$86.40", " 1,086.40 "] {
            office.posts(&preview, &filled(meant, "R-1", &now, &now)).await.shows("is enough");
        }
    }

    /// An amount without its point, or far more than is asked for, is asked about before it is recorded.
    async fn an_amount_without_its_point_is_asked_about(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let path = format!("/office/accounts/{}/payment", account('B'));
        let now = now_at_the_utility();
        for slip in ["12050", "11900", "1205", "603.00"] {
            let asked = office.posts(&path, &filled(slip, "R-1", &now, &now)).await;
            assert_eq!(asked.status, StatusCode::CONFLICT, "{slip}: {}", asked.html);
            asked.shows("$120.50 is asked for: is there a digit too many in the amount, or its point missing?");
        }
        for meant in ["120.50", "130", "602.00"] {
            let said = office.posts(&format!("{path}/preview"), &filled(meant, "R-1", &now, &now)).await;
            assert_eq!(said.status, StatusCode::OK, "{meant}");
            said.does_not_show("is asked for");
        }
    }

    /// The page stood open for hours. Who pays now has paid now, unless the clerk says otherwise.
    async fn a_moment_that_nobody_touched_is_now(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let opened = "2026-01-02T03:04";
        let path = format!("/office/accounts/{}/payment", account('A'));
        let _ = office.posts(&path, &filled("86.40", "R-1", opened, opened)).await;
        let page = office.opens(&format!("/office/accounts/{}", account('A'))).await;
        page.shows("<strong>$86.40</strong>").does_not_show("03:04");
        let said = office.posts(&format!("/office/accounts/{}/payment/preview", account('C')), &filled("99.99", "R-2", opened, "")).await;
        said.does_not_show("is enough");
    }

    /// Two clerks, one bank note: the same receipt typed another way is the same receipt, and the same amount under
    /// another receipt is asked about. Who says that it is another payment is believed.
    async fn the_same_money_is_not_recorded_twice_without_a_word(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let path = format!("/office/accounts/{}/payment", account('B'));
        let page = format!("/office/accounts/{}", account('B'));
        let preview = format!("{path}/preview");
        let now = now_at_the_utility();
        office.posts(&preview, &filled("40.00", "R-17", &now, &now)).await.does_not_show("The same amount");
        let _ = office.posts(&path, &filled("40.00", "R-17", &now, &now)).await;
        for typed in ["r-17", " R-17 ", "R17", "r 17"] {
            let mut again = filled("40.00", typed, &now, &now);
            again.retain(|(name, _)| *name != "key");
            again.push(("key", "again"));
            let refused = office.posts(&path, &again).await;
            assert_eq!(refused.status, StatusCode::CONFLICT, "{typed}");
            refused.shows("A payment with this receipt is recorded for this account already");
        }
        let other = filled("40.00", "R-18", &now, &now);
        let asked = office.posts(&preview, &other).await;
        assert_eq!(asked.status, StatusCode::CONFLICT);
        asked.shows("The same amount was recorded at").shows("under receipt R-17").shows("It is another payment");
        let asked = office.posts(&path, &other).await;
        assert_eq!(asked.status, StatusCode::CONFLICT, "{}", asked.html);
        asked.shows("under receipt R-17").shows("It is another payment").shows("value=\"R-18\"");
        office.opens(&page).await.does_not_show("R-18");
        office.posts(&preview, &filled("41.00", "R-18", &now, &now)).await.does_not_show("The same amount");
        let meant = [other, vec![("another", "yes")]].concat();
        assert_eq!(office.posts(&preview, &meant).await.status, StatusCode::OK);
        assert_eq!(office.posts(&path, &meant).await.location.as_deref(), Some(page.as_str()));
        office.opens(&page).await.shows("R-18");
    }

    /// A machine that reports money is told and not refused, unless it wants to be asked.
    async fn a_machine_is_told_that_the_same_amount_was_recorded(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let body = |receipt: &str, ask: bool| serde_json::json!({
            "account": account('B'), "amount": "40.00", "tender": "cash", "confirmation": receipt,
            "paid_at": curbstop_tests::utility::rfc3339(curbstop_tests::truck::wall_clock()), "ask_if_same": ask,
        });
        let first = utility.office.post("/payments", body("R-17", true)).await.good();
        assert!(first["same_amount"].is_null(), "{first}");
        assert_eq!(utility.office.post("/payments", body("R-18", true)).await.code(), "same_amount_recorded");
        let told = utility.office.post("/payments", body("R-18", false)).await.good();
        assert_eq!(told["same_amount"]["confirmation"], "R-17", "{told}");
        let back = format!("/payments/{}/reversal", told["payment"].as_str().unwrap());
        let _ = utility.office.post(&back, serde_json::json!({ "reason": "error" })).await.good();
        let back = format!("/payments/{}/reversal", first["payment"].as_str().unwrap());
        let _ = utility.office.post(&back, serde_json::json!({ "reason": "error" })).await.good();
        let again = utility.office.post("/payments", body("R-19", true)).await.good();
        assert!(again["same_amount"].is_null(), "what was taken back is no money: {again}");
    }

    /// A receipt from before the listing was run: the page says what that means, not that it was a part, and the office
    /// is asked to look, where the sum alone would have been enough.
    async fn a_payment_of_before_the_listing_is_said_to_be_in_its_balance(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let path = format!("/office/accounts/{}/payment", account('A'));
        let long_ago = curbstop_shared::time::Span::minutes(20 * 24 * 60);
        let at = curbstop_tests::utility::rfc3339(curbstop_tests::truck::wall_clock() - long_ago);
        let paid = filled("95.42", "R-1", &at[..16], "");
        let said = office.posts(&format!("{path}/preview"), &paid).await;
        said.shows("Paid before the listing was run").shows("its balance is taken to have this already").shows("86.40");
        said.shows("the worklist will ask the office to look").does_not_show("This pays a part");
        let _ = office.posts(&path, &paid).await;
        let asked = async || utility.office.get(&format!("/exceptions?account={}", account('A'))).await.good();
        let listed = asked().await;
        assert_eq!(listed["exceptions"].as_array().unwrap().len(), 1, "{listed}");
        assert_eq!((&listed["exceptions"][0]["kind"], &listed["exceptions"][0]["owner"]), (&"payment_unclear".into(), &"office".into()));
        let sentence = listed["exceptions"][0]["sentence"].as_str().unwrap();
        assert!(sentence.contains("before the listing was run, which still asks for 86.40"), "{sentence}");
        // A little is nothing to look at; the whole answers the question.
        let little = filled("10.00", "R-2", &at[..16], "");
        office.posts(&format!("{path}/preview"), &little).await.shows("Paid before the listing").does_not_show("the worklist");
        let now = now_at_the_utility();
        let _ = office.posts(&path, &filled("86.40", "R-3", &now, &now)).await;
        let listed = asked().await;
        assert_eq!(listed["exceptions"], serde_json::json!([]), "{listed}");
    }

    /// Nothing is chosen for the clerk: Enter on an untouched form sets no hold that only a supervisor can lift.
    async fn a_hold_is_set_for_no_reason_that_nobody_chose(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let path = format!("/office/accounts/{}/hold", account('A'));
        let page = office.opens(&path).await;
        page.shows("name=\"kind\" required autofocus><option value=\"\" selected>Choose why</option>");
        let key = page.hidden("data-target", "key");
        let refused = office.posts(&path, &[("key", key.as_str()), ("kind", ""), ("good_through", ""), ("comment", "")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.html);
        refused.shows("Choose why first.");
        let shown = format!("/office/accounts/{}", account('A'));
        office.opens(&shown).await.does_not_show("Hold H-");
        let held = utility.office.get(&format!("/accounts/{}", account('A'))).await.good();
        assert_eq!(held["holds"], serde_json::json!([]), "{held}");
        let chosen = [("key", key.as_str()), ("kind", "extension"), ("good_through", utility.date.as_str()), ("comment", "asked")];
        let set = office.posts(&path, &chosen).await;
        assert_eq!(set.status, StatusCode::SEE_OTHER, "{}", set.html);
        office.opens(&shown).await.shows("Hold H-1");
    }

    /// "When am I back on?": before and after the last key the clerk reads which truck has it, or that nobody can say.
    async fn the_clerk_reads_when_somebody_is_back_on_as_far_as_it_is_known(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "B").await;
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let path = format!("/office/accounts/{}/payment", account('B'));
        let now = now_at_the_utility();
        let money = filled("120.50", "R-9", &now, &now);
        let promised = office.posts_in_place(&format!("{path}/preview"), &money).await;
        promised.shows("a new reconnect").shows("No crew has it yet, so nobody can say a time");
        let done = office.posts_in_place(&path, &money).await;
        done.shows("Restores: reconnect R-").shows("No crew has it yet").shows("It has to be done by");

        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let page = dispatch.opens("/dispatch/board").await;
        let reconnect = page.hidden("action=\"/dispatch/give\"", "order");
        let route = page.html.split("name=\"route\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let fields = [("order", reconnect.as_str()), ("route", route.as_str()), ("date", utility.date.as_str())];
        dispatch.posts("/dispatch/give", &fields).await;
        let more = filled("1.00", "R-10", &now, &now);
        for path in [format!("{path}/preview"), path.clone()] {
            let told = office.posts_in_place(&path, &more).await;
            told.shows("is called for already. It is with Truck 12, ").does_not_show("No crew has it yet");
        }
        office.posts("/language", &[("language", "es"), ("back", "/office")]).await;
        let told = office.posts_in_place(&path, &filled("2.00", "R-11", &now, &now)).await;
        told.shows("ya está pedida. La tiene Truck 12, ");
    }

    /// A digit too many, and a receipt that another account has: asked before it is recorded; who has looked is believed.
    async fn a_slip_of_the_hand_is_asked_about_before_it_is_recorded(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let page = format!("/office/accounts/{}", account('A'));
        let path = format!("{page}/payment");
        let preview = format!("{path}/preview");
        let now = now_at_the_utility();
        for slip in ["864.00", "8,640.00"] {
            let money = filled(slip, "R-1", &now, &now);
            let asked = office.posts(&preview, &money).await;
            assert_eq!(asked.status, StatusCode::CONFLICT);
            asked.shows("$86.40 is asked for: is there a digit too many").shows("I have looked, it is right");
            let asked = office.posts(&path, &money).await;
            assert_eq!(asked.status, StatusCode::CONFLICT, "{}", asked.html);
            asked.shows("a digit too many");
        }
        office.opens(&page).await.shows("pay $86.40 to stop it");
        utility.pays('B', curbstop_tests::truck::wall_clock()).await;
        let taken = filled("86.40", "r-b", &now, &now);
        let asked = office.posts(&path, &taken).await;
        assert_eq!(asked.status, StatusCode::CONFLICT, "{}", asked.html);
        asked.shows("Receipt is on account 01-0020-01 already");
        office.opens(&page).await.shows("pay $86.40 to stop it");
        let mut meant = taken.clone();
        meant.push(("another", "yes"));
        assert_eq!(office.posts(&path, &meant).await.location.as_deref(), Some(page.as_str()));
        office.opens(&page).await.does_not_show("to stop it").shows("r-b");
    }
}
