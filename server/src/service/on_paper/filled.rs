//! What somebody copies from the sheet, and whether it can be right.

use super::Sheet;
use crate::{
    service::{ServiceError, recording::Folding, voice::Voice},
    shape::Shape,
};
use chrono::{DateTime, TimeZone as _};
use curbstop_shared::{
    at_the_door, facts,
    ids::{LineId, PersonId, RouteId},
    readings::{self, Checked, MeterOnRecord, ReadingContext, ReadingWarning, Service},
    route_document::{PublishedLine, PublishedOrder},
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
    /// Number of the receipt that was shown, where proof of payment was (`proof_shown`).
    #[serde(default)]
    pub receipt: Option<String>,
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
    /// Number of the receipt that was shown as proof.
    pub receipt: Option<String>,
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
    /// Empty where nobody wrote one.
    pub serial_seen: String,
    /// That one, else the one on record.
    pub meter: String,
    /// What the checks say to the reading.
    pub warnings: Vec<ReadingWarning>,
}

/// What can have been done on an order of a kind, the usual first; nothing where the work changes no service. On one that
/// was turned off already the crew may have turned it on again, on somebody's word, when no order to do so was made yet.
#[must_use]
pub fn deeds(kind: OrderKind, was_cut: bool) -> Vec<Action> {
    let mut all: Vec<Action> =
        at_the_door::actions(kind).iter().copied().filter(|action| *action != Action::None).collect();
    if was_cut && kind.is_cut() {
        let back_on = if kind == OrderKind::MeterLock { OrderKind::Unlock } else { OrderKind::Reconnect };
        all.extend(at_the_door::actions(back_on).iter().filter(|action| action.restores()));
    }
    all
}

/// Reads and judges what was copied of a visit at that moment.
///
/// # Errors
/// 422, with what to look at: `at_before_route`, `not_of_crew`, `line_unknown`,
/// `nothing_done`, `action_unfit`, `code_unfit`, `done_and_not_done`, `receipt_unfit`, `reading_invalid`, `text_invalid`.
pub(super) fn check(
    visit: &PaperVisit,
    at: Micros,
    sheet: &Sheet,
    folding: &Folding,
    voice: &Voice,
) -> Result<Filled, ServiceError> {
    if at + MINUTE <= sheet.since {
        if sheet.order.kind.is_restore() && sheet.header.published_at < at + MINUTE {
            let detail = voice.pick(
                "This order was made after that time. Service that was given back before is keyed in on the order by which it was turned off.",
                "Esta orden se creó después de esa hora. Lo que se reconectó antes se captura en la orden con la que se cortó.",
            );
            return Err(ServiceError::invalid("at_before_route", detail));
        }
        let detail = voice.pick(
            "The crew cannot have had this stop on paper before it was on the route",
            "La cuadrilla no pudo tener esta parada en papel antes de que estuviera en la ruta",
        );
        return Err(ServiceError::invalid("at_before_route", format!("{detail} ({}).", voice.time(sheet.since))));
    }
    if !sheet.people.contains_key(&visit.by) {
        return Err(ServiceError::invalid(
            "not_of_crew",
            voice.pick(
                "This person does not ride with that crew. Choose the name that stands on the sheet.",
                "Esta persona no va con esa cuadrilla. Elija el nombre que está en la hoja.",
            ),
        ));
    }
    let mut lines: Vec<FilledLine> = Vec::with_capacity(visit.lines.len());
    for done in &visit.lines {
        let published = sheet.order.lines.iter().find(|line| line.id == done.line);
        let once = lines.iter().all(|before| before.done.line != done.line);
        let published = published.filter(|_| once).ok_or_else(|| {
            let detail = voice.pick(
                "Name each line of the order once, as the sheet does.",
                "Nombre cada línea de la orden una vez, como en la hoja.",
            );
            ServiceError::invalid("line_unknown", format!("{detail} ({})", done.line))
        })?;
        lines.push(line(done, published, sheet, at, folding, voice)?);
    }
    let acts = lines.iter().any(|line| line.done.action.is_some());
    if let Some(code) = visit.code {
        ends_it(code, &sheet.order, &lines, voice)?;
    }
    if visit.code.is_none() && !acts && !deeds(sheet.order.kind, sheet.was_cut).is_empty() {
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
        receipt: receipt(visit, voice)?,
        lines,
        called: word(visit.called.as_deref(), "called", 2 * WORD_MAX, voice)?,
        note: word(visit.note.as_deref(), "note", NOTE_MAX, voice)?,
    })
}

/// A receipt's number says nothing without the proof that it stands on.
fn receipt(visit: &PaperVisit, voice: &Voice) -> Result<Option<String>, ServiceError> {
    let receipt = word(visit.receipt.as_deref(), "receipt", WORD_MAX, voice)?;
    if receipt.is_some() && visit.code != Some(UnableCode::ProofShown) {
        let detail = voice.pick(
            "A receipt's number goes with proof of payment that was shown. Choose that as the reason, or write the number into the note.",
            "El número de recibo va con un comprobante de pago que se mostró. Elija ese motivo, o escriba el número en la nota.",
        );
        return Err(ServiceError::invalid("receipt_unfit", detail));
    }
    Ok(receipt)
}

