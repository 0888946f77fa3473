//! Best-known values: `bks.csv` in the folder of an instance or one above it.

use crate::instance::{Content, Instance, Measure};
use std::path::Path;

/// Best known of an instance, and the measure it is counted in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    pub cost: f64,
    pub measure: Measure,
}

/// How many folders above the instance are looked at.
const ABOVE: usize = 3;

/// Looks it up by `folder/name`, then by name alone. Of several conventions `distance-double` counts.
pub fn known(instance: &Instance) -> Option<Known> {
    let file = instance.path.file_name()?.to_str()?;
    let mut found: Vec<Known> = Vec::new();
    let full = instance.path.canonicalize().ok()?;
    for folder in full.ancestors().skip(1).take(ABOVE) {
        let Ok(text) = std::fs::read_to_string(folder.join("bks.csv")) else { continue };
        let relative = full.strip_prefix(folder).unwrap_or(Path::new(file)).to_string_lossy().replace('\\', "/");
        let rows = || text.lines().map(|line| line.split(',').map(str::trim).collect::<Vec<_>>());
        found.extend(rows().filter(|row| row[0] == relative).filter_map(|row| value(&row)));
        if found.is_empty() {
            let by_name = |row: &Vec<&str>| row[0].rsplit('/').next() == Some(file);
            found.extend(rows().filter(by_name).filter_map(|row| value(&row)));
        }
        if !found.is_empty() {
            break;
        }
    }
    found.iter().find(|known| known.measure == Measure::Exact).or(found.first()).copied()
}

fn value(row: &[&str]) -> Option<Known> {
    let measure = match *row.get(2)? {
        "distance-double" => Measure::Exact,
        "distance-trunc1" => Measure::Tenths,
        "euc2d-nint" => Measure::Nearest,
        _ => return None,
    };
    Some(Known { cost: row.get(3)?.parse().ok()?, measure })
}

/// Has the instance counted in the measure of its best-known value.
pub fn count_as_known(instance: &mut Instance, known: Option<Known>) {
    let Some(known) = known else { return };
    if let Content::Vehicles(vehicles) = &mut instance.content {
        vehicles.points.measure = known.measure;
    }
}
