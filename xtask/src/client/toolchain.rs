//! Finds a compiler that can make WebAssembly with its standard library's source: rustup's, else Debian's `rustc-web`.
//!
//! The library is compiled along with the app, so that nothing of it goes over the air that only says why a program
//! panicked: a tenth of the module. Such a build is not stable in cargo's sense, hence `RUSTC_BOOTSTRAP`.

use crate::{
    Failure, Profile, provision,
    workspace::{self, Workspace},
};
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The tablet's target.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// `rustup` or `debian`: takes that toolchain and no other (to try the one this machine wouldn't choose).
const CHOICE: &str = "CURBSTOP_CLIENT_TOOLCHAIN";

/// Debian's compiler, its standard library's source, and a linker that knows wasm.
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "rust-web-src", "lld-22"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LINKER: &str = "/usr/bin/wasm-ld-22";
const DEBIAN_LIBRARY: &str = "/usr/lib/rustlib/src/rust/library/core";

/// What rustup calls the standard library's source.
const RUSTUP_SOURCE: &str = "rust-src";

/// What compiles the app.
pub enum Toolchain {
    /// The workspace's own compiler, with the standard library's source by rustup.
    Rustup,
    /// Debian's compiler.
    Debian,
}

impl Toolchain {
    /// Finds one; where there is none, says what it installs and installs it.
    ///
    /// # Errors
    /// [`Failure::Missing`] with what to install by hand.
    pub fn find_or_install(workspace: &Workspace) -> Result<Self, Failure> {
        let choice = env::var(CHOICE).ok();
        let allowed = |name: &str| choice.as_deref().is_none_or(|choice| choice == name);
        if allowed("rustup") && (rustup_has_source(workspace) || rustup_adds_source(workspace)) {
            return Ok(Self::Rustup);
        }
        if allowed("debian") {
            if !debian_is_installed() {
                provision::apt_install(&DEBIAN_PACKAGES);
            }
            if debian_is_installed() {
                return Ok(Self::Debian);
            }
        }
        Err(Failure::Missing(format!(
            "the tablet's app needs the standard library's source. Install one of these, then run this again:\n  \
             rustup component add {RUSTUP_SOURCE}\n  \
             apt-get install --no-install-recommends {}",
            DEBIAN_PACKAGES.join(" ")
        )))
    }

    /// The compiler's own words about itself, for the fingerprint.
    pub fn version(&self) -> String {
        let rustc = match self {
            Self::Rustup => PathBuf::from("rustc"),
            Self::Debian => PathBuf::from(DEBIAN_RUSTC),
        };
        workspace::printed(Command::new(rustc).arg("-vV")).unwrap_or_default()
    }

    /// Sets a `cargo build` up for this compiler.
    pub fn apply_to(&self, cargo: &mut Command, profile: Profile) {
        cargo.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", compiler_flags(profile).join("\u{1f}"));
        cargo.arg("-Zbuild-std=std,panic_abort").env("RUSTC_BOOTSTRAP", "1");
        if matches!(self, Self::Debian) {
            cargo.env("RUSTC", DEBIAN_RUSTC);
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", DEBIAN_LINKER);
        }
    }
}

/// What the app leaves unsaid over the air: a panic stops it without words and without its place in the source, and values
/// have no form for programmers. No crew reads them; to read them, build with `--profile dev`.
const UNSAID: [&str; 4] =
    ["-Zunstable-options", "-Cpanic=immediate-abort", "-Zlocation-detail=none", "-Zfmt-debug=none"];

/// Flags for every crate of the app. Passed encoded, so that the quotes survive.
fn compiler_flags(profile: Profile) -> Vec<String> {
    let mut flags: Vec<String> =
        ["--cfg", "getrandom_backend=\"wasm_js\"", "--cfg", "erase_components"].map(String::from).into();
    if profile == Profile::Client {
        flags.extend(UNSAID.map(String::from));
    }
    // Panic messages carry source paths: a tablet needn't know where somebody's cargo home is.
    let cargo_home =
        env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    if let Some(cargo_home) = cargo_home {
        flags.push(format!("--remap-path-prefix={}=/cargo", cargo_home.display()));
    }
    flags
}

fn rustup_has_source(workspace: &Workspace) -> bool {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "sysroot"]).current_dir(workspace.path("."));
    let Some(printed) = workspace::printed(&mut rustc) else { return false };
    Path::new(printed.trim()).join("lib/rustlib/src/rust/library/core").is_dir()
}

fn rustup_adds_source(workspace: &Workspace) -> bool {
    if workspace::program(&["rustup"], &[]).is_none() {
        return false;
    }
    eprintln!("setup: installing the standard library's source ({RUSTUP_SOURCE}) with rustup");
    let mut rustup = Command::new("rustup");
    rustup.args(["component", "add", RUSTUP_SOURCE]).current_dir(workspace.path("."));
    workspace::run(&mut rustup, "rustup component add").is_ok() && rustup_has_source(workspace)
}

fn debian_is_installed() -> bool {
    [DEBIAN_RUSTC, DEBIAN_LINKER].iter().all(|file| Path::new(file).is_file()) && Path::new(DEBIAN_LIBRARY).is_dir()
}
