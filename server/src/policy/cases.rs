//! Golden cases: a situation in a sentence, and what has to come out of it.

use super::{
    fault::Sheet,
    table::{Found, Table, one_of},
    zone,
};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use curbstop_shared::{
    language::Language,
    money::{Currency, Money},
    policy::{
        Called, Class, Conditions, Fee, Forecast, Notice, NoticeKind, NoticeTo, RuleKind, Subject, Weather, Zone,
    },
    time::{Micros, Span},
    vocabulary::{OrderKind, Product, Reason},
};
use std::{fmt, str::FromStr};

/// A golden case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The situation in a sentence.
    pub says: String,
    /// Its line in the pack.
    pub line: usize,
    /// When, by the clock on the wall.
    pub at: NaiveDateTime,
    /// The zone of that clock.
    pub zone: Zone,
    /// The order and its customer.
    pub subject: Subject,
    /// The weather.
    pub known: Conditions,
    /// What is past due, where a rule asks.
    pub past_due: Option<Money>,
    /// What has to come out.
    pub expect: Came,
    /// When it opens next, where the case says so.
    pub opens_next: Option<NaiveDateTime>,
}

/// What comes out of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// A cut may begin.
    Allowed,
    /// It may not.
    Refused,
    /// A notice is missing.
    Notice,
    /// Somebody has to approve of it.
    Approval,
    /// Minutes or days.
    Number(u16),
    /// Money.
    Amount(Money),
    /// A time on the wall.
    Wall(NaiveDateTime),
    /// Yes or no.
    Is(bool),
    /// What sets off a fee.
    Fees(Vec<Fee>),
    /// No rule says anything.
    Nothing,
}

impl fmt::Display for Came {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed => f.write_str("allowed"),
            Self::Refused => f.write_str("refused"),
            Self::Notice => f.write_str("notice"),
            Self::Approval => f.write_str("approval"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Amount(money) => write!(f, "{money}"),
            Self::Wall(at) => write!(f, "{}", at.format("%Y-%m-%dT%H:%M")),
            Self::Is(true) => f.write_str("yes"),
            Self::Is(false) => f.write_str("no"),
            Self::Fees(fees) if fees.is_empty() => f.write_str("none"),
            Self::Fees(fees) => f.write_str(&fees.iter().map(|fee| fee.code()).collect::<Vec<_>>().join(", ")),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

impl FromStr for Came {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "allowed" => Self::Allowed,
            "refused" => Self::Refused,
            "notice" => Self::Notice,
            "approval" => Self::Approval,
            "yes" => Self::Is(true),
            "no" => Self::Is(false),
            _ => return Err(()),
        })
    }
}

/// The kind of a rule judges cuts; else it gives a value.
pub(super) const fn judges(kind: &RuleKind) -> bool {
    !matches!(
        kind,
        RuleKind::MinimumToRestore { .. }
            | RuleKind::Reconnect { .. }
            | RuleKind::AfterHours(_)
            | RuleKind::Fees(_)
            | RuleKind::MoneyAtDoor(_)
            | RuleKind::PermitMinutes(_)
            | RuleKind::Retention { .. }
    )
}

/// What every case of a pack has, unless it says otherwise: `[usual]`.
#[derive(Debug, Clone, Default)]
pub(super) struct Usual {
    products: Option<Vec<Product>>,
    class: Option<Class>,
    notices: Vec<GivenNotice>,
    time_zone: Option<Tz>,
}

/// A notice of a case; its day may be told from the case's.
#[derive(Debug, Clone)]
struct GivenNotice {
    to: NoticeTo,
    kind: NoticeKind,
    on: When,
    languages: Vec<Language>,
}

#[derive(Debug, Clone, Copy)]
enum When {
    On(NaiveDate),
    DaysBefore(u16),
}

const PRODUCTS: &str = "products";

pub(super) fn usual(sheet: &mut Sheet<'_>, table: Option<Table<'_>>) -> Usual {
    let Some(mut table) = table else { return Usual::default() };
    let usual = Usual {
        products: table.codes(sheet, PRODUCTS, &one_of(Product::ALL)),
        class: class(sheet, &mut table),
        notices: notices(sheet, &mut table).unwrap_or_default(),
        time_zone: time_zone(sheet, &mut table),
    };
    table.done(sheet);
    usual
}

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

