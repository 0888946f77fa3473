//! Curbstop's server: takes the day's list in, sends the crews out with it, and merges what they did.
//!
//! A request walks a straight line: `http` (extract, call, map) -> `service` (one unit of work) -> `store` (SQL), with
//! the rules called from `curbstop_shared`. Nothing imports upward.

pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod export;
pub mod feed;
pub mod http;
pub mod ids;
pub mod import;
pub mod moment;
pub mod pages;
pub mod planning;
pub mod policy;
pub mod service;
pub mod shape;
pub mod state;
pub mod store;
pub mod sync;
pub mod vault;
