//! Results for the billing system: one CSV row for each thing done to a line on a visit, every act in it.

use super::table;
use curbstop_shared::{
    disposition::{CutLabel, Disposition, FeeStanding},
    facts::{FactBody, Reading, Visit, Work},
    ids::{FactId, LineId},
    time::Micros,
    vocabulary::EvidenceKind,
};
use serde::Serialize;

/// The columns, in their order. New ones go to the end: other programs read this file.
pub const COLUMNS: &[&str] = &[
    "visit",
    "order",
    "order_id",
    "kind",
    "reason",
    "account",
    "premise",
    "line",
    "product",
    "meter",
    "visited_at",
    "visited_on",
    "crew",
    "person",
    "outcome",
    "code",
    "action",
    "method",
    "lock",
    "seal",
    "serial_seen",
    "reading",
    "reading_code",
    "reading_checks",
    "cut_label",
    "fee",
    "received_at",
    "corrected",
    "step",
    "seal_found",
    "signed",
    "customer_signed",
    "not_taken",
    "judged_at",
];

/// One thing done to one line on one visit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ResultRow {
    /// Id of the visit: with line and step the key of the row; the same row comes again in a later file only with it.
    pub visit: String,
    /// Number of the order.
    pub order: String,
    /// Id of the order.
    pub order_id: String,
    /// Its kind.
    pub kind: String,
    /// Its reason.
    pub reason: String,
    /// The account, leading zeros kept.
    pub account: String,
    /// The premise.
    pub premise: String,
    /// The line; empty where the visit did nothing to any.
    pub line: String,
    /// Its product.
    pub product: String,
    /// Serial of the meter that belongs there.
    pub meter: String,
    /// When, by the tablet's clock, RFC 3339 in the utility's time zone.
    pub visited_at: String,
    /// The utility's day of the visit.
    pub visited_on: String,
    /// The crew.
    pub crew: String,
    /// Who recorded it.
    pub person: String,
    /// `done`, `unable`, `stopped`.
    pub outcome: String,
    /// Why, where it is not done.
    pub code: String,
    /// What was done to the line.
    pub action: String,
    /// How.
    pub method: String,
    /// Number of the lock.
    pub lock: String,
    /// Number of the seal.
    pub seal: String,
    /// Serial that was seen.
    pub serial_seen: String,
    /// Digits as on the dials.
    pub reading: String,
    /// Why there are none.
    pub reading_code: String,
    /// Warnings that were shown, comma-separated.
    pub reading_checks: String,
    /// How a cut stands to releases: `not_released`, `released_after`, `crossed`, `despite`.
    pub cut_label: String,
    /// `stands`, `review`, `suppressed`, on the first row of the visit that it is for; empty where nothing may be
    /// charged.
    pub fee: String,
    /// When the server received it, RFC 3339 in the utility's time zone.
    pub received_at: String,
    /// `yes` where somebody corrected what was recorded; the row says what counts now.
    pub corrected: String,
    /// Which thing done to the line on that visit this is, from 1: what was turned off and on again is two.
    pub step: String,
    /// How the lock or seal there was found: `intact`, `broken`, `missing`, `foreign`.
    pub seal_found: String,
    /// What is to be remarked about `person`, comma-separated: `without_pin`, `not_of_crew`, `unknown_person`.
    pub signed: String,
    /// `yes` where the customer signed on the tablet.
    pub customer_signed: String,
    /// What the order asks for and the crew did not bring, each with its reason, comma-separated:
    /// `photo:camera_broken,signature:refused`.
    pub not_taken: String,
    /// When `cut_label` or `fee` last became another than it was when the visit came in, RFC 3339 in the utility's time
    /// zone; empty where it never did.
    pub judged_at: String,
}

/// What the rows of one visit have in common.
#[derive(Debug, Clone)]
pub struct VisitInOrder<'a> {
    /// Its id.
    pub id: &'a FactId,
    /// What it says.
    pub visit: &'a Visit,
    /// The facts of the order that belong to it, as their corrections leave them.
    pub parts: &'a [FactBody],
    /// Something of it was corrected.
    pub corrected: bool,
    /// The order's fold.
    pub outcome: &'a Disposition,
}

/// Product and meter of a line.
pub type LineDetails<'a> = dyn Fn(&LineId) -> Option<(String, Option<String>)> + 'a;

