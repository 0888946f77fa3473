//! VRPLIB and TSPLIB files: `KEY : value` lines, then sections of numbers.

use crate::instance::{Content, Measure, Points, Vehicles};
use std::collections::BTreeMap;

/// Reads one.
///
/// # Errors
/// Where something is missing, or of a kind that isn't read.
pub fn parse(text: &str) -> Result<Content, String> {
    let mut keys = BTreeMap::new();
    let mut sections: BTreeMap<String, Vec<Vec<f64>>> = BTreeMap::new();
    let mut section: Option<String> = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if line == "EOF" {
            break;
        }
        let begins_with_letter = line.starts_with(|first: char| first.is_ascii_alphabetic());
        if begins_with_letter && let Some((key, value)) = line.split_once(':') {
            keys.insert(key.trim().to_ascii_uppercase(), value.trim().to_owned());
        } else if begins_with_letter {
            section = Some(line.to_ascii_uppercase());
        } else if let Some(section) = &section {
            let row: Result<Vec<f64>, _> = line.split_whitespace().map(str::parse).collect();
            let row = row.map_err(|error| format!("{section}: {line}: {error}"))?;
            sections.entry(section.clone()).or_default().push(row);
        }
    }
    let kind = keys.get("TYPE").map_or("", String::as_str).to_ascii_uppercase();
    let timed = sections.contains_key("TIME_WINDOW_SECTION");
    let weights = keys.get("EDGE_WEIGHT_TYPE").map_or("EUC_2D", String::as_str);
    let measure = match weights {
        // Homberger's instances in VRPLIB's form are counted in truncated tenths.
        "EUC_2D" if timed => Measure::Tenths,
        "EUC_2D" => Measure::Nearest,
        "CEIL_2D" => Measure::Up,
        "ATT" => Measure::Att,
        "GEO" => Measure::Geo,
        other => return Err(format!("EDGE_WEIGHT_TYPE {other} is not read; coordinates are")),
    };
    let column = |name: &str| -> Option<Vec<Vec<f64>>> {
        let rows = sections.get(name)?;
        Some(rows.iter().map(|row| row.get(1..).unwrap_or_default().to_vec()).collect())
    };
    let at: Option<Vec<(f64, f64)>> = column("NODE_COORD_SECTION")
        .ok_or("no NODE_COORD_SECTION")?
        .iter()
        .map(|row| Some((*row.first()?, *row.get(1)?)))
        .collect();
    let points = Points { at: at.ok_or("a point without coordinates")?, measure };
    if kind.starts_with("TSP") {
        return Ok(Content::Tour(points));
    }
    let size = points.at.len();
    let first = |rows: Option<Vec<Vec<f64>>>| {
        rows.map(|rows| rows.iter().filter_map(|row| row.first().copied()).collect::<Vec<f64>>())
    };
    let demand = first(column("DEMAND_SECTION")).ok_or("no DEMAND_SECTION")?;
    let number = |name: &str| keys.get(name).and_then(|value| value.parse::<f64>().ok());
    let service = first(column("SERVICE_TIME_SECTION")).unwrap_or_else(|| {
        (0..size).map(|node| if node == 0 { 0.0 } else { number("SERVICE_TIME").unwrap_or(0.0) }).collect()
    });
    let mut times = Vec::new();
    if let Some(windows) = column("TIME_WINDOW_SECTION") {
        for (window, service) in windows.iter().zip(&service) {
            let [from, to] = window.as_slice() else { return Err("a time window is two numbers".to_owned()) };
            times.push([*from, *to, *service]);
        }
        if times.len() != size {
            return Err("time windows for some points only".to_owned());
        }
    }
    if demand.len() != size {
        return Err("demands for some points only".to_owned());
    }
    if sections
        .get("DEPOT_SECTION")
        .and_then(|rows| rows.first()?.first().copied())
        .is_some_and(|depot| (depot - 1.0).abs() > 0.1)
    {
        return Err("the depot has to be the first point".to_owned());
    }
    Ok(Content::Vehicles(Vehicles {
        points,
        demand: demand.iter().map(|demand| *demand as i32).collect(),
        times,
        capacity: number("CAPACITY").ok_or("no CAPACITY")? as i32,
        vehicles: number("VEHICLES").map(|vehicles| vehicles as usize),
    }))
}
