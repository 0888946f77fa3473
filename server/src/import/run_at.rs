//! When the billing system ran a report, as its heading prints it: "Run 10/13/2026 04:52 PM". What was paid after that
//! is not in the report's balances.

use super::{cells, mapping::DateOrder, text::Record};
use chrono::{NaiveDate, NaiveTime};
use serde::Serialize;

/// The day and, where it is printed, the time by the clock on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RunAt {
    /// The day.
    pub on: NaiveDate,
    /// The time of day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<NaiveTime>,
}

/// What a heading says of its run, where it says anything.
#[must_use]
pub fn printed(record: &Record<'_>, order: DateOrder) -> Option<RunAt> {
    let text = record.cells.join(" ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let says_run =
        |word: &str| matches!(word.trim_matches(':').to_lowercase().as_str(), "run" | "printed" | "generated");
    let run = words.iter().position(|word| says_run(word))?;
    // "Run 10/13/2026", "Run Date: 10/13/2026", "Printed on 10/13/2026 at 16:52".
    let filler = |word: &&str| !word.starts_with(|c: char| c.is_ascii_digit());
    let mut rest = words[run + 1..].iter().copied().skip_while(filler);
    let on = cells::date(rest.next()?, order).ok().flatten()?;
    let mut rest =
        rest.skip_while(|word| matches!(word.to_lowercase().as_str(), "at" | "time" | "time:" | "run" | "-"));
    let time = rest.next();
    let half = rest.next().filter(|word| matches!(word.to_lowercase().as_str(), "am" | "pm" | "a.m." | "p.m."));
    let read = |text: &str| cells::time(text).ok().flatten();
    let at = time.and_then(|time| half.and_then(|half| read(&format!("{time} {half}"))).or_else(|| read(time)));
    Some(RunAt { on, at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::text::{Delimiter, Quoting, RecordReader};

    fn said(line: &str) -> Option<(String, Option<String>)> {
        let record = RecordReader::new(line, Delimiter::Comma, Quoting::Double).next()?.ok()?;
        let run = printed(&record, DateOrder::MonthFirst)?;
        Some((run.on.to_string(), run.at.map(|at| at.to_string())))
    }

    #[test]
    fn a_heading_tells_when_its_report_was_run() {
        let at = |day: &str, time: &str| Some((day.to_owned(), Some(time.to_owned())));
        assert_eq!(said("Run 10/13/2026 04:52 PM   User DBRANN   Cutoff 10/14/2026,,"), at("2026-10-13", "16:52:00"));
        assert_eq!(said("RUN DATE: 10/13/2026,RUN TIME: 16:52"), at("2026-10-13", "16:52:00"));
        assert_eq!(said("Printed on 10/13/2026 at 7:05"), at("2026-10-13", "07:05:00"));
        assert_eq!(said("Run 10/13/2026   Page 1"), Some(("2026-10-13".into(), None)));
        for other in ["CUTOFF LISTING 10/14/2026", "Run by DBRANN", "01-0420-07,RUN,10", ""] {
            assert_eq!(said(other), None, "{other}");
        }
    }
}
