//! One crew turned a service off and has no signal; another one finds it off on an order of its own. Whoever pays gets it
//! back by one reconnect, whichever of the three the office hears of first.

use super::{reconnects, sent_out};
use curbstop_field::core::{
    Step,
    view::{self, Now},
};
use curbstop_server::store::orders::OrderRow;
use curbstop_shared::{
    disposition::WhyNot,
    ids::OrderId,
    route_document::PublishedOrder,
    time::Span,
    vocabulary::{Action, RecallReason},
};
use curbstop_tests::{
    by_hand::{self, Day, now},
    on_both_engines,
    truck::Truck,
};
use uuid::Uuid;

/// What the office hears of, each once.
#[derive(Debug, Clone, Copy)]
enum Heard {
    Cut,
    Finding,
    Payment,
}
use Heard::{Cut, Finding, Payment};

const IN_EVERY_ORDER: [[Heard; 3]; 6] = [
    [Cut, Finding, Payment],
    [Cut, Payment, Finding],
    [Finding, Cut, Payment],
    [Finding, Payment, Cut],
    [Payment, Cut, Finding],
    [Payment, Finding, Cut],
];

/// Another order of the same account, for the same meter.
fn again(order: &PublishedOrder) -> PublishedOrder {
    let id = OrderId(Uuid::from_u128(order.id.0.as_u128() + 0x1000));
    PublishedOrder { id, number: format!("{}-2", order.number), ..order.clone() }
}

fn finds_it_off(truck: &mut Truck, order: &PublishedOrder) {
    truck.opens_the_act(order);
    truck.notes_down(order.id, |draft| {
        draft.lines[0].answers(Action::AlreadyOff);
        draft.lines[0].digits = Some("036500".into());
        draft.lines[0].confirmed = true;
        draft.step = Step::Summary;
    });
    truck.saves(order.id);
}

/// The reconnects of the account that somebody would go to.
async fn standing(day: &Day, account: &str) -> Vec<OrderRow> {
    reconnects(day, account).await.into_iter().filter(|row| row.stands() == "open").collect()
}

on_both_engines! {
    async fn one_reconnect_stands_for_what_one_crew_cut_and_another_found_off(db: TestDatabase) {
        let state = by_hand::state_on(&db).await;
        let cuts: Vec<PublishedOrder> = (1..=6).map(by_hand::turn_off).collect();
        let found: Vec<PublishedOrder> = cuts.iter().map(again).collect();
        let first = Day::of_crew(&state, "Truck 12", "maria", cuts).await;
        let second = Day::of_crew(&state, "Truck 14", "joe", found).await;
        let server = by_hand::server(&db);
        let mut cutting = first.truck(&server.url()).await;
        let mut finding = second.truck(&server.url()).await;
        for ((cut, found), heard) in first.orders.iter().zip(&second.orders).zip(IN_EVERY_ORDER) {
            cutting.turns_off(cut, "036500", "L-1");
            finds_it_off(&mut finding, found);
            for what in heard {
                match what {
                    Cut => drop(cutting.sync().await),
                    Finding => drop(finding.sync().await),
                    Payment => {
                        let paid_at = now();
                        by_hand::pays(&state, found.id, paid_at).await;
                        by_hand::pays(&state, cut.id, paid_at).await;
                    }
                }
            }
            let account = cut.account.as_deref().unwrap();
            let standing = standing(&first, account).await;
            let [one] = &standing[..] else { panic!("{heard:?}: {standing:?}") };
            assert_eq!(one.cause_order, Some(cut.id.0), "{heard:?}: who cut is who gives it back");
        }
    }

    /// The reconnect of what was found off is out with a third truck when the cut comes in: it is taken back there.
    async fn a_truck_that_was_sent_for_what_was_found_off_hears_that_another_order_took_its_place(db: TestDatabase) {
        let state = by_hand::state_on(&db).await;
        let cut = by_hand::turn_off(1);
        let account = cut.account.clone().unwrap();
        let first = Day::of_crew(&state, "Truck 12", "maria", vec![cut.clone()]).await;
        let second = Day::of_crew(&state, "Truck 14", "joe", vec![again(&cut)]).await;
        let server = by_hand::server(&db);
        let mut cutting = first.truck(&server.url()).await;
        let mut finding = second.truck(&server.url()).await;
        cutting.turns_off(&cut, "036500", "L-1");
        finds_it_off(&mut finding, &second.orders[0]);
        finding.sync().await;
        by_hand::pays(&state, second.orders[0].id, now()).await;
        by_hand::pays(&state, cut.id, now()).await;
        let [of_the_finding] = &standing(&first, &account).await[..] else { panic!("one") };
        let (mut third, stop) = sent_out(&first, of_the_finding, "Truck 15", "ann", &server.url()).await;

        cutting.sync().await;
        let [of_the_cut] = &standing(&first, &account).await[..] else { panic!("one") };
        assert_eq!(of_the_cut.cause_order, Some(cut.id.0));
        third.sync().await;
        let moment = Now { at: third.now(), utc_offset: Span::minutes(-7 * 60) };
        let told = view::stop_in_full(third.tablet.state(), stop.id, moment).unwrap();
        let why = &told.disposition.why_not;
        assert!(matches!(why, Some(WhyNot::Recalled { reason: RecallReason::NotCalledFor, .. })), "{why:?}");

        let (mut fourth, stop) = sent_out(&first, of_the_cut, "Truck 16", "kim", &server.url()).await;
        fourth.turns_on(&stop);
        fourth.sync().await;
        assert!(standing(&first, &account).await.is_empty(), "it is on, for both");
    }
}
