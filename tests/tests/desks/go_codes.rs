//! No signal, and data too old to begin a cut: the crew calls dispatch, which reads out a code or says why not.

use crate::visitor::Visitor;
use curbstop_server::clock::SettableClock;
use curbstop_shared::time::Span;
use curbstop_tests::{
    database::TestDatabase,
    desk::{Desk, text},
    on_both_engines,
    server::TestServer,
    truck::{Truck, wall_clock},
    utility::{PASSWORD, Utility, account},
};
use reqwest::StatusCode;
use serde_json::json;
use std::sync::Arc;

/// The day ninety minutes after the truck last heard of the office.
struct Noon {
    utility: Utility,
    server: TestServer,
    dispatch: Desk,
    office: Desk,
    truck: Truck,
}

impl Noon {
    async fn of(db: TestDatabase) -> Self {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        let gone = Span::minutes(90);
        let server = TestServer::of_utility(Arc::new(db), SettableClock::at(wall_clock() + gone)).await;
        truck.clock_off_us = gone.0;
        let dispatch = Desk::sign_in(&server.url, "dispatcher", PASSWORD).await;
        let office = Desk::sign_in(&server.url, "office", PASSWORD).await;
        truck.goes_to(&server.url);
        Self { utility, server, dispatch, office, truck }
    }

    async fn asks(&self, number: &str, challenge: &str) -> curbstop_tests::desk::Answer {
        self.dispatch.post("/go-codes", json!({ "order": number, "challenge": challenge })).await
    }

    async fn exceptions(&self, letter: char) -> Vec<String> {
        let open = self.office.get(&format!("/exceptions?account={}", account(letter))).await.good();
        open["exceptions"].as_array().unwrap().iter().map(|entry| text(&entry["kind"])).collect()
    }
}

