//! A payment that a file brought and nobody could read: it stands in the way of its account's cut until it is known.

use crate::visitor::{Page, Visitor, now_at_the_utility};
use curbstop_server::store::audit;
use curbstop_tests::{
    on_both_engines,
    truck::wall_clock,
    utility::{Utility, account, rfc3339},
};
use reqwest::StatusCode;
use serde_json::json;

/// A journal of the day with these rows: account, receipt, amount.
async fn journal(utility: &Utility, rows: &[(&str, &str, &str)]) -> serde_json::Value {
    journal_of("city", utility, rows).await
}

async fn journal_of(source: &str, utility: &Utility, rows: &[(&str, &str, &str)]) -> serde_json::Value {
    let mut csv = String::from("Account,Receipt,Date,Amount,Type,Original Receipt\n");
    for (account, receipt, amount) in rows {
        let kind = if amount.starts_with('-') { "reversal" } else { "payment" };
        csv.push_str(&format!("{account},{receipt},{},{amount},{kind},\n", utility.date));
    }
    let path = format!("/payments/import?source={source}&as_of={}", utility.date);
    utility.dispatcher.upload(&path, csv.into_bytes()).await.good()
}

/// The address at which a row is settled: of the entry whose title has these words.
fn settles(page: &Page, title: &str) -> String {
    let entry = page.html.split("class=\"what\"").skip(1).find(|entry| entry.contains(title)).expect("an entry of it");
    let id = entry.split("/office/unread-payments/").nth(1).unwrap().split('"').next().unwrap();
    format!("/office/unread-payments/{id}")
}

