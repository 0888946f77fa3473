//! Instances as they stand in their files, and how far it is between two of their points.

use std::path::{Path, PathBuf};

/// One file.
#[derive(Debug, Clone)]
pub struct Instance {
    /// The file's name without its ending.
    pub name: String,
    pub path: PathBuf,
    pub content: Content,
}

#[derive(Debug, Clone)]
pub enum Content {
    /// Vehicles from one depot (point 0) to customers 1..n and back.
    Vehicles(Vehicles),
    /// One tour through all points.
    Tour(Points),
    /// A utility's day.
    Day(Box<crate::utility::Day>),
}

#[derive(Debug, Clone)]
pub struct Vehicles {
    pub points: Points,
    pub demand: Vec<i32>,
    /// Start of service not before and not after, service time; empty where there are no times.
    pub times: Vec<[f64; 3]>,
    pub capacity: i32,
    /// As many as one likes where the file doesn't say.
    pub vehicles: Option<usize>,
}

#[derive(Debug, Clone)]
pub struct Points {
    pub at: Vec<(f64, f64)>,
    pub measure: Measure,
}

/// How a distance is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Not at all (`distance-double`).
    Exact,
    /// Down to one decimal, as in the DIMACS challenge (`distance-trunc1`).
    Tenths,
    /// To the nearest whole number, TSPLIB's EUC_2D (`euc2d-nint`).
    Nearest,
    /// Up, TSPLIB's CEIL_2D.
    Up,
    /// TSPLIB's pseudo-Euclidean ATT.
    Att,
    /// TSPLIB's GEO: degrees and minutes.
    Geo,
}

impl Points {
    /// Distance between two points.
    pub fn distance(&self, from: usize, to: usize) -> f64 {
        let ((ax, ay), (bx, by)) = (self.at[from], self.at[to]);
        let square = (ax - bx).powi(2) + (ay - by).powi(2);
        match self.measure {
            Measure::Exact => square.sqrt(),
            Measure::Tenths => (square.sqrt() * 10.0).floor() / 10.0,
            Measure::Nearest => (square.sqrt() + 0.5).floor(),
            Measure::Up => square.sqrt().ceil(),
            Measure::Att => (square / 10.0).sqrt().ceil(),
            Measure::Geo => geo((ax, ay), (bx, by)),
        }
    }
}

/// TSPLIB 95, section 2.4, with its value of pi.
fn geo(a: (f64, f64), b: (f64, f64)) -> f64 {
    #[expect(clippy::approx_constant, reason = "the optima were computed with this one")]
    const PI: f64 = 3.141_592;
    let radians = |value: f64| {
        let degrees = value.trunc();
        PI * (degrees + 5.0 * (value - degrees) / 3.0) / 180.0
    };
    let (lat_a, lon_a, lat_b, lon_b) = (radians(a.0), radians(a.1), radians(b.0), radians(b.1));
    let (q1, q2, q3) = ((lon_a - lon_b).cos(), (lat_a - lat_b).cos(), (lat_a + lat_b).cos());
    (6_378.388 * (0.5 * ((1.0 + q1) * q2 - (1.0 - q1) * q3)).acos() + 1.0).floor()
}

/// Reads a file of any kind that is known; `None` where it is none.
///
/// # Errors
/// A sentence about the file where it is one of these kinds but can't be read.
pub fn read(path: &Path) -> Result<Option<Instance>, String> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("").to_ascii_lowercase();
    if !["txt", "vrp", "tsp", "json"].contains(&ending.as_str()) {
        return Ok(None);
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let content = match ending.as_str() {
        "json" if !text.contains("\"crews\"") => return Ok(None),
        "json" => crate::utility::parse(&text).map(|day| Content::Day(Box::new(day))),
        "txt" if !text.contains("CUST") => return Ok(None),
        "txt" => crate::solomon::parse(&text).map(Content::Vehicles),
        _ => crate::vrplib::parse(&text),
    };
    let content = content.map_err(|error| format!("{}: {error}", path.display()))?;
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("instance").to_owned();
    Ok(Some(Instance { name, path: path.to_owned(), content }))
}

/// All instances in a file or folder and the folders in it, by path.
///
/// # Errors
/// Where the folder or an instance can't be read.
pub fn find(path: &Path) -> Result<Vec<Instance>, String> {
    let mut files = Vec::new();
    walk(path, &mut files)?;
    files.sort();
    let mut instances = Vec::new();
    for file in files {
        instances.extend(read(&file)?);
    }
    if instances.is_empty() {
        return Err(format!(
            "{}: no instance there (Solomon .txt, VRPLIB .vrp, TSPLIB .tsp, utility .json)",
            path.display()
        ));
    }
    Ok(instances)
}

fn walk(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let tell = |error: std::io::Error| format!("{}: {error}", path.display());
    if !std::fs::metadata(path).map_err(tell)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path).map_err(tell)? {
        walk(&entry.map_err(tell)?.path(), files)?;
    }
    Ok(())
}
