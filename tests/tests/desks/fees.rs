//! Fees that are in doubt, and what the billing system hears of a visit that is judged otherwise later.

use crate::visitor::Visitor;
use curbstop_server::clock::SettableClock;
use curbstop_shared::time::{Micros, Span};
use curbstop_tests::{
    desk::{Desk, text},
    on_both_engines,
    server::TestServer,
    truck::wall_clock,
    utility::{PASSWORD, Utility, account, rfc3339},
};
use serde_json::{Value, json};
use std::sync::Arc;

/// The rows of the results of some days, each by column.
async fn results(
    office: &Desk,
    from: chrono::NaiveDate,
    to: chrono::NaiveDate,
) -> Vec<std::collections::BTreeMap<String, String>> {
    let csv = text(&office.get(&format!("/exports/results?from={from}&to={to}")).await.good());
    let mut rows = csv.trim_start_matches('\u{feff}').lines().map(cells);
    let columns = rows.next().unwrap();
    assert_eq!(columns.last().map(String::as_str), Some("judged_at"));
    rows.map(|row| columns.iter().cloned().zip(row).collect()).collect()
}

/// The cells of a row: a comma between quotes is none.
fn cells(row: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for letter in row.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => cells.last_mut().unwrap().push(letter),
        }
    }
    cells
}

fn day(utility: &Utility) -> chrono::NaiveDate {
    utility.date.parse().unwrap()
}

async fn in_doubt(office: &Desk, letter: char) -> Option<Value> {
    let listed = office.get(&format!("/exceptions?account={}", account(letter))).await.good();
    listed["exceptions"].as_array().unwrap().iter().find(|entry| entry["kind"] == "fee_in_doubt").cloned()
}

