//! Holiday calendars: files of lines `date,name,name in Spanish`.

use super::fault::{Fault, Sheet};
use chrono::NaiveDate;
use curbstop_shared::policy::{Calendar, Holiday, Text};
use std::collections::BTreeSet;

/// Reads a calendar. Lines that are empty or begin with `#` say nothing; a first line `date,...` is its heading.
///
/// # Errors
/// Every line that is no holiday.
pub(super) fn read(id: &str, file: &str, text: &str) -> Result<Calendar, Vec<Fault>> {
    let mut sheet = Sheet::new(file.to_owned(), text);
    let (mut days, mut dates): (Vec<Holiday>, BTreeSet<NaiveDate>) = (Vec::new(), BTreeSet::new());
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let (at, content) = (start..start + line.len(), line.trim());
        start = at.end;
        if content.is_empty() || content.starts_with('#') || (at.start == 0 && content.starts_with("date,")) {
            continue;
        }
        let mut cells = content.splitn(3, ',').map(str::trim);
        let (date, name, name_es) = (cells.next().unwrap_or(""), cells.next().unwrap_or(""), cells.next());
        let Ok(date) = date.parse::<NaiveDate>() else {
            sheet.fault(
                &at,
                format!("\"{date}\" is no date"),
                "Write lines as 2026-11-26,Thanksgiving Day,Día de Acción de Gracias",
            );
            continue;
        };
        if name.is_empty() {
            sheet.fault(
                &at,
                format!("the holiday of {date} has no name"),
                "Write its name behind the date and a comma",
            );
        } else if !dates.insert(date) {
            sheet.fault(&at, format!("{date} stands there twice"), "Keep one line for each date");
        } else {
            let name = Text { en: name.to_owned(), es: name_es.unwrap_or(name).to_owned() };
            days.push(Holiday { date, name });
        }
    }
    if days.is_empty() && sheet.faults.is_empty() {
        sheet.fault(&(0..0), "no holiday stands in it", "Write one line for each, as 2026-11-26,Thanksgiving Day");
    }
    days.sort_unstable_by_key(|day| day.date);
    if sheet.faults.is_empty() { Ok(Calendar { id: id.to_owned(), days }) } else { Err(sheet.faults) }
}
