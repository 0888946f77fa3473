//! The command line: one file for each sub-command.

mod audit;
mod backup;
mod crew;
mod demo;
mod device;
mod export;
mod import;
mod mapping;
mod migrate;
mod openapi;
mod policy;
pub mod serve;
mod user;

use crate::{
    clock::{Clock, SystemClock},
    config::{Config, ConfigError, Layer},
    service::{RefusalKind, ServiceError, backing_up::BackupError},
    state::AppState,
    store::{Store, StoreError},
};
use clap::{Parser, Subcommand};
use std::{
    io::{self, Write},
    path::PathBuf,
};
use tracing_subscriber::EnvFilter;

/// Runs a utility's field collections day: orders out to the crews' tablets, what they did back in.
#[derive(Debug, Parser)]
#[command(name = "curbstop", version, propagate_version = true)]
pub struct Cli {
    /// Settings file (TOML); variables and flags beat it
    #[arg(long, global = true, env = "CURBSTOP_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    layer: Layer,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Args),
    /// Run a made-up utility on its cut-off day, on this machine only
    Demo(demo::Args),
    /// Bring the database's schema up to date (`serve` does so by itself)
    Migrate(migrate::Args),
    /// People who sign in
    User(user::Args),
    /// Crews
    Crew(crew::Args),
    /// Tablets
    Device(device::Args),
    /// Files for the systems around
    Export(export::Args),
    /// The trail of who did what
    Audit(audit::Args),
    /// Copy database and photos into a new folder, while the server goes on
    Backup(backup::Backup),
    /// Put a backup back, where nothing is yet
    Restore(backup::Restore),
    /// Bring in a file of the billing system (exit code 2 when it can't be read as a whole)
    Import(import::Args),
    /// What the headings of a source's files mean
    Mapping(mapping::Args),
    /// By which rules the utility cuts and restores
    Policy(policy::Args),
    /// Print the description of the API (OpenAPI 3.1), as it is at /api/v1/openapi.json
    Openapi(openapi::Args),
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A setting can't be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The use case refused.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A backup was not made, or not taken back.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The audit trail is not whole.
    #[error("{0}")]
    Trail(String),
    /// Reading, writing, listening.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
    /// What was given can't be used.
    #[error("{0}")]
    Usage(String),
    /// A file can't be read as a whole; nothing of it was taken in.
    #[error("{detail} [{code}]")]
    FileRefused {
        /// The reason's stable code.
        code: &'static str,
        /// What is wrong and what to do.
        detail: String,
    },
}

impl CliError {
    /// What scripts learn from the exit code: 2 for a file (or a command line) that can't be used, 1 for the rest.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::FileRefused { .. } => 2,
            _ => 1,
        }
    }

    /// The error of an import: what the caller can put right is about the file.
    fn from_import(error: ServiceError) -> Self {
        match error {
            ServiceError::Refused(refusal) if refusal.kind != RefusalKind::Busy => {
                Self::FileRefused { code: refusal.code, detail: refusal.detail }
            }
            other => Self::Service(other),
        }
    }
}

/// Reads the command line and does what it says.
///
/// # Errors
/// With a text for the person at the shell.
pub async fn run() -> Result<(), CliError> {
    let cli = Cli::parse();
    let file = cli.config.as_deref().map(Layer::from_file).transpose()?.unwrap_or_default();
    let mut layer = cli.layer.over(file);
    if matches!(cli.command, Command::Demo(_)) {
        layer = demo::layer(layer);
    }
    let config = Config::from_layer(layer)?;
    if matches!(cli.command, Command::Serve(_) | Command::Demo(_) | Command::Import(_)) {
        // These go by rules; whoever looks into a pack that is not right is not stopped by its being in force.
        config.check_policy()?;
    }
    log_as(&config)?;
    match cli.command {
        Command::Serve(args) => serve::run(config, args).await,
        Command::Demo(args) => demo::run(config, args).await,
        Command::Migrate(args) => migrate::run(config, args).await,
        Command::User(args) => user::run(config, args).await,
        Command::Crew(args) => crew::run(config, args).await,
        Command::Device(args) => device::run(config, args).await,
        Command::Export(args) => export::run(config, args).await,
        Command::Audit(args) => audit::run(config, args).await,
        Command::Backup(args) => backup::back_up(config, args).await,
        Command::Restore(args) => backup::restore(config, args).await,
        Command::Import(args) => import::run(config, args).await,
        Command::Mapping(args) => mapping::run(config, args).await,
        Command::Policy(args) => policy::run(config, args).await,
        Command::Openapi(args) => openapi::run(args),
    }
}

/// Opens the database, brings its schema up to date, and returns what commands work with.
///
/// # Errors
/// When it can't be opened or migrated.
pub async fn open_state(config: Config) -> Result<AppState, CliError> {
    let store = Store::open(&config.database).await?;
    for name in store.migrate(SystemClock.now()).await? {
        tracing::info!(migration = name, "applied");
    }
    Ok(AppState::new(store, config))
}

/// Writes a line for the person (or pipe) at the other end.
///
/// # Errors
/// When nobody reads any more.
pub fn say(line: impl std::fmt::Display) -> Result<(), CliError> {
    let what = || "writing the answer".to_owned();
    writeln!(io::stdout().lock(), "{line}").map_err(|source| CliError::Io { what: what(), source })
}

fn log_as(config: &Config) -> Result<(), CliError> {
    let bad = |e| CliError::Usage(format!("log = \"{}\" is not understood: {e}", config.log));
    let filter = EnvFilter::builder().parse(&config.log).map_err(bad)?;
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    if config.log_json {
        subscriber.json().init()
    } else {
        subscriber.init()
    }
    Ok(())
}
