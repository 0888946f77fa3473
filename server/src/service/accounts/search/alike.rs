//! Names that were half heard: words that are nearly the ones that were typed.

use super::words::{Word, is_digits};
use crate::store::{Conn, StoreError, search};
use std::collections::BTreeSet;

/// Shorter words are nearly everything.
const SHORTEST: usize = 4;
/// From so many letters on, two of them may be wrong.
const TWO_WRONG_FROM: usize = 6;
/// Words with one first letter that are looked at: more than any town has.
const LOOKED_AT_MAX: i64 = 20_000;
/// Words that one may stand for.
const ALIKE_MAX: usize = 3;

/// No word of a name is longer.
const LONGEST: i64 = 60;

/// Letters that sound alike.
const SOUND_ALIKE: [(char, char); 4] = [('c', 'k'), ('s', 'z'), ('g', 'j'), ('b', 'v')];

/// What somebody may have meant, the nearest first: the same words, with one of them (or each) put right.
pub(super) async fn meant(conn: &mut Conn, words: &[Word]) -> Result<Vec<Vec<Word>>, StoreError> {
    let mut all = Vec::with_capacity(words.len());
    for word in words {
        all.push(alike(conn, word).await?);
    }
    let one = all.iter().enumerate().flat_map(|(n, alike)| alike.iter().map(move |word| (n, word)));
    let mut meant: Vec<Vec<Word>> = one
        .map(|(n, word)| {
            let mut words = words.to_vec();
            words[n] = Word::of_plain(word);
            words
        })
        .collect();
    if all.iter().filter(|alike| !alike.is_empty()).count() > 1 {
        let nearest =
            words.iter().zip(&all).map(|(word, alike)| alike.first().map_or(word.clone(), |it| Word::of_plain(it)));
        meant.push(nearest.collect());
    }
    Ok(meant)
}

async fn alike(conn: &mut Conn, word: &Word) -> Result<Vec<String>, StoreError> {
    let typed: Vec<char> = word.plain.chars().collect();
    if typed.len() < SHORTEST || word.short.is_some() || is_digits(&word.plain) {
        return Ok(Vec::new());
    }
    let wrong = if typed.len() < TWO_WRONG_FROM { 1 } else { 2 };
    let lengths = (typed.len().saturating_sub(wrong) as i64, LONGEST);
    let first = typed[0];
    let sounds = SOUND_ALIKE.iter().find_map(|(a, b)| match first {
        it if it == *a => Some(*b),
        it if it == *b => Some(*a),
        _ => None,
    });
    let mut found: BTreeSet<(usize, bool, bool, String)> = BTreeSet::new();
    for first in [Some(first), sounds].into_iter().flatten() {
        for known in search::like_length(conn, &first.to_string(), lengths, LOOKED_AT_MAX).await? {
            if is_digits(&known) {
                continue;
            }
            let letters: Vec<char> = known.chars().collect();
            let (far, beginning) = nearest_beginning(&typed, &letters);
            // The whole word where that is meant, and else as much of it as was typed: "gonz" for "gons".
            let whole = distance(&typed, &letters) == far;
            if (1..=wrong).contains(&far) {
                let text = if whole { known } else { letters[..beginning].iter().collect() };
                found.insert((far, !sounds_alike(&typed, &letters[..beginning]), !whole, text));
            }
        }
    }
    Ok(found.into_iter().take(ALIKE_MAX).map(|(.., text)| text).collect())
}

/// Whether letters are wrong only where they sound alike.
fn sounds_alike(one: &[char], other: &[char]) -> bool {
    let alike = |a: &char, b: &char| a == b || SOUND_ALIKE.contains(&(*a, *b)) || SOUND_ALIKE.contains(&(*b, *a));
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| alike(a, b))
}

/// How far a text is from the beginning of a word that is nearest to it, and how long that is: a name that was typed in
/// part. Of several as near the one as long as the text.
fn nearest_beginning(typed: &[char], word: &[char]) -> (usize, usize) {
    let distances = distances(typed, word);
    let nearest = distances.iter().enumerate().min_by_key(|(long, far)| (**far, long.abs_diff(typed.len())));
    nearest.map_or((typed.len(), 0), |(long, far)| (*far, long))
}

/// Letters that have to be changed, added, left out, or swapped with their neighbour.
fn distance(one: &[char], other: &[char]) -> usize {
    distances(one, other).last().copied().unwrap_or_default()
}

/// The same for each beginning of the other, from the empty one on.
fn distances(one: &[char], other: &[char]) -> Vec<usize> {
    let mut before = vec![0; other.len() + 1];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1; other.len() + 1];
        for (j, b) in other.iter().enumerate() {
            row[j + 1] = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_was_typed_in_part_is_near_its_beginning() {
        let near = |typed: &str, word: &str| {
            nearest_beginning(&typed.chars().collect::<Vec<_>>(), &word.chars().collect::<Vec<_>>())
        };
        assert_eq!(near("gons", "gonzalez"), (1, 4));
        assert_eq!(near("jonso", "johnson"), (1, 6));
        assert_eq!(near("gonz", "gonzalez"), (0, 4));
        assert!(sounds_alike(&['g', 'o', 'n', 's'], &['g', 'o', 'n', 'z']) && !sounds_alike(&['a'], &['b']));
    }

    #[test]
    fn letters_that_are_wrong_are_counted() {
        let far =
            |one: &str, other: &str| distance(&one.chars().collect::<Vec<_>>(), &other.chars().collect::<Vec<_>>());
        for (one, other, wrong) in [
            ("johnson", "johnson", 0),
            ("jonson", "johnson", 1),
            ("gonzales", "gonzalez", 1),
            ("jhonson", "johnson", 1),
            ("pederson", "petersen", 2),
            ("catherine", "katherine", 1),
            ("", "lee", 3),
        ] {
            assert_eq!((far(one, other), far(other, one)), (wrong, wrong), "{one} {other}");
        }
    }
}
