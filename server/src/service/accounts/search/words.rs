//! The words of a search, and the patterns with which the database narrows the rows down.

use crate::store::accounts::{Patterns, WORDS_MAX};

/// One word as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Lower case, without accents.
    pub text: String,
    /// The same without punctuation, as serials and telephones are compared.
    pub plain: String,
    /// How addresses write it short, where they do.
    pub short: Option<&'static str>,
}

/// Words of addresses, written short and long.
const SHORT: [(&str, &str); 22] = [
    ("st", "street"),
    ("ave", "avenue"),
    ("rd", "road"),
    ("dr", "drive"),
    ("ln", "lane"),
    ("ct", "court"),
    ("blvd", "boulevard"),
    ("pl", "place"),
    ("cir", "circle"),
    ("hwy", "highway"),
    ("pkwy", "parkway"),
    ("ter", "terrace"),
    ("trl", "trail"),
    ("sq", "square"),
    ("apt", "apartment"),
    ("ste", "suite"),
    ("n", "north"),
    ("s", "south"),
    ("e", "east"),
    ("w", "west"),
    ("ne", "northeast"),
    ("nw", "northwest"),
];

fn short_of(word: &str) -> Option<&'static str> {
    SHORT.iter().find(|(short, long)| word == *short || word == *long).map(|(short, _)| *short)
}

/// The words of a text; what has neither letter nor digit is none.
pub(super) fn of(text: &str) -> Vec<Word> {
    text.split([' ', ','])
        .map(fold)
        .filter_map(|word| {
            // "Ave." is "ave"; "#4" is "4".
            let text = word.trim_matches(|c: char| matches!(c, '.' | '#' | ';' | ':')).to_owned();
            let plain = plain(&text);
            let short = short_of(&text);
            (!plain.is_empty()).then_some(Word { text, plain, short })
        })
        .collect()
}

/// The words of an address, each as it is written short.
pub(super) fn street_words(street: &str) -> Vec<&str> {
    let words = street.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| short_of(word).unwrap_or(word)).collect()
}

/// Patterns that let through at least what fits all of these words. Those that narrow most come first.
pub(super) fn patterns(words: &[Word], of_word: impl Fn(&Word) -> Patterns) -> [Patterns; WORDS_MAX] {
    let anything = || Patterns { said: "%".to_owned(), plain: "%".to_owned() };
    let mut by_weight: Vec<&Word> = words.iter().collect();
    by_weight.sort_by_key(|word| std::cmp::Reverse((word.short.is_none(), word.text.len())));
    std::array::from_fn(|n| by_weight.get(n).map_or_else(anything, |word| of_word(word)))
}

impl Word {
    /// Its letters as they were typed.
    pub(super) fn as_typed(&self) -> Patterns {
        self.patterns(|letter| letter)
    }

    /// Its letters, with or without accents.
    pub(super) fn any_accent(&self) -> Patterns {
        // Letters that may carry an accent stand for any.
        self.patterns(|letter| if "aeiounc".contains(letter) || !letter.is_ascii() { '_' } else { letter })
    }

    fn patterns(&self, as_written: impl Fn(char) -> char) -> Patterns {
        let said = match self.short {
            // "b%l%v%d" is in "boulevard" as in "blvd".
            Some(short) => short.chars().map(String::from).collect::<Vec<_>>().join("%"),
            None => self.text.chars().map(|letter| escaped(letter, as_written(letter))).collect(),
        };
        Patterns { said: format!("%{said}%"), plain: format!("%{}%", self.plain) }
    }
}

fn escaped(typed: char, written: char) -> String {
    match typed {
        '%' | '_' | '!' => format!("!{typed}"),
        _ => written.to_string(),
    }
}

/// Lower case without accents: people type "munoz" for "Muñoz".
pub(super) fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(without_accent).collect()
}

/// A serial or telephone without what people leave out when they read it aloud.
pub(super) fn plain(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether a text is a number as people type it.
pub(super) fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

const fn without_accent(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' | 'ä' | 'ã' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(word: &str, how: impl Fn(&Word) -> Patterns) -> String {
        how(&of(word)[0]).said
    }

    #[test]
    fn a_pattern_takes_nothing_that_was_typed_for_a_wildcard() {
        assert_eq!(said("100%_x!", Word::as_typed), "%100!%!_x!!%");
        assert_eq!(said("munoz", Word::as_typed), "%munoz%");
        assert_eq!(said("munoz", Word::any_accent), "%m___z%");
    }

    #[test]
    fn a_word_of_an_address_is_looked_for_short_and_long() {
        for word in ["boulevard", "Blvd."] {
            assert_eq!(said(word, Word::as_typed), "%b%l%v%d%");
        }
    }

    #[test]
    fn the_words_that_narrow_most_come_first_and_the_others_let_everything_through() {
        let narrowed = patterns(&of("st 8th ione"), Word::as_typed);
        let said: Vec<&str> = narrowed.iter().map(|it| it.said.as_str()).collect();
        assert_eq!(said, ["%ione%", "%8th%", "%s%t%", "%"]);
    }
}
