//! Reads single cells as billing systems and spreadsheets write them: accounts, amounts, days, times, numbers.

use super::{fault::Code, mapping::DateOrder};
use chrono::{Datelike as _, NaiveDate, NaiveTime};
use curbstop_shared::{
    facts::turns_direction,
    money::{BadMoney, Currency, Money},
};
use rust_decimal::Decimal;
use std::{borrow::Cow, str::FromStr};

/// What is wrong with a cell, without the place: the row adds it.
pub type CellResult<T> = Result<T, Code>;

/// The text of a cell: trimmed, and taken out of `="..."`, which keeps a spreadsheet from eating leading zeros.
#[must_use]
pub fn plain(cell: &str) -> Cow<'_, str> {
    let cell = cell.trim_matches(|c: char| c.is_whitespace() || hides(c));
    match cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => Cow::Owned(inner.replace("\"\"", "\"").trim().to_owned()),
        None => Cow::Borrowed(cell),
    }
}

/// Whether a character does not show where a cell is read.
fn hides(c: char) -> bool {
    c.is_control() || turns_direction(c)
}

/// An account, a serial or a receipt: text with its leading zeros, refused where a spreadsheet has made a number of it, or where
/// something in it does not show.
///
/// # Errors
/// The codes given for "nothing there" and "turned into scientific notation".
pub fn identifier(cell: &str, missing: Code, damaged: Code) -> CellResult<String> {
    let text = plain(cell);
    if text.is_empty() {
        return Err(missing);
    }
    if is_scientific(&text)
        || text.starts_with('#')
        || text.chars().count() > LONGEST_IDENTIFIER
        || text.chars().any(hides)
    {
        return Err(damaged);
    }
    Ok(text.into_owned())
}

/// No billing system's account, serial or receipt is longer.
const LONGEST_IDENTIFIER: usize = 60;

/// `4.71902E+08`: what a spreadsheet makes of a long number.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let whole_and_fraction = match mantissa.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        // "1E5" alone could be a serial; with a sign after the E it is a number.
        None => digits(mantissa) && exponent.starts_with(['+', '-']),
    };
    whole_and_fraction && digits(exponent.trim_start_matches(['+', '-']))
}

/// An amount as reports print it: `$1,234.56`, ` $ 36.27 `, `(17.25)`, `5.97-`, `-5.97`, `12.00CR`.
///
/// # Errors
/// `amount_missing`, `amount_unreadable`, `amount_precision` or `amount_too_large`.
pub fn money(cell: &str, currency: Currency) -> CellResult<Money> {
    let text = plain(cell);
    if text.is_empty() {
        return Err(Code::AmountMissing);
    }
    let (digits, negative) = unsigned(&text, currency).ok_or(Code::AmountUnreadable)?;
    let sign = if negative { "-" } else { "" };
    let leading_zero = if digits.starts_with('.') { "0" } else { "" };
    Money::parse(&format!("{sign}{leading_zero}{digits}"), currency).map_err(|bad| match bad {
        BadMoney::Precision(..) => Code::AmountPrecision,
        BadMoney::TooLarge(_) => Code::AmountTooLarge,
        BadMoney::Missing | BadMoney::Unreadable(_) | BadMoney::Currency(_) => Code::AmountUnreadable,
    })
}

/// The digits and the sign of a printed amount. At most one sign, at most one currency symbol, grouping only in threes.
fn unsigned(text: &str, currency: Currency) -> Option<(String, bool)> {
    let mut rest = text;
    let mut signs = 0;
    let mut symbols = 0;
    if let Some(inner) = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        (rest, signs) = (inner.trim(), 1);
    }
    for _ in 0..2 {
        if let Some(inner) = rest.strip_prefix('-') {
            (rest, signs) = (inner.trim_start(), signs + 1);
        }
        for symbol in [symbol(currency), currency.code()] {
            if let Some(inner) = rest.strip_prefix(symbol) {
                (rest, symbols) = (inner.trim_start(), symbols + 1);
            }
        }
    }
    for ending in ["-", "CR", "cr", "Cr"] {
        if let Some(inner) = rest.strip_suffix(ending) {
            (rest, signs) = (inner.trim_end(), signs + 1);
            break;
        }
    }
    (signs <= 1 && symbols <= 1).then(|| Some((without_grouping(rest)?, signs == 1))).flatten()
}

