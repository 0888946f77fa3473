//! A golden case in words: what a person has to imagine.

use super::Case;
use curbstop_shared::{
    language::Language,
    policy::{Called, Forecast, Notice},
};

impl Case {
    /// "On Wednesday 2026-11-25 at 12:30, turn_off for non_pay, electric, residential; notice to the customer by mail on
    /// 2026-11-11".
    #[must_use]
    pub fn situation(&self) -> String {
        let subject = &self.subject;
        let mut said =
            vec![format!("On {}, {} for {}", self.at.format("%A %Y-%m-%d at %H:%M"), subject.kind, subject.reason)];
        said.extend(subject.products.iter().map(ToString::to_string));
        said.extend(subject.class.map(|class| class.to_string()));
        let mut parts = vec![said.join(", ")];
        if !subject.flags.is_empty() {
            parts.push(format!("flags {}", subject.flags.join(", ")));
        }
        if subject.language == Language::Es {
            parts.push("the customer speaks Spanish".to_owned());
        }
        parts.extend(subject.area.iter().map(|area| format!("in {area}")));
        parts.extend(subject.notices.iter().map(notice));
        parts.extend(subject.medical.iter().map(|since| format!("a medical certificate of {since}")));
        if subject.approvals > 0 {
            parts.push(format!("approved by {}", subject.approvals));
        }
        parts.extend(self.known.called.iter().map(called));
        parts.extend(self.known.forecasts.iter().map(forecast));
        parts.extend(self.past_due.iter().map(|money| format!("past due {money}")));
        parts.join("; ")
    }
}

fn notice(notice: &Notice) -> String {
    let languages = notice.languages.iter().map(|language| language.pick("English", "Spanish"));
    let languages: Vec<&str> = languages.collect();
    let to = notice.to.code().replace('_', " ");
    format!("notice to the {to} by {} on {} in {}", notice.kind, notice.on, languages.join(" and "))
}

fn called(called: &Called) -> String {
    format!("{} called for {} on {}", called.what, area(called.area.as_deref()), called.on)
}

fn forecast(forecast: &Forecast) -> String {
    let degrees = |word: &str, f: Option<i16>| f.map(|f| format!(", {word} {f} F")).unwrap_or_default();
    let (low, high) = (degrees("lowest", forecast.low_f), degrees("highest", forecast.high_f));
    format!("temperatures of {} on {}{low}{high}", area(forecast.area.as_deref()), forecast.on)
}

fn area(area: Option<&str>) -> &str {
    area.unwrap_or("everywhere")
}
