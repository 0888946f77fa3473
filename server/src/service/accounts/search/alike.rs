//! Names that were half heard: words that are nearly the ones that were typed.

use super::words::{Word, is_digits};
use crate::store::{Conn, StoreError, search};

/// Shorter words are nearly everything.
const SHORTEST: usize = 4;
/// From so many letters on, two of them may be wrong.
const TWO_WRONG_FROM: usize = 6;
/// Words with one first letter that are looked at: more than any town has.
const LOOKED_AT_MAX: i64 = 20_000;
/// Words that one may stand for.
const ALIKE_MAX: usize = 3;

/// Letters that sound alike at the beginning of a name.
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
    let lengths = (typed.len().saturating_sub(wrong) as i64, (typed.len() + wrong) as i64);
    let first = typed[0];
    let sounds = SOUND_ALIKE.iter().find_map(|(a, b)| match first {
        it if it == *a => Some(*b),
        it if it == *b => Some(*a),
        _ => None,
    });
    let mut found: Vec<(usize, String)> = Vec::new();
    for first in [Some(first), sounds].into_iter().flatten() {
        for known in search::like_length(conn, &first.to_string(), lengths, LOOKED_AT_MAX).await? {
            let far = distance(&typed, &known.chars().collect::<Vec<_>>());
            if (1..=wrong).contains(&far) && !is_digits(&known) {
                found.push((far, known));
            }
        }
    }
    found.sort();
    found.truncate(ALIKE_MAX);
    Ok(found.into_iter().map(|(_, known)| known).collect())
}

/// Letters that have to be changed, added, left out, or swapped with their neighbour.
fn distance(one: &[char], other: &[char]) -> usize {
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
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

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
