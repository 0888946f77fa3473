//! What somebody copies from the sheet, and whether it can be right.

use super::Sheet;
use crate::{
    service::{ServiceError, recording::Folding, voice::Voice},
    shape::Shape,
};
use chrono::{DateTime, TimeZone as _};
use curbstop_shared::{
    ids::{LineId, PersonId, RouteId},
    readings::{self, Checked, MeterOnRecord, ReadingContext, ReadingWarning, Service},
    route_document::PublishedLine,
    time::{Micros, Span},
    vocabulary::{Action, Method, OrderKind, UnableCode},
};
use serde::{Deserialize, Serialize};

/// Times are written to the minute.
pub(super) const MINUTE: Span = Span::minutes(1);
/// Longest note of a crew, in bytes: what fits beside a stop.
const NOTE_MAX: usize = 500;
/// Longest lock, serial or name, in bytes.
const WORD_MAX: usize = 40;

/// A visit as it stands on the sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PaperVisit")]
pub struct PaperVisit {
    /// The route whose sheet it is; without it the newest open one with the order.
    #[serde(default)]
    #[schemars(with = "Option<Shape<RouteId>>")]
    pub route: Option<RouteId>,
    /// Who of the crew did it.
    #[schemars(with = "Shape<PersonId>")]
    pub by: PersonId,
    /// When, as written: "2026-11-24T09:10" by the utility's clock. With an offset it may stand, too.
    pub at: String,
    /// Why the work was not done; without it, it was.
    #[serde(default)]
    #[schemars(with = "Option<Shape<UnableCode>>")]
    pub code: Option<UnableCode>,
    /// What was done to each line.
    #[serde(default)]
    pub lines: Vec<LineDone>,
    /// Who at dispatch was called before a cut and said to go. Without it the cut counts as made without a permit.
    #[serde(default)]
    pub called: Option<String>,
    /// What the crew wrote beside it.
    #[serde(default)]
    pub note: Option<String>,
    /// What would be asked (a visit that is recorded already, a reading that looks wrong) is meant so.
    #[serde(default)]
    pub confirmed: bool,
}

/// What was done to one line, and read there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PaperLine")]
pub struct LineDone {
    /// The line of the order.
    #[schemars(with = "Shape<LineId>")]
    pub line: LineId,
    /// What was done.
    #[serde(default)]
    #[schemars(with = "Option<Shape<Action>>")]
    pub action: Option<Action>,
    /// How.
    #[serde(default)]
    #[schemars(with = "Option<Shape<Method>>")]
    pub method: Option<Method>,
    /// Number of the lock put on or taken off.
    #[serde(default)]
    pub lock: Option<String>,
    /// The serial that the crew wrote down; without it the one on the sheet.
    #[serde(default)]
    pub serial_seen: Option<String>,
    /// Digits as on the dials, leading zeros kept.
    #[serde(default)]
    pub digits: Option<String>,
}

impl LineDone {
    /// A line to which nothing was done yet.
    #[must_use]
    pub const fn of(line: LineId) -> Self {
        Self { line, action: None, method: None, lock: None, serial_seen: None, digits: None }
    }
}

/// A visit that can be right.
pub(super) struct Filled {
    pub by: PersonId,
    pub at: Micros,
    pub code: Option<UnableCode>,
    pub lines: Vec<FilledLine>,
    pub called: Option<String>,
    pub note: Option<String>,
}

impl Filled {
    /// Whether something was turned off.
    pub(super) fn cuts(&self) -> bool {
        self.lines.iter().any(|line| line.done.action.is_some_and(Action::cuts))
    }
}

pub(super) struct FilledLine {
    pub done: LineDone,
    pub serial_seen: String,
    /// What the checks say to the reading.
    pub warnings: Vec<ReadingWarning>,
}

