//! What can have happened at a door: the same choices on a tablet, on paper, and for whoever reads what came in.
//!
//! Each question is answered once, for every kind of order, code and product by name: whoever adds one is led here.

use crate::{
    route_document::PublishedLine,
    vocabulary::{Action, Method, OrderKind, Outcome, Product, UnableCode},
};

/// What can have been done to a line, the usual one first; `none` where the work changes no service.
#[must_use]
pub const fn actions(kind: OrderKind) -> &'static [Action] {
    use OrderKind as K;
    match kind {
        K::TurnOff | K::MoveOutOff | K::MeterRemove => &[Action::TurnedOff, Action::AlreadyOff],
        K::MeterLock => &[Action::Locked, Action::AlreadyOff],
        K::Unlock => &[Action::Unlocked, Action::AlreadyOn],
        K::Reconnect | K::MoveInOn | K::MeterSet => &[Action::Restored, Action::AlreadyOn],
        K::EquipmentPickup => &[Action::Collected],
        K::DoorNotice | K::TheftCheck | K::MeterExchange | K::Reread | K::TamperInvestigation => &[Action::None],
    }
}

/// The ways in which a crew may work a line of such an order, and give back what it took there, as the line says them
/// when it is published: "curb_stop_off,angle_stop,curb_stop_on". Empty where nobody asks how.
#[must_use]
pub fn offered(kind: OrderKind, product: Product) -> String {
    let gives_back = kind.may_end_in_a_cut() && kind.acts_on_lines();
    let deeds = actions(kind).iter().copied().chain(gives_back.then_some(Action::Restored));
    let mut ways: Vec<&str> = Vec::new();
    for way in deeds.flat_map(|deed| methods(product, deed)) {
        if !ways.contains(&way.code()) {
            ways.push(way.code());
        }
    }
    ways.join(",")
}

/// How something can have been done to a line, as its order offers it, the usual one first. A line that was published
/// before orders said so, or whose words for this deed are all newer than this build, has what is usual.
#[must_use]
pub fn ways(line: &PublishedLine, action: Action) -> Vec<Method> {
    let words = line.methods.as_deref().unwrap_or_default().split(',');
    let offered: Vec<Method> =
        words.filter_map(|word| word.trim().parse().ok()).filter(|way: &Method| way.does(action)).collect();
    if offered.is_empty() { methods(line.product, action).to_vec() } else { offered }
}

/// How it can have been done where the order does not say, the usual one first: the one table of ways for each service.
#[must_use]
pub const fn methods(product: Product, action: Action) -> &'static [Method] {
    match action {
        Action::TurnedOff | Action::Locked => ways_off(product),
        Action::Restored | Action::Unlocked => ways_on(product),
        Action::AlreadyOff | Action::AlreadyOn | Action::Collected | Action::None => &[],
    }
}

const fn ways_off(product: Product) -> &'static [Method] {
    use Method as M;
    match product {
        Product::Water | Product::Irrigation | Product::Sewer => {
            &[M::CurbStopOff, M::CurbStopLocked, M::AngleStop, M::LockRing, M::MeterPulled, M::Plug]
        }
        Product::Electric => &[M::Remote, M::MeterBoots, M::LockRing, M::DisconnectCollar, M::MeterRemoved, M::PoleCut],
        Product::Gas => &[M::LockRing, M::Plug, M::MeterRemoved],
        Product::Internet | Product::Video => &[M::Remote, M::PoleCut],
    }
}

const fn ways_on(product: Product) -> &'static [Method] {
    use Method as M;
    match product {
        Product::Water | Product::Irrigation | Product::Sewer => &[M::CurbStopOn, M::LockRemoved, M::MeterSet],
        Product::Electric => &[M::Remote, M::LockRemoved, M::MeterSet],
        Product::Gas => &[M::LockRemoved, M::MeterSet],
        Product::Internet | Product::Video => &[M::Remote, M::LockRemoved],
    }
}

/// How a visit with this code ended: what was said or shown at the door stopped it, or it could not be done.
#[must_use]
pub const fn outcome(code: UnableCode) -> Outcome {
    use UnableCode as U;
    match code {
        U::ProofShown
        | U::MedicalClaimed
        | U::DisputeClaimed
        | U::NewOccupant
        | U::MinorOnly
        | U::Recalled
        | U::RuleBlocked => Outcome::Stopped,
        U::NoAccessGate
        | U::NoAccessInside
        | U::Dog
        | U::Threat
        | U::Refused
        | U::NotFound
        | U::MeterMismatch
        | U::BoxBuried
        | U::BoxFlooded
        | U::ValveBroken
        | U::SharedService
        | U::FireLine
        | U::Vacant
        | U::Weather
        | U::Hazard
        | U::NotSafe
        | U::ToolMissing
        | U::OutOfTime => Outcome::Unable,
    }
}

/// Whether work of a kind can have ended with this code. What keeps somebody from being cut off (proof, a claim, a rule,
/// the office's word) keeps nobody from getting the service back.
#[must_use]
pub const fn ends(code: UnableCode, kind: OrderKind) -> bool {
    use UnableCode as U;
    match code {
        U::ProofShown
        | U::MedicalClaimed
        | U::DisputeClaimed
        | U::NewOccupant
        | U::MinorOnly
        | U::SharedService
        | U::FireLine => kind.is_cut(),
        U::Recalled | U::RuleBlocked => !kind.is_restore(),
        U::NotSafe => kind.is_restore(),
        U::NoAccessGate
        | U::NoAccessInside
        | U::Dog
        | U::Threat
        | U::Refused
        | U::NotFound
        | U::MeterMismatch
        | U::BoxBuried
        | U::BoxFlooded
        | U::ValveBroken
        | U::Vacant
        | U::Weather
        | U::Hazard
        | U::ToolMissing
        | U::OutOfTime => true,
    }
}

