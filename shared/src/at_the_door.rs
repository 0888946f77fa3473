//! What can have happened at a door: the same choices on a tablet, on paper, and for whoever reads what came in.
//!
//! Each question is answered once, for every kind of order, code and product by name: whoever adds one is led here.

use crate::vocabulary::{Action, Method, OrderKind, Outcome, Product, UnableCode};

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

/// How it can have been done, the usual one first.
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
