//! `curbstop serve`: the server, until it is asked to stop.

use super::{CliError, open_state, say};
use crate::{
    config::Config,
    http,
    service::{accounts, housekeeping},
    state::AppState,
    store::feed,
};
use axum::serve::ListenerExt as _;
use std::{future::Future, net::SocketAddr, time::Duration};
use tokio::{net::TcpListener, signal};

/// Requests under way may finish for so long after the signal.
const DRAIN_MAX: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(config: Config, Args {}: Args) -> Result<(), CliError> {
    let state = open_state(config).await?;
    let listen = state.config.listen;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|source| CliError::Io { what: format!("listening on {listen}"), source })?;
    let local = listener.local_addr().unwrap_or(listen);
    say(format_args!("Curbstop listens on http://{local}"))?;
    serve(state, listener, asked_to_stop()).await
}

/// Serves on a listener until `stop` is done; then lets running requests finish and closes the database.
///
/// # Errors
/// When the listener or the database fails.
pub async fn serve(
    state: AppState,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), CliError> {
    let store = state.store.clone();
    accounts::list_the_rest(&state).await?;
    // Read before anybody can write through us: no event of ours is missed.
    let last = feed::head(&mut store.reader().await?).await?;
    let follower = tokio::spawn({
        let state = state.clone();
        async move { state.feed.follow(&state.store, last).await }
    });
    let housekeeper = tokio::spawn(housekeeping::keep(state.clone()));
    let feed = state.feed.clone();
    let app = http::router(state).into_make_service_with_connect_info::<SocketAddr>();
    // An answer goes out at once: held back for a fuller packet, it would wait for the other side's acknowledgement.
    let listener = listener.tap_io(|stream| {
        // Where the option can't be set, answers are slower and just as right.
        let _ = stream.set_nodelay(true);
    });
    let graceful = axum::serve(listener, app).with_graceful_shutdown({
        let feed = feed.clone();
        async move {
            stop.await;
            feed.stop();
        }
    });
    let served = tokio::select! {
        served = graceful.into_future() => served,
        // A client that neither sends nor closes must not hold us up.
        () = async {
            feed.stopped().await;
            tokio::time::sleep(DRAIN_MAX).await;
        } => Ok(()),
    };
    follower.abort();
    housekeeper.abort();
    store.close().await?;
    served.map_err(|source| CliError::Io { what: "serving".to_owned(), source })
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
