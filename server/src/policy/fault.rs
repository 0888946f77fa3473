//! What is wrong with a pack, where, and what to do about it.

use serde::Serialize;
use std::{fmt, ops::Range};

/// One thing that is wrong with a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// The column of that line, in characters from 1.
    pub column: usize,
    /// The rule, where it is in one that has a name.
    pub rule: Option<String>,
    /// What is wrong.
    pub wrong: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if let Some(rule) = &self.rule {
            write!(f, "rule \"{rule}\": ")?;
        }
        write!(f, "{}. {}", self.wrong, self.remedy)
    }
}

/// Most faults of one file that are told.
const FAULTS_MAX: usize = 100;

/// A file while it is read: all its faults are collected, not only the first.
pub(super) struct Sheet<'t> {
    pub(super) file: String,
    text: &'t str,
    /// The rule that is being read.
    pub(super) rule: Option<String>,
    pub(super) faults: Vec<Fault>,
}

impl<'t> Sheet<'t> {
    pub(super) const fn new(file: String, text: &'t str) -> Self {
        Self { file, text, rule: None, faults: Vec::new() }
    }

    /// Something is wrong with the bytes of this range.
    pub(super) fn fault(&mut self, span: &Range<usize>, wrong: impl Into<String>, remedy: impl Into<String>) {
        // Whoever has so many named the wrong file; finding each one's line takes longer than anybody waits.
        if self.faults.len() >= FAULTS_MAX {
            return;
        }
        let (line, column) = place(self.text, span.start);
        let (file, rule) = (self.file.clone(), self.rule.clone());
        self.faults.push(Fault { file, line, column, rule, wrong: wrong.into(), remedy: remedy.into() });
    }

    /// The line of a byte, from 1.
    pub(super) fn line(&self, byte: usize) -> usize {
        place(self.text, byte).0
    }
}

/// Line and column of a byte, from 1; of one behind the end, those of the end.
fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..byte.min(text.len())];
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    (line, String::from_utf8_lossy(&before[start..]).chars().count() + 1)
}

/// What is wrong with a file as a whole.
pub(super) fn whole(file: &str, wrong: impl Into<String>, remedy: impl Into<String>) -> Fault {
    Fault { file: file.to_owned(), line: 1, column: 1, rule: None, wrong: wrong.into(), remedy: remedy.into() }
}