fn symbol(currency: Currency) -> &'static str {
    match currency.code() {
        "EUR" => "€",
        "GBP" => "£",
        "JPY" => "¥",
        _ => "$",
    }
}

/// `1,514.53` -> `1514.53`; nothing where the commas do not stand between thousands.
fn without_grouping(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    if fraction.is_some_and(|fraction| fraction.contains(',')) {
        return None;
    }
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let grouped = rest.is_empty() || ((1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3));
    grouped.then(|| {
        let whole: String = std::iter::once(first).chain(rest).collect();
        fraction.map_or_else(|| whole.clone(), |fraction| format!("{whole}.{fraction}"))
    })
}

/// A day: `10/14/2026`, `9/4/26` (years 20xx), `20261014` or `2026-10-14`; nothing for an empty cell and for
/// `00/00/00`, which old systems write for "none".
///
/// # Errors
/// `date_unreadable` where there is no such day.
pub fn date(cell: &str, order: DateOrder) -> CellResult<Option<NaiveDate>> {
    let text = plain(cell);
    // Databases and spreadsheets print a midnight after a day.
    let text = text.split_once([' ', 'T']).filter(|(_, time)| is_midnight(time)).map_or(&*text, |(day, _)| day);
    let says_none = text.contains('0') && text.chars().all(|c| matches!(c, '0' | '/' | '-'));
    if text.is_empty() || says_none {
        return Ok(None);
    }
    let parts: Vec<&str> = text.split(['/', '-']).collect();
    if parts.iter().any(|part| part.is_empty() || part.len() > 8 || !part.bytes().all(|b| b.is_ascii_digit())) {
        return Err(Code::DateUnreadable);
    }
    let (year, month, day) = match parts.as_slice() {
        [compact] if compact.len() == 8 => (&compact[..4], &compact[4..6], &compact[6..]),
        [year, month, day] if year.len() == 4 => (*year, *month, *day),
        [first, second, year] => match order {
            DateOrder::MonthFirst => (*year, *first, *second),
            DateOrder::DayFirst => (*year, *second, *first),
        },
        _ => return Err(Code::DateUnreadable),
    };
    let year = match (year.len(), year.parse::<i32>()) {
        (2, Ok(year)) => 2000 + year,
        (4, Ok(year)) if (1900..2100).contains(&year) => year,
        _ => return Err(Code::DateUnreadable),
    };
    let number = |text: &str| if text.len() <= 2 { text.parse::<u32>().ok() } else { None };
    number(month)
        .zip(number(day))
        .and_then(|(month, day)| NaiveDate::from_ymd_opt(year, month, day))
        .map(Some)
        .ok_or(Code::DateUnreadable)
}

fn is_midnight(time: &str) -> bool {
    !time.is_empty() && time.bytes().all(|b| matches!(b, b'0' | b':' | b'.'))
}

/// A day as a spreadsheet counts it from its day 0: 46252 is 2026-08-18. Only days of 1980 to 2099 are believed.
#[must_use]
pub fn numbered_day(cell: &str, day_zero: NaiveDate) -> Option<NaiveDate> {
    let text = plain(cell);
    let number = (text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u64>().ok())??;
    let day = day_zero.checked_add_days(chrono::Days::new(number))?;
    (1980..2100).contains(&day.year()).then_some(day)
}

/// A day that must be there.
///
/// # Errors
/// `date_missing` for an empty cell, `date_unreadable` for no such day and for `00/00/00`.
pub fn date_required(cell: &str, order: DateOrder) -> CellResult<NaiveDate> {
    match date(cell, order)? {
        Some(day) => Ok(day),
        None if plain(cell).is_empty() => Err(Code::DateMissing),
        None => Err(Code::DateUnreadable),
    }
}