/// The rows of one visit: one for each thing done to a line, one for a line that was only read, or one without a line.
#[must_use]
pub fn rows(visit: &VisitInOrder<'_>, common: &ResultRow, product_of: &LineDetails<'_>) -> Vec<ResultRow> {
    let mut lines: Vec<&LineId> = visit
        .parts
        .iter()
        .filter_map(|part| match part {
            FactBody::Work(Work { line, .. }) | FactBody::Reading(Reading { line, .. }) => Some(line),
            FactBody::Equipment(equipment) => Some(&equipment.line),
            _ => None,
        })
        .collect();
    lines.sort();
    lines.dedup();
    let mut base = common.clone();
    base.visit = visit.id.to_string();
    base.outcome = visit.visit.outcome.code().to_owned();
    base.code = visit.visit.code.map(|code| code.code().to_owned()).unwrap_or_default();
    let signs = |part: &FactBody| matches!(part, FactBody::Evidence(it) if it.what == EvidenceKind::Signature);
    if visit.parts.iter().any(signs) {
        base.customer_signed = "yes".to_owned();
    }
    base.not_taken = not_taken(visit.parts);
    if visit.corrected {
        base.corrected = "yes".to_owned();
    }
    let mut rows = match lines.is_empty() {
        true => vec![base],
        false => lines.into_iter().flat_map(|line| line_rows(visit, &base, line, product_of(line))).collect(),
    };
    // One fee for the visit, whatever number of lines it worked on: a program that adds the rows up bills it once.
    if let (Some(first), Some(fee)) =
        (rows.first_mut(), visit.outcome.fee_triggers.iter().find(|fee| fee.visit == *visit.id))
    {
        first.fee = fee_code(fee.standing).to_owned();
    }
    rows
}

fn not_taken(parts: &[FactBody]) -> String {
    let missing = parts.iter().filter_map(|part| match part {
        FactBody::NotTaken(not) => Some(format!("{}:{}", not.what, not.why)),
        _ => None,
    });
    missing.collect::<Vec<_>>().join(",")
}

/// One row for each thing that was done to a line, in the order of its doing; one where nothing was.
fn line_rows(
    visit: &VisitInOrder<'_>,
    base: &ResultRow,
    line: &LineId,
    product: Option<(String, Option<String>)>,
) -> Vec<ResultRow> {
    let mut row = base.clone();
    row.line = line.0.clone();
    if let Some((product, meter)) = product {
        row.product = product;
        row.meter = meter.unwrap_or_default();
    }
    for part in visit.parts {
        match part {
            FactBody::Reading(reading) if reading.line == *line => {
                row.serial_seen = reading.serial_seen.clone();
                row.reading = reading.digits.clone().unwrap_or_default();
                row.reading_code = reading.code.clone().unwrap_or_default();
                row.reading_checks = reading.checks.clone().unwrap_or_default();
            }
            FactBody::Equipment(equipment) if equipment.line == *line => {
                row.action = equipment.result.code().to_owned();
                row.serial_seen = equipment.serial_seen.clone().unwrap_or_default();
            }
            _ => {}
        }
    }
    let mut works: Vec<&Work> = visit.parts.iter().filter_map(|part| work_on(part, line)).collect();
    // Whoever turns it off and on again on one visit leaves it on.
    works.sort_by_key(|work| work.action.restores());
    let Some((last, before)) = works.split_last() else {
        row.step = "1".to_owned();
        return vec![row];
    };
    // What was read there stands on the row of how the line was left: once, as it was read.
    let unread = ResultRow {
        serial_seen: String::new(),
        reading: String::new(),
        reading_code: String::new(),
        reading_checks: String::new(),
        ..row.clone()
    };
    let before = before.iter().map(|work| (*work, unread.clone()));
    let steps = before.chain([(*last, row)]).zip(1..);
    steps.map(|((work, row), step)| ResultRow { step: step.to_string(), ..work_row(visit, work, row) }).collect()
}

fn work_on<'a>(part: &'a FactBody, line: &LineId) -> Option<&'a Work> {
    match part {
        FactBody::Work(work) if work.line == *line => Some(work),
        _ => None,
    }
}

fn work_row(visit: &VisitInOrder<'_>, work: &Work, row: ResultRow) -> ResultRow {
    let cut = visit.outcome.cuts.iter().find(|cut| cut.visit == *visit.id && cut.line == work.line);
    ResultRow {
        action: work.action.code().to_owned(),
        method: work.method.map(|method| method.code().to_owned()).unwrap_or_default(),
        lock: work.lock.clone().unwrap_or_default(),
        seal: work.seal.clone().unwrap_or_default(),
        seal_found: work.seal_found.map(|found| found.code().to_owned()).unwrap_or_default(),
        cut_label: cut.filter(|_| work.action.cuts()).map(|cut| label(cut.label).to_owned()).unwrap_or_default(),
        ..row
    }
}

const fn label(label: CutLabel) -> &'static str {
    match label {
        CutLabel::NotReleased => "not_released",
        CutLabel::ReleasedAfter => "released_after",
        CutLabel::Crossed => "crossed",
        CutLabel::Despite => "despite",
    }
}

const fn fee_code(standing: FeeStanding) -> &'static str {
    match standing {
        FeeStanding::Stands => "stands",
        FeeStanding::Review => "review",
        FeeStanding::Suppressed => "suppressed",
    }
}

