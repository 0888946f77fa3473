//! Policy packs: files in which a utility says by which rules it cuts and restores.
//!
//! A pack is a TOML file of rules with their golden cases (docs/policy.md). It may build on another one. [`load`] reads
//! it with all that it builds on, or says everything that is wrong with it; [`trying::results`] runs its cases and
//! [`report::of`] tells them. What comes out, [`Loaded::policy`], is what `curbstop_shared::policy` judges by.

mod built_in;
mod calendars;
mod case_tables;
mod cases;
mod circumstances;
mod fault;
mod kinds;
mod loading;
mod pack;
pub mod report;
mod situation;
mod table;
pub mod trying;
pub mod zone;

#[cfg(test)]
mod bad_packs;
#[cfg(test)]
mod shipped;

pub use cases::{Came, Case};
pub use fault::Fault;
pub use loading::load;
pub use pack::{CASES_MIN, PACK_MAX_BYTES};

use curbstop_shared::policy::{Policy, RuleKind};

/// What a server goes by where nobody says otherwise.
pub const DEFAULT: &str = "strict";

/// A pack with all that it builds on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The rules of all of them together.
    pub policy: Policy,
    /// The packs, from the one that builds on nothing to the one that was asked for.
    pub layers: Vec<Layer>,
    /// The golden cases of its rules, in the order of the rules.
    pub cases: Vec<RuleCases>,
}

/// A pack among those that build on each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its file.
    pub file: String,
    /// Its rules together with those that it builds on.
    pub policy: Policy,
}

/// The golden cases of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCases {
    /// The rule.
    pub rule: String,
    /// The pack that has it, by its place in [`Loaded::layers`].
    pub layer: usize,
    /// The cases.
    pub cases: Vec<Case>,
}

/// The packs that come with Curbstop, by their ids.
pub fn built_in() -> impl Iterator<Item = &'static str> {
    built_in::PACKS.iter().map(|pack| pack.name)
}

/// The text of a pack that comes with Curbstop.
#[must_use]
pub fn source(id: &str) -> Option<&'static str> {
    built_in::text(built_in::PACKS, id)
}

/// What whoever chooses a pack should know that it leaves open.
#[must_use]
pub fn left_open(policy: &Policy) -> Vec<&'static str> {
    let says = |is: &dyn Fn(&RuleKind) -> bool| policy.rules.iter().any(|rule| is(&rule.kind));
    let mut open = Vec::new();
    if !says(&|kind| {
        use RuleKind::{Blackout, CutDays, CutHours, Holidays, LastHour};
        matches!(kind, CutDays(_) | CutHours { .. } | LastHour { .. } | Holidays { .. } | Blackout { .. })
    }) {
        open.push(
            "It sets no days or hours: a cut may begin at any time of any day. They differ by state and utility; set yours in a pack of your own that extends this one.",
        );
    }
    if !says(&|kind| matches!(kind, RuleKind::Weather { .. } | RuleKind::Degrees { .. })) {
        open.push("It says nothing of weather.");
    }
    if !says(&|kind| matches!(kind, RuleKind::Notice { .. })) {
        open.push("It asks for no notice.");
    }
    if !says(&|kind| matches!(kind, RuleKind::Fees(_))) {
        open.push("It says nothing of fees.");
    }
    if !says(&|kind| matches!(kind, RuleKind::AfterHours(_))) {
        open.push("It says nothing of reconnects after hours.");
    }
    if !says(&|kind| matches!(kind, RuleKind::Retention { .. })) {
        open.push("It says nothing of how long photos, positions and amounts are kept.");
    }
    open
}
