//! What a page says that a payment will do is exactly what recording it then does, whatever happened before.

use curbstop_field::core::view::{self, Now};
use curbstop_shared::time::Span;
use curbstop_tests::{
    desk::Desk,
    on_both_engines,
    truck::{Truck, wall_clock},
    utility::{ACCOUNTS, Utility, rfc3339},
};
use serde_json::{Value, json};

/// Things that happen in a history.
const STEPS: u64 = 60;

/// Dice that fall the same way each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // Numbers of Knuth's MMIX.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.roll(all.len() as u64)).unwrap()]
    }
}

/// What was promised or came, without what only time tells: ids and numbers that are given with the recording, and when
/// a tablet was last heard of.
fn said(outcome: &Value) -> Value {
    let stopped = outcome["stopped"].as_array().unwrap().iter();
    let stopped: Vec<Value> = stopped
        .map(|one| json!([one["order"], one["kind"], one["route"], one["crew"], one["stops_away"], one["phone"]]))
        .collect();
    let reconnects = outcome["reconnects"].as_array().unwrap().iter();
    let reconnects: Vec<Value> =
        reconnects.map(|one| json!([one["order_id"], one["lines"], one["priority"], one["fees_suppressed"]])).collect();
    json!([
        outcome["outcome"],
        outcome["to_restore"],
        outcome["perhaps_counted_already"],
        outcome["same_amount"]["confirmation"],
        outcome["before_listing"],
        stopped,
        reconnects,
    ])
}

/// One thing that happens; the payment that it left, where it left one.
async fn happens(
    utility: &Utility,
    truck: &mut Truck,
    dice: &mut Dice,
    cut: &mut Vec<&'static str>,
    paid: &mut Vec<String>,
) {
    let (_, account, _) = dice.pick(&ACCOUNTS);
    match dice.roll(5) {
        0 => {
            let order = truck.orders().into_iter().find(|order| order.account.as_deref() == Some(account));
            if let Some(order) = order.filter(|_| !cut.contains(&account)) {
                let stop =
                    view::stop_in_full(truck.tablet.state(), order.id, Now { at: truck.now(), utc_offset: Span(0) });
                if stop.is_some_and(|stop| stop.disposition.may_begin_cut) {
                    truck.turns_off(&order, "036500", "L-1");
                    cut.push(account);
                }
            }
        }
        1 | 2 => {
            truck.sync().await;
        }
        3 => {
            let hold = json!({ "account": account, "kind": "dispute", "comment": "letter" });
            let _ = utility.office.post("/holds", hold).await.good();
        }
        _ => {
            if !paid.is_empty() {
                let payment = paid.remove(usize::try_from(dice.roll(paid.len() as u64)).unwrap());
                let back = json!({ "reason": dice.pick(&["returned_check", "error"]) });
                let _ = utility.office.post(&format!("/payments/{payment}/reversal"), back).await.good();
            }
        }
    }
}

/// A payment of any account and size is foreseen, then made.
async fn is_paid_as_promised(office: &Desk, dice: &mut Dice, receipt: &str, told: &str) -> String {
    let (_, account, owed) = dice.pick(&ACCOUNTS);
    let minor = dice.pick(&[owed, owed, owed / 2, owed - 1, owed + 500, 100]);
    let amount = format!("{}.{:02}", minor / 100, minor % 100);
    let paid_at = rfc3339(wall_clock() + Span::seconds(3) - Span::minutes(i64::try_from(dice.roll(3)).unwrap() * 20));
    let asked = format!("/payments/preview?account={account}&amount={amount}&paid_at={}", paid_at.replace('+', "%2B"));
    let promised = office.get(&asked).await.good();
    let payment = json!({
        "account": account, "amount": amount, "tender": "cash", "confirmation": receipt, "paid_at": paid_at,
    });
    let came = office.post("/payments", payment).await.good();
    assert_eq!(said(&promised), said(&came), "{told}: {amount} for {account}");
    came["payment"].as_str().unwrap().to_owned()
}

/// A history of cuts that have come in and cuts that have not, holds, money taken back, parts and too much.
async fn history(utility: &Utility, seed: u64) {
    utility.publishes().await;
    let mut dice = Dice(seed);
    let mut truck = utility.truck(&utility.server.url()).await;
    let (mut cut, mut paid) = (Vec::new(), Vec::new());
    for step in 0..STEPS {
        happens(utility, &mut truck, &mut dice, &mut cut, &mut paid).await;
        if dice.roll(2) == 0 {
            let receipt = format!("R-{seed}-{step}");
            let told = format!("history {seed}, step {step}");
            paid.push(is_paid_as_promised(&utility.office, &mut dice, &receipt, &told).await);
        }
    }
}

on_both_engines! {
    async fn what_the_page_says_a_payment_will_do_is_what_it_does(db: TestDatabase) {
        history(&Utility::opens(&db).await, 1).await;
    }

    async fn what_the_page_says_a_payment_will_do_is_what_it_does_on_another_day(db: TestDatabase) {
        history(&Utility::opens(&db).await, 2).await;
    }

    async fn what_the_page_says_a_payment_will_do_is_what_it_does_on_a_third_day(db: TestDatabase) {
        history(&Utility::opens(&db).await, 3).await;
    }
}