/// What can have been done on an order of a kind, the usual first.
#[must_use]
pub fn actions(kind: OrderKind) -> &'static [Action] {
    use OrderKind as K;
    match kind {
        K::TurnOff | K::MoveOutOff | K::MeterRemove => &[Action::TurnedOff, Action::Locked, Action::AlreadyOff],
        K::MeterLock => &[Action::Locked, Action::TurnedOff, Action::AlreadyOff],
        K::Reconnect | K::MoveInOn | K::MeterSet => &[Action::Restored, Action::Unlocked, Action::AlreadyOn],
        K::Unlock => &[Action::Unlocked, Action::Restored, Action::AlreadyOn],
        K::EquipmentPickup => &[Action::Collected],
        K::DoorNotice | K::TheftCheck | K::MeterExchange | K::Reread | K::TamperInvestigation => &[],
    }
}

/// Reads and judges what was copied of a visit at that moment.
///
/// # Errors
/// 422, with what to look at: `at_before_route`, `not_of_crew`, `line_unknown`,
/// `nothing_done`, `action_unfit`, `reading_invalid`, `text_invalid`.
pub(super) fn check(
    visit: &PaperVisit,
    at: Micros,
    sheet: &Sheet,
    folding: &Folding,
    voice: &Voice,
) -> Result<Filled, ServiceError> {
    if at + MINUTE <= sheet.since {
        let detail = voice.pick(
            "at: the crew cannot have had this stop on paper before it was on the route",
            "at: la cuadrilla no pudo tener esta parada en papel antes de que estuviera en la ruta",
        );
        return Err(ServiceError::invalid("at_before_route", format!("{detail} ({}).", voice.time(sheet.since))));
    }
    if !sheet.people.contains_key(&visit.by) {
        return Err(ServiceError::invalid(
            "not_of_crew",
            voice.pick(
                "by: this person does not ride with that crew. Choose the name that stands on the sheet.",
                "by: esta persona no va con esa cuadrilla. Elija el nombre que está en la hoja.",
            ),
        ));
    }
    let mut lines: Vec<FilledLine> = Vec::with_capacity(visit.lines.len());
    for done in &visit.lines {
        let published = sheet.order.lines.iter().find(|line| line.id == done.line);
        let once = lines.iter().all(|before| before.done.line != done.line);
        let published = published.filter(|_| once).ok_or_else(|| {
            let detail = voice.pick(
                "lines: name each line of the order once, as the sheet does.",
                "lines: nombre cada línea de la orden una vez, como en la hoja.",
            );
            ServiceError::invalid("line_unknown", format!("{detail} ({})", done.line))
        })?;
        lines.push(line(done, published, sheet, at, folding, voice)?);
    }
    let acts = lines.iter().any(|line| line.done.action.is_some());
    let of_kind = actions(sheet.order.kind);
    if visit.code.is_none() && !acts && !of_kind.is_empty() {
        return Err(ServiceError::invalid(
            "nothing_done",
            voice.pick(
                "Say what was done to a line, or why it could not be done.",
                "Diga qué se hizo en una línea, o por qué no se pudo.",
            ),
        ));
    }
    Ok(Filled {
        by: visit.by,
        at,
        code: visit.code,
        lines,
        called: word(visit.called.as_deref(), "called", 2 * WORD_MAX, voice)?,
        note: word(visit.note.as_deref(), "note", NOTE_MAX, voice)?,
    })
}

/// When it was, by the utility's clock. In the hour that the autumn repeats the later one is meant: then a payment
/// between the two counts as made before the cut.
///
/// # Errors
/// 422 `at_invalid`, `at_in_future`.
pub(super) fn moment(text: &str, folding: &Folding, now: Micros, voice: &Voice) -> Result<Micros, ServiceError> {
    let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|form| chrono::NaiveDateTime::parse_from_str(text, form).ok())
        .and_then(|naive| folding.zone.from_local_datetime(&naive).latest())
        .map(|at| at.timestamp_micros());
    let at = local.or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_micros()));
    let at = Micros(at.ok_or_else(|| {
        let detail =
            voice.pick("at: write day and time as 2026-11-24T09:10.", "at: escriba día y hora como 2026-11-24T09:10.");
        ServiceError::invalid("at_invalid", detail)
    })?);
    if at > now {
        let detail = voice.pick(
            "at: that is in the future. Look at the day and the time on the sheet again.",
            "at: eso está en el futuro. Revise el día y la hora en la hoja.",
        );
        return Err(ServiceError::invalid("at_in_future", detail));
    }
    Ok(at)
}

