//! A crew has a reconnect and can't be heard of: another crew gets it, and nobody goes there twice unseen.

use curbstop_field::core::view::{self, Left, Now};
use curbstop_shared::{
    disposition::WhyNot, ids::OrderId, route_document::PublishedOrder, time::Span, vocabulary::RecallReason,
};
use curbstop_tests::{
    database::TestDatabase,
    desk::{Answer, text},
    on_both_engines,
    truck::{Truck, wall_clock},
    utility::Utility,
};
use serde_json::{Value, json};

/// Two trucks are out. Truck 12 has cut somebody who paid since, and has the reconnect on its tablet.
pub(super) struct TwoTrucks {
    pub(super) utility: Utility,
    pub(super) first: Truck,
    pub(super) second: Truck,
    pub(super) first_route: String,
    pub(super) second_route: String,
    pub(super) account: String,
    pub(super) reconnect: String,
}

impl TwoTrucks {
    pub(super) async fn are_out(db: &TestDatabase) -> Self {
        let mut day = Self::before_anybody_is_sent(db).await;
        let given = json!({ "order_id": day.reconnect });
        let _ = day.asks(&day.first_route, given, "first").await.good();
        day.first.sync().await;
        day.first.sync().await;
        day
    }

    /// As they are out, and the reconnect is on no route: Truck 12 reads of it on the card of its own cut.
    pub(super) async fn before_anybody_is_sent(db: &TestDatabase) -> Self {
        let utility = Utility::opens(db).await;
        // Not all six fit into so short a shift: the other truck gets the rest.
        let short =
            json!({ "date": utility.date, "crew_ids": [utility.crew], "shift": { "from": "08:00", "to": "08:20" } });
        let first_plan = utility.sends_out(short).await;
        let other = utility.hires("Truck 14", "555-0114", "joe").await;
        let second_plan = utility.sends_out(json!({ "date": utility.date, "crew_ids": [other] })).await;
        let mut first = utility.truck_of(&utility.crew, "tablet 12").await;
        let second = utility.truck_of(&other, "tablet 14").await;
        let cut = first.orders().remove(0);
        first.turns_off(&cut, "036500", "L-1");
        first.sync().await;
        let account = cut.account.unwrap();
        let letter = "ABCDEF".chars().find(|letter| curbstop_tests::utility::account(*letter) == account).unwrap();
        let paid = utility.pays(letter, wall_clock() + Span::seconds(3)).await;
        let reconnect = text(&paid["reconnects"][0]["order_id"]);
        let route = |plan: &Value| text(&plan["routes"][0]["route_id"]);
        let (first_route, second_route) = (route(&first_plan), route(&second_plan));
        first.sync().await;
        Self { utility, first, second, first_route, second_route, account, reconnect }
    }

    pub(super) async fn asks(&self, route: &str, body: Value, key: &str) -> Answer {
        self.utility.dispatcher.post_once(&format!("/routes/{route}/orders"), body, key).await
    }

    /// The dispatcher, who sees that Truck 12 has it, gives it to Truck 14.
    pub(super) async fn goes_over(&self, key: &str) -> Answer {
        let body = json!({ "order_id": self.reconnect, "from_route_id": self.first_route });
        self.asks(&self.second_route, body, key).await
    }

    pub(super) async fn order(&self) -> Value {
        self.utility.office.get(&format!("/orders/{}", self.reconnect)).await.good()
    }

    pub(super) async fn service_is(&self) -> String {
        let told = self.utility.office.get(&format!("/accounts/{}", self.account)).await.good();
        text(&told["answer"]["code"])
    }

    pub(super) async fn exceptions(&self) -> Vec<String> {
        let open = self.utility.office.get(&format!("/exceptions?account={}", self.account)).await.good();
        open["exceptions"].as_array().unwrap().iter().map(|it| text(&it["kind"])).collect()
    }

    pub(super) fn on(&self, truck: &Truck) -> Option<PublishedOrder> {
        let id: OrderId = self.reconnect.parse().unwrap();
        truck.orders().into_iter().find(|order| order.id == id)
    }
}

pub(super) fn moment(truck: &Truck) -> Now {
    Now { at: truck.now(), utc_offset: Span::minutes(-7 * 60) }
}