/// A time of day: `7:31 AM`, `07:31`, `14:05:10`; nothing for an empty cell.
///
/// # Errors
/// `time_unreadable`.
pub fn time(cell: &str) -> CellResult<Option<NaiveTime>> {
    let text = plain(cell).to_ascii_uppercase();
    if text.is_empty() {
        return Ok(None);
    }
    let formats = ["%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%H:%M", "%H:%M:%S"];
    formats
        .iter()
        .find_map(|format| NaiveTime::parse_from_str(&text, format).ok())
        .map(Some)
        .ok_or(Code::TimeUnreadable)
}

/// A whole number that is not negative; nothing for an empty cell.
///
/// # Errors
/// `number_unreadable`.
pub fn whole_number(cell: &str) -> CellResult<Option<i64>> {
    let text = plain(cell);
    if text.is_empty() {
        return Ok(None);
    }
    let digits = without_grouping(&text).ok_or(Code::NumberUnreadable)?;
    let whole = digits.strip_suffix(".0").unwrap_or(&digits);
    let plausible = !whole.is_empty() && whole.len() <= 12 && whole.bytes().all(|b| b.is_ascii_digit());
    plausible.then(|| whole.parse().ok()).flatten().map(Some).ok_or(Code::NumberUnreadable)
}

/// The digits of a reading exactly as they were read; nothing for an empty cell.
///
/// # Errors
/// `read_unreadable`.
pub fn reading(cell: &str) -> CellResult<Option<String>> {
    let text = plain(cell);
    match text.as_ref() {
        "" => Ok(None),
        digits if digits.len() <= 12 && digits.bytes().all(|b| b.is_ascii_digit()) => Ok(Some(digits.to_owned())),
        _ => Err(Code::ReadUnreadable),
    }
}

/// Degrees, in 1e-7 degrees, within `most` degrees of zero; nothing for an empty cell.
///
/// # Errors
/// `coordinates_unreadable` or `coordinates_implausible`.
pub fn degrees_e7(cell: &str, most: i64) -> CellResult<Option<i64>> {
    let text = plain(cell);
    if text.is_empty() {
        return Ok(None);
    }
    let e7 = Decimal::from_str(&text).ok().and_then(|d| d.checked_mul(Decimal::from(E7)));
    let e7 = e7.ok_or(Code::CoordinatesUnreadable)?.round();
    let within = e7.abs() <= Decimal::from(most * E7);
    within.then(|| i64::try_from(e7).ok()).flatten().map(Some).ok_or(Code::CoordinatesImplausible)
}

