//! A reconnect joins a route that is out, is done there without a signal, or is taken back from it again.

use curbstop_field::core::view::{self, Now};
use curbstop_shared::{
    disposition::WhyNot,
    ids::OrderId,
    route_document::PublishedOrder,
    time::Span,
    vocabulary::{OrderKind, RecallReason},
};
use curbstop_tests::{
    desk::text,
    on_both_engines,
    truck::{Truck, wall_clock},
    utility::{Utility, account},
};
use serde_json::{Value, json};

/// A route of six that is out, with B cut on it and paid for since: the truck, the route, the payment, the reconnect.
struct Paid {
    utility: Utility,
    truck: Truck,
    route: String,
    payment: String,
    reconnect: String,
}

impl Paid {
    async fn since_the_cut(db: &curbstop_tests::database::TestDatabase) -> Self {
        let (utility, truck) = Utility::with_cuts_at(db, "B").await;
        let paid = utility.pays('B', wall_clock() + Span::seconds(3)).await;
        assert_eq!(paid["outcome"], "released", "{paid}");
        let routes = utility.dispatcher.get(&format!("/routes?date={}", utility.date)).await.good();
        let route = text(&routes["routes"][0]["id"]);
        let (payment, reconnect) = (text(&paid["payment"]), text(&paid["reconnects"][0]["order_id"]));
        Self { utility, truck, route, payment, reconnect }
    }

    async fn gives(&self, order: &str, key: &str) -> curbstop_tests::desk::Answer {
        let path = format!("/routes/{}/orders", self.route);
        self.utility.dispatcher.post_once(&path, json!({ "order_id": order }), key).await
    }

    async fn is_taken_back(&self) -> Value {
        let path = format!("/payments/{}/reversal", self.payment);
        self.utility.office.post(&path, json!({ "reason": "returned_check" })).await.good()
    }

    async fn order(&self, id: &str) -> Value {
        self.utility.office.get(&format!("/orders/{id}")).await.good()
    }

    fn on_the_truck(&self) -> PublishedOrder {
        let id: OrderId = self.reconnect.parse().unwrap();
        self.truck.orders().into_iter().find(|order| order.id == id).unwrap()
    }

    fn now(&self) -> Now {
        Now { at: self.truck.now(), utc_offset: Span::minutes(-7 * 60) }
    }
}

