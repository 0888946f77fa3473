//! Every flow at a door, by whichever hand: a cut, one that can't be done, a proof of payment, a medical condition, a
//! reconnect, a meter to lock, a box to pick up.

use crate::{
    browser::ENTER,
    by_hand::{self, Day},
    tablet_page::TabletPage,
};
use curbstop_shared::{
    route_document::PublishedOrder,
    vocabulary::{OrderKind, Product, Reason},
};

/// What works the tablet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// A finger on the screen.
    Finger,
    /// The keys of a keyboard, and nothing else.
    Keys,
}

/// A crew that does one of each.
pub struct Crew<'a> {
    /// Its tablet.
    pub tablet: &'a TabletPage,
    /// How it is worked.
    pub hand: Hand,
}

/// An order of another kind than a turn-off, at another house.
#[must_use]
pub fn order(n: u128, kind: OrderKind, product: Product) -> PublishedOrder {
    let turn_off = by_hand::turn_off(n);
    let mut line = turn_off.lines[0].clone();
    line.product = product;
    if kind == OrderKind::EquipmentPickup {
        (line.dials, line.size) = (None, Some("Gateway TG-2472, MAC F9:0B:38:52:15:B2".into()));
    }
    let reason = if kind == OrderKind::Reconnect { Reason::PaymentReceived } else { turn_off.reason };
    PublishedOrder { kind, reason, lines: vec![line], ..turn_off }
}

/// A route with an order for each flow, in the order in which they are walked.
#[must_use]
pub fn one_of_each() -> Vec<PublishedOrder> {
    let mut orders: Vec<PublishedOrder> = (1..=4).map(by_hand::turn_off).collect();
    orders.push(order(5, OrderKind::Reconnect, Product::Water));
    orders.push(order(6, OrderKind::MeterLock, Product::Electric));
    orders.push(order(7, OrderKind::EquipmentPickup, Product::Internet));
    orders.extend((8..=9).map(by_hand::turn_off));
    orders
}

/// What the office has of each order when all are walked: how many facts of which kind.
const TOLD: [(&str, [usize; 9]); 6] = [
    ("visit", [1, 1, 1, 1, 1, 1, 1, 1, 1]),
    ("work", [1, 0, 0, 0, 1, 1, 0, 0, 0]),
    // Also the serial alone, where the meter was found and nothing done.
    ("reading", [1, 0, 1, 1, 1, 1, 0, 1, 1]),
    ("release", [0, 0, 1, 0, 0, 0, 0, 0, 0]),
    ("hold", [0, 0, 0, 1, 0, 0, 0, 1, 1]),
    ("equipment", [0, 0, 0, 0, 0, 0, 1, 0, 0]),
];

