//! The tablet: a core without I/O that runs everywhere, and the app around it that runs in a browser.

#[cfg(target_arch = "wasm32")]
pub mod app;
