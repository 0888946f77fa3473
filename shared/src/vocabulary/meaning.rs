//! What the codes mean for the rules. Every kind is named in every answer, so that a new one has to be thought of in each.

use super::{Action, Method, OrderKind, Reason, RecallReason};

impl OrderKind {
    /// A turn-off, lock or disconnect: what a release, hold or recall stops while it is not yet begun.
    #[must_use]
    pub const fn is_cut(self) -> bool {
        match self {
            Self::TurnOff | Self::MeterLock => true,
            Self::Reconnect
            | Self::Unlock
            | Self::EquipmentPickup
            | Self::DoorNotice
            | Self::TheftCheck
            | Self::MeterExchange
            | Self::MeterSet
            | Self::MeterRemove
            | Self::Reread
            | Self::TamperInvestigation
            | Self::MoveInOn
            | Self::MoveOutOff => false,
        }
    }

    /// Work that gives service back.
    #[must_use]
    pub const fn is_restore(self) -> bool {
        match self {
            Self::Reconnect | Self::Unlock => true,
            Self::TurnOff
            | Self::MeterLock
            | Self::EquipmentPickup
            | Self::DoorNotice
            | Self::TheftCheck
            | Self::MeterExchange
            | Self::MeterSet
            | Self::MeterRemove
            | Self::Reread
            | Self::TamperInvestigation
            | Self::MoveInOn
            | Self::MoveOutOff => false,
        }
    }

    /// In its course a service may be taken away, whether or not that is what the crew is sent for.
    #[must_use]
    pub const fn may_end_in_a_cut(self) -> bool {
        match self {
            Self::TurnOff
            | Self::MeterLock
            | Self::TheftCheck
            | Self::TamperInvestigation
            | Self::MoveOutOff
            | Self::MeterRemove => true,
            Self::Reconnect
            | Self::Unlock
            | Self::EquipmentPickup
            | Self::DoorNotice
            | Self::MeterExchange
            | Self::MeterSet
            | Self::Reread
            | Self::MoveInOn => false,
        }
    }

    /// Its crew does something to each line: opens, closes, locks, sets or removes.
    #[must_use]
    pub const fn acts_on_lines(self) -> bool {
        match self {
            Self::TurnOff
            | Self::MeterLock
            | Self::Reconnect
            | Self::Unlock
            | Self::MeterExchange
            | Self::MeterSet
            | Self::MeterRemove
            | Self::MoveInOn
            | Self::MoveOutOff => true,
            Self::EquipmentPickup | Self::DoorNotice | Self::TheftCheck | Self::Reread | Self::TamperInvestigation => {
                false
            }
        }
    }

    /// A contractor's crew may have it: the unlock, lock and pick-up orders.
    #[must_use]
    pub const fn is_for_contractors(self) -> bool {
        match self {
            Self::MeterLock | Self::Unlock | Self::EquipmentPickup => true,
            Self::TurnOff
            | Self::Reconnect
            | Self::DoorNotice
            | Self::TheftCheck
            | Self::MeterExchange
            | Self::MeterSet
            | Self::MeterRemove
            | Self::Reread
            | Self::TamperInvestigation
            | Self::MoveInOn
            | Self::MoveOutOff => false,
        }
    }

    /// It takes a service away, gives it back or may do so: whoever goes is qualified for each product of the order.
    #[must_use]
    pub const fn touches_service(self) -> bool {
        match self {
            Self::TurnOff
            | Self::MeterLock
            | Self::Reconnect
            | Self::Unlock
            | Self::TheftCheck
            | Self::MeterExchange
            | Self::MeterSet
            | Self::MeterRemove
            | Self::TamperInvestigation
            | Self::MoveInOn
            | Self::MoveOutOff => true,
            Self::EquipmentPickup | Self::DoorNotice | Self::Reread => false,
        }
    }

    /// The letter that order numbers of this kind begin with ("T-2291").
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::TurnOff => 'T',
            Self::MeterLock => 'L',
            Self::Reconnect => 'R',
            Self::Unlock => 'U',
            Self::EquipmentPickup => 'E',
            Self::DoorNotice => 'N',
            Self::TheftCheck => 'C',
            Self::MeterExchange => 'X',
            Self::MeterSet | Self::MeterRemove => 'M',
            Self::Reread => 'D',
            Self::TamperInvestigation => 'I',
            Self::MoveInOn | Self::MoveOutOff => 'V',
        }
    }
}

impl Reason {
    /// Collections reasons: a payment stops a cut for one of these. Safety, tamper and the customer's own wish are
    /// not stopped by a payment (product rule, section 4).
    #[must_use]
    pub const fn is_collections(self) -> bool {
        match self {
            Self::NonPay | Self::BrokenArrangement | Self::ChargeBack | Self::ReturnedCheck | Self::FailedDeposit => {
                true
            }
            Self::Tamper
            | Self::Vacant
            | Self::CustomerRequest
            | Self::PaymentReceived
            | Self::Agreement
            | Self::Pledge
            | Self::Medical
            | Self::Dispute
            | Self::Ordered
            | Self::BillingError
            | Self::WrongfulCut => false,
        }
    }

    /// The utility's own fault: giving the service back bears no fee.
    #[must_use]
    pub const fn is_free_of_fees(self) -> bool {
        match self {
            Self::WrongfulCut | Self::BillingError => true,
            Self::NonPay
            | Self::BrokenArrangement
            | Self::ChargeBack
            | Self::ReturnedCheck
            | Self::FailedDeposit
            | Self::Tamper
            | Self::Vacant
            | Self::CustomerRequest
            | Self::PaymentReceived
            | Self::Agreement
            | Self::Pledge
            | Self::Medical
            | Self::Dispute
            | Self::Ordered => false,
        }
    }
}

impl RecallReason {
    /// The order is over on whichever route it is; the others take it from one route, and another may have it.
    #[must_use]
    pub const fn is_for_good(self) -> bool {
        matches!(self, Self::Released | Self::Withdrawn | Self::Cancelled | Self::NotCalledFor | Self::Other)
    }

    /// It takes the order from one route, by a word of dispatch: that route may be given it again.
    #[must_use]
    pub const fn is_of_one_route(self) -> bool {
        matches!(self, Self::Moved | Self::TakenOff)
    }
}

impl Action {
    /// Service was taken away by this action.
    #[must_use]
    pub const fn cuts(self) -> bool {
        match self {
            Self::TurnedOff | Self::Locked => true,
            Self::Restored | Self::Unlocked | Self::AlreadyOff | Self::AlreadyOn | Self::Collected | Self::None => {
                false
            }
        }
    }

    /// Service was given back by this action.
    #[must_use]
    pub const fn restores(self) -> bool {
        match self {
            Self::Restored | Self::Unlocked => true,
            Self::TurnedOff | Self::Locked | Self::AlreadyOff | Self::AlreadyOn | Self::Collected | Self::None => false,
        }
    }
}

impl Method {
    /// Whether something can be done in this way: closing and opening have ways of their own, and some are both.
    #[must_use]
    pub const fn does(self, action: Action) -> bool {
        match self {
            Self::Remote => action.cuts() || action.restores(),
            Self::CurbStopOff
            | Self::CurbStopLocked
            | Self::AngleStop
            | Self::MeterPulled
            | Self::Plug
            | Self::MeterBoots
            | Self::MeterRemoved
            | Self::LockRing
            | Self::DisconnectCollar
            | Self::PoleCut => action.cuts(),
            Self::CurbStopOn | Self::LockRemoved | Self::MeterSet => action.restores(),
        }
    }
}
