//! The walk at the door: one decision a step, and a draft that is stored before a step is left.

mod choices;
mod evidence;
mod lacking;
mod steps;
mod stopping;

pub use choices::{actions, another_lock, hangs_a_lock, number_text, same_serial, scanned, stops, unable_codes, ways};
pub use lacking::Lacking;

use curbstop_shared::{
    ids::{FactId, LineId, OrderId, RouteId},
    route_document::{PublishedLine, PublishedOrder},
    sync::wire::Bytes,
    time::Micros,
    vocabulary::{Action, EquipmentResult, EvidenceKind, Met, Method, NotTakenWhy, Outcome, Permit, UnableCode},
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
    /// The customer signs.
    Sign,
    /// Why it can't be done.
    Unable,
    /// The work is stopped, or the stop left, after something was entered for the line: is it so now?
    AsEntered(usize),
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
    /// A cut that is undone: what it turned off is turned on again on this visit.
    #[serde(default)]
    pub restoring: bool,
    /// The step from which the crew turned aside to say so; back leads there.
    #[serde(default)]
    pub aside_from: Option<Step>,
    /// Confirmation number on the proof that was shown.
    pub proof: Option<String>,
    /// In the crew's words.
    pub note: Option<String>,
    /// Where the tablet was.
    pub position: Option<Position>,
    /// What stands half-typed in the fields of the permit step.
    #[serde(default)]
    pub typed: PermitTyped,
    /// Photos and signatures taken on this visit; their bytes are on the tablet's disk under their hash.
    #[serde(default)]
    pub exhibits: Vec<Exhibit>,
    /// Hazards that the next crew has to know of, whatever became of the work.
    #[serde(default)]
    pub warns: Vec<UnableCode>,
    /// Why there is no photo, though the order asks for one.
    #[serde(default)]
    pub no_photo: Option<NotTakenWhy>,
    /// Why there is no signature.
    #[serde(default)]
    pub no_signature: Option<NotTakenWhy>,
    /// Why nobody knows where it was.
    #[serde(default)]
    pub no_position: Option<NotTakenWhy>,
    /// Stops to be turned back on that stood on top of the list when the crew went to this door: it has read of them.
    #[serde(default)]
    pub restores_read: Vec<OrderId>,
    /// Recalls of this stop that the crew has answered by not doing it: what it read on the screen of that tap.
    #[serde(default)]
    pub recalls_answered: Vec<FactId>,
}

/// A photo or signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exhibit {
    /// Which of the two.
    pub what: EvidenceKind,
    /// SHA-256 of its bytes.
    pub sha256: Bytes,
    /// How many they are.
    pub size: i64,
    /// Their media type.
    pub media_type: String,
}

/// Half-typed words of the permit step: nothing is allowed by them before the crew says "use it".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct PermitTyped {
    /// The go-code.
    pub go_code: String,
    /// When the digits were made that the crew reads out for it.
    #[serde(default)]
    pub asked_at: Option<Micros>,
    /// The supervisor's name.
    pub by: String,
    /// The supervisor's reason.
    pub reason: String,
}

/// What became of something that was entered before the work was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is so now.
    Stands,
    /// The crew undid it.
    Undone,
    /// It never happened: the entry was a mistake.
    Mistake,
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
    /// The crew said that the lock, or the box that it took along, has none.
    #[serde(default)]
    pub lock_unnumbered: bool,
    /// The lock that was taken off is not the one that we hung there: the crew looked again.
    #[serde(default)]
    pub lock_foreign: bool,
    /// The box that was taken along is not the one on the order: the crew looked again.
    #[serde(default)]
    pub box_foreign: bool,
    /// Device clock when the crew said that it was done, or how where it said that after.
    #[serde(default)]
    pub done_at: Option<Micros>,
    /// Device clock when the crew said that it had undone it.
    #[serde(default)]
    pub undone_at: Option<Micros>,
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
    /// The crew's word on what it had entered, once the work was stopped: it stands, or it was undone.
    #[serde(default)]
    pub standing: Option<Standing>,
    /// Half-typed serial.
    #[serde(default)]
    pub serial_typed: Option<String>,
    /// Half-typed digits: a reading only when the crew says so.
    #[serde(default)]
    pub digits_typed: Option<String>,
}

