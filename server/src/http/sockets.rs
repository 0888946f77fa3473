//! The sockets themselves: so many at once, so many from one peer, and none that never says what it wants.

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{
    collections::HashMap,
    io,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
};
use tower::ServiceExt as _;

/// All at once; more wait in the system's queue. The process needs as many open files, and a hundred for itself.
const AT_ONCE: usize = 4_096;
/// Of one peer that is not this machine, where the proxy lives: a utility behind one address has sixty tablets and as
/// many desks, a browser has six for each.
const OF_A_PEER: usize = 1_024;
/// A request's head is here so long after the answer before it, or the socket closes: longer than a proxy rests its
/// own (60 s), else it would send a request into a socket that just closes.
const HEAD_MAX: Duration = Duration::from_secs(75);
/// What a head may come to, and what is read ahead of a body.
const BUFFER_BYTES: usize = 64 << 10;
/// After a failure that is not one socket's own (no open files left) we wait so long.
const REST: Duration = Duration::from_secs(1);

/// Answers what comes in on `listener` until `stop` is done; then takes no more, and is done once every request that
/// runs is answered. Dropping it ends them.
pub async fn serve(listener: TcpListener, app: Router, stop: impl Future<Output = ()>) {
    let (stops, stopped) = watch::channel(false);
    let (slots, peers) = (Arc::new(Semaphore::new(AT_ONCE)), Peers::default());
    let mut open = JoinSet::new();
    tokio::pin!(stop);
    loop {
        let next = async {
            // We never close it.
            let slot = slots.clone().acquire_owned().await.ok();
            (listener.accept().await, slot)
        };
        let (accepted, slot) = tokio::select! {
            next = next => next,
            Some(_) = open.join_next() => continue,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(counted) = peers.enter(peer.ip()) else {
                    tracing::debug!(%peer, "too many sockets of one peer");
                    continue;
                };
                let (app, stopped) = (app.clone(), stopped.clone());
                open.spawn(async move {
                    answer(stream, peer, app, stopped).await;
                    drop((slot, counted));
                });
            }
            Err(e) if is_its_own(&e) => {}
            Err(e) => {
                tracing::error!(error = %e, "no socket could be taken in");
                tokio::time::sleep(REST).await;
            }
        }
    }
    drop(listener);
    stops.send_replace(true);
    while open.join_next().await.is_some() {}
}

async fn answer(stream: TcpStream, peer: SocketAddr, app: Router, mut stopped: watch::Receiver<bool>) {
    // An answer goes out at once: held back for a fuller packet, it would wait for the other side's acknowledgement.
    // Where the option can't be set, answers are slower and just as right.
    let _ = stream.set_nodelay(true);
    let app = app.map_request(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_MAX).max_buf_size(BUFFER_BYTES);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(app));
    tokio::pin!(connection);
    let stops = async {
        // Whoever would tell us is gone with the server.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stops => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(e) = ended {
        tracing::debug!(error = %e, "a connection broke");
    }
}

/// Nobody else's trouble.
fn is_its_own(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// How many sockets each peer has.
#[derive(Debug, Clone, Default)]
struct Peers(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One socket of a peer, for as long as it is open.
#[derive(Debug)]
struct Counted {
    peers: Peers,
    /// None for this machine, which nobody counts.
    who: Option<IpAddr>,
}

impl Peers {
    /// None where the peer has too many.
    fn enter(&self, peer: IpAddr) -> Option<Counted> {
        let who = counted_as(peer);
        if let Some(who) = who {
            let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let sockets = peers.entry(who).or_default();
            if *sockets >= OF_A_PEER {
                return None;
            }
            *sockets += 1;
        }
        Some(Counted { peers: self.clone(), who })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Some(who) = self.who else { return };
        let mut peers = self.peers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sockets) = peers.get_mut(&who) {
            *sockets -= 1;
            if *sockets == 0 {
                peers.remove(&who);
            }
        }
    }
}

/// Whom a socket counts for; nobody, where it comes from this machine.
fn counted_as(peer: IpAddr) -> Option<IpAddr> {
    let peer = household(peer);
    (!peer.is_loopback()).then_some(peer)
}

/// One household has as many addresses of version 6 as it likes, all in one network: they count as one.
pub fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_has_so_many_sockets_and_the_proxy_as_many_as_it_likes() {
        let peers = Peers::default();
        let [one, other, proxy] = ["203.0.113.9", "203.0.113.10", "127.0.0.1"].map(|ip| ip.parse::<IpAddr>().unwrap());
        let mut open: Vec<_> = (0..OF_A_PEER).map(|_| peers.enter(one).unwrap()).collect();
        assert!(peers.enter(one).is_none());
        assert!(peers.enter(other).is_some());
        let _through_it: Vec<_> = (0..=OF_A_PEER).map(|_| peers.enter(proxy).unwrap()).collect();
        open.pop();
        assert!(peers.enter(one).is_some());
        drop(open);
        assert!(peers.0.lock().unwrap().is_empty());
    }

    #[test]
    fn addresses_of_one_network_are_one_peer() {
        let peer = |ip: &str| counted_as(ip.parse().unwrap());
        assert_eq!(peer("2001:db8:1:2:3::4"), peer("2001:db8:1:2:ffff::1"));
        assert_ne!(peer("2001:db8:1:2:3::4"), peer("2001:db8:1:3:3::4"));
        assert_eq!(peer("::ffff:203.0.113.9"), peer("203.0.113.9"));
        assert_eq!(peer("::1"), None);
    }
}
