//! What a rule says, out of its table.

use super::{
    fault::Sheet,
    table::{Found, Table, one_of, parsed},
};
use chrono::{NaiveTime, Weekday};
use curbstop_shared::{
    money::{Currency, Money},
    policy::{Fee, Kept, NoticeKind, NoticeTo, OpenDays, RuleKind, Temperature, TimeOfDay, Weather, Weekdays, Window},
    reconnect_clock::ReconnectClock,
    time::Span,
};

/// Kinds as packs name them, and the keys that each has besides those of every rule.
pub(super) const KINDS: &[(&str, &[&str])] = &[
    ("cut_days", &["days"]),
    ("cut_hours", &["begins", "ends", "days"]),
    ("last_hour", &["not_after", "service_days", "calendar"]),
    ("holidays", &["calendar", "day_before"]),
    ("blackout", &["first", "last"]),
    ("weather", &["called", "preceding_days"]),
    ("temperature", &["is", "degrees_f", "preceding_days", "following_days", "every_day"]),
    ("notice", NOTICE),
    ("third_party_notice", NOTICE),
    ("tenants_notice", NOTICE),
    ("medical", &["days", "persons"]),
    ("approval", &["persons"]),
    ("minimum_to_restore", &["fee", "at_most", "currency"]),
    ("reconnect", &["hours", "told_by", "closes", "working_days", "calendar"]),
    ("after_hours", &["allowed", "begins", "ends"]),
    ("fees", &["charged"]),
    ("money_at_door", &["allowed"]),
    ("permit", &["minutes"]),
    ("retention", &["kept", "days"]),
];

const NOTICE: &[&str] = &["ways", "least_days", "least_working_days", "working_days", "calendar", "customers_language"];

const TIME: &str = "a time of the day, as 08:00";
const DAYS_MAX: u16 = 400;

/// What a rule of a kind says; none where something is wrong with it. Calendars are named as the file names them.
pub(super) fn kind(sheet: &mut Sheet<'_>, table: &mut Table<'_>, name: &str) -> Option<RuleKind> {
    for key in KINDS.iter().find(|(kind, _)| *kind == name).map_or(&[][..], |(_, keys)| keys) {
        // Known, also where a fault keeps it from being read.
        table.get(key);
    }
    match name {
        "cut_days" => weekdays(sheet, table, "days", None).map(RuleKind::CutDays),
        "cut_hours" => {
            let weekdays = weekdays(sheet, table, "days", Some(Weekdays::ALL));
            Some(RuleKind::CutHours { window: window(sheet, table)?, weekdays: weekdays? })
        }
        "last_hour" => {
            let service = open_days(sheet, table, "service_days");
            Some(RuleKind::LastHour { not_after: time(sheet, table, "not_after")?, service: service? })
        }
        "holidays" => {
            let day_before = table.yes_or_no(sheet, "day_before").is_some_and(|it| it.value);
            let calendar = table.needed(sheet, "calendar", "Name the file with the holidays beside the pack")?;
            Some(RuleKind::Holidays { calendar: calendar.value.to_owned(), day_before })
        }
        "blackout" => {
            let day = "a day of the year, as 12-24";
            let (from, until) = (needed(sheet, table, "first", day), needed(sheet, table, "last", day));
            Some(RuleKind::Blackout { from: from?, until: until? })
        }
        "weather" => {
            let preceding_days = small(sheet, table, "preceding_days");
            let called = list(sheet, table, "called", &one_of(Weather::ALL))?;
            Some(RuleKind::Weather { called, preceding_days })
        }
        "temperature" => temperature(sheet, table),
        "notice" => notice(sheet, table, NoticeTo::Customer),
        "third_party_notice" => notice(sheet, table, NoticeTo::ThirdParty),
        "tenants_notice" => notice(sheet, table, NoticeTo::Tenants),
        "medical" => {
            let days = table.number(sheet, "days", 1..=DAYS_MAX).map(|it| it.value);
            Some(RuleKind::Medical { days, persons: persons(sheet, table)? })
        }
        "approval" => Some(RuleKind::Approval { persons: persons(sheet, table)? }),
        "minimum_to_restore" => minimum(sheet, table),
        "reconnect" => reconnect(sheet, table),
        "after_hours" => {
            if !needed_switch(sheet, table, "allowed")? {
                return Some(RuleKind::AfterHours(None));
            }
            Some(RuleKind::AfterHours(Some(window(sheet, table)?)))
        }
        "fees" => {
            if !table.has("charged") {
                missing(sheet, table, "charged", "a list, which may be empty");
                return None;
            }
            table.codes(sheet, "charged", &one_of(Fee::ALL)).map(RuleKind::Fees)
        }
        "money_at_door" => needed_switch(sheet, table, "allowed").map(RuleKind::MoneyAtDoor),
        "permit" => number(sheet, table, "minutes", 1..=1440).map(RuleKind::PermitMinutes),
        "retention" => {
            let kept = needed(sheet, table, "kept", &one_of(Kept::ALL));
            Some(RuleKind::Retention { days: number(sheet, table, "days", 1..=36_500)?, kept: kept? })
        }
        _ => None,
    }
}

