//! `cargo xtask test`: sets up what is missing, then every check and every test, with the time each phase took.
//!
//! Everything native is built once, in the dev profile and the workspace's target folder. What this machine can't
//! have is skipped, loudly and counted; with `CI=true` a skip is a failure.

use crate::{
    Failure, Profile, client, licences,
    phases::{Outcome, Phases},
    provision,
    workspace::{self, Workspace},
};
use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// Names the file to which a test that can't run here appends one line: what was left out, and why.
const SKIPS: &str = "CURBSTOP_SKIPS";

/// Where Linux keeps files in memory.
const MEMORY: &str = "/dev/shm";
/// Twice what the tests of one run leave there.
const SCRATCH_MIN_KIB: u64 = 12 << 20;

/// A program that tests need but cargo can't bring.
struct Needed {
    what: &'static str,
    /// Where Debian keeps it.
    packages: &'static [&'static str],
    found: fn() -> bool,
}

const NEEDED: [Needed; 3] = [
    Needed {
        what: "Chromium, for the tests of the tablet's app in a real browser",
        packages: &["chromium", "fonts-dejavu-core"],
        found: || workspace::program(&["chromium", "chromium-browser", "google-chrome"], &[]).is_some(),
    },
    Needed {
        what: "ChromeDriver, which steers Chromium",
        packages: &["chromium-driver"],
        found: || workspace::program(&["chromedriver"], &[]).is_some(),
    },
    Needed {
        what: "PostgreSQL's server, for the tests on the second database engine",
        packages: &["postgresql"],
        found: postgres_is_installed,
    },
];

/// Runs all phases and prints what became of them.
///
/// # Errors
/// When a phase failed, or one was skipped and `CI=true`.
pub fn run(workspace: &Workspace) -> Result<(), Failure> {
    let mut phases = Phases::default();
    let cargo = |args: &[&str]| {
        Outcome::from(workspace::run(workspace.cargo().args(args), &format!("cargo {}", args.join(" "))))
    };

    phases.run("set up", set_up);
    phases.run("format", || cargo(&["fmt", "--all", "--check"]));
    // Before the server is compiled, which hands the app out.
    phases.run("tablet's app", || client::build(workspace, Profile::Client).into());
    phases.run("lints", || cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]));
    phases.run("documentation", || {
        let mut doc = workspace.cargo();
        // Private items too: the readers are the next engineers, and a broken link misleads them all the same.
        // So a link to a private item is no mistake.
        doc.args(["doc", "--workspace", "--no-deps", "--document-private-items"])
            .env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links");
        workspace::run(&mut doc, "cargo doc").into()
    });
    phases.run("tablet's lints", || client::lint(workspace));
    let skips = workspace.path("target/skipped-tests.txt");
    phases.run("tests", || tests(workspace, &skips));
    phases.run("examples in docs", || cargo(&["test", "--workspace", "--doc"]));
    phases.run("licences", || licences::check(workspace));
    for skip in skipped_tests(&skips) {
        phases.skipped("a test", skip);
    }
    phases.conclude()
}

fn set_up() -> Outcome {
    let missing = || NEEDED.iter().filter(|needed| !(needed.found)()).collect::<Vec<_>>();
    let to_install = missing();
    if to_install.is_empty() {
        eprintln!("setup: nothing to install");
        return Outcome::Done;
    }
    for needed in &to_install {
        eprintln!("setup: missing: {}", needed.what);
    }
    let packages: Vec<&str> = to_install.iter().flat_map(|needed| needed.packages).copied().collect();
    provision::apt_install(&packages);
    match missing().as_slice() {
        [] => Outcome::Done,
        missing => Outcome::Skipped(format!(
            "could not install {}",
            missing.iter().map(|needed| needed.what).collect::<Vec<_>>().join("; ")
        )),
    }
}

fn tests(workspace: &Workspace, skips: &Path) -> Outcome {
    if let Err(error) = fs::write(skips, "") {
        return Outcome::Failed(format!("{}: {error}", skips.display()));
    }
    // The binary that whole-system tests start, and the one cluster that they share.
    if let Err(failure) = workspace::run(workspace.cargo().args(["build", "--workspace", "--bins"]), "the binaries") {
        return Err::<(), _>(failure).into();
    }
    let scratch = scratch_in_memory();
    let postgres = SharedPostgres::start(workspace, scratch.as_ref());
    let has_nextest = workspace::printed(workspace.cargo().args(["nextest", "--version"])).is_some();
    let mut cargo = workspace.cargo();
    cargo.env(SKIPS, skips);
    if let Some(scratch) = &scratch {
        cargo.env("TMPDIR", scratch.path());
    }
    if let Some(postgres) = &postgres {
        cargo.env("CURBSTOP_TEST_POSTGRES", &postgres.url).env("CURBSTOP_TEST_POSTGRES_TEMPLATE", &postgres.template);
    }
    if has_nextest {
        cargo.args(["nextest", "run", "--workspace"]);
    } else {
        eprintln!("tests: cargo-nextest is not installed, using cargo test (slower, same tests)");
        cargo.args(["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]);
    }
    workspace::run(&mut cargo, "the tests").into()
}

/// A folder in memory for the tests' databases and browser profiles, where the machine has plenty: writing nine gigabytes to
/// a disk takes a quarter of two cores. It is gone when dropped.
fn scratch_in_memory() -> Option<TempDir> {
    let room = workspace::printed(Command::new("df").args(["-Pk", MEMORY]))?;
    let free_kib: u64 = room.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    if free_kib < SCRATCH_MIN_KIB {
        return None;
    }
    // PostgreSQL runs as somebody else and has to come through.
    let open = fs::Permissions::from_mode(0o755);
    tempfile::Builder::new().prefix("curbstop-tests-").permissions(open).tempdir_in(MEMORY).ok()
}

/// One PostgreSQL cluster for all tests: starting one for each takes longer than most of them. It ends when dropped.
/// Where it can't be had, each test tries for itself and says what is missing.
struct SharedPostgres {
    process: Child,
    url: String,
    template: String,
}

impl SharedPostgres {
    fn start(workspace: &Workspace, scratch: Option<&TempDir>) -> Option<Self> {
        let mut command = Command::new(workspace.path("target/debug/shared_postgres"));
        if let Some(scratch) = scratch {
            command.env("TMPDIR", scratch.path());
        }
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take()?).read_line(&mut line).ok()?;
        let (url, template) = line.trim().split_once(' ')?;
        Some(Self { url: url.to_owned(), template: template.to_owned(), process })
    }
}

impl Drop for SharedPostgres {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It ends by itself; what it says at the end changes nothing.
        let _ = self.process.wait();
    }
}

/// What tests wrote down as left out, each reason once with its count.
fn skipped_tests(skips: &Path) -> Vec<String> {
    let text = fs::read_to_string(skips).unwrap_or_default();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.chunk_by(|a, b| a == b).filter_map(|same| Some(format!("{} ({} times)", same.first()?, same.len()))).collect()
}

/// The same places that the tests look at.
fn postgres_is_installed() -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.map(|version| version.path().join("bin/initdb")).any(|initdb| initdb.is_file())
        || workspace::program(&["initdb"], &[]).is_some()
}
