//! Builds the tablet's app: wasm32, bindings, hashed names, service worker, brotli, in `target/client-dist/`.
//!
//! A straight line: [`toolchain`] finds a compiler that knows wasm32, cargo compiles `curbstop-field` into a target
//! folder of its own (so that it never waits for, or invalidates, a native build), wasm-bindgen runs as a library at
//! the version that Cargo.lock holds, and [`dist`] puts the shell in `field-client/web` around it.
//! [`fingerprint`] makes the second run cost nothing.

mod dist;
mod fingerprint;
mod toolchain;

use crate::{Failure, Profile, phases::Outcome, workspace, workspace::Workspace};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};
use toolchain::Toolchain;
use wasm_bindgen_cli_support::Bindgen;

/// Makes `target/client-dist/` what the sources say; does nothing if it already is.
///
/// # Errors
/// [`Failure::Missing`] when no compiler for wasm32 is there or can be had, else whatever step failed.
pub fn build(workspace: &Workspace, profile: Profile) -> Result<(), Failure> {
    let started = Instant::now();
    let toolchain = Toolchain::find_or_install(workspace)?;
    let fingerprint = fingerprint::of_inputs(workspace, profile, &toolchain)?;
    let stamp = workspace.path("target/client-dist.stamp");
    let dist = workspace.path("target/client-dist");
    if dist.join("index.html").is_file() && fs::read_to_string(&stamp).is_ok_and(|written| written == fingerprint) {
        eprintln!("client: target/client-dist is up to date");
        return Ok(());
    }
    let wasm = compile(workspace, profile, &toolchain)?;
    let bindings = workspace.path("target/client/bindings");
    bind(&wasm, &bindings, profile)?;
    let quality = match profile {
        Profile::Dev => dist::Effort::Quick,
        Profile::Client => dist::Effort::Small,
    };
    let built = dist::assemble(&bindings, &workspace.path("field-client/web"), &dist, quality)?;
    fs::write(&stamp, fingerprint).map_err(Failure::io(stamp.display()))?;
    eprintln!(
        "client: build {} in target/client-dist: {} files, {} KB, {} KB as brotli, {:.1} s",
        built.id,
        built.files,
        built.bytes / 1024,
        built.brotli_bytes / 1024,
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Runs clippy over what only wasm32 compiles, which the workspace's own lint run never sees.
pub fn lint(workspace: &Workspace) -> Outcome {
    match Toolchain::find_or_install(workspace) {
        Ok(toolchain @ Toolchain::Rustup) => {
            let mut clippy = cargo_for_wasm(workspace, "clippy", Profile::Client, &toolchain);
            clippy.args(["--", "-D", "warnings"]);
            workspace::run(&mut clippy, "cargo clippy for wasm32").into()
        }
        Ok(Toolchain::Debian) => Outcome::Noted("Debian's compiler has no clippy of the same version".into()),
        Err(failure) => Outcome::Skipped(failure.to_string()),
    }
}

/// Compiles the app; answers where the module lies.
fn compile(workspace: &Workspace, profile: Profile, toolchain: &Toolchain) -> Result<PathBuf, Failure> {
    let folder = match profile {
        Profile::Dev => "debug",
        Profile::Client => "client",
    };
    let mut cargo = cargo_for_wasm(workspace, "build", profile, toolchain);
    workspace::run(&mut cargo, "compiling the tablet's app for wasm32")?;
    Ok(workspace.path("target/client").join(toolchain::TARGET).join(folder).join("curbstop_field.wasm"))
}

/// `cargo build` or `cargo clippy` for the app alone, with its own target folder.
fn cargo_for_wasm(workspace: &Workspace, verb: &str, profile: Profile, toolchain: &Toolchain) -> Command {
    let name = match profile {
        Profile::Dev => "dev",
        Profile::Client => "client",
    };
    let mut cargo = workspace.cargo();
    cargo.args([verb, "--package", "curbstop-field", "--lib", "--target", toolchain::TARGET]);
    cargo.args(["--profile", name, "--target-dir", "target/client"]);
    toolchain.apply_to(&mut cargo, profile);
    cargo
}

/// Writes the bindings beside the module, into an empty folder.
fn bind(wasm: &Path, bindings: &Path, profile: Profile) -> Result<(), Failure> {
    if bindings.exists() {
        fs::remove_dir_all(bindings).map_err(Failure::io(bindings.display()))?;
    }
    let small = profile == Profile::Client;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(wasm)
        .typescript(false)
        .omit_default_module_path(false)
        .remove_name_section(small)
        .remove_producers_section(small);
    bindgen
        .web(true)
        .and_then(|bindgen| bindgen.generate(bindings))
        .map_err(|error| Failure::Bindgen(format!("{error:#}")))
}