fn line(
    done: &LineDone,
    published: &PublishedLine,
    sheet: &Sheet,
    at: Micros,
    folding: &Folding,
    voice: &Voice,
) -> Result<FilledLine, ServiceError> {
    let unfit = |method: bool| {
        let what = match method {
            true => voice.pick("method: it does not go with what was done.", "method: no va con lo que se hizo."),
            false => voice.pick(
                "action: that is not done on this kind of order.",
                "action: eso no se hace en este tipo de orden.",
            ),
        };
        ServiceError::invalid("action_unfit", what)
    };
    if done.action.is_some_and(|action| !actions(sheet.order.kind).contains(&action)) {
        return Err(unfit(false));
    }
    if done.method.is_some_and(|method| !done.action.is_some_and(|action| goes_with(method, action))) {
        return Err(unfit(true));
    }
    let lock = word(done.lock.as_deref(), "lock", WORD_MAX, voice)?;
    let seen = word(done.serial_seen.as_deref(), "serial_seen", WORD_MAX, voice)?;
    let digits = done.digits.as_deref().map(str::trim).filter(|digits| !digits.is_empty()).map(str::to_owned);
    let mut warnings = Vec::new();
    if let (Some(seen), Some(expected)) = (&seen, &published.serial)
        && plain(seen) != plain(expected)
    {
        warnings.push(ReadingWarning::SerialMismatch);
    }
    if let Some(digits) = &digits {
        let checked = read(digits, published, sheet.order.kind, at, folding).map_err(|bad| {
            ServiceError::invalid("reading_invalid", format!("digits: {}", bad.sentence(voice.language)))
        })?;
        warnings.extend(checked.warnings);
    }
    let serial_seen = seen.or_else(|| published.serial.clone()).unwrap_or_default();
    Ok(FilledLine { done: LineDone { lock, digits, ..done.clone() }, serial_seen, warnings })
}

/// A reading is kept as it was read; what looks wrong about it is asked.
fn read(
    digits: &str,
    line: &PublishedLine,
    kind: OrderKind,
    at: Micros,
    folding: &Folding,
) -> Result<Checked, readings::BadDigits> {
    let meter = MeterOnRecord {
        dials: line.dials.and_then(|dials| usize::try_from(dials).ok()),
        multiplier: line.multiplier.unwrap_or(1),
        last: line.last.clone(),
        last_on: line.last_on,
        low: line.low,
        high: line.high,
    };
    let service = if kind.is_restore() { Service::Off } else { Service::On };
    let context = ReadingContext { service, read_on: folding.policy.day_of(at), today: folding.today };
    readings::check(digits, &meter, &context)
}

/// Whether something is done in this way.
#[must_use]
pub const fn goes_with(method: Method, action: Action) -> bool {
    use Method as M;
    match method {
        M::CurbStopOn | M::LockRemoved | M::MeterSet => action.restores(),
        M::Remote => action.cuts() || action.restores(),
        _ => action.cuts(),
    }
}

/// People leave out dashes, spaces and case.
fn plain(serial: &str) -> String {
    serial.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

fn word(text: Option<&str>, field: &str, most: usize, voice: &Voice) -> Result<Option<String>, ServiceError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.len() > most || text.chars().any(char::is_control) {
        let why = voice.pick("at most so many characters, in one line", "a lo más tantos caracteres, en una línea");
        return Err(ServiceError::invalid("text_invalid", format!("{field}: {why}: {most}.")));
    }
    Ok(Some(text.to_owned()))
}
