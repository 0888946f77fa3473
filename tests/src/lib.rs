//! What the whole-system tests stand on: databases to throw away, a server on a real port or as a process of its own,
//! people at desks, crews with tablets, a signal that comes and goes, and a real browser.

#![expect(clippy::expect_used, reason = "a test whose ground is missing ends with a word that says what is")]

pub mod browser;
pub mod by_hand;
pub mod contract;
pub mod database;
pub mod demo;
pub mod desk;
pub mod figures;
pub mod flows;
pub mod long_day;
pub mod postgres;
pub mod proxy;
pub mod road;
pub mod samples;
pub mod server;
pub mod server_process;
pub mod skips;
pub mod static_site;
pub mod tablet_page;
pub mod truck;
pub mod utility;
pub mod waiting;
