//! Where things lie in this workspace, and how its programs are started.

use crate::Failure;
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The workspace's folder.
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The workspace that this program was built in.
    pub fn here() -> Self {
        let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self { root: xtask.parent().unwrap_or(xtask).to_path_buf() }
    }

    /// A path in the workspace.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// `cargo` with the workspace as its folder.
    ///
    /// `cargo run` leaves words about xtask in the environment (`CARGO_PKG_NAME`, `CARGO_MANIFEST_DIR`, ...). Build
    /// scripts that watch them would run again at every change between a build from here and one by hand, so
    /// they are taken away.
    pub fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        for (name, _) in env::vars_os() {
            let about_xtask = name.to_str().is_some_and(|name| {
                ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
                    .iter()
                    .any(|start| name.starts_with(start))
                    || ["CARGO_PRIMARY_PACKAGE", "OUT_DIR"].contains(&name)
            });
            if about_xtask {
                cargo.env_remove(name);
            }
        }
        cargo.current_dir(&self.root);
        cargo
    }
}

/// Runs a program to its end; its output goes where ours goes.
///
/// # Errors
/// When it can't be started or ends with anything but success.
pub fn run(command: &mut Command, what: &str) -> Result<(), Failure> {
    let status = command.status().map_err(Failure::io(what))?;
    if status.success() { Ok(()) } else { Err(Failure::Command { what: what.to_owned(), status: status.to_string() }) }
}

/// What a program prints on its standard output, or `None` if it can't be started or fails.
pub fn printed(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// The first program of these names on the PATH, or at one of these places.
pub fn program(names: &[&str], places: &[PathBuf]) -> Option<PathBuf> {
    let on_path = env::var_os("PATH").into_iter().flat_map(|path| env::split_paths(&path).collect::<Vec<_>>());
    on_path
        .chain(places.iter().cloned())
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .find(|candidate| candidate.is_file())
}