/// A reason why the work was not done has to fit the kind of work, and there has to be work that was not done. What was
/// claimed at a door after the cut, or a line that was left undone, is asked about.
fn ends_it(code: UnableCode, order: &PublishedOrder, lines: &[FilledLine], voice: &Voice) -> Result<(), ServiceError> {
    if !at_the_door::ends(code, order.kind) {
        let detail = voice.pick(
            "code: nobody stops this kind of order for that reason. Choose why it could not be done, and write the rest into the note.",
            "code: por ese motivo no se detiene este tipo de orden. Elija por qué no se pudo, y escriba lo demás en la nota.",
        );
        return Err(ServiceError::invalid("code_unfit", detail));
    }
    let done = |line: &LineId| lines.iter().any(|filled| filled.done.line == *line && filled.done.action.is_some());
    let all_done = !order.lines.is_empty() && order.lines.iter().all(|line| done(&line.id));
    if all_done && facts::claim(code, None).is_none() {
        let detail = voice.pick(
            "code: the sheet says both what was done and why it was not. Ask the crew which is true, leave the other one out, and write into the note what else it says.",
            "code: la hoja dice a la vez qué se hizo y por qué no se hizo. Pregunte a la cuadrilla qué es cierto, quite lo otro y escriba lo demás en la nota.",
        );
        return Err(ServiceError::invalid("done_and_not_done", detail));
    }
    Ok(())
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
        let detail = voice.pick("Write day and time as 2026-11-24T09:10.", "Escriba día y hora como 2026-11-24T09:10.");
        ServiceError::invalid("at_invalid", detail)
    })?);
    if at > now {
        let detail = voice.pick(
            "That is in the future. Look at the day and the time on the sheet again.",
            "Eso está en el futuro. Revise el día y la hora en la hoja.",
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
            true => voice.pick("It does not go with what was done.", "No va con lo que se hizo."),
            false => voice.pick("That is not done on this kind of order.", "Eso no se hace en este tipo de orden."),
        };
        ServiceError::invalid("action_unfit", what)
    };
    let fitting = deeds(sheet.order.kind, sheet.was_cut);
    if done.action.is_some_and(|action| !fitting.contains(&action)) {
        let before_the_cut = sheet.order.kind.is_cut() && done.action.is_some_and(Action::restores);
        return Err(if before_the_cut { cut_first(voice) } else { unfit(false) });
    }
    let ways = done.action.map_or_else(Vec::new, |action| at_the_door::ways(published, action));
    if done.method.is_some_and(|method| !ways.contains(&method)) {
        return Err(unfit(true));
    }
    let lock = word(done.lock.as_deref(), "lock", WORD_MAX, voice)?;
    let seen = word(done.serial_seen.as_deref(), "serial_seen", WORD_MAX, voice)?;
    let digits = done.digits.as_deref().map(str::trim).filter(|digits| !digits.is_empty()).map(str::to_owned);
    let mut warnings = Vec::new();
    if let (Some(seen), Some(expected)) = (&seen, &published.serial)
        && !at_the_door::same_serial(expected, seen)
    {
        warnings.push(ReadingWarning::SerialMismatch);
    }
    if let Some(digits) = &digits {
        // On the cut's own order the last reading is the one before the cut.
        let service = if sheet.order.kind.is_restore() { Service::Off } else { Service::On };
        let checked = read(digits, published, service, at, folding)
            .map_err(|bad| ServiceError::invalid("reading_invalid", bad.sentence(voice.language)))?;
        warnings.extend(checked.warnings);
    }
    let meter = seen.clone().or_else(|| published.serial.clone()).unwrap_or_default();
    let serial_seen = seen.unwrap_or_default();
    Ok(FilledLine { done: LineDone { lock, digits, ..done.clone() }, serial_seen, meter, warnings })
}

fn cut_first(voice: &Voice) -> ServiceError {
    let detail = voice.pick(
        "Nobody has recorded that it was turned off here. Key in that visit first, then the one that turned it on again.",
        "Nadie ha registrado que se cortó aquí. Capture primero esa visita y después la que lo reconectó.",
    );
    ServiceError::invalid("action_unfit", detail)
}

/// A reading is kept as it was read; what looks wrong about it is asked.
fn read(
    digits: &str,
    line: &PublishedLine,
    service: Service,
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
    let context = ReadingContext { service, read_on: folding.policy.day_of(at), today: folding.today };
    readings::check(digits, &meter, &context)
}

fn word(text: Option<&str>, field: &str, most: usize, voice: &Voice) -> Result<Option<String>, ServiceError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.len() > most || text.chars().any(char::is_control) {
        let why = voice.pick("at most so many characters, in one line", "a lo más tantos caracteres, en una línea");
        let what = match field {
            "called" => voice.pick("Who was called", "A quién se llamó"),
            "note" => voice.pick("What the crew wrote", "Lo que escribió la cuadrilla"),
            "receipt" => voice.pick("The receipt's number", "El número del recibo"),
            "lock" => voice.pick("The lock's number", "El número del candado"),
            _ => voice.pick("The meter's number", "El número del medidor"),
        };
        return Err(ServiceError::invalid("text_invalid", format!("{what}: {why}: {most}.")));
    }
    Ok(Some(text.to_owned()))
}
