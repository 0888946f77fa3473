//! `curbstop migrate`: brings the database's schema up to date.

use super::{CliError, say};
use crate::{
    clock::{Clock, SystemClock},
    config::Config,
    store::Store,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(config: Config, Args {}: Args) -> Result<(), CliError> {
    let store = Store::open(&config.database).await?;
    let applied = store.migrate(SystemClock.now()).await?;
    for name in &applied {
        say(format_args!("applied {name}"))?;
    }
    if applied.is_empty() {
        say("The schema is up to date.")?;
    }
    Ok(store.close().await?)
}
