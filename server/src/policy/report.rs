//! What `curbstop policy check` tells: each rule with its golden cases, for people and as JSON.

use super::{
    Loaded, left_open,
    trying::{Outcome, Result, Tried, results},
};
use chrono::NaiveDate;
use curbstop_shared::policy::Text;
use serde::Serialize;

/// A pack and how its golden cases came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The pack.
    pub pack: String,
    /// Its edition.
    pub version: String,
    /// Its title.
    pub title: Text,
    /// The files that it was read from: the one that builds on nothing comes first.
    pub files: Vec<String>,
    /// Every case came out as expected.
    pub ok: bool,
    /// What whoever chooses it should know that it leaves open.
    pub leaves_open: Vec<&'static str>,
    /// Its rules.
    pub rules: Vec<RuleReport>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleReport {
    /// Its id.
    pub id: String,
    /// The pack that has it.
    pub pack: String,
    /// Where it comes from.
    pub citation: String,
    /// Whoever wrote the pack has read it at its source; else it is not verified.
    pub verified: bool,
    /// First day in force.
    pub from: Option<NaiveDate>,
    /// Last day in force.
    pub until: Option<NaiveDate>,
    /// What it says.
    pub sentence: Text,
    /// Its cases came out as expected, and one of them because of it.
    pub ok: bool,
    /// One of its cases came out as it did because of it.
    pub decides: bool,
    /// Its cases.
    pub cases: Vec<CaseReport>,
}

/// A golden case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseReport {
    /// The situation in a sentence.
    pub says: String,
    /// Its line in the pack.
    pub line: usize,
    /// What had to come out.
    pub expected: String,
    /// When it had to open next, where the case says so, by the clock on the wall.
    pub expected_opens_next: Option<String>,
    /// What came out.
    #[serde(flatten)]
    pub own: CameOut,
    /// What comes out in the whole pack, where that is something else than in the pack that has the rule.
    pub whole: Option<CameOut>,
    /// It came out as expected.
    pub ok: bool,
    /// All that the case says, in words.
    pub situation: String,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CameOut {
    /// What.
    pub came: String,
    /// The rules that decided.
    pub by: Vec<String>,
    /// When a refused cut may begin, by the clock on the wall.
    pub opens_next: Option<String>,
}

/// Runs a pack's golden cases.
#[must_use]
pub fn of(loaded: &Loaded) -> Report {
    let policy = &loaded.policy;
    let rules: Vec<RuleReport> = results(loaded).iter().map(|tried| rule(loaded, tried)).collect();
    Report {
        pack: policy.id.clone(),
        version: policy.version.clone(),
        title: policy.title.clone(),
        files: loaded.layers.iter().map(|layer| layer.file.clone()).collect(),
        ok: rules.iter().all(|rule| rule.ok),
        leaves_open: left_open(policy),
        rules,
    }
}

fn rule(loaded: &Loaded, tried: &Tried<'_>) -> RuleReport {
    let rule = tried.rule;
    RuleReport {
        id: rule.id.clone(),
        pack: loaded.layers[tried.layer].policy.id.clone(),
        citation: rule.citation.text.clone(),
        verified: rule.citation.seen,
        from: rule.from,
        until: rule.until,
        sentence: rule.sentence.clone(),
        ok: tried.passed(),
        decides: tried.decides,
        cases: tried.results.iter().map(case).collect(),
    }
}

fn case(result: &Result<'_>) -> CaseReport {
    let case = result.case;
    let own = came_out(&result.own);
    let whole = came_out(&result.whole);
    CaseReport {
        says: case.says.clone(),
        line: case.line,
        expected: case.expect.to_string(),
        expected_opens_next: case.opens_next.map(wall),
        whole: (whole != own).then_some(whole),
        own,
        ok: result.passed,
        situation: case.situation(),
    }
}

fn came_out(outcome: &Outcome) -> CameOut {
    CameOut { came: outcome.came.to_string(), by: outcome.by.clone(), opens_next: outcome.opens_next.map(wall) }
}

fn wall(at: chrono::NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M").to_string()
}

/// The report as people read it at a shell.
impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{} {}: {}", self.pack, self.version, self.title.en)?;
        writeln!(f, "read from {}", self.files.join(", then "))?;
        for open in &self.leaves_open {
            writeln!(f, "{open}")?;
        }
        for rule in &self.rules {
            write!(f, "\n{rule}")?;
        }
        let cases: Vec<&CaseReport> = self.rules.iter().flat_map(|rule| &rule.cases).collect();
        let failed = cases.iter().filter(|case| !case.ok).count();
        let silent = self.rules.iter().filter(|rule| !rule.decides).count();
        let unverified = self.rules.iter().filter(|rule| !rule.verified).count();
        write!(
            f,
            "\n{} rules, {unverified} not verified; {} golden cases, {failed} failed",
            self.rules.len(),
            cases.len()
        )?;
        if silent > 0 {
            write!(f, "; {silent} rules decide none of their cases")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for RuleReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        head(f, self)?;
        for case in &self.cases {
            writeln!(f, "{case}")?;
        }
        if !self.decides {
            writeln!(
                f,
                "  FAILED  None of its cases came out as it did because of this rule: they say nothing about it."
            )?;
        }
        Ok(())
    }
}

/// A rule without its cases.
fn head(f: &mut std::fmt::Formatter<'_>, rule: &RuleReport) -> std::fmt::Result {
    let dates = match (rule.from, rule.until) {
        (None, None) => "always in force".to_owned(),
        (Some(from), None) => format!("in force from {from}"),
        (None, Some(until)) => format!("in force until {until}"),
        (Some(from), Some(until)) => format!("in force from {from} until {until}"),
    };
    let verified = if rule.verified { "" } else { " (not verified)" };
    writeln!(f, "{} of {}, {dates}", rule.id, rule.pack)?;
    writeln!(f, "  {}", rule.sentence.en)?;
    writeln!(f, "  Source: {}{verified}", rule.citation)
}

impl std::fmt::Display for CaseReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = if self.ok { "ok    " } else { "FAILED" };
        write!(f, "  {mark}  {}: ", self.says)?;
        if self.ok {
            write!(f, "{}", self.own)?;
        } else {
            write!(f, "expected {}", self.expected)?;
            if let Some(opens) = &self.expected_opens_next {
                write!(f, ", opens {opens}")?;
            }
            write!(f, "; came {} (line {}). {}.", self.own, self.line, self.situation)?;
        }
        if let Some(whole) = &self.whole {
            write!(f, " In the whole pack: {whole}.")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for CameOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.came)?;
        if !self.by.is_empty() {
            write!(f, " by {}", self.by.join(", "))?;
        }
        match &self.opens_next {
            Some(opens) => write!(f, ", opens {opens}"),
            None => Ok(()),
        }
    }
}
