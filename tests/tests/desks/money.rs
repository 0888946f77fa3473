//! Money that comes in, is not enough, and turns out to be none: at the desk, by the billing system's journal, by both.

use curbstop_shared::time::Span;
use curbstop_tests::{
    desk::{Desk, text},
    on_both_engines,
    truck::wall_clock,
    utility::{PASSWORD, Utility, account, rfc3339},
};
use serde_json::{Value, json};

/// One row of a journal: receipt, account, how many days ago, amount, type, the receipt that it takes back.
type Row<'r> = (&'r str, char, i64, &'r str, &'r str, &'r str);

/// The billing system's journal comes in, and each of its rows is new.
async fn journal(utility: &Utility, rows: &[Row<'_>]) -> Value {
    let told = brings(utility, rows).await;
    assert_eq!(told["counts"]["accepted"], rows.len(), "{told}");
    told
}

/// The billing system's journal comes in.
async fn brings(utility: &Utility, rows: &[Row<'_>]) -> Value {
    let mut csv = String::from("Receipt,Account,Date,Amount,Type,Original Receipt,Tender\n");
    for (receipt, letter, days_ago, amount, kind, original) in rows {
        let day =
            utility.date.parse::<chrono::NaiveDate>().unwrap() - chrono::Days::new(u64::try_from(*days_ago).unwrap());
        csv.push_str(&format!("{receipt},{},{day},{amount},{kind},{original},check\n", account(*letter)));
    }
    let path = format!("/payments/import?source=city&as_of={}", utility.date);
    utility.dispatcher.upload(&path, csv.into_bytes()).await.good()
}

/// An account as the office finds it.
pub(crate) async fn found(utility: &Utility, letter: char) -> Value {
    utility.office.get(&format!("/accounts/{}", account(letter))).await.good()
}

/// What it has to pay to be restored, in cents.
pub(crate) async fn to_pay(utility: &Utility, letter: char) -> Value {
    found(utility, letter).await["answer"]["to_pay_minor"].clone()
}

/// The payment of a receipt, as the office's page has it.
async fn payment_of(utility: &Utility, letter: char, receipt: &str) -> Option<String> {
    let account = found(utility, letter).await;
    let entries = account["timeline"].as_array().unwrap().iter();
    let mut payments = entries.filter(|entry| entry["said"].as_str().is_some_and(|said| said.contains(receipt)));
    payments.find_map(|entry| entry["payment"].as_str().map(str::to_owned))
}

pub(crate) async fn takes_back(utility: &Utility, payment: &str) -> curbstop_tests::desk::Answer {
    takes_back_because(utility, payment, "returned_check").await
}

async fn takes_back_because(utility: &Utility, payment: &str, reason: &str) -> curbstop_tests::desk::Answer {
    utility.office.post(&format!("/payments/{payment}/reversal"), json!({ "reason": reason })).await
}

pub(crate) async fn pays(utility: &Utility, letter: char, amount: &str, receipt: &str) -> Value {
    let payment = json!({
        "account": account(letter), "amount": amount, "tender": "check", "confirmation": receipt,
        "paid_at": rfc3339(wall_clock() + Span::seconds(3)),
    });
    utility.office.post("/payments", payment).await.good()
}

pub(crate) async fn worklist(utility: &Utility, letter: char) -> Vec<(String, String)> {
    let listed = utility.office.get(&format!("/exceptions?account={}", account(letter))).await.good();
    let entries = listed["exceptions"].as_array().unwrap().iter();
    entries.map(|entry| (text(&entry["kind"]), text(&entry["sentence"]))).collect()
}

/// B is off for 120.50.
async fn with_b_off(db: &curbstop_tests::database::TestDatabase) -> Utility {
    let (utility, _truck) = Utility::with_cuts_at(db, "B").await;
    assert_eq!(to_pay(&utility, 'B').await, 12_050);
    utility
}

on_both_engines! {
    /// A daughter pays for herself and for her mother on one slip: the journal has one receipt number and two accounts.
    /// Both cuts stop, also where the second comes with another file; the same row again is still one payment.
    async fn one_slip_for_two_accounts_pays_for_both(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        journal(&utility, &[("S-9", 'A', 0, "86.40", "", ""), ("S-9", 'B', 0, "120.50", "", "")]).await;
        journal(&utility, &[("S-9", 'F', 0, "150.00", "", "")]).await;
        for letter in ['A', 'B', 'F'] {
            let orders = utility.office.get(&format!("/orders?account={}", account(letter))).await.good();
            assert_eq!(orders["orders"][0]["state"], "recalled", "{letter}: {orders}");
        }
        let again = brings(&utility, &[("S-9", 'B', 0, "120.50", "", "")]).await;
        assert_eq!((&again["counts"]["accepted"], &again["counts"]["duplicates"]), (&json!(0), &json!(1)), "{again}");
    }

    /// The bank calls the office about a bounced check; the billing system says so again in its next journal.
    async fn a_check_taken_back_at_the_desk_and_by_the_journal_is_gone_once(db: TestDatabase) {
        let utility = with_b_off(&db).await;
        journal(&utility, &[("J-1", 'B', 0, "120.50", "payment", "")]).await;
        assert_eq!(to_pay(&utility, 'B').await, Value::Null);
        let check = payment_of(&utility, 'B', "J-1").await.unwrap();
        let _ = takes_back(&utility, &check).await.good();
        assert_eq!(to_pay(&utility, 'B').await, 12_050);

        journal(&utility, &[("V-1", 'B', 0, "-120.50", "returned_check", "J-1")]).await;
        assert_eq!(to_pay(&utility, 'B').await, 12_050, "the same check, not a second one");
        assert_eq!(pays(&utility, 'B', "120.50", "R-2").await["outcome"], "released");
    }

    /// The counter typed "r-1", the billing system prints "R-1": one payment, not two.
    async fn a_receipt_of_the_counter_that_the_journal_brings_in_capitals_is_one_payment(db: TestDatabase) {
        let utility = with_b_off(&db).await;
        let _ = pays(&utility, 'B', "60.00", "r-1").await;
        assert_eq!(to_pay(&utility, 'B').await, 6_050);
        let csv = format!("Receipt,Account,Date,Amount,Type\nR-1,{},{},60.00,payment\n", account('B'), utility.date);
        let path = format!("/payments/import?source=city&as_of={}", utility.date);
        let told = utility.dispatcher.upload(&path, csv.into_bytes()).await.good();
        assert_eq!((&told["counts"]["accepted"], &told["counts"]["duplicates"]), (&json!(0), &json!(1)), "{told}");
        assert_eq!(to_pay(&utility, 'B').await, 6_050, "the same money is not counted twice");
        journal(&utility, &[("V-1", 'B', 0, "-60.00", "returned_check", "R-1")]).await;
        assert_eq!(to_pay(&utility, 'B').await, 12_050, "and what takes it back finds it");
    }

    /// The journal brings the bounced check first, whether the counter typed the payment or another journal brought it:
    /// at the desk there is nothing left to take back.
    async fn a_check_that_the_journal_took_back_is_not_taken_back_at_the_desk(db: TestDatabase) {
        let utility = with_b_off(&db).await;
        let typed = text(&pays(&utility, 'B', "60.00", "R-1").await["payment"]);
        journal(&utility, &[("J-1", 'B', 0, "60.50", "payment", "")]).await;
        assert_eq!(to_pay(&utility, 'B').await, Value::Null);
        let brought = payment_of(&utility, 'B', "J-1").await.unwrap();
        journal(&utility, &[("V-1", 'B', 0, "-60.00", "returned_check", "R-1"), ("V-2", 'B', 0, "-60.50", "charge_back", "J-1")]).await;
        assert_eq!(to_pay(&utility, 'B').await, 12_050);
        assert_eq!((payment_of(&utility, 'B', "R-1").await, payment_of(&utility, 'B', "J-1").await), (None, None), "no way to it");
        for payment in [typed, brought] {
            assert_eq!(takes_back(&utility, &payment).await.code(), "payment_taken_back");
        }
        assert_eq!(to_pay(&utility, 'B').await, 12_050);
    }

    /// A check of the week before bounces today. The listing's balance had it; what is paid since is not undone by it,
    /// whoever says that it bounced.
    async fn an_old_check_that_bounces_counts_where_its_payment_counted(db: TestDatabase) {
        let utility = with_b_off(&db).await;
        journal(&utility, &[("J-0", 'B', 9, "50.00", "payment", "")]).await;
        assert_eq!(to_pay(&utility, 'B').await, 12_050, "the listing has it");
        journal(&utility, &[("V-0", 'B', 0, "-50.00", "returned_check", "J-0")]).await;
        assert_eq!(to_pay(&utility, 'B').await, 12_050);
        journal(&utility, &[("V-9", 'B', 0, "-30.00", "returned_check", "of-another-year")]).await;
        assert_eq!(to_pay(&utility, 'B').await, 12_050, "nobody here ever counted that one");
        assert_eq!(pays(&utility, 'B', "120.50", "R-2").await["outcome"], "released");

        journal(&utility, &[("J-8", 'C', 8, "40.00", "payment", "")]).await;
        assert_eq!(pays(&utility, 'C', "99.99", "R-3").await["outcome"], "released");
        let old = payment_of(&utility, 'C', "J-8").await.unwrap();
        let told = takes_back(&utility, &old).await.good();
        assert_eq!((&told["releases"], &told["still_covered"]), (&json!([]), &json!(true)), "{told}");
    }

    /// The journal takes a payment back: its release goes as it would at the desk. Nobody is cut, what is off stays
    /// off and is not sent out again, and the next payment calls for the same reconnect.
    async fn a_payment_that_the_journal_takes_back_takes_its_release_along(db: TestDatabase) {
        let utility = with_b_off(&db).await;
        let mut truck = utility.truck(&utility.server.url()).await;
        journal(&utility, &[("J-A", 'A', 0, "86.40", "payment", ""), ("J-B", 'B', 0, "120.50", "payment", "")]).await;
        assert_eq!(found(&utility, 'B').await["answer"]["code"], "off_though_released");
        truck.sync().await;
        let order = truck.order_of(account('A'));
        let state = async || text(&utility.office.get(&format!("/orders/{}", order.id)).await.good()["state"]);
        assert_eq!(state().await, "recalled");

        journal(&utility, &[("V-A", 'A', 0, "-86.40", "returned_check", "J-A"), ("V-B", 'B', 0, "-120.50", "charge_back", "J-B")]).await;
        let (a, b) = (found(&utility, 'A').await, found(&utility, 'B').await);
        assert!(a["timeline"].to_string().contains("Release taken back: returned check"), "{a}");
        assert!(b["timeline"].to_string().contains("Release taken back: charge-back"), "{b}");
        assert_eq!((&b["answer"]["code"], &b["answer"]["to_pay_minor"]), (&json!("off"), &json!(12_050)));
        truck.sync().await;
        truck.sync().await;
        assert_eq!(state().await, "recalled", "nobody is cut because of it");
        let plan = utility.dispatcher.post("/plans", json!({ "date": utility.date, "crew_ids": [utility.crew] })).await.good();
        let why = plan["left_out"].as_array().unwrap().iter().find(|one| one["account"] == account('B')).unwrap();
        assert_eq!(why["why"]["code"], "nothing_to_restore", "{plan}");
        let reconnect = b["orders"].as_array().unwrap().iter().find(|one| one["kind"] == "reconnect").unwrap()["number"].clone();
        let again = pays(&utility, 'B', "120.50", "R-9").await;
        assert_eq!((&again["outcome"], &again["reconnects"][0]["order"]), (&json!("released"), &reconnect));
    }

    /// Less than what is due stops nothing: the office reads what is missing and decides. The rest closes it, and so
    /// does the check that comes back.
    async fn what_is_paid_in_part_asks_the_office(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        assert_eq!(pays(&utility, 'A', "50.00", "R-1").await["outcome"], "part_paid");
        let [(kind, said)] = &worklist(&utility, 'A').await[..] else { panic!("one question") };
        assert_eq!(kind, "part_paid");
        assert!(said.starts_with("50.00 of 86.40 USD was paid; 36.40 is missing. Nothing is stopped"), "{said}");
        pays(&utility, 'A', "6.40", "R-2").await;
        let [(_, said)] = &worklist(&utility, 'A').await[..] else { panic!("still one question") };
        assert!(said.starts_with("56.40 of 86.40 USD was paid; 30.00 is missing"), "{said}");
        assert_eq!(pays(&utility, 'A', "30.00", "R-3").await["outcome"], "released");
        assert_eq!(worklist(&utility, 'A').await, []);

        let check = text(&pays(&utility, 'C', "20.00", "R-4").await["payment"]);
        assert_eq!(worklist(&utility, 'C').await.len(), 1);
        let _ = takes_back(&utility, &check).await.good();
        assert_eq!(worklist(&utility, 'C').await, []);

        // By journal, closed by somebody, and asked anew when more comes.
        journal(&utility, &[("J-D", 'D', 0, "5.00", "payment", "")]).await;
        let open = utility.office.get(&format!("/exceptions?account={}", account('D'))).await.good();
        let closing = format!("/exceptions/{}/actions", text(&open["exceptions"][0]["id"]));
        assert_eq!(open["exceptions"][0]["owner"], "office");
        let _ = utility.office.post(&closing, json!({ "action": "resolve", "why": "told to bring the rest" })).await.good();
        assert_eq!(worklist(&utility, 'D').await, []);
        journal(&utility, &[("J-E", 'D', 0, "15.00", "payment", "")]).await;
        let [(_, said)] = &worklist(&utility, 'D').await[..] else { panic!("a new question") };
        assert!(said.starts_with("20.00 of 200.00 USD"), "{said}");
        // An arrangement is the office's answer.
        let hold = json!({ "account": account('D'), "kind": "arrangement", "good_through": utility.date });
        let _ = utility.office.post("/holds", hold).await.good();
        assert_eq!(worklist(&utility, 'D').await, []);
    }

    /// The clerk reads 21.80 on a slip of 218.00. The bank's file says what was paid: nobody is cut in doubt, and the
    /// office reads both sums. The same file again says nothing new.
    async fn a_slip_that_was_typed_with_less_does_not_swallow_what_was_paid(db: TestDatabase) {
        let utility = with_b_off(&db).await;
        let _ = pays(&utility, 'B', "21.80", "R-900").await;
        assert_eq!(to_pay(&utility, 'B').await, 9_870);
        let rows: [Row<'_>; 1] = [("R-900", 'B', 0, "218.00", "payment", "")];
        let told = brings(&utility, &rows).await;
        assert_eq!((&told["counts"]["accepted"], &told["counts"]["duplicates"]), (&json!(0), &json!(1)), "{told}");
        let line = &told["duplicates"][0];
        assert_eq!(line["amounts_differ"], true, "{told}");
        let said = text(&line["text"]);
        assert!(said.starts_with("This receipt was typed at the office as 21.80; it is one payment. The 196.20"), "{said}");
        assert_eq!(found(&utility, 'B').await["answer"]["code"], "off_though_released", "whoever paid is to be restored");
        let asked: Vec<_> = worklist(&utility, 'B').await.into_iter().filter(|(kind, _)| kind == "payment_unclear").collect();
        let [(_, said)] = &asked[..] else { panic!("the office is asked once: {asked:?}") };
        assert!(said.starts_with("Receipt R-900 was typed at the office as 21.80 USD; the billing system's file says 218.00."), "{said}");

        let again = brings(&utility, &rows).await;
        assert_eq!(again["duplicates"][0]["amounts_differ"], false, "{again}");
        let asked = worklist(&utility, 'B').await.iter().filter(|(kind, _)| kind == "payment_unclear").count();
        assert_eq!(asked, 1);
        // The check comes back: all of it is gone.
        journal(&utility, &[("V-900", 'B', 0, "-218.00", "returned_check", "R-900")]).await;
        assert_eq!(to_pay(&utility, 'B').await, 12_050);
    }

    /// The slip was right and the file is not: what the file said on top is taken back, and the question goes with it.
    async fn what_a_file_said_on_top_of_a_slip_is_taken_back_by_the_office(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        journal(&utility, &[("R-901", 'A', 0, "8.64", "payment", "")]).await;
        let rows: [Row<'_>; 1] = [("R-901", 'A', 0, "86.40", "payment", "")];
        let said = text(&brings(&utility, &rows).await["duplicates"][0]["text"]);
        assert!(said.starts_with("An earlier file has brought this receipt as 8.64; it is one payment. The 77.76"), "{said}");
        assert_eq!(to_pay(&utility, 'A').await, Value::Null, "the cut is stopped");
        let entries = found(&utility, 'A').await["timeline"].clone();
        let on_top = entries.as_array().unwrap().iter().find(|entry| entry["amount_minor"] == 7_776).unwrap();
        let _ = takes_back_because(&utility, on_top["payment"].as_str().unwrap(), "error").await.good();
        assert!(!worklist(&utility, 'A').await.iter().any(|(kind, _)| kind == "payment_unclear"));
        let again = brings(&utility, &rows).await;
        assert_eq!(again["duplicates"][0]["amounts_differ"], false, "the file has said it, and the office has answered: {again}");
    }

    /// A mistake is undone, and its receipt is typed again as it should have been; a returned check's stays known. What
    /// the journal brings under the receipt of an undone mistake is a payment.
    async fn the_receipt_of_an_undone_mistake_comes_in_again(db: TestDatabase) {
        let utility = with_b_off(&db).await;
        let wrong = text(&pays(&utility, 'B', "12.05", "R-7").await["payment"]);
        let _ = takes_back_because(&utility, &wrong, "error").await.good();
        let right = pays(&utility, 'B', "120.50", "R-7").await;
        assert_eq!(right["outcome"], "released", "{right}");
        let right = text(&right["payment"]);
        assert_eq!(takes_back_because(&utility, &wrong, "error").await.code(), "payment_taken_back");
        let _ = takes_back_because(&utility, &right, "returned_check").await.good();
        assert_eq!(to_pay(&utility, 'B').await, 12_050);
        let check = json!({
            "account": account('B'), "amount": "120.50", "tender": "check", "confirmation": "R-7",
            "paid_at": rfc3339(wall_clock() + Span::seconds(3)),
        });
        assert_eq!(utility.office.post("/payments", check).await.code(), "receipt_known");

        let wrong = text(&pays(&utility, 'C', "9.99", "R-8").await["payment"]);
        let _ = takes_back_because(&utility, &wrong, "error").await.good();
        let rows: [Row<'_>; 1] = [("R-8", 'C', 0, "99.99", "payment", "")];
        journal(&utility, &rows).await;
        assert_eq!(to_pay(&utility, 'C').await, Value::Null);
        assert_eq!(brings(&utility, &rows).await["counts"]["accepted"], 0, "once");
    }

    /// What an undo leaves behind says which receipt it was and why; a mistake is no money that came back.
    async fn the_trail_of_an_undo_says_which_receipt_and_why(db: TestDatabase) {
        let utility = with_b_off(&db).await;
        let mistake = text(&pays(&utility, 'B', "12.05", "R-7").await["payment"]);
        let check = text(&pays(&utility, 'B', "20.00", "R-8").await["payment"]);
        let _ = takes_back_because(&utility, &mistake, "error").await.good();
        let _ = takes_back(&utility, &check).await.good();
        let timeline = found(&utility, 'B').await["timeline"].to_string();
        for said in [
            "Payment taken back: entered by mistake (check), receipt R-7",
            "Payment taken back: returned check (check), receipt R-8",
        ] {
            assert!(timeline.contains(said), "{said} in {timeline}");
        }
    }
    /// B was cut, and paid most of it after that; a part that was paid the day before is typed last. When B had paid is when
    /// the last of it was paid: the cut was right, and its fee stands.
    async fn when_somebody_had_paid_does_not_hang_on_what_is_typed_last(db: TestDatabase) {
        let utility = with_b_off(&db).await;
        assert_eq!(pays(&utility, 'B', "100.00", "R-1").await["outcome"], "part_paid");
        let before = json!({
            "account": account('B'), "amount": "20.50", "tender": "check", "confirmation": "R-2",
            "paid_at": rfc3339(wall_clock() - Span::minutes(60)),
        });
        let paid = utility.office.post("/payments", before).await.good();
        assert_eq!((&paid["outcome"], &paid["reconnects"][0]["fees_suppressed"]), (&json!("released"), &json!(false)), "{paid}");
        let kinds: Vec<String> = worklist(&utility, 'B').await.into_iter().map(|(kind, _)| kind).collect();
        assert!(!kinds.contains(&"cut_crossed_release".to_owned()) && !kinds.contains(&"fee_in_doubt".to_owned()), "{kinds:?}");
    }

    /// C's cut was taken back for a hold that was a mistake, D's for a payment that was typed for the wrong account; the truck
    /// has heard of neither. Both pay then. What the truck cuts all the same is known as paid for, and is given back.
    async fn whoever_pays_while_a_recall_is_on_its_way_is_not_off_for_nothing(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "").await;
        let (c, d) = (truck.order_of(account('C')), truck.order_of(account('D')));
        let dispute = json!({ "account": account('C'), "kind": "dispute", "comment": "meant for another account" });
        let hold = text(&utility.office.post("/holds", dispute).await.good()["hold"]);
        utility.server.command(&["user", "add", "supervisor", "--role", "supervisor"], &format!("{PASSWORD}\n"));
        let supervisor = Desk::sign_in(&utility.server.url(), "supervisor", PASSWORD).await;
        let _ = supervisor.post(&format!("/holds/{hold}/lift"), json!({ "why": "wrong account" })).await.good();
        let _ = pays(&utility, 'D', "200.00", "R-77").await;
        let typed = payment_of(&utility, 'D', "R-77").await.unwrap();
        let _ = takes_back_because(&utility, &typed, "error").await.good();

        let before = wall_clock() - Span::minutes(1);
        for (letter, order) in [('C', &c), ('D', &d)] {
            let paid = utility.pays(letter, before).await;
            assert_eq!((&paid["outcome"], &paid["stopped"][0]["order"]), (&json!("released"), &json!(order.number)), "{paid}");
            truck.turns_off(order, "036500", &format!("L-{letter}"));
        }
        truck.sync().await;
        for letter in ['C', 'D'] {
            let back = utility.office.get(&format!("/orders?kind=reconnect&account={}", account(letter))).await.good();
            assert_eq!(back["orders"].as_array().unwrap().len(), 1, "{letter}: {back}");
            let kinds: Vec<String> = worklist(&utility, letter).await.into_iter().map(|(kind, _)| kind).collect();
            assert!(kinds.contains(&"cut_crossed_release".to_owned()), "{letter}: {kinds:?}");
        }
    }
}
