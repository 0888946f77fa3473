//! Something happened to a crew: dispatch has it on top with the crew's next contact, and knows whom to call.

use crate::visitor::Visitor;
use curbstop_shared::vocabulary::IncidentKind;
use curbstop_tests::{
    desk::text,
    on_both_engines,
    utility::{Utility, account},
};

on_both_engines! {
    async fn who_is_in_danger_is_on_top_of_dispatch_with_one_contact(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        let c = truck.order_of(account('C'));
        truck.opens_the_act(&c);
        truck.reports(&c, IncidentKind::DogBite, "left hand, driving to the clinic");
        truck.sync().await;
        let open = utility.office.get(&format!("/exceptions?account={}", account('C'))).await.good();
        let entry = &open["exceptions"][0];
        assert_eq!((text(&entry["kind"]), text(&entry["owner"])), ("incident".into(), "supervisor".into()), "{open}");
        assert!(text(&entry["sentence"]).contains("an incident (dog bite)"), "{open}");
        let mut dispatch = Visitor::signs_in(&utility.server.url(), "dispatcher").await;
        dispatch.opens("/dispatch").await.shows("Incident").shows("dog bite").shows("555-0112");
        // The stop itself is as open as it was.
        let order = utility.office.get(&format!("/orders/{}", c.number)).await.good();
        assert_eq!(text(&order["state"]), "open", "{order}");
        truck.closes_the_act(&c, "036500", "L-1");
        truck.sync().await;
        let order = utility.office.get(&format!("/orders/{}", c.number)).await.good();
        assert_eq!(text(&order["state"]), "done", "{order}");
    }
}
