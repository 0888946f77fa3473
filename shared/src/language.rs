//! The languages that Curbstop speaks to crews, clerks and customers.

use crate::{disposition::Since, time::Micros};

/// A language that Curbstop speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Spanish.
    Es,
}

impl Language {
    /// "at 10:32", "on Fri 10:32": a time as a screen says it, after a verb.
    #[must_use]
    pub fn when(self, time: &str) -> String {
        let word = if begins_with_digit(time) { self.pick("at", "a las") } else { self.pick("on", "el") };
        format!("{word} {time}")
    }

    /// "since 10:32", "desde las 10:32", "desde el vie 10:32".
    #[must_use]
    pub fn since(self, time: &str) -> String {
        format!("{} {}", self.pick("since", "desde"), self.the(time))
    }

    /// "before 10:32", "antes de las 10:32", "antes del vie 10:32".
    #[must_use]
    pub fn before(self, time: &str) -> String {
        match self {
            Self::En => format!("before {time}"),
            Self::Es => format!("antes {}", self.of(time)),
        }
    }

    /// "of 10:32", "de las 10:32", "del vie 10:32".
    #[must_use]
    pub fn of(self, time: &str) -> String {
        match (self, begins_with_digit(time)) {
            (Self::En, _) => format!("of {time}"),
            (Self::Es, true) => format!("de las {time}"),
            (Self::Es, false) => format!("del {time}"),
        }
    }

    /// The time with the article that Spanish asks for; in English without one.
    fn the(self, time: &str) -> String {
        match (self, begins_with_digit(time)) {
            (Self::En, _) => time.to_owned(),
            (Self::Es, true) => format!("las {time}"),
            (Self::Es, false) => format!("el {time}"),
        }
    }

    /// Since when something is off: "since 10:32", or since before it came in where the tablet's clock was wrong. `time`
    /// writes a moment as people do.
    #[must_use]
    pub fn since_when(self, since: Since, time: &dyn Fn(Micros) -> String) -> String {
        match since {
            Since::At(at) => self.since(&time(at)),
            Since::Before(came_in) => {
                let before = self.before(&time(came_in));
                match self {
                    Self::En => format!("since {before}, when it came in (the tablet's clock was off)"),
                    Self::Es => format!("desde {before}, cuando llegó el aviso (el reloj de la tableta no iba bien)"),
                }
            }
        }
    }

    /// The text of this language.
    #[must_use]
    pub const fn pick<'a>(self, english: &'a str, spanish: &'a str) -> &'a str {
        match self {
            Self::En => english,
            Self::Es => spanish,
        }
    }
}

/// A time of today is written without its day.
fn begins_with_digit(time: &str) -> bool {
    time.starts_with(|first: char| first.is_ascii_digit())
}
