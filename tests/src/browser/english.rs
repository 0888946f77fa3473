//! English on a page that is in Spanish.
//!
//! What is English the sources of our texts say: a word that stands on the English side of some text and on the Spanish
//! side of none. A text that was forgotten has such words, wherever it comes from.

use super::{Browser, target_folder};
use serde_json::json;
use std::{collections::BTreeSet, fs, path::Path, sync::OnceLock};

/// Where our texts stand in the workspace.
const SOURCES: [&str; 4] = ["field-client/src", "server/src", "server/templates", "shared/src"];
/// What comes before a text in English and in Spanish.
const BEFORE_A_PAIR: [&str; 3] = ["pick(", ".t(", "say!("];
/// What is nobody's text: people, tablets, places, notes, columns and mappings are called so by the utilities of the tests,
/// keys and languages have names of their own.
const NAMES: [&str; 35] = [
    "the meter is to be tested",
    "la columna type",
    "Alex Admin",
    "Sam Supervisor",
    "Avery Audit",
    "Maria Reyes",
    "Lou Lockwright",
    "Joe Benally",
    "Ines Okafor",
    "Sam Yazzie",
    "Raul Whitehorse",
    "Dee Castellan",
    "Walt Ferris",
    "Dana Dispatch",
    "Olga Office",
    "Truck",
    "Tablet 1",
    "Tablet 2",
    "Tablet 3",
    "key at neighbor",
    "CURB, RIGHT OF DRIVE",
    "CURB, LEFT OF DRIVE",
    "CURB",
    "SIDE OF HOUSE",
    "SIDEWALK PIT",
    "ALLEY",
    "BASEMENT",
    "Landscaping over the box. Needs a probe.",
    "Amount",
    "Past Due",
    "plain payments",
    "water cut-off report",
    "none",
    "Enter",
    "Español",
];

/// Every text that is shown or read out, with what a page says of its language.
const TEXTS: &str = "const ours = (element) => element && !element.closest('[lang=en], script, style, code, pre, textarea') \
        && element.checkVisibility({ visibilityProperty: true }); \
    const texts = [document.title]; \
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); \
    while (walk.nextNode()) if (ours(walk.currentNode.parentElement)) texts.push(walk.currentNode.data); \
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) \
        for (const element of document.querySelectorAll(`[${name}]`)) if (ours(element)) texts.push(element.getAttribute(name)); \
    return texts.map((text) => text.trim()).filter((text) => text);";

impl Browser {
    /// What is English on a page that says it is in Spanish.
    pub(super) async fn english_in_spanish(&self) -> Vec<String> {
        if self.run("return document.documentElement.lang").await != json!("es") {
            return Vec::new();
        }
        let texts: Vec<String> = serde_json::from_value(self.run(TEXTS).await).expect("a list of texts");
        let english = |text: &String| {
            let ours = NAMES.iter().fold(text.clone(), |text, name| text.replace(name, " "));
            let found: Vec<String> = words(&ours).filter(|word| english().contains(word)).collect();
            (!found.is_empty()).then(|| format!("English on a Spanish page: {} in {text:?}", found.join(", ")))
        };
        texts.iter().filter_map(english).collect()
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
    // What has a digit in it is a number or a code.
    words.filter(|word| word.len() > 1 && !word.contains(|letter: char| letter.is_ascii_digit())).map(str::to_lowercase)
}

fn english() -> &'static BTreeSet<String> {
    static ENGLISH: OnceLock<BTreeSet<String>> = OnceLock::new();
    ENGLISH.get_or_init(|| {
        let (mut english, mut spanish) = (BTreeSet::new(), BTreeSet::new());
        let target = target_folder();
        for folder in SOURCES {
            for source in sources_below(&target.parent().unwrap_or(&target).join(folder)) {
                for (en, es) in pairs(&source) {
                    english.extend(words(&en));
                    spanish.extend(words(&es));
                }
            }
        }
        assert!(english.contains("the") && spanish.contains("la"), "our texts are where they were");
        english.retain(|word| !spanish.contains(word));
        english
    })
}

fn sources_below(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries
        .flat_map(|path| match path.extension().and_then(|extension| extension.to_str()) {
            _ if path.is_dir() => sources_below(&path),
            Some("rs" | "html") => fs::read_to_string(path).into_iter().collect(),
            _ => Vec::new(),
        })
        .collect()
}

/// The texts of a source: English and Spanish.
fn pairs(source: &str) -> Vec<(String, String)> {
    let marked = BEFORE_A_PAIR.iter().flat_map(|mark| source.match_indices(mark).map(|(at, mark)| at + mark.len()));
    // An entry of a table: `NAME: "...", "...";`
    let is_name =
        |at: usize| source[..at].ends_with(|last: char| last.is_ascii_uppercase() || "0123456789_".contains(last));
    let marked = marked.chain(source.match_indices(": \"").filter(|(at, _)| is_name(*at)).map(|(at, _)| at + 2));
    marked
        .filter_map(|at| {
            let (rest, _) = source[at..].split_at_checked(source[at..].find('"')?.min(40))?;
            let rest = &source[at + rest.len()..];
            let (en, rest) = literal(rest)?;
            let (es, _) = literal(rest.trim_start().strip_prefix(',')?.trim_start())?;
            Some((en, es))
        })
        .collect()
}

/// A text in quotation marks, and what follows it.
fn literal(source: &str) -> Option<(String, &str)> {
    let inside = source.strip_prefix('"')?;
    let mut escaped = false;
    let end = inside.char_indices().find(|(_, letter)| {
        let ends = *letter == '"' && !escaped;
        escaped = *letter == '\\' && !escaped;
        ends
    });
    let (end, _) = end?;
    // What stands in braces is a value's name, and a line's end with its indent is a blank.
    let mut braces = 0_usize;
    let text = inside[..end].replace("\\n", " ").replace('\\', " ");
    let text = text.chars().filter(|letter| {
        let is_in = braces > 0;
        match letter {
            '{' => braces += 1,
            '}' => braces = braces.saturating_sub(1),
            _ => {}
        }
        !is_in
    });
    Some((text.collect(), &inside[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_is_what_no_spanish_text_says() {
        assert!(["the", "next", "reading", "turned"].iter().all(|word| english().contains(*word)));
        assert!(["no", "medidor", "lectura", "pin", "alder"].iter().all(|word| !english().contains(*word)));
    }
}
