//! `cargo xtask demo`: from a fresh clone to a running demo utility.

use crate::{
    Failure, Profile, client,
    workspace::{self, Workspace},
};
use std::process::Command;

/// Builds the tablet's app and the server, then runs `curbstop demo` with `args` until it is stopped.
///
/// # Errors
/// When something to build with is missing, or a build or the demo fails.
pub fn run(workspace: &Workspace, args: &[String]) -> Result<(), Failure> {
    client::build(workspace, Profile::Client)?;
    workspace::run(workspace.cargo().args(["build", "--workspace", "--bin", "curbstop"]), "building the server")?;
    let mut demo = Command::new(workspace.path("target/debug/curbstop"));
    demo.arg("demo").args(args).current_dir(workspace.path("."));
    workspace::run(&mut demo, "curbstop demo")
}