impl LineDraft {
    /// Something was entered of which the office has to know how it was left: work, or how the service was found.
    #[must_use]
    pub fn is_worked(&self) -> bool {
        self.action.is_some_and(|action| action != Action::None)
    }

    /// The crew says what was done and not yet how: kept at once, for the service may be off by then, and how is asked
    /// next.
    pub const fn answers(&mut self, deed: Action) {
        (self.action, self.method, self.standing) = (Some(deed), None, None);
    }

    /// A lock hangs there now, and neither its number was said nor that it has none: whoever takes it off has to find it.
    #[must_use]
    pub fn lacks_a_lock(&self) -> bool {
        let numbered = self.lock.as_deref().is_some_and(|lock| !lock.trim().is_empty());
        self.action.is_some_and(|deed| hangs_a_lock(deed, self.method)) && !numbered && !self.lock_unnumbered
    }

    /// A box is taken along, and neither its serial was read nor that it has none: a depot has to know which one it is.
    #[must_use]
    pub fn lacks_a_box_number(&self) -> bool {
        self.equipment == Some(EquipmentResult::Collected) && self.serial_seen.is_none() && !self.lock_unnumbered
    }

    /// The serial on the order, where the box that is taken along bears another one.
    #[must_use]
    pub fn another_box(&self, expected: Option<&str>) -> Option<String> {
        let seen = self.serial_seen.as_deref().filter(|_| self.equipment == Some(EquipmentResult::Collected))?;
        expected.filter(|expected| !same_serial(expected, seen)).map(str::to_owned)
    }

    /// It has to be said how the deed was done, and was not.
    #[must_use]
    pub fn lacks_a_way(&self, published: &PublishedLine) -> bool {
        self.method.is_none() && self.action.is_some_and(|deed| !ways(published, deed).is_empty())
    }
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
            restoring: false,
            aside_from: None,
            proof: None,
            note: None,
            position: None,
            typed: PermitTyped::default(),
            exhibits: Vec::new(),
            warns: Vec::new(),
            no_photo: None,
            no_signature: None,
            no_position: None,
            restores_read: Vec::new(),
            recalls_answered: Vec::new(),
        }
    }

    /// How the visit ends as things stand.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.ended_by() {
            None => Outcome::Done,
            Some(code) if stops(code) => Outcome::Stopped,
            Some(_) => Outcome::Unable,
        }
    }

    /// Why it is not done: what stopped it, or that equipment was not handed over.
    #[must_use]
    pub fn ended_by(&self) -> Option<UnableCode> {
        let refused = || self.lines.iter().any(|line| line.equipment == Some(EquipmentResult::Refused));
        self.stopped_by.or_else(|| refused().then_some(UnableCode::Refused))
    }

    /// Notes when something was said to be done or undone: what a service was off from, and not when that was saved.
    pub(super) fn stamps(&mut self, before: &Self, now: Micros) {
        for (line, before) in self.lines.iter_mut().zip(&before.lines) {
            let another = line.action != before.action || (line.method.is_some() && before.method.is_none());
            if another {
                line.done_at = line.action.map(|_| now);
            }
            if line.standing != Some(Standing::Undone) {
                line.undone_at = None;
            } else if before.standing != line.standing {
                line.undone_at = Some(now);
            }
        }
        // Whoever signed has signed something else, or it is somebody else who is there.
        if self.receipt() != before.receipt() {
            self.forgets_signature();
        }
    }

    /// Whether service was taken away on this visit, be it given back again since.
    #[must_use]
    pub fn cuts(&self) -> bool {
        self.lines.iter().any(|line| line.action.is_some_and(Action::cuts))
    }

    /// Whether saving this leaves a service off that the crew turned off: where nothing stopped the work it is confirmed by a
    /// long press.
    #[must_use]
    pub fn leaves_off(&self) -> bool {
        let off = |line: &LineDraft| line.action.is_some_and(Action::cuts) && line.standing != Some(Standing::Undone);
        self.lines.iter().any(off)
    }
}
