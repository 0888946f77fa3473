//! `curbstop crew`: who rides out together.

use super::{CliError, open_state, say};
use crate::{
    config::Config,
    service::{
        authorise::Actor,
        crews::{self, CrewKind, NewCrew},
    },
};
use curbstop_shared::vocabulary::Product;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Add a crew
    Add {
        /// What everybody calls it, as "Truck 12"
        name: String,
        /// Products that it may cut and restore, as water,electric
        #[arg(long, value_delimiter = ',', required = true)]
        qualified: Vec<Product>,
        /// It is a contractor's: its tablets show no names and amounts
        #[arg(long)]
        contractor: bool,
        /// Where dispatch reaches it
        #[arg(long)]
        phone: Option<String>,
    },
    /// Every crew
    List,
}

pub(super) async fn run(config: Config, args: Args) -> Result<(), CliError> {
    let state = open_state(config).await?;
    match args.what {
        What::Add { name, qualified, contractor, phone } => {
            let kind = if contractor { CrewKind::Contractor } else { CrewKind::Own };
            let new = NewCrew { name, kind, phone, qualifications: qualified };
            let mut work = state.store.begin().await?;
            let crew = crews::insert(&state, &mut work, &Actor::SYSTEM, new).await?;
            work.commit().await?;
            say(format_args!("{} is added", crew.name))?;
        }
        What::List => {
            for crew in crews::list(&state).await? {
                let products: Vec<&str> = crew.qualifications.iter().map(|product| product.code()).collect();
                let phone = crew.phone.as_deref().unwrap_or("-");
                say(format_args!(
                    "{}\t{}\t{}\t{phone}",
                    crew.name,
                    if crew.kind == CrewKind::Own { "own" } else { "contractor" },
                    products.join(",")
                ))?;
            }
        }
    }
    Ok(state.store.close().await?)
}