/// The last plan of the day, on its way out without the tick; and the page before it.
async fn about_to_publish(dispatch: &mut Visitor, utility: &Utility, key: &str) -> (Page, Page) {
    let day = utility.date.as_str();
    let fields = [("key", key), ("date", day), ("crew", utility.crew.as_str()), ("from", "08:00"), ("to", "23:00")];
    let built = dispatch.posts("/dispatch/plan", &fields).await;
    assert_eq!(built.status, StatusCode::SEE_OTHER, "{}", built.html);
    let page = dispatch.opens("/dispatch?step=3").await;
    let plan = page.html.split("/dispatch/plans/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let publish = [("key", key), ("date", day)];
    let refused = dispatch.posts(&format!("/dispatch/plans/{plan}/publish"), &publish).await;
    (page, refused)
}

const B: &str = "Payment not read · 01-0020-01 BNDERSON, PAT";

on_both_engines! {
    /// Bad amounts: the account's cut does not go out unseen, whatever clean files come later, until somebody says with
    /// a reason that it is no payment. A row without an account stands until somebody has seen it.
    async fn a_payment_nobody_could_read_stands_before_the_cut_until_it_is_known(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let told = journal(&utility, &[
            (account('B'), "R-2", "12O.50"), ("99-9999-99", "R-9", "5.00"), (account('C'), "R-3", "-5.00"), (account('D'), "R-4", "0.00"),
        ]).await;
        assert_eq!(told["counts"]["refused"], 4, "{told}");
        journal(&utility, &[(account('C'), "R-5", "10.00")]).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let (page, refused) = about_to_publish(&mut dispatch, &utility, "plan-1").await;
        page.shows(B).shows("Line 2 of the payments file from city").shows("12O.50").shows("write it like 1234.56");
        page.shows("Payment not read · no account").shows("R-9").shows("I have read this");
        page.does_not_show("Payment not read · 01-0030-01").does_not_show("Payment not read · 01-0040-01");
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.shows("Nothing was published.").shows(B);

        utility.publishes().await;
        let board = dispatch.opens("/dispatch").await;
        board.shows(B).shows("Truck 12, stop is 1 away.").shows("tel:555-0112");
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let path = format!("/office/accounts/{}", account('B'));
        let found = office.opens(&path).await;
        found.shows("Line 2 of the payments file").shows("or it is no payment, say so here");
        let settle = settles(&found, "Payment not read · 01-0020-01");
        let silent = office.posts(&settle, &[("why", " "), ("back", &path)]).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
        dispatch.opens("/dispatch").await.shows(B);
        let said = office.posts(&settle, &[("why", "a fee of another town"), ("back", &path)]).await;
        assert_eq!(said.location.as_deref(), Some(path.as_str()), "{}", said.html);
        office.opens(&path).await.does_not_show("Line 2 of the payments file");
        let board = dispatch.opens("/dispatch").await;
        board.does_not_show("Payment not read · 01-0020-01").shows("Payment not read · no account");
        let seen = settles(&board, "Payment not read · no account");
        let said = dispatch.posts(&seen, &[("why", ""), ("back", "https://evil.example/")]).await;
        assert_eq!(said.location.as_deref(), Some("/dispatch"));
        dispatch.opens("/dispatch").await.does_not_show("Payment not read");
        // The same file again: what was settled stays so.
        journal(&utility, &[(account('B'), "R-2", "12O.50"), ("99-9999-99", "R-9", "5.00")]).await;
        dispatch.opens("/dispatch").await.does_not_show("Payment not read");

        let trail = audit::page(&mut db.open().await.reader().await.unwrap(), 0, 200).await.unwrap();
        let settled: Vec<_> = trail.iter().filter(|row| row.action == "unread_payment_settled").collect();
        assert!(settled[0].details.contains("a fee of another town") && settled[0].actor.starts_with("person:"), "{settled:?}");
        assert!(settled[1].details.contains("seen"), "{settled:?}");
    }

    /// A payment that is recorded ends it, and undone as a mistake it stands again; a file that brings the row ends it.
    async fn what_is_recorded_or_brought_again_stands_no_more(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        journal(&utility, &[(account('B'), "R-2", "12O.50"), (account('C'), "", "99.99")]).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatch.opens("/dispatch").await.shows(B).shows("Payment not read · 01-0030-01");
        dispatch.posts("/language", &[("language", "es"), ("back", "/dispatch")]).await;
        let spanish = dispatch.opens("/dispatch").await;
        spanish.shows("Pago sin leer · 01-0020-01").shows("Esto no es una cantidad de dinero").shows("falta 1 parada");
        dispatch.posts("/language", &[("language", "en"), ("back", "/dispatch")]).await;

        let path = format!("/office/accounts/{}", account('B'));
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let key = office.opens(&path).await.hidden("data-preview", "key");
        let (key, paid_at) = (key.as_str(), now_at_the_utility());
        let fields = [("amount", "20.50"), ("tender", "cash"), ("confirmation", "r-2"), ("paid_at", &paid_at), ("key", key)];
        office.posts(&format!("{path}/payment"), &fields).await;
        dispatch.opens("/dispatch").await.does_not_show(B).shows("Payment not read · 01-0030-01");
        let found = utility.office.get(&format!("/accounts/{}", account('B'))).await.good();
        let entries = found["timeline"].as_array().unwrap().iter();
        let payment = entries.filter_map(|entry| entry["payment"].as_str()).next().unwrap().to_owned();
        let undone = utility.office.post(&format!("/payments/{payment}/reversal"), json!({ "reason": "error" })).await;
        let _ = undone.good();
        dispatch.opens("/dispatch").await.shows(B);

        journal(&utility, &[(account('B'), "R-77", "1.00")]).await;
        dispatch.opens("/dispatch").await.shows(B);
        journal(&utility, &[(account('B'), "r-2", "60.00"), (account('C'), "R-3", "50.00")]).await;
        dispatch.opens("/dispatch").await.does_not_show(B).shows("Payment not read · 01-0030-01");
    }

    /// A file in which every row is refused makes no answer that nobody can hold: the first thousand are told, all are
    /// counted by their reason, and the payment among them that has an account stands all the same.
    async fn a_file_of_nothing_but_refused_rows_is_answered_within_bounds(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut csv = String::from("Account,Receipt,Date,Amount\n");
        for n in 0..30_000 {
            csv.push_str(&format!("88-{n:04}-88,R-{n},10/14/2026,5.00\n"));
        }
        csv.push_str(&format!("{},R-B,10/14/2026,12O.50\n", account('B')));
        let path = format!("/payments/import?source=city&as_of={}", utility.date);
        let told = utility.dispatcher.upload(&path, csv.into_bytes()).await.good();
        assert!(told.to_string().len() < 500_000, "{} bytes", told.to_string().len());
        assert_eq!(told["counts"]["refused"], 30_001);
        assert_eq!(told["refused_by_code"], json!({ "account_unknown": 30_000, "amount_unreadable": 1 }));
        assert_eq!(told["refused"].as_array().unwrap().len(), 1_000);
        assert_eq!(told["refused_beyond"], json!({ "account_unknown": 29_000, "amount_unreadable": 1 }));
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let board = dispatch.opens("/dispatch").await;
        board.shows(B).shows("And 29979 more rows of this file like it");
        assert_eq!(board.html.matches("Payment not read").count(), 22);
        dispatch.posts(&settles(&board, "Payment not read · no account"), &[("why", ""), ("back", "/dispatch")]).await;
        assert_eq!(dispatch.opens("/dispatch").await.html.matches("Payment not read").count(), 1);
    }

    /// A good row of the same file says nothing about the one that could not be read: neither another receipt of the
    /// account nor the same receipt of another account.
    async fn a_good_row_of_the_same_file_hides_nothing(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let told = journal(&utility, &[
            (account('B'), "Z-2", "5.00"), (account('B'), "", "87.34"), (account('C'), "R-50", "10.00"), ("99-9999-99", "R-50", "200.00"),
        ]).await;
        assert_eq!((&told["counts"]["accepted"], &told["counts"]["refused"]), (&json!(2), &json!(2)), "{told}");
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatch.opens("/dispatch").await.shows(B).shows("Payment not read · no account").shows("R-50");
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        office.opens(&format!("/office/accounts/{}", account('B'))).await.shows("Line 3 of the payments file");
    }

    /// More rows than a page holds: those whose payment is known take no room, and the rest is counted.
    async fn what_is_known_pushes_nothing_off_the_board(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        journal(&utility, &[(account('B'), "R-2", "12O.50")]).await;
        let receipts: Vec<String> = (0..110).map(|n| format!("K-{n}")).collect();
        let of = |amount| -> Vec<_> { receipts.iter().map(|receipt| (account('C'), receipt.as_str(), amount)).collect() };
        journal(&utility, &of("O.10")).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatch.opens("/dispatch").await.shows("And 11 more payments that nobody could read");
        let (page, _) = about_to_publish(&mut dispatch, &utility, "plan-1").await;
        page.shows("And 91 more payments that nobody could read");
        journal(&utility, &of("0.10")).await;
        let board = dispatch.opens("/dispatch").await;
        board.shows(B).does_not_show("more payments that nobody could read").does_not_show("Payment not read · 01-0030-01");
    }

    /// A small payment over the counter, an old receipt of the same number from elsewhere, a check that comes back: none
    /// of them says where the money of the row is. Paid in full, there is nothing to cut.
    async fn only_its_own_receipt_ends_it_or_the_whole_debt_paid(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        journal_of("lockbox", &utility, &[(account('B'), "R-2", "1.00")]).await;
        journal(&utility, &[(account('B'), "R-2", "12O.50")]).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatch.opens("/dispatch").await.shows(B);
        journal_of("lockbox", &utility, &[(account('B'), "R-2", "2.00"), (account('B'), "L-9", "1.00")]).await;
        dispatch.opens("/dispatch").await.shows(B);
        let paid = |account: &str, confirmation: &str, amount: &str| json!({
            "account": account, "amount": amount, "tender": "check", "confirmation": confirmation, "paid_at": rfc3339(wall_clock()),
        });
        let small = utility.office.post("/payments", paid(account('B'), "slip 7", "1.00")).await.good();
        assert_eq!(small["outcome"], "part_paid");
        dispatch.opens("/dispatch").await.shows(B);

        let _ = utility.office.post("/payments", paid(account('B'), "slip 8", "500.00")).await.good();
        dispatch.opens("/dispatch").await.does_not_show(B);

        let c = "Payment not read · 01-0030-01";
        journal(&utility, &[(account('C'), "R-3", "8O.00")]).await;
        let check = utility.office.post("/payments", paid(account('C'), "r-3", "80.00")).await.good();
        dispatch.opens("/dispatch").await.does_not_show(c);
        let back = format!("/payments/{}/reversal", check["payment"].as_str().unwrap());
        let _ = utility.office.post(&back, json!({ "reason": "returned_check" })).await.good();
        dispatch.opens("/dispatch").await.shows(c);
    }

    /// Off already, on a route of before: no truck is on its way, whatever stood before that stop.
    async fn of_a_customer_who_is_off_no_truck_is_named(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "").await;
        journal(&utility, &[(account('C'), "R-3", "8O.00"), (account('B'), "R-2", "12O.50")]).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatch.opens("/dispatch").await.shows("Truck 12, stop is 2 away.").shows("Truck 12, stop is 1 away.");
        let cut = truck.order_of(account('C'));
        truck.turns_off(&cut, "036500", "L-1");
        truck.sync().await;
        let board = dispatch.opens("/dispatch").await;
        board.shows("Payment not read · 01-0030-01").shows("Truck 12, stop is 1 away.");
        let of = |title: &str| board.html.split("class=\"what\"").find(|entry| entry.contains(title)).unwrap().split("</li>").next().unwrap().to_owned();
        let off = of("Payment not read · 01-0030-01");
        assert!(!off.contains("Truck 12") && !off.contains("tel:"), "{off}");
        assert!(of(B).contains("tel:555-0112"));
    }

    /// What was said of a row was not so: the account says who said it, when and why, and opens it again with one press.
    async fn what_was_said_of_a_row_stands_on_the_account_and_can_be_taken_back(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        journal(&utility, &[(account('B'), "R-2", "12O.50")]).await;
        let path = format!("/office/accounts/{}", account('B'));
        let told = async || utility.office.get(&format!("/accounts/{}", account('B'))).await.good();
        let unread = told().await["unread_payments"].clone();
        assert_eq!((&unread[0]["receipt"], &unread[0]["code"], &unread[0]["source"]), (&json!("R-2"), &json!("amount_unreadable"), &json!("city")), "{unread}");
        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let front = office.opens("/office").await;
        front.shows("1 payment could not be read and may be somebody who is about to be cut.").shows("href=\"/office/unread-payments\"");
        let list = office.opens("/office/unread-payments").await;
        list.shows(B).shows("Truck 12, stop is 1 away.");
        let settle = settles(&list, B);
        let said = office.posts(&settle, &[("why", "a fee of another town"), ("back", "/office/unread-payments")]).await;
        assert_eq!(said.location.as_deref(), Some("/office/unread-payments"), "{}", said.html);
        let twice = office.posts(&settle, &[("why", "a fee of another town"), ("back", &path)]).await;
        assert_eq!(twice.status, StatusCode::SEE_OTHER, "the same press again: {}", twice.html);
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let other = dispatch.posts(&settle, &[("why", "of account C"), ("back", &path)]).await;
        assert_eq!(other.status, StatusCode::NOT_FOUND);
        office.opens("/office").await.does_not_show("could not be read and may be");
        office.opens("/office/unread-payments").await.shows("None stands before a cut.");

        let page = office.opens(&path).await;
        page.shows("Payment not read, settled (line 2 of the file from city, receipt R-2: &#34;12O.50&#34;): a fee of another town");
        let settled = told().await;
        let entry = settled["timeline"].as_array().unwrap().iter().find(|entry| entry["unread_payment"].is_string()).unwrap().clone();
        assert_eq!((&entry["how"], &settled["unread_payments"]), (&json!("office"), &json!([])), "{entry}");
        let reopen = format!("{settle}/reopen");
        page.shows(&reopen);
        for _ in 0..2 {
            let back = office.posts(&reopen, &[("back", &path)]).await;
            assert_eq!(back.location.as_deref(), Some(path.as_str()), "{}", back.html);
        }
        office.opens(&path).await.shows("Line 2 of the payments file").does_not_show("Payment not read, settled");
        dispatch.opens("/dispatch").await.shows(B);
        // The same words settle it anew.
        let _ = office.posts(&settle, &[("why", "a fee of another town"), ("back", &path)]).await;
        dispatch.opens("/dispatch").await.does_not_show(B);
        let trail = audit::page(&mut db.open().await.reader().await.unwrap(), 0, 200).await.unwrap();
        let actions: Vec<&str> = trail.iter().map(|row| row.action.as_str()).filter(|action| action.starts_with("unread_payment")).collect();
        assert_eq!(actions, ["unread_payment_settled", "unread_payment_reopened", "unread_payment_settled"]);
    }

    /// Somebody who surely paid and may be cut in minutes stands above what may be a payment.
    async fn a_recall_that_nobody_has_seen_stands_above_what_nobody_could_read(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "").await;
        journal(&utility, &[(account('B'), "R-2", "12O.50")]).await;
        utility.pays('C', wall_clock()).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let board = dispatch.opens("/dispatch").await;
        let (recall, unread) = (board.html.find("data-key=\"recall-").unwrap(), board.html.find(B).unwrap());
        assert!(recall < unread, "{recall} {unread}");
    }

    /// One tap marks as seen what names no account, and says how many; what names one, even probably, takes a word.
    async fn one_tap_settles_only_what_names_no_account(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let probably = account('B').trim_start_matches('0');
        journal(&utility, &[("99-9999-99", "R-8", "5.00"), (probably, "R-7", "80.00"), ("99-9999-98", "R-9", "6.00"), (account('C'), "R-3", "8O.00")]).await;
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        let board = dispatch.opens("/dispatch").await;
        board.shows("Seen, all 2").shows("Probably account 01-0020-01").shows(B).shows("Truck 12, stop is 1 away.");
        let seen = dispatch.posts(&settles(&board, "Payment not read · no account"), &[("why", ""), ("back", "/dispatch?a=\r\nSet-Cookie: b")]).await;
        assert_eq!((seen.status, seen.location.as_deref()), (StatusCode::SEE_OTHER, Some("/dispatch")), "{}", seen.html);
        let board = dispatch.opens("/dispatch").await;
        board.does_not_show("no account").shows(B).shows("Payment not read · 01-0030-01");
        let silent = dispatch.posts(&settles(&board, B), &[("why", ""), ("back", "/dispatch")]).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
        dispatch.posts(&settles(&board, B), &[("why", "paid for another house"), ("back", "/dispatch")]).await;
        dispatch.opens("/dispatch").await.does_not_show(B).shows("Payment not read · 01-0030-01");

        let trail = audit::page(&mut db.open().await.reader().await.unwrap(), 0, 200).await.unwrap();
        let settled: Vec<_> = trail.iter().filter(|row| row.action == "unread_payment_settled").map(|row| &row.details).collect();
        assert_eq!(settled.len(), 3, "{settled:?}");
        assert!(settled.iter().any(|row| row.contains("R-8")) && settled.iter().any(|row| row.contains("R-9")), "{settled:?}");
    }
}