on_both_engines! {
    /// Paid in the drop box an hour before the cut, and typed after it was known. Nobody says that the payment came after
    /// the cut; whether the fee is charged is asked, decided, kept, and told to the billing system.
    async fn a_fee_that_is_in_doubt_is_decided_by_the_office_and_reaches_the_billing_system(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "BD").await;
        let path = format!("/office/accounts/{}", account('B'));
        let mut clerk = Visitor::signs_in(&utility.server.url(), "office").await;
        assert!(in_doubt(&utility.office, 'B').await.is_none());
        utility.pays('B', wall_clock() - Span::minutes(60)).await;
        let page = clerk.opens(&path).await;
        page.shows("was made before that, and came in").shows("The fee waits for a decision.").does_not_show("came after it");
        page.shows("the customer had paid before it").shows("Charge the fee").shows("No fee");
        let asked = in_doubt(&utility.office, 'B').await.unwrap();
        assert_eq!((&asked["owner"], &asked["fee"], &asked["urgent"]), (&json!("office"), &json!(true), &json!(false)), "{asked}");
        let fee = async || {
            let rows = results(&utility.office, day(&utility), day(&utility) + chrono::Days::new(1)).await;
            let row = rows.into_iter().find(|row| row["account"] == account('B') && row["action"] == "turned_off").unwrap();
            (row["cut_label"].clone(), row["fee"].clone(), !row["judged_at"].is_empty())
        };
        assert_eq!(fee().await, ("released_after".into(), "review".into(), true));

        let act = format!("/exceptions/{}/actions", text(&asked["id"]));
        let said = |action: &str| json!({ "action": action, "why": "drop box of Saturday" });
        assert_eq!(utility.office.post(&act, said("resolve")).await.code(), "decision_needed");
        assert_eq!(utility.dispatcher.post(&act, said("waive_fee")).await.code(), "role_forbids");
        let unsaid = json!({ "action": "charge_fee", "why": " " });
        assert_eq!(utility.office.post(&act, unsaid).await.code(), "why_missing");
        let unseen = json!({ "action": "waive_fee", "why": "drop box of Saturday", "doubts": "permit" });
        assert_eq!(utility.office.post(&act, unseen).await.code(), "fee_doubts_changed");
        assert_eq!(page.hidden(&format!("/office/exceptions/{}", text(&asked["id"])), "doubts"), text(&asked["doubts"]));
        let closed = utility.office.post_once(&act, said("waive_fee"), "once").await.good();
        assert_eq!(utility.office.post_once(&act, said("waive_fee"), "once").await.good(), closed);
        assert_eq!(closed["state"], "resolved");
        assert_eq!(utility.office.post(&act, said("charge_fee")).await.code(), "exception_closed");
        assert_eq!(fee().await, ("released_after".into(), "suppressed".into(), true));
        assert!(in_doubt(&utility.office, 'B').await.is_none());
        let page = clerk.opens(&path).await;
        page.shows("an ordinary reconnect. No fee.").shows("The fee is not charged: drop box of Saturday").does_not_show("value=\"charge_fee\"");
        let reported = utility.office.get(&format!("/reports/exceptions?from={0}&to={0}", utility.date)).await.good();
        let row = reported["entries"].as_array().unwrap().iter().find(|row| row["kind"] == "fee_in_doubt").unwrap().clone();
        assert_eq!((&row["state"], &row["resolution"], &row["closed_by"]), (&json!("resolved"), &json!("drop box of Saturday"), &json!("office")), "{row}");

        // From the page: D's fee is charged.
        utility.pays('D', wall_clock() - Span::minutes(60)).await;
        let asked = in_doubt(&utility.office, 'D').await.unwrap();
        let form = format!("/office/exceptions/{}", text(&asked["id"]));
        let fields = [("why", "paid a part only"), ("act", "charge_fee"), ("key", "d")];
        assert!(clerk.posts(&form, &fields).await.location.is_some());
        let rows = results(&utility.office, day(&utility), day(&utility)).await;
        let row = rows.iter().find(|row| row["account"] == account('D') && row["action"] == "turned_off").unwrap();
        assert_eq!(row["fee"], "stands", "{row:?}");
    }

    /// The day's results went out with "stands". Two days later somebody posts the payment of before the cut: that day's
    /// file brings the visit again, and the day between does not.
    async fn a_visit_that_is_judged_otherwise_later_comes_again_in_the_results(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "B").await;
        let paid = wall_clock() - Span::minutes(60);
        let (today, later) = (day(&utility), day(&utility) + chrono::Days::new(2));
        let told = |rows: &[std::collections::BTreeMap<String, String>]| {
            let of = rows.iter().filter(|row| row["account"] == account('B') && row["action"] == "turned_off");
            of.map(|row| (row["fee"].clone(), row["judged_at"].get(..10).unwrap_or_default().to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(told(&results(&utility.office, today, today).await), [("stands".to_owned(), String::new())]);
        let server = TestServer::of_utility(Arc::new(db), SettableClock::at(wall_clock() + Span::minutes(2 * 24 * 60))).await;
        let office = Desk::sign_in(&server.url, "office", PASSWORD).await;
        assert!(told(&results(&office, later, later).await).is_empty());
        let payment = json!({
            "account": account('B'), "amount": "120.50", "tender": "cash", "confirmation": "R-1", "paid_at": rfc3339(paid),
        });
        let _ = office.post("/payments", payment).await.good();
        let again = ("review".to_owned(), later.to_string());
        assert_eq!(told(&results(&office, later, later).await), std::slice::from_ref(&again));
        let between = today + chrono::Days::new(1);
        assert!(told(&results(&office, between, between).await).is_empty());
        assert_eq!(told(&results(&office, today, today).await), [again], "the day itself says what counts now");
    }

    /// Paid in the second of the cut, by clocks that may be two apart: nobody says that the payment came after it, and no fee
    /// is charged before a person has said so.
    async fn who_paid_at_the_very_time_of_the_cut_is_charged_only_by_a_persons_word(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "B").await;
        let told = utility.office.get(&format!("/accounts/{}", account('B'))).await.good();
        let cut = told["timeline"].as_array().unwrap().iter().find(|entry| text(&entry["how"]).contains("tablet 12")).unwrap();
        utility.pays('B', Micros(cut["at_us"].as_i64().unwrap())).await;
        let mut clerk = Visitor::signs_in(&utility.server.url(), "office").await;
        let page = clerk.opens(&format!("/office/accounts/{}", account('B'))).await;
        page.shows("nobody can tell which came first").shows("the clocks may be up to a minute apart").does_not_show("came after it");
        page.shows("The fee waits for a decision.").shows("no clock tells which came first");
        let row = results(&utility.office, day(&utility), day(&utility)).await;
        let row = row.iter().find(|row| row["account"] == account('B') && row["action"] == "turned_off").unwrap();
        assert_eq!((row["cut_label"].as_str(), row["fee"].as_str()), ("released_after", "review"), "{row:?}");
    }

    /// "No fee" was a slip. Two days later a clerk says so, with a reason; that day's results bring the visit again, and
    /// once more where it is changed back. Whoever decides from an old list changes nobody's word.
    async fn a_decision_on_a_fee_that_was_wrong_is_changed_and_the_billing_system_hears_again(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "B").await;
        let payment = utility.pays('B', wall_clock() - Span::minutes(60)).await;
        let entry = text(&in_doubt(&utility.office, 'B').await.unwrap()["id"]);
        let act = format!("/exceptions/{entry}/actions");
        let said = |action: &str| json!({ "action": action, "why": "the drop box was emptied on Monday" });
        assert_eq!(utility.office.post(&act, said("charge_fee_after_all")).await.code(), "fee_not_decided");
        let _ = utility.office.post(&act, said("waive_fee")).await.good();
        assert_eq!(utility.office.post(&act, said("charge_fee")).await.code(), "exception_closed", "from an old list");
        assert_eq!(utility.office.post(&act, said("waive_fee_after_all")).await.code(), "fee_decided_so");
        assert_eq!(utility.dispatcher.post(&act, said("charge_fee_after_all")).await.code(), "role_forbids");
        let unsaid = json!({ "action": "charge_fee_after_all", "why": " " });
        assert_eq!(utility.office.post(&act, unsaid).await.code(), "why_missing");

        let later = day(&utility) + chrono::Days::new(2);
        let server = TestServer::of_utility(Arc::new(db), SettableClock::at(wall_clock() + Span::minutes(2 * 24 * 60))).await;
        let office = Desk::sign_in(&server.url, "office", PASSWORD).await;
        let heard = async || {
            let rows = results(&office, later, later).await;
            let of = rows.into_iter().filter(|row| row["account"] == account('B') && row["action"] == "turned_off");
            of.map(|row| (row["fee"].clone(), row["judged_at"].get(..10).unwrap_or_default().to_owned())).collect::<Vec<_>>()
        };
        assert!(heard().await.is_empty(), "it was told, and stands");
        let changed = office.post_once(&act, said("charge_fee_after_all"), "once").await.good();
        assert_eq!(office.post_once(&act, said("charge_fee_after_all"), "once").await.good(), changed);
        assert_eq!(heard().await, [("stands".to_owned(), later.to_string())]);
        let mut clerk = Visitor::signs_in(&server.url, "office").await;
        let path = format!("/office/accounts/{}", account('B'));
        let page = clerk.opens(&path).await;
        page.shows("It was decided that the fee is charged.").shows("No fee after all").shows("Why the decision is changed");
        page.shows("The fee is charged: the drop box was emptied on Monday").does_not_show("Charge the fee after all");
        let told = office.get(&format!("/accounts/{}", account('B'))).await.good();
        let of_cut = told["orders"].as_array().unwrap().iter().find(|order| order["kind"] == "turn_off").unwrap();
        assert_eq!(of_cut["fee"], json!({ "entry": entry, "charged": true, "doubts": "paid_before" }), "{told}");

        let fields = [("why", "it was the box of Saturday"), ("act", "waive_fee_after_all"), ("key", "back")];
        assert!(clerk.posts(&format!("/office/exceptions/{entry}"), &fields).await.location.is_some());
        assert_eq!(heard().await, [("suppressed".to_owned(), later.to_string())]);
        clerk.opens(&path).await.shows("Charge the fee after all").shows("The fee is not charged: it was the box of Saturday");

        // The bill itself was wrong: no word of anybody makes that cost something.
        let back = format!("/payments/{}/reversal", text(&payment["payment"]));
        let _ = office.post(&back, json!({ "reason": "returned_check" })).await.good();
        let wrong = json!({ "account": account('B'), "reason": "billing_error", "why": "read the neighbour's meter" });
        let _ = office.post("/releases", wrong).await.good();
        assert_eq!(office.post(&act, said("charge_fee_after_all")).await.code(), "fee_not_owed");
        assert_eq!(heard().await[0].0, "suppressed");
    }

    /// A payment typed into the wrong account is no payment: nothing came after the cut.
    async fn a_payment_that_was_a_slip_leaves_no_word_behind(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "B").await;
        let paid = utility.pays('B', wall_clock() + Span::seconds(3)).await;
        let path = format!("/office/accounts/{}", account('B'));
        let mut clerk = Visitor::signs_in(&utility.server.url(), "office").await;
        clerk.opens(&path).await.shows("came after it: an ordinary reconnect");
        let back = format!("/payments/{}/reversal", text(&paid["payment"]));
        let _ = utility.office.post(&back, json!({ "reason": "error" })).await.good();
        clerk.opens(&path).await.does_not_show("came after it").shows("entered by mistake").shows("Water off since");
        let rows = results(&utility.office, day(&utility), day(&utility)).await;
        let row = rows.iter().find(|row| row["account"] == account('B') && row["action"] == "turned_off").unwrap();
        assert_eq!((row["cut_label"].as_str(), row["fee"].as_str()), ("not_released", "stands"), "{row:?}");
    }

    /// No cut is open, so no order tells of it: the account's history does, with who, when and why.
    async fn a_hold_is_in_the_accounts_history_where_no_cut_is_open(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "B").await;
        let hold = json!({ "account": account('B'), "kind": "dispute", "comment": "reads the wrong meter" });
        let hold = text(&utility.office.post("/holds", hold).await.good()["hold"]);
        let entries = async || {
            let told = utility.office.get(&format!("/accounts/{}", account('B'))).await.good();
            let timeline = told["timeline"].as_array().unwrap().clone();
            let of_hold = timeline.iter().filter(|entry| text(&entry["said"]).contains(&hold));
            of_hold.map(|entry| (text(&entry["said"]), text(&entry["how"]))).collect::<Vec<_>>()
        };
        let by = "office · at the office".to_owned();
        let set = (format!("Hold: dispute ({hold}): reads the wrong meter"), by.clone());
        assert_eq!(entries().await, std::slice::from_ref(&set));
        let _ = utility.office.post(&format!("/holds/{hold}/lift"), json!({ "why": "meter was right" })).await.good();
        assert_eq!(entries().await, [(format!("Hold lifted ({hold}): meter was right"), by), set]);
        // Where a cut is open its order tells it, once.
        let hold = json!({ "account": account('A'), "kind": "dispute", "comment": "reads the wrong meter" });
        let _ = utility.office.post("/holds", hold).await.good();
        let told = utility.office.get(&format!("/accounts/{}", account('A'))).await.good()["timeline"].to_string();
        assert_eq!(told.matches("Hold: dispute").count(), 1, "{told}");
    }
}
