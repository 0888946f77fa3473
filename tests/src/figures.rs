//! Measured figures beside their goals, and what they were measured on: for the benchmarks, which print and judge
//! nothing.

use std::{fmt, fs, time::Duration};

/// One figure.
#[derive(Debug, Clone)]
struct Figure {
    what: String,
    goal: String,
    measured: String,
    /// Whether the goal is held; none where there is no goal.
    holds: Option<bool>,
}

/// A table of figures; printed as Markdown.
#[derive(Debug, Clone)]
pub struct Figures {
    title: String,
    figures: Vec<Figure>,
}

impl Figures {
    /// An empty table.
    #[must_use]
    pub fn of(title: &str) -> Self {
        Self { title: title.to_owned(), figures: Vec::new() }
    }

    /// A figure that has a goal: at most this much of a unit.
    pub fn at_most(&mut self, what: &str, goal: f64, measured: f64, unit: &str, remark: &str) {
        self.figures.push(Figure {
            what: what.to_owned(),
            goal: format!("<= {} {unit}", short(goal)),
            measured: format!("{} {unit}{}", short(measured), in_brackets(remark)),
            holds: Some(measured <= goal),
        });
    }

    /// A figure without a goal.
    pub fn also(&mut self, what: &str, measured: impl fmt::Display) {
        let measured = measured.to_string();
        self.figures.push(Figure { what: what.to_owned(), goal: String::new(), measured, holds: None });
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n### {}\n\n| | goal | measured | |\n| --- | --- | --- | --- |", self.title)?;
        for figure in &self.figures {
            let holds = match figure.holds {
                Some(true) => "held",
                Some(false) => "**missed**",
                None => "",
            };
            writeln!(f, "| {} | {} | {} | {holds} |", figure.what, figure.goal, figure.measured)?;
        }
        Ok(())
    }
}

fn in_brackets(remark: &str) -> String {
    if remark.is_empty() { String::new() } else { format!(" ({remark})") }
}

/// Whole numbers as they are, others with two decimals.
fn short(number: f64) -> String {
    if number.fract().abs() < 1e-9 { format!("{number:.0}") } else { format!("{number:.2}") }
}

/// The middle of some measurements and the greatest, in milliseconds.
///
/// # Panics
/// Where there are none.
#[must_use]
pub fn median_and_max_ms(times: &[Duration]) -> (f64, f64) {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    let last = sorted.last().copied().expect("something was measured");
    (ms(sorted[sorted.len() / 2]), ms(last))
}

/// What the figures were measured on: processor, memory, system, and how busy it is right now.
#[must_use]
pub fn machine() -> String {
    let field = |file: &str, name: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
        line.split_once(':').map_or_else(|| "?".to_owned(), |(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    // What stands after the number is who built it.
    let kernel = kernel.trim().split(|c: char| !(c.is_ascii_digit() || c == '.')).next().unwrap_or_default();
    format!(
        "{cores} cores of {}, memory {}, Linux {}, load average {}",
        field("/proc/cpuinfo", "model name"),
        field("/proc/meminfo", "MemTotal"),
        kernel,
        load_average()
    )
}

/// The load average over 1, 5 and 15 minutes.
#[must_use]
pub fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// Ticks of `/proc/PID/stat` in a second: fixed for programs on Linux, whatever the kernel counts in.
const TICKS_A_SECOND: f64 = 100.0;

/// Processor time that a process has used so far, in milliseconds: `utime` and `stime` of `/proc/PID/stat`, 10 ms
/// at a time. 0 for a process that is gone.
#[must_use]
pub fn cpu_ms(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The second field is the name in brackets and may hold anything; `utime` is the 12th field after it.
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks: f64 = after_name.split(' ').skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks * 1_000.0 / TICKS_A_SECOND
}

/// Processor time so far of PostgreSQL's processes that serve one database, in milliseconds.
#[must_use]
pub fn postgres_cpu_ms(database_url: &str) -> f64 {
    let name = database_url.rsplit('/').next().unwrap_or_default();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| {
            let title = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let title = String::from_utf8_lossy(&title);
            title.starts_with("postgres:") && title.split(' ').any(|word| word == name)
        })
        .map(cpu_ms)
        .sum()
}

/// The most memory that a process ever held, in MB.
#[must_use]
pub fn peak_memory_mb(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    let kb: f64 = line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0.0);
    kb / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_says_whether_its_goal_is_held() {
        let mut figures = Figures::of("bytes");
        figures.at_most("a visit", 500.0, 420.0, "B", "");
        figures.at_most("a day", 32.0, 40.5, "KB", "gzipped");
        figures.also("round trips", 1);
        let text = figures.to_string();
        assert!(text.contains("| a visit | <= 500 B | 420 B | held |"), "{text}");
        assert!(text.contains("| a day | <= 32 KB | 40.50 KB (gzipped) | **missed** |"), "{text}");
        assert!(text.contains("| round trips |  | 1 |  |"), "{text}");
    }

    #[test]
    fn the_middle_and_the_greatest() {
        let times = [30, 10, 20].map(Duration::from_millis);
        let (median, max) = median_and_max_ms(&times);
        assert!((median - 20.0).abs() < 1e-9 && (max - 30.0).abs() < 1e-9);
    }

    #[test]
    fn this_process_uses_processor_time_and_memory() {
        let pid = std::process::id();
        let until = std::time::Instant::now() + Duration::from_secs(10);
        while cpu_ms(pid) < 20.0 && std::time::Instant::now() < until {
            std::hint::black_box(median_and_max_ms(&[Duration::from_millis(1)]));
        }
        assert!(cpu_ms(pid) >= 20.0);
        assert!(peak_memory_mb(pid) > 1.0);
    }
}
