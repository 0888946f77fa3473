//! A golden case out of its table.

use super::{
    cases::{Came, Case, judges},
    circumstances::{Usual, conditions, subject, time_zone},
    fault::Sheet,
    table::{Found, Table, one_of},
    zone,
};
use chrono::{DateTime, NaiveDateTime};
use curbstop_shared::{
    money::{Currency, Money},
    policy::{Fee, RuleKind, Zone},
    time::{Micros, Span},
};

/// A case of a rule of this kind; none where something is wrong with it.
pub(super) fn case(sheet: &mut Sheet<'_>, mut table: Table<'_>, usual: &Usual, kind: &RuleKind) -> Option<Case> {
    let line = sheet.line(table.span.start);
    let says = table.needed(sheet, "says", "Tell the situation in one sentence").map(|it| it.value.to_owned());
    let time_zone = time_zone(sheet, &mut table).or(usual.time_zone);
    let clock = time_zone.map_or_else(|| Zone::fixed(Span(0)), zone::compiled);
    let at = moment(sheet, &mut table, "at", time_zone.is_some(), &clock);
    let opens_next = moment(sheet, &mut table, "opens_next", time_zone.is_some(), &clock);
    let past_due = table.text(sheet, "past_due").and_then(|text| money(sheet, &text, kind));
    let subject = subject(sheet, &mut table, usual, kind, at);
    let known = conditions(sheet, &mut table);
    let expect = expect(sheet, &mut table, kind, time_zone.is_some(), &clock);
    let complete = (has(sheet, &table, "at"), has(sheet, &table, "expect"));
    if matches!(kind, RuleKind::MinimumToRestore { .. }) && !table.has("past_due") {
        let span = table.span.clone();
        sheet.fault(&span, "past_due is missing", "Say what the customer owes, as past_due = \"86.40\"");
    }
    table.done(sheet);
    let ((), ()) = (complete.0?, complete.1?);
    Some(Case { says: says?, line, at: at?, zone: clock, subject, known, past_due, expect: expect?, opens_next })
}

fn has(sheet: &mut Sheet<'_>, table: &Table<'_>, key: &str) -> Option<()> {
    if table.has(key) {
        return Some(());
    }
    let remedy = if key == "at" { "Say when it is, as at = \"2026-11-25T12:30\"" } else { "Say what has to come out" };
    sheet.fault(&table.span.clone(), format!("{key} is missing in a case"), remedy);
    None
}

/// A time on the wall; one with an offset (`2026-11-01T01:30:00-04:00`) is turned into one by the case's zone.
fn moment(
    sheet: &mut Sheet<'_>,
    table: &mut Table<'_>,
    key: &'static str,
    has_zone: bool,
    zone: &Zone,
) -> Option<NaiveDateTime> {
    let text = table.moment(sheet, key)?;
    if let Some(wall) = wall(&text.value) {
        return Some(wall);
    }
    match DateTime::parse_from_rfc3339(&text.value) {
        Ok(at) if has_zone => Some(zone.local(Micros(at.timestamp_micros()))),
        Ok(_) => {
            let wrong = format!("\"{}\" has an offset, and the case no time zone", text.value);
            sheet.fault(&text.span, wrong, "Add time_zone = \"America/New_York\", or write the time on the wall");
            None
        }
        Err(_) => {
            let wrong = format!("\"{}\" is no date and time", text.value.chars().take(60).collect::<String>());
            sheet.fault(&text.span, wrong, "Write it as 2026-11-25T12:30");
            None
        }
    }
}

fn wall(text: &str) -> Option<NaiveDateTime> {
    let forms = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
    forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
}

fn money(sheet: &mut Sheet<'_>, text: &Found<&str>, kind: &RuleKind) -> Option<Money> {
    let currency = match kind {
        RuleKind::MinimumToRestore { currency, .. } => *currency,
        _ => Currency::USD,
    };
    match Money::parse(text.value, currency) {
        Ok(money) => Some(money),
        Err(bad) => {
            sheet.fault(&text.span, bad.to_string(), "Write an amount, as \"86.40\"");
            None
        }
    }
}

fn expect(sheet: &mut Sheet<'_>, table: &mut Table<'_>, kind: &RuleKind, has_zone: bool, zone: &Zone) -> Option<Came> {
    const KEY: &str = "expect";
    if !judges(kind) && table.get(KEY)?.get_ref().as_str() == Some("nothing") {
        return Some(Came::Nothing);
    }
    table.get(KEY)?;
    match kind {
        RuleKind::PermitMinutes(_) | RuleKind::Retention { .. } => {
            table.number(sheet, KEY, 0..=u16::MAX).map(|it| Came::Number(it.value))
        }
        RuleKind::MinimumToRestore { .. } => {
            let text = table.text(sheet, KEY)?;
            money(sheet, &text, kind).map(Came::Amount)
        }
        RuleKind::Reconnect { .. } => moment(sheet, table, KEY, has_zone, zone).map(Came::Wall),
        RuleKind::Fees(_) => table.codes(sheet, KEY, &one_of(Fee::ALL)).map(|mut fees: Vec<Fee>| {
            fees.sort_unstable();
            Came::Fees(fees)
        }),
        RuleKind::AfterHours(_) | RuleKind::MoneyAtDoor(_) => {
            let came = table.parsed::<Came>(sheet, KEY, "\"yes\" or \"no\"")?;
            only(sheet, came, |came| matches!(came, Came::Is(_)), "\"yes\" or \"no\"")
        }
        _ => {
            const NEEDS: &str = "\"allowed\", \"refused\", \"approval\" or \"notice\"";
            let came = table.parsed::<Came>(sheet, KEY, NEEDS)?;
            only(sheet, came, |came| !matches!(came, Came::Is(_)), NEEDS)
        }
    }
}

fn only(sheet: &mut Sheet<'_>, came: Found<Came>, is: impl Fn(&Came) -> bool, needs: &str) -> Option<Came> {
    if is(&came.value) {
        return Some(came.value);
    }
    sheet.fault(&came.span, format!("a rule of this kind is never \"{}\"", came.value), format!("Expect {needs}"));
    None
}
