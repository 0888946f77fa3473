//! `cargo xtask pictures`: the pictures of the documents.

use crate::{
    Failure, Profile, client,
    workspace::{self, Workspace},
};

/// Builds what is shown and what takes the pictures, then takes them.
///
/// # Errors
/// When a build fails, or a screen does not come up.
pub fn run(workspace: &Workspace) -> Result<(), Failure> {
    client::build(workspace, Profile::Client)?;
    workspace::run(workspace.cargo().args(["build", "--workspace", "--bins"]), "building")?;
    let mut pictures = std::process::Command::new(workspace.path("target/debug/pictures"));
    workspace::run(pictures.current_dir(workspace.path(".")), "pictures")
}
