//! What the reader of a page may do: pages offer nothing that the server would refuse, and say who may instead.

use super::Frame;
use crate::service::{
    accounts::HoldView,
    authorise::{Action, allows},
};
use curbstop_shared::ids::PersonId;
use uuid::Uuid;

impl Frame {
    fn may(&self, action: Action) -> bool {
        self.role().is_some_and(|role| allows(role, action))
    }

    pub(in crate::pages) fn may_dispatch(&self) -> bool {
        self.may(Action::SeeRoutes)
    }

    pub(in crate::pages) fn may_office(&self) -> bool {
        self.may(Action::SeeAccounts)
    }

    pub(in crate::pages) fn may_report(&self) -> bool {
        self.may(Action::SeeReports)
    }

    pub(in crate::pages) fn may_manage(&self) -> bool {
        self.may(Action::ManageHouse)
    }

    pub(in crate::pages) fn may_audit(&self) -> bool {
        self.may(Action::SeeAudit)
    }

    pub(in crate::pages) fn may_import(&self) -> bool {
        self.may(Action::ImportFiles)
    }

    pub(in crate::pages) fn may_finalise(&self) -> bool {
        self.may(Action::FinaliseListings)
    }

    pub(in crate::pages) fn may_plan(&self) -> bool {
        self.may(Action::Plan)
    }

    pub(in crate::pages) fn may_publish(&self) -> bool {
        self.may(Action::Publish)
    }

    pub(in crate::pages) fn may_recall(&self) -> bool {
        self.may(Action::Recall)
    }

    pub(in crate::pages) fn may_give_codes(&self) -> bool {
        self.may(Action::GiveGoCodes)
    }

    pub(in crate::pages) fn may_take_payments(&self) -> bool {
        self.may(Action::RecordReleases)
    }

    pub(in crate::pages) fn may_take_back(&self) -> bool {
        self.may(Action::DecideReleases)
    }

    pub(in crate::pages) fn may_hold(&self) -> bool {
        self.may(Action::RecordHolds)
    }

    pub(in crate::pages) fn may_decide(&self) -> bool {
        self.may(Action::DecideReleases) && self.may(Action::DecideHolds)
    }

    pub(in crate::pages) fn may_override(&self) -> bool {
        self.may(Action::Override)
    }

    pub(in crate::pages) fn may_see_tablets(&self) -> bool {
        self.may(Action::SeeDevices)
    }

    pub(in crate::pages) fn may_see_people(&self) -> bool {
        self.may(Action::SeePeople)
    }

    pub(in crate::pages) fn may_set_riders(&self) -> bool {
        self.may(Action::SetRiders)
    }

    pub(in crate::pages) fn may_enrol(&self) -> bool {
        self.may(Action::EnrolDevices)
    }

    pub(in crate::pages) fn may_revoke(&self) -> bool {
        self.may(Action::RevokeDevices)
    }

    pub(in crate::pages) fn may_export(&self) -> bool {
        self.may(Action::Export)
    }

    pub(in crate::pages) fn may_resolve(&self) -> bool {
        self.may(Action::ResolveExceptions)
    }

    pub(in crate::pages) fn may_decide_fees(&self) -> bool {
        self.may(Action::DecideFees)
    }

    pub(in crate::pages) fn may_decide_quarantine(&self) -> bool {
        self.may(Action::DecideQuarantine)
    }

    pub(in crate::pages) fn may_key_in(&self) -> bool {
        self.may(Action::KeyInVisits)
    }

    /// Whether the reader may lift this hold.
    pub(in crate::pages) fn may_lift(&self, hold: &HoldView) -> bool {
        let person = self.visitor.as_ref().and_then(|visitor| visitor.actor.person());
        let may = |only: &Vec<(Uuid, String)>| only.iter().any(|(id, _)| Some(PersonId(*id)) == person);
        self.may_hold() && hold.lifted_only_by.as_ref().is_none_or(may)
    }

    /// Who may, where the reader may not.
    pub(in crate::pages) fn lifted_by(&self, hold: &HoldView) -> String {
        let only = hold.lifted_only_by.iter().flatten().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ");
        if only.is_empty() {
            return self
                .t(
                    "Only a supervisor who did not set it may lift it, and there is none: ask an administrator.",
                    "Solo puede levantarla un supervisor que no la puso, y no hay ninguno: pregunte a la administración.",
                )
                .to_owned();
        }
        let said = self.t(
            "Only a supervisor who did not set it may lift it",
            "Solo puede levantarla un supervisor que no la puso",
        );
        format!("{said}: {only}.")
    }
}
