//! The languages that Curbstop speaks to crews, clerks and customers.

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
        let today = time.starts_with(|first: char| first.is_ascii_digit());
        let word = if today { self.pick("at", "a las") } else { self.pick("on", "el") };
        format!("{word} {time}")
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
