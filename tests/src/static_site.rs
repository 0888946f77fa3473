//! A web server for a handful of fixed files, where a test needs a page but not Curbstop's server.

use std::{
    collections::BTreeMap,
    fs, io,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// The longest request head that is read.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// The server; it ends when dropped.
pub struct StaticSite {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    accepting: JoinHandle<()>,
}

impl StaticSite {
    /// Serves these files, by path (`/field/app.js`), on a free port of the loopback. A path that ends with a slash is
    /// that folder's page.
    ///
    /// # Panics
    /// When no port can be had.
    pub async fn serve(files: BTreeMap<String, Vec<u8>>) -> Self {
        Self::answering(files, None).await
    }

    /// Serves these files, and hands every other request on to a server: the app in another build than that server's own.
    ///
    /// # Panics
    /// When no port can be had.
    pub async fn before(server: SocketAddr, files: BTreeMap<String, Vec<u8>>) -> Self {
        Self::answering(files, Some(server)).await
    }

    async fn answering(files: BTreeMap<String, Vec<u8>>, behind: Option<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let requests = Arc::new(Mutex::default());
        let (files, log) = (Arc::new(files), Arc::clone(&requests));
        let accepting = tokio::spawn(async move {
            loop {
                let Ok((connection, _)) = listener.accept().await else { continue };
                tokio::spawn(answer(connection, Arc::clone(&files), Arc::clone(&log), behind));
            }
        });
        Self { address, requests, accepting }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The request lines so far, `GET /field/` each.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for StaticSite {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Every file below `folder` under the path `prefix`, with `index.html` as the folder's page.
///
/// # Errors
/// When a file can't be read.
pub fn files_below(folder: &Path, prefix: &str) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            files.extend(files_below(&entry.path(), &format!("{prefix}{name}/"))?);
        } else {
            let path = if name == "index.html" { prefix.to_owned() } else { format!("{prefix}{name}") };
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(files)
}

/// Answers one request and closes; a connection that breaks is the asker's loss.
async fn answer(
    mut connection: TcpStream,
    files: Arc<BTreeMap<String, Vec<u8>>>,
    log: Arc<Mutex<Vec<String>>>,
    behind: Option<SocketAddr>,
) {
    let mut head = Vec::new();
    while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        let mut chunk = [0; 4096];
        match connection.read(&mut chunk).await {
            Ok(count) if count > 0 && head.len() < HEAD_BYTES_MAX => head.extend(&chunk[..count]),
            _ => return,
        }
    }
    let line = String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned();
    let request = line.trim_end_matches(" HTTP/1.1").to_owned();
    let path = request.split([' ', '?']).nth(1).unwrap_or_default().to_owned();
    log.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    if let Some(server) = behind.filter(|_| !files.contains_key(&path)) {
        // What breaks off on the way is the asker's loss.
        let _ = hand_on(&mut connection, head, server).await;
        return;
    }
    let (status, body) = files.get(&path).map_or(("404 Not Found", [].as_slice()), |body| ("200 OK", body));
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        content_type(&path),
        body.len()
    );
    if connection.write_all(head.as_bytes()).await.is_ok() && connection.write_all(body).await.is_ok() {
        // Whether the other side hears the end is its own affair.
        let _ = connection.shutdown().await;
    }
}

/// Hands one request on, of which this much was read, and its answer back.
async fn hand_on(connection: &mut TcpStream, read: Vec<u8>, server: SocketAddr) -> io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    // The next request on this connection may be for a file.
    let line = read.windows(2).position(|bytes| bytes == b"\r\n").unwrap_or(0);
    server.write_all(&read[..line]).await?;
    server.write_all(b"\r\nConnection: close").await?;
    server.write_all(&without_keep_alive(&read[line..])).await?;
    tokio::io::copy_bidirectional(connection, &mut server).await?;
    Ok(())
}

/// The rest of a request's head and whatever follows it, without its own word on keeping the connection.
fn without_keep_alive(read: &[u8]) -> Vec<u8> {
    const WORD: &[u8] = b"\r\nConnection: keep-alive";
    match read.windows(WORD.len()).position(|bytes| bytes == WORD) {
        Some(at) => [&read[..at], &read[at + WORD.len()..]].concat(),
        None => read.to_vec(),
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("json") => "application/json",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("wasm") => "application/wasm",
        Some("webmanifest") => "application/manifest+json",
        _ => "text/html; charset=utf-8",
    }
}