on_both_engines! {
    /// The tablet takes only the digits that dispatch answers, the cut begins on them, and it is no breach: the office
    /// remembers what it gave, to whom and when.
    async fn a_crew_without_a_signal_cuts_on_a_code_of_dispatch(db: TestDatabase) {
        let mut noon = Noon::of(db).await;
        let a = noon.truck.order_of(account('A'));
        let asking = noon.truck.asks_by_phone(&a);
        let given = noon.asks(&a.number, &asking.challenge.spoken()).await.good();
        assert_eq!((text(&given["code"]), text(&given["crew"])), (asking.code.spoken(), "Truck 12".into()), "{given}");
        assert_eq!(given["used_at"], json!(null));
        // Read out again for whoever misheard it: the same code, given once.
        let again = noon.asks(&a.number.to_lowercase(), asking.challenge.digits()).await.good();
        assert_eq!((&again["code"], &again["given_at"]), (&given["code"], &given["given_at"]));

        noon.truck.enters_the_code(&a, &text(&given["code"]));
        noon.truck.turns_off(&a, "036500", "L-1");
        noon.truck.sync().await;
        assert_eq!(noon.exceptions('A').await, Vec::<String>::new());
        let listed = noon.office.get("/go-codes").await.good();
        let codes = listed["go_codes"].as_array().unwrap();
        assert_eq!(codes.len(), 1, "{listed}");
        assert!(codes[0]["used_at"].is_string(), "{listed}");

        // One code serves one visit.
        assert_eq!(noon.asks(&a.number, asking.challenge.digits()).await.code(), "code_used");
    }

    /// What the office knows and the truck can't: a code is refused with the reason, and nothing is kept that would open
    /// the cut.
    async fn who_paid_meanwhile_is_not_cut_on_a_code(db: TestDatabase) {
        let mut noon = Noon::of(db).await;
        let b = noon.truck.order_of(account('B'));
        let asking = noon.truck.asks_by_phone(&b);
        noon.utility.pays('B', wall_clock()).await;
        assert!(noon.truck.may_begin_cut(b.id), "the truck has not heard of it");
        let refused = noon.asks(&b.number, asking.challenge.digits()).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "cut_stopped"));
        assert!(text(&refused.body["detail"]).contains("payment"), "{}", refused.body);
        assert_eq!(noon.office.get("/go-codes").await.good()["go_codes"], json!([]));

        // The same at the desk, in both languages.
        let mut visitor = Visitor::signs_in(&noon.server.url, "dispatcher").await;
        let page = visitor.opens(&format!("/dispatch/go-code?order={}", b.number)).await;
        page.shows("The seven digits on the tablet");
        let fields = [("order", b.number.as_str()), ("challenge", asking.challenge.digits())];
        visitor.posts_in_place("/dispatch/go-code", &fields).await.shows("No code. They must not cut:");
        let _ = visitor.posts("/language", &[("language", "es"), ("back", "/dispatch")]).await;
        visitor.posts_in_place("/dispatch/go-code", &fields).await.shows("Sin código. No deben cortar:");

        // A crew that cuts all the same does it without a permit, and both are seen.
        noon.truck.turns_off(&b, "036500", "L-1");
        noon.truck.sync().await;
        let raised = noon.exceptions('B').await;
        assert!(raised.contains(&"permit_breach".into()) && raised.contains(&"cut_crossed_release".into()), "{raised:?}");
    }

    /// Dispatch gave the code, the crew misheard it and calls again; in between somebody paid. The same form says so.
    async fn a_code_is_not_read_out_again_after_the_payment(db: TestDatabase) {
        let mut noon = Noon::of(db).await;
        let b = noon.truck.order_of(account('B'));
        let asking = noon.truck.asks_by_phone(&b);
        let mut visitor = Visitor::signs_in(&noon.server.url, "dispatcher").await;
        let fields = [("order", b.number.as_str()), ("challenge", asking.challenge.digits())];
        visitor.posts_in_place("/dispatch/go-code", &fields).await.shows(&asking.code.spoken());
        noon.utility.pays('B', wall_clock()).await;
        let again = visitor.posts_in_place("/dispatch/go-code", &fields).await;
        again.shows("No code. They must not cut:").does_not_show(&asking.code.spoken());
    }

    /// Digits that were misheard, of the stop next door, or of a stop that needs no permit: each is answered with what to
    /// do, and none with a code.
    async fn digits_of_another_stop_open_nothing(db: TestDatabase) {
        let mut noon = Noon::of(db).await;
        let (a, c) = (noon.truck.order_of(account('A')), noon.truck.order_of(account('C')));
        let of_a = noon.truck.asks_by_phone(&a).challenge;
        let of_c = noon.truck.asks_by_phone(&c).challenge;
        if of_c != of_a {
            assert_eq!(noon.asks(&a.number, of_c.digits()).await.code(), "challenge_of_another_stop");
        }
        for typed in ["", "48321", "48321O7", "four", "12345678"] {
            assert_eq!(noon.asks(&a.number, typed).await.code(), "challenge_invalid", "{typed}");
        }
        assert_eq!(noon.asks("T-99999", of_a.digits()).await.code(), "order_unknown");

        // The stop goes to another crew; the first one has not heard.
        let day = noon.utility.dispatcher.get(&format!("/routes?date={}", noon.utility.date)).await.good();
        let take_back = format!("/routes/{}/take-back", text(&day["routes"][0]["id"]));
        let _ = noon.utility.dispatcher.post(&take_back, json!({ "order_ids": [a.id] })).await.good();
        let crew = noon.utility.hires("Truck 7", "555-0107", "pablo").await;
        let _ = noon.utility.sends_out(json!({ "date": noon.utility.date, "crew_ids": [crew] })).await;
        assert_eq!(noon.asks(&a.number, of_a.digits()).await.code(), "order_left_route");
        assert_eq!(noon.office.get("/go-codes").await.good()["go_codes"], json!([]));
    }

    /// An hour later the code is over, for the tablet and at the desk; the tablet makes new digits.
    async fn a_code_that_was_not_used_in_time_is_over(db: TestDatabase) {
        let mut noon = Noon::of(db).await;
        let a = noon.truck.order_of(account('A'));
        let asking = noon.truck.asks_by_phone(&a);
        let given = noon.asks(&a.number, asking.challenge.digits()).await.good();
        noon.server.later(Span::minutes(61));
        noon.truck.clock_off_us += Span::minutes(61).0;
        noon.dispatch = Desk::sign_in(&noon.server.url, "dispatcher", PASSWORD).await;
        noon.office = Desk::sign_in(&noon.server.url, "office", PASSWORD).await;
        assert_eq!(noon.asks(&a.number, asking.challenge.digits()).await.code(), "challenge_old");
        noon.truck.enters_the_code(&a, &text(&given["code"]));
        noon.truck.turns_off(&a, "036500", "L-1");
        noon.truck.sync().await;
        assert!(noon.exceptions('A').await.contains(&"permit_breach".into()), "an old code is no permit");
    }
}
