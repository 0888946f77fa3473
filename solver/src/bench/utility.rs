//! A utility's day as JSON: nodes as [lat, lon], orders, crews, and how travel times and penalties are worked out.

use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Deserialize)]
pub struct Day {
    pub detour: f64,
    pub speed_kmh: f64,
    pub stop_overhead_s: f64,
    pub nodes: Vec<[f64; 2]>,
    pub orders: Vec<DayOrder>,
    pub crews: Vec<DayCrew>,
    /// Priority to seconds of cost.
    pub penalty: BTreeMap<String, i64>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct DayOrder {
    pub id: i64,
    pub node: usize,
    pub skill: String,
    pub priority: u8,
    pub service: i32,
    /// For the start of service.
    pub tw: [i32; 2],
}

#[derive(Debug, Clone, Deserialize)]
pub struct DayCrew {
    pub start: usize,
    pub end: usize,
    pub skills: Vec<String>,
    pub shift: [i32; 2],
}

/// Reads one.
///
/// # Errors
/// Where the JSON is not of this form.
pub fn parse(text: &str) -> Result<Day, String> {
    let day: Day = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let known = |node: usize| node < day.nodes.len();
    if !day.orders.iter().all(|order| known(order.node)) || !day.crews.iter().all(|it| known(it.start) && known(it.end))
    {
        return Err("an order or crew is at a node that isn't there".to_owned());
    }
    Ok(day)
}

impl Day {
    /// Seconds from one node to another: haversine with a detour, and something for parking where one drives at all.
    pub fn travel_s(&self, from: usize, to: usize) -> i32 {
        const EARTH_KM: f64 = 6_371.008_8;
        let ([lat_a, lon_a], [lat_b, lon_b]) = (self.nodes[from], self.nodes[to]);
        let (phi_a, phi_b) = (lat_a.to_radians(), lat_b.to_radians());
        let (dlat, dlon) = (phi_b - phi_a, (lon_b - lon_a).to_radians());
        let h = (dlat / 2.0).sin().powi(2) + phi_a.cos() * phi_b.cos() * (dlon / 2.0).sin().powi(2);
        let km = 2.0 * EARTH_KM * h.sqrt().min(1.0).asin();
        let overhead = if km > 0.005 { self.stop_overhead_s } else { 0.0 };
        (km * self.detour / self.speed_kmh * 3_600.0 + overhead).round() as i32
    }

    /// What leaving an order of this priority out costs.
    pub fn penalty(&self, priority: u8) -> i64 {
        self.penalty.get(&priority.to_string()).copied().unwrap_or(0)
    }
}
