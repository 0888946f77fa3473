//! `cargo xtask bench`: measures what the goals in `docs/figures.md` speak of, and prints it beside them.
//!
//! Never part of the tests: a figure on a busy machine says nothing, so nobody's work may depend on it. The server is
//! built with the release profile; what drives it needs no speed and is built as the tests are.

use crate::{
    Failure, Profile, client,
    workspace::{self, Workspace},
};
use clap::ValueEnum;

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Subject {
    /// Bytes and round trips of the exchange, and the server's processor time for a visit, on both database engines.
    Sync,
    /// The tablet's app: its weight, warm start, opening a stop, saving an act, in a real browser.
    Client,
}

/// Builds what is measured, then measures.
///
/// # Errors
/// When a build or the measuring fails.
pub fn run(workspace: &Workspace, subject: Subject) -> Result<(), Failure> {
    // First of all: the release server carries the app inside.
    client::build(workspace, Profile::Client)?;
    workspace::run(
        workspace.cargo().args(["build", "--release", "--package", "curbstop-server", "--bin", "curbstop"]),
        "building the server",
    )?;
    let program = match subject {
        Subject::Sync => "bench_sync",
        Subject::Client => "bench_client",
    };
    workspace::run(
        workspace.cargo().args(["build", "--package", "curbstop-tests", "--bin", program]),
        "building the benchmark",
    )?;
    let mut bench = std::process::Command::new(workspace.path("target/debug").join(program));
    bench.current_dir(workspace.path("."));
    bench.env("CURBSTOP_SERVER", workspace.path("target/release/curbstop"));
    // An acknowledgement is measured with what it rests on.
    bench.env("CURBSTOP_TEST_POSTGRES_DURABLE", "yes");
    workspace::run(&mut bench, program)
}
