//! `curbstop device`: tablets.

use super::{CliError, open_state, say};
use crate::{
    config::Config,
    service::{authorise::Actor, enrolment},
};
use curbstop_shared::ids::DeviceId;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Every tablet
    List,
    /// Revoke a lost tablet: it gets nothing more; what it still uploads waits for a decision
    Revoke {
        /// Its id, from `curbstop device list`
        id: DeviceId,
    },
}

pub(super) async fn run(config: Config, args: Args) -> Result<(), CliError> {
    let state = open_state(config).await?;
    match args.what {
        What::List => {
            for device in enrolment::list(&state).await? {
                let standing = device.revoked_at.map_or_else(|| "active".to_owned(), |at| format!("revoked {at}"));
                let seen = device.last_seen_at.map_or_else(|| "never synced".to_owned(), |at| at.to_string());
                say(format_args!("{}\t{}\t{}\t{standing}\t{seen}", device.id, device.name, device.crew.name))?;
            }
        }
        What::Revoke { id } => {
            enrolment::revoke(&state, &Actor::SYSTEM, id).await?;
            say(format_args!("{id} is revoked"))?;
        }
    }
    Ok(state.store.close().await?)
}