fn temperature(sheet: &mut Sheet<'_>, table: &mut Table<'_>) -> Option<RuleKind> {
    let is = needed::<Temperature>(sheet, table, "is", &one_of(Temperature::ALL));
    let degrees_f = number(sheet, table, "degrees_f", -80_i16..=150);
    let (preceding_days, following_days) =
        (small(sheet, table, "preceding_days"), small(sheet, table, "following_days"));
    let every_day = table.yes_or_no(sheet, "every_day").is_some_and(|it| it.value);
    Some(RuleKind::Degrees { is: is?, degrees_f: degrees_f?, preceding_days, following_days, every_day })
}

fn notice(sheet: &mut Sheet<'_>, table: &mut Table<'_>, to: NoticeTo) -> Option<RuleKind> {
    let kinds = table.codes(sheet, "ways", &one_of(NoticeKind::ALL)).unwrap_or_default();
    let customers_language = table.yes_or_no(sheet, "customers_language").is_some_and(|it| it.value);
    let (days, working) = ("least_days", "least_working_days");
    if table.has(days) && table.has(working) {
        let span = table.span.clone();
        sheet.fault(&span, format!("{days} and {working} contradict each other"), "Keep one of them");
        return None;
    }
    let (least_days, working) = if table.has(working) {
        let open = open_days(sheet, table, "working_days");
        (number(sheet, table, working, 0..=90)?, Some(open?))
    } else {
        (number(sheet, table, days, 0..=DAYS_MAX)?, None)
    };
    Some(RuleKind::Notice { to, kinds, least_days, working, customers_language })
}

fn minimum(sheet: &mut Sheet<'_>, table: &mut Table<'_>) -> Option<RuleKind> {
    let currency = match table.has("currency") {
        true => table.parsed::<Currency>(sheet, "currency", "a currency's code, as USD")?.value,
        false => Currency::USD,
    };
    let fee = table.text(sheet, "fee").map(|text| amount(sheet, text, currency));
    let at_most = table.text(sheet, "at_most").map(|text| amount(sheet, text, currency));
    // What is not there is none; what is there and no amount is a fault that was told.
    let (fee_minor, at_most_minor) = (fee.unwrap_or(Some(0))?, at_most.map_or(Some(None), |it| it.map(Some))?);
    Some(RuleKind::MinimumToRestore { fee_minor, at_most_minor, currency })
}

fn amount(sheet: &mut Sheet<'_>, text: Found<&str>, currency: Currency) -> Option<i64> {
    match Money::parse(text.value, currency) {
        Ok(money) if money.minor() >= 0 => Some(money.minor()),
        Ok(_) => {
            sheet.fault(
                &text.span,
                format!("\"{}\" is less than nothing", text.value),
                "Write an amount, as \"25.00\"",
            );
            None
        }
        Err(bad) => {
            sheet.fault(&text.span, bad.to_string(), "Write an amount, as \"25.00\"");
            None
        }
    }
}

fn reconnect(sheet: &mut Sheet<'_>, table: &mut Table<'_>) -> Option<RuleKind> {
    if table.has("hours") == table.has("told_by") {
        let span = table.span.clone();
        let wrong = "a reconnect has either hours or told_by and closes";
        sheet.fault(&span, wrong, "Write hours = 24, or told_by = \"12:30\" with closes = \"17:00\"");
        return None;
    }
    if table.has("hours") {
        let hours = number(sheet, table, "hours", 1..=168_u16)?;
        let open = OpenDays { weekdays: Weekdays::ALL, calendar: None };
        return Some(RuleKind::Reconnect { clock: ReconnectClock::Within(Span::minutes(i64::from(hours) * 60)), open });
    }
    let open = open_days(sheet, table, "working_days");
    let wall = |time: TimeOfDay| NaiveTime::from_hms_opt(u32::from(time.0) / 60, u32::from(time.0) % 60, 0);
    let (told_by, closes) = (time(sheet, table, "told_by"), time(sheet, table, "closes"));
    let (told_by, closes) = (told_by.and_then(wall)?, closes.and_then(wall)?);
    if closes < told_by {
        let span = table.span.clone();
        let wrong = format!("closes at {} comes before told_by", closes.format("%H:%M"));
        sheet.fault(&span, wrong, "The day closes after the hour by which somebody is told");
        return None;
    }
    Some(RuleKind::Reconnect { clock: ReconnectClock::WorkingDays { told_by, closes }, open: open? })
}

