//! What became of each phase of a long job, and how long it took.

use crate::Failure;
use std::{
    env,
    fmt::Write,
    time::{Duration, Instant},
};

/// What became of a phase.
pub enum Outcome {
    /// It did what it is for.
    Done,
    /// It could not be done here: counted, and a failure where `CI=true`.
    Skipped(String),
    /// It could not be done here and needn't be: said, never a failure.
    Noted(String),
    /// It went wrong.
    Failed(String),
}

impl From<Result<(), Failure>> for Outcome {
    fn from(result: Result<(), Failure>) -> Self {
        result.map_or_else(|failure| Self::Failed(failure.to_string()), |()| Self::Done)
    }
}

/// The phases so far.
#[derive(Default)]
pub struct Phases {
    finished: Vec<(&'static str, Duration, Outcome)>,
}

impl Phases {
    /// Runs one phase. The next runs whatever came of it: one run tells everything that is wrong.
    pub fn run(&mut self, name: &'static str, phase: impl FnOnce() -> Outcome) {
        eprintln!("\n== {name}");
        let started = Instant::now();
        let outcome = phase();
        if let Outcome::Failed(why) = &outcome {
            eprintln!("{name}: {why}");
        }
        self.finished.push((name, started.elapsed(), outcome));
    }

    /// Counts something that a phase left out.
    pub fn skipped(&mut self, name: &'static str, why: String) {
        self.finished.push((name, Duration::ZERO, Outcome::Skipped(why)));
    }

    /// Prints the table of phases.
    ///
    /// # Errors
    /// When a phase failed, or one was skipped and `CI=true`.
    pub fn conclude(&self) -> Result<(), Failure> {
        let strict = env::var("CI").is_ok_and(|ci| ci == "true");
        let (text, wrong) = self.table(strict);
        eprintln!("\n{text}");
        if wrong { Err(Failure::Phases("not everything passed: see the table above".into())) } else { Ok(()) }
    }

    fn table(&self, strict: bool) -> (String, bool) {
        let mut text = String::new();
        let (mut skips, mut failures, mut total) = (0, 0, Duration::ZERO);
        for (name, took, outcome) in &self.finished {
            total += *took;
            let word = match outcome {
                Outcome::Done => "ok".to_owned(),
                Outcome::Noted(why) => format!("not run: {why}"),
                Outcome::Skipped(why) => {
                    skips += 1;
                    format!("SKIPPED: {why}")
                }
                Outcome::Failed(why) => {
                    failures += 1;
                    format!("FAILED: {why}")
                }
            };
            // Writing into a String can't fail.
            let _ = writeln!(text, "{:>8.1} s  {name:<16} {word}", took.as_secs_f64());
        }
        let _ = write!(text, "{:>8.1} s  in all: {failures} failed, {skips} skipped", total.as_secs_f64());
        if strict && skips > 0 {
            let _ = write!(text, " (CI=true: a skip is a failure)");
        }
        (text, failures > 0 || (strict && skips > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skip_is_counted_and_is_a_failure_only_where_ci_says_so() {
        let mut phases = Phases::default();
        phases.run("format", || Outcome::Done);
        phases.run("tablet's lints", || Outcome::Noted("this compiler has no clippy".into()));
        phases.skipped("browser tests", "no chromium".into());
        let (text, wrong) = phases.table(false);
        assert!(!wrong, "{text}");
        assert!(text.contains("0 failed, 1 skipped") && text.contains("SKIPPED: no chromium"), "{text}");
        assert!(phases.table(true).1);
    }

    #[test]
    fn a_failed_phase_fails_the_whole_run_and_the_later_ones_still_run() {
        let mut phases = Phases::default();
        phases.run("format", || Outcome::Failed("rustfmt".into()));
        let mut ran = false;
        phases.run("tests", || {
            ran = true;
            Outcome::Done
        });
        assert!(ran && phases.table(false).1);
    }
}
