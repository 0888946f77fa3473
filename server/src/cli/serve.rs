//! `curbstop serve`: the server, until it is asked to stop.

use super::{CliError, open_state, say};
use crate::{
    config::Config,
    http,
    service::{accounts, housekeeping},
    state::AppState,
    store::{feed, hold},
};
use std::{future::Future, net::SocketAddr, time::Duration};
use tokio::{net::TcpListener, signal};

/// Requests under way may finish for so long after the signal.
const DRAIN_MAX: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(config: Config, Args {}: Args) -> Result<(), CliError> {
    if cfg!(debug_assertions) {
        stays_on_this_machine(config.listen)?;
        if let Some(url) = &config.public_url {
            tracing::warn!("{SLOW_AND_WEAK} It is not for {url}: build it with `cargo build --release`.");
        }
    }
    let _held = hold(&config.database)?;
    let state = open_state(config).await?;
    let listen = state.config.listen;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|source| CliError::Io { what: format!("listening on {listen}"), source })?;
    let local = listener.local_addr().unwrap_or(listen);
    say(format_args!("Curbstop listens on http://{local}"))?;
    serve(state, listener, asked_to_stop()).await
}

/// What a build for work and tests is, to whoever runs one for others: see `service::passwords`.
const SLOW_AND_WEAK: &str = "This is a debug build: it keeps passwords at a test's cost and is slow.";

/// A build for work and tests is reached from its own machine only.
fn stays_on_this_machine(listen: SocketAddr) -> Result<(), CliError> {
    if listen.ip().is_loopback() {
        return Ok(());
    }
    Err(CliError::Usage(format!(
        "{SLOW_AND_WEAK} So it listens on this machine only, not on {listen}: build it with `cargo build --release`, or give \
         --listen 127.0.0.1:{}",
        listen.port()
    )))
}

/// Serves on a listener until `stop` is done; then lets running requests finish and closes the database.
///
/// # Errors
/// When the database fails.
pub async fn serve(
    state: AppState,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), CliError> {
    let (store, plan_searches) = (state.store.clone(), state.plan_searches.clone());
    accounts::list_the_rest(&state).await?;
    // Read before anybody can write through us: no event of ours is missed.
    let last = feed::head(&mut store.reader().await?).await?;
    let follower = tokio::spawn({
        let state = state.clone();
        async move { state.feed.follow(&state.store, last).await }
    });
    let housekeeper = tokio::spawn(housekeeping::keep(state.clone()));
    let feed = state.feed.clone();
    let stopping = {
        let feed = feed.clone();
        async move {
            stop.await;
            feed.stop();
        }
    };
    tokio::select! {
        () = http::sockets::serve(listener, http::router(state), stopping) => {}
        // A client that neither sends nor closes must not hold us up.
        () = async {
            feed.stopped().await;
            tokio::time::sleep(DRAIN_MAX).await;
        } => {}
    }
    // A plan that was being built is kept as far as it was found.
    plan_searches.finished(DRAIN_MAX).await;
    follower.abort();
    housekeeper.abort();
    Ok(store.close().await?)
}

/// Ctrl-C, or SIGTERM from a service manager.
pub(super) async fn asked_to_stop() {
    let interrupt = async {
        // Without a handler for it there is nothing to wait for here; the other signal remains.
        if signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let terminate = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut term) => {
                term.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
    tracing::info!("stopping: running requests may finish");
}
