//! What the whole-system tests stand on: databases to throw away and a server on a real port.

pub mod database;
pub mod postgres;
pub mod server;
