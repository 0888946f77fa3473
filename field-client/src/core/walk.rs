//! The walk at the door: one decision a step, and a draft that is stored before a step is left.

use curbstop_shared::{
    ids::{FactId, LineId, OrderId, RouteId},
    route_document::{PublishedLine, PublishedOrder},
    sync::wire::Bytes,
    time::Micros,
    vocabulary::{Action, EquipmentResult, Met, Method, OrderKind, Outcome, Permit, Product, UnableCode},
};
use serde::{Deserialize, Serialize};

/// One decision at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Is this the place?
    Place,
    /// Is this the meter? The number is the line's place in the order.
    Meter(usize),
    /// Who answered the door?
    Door,
    /// Ask before cutting.
    Ask,
    /// May the cut begin?
    Permit,
    /// What was done to the line, and how.
    Act(usize),
    /// What the dials say.
    Reading(usize),
    /// What became of a piece of equipment.
    Equipment(usize),
    /// Why it can't be done.
    Unable,
    /// All of it once more, then save.
    Summary,
}

/// A stop that is being worked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The order.
    pub order: OrderId,
    /// The route it is worked on.
    pub route: RouteId,
    /// The id of the visit fact, fixed from the beginning: saving twice can't make two visits.
    pub visit: FactId,
    /// Where the crew is in the walk.
    pub step: Step,
    /// Device clock on arrival.
    pub arrived_at: Micros,
    /// What is known of each line.
    pub lines: Vec<LineDraft>,
    /// Who answered.
    pub met: Option<Met>,
    /// What the crew knew when the act step was opened.
    pub opened: Option<Opened>,
    /// The code that dispatch gave by phone.
    pub go_code: Option<String>,
    /// Who overrode the permit and why.
    pub overridden: Option<Override>,
    /// Why the work can't be done or was stopped.
    pub stopped_by: Option<UnableCode>,
    /// Confirmation number on the proof that was shown.
    pub proof: Option<String>,
    /// In the crew's words.
    pub note: Option<String>,
    /// Where the tablet was.
    pub position: Option<Position>,
}

/// What is known of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct LineDraft {
    /// The line.
    pub line: LineId,
    /// The serial that the crew read on the meter or box.
    pub serial_seen: Option<String>,
    /// What was done.
    pub action: Option<Action>,
    /// How.
    pub method: Option<Method>,
    /// Number of the lock.
    pub lock: Option<String>,
    /// The crew said that restoring is safe here.
    pub safe: bool,
    /// Digits as on the dials.
    pub digits: Option<String>,
    /// Why there are none.
    pub no_read: Option<String>,
    /// Codes of the warnings shown.
    pub checks: Vec<String>,
    /// The crew confirmed the digits in spite of them.
    pub confirmed: bool,
    /// What became of the equipment.
    pub equipment: Option<EquipmentResult>,
}

/// The moment whose knowledge counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The document's heads then.
    pub heads: Vec<Bytes>,
    /// Device clock then.
    pub at: Micros,
    /// What allowed the cut to begin; absent where none is needed.
    pub permit: Option<Permit>,
    /// Age of the data then, in seconds, where it is known.
    pub age_s: Option<i64>,
}

/// A supervisor's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Where the tablet was, as facts say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Latitude in 1e-7 degrees.
    pub lat_e7: i64,
    /// Longitude in 1e-7 degrees.
    pub lon_e7: i64,
    /// Accuracy in metres.
    pub accuracy_m: i64,
    /// Age of the fix in seconds.
    pub fix_age_s: i64,
}

impl Draft {
    /// A stop on arrival.
    #[must_use]
    pub fn begin(order: &PublishedOrder, route: RouteId, visit: FactId, now: Micros) -> Self {
        Self {
            order: order.id,
            route,
            visit,
            step: Step::Place,
            arrived_at: now,
            lines: order.lines.iter().map(|line| LineDraft { line: line.id.clone(), ..LineDraft::default() }).collect(),
            met: None,
            opened: None,
            go_code: None,
            overridden: None,
            stopped_by: None,
            proof: None,
            note: None,
            position: None,
        }
    }