impl Crew<'_> {
    /// Walks the route of [`one_of_each`], and the office has each once.
    ///
    /// # Panics
    /// When a step is not reached, as everything here.
    pub async fn works_through(&self, day: &Day) {
        let [cut, dog, proof, medical, reconnect, lock, pickup, dispute, moved_in] = &day.orders[..] else {
            panic!("one of each")
        };
        self.does(cut, "method-curb_stop_locked", "036500").await;
        self.opens(dog).await;
        self.taps("walk-unable").await;
        self.tablet.is_on("unable").await;
        self.taps("unable-dog").await;
        self.saves().await;
        let told =
            [(proof, "ask-proof"), (medical, "ask-medical"), (dispute, "ask-dispute"), (moved_in, "ask-new-occupant")];
        for (order, says) in told {
            self.finds_the_meter(order).await;
            self.taps("met-customer").await;
            self.tablet.is_on("ask").await;
            if says == "ask-medical" {
                self.shows_it_in_the_other_language().await;
            }
            self.taps(says).await;
            self.saves().await;
        }
        self.does(reconnect, "method-curb_stop_on", "036402").await;
        self.does(lock, "method-lock_ring", "036402").await;
        self.opens(pickup).await;
        self.taps("place-yes").await;
        self.tablet.is_on("door").await;
        self.taps("met-adult").await;
        self.tablet.is_on("equipment").await;
        self.types("equipment-serial", pickup.lines[0].serial.as_deref().unwrap_or_default()).await;
        self.taps("equipment-collected").await;
        self.saves().await;
        self.tablet.shows_unsent(0).await;
        for (kind, expected) in TOLD {
            for (order, expected) in day.orders.iter().zip(expected) {
                let told = by_hand::facts_of_kind(&day.state, order.id, kind).await;
                assert_eq!(told, expected, "{} {}: {kind}", order.number, order.kind.code());
            }
        }
    }

    /// The customer reads the text in the other language.
    async fn shows_it_in_the_other_language(&self) {
        let lang = "document.querySelector('[data-test=ask-script]').lang";
        let before = self.tablet.0.run(&format!("return {lang}")).await;
        self.taps("ask-language").await;
        self.tablet.0.wait_until(&format!("{lang} && {lang} !== {before}")).await;
    }

    /// A cut, a lock or a reconnect with its reading.
    async fn does(&self, order: &PublishedOrder, method: &str, digits: &str) {
        self.finds_the_meter(order).await;
        self.taps("met-nobody").await;
        if order.kind.is_cut() {
            self.tablet.is_on("permit").await;
            self.taps("open-act").await;
        }
        self.tablet.is_on("act").await;
        self.taps(method).await;
        if order.kind.is_cut() {
            self.types("lock-input", "L-9").await;
        } else {
            self.ticks("safe").await;
        }
        self.taps("act-next").await;
        self.tablet.is_on("reading").await;
        self.reads(digits).await;
        self.taps("reading-confirm").await;
        self.tablet.is_on("summary").await;
        if order.kind.is_cut() {
            let saved = format!("document.querySelector('[data-test=saved][data-order=\"{}\"]')", order.id);
            match self.hand {
                Hand::Finger => self.tablet.holds("[data-test=hold-save]", &saved).await,
                Hand::Keys => {
                    self.tablet.0.tabs_to("[data-test=hold-save]").await;
                    self.tablet.0.keeps_down(ENTER, &saved).await;
                }
            }
        } else {
            self.saves().await;
        }
    }

    async fn saves(&self) {
        self.tablet.is_on("summary").await;
        let here = "document.querySelector('[data-test=walk]').dataset.order";
        let order = self.tablet.0.run(&format!("return {here}")).await;
        self.taps("save").await;
        self.tablet
            .0
            .wait_until(&format!("document.querySelector('[data-test=saved]')?.dataset.order === {order}"))
            .await;
    }

    /// From the day's list to the first step.
    async fn opens(&self, order: &PublishedOrder) {
        match self.hand {
            Hand::Finger => self.tablet.goes_to(&format!("#/stop/{}", order.id)).await,
            Hand::Keys => {
                let stop = format!(
                    "[data-test=next-card][data-order='{0}'] [data-test=details], [data-test=stop-row][data-order='{0}']",
                    order.id
                );
                self.tablet.0.tabs_to(&stop).await;
                self.tablet.0.presses(&ENTER.to_string()).await;
            }
        }
        self.tablet
            .0
            .wait_until(&format!("document.querySelector('[data-test=stop][data-order=\"{}\"]')", order.id))
            .await;
        self.taps("at-the-door").await;
        self.tablet.is_on("place").await;
    }

    async fn finds_the_meter(&self, order: &PublishedOrder) {
        self.opens(order).await;
        self.taps("place-yes").await;
        self.tablet.is_on("meter").await;
        self.types("serial-input", order.lines[0].serial.as_deref().unwrap_or_default()).await;
        self.taps("serial-check").await;
        self.tablet.is_on("door").await;
    }

    async fn reads(&self, digits: &str) {
        match self.hand {
            Hand::Finger => {
                for digit in digits.chars() {
                    self.taps(&format!("digit-{digit}")).await;
                }
            }
            Hand::Keys => {
                self.tablet.0.wait_until("document.activeElement.matches('.reading')").await;
                self.tablet.0.presses(digits).await;
            }
        }
        self.tablet
            .0
            .wait_until(&format!("document.querySelector('[data-test=digits]').dataset.value === '{digits}'"))
            .await;
    }

    async fn taps(&self, test: &str) {
        let css = format!("[data-test={test}]");
        match self.hand {
            Hand::Finger => {
                self.tablet
                    .0
                    .wait_until(&format!(
                        "document.querySelector('{css}') && !document.querySelector('{css}').disabled"
                    ))
                    .await;
                self.tablet.0.click(&css).await;
            }
            Hand::Keys => {
                self.tablet.0.tabs_to(&css).await;
                self.tablet.0.presses(&ENTER.to_string()).await;
            }
        }
    }

    async fn ticks(&self, test: &str) {
        match self.hand {
            Hand::Finger => self.taps(test).await,
            Hand::Keys => {
                self.tablet.0.tabs_to(&format!("[data-test={test}]")).await;
                self.tablet.0.presses(" ").await;
            }
        }
    }

    async fn types(&self, test: &str, text: &str) {
        let css = format!("[data-test={test}]");
        match self.hand {
            Hand::Finger => self.tablet.types(&css, text).await,
            Hand::Keys => {
                let has_the_focus = format!("document.activeElement.matches('{css}')");
                if self.tablet.0.run(&format!("return {has_the_focus}")).await != true {
                    self.tablet.0.tabs_to(&css).await;
                }
                self.tablet.0.presses(text).await;
            }
        }
    }
}