on_both_engines! {
    /// Cut, paid, reconnect, given to the truck that is out, done there without a signal, merged: the customer is on.
    async fn a_reconnect_joins_a_route_that_is_out_and_is_done_there(db: TestDatabase) {
        let mut day = Paid::since_the_cut(&db).await;
        let mine = day.reconnect.clone();
        let given = day.gives(&mine, "give-1").await.good();
        assert_eq!((&given["crew_name"], &given["order_id"]), (&json!("Truck 12"), &json!(mine)));
        assert_eq!(day.gives(&mine, "give-1").await.good(), given, "a lost answer is given again");
        assert_eq!(day.gives(&mine, "give-2").await.code(), "order_on_route");
        let cut = day.truck.order_of(account('C')).id.to_string();
        assert_eq!(day.gives(&cut, "give-3").await.code(), "order_not_reconnect");
        assert_eq!(day.gives("01996f00-0000-7000-8000-000000000000", "give-4").await.code(), "order_unknown");
        let refused = day.utility.office.post(&format!("/routes/{}/orders", day.route), json!({ "order_id": mine })).await;
        assert_eq!(refused.code(), "role_forbids");

        day.truck.sync().await;
        let reconnect = day.on_the_truck();
        assert_eq!((reconnect.kind, reconnect.account.as_deref()), (OrderKind::Reconnect, Some(account('B'))));
        // Billing's last reading is older than the cut: what was used until then is nobody's leak.
        assert_eq!(reconnect.lines[0].last.as_deref(), Some("036500"), "what was read at the cut");
        assert!(reconnect.due_at.is_some() && reconnect.lines[0].serial.is_some(), "{reconnect:?}");
        let shown = view::day(day.truck.tablet.state(), day.now()).unwrap();
        assert_eq!(shown.total, 7, "it is a stop of the day");
        let [card] = &shown.restores[..] else { panic!("one card for the house: {:?}", shown.restores) };
        let stop = card.reconnect.as_ref().unwrap();
        assert!(stop.order.id == reconnect.id && stop.standing.is_ahead());
        let before = usize::try_from(given["stops_before"].as_u64().unwrap()).unwrap();
        let ahead = shown.next.iter().chain(&shown.ahead).filter(|other| other.place < stop.place);
        assert_eq!(ahead.count(), before, "where dispatch was told");

        day.truck.turns_on(&reconnect);
        assert_eq!(day.truck.tablet.unsent(), 1);
        day.truck.sync().await;
        assert_eq!((day.truck.tablet.unsent(), day.order(&mine).await["state"].clone()), (0, json!("done")));
        let told = day.utility.office.get(&format!("/accounts/{}", account('B'))).await.good();
        assert_eq!(told["answer"]["code"], "on", "{told}");
        let route = day.utility.dispatcher.get(&format!("/routes/{}", day.route)).await.good();
        assert_eq!((&route["done_count"], &route["stops_count"]), (&json!(2), &json!(7)), "{route}");
        day.truck.sync().await;
        let route = day.utility.dispatcher.get(&format!("/routes/{}", day.route)).await.good();
        let tablet = &route["tablets"][0];
        assert_eq!((&tablet["name"], &tablet["has"], &tablet["changes_behind"]), (&json!("tablet 12"), &json!("everything"), &json!(0)));
    }

    /// The check came back before the crew was there: the truck is told, and the next payment calls for another one.
    async fn a_reconnect_whose_payment_is_taken_back_is_recalled_on_the_truck(db: TestDatabase) {
        let mut day = Paid::since_the_cut(&db).await;
        let mine = day.reconnect.clone();
        let _ = day.gives(&mine, "give-1").await.good();
        day.truck.sync().await;
        let back = day.is_taken_back().await;
        assert_eq!(back["reconnects"][0]["crew"], "Truck 12", "whom to call: {back}");
        let told = day.order(&mine).await;
        assert_eq!(told["state"], "recalled");
        assert_eq!(told["said"], "Taken back: nothing calls for it any more. The crew has not seen it yet.");
        assert_eq!(day.gives(&mine, "give-2").await.code(), "order_on_route");

        day.truck.sync().await;
        let id = day.on_the_truck().id;
        let stop = view::stop_in_full(day.truck.tablet.state(), id, day.now()).unwrap();
        assert!(matches!(stop.disposition.why_not, Some(WhyNot::Recalled { reason: RecallReason::NotCalledFor, .. })));
        assert!(!stop.disposition.may_begin);
        let shown = view::day(day.truck.tablet.state(), day.now()).unwrap();
        let recalls: Vec<_> = shown.recalls.iter().map(|recall| (recall.stop.order.id, recall.reason)).collect();
        assert!(recalls.contains(&(id, RecallReason::NotCalledFor)), "{recalls:?}");

        let pay = json!({
            "account": account('B'), "amount": "120.50", "tender": "cash", "confirmation": "R-again",
            "paid_at": curbstop_tests::utility::rfc3339(wall_clock() + Span::seconds(3)),
        });
        let again = day.utility.office.post("/payments", pay).await.good();
        let next = text(&again["reconnects"][0]["order_id"]);
        assert_ne!(next, mine, "what the crew was told not to do stays so");
        let _ = day.gives(&next, "give-3").await.good();
    }

    /// Dispatch gave it to Truck 12, and the check came back before the tablet had called: the truck had it all the same, and
    /// whoever looks is told what its tablet has said of it, and no more.
    async fn a_reconnect_that_its_truck_had_not_fetched_is_not_said_to_have_been_nobodys(db: TestDatabase) {
        let mut day = Paid::since_the_cut(&db).await;
        let mine = day.reconnect.clone();
        let _ = day.gives(&mine, "give-1").await.good();
        day.is_taken_back().await;
        let said = async |utility: &Utility| {
            let told = utility.office.get(&format!("/accounts/{}", account('B'))).await.good();
            let orders = told["orders"].as_array().unwrap();
            text(&orders.iter().find(|order| order["id"] == mine.as_str()).unwrap()["said"])
        };
        let why = "Taken back: nothing calls for it any more.";
        assert_eq!(said(&day.utility).await, format!("{why} Truck 12 had it; its tablet has not said that it received it."));
        // It fetches it, and says so with its next word.
        day.truck.sync().await;
        day.truck.sync().await;
        assert_eq!(said(&day.utility).await, format!("{why} The crew has not seen it yet."));
        day.truck.taps_on_recalls();
        day.truck.sync().await;
        assert_eq!(said(&day.utility).await, format!("{why} The crew has seen it."));
    }

    /// The crew had turned it on before it could hear that the check came back: what was done is done.
    async fn a_reconnect_that_was_done_before_the_recall_stays_done(db: TestDatabase) {
        let mut day = Paid::since_the_cut(&db).await;
        let mine = day.reconnect.clone();
        let _ = day.gives(&mine, "give-1").await.good();
        day.truck.sync().await;
        let reconnect = day.on_the_truck();
        day.truck.turns_on(&reconnect);
        day.is_taken_back().await;
        day.truck.sync().await;
        assert_eq!((day.truck.tablet.unsent(), day.order(&mine).await["state"].clone()), (0, json!("done")));
        let told = day.utility.office.get(&format!("/accounts/{}", account('B'))).await.good();
        assert_eq!(told["answer"]["code"], "on", "{told}");
        let open = day.utility.office.get(&format!("/exceptions?account={}", account('B'))).await.good();
        let kinds: Vec<String> = open["exceptions"].as_array().unwrap().iter().map(|it| text(&it["kind"])).collect();
        assert_eq!(kinds, ["release_reversed_after_restore"], "once, for the next listing: {open}");
    }

    /// A crew that turned its own cut on again leaves nothing to do for the one that was sent to.
    async fn what_somebody_else_gave_back_is_taken_from_the_truck_that_was_sent(db: TestDatabase) {
        let mut day = Paid::since_the_cut(&db).await;
        let mine = day.reconnect.clone();
        let _ = day.gives(&mine, "give-1").await.good();
        let mut second = Truck::enrol(&day.utility.server.url(), &day.utility.enrolment_code().await, "tablet 12b").await;
        second.sync().await;
        let cut = second.order_of(account('B'));
        second.turns_on(&cut);
        second.sync().await;
        assert_eq!(day.order(&mine).await["state"], "recalled");
        day.truck.sync().await;
        let id = day.on_the_truck().id;
        let stop = view::stop_in_full(day.truck.tablet.state(), id, day.now()).unwrap();
        assert!(matches!(stop.disposition.why_not, Some(WhyNot::Recalled { reason: RecallReason::NotCalledFor, .. })));
    }

    /// Paid, and the crew turned its own cut on again before anybody was sent: no list calls that reconnect open, and
    /// nobody reads that it was taken back.
    async fn what_the_crew_turned_on_itself_leaves_no_reconnect_open(db: TestDatabase) {
        let mut day = Paid::since_the_cut(&db).await;
        let mine = day.reconnect.clone();
        assert_eq!(day.order(&mine).await["state"], "open");
        let cut = day.truck.order_of(account('B'));
        day.truck.turns_on(&cut);
        day.truck.sync().await;
        let told = day.order(&mine).await;
        let said = "Not needed any more: the service is on again.";
        assert_eq!((&told["state"], &told["said"]), (&json!("not_called_for"), &json!(said)));
        let listed = async |state: &str| {
            let path = format!("/orders?kind=reconnect&account={}&state={state}", account('B'));
            day.utility.office.get(&path).await.good()["orders"].as_array().unwrap().len()
        };
        assert_eq!((listed("open").await, listed("not_called_for").await), (0, 1));
        let account = day.utility.office.get(&format!("/accounts/{}", account('B'))).await.good();
        let shown = account["orders"].as_array().unwrap().iter().find(|order| order["id"] == mine.as_str()).unwrap();
        assert_eq!((&shown["state"], &shown["said"]), (&json!("not_called_for"), &json!(said)));
    }
}
