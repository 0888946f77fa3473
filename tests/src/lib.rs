//! What the whole-system tests stand on: databases to throw away and a server on a real port.

pub mod by_hand;
pub mod database;
pub mod desk;
pub mod postgres;
pub mod server_process;
pub mod truck;
pub mod utility;