fn subject(
    sheet: &mut Sheet<'_>,
    table: &mut Table<'_>,
    usual: &Usual,
    kind: &RuleKind,
    at: Option<NaiveDateTime>,
) -> Subject {
    let products = table.codes(sheet, PRODUCTS, &one_of(Product::ALL)).or_else(|| usual.products.clone());
    let restores = matches!(kind, RuleKind::Reconnect { .. } | RuleKind::AfterHours(_));
    let (order, reason) = match restores {
        true => (OrderKind::Reconnect, Reason::PaymentReceived),
        false => (OrderKind::TurnOff, Reason::NonPay),
    };
    let order = table.parsed(sheet, "order", &one_of(OrderKind::ALL)).map_or(order, |it| it.value);
    let reason = table.parsed(sheet, "reason", &one_of(Reason::ALL)).map_or(reason, |it| it.value);
    let own = notices(sheet, table);
    let day = at.map_or(NaiveDate::MIN, |at| at.date());
    let notices = own.as_ref().unwrap_or(&usual.notices).iter().map(|given| Notice {
        to: given.to,
        kind: given.kind,
        on: match given.on {
            When::On(on) => on,
            When::DaysBefore(days) => day.checked_sub_days(Days::new(u64::from(days))).unwrap_or(day),
        },
        languages: given.languages.clone(),
    });
    Subject {
        class: class(sheet, table).or(usual.class),
        flags: table.texts(sheet, "flags").unwrap_or_default().into_iter().map(|it| it.value.to_owned()).collect(),
        language: table.text(sheet, "language").map_or(Language::En, |text| language(sheet, &text)),
        area: table.text(sheet, "area").map(|it| it.value.to_owned()),
        notices: notices.collect(),
        medical: table.date(sheet, "medical").map(|it| it.value),
        approvals: table.number(sheet, "approvals", 0..=9_u8).map_or(0, |it| it.value),
        ..Subject::new(order, reason, products.unwrap_or_else(|| vec![Product::Water]))
    }
}

fn class(sheet: &mut Sheet<'_>, table: &mut Table<'_>) -> Option<Class> {
    table.parsed(sheet, "class", &one_of(Class::ALL)).map(|it| it.value)
}

fn time_zone(sheet: &mut Sheet<'_>, table: &mut Table<'_>) -> Option<Tz> {
    table.parsed(sheet, "time_zone", "a time zone, as America/New_York").map(|it| it.value)
}

fn language(sheet: &mut Sheet<'_>, text: &Found<&str>) -> Language {
    match text.value {
        "en" => Language::En,
        "es" => Language::Es,
        other => {
            sheet.fault(&text.span, format!("\"{other}\" is no language"), "It has to be en or es");
            Language::En
        }
    }
}

fn notices(sheet: &mut Sheet<'_>, table: &mut Table<'_>) -> Option<Vec<GivenNotice>> {
    table.get("notices")?;
    let mut given = Vec::new();
    for mut one in table.tables(sheet, "notices", "a notice") {
        let to = one.parsed(sheet, "to", &one_of(NoticeTo::ALL)).map_or(NoticeTo::Customer, |it| it.value);
        let kind = one.parsed(sheet, "way", &one_of(NoticeKind::ALL)).map_or(NoticeKind::Mail, |it| it.value);
        let (on, before) = (one.date(sheet, "on"), one.number(sheet, "days_before", 0..=1000_u16));
        let languages = match one.texts(sheet, "languages") {
            Some(texts) => texts.iter().map(|text| language(sheet, text)).collect(),
            None => vec![Language::En],
        };
        let on = match (on, before) {
            (Some(on), None) => Some(When::On(on.value)),
            (None, Some(days)) => Some(When::DaysBefore(days.value)),
            _ => None,
        };
        match on {
            Some(on) => given.push(GivenNotice { to, kind, on, languages }),
            None => {
                let span = one.span.clone();
                sheet.fault(&span, "the notice has no day", "Write on = 2026-11-10, or days_before = 15");
            }
        }
        one.done(sheet);
    }
    Some(given)
}

fn conditions(sheet: &mut Sheet<'_>, table: &mut Table<'_>) -> Conditions {
    let mut known = Conditions::default();
    for mut one in table.tables(sheet, "weather", "weather that was called") {
        let what = one.parsed::<Weather>(sheet, "called", &one_of(Weather::ALL)).map(|it| it.value);
        let (low_f, high_f) = (one.number(sheet, "low_f", -99_i16..=199), one.number(sheet, "high_f", -99_i16..=199));
        let (low_f, high_f) = (low_f.map(|it| it.value), high_f.map(|it| it.value));
        let area = one.text(sheet, "area").map(|it| it.value.to_owned());
        let on = one.date(sheet, "on").map(|it| it.value);
        match (what, on) {
            (Some(what), Some(on)) => known.called.push(Called { what, area, on }),
            (None, Some(on)) if low_f.is_some() || high_f.is_some() => {
                known.forecasts.push(Forecast { area, on, low_f, high_f });
            }
            _ => {
                let span = one.span.clone();
                let remedy =
                    "Write { called = \"heat_advisory\", on = 2026-07-13 } or { high_f = 32, on = 2026-01-19 }";
                sheet.fault(&span, "the weather says nothing of a day", remedy);
            }
        }
        one.done(sheet);
    }
    known
}