/// The codes as a crew reads them: what is said at the door comes first.
const CHOSEN: [UnableCode; 23] = {
    use UnableCode as U;
    [
        U::ProofShown,
        U::MedicalClaimed,
        U::DisputeClaimed,
        U::NewOccupant,
        U::MinorOnly,
        U::NotSafe,
        U::NoAccessGate,
        U::NoAccessInside,
        U::Dog,
        U::Threat,
        U::Refused,
        U::NotFound,
        U::MeterMismatch,
        U::BoxBuried,
        U::BoxFlooded,
        U::ValveBroken,
        U::SharedService,
        U::FireLine,
        U::Vacant,
        U::Weather,
        U::Hazard,
        U::ToolMissing,
        U::OutOfTime,
    ]
};

/// Whether a code says of the place that it is dangerous: whoever comes next has to know.
#[must_use]
pub const fn is_hazard(code: UnableCode) -> bool {
    use UnableCode as U;
    match code {
        U::Dog | U::Threat | U::Hazard => true,
        U::ProofShown
        | U::MedicalClaimed
        | U::DisputeClaimed
        | U::NewOccupant
        | U::MinorOnly
        | U::SharedService
        | U::FireLine
        | U::Recalled
        | U::RuleBlocked
        | U::NoAccessGate
        | U::NoAccessInside
        | U::Refused
        | U::NotFound
        | U::MeterMismatch
        | U::BoxBuried
        | U::BoxFlooded
        | U::ValveBroken
        | U::Vacant
        | U::Weather
        | U::NotSafe
        | U::ToolMissing
        | U::OutOfTime => false,
    }
}

/// Why work of a kind may fail, as somebody chooses from a list.
pub fn unable_codes(kind: OrderKind) -> impl Iterator<Item = UnableCode> {
    CHOSEN.into_iter().filter(move |code| ends(*code, kind))
}

/// The same for a sheet, which also has to say what a tablet says by itself: that the office or a rule stopped it.
pub fn unable_codes_on_paper(kind: OrderKind) -> impl Iterator<Item = UnableCode> {
    let by_itself = [UnableCode::Recalled, UnableCode::RuleBlocked];
    unable_codes(kind).chain(by_itself.into_iter().filter(move |code| ends(*code, kind)))
}

/// Whether a serial that somebody wrote down is the one that belongs there: people leave out dashes, spaces and case.
#[must_use]
pub fn same_serial(expected: &str, seen: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
    };
    !plain(seen).is_empty() && plain(expected) == plain(seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::LineId;

    fn line(product: Product, methods: Option<&str>) -> PublishedLine {
        PublishedLine {
            id: LineId("1".into()),
            product,
            serial: None,
            dials: None,
            multiplier: None,
            unit: None,
            last: None,
            last_on: None,
            low: None,
            high: None,
            place: None,
            size: None,
            methods: methods.map(str::to_owned),
            closed: None,
        }
    }

    #[test]
    fn an_order_offers_what_takes_its_service_away_and_what_gives_it_back() {
        let water = offered(OrderKind::TurnOff, Product::Water);
        assert_eq!(
            water,
            "curb_stop_off,curb_stop_locked,angle_stop,lock_ring,meter_pulled,plug,curb_stop_on,lock_removed,meter_set"
        );
        assert_eq!(offered(OrderKind::Reconnect, Product::Gas), "lock_removed,meter_set");
        assert_eq!(offered(OrderKind::TurnOff, Product::Internet), "remote,pole_cut,lock_removed");
        assert_eq!(offered(OrderKind::EquipmentPickup, Product::Internet), "");
        for kind in OrderKind::ALL {
            for product in Product::ALL {
                let published = line(*product, Some(&offered(*kind, *product)));
                for action in actions(*kind) {
                    assert_eq!(ways(&published, *action), methods(*product, *action), "{kind} {product} {action}");
                }
            }
        }
    }

    #[test]
    fn a_crew_chooses_from_what_its_order_offers() {
        let few = line(Product::Water, Some("lock_ring, curb_stop_off,curb_stop_on"));
        assert_eq!(ways(&few, Action::TurnedOff), [Method::LockRing, Method::CurbStopOff]);
        assert_eq!(ways(&few, Action::Restored), [Method::CurbStopOn]);
        assert_eq!(ways(&few, Action::AlreadyOff), []);
    }

    #[test]
    fn an_older_order_and_one_that_nobody_here_understands_have_what_is_usual() {
        for older_or_newer in [None, Some(""), Some("laser"), Some("curb_stop_on")] {
            let published = line(Product::Water, older_or_newer);
            assert_eq!(ways(&published, Action::TurnedOff), methods(Product::Water, Action::TurnedOff));
        }
        assert_eq!(ways(&line(Product::Water, Some("laser,plug")), Action::TurnedOff), [Method::Plug]);
    }

    #[test]
    fn every_usual_way_does_what_it_stands_under() {
        for product in Product::ALL {
            for action in Action::ALL {
                assert!(methods(*product, *action).iter().all(|way| way.does(*action)), "{product} {action}");
            }
        }
    }
}
