//! `curbstop demo`: a made-up utility on its cut-off day, on this machine only.

use super::{CliError, open_state, say, serve};
use crate::{
    config::{Config, Layer},
    service::{demonstrating, enrolment},
    store::hold,
};
use tokio::net::TcpListener;

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

/// Where the demo keeps its database and in which zone its town lies, where nobody said otherwise.
pub(super) fn layer(given: Layer) -> Layer {
    given.over(Layer {
        database: Some("sqlite:curbstop-demo.db".to_owned()),
        time_zone: Some(chrono_tz::America::Denver),
        dispatch_phone: Some("555-0100".to_owned()),
        log: Some("warn".to_owned()),
        ..Layer::default()
    })
}

pub(super) async fn run(config: Config, Args {}: Args) -> Result<(), CliError> {
    let listen = config.listen;
    if !listen.ip().is_loopback() {
        let text = format!("the demo's passwords are public, so it listens on loopback only, not on {listen}");
        return Err(CliError::Usage(text));
    }
    let _held = hold(&config.database)?;
    let state = open_state(config).await?;
    if demonstrating::set_up(&state).await? {
        say(
            "Alder Fork was made: a town, its crews, its last working day with all that went wrong, and today's routes.",
        )?;
    }
    let truck = demonstrating::truck(&state).await?;
    let code = enrolment::make_code(&state, &demonstrating::dispatcher(&state).await?, truck).await?.code;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|source| CliError::Io { what: format!("listening on {listen}"), source })?;
    let local = listener.local_addr().unwrap_or(listen);
    say(format_args!("\nDesks:   http://{local}/"))?;
    let logins: Vec<&str> = demonstrating::LOGINS.iter().map(|(login, ..)| *login).collect();
    say(format_args!("         sign in as {} with {}", logins.join(", "), demonstrating::PASSWORD))?;
    say(format_args!("Tablet:  http://{local}/field/#enrol={code}"))?;
    say(format_args!("         or type the code {code} (Truck 12, good for ten minutes; another: /dispatch)"))?;
    if demonstrating::has_pins(&state).await? {
        let pins: Vec<String> = demonstrating::PINS.iter().map(|(name, pin)| format!("{name} {pin}")).collect();
        say(format_args!("         Truck 14 has PINs: {} (its code: /dispatch/tablets)", pins.join(", ")))?;
    }
    say("Ctrl-C ends it; the same command goes on with the same database.\n")?;
    serve::serve(state, listener, serve::asked_to_stop()).await
}
