//! Service is given back: whoever is off and released has a reconnect that somebody can do, with a time by which it is
//! due, however often it comes to that.

#![expect(clippy::unwrap_used, reason = "a step of the story that fails ends it, where it failed")]

mod by_contractors;
mod crew_out;
mod found_off;
mod given_back_to;
mod on_a_running_route;
mod on_todays_list;
mod out_of_reach;

use curbstop_server::{
    service::{spreading, spreading::Word, utility},
    store::{orders, orders::OrderRow},
};
use curbstop_shared::{
    facts::{Fact, FactBody, Header, Release},
    ids::{FactId, LineId, OrderId},
    route_document::PublishedOrder,
    time::Span,
    vocabulary::{OrderKind, ReleaseReason, Source},
};
use curbstop_tests::{
    by_hand::{self, Day, now},
    on_both_engines,
    truck::Truck,
};

/// One turn-off with a house's line and its garden's.
fn house_and_garden() -> PublishedOrder {
    let house = by_hand::turn_off(1);
    let garden = curbstop_shared::route_document::PublishedLine {
        id: LineId("2".into()),
        serial: Some("80000001".into()),
        ..house.lines[0].clone()
    };
    PublishedOrder { lines: vec![house.lines[0].clone(), garden], ..house }
}

/// The office releases some lines of an order: paid now.
async fn releases(day: &Day, order: OrderId, lines: &str) {
    let at = now();
    let release = Release {
        reason: ReleaseReason::PaymentReceived,
        lines: lines.into(),
        source: Source::Office,
        verified: true,
        paid_at: Some(at),
        recorded_at: Some(at),
        confirmation: None,
    };
    let id = FactId::from_uuid(day.state.new_id());
    let fact = Fact::new(id, Header { order, at, by: None, device: None }, FactBody::Release(release));
    let mut work = day.state.store.begin().await.unwrap();
    let words = [Word { order, facts: vec![fact], home: None }];
    let folding = utility::folding(&day.state, at);
    let spread = spreading::spread(&day.state, &mut work, &words, &folding, at).await.unwrap();
    work.commit().await.unwrap();
    spread.announce(&day.state);
}

async fn reconnects(day: &Day, account: &str) -> Vec<OrderRow> {
    let mut conn = day.state.store.reader().await.unwrap();
    let all = orders::by_account(&mut conn, account).await.unwrap();
    all.into_iter().filter(|row| row.kind == "reconnect").collect()
}

async fn lines(day: &Day, order: &OrderRow) -> Vec<String> {
    let mut conn = day.state.store.reader().await.unwrap();
    orders::lines(&mut conn, OrderId(order.id)).await.unwrap().into_iter().map(|line| line.line).collect()
}

/// Another truck with the reconnect on its route.
async fn sent_out(day: &Day, order: &OrderRow, name: &str, rider: &str, server: &str) -> (Truck, PublishedOrder) {
    let of_it = lines(day, order).await;
    let cut = &day.orders[0];
    let published = PublishedOrder {
        id: OrderId(order.id),
        number: order.number.clone(),
        kind: OrderKind::Reconnect,
        reason: order.reason.parse().unwrap(),
        lines: cut.lines.iter().filter(|line| of_it.contains(&line.id.0)).cloned().collect(),
        ..cut.clone()
    };
    let out = Day::of_crew(&day.state, name, rider, vec![published.clone()]).await;
    (out.truck(server).await, published)
}

on_both_engines! {
    /// The house is paid for and turned on; then the garden is paid for. The first reconnect is done and over, so
    /// there is a second one, for the garden alone, and no third however often somebody says so again.
    async fn a_line_that_is_paid_for_later_gets_a_reconnect_of_its_own(db: TestDatabase) {
        let state = by_hand::state_on(&db).await;
        let day = Day::of_crew(&state, "Truck 12", "maria", vec![house_and_garden()]).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        let order = &day.orders[0];
        let account = order.account.clone().unwrap();
        truck.turns_off(order, "036500", "L-1");
        truck.sync().await;

        releases(&day, order.id, "1").await;
        let first = reconnects(&day, &account).await.remove(0);
        assert_eq!(lines(&day, &first).await, ["1"]);
        let (mut second_truck, stop) = sent_out(&day, &first, "Truck 14", "joe", &server.url()).await;
        second_truck.turns_on(&stop);
        second_truck.sync().await;
        assert_eq!(reconnects(&day, &account).await[0].state, "done");

        releases(&day, order.id, "2").await;
        let [_, second] = &reconnects(&day, &account).await[..] else { panic!("a second reconnect") };
        assert_eq!((second.state.as_str(), lines(&day, second).await), ("open", vec!["2".to_owned()]));
        releases(&day, order.id, "2").await;
        assert_eq!(reconnects(&day, &account).await.len(), 2, "the same call again asks for nothing new");

        let (mut third_truck, stop) = sent_out(&day, second, "Truck 15", "ann", &server.url()).await;
        third_truck.turns_on(&stop);
        third_truck.sync().await;
        truck.sync().await;
        let states: Vec<String> = reconnects(&day, &account).await.into_iter().map(|row| row.state).collect();
        assert_eq!(states, ["done", "done"]);
    }

    /// Whoever is off though paid is back on within 24 hours, where the utility says nothing else.
    async fn a_reconnect_says_by_when_it_is_due(db: TestDatabase) {
        let day = Day::with_stops(&db, 1).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        let order = &day.orders[0];
        truck.turns_off(order, "036500", "L-1");
        truck.sync().await;
        let before = now();
        releases(&day, order.id, "*").await;
        let due = reconnects(&day, order.account.as_deref().unwrap()).await[0].due_at_us.unwrap();
        let day_later = Span::minutes(24 * 60);
        assert!((before + day_later).0 <= due && due <= (now() + day_later).0);
    }
}
