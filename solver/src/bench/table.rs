//! The figures: a line a run on the screen and in the CSV file, means at the end, and solution files.

use crate::{
    evaluate::{Lines, Verdict},
    instance::{Content, Instance},
    known::Known,
};
use std::{collections::BTreeMap, fs::File, io::Write, path::Path};

pub struct Table {
    csv: Option<File>,
    budget_s: f64,
    /// Tool and folder: gaps, or scores where there is no best known.
    sums: BTreeMap<(String, String), Vec<f64>>,
}

impl Table {
    /// Begins the file with its head.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub fn new(csv: Option<&Path>, budget_s: f64) -> Result<Self, String> {
        let mut csv =
            csv.map(|path| File::create(path).map_err(|error| format!("{}: {error}", path.display()))).transpose()?;
        if let Some(csv) = &mut csv {
            let head =
                "instance,tool,budget_cpu_s,cpu_s,cost,gap_pct,feasible,unserved_p1,unserved_p2,unserved_p3,score";
            writeln!(csv, "{head}").map_err(|error| error.to_string())?;
        }
        println!("{:<16} {:<9} {:>7} {:>12} {:>8}  unserved", "instance", "tool", "cpu s", "cost", "gap %");
        Ok(Self { csv, budget_s, sums: BTreeMap::new() })
    }

    /// One run.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub fn row(
        &mut self,
        it: &Instance,
        tool: &str,
        cpu_s: f64,
        verdict: &Verdict,
        best: Option<Known>,
    ) -> Result<(), String> {
        let feasible = verdict.broken.is_none();
        let gap = best.filter(|_| feasible).map(|best| (verdict.cost / best.cost - 1.0) * 100.0);
        let gap_text = gap.map_or(String::new(), |gap| format!("{gap:.4}"));
        let cost = if feasible { format!("{:.2}", verdict.cost) } else { String::new() };
        let [p1, p2, p3] = verdict.unserved;
        let score = verdict.score.map_or(String::new(), |score| score.to_string());
        if let Some(csv) = &mut self.csv {
            writeln!(
                csv,
                "{},{tool},{},{cpu_s:.3},{cost},{gap_text},{feasible},{p1},{p2},{p3},{score}",
                it.name, self.budget_s
            )
            .map_err(|error| error.to_string())?;
        }
        let rest = verdict.score.map_or(String::new(), |score| format!("{p1}/{p2}/{p3} score {score}"));
        println!("{:<16} {tool:<9} {cpu_s:>7.2} {cost:>12} {gap_text:>8}  {rest}", it.name);
        if let Some(broken) = &verdict.broken {
            println!("  {tool} breaks a law: {broken}");
        }
        let folder = it.path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or("").to_owned();
        let counted = match &it.content {
            Content::Day(_) => verdict.score.map(|score| score as f64),
            _ => gap,
        };
        if let Some(counted) = counted {
            self.sums.entry((folder, tool.to_owned())).or_default().push(counted);
        }
        Ok(())
    }

    /// Prints the means by folder and tool.
    pub fn means(&self) {
        for ((folder, tool), values) in &self.sums {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            println!("mean {folder:<12} {tool:<9} {mean:>14.3}  of {}", values.len());
        }
    }
}

/// Writes `NAME.sol`: one line a crew or vehicle.
///
/// # Errors
/// Where the folder or file can't be written.
pub fn write_solution(folder: &Path, name: &str, lines: &Lines) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let path = folder.join(format!("{name}.sol"));
    let text: String =
        lines.iter().map(|line| line.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ") + "\n").collect();
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}
