//! The order, the customer and the weather of a golden case, out of its table.

use super::{
    fault::Sheet,
    table::{Found, Table, one_of},
};
use chrono::{Days, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use curbstop_shared::{
    language::Language,
    policy::{Called, Class, Conditions, Forecast, Notice, NoticeKind, NoticeTo, RuleKind, Subject, Weather},
    vocabulary::{OrderKind, Product, Reason},
};

/// What every case of a pack has, unless it says otherwise: `[usual]`.
#[derive(Debug, Clone, Default)]
pub(super) struct Usual {
    products: Option<Vec<Product>>,
    class: Option<Class>,
    notices: Vec<GivenNotice>,
    pub(super) time_zone: Option<Tz>,
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

pub(super) fn subject(
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

pub(super) fn time_zone(sheet: &mut Sheet<'_>, table: &mut Table<'_>) -> Option<Tz> {
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

pub(super) fn conditions(sheet: &mut Sheet<'_>, table: &mut Table<'_>) -> Conditions {
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