/// Hours, `begins` and `ends`.
fn window(sheet: &mut Sheet<'_>, table: &mut Table<'_>) -> Option<Window> {
    let (from, until) = (time(sheet, table, "begins"), time(sheet, table, "ends"));
    let window = Window { from: from?, until: until? };
    if window.from < window.until {
        return Some(window);
    }
    let span = table.get("ends").map_or(0..0, toml::Spanned::span);
    let wrong = format!("it ends at {}, which is not after {}", window.until, window.from);
    sheet.fault(&span, wrong, "Hours lie within one day; write two rules, or turn them round");
    None
}

fn time(sheet: &mut Sheet<'_>, table: &mut Table<'_>, key: &'static str) -> Option<TimeOfDay> {
    needed(sheet, table, key, TIME)
}

fn persons(sheet: &mut Sheet<'_>, table: &mut Table<'_>) -> Option<u8> {
    number(sheet, table, "persons", 1..=3)
}

/// Working days (Monday to Friday where nobody says) and their calendar.
fn open_days(sheet: &mut Sheet<'_>, table: &mut Table<'_>, key: &'static str) -> Option<OpenDays> {
    let calendar = table.text(sheet, "calendar").map(|it| it.value.to_owned());
    let weekdays = weekdays(sheet, table, key, Some(Weekdays::MON_TO_FRI))?;
    Some(OpenDays { weekdays, calendar })
}

fn weekdays(
    sheet: &mut Sheet<'_>,
    table: &mut Table<'_>,
    key: &'static str,
    unsaid: Option<Weekdays>,
) -> Option<Weekdays> {
    const NEEDS: &str = "one of mon, tue, wed, thu, fri, sat, sun";
    if !table.has(key) {
        if unsaid.is_none() {
            missing(sheet, table, key, &format!("a list of days, each {NEEDS}"));
        }
        return unsaid;
    }
    let days: Vec<Weekday> = list(sheet, table, key, NEEDS)?;
    Some(Weekdays::of(&days))
}

/// A list that has to be there and to have an entry; faults of entries are told.
fn list<T: std::str::FromStr>(
    sheet: &mut Sheet<'_>,
    table: &mut Table<'_>,
    key: &'static str,
    needs: &str,
) -> Option<Vec<T>> {
    if !table.has(key) {
        missing(sheet, table, key, &format!("a list, each {needs}"));
        return None;
    }
    let texts = table.texts(sheet, key)?;
    if texts.is_empty() {
        let span = table.get(key).map_or(0..0, toml::Spanned::span);
        sheet.fault(&span, format!("{key} is empty"), format!("Write at least {needs}"));
        return None;
    }
    let all = texts.len();
    let good: Vec<T> = texts.into_iter().filter_map(|text| parsed(sheet, text, needs)).map(|it| it.value).collect();
    (good.len() == all).then_some(good)
}

fn needed<T: std::str::FromStr>(
    sheet: &mut Sheet<'_>,
    table: &mut Table<'_>,
    key: &'static str,
    needs: &str,
) -> Option<T> {
    if !table.has(key) {
        missing(sheet, table, key, needs);
        return None;
    }
    table.parsed(sheet, key, needs).map(|it| it.value)
}

fn needed_switch(sheet: &mut Sheet<'_>, table: &mut Table<'_>, key: &'static str) -> Option<bool> {
    if !table.has(key) {
        missing(sheet, table, key, "true or false");
        return None;
    }
    table.yes_or_no(sheet, key).map(|it| it.value)
}

fn number<N: TryFrom<i64> + std::fmt::Display + Copy>(
    sheet: &mut Sheet<'_>,
    table: &mut Table<'_>,
    key: &'static str,
    range: std::ops::RangeInclusive<N>,
) -> Option<N>
where
    i64: From<N>,
{
    if !table.has(key) {
        missing(sheet, table, key, &format!("a whole number from {} to {}", range.start(), range.end()));
        return None;
    }
    table.number(sheet, key, range).map(|it| it.value)
}

/// Days around the day; where nobody says, none.
fn small(sheet: &mut Sheet<'_>, table: &mut Table<'_>, key: &'static str) -> u8 {
    table.number(sheet, key, 0..=14_u8).map_or(0, |it| it.value)
}

fn missing(sheet: &mut Sheet<'_>, table: &mut Table<'_>, key: &'static str, needs: &str) {
    let span = table.span.clone();
    sheet.fault(&span, format!("{key} is missing"), format!("It has to be {needs}"));
}
