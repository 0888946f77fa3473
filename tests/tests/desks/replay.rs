//! "What did the truck know?": every visit told again, with what its tablet had heard and what the office knew then.

use crate::visitor::Visitor;
use curbstop_tests::{
    desk::text,
    on_both_engines,
    truck::wall_clock,
    utility::{Utility, account},
};
use serde_json::{Value, json};

async fn replayed(utility: &Utility, order: &str) -> Value {
    utility.office.get(&format!("/reports/orders/{order}/replay")).await.good()
}

on_both_engines! {
    /// A paid, and the truck was out of reach; B paid, the truck heard of it and cut all the same. The record tells the
    /// two apart without anybody's clock, in the words of the desk.
    async fn a_truck_that_had_not_heard_is_told_from_one_that_had(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        let (a, b) = (truck.order_of(account('A')), truck.order_of(account('B')));
        utility.pays('A', wall_clock()).await;
        truck.turns_off(&a, "036500", "L-1");
        truck.sync().await;
        utility.pays('B', wall_clock()).await;
        truck.sync().await;
        truck.turns_off(&b, "036500", "L-2");
        truck.sync().await;

        let of_a = replayed(&utility, &a.number).await;
        let visit = &of_a["visits"][0];
        assert_eq!(visit["tablet_said"], "Nothing was against it.", "{of_a}");
        assert!(text(&visit["office_said"]).contains("payment"), "{of_a}");
        let known = visit["known"].as_array().unwrap();
        let payment = known.iter().find(|one| text(&one["said"]).contains("ayment")).expect("the payment");
        assert_eq!((&payment["at_office"], &payment["on_tablet"]), (&json!(true), &json!(false)), "{of_a}");

        let of_b = replayed(&utility, &b.number.to_lowercase()).await;
        let visit = &of_b["visits"][0];
        assert_eq!(visit["tablet_said"], visit["office_said"], "{of_b}");
        assert!(text(&visit["tablet_said"]).contains("payment"), "{of_b}");
        assert!(visit["known"].as_array().unwrap().iter().all(|one| one["on_tablet"] == true), "{of_b}");

        let mut office = Visitor::signs_in(&utility.server.url(), "office").await;
        let page = format!("/reports/orders/{}/replay", a.number);
        office.opens(&page).await.shows("The office knew better, and the tablet had not heard of it.").shows("had not heard");
        let _ = office.posts("/language", &[("language", "es"), ("back", "/office")]).await;
        office.opens(&page).await.shows("La oficina sabía más, y la tableta no lo había recibido.");
        assert_eq!(utility.office.get("/reports/orders/T-9999/replay").await.code(), "order_unknown");
    }
}
