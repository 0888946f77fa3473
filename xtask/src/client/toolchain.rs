//! Finds a compiler that can make WebAssembly: rustup's target, else Debian's `rustc-web` with its library's source.

use crate::{
    Failure, provision,
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

/// What compiles the app.
pub enum Toolchain {
    /// The workspace's own compiler, with the target's standard library by rustup.
    Rustup,
    /// Debian's compiler; the standard library is built along with the app.
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
        if allowed("rustup") && (rustup_has_target(workspace) || rustup_adds_target(workspace)) {
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
            "the tablet's app needs a compiler for {TARGET}. Install one of these, then run this again:\n  \
             rustup target add {TARGET}\n  \
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
    pub fn apply_to(&self, cargo: &mut Command) {
        cargo.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", compiler_flags().join("\u{1f}"));
        if matches!(self, Self::Debian) {
            cargo.arg("-Zbuild-std=std,panic_abort");
            cargo.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1");
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", DEBIAN_LINKER);
        }
    }
}

/// Flags for every crate of the app. Passed encoded, so that the quotes survive.
fn compiler_flags() -> Vec<String> {
    let mut flags: Vec<String> =
        ["--cfg", "getrandom_backend=\"wasm_js\"", "--cfg", "erase_components"].map(String::from).into();
    // Panic messages carry source paths: a tablet needn't know where somebody's cargo home is.
    let cargo_home =
        env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    if let Some(cargo_home) = cargo_home {
        flags.push(format!("--remap-path-prefix={}=/cargo", cargo_home.display()));
    }
    flags
}

fn rustup_has_target(workspace: &Workspace) -> bool {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]).current_dir(workspace.path("."));
    let Some(printed) = workspace::printed(&mut rustc) else { return false };
    let Ok(files) = Path::new(printed.trim()).read_dir() else { return false };
    files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libcore-"))
}

fn rustup_adds_target(workspace: &Workspace) -> bool {
    if workspace::program(&["rustup"], &[]).is_none() {
        return false;
    }
    eprintln!("setup: installing the compiler's target {TARGET} with rustup");
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", TARGET]).current_dir(workspace.path("."));
    workspace::run(&mut rustup, "rustup target add").is_ok() && rustup_has_target(workspace)
}

fn debian_is_installed() -> bool {
    [DEBIAN_RUSTC, DEBIAN_LINKER].iter().all(|file| Path::new(file).is_file()) && Path::new(DEBIAN_LIBRARY).is_dir()
}