/// A moment as RFC 3339 in a time zone, and the day there.
#[must_use]
pub fn moment(at: Micros, zone: chrono_tz::Tz) -> (String, String) {
    chrono::DateTime::from_timestamp_micros(at.0).map_or_else(Default::default, |moment| {
        let local = moment.with_timezone(&zone);
        (local.to_rfc3339_opts(chrono::SecondsFormat::Secs, false), local.date_naive().to_string())
    })
}

/// The file. Its moments are in the utility's time zone already.
///
/// # Errors
/// When a row can't be written, which a growing buffer does not cause.
pub fn write(rows: &[ResultRow]) -> Result<Vec<u8>, csv::Error> {
    table::write(COLUMNS, rows, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use curbstop_shared::{
        disposition::{DispositionPolicy, FeeTrigger, OrderHistory, OrderInfo, disposition},
        ids::OrderId,
        vocabulary::{OrderKind, Reason},
    };

    #[test]
    fn every_column_is_a_field_and_every_field_a_column() {
        let row = serde_json::to_value(ResultRow::default()).unwrap();
        let mut fields: Vec<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
        let mut columns = COLUMNS.to_vec();
        fields.sort_unstable();
        columns.sort_unstable();
        assert_eq!(fields, columns);
    }

    #[test]
    fn a_visit_to_two_lines_is_two_rows_and_one_fee() {
        let said = |json: serde_json::Value| serde_json::from_value::<FactBody>(json).unwrap();
        let id: FactId = "01900000-0000-7000-8000-000000000001".parse().unwrap();
        let FactBody::Visit(visit) = said(serde_json::json!({ "kind": "visit", "outcome": "done" })) else { panic!() };
        let off =
            |line: &str| said(serde_json::json!({ "kind": "work", "visit": id, "line": line, "action": "turned_off" }));
        let order = OrderInfo {
            id: OrderId(uuid::Uuid::nil()),
            kind: OrderKind::TurnOff,
            reason: Reason::NonPay,
            lines: vec![LineId("house".into()), LineId("garden".into())],
        };
        let (visit_of, standing) = (id.clone(), FeeStanding::Stands);
        let trigger = FeeTrigger { order: order.id, visit: visit_of, standing, doubts: [].into() };
        let mut outcome = disposition(&OrderHistory::new(order, NaiveDate::MIN), &DispositionPolicy::default());
        outcome.fee_triggers = vec![trigger];
        let parts = [off("house"), off("garden")];
        let visit = VisitInOrder { id: &id, visit: &visit, parts: &parts, corrected: false, outcome: &outcome };
        let rows = rows(&visit, &ResultRow::default(), &|_| None);
        let told: Vec<_> = rows.iter().map(|row| (row.line.as_str(), row.action.as_str(), row.fee.as_str())).collect();
        assert_eq!(told, [("garden", "turned_off", "stands"), ("house", "turned_off", "")]);
    }

    #[test]
    fn what_was_turned_off_and_on_again_on_one_visit_is_two_rows_and_the_reading_once() {
        let said = |json: serde_json::Value| serde_json::from_value::<FactBody>(json).unwrap();
        let id: FactId = "01900000-0000-7000-8000-000000000001".parse().unwrap();
        let dog = serde_json::json!({ "kind": "visit", "outcome": "unable", "code": "dog" });
        let FactBody::Visit(visit) = said(dog) else { panic!() };
        let did =
            |action: &str| said(serde_json::json!({ "kind": "work", "visit": id, "line": "house", "action": action }));
        let order = OrderInfo {
            id: OrderId(uuid::Uuid::nil()),
            kind: OrderKind::TurnOff,
            reason: Reason::NonPay,
            lines: vec![LineId("house".into())],
        };
        let outcome = disposition(&OrderHistory::new(order, NaiveDate::MIN), &DispositionPolicy::default());
        let read = said(
            serde_json::json!({ "kind": "reading", "visit": id, "line": "house", "serial_seen": "M1", "digits": "00417" }),
        );
        // Facts of one moment have no order of their own.
        for parts in
            [[did("turned_off"), did("restored"), read.clone()], [did("restored"), read.clone(), did("turned_off")]]
        {
            let visit = VisitInOrder { id: &id, visit: &visit, parts: &parts, corrected: false, outcome: &outcome };
            let rows = rows(&visit, &ResultRow::default(), &|_| None);
            let told: Vec<_> = rows
                .iter()
                .map(|row| [&row.outcome, &row.step, &row.action, &row.reading].map(String::as_str))
                .collect();
            assert_eq!(told, [["unable", "1", "turned_off", ""], ["unable", "2", "restored", "00417"]]);
        }
    }

    #[test]
    fn the_file_keeps_zeros_and_disarms_formulas() {
        let row = ResultRow { account: "00042816318".into(), lock: "=1+1".into(), ..ResultRow::default() };
        let text = String::from_utf8(write(&[row]).unwrap()).unwrap();
        assert!(text.starts_with('\u{feff}'));
        assert!(text.contains("00042816318"));
        assert!(text.contains("'=1+1"));
        assert_eq!(text.matches("\r\n").count(), 2);
    }
}
