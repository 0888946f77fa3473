//! `curbstop user`: people who sign in.

use super::{CliError, open_state, say};
use crate::{
    config::Config,
    service::{
        authorise::Actor,
        people::{self, NewPerson},
    },
    state::AppState,
    store::crews,
};
use curbstop_shared::vocabulary::Role;
use std::io::{self, BufRead};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Add a person; the password is read from the first line of stdin
    Add {
        /// What they sign in with
        login: String,
        /// admin, dispatcher, office, supervisor, crew, contractor, auditor or cis
        #[arg(long)]
        role: Role,
        /// What colleagues call them [default: the login]
        #[arg(long)]
        name: Option<String>,
        /// The crew they ride with, by name
        #[arg(long)]
        crew: Option<String>,
        /// They never sign in at a desk (crews on tablets)
        #[arg(long)]
        no_password: bool,
    },
    /// Set a new password, read from the first line of stdin, and end their sessions
    Password {
        /// What they sign in with
        login: String,
    },
    /// Let them sign in no longer, and end their sessions
    Disable {
        /// What they sign in with
        login: String,
    },
    /// Everybody
    List,
}

pub(super) async fn run(config: Config, args: Args) -> Result<(), CliError> {
    let state = open_state(config).await?;
    let actor = Actor::SYSTEM;
    match args.what {
        What::Add { login, role, name, crew, no_password } => {
            let password = if no_password { None } else { Some(password_from_stdin()?) };
            let crew_id = match crew {
                Some(name) => Some(crew_named(&state, &name).await?),
                None => None,
            };
            let name = name.unwrap_or_else(|| login.clone());
            let person = people::add_now(&state, &actor, NewPerson { login, name, role, password, crew_id }).await?;
            say(format_args!("added {} ({}), id {}", person.login, person.role, person.id))?;
        }
        What::Password { login } => {
            people::set_password(&state, &actor, &login, &password_from_stdin()?).await?;
            say(format_args!("{login} has a new password and is signed out everywhere"))?;
        }
        What::Disable { login } => {
            people::let_go(&state, &actor, &login).await?;
            say(format_args!("{login} can no longer sign in"))?;
        }
        What::List => {
            for person in people::list(&state).await? {
                let state = if person.active { "active" } else { "disabled" };
                say(format_args!("{}\t{}\t{}\t{state}\t{}", person.login, person.role, person.name, person.id))?;
            }
        }
    }
    Ok(state.store.close().await?)
}

async fn crew_named(state: &AppState, name: &str) -> Result<curbstop_shared::ids::CrewId, CliError> {
    let crew = crews::by_name(&mut state.store.reader().await?, name).await?;
    Ok(crew.ok_or_else(|| CliError::Usage(format!("there is no crew called {name}")))?.crew_id())
}

fn password_from_stdin() -> Result<String, CliError> {
    let mut line = String::new();
    let what = || "reading the password from stdin".to_owned();
    io::stdin().lock().read_line(&mut line).map_err(|source| CliError::Io { what: what(), source })?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(CliError::Usage("give the password on the first line of stdin".to_owned()));
    }
    Ok(password.to_owned())
}
