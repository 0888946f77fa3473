//! The signal between tablet and server: a TCP proxy that a test opens, closes, slows down, and lets lose an answer.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// Bytes read from a socket at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// Bytes that a slow request gets through in each [`SLOW_EVERY`].
pub const SLOW_BYTES: usize = 50;
/// See [`SLOW_BYTES`].
const SLOW_EVERY: Duration = Duration::from_millis(100);

/// A proxy on a port of its own. It starts with a signal and ends when dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    /// Where new connections lead.
    server: Mutex<SocketAddr>,
    has_signal: watch::Sender<bool>,
    /// Connections that are open now.
    open: watch::Sender<usize>,
    /// Starts of requests (`POST /api/v1/sync`) whose next answer is lost, and whether the signal goes with it.
    to_lose: Mutex<Vec<(String, Then)>>,
    lost: AtomicUsize,
    /// Start of the requests that go through slowly.
    slow: Mutex<Option<String>>,
    /// Start of the requests that are taken and never answered.
    hanging: Mutex<Option<String>>,
    /// How many hang, or did until the tablet gave them up.
    hung: AtomicUsize,
    /// Methods and paths of the requests that reached the server, in their order.
    carried: Mutex<Vec<String>>,
}

/// How the world looks after an answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Signal,
    NoSignal,
}

impl Proxy {
    /// Listens on a free port of the loopback and forwards to `server`.
    ///
    /// # Panics
    /// When no port can be had.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared {
            server: Mutex::new(server),
            has_signal: watch::Sender::new(true),
            open: watch::Sender::new(0),
            to_lose: Mutex::default(),
            lost: AtomicUsize::new(0),
            slow: Mutex::default(),
            hanging: Mutex::default(),
            hung: AtomicUsize::new(0),
            carried: Mutex::default(),
        });
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Self { address, shared, accepting }
    }

    /// Where the tablet connects to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends every connection and resets every new one. When this returns, nothing goes through any more.
    pub async fn no_signal(&self) {
        self.shared.has_signal.send_replace(false);
        let mut open = self.shared.open.subscribe();
        // The sender lives in `self.shared`, so waiting can't fail.
        let _ = open.wait_for(|open| *open == 0).await;
    }

    /// Lets connections through again.
    pub fn signal(&self) {
        self.shared.has_signal.send_replace(true);
    }

    /// Leads new connections to another server: the same address after a restart or an upgrade.
    pub fn serve_from(&self, server: SocketAddr) {
        *self.shared.server.lock().unwrap_or_else(PoisonError::into_inner) = server;
    }

    /// The next request that starts with `request` (method and path: `POST /api/v1/sync`) reaches the server, which
    /// answers, but the connection ends before the answer arrives. A browser may send such a request again by itself.
    pub fn lose_next_answer_to(&self, request: &str) {
        self.shared.to_lose().push((request.to_owned(), Then::Signal));
    }

    /// As [`Self::lose_next_answer_to`], and the signal goes with the answer: nothing is sent again before
    /// [`Self::signal`].
    pub fn lose_next_answer_and_signal(&self, request: &str) {
        self.shared.to_lose().push((request.to_owned(), Then::NoSignal));
    }

    /// From now on requests that start with `request` (method and path) go through at [`SLOW_BYTES`] a tenth of a second,
    /// as from the edge of a cell; nothing else does. `None`: all are quick again, from the next request on.
    pub fn slow_down(&self, request: Option<&str>) {
        *self.shared.slow.lock().unwrap_or_else(PoisonError::into_inner) = request.map(str::to_owned);
    }

    /// From now on requests that start with `request` (method and path) are taken, go no further, and nothing comes back:
    /// a line that died without a word. `None`: new ones go through; those that hang go on hanging.
    pub fn hang(&self, request: Option<&str>) {
        *self.shared.hanging.lock().unwrap_or_else(PoisonError::into_inner) = request.map(str::to_owned);
    }

    /// How many requests were made to hang so far.
    pub fn hung(&self) -> usize {
        self.shared.hung.load(Ordering::SeqCst)
    }

    /// How many requests that start with `request` (method and path) were carried to the server so far.
    pub fn carried(&self, request: &str) -> usize {
        self.carried_to(request).len()
    }

    /// What follows `request` (the start of a method and path) in each request that was carried so far, in their order.
    pub fn carried_to(&self, request: &str) -> Vec<String> {
        let carried = self.shared.carried.lock().unwrap_or_else(PoisonError::into_inner);
        carried.iter().filter_map(|one| one.strip_prefix(request)).map(str::to_owned).collect()
    }

    /// How many answers have been lost.
    pub fn lost_answers(&self) -> usize {
        self.shared.lost.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.shared.has_signal.send_replace(false);
    }
}

