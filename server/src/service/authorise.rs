//! Who may do what: one table, denied by default.

use super::ServiceError;
use curbstop_shared::{
    ids::{CrewId, DeviceId, PersonId},
    vocabulary::Role,
};

/// Whoever acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The person, device or the server itself.
    pub who: Who,
    /// What they are.
    pub role: Role,
    /// The crew of a device, or that a person rides with.
    pub crew: Option<CrewId>,
}

/// Kinds of actors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A person or machine with a login.
    Person(PersonId),
    /// An enrolled tablet.
    Device(DeviceId),
    /// The command line and the server's own jobs.
    System,
}

impl Actor {
    /// The command line and the server's own jobs.
    pub const SYSTEM: Self = Self { who: Who::System, role: Role::Admin, crew: None };

    /// As the audit trail and idempotency keys name them: `person:<id>`, `device:<id>`, `system`.
    #[must_use]
    pub fn name(&self) -> String {
        match self.who {
            Who::Person(id) => Self::person_name(id),
            Who::Device(id) => format!("device:{id}"),
            Who::System => "system".to_owned(),
        }
    }

    /// How a person is named there.
    #[must_use]
    pub fn person_name(id: PersonId) -> String {
        format!("person:{id}")
    }

    /// The person, where it is one.
    #[must_use]
    pub fn person(&self) -> Option<PersonId> {
        match self.who {
            Who::Person(id) => Some(id),
            Who::Device(_) | Who::System => None,
        }
    }

    /// The device, where it is one.
    #[must_use]
    pub fn device(&self) -> Option<DeviceId> {
        match self.who {
            Who::Device(id) => Some(id),
            Who::Person(_) | Who::System => None,
        }
    }

    /// Passes where the table allows it.
    ///
    /// # Errors
    /// 403 `role_forbids`.
    pub fn may(&self, action: Action) -> Result<(), ServiceError> {
        // A tablet syncs and nothing else, whatever its crew's people may do at a desk.
        let by_kind = match self.who {
            Who::System => true,
            Who::Device(_) => action.is_for_devices() && allows(self.role, action),
            Who::Person(_) => allows(self.role, action),
        };
        if by_kind {
            return Ok(());
        }
        let detail = format!("The role {} may not do this ({action:?}). Ask somebody who may.", self.role);
        Err(ServiceError::forbidden("role_forbids", detail))
    }
}

/// What may be allowed. A new use case gets a new one, and a line in [`allows`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Know oneself, end one's session.
    BeSignedIn,
    /// Push and pull a route's changes, photos; hear the bell.
    Sync,
    /// See crews.
    SeeCrews,
    /// See people.
    SeePeople,
    /// Add and change crews, people and logins.
    ManageHouse,
    /// Say who rides with which crew, and set their PINs.
    SetRiders,
    /// See tablets and what they hold.
    SeeDevices,
    /// Make an enrolment code.
    EnrolDevices,
    /// Revoke a tablet.
    RevokeDevices,
    /// See listings and imports.
    SeeListings,
    /// Bring listings, premises, payments and holds in from a file.
    ImportFiles,
    /// Say what the headings of a source's files mean.
    MapSources,
    /// Make a listing final, or withdraw it.
    FinaliseListings,
    /// Build plans.
    Plan,
    /// Publish routes, move orders between them.
    Publish,
    /// See routes and the board.
    SeeRoutes,
    /// See orders.
    SeeOrders,
    /// See accounts with amounts and history.
    SeeAccounts,
    /// See photos and signatures that crews took.
    SeeEvidence,
    /// Record payments and releases.
    RecordReleases,
    /// Decide on a proof shown at the door; reverse a release.
    DecideReleases,
    /// Decide whether a fee that is in doubt is charged.
    DecideFees,
    /// Record and lift holds.
    RecordHolds,
    /// Decide on a claim made at the door.
    DecideHolds,
    /// Suspend the cuts of an area, and lift that.
    SuspendAreas,
    /// Take an order back from a route, or say that its crew was told so by phone.
    Recall,
    /// Give a go-code by phone.
    GiveGoCodes,
    /// See exceptions.
    SeeExceptions,
    /// Act on exceptions.
    ResolveExceptions,
    /// Override a rule, with a reason.
    Override,
    /// Key in a visit from a paper route sheet.
    KeyInVisits,
    /// See quarantined changes, and decide on them.
    DecideQuarantine,
    /// Hear the desks' events.
    HearEvents,
    /// See reports.
    SeeReports,
    /// Take results out for the billing system.
    Export,
    /// See the audit trail.
    SeeAudit,
}

