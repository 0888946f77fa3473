//! What the whole-system tests stand on: databases to throw away and a server on a real port.

#![expect(clippy::expect_used, reason = "a harness fails the test there and then")]

pub mod database;
pub mod postgres;
pub mod server;
