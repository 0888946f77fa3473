//! The gate as the crew, the tablet and an attacker meet it.

#![expect(clippy::unwrap_used, reason = "a test stops at what should not be")]

mod again;
mod day;
mod honest;
#[expect(dead_code, reason = "shared with the mutants, which use more of it")]
mod parts;
mod refused;
