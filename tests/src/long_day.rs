//! A truck's long day for measuring: stops that differ as real ones do, so that nothing compresses better than it would.

use crate::truck::Truck;
use curbstop_field::core::{Step, walk::Position};
use curbstop_shared::{
    ids::{LineId, OrderId},
    route_document::{PublishedLine, PublishedOrder},
    vocabulary::{Action, EquipmentResult, Met, Method, OrderKind, Product, Reason},
};
use uuid::Uuid;

/// Numbers that look like chance and are the same in every run (SplitMix64).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    #[must_use]
    pub const fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The next number below a limit.
    pub const fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// As [`Self::below`], as the facts have numbers.
    ///
    /// # Panics
    /// Never: limits are small.
    pub fn whole(&mut self, limit: u64) -> i64 {
        i64::try_from(self.below(limit)).expect("small")
    }

    /// One of these.
    ///
    /// # Panics
    /// Where there is none.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).expect("an index")]
    }
}

const STREETS: [&str; 24] = [
    "ALDER ST",
    "BIRCH AVE",
    "CEDAR LN",
    "DOGWOOD DR",
    "ELM ST",
    "FIR CT",
    "GRANT BLVD",
    "HARRISON ST",
    "IVY WAY",
    "JEFFERSON AVE",
    "KESTREL RD",
    "LINCOLN ST",
    "MAIN ST N",
    "MAIN ST S",
    "NORTH FORK RD",
    "OAK ST",
    "PARK AVE",
    "QUARRY RD",
    "RIVER RD",
    "SYCAMORE ST",
    "TERRACE DR",
    "UNION ST",
    "VINE ST",
    "WALNUT ST",
];
const NAMES: [&str; 16] = [
    "ABBOTT", "BAKER", "CASTILLO", "DIAZ", "ERIKSEN", "FLORES", "GARCIA", "HUGHES", "IVERSON", "JOHNSON", "KELLER",
    "LOPEZ", "MILLER", "NGUYEN", "ORTIZ", "PETERSON",
];
const FIRST: [&str; 8] = ["PAT", "MARIA", "JOSE", "LINDA", "ROBERT", "ANH", "DALE", "RUTH"];

/// Turn-offs with so many lines each, one after the other on a route; `route` keeps those of several routes apart.
#[must_use]
pub fn turn_offs(route: u64, stops: u64, lines: u64) -> Vec<PublishedOrder> {
    let mut dice = Dice::of(route + 1);
    (1..=stops).map(|n| turn_off(route, n, lines, &mut dice)).collect()
}

/// A day of all four kinds, one after the other on a route: of five stops two are turn-offs of two lines, one a meter to
/// lock, one a reconnect, one a box to pick up. Each asks for a photo.
#[must_use]
pub fn all_kinds(route: u64, stops: u64) -> Vec<PublishedOrder> {
    let mut dice = Dice::of(route + 1_000);
    let order = |n: u64| {
        let kind = match n % 5 {
            0 | 1 => OrderKind::TurnOff,
            2 => OrderKind::MeterLock,
            3 => OrderKind::Reconnect,
            _ => OrderKind::EquipmentPickup,
        };
        let turn_off = turn_off(route, n, if kind == OrderKind::TurnOff { 2 } else { 1 }, &mut dice);
        let reason = if kind == OrderKind::Reconnect { Reason::PaymentReceived } else { turn_off.reason };
        let lines = turn_off.lines.iter().map(|line| match kind {
            OrderKind::MeterLock => PublishedLine { product: Product::Electric, ..line.clone() },
            OrderKind::EquipmentPickup => PublishedLine {
                product: Product::Internet,
                dials: None,
                last: None,
                size: Some("Gateway TG-2472".to_owned()),
                ..line.clone()
            },
            _ => line.clone(),
        });
        PublishedOrder { kind, reason, lines: lines.collect(), asks_for: Some("reading,photo".to_owned()), ..turn_off }
    };
    (1..=stops).map(order).collect()
}

fn turn_off(route: u64, n: u64, lines: u64, dice: &mut Dice) -> PublishedOrder {
    // Ids are made by hashing in real life: they don't compress.
    let id = Uuid::from_u64_pair(dice.next(), dice.next());
    let account = format!("{:02}-{:04}-{:02}", 1 + route % 90, n * 10, 1 + dice.below(4));
    PublishedOrder {
        id: OrderId(id),
        number: format!("T-{}", route * 1_000 + n),
        kind: OrderKind::TurnOff,
        reason: Reason::NonPay,
        rank: i64::try_from(n).expect("small"),
        priority: 3,
        premise: format!("P{:06}", dice.below(1_000_000)),
        address: format!("{} {}", 100 + dice.below(9_000), dice.pick(&STREETS)),
        unit: (dice.below(10) == 0).then(|| format!("APT {}", 1 + dice.below(40))),
        lat_e7: Some(419_000_000 + dice.whole(500_000)),
        lon_e7: Some(-1_016_300_000 + dice.whole(500_000)),
        hazards: (dice.below(10) == 0).then(|| "dog".to_owned()),
        language: Some(dice.pick(&["EN", "EN", "EN", "ES"]).to_owned()),
        account: Some(account),
        name: Some(format!("{}, {}", dice.pick(&NAMES), dice.pick(&FIRST))),
        past_due_minor: None,
        note: None,
        due_at: None,
        asks_for: None,
        cut_hours: None,
        lines: (1..=lines).map(|line| published_line(line, dice)).collect(),
    }
}

