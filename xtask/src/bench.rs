//! `cargo xtask bench`: measures what the goals in `docs/figures.md` speak of, and prints it beside them.
//!
//! Never part of the tests: a figure on a busy machine says nothing, so nobody's work may depend on it. A server that is
//! measured is built with the release profile; what drives it needs no speed and is built as the tests are.

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
    /// The route solver on files: Solomon, Homberger and VRPLIB, TSPLIB, utilities' days.
    Routing,
}

/// Builds the solver with its program, and nothing else of the workspace, and starts it where the user is.
///
/// # Errors
/// When the build or the measuring fails.
pub fn routing(workspace: &Workspace, args: &[String]) -> Result<(), Failure> {
    const PROGRAM: &str = "bench-routing";
    let mut build = workspace.cargo();
    build.args(["build", "--quiet", "--profile", PROGRAM, "--package", "curbstop-solver"]);
    build.args(["--features", "bench", "--bin", PROGRAM]);
    workspace::run(&mut build, "building the solver")?;
    let mut bench = std::process::Command::new(workspace.path("target").join(PROGRAM).join(PROGRAM));
    bench.args(args);
    if args.iter().any(|arg| arg == "--peers") {
        bench.arg("--peers-folder").arg(workspace.path("target/bench-peers"));
    }
    workspace::run(&mut bench, PROGRAM)
}

/// Builds what is measured, then measures.
///
/// # Errors
/// When a build or the measuring fails.
pub fn run(workspace: &Workspace, subject: Subject) -> Result<(), Failure> {
    client::build(workspace, Profile::Client)?;
    let (program, server) = match subject {
        Subject::Sync => ("bench_sync", "target/release/curbstop"),
        // A server for tests hands out the app as it lies in `target/client-dist`: it never measures a build that
        // was compiled in earlier. How quick it is counts for nothing here, since the tablet reads its own disk.
        Subject::Client => ("bench_client", "target/debug/curbstop"),
        Subject::Routing => return routing(workspace, &[]),
    };
    let mut build = workspace.cargo();
    match subject {
        // With the features that it is shipped with.
        Subject::Sync => build.args(["build", "--release", "--package", "curbstop-server", "--bin", "curbstop"]),
        Subject::Client | Subject::Routing => build.args(["build", "--workspace", "--bin", "curbstop"]),
    };
    workspace::run(&mut build, "building the server")?;
    // As the tests build it: another choice of packages has other features, and all that they stand on is built anew.
    workspace::run(workspace.cargo().args(["build", "--workspace", "--bin", program]), "building the benchmark")?;
    let mut bench = std::process::Command::new(workspace.path("target/debug").join(program));
    bench.current_dir(workspace.path("."));
    bench.env("CURBSTOP_SERVER", workspace.path(server));
    // An acknowledgement is measured with what it rests on.
    bench.env("CURBSTOP_TEST_POSTGRES_DURABLE", "yes");
    workspace::run(&mut bench, program)
}
