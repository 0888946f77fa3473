//! What a crew met at a door stays with the house, for every later crew and whatever a file says.

use curbstop_shared::vocabulary::UnableCode;
use curbstop_tests::{
    on_both_engines,
    utility::{Utility, account},
};
use serde_json::{Value, json};

async fn cautions(utility: &Utility, letter: char) -> Value {
    utility.office.get(&format!("/accounts/{}", account(letter))).await.good()["cautions"].clone()
}

on_both_engines! {
    /// A dog keeps the crew from the meters at B and C; at D it cuts, was threatened, and warns whoever comes next. The office
    /// reads both, and tomorrow's crew has them on its cards.
    async fn what_a_crew_met_at_a_door_stays_with_the_house(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "A").await;
        let dog = truck.order_of(account('B'));
        assert_eq!((dog.hazards.as_deref(), cautions(&utility, 'B').await), (None, json!([])));
        let known = truck.order_of(account('C'));
        assert_eq!(known.hazards.as_deref(), Some("dog"), "the file knows that one");
        truck.is_stopped_by(&known, UnableCode::Dog);
        truck.is_stopped_by(&dog, UnableCode::Dog);
        let threat = truck.order_of(account('D'));
        truck.opens_the_act(&threat);
        truck.notes_down(threat.id, |draft| draft.warns = vec![UnableCode::Threat]);
        truck.closes_the_act(&threat, "036500", "L-7");
        truck.sync().await;
        assert_eq!(cautions(&utility, 'B').await, json!(["dog"]));
        assert_eq!(cautions(&utility, 'C').await, json!(["dog"]), "said once");
        assert_eq!(cautions(&utility, 'D').await, json!(["crew was threatened"]));
        assert_eq!(cautions(&utility, 'A').await, json!([]), "of another house nothing is said");

        let _ = utility.publishes().await;
        let other = utility.truck(&utility.server.url()).await;
        assert_eq!(other.order_of(account('B')).hazards.as_deref(), Some("dog"));
        assert_eq!(other.order_of(account('E')).hazards, None);
        truck.sync().await;
        utility.pays('D', curbstop_tests::truck::wall_clock()).await;
        let back_on = utility.office.get(&format!("/accounts/{}", account('D'))).await.good();
        let given = back_on["orders"].as_array().unwrap().iter().find(|order| order["kind"] == "reconnect").unwrap();
        let routes = utility.office.get(&format!("/routes?date={}", utility.date)).await.good();
        let newest = routes["routes"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
        let gift = json!({ "order_id": given["id"] });
        let _ = utility.dispatcher.post(&format!("/routes/{newest}/orders"), gift).await.good();
        truck.sync().await;
        let back_on = truck.orders().into_iter().find(|order| order.id.to_string() == given["id"].as_str().unwrap()).unwrap();
        assert_eq!(back_on.hazards.as_deref(), Some("threat"), "whoever gives it back is warned, too");
    }
}
