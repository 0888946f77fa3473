//! What the whole-system tests stand on: databases to throw away, a server on a real port, a real browser, and a
//! signal that comes and goes.

#![expect(clippy::expect_used, reason = "a harness fails the test there and then")]

pub mod browser;
pub mod database;
pub mod postgres;
pub mod proxy;
pub mod server;
pub mod skips;
pub mod static_site;