impl Action {
    /// Every action, for tests and the table in the documentation.
    pub const ALL: &'static [Self] = &[
        Self::BeSignedIn,
        Self::Sync,
        Self::SeeCrews,
        Self::SeePeople,
        Self::ManageHouse,
        Self::SetRiders,
        Self::SeeDevices,
        Self::EnrolDevices,
        Self::RevokeDevices,
        Self::SeeListings,
        Self::ImportFiles,
        Self::MapSources,
        Self::FinaliseListings,
        Self::Plan,
        Self::Publish,
        Self::SeeRoutes,
        Self::SeeOrders,
        Self::SeeAccounts,
        Self::SeeEvidence,
        Self::RecordReleases,
        Self::DecideReleases,
        Self::DecideFees,
        Self::RecordHolds,
        Self::DecideHolds,
        Self::SuspendAreas,
        Self::Recall,
        Self::GiveGoCodes,
        Self::SeeExceptions,
        Self::ResolveExceptions,
        Self::Override,
        Self::KeyInVisits,
        Self::DecideQuarantine,
        Self::HearEvents,
        Self::SeeReports,
        Self::Export,
        Self::SeeAudit,
    ];

    /// A tablet may do it with its own token.
    #[must_use]
    pub const fn is_for_devices(self) -> bool {
        matches!(self, Self::BeSignedIn | Self::Sync)
    }
}

/// The table. An administrator keeps the house and, in a small utility, also runs the day; what takes a second
/// person stays with the supervisor.
#[must_use]
pub const fn allows(role: Role, action: Action) -> bool {
    use Action as A;
    use Role as R;
    match action {
        A::BeSignedIn => true,
        A::Sync => matches!(role, R::Crew | R::Contractor),
        A::SeeCrews => matches!(role, R::Admin | R::Dispatcher | R::Office | R::Supervisor | R::Auditor),
        A::SeePeople => matches!(role, R::Admin | R::Dispatcher | R::Supervisor | R::Auditor),
        A::ManageHouse => matches!(role, R::Admin),
        A::SeeDevices => matches!(role, R::Admin | R::Dispatcher | R::Supervisor | R::Auditor),
        A::EnrolDevices | A::RevokeDevices | A::SetRiders => matches!(role, R::Admin | R::Dispatcher | R::Supervisor),
        A::SeeListings => {
            matches!(role, R::Admin | R::Dispatcher | R::Office | R::Supervisor | R::Auditor | R::Cis)
        }
        A::ImportFiles => matches!(role, R::Admin | R::Dispatcher | R::Supervisor | R::Cis),
        A::MapSources | A::FinaliseListings | A::Plan | A::Publish | A::SuspendAreas => {
            matches!(role, R::Admin | R::Dispatcher | R::Supervisor)
        }
        A::SeeRoutes | A::SeeOrders | A::SeeExceptions | A::SeeReports => {
            matches!(role, R::Admin | R::Dispatcher | R::Office | R::Supervisor | R::Auditor)
        }
        A::HearEvents => matches!(role, R::Admin | R::Dispatcher | R::Office | R::Supervisor | R::Auditor),
        A::SeeAccounts | A::SeeEvidence => {
            matches!(role, R::Admin | R::Dispatcher | R::Office | R::Supervisor | R::Auditor)
        }
        A::RecordReleases => matches!(role, R::Admin | R::Office | R::Supervisor | R::Cis),
        A::DecideReleases | A::DecideFees | A::DecideHolds => matches!(role, R::Admin | R::Office | R::Supervisor),
        A::RecordHolds => matches!(role, R::Admin | R::Dispatcher | R::Office | R::Supervisor | R::Cis),
        A::Recall | A::KeyInVisits | A::ResolveExceptions => {
            matches!(role, R::Admin | R::Dispatcher | R::Office | R::Supervisor)
        }
        A::GiveGoCodes => matches!(role, R::Admin | R::Dispatcher | R::Supervisor),
        A::Override | A::DecideQuarantine => matches!(role, R::Supervisor),
        A::Export => matches!(role, R::Admin | R::Dispatcher | R::Office | R::Supervisor | R::Auditor | R::Cis),
        A::SeeAudit => matches!(role, R::Admin | R::Supervisor | R::Auditor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_contractors_tablet_syncs_and_does_nothing_else() {
        let tablet = Actor { who: Who::Device(DeviceId(Uuid::nil())), role: Role::Contractor, crew: None };
        let allowed: Vec<_> = Action::ALL.iter().filter(|action| tablet.may(**action).is_ok()).collect();
        assert_eq!(allowed, [&Action::BeSignedIn, &Action::Sync]);
    }

    #[test]
    fn an_auditor_changes_nothing() {
        let changes = Action::ALL.iter().filter(|action| allows(Role::Auditor, **action)).filter(|action| {
            let name = format!("{action:?}");
            !name.starts_with("See") && !matches!(action, Action::BeSignedIn | Action::HearEvents | Action::Export)
        });
        assert_eq!(changes.count(), 0);
    }

    #[test]
    fn the_whole_table_as_an_auditor_reads_it() {
        let table: String = Action::ALL
            .iter()
            .map(|action| {
                let roles: Vec<_> = Role::ALL.iter().filter(|role| allows(**role, *action)).map(|r| r.code()).collect();
                format!("{action:?}: {}\n", roles.join(" "))
            })
            .collect();
        insta::assert_snapshot!(table);
    }
}