fn published_line(line: u64, dice: &mut Dice) -> PublishedLine {
    let water = line == 1;
    PublishedLine {
        id: LineId(line.to_string()),
        product: if water { Product::Water } else { Product::Electric },
        serial: Some(format!("{:08}", dice.below(100_000_000))),
        dials: Some(if water { 6 } else { 5 }),
        multiplier: Some(1),
        unit: Some(if water { "CGAL" } else { "KWH" }.to_owned()),
        last: Some(if water { format!("{:06}", dice.below(900_000)) } else { format!("{:05}", dice.below(90_000)) }),
        last_on: None,
        low: Some(3),
        high: Some(400 + dice.whole(600)),
        place: Some(dice.pick(&["CURB", "LEFT SIDE", "REAR", "BASEMENT"]).to_owned()),
        size: water.then(|| "5/8".to_owned()),
        methods: None,
        closed: None,
    }
}

impl Truck {
    /// A whole turn-off as a crew does it: where it stood, who opened, and for each line the work with its lock and a
    /// reading. An order of two lines makes five facts.
    ///
    /// # Panics
    /// When the tablet refuses.
    pub fn turns_off_every_line(&mut self, order: &PublishedOrder, dice: &mut Dice) {
        self.opens_the_act(order);
        self.finishes_every_line(order, dice);
    }

    /// The rest of a turn-off or a meter lock, once the act is open.
    pub fn finishes_every_line(&mut self, order: &PublishedOrder, dice: &mut Dice) {
        let locks = order.kind == OrderKind::MeterLock;
        self.stands_there(order, dice);
        self.notes_down(order.id, |draft| {
            for (line, published) in draft.lines.iter_mut().zip(&order.lines) {
                let water = published.product == Product::Water;
                line.action = Some(if locks { Action::Locked } else { Action::TurnedOff });
                line.method = Some(match (locks, water) {
                    (true, _) => Method::LockRing,
                    (false, true) => Method::CurbStopLocked,
                    (false, false) => Method::MeterBoots,
                });
                line.lock = Some(format!("L-{:05}", dice.below(100_000)));
                line.digits = Some(read(published, dice));
            }
            draft.step = Step::Summary;
        });
        self.saves(order.id);
    }

    /// The rest of a reconnect, once the act is open.
    pub fn turns_every_line_on(&mut self, order: &PublishedOrder, dice: &mut Dice) {
        self.stands_there(order, dice);
        self.notes_down(order.id, |draft| {
            draft.met = Some(Met::Customer);
            for (line, published) in draft.lines.iter_mut().zip(&order.lines) {
                line.action = Some(Action::Restored);
                line.method = Some(Method::CurbStopOn);
                line.safe = true;
                line.digits = Some(read(published, dice));
                line.confirmed = true;
            }
            draft.step = Step::Summary;
        });
        self.saves(order.id);
    }

    /// The rest of a pick-up, once the stop is open.
    pub fn collects_every_box(&mut self, order: &PublishedOrder) {
        self.notes_down(order.id, |draft| {
            (draft.met, draft.step) = (Some(Met::Customer), Step::Summary);
            for line in &mut draft.lines {
                line.equipment = Some(EquipmentResult::Collected);
            }
        });
        self.saves(order.id);
    }

    fn stands_there(&mut self, order: &PublishedOrder, dice: &mut Dice) {
        self.notes_down(order.id, |draft| {
            draft.position = Some(Position {
                lat_e7: order.lat_e7.unwrap_or_default() + dice.whole(2_000) - 1_000,
                lon_e7: order.lon_e7.unwrap_or_default() + dice.whole(2_000) - 1_000,
                accuracy_m: 3 + dice.whole(20),
                fix_age_s: dice.whole(30),
            });
        });
    }
}

/// What stands on the dials: as a household uses, since the last time.
fn read(line: &PublishedLine, dice: &mut Dice) -> String {
    let last: u64 = line.last.as_deref().and_then(|last| last.parse().ok()).unwrap_or(0);
    let dials = usize::try_from(line.dials.unwrap_or(6)).expect("few");
    format!("{:0dials$}", last + 3 + dice.below(400))
}
