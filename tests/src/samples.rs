//! The sample files of Tessel Creek's utility, in `tests/data`.

use std::{collections::BTreeSet, fs, path::Path};

/// A sample file.
///
/// # Panics
/// When there is none of that name.
#[must_use]
pub fn file(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The part of the premises file that the water office's morning speaks of: its listing, its holds and its payments come
/// to the same with it as with all 9,100 lines, which are read where they are what matters.
///
/// # Panics
/// When a sample file is missing.
#[must_use]
pub fn premises_of_the_morning() -> Vec<u8> {
    let texts = ["water_cutoff_listing.csv", "holds.csv", "payments_morning.csv"]
        .map(|name| String::from_utf8_lossy(&file(name)).into_owned());
    // A listing may have lost the zeros in front.
    let spoken_of: BTreeSet<&str> = texts
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-'))
        .map(|word| word.trim_start_matches('0'))
        .collect();
    let all = String::from_utf8_lossy(&file("premises_meters.csv")).into_owned();
    let mut lines = all.split_inclusive('\n');
    let heading = lines.next().expect("a heading");
    let lines: Vec<(&str, &str)> = lines.map(|line| (line, line.split(',').next().unwrap_or_default())).collect();
    let premises: BTreeSet<&str> = lines
        .iter()
        .filter(|(line, _)| {
            line.split(',').nth(1).is_some_and(|account| spoken_of.contains(account.trim_start_matches('0')))
        })
        .map(|(_, premise)| *premise)
        .collect();
    let kept = lines.into_iter().filter(|(_, premise)| premises.contains(premise)).map(|(line, _)| line);
    std::iter::once(heading).chain(kept).collect::<String>().into_bytes()
}
