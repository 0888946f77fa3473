//! The trade's words as closed lists. Each has one code, which is what files, facts and the API say.

/// Declares an enum whose variants are codes of a list.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $code:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* #[doc = concat!("`", $code, "`")] $variant,)+ }

        impl $name {
            /// Every code of the list, in the order of its declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code, as files, facts and the API say it.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::vocabulary::UnknownCode;
            fn from_str(text: &str) -> Result<Self, $crate::vocabulary::UnknownCode> {
                let known = Self::ALL.iter().find(|known| known.code() == text);
                known.copied().ok_or_else(|| $crate::vocabulary::UnknownCode::among($what, text))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.code())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                <std::borrow::Cow<'de, str>>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

pub(crate) use codes;

/// A code that is not in its list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not {} {what}", if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })]
pub struct UnknownCode {
    /// What the list is called.
    pub what: &'static str,
    /// What was found.
    pub text: String,
}

impl UnknownCode {
    pub(crate) fn among(what: &'static str, text: &str) -> Self {
        Self { what, text: text.chars().take(60).collect() }
    }
}

mod meaning;

codes! {
    /// What a piece of field work is.
    OrderKind, "kind of order" {
        TurnOff = "turn_off",
        MeterLock = "meter_lock",
        Reconnect = "reconnect",
        Unlock = "unlock",
        EquipmentPickup = "equipment_pickup",
        DoorNotice = "door_notice",
        TheftCheck = "theft_check",
        MeterExchange = "meter_exchange",
        MeterSet = "meter_set",
        MeterRemove = "meter_remove",
        Reread = "reread",
        TamperInvestigation = "tamper_investigation",
        MoveInOn = "move_in_on",
        MoveOutOff = "move_out_off",
    }

    /// Why an order exists.
    Reason, "reason for an order" {
        NonPay = "non_pay",
        BrokenArrangement = "broken_arrangement",
        ChargeBack = "charge_back",
        ReturnedCheck = "returned_check",
        FailedDeposit = "failed_deposit",
        Tamper = "tamper",
        Vacant = "vacant",
        CustomerRequest = "customer_request",
        PaymentReceived = "payment_received",
        Agreement = "agreement",
        Pledge = "pledge",
        Medical = "medical",
        Dispute = "dispute",
        Ordered = "ordered",
        BillingError = "billing_error",
        WrongfulCut = "wrongful_cut",
    }

    /// What a service point delivers.
    Product, "product" {
        Water = "water",
        Irrigation = "irrigation",
        Electric = "electric",
        Gas = "gas",
        Sewer = "sewer",
        Internet = "internet",
        Video = "video",
    }

    /// How a visit ended.
    Outcome, "outcome of a visit" {
        /// The work was done.
        Done = "done",
        /// It could not be done; a code says why.
        Unable = "unable",
        /// The crew stopped it because of something said or shown at the door.
        Stopped = "stopped",
    }

    /// What a visit did to one line.
    Action, "action on a line" {
        TurnedOff = "turned_off",
        Locked = "locked",
        Restored = "restored",
        Unlocked = "unlocked",
        AlreadyOff = "already_off",
        AlreadyOn = "already_on",
        Collected = "collected",
        None = "none",
    }

    /// What happened to a crew, or what it found that is dangerous to anybody.
    IncidentKind, "kind of incident" {
        Injury = "injury",
        Threat = "threat",
        DogBite = "dog_bite",
        GasSmell = "gas_smell",
        FireOrShock = "fire_or_shock",
        Damage = "damage",
    }

    /// Why a visit could not do the work, or stopped it.
    UnableCode, "unable code" {
        NoAccessGate = "no_access_gate",
        NoAccessInside = "no_access_inside",
        Dog = "dog",
        Threat = "threat",
        Refused = "refused",
        NotFound = "not_found",
        MeterMismatch = "meter_mismatch",
        BoxBuried = "box_buried",
        BoxFlooded = "box_flooded",
        ValveBroken = "valve_broken",
        SharedService = "shared_service",
        FireLine = "fire_line",
        ProofShown = "proof_shown",
        MedicalClaimed = "medical_claimed",
        DisputeClaimed = "dispute_claimed",
        NewOccupant = "new_occupant",
        MinorOnly = "minor_only",
        Vacant = "vacant",
        Weather = "weather",
        Hazard = "hazard",
        /// Nobody is home, or it is not known that taps and breaker are off: nothing is turned on there.
        NotSafe = "not_safe_to_restore",
        ToolMissing = "tool_missing",
        RuleBlocked = "rule_blocked",
        Recalled = "recalled",
        OutOfTime = "out_of_time",
    }

    /// How a cut or restore was done.
    Method, "method" {
        CurbStopOff = "curb_stop_off",
        CurbStopLocked = "curb_stop_locked",
        AngleStop = "angle_stop",
        MeterPulled = "meter_pulled",
        Plug = "plug",
        MeterBoots = "meter_boots",
        MeterRemoved = "meter_removed",
        LockRing = "lock_ring",
        DisconnectCollar = "disconnect_collar",
        Remote = "remote",
        PoleCut = "pole_cut",
        CurbStopOn = "curb_stop_on",
        LockRemoved = "lock_removed",
        MeterSet = "meter_set",
    }

    /// Who answered the door, as a category only.
    Met, "who was met" {
        Nobody = "nobody",
        Customer = "customer",
        Adult = "adult",
        Minor = "minor",
    }

    /// What allowed a cut to begin.
    Permit, "permit" {
        Fresh = "fresh",
        GoCode = "go_code",
        Override = "override",
        None = "none",
    }

    /// Why a service may be restored, or a cut must stop.
    ReleaseReason, "release reason" {
        PaymentReceived = "payment_received",
        Agreement = "agreement",
        Pledge = "pledge",
        Medical = "medical",
        Dispute = "dispute",
        Ordered = "ordered",
        BillingError = "billing_error",
        /// One that this build does not know: it releases and stops as any other.
        Other = "other",
    }

    /// How a release became known.
    Source, "source" {
        Office = "office",
        Field = "field",
        Cis = "cis",
    }

    /// Why a cut must not happen for now.
    HoldReason, "hold reason" {
        Medical = "medical",
        Pledge = "pledge",
        Arrangement = "arrangement",
        Extension = "extension",
        Deferment = "deferment",
        Dispute = "dispute",
        Bankruptcy = "bankruptcy",
        Weather = "weather",
        AreaSuspension = "area_suspension",
        LandlordLeaveOn = "landlord_leave_on",
        SensitivePremise = "sensitive_premise",
        SharedService = "shared_service",
        NewOccupant = "new_occupant",
        /// One that this build does not know: it holds as any other.
        Other = "other",
    }

    /// How far a hold reaches.
    HoldScope, "scope of a hold" {
        Order = "order",
        Account = "account",
        Premise = "premise",
        Area = "area",
    }

    /// Why a release was taken back.
    ReversalReason, "reason for a reversal" {
        ReturnedCheck = "returned_check",
        ChargeBack = "charge_back",
        Error = "error",
    }

    /// Why the server takes an order back from a route.
    RecallReason, "reason for a recall" {
        Released = "released",
        Held = "held",
        Moved = "moved",
        TakenOff = "taken_off",
        Withdrawn = "withdrawn",
        Cancelled = "cancelled",
        NotCalledFor = "not_called_for",
        /// One that this build does not know: in doubt nobody goes there.
        Other = "other",
    }

    /// In which state a seal was found.
    SealFound, "state of a seal" {
        Intact = "intact",
        Broken = "broken",
        Missing = "missing",
        Foreign = "foreign",
    }

    /// What became of a piece of equipment.
    EquipmentResult, "result for equipment" {
        Collected = "collected",
        Missing = "missing",
        SaidReturned = "said_returned",
        Refused = "refused",
    }

    /// What a piece of evidence is.
    EvidenceKind, "kind of evidence" {
        Photo = "photo",
        Signature = "signature",
    }

    /// What an order may ask its crew to bring back.
    Asked, "thing that an order may ask for" {
        Photo = "photo",
        Signature = "signature",
        Position = "position",
        Reading = "reading",
    }

    /// What an act can lack that its order asks for.
    Lack, "thing that an act may lack" {
        Photo = "photo",
        Signature = "signature",
        Position = "position",
        Reading = "reading",
        /// What became of a box, with the number on it.
        Box = "box",
    }

    /// Why something that the order asks for was not taken.
    NotTakenWhy, "reason for not taking what the order asks for" {
        CameraBroken = "camera_broken",
        TooDark = "too_dark",
        NotSafe = "not_safe",
        /// Somebody there does not want a photo.
        NotAllowed = "not_allowed",
        /// The customer would not sign.
        Refused = "refused",
        Nobody = "nobody",
        MinorOnly = "minor_only",
        CanNotSign = "can_not_sign",
        ScreenBroken = "screen_broken",
        NoFix = "no_fix",
    }

    /// What a person or machine may do.
    Role, "role" {
        Admin = "admin",
        Dispatcher = "dispatcher",
        Office = "office",
        Supervisor = "supervisor",
        Crew = "crew",
        Contractor = "contractor",
        Auditor = "auditor",
        Cis = "cis",
    }

    /// Why nobody is charged for a cut before a person has decided.
    FeeDoubt, "doubt about a fee" {
        PartlyWrongful = "partly_wrongful",
        Permit = "permit",
        PaidBefore = "paid_before",
        PaidAboutThen = "paid_about_then",
        TakenBack = "taken_back",
        Undone = "undone",
        ProofAtTheDoor = "proof_at_the_door",
    }

    /// A disposition that needs a person.
    ExceptionKind, "kind of exception" {
        CutDespiteRelease = "cut_despite_release",
        CutCrossedRelease = "cut_crossed_release",
        CutUnderHold = "cut_under_hold",
        OffUnderClaim = "off_under_claim",
        PermitBreach = "permit_breach",
        FeeInDoubt = "fee_in_doubt",
        PartPaid = "part_paid",
        PaymentUnclear = "payment_unclear",
        DuplicateVisit = "duplicate_visit",
        VisitAfterRecall = "visit_after_recall",
        RestoreWithoutRelease = "restore_without_release",
        ReleaseReversedAfterRestore = "release_reversed_after_restore",
        FieldReleaseUnverified = "field_release_unverified",
        FieldHoldUnverified = "field_hold_unverified",
        ReadingSuspect = "reading_suspect",
        MeterMismatch = "meter_mismatch",
        UsageOnOffAccount = "usage_on_off_account",
        SealOrLockBroken = "seal_or_lock_broken",
        EquipmentDispute = "equipment_dispute",
        EvidenceMissing = "evidence_missing",
        MethodNotOffered = "method_not_offered",
        Incident = "incident",
        ClockSuspect = "clock_suspect",
        LateFact = "late_fact",
        QuarantinedFact = "quarantined_fact",
    }
}
