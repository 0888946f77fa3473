//! The gate as the crew, the tablet and an attacker meet it.

mod day;
mod honest;
mod refused;
