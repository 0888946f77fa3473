//! The hours in which a cut may begin by the utility's rules, as they were when its route was published: they go with the
//! order, so that the tablet knows them without a signal.

use crate::{language::Language, time::Micros};

/// From when until when, and what the rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutHours {
    /// The first moment.
    pub from: Micros,
    /// The moment at which it is over.
    pub until: Micros,
    /// The rule's sentence in English.
    pub en: String,
    /// The same in Spanish.
    pub es: String,
}

impl CutHours {
    /// As it is written into an order: four lines. A sentence has no line breaks; one that has loses them.
    #[must_use]
    pub fn written(&self) -> String {
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{}\n{}\n{}\n{}", self.from.0, self.until.0, one_line(&self.en), one_line(&self.es))
    }

    /// What [`Self::written`] wrote; none where it does not read.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut lines = text.split('\n');
        let mut moment = || lines.next()?.parse().ok().map(Micros);
        let (from, until) = (moment()?, moment()?);
        let (en, es) = (lines.next()?.to_owned(), lines.next()?.to_owned());
        Some(Self { from, until, en, es })
    }

    /// The hours of an order; none where no rule says anything. What does not read (a newer office wrote it) opens
    /// nothing: the crew asks.
    #[must_use]
    pub fn of(written: Option<&str>) -> Option<Self> {
        let unreadable = || Self {
            from: Micros(0),
            until: Micros(0),
            en: "This tablet can't read when a cut may begin here: call dispatch.".to_owned(),
            es: "Esta tableta no puede leer a qué hora se corta aquí: llame a despacho.".to_owned(),
        };
        written.map(|text| Self::read(text).unwrap_or_else(unreadable))
    }

    /// Whether a cut may begin at a moment.
    #[must_use]
    pub fn hold(&self, at: Micros) -> bool {
        self.from <= at && at < self.until
    }

    /// What the rule says.
    #[must_use]
    pub fn sentence(&self, language: Language) -> &str {
        language.pick(&self.en, &self.es)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_not_is_none() {
        let hours =
            CutHours { from: Micros(10), until: Micros(20), en: "Mornings\nonly.".into(), es: "Mañanas.".into() };
        let read = CutHours::read(&hours.written()).unwrap();
        assert_eq!(
            (read.from, read.until, read.en.as_str(), read.es.as_str()),
            (Micros(10), Micros(20), "Mornings only.", "Mañanas.")
        );
        for (at, may) in [(9, false), (10, true), (19, true), (20, false)] {
            assert_eq!(read.hold(Micros(at)), may, "{at}");
        }
        for bad in ["", "1", "1\n2\nx", "x\n2\na\nb"] {
            assert_eq!(CutHours::read(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn hours_that_do_not_read_open_nothing() {
        assert_eq!(CutHours::of(None), None);
        let closed = CutHours::of(Some("mornings")).unwrap();
        assert!([Micros(0), Micros(1), Micros(i64::MAX)].iter().all(|at| !closed.hold(*at)));
    }
}
