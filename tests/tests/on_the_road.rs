//! What the office learns while the trucks are out, and what it says that this comes to.

#![expect(clippy::unwrap_used, reason = "a step of the story that fails ends it, where it failed")]

use curbstop_server::store::{facts, orders};
use curbstop_shared::{ids::OrderId, time::Span};
use curbstop_tests::{
    on_both_engines,
    server_process::ServerProcess,
    truck::wall_clock,
    utility::{Utility, account, rfc3339},
};
use serde_json::json;

on_both_engines! {
    /// A medical hold comes in a file after the route went out: the truck learns of it with its next request, and the
    /// cut can't begin any more.
    async fn a_medical_hold_reaches_a_truck_that_is_out(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        let file = format!(
            "Hold No,Account,Code,Start,Good Thru,Lifted,Pledge Amt,Agency / Ref,Entered By,Remarks\n\
             H-00001,{},MED,01/01/2026,,,,Dr. letter,office,\n",
            account('D')
        );
        let path = format!("/holds/import?source=city&as_of={}", utility.date);
        let report = utility.dispatcher.upload(&path, file.clone().into_bytes()).await.good();
        assert_eq!(report["counts"]["accepted"], 1, "{report}");
        // The same file once more says nothing twice.
        let _ = utility.dispatcher.upload(&path, file.into_bytes()).await.good();

        let answer = truck.sync().await;
        assert_eq!(answer.docs[0].changes.len(), 1);
        let order = truck.order_of(account('D'));
        let store = db.open().await;
        let mut conn = store.reader().await.unwrap();
        let kinds: Vec<String> =
            facts::of_order(&mut conn, order.id).await.unwrap().into_iter().map(|fact| fact.kind).collect();
        assert_eq!(kinds.iter().filter(|kind| *kind == "hold").count(), 1, "{kinds:?}");
        assert_eq!(kinds.iter().filter(|kind| *kind == "recall").count(), 1, "{kinds:?}");
        let row = orders::by_id(&mut conn, OrderId(order.id.0)).await.unwrap().unwrap();
        assert!(["held", "recalled"].contains(&row.state.as_str()), "{}", row.state);
    }

    /// A paid just before the route came out, and that was recorded after it. The cut is made unseen, by a tablet whose
    /// clock is three quarters of an hour slow until the signal comes back and puts it right: by its word A was cut long
    /// before the payment, and before there was a route. So it was not: the cut crossed the payment, and the clock is shown.
    async fn a_cut_dated_before_its_own_route_is_not_before_the_payment(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        let _ = utility.pays('A', wall_clock() - Span::minutes(8)).await;
        truck.clock_off_us = -Span::minutes(45).0;
        let order = truck.order_of(account('A'));
        truck.turns_off(&order, "036500", "L-1");
        truck.clock_off_us = 0;
        truck.sync().await;
        let worklist = utility.dispatcher.get(&format!("/exceptions?account={}", account('A'))).await.good();
        let mut kinds: Vec<_> =
            worklist["exceptions"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["clock_suspect", "cut_crossed_release", "permit_breach"], "{worklist}");
        let crossed = worklist["exceptions"].as_array().unwrap().iter().find(|it| it["kind"] == "cut_crossed_release");
        let said = crossed.unwrap()["sentence"].as_str().unwrap();
        assert!(said.contains("turned water off, before it knew of"), "no hour of a clock that is wrong: {said}");
        let reconnects = format!("/orders?account={}&kind=reconnect", account('A'));
        let reconnects = utility.office.get(&reconnects).await.good();
        let [reconnect] = &reconnects["orders"].as_array().unwrap()[..] else { panic!("one reconnect: {reconnects}") };
        assert_eq!((&reconnect["reason"], &reconnect["fees_suppressed"]), (&json!("wrongful_cut"), &json!(true)));
    }

    /// A journal of the billing system releases like the counter does, and says when somebody had paid.
    async fn a_journal_stops_a_truck_that_is_out(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        let day = format!("{}/{}/{}", &utility.date[5..7], &utility.date[8..10], &utility.date[..4]);
        let journal = format!(
            "Batch,Receipt No,Account No,Name,Post Date,Time,Amount,Tender,Check/Ref,Type,Orig Receipt\n\
             1,9001,{},X,{day},12:05 AM,$86.40,CA,,PMT,\n1,9002,{},X,{day},12:06 AM,$1.00,CA,,PMT,\n",
            account('A'),
            account('B')
        );
        let path = format!("/payments/import?source=city&as_of={}", utility.date);
        let _ = utility.dispatcher.upload(&path, journal.into_bytes()).await.good();
        truck.sync().await;
        let day = truck.tablet.state().routes.values().next().unwrap().doc.facts();
        let of = |letter: char| {
            let order = truck.order_of(account(letter)).id.to_string();
            day.values()
                .filter(|fact| fact.raw.read().unwrap().order().is_some_and(|id| id.to_string() == order))
                .count()
        };
        assert_eq!((of('A'), of('B')), (2, 0), "A paid in full: a release and a recall; B did not");
    }

    /// A utility without an administrator's tools gets its crews by command; a name is there once.
    async fn crews_are_added_by_command(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let add = ["crew", "add", "Truck 77", "--qualified", "water,electric", "--phone", "555-0177"];
        assert!(utility.server.command(&add, "").contains("Truck 77 is added"));
        let listed = utility.server.command(&["crew", "list"], "");
        assert!(listed.contains("Truck 77\town\twater,electric\t555-0177"), "{listed}");
    }

    /// A monitor on the machine sees how the day stands, in figures without names; nobody else does.
    async fn a_monitor_sees_how_the_day_stands(db: TestDatabase) {
        let mut utility = Utility::opens(&db).await;
        utility.publishes().await;
        let _ = utility.truck(&utility.server.url()).await;
        utility.pays('A', wall_clock()).await;
        let asks = async |from: &[&str]| {
            let request = reqwest::Client::new().get(format!("{}/metrics", utility.server.url()));
            let request = from.iter().fold(request, |request, from| request.header("x-forwarded-for", *from));
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        let (status, text) = asks(&[]).await;
        assert_eq!(status, 200);
        for line in [
            "# TYPE curbstop_orders gauge", "curbstop_orders{state=\"open\"} 5", "curbstop_orders{state=\"recalled\"} 1",
            "curbstop_exceptions_overdue 0", "curbstop_tablets 1", "curbstop_tablets_in_touch 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in:\n{text}");
        }
        assert!(!text.contains(account('A')), "{text}");
        // What stands before the proxy's own line was written by whoever asks.
        for elsewhere in [&["203.0.113.7"][..], &["127.0.0.1", "203.0.113.7"], &["127.0.0.1"]] {
            let (status, text) = asks(elsewhere).await;
            assert!(status == 403 && text.contains("loopback_only"), "{elsewhere:?}: {status} {text}");
        }
        // A monitor on another machine has the token that the administrator gave it.
        utility.server.kill();
        let server = ServerProcess::start(&db.url, &[("CURBSTOP_METRICS_TOKEN", "a-monitors-own-long-token")]);
        let with = async |token: &str| {
            let request = reqwest::Client::new().get(format!("{}/metrics", server.url())).bearer_auth(token);
            request.header("x-forwarded-for", "203.0.113.7").send().await.unwrap().status().as_u16()
        };
        assert_eq!(with("a-monitors-own-long-token").await, 200);
        assert_eq!(with("a-monitors-own-long-tokeN").await, 403);
    }

    /// What can't be right with a payment is said, and nothing is stored.
    async fn a_payment_that_cannot_be_right_is_refused(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let paid_at = rfc3339(wall_clock());
        let body = |amount: &str, receipt: &str| {
            json!({ "account": account('A'), "amount": amount, "tender": "cash", "confirmation": receipt, "paid_at": paid_at })
        };
        for (amount, code) in [
            ("0", "amount_zero"), ("0.00", "amount_zero"), ("-5", "amount_negative"), ("86.405", "amount_invalid"),
            ("8O.00", "amount_invalid"), ("", "amount_invalid"),
        ] {
            assert_eq!(utility.office.post("/payments", body(amount, "R-1")).await.code(), code, "{amount}");
        }
        let mut unknown = body("1.00", "R-1");
        unknown["account"] = json!("99-9999-99");
        assert_eq!(utility.office.post("/payments", unknown).await.code(), "account_unknown");
        let mut future = body("1.00", "R-1");
        future["paid_at"] = json!(rfc3339(wall_clock() + Span::minutes(9 * 24 * 60)));
        assert_eq!(utility.office.post("/payments", future).await.code(), "paid_at_in_future");
        for lines in [json!([]), json!(["9"]), json!(["*"])] {
            let mut some = body("86.40", "R-1");
            some["lines"] = lines;
            assert_eq!(utility.office.post("/payments", some).await.code(), "lines_invalid");
        }

        let first = utility.office.post_once("/payments", body("10.00", "R-2"), "key-1").await.good();
        assert_eq!(first["outcome"], "part_paid");
        assert_eq!(utility.office.post_once("/payments", body("10.00", "R-2"), "key-1").await.good(), first);
        assert_eq!(
            utility.office.post_once("/payments", body("11.00", "R-2"), "key-1").await.code(),
            "idempotency_key_reused"
        );
        assert_eq!(utility.office.post("/payments", body("10.00", "R-2")).await.code(), "receipt_known");
        let rest = utility.office.post("/payments", body("76.40", "R-3")).await.good();
        assert_eq!(rest["outcome"], "released", "10.00 and 76.40 are the 86.40 that were due: {rest}");
    }
}