impl Shared {
    fn to_lose(&self) -> MutexGuard<'_, Vec<(String, Then)>> {
        self.to_lose.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether these bytes start a request whose answer is to be lost; each order is carried out once.
    fn loses_answer_to(&self, bytes: &[u8]) -> Option<Then> {
        let mut to_lose = self.to_lose();
        let found = to_lose.iter().position(|(start, _)| bytes.starts_with(start.as_bytes()));
        found.map(|index| to_lose.remove(index).1)
    }

    /// Whether what these bytes are part of goes slowly, as what came before them on the connection does.
    fn is_slow(&self, bytes: &[u8], before: bool) -> bool {
        let slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
        let is_start = |method: &str| bytes.starts_with(method.as_bytes());
        if ["GET ", "HEAD ", "POST ", "PUT "].into_iter().any(is_start) {
            slow.as_ref().is_some_and(|request| bytes.starts_with(request.as_bytes()))
        } else {
            before
        }
    }

    /// Whether these bytes start a request that is to hang.
    fn hangs(&self, bytes: &[u8]) -> bool {
        let hanging = self.hanging.lock().unwrap_or_else(PoisonError::into_inner);
        hanging.as_ref().is_some_and(|request| bytes.starts_with(request.as_bytes()))
    }

    /// Notes a request by its first line without the version, where these bytes start one.
    fn note(&self, bytes: &[u8]) {
        let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
        if let Ok(line) = str::from_utf8(line)
            && let Some(request) = line.strip_suffix(" HTTP/1.1")
        {
            self.carried.lock().unwrap_or_else(PoisonError::into_inner).push(request.to_owned());
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // A failed accept is one connection that never was; the proxy goes on.
    loop {
        let Ok((tablet, _)) = listener.accept().await else { continue };
        // Counted before anything else happens, so that `no_signal` can't miss a connection that is just opening.
        shared.open.send_modify(|open| *open += 1);
        let shared = shared.clone();
        tokio::spawn(async move {
            carry(tablet, &shared).await;
            shared.open.send_modify(|open| *open -= 1);
        });
    }
}

/// Carries one connection until either side, or the signal, ends it.
async fn carry(mut tablet: TcpStream, shared: &Shared) {
    let mut has_signal = shared.has_signal.subscribe();
    let forwarding = async {
        let address = *shared.server.lock().unwrap_or_else(PoisonError::into_inner);
        let mut server = TcpStream::connect(address).await?;
        forward(&mut tablet, &mut server, shared).await
    };
    let cut = tokio::select! {
        biased;
        _ = has_signal.wait_for(|has_signal| !has_signal) => true,
        end = forwarding => !matches!(end, Ok(End::Closed)),
    };
    if cut {
        // A reset instead of an orderly end, as a lost connection looks; if it can't be set, closing does as well.
        let _ = tablet.set_zero_linger();
    }
}

enum End {
    /// Both sides had their say.
    Closed,
    /// The answer arrived here and goes no further.
    AnswerLost,
}

async fn forward(tablet: &mut TcpStream, server: &mut TcpStream, shared: &Shared) -> io::Result<End> {
    let (mut from_tablet, mut from_server) = (vec![0; CHUNK_BYTES], vec![0; CHUNK_BYTES]);
    let mut lose_answer = None;
    // What a slow line holds: the tablet may hang up while it does.
    let (mut is_slow, mut held) = (false, Vec::new());
    let mut tick = tokio::time::interval(SLOW_EVERY);
    let mut hangs = false;
    loop {
        tokio::select! {
            _ = tick.tick(), if !held.is_empty() => {
                let next: Vec<u8> = held.drain(..SLOW_BYTES.min(held.len())).collect();
                server.write_all(&next).await?;
            }
            read = tablet.read(&mut from_tablet) => match read? {
                0 => return Ok(End::Closed),
                _ if hangs => {}
                count if shared.hangs(&from_tablet[..count]) => {
                    hangs = true;
                    shared.hung.fetch_add(1, Ordering::SeqCst);
                }
                count => {
                    // Tablets send a request only after the answer to the one before: a request starts a chunk.
                    lose_answer = lose_answer.or_else(|| shared.loses_answer_to(&from_tablet[..count]));
                    shared.note(&from_tablet[..count]);
                    is_slow = shared.is_slow(&from_tablet[..count], is_slow);
                    held.extend_from_slice(&from_tablet[..count]);
                    if !is_slow {
                        server.write_all(&held).await?;
                        held.clear();
                    }
                }
            },
            read = server.read(&mut from_server) => match read? {
                0 => return Ok(End::Closed),
                count => if let Some(then) = lose_answer {
                    if then == Then::NoSignal {
                        shared.has_signal.send_replace(false);
                    }
                    shared.lost.fetch_add(1, Ordering::SeqCst);
                    return Ok(End::AnswerLost);
                } else {
                    tablet.write_all(&from_server[..count]).await?;
                }
            },
        }
    }
}
