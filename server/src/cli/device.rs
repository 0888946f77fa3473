//! `curbstop device`: tablets.

use super::{CliError, open_state, say};
use crate::{
    config::Config,
    service::{
        authorise::{Actor, Who},
        crews, enrolment, people,
    },
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
    /// Make a one-time code that enrols a tablet for a crew
    Code {
        /// The crew, by name
        #[arg(long)]
        crew: String,
        /// Who hands it out: the login of an administrator, dispatcher or supervisor
        #[arg(long)]
        by: String,
    },
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
        What::Code { crew, by } => {
            let crews = crews::list(&state).await?;
            let crew = crews.iter().find(|known| known.name == crew).ok_or_else(|| {
                let names: Vec<&str> = crews.iter().map(|known| known.name.as_str()).collect();
                CliError::Usage(format!("there is no crew called \"{crew}\"; there are: {}", names.join(", ")))
            })?;
            let people = people::list(&state).await?;
            let person = people.iter().find(|person| person.login == by && person.active);
            let person = person.ok_or_else(|| CliError::Usage(format!("nobody signs in as \"{by}\"")))?;
            let actor = Actor { who: Who::Person(person.id), role: person.role, crew: None };
            let code = enrolment::make_code(&state, &actor, crew.id).await?;
            say(format_args!("{} (for {}, until {})", code.code, crew.name, code.expires_at))?;
            say(format_args!("{}/field/#enrol={}", state.config.base_url(), code.code))?;
        }
        What::Revoke { id } => {
            enrolment::revoke(&state, &Actor::SYSTEM, id).await?;
            say(format_args!("{id} is revoked"))?;
        }
    }
    Ok(state.store.close().await?)
}