    /// The steps of this walk, first to last. The rail shows them; [`Self::forward`] and [`Self::back`] follow them.
    #[must_use]
    pub fn steps(&self, order: &PublishedOrder) -> Vec<Step> {
        if self.stopped_by.is_some() {
            return vec![Step::Place, Step::Unable, Step::Summary];
        }
        let metered = |lines: &[PublishedLine]| {
            lines.iter().enumerate().filter(|(_, line)| has_meter(line)).map(|(n, _)| n).collect::<Vec<_>>()
        };
        let mut steps = vec![Step::Place];
        let meters = metered(&order.lines);
        if order.kind == OrderKind::EquipmentPickup {
            steps.push(Step::Door);
            steps.extend((0..order.lines.len()).map(Step::Equipment));
            steps.push(Step::Summary);
            return steps;
        }
        if order.kind != OrderKind::DoorNotice {
            steps.extend(meters.iter().map(|n| Step::Meter(*n)));
        }
        if order.kind.is_cut() || order.kind.is_restore() || order.kind == OrderKind::DoorNotice {
            steps.push(Step::Door);
        }
        if order.kind.is_cut() {
            if matches!(self.met, Some(Met::Customer | Met::Adult)) {
                steps.push(Step::Ask);
            }
            steps.push(Step::Permit);
        }
        for n in 0..order.lines.len() {
            if acts_on_lines(order.kind) {
                steps.push(Step::Act(n));
            }
            if meters.contains(&n) && order.kind != OrderKind::DoorNotice {
                steps.push(Step::Reading(n));
            }
        }
        steps.push(Step::Summary);
        steps
    }

    /// The step after this one.
    #[must_use]
    pub fn forward(&self, order: &PublishedOrder) -> Step {
        let steps = self.steps(order);
        let here = steps.iter().position(|step| *step == self.step);
        here.and_then(|here| steps.get(here + 1)).copied().unwrap_or(Step::Summary)
    }

    /// The step before this one.
    #[must_use]
    pub fn back(&self, order: &PublishedOrder) -> Option<Step> {
        let steps = self.steps(order);
        let here = steps.iter().position(|step| *step == self.step)?;
        here.checked_sub(1).map(|before| steps[before])
    }

    /// How the visit ends as things stand.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        match self.stopped_by {
            None => Outcome::Done,
            Some(code) if stops(code) => Outcome::Stopped,
            Some(_) => Outcome::Unable,
        }
    }

    /// Whether saving this takes service away: then it is confirmed by a long press.
    #[must_use]
    pub fn cuts(&self) -> bool {
        self.stopped_by.is_none() && self.lines.iter().any(|line| line.action.is_some_and(Action::cuts))
    }

    /// What still lacks before it can be saved.
    ///
    /// # Errors
    /// The first thing that lacks, as a sentence for the crew.
    pub fn ready(&self, order: &PublishedOrder) -> Result<(), &'static str> {
        if self.stopped_by.is_some() {
            return Ok(());
        }
        for step in self.steps(order) {
            let complete = match step {
                Step::Act(n) => self.lines.get(n).is_some_and(|line| line.action.is_some()),
                Step::Reading(n) => self.lines.get(n).is_some_and(|l| l.digits.is_some() || l.no_read.is_some()),
                Step::Equipment(n) => self.lines.get(n).is_some_and(|line| line.equipment.is_some()),
                Step::Meter(n) => self.lines.get(n).is_some_and(|line| line.serial_seen.is_some()),
                Step::Door => self.met.is_some(),
                Step::Permit => self.opened.is_some(),
                _ => true,
            };
            if !complete {
                return Err(match step {
                    Step::Act(_) => "say what was done first",
                    Step::Reading(_) => "read the meter first, or say why it can't be read",
                    Step::Equipment(_) => "say what became of the equipment first",
                    Step::Meter(_) => "check the meter's serial first",
                    Step::Door => "say who answered first",
                    _ => "open the work step first",
                });
            }
        }
        Ok(())
    }
}

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

/// Whether a line has a meter to check and read.
#[must_use]
pub const fn has_meter(line: &PublishedLine) -> bool {
    line.dials.is_some()
        && matches!(line.product, Product::Water | Product::Irrigation | Product::Electric | Product::Gas)
}

/// Whether work of this kind does something to each line.
const fn acts_on_lines(kind: OrderKind) -> bool {
    !matches!(
        kind,
        OrderKind::DoorNotice
            | OrderKind::Reread
            | OrderKind::TheftCheck
            | OrderKind::TamperInvestigation
            | OrderKind::EquipmentPickup
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
