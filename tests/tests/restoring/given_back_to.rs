//! A reconnect goes from one truck to another and back again, without a new plan: whoever has it now reads that it does.

use super::out_of_reach::{TwoTrucks, moment, why_not};
use curbstop_field::core::view;
use curbstop_shared::disposition::WhyNot;
use curbstop_tests::{on_both_engines, truck::Truck};
use serde_json::json;

/// Whether the card of its own cut tells a truck that another crew turns it on; none where it has no such card.
fn is_anothers(truck: &Truck) -> Option<bool> {
    let day = view::day(truck.tablet.state(), moment(truck)).unwrap();
    day.restores.first().map(view::Restore::is_anothers)
}

impl TwoTrucks {
    /// Dispatch takes the reconnect off the route of Truck 14: nobody has it.
    async fn leaves_the_second(&self) {
        let path = format!("/routes/{}/take-back", self.second_route);
        let back = json!({ "order_ids": [self.reconnect] });
        let back = self.utility.dispatcher.post(&path, back).await.good();
        assert_eq!(back["orders"].as_array().unwrap().len(), 1, "{back}");
    }
}

on_both_engines! {
    /// Truck 12 cut it and was told that Truck 14 was sent. Truck 14 breaks down: Truck 12 gets what it never had, its
    /// card says that it is to turn it on, and it does.
    async fn the_truck_that_cut_gets_the_reconnect_that_another_one_lost(db: TestDatabase) {
        let mut day = TwoTrucks::before_anybody_is_sent(&db).await;
        let sent = json!({ "order_id": day.reconnect });
        let _ = day.asks(&day.second_route, sent.clone(), "sent").await.good();
        day.first.sync().await;
        assert_eq!(is_anothers(&day.first), Some(true));
        day.leaves_the_second().await;
        let given = day.asks(&day.first_route, sent, "back").await.good();
        assert_eq!((&given["crew_name"], &given["taken_from"]), (&json!("Truck 12"), &json!(null)), "{given}");
        assert_eq!(day.order().await["state"], "open");
        day.first.sync().await;
        assert_eq!(is_anothers(&day.first), Some(false));
        let mine = day.on(&day.first).unwrap();
        assert_eq!(why_not(&day.first, &mine), None);
        let shown = view::day(day.first.tablet.state(), moment(&day.first)).unwrap();
        assert!(shown.recalls.is_empty() && shown.restores[0].reconnect.is_some(), "{shown:?}");
        day.first.turns_on(&mine);
        day.first.sync().await;
        assert_eq!((day.order().await["state"].clone(), day.service_is().await), (json!("done"), "on".to_owned()));
        assert_eq!(day.exceptions().await, Vec::<String>::new());
    }

    /// Truck 12 had it, has tapped on its leaving, and gets it back straight from Truck 14; then it goes once more. Each
    /// time the one that has it may begin, and the other one may not.
    async fn a_reconnect_comes_back_to_the_truck_that_had_it_as_often_as_dispatch_says(db: TestDatabase) {
        let mut day = TwoTrucks::are_out(&db).await;
        let mine = day.on(&day.first).unwrap();
        let _ = day.goes_over("over").await.good();
        day.first.sync().await;
        assert_eq!(day.first.taps_on_recalls(), 1);
        day.first.sync().await;
        day.second.sync().await;

        let back = json!({ "order_id": day.reconnect, "from_route_id": day.second_route });
        let given = day.asks(&day.first_route, back, "back").await.good();
        assert_eq!(given["taken_from"]["crew_name"], "Truck 14", "{given}");
        day.first.sync().await;
        day.second.sync().await;
        assert_eq!(why_not(&day.first, &mine), None);
        assert!(matches!(why_not(&day.second, &mine), Some(WhyNot::Recalled { .. })));
        assert_eq!((is_anothers(&day.first), day.order().await["state"].clone()), (Some(false), json!("open")));
        assert_eq!(day.on(&day.first).unwrap().rank, given["rank"].as_i64().unwrap(), "at its new place");

        let _ = day.goes_over("over-again").await.good();
        day.first.sync().await;
        day.second.sync().await;
        assert_eq!(why_not(&day.second, &mine), None, "it was taken off there, and is there again");
        assert!(matches!(why_not(&day.first, &mine), Some(WhyNot::Recalled { .. })));
        assert_eq!((is_anothers(&day.first), day.order().await["state"].clone()), (Some(true), json!("open")));
        day.second.turns_on(&mine);
        day.second.sync().await;
        day.first.sync().await;
        assert_eq!((day.service_is().await, is_anothers(&day.first)), ("on".to_owned(), None));
        assert_eq!(day.exceptions().await, Vec::<String>::new());
    }
}
