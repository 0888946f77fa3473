//! The proxy that stands for the signal does what the other tests believe it does.

use curbstop_tests::{proxy::Proxy, static_site::StaticSite, waiting::until};
use std::collections::BTreeMap;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

async fn site() -> StaticSite {
    StaticSite::serve(BTreeMap::from([("/day".to_owned(), b"46 stops".to_vec())])).await
}

async fn ask(proxy: &Proxy) -> Option<String> {
    reqwest::get(format!("{}/day", proxy.url())).await.ok()?.text().await.ok()
}

#[tokio::test]
async fn requests_go_through_while_there_is_a_signal_and_not_without() {
    let site = site().await;
    let proxy = Proxy::to(site.address()).await;
    assert_eq!(ask(&proxy).await.as_deref(), Some("46 stops"));
    proxy.no_signal().await;
    assert_eq!(ask(&proxy).await, None);
    proxy.signal();
    assert_eq!(ask(&proxy).await.as_deref(), Some("46 stops"));
    assert_eq!(site.requests(), ["GET /day", "GET /day"], "the one without a signal never arrived");
}

#[tokio::test]
async fn losing_the_signal_ends_a_connection_that_is_open() {
    let site = site().await;
    let proxy = Proxy::to(site.address()).await;
    let mut connection = TcpStream::connect(proxy.address()).await.unwrap();
    connection.write_all(b"GET /day HTTP/1.1\r\n").await.unwrap();
    proxy.no_signal().await;
    let mut rest = Vec::new();
    let end = connection.read_to_end(&mut rest).await;
    assert!(end.is_err() && rest.is_empty(), "{end:?} {rest:?}");
    assert!(site.requests().is_empty());
}

#[tokio::test]
async fn an_answer_is_lost_once_after_the_request_arrived() {
    let site = site().await;
    let proxy = Proxy::to(site.address()).await;
    proxy.lose_next_answer_to("GET /day");
    assert_eq!(ask(&proxy).await, None);
    assert_eq!(site.requests(), ["GET /day"], "the server did its part");
    assert_eq!(proxy.lost_answers(), 1);
    assert_eq!(ask(&proxy).await.as_deref(), Some("46 stops"));
    assert_eq!(proxy.lost_answers(), 1);
}

#[tokio::test]
async fn only_the_request_that_was_named_loses_its_answer() {
    let site = site().await;
    let proxy = Proxy::to(site.address()).await;
    proxy.lose_next_answer_to("POST /api/v1/sync");
    assert_eq!(ask(&proxy).await.as_deref(), Some("46 stops"));
    assert_eq!(proxy.lost_answers(), 0);
}

#[tokio::test]
async fn a_request_that_hangs_never_arrives_and_the_next_one_does() {
    let site = site().await;
    let proxy = Proxy::to(site.address()).await;
    proxy.hang(Some("GET /day"));
    let mut connection = TcpStream::connect(proxy.address()).await.unwrap();
    connection.write_all(b"GET /day HTTP/1.1\r\n\r\n").await.unwrap();
    until("a request hangs", || proxy.hung() > 0).await;
    proxy.hang(None);
    assert_eq!(ask(&proxy).await.as_deref(), Some("46 stops"));
    assert_eq!(site.requests(), ["GET /day"], "the one that hangs never arrived");
    proxy.no_signal().await;
    assert!(connection.read(&mut [0]).await.is_err(), "without a word before the line was cut");
}
