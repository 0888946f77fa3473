//! `cargo xtask`: every job of this house as one command that sets up what is missing and says so first.

mod bench;
mod client;
mod demo;
mod laws;
mod licences;
mod mutants;
mod phases;
mod pictures;
mod provision;
mod test;
mod workspace;

use clap::{Parser, Subcommand, ValueEnum};
use std::process::ExitCode;
use workspace::Workspace;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Curbstop's one-command jobs: demo, test, client, laws, mutants, pictures, bench."
)]
struct Cli {
    #[command(subcommand)]
    job: Job,
}

#[derive(Subcommand)]
enum Job {
    /// Set up what is missing, build server and tablet app, start a demo utility on this machine.
    Demo {
        /// Passed on to `curbstop demo`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Set up what is missing, then run every check and every test.
    Test,
    /// Build the tablet's app into `target/client-dist/`.
    Client {
        /// `client` is small (what tablets get), `dev` is quick to build.
        #[arg(long, value_enum, default_value_t = Profile::Client)]
        profile: Profile,
    },
    /// Try the property tests with cases that nobody has tried yet, for so many rounds or until one fails.
    Laws {
        /// Rounds; each takes some seconds.
        #[arg(long, default_value_t = 20)]
        rounds: u32,
    },
    /// Break each rule on purpose, and see whether the walk through every small day notices.
    Mutants,
    /// Take the pictures of the documents anew, of a demo utility in a real browser, into `docs/screens/`.
    Pictures,
    /// Measure what the goals speak of and print it beside them. Best on a machine that does nothing else.
    Bench {
        /// What is measured.
        #[arg(value_enum)]
        subject: bench::Subject,
        /// Passed on to the program that measures; `routing` needs some: try `routing -- --help`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

/// How the tablet's app is compiled.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Profile {
    /// Quick to build, large, with names in backtraces.
    Dev,
    /// Small over the air: the profile `client` of the workspace.
    Client,
}

/// Why a job did not get done. The text says what to do about it.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Something has to be installed first, and this program could not do it.
    #[error("{0}")]
    Missing(String),
    /// A program ran and said no.
    #[error("{what} failed ({status}); what it printed above says why")]
    Command { what: String, status: String },
    /// A file or a program could not be reached.
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
    /// The bindings between WebAssembly and JavaScript could not be made.
    #[error("wasm-bindgen: {0}")]
    Bindgen(String),
    /// The tablet's shell in `field-client/web` contradicts itself.
    #[error("field-client/web: {0}")]
    Shell(String),
    /// The dependency tree could not be held against `deny.toml`.
    #[error("licences: {0}")]
    Licences(String),
    /// At least one phase of a long job went wrong.
    #[error("{0}")]
    Phases(String),
}

impl Failure {
    fn io(what: impl ToString) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.to_string();
        move |source| Self::Io { what, source }
    }

    /// 2 where something must be installed first, else 1.
    fn exit_code(&self) -> ExitCode {
        ExitCode::from(if matches!(self, Self::Missing(_)) { 2 } else { 1 })
    }
}

fn main() -> ExitCode {
    let workspace = Workspace::here();
    let done = match Cli::parse().job {
        Job::Demo { args } => demo::run(&workspace, &args),
        Job::Test => test::run(&workspace),
        Job::Client { profile } => client::build(&workspace, profile),
        Job::Laws { rounds } => laws::run(&workspace, rounds),
        Job::Mutants => mutants::run(&workspace),
        Job::Pictures => pictures::run(&workspace),
        Job::Bench { subject: bench::Subject::Routing, args } => bench::routing(&workspace, &args),
        Job::Bench { subject, .. } => bench::run(&workspace, subject),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            failure.exit_code()
        }
    }
}
