//! `cargo xtask laws`: the property tests with cases that nobody has tried yet.
//!
//! `cargo xtask test` tries the same cases each time (`PROPTEST_RNG_SEED` in `.cargo/config.toml`), for it is asked about a
//! change. This is asked about the rules: what it finds stands in `proptest-regressions` beside the test from then on.

use crate::{
    Failure,
    workspace::{self, Workspace},
};
use std::time::UNIX_EPOCH;

/// Every test that draws its cases.
const DRAWN: [&str; 6] = ["rules", "gate", "listing_in", "curbstop_field", "laws", "running"];

/// Runs them so many times, each with other cases.
///
/// # Errors
/// At the first case that breaks a law; its seed is printed.
pub fn run(workspace: &Workspace, rounds: u32) -> Result<(), Failure> {
    let first = UNIX_EPOCH.elapsed().map_or(1, |since| since.as_secs());
    let filter = DRAWN.map(|binary| format!("binary({binary})")).join(" + ");
    for seed in (first..).take(rounds.try_into().unwrap_or(usize::MAX)) {
        eprintln!("\n== cases of seed {seed}");
        let mut cargo = workspace.cargo();
        cargo.args(["nextest", "run", "--workspace", "--status-level", "fail", "-E", &filter]);
        cargo.env("PROPTEST_RNG_SEED", seed.to_string());
        workspace::run(&mut cargo, &format!("the property tests with PROPTEST_RNG_SEED={seed}"))?;
    }
    Ok(())
}