/// Units of 1e-7 degrees in a degree.
const E7: i64 = 10_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_account_keeps_its_zeros_and_is_refused_once_a_spreadsheet_has_damaged_it() {
        let account = |cell| identifier(cell, Code::AccountMissing, Code::AccountDamaged);
        assert_eq!(account("=\"00229168608\""), Ok("00229168608".to_owned()));
        assert_eq!(account("01-1310-01  "), Ok("01-1310-01".to_owned()));
        assert_eq!(account("10E45"), Ok("10E45".to_owned()));
        for damaged in ["4.71902E+08", "1.0045E+07", "1E+15", "#REF!", "########"] {
            assert_eq!(account(damaged), Err(Code::AccountDamaged), "{damaged}");
        }
        assert_eq!(account("=\"\""), Err(Code::AccountMissing));
    }

    #[test]
    fn amounts_are_read_as_reports_print_them() {
        let cents = |cell| money(cell, Currency::USD).map(Money::minor);
        for (cell, expected) in [
            ("$1,234.56", 123_456),
            (" $ 36.27 ", 3627),
            ("(17.25)", -1725),
            ("($21.28)", -2128),
            ("5.97-", -597),
            ("$5.97-", -597),
            ("-$5.97", -597),
            ("$-5.97", -597),
            ("12.00CR", -1200),
            (".50", 50),
            ("282", 28_200),
            ("USD 7.10", 710),
        ] {
            assert_eq!(cents(cell), Ok(expected), "{cell}");
        }
        for cell in [
            "PENDING",
            "1O4.22",
            "#REF!",
            "184..22",
            "N/A",
            "12,50",
            "1,23,456.00",
            "(5.00-)",
            "--5",
            "$$5",
            "1e3",
            "$",
        ] {
            assert_eq!(cents(cell), Err(Code::AmountUnreadable), "{cell}");
        }
        assert_eq!(cents("84.105"), Err(Code::AmountPrecision));
        assert_eq!(cents("  "), Err(Code::AmountMissing));
        assert_eq!(cents("99,999,999,999.00"), Err(Code::AmountTooLarge));
    }

    #[test]
    fn days_are_read_in_every_form_that_the_systems_write() {
        let day = |cell| date(cell, DateOrder::MonthFirst);
        let expected = NaiveDate::from_ymd_opt(2026, 9, 4);
        for cell in ["9/4/2026", "09/04/26", "9/4/26", "20260904", "2026-09-04", "9-4-2026"] {
            assert_eq!(day(cell), Ok(expected), "{cell}");
        }
        assert_eq!(date("4/9/2026", DateOrder::DayFirst), Ok(expected));
        assert_eq!(day("2026-09-04 00:00:00.000"), Ok(expected));
        assert_eq!(day("2026-09-04 07:31"), Err(Code::DateUnreadable));
        let day_zero = NaiveDate::from_ymd_opt(1899, 12, 30).unwrap();
        assert_eq!(numbered_day("46269", day_zero), expected);
        for none in ["9999", "99999", "4626.9", "soon", ""] {
            assert_eq!(numbered_day(none, day_zero), None, "{none}");
        }
        for none in ["", "00/00/00", "00/00/0000", "00000000"] {
            assert_eq!(day(none), Ok(None), "{none}");
        }
        for cell in
            ["02/30/2026", "13/09/26", "10/32/2026", "20260931", "end of month", "9/4", "9/4/202", "46279", "é/4/26"]
        {
            assert_eq!(day(cell), Err(Code::DateUnreadable), "{cell}");
        }
        assert_eq!(date_required("00000000", DateOrder::MonthFirst), Err(Code::DateUnreadable));
        assert_eq!(date_required("", DateOrder::MonthFirst), Err(Code::DateMissing));
    }

    #[test]
    fn other_cells() {
        assert_eq!(time("7:31 AM"), Ok(NaiveTime::from_hms_opt(7, 31, 0)));
        assert_eq!(time("14:05"), Ok(NaiveTime::from_hms_opt(14, 5, 0)));
        assert_eq!(time("25:05"), Err(Code::TimeUnreadable));
        assert_eq!(whole_number("1,200"), Ok(Some(1200)));
        assert_eq!(whole_number("-3"), Err(Code::NumberUnreadable));
        assert_eq!(reading("074544"), Ok(Some("074544".to_owned())));
        assert_eq!(degrees_e7("41.904837", 90), Ok(Some(419_048_370)));
        assert_eq!(degrees_e7("-101.621376", 90), Err(Code::CoordinatesImplausible));
        assert_eq!(degrees_e7("N41", 90), Err(Code::CoordinatesUnreadable));
    }

    proptest! {
        #[test]
        fn no_cell_panics(cell in "\\PC*", spaced in "[-$(), .0-9CR/:eE+#=\"]{0,24}") {
            for cell in [cell.as_str(), spaced.as_str()] {
                let _ = identifier(cell, Code::AccountMissing, Code::AccountDamaged);
                let _ = money(cell, Currency::USD);
                let _ = date(cell, DateOrder::DayFirst);
                let _ = time(cell);
                let _ = whole_number(cell);
                let _ = degrees_e7(cell, 180);
                let _ = reading(cell);
            }
        }
    }
}
