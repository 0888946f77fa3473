//! A table of a pack, read key by key: whatever is missing, of another type or unknown is a fault with its place.

use super::fault::Sheet;
use chrono::NaiveDate;
use curbstop_shared::facts::turns_direction;
use std::{fmt, ops::Range, str::FromStr};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Most characters of a text. A rule's sentence goes with every order that it is about.
const TEXT_MAX_CHARS: usize = 500;

/// A table that is being read.
pub(super) struct Table<'t> {
    entries: &'t DeTable<'t>,
    /// What it is called in faults, as "a rule".
    what: &'static str,
    /// Where it begins.
    pub(super) span: Range<usize>,
    /// The keys that somebody asked for: the others are unknown.
    asked: Vec<&'static str>,
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

impl<'t> Table<'t> {
    pub(super) const fn new(entries: &'t DeTable<'t>, what: &'static str, span: Range<usize>) -> Self {
        Self { entries, what, span, asked: Vec::new() }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, _)| name.get_ref() == key)
    }

    pub(super) fn get(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.entries.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// The value as whatever `read` makes of it; `needs` says what it has to be.
    fn read<T>(
        &mut self,
        sheet: &mut Sheet<'_>,
        key: &'static str,
        needs: &str,
        read: impl FnOnce(&'t DeValue<'t>) -> Option<T>,
    ) -> Option<Found<T>> {
        let found = self.get(key)?;
        let span = found.span();
        match read(found.get_ref()) {
            Some(value) => Some(Found { value, span }),
            None => {
                sheet.fault(&span, format!("{key} is {}", shown(found.get_ref())), format!("It has to be {needs}"));
                None
            }
        }
    }

    pub(super) fn text(&mut self, sheet: &mut Sheet<'_>, key: &'static str) -> Option<Found<&'t str>> {
        self.read(sheet, key, "a text in quotes", DeValue::as_str)
    }

    /// A text that has to be there and to say something.
    pub(super) fn needed(&mut self, sheet: &mut Sheet<'_>, key: &'static str, why: &str) -> Option<Found<&'t str>> {
        if !self.has(key) {
            self.get(key);
            sheet.fault(&self.span, format!("{} is missing", key), why);
            return None;
        }
        let text = self.text(sheet, key)?;
        if text.value.trim().is_empty() {
            sheet.fault(&text.span, format!("{key} is empty"), why);
            return None;
        }
        if text.value.chars().count() > TEXT_MAX_CHARS {
            let wrong = format!("{key} is longer than {TEXT_MAX_CHARS} characters");
            sheet.fault(&text.span, wrong, "Shorten it: it is read at a door");
            return None;
        }
        if text.value.chars().any(|c| c.is_control() && c != '\n' || turns_direction(c)) {
            sheet.fault(&text.span, format!("{key} holds a character that does not show"), "Type it anew");
            return None;
        }
        Some(text)
    }

    /// A text that is one of a list of codes, or reads as something else.
    pub(super) fn parsed<T: FromStr>(
        &mut self,
        sheet: &mut Sheet<'_>,
        key: &'static str,
        needs: &str,
    ) -> Option<Found<T>> {
        let text = self.text(sheet, key)?;
        parsed(sheet, text, needs)
    }

    pub(super) fn number<N: TryFrom<i64> + fmt::Display + Copy>(
        &mut self,
        sheet: &mut Sheet<'_>,
        key: &'static str,
        range: std::ops::RangeInclusive<N>,
    ) -> Option<Found<N>>
    where
        i64: From<N>,
    {
        let needs = format!("a whole number from {} to {}", range.start(), range.end());
        let range = i64::from(*range.start())..=i64::from(*range.end());
        self.read(sheet, key, &needs, |value| {
            let number = value.as_integer()?.to_string().parse::<i64>().ok()?;
            range.contains(&number).then(|| N::try_from(number).ok()).flatten()
        })
    }

    pub(super) fn yes_or_no(&mut self, sheet: &mut Sheet<'_>, key: &'static str) -> Option<Found<bool>> {
        self.read(sheet, key, "true or false", DeValue::as_bool)
    }

    /// A date, with or without quotes.
    pub(super) fn date(&mut self, sheet: &mut Sheet<'_>, key: &'static str) -> Option<Found<NaiveDate>> {
        self.read(sheet, key, "a date, as 2026-11-25", |value| written(value)?.parse().ok())
    }

    /// A moment, with or without quotes.
    pub(super) fn moment(&mut self, sheet: &mut Sheet<'_>, key: &'static str) -> Option<Found<String>> {
        self.read(sheet, key, "a date and time, as 2026-11-25T12:30", written)
    }

    /// A list of texts; none where the key is not there.
    pub(super) fn texts(&mut self, sheet: &mut Sheet<'_>, key: &'static str) -> Option<Vec<Found<&'t str>>> {
        let list = self.read(sheet, key, "a list of texts, as [\"one\", \"two\"]", DeValue::as_array)?.value;
        let mut texts = Vec::new();
        for item in list {
            match item.get_ref().as_str() {
                Some(value) => texts.push(Found { value, span: item.span() }),
                None => sheet.fault(
                    &item.span(),
                    format!("{} in {key}", shown(item.get_ref())),
                    "Each entry has to be a text in quotes",
                ),
            }
        }
        Some(texts)
    }

    /// A list of codes; what is none of them is a fault.
    pub(super) fn codes<T: FromStr>(
        &mut self,
        sheet: &mut Sheet<'_>,
        key: &'static str,
        needs: &str,
    ) -> Option<Vec<T>> {
        let texts = self.texts(sheet, key)?;
        Some(texts.into_iter().filter_map(|text| parsed(sheet, text, needs)).map(|found| found.value).collect())
    }

    /// Tables of a list, `[[key]]` or `key = [{ ... }]`.
    pub(super) fn tables(&mut self, sheet: &mut Sheet<'_>, key: &'static str, what: &'static str) -> Vec<Table<'t>> {
        let Some(list) = self.read(sheet, key, &format!("a list of tables, each {what}"), DeValue::as_array) else {
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in list.value {
            match item.get_ref().as_table() {
                Some(entries) => tables.push(Table::new(entries, what, item.span())),
                None => sheet.fault(
                    &item.span(),
                    format!("{} in {key}", shown(item.get_ref())),
                    format!("Each entry has to be {what}, as {{ ... }}"),
                ),
            }
        }
        tables
    }

    pub(super) fn table(&mut self, sheet: &mut Sheet<'_>, key: &'static str, what: &'static str) -> Option<Table<'t>> {
        let found = self.read(sheet, key, &format!("a table, {what}"), DeValue::as_table)?;
        Some(Table::new(found.value, what, found.span))
    }

    /// Whatever nobody asked for is unknown.
    pub(super) fn done(mut self, sheet: &mut Sheet<'_>) {
        self.asked.sort_unstable();
        for (name, _) in self.entries.iter().filter(|(name, _)| !self.asked.contains(&name.get_ref().as_ref())) {
            let wrong = format!("\"{}\" is no key of {}", name.get_ref(), self.what);
            sheet.fault(&name.span(), wrong, format!("Keys here are {}", self.asked.join(", ")));
        }
    }
}

/// A text as what it means; `needs` says what it has to be.
pub(super) fn parsed<T: FromStr>(sheet: &mut Sheet<'_>, text: Found<&str>, needs: &str) -> Option<Found<T>> {
    match text.value.parse() {
        Ok(value) => Some(Found { value, span: text.span }),
        Err(_) => {
            sheet.fault(
                &text.span,
                format!("\"{}\" can't be used", short(text.value)),
                format!("It has to be {needs}"),
            );
            None
        }
    }
}

/// "one of mon, tue, ...": every code of a list.
pub(super) fn one_of<T: fmt::Display>(codes: &[T]) -> String {
    let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
    format!("one of {}", codes.join(", "))
}

fn written(value: &DeValue<'_>) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| Some(value.as_datetime()?.to_string()))
}

/// A value in a fault's words.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("\"{}\"", short(text)),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(is) => is.to_string(),
        DeValue::Datetime(at) => at.to_string(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}
