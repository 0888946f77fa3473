//! What a paper sheet says and the office knows otherwise, or not yet.

use crate::{keyed_in::Evening, visitor::Visitor};
use curbstop_tests::{
    desk::{Desk, text},
    on_both_engines,
    utility::{PASSWORD, account, rfc3339, zone},
};
use serde_json::{Value, json};

/// The crew turned it on again, on the cut's own order.
fn back_on(evening: &Evening, minute: i64) -> Value {
    json!({
        "by": evening.maria, "at": rfc3339(evening.minute(minute)), "confirmed": true,
        "lines": [{ "line": "1", "action": "restored", "method": "curb_stop_on", "digits": "036500" }],
    })
}

on_both_engines! {
    /// The sheet says that it was recalled, and nobody here had recalled it by then: that is asked. Where somebody had, it
    /// is not.
    async fn a_recall_that_nobody_made_is_asked_about(db: TestDatabase) {
        let evening = Evening::of(db).await;
        let asked = evening.keys_in('A', evening.claims(30, "recalled")).await;
        assert_eq!(asked.code(), "confirm_needed");
        assert!(text(&asked.body["detail"]).contains("nobody here had recalled it by then: is that so?"), "{}", asked.body);
        let mut sure = evening.claims(30, "recalled");
        sure["confirmed"] = json!(true);
        let keyed = evening.keys_in('A', sure).await.good();
        assert_eq!(keyed["state"], "stopped_at_door", "{keyed}");

        // Typed at three hours: a crew at half an hour can't have heard of it, one that was there then can.
        evening.pays('B', 20).await;
        assert_eq!(evening.keys_in('B', evening.claims(30, "recalled")).await.code(), "confirm_needed");
        let _ = evening.keys_in('B', evening.claims(178, "recalled")).await.good();
    }

    /// A had paid before the crew turned it on again, on dispatch's word; somebody typed both in the evening, the visit
    /// first. The money is the word: nobody has to ask whose it was. So too where a journal brings it.
    async fn a_restore_that_was_keyed_in_before_its_payment_was_recorded_was_released_by_it(db: TestDatabase) {
        let evening = Evening::of(db).await;
        for letter in ['A', 'B', 'C'] {
            let _ = evening.keys_in(letter, evening.cut(20)).await.good();
            let _ = evening.keys_in(letter, back_on(&evening, 90)).await.good();
            assert_eq!(evening.exceptions(letter).await, ["restore_without_release"], "nobody has said anything yet");
        }
        evening.pays('A', 60).await;
        assert_eq!(evening.exceptions('A').await, Vec::<String>::new());
        assert!(evening.orders('A', "reconnect").await.is_empty(), "it is on already");
        let told = evening.office.get(&format!("/accounts/{}", account('A'))).await.good();
        assert_eq!((&told["answer"]["code"], &told["answer"]["to_pay_minor"]), (&json!("on"), &json!(null)), "{}", told["answer"]);

        // Too little is no word.
        let part = json!({
            "account": account('B'), "amount": "20.00", "tender": "cash", "confirmation": "R-B1", "paid_at": rfc3339(evening.minute(60)),
        });
        let part = evening.office.post("/payments", part).await.good();
        assert_eq!(part["outcome"], "nothing_due", "{part}");
        assert_eq!(evening.exceptions('B').await, ["restore_without_release"]);

        let dispatcher = Desk::sign_in(&evening.server.url, "dispatcher", PASSWORD).await;
        let day = &evening.utility.date;
        let csv = format!("Receipt,Account,Date,Amount,Type,Original Receipt,Tender\nJ-1,{},{day},99.99,payment,,check\n", account('C'));
        let _ = dispatcher.upload(&format!("/payments/import?source=city&as_of={day}"), csv.into_bytes()).await.good();
        let left = evening.exceptions('C').await;
        assert!(!left.contains(&"restore_without_release".to_owned()), "{left:?}");
    }

    /// The number of the receipt that was shown stands on the sheet: the office needs it to decide.
    async fn the_number_of_a_receipt_that_was_shown_is_keyed_in(db: TestDatabase) {
        let evening = Evening::of(db).await;
        let mut shown = evening.claims(30, "proof_shown");
        shown["receipt"] = json!(" A-991 ");
        let _ = evening.keys_in('A', shown).await.good();
        let told = evening.office.get(&format!("/accounts/{}", account('A'))).await.good();
        let timeline = told["timeline"].to_string();
        assert!(timeline.contains("Proof of payment shown at the door, confirmation A-991"), "{timeline}");

        let mut without = evening.claims(30, "dog");
        without["receipt"] = json!("A-991");
        let refused = evening.keys_in('B', without).await;
        assert_eq!(refused.code(), "receipt_unfit");
        assert!(text(&refused.body["detail"]).starts_with("A receipt's number goes with proof of payment"), "{}", refused.body);

        let day = evening.office.get(&format!("/routes?date={}", evening.utility.date)).await.good();
        let mut dispatch = Visitor::signs_in(&evening.server.url, "dispatcher").await;
        let form = format!("/dispatch/routes/{}/paper/{}", text(&day["routes"][0]["id"]), evening.order('C').await);
        let page = dispatch.opens(&form).await;
        page.shows("name=\"receipt\"");
        let key = page.hidden("data-into=\"answered\"", "key");
        let at = chrono::DateTime::from_timestamp_micros(evening.minute(30).0).unwrap().with_timezone(&zone());
        let (date, time) = (at.format("%Y-%m-%d").to_string(), at.format("%H:%M").to_string());
        let fields = [
            ("key", key.as_str()), ("by", evening.maria.as_str()), ("date", date.as_str()), ("time", time.as_str()),
            ("code", "proof_shown"), ("receipt", "B-17"),
        ];
        let page = dispatch.posts(&form, &fields).await;
        assert_eq!(page.status, reqwest::StatusCode::SEE_OTHER, "{}", page.html);
        let told = evening.office.get(&format!("/accounts/{}", account('C'))).await.good();
        assert!(told["timeline"].to_string().contains("confirmation B-17"), "{}", told["timeline"]);
    }
}
