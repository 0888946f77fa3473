//! The words of a search, as they are compared.

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

/// A number that was typed as people read it aloud, with gaps: all of it together.
pub(super) fn read_aloud(words: &[Word]) -> Option<Word> {
    let is_one = words.len() > 1 && words.iter().all(|word| is_digits(&word.plain));
    is_one.then(|| Word::of_plain(&words.iter().map(|word| word.plain.as_str()).collect::<String>()))
}

/// The words of an address, each as it is written short.
pub(super) fn street_words(street: &str) -> Vec<&str> {
    let words = street.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| short_of(word).unwrap_or(word)).collect()
}

impl Word {
    /// A word that is stored.
    pub(super) fn of_plain(plain: &str) -> Self {
        Self { text: plain.to_owned(), plain: plain.to_owned(), short: short_of(plain) }
    }
}

/// Whether a word is one that addresses write short: it is in too many of them to say anything.
pub(super) fn is_short_word(word: &str) -> bool {
    short_of(word.trim_matches('.')).is_some()
}

/// What the words of a name are without punctuation: "obrien" for "O'Brien".
pub(super) fn plain_words(name: &str) -> Vec<String> {
    name.split([' ', ',']).map(plain).filter(|word| !word.is_empty()).collect()
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

    #[test]
    fn a_word_of_an_address_is_the_same_short_and_long() {
        for said in ["boulevard", "Blvd."] {
            assert_eq!(of(said)[0].short, Some("blvd"), "{said}");
            assert!(is_short_word(&fold(said)));
        }
        assert!(!is_short_word("ione"));
    }

    #[test]
    fn accents_and_punctuation_are_nothing_that_somebody_says() {
        assert_eq!(of("José")[0].plain, of("JOSE")[0].plain);
        assert_eq!(of("04-1177")[0].plain, of("041177")[0].plain);
        assert_eq!(plain_words("O'Brien, Pat"), ["obrien", "pat"]);
    }
}
