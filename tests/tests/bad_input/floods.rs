//! Senders who fill the server, without a sign-in and at little cost to themselves.

use super::MEMORY_MAX_MB;
use curbstop_tests::{
    by_hand::{self, Day},
    on_both_engines,
};
use flate2::{Compression, write::GzEncoder};
use futures_util::future;
use std::{io::Write as _, net::SocketAddr};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const SOCKETS: usize = 300;

/// Four kilobytes that come to nearly four megabytes.
fn bomb() -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(b"{\"v\":1,\"device\":\"").unwrap();
    packer.write_all(&vec![b'a'; (4 << 20) - 100]).unwrap();
    packer.finish().unwrap()
}

/// Sends a packed hand-in and says nothing more; so many of its last bytes are held back.
async fn hands_in(server: SocketAddr, body: &[u8], held_back: usize) -> TcpStream {
    let mut socket = TcpStream::connect(server).await.unwrap();
    let head = format!(
        "POST /api/v1/sync/hand-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Content-Encoding: gzip\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&body[..body.len() - held_back]).await.unwrap();
    socket
}

/// The status of the answer.
async fn answer(mut socket: TcpStream) -> u16 {
    let mut text = Vec::new();
    // The server may close before it has read all; what it said is here all the same.
    let ended = socket.read_to_end(&mut text).await;
    let text = String::from_utf8_lossy(&text);
    text.split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or_else(|| panic!("no answer: {text:?}, {ended:?}"))
}

on_both_engines! {
    /// Three hundred senders begin and fall silent, three hundred others send all of it; each is told something, the
    /// server stays small, and the crew's tablet syncs meanwhile.
    async fn small_bodies_that_unpack_to_much_do_not_fill_the_server(db: TestDatabase) {
        let day = Day::with_stops(&db, 1).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        truck.turns_off(&day.orders[0], "036500", "L-1");
        let bomb = bomb();
        assert!(bomb.len() < 8 << 10, "{}", bomb.len());
        let silent = future::join_all((0..SOCKETS).map(|_| hands_in(server.address(), &bomb, 8))).await;
        let whole = future::join_all((0..SOCKETS).map(|_| hands_in(server.address(), &bomb, 0))).await;
        truck.sync().await;
        assert_eq!(truck.tablet.unsent(), 0, "strangers take no room from a tablet");
        let peak = server.peak_memory_mb();
        assert!(peak < MEMORY_MAX_MB, "{peak} MB");
        for status in future::join_all(whole.into_iter().map(answer)).await {
            assert!(matches!(status, 400 | 503), "{status}");
        }
        let peak = server.peak_memory_mb();
        assert!(peak < MEMORY_MAX_MB, "{peak} MB");
        let silent = future::join_all(silent.into_iter().map(answer)).await;
        // 503 where the room was full before the first of its bytes came in.
        assert!(silent.iter().all(|status| matches!(status, 408 | 503)), "{silent:?}");
        assert!(silent.contains(&408), "who says nothing more is not waited for");
        let peak = server.peak_memory_mb();
        assert!(peak < MEMORY_MAX_MB, "{peak} MB");
    }
}
