//! Curbstop's tablet: the day's route in a crew's hands, for a whole day without a signal.
//!
//! [`core`] is the tablet without its screen, its disk and its network: it takes what happened and says what to store
//! and what to send, so that the simulation and the load tests drive the very client that crews use.
//! `app` (wasm32 only) is the installable web app around it.

#[cfg(target_arch = "wasm32")]
pub mod app;
pub mod core;
