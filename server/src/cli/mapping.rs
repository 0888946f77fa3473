//! `curbstop mapping`: what the headings of a source's files mean.

use super::{CliError, open_state, say};
use crate::{
    config::Config,
    import::Mapping,
    service::{authorise::Actor, mappings},
};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Keep a source's own mappings (JSON list, see docs/file-formats.md), in place of those it had
    Set {
        /// The file with the list
        file: PathBuf,
        /// The system that they are for, as imports name it
        #[arg(long)]
        source: String,
    },
    /// Print a source's own mappings
    Show {
        /// The system
        #[arg(long)]
        source: String,
    },
}

pub(super) async fn run(config: Config, args: Args) -> Result<(), CliError> {
    match args.what {
        What::Set { file, source } => {
            let text = std::fs::read_to_string(&file)
                .map_err(|source| CliError::Io { what: format!("cannot read {}", file.display()), source })?;
            let list: Vec<Mapping> = serde_json::from_str(&text).map_err(|e| {
                CliError::Usage(format!("{} is no list of mappings: {e}. See docs/file-formats.md.", file.display()))
            })?;
            let state = open_state(config).await?;
            let done = mappings::put(&state, &Actor::SYSTEM, &source, &list).await;
            state.store.close().await?;
            done?;
            say(format_args!("{source}: {} mappings are kept", list.len()))
        }
        What::Show { source } => {
            let state = open_state(config).await?;
            let list = mappings::of_source(&state, &Actor::SYSTEM, &source).await;
            state.store.close().await?;
            let json = serde_json::to_string_pretty(&list?)
                .map_err(|e| CliError::Usage(format!("the mappings can't be shown: {e}")))?;
            say(json)
        }
    }
}
