//! Money over the counter: what the page promises is what happens, and no slip of a finger becomes a hundred times as much.

use crate::visitor::{Visitor, now_in_denver};
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
        let now = now_in_denver();
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
        let now = now_in_denver();
        for doubtful in ["86,40", "8,640,0", ",864", "1 2 3", "86,4000"] {
            let refused = office.posts(&preview, &filled(doubtful, "R-1", &now, &now)).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{doubtful}: {}", refused.html);
            refused.shows("Write the amount as 86.40.");
        }
        for meant in ["86.40", "$86.40", " 1,086.40 "] {
            office.posts(&preview, &filled(meant, "R-1", &now, &now)).await.shows("is enough");
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
}
