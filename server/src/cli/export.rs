//! `curbstop export`: files for the systems around.

use super::{CliError, open_state, say};
use crate::{config::Config, export, service::results};
use chrono::NaiveDate;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// One row for each line of each visit that came in
    Results {
        /// First day, YYYY-MM-DD
        #[arg(long)]
        from: NaiveDate,
        /// Last day, YYYY-MM-DD [default: the first]
        #[arg(long)]
        to: Option<NaiveDate>,
        /// Where to write it
        #[arg(long)]
        out: PathBuf,
    },
}

pub(super) async fn run(config: Config, args: Args) -> Result<(), CliError> {
    let state = open_state(config).await?;
    match args.what {
        What::Results { from, to, out } => {
            let rows = results::of_days(&state, from, to.unwrap_or(from)).await?;
            let file = export::results::write(&rows).map_err(|bad| CliError::Usage(bad.to_string()))?;
            std::fs::write(&out, file)
                .map_err(|source| CliError::Io { what: format!("writing {}", out.display()), source })?;
            say(format_args!("{} rows in {}", rows.len(), out.display()))?;
        }
    }
    Ok(state.store.close().await?)
}
