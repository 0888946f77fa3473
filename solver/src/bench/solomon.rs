//! Solomon's files (and Homberger's in the same form): a line with vehicles and capacity, then one line a customer.

use crate::instance::{Measure, Points, Vehicles};

/// Reads one.
///
/// # Errors
/// Where a number is missing.
pub fn parse(text: &str) -> Result<Vehicles, String> {
    let rows: Vec<Vec<f64>> = text
        .lines()
        .map(|line| line.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>())
        .filter_map(Result::ok)
        .filter(|row| !row.is_empty())
        .collect();
    let fleet = rows.iter().find(|row| row.len() == 2).ok_or("no line with vehicles and capacity")?;
    let customers: Vec<&Vec<f64>> = rows.iter().filter(|row| row.len() >= 7).collect();
    if customers.is_empty() {
        return Err("no customers".to_owned());
    }
    Ok(Vehicles {
        points: Points { at: customers.iter().map(|row| (row[1], row[2])).collect(), measure: Measure::Exact },
        demand: customers.iter().map(|row| row[3] as i32).collect(),
        times: customers.iter().map(|row| [row[4], row[5], row[6]]).collect(),
        capacity: fleet[1] as i32,
        vehicles: Some(fleet[0] as usize),
    })
}