pub(super) fn why_not(truck: &Truck, order: &PublishedOrder) -> Option<WhyNot> {
    view::stop_in_full(truck.tablet.state(), order.id, moment(truck)).unwrap().disposition.why_not.clone()
}

on_both_engines! {
    /// The tablet of Truck 12 fell into a manhole: Truck 14 gets its reconnect and does it. Only who names the route
    /// that has it takes it from there, and once.
    async fn a_reconnect_whose_truck_lost_its_tablet_is_done_by_another(db: TestDatabase) {
        let mut day = TwoTrucks::are_out(&db).await;
        let dead = day.first.device();
        let _ = day.utility.dispatcher.post(&format!("/devices/{dead}/revoke"), json!({})).await;
        let unnamed = day.asks(&day.second_route, json!({ "order_id": day.reconnect }), "unnamed").await;
        assert_eq!(unnamed.code(), "order_on_route");
        let wrong = json!({ "order_id": day.reconnect, "from_route_id": day.second_route });
        assert_eq!(day.asks(&day.second_route, wrong, "wrong").await.code(), "order_on_route");

        let given = day.goes_over("over").await.good();
        assert_eq!(given["crew_name"], "Truck 14");
        assert_eq!((&given["taken_from"]["crew_name"], &given["taken_from"]["phone"]), (&json!("Truck 12"), &json!("555-0112")));
        assert_eq!(day.goes_over("over").await.good(), given, "a lost answer is given again");
        assert_eq!(day.goes_over("late").await.code(), "order_on_route", "whoever looks at an old list sends no third truck");
        let order = day.order().await;
        assert_eq!(order["state"], "open", "what Truck 12 was told stops nobody at Truck 14: {order}");
        let recalls: Vec<&Value> = order["facts"].as_array().unwrap().iter().map(|fact| &fact["body"]).filter(|body| body["kind"] == "recall").collect();
        assert_eq!(recalls.len(), 1, "{order}");
        assert_eq!((&recalls[0]["reason"], &recalls[0]["cause"]), (&json!("moved"), &json!(day.second_route)));

        day.second.sync().await;
        let mine = day.on(&day.second).unwrap();
        // Truck 14 was never there: whose lock hangs on it, and what the dials said, came with the order.
        let closed = view::closed_with(day.second.tablet.state(), &mine, moment(&day.second));
        let [how] = &closed[..] else { panic!("{closed:?}") };
        assert_eq!((how.lock.as_deref(), how.digits.as_deref()), (Some("L-1"), Some("036500")));
        assert!(how.method.is_some() && how.since.is_some(), "{how:?}");
        day.second.turns_on(&mine);
        day.second.sync().await;
        assert_eq!((day.order().await["state"].clone(), day.service_is().await), (json!("done"), "on".to_owned()));
        assert_eq!(day.exceptions().await, Vec::<String>::new());
    }

    /// Out of reach, Truck 12 did it all the same: honest work counts, a person hears of it, and Truck 14 sees that
    /// nothing is left to do.
    async fn what_the_first_truck_did_before_it_could_hear_counts_and_the_second_sees_it(db: TestDatabase) {
        let mut day = TwoTrucks::are_out(&db).await;
        let mine = day.on(&day.first).unwrap();
        day.first.turns_on(&mine);
        let _ = day.goes_over("over").await.good();
        day.second.sync().await;
        assert_eq!(why_not(&day.second, &mine), None, "as far as anybody knows it is to be done");
        day.first.sync().await;
        assert_eq!((day.first.tablet.unsent(), day.order().await["state"].clone()), (0, json!("done")));
        assert_eq!(day.exceptions().await, ["visit_after_recall"]);
        assert_eq!(day.service_is().await, "on");
        day.second.sync().await;
        assert!(matches!(why_not(&day.second, &mine), Some(WhyNot::AlreadyDone { .. })), "{:?}", why_not(&day.second, &mine));
    }

    /// Truck 12 never had the reconnect, only the card of its own cut: it hears that Truck 14 was sent, or both go.
    async fn the_truck_that_cut_it_hears_that_another_one_was_sent(db: TestDatabase) {
        let mut day = TwoTrucks::before_anybody_is_sent(&db).await;
        let cards = |truck: &Truck| view::day(truck.tablet.state(), moment(truck)).unwrap().restores;
        let before = cards(&day.first);
        assert!(before.len() == 1 && !before[0].is_anothers(), "it is Truck 12's: {before:?}");
        let given = day.asks(&day.second_route, json!({ "order_id": day.reconnect }), "sent").await.good();
        assert_eq!(given["crew_name"], "Truck 14");
        let order = day.order().await;
        assert_eq!(order["state"], "open", "what Truck 12 was told stops nobody at Truck 14: {order}");
        day.first.sync().await;
        let now = cards(&day.first);
        assert!(now.len() == 1 && now[0].is_anothers(), "Truck 14 has it: {now:?}");
        assert!(now[0].unseen.is_empty() && day.first.taps_on_recalls() == 0, "it was never told to go: nothing to tap");
        let left = view::day(day.first.tablet.state(), moment(&day.first)).unwrap().left();
        assert!(!left.iter().any(|left| matches!(left, Left::TurnBackOn(_))), "it may go home: {left:?}");
        day.second.sync().await;
        let mine = day.on(&day.second).unwrap();
        day.second.turns_on(&mine);
        day.second.sync().await;
        assert_eq!(day.service_is().await, "on");
        assert!(cards(&day.first).len() == 1, "it has not heard of it");
        day.first.sync().await;
        assert!(cards(&day.first).is_empty(), "it is on again: {:?}", cards(&day.first));
        assert_eq!(day.exceptions().await, Vec::<String>::new());
    }

    /// Truck 14 was sent, and Truck 12, which stood there still, has turned its own cut on again without a signal. Truck 14
    /// hears of it as soon as anybody could tell it, and nobody is left to go.
    async fn the_truck_that_was_sent_hears_that_the_one_that_cut_turned_it_on_itself(db: TestDatabase) {
        let mut day = TwoTrucks::before_anybody_is_sent(&db).await;
        let account = day.account.clone();
        let cut = day.first.order_of(&account);
        let sent = json!({ "order_id": day.reconnect });
        let _ = day.asks(&day.second_route, sent, "sent").await.good();
        day.second.sync().await;
        let mine = day.on(&day.second).unwrap();
        assert_eq!(why_not(&day.second, &mine), None);
        day.first.turns_on_again(&cut, "036500");
        day.second.sync().await;
        assert_eq!(why_not(&day.second, &mine), None, "nobody has heard of it");

        day.first.sync().await;
        assert_eq!((day.order().await["state"].clone(), day.service_is().await), (json!("recalled"), "on".to_owned()));
        day.second.sync().await;
        let why = why_not(&day.second, &mine);
        assert!(matches!(why, Some(WhyNot::Recalled { reason: RecallReason::NotCalledFor, .. })), "{why:?}");
        let shown = view::day(day.second.tablet.state(), moment(&day.second)).unwrap();
        assert!(shown.recalls.iter().any(|recall| recall.stop.order.id == mine.id), "{:?}", shown.recalls);
        assert_eq!(day.second.taps_on_recalls(), 1);
        day.second.sync().await;
        day.first.sync().await;
        assert!(view::day(day.first.tablet.state(), moment(&day.first)).unwrap().restores.is_empty());
        assert_eq!(day.exceptions().await, Vec::<String>::new());
    }

    /// Truck 12 finds a signal before it got there: its tablet says that the stop went to another crew, and somebody
    /// taps on it.
    async fn the_first_truck_hears_that_it_lost_it(db: TestDatabase) {
        let mut day = TwoTrucks::are_out(&db).await;
        let mine = day.on(&day.first).unwrap();
        let _ = day.goes_over("over").await.good();
        day.first.sync().await;
        assert!(matches!(why_not(&day.first, &mine), Some(WhyNot::Recalled { .. })), "{:?}", why_not(&day.first, &mine));
        assert_eq!(day.first.taps_on_recalls(), 1);
        day.first.sync().await;
        assert_eq!((day.first.tablet.unsent(), day.order().await["state"].clone()), (0, json!("open")));
    }
}
