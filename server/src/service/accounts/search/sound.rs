//! Names as they sound: over the telephone "Baca" and "Vaca", "Quintero" and "Kintero", "Ernandez" and "Hernandez" are one.

use super::words::{Word, is_digits};
use crate::store::{Conn, StoreError, search};
use std::collections::BTreeSet;

/// Shorter words sound like too much.
const SHORTEST: usize = 4;
/// Words with one first letter that are looked at: more than any town has.
const LOOKED_AT_MAX: i64 = 20_000;
/// No word of a name is longer.
const LONGEST: i64 = 60;
/// Words that one may stand for.
const ALIKE_MAX: usize = 6;

/// What was typed with one of its words as another sounds.
pub(super) async fn alike(conn: &mut Conn, words: &[Word]) -> Result<Vec<Vec<Word>>, StoreError> {
    let mut all = Vec::new();
    for (n, word) in words.iter().enumerate() {
        if word.plain.chars().count() < SHORTEST || word.short.is_some() || is_digits(&word.plain) {
            continue;
        }
        for sounds in sounding(conn, &word.plain).await? {
            let mut put = words.to_vec();
            put[n] = Word::of_plain(&sounds);
            all.push(put);
        }
    }
    Ok(all)
}

/// Words that begin as this one sounds and not as it is written, the nearest in length first.
async fn sounding(conn: &mut Conn, typed: &str) -> Result<Vec<String>, StoreError> {
    let sound = sound(typed);
    let mut found = BTreeSet::new();
    for first in first_letters(&sound) {
        for known in
            search::like_length(conn, &first.to_string(), (SHORTEST as i64 - 1, LONGEST), LOOKED_AT_MAX).await?
        {
            if !known.starts_with(typed) && self::sound(&known).starts_with(&sound) && !is_digits(&known) {
                found.insert((known.chars().count().abs_diff(typed.chars().count()), known));
            }
        }
    }
    Ok(found.into_iter().take(ALIKE_MAX).map(|(_, word)| word).collect())
}

/// A word as it sounds: no h, and one letter for those that are heard as one.
fn sound(word: &str) -> String {
    let mut sound = String::with_capacity(word.len());
    let mut letters = word.chars().filter(|letter| *letter != 'h').peekable();
    while let Some(letter) = letters.next() {
        let (heard, swallowed) = match (letter, letters.peek()) {
            ('l', Some('l')) => ('y', true),
            ('q', Some('u')) => ('k', true),
            ('q' | 'c', _) => ('k', false),
            ('v', _) => ('b', false),
            ('z', _) => ('s', false),
            (other, _) => (other, false),
        };
        if swallowed {
            letters.next();
        }
        sound.push(heard);
    }
    sound
}

/// Letters with which a word of this sound may begin.
fn first_letters(sound: &str) -> Vec<char> {
    let heard = match sound.chars().next() {
        Some('b') => vec!['b', 'v'],
        Some('k') => vec!['c', 'k', 'q'],
        Some('s') => vec!['s', 'z'],
        Some('y') => vec!['l', 'y'],
        Some(other) => vec![other],
        None => return Vec::new(),
    };
    heard.into_iter().chain(['h']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sounds_alike_is_one() {
        for (one, other) in [
            ("baca", "vaca"),
            ("quintero", "kintero"),
            ("carter", "karter"),
            ("gonzalez", "gonsales"),
            ("hernandez", "ernandes"),
            ("llanos", "yanos"),
            ("nichols", "nikols"),
        ] {
            assert_eq!(sound(one), sound(other), "{one} {other}");
            let first = other.chars().next().unwrap();
            assert!(first_letters(&sound(one)).contains(&first), "{one} {other}");
        }
        for (one, other) in [("baca", "maca"), ("lopez", "yopez"), ("pedro", "petro")] {
            assert_ne!(sound(one), sound(other), "{one} {other}");
        }
        assert!(first_letters("").is_empty());
    }
}
