//! What a crew can choose from at the door, the usual one first.

use curbstop_shared::vocabulary::{Action, Method, OrderKind, Product, UnableCode};

/// Whether the crew stopped the work because of what was said or shown, rather than could not do it.
#[must_use]
pub const fn stops(code: UnableCode) -> bool {
    matches!(
        code,
        UnableCode::ProofShown
            | UnableCode::MedicalClaimed
            | UnableCode::DisputeClaimed
            | UnableCode::NewOccupant
            | UnableCode::MinorOnly
            | UnableCode::Recalled
            | UnableCode::RuleBlocked
    )
}

/// Whether a serial typed at the door is the one that belongs there: people leave out dashes, spaces and case.
#[must_use]
pub fn same_serial(expected: &str, seen: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
    };
    !plain(seen).is_empty() && plain(expected) == plain(seen)
}

/// The locks that hang there, where the one that was taken off is none of them; with no number on either side nobody can
/// say.
#[must_use]
pub fn another_lock<'l>(hung: impl Iterator<Item = &'l str> + Clone, taken_off: &str) -> Option<String> {
    let hung = hung.filter(|lock| !lock.trim().is_empty());
    let other = !taken_off.trim().is_empty() && !hung.clone().any(|lock| same_serial(lock, taken_off));
    let hung: Vec<&str> = hung.collect();
    (other && !hung.is_empty()).then(|| hung.join(", "))
}

/// What of a typed text can stand on a lock or seal.
#[must_use]
pub fn number_text(typed: &str) -> String {
    typed.chars().filter(|c| c.is_ascii_alphanumeric() || "-./# ".contains(*c)).collect()
}

/// What can have been done to a line, the usual one first.
#[must_use]
pub fn actions(kind: OrderKind) -> &'static [Action] {
    match kind {
        OrderKind::TurnOff | OrderKind::MoveOutOff | OrderKind::MeterRemove => &[Action::TurnedOff, Action::AlreadyOff],
        OrderKind::MeterLock => &[Action::Locked, Action::AlreadyOff],
        OrderKind::Unlock => &[Action::Unlocked, Action::AlreadyOn],
        OrderKind::Reconnect | OrderKind::MoveInOn | OrderKind::MeterSet => &[Action::Restored, Action::AlreadyOn],
        _ => &[Action::None],
    }
}

/// How it can have been done, the usual one first.
#[must_use]
pub fn methods(product: Product, action: Action) -> &'static [Method] {
    let water = matches!(product, Product::Water | Product::Irrigation | Product::Sewer);
    if action.cuts() {
        match product {
            _ if water => &[
                Method::CurbStopOff,
                Method::CurbStopLocked,
                Method::AngleStop,
                Method::LockRing,
                Method::MeterPulled,
                Method::Plug,
            ],
            Product::Electric => &[
                Method::Remote,
                Method::MeterBoots,
                Method::LockRing,
                Method::DisconnectCollar,
                Method::MeterRemoved,
                Method::PoleCut,
            ],
            Product::Gas => &[Method::LockRing, Method::Plug, Method::MeterRemoved],
            _ => &[Method::Remote, Method::PoleCut],
        }
    } else if action.restores() {
        match product {
            _ if water => &[Method::CurbStopOn, Method::LockRemoved, Method::MeterSet],
            Product::Electric => &[Method::Remote, Method::LockRemoved, Method::MeterSet],
            Product::Gas => &[Method::LockRemoved, Method::MeterSet],
            _ => &[Method::Remote, Method::LockRemoved],
        }
    } else {
        &[]
    }
}

/// Whether what was done hangs a lock there.
#[must_use]
pub const fn hangs_a_lock(action: Action, method: Option<Method>) -> bool {
    let by_lock = matches!(method, Some(Method::CurbStopLocked | Method::LockRing));
    matches!(action, Action::Locked) || (action.cuts() && by_lock)
}

/// Why work of this kind may fail, as the crew chooses from big buttons; what is said at the door comes first.
#[must_use]
pub fn unable_codes(kind: OrderKind) -> Vec<UnableCode> {
    use UnableCode as U;
    let mut codes = Vec::new();
    if kind.is_cut() {
        codes.extend([U::ProofShown, U::MedicalClaimed, U::DisputeClaimed, U::NewOccupant, U::MinorOnly]);
    }
    codes.extend([U::NoAccessGate, U::NoAccessInside, U::Dog, U::Threat, U::Refused, U::NotFound, U::MeterMismatch]);
    codes.extend([U::BoxBuried, U::BoxFlooded, U::ValveBroken]);
    if kind.is_cut() {
        codes.extend([U::SharedService, U::FireLine]);
    }
    codes.extend([U::Vacant, U::Weather, U::Hazard, U::ToolMissing, U::OutOfTime]);
    codes
}
