//! Bad input, through the real binary: each gets a clear answer, nothing is lost or stored by half, nothing panics, and
//! memory stays within bounds.

#![expect(clippy::unwrap_used, reason = "a failure here is the test's failure")]

#[path = "../../../shared/tests/gate/bombs.rs"]
mod bombs;
mod crash;
mod disk;
mod files;
mod floods;
mod listening;
mod moved;
#[path = "../../../shared/tests/gate/parts.rs"]
#[expect(dead_code, reason = "shared with the tests of the gate, which use more of it")]
mod parts;
mod payments;
mod tablet;
mod tokens;

/// What the server may take while somebody tries to fill it, in megabytes.
const MEMORY_MAX_MB: u64 = 300;
