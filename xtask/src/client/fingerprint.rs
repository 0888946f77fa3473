//! One hash over everything the tablet's app is made of, so that nothing is built twice.

use super::toolchain::Toolchain;
use crate::{
    Failure, Profile,
    workspace::{self, Workspace},
};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Folders of a package that don't go into the app.
const NOT_IN_THE_APP: [&str; 5] = ["tests", "benches", "examples", "proptest-regressions", "snapshots"];

/// The hash, in hex: sources of `curbstop-field` and of every workspace package below it, the shell, this pipeline,
/// Cargo.lock, profile and compiler.
///
/// # Errors
/// When cargo can't describe the workspace or a source can't be read.
pub fn of_inputs(workspace: &Workspace, profile: Profile, toolchain: &Toolchain) -> Result<String, Failure> {
    let mut files: BTreeSet<PathBuf> = ["Cargo.toml", "Cargo.lock"].map(|file| workspace.path(file)).into();
    for folder in package_folders(workspace)? {
        collect(&folder, &mut files)?;
    }
    collect(&workspace.path("xtask/src/client"), &mut files)?;
    let mut hash = Sha256::new();
    hash.update(if profile == Profile::Dev { "dev" } else { "client" });
    hash.update(toolchain.version());
    for file in files {
        let bytes = fs::read(&file).map_err(Failure::io(file.display()))?;
        hash.update(file.to_string_lossy().as_bytes());
        hash.update([0]);
        hash.update(Sha256::digest(bytes));
    }
    Ok(hex(&hash.finalize()))
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The folders of `curbstop-field` and of the workspace packages that it is built from.
fn package_folders(workspace: &Workspace) -> Result<BTreeSet<PathBuf>, Failure> {
    let mut cargo = workspace.cargo();
    cargo.args(["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    let described = workspace::printed(&mut cargo)
        .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
        .ok_or_else(|| Failure::Command { what: "cargo metadata".into(), status: "no answer".into() })?;
    let mut folders = BTreeSet::new();
    let mut to_visit = vec![workspace.path("field-client")];
    while let Some(folder) = to_visit.pop() {
        if !folders.insert(folder.clone()) {
            continue;
        }
        let manifest = folder.join("Cargo.toml");
        let packages = described["packages"].as_array().into_iter().flatten();
        let package = packages
            .filter(|package| package["manifest_path"].as_str().is_some_and(|path| Path::new(path) == manifest));
        let dependencies = package.filter_map(|package| package["dependencies"].as_array()).flatten();
        to_visit.extend(
            dependencies
                .filter(|dependency| dependency["kind"] != "dev")
                .filter_map(|dependency| dependency["path"].as_str())
                .map(PathBuf::from),
        );
    }
    Ok(folders)
}

fn collect(folder: &Path, files: &mut BTreeSet<PathBuf>) -> Result<(), Failure> {
    for entry in folder.read_dir().map_err(Failure::io(folder.display()))? {
        let path = entry.map_err(Failure::io(folder.display()))?.path();
        if path.is_file() {
            files.insert(path);
        } else if !path.file_name().is_some_and(|name| NOT_IN_THE_APP.iter().any(|skipped| name == *skipped)) {
            collect(&path, files)?;
        }
    }
    Ok(())
}
