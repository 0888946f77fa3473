//! The table of rules and exceptions names tests that are there, and leaves out no rule and no exception.

#![expect(clippy::unwrap_used, reason = "a failure here is the test's failure")]

use curbstop_shared::vocabulary::ExceptionKind;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folders in which tests stand.
const CRATES: [&str; 4] = ["shared", "field-client", "server", "tests"];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn document() -> String {
    fs::read_to_string(repository().join("docs/rules.md")).unwrap()
}

/// Every Rust file below a folder, with what it says.
fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

/// Whoever renames a test names it anew in the table.
#[test]
fn every_test_that_the_table_names_is_there() {
    let mut files = Vec::new();
    for folder in CRATES {
        sources(&repository().join(folder), &mut files);
    }
    let document = document();
    let named: Vec<(&str, &str)> = document.split('`').filter_map(|piece| piece.split_once(".rs::")).collect();
    assert!(named.len() > 100, "the table names {} tests", named.len());
    let is_there = |file: &str, name: &str| {
        let (file, function) = (format!("{file}.rs"), format!("fn {name}("));
        files.iter().any(|(path, text)| path.ends_with(&file) && text.contains(&function))
    };
    let gone: Vec<_> = named.into_iter().filter(|(file, name)| !is_there(file, name)).collect();
    assert!(gone.is_empty(), "docs/rules.md names tests that are not there: {gone:?}");
}

#[test]
fn no_rule_and_no_exception_is_left_out() {
    let document = document();
    let rules = (1..=16).map(|rule| format!("\n| {rule} | "));
    let exceptions = ExceptionKind::ALL.iter().map(|kind| format!("\n| `{}` | ", kind.code()));
    let left_out: Vec<String> = rules.chain(exceptions).filter(|row| !document.contains(row)).collect();
    assert!(left_out.is_empty(), "docs/rules.md has no row for: {left_out:?}");
}
